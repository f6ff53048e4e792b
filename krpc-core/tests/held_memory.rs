//! How much memory a peer can make a server connection hold, measured at the allocator.
#![allow(clippy::disallowed_methods)] // a time to begin with

mod raw;

use std::sync::Arc;
use std::time::Instant;

use allocation_counter::{AllocationInfo, measure};
use krpc_core::proto::codes::NegotiateStep;
use krpc_core::proto::preamble::PREAMBLE;
use krpc_core::{
    ClientConfig, ClientConnection, ConnectionError, LimitExceeded, Link, OutboundReply,
    ServerConfig, ServerConnection, ServerEvent, ServerTls, TlsVersions, UserCredentials,
};
use krpc_testkit::certs;
use raw::{RawClient, call, client_negotiate, from_client, plain_client_hello, step};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// What a stranger may cost in all.
const STRANGER: u64 = 64 << 10;

/// What rustls adds under TLS: its state, and records that it is given or decrypts.
const RUSTLS: i64 = 96 << 10;

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

/// Memory of a server connection that a client has led up to its SASL message, sealed by TLS and a few
/// bytes short of its end: what is held then, and what was held at most.
fn stranger_under_tls(versions: TlsVersions, name_len: usize) -> (i64, i64) {
    let now = Instant::now();
    let link = Link::unix(None);
    let user = UserCredentials::new("x".repeat(name_len));
    let client = ClientConfig::new(user).encrypt_loopback(true);
    let mut client = ClientConnection::new(Arc::new(client), now);
    client.handle_connected(now, link.clone());
    let tls = ServerTls::from_pem_with(certs::SERVER, certs::SERVER_KEY, versions).unwrap();
    let config = Arc::new(ServerConfig::new().tls(tls));
    let mut server = None;
    let (mut held, mut most) = (0, 0);
    let mut account = |cost: AllocationInfo| {
        most = most.max(held + cost.bytes_max as i64);
        held += cost.bytes_current;
    };
    account(measure(|| server = Some(ServerConnection::new(config.clone(), link.clone(), now))));
    let mut server = server.expect("the closure ran");
    loop {
        let mut up = Vec::new();
        while client.wants_write() {
            let _ = client.transmit(now, &mut up).unwrap();
        }
        let last = up.len() > name_len;
        up.truncate(up.len() - if last { 10 } else { 0 });
        let mut down = Vec::with_capacity(64 * KIB);
        account(measure(|| {
            for piece in up.chunks(16 * KIB) {
                server.handle_input(now, piece);
            }
            while server.wants_write() {
                let _ = server.transmit(now, &mut down).unwrap();
            }
        }));
        if last {
            assert!(!server.is_closed() && !server.is_open());
            return (held, most);
        }
        assert!(!down.is_empty(), "the negotiation goes on");
        client.handle_input(now, &down);
    }
}

#[test]
fn rustls_adds_its_share() {
    for versions in [TlsVersions::Tls12, TlsVersions::Tls13] {
        for name_len in [1_000, 47_000] {
            let (held, most) = stranger_under_tls(versions, name_len);
            println!("{versions:?}, {name_len} bytes of SASL: {held} bytes held, {most} at most");
            assert!(most < STRANGER as i64 + RUSTLS, "{versions:?}: {held}, {most}");
        }
    }
    // The longest handshake message that rustls waits for, but for its end, then a frame likewise.
    let record =
        |bytes: &[u8]| [&[22, 3, 1][..], &(bytes.len() as u16).to_be_bytes(), bytes].concat();
    let hello = [&[1, 0, 0xff, 0xff][..], &[0; 47_000]].concat();
    let mut message = step(NegotiateStep::TlsHandshake);
    message.tls_handshake = Some(hello.chunks(16 * KIB).flat_map(record).collect());
    let handshake = from_client(&message);
    let pending = [&(48 * KIB as u32).to_be_bytes()[..], &[0; 48 * KIB - 1]].concat();
    let cost = measure(|| {
        let tls = ServerTls::from_pem(certs::SERVER, certs::SERVER_KEY).unwrap();
        let mut peer = RawClient::new(ServerConfig::new().tls(tls));
        peer.feed(&[&PREAMBLE[..], &client_negotiate(&[1, 2])].concat());
        peer.feed(&handshake);
        peer.feed_by(16 * KIB, &pending);
        assert!(!peer.is_ended());
    });
    println!("unfinished handshake and frame: {cost:?}");
    assert!(cost.bytes_max < STRANGER + RUSTLS as u64, "{cost:?}");
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
