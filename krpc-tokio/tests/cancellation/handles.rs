//! The ways to cancel a call in mid-transmission: its future, its handle, and dropping it.

use std::time::Duration;

use krpc_tokio::{CallError, CancelOutcome, OnCancel};

use crate::bed::{Bed, Peer, Stream, cancelled, client};
use crate::forwarder::{eventually, within};
use crate::service::{LARGE, timeout};

const PART: u64 = 100_000;

/// Whether it is what comes of a call in mid-transmission to this peer.
fn is_mid_way(outcome: CancelOutcome, peer: Peer) -> bool {
    match outcome {
        CancelOutcome::Aborted { .. } => peer == Peer::Footers,
        CancelOutcome::Cut { .. } => peer != Peer::Footers,
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_another_thread() {
    for stream in Stream::ALL {
        for peer in Peer::ALL {
            let bed = Bed::new(*stream, peer).await;
            let link = bed.warm_up().await;
            let stuck = bed.start_stuck(10, PART).await;
            let handle = stuck.cancel_handle();
            let thread = std::thread::spawn(move || handle.cancel());
            let error = within("the end", stuck).await.unwrap_err();
            assert_eq!(bed.pool.in_use(), 0, "released before it is told: {error:?}");
            let CallError::Cancelled { outcome, .. } = error else { panic!("{error:?}") };
            assert!(is_mid_way(outcome, peer), "{outcome:?}");
            let told = within("the release", thread.join().unwrap()).await;
            assert_eq!(told, outcome);
            link.open();
            bed.warm_up().await;
            assert!(!bed.service.has_run(10));
        }
    }
}

#[tokio::test]
async fn repeatedly() {
    for peer in Peer::ALL {
        let bed = Bed::new(Stream::Plain, peer).await;
        let link = bed.warm_up().await;
        let stuck = bed.start_stuck(10, PART).await;
        let handle = stuck.cancel_handle();
        let other = handle.clone();
        let all = [stuck.cancel(), stuck.cancel(), handle.cancel(), other.cancel()];
        let outcome = cancelled(&bed.pool, 0, stuck).await;
        assert!(is_mid_way(outcome, peer), "{outcome:?}");
        for cancelling in all.into_iter().chain([handle.cancel(), other.cancel()]) {
            assert_eq!(within("the release", cancelling).await, outcome);
        }
        link.open();
        bed.warm_up().await;
        bed.check_runs();
    }
}

#[tokio::test]
async fn after_the_end() {
    let bed = Bed::new(Stream::Plain, Peer::Footers).await;
    bed.warm_up().await;
    let call = bed.channel.call_raw(bed.pool.large(1));
    let handle = call.cancel_handle();
    bed.answered(1, call).await;
    for _ in 0..2 {
        let outcome = within("the answer", handle.cancel()).await;
        assert_eq!(outcome, CancelOutcome::AlreadyDone);
    }

    // A deadline is an end too.
    let request = timeout(bed.pool.call("Hold", 2, &LARGE), Some(Duration::from_millis(1)));
    let call = bed.channel.call_raw(request);
    let handle = call.cancel_handle();
    let error = within("the deadline", call).await.unwrap_err();
    assert!(matches!(error, CallError::DeadlineExceeded { .. }), "{error:?}");
    assert_eq!(within("the answer", handle.cancel()).await, CancelOutcome::AlreadyDone);
    assert_eq!(bed.pool.in_use(), 0);

    // And so is the end of its connection.
    let call = bed.channel.call_raw(bed.pool.call("Hold", 3, &[]));
    within("the call", bed.service.runs_call(3)).await;
    let handle = call.cancel_handle();
    bed.channel.close();
    assert!(matches!(within("the end", call).await, Err(CallError::ConnectionLost { .. })));
    assert_eq!(within("the answer", handle.cancel()).await, CancelOutcome::AlreadyDone);
}

#[tokio::test]
async fn a_dropped_call_is_released_while_the_peer_stays_as_it_is() {
    let millisecond = Duration::from_millis(1);
    for stream in Stream::ALL {
        for (peer, config) in [
            (Peer::Footers, client()),
            (Peer::HalfClose, client()),
            (Peer::Foreign, client()),
            (Peer::HalfClose, client().grace(millisecond)),
            (Peer::Foreign, client().grace(millisecond)),
            (Peer::HalfClose, client().on_cancel(OnCancel::Close)),
            (Peer::Foreign, client().on_cancel(OnCancel::Close)),
        ] {
            let bed = Bed::with(*stream, peer, config).await;
            let link = bed.warm_up().await;
            let before = link.passed();
            let stuck = bed.start_stuck(10, PART).await;
            assert_eq!(bed.pool.in_use(), LARGE.len());
            drop(stuck);
            eventually("released", || bed.pool.in_use() == 0).await;
            assert_eq!(link.passed(), before + PART, "the peer has taken nothing since");
            link.open();
            bed.warm_up().await;
            assert!(!bed.service.has_run(10));
            bed.check_runs();
        }
    }
}

#[tokio::test]
async fn a_dropped_call_that_is_kept_until_sent_is_sent() {
    for stream in Stream::ALL {
        let config = client().on_cancel(OnCancel::KeepUntilSent);
        let bed = Bed::with(*stream, Peer::Foreign, config).await;
        let link = bed.warm_up().await;
        drop(bed.start_stuck(10, PART).await);
        link.open();
        let run = within("the call", bed.service.runs_call(10)).await;
        assert!(run.intact);
        eventually("released", || bed.pool.in_use() == 0).await;
        bed.warm_up().await;
        assert_eq!(bed.forwarder.accepted(), 1);
    }
}
