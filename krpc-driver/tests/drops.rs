//! Every call completes exactly once, whatever is dropped or panics.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};

use bytes::Bytes;
use common::{
    Counter, Function, Sim, call, connector, echo, host, poll, poll_with, service, silent,
};
use krpc_driver::core::{
    CallError, ClientConfig, ConnectionError, ErrorStatus, Execution, Link, PeerAddr, ServerConfig,
    UserCredentials,
};
use krpc_driver::{
    BoxFuture, CallContext, CallFuture, Caller, Handle, MethodInfo, RawReply, Service, Turn,
};

fn lost(call: &mut CallFuture) -> Execution {
    match poll(call).expect("the call has ended") {
        Err(CallError::ConnectionLost { error: ConnectionError::LocallyClosed, execution }) => {
            execution
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dropped_driver_ends_its_calls() {
    let mut sim = Sim::open(silent());
    let mut sent = sim.start("Call", "x");
    let waker = Arc::new(Counter::default());
    assert!(poll_with(&mut sent, &Waker::from(waker.clone())).is_none());
    let _ = sim.client_turn();
    let mut unseen = sim.start("Call", "x");
    let mut opened = Box::pin(sim.handle().opened());
    sim.client = None;
    assert_eq!(waker.count(), 1);
    assert_eq!(lost(&mut sent), Execution::Maybe);
    assert_eq!(lost(&mut unseen), Execution::Never);
    let mut late = sim.start("Call", "x");
    assert_eq!(lost(&mut late), Execution::Never);
    let cx = &mut std::task::Context::from_waker(Waker::noop());
    assert!(matches!(opened.as_mut().poll(cx), std::task::Poll::Ready(Err(_))));
}

#[test]
fn a_call_dropped_before_it_was_taken_never_leaves() {
    let mut sim = Sim::open(echo());
    drop(sim.start("Call", "x"));
    sim.settle();
    assert_eq!(sim.handle().stats().frames_sent, 0);
}

#[test]
fn a_call_dropped_after_it_was_sent_is_forgotten() {
    let mut sim = Sim::open(echo());
    let call = sim.start("Call", "x");
    let _ = sim.client_turn();
    drop(call);
    sim.settle();
    let stats = sim.handle().stats();
    assert_eq!((stats.frames_sent, stats.late_replies), (1, 1));
    assert_eq!(sim.client.as_ref().unwrap().connection().in_flight(), 0);
}

#[test]
fn the_last_handle_closes_after_the_last_call() {
    let mut sim = Sim::open(echo());
    let mut call = sim.start("Call", "x");
    let clone = sim.handle().clone();
    sim.handle = None;
    let _ = sim.client_turn();
    drop(clone);
    let _ = sim.client_turn();
    assert!(sim.client.is_some(), "a call is in flight");
    sim.settle();
    assert_eq!(poll(&mut call).unwrap().unwrap().body, "x");
    assert!(sim.client.is_none());
    sim.settle();
    assert!(sim.server.is_none());
    assert_eq!(sim.host.connections(), 0);
}

struct Grumpy;

impl Wake for Grumpy {
    fn wake(self: Arc<Self>) {
        panic!("not before noon");
    }
}

#[test]
fn a_waker_that_panics_harms_nobody_else() {
    let mut sim = Sim::open(echo());
    let mut grumpy = sim.start("Call", "a");
    let mut other = sim.start("Call", "b");
    assert!(poll_with(&mut grumpy, &Waker::from(Arc::new(Grumpy))).is_none());
    let waker = Arc::new(Counter::default());
    assert!(poll_with(&mut other, &Waker::from(waker.clone())).is_none());
    sim.settle();
    assert_eq!(waker.count(), 1);
    assert_eq!(poll(&mut grumpy).unwrap().unwrap().body, "a");
    assert_eq!(poll(&mut other).unwrap().unwrap().body, "b");
    assert!(sim.client.is_some());
}

/// A payload that makes a call when it is dropped.
struct Chatty {
    handle: Handle,
    calls: Arc<Mutex<Vec<CallFuture>>>,
}

impl AsRef<[u8]> for Chatty {
    fn as_ref(&self) -> &[u8] {
        &[7; 1_000]
    }
}

impl Drop for Chatty {
    fn drop(&mut self) {
        self.calls.lock().unwrap().push(self.handle.start(call("Call", "from a destructor")));
    }
}

#[test]
fn a_payloads_destructor_may_call_back() {
    let mut sim = Sim::open(echo());
    let calls = Arc::<Mutex<Vec<CallFuture>>>::default();
    let payload = |sim: &Sim| {
        let (handle, calls) = (sim.handle().clone(), calls.clone());
        Bytes::from_owner(Chatty { handle, calls })
    };
    // Sent, dropped before it was taken, refused.
    let sent = payload(&sim);
    let mut sent = sim.start("Call", sent);
    let dropped = payload(&sim);
    drop(sim.start("Call", dropped));
    let mut refused = call("Call", payload(&sim));
    refused.sidecars = vec![Bytes::new(); 10_001];
    let mut refused = sim.handle().start(refused);
    sim.settle();
    assert_eq!(poll(&mut sent).unwrap().unwrap().body.len(), 1_000);
    assert!(matches!(poll(&mut refused).unwrap(), Err(CallError::Refused(_))));
    sim.settle();
    let mut calls = std::mem::take(&mut *calls.lock().unwrap());
    assert_eq!(calls.len(), 3);
    for call in &mut calls {
        assert_eq!(poll(call).unwrap().unwrap().body, "from a destructor");
    }
}

/// A payload whose destructor panics.
struct Bomb;

impl AsRef<[u8]> for Bomb {
    fn as_ref(&self) -> &[u8] {
        &[7; 1_000]
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a payload's destructor");
    }
}

#[test]
fn a_panic_in_mid_turn_ends_every_call_of_the_connection() {
    let mut sim = Sim::open(echo());
    let mut before = sim.start("Call", "before");
    let mut bomb = sim.start("Call", Bytes::from_owner(Bomb));
    let mut after = sim.start("Call", "after");
    let panicked = catch_unwind(AssertUnwindSafe(|| sim.settle())).is_err();
    assert!(panicked, "the payload was dropped in a turn");
    let mut unseen = sim.start("Call", "unseen");
    // What a runtime does with a task that panicked.
    sim.client = None;
    for call in [&mut before, &mut bomb, &mut after, &mut unseen] {
        lost(call);
    }
}

#[test]
fn handlers_that_panic_cost_an_error_reply() {
    struct DropBomb;
    impl Drop for DropBomb {
        fn drop(&mut self) {
            panic!("a handler's destructor");
        }
    }
    for inline in [false, true] {
        let function = |_, body: Bytes| -> krpc_driver::BoxFuture<_> {
            match &body[..] {
                b"start" => panic!("before there is a future"),
                b"poll" => Box::pin(async { panic!("{} in the future", "formatted") }),
                b"drop" => Box::pin(async {
                    let bomb = DropBomb;
                    std::future::pending::<()>().await;
                    drop(bomb);
                    Ok(RawReply::default())
                }),
                _ => Box::pin(async { Ok(RawReply::new(body)) }),
            }
        };
        let mut sim = Sim::open(Function { function, inline });
        let mut start = sim.start("Call", "start");
        let mut poll_ = sim.start("Call", "poll");
        let mut fine = sim.start("Call", "fine");
        let mut dropped = sim.start("Call", "drop");
        sim.settle();
        for call in [&mut start, &mut poll_] {
            let Err(CallError::Remote(status)) = poll(call).unwrap() else { panic!("no error") };
            assert_eq!(status.message(), "Runtime error: handler panicked");
        }
        assert_eq!(poll(&mut fine).unwrap().unwrap().body, "fine");
        assert_eq!(sim.host.dispatcher().stats(common::SERVICE).unwrap().panicked, 2);
        // A runtime that goes down drops its tasks; the caller hears about it.
        sim.tasks.lock().unwrap().clear();
        sim.settle();
        let Err(CallError::Remote(status)) = poll(&mut dropped).unwrap() else {
            panic!("no error")
        };
        assert_eq!(status.message(), "Service unavailable: Service is shutting down");
    }
}

/// Panics when it is asked about a feature.
struct Picky;

impl Service for Picky {
    fn name(&self) -> &'static str {
        common::SERVICE
    }

    fn methods(&self) -> &'static [MethodInfo] {
        common::METHODS
    }

    fn supports_feature(&self, flag: u32) -> bool {
        panic!("no idea what {flag} is");
    }

    fn call(
        &self,
        _: usize,
        _: CallContext,
        body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        Box::pin(async { Ok(RawReply::new(body)) })
    }
}

#[test]
fn a_question_about_features_that_panics_costs_an_error_reply() {
    let mut sim = Sim::open(Picky);
    let mut flagged = call("Call", "x");
    flagged.required_features = vec![7];
    let mut flagged = sim.handle().start(flagged);
    let mut fine = sim.start("Call", "fine");
    sim.settle();
    let Err(CallError::Remote(status)) = poll(&mut flagged).unwrap() else { panic!("no error") };
    assert_eq!(status.message(), "Runtime error: handler panicked");
    assert_eq!(poll(&mut fine).unwrap().unwrap().body, "fine");
    assert_eq!(sim.host.dispatcher().stats(common::SERVICE).unwrap().panicked, 1);
}

#[test]
fn a_service_whose_tasks_were_dropped_refuses_what_comes() {
    let mut sim = Sim::with(ClientConfig::new(UserCredentials::new("alice")), silent(), 1, 1);
    sim.settle();
    let mut calls: Vec<_> = (0..2).map(|_| sim.start("Call", "x")).collect();
    sim.settle();
    sim.tasks.lock().unwrap().clear();
    calls.push(sim.start("Call", "x"));
    sim.settle();
    for call in &mut calls {
        let Err(CallError::Remote(status)) = poll(call).unwrap() else { panic!("no error") };
        assert!(status.message().contains("shutting down"));
    }
}

#[test]
fn replies_to_a_dead_connection_are_dropped() {
    let done = Arc::new(AtomicUsize::new(0));
    let counted = done.clone();
    let mut sim = Sim::open(service(move |cx, body| {
        let done = counted.clone();
        Box::pin(async move {
            cx.cancelled().await;
            assert!(cx.is_cancelled());
            done.fetch_add(1, Ordering::SeqCst);
            Ok(RawReply::new(body))
        })
    }));
    let call = sim.start("Call", "x");
    let _ = (sim.client_turn(), sim.server_turn());
    sim.run_tasks();
    assert_eq!(done.load(Ordering::SeqCst), 0);
    sim.server = None;
    sim.run_tasks();
    assert_eq!(done.load(Ordering::SeqCst), 1);
    drop(call);
}

#[test]
fn permits_bound_what_runs_and_pass_on() {
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (counted, highest) = (running.clone(), most.clone());
    let handler = service(move |_, body| {
        let (running, most) = (counted.clone(), highest.clone());
        Box::pin(async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let mut polled = false;
            std::future::poll_fn(|_| {
                if std::mem::replace(&mut polled, true) {
                    std::task::Poll::Ready(())
                } else {
                    std::task::Poll::Pending
                }
            })
            .await;
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(RawReply::new(body))
        })
    });
    let mut sim = Sim::with(ClientConfig::new(UserCredentials::new("alice")), handler, 3, 100);
    sim.settle();
    let mut calls: Vec<_> = (0..20).map(|_| sim.start("Call", "x")).collect();
    for _ in 0..5 {
        sim.settle();
    }
    assert!(calls.iter_mut().all(|call| poll(call).unwrap().is_ok()));
    assert_eq!(most.load(Ordering::SeqCst), 3);
    assert!(sim.tasks.lock().unwrap().is_empty(), "workers end when nobody waits");
}

#[test]
fn a_retired_connection_passes_its_calls_on() {
    let clock = common::TestClock::new();
    let config = ClientConfig::new(UserCredentials::new("alice")).max_abandoned_calls(0);
    let (connector, asked) = connector(config, &clock);
    let channel = connector.channel("unix:/there".parse().unwrap(), None, "");
    let (host, tasks) = host(&clock, ServerConfig::new(), silent(), 10, 10);
    let mut first = channel.start(call("Call", "x"));
    let mut new = asked.lock().unwrap().pop().unwrap();
    let (mut client_end, mut server_end) = common::pipes();
    new.driver.connected(clock.now(), Link::unix(None));
    let local = PeerAddr::Unix(None);
    let mut server = host.accept(clock.now(), Link::unix(None), local).unwrap();
    let mut turns = |driver: &mut krpc_driver::ClientDriver| {
        let mut last = Turn::Done;
        for _ in 0..10 {
            last = driver.poll_turn(Waker::noop(), &mut client_end, clock.now());
            let _ = server.poll_turn(Waker::noop(), &mut server_end, clock.now());
        }
        last
    };
    let _ = turns(&mut new.driver);
    assert!(poll(&mut first).is_none());
    // One more call that the server owes a reply for, and the connection takes no more.
    let abandoned = channel.start(call("Call", "x"));
    let _ = turns(&mut new.driver);
    drop(abandoned);
    let _ = turns(&mut new.driver);
    let mut moved = channel.start(call("Call", "moved"));
    let _ = turns(&mut new.driver);
    assert!(poll(&mut first).is_none(), "the old connection still has a call");
    assert!(poll(&mut moved).is_none());
    let fresh = asked.lock().unwrap().pop().expect("a new connection is asked for");
    assert_eq!(fresh.connect_at, clock.now(), "without a back-off");
    assert_eq!(fresh.target.to_string(), "unix:/there");
    drop(fresh);
    assert_eq!(lost(&mut moved), Execution::Never);
    drop(tasks);
}

#[test]
fn a_channel_backs_off_after_failures() {
    let clock = common::TestClock::new();
    let (connector, asked) = connector(ClientConfig::new(UserCredentials::new("alice")), &clock);
    let channel = connector.channel("there:7051".parse().unwrap(), None, "");
    let mut later = 0;
    for _ in 0..10 {
        let mut call = channel.start(call("Call", "x"));
        let same = channel.clone();
        let mut other = same.start(common::call("Call", "x"));
        let new = asked.lock().unwrap().pop().unwrap();
        assert!(asked.lock().unwrap().is_empty(), "one connection for both calls");
        later += usize::from(new.connect_at > clock.now());
        drop(new);
        assert_eq!(lost(&mut call), Execution::Never);
        assert_eq!(lost(&mut other), Execution::Never);
    }
    assert_eq!(later, 9, "only the first was made at once");
}

/// While it connects and while it is open: whatever comes next connects anew, at once.
#[test]
fn a_channel_that_was_closed_connects_anew() {
    let clock = common::TestClock::new();
    let (connector, asked) = connector(ClientConfig::new(UserCredentials::new("alice")), &clock);
    let channel = connector.channel("unix:/there".parse().unwrap(), None, "");
    let next = || {
        let new = asked.lock().unwrap().pop().expect("a connection is asked for");
        assert_eq!(new.connect_at, clock.now(), "without a back-off");
        new
    };
    let mut first = channel.start(call("Call", "first"));
    let mut old = next();
    channel.close();
    let mut second = channel.start(call("Call", "second"));
    let mut new = next();
    assert_eq!(old.driver.poll_unconnected(Waker::noop(), clock.now()), Turn::Done);
    drop(old);
    assert_eq!(lost(&mut first), Execution::Never);

    let (host, tasks) = host(&clock, ServerConfig::new(), silent(), 10, 10);
    let mut server = host.accept(clock.now(), Link::unix(None), PeerAddr::Unix(None)).unwrap();
    let (mut client_end, mut server_end) = common::pipes();
    new.driver.connected(clock.now(), Link::unix(None));
    for _ in 0..10 {
        let _ = new.driver.poll_turn(Waker::noop(), &mut client_end, clock.now());
        let _ = server.poll_turn(Waker::noop(), &mut server_end, clock.now());
    }
    assert_eq!(new.driver.connection().in_flight(), 1);
    channel.close();
    let opened = channel.connect_now();
    drop(next());
    assert!(poll(&mut second).is_none(), "it is told in the driver's turn");
    while new.driver.poll_turn(Waker::noop(), &mut client_end, clock.now()) != Turn::Done {}
    assert_eq!(lost(&mut second), Execution::Maybe);
    drop((opened, tasks));
}

/// Also those on a connection that takes no more calls.
#[test]
fn dropping_the_last_channel_ends_its_calls() {
    let clock = common::TestClock::new();
    let (connector, asked) = connector(ClientConfig::new(UserCredentials::new("alice")), &clock);
    let channel = connector.channel("there:7051".parse().unwrap(), None, "");
    let (clone, mut call) = (channel.clone(), channel.start(call("Call", "x")));
    let mut driver = common::connecting(asked.lock().unwrap().pop().unwrap(), &clock);
    drop(channel);
    let _ = driver.poll_unconnected(Waker::noop(), clock.now());
    assert!(poll(&mut call).is_none(), "a clone is left");
    drop(clone);
    assert_eq!(driver.poll_unconnected(Waker::noop(), clock.now()), Turn::Done);
    match poll(&mut call).unwrap().unwrap_err() {
        CallError::ConnectionLost { error: ConnectionError::LocallyClosed, execution } => {
            assert_eq!(execution, Execution::Never);
        }
        error => panic!("{error}"),
    }
}

#[test]
fn channels_of_one_table_share_and_go() {
    let clock = common::TestClock::new();
    let (connector, asked) = connector(ClientConfig::new(UserCredentials::new("alice")), &clock);
    let target = || "there:7051".parse().unwrap();
    let one = connector.channel(target(), None, "");
    let two = connector.channel(target(), Some(UserCredentials::new("alice")), "");
    let bulk = connector.channel(target(), None, "bulk");
    let bob = connector.channel(target(), Some(UserCredentials::new("bob")), "");
    let calls: Vec<_> = [&one, &two, &bulk, &bob].map(|c| c.start(call("Call", "x"))).into();
    assert_eq!(asked.lock().unwrap().len(), 3);
    drop(calls);
    drop((one, two, bulk, bob));
    let mut new = std::mem::take(&mut *asked.lock().unwrap());
    for new in &mut new {
        assert_eq!(new.driver.poll_unconnected(Waker::noop(), clock.now()), Turn::Done);
    }
}
