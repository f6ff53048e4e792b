use std::sync::mpsc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::*;

/// Tells what it sees.
struct Teller(mpsc::Sender<String>, Rules);

impl Watch for Teller {
    type Tap = Told;

    fn opened(&mut self, _: &PeerAddr) -> (Told, Rules) {
        // Gates are the connection's own in these tests: there is only one.
        (Told { sender: self.0.clone(), bytes: [0; 2] }, self.1.clone())
    }
}

struct Told {
    sender: mpsc::Sender<String>,
    bytes: [usize; 2],
}

impl Tap for Told {
    fn bytes(&mut self, from: Side, bytes: &[u8]) {
        self.bytes[from as usize] += bytes.len();
    }

    fn ended(&mut self, side: Side, end: End) {
        let _ = self.sender.send(format!("{} {end:?}", side.way()));
    }

    fn closed(&mut self, how: &Closed) {
        let [up, down] = self.bytes;
        let _ = self.sender.send(format!("{how}: {up} up, {down} down"));
    }
}

/// A connection through a relay with these rules: its two ends, and what is told.
async fn connected(rules: Rules) -> (TcpStream, TcpStream, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let upstream = listener.local_addr().unwrap().to_string().parse().unwrap();
    let relay = Relay::bind("127.0.0.1:0", upstream, true).await.unwrap();
    let address = relay.local_addr().to_string();
    let (sender, told) = mpsc::channel();
    tokio::spawn(relay.run(Teller(sender, rules), std::future::pending()));
    let client = TcpStream::connect(address).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    (client, server, told)
}

/// Sends bytes and closes, and reads all that comes.
async fn send(mut from: TcpStream, mut to: TcpStream, bytes: usize) -> Vec<u8> {
    let sent: Vec<u8> = (0..bytes).map(|i| (i * 31 + i / 251) as u8).collect();
    let sending = tokio::spawn(async move {
        let written = from.write_all(&sent).await;
        written.and(from.shutdown().await).map(|()| (from, sent))
    });
    let mut read = Vec::new();
    to.read_to_end(&mut read).await.unwrap();
    let (_from, sent) = sending.await.unwrap().unwrap();
    assert!(read == sent, "{} of {} bytes", read.len(), sent.len());
    read
}

/// On a clock that goes on as soon as nothing else does.
#[tokio::test(start_paused = true)]
async fn a_bandwidth_is_kept() {
    let slow = Rule { bandwidth: Some(1_000), ..Rule::default() };
    let (client, server, _told) = connected(Rules { up: slow, down: Rule::default() }).await;
    let began = Instant::now();
    send(client, server, 60_000).await;
    let took = began.elapsed().as_secs();
    // To send at 1,001 bytes in a second would take 59.
    assert!((60..62).contains(&took), "{took} s");
}

#[tokio::test(start_paused = true)]
async fn the_way_back_has_a_bandwidth_of_its_own() {
    let slow = Rule { bandwidth: Some(1_000), ..Rule::default() };
    let (client, server, _told) = connected(Rules { up: Rule::default(), down: slow }).await;
    let began = Instant::now();
    send(server, client, 30_000).await;
    assert!((30..32).contains(&began.elapsed().as_secs()));
}

/// All of it is late once, not each piece of it.
#[tokio::test(start_paused = true)]
async fn a_delay_holds_up_nothing_but_what_is_on_its_way() {
    let late = Rule { delay: Duration::from_secs(100), ..Rule::default() };
    let (client, server, _told) = connected(Rules { up: late, down: Rule::default() }).await;
    let began = Instant::now();
    send(client, server, 300_000).await;
    let took = began.elapsed().as_secs();
    assert!((100..102).contains(&took), "{took} s");
}

/// A window's worth is on its way at once, and so it takes a delay for each.
#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_is_bounded() {
    let late = Rule { delay: Duration::from_secs(100), ..Rule::default() };
    let (client, server, _told) = connected(Rules { up: late, down: Rule::default() }).await;
    let began = Instant::now();
    send(client, server, 3 << 20).await;
    let took = began.elapsed().as_secs();
    assert!((300..500).contains(&took), "{took} s");
}

#[tokio::test]
async fn a_dropped_connection_has_passed_its_bytes_and_not_one_more() {
    for delay in [Duration::ZERO, Duration::from_millis(1)] {
        let dropping = Rule { drop_after: Some(30_000), delay, ..Rule::default() };
        let (mut client, mut server, told) =
            connected(Rules { up: dropping, down: Rule::default() }).await;
        let sending = tokio::spawn(async move {
            // It breaks at some point.
            let _ = client.write_all(&[7; 1 << 20]).await;
            client
        });
        let mut read = Vec::new();
        server.read_to_end(&mut read).await.unwrap();
        drop(server);
        assert_eq!(read.len(), 30_000);
        drop(sending.await.unwrap());
        let dropped = move || told.iter().find(|said| said.starts_with("dropped"));
        let last = tokio::task::spawn_blocking(dropped).await.unwrap();
        let last = last.expect("it was closed");
        assert!(last.ends_with("30000 up, 0 down"), "{last}");
    }
}
