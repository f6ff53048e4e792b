//! A request that is given up in mid-transmission to a server without footers: what becomes of it, of
//! its connection, and of the calls before and behind it.

use std::time::{Duration, Instant};

use krpc_tokio::core::Timer;
use krpc_tokio::{
    CallError, CallStage, CancelOutcome, ClientConfig, ConnectionError, Execution, OnCancel,
    ServerConfig, UserCredentials,
};

use crate::bed::{Bed, LONG, Peer, Stream, cancelled, client, lost};
use crate::forwarder::{End, eventually, within};
use crate::service::{LARGE, timeout};

/// So much of a stuck call reaches the server: more than is sealed ahead of a socket, so that its
/// frame has begun there too.
const PART: u64 = 300_000;

fn is_cut(outcome: CancelOutcome) -> bool {
    matches!(outcome, CancelOutcome::Cut { sent, unsent } if sent > 0 && unsent > 0)
}

#[tokio::test]
async fn calls_behind_a_cut_move_and_replies_to_those_before_it_arrive() {
    for stream in Stream::ALL {
        for peer in Peer::WITHOUT_FOOTERS {
            let bed = Bed::new(*stream, peer).await;
            let link = bed.warm_up().await;
            let warm_up = bed.service.numbers();
            let before = [bed.start_held(1).await, bed.start_held(2).await];
            let begin = link.passed();
            let stuck = bed.start_stuck(10, PART).await;
            let behind = [20, 21, 22].map(|number| (number, bed.start_small(number)));
            // The connection has given up nothing yet: what is started now comes behind those.
            let cancelling = stuck.cancel();
            let newer = [30, 31].map(|number| (number, bed.start_small(number)));
            let outcome = within("the release", cancelling).await;
            assert!(is_cut(outcome), "{outcome:?}");
            assert_eq!(bed.pool.in_use(), 0);
            assert_eq!(outcome, cancelled(&bed.pool, 0, stuck).await);
            // And now it has.
            let newest = [40, 41].map(|number| (number, bed.start_small(number)));
            for (number, call) in behind.into_iter().chain(newer).chain(newest) {
                bed.answered(number, call).await;
            }
            let order = [&warm_up[..], &[1, 2, 20, 21, 22, 30, 31, 40, 41]].concat();
            assert_eq!(bed.service.numbers(), order, "{stream:?}, {peer:?}");
            assert_eq!(bed.forwarder.accepted(), 2);
            let runs = bed.service.runs();
            let (first, second) = (&runs[0].peer, &runs[order.len() - 1].peer);
            assert_ne!(first, second);
            assert!(runs[3..].iter().all(|run| run.peer == *second), "one fresh connection");

            // Nobody has let the first two go: their connection still waits for the replies.
            link.open();
            let CancelOutcome::Cut { sent, .. } = outcome else { unreachable!() };
            if *stream == Stream::Plain {
                within("what was sent", link.has_passed(begin + sent)).await;
            }
            if peer == Peer::HalfClose {
                assert_eq!(within("the half-close", link.ended()).await, End::Eof);
            }
            bed.service.let_go(2);
            for (number, call) in (1..).zip(before) {
                bed.answered(number, call).await;
            }
            let end = match peer {
                // It was told already.
                Peer::HalfClose => End::Eof,
                // It would have dropped what it owes.
                _ => End::Reset,
            };
            assert_eq!(within("the end", link.ended()).await, end, "{stream:?}, {peer:?}");
            if *stream == Stream::Plain {
                assert_eq!(link.passed() - begin, sent, "and not a byte more");
            }
            eventually("the old connection is gone", || bed.server.connections() == 1).await;
            bed.warm_up().await;
            assert!(!bed.service.has_run(10));
            assert_eq!(bed.forwarder.accepted(), 2);
        }
    }
}

#[tokio::test]
async fn a_third_connection_that_drains_closes_the_first() {
    for peer in Peer::WITHOUT_FOOTERS {
        let bed = Bed::new(Stream::Plain, peer).await;
        let mut held = Vec::new();
        let mut links = Vec::new();
        for number in 1..=3 {
            links.push(bed.warm_up().await);
            held.push(bed.start_held(number).await);
            let stuck = bed.start_stuck(10 + number, PART).await;
            assert!(is_cut(cancelled(&bed.pool, 0, stuck).await));
        }
        let error = lost(held.remove(0)).await;
        assert_eq!(error, (ConnectionError::LocallyClosed, Execution::Maybe));
        links.iter().for_each(|link| link.open());
        if peer == Peer::Foreign {
            assert_eq!(within("the end", links[0].ended()).await, End::Reset);
        }
        // The three handlers have had no reason to stop.
        bed.service.let_go(3);
        for (number, call) in (2..).zip(held) {
            bed.answered(number, call).await;
        }
        bed.warm_up().await;
        assert_eq!(bed.forwarder.accepted(), 4);
    }
}

#[tokio::test]
async fn a_deadline_in_mid_transmission_is_a_cancel_without_grace() {
    for stream in Stream::ALL {
        for peer in Peer::ALL {
            let bed = Bed::with(*stream, peer, client().grace(LONG)).await;
            let mut link = bed.warm_up().await;
            let mut behind = None;
            // Until the machine is quick enough for one to be in mid-transmission at its deadline.
            for number in 10.. {
                let time = Duration::from_millis(50) * (1 << (number - 10));
                link.stop_after(PART);
                let mut call = bed.channel.call_raw(timeout(bed.pool.large(number), Some(time)));
                let reached = tokio::select! {
                    biased;
                    _ = &mut call => false,
                    () = link.is_stuck() => true,
                };
                if reached {
                    behind = Some(bed.start_small(9));
                    let error = within("the deadline", call).await.unwrap_err();
                    let (stage, execution) = (CallStage::Sending, Execution::Never);
                    assert_eq!(error, CallError::DeadlineExceeded { stage, execution });
                    assert_eq!(bed.pool.in_use(), 0);
                    break;
                }
                link.open();
                link = bed.warm_up().await;
            }
            let accepted = bed.forwarder.accepted();
            link.open();
            bed.answered(9, behind.expect("the loop ended")).await;
            let more = usize::from(peer != Peer::Footers);
            assert_eq!(bed.forwarder.accepted(), accepted + more, "{stream:?}, {peer:?}");
            assert!(bed.service.numbers().iter().all(|number| !(10..99).contains(number)));
        }
    }
}

#[tokio::test]
async fn within_its_grace_a_request_may_leave() {
    for stream in Stream::ALL {
        for peer in Peer::WITHOUT_FOOTERS {
            let bed = Bed::with(*stream, peer, client().grace(LONG)).await;
            let link = bed.warm_up().await;
            let stuck = bed.start_stuck(10, PART).await;
            let cancelling = stuck.cancel();
            link.open();
            assert_eq!(within("the release", cancelling).await, CancelOutcome::Sent);
            assert_eq!(cancelled(&bed.pool, 0, stuck).await, CancelOutcome::Sent);
            // The reply to it comes before this one, and is skipped.
            bed.warm_up().await;
            assert!(bed.service.has_run(10));
            bed.check_runs();
            assert_eq!(bed.forwarder.accepted(), 1);
        }
    }
}

#[tokio::test]
async fn by_default_it_has_half_a_second() {
    let config = ClientConfig::new(UserCredentials::new("alice"));
    let bed = Bed::with(Stream::Plain, Peer::Foreign, config).await;
    bed.warm_up().await;
    let stuck = bed.start_stuck(10, PART).await;
    let since = Instant::now();
    let outcome = cancelled(&bed.pool, 0, stuck).await;
    assert!(is_cut(outcome), "{outcome:?}");
    assert!(since.elapsed() >= Duration::from_millis(500), "all of its time");
}

#[tokio::test]
async fn kept_until_sent_it_is_sent() {
    for stream in Stream::ALL {
        let config = client().on_cancel(OnCancel::KeepUntilSent);
        let bed = Bed::with(*stream, Peer::Foreign, config).await;
        let link = bed.warm_up().await;
        let stuck = bed.start_stuck(10, PART).await;
        let behind = bed.start_small(20);
        let cancelling = stuck.cancel();
        link.open();
        assert_eq!(within("the release", cancelling).await, CancelOutcome::Sent);
        assert_eq!(cancelled(&bed.pool, 0, stuck).await, CancelOutcome::Sent);
        bed.answered(20, behind).await;
        assert!(bed.service.has_run(10));
        bed.check_runs();
        assert_eq!(bed.forwarder.accepted(), 1);
    }
}

#[tokio::test]
async fn closing_costs_the_calls_before_it() {
    for stream in Stream::ALL {
        for peer in Peer::WITHOUT_FOOTERS {
            let config = client().on_cancel(OnCancel::Close);
            let bed = Bed::with(*stream, peer, config).await;
            let link = bed.warm_up().await;
            let before = bed.start_held(1).await;
            let stuck = bed.start_stuck(10, PART).await;
            let behind = bed.start_small(20);
            assert!(is_cut(cancelled(&bed.pool, 0, stuck).await));
            assert_eq!(lost(before).await, (ConnectionError::Cut, Execution::Maybe));
            bed.answered(20, behind).await;
            link.open();
            assert_eq!(within("the end", link.ended()).await, End::Reset);
            assert!(!bed.service.has_run(10));
            assert_eq!(bed.forwarder.accepted(), 2);
        }
    }
}

#[tokio::test]
async fn replies_are_waited_for_so_long() {
    for peer in Peer::WITHOUT_FOOTERS {
        let time = Duration::from_millis(50);
        let bed = Bed::with(Stream::Plain, peer, client().drain_timeout(time)).await;
        let link = bed.warm_up().await;
        let before = bed.start_held(1).await;
        let stuck = bed.start_stuck(10, PART).await;
        assert!(is_cut(cancelled(&bed.pool, 0, stuck).await));
        let timed_out = ConnectionError::TimedOut(Timer::Drain(time));
        assert_eq!(lost(before).await, (timed_out, Execution::Maybe));
        link.open();
        if peer == Peer::Foreign {
            assert_eq!(within("the end", link.ended()).await, End::Reset);
        }
        bed.warm_up().await;
    }
}

#[tokio::test]
async fn too_much_filler_is_as_good_as_no_footers() {
    for stream in Stream::ALL {
        let bed = Bed::with(*stream, Peer::Footers, client().max_filler(1 << 20)).await;
        let link = bed.warm_up().await;
        let before = bed.start_held(1).await;
        let stuck = bed.start_stuck(10, PART).await;
        let behind = bed.start_small(20);
        assert!(is_cut(cancelled(&bed.pool, 0, stuck).await));
        bed.answered(20, behind).await;
        link.open();
        assert_eq!(within("the half-close", link.ended()).await, End::Eof);
        bed.service.let_go(1);
        bed.answered(1, before).await;
        assert!(!bed.service.has_run(10));
        assert_eq!(bed.forwarder.accepted(), 2);
    }
}

#[tokio::test]
async fn a_half_close_is_not_the_end_for_handlers() {
    for stream in Stream::ALL {
        let server = ServerConfig::new().half_close_timeout(LONG);
        let bed = Bed::with_both(*stream, Peer::HalfClose, client(), server).await;
        let link = bed.warm_up().await;
        let _listening = bed.channel.call_raw(bed.pool.call("Listen", 1, &[]));
        within("the call", bed.service.runs_call(1)).await;
        let held = bed.start_held(2).await;
        let stuck = bed.start_stuck(10, PART).await;
        assert!(is_cut(cancelled(&bed.pool, 0, stuck).await));
        link.open();
        assert_eq!(within("the half-close", link.ended()).await, End::Eof);
        bed.service.let_go(1);
        bed.answered(2, held).await;
        assert!(!bed.service.was_told(1), "its client waits for it");
    }
}

#[tokio::test]
async fn a_half_closed_connection_has_its_time_and_then_handlers_are_told() {
    for stream in Stream::ALL {
        let server = ServerConfig::new().half_close_timeout(Duration::from_millis(50));
        let bed = Bed::with_both(*stream, Peer::HalfClose, client(), server).await;
        let link = bed.warm_up().await;
        let listening = bed.channel.call_raw(bed.pool.call("Listen", 1, &[]));
        within("the call", bed.service.runs_call(1)).await;
        let held = bed.start_held(2).await;
        let stuck = bed.start_stuck(10, PART).await;
        assert!(is_cut(cancelled(&bed.pool, 0, stuck).await));
        link.open();
        within("told", bed.service.is_told(1)).await;
        for call in [listening, held] {
            let gone = ConnectionError::PeerClosed { mid_frame: false };
            assert_eq!(lost(call).await, (gone, Execution::Maybe));
        }
        // One that does not listen runs on.
        bed.service.let_go(1);
        within("the end of the handler", bed.service.finishes(2)).await;
    }
}

#[tokio::test]
async fn handlers_are_told_at_the_end_of_the_stream() {
    for stream in Stream::ALL {
        for peer in Peer::ALL {
            let bed = Bed::new(*stream, peer).await;
            bed.warm_up().await;
            let listening = bed.channel.call_raw(bed.pool.call("Listen", 1, &[]));
            within("the call", bed.service.runs_call(1)).await;
            let held = bed.start_held(2).await;
            // A call that is cancelled is nobody's business but the client's.
            let sent = bed.start_held(3).await;
            assert_eq!(cancelled(&bed.pool, 0, sent).await, CancelOutcome::Sent);
            bed.warm_up().await;
            assert!(!bed.service.was_told(1));
            bed.channel.close();
            for call in [listening, held] {
                assert_eq!(lost(call).await, (ConnectionError::LocallyClosed, Execution::Maybe));
            }
            within("told", bed.service.is_told(1)).await;
            bed.service.let_go(2);
            within("the end of the handler", bed.service.finishes(2)).await;
            within("the end of the handler", bed.service.finishes(3)).await;
        }
    }
}

#[tokio::test]
async fn a_connection_lives_through_aborts() {
    for stream in Stream::ALL {
        let bed = Bed::new(*stream, Peer::Footers).await;
        let held = {
            bed.warm_up().await;
            bed.start_held(1).await
        };
        for number in 10..15 {
            let link = bed.warm_up().await;
            let stuck = bed.start_stuck(number, PART).await;
            let behind = bed.channel.call_raw(bed.pool.call("PushStrings", 20 + number, &LARGE));
            let outcome = cancelled(&bed.pool, LARGE.len(), stuck).await;
            assert!(matches!(outcome, CancelOutcome::Aborted { .. }), "{outcome:?}");
            link.open();
            bed.answered(20 + number, behind).await;
            assert_eq!(bed.pool.in_use(), 0);
        }
        bed.service.let_go(1);
        bed.answered(1, held).await;
        assert!(bed.service.numbers().iter().all(|number| !(10..15).contains(number)));
        assert_eq!((bed.forwarder.accepted(), bed.server.accepted()), (1, 1));
        eventually("counted", || {
            bed.channel.stats().is_some_and(|stats| stats.aborted_frames_sent == 5)
        })
        .await;
    }
}
