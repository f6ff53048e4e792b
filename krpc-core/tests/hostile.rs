//! What a server connection does about peers that break the protocol, or speak another one.

mod raw;

use std::time::Duration;

use bytes::Bytes;
use krpc_core::proto::codes::NegotiateStep;
use krpc_core::proto::frame::{Block, FrameError};
use krpc_core::proto::preamble::{PREAMBLE, PreambleError};
use krpc_core::proto::sidecar::SidecarError;
use krpc_core::proto::varint::VarintError;
use krpc_core::proto::{decode::DecodeError, pb};
use krpc_core::{
    AuthError, ConnectionError, ErrorCode, Incompatibility, LimitExceeded, Misbehaviour,
    OutboundReply, ServerConfig, ServerEvent, Timer,
};
use prost::Message;
use raw::{
    ENDLESS, RawClient, call, call_header, client_context, client_initiate, client_negotiate,
    from_client, mechanism, misbehaviour, plain_client_hello, prefixed, raw_frame, refusal,
    request, step, varint,
};

const SECOND: Duration = Duration::from_secs(1);

fn server() -> ServerConfig {
    ServerConfig::new()
}

// ---- another protocol

#[test]
fn a_port_is_asked_for_something_else() {
    let http = |verb: &str| format!("{verb} /rpcz HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes();
    let client_hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc".to_vec();
    for (bytes, expected, text) in [
        (http("GET"), PreambleError::Http, "HTTP"),
        (http("POST"), PreambleError::Http, "HTTP"),
        (http("HEAD"), PreambleError::Http, "HTTP"),
        (client_hello, PreambleError::BadMagic(*b"\x16\x03\x01\x02"), "TLS"),
        (
            b"\x15\x03\x03\0\x02\x02\x28".to_vec(),
            PreambleError::BadMagic(*b"\x15\x03\x03\0"),
            "\\x15",
        ),
        (b"hrpc\x08\0\0".to_vec(), PreambleError::BadVersion(8), "8"),
    ] {
        for size in [bytes.len(), 1] {
            let mut peer = RawClient::new(server());
            peer.feed_by(size, &bytes);
            let preamble = Incompatibility::Preamble(expected.clone());
            assert_eq!(peer.error(), ConnectionError::PeerIncompatible(preamble));
            assert!(peer.error().to_string().contains(text), "{}", peer.error());
            assert_eq!(peer.written(), b"", "nobody there who would understand");
        }
    }
    // Service class and authentication protocol are not looked at.
    let mut peer = RawClient::new(server());
    peer.feed(&[b"hrpc\x09\x77\x88", &client_negotiate(&[1])[..]].concat());
    assert!(!peer.is_ended());
}

// ---- time

fn slow_frame(seconds: u32, announced: Option<u64>, received: u64) -> ConnectionError {
    ConnectionError::TimedOut(Timer::Frame { allowed: seconds * SECOND, announced, received })
}

#[test]
fn a_silent_client_has_three_seconds() {
    let beginnings = [
        &b""[..],
        &PREAMBLE[..3],
        &PREAMBLE,
        &plain_client_hello()[..20],
        &plain_client_hello()[..40],
    ];
    for said in beginnings {
        let mut peer = RawClient::new(server());
        peer.feed(said);
        peer.written();
        assert_eq!(peer.conn.poll_timeout(), Some(peer.now + 3 * SECOND));
        peer.advance(3 * SECOND - Duration::from_nanos(1));
        assert!(!peer.is_ended());
        peer.advance(Duration::from_nanos(1));
        assert_eq!(peer.error(), ConnectionError::TimedOut(Timer::Negotiation(3 * SECOND)));
        assert!(peer.error().to_string().contains("negotiation_timeout"));
        assert_eq!(peer.written(), b"");
        assert_eq!(peer.conn.poll_timeout(), None);
    }
}

#[test]
fn talking_does_not_prolong_the_negotiation() {
    let hello = plain_client_hello();
    let mut peer = RawClient::new(server());
    for byte in &hello[..60] {
        peer.feed(&[*byte]);
        peer.advance(Duration::from_millis(50));
    }
    assert_eq!(peer.error(), ConnectionError::TimedOut(Timer::Negotiation(3 * SECOND)));
}

#[test]
fn a_frame_that_trickles_for_ever_ends_at_the_frame_timeout() {
    // Ten MiB have 60 s and ten more.
    let mut peer = RawClient::open(server());
    peer.feed(&(10u32 << 20).to_be_bytes());
    for _ in 0..69 {
        peer.feed(b"x");
        peer.advance(SECOND);
        assert!(!peer.is_ended());
    }
    peer.advance(SECOND);
    assert_eq!(peer.error(), slow_frame(70, Some(10 << 20), 69));
    let text = peer.error().to_string();
    for part in ["frame_timeout", "a frame of 10485760 bytes", "69 bytes", "70s"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(peer.written(), b"");
}

#[test]
fn a_length_prefix_that_trickles_ends_at_the_frame_timeout() {
    let mut peer = RawClient::open(server());
    peer.feed(&[0, 0]);
    peer.advance(30 * SECOND);
    peer.feed(&[0]);
    peer.advance(30 * SECOND - Duration::from_nanos(1));
    assert!(!peer.is_ended());
    peer.advance(Duration::from_nanos(1));
    assert_eq!(peer.error(), slow_frame(60, None, 3));
    let text = peer.error().to_string();
    assert!(text.contains("3 bytes of its length prefix"), "{text}");
    // To complete it does not start the time anew.
    let mut peer = RawClient::open(server());
    peer.feed(&[0, 0]);
    peer.advance(59 * SECOND);
    peer.feed(&[1, 0]);
    peer.advance(SECOND);
    assert_eq!(peer.error(), slow_frame(60, Some(256), 0));
}

#[test]
fn a_frame_is_timed_only_while_it_is_read() {
    let mut peer = RawClient::open(server().max_calls(1));
    let second = call(2, b"late");
    peer.feed(&[&call(1, b"")[..], &second[..10]].concat());
    assert!(!peer.conn.wants_read(), "one call in flight is the limit");
    peer.advance(1_000 * SECOND);
    assert!(!peer.is_ended());
    let id = peer.calls()[0].id;
    peer.conn.respond(peer.now, id, Ok(OutboundReply::default())).unwrap();
    peer.drain();
    assert!(peer.conn.wants_read());
    peer.advance(59 * SECOND);
    peer.feed(&second[10..12]);
    assert!(!peer.is_ended());
    peer.advance(SECOND);
    assert_eq!(peer.error(), slow_frame(60, Some(second.len() as u64 - 4), 8));
}

#[test]
fn a_client_that_takes_no_replies_is_given_five_minutes() {
    let mut peer = RawClient::open(server());
    peer.feed(&call(1, b""));
    let id = peer.calls()[0].id;
    peer.room(0);
    peer.conn.respond(peer.now, id, Ok(OutboundReply::new(vec![7; 1_000]))).unwrap();
    peer.advance(200 * SECOND);
    peer.room(10);
    peer.advance(299 * SECOND);
    assert!(!peer.is_ended());
    peer.advance(SECOND);
    assert_eq!(peer.error(), ConnectionError::TimedOut(Timer::WriteStall(300 * SECOND)));
    assert!(peer.error().to_string().contains("write_stall"));
}

// ---- faults on an open connection

/// Feeds `bytes` to an open server connection whole, bytewise and through `recv_space`; the end
/// is the same and not a byte is said about it.
fn steady(bytes: &[u8]) -> ConnectionError {
    let mut ends = Vec::new();
    for size in [bytes.len(), 1, 4_096] {
        let mut peer = RawClient::open(server());
        // A call in hand loses its reply: that is what the connection's end means.
        peer.feed(&call(1_000, b""));
        let id = peer.calls()[0].id;
        peer.feed_by(size, bytes);
        ends.push(peer.error());
        assert_eq!(peer.written(), b"", "{}", peer.error());
        assert!(peer.conn.respond(peer.now, id, Ok(OutboundReply::default())).is_err());
        // What comes behind is ignored.
        peer.feed(&call(1_001, b""));
        assert!(peer.written().is_empty());
        peer.error();
    }
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0], ends[2]);
    ends.swap_remove(0)
}

fn too_large(total: u64) -> ConnectionError {
    let (limit, setting) = (52_428_800, "max_message_size");
    ConnectionError::LimitExceeded(LimitExceeded { size: total + 4, limit, setting })
}

#[test]
fn lengths_beyond_the_limit() {
    // The four bytes of the prefix count.
    for total in [3u32 << 30, (50 << 20) + 1, 50 << 20, (50 << 20) - 3] {
        let error = steady(&total.to_be_bytes());
        assert_eq!(error, too_large(total.into()));
        let text = error.to_string();
        assert!(text.contains(&(u64::from(total) + 4).to_string()), "{text}");
        assert!(text.contains("52428800") && text.contains("max_message_size"), "{text}");
    }
    let mut peer = RawClient::open(server());
    peer.feed(&((50u32 << 20) - 4).to_be_bytes());
    assert!(!peer.is_ended(), "exactly the limit");
    // Other protocols in mid-stream are lengths like any other.
    assert_eq!(steady(b"GET / HTTP/1.1\r\n"), too_large(0x4745_5420));
    assert_eq!(steady(b"\x15\x03\x03\0\x02\x02\x28"), too_large(0x1503_0300));
    assert_eq!(steady(&PREAMBLE), too_large(0x6872_7063));
}

#[test]
fn lengths_of_nothing_and_lengths_that_wrap_around() {
    let error = steady(&[0; 4]);
    assert!(error.to_string().contains("zero bytes"), "{error}");
    assert_eq!(misbehaviour(error), Misbehaviour::ZeroLength);
    // With its prefix such a frame is 4 GiB or more.
    for total in 0xffff_fffc..=0xffff_ffff {
        assert_eq!(steady(&u32::to_be_bytes(total)), too_large(total.into()));
    }
}

#[test]
fn inner_lengths_that_do_not_add_up() {
    use Block::{Header, Main};
    let header = call_header(1).encode_to_vec();
    let h = varint(header.len() as u32);
    let begun = [&h[..], &header].concat();
    let with = |rest: &[&[u8]]| [&begun[..], &rest.concat()].concat();
    let length = |block, error| FrameError::Length { block, error };
    let short = |block, announced, available| FrameError::Short { block, announced, available };
    let beyond_32_bits = [0xff, 0xff, 0xff, 0xff, 0x1f];
    let short_header = short(Header, header.len() as u32, 5);
    for (payload, expected, text) in [
        (ENDLESS.to_vec(), length(Header, VarintError::TooLong), "length of the header"),
        (with(&[&ENDLESS]), length(Main, VarintError::TooLong), "length of the"),
        (beyond_32_bits.to_vec(), length(Header, VarintError::TooLong), "32 bits"),
        (with(&[&beyond_32_bits]), length(Main, VarintError::TooLong), "32 bits"),
        (vec![0x80], length(Header, VarintError::Truncated), "cut short"),
        ([&h[..], &header[..5]].concat(), short_header, "header of"),
        (begun.clone(), length(Main, VarintError::Truncated), "cut short"),
        (with(&[&[10], &[0; 9]]), short(Main, 10, 9), "of 10 bytes where 9 are left"),
        (with(&[&varint(u32::MAX)]), short(Main, u32::MAX, 0), "4294967295"),
        (with(&[&[2], b"ab", b"c"]), FrameError::Trailing { bytes: 1 }, "1 bytes too many"),
        // A footer of 2017 is nothing else.
        (with(&[&[0], &[2, 8, 0]]), FrameError::Trailing { bytes: 3 }, "3 bytes too many"),
    ] {
        let error = steady(&prefixed(&payload));
        let said = error.to_string();
        assert!(said.contains("malformed frame: ") && said.contains(text), "{said}: {text}");
        assert_eq!(misbehaviour(error), Misbehaviour::Frame(expected));
    }
}

/// The message whose fault ends the connection, and what is said about it.
fn message_error(error: ConnectionError) -> (&'static str, String) {
    let text = error.to_string();
    match misbehaviour(error) {
        Misbehaviour::Message(DecodeError::Malformed { message, .. }) => (message, text),
        Misbehaviour::Message(DecodeError::MissingFields { message, fields }) => {
            assert!(fields.iter().all(|field| text.contains(field)), "{text} names {fields:?}");
            (message, text)
        }
        other => panic!("a bad message, not {other:?}"),
    }
}

#[test]
fn headers_that_do_not_parse() {
    let endless = [&[0x18][..], &ENDLESS].concat();
    for header in [&endless[..], b"\xff\xff\xff", b"\x32\x7fshort", b"\x1a\x01x"] {
        let (message, text) = message_error(steady(&raw_frame(header, b"")));
        assert_eq!(message, "RequestHeader");
        assert!(text.contains("RequestHeader"), "{text}");
    }
}

#[test]
fn headers_that_lack_a_field() {
    let (_, text) = message_error(steady(&raw_frame(b"\x50\x05", b"")));
    assert!(text.contains("call_id"), "{text}");
    // call_id 1 and a remote_method of only one name.
    let (_, text) = message_error(steady(&raw_frame(b"\x18\x01\x32\x03\x0a\x01s", b"")));
    assert!(text.contains("remote_method.method_name"), "{text}");
    let (_, text) = message_error(steady(&raw_frame(b"\x18\x01\x32\x03\x12\x01m", b"")));
    assert!(text.contains("remote_method.service_name"), "{text}");

    let error = steady(&raw_frame(b"\x18\x07", b""));
    assert_eq!(error.to_string(), "peer misbehaved: call 7 names no method");
    assert_eq!(misbehaviour(error), Misbehaviour::NoMethod(7));
}

#[test]
fn sidecar_offsets_that_cannot_be() {
    let order = |index, offset, previous| SidecarError::Order { index, offset, previous };
    let beyond = |index, offset, main_len| SidecarError::Beyond { index, offset, main_len };
    for (main, offsets, expected) in [
        (10, vec![5, 4], order(1, 4, 5)),
        (10, vec![11], beyond(0, 11, 10)),
        (10, vec![3, 11], beyond(1, 11, 10)),
        (10, vec![11, 3], order(1, 3, 11)),
        (10, vec![u32::MAX], beyond(0, u32::MAX, 10)),
        (0, vec![1], beyond(0, 1, 0)),
        (10, vec![0; 10_001], SidecarError::TooMany { count: 10_001 }),
    ] {
        let expected = Misbehaviour::Sidecars(expected);
        let mut header = call_header(1);
        header.sidecar_offsets = offsets.clone();
        let error = steady(&request(&header, &vec![0; main]));
        assert!(error.to_string().contains("bad sidecars: "), "{error}");
        assert_eq!(misbehaviour(error), expected);
        // Packed is the same.
        let packed: Vec<u8> = offsets.iter().flat_map(|offset| varint(*offset)).collect();
        let mut bytes = call_header(1).encode_to_vec();
        bytes.extend([0x82, 0x01]);
        bytes.extend(varint(packed.len() as u32));
        bytes.extend(packed);
        let error = steady(&raw_frame(&bytes, &vec![0; main]));
        assert_eq!(misbehaviour(error), expected);
    }
    // At the limits, all is well.
    for (main, offsets) in [(10, vec![0; 10_000]), (10, vec![10, 10]), (10, vec![0, 0, 10])] {
        let mut header = call_header(1);
        header.sidecar_offsets = offsets.clone();
        let mut peer = RawClient::open(server());
        peer.feed(&request(&header, &vec![0; main]));
        assert_eq!(peer.calls()[0].sidecars.len(), offsets.len());
    }
}

#[test]
fn a_call_id_that_is_in_flight() {
    let error = steady(&[call(5, b"a"), call(5, b"b")].concat());
    assert!(error.to_string().contains("call id 5 is in flight"), "{error}");
    assert!(matches!(misbehaviour(error), Misbehaviour::DuplicateCallId(_)));

    // It is in flight until the last byte of its reply is written.
    let mut peer = RawClient::open(server());
    peer.feed(&call(5, b"a"));
    let id = peer.calls()[0].id;
    peer.room(3);
    peer.conn.respond(peer.now, id, Ok(OutboundReply::new("reply"))).unwrap();
    peer.drain();
    assert_eq!(peer.conn.in_flight(), 1);
    peer.room(100);
    assert_eq!(peer.conn.in_flight(), 0);
    // After that it may come again; order, gaps and sign do not matter.
    for id in [5, 3, 1_000_000, -7, i32::MAX, i32::MIN] {
        peer.feed(&call(id, b"b"));
        assert_eq!(peer.calls().last().unwrap().id.get(), id);
    }
    assert!(!peer.is_ended());
}

#[test]
fn an_end_in_mid_frame_says_so() {
    let bytes = call(1, b"hello");
    for cut in 0..bytes.len() {
        let mut peer = RawClient::open(server());
        peer.feed(&bytes[..cut]);
        peer.eof();
        assert_eq!(peer.error(), ConnectionError::PeerClosed { mid_frame: cut > 0 });
    }
}

// ---- faults in the negotiation

/// What a server says and thinks of `bytes` behind the preamble, however they are cut.
fn negotiation(config: &ServerConfig, before: &[u8], bytes: &[u8]) -> (ConnectionError, Vec<u8>) {
    let mut ends = Vec::new();
    for size in [bytes.len(), 1] {
        let mut peer = RawClient::greeted(config.clone());
        peer.feed(before);
        assert!(!peer.is_ended(), "{:?}", peer.events);
        peer.written();
        peer.feed_by(size, bytes);
        ends.push((peer.error(), peer.written()));
        assert!(!peer.events.iter().any(|e| matches!(e, ServerEvent::Negotiated(_))));
    }
    assert_eq!(ends[0], ends[1]);
    ends.swap_remove(0)
}

/// A fault that is answered with an error frame.
fn refused(before: &[u8], bytes: &[u8], code: ErrorCode, text: &str) -> ConnectionError {
    let (error, written) = negotiation(&server(), before, bytes);
    let status = refusal(&written);
    assert_eq!(status.code, Some(code), "{status}");
    assert!(status.message().contains(text), "{status} contains {text}");
    error
}

fn silent(before: &[u8], bytes: &[u8]) -> ConnectionError {
    let (error, written) = negotiation(&server(), before, bytes);
    assert_eq!(written, b"", "{error}");
    error
}

#[test]
fn damaged_frames_in_the_negotiation_are_not_answered() {
    for before in [b"".to_vec(), client_negotiate(&[1])] {
        assert_eq!(misbehaviour(silent(&before, &[0; 4])), Misbehaviour::ZeroLength);
        // Strangers get less room; here the prefix is not counted.
        let (limit, setting) = (48 << 10, "max_unauthenticated_message_size");
        for total in [3u32 << 30, (50 << 20) + 1, (48 << 10) + 1, u32::MAX] {
            let exceeded = LimitExceeded { size: total.into(), limit, setting };
            let error = silent(&before, &total.to_be_bytes());
            assert_eq!(error, ConnectionError::LimitExceeded(exceeded));
        }
        for payload in [&ENDLESS[..], &[0x80], &[1], &[0, 3, 0]] {
            let error = silent(&before, &prefixed(payload));
            assert!(matches!(misbehaviour(error), Misbehaviour::Frame(_)));
        }
        let error = silent(&before, &raw_frame(&ENDLESS, b""));
        assert!(matches!(misbehaviour(error), Misbehaviour::Message(_)));
    }
}

#[test]
fn wrong_call_ids_in_the_negotiation() {
    let code = ErrorCode::FatalInvalidRpcHeader;
    let error = refused(b"", &call(0, b""), code, "Invalid argument: ");
    let expected = "-33 (negotiation)";
    assert_eq!(misbehaviour(error), Misbehaviour::WrongCallId { got: 0, expected });
    let error = refused(&client_negotiate(&[1]), &client_context(), code, "-3");
    assert_eq!(misbehaviour(error), Misbehaviour::WrongCallId { got: -3, expected });
}

#[test]
fn negotiation_messages_that_do_not_parse() {
    let code = ErrorCode::FatalDeserializingRequest;
    let message = |body: &[u8]| {
        let header = pb::RequestHeader { call_id: -33, ..pb::RequestHeader::default() };
        request(&header, body)
    };
    for before in [b"".to_vec(), client_negotiate(&[1])] {
        let error = refused(&before, &message(b"\xff\xfe garbage"), code, "NegotiatePB");
        assert_eq!(message_error(error).0, "NegotiatePB");
        // No step: feature 1 and nothing else.
        let error = refused(&before, &message(b"\x08\x01"), code, "step");
        let (name, text) = message_error(error);
        assert_eq!(name, "NegotiatePB");
        assert!(text.contains("step"), "{text}");
    }
}

#[test]
fn steps_out_of_order() {
    use NegotiateStep::*;
    let code = ErrorCode::FatalUnauthorized;
    let wrong = |before: &[u8], bytes: &[u8], got: &str, expected: &'static str| {
        let error = refused(before, bytes, code, "Not authorized: ");
        let text = error.to_string();
        assert!(text.contains(got) && text.contains(expected), "{text}");
        let got = got.to_owned();
        assert_eq!(misbehaviour(error), Misbehaviour::WrongStep { got, expected });
    };
    wrong(b"", &client_initiate(), "SASL_INITIATE", "NEGOTIATE");
    wrong(b"", &from_client(&step(TlsHandshake)), "TLS_HANDSHAKE", "NEGOTIATE");
    let before = client_negotiate(&[1]);
    wrong(&before, &client_negotiate(&[1]), "NEGOTIATE", "SASL_INITIATE");
    wrong(&before, &from_client(&step(SaslResponse)), "SASL_RESPONSE", "SASL_INITIATE");
    // The server has no certificate: a handshake is not due even if the client can.
    let before = client_negotiate(&[1, 2]);
    wrong(&before, &from_client(&step(TlsHandshake)), "TLS_HANDSHAKE", "SASL_INITIATE");
}

/// A SASL PLAIN token whose user name has 1,025 bytes.
static LONG_NAME: [u8; 1_027] = {
    let mut token = [b'x'; 1_027];
    (token[0], token[1_026]) = (0, 0);
    token
};

#[test]
fn an_authentication_that_cannot_be() {
    let code = ErrorCode::FatalUnauthorized;
    // Only types from the future.
    let mut future = step(NegotiateStep::Negotiate);
    future.authn_types = vec![pb::AuthenticationTypePb { r#type: None }];
    let error = refused(b"", &from_client(&future), code, "Not implemented: ");
    assert_eq!(error, ConnectionError::Auth(AuthError::NoUsableType));
    // A server without a mechanism.
    let (error, written) = negotiation(&server().plain(false), b"", &client_negotiate(&[1]));
    assert_eq!(error, ConnectionError::Auth(AuthError::NoServerMechanism));
    let status = refusal(&written);
    assert_eq!(status.code, Some(code));
    assert_eq!(status.message(), "Not authorized: SASL server mechanism list is empty!");

    let before = client_negotiate(&[1]);
    let initiate = |names: &[&'static str], token: Option<&'static [u8]>| {
        let mut message = step(NegotiateStep::SaslInitiate);
        message.sasl_mechanisms = names.iter().copied().map(mechanism).collect();
        message.token = token.map(Bytes::from_static);
        from_client(&message)
    };
    let good = Some(&b"\0alice\0"[..]);
    for (bytes, text) in [
        (initiate(&[], good), "0 mechanisms"),
        (initiate(&["PLAIN", "GSSAPI"], good), "2 mechanisms"),
        (initiate(&["GSSAPI"], good), "GSSAPI"),
        (initiate(&["\x1b[2J"], good), "\\x1b"),
        (initiate(&["PLAIN"], None), "NUL"),
        (initiate(&["PLAIN"], Some(b"alice")), "NUL"),
        (initiate(&["PLAIN"], Some(b"eve\0alice\0")), "another user"),
        (initiate(&["PLAIN"], Some(b"\0\xff\0")), "UTF-8"),
        (initiate(&["PLAIN"], Some(b"\0\0")), "All-whitespace username."),
        (initiate(&["PLAIN"], Some(b"\0 \t \0")), "All-whitespace username."),
        (initiate(&["PLAIN"], Some(&LONG_NAME)), "longer than 1,024 bytes"),
    ] {
        let error = refused(&before, &bytes, code, text);
        assert!(matches!(&error, ConnectionError::Auth(AuthError::Mechanism(_))), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
    // Names of mechanisms are compared without regard to case; an old client lists no types.
    let mut old = step(NegotiateStep::Negotiate);
    old.supported_features = vec![1, 77, -5];
    let mut peer = RawClient::greeted(server());
    peer.feed(&[from_client(&old), initiate(&["plain"], good), client_context()].concat());
    assert!(peer.conn.is_open());
}

#[test]
fn the_connection_context_is_never_answered() {
    let before = [client_negotiate(&[1]), client_initiate()].concat();
    let expected = "-3 (connection context)";
    let error = silent(&before, &call(0, b""));
    assert_eq!(misbehaviour(error), Misbehaviour::WrongCallId { got: 0, expected });
    let error = silent(&before, &client_initiate());
    assert_eq!(misbehaviour(error), Misbehaviour::WrongCallId { got: -33, expected });
    let error =
        silent(&before, &raw_frame(b"\x18\xfd\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\xff"));
    assert_eq!(message_error(error).0, "ConnectionContextPB");
    // The second answer of a client that is open is a call without a method.
    let error = steady(&client_context());
    assert_eq!(misbehaviour(error), Misbehaviour::NoMethod(-3));
    assert_eq!(misbehaviour(steady(&client_negotiate(&[1]))), Misbehaviour::NoMethod(-33));
}

#[test]
fn an_end_at_every_byte_of_the_negotiation_is_typed() {
    let hello = plain_client_hello();
    for cut in 0..hello.len() {
        let mut peer = RawClient::new(server());
        peer.feed(&hello[..cut]);
        peer.eof();
        assert!(matches!(peer.error(), ConnectionError::PeerClosed { .. }), "{cut}");
    }
}
