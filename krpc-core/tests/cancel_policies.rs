//! The two other ways to give up a request in mid-transmission: to keep it until it is sent, and to close
//! the connection.

mod cancel;
mod raw;

use std::time::Duration;

use cancel::{
    Alive, Both, FOOTERS, KUDU, MAYBE, NEVER, NO_FOOTERS, Stream, call, cancelled, cut,
    mid_way_within, motley, size,
};
use krpc_core::{
    CallError, CallId, CallStage, CancelOutcome, ClientConfig, ConnectionError, Footers, OnCancel,
    OutboundCall, StartCallReason, Timer,
};
use raw::{RawServer, alice, reply};

const ALL: usize = usize::MAX;
const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);

fn keeping() -> ClientConfig {
    alice().on_cancel(OnCancel::KeepUntilSent)
}

fn closing() -> ClientConfig {
    alice().on_cancel(OnCancel::Close)
}

/// A call of which 100 bytes are out, to a real Kudu.
fn mid_way(config: ClientConfig, deadline: Option<Duration>) -> (RawServer, CallId, Alive) {
    mid_way_within(config, &KUDU, 100, deadline)
}

// ---- KeepUntilSent

#[test]
fn what_is_kept_ends_when_it_is_sent_however_long_that_takes() {
    let (mut peer, id, alive) = mid_way(keeping().write_stall(Duration::MAX), None);
    for _ in 0..10 {
        assert_eq!(peer.cancel(id), None);
        peer.advance(1_000 * SECOND);
        peer.room(10);
    }
    assert!(peer.result(id).is_none() && alive.count() > 0);
    peer.room(ALL);
    assert_eq!(alive.count(), 0);
    assert_eq!(peer.failure(id), cancelled(CancelOutcome::Sent));
    assert_eq!(peer.failure(id).execution(), MAYBE);
    assert_eq!(peer.written().len(), size());
    // The connection goes on.
    peer.feed(&reply(id.get(), b"late"));
    let next = peer.start(call("next"));
    peer.feed(&reply(next.get(), b"right"));
    assert_eq!(peer.body(next), "right");
    assert_eq!(peer.conn.abandoned(), 0);
}

/// In Kudu it is lost there: the callback never runs.
#[test]
fn what_is_kept_ends_when_the_connection_dies() {
    let ends: [fn(&mut RawServer); 4] = [
        |peer| peer.eof(),
        |peer| peer.conn.close(peer.now),
        |peer| peer.feed(&[0; 4]),
        |peer| peer.advance(300 * SECOND),
    ];
    for end in ends {
        let (mut peer, id, alive) = mid_way(keeping(), None);
        let behind = peer.start(call("behind"));
        assert_eq!(peer.cancel(id), None);
        end(&mut peer);
        peer.drain();
        assert_eq!(alive.count(), 0);
        assert_eq!(peer.failure(id), cancelled(cut(100, size() - 100)));
        assert_eq!(peer.failure(id).execution(), NEVER);
        let error = peer.error();
        let lost = CallError::ConnectionLost { error, execution: NEVER };
        assert_eq!(peer.failure(behind), lost);
        assert_eq!(peer.written().len(), 100);
    }
}

/// In Kudu the timer does nothing any more once a call was cancelled, and before that its end is told
/// while the payload is still in use.
#[test]
fn what_is_kept_ends_when_it_is_sent_if_its_deadline_passes_before() {
    for is_cancelled in [false, true] {
        for dies in [false, true] {
            let (mut peer, id, alive) = mid_way(keeping(), Some(SECOND));
            if is_cancelled {
                assert_eq!(peer.cancel(id), None);
            }
            assert_eq!(peer.conn.poll_timeout(), Some(peer.now + SECOND));
            peer.advance(2 * SECOND);
            assert!(peer.result(id).is_none() && alive.count() > 0);
            // To cancel it now changes nothing any more, not even the reason.
            assert_eq!(peer.cancel(id), None);
            let size = size() + 3;
            let outcome = if dies { cut(100, size - 100) } else { CancelOutcome::Sent };
            if dies {
                peer.eof();
            } else {
                peer.room(ALL);
            }
            assert_eq!(alive.count(), 0);
            let execution = outcome.execution();
            let expected = if is_cancelled {
                cancelled(outcome)
            } else {
                CallError::DeadlineExceeded { stage: CallStage::Sending, execution }
            };
            assert_eq!(peer.failure(id), expected);
        }
    }
}

/// The frame goes out as it was to be, under TLS too, and the server executes it.
#[test]
fn what_is_kept_arrives_whole_on_every_stream() {
    for stream in Stream::ALL {
        let keep =
            |client: ClientConfig| client.footers(Footers::Off).on_cancel(OnCancel::KeepUntilSent);
        let mut both = Both::on(stream, keep, |server| server);
        both.client.room(20_000);
        let id = both.client.start(call(vec![7; 300_000]));
        assert_eq!(both.client.cancel(id), None, "{stream:?}");
        both.client.room(ALL);
        both.carry();
        assert_eq!(both.client.failure(id), cancelled(CancelOutcome::Sent));
        assert_eq!(both.server.calls()[0].body, vec![7; 300_000], "{stream:?}");
        both.answer(id);
        both.is_intact();
        assert_eq!(both.client.conn.stats().late_replies, 1);
    }
}

// ---- Close

#[test]
fn closing_ends_the_call_and_its_connection_at_once() {
    for (features, deadline) in [(&KUDU[..], false), (&KUDU, true), (&NO_FOOTERS, false)] {
        let mut peer = RawServer::listing(closing(), features);
        let alive = Alive::default();
        let earlier = peer.start(call("earlier"));
        peer.written();
        peer.room(0);
        let deadline = deadline.then(|| peer.now + SECOND);
        let id = peer.start(OutboundCall { deadline, ..motley(&alive) });
        peer.room(100);
        let later = [peer.start(call("later")), peer.start(call("last"))];
        let execution = NEVER;
        if deadline.is_some() {
            peer.advance(SECOND);
            let stage = CallStage::Sending;
            assert_eq!(peer.failure(id), CallError::DeadlineExceeded { stage, execution });
        } else {
            let outcome = peer.conn.cancel_call(peer.now, id);
            assert_eq!((outcome, alive.count()), (Some(cut(100, size() - 100)), 0));
            peer.drain();
            assert_eq!(peer.failure(id), cancelled(cut(100, size() - 100)));
        }
        assert_eq!(alive.count(), 0);
        assert_eq!(peer.error(), ConnectionError::Cut);
        // Its peer is told by a reset, and by nothing before that.
        assert_eq!((peer.reset, peer.shut_down), (true, 0), "{features:?}");
        let (error, execution) = (ConnectionError::Cut, MAYBE);
        assert_eq!(peer.failure(earlier), CallError::ConnectionLost { error, execution });
        let returned: Vec<_> = peer.returned().iter().map(|(id, _)| *id).collect();
        assert_eq!(returned, later);
        peer.room(ALL);
        assert_eq!(peer.written().len(), 100);
        assert!(!peer.conn.wants_write());
        assert_eq!(peer.conn.poll_timeout(), None);
        let refused = peer.conn.start_call(peer.now, call("late")).unwrap_err();
        assert_eq!(refused.reason, StartCallReason::Closing);
    }
}

#[test]
fn closing_says_nothing_under_tls_either() {
    for stream in Stream::SEALED {
        let close = |client: ClientConfig| client.footers(Footers::Off).on_cancel(OnCancel::Close);
        let mut both = Both::on(stream, close, |server| server);
        both.client.room(10_000);
        let id = both.client.start(call(vec![7; 300_000]));
        let outcome = both.client.cancel(id);
        assert!(matches!(outcome, Some(CancelOutcome::Cut { .. })), "{stream:?} {outcome:?}");
        both.client.room(ALL);
        assert_eq!(both.client.written().len(), 10_000, "{stream:?}: no alert");
        assert_eq!(both.client.error(), ConnectionError::Cut);
        assert!(both.client.reset);
    }
}

/// A call that is not in mid-transmission costs nobody a connection.
#[test]
fn closing_is_for_calls_in_mid_transmission_alone() {
    let mut peer = RawServer::listing(closing(), &KUDU);
    let sent = peer.start(call("sent"));
    peer.room(0);
    let waiting = peer.start(call("waiting"));
    assert_eq!(peer.cancel(waiting), Some(CancelOutcome::NotBegun));
    assert_eq!(peer.cancel(sent), Some(CancelOutcome::Sent));
    peer.feed(&reply(sent.get(), b"late"));
    assert!(peer.conn.is_open() && !peer.conn.is_cut());
}

// ---- whatever the policy

#[test]
fn a_call_may_be_cancelled_again_and_again() {
    for policy in [OnCancel::Drain, OnCancel::KeepUntilSent, OnCancel::Close] {
        for features in [&KUDU[..], &NO_FOOTERS, &FOOTERS] {
            // Not begun, in mid-transmission, sent, answered, and one that never was.
            for stage in 0..5 {
                let mut peer = RawServer::listing(alice().on_cancel(policy), features);
                peer.room([0, 20, ALL, ALL, ALL][stage]);
                let id = peer.start(call("x"));
                if stage == 3 {
                    peer.feed(&reply(id.get(), b"done"));
                }
                let id = if stage == 4 { other_id() } else { id };
                let first = peer.cancel(id);
                let mut later = [peer.cancel(id), peer.cancel(id)];
                if first.is_none() {
                    // It ends later, and once.
                    assert_eq!((stage, later), (1, [None; 2]));
                    peer.room(ALL);
                    later = [peer.cancel(id), peer.cancel(id)];
                } else if stage >= 3 {
                    assert_eq!(first, Some(CancelOutcome::AlreadyDone));
                }
                let case = format!("{policy:?} {features:?} {stage}");
                assert_eq!(later, [Some(CancelOutcome::AlreadyDone); 2], "{case}");
                match stage {
                    3 => assert_eq!(peer.body(id), "done"),
                    4 => assert!(peer.result(id).is_none()),
                    _ => assert!(matches!(peer.failure(id), CallError::Cancelled { .. }), "{case}"),
                }
            }
        }
    }
}

/// An id of another connection.
fn other_id() -> CallId {
    RawServer::open(alice().first_call_id(77)).start(call("x"))
}

/// The peer took all of it but a few bytes, and then nothing: a stall is a stall.
#[test]
fn a_stall_ends_a_connection_whose_payload_is_kept() {
    let (mut peer, id, alive) = mid_way(keeping(), None);
    assert_eq!(peer.cancel(id), None);
    peer.advance(300 * SECOND - NANO);
    assert!(!peer.is_ended() && alive.count() > 0);
    peer.advance(NANO);
    assert_eq!(alive.count(), 0);
    assert_eq!(peer.error(), ConnectionError::TimedOut(Timer::WriteStall(300 * SECOND)));
    assert_eq!(peer.failure(id), cancelled(cut(100, size() - 100)));
}
