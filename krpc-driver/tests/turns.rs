//! What a turn does, and in which order.

mod common;

use std::io;
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use common::{Sim, call, echo, poll, poll_with, service, silent};
use krpc_driver::core::{
    Budget, CallError, CancelOutcome, ClientConfig, ConnectionError, Execution, Footers, Link,
    PeerAddr, ServerConfig, TransportOp, UserCredentials,
};
use krpc_driver::{CallFuture, Caller, CancelHandle, RawReply, Timeout, Turn};

const MILLI: Duration = Duration::from_millis(1);

#[test]
fn a_call_goes_there_and_back() {
    let mut sim = Sim::new(echo());
    let mut call = sim.start("Call", "hello");
    assert!(poll(&mut call).is_none());
    sim.settle();
    assert_eq!(poll(&mut call).unwrap().unwrap().body, "hello");
    let stats = sim.handle().stats();
    assert_eq!((stats.frames_sent, stats.late_replies), (1, 0));
}

#[test]
fn a_lone_call_is_written_at_once() {
    let mut sim = Sim::open(silent());
    let before = sim.client_end.output.lock().unwrap().writes;
    let _call = sim.start("Call", "x");
    assert!(matches!(sim.client_turn(), Turn::Sleep { .. }));
    assert_eq!(sim.client_end.output.lock().unwrap().writes - before, 1);
}

#[test]
fn company_is_waited_for_one_turn_long() {
    let mut sim = Sim::open(silent());
    let _first = sim.start("Call", "x");
    let _ = sim.client_turn();
    let before = sim.client_end.output.lock().unwrap().writes;
    let writes = |sim: &Sim| sim.client_end.output.lock().unwrap().writes - before;

    let mut calls = vec![sim.start("Call", "x")];
    assert_eq!(sim.client_turn(), Turn::Yield, "others may follow");
    assert_eq!(writes(&sim), 0);
    calls.extend((0..63).map(|_| sim.start("Call", "x")));
    assert!(matches!(sim.client_turn(), Turn::Sleep { .. }));
    assert_eq!(writes(&sim), 1, "64 calls in one write");
    assert_eq!(sim.client.as_ref().unwrap().connection().stats().frames_sent, 65);
}

#[test]
fn the_driver_is_woken_once_for_many_calls() {
    let mut sim = Sim::open(silent());
    let before = sim.client_wakes.count();
    let _calls: Vec<_> = (0..10).map(|_| sim.start("Call", "x")).collect();
    assert_eq!(sim.client_wakes.count() - before, 1);
    let _ = sim.client_turn();
    let _call = sim.start("Call", "x");
    assert_eq!(sim.client_wakes.count() - before, 2);
}

#[test]
fn a_blocked_write_never_stops_a_read() {
    let mut sim = Sim::open(echo());
    let mut small = sim.start("Call", "small");
    let _ = sim.client_turn();
    sim.client_end.output.lock().unwrap().room = Some(1_000);
    let mut big = sim.start("Call", vec![0; 100_000]);
    let _ = (sim.client_turn(), sim.client_turn());
    assert_eq!(sim.client_end.output.lock().unwrap().room, Some(0));
    sim.settle();
    assert_eq!(poll(&mut small).unwrap().unwrap().body, "small");
    assert!(poll(&mut big).is_none());
    sim.client_end.output.lock().unwrap().room = None;
    sim.settle();
    assert_eq!(poll(&mut big).unwrap().unwrap().body.len(), 100_000);
}

#[test]
fn one_turn_is_bounded() {
    let mut sim = Sim::open(silent());
    let calls: Vec<_> = (0..400).map(|_| sim.start("Call", vec![0; 1_000])).collect();
    while sim.client_turn() == Turn::Yield {}
    let unread = sim.server_end.input.lock().unwrap().bytes.len();
    assert!(unread > 400_000);
    assert_eq!(sim.server_turn(), Turn::Yield, "there is more to read");
    let left = sim.server_end.input.lock().unwrap().bytes.len();
    assert!(left >= unread - 8 * (16 << 10), "{left} of {unread}");
    drop(calls);
}

#[test]
fn a_reply_that_is_there_beats_the_deadline() {
    let mut sim = Sim::open(echo());
    let mut request = call("Call", "x");
    request.timeout = Some(Timeout::After(100 * MILLI));
    let mut call = sim.handle().start(request);
    let Turn::Sleep { until } = sim.client_turn() else { panic!("not asleep") };
    assert_eq!(until, Some(sim.clock.now() + 100 * MILLI));
    let _ = sim.server_turn();
    sim.run_tasks();
    let _ = sim.server_turn();
    // The process was stopped for a long time; the reply has been in the socket all the while.
    sim.clock.advance(Duration::from_secs(60));
    let _ = sim.client_turn();
    assert_eq!(poll(&mut call).unwrap().unwrap().body, "x");
}

#[test]
fn a_deadline_runs_from_the_start_of_the_call() {
    let mut sim = Sim::open(silent());
    let mut request = call("Call", "x");
    request.timeout = Some(Timeout::After(100 * MILLI));
    let mut late = sim.handle().start(request);
    // The driver sees it only when its time is over.
    sim.clock.advance(100 * MILLI);
    while sim.client_turn() == Turn::Yield {}
    let error = poll(&mut late).unwrap().unwrap_err();
    assert!(matches!(error, CallError::DeadlineExceeded { .. }), "{error:?}");
}

#[test]
fn a_timeout_beyond_all_time_is_none() {
    let mut sim = Sim::open(echo());
    let mut request = call("Call", "x");
    request.timeout = Some(Timeout::After(Duration::MAX));
    let mut call = sim.handle().start(request);
    sim.settle();
    assert!(poll(&mut call).unwrap().is_ok());
}

#[test]
fn the_negotiation_timeout_runs_without_a_socket() {
    let clock = common::TestClock::new();
    let config = ClientConfig::new(UserCredentials::new("alice"));
    let (handle, mut driver) =
        krpc_driver::connection(Arc::new(config), Arc::new(clock.clone()), clock.now());
    let mut call = handle.start(call("Call", "x"));
    let turn = driver.poll_unconnected(Waker::noop(), clock.now());
    let until = Some(clock.now() + Duration::from_secs(3));
    assert_eq!(turn, Turn::Sleep { until });
    clock.advance(Duration::from_secs(3));
    assert_eq!(driver.poll_unconnected(Waker::noop(), clock.now()), Turn::Done);
    let error = poll(&mut call).unwrap().unwrap_err();
    assert_eq!(error.execution(), Execution::Never);
    assert!(error.to_string().contains("negotiation timed out"), "{error}");
}

/// Takes stock when it is woken.
struct Stock {
    calls: Mutex<Vec<CallFuture>>,
    ready: Mutex<Option<usize>>,
}

impl Wake for Stock {
    fn wake(self: Arc<Self>) {
        let mut calls = self.calls.lock().unwrap();
        let ready = calls.iter_mut().filter_map(poll).count();
        self.ready.lock().unwrap().get_or_insert(ready);
    }
}

#[test]
fn all_completions_of_a_turn_are_published_before_the_first_wake() {
    let mut sim = Sim::open(echo());
    let stock = Arc::new(Stock { calls: Mutex::default(), ready: Mutex::default() });
    let waker = Waker::from(stock.clone());
    let mut calls: Vec<_> = (0..5).map(|_| sim.start("Call", "x")).collect();
    // Only the first is watched.
    assert!(poll_with(&mut calls[0], &waker).is_none());
    *stock.calls.lock().unwrap() = calls.split_off(1);
    let _ = sim.client_turn();
    let _ = sim.server_turn();
    sim.run_tasks();
    while sim.server_turn() == Turn::Yield {}
    let _ = sim.client_turn();
    assert_eq!(*stock.ready.lock().unwrap(), Some(4));
}

#[test]
fn what_the_peer_said_is_read_after_a_write_has_failed() {
    let mut sim = Sim::open(echo());
    let mut first = sim.start("Call", "first");
    let _ = sim.client_turn();
    let _ = sim.server_turn();
    sim.run_tasks();
    let _ = sim.server_turn();
    sim.client_end.output.lock().unwrap().write_error = Some(io::ErrorKind::BrokenPipe);
    let mut second = sim.start("Call", "second");
    while sim.client.is_some() {
        let _ = sim.client_turn();
    }
    assert_eq!(poll(&mut first).unwrap().unwrap().body, "first");
    match poll(&mut second).unwrap().unwrap_err() {
        CallError::ConnectionLost { error: ConnectionError::Transport(error), execution } => {
            assert_eq!((error.op, error.kind), (TransportOp::Write, io::ErrorKind::BrokenPipe));
            assert_eq!(execution, Execution::Never);
        }
        other => panic!("{other:?}"),
    }
}

/// A connection that stopped reading for want of memory has no waker at the socket: the turn in
/// which there is memory again must read by itself.
#[test]
fn reading_goes_on_when_there_is_memory_again() {
    let mut sim = Sim::open(echo());
    let budget = Budget::new(100_000);
    let config = ServerConfig::new().budget(budget.clone());
    let kept = Arc::<Mutex<Vec<Bytes>>>::default();
    let keep = kept.clone();
    let keeper = service(move |_, body| {
        keep.lock().unwrap().push(body);
        Box::pin(async { Ok(RawReply::default()) })
    });
    let (host, tasks) = common::host(&sim.clock, config, keeper, 10, 10);
    let fresh = Sim::new(echo());
    (sim.client, sim.handle) = (fresh.client, fresh.handle);
    (sim.client_end, sim.server_end) = (fresh.client_end, fresh.server_end);
    let local = PeerAddr::Unix(None);
    sim.server = host.accept(sim.clock.now(), Link::unix(None), local);
    (sim.host, sim.tasks) = (host, tasks);
    sim.settle();

    let mut calls: Vec<_> = (0..3).map(|_| sim.start("Call", vec![0; 80_000])).collect();
    sim.settle();
    assert_eq!(kept.lock().unwrap().len(), 1);
    assert!(poll(&mut calls[0]).unwrap().is_ok());
    let unread = sim.server_end.input.lock().unwrap().bytes.len();
    assert!(unread > 0, "the server has stopped to read");
    for waiting in (0..2).rev() {
        let Turn::Sleep { until: Some(until) } = sim.server_turn() else { panic!("not asleep") };
        kept.lock().unwrap().clear();
        let now = sim.clock.now();
        sim.clock.advance(until - now);
        // Nothing but turns that the driver asks for.
        while sim.server_turn() == Turn::Yield {}
        sim.run_tasks();
        assert_eq!(kept.lock().unwrap().len(), 1, "{waiting} more");
        sim.settle();
    }
    sim.settle();
    assert!(calls[1..].iter_mut().all(|call| poll(call).unwrap().is_ok()));
}

/// A payload that cancels another call when it is dropped.
struct Cancels(CancelHandle);

impl AsRef<[u8]> for Cancels {
    fn as_ref(&self) -> &[u8] {
        &[7; 100_000]
    }
}

impl Drop for Cancels {
    fn drop(&mut self) {
        drop(self.0.cancel());
    }
}

/// The command comes in the turn in which the connection stops to take calls, and does not wait for
/// another wake.
#[test]
fn a_command_that_comes_while_a_connection_is_cut_is_obeyed() {
    let config = ClientConfig::new(UserCredentials::new("alice"));
    let config = config.footers(Footers::Off).grace(Duration::ZERO);
    let mut sim = Sim::with(config, silent(), 10, 10);
    sim.settle();
    let mut sent = sim.start("Call", "sent");
    let _kept = sim.start("Call", "kept");
    sim.settle();
    sim.client_end.output.lock().unwrap().room = Some(1_000);
    let cancels = Bytes::from_owner(Cancels(sent.cancel_handle()));
    let large = sim.start("Call", cancels);
    while sim.client_turn() == Turn::Yield {}
    drop(large);
    while sim.client_turn() == Turn::Yield {}
    assert!(sim.client.as_ref().unwrap().connection().is_cut());
    let end = poll(&mut sent).expect("it has ended").unwrap_err();
    let cancelled =
        CallError::Cancelled { outcome: CancelOutcome::Sent, execution: Execution::Maybe };
    assert_eq!(end, cancelled);
}

/// Reads and writes of either end, for a round of `depth` calls.
#[test]
fn a_round_takes_one_read_and_one_write_each_way() {
    const ROUNDS: usize = 10;
    for depth in [1, 64] {
        let mut sim = Sim::open(echo());
        let round = |sim: &mut Sim| {
            let mut calls: Vec<_> = (0..depth).map(|_| sim.start("Call", "x")).collect();
            sim.settle();
            assert!(calls.iter_mut().all(|call| poll(call).unwrap().is_ok()));
        };
        let counts = |sim: &Sim| {
            let (up, down) = (&sim.client_end.output, &sim.client_end.input);
            [up, down].map(|pipe| pipe.lock().unwrap()).map(|pipe| (pipe.writes, pipe.reads))
        };
        round(&mut sim);
        let before = counts(&sim);
        (0..ROUNDS).for_each(|_| round(&mut sim));
        let [(up_writes, up_reads), (down_writes, down_reads)] = counts(&sim);
        let [up, down] = [
            (up_writes - before[0].0, up_reads - before[0].1),
            (down_writes - before[1].0, down_reads - before[1].1),
        ];
        println!("{ROUNDS} rounds of depth {depth}: writes and reads {up:?} up, {down:?} down");
        assert_eq!((up, down), ((ROUNDS, ROUNDS), (ROUNDS, ROUNDS)));
    }
}

#[test]
fn large_frames_are_read_in_place() {
    let mut sim = Sim::open(echo());
    let body = Bytes::from(vec![1; 8 << 20]);
    let mut call = sim.start("Call", body.clone());
    sim.settle();
    for _ in 0..1_000 {
        sim.settle();
        if let Some(reply) = poll(&mut call) {
            assert!(reply.unwrap().body == body);
            let stats = *sim.client.as_ref().unwrap().connection().stats();
            let moved = stats.bytes_moved_in as f64 / body.len() as f64;
            assert!(moved <= 0.2, "{moved} bytes moved per byte");
            return;
        }
    }
    panic!("no reply");
}
