//! Calls that were queued behind a cut, while the server cannot be reached for a time.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use krpc_tokio::core::{Incompatibility, TransportOp};
use krpc_tokio::{CancelOutcome, ConnectionError, Connector, Execution, Timeout};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket};

use crate::bed::{Bed, LONG, Peer, Stream, cancelled, client, lost};
use crate::forwarder::{any_port, eventually, within};
use crate::raw::{RawServer, listener};
use crate::service::{Pool, timeout};

fn is_refusal(error: &ConnectionError) -> bool {
    match error {
        ConnectionError::Transport(error) => {
            (error.op, error.kind) == (TransportOp::Connect, ErrorKind::ConnectionRefused)
        }
        _ => false,
    }
}

/// A thread starts calls all the while, so that some of them come in the very moment of the cut.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_keep_their_order_through_a_cut() {
    for peer in Peer::WITHOUT_FOOTERS {
        let bed = Bed::new(Stream::Plain, peer).await;
        let mut first = 0;
        for round in 0..10 {
            let link = bed.warm_up().await;
            let stuck = bed.start_stuck(1_000_000 + round, 100_000).await;
            let started = Arc::new(AtomicU64::new(first));
            let stop = Arc::<AtomicBool>::default();
            let thread = {
                let (channel, pool) = (bed.channel.clone(), bed.pool.clone());
                let (started, stop) = (started.clone(), stop.clone());
                let runtime = tokio::runtime::Handle::current();
                std::thread::spawn(move || {
                    let _inside = runtime.enter();
                    let mut calls = Vec::new();
                    while !stop.load(Ordering::SeqCst) {
                        let number = started.load(Ordering::SeqCst);
                        calls.push(channel.call_raw(pool.small(number)));
                        started.store(number + 1, Ordering::SeqCst);
                        // Thousands would prove no more.
                        if number.is_multiple_of(64) {
                            std::thread::sleep(Duration::from_micros(100));
                        }
                    }
                    calls
                })
            };
            let some_more = async || {
                let enough = started.load(Ordering::SeqCst) + 50;
                eventually("some more calls", || started.load(Ordering::SeqCst) > enough).await;
            };
            some_more().await;
            let outcome = cancelled(&bed.pool, 0, stuck).await;
            assert!(matches!(outcome, CancelOutcome::Cut { .. }), "{outcome:?}");
            some_more().await;
            stop.store(true, Ordering::SeqCst);
            for call in thread.join().unwrap() {
                let reply = within("the reply", call).await.unwrap();
                assert_eq!(reply.body, first.to_le_bytes()[..]);
                first += 1;
            }
            link.open();
        }
        let order = bed.service.numbers().into_iter().filter(|number| *number < 1_000_000);
        assert!(order.eq(0..first), "{peer:?}: not in the order in which they were started");
    }
}

/// A driver takes a thousand commands at a time; the cut comes before most of these were taken.
#[tokio::test]
async fn more_calls_than_a_turn_takes_keep_their_order() {
    for peer in Peer::WITHOUT_FOOTERS {
        let bed = Bed::new(Stream::Plain, peer).await;
        bed.warm_up().await;
        let stuck = bed.start_stuck(1_000_000, 100_000).await;
        let behind: Vec<_> = (0..10).map(|number| bed.start_small(number)).collect();
        let cancelling = stuck.cancel();
        let newer: Vec<_> = (10..5_000).map(|number| bed.start_small(number)).collect();
        let outcome = within("the release", cancelling).await;
        assert!(matches!(outcome, CancelOutcome::Cut { .. }), "{outcome:?}");
        for call in behind.into_iter().chain(newer) {
            within("the reply", call).await.unwrap();
        }
        let order = bed.service.numbers().into_iter().filter(|number| *number < 1_000_000);
        assert!(order.eq(0..5_000), "{peer:?}: not in the order in which they were started");
        assert_eq!(bed.forwarder.accepted(), 2);
    }
}

#[tokio::test]
async fn a_moved_call_outlives_refusals_as_long_as_its_deadline_has_time() {
    for stream in Stream::ALL {
        for peer in Peer::WITHOUT_FOOTERS {
            let bed = Bed::new(*stream, peer).await;
            let link = bed.warm_up().await;
            let warm_up = bed.service.numbers();
            let stuck = bed.start_stuck(10, 100_000).await;
            let moved = [20, 21, 22].map(|number| {
                let request = timeout(bed.pool.small(number), Some(LONG));
                (number, bed.channel.call_raw(request))
            });
            bed.forwarder.refuse().await;
            let outcome = cancelled(&bed.pool, 0, stuck).await;
            assert!(matches!(outcome, CancelOutcome::Cut { .. }), "{outcome:?}");
            link.open();
            // One that was not moved is told of the refusal that it waits for together with them. So
            // each of these is a refusal that they have outlived.
            for number in 30..34 {
                let (error, execution) = lost(bed.start_small(number)).await;
                assert!(is_refusal(&error), "{error:?}");
                assert_eq!(execution, Execution::Never);
            }
            bed.forwarder.accept_again().await;
            for (number, call) in moved {
                bed.answered(number, call).await;
            }
            assert_eq!(bed.service.numbers(), [&warm_up[..], &[20, 21, 22]].concat());
            assert_eq!(bed.forwarder.accepted(), 2);
        }
    }
}

/// Accepts and closes again, so that a negotiation fails.
async fn hang_up(listener: &TcpListener) {
    drop(within("a connection", listener.accept()).await.unwrap());
}

#[tokio::test]
async fn without_a_deadline_it_has_three_attempts_and_the_last_error() {
    let (listener, address) = listener();
    let channel = Connector::new(client()).channel(&address).unwrap();
    let pool = Pool::default();
    let stuck = channel.call_raw(pool.large(10));
    let mut server = RawServer::accept(&listener).await;
    let _begin = server.read::<1_000>().await;
    let mut moved = channel.call_raw(pool.small(20));
    let patient = channel.call_raw(timeout(pool.small(21), Some(LONG)));
    let outcome = cancelled(&pool, 0, stuck).await;
    assert!(matches!(outcome, CancelOutcome::Cut { .. }), "{outcome:?}");
    for _ in 0..2 {
        tokio::select! {
            biased;
            ended = &mut moved => panic!("too early: {ended:?}"),
            () = hang_up(&listener) => {}
        }
    }
    let (mut third, _) = within("a third attempt", listener.accept()).await.unwrap();
    third.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    let http = ConnectionError::PeerIncompatible(Incompatibility::Http);
    assert_eq!(lost(moved).await, (http, Execution::Never));

    // The other has a deadline.
    let mut server = RawServer::accept(&listener).await;
    let (header, body) = server.request().await;
    assert_eq!(body, 21u64.to_le_bytes()[..]);
    server.reply(header.call_id, b"at last").await;
    assert_eq!(within("the reply", patient).await.unwrap().body, "at last");
}

#[tokio::test]
async fn a_first_call_fails_at_the_first_failure() {
    let (listener, address) = listener();
    let channel = Connector::new(client()).channel(&address).unwrap();
    let pool = Pool::default();
    let call = channel.call_raw(timeout(pool.small(1), Some(LONG)));
    hang_up(&listener).await;
    let (error, execution) = lost(call).await;
    assert!(!is_refusal(&error), "somebody had accepted: {error:?}");
    assert_eq!(execution, Execution::Never);

    // The same where nobody listens.
    let nobody = TcpSocket::new_v4().unwrap();
    nobody.bind(any_port()).unwrap();
    let unused = nobody.local_addr().unwrap();
    let channel = Connector::new(client()).channel(&unused.to_string()).unwrap();
    let (error, execution) = lost(channel.call_raw(timeout(pool.small(2), Some(LONG)))).await;
    assert!(is_refusal(&error), "{error:?}");
    assert_eq!(execution, Execution::Never);
}

#[tokio::test]
async fn a_moved_call_carries_the_time_that_is_left() {
    for stream in Stream::ALL {
        let bed = Bed::new(*stream, Peer::Foreign).await;
        bed.warm_up().await;
        let stuck = bed.start_stuck(10, 100_000).await;
        let deadline = Instant::now() + Duration::from_secs(600);
        let mut request = bed.pool.small(20);
        request.timeout = Some(Timeout::At(deadline));
        let moved = bed.channel.call_raw(request);
        // Time that it must not be given a second time.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let not_moved_yet = Instant::now();
        assert!(matches!(cancelled(&bed.pool, 0, stuck).await, CancelOutcome::Cut { .. }));
        bed.answered(20, moved).await;
        let answered = Instant::now();
        let run = within("the call", bed.service.runs_call(20)).await;
        let left = run.timeout.expect("it has a deadline");
        let millisecond = Duration::from_millis(1);
        assert!(left <= deadline - not_moved_yet + millisecond, "{left:?}");
        assert!(left >= deadline - answered, "{left:?}");
        assert_eq!(bed.forwarder.accepted(), 2);
    }
}
