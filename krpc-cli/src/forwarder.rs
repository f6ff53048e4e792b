//! A way to a server that can be closed: there is little room on it, and it is not read while that is
//! wanted. So a peer that stops reading can be had without one.

use std::io;
use std::net::SocketAddr;

use krpc_driver::core::PeerAddr;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::address::Address;
use crate::random::Random;
use crate::relay::{Closed, End, Gate, Pauses, Relay, Rule, Rules, Tap, Watch};
use crate::side::Side;

/// Forwards until it is dropped; then its connections are lost.
#[derive(Debug)]
pub(crate) struct Forwarder {
    address: String,
    flow: Flow,
    relaying: JoinHandle<()>,
}

/// How it flows in all connections. Clones are the same.
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
    pub(crate) async fn start(
        server: SocketAddr,
        pauses: f64,
        random: Random,
    ) -> io::Result<Forwarder> {
        let server = Address::Tcp { host: server.ip().to_string(), port: server.port() };
        let relay = Relay::bind("127.0.0.1:0", server, true).await?;
        let address = relay.local_addr().to_string();
        let pauses = watch::Sender::new(pauses);
        let flow = Flow { up: Gate::default(), down: Gate::default(), pauses };
        let flows = Flows { flow: flow.clone(), random };
        let relaying = tokio::spawn(relay.run(flows, std::future::pending()));
        Ok(Forwarder { address, flow, relaying })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
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
        self.relaying.abort();
    }
}

/// Gives all connections the same flow.
struct Flows {
    flow: Flow,
    random: Random,
}

impl Watch for Flows {
    type Tap = Nobody;

    fn opened(&mut self, _: &PeerAddr) -> (Nobody, Rules) {
        let mut rule = |gate: &Gate| {
            let pauses = Pauses { share: self.flow.pauses.subscribe(), random: self.random.fork() };
            Rule { gate: gate.clone(), pauses: Some(pauses), ..Rule::default() }
        };
        let rules = Rules { up: rule(&self.flow.up), down: rule(&self.flow.down) };
        (Nobody, rules)
    }
}

/// Nobody looks on.
struct Nobody;

impl Tap for Nobody {
    fn bytes(&mut self, _: Side, _: &[u8]) {}
    fn ended(&mut self, _: Side, _: End) {}
    fn closed(&mut self, _: &Closed) {}
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use socket2::SockRef;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// A listener, a forwarder to it, and a connection through it: its two ends.
    async fn connected() -> (Forwarder, TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let forwarder = Forwarder::start(server, 0.0, Random::new(1)).await.unwrap();
        let client = TcpStream::connect(forwarder.address()).await.unwrap();
        // Its own room is not that of the way, and grows with what the system remembers of others.
        SockRef::from(&client).set_send_buffer_size(16 << 10).unwrap();
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
        assert!((1..256 << 10).contains(&written), "{written} bytes fit into the way");
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
        SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
        drop(client);
        let error = server.read(&mut [0; 1]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}
