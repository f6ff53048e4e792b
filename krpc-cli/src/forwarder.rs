//! A way to a server that can be closed: TCP connections are forwarded with little room on the way, and
//! not read while that is wanted. So a peer that stops reading can be had without one.
//!
//! What it passes on is faithful: a half-close as a half-close, a reset as a reset.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::random::Random;

/// Room of each of its sockets, for each direction. The system may double it.
const ROOM: usize = 16 << 10;

/// Largest segment that it takes: that of Ethernet. Loopback's of 64 KiB would let the sender's own
/// buffer grow to megabytes, because it counts in segments.
const SEGMENT: u32 = 1_448;

/// How much is forwarded at once.
const STEP: usize = 16 << 10;

/// Longest and shortest pause at random.
const PAUSE: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(50));

/// Forwards until it is dropped; then its connections are lost.
#[derive(Debug)]
pub(crate) struct Forwarder {
    address: SocketAddr,
    flow: Flow,
    accepting: JoinHandle<()>,
}

/// How it flows. Clones are the same.
#[derive(Clone, Debug)]
struct Flow {
    /// To the server.
    up: Gate,
    /// From it.
    down: Gate,
    /// After which share of the steps there is a pause.
    pauses: watch::Sender<f64>,
}

impl Forwarder {
    /// Forwards to `server`, with a pause after that share of its reads, at random.
    pub(crate) fn start(server: SocketAddr, pauses: f64, random: Random) -> io::Result<Forwarder> {
        let listener = listen()?;
        let address = listener.local_addr()?;
        let pauses = watch::Sender::new(pauses);
        let flow = Flow { up: Gate::new(), down: Gate::new(), pauses };
        let accepting = tokio::spawn(accept(listener, server, flow.clone(), random));
        Ok(Forwarder { address, flow, accepting })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What clients send.
    pub(crate) fn up(&self) -> &Gate {
        &self.flow.up
    }

    /// What the server sends.
    pub(crate) fn down(&self) -> &Gate {
        &self.flow.down
    }

    /// Everything flows from now on, without a pause.
    pub(crate) fn calm(&self) {
        self.flow.pauses.send_replace(0.0);
        self.up().open();
        self.down().open();
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One direction of all connections.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<watch::Sender<Option<usize>>>);

impl Gate {
    fn new() -> Self {
        Gate(Arc::new(watch::Sender::new(None)))
    }

    /// Everything may pass.
    pub(crate) fn open(&self) {
        self.0.send_replace(None);
    }

    /// Nothing is read any more.
    pub(crate) fn close(&self) {
        self.close_after(0);
    }

    /// Nothing is read any more after so many bytes.
    pub(crate) fn close_after(&self, bytes: usize) {
        self.0.send_replace(Some(bytes));
    }

    /// Waits until something may pass: how much.
    async fn allowed(&self) -> usize {
        let mut left = self.0.subscribe();
        let left = left.wait_for(|left| *left != Some(0)).await;
        left.ok().and_then(|left| *left).unwrap_or(usize::MAX)
    }

    fn passed(&self, bytes: usize) {
        self.0.send_modify(|left| *left = left.map(|left| left.saturating_sub(bytes)));
    }
}

fn listen() -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    // What is accepted inherits these.
    socket.set_recv_buffer_size(ROOM)?;
    socket.set_send_buffer_size(ROOM)?;
    socket.set_tcp_mss(SEGMENT)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.listen(128)?;
    TcpListener::from_std(socket.into())
}

async fn accept(listener: TcpListener, server: SocketAddr, flow: Flow, mut random: Random) {
    // Dropped with this task, and then they end.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => {
                    connections.spawn(forward(client, server, flow.clone(), random.fork()));
                }
                // Such as one that was gone already.
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn forward(mut client: TcpStream, server: SocketAddr, flow: Flow, mut random: Random) {
    let Ok(mut server) = connect(server).await else {
        reset(&client);
        return;
    };
    let broken = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let up = pump(from_client, to_server, &flow.up, &flow, random.fork());
        let down = pump(from_server, to_client, &flow.down, &flow, random.fork());
        tokio::try_join!(up, down).is_err()
    };
    if broken {
        reset(&client);
        reset(&server);
    }
}

async fn connect(server: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_send_buffer_size(ROOM)?;
    Ok(stream)
}

/// Closes the socket, when it is dropped, as one that was reset.
fn reset(stream: &TcpStream) {
    // Whatever the matter is, it is closed.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

/// Forwards one direction to its end. An error means that the other side of it is to be told.
async fn pump(
    from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    gate: &Gate,
    flow: &Flow,
    mut random: Random,
) -> io::Result<()> {
    let mut buffer = vec![0; STEP];
    loop {
        // In this order, so that a gate that closes while nothing comes is closed for what comes next.
        from.readable().await?;
        let most = gate.allowed().await.min(STEP);
        let n = match from.try_read(&mut buffer[..most]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            read => read?,
        };
        if n == 0 {
            return to.shutdown().await;
        }
        gate.passed(n);
        to.write_all(&buffer[..n]).await?;
        let pauses = *flow.pauses.borrow();
        if random.chance(pauses) {
            let (shortest, longest) = (PAUSE.0.as_secs_f64(), PAUSE.1.as_secs_f64());
            let pause = Duration::from_secs_f64(random.magnitude(shortest, longest));
            tokio::time::sleep(pause).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    /// A listener, a forwarder to it, and a connection through it: its two ends.
    async fn connected() -> (Forwarder, TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let forwarder = Forwarder::start(server, 0.0, Random::new(1)).unwrap();
        let client = TcpStream::connect(forwarder.address()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        (forwarder, client, server)
    }

    /// Writes until nothing more fits, and counts.
    async fn fill(stream: &TcpStream) -> usize {
        let mut written = 0;
        loop {
            // What has left the buffer meanwhile makes room, so that one refusal proves little.
            let full = tokio::time::timeout(Duration::from_millis(200), stream.writable()).await;
            if full.is_err() {
                return written;
            }
            match stream.try_write(&[7; 64 << 10]) {
                Ok(n) => written += n,
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock, "{error}"),
            }
        }
    }

    #[tokio::test]
    async fn a_closed_gate_takes_little_and_an_open_one_everything() {
        let (forwarder, mut client, mut server) = connected().await;
        forwarder.up().close();
        let written = fill(&client).await;
        assert!((1..1 << 20).contains(&written), "{written} bytes fit into the way");
        forwarder.up().open();
        client.shutdown().await.unwrap();
        let mut read = Vec::new();
        server.read_to_end(&mut read).await.unwrap();
        assert_eq!(read.len(), written);
        // The other direction goes on.
        server.write_all(b"bye").await.unwrap();
        drop(server);
        let mut read = Vec::new();
        client.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, b"bye");
    }

    #[tokio::test]
    async fn a_gate_may_close_after_some_bytes() {
        let (forwarder, mut client, mut server) = connected().await;
        forwarder.down().close_after(3);
        server.write_all(b"12345").await.unwrap();
        let mut read = [0; 3];
        client.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"123");
        // More comes only once it is open.
        let more = client.read(&mut read);
        assert!(tokio::time::timeout(Duration::from_millis(50), more).await.is_err());
        forwarder.calm();
        client.read_exact(&mut read[..2]).await.unwrap();
        assert_eq!(&read[..2], b"45");
    }

    #[tokio::test]
    async fn a_reset_is_passed_on_as_one() {
        let (_forwarder, client, mut server) = connected().await;
        reset(&client);
        drop(client);
        let error = server.read(&mut [0; 1]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}
