//! A client of nothing but the protocol core and a blocking socket.
//!
//! It shares no line with the driver and the adapters: what works here and not there is their
//! fault, what fails in both is the core's.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use krpc_core::{
    CallError, CallId, ClientConfig, ClientConnection, ClientEvent, ConnectionError, InboundReply,
    Link, NegotiationInfo, OutboundCall, StartCallError, Then, TransportError, TransportOp,
};

/// How long a call may take, from its start to its reply.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// A socket's timeout cannot be zero.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// One connection, worked by whoever waits for something.
#[derive(Debug)]
pub struct RawClient {
    conn: ClientConnection,
    socket: TcpStream,
    buffer: Vec<u8>,
    negotiated: Option<Box<NegotiationInfo>>,
    finished: BTreeMap<CallId, Result<InboundReply, CallError>>,
    closed: Option<ConnectionError>,
}

impl RawClient {
    /// Connects a socket; the negotiation is done by the first wait.
    ///
    /// # Errors
    ///
    /// The socket's.
    pub fn connect(address: SocketAddr, config: ClientConfig) -> io::Result<RawClient> {
        let mut conn = ClientConnection::new(Arc::new(config), Instant::now());
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_write_timeout(Some(CALL_TIMEOUT))?;
        let link = Link::tcp(socket.local_addr()?, socket.peer_addr()?);
        conn.handle_connected(Instant::now(), link);
        Ok(RawClient {
            conn,
            socket,
            buffer: vec![0; 16 << 10],
            negotiated: None,
            finished: BTreeMap::new(),
            closed: None,
        })
    }

    /// Waits for the end of the negotiation.
    ///
    /// # Errors
    ///
    /// Why the connection ended.
    pub fn negotiate(&mut self) -> Result<&NegotiationInfo, ConnectionError> {
        while self.negotiated.is_none() {
            if let Some(error) = &self.closed {
                return Err(error.clone());
            }
            self.turn();
        }
        Ok(self.negotiated.as_deref().expect("the loop ended"))
    }

    /// Queues a call; it is sent by the next wait.
    ///
    /// # Errors
    ///
    /// Why the connection did not take it.
    pub fn start(&mut self, mut call: OutboundCall) -> Result<CallId, StartCallError> {
        let now = Instant::now();
        call.deadline.get_or_insert(now + CALL_TIMEOUT);
        self.conn.start_call(now, call)
    }

    /// Waits for the end of a call that was started here, once.
    ///
    /// # Errors
    ///
    /// Those of the call.
    pub fn wait(&mut self, id: CallId) -> Result<InboundReply, CallError> {
        loop {
            if let Some(result) = self.finished.remove(&id) {
                return result;
            }
            assert!(self.closed.is_none(), "the connection ended and call {id} did not");
            self.turn();
        }
    }

    /// Everything that can be done now, or else one wait for bytes or for the time.
    fn turn(&mut self) {
        if self.conn.wants_write() {
            self.write();
        } else {
            self.read();
        }
        while let Some(event) = self.conn.poll_event() {
            match event {
                ClientEvent::Negotiated(info) => self.negotiated = Some(info),
                ClientEvent::Completed { id, result } => {
                    let before = self.finished.insert(id, result);
                    assert!(before.is_none(), "call {id} ended twice");
                }
                ClientEvent::Closed { error } => self.closed = Some(error),
                _ => {}
            }
        }
    }

    fn write(&mut self) {
        let now = Instant::now();
        match self.conn.transmit(now, &mut self.socket) {
            Ok(done) if done.then == Then::Close => drop(self.socket.shutdown(Shutdown::Both)),
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => self.fail(TransportOp::Write, &e),
        }
    }

    fn read(&mut self) {
        let wait = self
            .conn
            .poll_timeout()
            .map(|due| due.saturating_duration_since(Instant::now()).max(SHORTEST_WAIT));
        if let Err(e) = self.socket.set_read_timeout(wait) {
            return self.fail(TransportOp::Read, &e);
        }
        let space = self.conn.recv_space();
        let in_place = !space.is_empty();
        let buffer = if in_place { space } else { &mut self.buffer[..] };
        match self.socket.read(buffer) {
            Ok(0) => self.conn.handle_eof(Instant::now()),
            Ok(n) if in_place => self.conn.handle_received(Instant::now(), n),
            Ok(n) => self.conn.handle_input(Instant::now(), &self.buffer[..n]),
            // Which of the two a timeout is depends on the system.
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                self.conn.handle_timeout(Instant::now());
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => self.fail(TransportOp::Read, &e),
        }
    }

    fn fail(&mut self, op: TransportOp, error: &io::Error) {
        self.conn.handle_transport_error(Instant::now(), TransportError::new(op, error));
    }
}
