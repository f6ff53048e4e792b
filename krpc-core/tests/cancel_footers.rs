//! A client gives up a request in mid-transmission, and its footer says so: at every byte, on every
//! stream, and only where both sides agreed on footers.

mod cancel;
mod raw;

use std::collections::BTreeSet;
use std::time::Duration;

use allocation_counter::measure;
use cancel::{
    Alive, Both, FOOTERS, KUDU, NEVER, OF_2017, PAYLOAD, Stream, aborted, call, cancelled, cut,
    head_len, motley,
};
use krpc_core::proto::frame;
use krpc_core::{
    CallError, CallId, CallStage, CancelOutcome, ClientConfig, ClientEvent, Footers, Misbehaviour,
    OnCancel, OutboundReply, ServerEvent,
};
use raw::{RawClient, RawServer, alice, misbehaviour, payloads, reply};

/// Room for everything.
const ALL: usize = usize::MAX;

/// A client in front of a server with footers, whose socket takes nothing.
fn open(config: ClientConfig) -> RawServer {
    let mut peer = RawServer::listing(config, &FOOTERS);
    peer.room(0);
    peer
}

/// The frame that a motley call makes if nothing comes in between.
fn motley_frame(config: ClientConfig) -> Vec<u8> {
    let mut peer = open(config);
    peer.start(motley(&Alive::default()));
    peer.room(ALL);
    peer.written()
}

fn sole_frame(stream: &[u8]) -> Vec<u8> {
    assert_eq!(payloads(stream).len(), 1);
    stream.to_vec()
}

// ---- at every byte

/// What an aborted frame has to be: true as far as it was sent, a true head, filler, and a footer that
/// says it. `whole` is the frame it was to be.
#[track_caller]
fn check_aborted(frame: &[u8], whole: &[u8], sent: usize) {
    assert_eq!(frame.len(), whole.len(), "after {sent} bytes: the length was announced");
    let head = head_len(whole);
    let footer = whole.len() - frame::FOOTER_LEN;
    let truth = sent.max(head).min(footer);
    assert_eq!(frame[..truth], whole[..truth], "after {sent} bytes");
    assert!(!frame[truth..footer].contains(&PAYLOAD), "after {sent} bytes: payload in the filler");
    assert_eq!(frame[footer..], frame::footer_bytes(true), "after {sent} bytes");
}

#[test]
fn a_call_given_up_at_any_byte_is_aborted() {
    for vectored in [true, false] {
        let config = || alice().vectored_writes(vectored);
        let whole = motley_frame(config());
        let head = head_len(&whole);
        let filled = whole.len() - frame::FOOTER_LEN;
        // What comes behind it may be rendered, or not yet be there.
        for (sent, next_waits) in (1..whole.len()).flat_map(|sent| [(sent, false), (sent, true)]) {
            let mut peer = open(config());
            let alive = Alive::default();
            let id = peer.start(motley(&alive));
            let waiting = next_waits.then(|| peer.start(call("next")));
            peer.room(sent);
            let events = peer.events.len();
            let outcome = peer.conn.cancel_call(peer.now, id);
            // The moment of the promise: nothing was polled, nothing was written.
            assert_eq!(alive.count(), 0, "after {sent} bytes");
            let filler = filled.saturating_sub(sent.max(head));
            assert_eq!(outcome, Some(aborted(sent, filler)));
            assert_eq!(peer.conn.filler_owed(), filler as u64);
            peer.drain();
            assert_eq!(peer.events.len(), events + 1, "completed at once");
            assert_eq!(peer.failure(id), cancelled(aborted(sent, filler)));
            assert_eq!(peer.failure(id).execution(), NEVER);
            assert_eq!(peer.cancel(id), Some(CancelOutcome::AlreadyDone));

            let next = waiting.unwrap_or_else(|| peer.start(call("next")));
            peer.room(ALL);
            let stream = peer.written();
            let (frame, behind) = stream.split_at(whole.len());
            check_aborted(frame, &whole, sent);
            // The next call is intact, and not aborted.
            let behind = sole_frame(behind);
            assert_eq!(behind[behind.len() - 3..], frame::footer_bytes(false));
            peer.feed(&reply(next.get(), b"fine"));
            assert_eq!(peer.body(next), "fine");
            let stats = peer.conn.stats();
            assert_eq!((stats.aborted_frames_sent, stats.frames_sent), (1, 1));
            assert_eq!((stats.filler_bytes_sent, stats.cut_frames_sent), (filler as u64, 0));
            assert_eq!((peer.conn.filler_owed(), peer.conn.in_flight()), (0, 0));
        }
    }
}

#[test]
fn with_only_the_footer_or_its_last_byte_left_an_abort_still_counts() {
    let whole = motley_frame(alice());
    for left in [3, 2, 1] {
        let mut peer = open(alice());
        let id = peer.start(motley(&Alive::default()));
        // All payload is out; what decides is the byte that is not.
        peer.room(whole.len() - left);
        assert_eq!(peer.cancel(id), Some(aborted(whole.len() - left, 0)));
        peer.room(ALL);
        let frame = peer.written();
        assert_eq!(frame[..whole.len() - 1], whole[..whole.len() - 1]);
        assert_eq!(frame[whole.len() - 1], 1);
    }
    // And with nothing left it is sent.
    let mut peer = open(alice());
    let id = peer.start(motley(&Alive::default()));
    peer.room(whole.len());
    assert_eq!(peer.cancel(id), Some(CancelOutcome::Sent));
    assert_eq!(peer.written(), whole);
}

/// After the abort, one byte at a time.
#[test]
fn filler_may_be_taken_in_any_pieces() {
    let whole = motley_frame(alice());
    for sent in [1, 40, head_len(&whole), 200, whole.len() - 1] {
        let mut peer = open(alice());
        let id = peer.start(motley(&Alive::default()));
        peer.room(sent);
        peer.cancel(id);
        while peer.conn.wants_write() {
            peer.room(1);
        }
        check_aborted(&peer.written(), &whole, sent);
    }
}

/// Megabytes of filler are references to one page, not memory.
#[test]
fn filler_costs_no_memory() {
    let mut peer = open(alice());
    let alive = Alive::default();
    let id = peer.start(call(alive.payload(15 << 20)));
    peer.room(1_000);
    let cost = measure(|| {
        assert!(matches!(peer.cancel(id), Some(CancelOutcome::Aborted { .. })));
    });
    assert!(cost.bytes_max < 1 << 10, "{cost:?}");
    assert_eq!(alive.count(), 0);
    peer.room(ALL);
    assert_eq!(peer.written().len() as u64, peer.conn.stats().filler_bytes_sent + 1_000 + 3);
}

/// Under TLS what counts is what is sealed. Something large in front leaves so much room ahead of the
/// socket that a part of the next frame is sealed with it: every part in turn.
#[test]
fn a_call_given_up_at_any_byte_is_aborted_on_every_stream() {
    for stream in Stream::ALL {
        let mut both = Both::on(stream, |client| client, |server| server);
        let size = motley_frame(alice()).len();
        let limit = if stream == Stream::Fake { 4 << 10 } else { 64 << 10 };
        let mut met = BTreeSet::new();
        for large in limit - 3 * size..=limit {
            let alive = Alive::default();
            let first;
            if stream.is_sealed() {
                both.client.room(0);
                first = both.client.start(call(vec![b'x'; large]));
            } else {
                both.client.room(ALL);
                first = both.client.start(call("first"));
                both.client.room(1 + large % (size - 1));
            }
            let id = both.client.start(motley(&alive));
            let outcome = both.client.conn.cancel_call(both.client.now, id);
            assert_eq!(alive.count(), 0, "{stream:?}: {outcome:?}");
            let counted = both.server.conn.stats().aborted_frames_received;
            both.client.drain();
            let is_aborted = match outcome {
                Some(CancelOutcome::Aborted { sent, .. }) => {
                    met.insert(sent as usize);
                    true
                }
                Some(CancelOutcome::NotBegun) => false,
                // Sealed whole: it goes out, and the server executes it.
                Some(CancelOutcome::Sent) => {
                    both.client.room(ALL);
                    both.carry();
                    both.answer(id);
                    false
                }
                other => panic!("{stream:?}: {other:?}"),
            };
            both.client.room(ALL);
            both.carry();
            let executed = both.server.calls().iter().any(|call| call.id == id);
            assert_eq!(executed, outcome == Some(CancelOutcome::Sent), "{stream:?}: {outcome:?}");
            let aborts = both.server.conn.stats().aborted_frames_received - counted;
            assert_eq!(aborts, u64::from(is_aborted), "{stream:?}: {outcome:?}");
            both.answer(first);
            both.is_intact();
            both.client.events.clear();
            both.server.events.clear();
        }
        // The stand-in seals slice by slice: the parts that are lent are where a frame may be cut.
        let missed: Vec<_> = (1..size).filter(|sent| !met.contains(sent)).collect();
        let is_coarse = stream == Stream::Fake && met.len() >= 3;
        assert!(is_coarse || missed.is_empty(), "{stream:?}: {missed:?}");
    }
}

#[test]
fn a_deadline_that_passes_in_mid_transmission_aborts_too() {
    let mut peer = open(alice());
    let alive = Alive::default();
    let mut request = motley(&alive);
    request.deadline = Some(peer.now + Duration::from_secs(1));
    let id = peer.start(request);
    peer.room(100);
    peer.advance(Duration::from_secs(1) - Duration::from_nanos(1));
    assert!(peer.result(id).is_none() && alive.count() > 0);
    peer.advance(Duration::from_nanos(1));
    let (stage, execution) = (CallStage::Sending, NEVER);
    assert_eq!(peer.failure(id), CallError::DeadlineExceeded { stage, execution });
    assert_eq!(alive.count(), 0);
    peer.room(ALL);
    let frame = sole_frame(&peer.written());
    assert_eq!(frame[frame.len() - 3..], frame::footer_bytes(true));
    assert!(peer.conn.is_open());
    assert_eq!(peer.conn.poll_timeout(), None);
}

// ---- what is left of it

/// The client forgets the id at once, because no reply will come: ten thousand aborts leave no table
/// behind, and both sides go on counting alike.
#[test]
fn ten_thousand_aborted_calls_leave_nothing_behind() {
    let mut both = Both::on(Stream::Plain, |client| client, |server| server);
    let body = bytes::Bytes::from_static(&[7; 1_000]);
    let abort = |both: &mut Both| {
        both.client.room(500);
        let mut request = call(body.clone());
        request.deadline = Some(both.client.now + Duration::from_secs(3_600));
        let id = both.client.start(request);
        assert!(matches!(both.client.cancel(id), Some(CancelOutcome::Aborted { .. })));
        both.client.room(ALL);
        both.carry();
        both.client.events.clear();
        id
    };
    (0..10).for_each(|_| _ = abort(&mut both));
    let cost = measure(|| {
        for n in 10..10_000 {
            assert_eq!(abort(&mut both).get(), n);
            assert_eq!((both.client.conn.abandoned(), both.client.conn.in_flight()), (0, 0));
            assert_eq!(both.client.conn.deadline_entries(), 0);
        }
    });
    assert!(cost.bytes_current.abs() < 4 << 10, "{cost:?}");
    assert_eq!(both.server.conn.stats().aborted_frames_received, 10_000);
    assert_eq!(both.server.conn.in_flight(), 0);
    both.is_intact();
    assert_eq!(both.server.calls()[0].id.get(), 10_000);
}

/// No reply is owed, so whoever sends one misbehaves.
#[test]
fn a_reply_to_an_aborted_call_is_an_invented_one() {
    let mut peer = open(alice());
    let id = peer.start(call("x"));
    peer.room(10);
    peer.cancel(id);
    peer.room(ALL);
    peer.feed(&reply(id.get(), b""));
    assert_eq!(misbehaviour(peer.error()), Misbehaviour::UnexpectedReply(0));
}

#[test]
fn an_aborted_call_ends_once_when_the_connection_dies() {
    let mut peer = open(alice());
    let id = peer.start(motley(&Alive::default()));
    peer.room(100);
    let outcome = peer.cancel(id).unwrap();
    peer.eof();
    assert_eq!(peer.failure(id), cancelled(outcome));
    assert_eq!(peer.events.len(), 2, "its end and the connection's");
}

// ---- agreement

#[test]
fn footers_are_used_if_and_only_if_both_sides_mean_the_same_by_them() {
    let settings = [
        (Footers::Auto, [true, true]),
        (Footers::Off, [false, true]),
        (Footers::Flag4Only, [true, false]),
    ];
    let lists: [(&[i32], [bool; 2]); 6] = [
        (&[1, 4, 1000], [true, true]),
        (&[1000, 77, 4, 1001], [true, true]),
        (&[1, 1000], [false, true]),
        (&[1, 4], [true, false]),
        (&[1], [false, false]),
        (&[], [false, false]),
    ];
    // Whether it lists 4, and 1000.
    let agree = |ours: [bool; 2], theirs: [bool; 2]| ours[0] && theirs[0] && ours[1] == theirs[1];
    for (ours, listed) in settings {
        for (theirs, peer_lists) in lists {
            let case = format!("{ours:?} and {theirs:?}");
            let expected = agree(listed, peer_lists);
            // Our client and that server.
            let mut peer = RawServer::new(alice().footers(ours));
            peer.feed(&[raw::server_negotiate_of(theirs), raw::sasl_success()].concat());
            let ClientEvent::Negotiated(info) = &peer.events[0] else { panic!("{case}") };
            assert_eq!(info.footers, expected, "{case}");
            assert_eq!([4, 1000].map(|f| info.our_features.contains(&f)), listed, "{case}");
            peer.written();
            peer.start(call("x"));
            let payload = &payloads(&peer.written())[0];
            let ends = payload.ends_with(&frame::footer_bytes(false));
            assert_eq!(ends, expected, "{case}");
            let rule = frame::FooterRule::Forbidden;
            assert_eq!(frame::split(payload, rule).is_err(), expected, "{case}");

            // Our server and that client.
            let config = krpc_core::ServerConfig::new().footers(ours);
            let mut peer = RawClient::new(config);
            peer.feed(&raw::plain_client_hello_of(theirs));
            let ServerEvent::Negotiated(info) = &peer.events[0] else { panic!("{case}") };
            assert_eq!(info.footers, expected, "{case}");
            peer.feed(&if expected {
                cancel::footed_call(&raw::call_header(0), b"x", false)
            } else {
                raw::call(0, b"x")
            });
            assert_eq!(peer.calls()[0].body, "x", "{case}");
            // Whoever does not hold to it is refused.
            peer.feed(&if expected {
                raw::call(1, b"x")
            } else {
                cancel::footed_call(&raw::call_header(1), b"x", false)
            });
            assert!(matches!(misbehaviour(peer.error()), Misbehaviour::Frame(_)), "{case}");
        }
        for (theirs, peer_lists) in settings {
            let (client, server) =
                (|c: ClientConfig| c.footers(ours), |s: krpc_core::ServerConfig| s.footers(theirs));
            let mut both = Both::on(Stream::Plain, client, server);
            both.is_intact();
            both.client.room(10);
            let id = both.client.start(call("x"));
            let outcome = both.client.cancel(id);
            let is_aborted = matches!(outcome, Some(CancelOutcome::Aborted { .. }));
            assert_eq!(is_aborted, agree(listed, peer_lists), "{ours:?} and {theirs:?}");
        }
    }
}

/// Responses never have one, nor has the negotiation.
#[test]
fn only_requests_end_with_a_footer() {
    let mut both = Both::on(Stream::Plain, |client| client, |server| server);
    let id = both.client.start(call("x"));
    both.carry_up();
    both.server.conn.respond(both.server.now, id, Ok(OutboundReply::new("x"))).unwrap();
    both.server.drain();
    let stream = both.server.written();
    assert_eq!(raw::responses(&stream).len(), 1);
    // The connection context was written after the features were agreed on.
    let mut peer = RawServer::new(alice());
    peer.feed(&[raw::server_negotiate_of(&FOOTERS), raw::sasl_success()].concat());
    let stream = peer.written();
    assert_eq!(raw::requests(&stream[krpc_core::proto::preamble::LEN..]).len(), 3);
}

// ---- max_filler

/// A call of which `sent` bytes are out, given up where so much filler is allowed; and how much it would
/// take.
fn refused(max_filler: u64, policy: OnCancel, sent: usize) -> (RawServer, CallId, usize, usize) {
    let whole = motley_frame(alice());
    let mut peer = open(alice().max_filler(max_filler).on_cancel(policy));
    let id = peer.start(motley(&Alive::default()));
    peer.room(sent);
    (peer, id, whole.len(), whole.len() - frame::FOOTER_LEN - sent)
}

#[test]
fn an_abort_may_take_as_much_filler_as_max_filler_says() {
    let filler = refused(0, OnCancel::Drain, 200).3;
    let (mut peer, id, ..) = refused(filler as u64, OnCancel::Close, 200);
    assert_eq!(peer.cancel(id), Some(aborted(200, filler)));
    assert_eq!(peer.conn.stats().filler_refused, 0);

    // One byte more, and it goes the way of a peer without footers.
    let (mut peer, id, size, _) = refused(filler as u64 - 1, OnCancel::Close, 200);
    assert_eq!(peer.cancel(id), Some(cut(200, size - 200)));
    assert_eq!(peer.conn.stats().filler_refused, 1);
    assert!(peer.reset);
    assert_eq!(peer.written().len(), 200);

    let (mut peer, id, ..) = refused(filler as u64 - 1, OnCancel::KeepUntilSent, 200);
    assert_eq!(peer.cancel(id), None);
    peer.room(ALL);
    assert_eq!(peer.failure(id), cancelled(CancelOutcome::Sent));
    assert_eq!(peer.conn.stats().filler_refused, 1);
    let frame = peer.written();
    assert_eq!(frame[frame.len() - 3..], frame::footer_bytes(false), "sent as it is");
}

#[test]
fn an_abort_that_was_refused_is_made_at_the_end_of_the_grace_if_enough_was_sent() {
    let grace = Duration::from_millis(500);
    for taken_meanwhile in [99, 100] {
        let (mut peer, id, size, filler) = refused(200, OnCancel::Drain, 269);
        assert_eq!((size, filler), (size, size - 272));
        assert!(filler > 300);
        let taken = filler - 200 - 100 + taken_meanwhile;
        assert_eq!(peer.cancel(id), None);
        peer.room(taken);
        peer.advance(grace - Duration::from_nanos(1));
        assert!(peer.result(id).is_none());
        peer.advance(Duration::from_nanos(1));
        let sent = 269 + taken;
        if taken_meanwhile == 100 {
            assert_eq!(peer.failure(id), cancelled(aborted(sent, 200)));
            assert_eq!(peer.conn.stats().filler_refused, 1);
            peer.room(ALL);
            let next = peer.start(call("next"));
            peer.feed(&reply(next.get(), b"fine"));
            assert_eq!(peer.body(next), "fine");
        } else {
            assert_eq!(peer.failure(id), cancelled(cut(sent, size - sent)));
            assert_eq!(peer.conn.stats().filler_refused, 2);
        }
    }
}

#[test]
fn by_default_no_more_than_16_mib_are_filled() {
    for (len, is_aborted) in [(16 << 20, true), ((16 << 20) + 1, false)] {
        let mut peer = open(alice());
        let id = peer.start(call(vec![7; len]));
        // The header alone.
        peer.room(10);
        assert_eq!(peer.cancel(id).is_some(), is_aborted, "{len}");
    }
}

// ---- without footers

/// The server would execute it.
#[test]
fn there_is_never_filler_without_a_footer() {
    for features in [&KUDU[..], &OF_2017, &cancel::NO_FOOTERS] {
        for policy in [OnCancel::Drain, OnCancel::KeepUntilSent, OnCancel::Close] {
            let open = || {
                let mut peer = RawServer::listing(alice().on_cancel(policy), features);
                peer.room(0);
                peer
            };
            let mut peer = open();
            peer.start(motley(&Alive::default()));
            peer.room(ALL);
            let whole = peer.written();
            for sent in 1..whole.len() {
                let mut peer = open();
                let id = peer.start(motley(&Alive::default()));
                peer.room(sent);
                peer.cancel(id);
                peer.advance(Duration::from_secs(1));
                peer.room(ALL);
                let expected = if policy == OnCancel::KeepUntilSent { whole.len() } else { sent };
                assert_eq!(peer.written(), whole[..expected], "{features:?} {policy:?}");
                assert_eq!(peer.conn.stats().filler_bytes_sent, 0);
            }
        }
    }
}
