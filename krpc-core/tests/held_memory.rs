//! How much memory a peer can make a server connection hold, measured at the allocator.

mod raw;

use allocation_counter::measure;
use krpc_core::proto::preamble::PREAMBLE;
use krpc_core::{ConnectionError, LimitExceeded, OutboundReply, ServerConfig, ServerEvent};
use raw::{RawClient, call, client_negotiate, plain_client_hello};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// What a stranger may cost in all.
const STRANGER: u64 = 64 << 10;

#[test]
fn a_stranger_costs_less_than_64_kib() {
    let limit = 48 * KIB as u32;
    let hello = [&PREAMBLE[..], &client_negotiate(&[1])].concat();
    for (before, filler) in [(&PREAMBLE[..], 0), (&hello, 0xff)] {
        // Announced at the limit and sent but for its last byte, in pieces and whole.
        let frame = [&limit.to_be_bytes()[..], &vec![filler; limit as usize - 1]].concat();
        for size in [frame.len(), 16 * KIB, 1_000, 1] {
            let cost = measure(|| {
                let mut peer = RawClient::new(ServerConfig::new());
                peer.feed(before);
                peer.feed_by(size, &frame);
                assert!(!peer.is_ended());
            });
            assert!(cost.bytes_max < STRANGER, "{cost:?}");
        }
        // The last byte: the frame is refused, and nothing of it is kept.
        let mut peer = RawClient::new(ServerConfig::new());
        peer.feed(before);
        let cost = measure(|| {
            peer.feed(&frame);
            peer.feed(&[filler]);
            peer.error();
        });
        assert!(cost.bytes_max < STRANGER, "{cost:?}");
        assert!(cost.bytes_current < 2 * KIB as i64, "{cost:?}");
    }
    // Announcing more costs the stranger the connection, and us nothing.
    for total in [limit + 1, 3 << 30, u32::MAX] {
        let cost = measure(|| {
            let mut peer = RawClient::new(ServerConfig::new());
            peer.feed(&PREAMBLE);
            peer.feed(&total.to_be_bytes());
            let setting = "max_unauthenticated_message_size";
            let limit = limit.into();
            let exceeded = LimitExceeded { size: total.into(), limit, setting };
            assert_eq!(peer.error(), ConnectionError::LimitExceeded(exceeded));
        });
        assert!(cost.bytes_max < 8 * KIB as u64, "{cost:?}");
    }
}

#[test]
fn an_announced_length_is_not_believed() {
    // 50 MiB announced on an open connection: one MiB is set aside until more arrives.
    let cost = measure(|| {
        let mut peer = RawClient::open(ServerConfig::new());
        peer.feed(&(50 * MIB as u32 - 4).to_be_bytes());
        peer.feed(&[0; 100]);
        assert_eq!(peer.conn.recv_space().len(), MIB - 100);
    });
    assert!(cost.bytes_max < MIB as u64 + STRANGER, "{cost:?}");
}

/// A client pipelines 50,000 calls and reads no reply. Each call is answered at once with `reply`
/// bytes; the server is given input for as long as it wants it, 16 KiB at a time.
fn flood(config: ServerConfig, reply: usize) -> (RawClient, u64) {
    let calls: Vec<u8> = (0..50_000).flat_map(|id| call(id, b"tiny")).collect();
    let mut kept = None;
    let cost = measure(|| {
        let mut peer = RawClient::open(config);
        peer.room(0);
        let mut rest = &calls[..];
        while peer.conn.wants_read() && !rest.is_empty() {
            let (piece, later) = rest.split_at(rest.len().min(16 * KIB));
            rest = later;
            peer.feed(piece);
            for event in std::mem::take(&mut peer.events) {
                let ServerEvent::Call(call) = event else { panic!("{event:?}") };
                let answer = OutboundReply::new(vec![7; reply]);
                peer.conn.respond(peer.now, call.id, Ok(answer)).unwrap();
            }
            peer.drain();
        }
        assert!(!rest.is_empty() && !peer.conn.wants_read(), "reading has stopped");
        let read = peer.conn.stats().bytes_received as usize - plain_client_hello().len();
        assert_eq!(read + rest.len(), calls.len());
        kept = Some(peer);
    });
    (kept.expect("the closure ran"), cost.bytes_max)
}

#[test]
fn fifty_thousand_calls_and_no_reply_read() {
    // Small replies: the number of calls is the limit, give or take one read.
    let most_in_a_read = 16 * KIB / call(0, b"tiny").len() + 1;
    let (mut peer, held) = flood(ServerConfig::new(), 100);
    assert!(peer.conn.in_flight() >= 1_024);
    assert!(peer.conn.in_flight() <= 1_024 + most_in_a_read, "{}", peer.conn.in_flight());
    assert!(held < 2 * MIB as u64, "{held} bytes");
    // Once the client reads, the server does.
    peer.room(usize::MAX);
    assert_eq!(peer.conn.in_flight(), 0);
    assert!(peer.conn.wants_read());

    // Large replies: their bytes are the limit.
    let (peer, held) = flood(ServerConfig::new(), 30_000);
    assert!(peer.conn.in_flight() < 1_024, "{}", peer.conn.in_flight());
    assert!(held < 64 * MIB as u64, "{held} bytes");
    let (_, held) = flood(ServerConfig::new().reply_memory(MIB), 10_000);
    assert!(held < 8 * MIB as u64, "{held} bytes");
}

#[test]
fn calls_that_nobody_answers_are_bounded_too() {
    let calls: Vec<u8> = (0..50_000).flat_map(|id| call(id, &[7; 200])).collect();
    let cost = measure(|| {
        let mut peer = RawClient::open(ServerConfig::new());
        let mut pieces = calls.chunks(16 * KIB);
        while peer.conn.wants_read() {
            peer.feed(pieces.next().expect("reading stops before the end"));
        }
        assert!(peer.conn.in_flight() >= 1_024 && peer.conn.in_flight() < 1_200);
        // Nor does the clock make it read, or give up: the calls are in hand.
        peer.advance(std::time::Duration::from_secs(100_000));
        assert!(!peer.conn.wants_read() && !peer.is_ended());
    });
    assert!(cost.bytes_max < 2 * MIB as u64, "{cost:?}");
}
