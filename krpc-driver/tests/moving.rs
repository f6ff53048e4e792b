//! Calls that were queued behind a request that was given up in mid-transmission move to another
//! connection, and whoever waits for them does not notice.

mod common;

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use common::{Asked, End, Function, Tasks, TestClock, call, connector, host, poll, ready};
use krpc_driver::core::{
    CallError, CancelOutcome, ClientConfig, ConnectionError, Execution, Footers, Link, PeerAddr,
    ServerConfig, Sidecar, TransportError, TransportOp, UserCredentials,
};
use krpc_driver::{
    BoxFuture, CallFuture, Caller, Cancelling, Channel, ClientDriver, Host, NewConnection,
    RawReply, ServerDriver, Timeout, Turn,
};

const SECOND: Duration = Duration::from_secs(1);
const LARGE: usize = 1 << 20;

/// One channel to a server without footers, and the connections between them.
struct World {
    clock: TestClock,
    channel: Channel,
    asked: Asked,
    host: Host,
    tasks: Tasks,
    /// Bodies of the calls that the server has seen, in their order.
    seen: Arc<Mutex<Vec<Bytes>>>,
}

/// A connection whose both ends are driven here.
struct Open {
    client: ClientDriver,
    client_end: End,
    server: Option<ServerDriver>,
    server_end: End,
    last: Turn,
}

impl World {
    fn new(config: ClientConfig) -> Self {
        let clock = TestClock::new();
        let (connector, asked) = connector(config, &clock);
        let channel = connector.channel("unix:/there".parse().unwrap(), None, "");
        let seen = Arc::<Mutex<Vec<Bytes>>>::default();
        let record = seen.clone();
        let echo = Function {
            function: move |_, body: Bytes| {
                record.lock().unwrap().push(body.clone());
                Box::pin(std::future::ready(Ok(RawReply::new(body)))) as BoxFuture<_>
            },
            inline: false,
        };
        let config = ServerConfig::new().footers(Footers::Off);
        let (host, tasks) = host(&clock, config, echo, 100, 100);
        World { clock, channel, asked, host, tasks, seen }
    }

    fn asked(&self) -> Option<NewConnection> {
        let mut asked = self.asked.lock().unwrap();
        assert!(asked.len() <= 1, "one connection at a time");
        asked.pop()
    }

    /// Makes the connection that was asked for.
    fn open(&self) -> Open {
        let mut client = self.connecting();
        let (client_end, server_end) = common::pipes();
        client.connected(self.clock.now(), Link::unix(None));
        let peer = PeerAddr::Unix(None);
        let server = self.host.accept(self.clock.now(), Link::unix(None), peer);
        let mut open = Open { client, client_end, server, server_end, last: Turn::Yield };
        open.turns(self);
        open
    }

    /// The connection that was asked for, when its turn has come.
    fn connecting(&self) -> ClientDriver {
        let new = self.asked().expect("a connection is asked for");
        common::connecting(new, &self.clock)
    }

    /// The connection that was asked for is refused. Returns when it could be tried.
    fn refuse(&self) {
        let mut driver = self.connecting();
        // It takes the calls before it is refused.
        let _ = driver.poll_unconnected(Waker::noop(), self.clock.now());
        let error = io::Error::from(io::ErrorKind::ConnectionRefused);
        let error = TransportError::new(TransportOp::Connect, &error);
        driver.connect_failed(self.clock.now(), error);
        assert_eq!(driver.poll_unconnected(Waker::noop(), self.clock.now()), Turn::Done);
    }

    fn start(&self, body: impl Into<Bytes>) -> CallFuture {
        self.channel.start(call("Call", body))
    }

    fn start_within(&self, body: impl Into<Bytes>, timeout: Duration) -> CallFuture {
        let mut request = call("Call", body);
        request.timeout = Some(Timeout::After(timeout));
        self.channel.start(request)
    }

    /// A call with a sidecar that counts itself away.
    fn start_large(&self, owners: &Arc<AtomicUsize>) -> CallFuture {
        let mut request = call("Call", "large");
        request.sidecars.push(owned(owners).into());
        self.channel.start(request)
    }

    fn seen(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|body| String::from_utf8_lossy(body).into_owned()).collect()
    }
}

impl Open {
    /// Both ends take turns for a while.
    fn turns(&mut self, world: &World) {
        for _ in 0..20 {
            if !matches!(self.last, Turn::Done | Turn::Reset) {
                let now = world.clock.now();
                self.last = self.client.poll_turn(Waker::noop(), &mut self.client_end, now);
            }
            if let Some(server) = &mut self.server {
                let now = world.clock.now();
                if server.poll_turn(Waker::noop(), &mut self.server_end, now) == Turn::Done {
                    self.server = None;
                    self.server_end.output.lock().unwrap().ended = true;
                }
            }
            common::run_to_their_end(&world.tasks);
        }
    }

    /// So many bytes are taken from the client, and no more.
    fn room(&self, bytes: Option<usize>) {
        self.client_end.output.lock().unwrap().room = bytes;
    }
}

fn config() -> ClientConfig {
    ClientConfig::new(UserCredentials::new("alice"))
}

fn owned(owners: &Arc<AtomicUsize>) -> Sidecar {
    struct Owner(Arc<AtomicUsize>);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            static BYTES: [u8; LARGE] = [7; LARGE];
            &BYTES
        }
    }
    impl Drop for Owner {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    owners.fetch_add(1, Ordering::SeqCst);
    Sidecar::from_owner(Owner(owners.clone()))
}

fn answer(call: &mut CallFuture) -> Bytes {
    poll(call).expect("the call has ended").expect("it succeeded").body
}

/// A large call that is stuck in mid-transmission, behind a small one that was sent.
fn stuck(world: &World, owners: &Arc<AtomicUsize>) -> (Open, CallFuture, CallFuture) {
    let mut first = world.start("first");
    let mut open = world.open();
    open.turns(world);
    assert_eq!(&answer(&mut first)[..], b"first");
    // Its reply is on its way and not read.
    open.room(Some(10_000));
    let sent = world.start("sent");
    let large = world.start_large(owners);
    let (now, end) = (world.clock.now(), &mut open.client_end);
    for _ in 0..4 {
        open.last = open.client.poll_turn(Waker::noop(), end, now);
    }
    assert_eq!(owners.load(Ordering::SeqCst), 1);
    (open, sent, large)
}

#[test]
fn calls_move_in_their_order_and_ahead_of_newer_ones() {
    let world = World::new(config().grace(Duration::ZERO));
    let owners = Arc::default();
    let (mut open, mut sent, mut large) = stuck(&world, &owners);
    let mut queued: Vec<_> = (0..5).map(|i| world.start(format!("queued {i}"))).collect();
    // These are in the connection's hands, the next ones still in its inbox.
    let (now, end) = (world.clock.now(), &mut open.client_end);
    open.last = open.client.poll_turn(Waker::noop(), end, now);
    queued.extend((5..10).map(|i| world.start(format!("queued {i}"))));
    let mut cancelling = large.cancel();
    queued.extend((10..15).map(|i| world.start(format!("queued {i}"))));
    assert!(ready(&mut cancelling).is_none(), "the driver has not come to it");
    open.last = open.client.poll_turn(Waker::noop(), &mut open.client_end, now);

    let outcome = ready(&mut cancelling);
    assert!(
        matches!(outcome, Some(CancelOutcome::Cut { sent, unsent })
        if sent > 0 && sent < 10_000 && unsent > 1_000_000),
        "{outcome:?}"
    );
    assert_eq!(owners.load(Ordering::SeqCst), 0);
    let end = poll(&mut large).unwrap().unwrap_err();
    assert_eq!(end.execution(), Execution::Never);

    // Newer ones find the new connection, and come after those that moved.
    queued.extend((15..20).map(|i| world.start(format!("queued {i}"))));
    let mut fresh = world.open();
    fresh.turns(&world);
    for (i, call) in queued.iter_mut().enumerate() {
        assert_eq!(&answer(call)[..], format!("queued {i}").as_bytes());
    }
    // What was sent before is answered on the old connection.
    assert!(poll(&mut sent).is_none());
    open.turns(&world);
    assert_eq!(&answer(&mut sent)[..], b"sent");
    assert_eq!(open.last, Turn::Reset, "nothing is left to wait for");
    let seen = world.seen();
    let expected = (0..20).map(|i| format!("queued {i}"));
    assert!(
        seen.iter().filter(|body| body.starts_with("queued")).cloned().eq(expected),
        "{seen:?}"
    );
    assert!(!seen.iter().any(|body| body == "large"));
}

#[test]
fn a_cut_with_nothing_behind_it_asks_for_no_connection() {
    let world = World::new(config().grace(Duration::ZERO));
    let owners = Arc::default();
    let (mut open, mut sent, large) = stuck(&world, &owners);
    drop(large);
    open.turns(&world);
    assert_eq!(owners.load(Ordering::SeqCst), 0, "dropping the future is enough");
    assert!(world.asked().is_none());
    assert_eq!(&answer(&mut sent)[..], b"sent");
    let mut next = world.start("next");
    world.open().turns(&world);
    assert_eq!(&answer(&mut next)[..], b"next");
}

#[test]
fn a_moved_call_outlives_refusals_as_long_as_its_deadline_has_time() {
    let world = World::new(config().grace(Duration::ZERO));
    let owners = Arc::default();
    let (mut open, _sent, large) = stuck(&world, &owners);
    let mut patient = world.start_within("patient", 600 * SECOND);
    let mut hurried = world.start_within("hurried", SECOND);
    let mut timeless = world.start("timeless");
    drop(large.cancel());
    open.turns(&world);
    for attempt in 0..20 {
        if attempt <= 3 {
            assert_eq!(poll(&mut timeless).is_some(), attempt == 3, "{attempt}");
        }
        if attempt == 3 {
            // A call that has not moved fails at the first refusal, with others that go on.
            let mut new = world.start("new");
            world.refuse();
            let refused = poll(&mut new).unwrap().unwrap_err();
            assert!(
                matches!(
                    refused,
                    CallError::ConnectionLost {
                        error: ConnectionError::Transport(_),
                        execution: Execution::Never
                    }
                ),
                "{refused:?}"
            );
        } else {
            world.refuse();
        }
    }
    let hurried = poll(&mut hurried).unwrap().unwrap_err();
    let expired = CallError::DeadlineExceeded {
        stage: krpc_driver::core::CallStage::Negotiating,
        execution: Execution::Never,
    };
    assert_eq!(hurried, expired);
    assert!(poll(&mut patient).is_none());
    world.open().turns(&world);
    assert_eq!(&answer(&mut patient)[..], b"patient");
}

/// The connection ends in the turn in which it is cut, because nothing is owed on it.
#[test]
fn calls_behind_a_cut_move_also_when_nothing_drains() {
    let world = World::new(config().grace(Duration::ZERO));
    let owners = Arc::default();
    let mut first = world.start("first");
    let mut open = world.open();
    assert_eq!(&answer(&mut first)[..], b"first");
    open.room(Some(10_000));
    let large = world.start_large(&owners);
    let mut moved = world.start_within("moved", 60 * SECOND);
    open.turns(&world);
    drop(large);
    open.turns(&world);
    assert_eq!(open.last, Turn::Reset);
    for _ in 0..5 {
        assert!(poll(&mut moved).is_none());
        world.refuse();
    }
    world.open().turns(&world);
    assert_eq!(&answer(&mut moved)[..], b"moved");
}

#[test]
fn without_a_deadline_the_last_error_of_three_attempts_is_told() {
    let world = World::new(config().grace(Duration::ZERO));
    let owners = Arc::default();
    let (mut open, _sent, large) = stuck(&world, &owners);
    let mut moved = world.start("moved");
    drop(large);
    open.turns(&world);
    for _ in 0..3 {
        assert!(poll(&mut moved).is_none());
        world.refuse();
    }
    let lost = poll(&mut moved).unwrap().unwrap_err();
    assert!(
        matches!(
            lost,
            CallError::ConnectionLost {
                error: ConnectionError::Transport(_),
                execution: Execution::Never
            }
        ),
        "{lost:?}"
    );
    assert!(world.asked().is_none());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a handle cancels from another thread")]
fn a_call_is_cancelled_wherever_it_is() {
    let world = World::new(config().grace(Duration::ZERO));
    let owners = Arc::default();
    let (mut open, _sent, large) = stuck(&world, &owners);
    let cancel = |call: &CallFuture| {
        let handle = call.cancel_handle();
        let first = std::thread::spawn(move || handle.cancel()).join().unwrap();
        (first, call.cancel())
    };
    let done = |cancelling: &mut (Cancelling, Cancelling)| {
        let both = (ready(&mut cancelling.0), ready(&mut cancelling.1));
        assert_eq!(both.0, both.1);
        both.0
    };
    let calls: Vec<_> = (0..4).map(|_| world.start_large(&owners)).collect();
    // Behind the one that is stuck, before the driver has seen it and after.
    let mut unseen = cancel(&calls[0]);
    let now = world.clock.now();
    open.last = open.client.poll_turn(Waker::noop(), &mut open.client_end, now);
    assert_eq!(done(&mut unseen), Some(CancelOutcome::NotBegun));
    let mut queued = cancel(&calls[1]);
    drop(large);
    open.turns(&world);
    assert_eq!(done(&mut queued), Some(CancelOutcome::NotBegun));
    assert_eq!(owners.load(Ordering::SeqCst), 2, "two have moved");
    // On a connection that nobody drives yet, and on one that is being made.
    let mut moved = cancel(&calls[2]);
    assert_eq!(done(&mut moved), None);
    let mut client = world.connecting();
    let _ = client.poll_unconnected(Waker::noop(), now);
    assert_eq!(done(&mut moved), Some(CancelOutcome::NotBegun));
    let mut last = cancel(&calls[3]);
    let _ = client.poll_unconnected(Waker::noop(), now);
    assert_eq!(done(&mut last), Some(CancelOutcome::NotBegun));
    assert_eq!(owners.load(Ordering::SeqCst), 0);
    for mut call in calls {
        let end = poll(&mut call).unwrap().unwrap_err();
        assert!(matches!(end, CallError::Cancelled { outcome: CancelOutcome::NotBegun, .. }));
        let mut late = cancel(&call);
        assert_eq!(done(&mut late), Some(CancelOutcome::NotBegun), "what is known is told again");
    }
}

#[test]
fn cancelling_what_has_ended_changes_nothing() {
    let world = World::new(config());
    let mut call = world.start("x");
    world.open().turns(&world);
    let mut cancelling = call.cancel();
    assert_eq!(ready(&mut cancelling), Some(CancelOutcome::AlreadyDone));
    assert_eq!(&answer(&mut call)[..], b"x");
    assert_eq!(ready(&mut call.cancel_handle().cancel()), Some(CancelOutcome::AlreadyDone));
}

#[test]
fn a_third_cut_closes_the_oldest_connection_that_drains() {
    let world = World::new(config().grace(Duration::ZERO));
    let owners = Arc::default();
    let mut draining = Vec::new();
    for _ in 0..3 {
        let (mut open, sent, large) = stuck(&world, &owners);
        drop(large);
        let now = world.clock.now();
        open.last = open.client.poll_turn(Waker::noop(), &mut open.client_end, now);
        draining.push((open, sent));
    }
    let mut ends = Vec::new();
    for (mut open, mut sent) in draining {
        // The server's answers are there: only the oldest does not come to them.
        for _ in 0..2 {
            let now = world.clock.now();
            open.last = open.client.poll_turn(Waker::noop(), &mut open.client_end, now);
        }
        if open.last != Turn::Reset {
            open.turns(&world);
        }
        assert_eq!(open.last, Turn::Reset);
        ends.push(poll(&mut sent).unwrap().is_ok());
    }
    assert_eq!(ends, [false, true, true]);
}

#[test]
fn closing_the_channel_ends_moved_calls_too() {
    let world = World::new(config().grace(Duration::ZERO));
    let owners = Arc::default();
    let (mut open, _sent, large) = stuck(&world, &owners);
    let mut moved = world.start_within("moved", 60 * SECOND);
    drop(large);
    open.turns(&world);
    let mut client = world.connecting();
    let _ = client.poll_unconnected(Waker::noop(), world.clock.now());
    world.channel.close();
    assert_eq!(client.poll_unconnected(Waker::noop(), world.clock.now()), Turn::Done);
    let lost = poll(&mut moved).unwrap().unwrap_err();
    assert!(
        matches!(
            lost,
            CallError::ConnectionLost {
                error: ConnectionError::LocallyClosed,
                execution: Execution::Never
            }
        ),
        "{lost:?}"
    );
}

/// A dropped driver tells what it knows: nothing of what waited was made.
#[test]
fn moved_calls_end_with_the_driver_that_holds_them() {
    let world = World::new(config().grace(Duration::ZERO));
    let owners = Arc::default();
    let (mut open, _sent, large) = stuck(&world, &owners);
    let mut moved = world.start("moved");
    drop(large);
    open.turns(&world);
    drop(world.asked().expect("a connection is asked for"));
    let lost = poll(&mut moved).unwrap().unwrap_err();
    assert_eq!(lost.execution(), Execution::Never);
}
