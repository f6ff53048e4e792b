//! A server whose clients give up requests in mid-transmission: frames that are aborted by their footer,
//! and streams that end within a frame.

mod cancel;
mod raw;

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cancel::{Both, FOOTERS, KUDU, NO_FOOTERS, OF_2017, Stream, call, footed, footed_call};
use krpc_core::proto::frame::{Block, FrameError};
use krpc_core::proto::varint::VarintError;
use krpc_core::proto::{frame, ids, pb};
use krpc_core::{
    CancelOutcome, ConnectionError, Direction, Footers, FrameKind, FrameSeen, Misbehaviour,
    Observer, OutboundReply, ServerConfig, Timer,
};
use prost::Message;
use raw::{RawClient, call_header, misbehaviour, plain_client_hello_of, prefixed, responses};

const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);

const ABORTED: [u8; 2] = [8, 1];

fn server() -> ServerConfig {
    ServerConfig::new()
}

/// A server whose client has footers.
fn open() -> RawClient {
    RawClient::listing(server(), &FOOTERS)
}

/// Calls with a footer are dispatched, and answered.
#[track_caller]
fn goes_on(peer: &mut RawClient, id: i32) {
    let calls = peer.calls().len();
    peer.feed(&footed_call(&call_header(id), b"next", false));
    assert_eq!(peer.calls().len(), calls + 1);
    let call = peer.calls()[calls].clone();
    assert_eq!((call.id.get(), &call.body[..]), (id, &b"next"[..]));
    peer.conn.respond(peer.now, call.id, Ok(OutboundReply::default())).unwrap();
    peer.drain();
    assert_eq!(responses(&peer.written()).len(), 1);
}

// ---- aborted frames

#[test]
fn an_aborted_frame_is_dropped_whole() {
    let header = call_header(7).encode_to_vec();
    let mut with_request_id = call_header(7);
    with_request_id.request_id = Some(pb::RequestIdPb {
        client_id: Bytes::from_static(b"client"),
        seq_no: 1,
        first_incomplete_seq_no: 1,
        attempt_no: 0,
    });
    let mut with_bad_sidecars = call_header(7);
    with_bad_sidecars.sidecar_offsets = vec![9, 3, u32::MAX];
    let inner = raw::call(8, b"executed?");
    let not_aborted = frame::footer_bytes(false);
    for (what, header, main) in [
        ("as it was to be", header.clone(), vec![7; 1_000]),
        ("nothing", header.clone(), vec![]),
        ("a frame in its filler", header.clone(), inner.clone()),
        (
            "frames with a footer",
            header.clone(),
            footed_call(&call_header(8), b"x", false).repeat(9),
        ),
        ("a footer in its filler", header.clone(), not_aborted.repeat(99)),
        ("a frame that begins", header.clone(), vec![0, 0, 0, 1, 0xff, 0xff, 0xff]),
        ("zero lengths", header.clone(), vec![0; 100]),
        ("lengths over the limit", header.clone(), vec![0xff; 100]),
        ("a request id", with_request_id.encode_to_vec(), b"once".to_vec()),
        ("sidecars that cannot be", with_bad_sidecars.encode_to_vec(), b"x".to_vec()),
        ("no method", vec![0x18, 7], b"x".to_vec()),
        ("no id", vec![], b"x".to_vec()),
        ("no header at all", vec![0xff; 40], b"x".to_vec()),
        ("a header that is too long", vec![0xff; 300_000], b"x".to_vec()),
        (
            "the id of a negotiation",
            raw::from_client(&pb::NegotiatePb::default())[5..].to_vec(),
            vec![],
        ),
    ] {
        let frame = footed(&header, &main, &ABORTED);
        for size in [frame.len(), 1, 9] {
            let mut peer = open();
            peer.feed_by(size, &frame);
            assert_eq!(peer.events.len(), 0, "{what}: {:?}", peer.events);
            assert_eq!(peer.written(), b"", "{what}");
            assert_eq!(peer.conn.in_flight(), 0, "{what}");
            assert_eq!(peer.conn.stats().aborted_frames_received, 1, "{what}");
            // Its id is free: it was never seen.
            goes_on(&mut peer, 7);
            assert_eq!(peer.calls()[0].request_id, None);
            assert_eq!(peer.conn.stats().aborted_frames_received, 1, "{what}");
        }
    }
}

/// A client counts on, but nothing depends on it: the id of a call in hand may be that of an aborted one.
#[test]
fn an_aborted_frame_is_not_a_duplicate_of_a_call_in_hand() {
    let mut peer = open();
    peer.feed(&footed_call(&call_header(7), b"in hand", false));
    peer.feed(&footed_call(&call_header(7), b"given up", true));
    assert_eq!((peer.calls().len(), peer.conn.in_flight()), (1, 1));
    let id = peer.calls()[0].id;
    peer.conn.respond(peer.now, id, Ok(OutboundReply::new("answer"))).unwrap();
    peer.drain();
    assert_eq!(responses(&peer.written())[0].1, "answer");
    // Without the footer's word it is one.
    peer.feed(&footed_call(&call_header(9), b"in hand", false));
    peer.feed(&footed_call(&call_header(9), b"again", false));
    assert!(matches!(misbehaviour(peer.error()), Misbehaviour::DuplicateCallId(_)));
}

#[test]
fn aborted_frames_take_no_place_among_the_calls_in_flight() {
    let mut peer = RawClient::listing(server().max_calls(2), &FOOTERS);
    for id in 0..10_000 {
        peer.feed(&footed_call(&call_header(id), b"x", true));
        assert!(peer.conn.wants_read());
    }
    assert_eq!(peer.conn.stats().aborted_frames_received, 10_000);
    goes_on(&mut peer, 10_000);
}

/// What an observer sees of an aborted frame: that there was one, and nothing that its filler could say.
#[test]
fn an_aborted_frame_is_seen_as_such() {
    struct Log(mpsc::Sender<FrameSeen>);
    impl Observer for Log {
        fn frame(&self, _: Instant, frame: &FrameSeen) {
            self.0.send(*frame).expect("the test listens");
        }
    }
    let (sender, seen) = mpsc::channel();
    let mut peer = RawClient::listing(server().observer(Arc::new(Log(sender))), &FOOTERS);
    let frame = footed_call(&call_header(7), b"x", true);
    peer.feed(&frame);
    let (direction, kind) = (Direction::Received, FrameKind::Aborted);
    // The id is not that of any call.
    let (call_id, size) = (ids::INVALID, frame.len());
    let expected = FrameSeen { direction, kind, call_id, size, in_tls: false };
    assert_eq!(seen.try_iter().last(), Some(expected));
}

// ---- footers of any form

#[test]
fn every_well_formed_footer_is_understood() {
    for (footer, is_aborted) in [
        (&[][..], false),
        (&[8, 0], false),
        (&[8, 1], true),
        // A bool is what is not 0; padded, and said twice.
        (&[8, 2], true),
        (&[8, 0x81, 0], true),
        (&[8, 1, 8, 0], false),
        (&[8, 0, 8, 1], true),
        // Fields of the future, alone and around it.
        (&[16, 5], false),
        (&[0x1a, 3, b'a', b'b', b'c'], false),
        (&[16, 5, 8, 1, 0x1a, 1, b'x'], true),
        (&[0x1a, 2, 8, 1], false),
    ] {
        let mut peer = open();
        peer.feed(&footed(&call_header(7).encode_to_vec(), b"x", footer));
        assert_eq!(peer.calls().len(), usize::from(!is_aborted), "{footer:?}");
        let stats = peer.conn.stats();
        assert_eq!(stats.aborted_frames_received, u64::from(is_aborted), "{footer:?}");
        goes_on(&mut peer, 8);
    }
}

#[test]
fn a_missing_footer_and_bytes_behind_it_are_refused() {
    let header = call_header(7).encode_to_vec();
    let good = footed(&header, b"x", &[8, 0]);
    let payload = &good[4..];
    let cut = |bytes: usize| prefixed(&payload[..payload.len() - bytes]);
    let with = |bytes: &[u8]| prefixed(&[payload, bytes].concat());
    let (block, announced) = (Block::Footer, 2);
    for (frame, expected) in [
        (raw::call(7, b"x"), FrameError::Length { block, error: VarintError::Truncated }),
        (cut(3), FrameError::Length { block, error: VarintError::Truncated }),
        (cut(2), FrameError::Short { block, announced, available: 0 }),
        (cut(1), FrameError::Short { block, announced, available: 1 }),
        (with(&[0]), FrameError::Trailing { bytes: 1 }),
        // KUDU-2110: a footer that was appended twice.
        (with(&[2, 8, 0]), FrameError::Trailing { bytes: 3 }),
        (with(&[2, 8, 1]), FrameError::Trailing { bytes: 3 }),
        (footed(&header, b"x", &[0xff]), FrameError::Footer),
        (footed(&header, b"x", &[8]), FrameError::Footer),
        (footed(&header, b"x", &[10, 1, 1]), FrameError::Footer),
    ] {
        for size in [frame.len(), 1] {
            let mut peer = open();
            peer.feed_by(size, &frame);
            assert_eq!(misbehaviour(peer.error()), Misbehaviour::Frame(expected.clone()));
            assert!(peer.calls().is_empty());
        }
    }
}

/// Any frame that ends like an aborted one is one only where footers were agreed on.
#[test]
fn without_an_agreement_nothing_is_a_footer() {
    for features in [&KUDU[..], &OF_2017, &NO_FOOTERS] {
        let mut peer = RawClient::listing(server(), features);
        peer.feed(&footed_call(&call_header(7), b"x", true));
        let trailing = Misbehaviour::Frame(FrameError::Trailing { bytes: 3 });
        assert_eq!(misbehaviour(peer.error()), trailing, "{features:?}");
        let mut peer = RawClient::listing(server(), features);
        peer.feed(&raw::call(7, &frame::footer_bytes(true)));
        assert_eq!(peer.calls()[0].body[..], frame::footer_bytes(true), "{features:?}");
    }
}

// ---- a stream that ends within a frame

/// A server with a call in hand and a part of a second one, whose client lists these features.
fn half_way(config: ServerConfig, features: &[i32], part: usize) -> RawClient {
    let mut peer = RawClient::listing(config, features);
    let frame = |id, body: &[u8]| {
        let footers = features.contains(&4) && features.contains(&1000);
        if footers { footed_call(&call_header(id), body, false) } else { raw::call(id, body) }
    };
    peer.feed(&frame(1, b"in hand"));
    peer.feed(&frame(2, b"given up")[..part]);
    assert_eq!(peer.conn.in_flight(), 1);
    peer
}

fn answer(peer: &mut RawClient) {
    let id = peer.calls()[0].id;
    peer.conn.respond(peer.now, id, Ok(OutboundReply::new("answer"))).unwrap();
    peer.drain();
}

#[test]
fn an_end_within_a_frame_is_a_half_close_of_a_client_that_says_so() {
    for features in [&NO_FOOTERS[..], &FOOTERS] {
        for part in [1, 3, 4, 5, 30, 39] {
            let mut peer = half_way(server(), features, part);
            peer.eof();
            assert!(!peer.is_ended() && !peer.closed, "{part}");
            assert!(!peer.conn.wants_read(), "nothing more can come");
            assert_eq!(peer.conn.stats().cut_frames_received, 1);
            // The end may be reported again, and bytes that come all the same are not looked at.
            peer.eof();
            peer.feed(&raw::call(3, b"late"));
            assert!(!peer.is_ended());
            peer.advance(9 * SECOND);
            assert_eq!((peer.calls().len(), peer.conn.in_flight()), (1, 1));
            answer(&mut peer);
            let written = responses(&peer.written());
            assert_eq!((written.len(), &written[0].1[..]), (1, &b"answer"[..]));
            assert_eq!(peer.error(), ConnectionError::PeerClosed { mid_frame: true });
            assert!(!peer.reset, "what was written is to arrive");
            assert_eq!(peer.conn.poll_timeout(), None);
        }
    }
}

#[test]
fn a_half_closed_client_is_answered_for_ten_seconds() {
    let mut peer = half_way(server(), &NO_FOOTERS, 30);
    peer.eof();
    assert_eq!(peer.conn.poll_timeout(), Some(peer.now + 10 * SECOND));
    peer.advance(10 * SECOND - NANO);
    assert!(!peer.is_ended());
    peer.advance(NANO);
    let timer = Timer::HalfClose(10 * SECOND);
    assert_eq!(peer.error(), ConnectionError::TimedOut(timer));
    assert!(peer.error().to_string().contains("half_close_timeout"));
    let id = peer.calls()[0].id;
    assert!(peer.conn.respond(peer.now, id, Ok(OutboundReply::default())).is_err());
    assert_eq!(peer.written(), b"");

    // Also if it is answered and does not read; and the setting counts.
    let config = server().half_close_timeout(3 * SECOND);
    let mut peer = half_way(config, &NO_FOOTERS, 30);
    peer.eof();
    peer.room(5);
    answer(&mut peer);
    peer.advance(3 * SECOND - NANO);
    assert!(!peer.is_ended() && peer.conn.wants_write());
    peer.advance(NANO);
    assert_eq!(peer.error(), ConnectionError::TimedOut(Timer::HalfClose(3 * SECOND)));
}

#[test]
fn a_half_close_may_take_longer_than_all_time() {
    let config = server().half_close_timeout(Duration::MAX);
    let mut peer = half_way(config, &NO_FOOTERS, 30);
    peer.eof();
    peer.advance(1_000_000 * SECOND);
    peer.eof();
    assert!(!peer.is_ended());
    answer(&mut peer);
    assert_eq!(responses(&peer.written()).len(), 1);
    assert_eq!(peer.error(), ConnectionError::PeerClosed { mid_frame: true });
}

#[test]
fn with_nothing_in_hand_a_half_close_is_the_end() {
    for (part, mid_frame) in [(1, true), (30, true), (0, false)] {
        let mut peer = RawClient::listing(server(), &NO_FOOTERS);
        peer.feed(&raw::call(2, b"given up")[..part]);
        peer.eof();
        assert_eq!(peer.error(), ConnectionError::PeerClosed { mid_frame });
        assert_eq!(peer.written(), b"");
    }
}

/// Kudu drops what it owes, and so does this server, unless it was told otherwise.
#[test]
fn any_other_end_is_the_clients_end() {
    for (features, part, mid_frame) in [
        // A frame's boundary.
        (&NO_FOOTERS[..], 0, false),
        (&FOOTERS, 0, false),
        // From whoever else.
        (&KUDU, 0, false),
        (&KUDU, 30, true),
        (&OF_2017, 30, true),
        (&OF_2017, 0, false),
    ] {
        let mut peer = half_way(server(), features, part);
        peer.eof();
        assert_eq!(peer.error(), ConnectionError::PeerClosed { mid_frame }, "{features:?}");
        assert_eq!(peer.conn.stats().cut_frames_received, 0);
        assert_eq!(peer.written(), b"");
    }
    // What the server itself lists does not matter.
    let mut peer = half_way(server().footers(Footers::Flag4Only), &NO_FOOTERS, 30);
    peer.eof();
    assert!(!peer.is_ended());
}

#[test]
fn an_end_within_the_negotiation_is_the_end() {
    let hello = plain_client_hello_of(&FOOTERS);
    for cut in 0..hello.len() {
        let mut peer = RawClient::new(server());
        peer.feed(&hello[..cut]);
        peer.eof();
        assert!(matches!(peer.error(), ConnectionError::PeerClosed { .. }), "{cut}");
    }
}

/// It is the length prefix that shows what is missing; a close_notify is no part of KRPC.
#[test]
fn a_sealed_stream_may_end_without_a_word_of_tls() {
    for stream in Stream::SEALED {
        let sealed = || {
            let mut both = Both::on(stream, |client| client.footers(Footers::Off), |server| server);
            let id = both.client.start(call("in hand"));
            both.carry();
            both.client.start(call(vec![7; 40_000]));
            let rest = both.client.written();
            (both, id, rest)
        };
        // At a boundary: the client's end.
        let (mut both, _, rest) = sealed();
        both.server.eof();
        assert_eq!(both.server.error(), ConnectionError::PeerClosed { mid_frame: false });
        // Within a record and behind one: a half-close.
        for part in [1, 4, 100, 20_000, rest.len() - 1] {
            let (mut both, id, rest) = sealed();
            both.server.feed(&rest[..part]);
            both.server.eof();
            assert!(!both.server.is_ended(), "{stream:?} {part}");
            both.answer(id);
            both.carry_down();
            assert_eq!(both.client.body(id), "in hand", "{stream:?} {part}");
            assert_eq!(both.server.error(), ConnectionError::PeerClosed { mid_frame: true });
        }
    }
}

/// From the client's cut to its last reply, with nobody in between.
#[test]
fn both_sides_agree_on_a_half_close() {
    for stream in [Stream::Plain, Stream::AuthenticationOnly] {
        let mut both = Both::on(stream, |client| client.footers(Footers::Off), |server| server);
        let ids = [both.client.start(call("a")), both.client.start(call("b"))];
        both.carry();
        both.client.room(100);
        let given_up = both.client.start(call(vec![7; 1_000]));
        assert_eq!(both.client.cancel(given_up), None);
        both.client.advance(Duration::from_millis(500));
        assert_eq!(both.client.shut_down, 1, "{stream:?}");
        both.carry_up();
        both.server.eof();
        for id in ids {
            assert!(!both.server.is_ended());
            both.answer(id);
        }
        both.carry_down();
        assert_eq!(both.client.body(ids[1]), "b");
        assert_eq!(both.client.error(), ConnectionError::Cut);
        assert!(both.client.reset);
        assert_eq!(both.server.error(), ConnectionError::PeerClosed { mid_frame: true });
        assert_eq!(both.server.calls().len(), 2, "{stream:?}");
        let error = both.client.failure(given_up);
        let krpc_core::CallError::Cancelled { outcome, .. } = error else { panic!("{error}") };
        assert!(matches!(outcome, CancelOutcome::Cut { sent: 100, .. }), "{outcome:?}");
    }
}
