//! Replies that nobody waits for any more: read, counted, and not kept.
#![allow(clippy::disallowed_methods)] // how long something takes at most

mod cancel;
mod raw;

use std::time::{Duration, Instant};

use allocation_counter::measure;
use cancel::{Both, Stream, call};
use krpc_core::{
    Budget, CallError, CallId, CallStage, CancelOutcome, ConnectionError, Misbehaviour,
    OutboundReply, Timer,
};
use prost::Message;
use raw::{RawServer, alice, misbehaviour, raw_frame, reply, reply_header, varint};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
const SECOND: Duration = Duration::from_secs(1);

/// How bytes reach the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Through `handle_input`, so many at a time.
    Input(usize),
    /// Straight into the frame while there is room in it, 16 KiB of scratch behind; at most 20,000 bytes
    /// are there at once.
    InPlace,
}

const WAYS: [Way; 3] = [Way::Input(16 * KIB), Way::Input(1_000), Way::InPlace];

impl Way {
    fn feed(self, peer: &mut RawServer, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let most = match self {
                Way::Input(size) => size,
                Way::InPlace => 20_000.min(peer.conn.recv_space().len() + 16 * KIB),
            };
            let (piece, rest) = bytes.split_at(most.min(bytes.len()));
            bytes = rest;
            match self {
                Way::Input(_) => peer.feed(piece),
                Way::InPlace => peer.feed_in_place(piece),
            }
        }
    }
}

fn open() -> (RawServer, CallId) {
    let mut peer = RawServer::open(alice());
    let id = peer.start(call("big"));
    (peer, id)
}

/// The next reply on the connection is right, and nothing is left of the one before.
#[track_caller]
fn goes_on(peer: &mut RawServer, skipped: usize) {
    let next = peer.start(call("next"));
    peer.feed(&reply(next.get(), b"right"));
    assert_eq!(peer.body(next), "right");
    assert!(peer.conn.is_open());
    assert_eq!((peer.conn.abandoned(), peer.conn.in_flight()), (0, 0));
    let stats = peer.conn.stats();
    assert_eq!((stats.late_replies, stats.bytes_skipped), (1, skipped as u64));
    assert_eq!(peer.conn.poll_timeout(), None, "no frame is timed any more");
}

// ---- memory

#[test]
fn a_reply_that_is_cancelled_half_way_is_let_go_before_the_rest_comes() {
    let bytes = reply(0, &vec![7; 40 * MIB]);
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    for way in WAYS {
        let (mut peer, id) = open();
        let mut held = measure(|| way.feed(&mut peer, first)).bytes_current;
        assert!(held > 20 * MIB as i64, "{way:?}: {held} bytes held for whoever waits");
        held += measure(|| {
            assert_eq!(peer.cancel(id), Some(CancelOutcome::Sent));
        })
        .bytes_current;
        assert!(held < KIB as i64, "{way:?}: {held} bytes held");
        let cost = measure(|| way.feed(&mut peer, rest));
        assert!(held + (cost.bytes_max as i64) < MIB as i64, "{way:?}: {cost:?}");
        goes_on(&mut peer, bytes.len() - 4);
    }
}

#[test]
fn a_reply_to_a_call_that_was_given_up_before_is_never_held() {
    let bytes = reply(0, &vec![7; 40 * MIB]);
    for way in WAYS {
        let (mut peer, id) = open();
        assert_eq!(peer.cancel(id), Some(CancelOutcome::Sent));
        let cost = measure(|| way.feed(&mut peer, &bytes));
        // What is set aside when the length is known goes with the first bytes.
        assert!(cost.bytes_max < 3 * MIB as u64 / 2, "{way:?}: {cost:?}");
        assert!(cost.bytes_current < KIB as i64, "{way:?}: {cost:?}");
        goes_on(&mut peer, bytes.len() - 4);
    }
}

#[test]
fn a_reply_whose_call_is_past_its_deadline_is_let_go_too() {
    let bytes = reply(0, &vec![7; 4 * MIB]);
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    let mut peer = RawServer::open(alice());
    let mut late = call("big");
    late.deadline = Some(peer.now + SECOND);
    let id = peer.start(late);
    let mut held = measure(|| peer.feed(first)).bytes_current;
    held += measure(|| peer.advance(SECOND)).bytes_current;
    assert!(held < KIB as i64, "{held} bytes held");
    let (stage, execution) = (CallStage::Sent, cancel::MAYBE);
    assert_eq!(peer.failure(id), CallError::DeadlineExceeded { stage, execution });
    peer.feed(rest);
    goes_on(&mut peer, bytes.len() - 4);
}

#[test]
fn a_skipped_reply_costs_the_budget_nothing() {
    let budget = Budget::new(50 * MIB);
    let mut peer = RawServer::open(alice().budget(budget.clone()));
    let ids = [peer.start(call("a")), peer.start(call("b"))];
    let bytes = [reply(0, &vec![7; 40 * MIB]), reply(1, &vec![8; 40 * MIB])].concat();
    peer.feed(&bytes[..MIB]);
    assert!(budget.used() > 40 * MIB, "{budget:?}: charged as it is announced");
    peer.cancel(ids[0]);
    assert_eq!(budget.used(), 0);
    // With the first one held there would be no room for the second.
    Way::Input(16 * KIB).feed(&mut peer, &bytes[MIB..]);
    assert_eq!(peer.body(ids[1]).len(), 40 * MIB);
}

/// The id is in the header, which may come in any number of pieces.
#[test]
fn every_place_at_which_a_call_may_be_given_up_while_its_reply_comes() {
    let bytes = reply(0, b"0123456789");
    for place in 0..bytes.len() {
        for size in [1, bytes.len()] {
            let (mut peer, id) = open();
            peer.feed(&bytes[..place]);
            assert_eq!(peer.cancel(id), Some(CancelOutcome::Sent));
            peer.feed_by(size, &bytes[place..]);
            // One that is here whole before its header could be read is looked at: nothing is spared by
            // skipping it.
            let read_in_time = place >= 4 + 1 + reply_header(0, false).encoded_len();
            let skipped = if read_in_time || size == 1 { bytes.len() - 4 } else { 0 };
            goes_on(&mut peer, skipped);
        }
    }
}

#[test]
fn a_skipped_reply_leaves_no_room_to_read_into() {
    let bytes = reply(0, &vec![7; MIB]);
    let (mut peer, id) = open();
    peer.feed(&bytes[..100]);
    assert!(!peer.conn.recv_space().is_empty());
    peer.cancel(id);
    assert!(peer.conn.recv_space().is_empty());
    peer.feed(&bytes[100..]);
    goes_on(&mut peer, bytes.len() - 4);
}

#[test]
fn replies_are_skipped_on_every_stream_and_however_they_come() {
    for stream in Stream::ALL {
        for way in [Way::Input(1), Way::Input(3_000), Way::InPlace] {
            for before in [0, 1, 5, 20, 30_000, 90_000] {
                let mut both = Both::on(stream, |client| client, |server| server);
                let ids = [both.client.start(call("big")), both.client.start(call("other"))];
                both.carry();
                let replies = [vec![7; 100_000], vec![8; 50_000]];
                for (id, body) in ids.into_iter().zip(replies) {
                    let reply = OutboundReply::new(body);
                    both.server.conn.respond(both.server.now, id, Ok(reply)).unwrap();
                    both.server.drain();
                }
                let down = both.server.written();
                way.feed(&mut both.client, &down[..before]);
                assert_eq!(both.client.cancel(ids[0]), Some(CancelOutcome::Sent));
                way.feed(&mut both.client, &down[before..]);
                assert_eq!(both.client.body(ids[1]), vec![8; 50_000], "{stream:?} {way:?}");
                let stats = both.client.conn.stats();
                assert_eq!(stats.late_replies, 1, "{stream:?} {way:?} {before}");
                assert!(stats.bytes_skipped > 100_000, "{stream:?} {way:?} {before}");
                both.is_intact();
            }
        }
    }
}

/// 5 MiB, sealed, of which rustls holds what it is given and decrypts.
#[test]
fn sealed_replies_are_let_go_too() {
    for stream in Stream::SEALED {
        let mut both = Both::on(stream, |client| client, |server| server);
        let id = both.client.start(call("big"));
        both.carry();
        let reply = OutboundReply::new(vec![7; 5 * MIB]);
        both.server.conn.respond(both.server.now, id, Ok(reply)).unwrap();
        both.server.drain();
        let down = both.server.written();
        let (first, rest) = down.split_at(down.len() / 2);
        let client = &mut both.client;
        let mut held = measure(|| Way::Input(16 * KIB).feed(client, first)).bytes_current;
        assert!(held > 2 * MIB as i64, "{stream:?}: {held} bytes held for whoever waits");
        held += measure(|| _ = client.cancel(id)).bytes_current;
        assert!(held < 100 * KIB as i64, "{stream:?}: {held} bytes held");
        let cost = measure(|| Way::Input(16 * KIB).feed(client, rest));
        assert!(held + (cost.bytes_max as i64) < MIB as i64, "{stream:?}: {cost:?}");
        both.is_intact();
    }
}

// ---- what it is still bound to

#[test]
fn a_skipped_reply_still_has_its_time() {
    // Ten MiB have 60 s and ten more, however much of it is skipped.
    let (mut peer, id) = open();
    let bytes = reply(0, &vec![7; 10 * MIB]);
    peer.feed(&bytes[..4 + MIB]);
    peer.advance(30 * SECOND);
    peer.cancel(id);
    peer.feed(&bytes[4 + MIB..4 + 2 * MIB]);
    peer.advance(40 * SECOND - Duration::from_nanos(1));
    assert!(!peer.is_ended());
    peer.advance(Duration::from_nanos(1));
    let announced = Some(bytes.len() as u64 - 4);
    let (allowed, received) = (70 * SECOND, 2 * MIB as u64);
    let timer = Timer::Frame { allowed, announced, received };
    assert_eq!(peer.error(), ConnectionError::TimedOut(timer));
    let text = peer.error().to_string();
    assert!(text.contains("10485769") && text.contains("2097152"), "{text}");
}

#[test]
fn an_end_within_a_skipped_reply_is_one_in_mid_frame() {
    let (mut peer, id) = open();
    peer.cancel(id);
    peer.feed(&reply(0, &[7; 100])[..50]);
    assert!(peer.conn.stats().bytes_skipped > 0);
    peer.eof();
    assert_eq!(peer.error(), ConnectionError::PeerClosed { mid_frame: true });
}

#[test]
fn a_second_reply_to_a_call_that_was_given_up_is_no_late_one() {
    let (mut peer, id) = open();
    peer.cancel(id);
    peer.feed_by(10, &reply(0, &[7; 100]));
    assert_eq!(peer.conn.stats().late_replies, 1);
    peer.feed_by(10, &reply(0, &[7; 100]));
    assert_eq!(misbehaviour(peer.error()), Misbehaviour::UnexpectedReply(0));
}

#[test]
fn a_reply_that_somebody_waits_for_is_kept_beside_one_that_is_skipped() {
    let mut peer = RawServer::open(alice());
    let ids: Vec<_> = (0..20).map(|_| peer.start(call("x"))).collect();
    for id in ids.iter().filter(|id| id.get() % 3 == 0) {
        peer.cancel(*id);
    }
    for id in ids.iter().rev() {
        peer.feed_by(700, &reply(id.get(), &vec![id.get() as u8; 5_000]));
    }
    for id in ids {
        match id.get() % 3 {
            0 => assert_eq!(peer.failure(id), cancel::cancelled(CancelOutcome::Sent)),
            _ => assert_eq!(peer.body(id), vec![id.get() as u8; 5_000]),
        }
    }
    assert_eq!((peer.conn.abandoned(), peer.conn.in_flight()), (0, 0));
    assert_eq!(peer.conn.stats().late_replies, 7);
}

// ---- what looking for the id costs

/// A header as long as it may be, made of fields that nobody knows, before or without the call's id.
fn long_header(id: Option<i32>) -> Vec<u8> {
    // Number 100, a varint, over and over.
    let mut header = [0xa0, 0x06, 0x00].repeat(80_000);
    header.extend(id.map(|id| reply_header(id, false).encode_to_vec()).unwrap_or_default());
    header
}

/// Reading a header takes a while if it is long. It is done once, not again with every piece of what
/// comes behind it: whoever sends such a frame in small pieces would keep us busy.
#[test]
fn the_header_of_a_reply_is_not_read_again_with_every_byte() {
    for (header, call_given_up) in
        [(long_header(Some(0)), false), (long_header(Some(0)), true), (long_header(None), true)]
    {
        let mut peer = RawServer::open(alice());
        let ids = [peer.start(call("a")), peer.start(call("b"))];
        if call_given_up {
            peer.cancel(ids[1]);
        }
        let begin = Instant::now();
        let frame = raw_frame(&header, &vec![7; 50_000]);
        let (head, body) = frame.split_at(frame.len() - 50_000);
        peer.feed(head);
        peer.feed_by(1, body);
        let took = begin.elapsed();
        assert!(took < 10 * SECOND, "{took:?}");
        assert_eq!(peer.result(ids[0]).is_some_and(Result::is_ok), header.len() > 240_000);
    }
}

/// The same for a server, which skips nothing.
#[test]
fn the_header_of_a_request_is_not_read_again_with_every_byte() {
    let mut peer = raw::RawClient::open(krpc_core::ServerConfig::new());
    let mut header = long_header(None);
    header.extend(raw::call_header(7).encode_to_vec());
    let main = vec![7; 50_000];
    let frame = raw_frame(&header, &main);
    assert!(varint(main.len() as u32).len() == 3);
    let (head, body) = frame.split_at(frame.len() - main.len());
    let begin = Instant::now();
    peer.feed(head);
    peer.feed_by(1, body);
    let took = begin.elapsed();
    assert!(took < 10 * SECOND, "{took:?}");
    assert_eq!(peer.calls()[0].body, main);
}
