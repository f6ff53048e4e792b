//! What many connections have done together: each counts once, while it is there and after its end.

mod common;

use std::io::ErrorKind;
use std::task::Waker;

use common::{Asked, End, Tasks, TestClock, call, connector, echo, host, poll};
use krpc_driver::core::{
    ClientConfig, Encryption, Footers, Link, OnCancel, PeerAddr, ServerConfig, Stats,
    UserCredentials,
};
use krpc_driver::{
    CallFuture, Caller, Channel, ClientDriver, Connector, Host, HostTotals, ServerDriver, Turn,
};

const LARGE: usize = 1 << 20;

/// A connector, a server, and what the connector asks for.
struct World {
    clock: TestClock,
    connector: Connector,
    asked: Asked,
    host: Host,
    tasks: Tasks,
}

impl World {
    fn new(config: ClientConfig) -> Self {
        let clock = TestClock::new();
        let (connector, asked) = connector(config, &clock);
        let (host, tasks) = host(&clock, ServerConfig::new(), echo(), 100, 100);
        World { clock, connector, asked, host, tasks }
    }

    fn channel(&self, plane: &str) -> Channel {
        self.connector.channel("unix:/there".parse().unwrap(), None, plane)
    }

    /// Makes the connection that was asked for.
    fn open(&self) -> Open {
        let new = self.asked.lock().unwrap().pop().expect("a connection is asked for");
        let mut client = common::connecting(new, &self.clock);
        let (now, link) = (self.clock.now(), Link::unix(None));
        client.connected(now, link.clone());
        let (client_end, server_end) = common::pipes();
        let server = self.host.accept(now, link, PeerAddr::Unix(None));
        let mut open = Open { client: Some(client), client_end, server, server_end };
        open.turns(self);
        open
    }
}

/// A connection whose both ends are driven here.
struct Open {
    client: Option<ClientDriver>,
    client_end: End,
    server: Option<ServerDriver>,
    server_end: End,
}

impl Open {
    /// Both ends take turns for a while.
    fn turns(&mut self, world: &World) {
        for _ in 0..20 {
            self.client_turn(world);
            self.server_turn(world);
            common::run_to_their_end(&world.tasks);
        }
    }

    fn client_turn(&mut self, world: &World) {
        let Some(client) = &mut self.client else { return };
        let turn = client.poll_turn(Waker::noop(), &mut self.client_end, world.clock.now());
        if matches!(turn, Turn::Done | Turn::Reset) {
            self.client = None;
            self.client_end.output.lock().unwrap().ended = true;
        }
    }

    fn server_turn(&mut self, world: &World) {
        let Some(server) = &mut self.server else { return };
        let turn = server.poll_turn(Waker::noop(), &mut self.server_end, world.clock.now());
        if matches!(turn, Turn::Done | Turn::Reset) {
            self.server = None;
            self.server_end.output.lock().unwrap().ended = true;
        }
    }

    /// The server is sent these bytes, and then nothing any more.
    fn say_last(&mut self, world: &World, bytes: &[u8]) {
        self.client = None;
        let mut pipe = self.server_end.input.lock().unwrap();
        pipe.bytes.extend(bytes);
        pipe.ended = true;
        drop(pipe);
        self.turns(world);
        assert!(self.server.is_none(), "it has ended");
    }
}

fn config() -> ClientConfig {
    ClientConfig::new(UserCredentials::new("alice")).encryption(Encryption::Disabled)
}

fn answered(call: &mut CallFuture) {
    let _ = poll(call).expect("the call has ended").expect("it succeeded");
}

/// A channel with an open connection that has made one call.
fn used(world: &World, plane: &str) -> (Channel, Open) {
    let channel = world.channel(plane);
    let mut call = channel.start(call("Call", "x"));
    let mut open = world.open();
    open.turns(world);
    answered(&mut call);
    (channel, open)
}

fn brief(totals: &HostTotals) -> (u64, u64) {
    (totals.connections, totals.calls)
}

#[test]
fn a_server_counts_each_connection_once_by_how_it_ended() {
    let world = World::new(config());
    assert_eq!(world.host.stats(), Default::default());

    let (channel, mut open) = used(&world, "");
    let stats = world.host.stats();
    assert_eq!((stats.connections, brief(&stats.orderly)), (1, (1, 1)));
    assert!(stats.orderly.stats.bytes_received > 0, "it is counted while it is there");
    drop(channel);
    open.turns(&world);
    assert!(open.server.is_none());
    let stats = world.host.stats();
    assert_eq!((stats.connections, brief(&stats.orderly)), (0, (1, 1)), "and after its end");

    // The end of the stream between two messages, in the middle of one, and nonsense.
    for (bytes, orderly, broken_off, faulty) in [
        (&b""[..], (2, 2), (0, 0), (0, 0)),
        (&b"\0\0\0\x09x"[..], (2, 2), (1, 1), (0, 0)),
        (&b"\0\0\0\0"[..], (2, 2), (1, 1), (1, 1)),
        (&b"\xff\xff\xff\xff"[..], (2, 2), (1, 1), (2, 2)),
    ] {
        let (_channel, mut open) = used(&world, "another");
        open.say_last(&world, bytes);
        let stats = world.host.stats();
        assert_eq!(brief(&stats.orderly), orderly, "{bytes:?}");
        assert_eq!(brief(&stats.broken_off), broken_off, "{bytes:?}");
        assert_eq!(brief(&stats.faulty), faulty, "{bytes:?}");
    }
    let all = world.host.stats().all();
    assert_eq!((brief(&all), world.host.accepted()), ((5, 5), 5));
}

/// Whoever writes into a connection that was reset is told so; whoever reads after that is told of an end
/// of the stream.
#[test]
fn a_reset_that_a_write_has_noticed_is_none_in_order() {
    let world = World::new(config());
    let (channel, mut open) = used(&world, "");
    let _call = channel.start(call("Call", "x"));
    open.client_turn(&world);
    open.server_turn(&world);
    common::run_to_their_end(&world.tasks);
    // The reply is to be written.
    open.server_end.output.lock().unwrap().write_error = Some(ErrorKind::ConnectionReset);
    open.say_last(&world, b"");
    let stats = world.host.stats();
    assert_eq!((brief(&stats.orderly), brief(&stats.broken_off)), ((0, 0), (1, 2)));
}

#[test]
fn a_driver_that_is_dropped_leaves_its_counts() {
    let world = World::new(config());
    let (_channel, mut open) = used(&world, "");
    let before = world.host.stats();
    open.server = None;
    let after = world.host.stats();
    assert_eq!((before.connections, after.connections), (1, 0));
    assert_eq!(before.orderly, after.orderly);
}

#[test]
fn a_connector_counts_connections_that_have_ended_and_tells_those_that_were_cut() {
    let policy = OnCancel::Close;
    let world = World::new(config().footers(Footers::Off).on_cancel(policy));
    assert_eq!(world.connector.stats(), Default::default());

    let (channel, mut open) = used(&world, "");
    let (_other, _open) = used(&world, "other");
    let stats = world.connector.stats();
    assert_eq!((stats.connections, stats.made), (2, 2));
    assert_eq!((stats.whole.frames_sent, stats.cut), (2, Stats::default()));
    assert_eq!(channel.connections_made(), 1);

    // A call in mid-transmission is given up.
    open.client_end.output.lock().unwrap().room = Some(10_000);
    let large = channel.start(call("Call", vec![0; LARGE]));
    open.turns(&world);
    drop(large.cancel());
    open.turns(&world);
    assert!(open.client.is_none(), "it has ended");
    let stats = world.connector.stats();
    assert_eq!((stats.connections, stats.made), (1, 2));
    assert_eq!((stats.whole.frames_sent, stats.cut.frames_sent), (1, 1));
    assert_eq!((stats.whole.cut_frames_sent, stats.cut.cut_frames_sent), (0, 1));
    assert_eq!(stats.all().frames_sent, 2);

    // The next call goes over another.
    let mut next = channel.start(call("Call", "y"));
    world.open().turns(&world);
    answered(&mut next);
    assert_eq!((channel.connections_made(), world.connector.stats().made), (2, 3));
}

#[test]
fn connections_that_never_were_one_count_as_made() {
    let world = World::new(config());
    let channel = world.channel("");
    let call = channel.start(call("Call", "x"));
    assert_eq!((world.connector.stats().connections, world.connector.stats().made), (1, 1));
    world.asked.lock().unwrap().clear();
    drop(call);
    assert_eq!((world.connector.stats().connections, world.connector.stats().made), (0, 1));
}
