//! What an idle connection holds: inline, and at the allocator. `cargo test --test idle -- --nocapture`
//! prints the figures.

mod common;

use std::task::Waker;
use std::time::Duration;

use allocation_counter::measure;
use common::{
    Asked, End, Sim, Tasks, TestClock, call, connecting, connector, echo, host, pipes, poll, ready,
    run_to_their_end, silent,
};
use krpc_driver::core::{
    ClientConfig, Encryption, Link, PeerAddr, ServerConfig, ServerTls, UserCredentials,
};
use krpc_driver::{Caller, Channel, ClientDriver, Connector, Host, ServerDriver, Turn};

const SECOND: Duration = Duration::from_secs(1);

const CERTIFICATE: &[u8] = include_bytes!("../../krpc-testkit/src/certs/server.pem");
const KEY: &[u8] = include_bytes!("../../krpc-testkit/src/certs/server.key");

const CONNECTIONS: usize = 100;

/// What a connection may hold on either side, all in all.
const MOST: usize = 4_096;

/// The same under TLS, where most is rustls's.
const MOST_UNDER_TLS: usize = 16 << 10;

/// A client and a server.
struct Ends {
    clock: TestClock,
    connector: Connector,
    asked: Asked,
    host: Host,
    tasks: Tasks,
}

impl Ends {
    fn new(tls: bool) -> Self {
        let clock = TestClock::new();
        let mut client = ClientConfig::new(UserCredentials::new("alice"));
        let mut server = ServerConfig::new();
        if tls {
            let certificate = ServerTls::from_pem(CERTIFICATE, KEY).unwrap();
            client = client.encryption(Encryption::Required).encrypt_loopback(true);
            server = server.tls(certificate).encrypt_loopback(true);
        }
        let (connector, asked) = connector(client, &clock);
        let (host, tasks) = host(&clock, server, echo(), 100, 100);
        Ends { clock, connector, asked, host, tasks }
    }

    /// One more connection between them, negotiated.
    fn connect(&self) -> Connection<'_> {
        let number = self.host.accepted();
        let target = format!("host-{number}:7051").parse().unwrap();
        let channel = self.connector.channel(target, None, "");
        drop(channel.connect_now());
        let new = self.asked.lock().unwrap().pop().unwrap();
        let mut client = connecting(new, &self.clock);
        let (now, link) = (self.clock.now(), Link::unix(None));
        client.connected(now, link.clone());
        let server = self.host.accept(now, link, PeerAddr::Unix(None)).unwrap();
        let (client_end, server_end) = pipes();
        let mut connection =
            Connection { ends: self, channel, client, client_end, server, server_end };
        let _ = connection.settle();
        assert!(connection.client.connection().is_open());
        connection
    }
}

/// One of many connections.
struct Connection<'a> {
    ends: &'a Ends,
    channel: Channel,
    client: ClientDriver,
    client_end: End,
    server: ServerDriver,
    server_end: End,
}

impl Connection<'_> {
    /// Everybody takes turns until they sleep: the client's last turn, and the server's.
    fn settle(&mut self) -> (Turn, Turn) {
        let now = self.ends.clock.now();
        let mut turns = (Turn::Yield, Turn::Yield);
        for _ in 0..10 {
            turns.0 = self.client.poll_turn(Waker::noop(), &mut self.client_end, now);
            turns.1 = self.server.poll_turn(Waker::noop(), &mut self.server_end, now);
            run_to_their_end(&self.ends.tasks);
        }
        turns
    }

    /// Rounds of so many calls at once.
    fn calls(&mut self, rounds: usize, depth: usize) {
        for _ in 0..rounds {
            let start = |_| self.channel.start(call("Call", "hello"));
            let mut calls: Vec<_> = (0..depth).map(start).collect();
            let _ = self.settle();
            assert!(calls.iter_mut().all(|call| poll(call).unwrap().unwrap().body == "hello"));
        }
    }

    /// Long enough to have gone quiet.
    fn rest(&mut self) {
        for _ in 0..2 {
            self.ends.clock.advance(SECOND);
            let _ = self.settle();
        }
    }
}

/// Bytes that one connection holds on average after `use_it`.
#[derive(Debug)]
struct Held {
    client: usize,
    server: usize,
}

impl Held {
    fn after(tls: bool, use_it: impl Fn(&mut Connection<'_>)) -> Self {
        let ends = Ends::new(tls);
        let (mut client, mut server) = (Vec::new(), Vec::new());
        for _ in 0..CONNECTIONS {
            let mut connection = ends.connect();
            use_it(&mut connection);
            client.push((connection.channel, connection.client));
            server.push(connection.server);
        }
        Held {
            client: size_of::<ClientDriver>() + freed(|| client.clear()) / CONNECTIONS,
            server: size_of::<ServerDriver>() + freed(|| server.clear()) / CONNECTIONS,
        }
    }
}

/// Bytes that are given back to the allocator.
fn freed(code: impl FnOnce()) -> usize {
    usize::try_from(-measure(code).bytes_current).expect("nothing new is held")
}

#[test]
fn what_an_idle_connection_holds() {
    for (tls, most) in [(false, MOST), (true, MOST_UNDER_TLS)] {
        let check = |when, use_it: fn(&mut Connection<'_>), most| {
            let held = Held::after(tls, use_it);
            println!("TLS {tls}, {when}: {held:?}");
            assert!(
                held.client.max(held.server) < most,
                "over {most}: TLS {tls}, {when}: {held:?}"
            );
        };
        check("negotiated", |_| {}, most);
        check("after calls, one at a time", |it| it.calls(5, 1), most);
        check("after 64 calls at a time", |it| it.calls(2, 64), 64 << 10);
        let gone_quiet: fn(&mut Connection<'_>) = |it| {
            it.calls(2, 64);
            it.rest();
        };
        check("the same, gone quiet", gone_quiet, most - 1_024);
    }
}

#[test]
fn a_quiet_connection_is_looked_at_once() {
    let ends = Ends::new(false);
    let mut connection = ends.connect();
    let begin = ends.clock.now();
    let sleeps = |turns, client, server| {
        let at = |seconds| begin + SECOND * seconds;
        let sleep = |seconds: Option<u32>| Turn::Sleep { until: seconds.map(at) };
        assert_eq!(turns, (sleep(client), sleep(server)));
    };
    connection.calls(1, 1);
    sleeps(connection.settle(), Some(1), Some(1));
    ends.clock.advance(SECOND / 2);
    // Traffic before that time does not move it.
    connection.calls(1, 1);
    sleeps(connection.settle(), Some(1), Some(1));
    ends.clock.advance(SECOND / 2);
    sleeps(connection.settle(), Some(2), Some(2));
    ends.clock.advance(SECOND);
    // From now on only the server's keepalive is waited for: 65 s after the last call.
    let turns = connection.settle();
    let keepalive = connection.server.connection().poll_timeout();
    assert_eq!(keepalive, Some(begin + SECOND / 2 + SECOND * 65));
    assert_eq!(turns, (Turn::Sleep { until: None }, Turn::Sleep { until: keepalive }));
    connection.calls(1, 64);
    sleeps(connection.settle(), Some(3), Some(3));
}

#[test]
fn whoever_waits_is_not_forgotten_when_all_is_quiet() {
    // For a negotiation, with a call behind it.
    let mut sim = Sim::new(silent());
    let (mut opened, mut waiting) = (sim.handle().opened(), sim.start("Call", "x"));
    for _ in 0..2 {
        let _ = sim.client_turn();
        sim.clock.advance(SECOND);
    }
    let _ = sim.client_turn();
    assert!(ready(&mut opened).is_none() && poll(&mut waiting).is_none());
    sim.settle();
    assert!(ready(&mut opened).unwrap().is_ok());
    // For a reply, and for a handler's.
    let ends = Ends::new(false);
    let mut connection = ends.connect();
    let mut waiting = connection.channel.start(call("Call", "hello"));
    let now = ends.clock.now();
    let _ = connection.client.poll_turn(Waker::noop(), &mut connection.client_end, now);
    let _ = connection.server.poll_turn(Waker::noop(), &mut connection.server_end, now);
    let tasks = std::mem::take(&mut *ends.tasks.lock().unwrap());
    assert_eq!(tasks.len(), 1);
    connection.rest();
    ends.tasks.lock().unwrap().extend(tasks);
    let _ = connection.settle();
    assert_eq!(poll(&mut waiting).unwrap().unwrap().body, "hello");
}
