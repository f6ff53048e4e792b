//! What a peer can make either end hold, measured at the allocator: while it negotiates, with long
//! lists, with errors, and after a burst.
#![allow(clippy::disallowed_methods)] // a time to begin with

mod raw;

use std::time::Duration;

use allocation_counter::measure;
use bytes::Bytes;
use krpc_core::proto::codes::NegotiateStep;
use krpc_core::proto::decode::DecodeError;
use krpc_core::proto::pb;
use krpc_core::proto::preamble::PREAMBLE;
use krpc_core::{
    CallError, ClientEvent, ConnectionError, ErrorStatus, Method, Misbehaviour, OutboundCall,
    OutboundReply, ServerConfig, ServerTls, StatusCode,
};
use krpc_testkit::{Pair, Plan, certs};
use prost::Message;
use raw::{
    RawClient, RawServer, alice, call_header, client_negotiate, from_client, from_server,
    mechanism, misbehaviour, raw_frame, reply, reply_header, request, response, step, varint,
};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// What a stranger may cost in all.
const STRANGER: u64 = 64 << 10;

/// What rustls adds under TLS: its state, and records that it is given or decrypts.
const RUSTLS: u64 = 96 << 10;

fn tls_server() -> ServerConfig {
    let tls = ServerTls::from_pem(certs::SERVER, certs::SERVER_KEY).unwrap();
    ServerConfig::new().tls(tls)
}

fn outbound(body: impl Into<Bytes>) -> OutboundCall {
    OutboundCall::new(Method::from_static("test.Service", "Method"), body)
}

fn handshake(token: &[u8]) -> pb::NegotiatePb {
    let mut message = step(NegotiateStep::TlsHandshake);
    message.tls_handshake = Some(Bytes::copy_from_slice(token));
    message
}

// ---- negotiation

/// A record that begins with as much of a hello message, of kind `kind`, as is given.
fn hello(kind: u8, len: usize) -> Vec<u8> {
    let message = [&[kind, 0, 0xff, 0xff][..], &vec![0; len - 4]].concat();
    let record = |part: &[u8]| [&[22, 3, 3][..], &(part.len() as u16).to_be_bytes(), part].concat();
    message.chunks(16 * KIB).flat_map(record).collect()
}

/// The header of a record of 16 KiB, whose bytes come one by one: each is answered.
const RECORD: [u8; 5] = [22, 3, 3, 0x40, 0];

/// A server that has TLS and answered NEGOTIATE.
fn shaking_hands() -> RawClient {
    let mut peer = RawClient::new(tls_server());
    peer.feed(&[&PREAMBLE[..], &client_negotiate(&[1, 2])].concat());
    peer
}

/// A client whose server has TLS.
fn shaking_hands_as_client() -> RawServer {
    let mut message = step(NegotiateStep::Negotiate);
    message.supported_features = vec![1, 2];
    message.sasl_mechanisms = vec![mechanism("PLAIN")];
    let mut peer = RawServer::new(alice());
    peer.feed(&from_server(&message));
    peer
}

/// Hands over a message again and again, 16 KiB at a time, until `feed` says that no more is read.
fn repeat(message: &[u8], mut feed: impl FnMut(&[u8]) -> bool) {
    let read = message.repeat(16 * KIB / message.len());
    assert!((0..100).any(|_| !feed(&read)), "reading goes on");
}

/// The TLS engine waits for a long message that comes byte by byte, and nobody takes the answers.
#[test]
fn a_peer_that_negotiates_and_does_not_listen() {
    let cost = measure(|| {
        let mut peer = shaking_hands();
        peer.feed(&from_client(&handshake(&[&hello(1, 4)[..], &RECORD].concat())));
        peer.room(0);
        repeat(&from_client(&handshake(&[0])), |read| {
            peer.feed(read);
            peer.conn.wants_read()
        });
        assert!(!peer.is_ended());
        peer.room(usize::MAX);
        assert!(peer.conn.wants_read(), "it goes on once the answers are taken");
    });
    println!("server: {cost:?}");
    assert!(cost.bytes_max < STRANGER, "{cost:?}");

    let cost = measure(|| {
        let mut peer = shaking_hands_as_client();
        peer.feed(&from_server(&handshake(&[&hello(2, 4)[..], &RECORD].concat())));
        peer.room(0);
        repeat(&from_server(&handshake(&[0])), |read| {
            peer.feed(read);
            peer.conn.wants_read()
        });
        assert!(!peer.is_ended());
        peer.room(usize::MAX);
        assert!(peer.conn.wants_read(), "it goes on once the answers are taken");
    });
    println!("client: {cost:?}");
    assert!(cost.bytes_max < STRANGER, "{cost:?}");
}

/// At once: a handshake message as long as it may be and not at its end, answers that nobody takes,
/// and a frame as long as it may be and not at its end.
#[test]
fn all_that_a_stranger_can_make_a_server_hold() {
    let frame = [&(48 * KIB as u32).to_be_bytes()[..], &[0; 48 * KIB - 1]].concat();
    let answered = from_client(&handshake(&[0])).repeat(700);
    let begun = from_client(&handshake(&hello(1, 48_000)));
    let stream = [from_client(&handshake(&RECORD)), answered, frame].concat();
    let cost = measure(|| {
        let mut peer = shaking_hands();
        peer.feed(&begun);
        peer.room(0);
        let mut rest = &stream[..];
        while peer.conn.wants_read() && !rest.is_empty() {
            let (read, later) = rest.split_at(rest.len().min(16 * KIB));
            rest = later;
            peer.feed(read);
        }
        assert!(!peer.is_ended() && !rest.is_empty());
    });
    println!("{cost:?}");
    assert!(cost.bytes_max < STRANGER + RUSTLS, "{cost:?}");
}

#[test]
fn a_handshake_message_without_bytes_is_none() {
    let expected = Misbehaviour::MissingField { step: "TLS_HANDSHAKE", field: "tls_handshake" };
    for message in [handshake(b""), step(NegotiateStep::TlsHandshake)] {
        let mut peer = shaking_hands();
        peer.feed(&from_client(&message));
        assert_eq!(misbehaviour(peer.error()), expected);

        let mut peer = shaking_hands_as_client();
        peer.feed(&from_server(&message));
        assert_eq!(misbehaviour(peer.error()), expected);
    }
}

/// A certificate alone is more than may wait: reading stops until it is sent, and goes on.
#[test]
fn a_negotiation_over_a_slow_network_waits_and_succeeds() {
    let server = tls_server().encrypt_loopback(true);
    let client = alice().encrypt_loopback(true);
    let mut pair = Pair::with(client, server, Plan::one_byte(), Plan::one_byte());
    let mut waited = (false, false);
    while !(pair.client.is_open() && pair.server.is_open()) {
        assert!(pair.step(), "stuck: {pair:?}");
        waited.0 |= !pair.client.wants_read();
        waited.1 |= !pair.server.wants_read();
    }
    assert_eq!(waited, (false, true), "a client always listens why it may be refused");
    pair.run();
    assert!(pair.server.wants_read());
}

// ---- lists

/// A message that is `before` and as many copies of `element` as a stranger may send.
fn full_of(before: &impl Message, element: &[u8]) -> (Vec<u8>, usize) {
    let mut message = before.encode_to_vec();
    let count = (48_000 - message.len()) / element.len();
    message.extend(element.repeat(count));
    (message, count)
}

#[test]
fn offers_without_end_are_counted_and_not_decoded() {
    let negotiate = step(NegotiateStep::Negotiate);
    let packed = [&[0x0a][..], &varint(40_000), &[5; 40_000]].concat();
    let packed = ([negotiate.encode_to_vec(), packed].concat(), 40_000);
    for (field, (message, count)) in [
        ("supported_features", full_of(&negotiate, &[0x08, 5])),
        ("supported_features", packed),
        ("sasl_mechanisms", full_of(&negotiate, &[0x22, 0])),
        ("authn_types", full_of(&negotiate, &[0x3a, 0])),
    ] {
        let (message, limit) = (Bytes::from(message), 64);
        let expected = DecodeError::TooMany { message: "NegotiatePB", field, count, limit };

        let header = pb::RequestHeader { call_id: -33, ..pb::RequestHeader::default() };
        let frame = request(&header, &message);
        let cost = measure(|| {
            let mut peer = RawClient::greeted(ServerConfig::new());
            peer.feed(&frame);
            assert_eq!(misbehaviour(peer.error()), Misbehaviour::Message(expected.clone()));
        });
        assert!(cost.bytes_max < STRANGER, "{field}: {cost:?}");

        let frame = response(&reply_header(-33, false), &message);
        let cost = measure(|| {
            let mut peer = RawServer::new(alice());
            peer.feed(&frame);
            assert_eq!(misbehaviour(peer.error()), Misbehaviour::Message(expected.clone()));
        });
        assert!(cost.bytes_max < STRANGER, "{field}: {cost:?}");
    }
    let mut peer = RawClient::greeted(ServerConfig::new());
    peer.feed(&client_negotiate(&[7; 64]));
    assert!(!peer.is_ended());
}

/// A list in the header of a message that needs none there.
#[test]
fn headers_of_a_negotiation_are_short() {
    let offsets = |id: Vec<u8>, tag: &[u8]| [&id, tag, &varint(48_000), &[0; 48_000]].concat();
    let call_id = pb::RequestHeader { call_id: -33, ..pb::RequestHeader::default() };
    let request = raw_frame(&offsets(call_id.encode_to_vec(), &[0x82, 0x01]), b"");
    let response = raw_frame(&offsets(reply_header(-33, false).encode_to_vec(), &[0x1a]), b"");
    let cost = measure(|| {
        let mut peer = RawClient::greeted(ServerConfig::new());
        peer.feed(&request);
        let text = peer.error().to_string();
        assert!(text.contains("RequestHeader") && text.contains("limit of 1024"), "{text}");
    });
    assert!(cost.bytes_max < STRANGER, "{cost:?}");
    let cost = measure(|| {
        let mut peer = RawServer::new(alice());
        peer.feed(&response);
        let text = peer.error().to_string();
        assert!(text.contains("ResponseHeader") && text.contains("limit of 1024"), "{text}");
    });
    assert!(cost.bytes_max < STRANGER, "{cost:?}");
}

/// The peer is authenticated; still nobody needs more.
#[test]
fn headers_have_262_144_bytes_at_most() {
    let padded = |mut header: Vec<u8>, len: usize| {
        // A field that nobody knows, number 100: its tag, three bytes of length, and the rest.
        header.extend([0xa2, 0x06]);
        let rest = len - header.len() - 3;
        header.extend(varint(rest as u32));
        header.resize(len, 0);
        raw_frame(&header, b"x")
    };
    for len in [262_144, 262_145] {
        let text = format!("{len} bytes are over the limit of 262144");
        let mut peer = RawClient::open(ServerConfig::new());
        peer.feed(&padded(call_header(7).encode_to_vec(), len));
        if len == 262_144 {
            assert_eq!(peer.calls()[0].body, "x");
        } else {
            assert!(peer.error().to_string().contains(&text), "{}", peer.error());
        }
        let mut peer = RawServer::open(alice());
        peer.conn.start_call(peer.now, outbound("")).unwrap();
        peer.drain();
        peer.feed(&padded(reply_header(0, false).encode_to_vec(), len));
        if len == 262_144 {
            assert!(matches!(&peer.events[..], [ClientEvent::Completed { result: Ok(_), .. }]));
        } else {
            assert!(peer.error().to_string().contains(&text), "{}", peer.error());
        }
    }
}

/// `count` packed numbers behind a tag.
fn flags(tag: u8, count: usize) -> Vec<u8> {
    [&[tag][..], &varint(count as u32), &vec![1; count]].concat()
}

#[test]
fn feature_flags_of_a_call_are_bounded() {
    let call = |count| {
        let header = [call_header(7).encode_to_vec(), flags(0x5a, count)].concat();
        raw_frame(&header, b"")
    };
    let mut peer = RawClient::open(ServerConfig::new());
    peer.feed(&call(1_024));
    assert_eq!(peer.calls()[0].required_features.len(), 1_024);
    for count in [1_025, 262_000] {
        let frame = call(count);
        let cost = measure(|| {
            let mut peer = RawClient::open(ServerConfig::new());
            peer.feed(&frame);
            let (message, field, limit) = ("RequestHeader", "required_feature_flags", 1_024);
            let too_many = DecodeError::TooMany { message, field, count, limit };
            assert_eq!(misbehaviour(peer.error()), Misbehaviour::Message(too_many));
        });
        assert!(cost.bytes_max < frame.len() as u64 + STRANGER, "{count}: {cost:?}");
    }
}

#[test]
fn feature_flags_of_an_error_are_bounded() {
    let error =
        |count| response(&reply_header(0, true), &[vec![0x0a, 0], flags(0x1a, count)].concat());
    for (count, good) in [(1_024, true), (1_025, false), (4 * MIB, false)] {
        let frame = error(count);
        let mut peer = RawServer::open(alice());
        peer.conn.start_call(peer.now, outbound("")).unwrap();
        peer.drain();
        let cost = measure(|| peer.feed(&frame));
        assert!(cost.bytes_max < frame.len() as u64 + STRANGER, "{count}: {cost:?}");
        match &peer.events[..] {
            [ClientEvent::Completed { result: Err(CallError::Remote(status)), .. }] if good => {
                assert_eq!(status.unsupported_feature_flags().len(), count);
            }
            [ClientEvent::Completed { result: Err(CallError::BadReply(text)), .. }] => {
                assert!(!good && text.contains("unsupported_feature_flags"), "{text}");
            }
            other => panic!("{other:?}"),
        }
        assert!(peer.conn.is_open());
    }
}

// ---- errors

/// An error of the connection is every call's error, and there is one of it.
#[test]
fn an_error_frame_is_shared_by_all_calls() {
    for (open, calls, len) in [(true, 500, MIB), (false, 5_000, 48_000)] {
        let status = ErrorStatus::application(StatusCode::RuntimeError, "x".repeat(len));
        let frame = response(&reply_header(-33, true), &status.encode());
        let mut peer = if open { RawServer::open(alice()) } else { RawServer::new(alice()) };
        for _ in 0..calls {
            peer.conn.start_call(peer.now, outbound("")).unwrap();
        }
        peer.drain();
        let cost = measure(|| peer.feed(&frame));
        println!("{calls} calls, {len} bytes: {cost:?}");
        let most = 4 * frame.len() + calls * KIB;
        assert!(cost.bytes_max < most as u64, "{cost:?}");
        let ConnectionError::Rpc(status) = peer.error() else { panic!("{}", peer.error()) };
        assert!(status.message().len() > len);
        assert_eq!(peer.events.len(), calls + 1);
        for event in &peer.events[..calls] {
            let ClientEvent::Completed { result: Err(error), .. } = event else {
                panic!("{event:?}")
            };
            let CallError::ConnectionLost { error: lost, .. } = error else { panic!("{error}") };
            assert_eq!(*lost, ConnectionError::Rpc(status.clone()));
        }
    }
}

// ---- queues

#[test]
fn a_million_calls_cancelled_behind_a_blocked_one() {
    let mut peer = RawServer::open(alice());
    let big = peer.conn.start_call(peer.now, outbound(vec![7; MIB])).unwrap();
    peer.room(100 * KIB);
    let cost = measure(|| {
        for _ in 0..1_000_000 {
            let id = peer.conn.start_call(peer.now, outbound("")).unwrap();
            let _ = peer.conn.cancel_call(peer.now, id);
            assert!(peer.conn.poll_event().is_some());
        }
    });
    println!("{cost:?}");
    assert!(cost.bytes_max < 8 * KIB as u64, "{cost:?}");
    peer.room(usize::MAX);
    peer.feed(&reply(big.get(), b"done"));
    assert!(matches!(&peer.events[..], [ClientEvent::Completed { result: Ok(_), .. }]));
    assert_eq!(raw::requests(&peer.written()).len(), 1);
}

#[test]
fn an_idle_connection_does_not_remember_how_busy_it_was() {
    for calls in [16, 60_000] {
        let server = ServerConfig::new().max_calls(100_000);
        let mut pair = Pair::with(alice(), server, Plan::default(), Plan::default());
        for _ in 0..calls {
            let mut call = outbound("x");
            call.deadline = Some(pair.now() + Duration::from_secs(10));
            pair.start(call);
        }
        pair.run();
        // All of them are in hand; now all answers are.
        let ids: Vec<_> = pair.calls().iter().map(|call| call.id).collect();
        assert_eq!(ids.len(), calls);
        for id in ids {
            pair.server.respond(pair.now(), id, Ok(OutboundReply::default())).unwrap();
        }
        pair.run();
        assert_eq!(pair.client_events().len(), calls + 1);
        assert_eq!((pair.client.in_flight(), pair.server.in_flight()), (0, 0));
        let Pair { client, server, .. } = pair;
        let client = -measure(|| drop(client)).bytes_current;
        let server = -measure(|| drop(server)).bytes_current;
        println!("after {calls} calls: client {client} bytes, server {server} bytes");
        assert!(client < 16 * KIB as i64 && server < 16 * KIB as i64, "{client} {server}");
    }
}
