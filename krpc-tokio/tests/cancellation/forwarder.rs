//! A forwarder between client and server that stops taking the client's bytes at an exact place, so
//! that a request is certain to be in mid-transmission.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// For what the forwarder may take: everything.
pub(crate) const ALL: u64 = u64::MAX;

/// Bytes that a socket of ours takes in advance. What the client's kernel takes in advance follows
/// from the window that this leaves it and from the segment size: both together stay far below the
/// 5 MB of the large calls in these tests, on any settings of the machine.
const RECEIVE_BUFFER: usize = 64 << 10;
const SEGMENT: u32 = 1_448;

/// A listener whose connections take little in advance.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    // Before listening: accepted sockets inherit both.
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.set_tcp_mss(SEGMENT)?;
    socket.bind(&address.into())?;
    socket.listen(64)?;
    TcpListener::from_std(socket.into())
}

pub(crate) fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// How a client's stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With the end of the stream: its writing half was shut down, or the socket closed in peace.
    Eof,
    /// With `ECONNRESET`.
    Reset,
}

/// How reading from a client went on.
pub(crate) fn end_of(read: io::Result<usize>) -> Result<usize, End> {
    match read {
        Ok(0) => Err(End::Eof),
        Ok(n) => Ok(n),
        Err(error) => {
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{error}");
            Err(End::Reset)
        }
    }
}

/// Listens in front of one server. It goes with the runtime.
pub(crate) struct Forwarder {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    server: String,
    links: watch::Sender<Vec<Arc<Link>>>,
    /// What is taken of a new connection.
    allow: AtomicU64,
    /// Bytes of all connections.
    passed: watch::Sender<u64>,
}

/// One forwarded connection.
#[derive(Debug)]
pub(crate) struct Link {
    allowed: watch::Sender<u64>,
    passed: watch::Sender<u64>,
    end: watch::Sender<Option<End>>,
}

impl Forwarder {
    pub(crate) fn new(server: &str) -> Self {
        let listener = listen(any_port()).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            server: server.to_owned(),
            links: watch::Sender::default(),
            allow: AtomicU64::new(ALL),
            passed: watch::Sender::default(),
        });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Forwarder { address, shared, accepting: Mutex::new(Some(accepting)) }
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Nothing but `bytes` is taken of each connection from now on, until its link says otherwise.
    pub(crate) fn allow_new(&self, bytes: u64) {
        self.shared.allow.store(bytes, Ordering::SeqCst);
    }

    /// Takes everything of every connection, those to come included.
    pub(crate) fn open(&self) {
        self.allow_new(ALL);
        self.shared.links.borrow().iter().for_each(|link| link.open());
    }

    /// Bytes of all clients that have reached the server's sockets.
    pub(crate) fn passed(&self) -> u64 {
        *self.shared.passed.borrow()
    }

    /// Waits until so many bytes have passed in all.
    pub(crate) async fn has_passed(&self, bytes: u64) {
        self.shared.passed.subscribe().wait_for(|passed| *passed >= bytes).await.unwrap();
    }

    /// How many connections there have been.
    pub(crate) fn accepted(&self) -> usize {
        self.shared.links.borrow().len()
    }

    /// Waits for a connection, counted from 0.
    pub(crate) async fn link(&self, number: usize) -> Arc<Link> {
        let mut links = self.shared.links.subscribe();
        let links = links.wait_for(|links| links.len() > number).await.unwrap();
        links[number].clone()
    }

    /// The connection that came last.
    pub(crate) fn last(&self) -> Arc<Link> {
        self.shared.links.borrow().last().expect("there is one").clone()
    }

    /// Refuses connections from now on. Those that there are go on.
    pub(crate) async fn refuse(&self) {
        let accepting = self.accepting.lock().unwrap().take().expect("it listens");
        accepting.abort();
        // Its error is that it was aborted. After this the port is closed.
        let _ = accepting.await;
    }

    /// Accepts connections again. A client that tried to connect meanwhile may have been given this
    /// very port for its own end, for a moment.
    pub(crate) async fn accept_again(&self) {
        let listener = loop {
            match listen(self.address) {
                Ok(listener) => break listener,
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::AddrInUse, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        let accepting = tokio::spawn(accept(listener, self.shared.clone()));
        *self.accepting.lock().unwrap() = Some(accepting);
    }
}

impl Link {
    /// Bytes of the client that have reached the server's socket.
    pub(crate) fn passed(&self) -> u64 {
        *self.passed.borrow()
    }

    /// Takes so many bytes more than it has taken, and then none. Nothing may be under way when this
    /// is called: all that was sent so far has been answered.
    pub(crate) fn stop_after(&self, bytes: u64) {
        self.allowed.send_replace(self.passed() + bytes);
    }

    /// Takes everything from now on.
    pub(crate) fn open(&self) {
        self.allowed.send_replace(ALL);
    }

    /// Waits until so many bytes have passed in all.
    pub(crate) async fn has_passed(&self, bytes: u64) {
        self.passed.subscribe().wait_for(|passed| *passed >= bytes).await.unwrap();
    }

    /// Waits until it has taken all that it may.
    pub(crate) async fn is_stuck(&self) {
        let allowed = *self.allowed.borrow();
        assert_ne!(allowed, ALL, "it takes everything");
        self.has_passed(allowed).await;
    }

    /// Waits for the end of the client's stream. One that is stuck does not see it.
    pub(crate) async fn ended(&self) -> End {
        let mut end = self.end.subscribe();
        let end = end.wait_for(Option::is_some).await.unwrap();
        end.expect("that was waited for")
    }

    /// Takes the client's bytes to the server.
    async fn upward(
        &self,
        mut client: OwnedReadHalf,
        server: &mut OwnedWriteHalf,
        total: &watch::Sender<u64>,
    ) -> End {
        let mut buffer = vec![0; 256 << 10];
        let mut allowed = self.allowed.subscribe();
        loop {
            let room = *allowed.borrow_and_update() - self.passed();
            let room = usize::try_from(room).unwrap_or(usize::MAX).min(buffer.len());
            let read = tokio::select! {
                changed = allowed.changed() => {
                    changed.unwrap();
                    continue;
                }
                read = client.read(&mut buffer[..room]), if room > 0 => read,
            };
            match end_of(read) {
                Err(end) => return end,
                Ok(n) => {
                    // A server that is gone takes nothing; how the client ends is looked for still.
                    let _ = server.write_all(&buffer[..n]).await;
                    self.passed.send_modify(|passed| *passed += n as u64);
                    total.send_modify(|passed| *passed += n as u64);
                }
            }
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        client.set_nodelay(true).unwrap();
        let link = Arc::new(Link {
            allowed: watch::Sender::new(shared.allow.load(Ordering::SeqCst)),
            passed: watch::Sender::default(),
            end: watch::Sender::default(),
        });
        shared.links.send_modify(|links| links.push(link.clone()));
        let shared = shared.clone();
        tokio::spawn(async move { forward(client, &shared, &link).await });
    }
}

async fn forward(client: TcpStream, shared: &Shared, link: &Link) {
    // Without a server the connection is closed; the client calls that a failed negotiation.
    let Ok(server) = TcpStream::connect(&shared.server).await else { return };
    server.set_nodelay(true).unwrap();
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let downward = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
        // The client may be gone already.
        let _ = to_client.shutdown().await;
    });
    let end = link.upward(from_client, &mut to_server, &shared.passed).await;
    match end {
        End::Eof => drop(to_server.shutdown().await),
        End::Reset => {
            SockRef::from(to_server.as_ref()).set_linger(Some(Duration::ZERO)).unwrap();
            downward.abort();
            let _ = downward.await;
        }
    }
    link.end.send_replace(Some(end));
}

/// Far longer than anything here takes, so that what hangs is a failure with a name.
const WATCHDOG: Duration = Duration::from_secs(300);

/// The outcome of what must happen in the end.
pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    let outcome = tokio::time::timeout(WATCHDOG, future).await;
    outcome.unwrap_or_else(|_| panic!("{what} never happens"))
}

/// Looks again and again until `condition` holds.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let looking = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    within(what, looking).await;
}
