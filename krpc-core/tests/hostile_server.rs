//! What a client connection does about servers that break the protocol, or speak another one.

mod raw;

use std::time::Duration;

use bytes::Bytes;
use krpc_core::proto::codes::NegotiateStep;
use krpc_core::proto::decode::DecodeError;
use krpc_core::proto::pb;
use krpc_core::{
    AuthError, CallError, CallId, ClientConnection, ClientEvent, ClientTls, ConnectionError,
    Encryption, ErrorCode, ErrorStatus, Execution, Incompatibility, LimitExceeded, Link, Method,
    Misbehaviour, OutboundCall, Roots, StartCallReason, StatusCode, Timer,
};
use krpc_testkit::certs;
use prost::Message;
use raw::{
    ENDLESS, RawServer, alice, from_server, mechanism, misbehaviour, prefixed, raw_frame, reply,
    reply_header, requests, response, sasl, sasl_success, server_negotiate, step, varint,
};

const SECOND: Duration = Duration::from_secs(1);

fn start(peer: &mut RawServer, body: impl Into<Bytes>) -> CallId {
    let call = OutboundCall::new(Method::from_static("test.Service", "Method"), body);
    let id = peer.conn.start_call(peer.now, call).expect("the client takes the call");
    peer.drain();
    id
}

/// How a call has ended: the reply's body, or the error.
fn result(peer: &RawServer, id: CallId) -> Result<Bytes, CallError> {
    let mut results = Vec::new();
    for event in &peer.events {
        match event {
            ClientEvent::Completed { id: done, result } if *done == id => results.push(result),
            _ => {}
        }
    }
    let [result] = results[..] else { panic!("a call completes once: {results:?}") };
    result.as_ref().map(|reply| reply.body.clone()).map_err(Clone::clone)
}

// ---- negotiation

/// What a client thinks of `bytes`, which come instead of the server's next message. It says
/// nothing back: it closes.
fn negotiation(before: &[u8], bytes: &[u8]) -> ConnectionError {
    let mut ends = Vec::new();
    for size in [bytes.len(), 1] {
        let mut peer = RawServer::new(alice());
        let waiting = start(&mut peer, "waiting");
        peer.feed(before);
        assert!(!peer.is_ended(), "{:?}", peer.events);
        peer.written();
        peer.feed_by(size, bytes);
        let error = peer.error();
        assert_eq!(peer.written(), b"", "{error}");
        let lost = CallError::ConnectionLost { error: error.clone(), execution: Execution::Never };
        assert_eq!(result(&peer, waiting), Err(lost));
        ends.push(error);
    }
    assert_eq!(ends[0], ends[1]);
    ends.swap_remove(0)
}

#[test]
fn a_port_that_speaks_http() {
    for before in [b"".to_vec(), server_negotiate()] {
        let error = negotiation(&before, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        assert_eq!(error, ConnectionError::PeerIncompatible(Incompatibility::Http));
        assert!(error.to_string().contains("HTTP"), "{error}");
    }
    // Some write no status line in front of the page that says what they think of us.
    for page in ["<!DOCTYPE HTML>\n<html", "<html><body>", "<HTML><HEAD>"] {
        let error = negotiation(b"", page.as_bytes());
        assert_eq!(error, ConnectionError::PeerIncompatible(Incompatibility::Http), "{page}");
    }
    // A frame of this length is allowed once the peer is authenticated, and merely too long.
    assert!(matches!(steady(b"<!DO"), ConnectionError::LimitExceeded(_)));
}

#[test]
fn a_port_that_speaks_tls_from_the_first_byte() {
    // An alert, in reply to a preamble that is no ClientHello, and a handshake record.
    for record in
        [&b"\x15\x03\x03\0\x02\x02\x28"[..], b"\x15\x03\x01\0\x02\x02\x46", b"\x16\x03\x03\0\x7a"]
    {
        for before in [b"".to_vec(), server_negotiate()] {
            let error = negotiation(&before, record);
            assert_eq!(error, ConnectionError::PeerIncompatible(Incompatibility::Tls));
            assert!(error.to_string().contains("TLS from the first byte"), "{error}");
        }
    }
}

#[test]
fn lengths_in_the_negotiation() {
    let (limit, setting) = (48 << 10, "max_unauthenticated_message_size");
    for prefix in [3u32 << 30, (50 << 20) + 1, (48 << 10) + 1, u32::MAX] {
        let exceeded = LimitExceeded { size: prefix.into(), limit, setting };
        let error = negotiation(b"", &prefix.to_be_bytes());
        assert_eq!(error, ConnectionError::LimitExceeded(exceeded));
        assert!(error.to_string().contains(setting), "{error}");
    }
    assert_eq!(misbehaviour(negotiation(b"", &[0; 4])), Misbehaviour::ZeroLength);
}

#[test]
fn damaged_messages_in_the_negotiation() {
    for payload in [&ENDLESS[..], &[0x80], &[2, 8, 0], &[0, 3, 0], &[2, 8, 0, 0, 0]] {
        let error = negotiation(b"", &prefixed(payload));
        assert!(matches!(misbehaviour(error), Misbehaviour::Frame(_)), "{payload:?}");
    }
    let header = reply_header(-33, false).encode_to_vec();
    for (bytes, name) in [
        (raw_frame(&ENDLESS, b""), "ResponseHeader"),
        (raw_frame(b"", b""), "ResponseHeader"),
        (raw_frame(&header, b"\xff\xff"), "NegotiatePB"),
        (raw_frame(&header, b"\x08\x01"), "NegotiatePB"),
        (response(&reply_header(-33, true), b"\x10\x0f"), "ErrorStatusPB"),
        (response(&reply_header(-33, true), b"\xff"), "ErrorStatusPB"),
    ] {
        match misbehaviour(negotiation(b"", &bytes)) {
            Misbehaviour::Message(DecodeError::Malformed { message, .. })
            | Misbehaviour::Message(DecodeError::MissingFields { message, .. }) => {
                assert_eq!(message, name);
            }
            other => panic!("{other:?}"),
        }
    }
    let error = negotiation(b"", &reply(0, b""));
    let expected = "-33 (negotiation)";
    assert_eq!(misbehaviour(error), Misbehaviour::WrongCallId { got: 0, expected });
}

#[test]
fn steps_out_of_order() {
    use NegotiateStep::*;
    for (before, got, expected) in [
        (b"".to_vec(), SaslSuccess, "NEGOTIATE"),
        (b"".to_vec(), TlsHandshake, "NEGOTIATE"),
        (server_negotiate(), Negotiate, "SASL_SUCCESS"),
        (server_negotiate(), SaslChallenge, "SASL_SUCCESS"),
        // Neither has TLS: a handshake is not due.
        (server_negotiate(), TlsHandshake, "SASL_SUCCESS"),
    ] {
        let error = negotiation(&before, &from_server(&step(got)));
        let text = error.to_string();
        assert!(text.contains(got.name()) && text.contains(expected), "{text}");
        let got = got.name().to_owned();
        assert_eq!(misbehaviour(error), Misbehaviour::WrongStep { got, expected });
    }
}

#[test]
fn an_authentication_that_cannot_be() {
    use pb::authentication_type_pb::{Certificate, Jwt, Token, Type};
    let answer = |types: Vec<Option<Type>>, mechanisms: &[&'static str]| {
        let mut message = step(NegotiateStep::Negotiate);
        let wrap = |r#type| pb::AuthenticationTypePb { r#type };
        message.authn_types = types.into_iter().map(wrap).collect();
        message.sasl_mechanisms = mechanisms.iter().copied().map(mechanism).collect();
        from_server(&message)
    };
    for (chosen, name) in [
        (Some(Type::Token(Token {})), "TOKEN"),
        (Some(Type::Certificate(Certificate {})), "CERTIFICATE"),
        (Some(Type::Jwt(Jwt {})), "JWT"),
        (None, "unknown"),
    ] {
        let error = negotiation(b"", &answer(vec![chosen], &["PLAIN"]));
        assert!(error.to_string().contains(name), "{error}");
        assert!(matches!(error, ConnectionError::Auth(AuthError::NotImplemented(_))), "{error}");
    }
    let two = answer(vec![sasl().r#type, sasl().r#type], &["PLAIN"]);
    let error = negotiation(b"", &two);
    assert!(matches!(misbehaviour(error), Misbehaviour::MissingField { step: "NEGOTIATE", .. }));
    for (mechanisms, said) in [
        (&[][..], "server has none"),
        (&["GSSAPI"], "server has GSSAPI"),
        (&["GSSAPI", "\x1b]0;x\x07"], "GSSAPI, \\x1b"),
    ] {
        let error = negotiation(b"", &answer(vec![sasl().r#type], mechanisms));
        assert!(error.to_string().contains(said), "{error}");
        let mismatch = matches!(error, ConnectionError::Auth(AuthError::NoCommonMechanism { .. }));
        assert!(mismatch, "{error}");
    }
    // No type at all means SASL.
    let mut peer = RawServer::new(alice());
    peer.feed(&[answer(vec![], &["GSSAPI", "plain"]), sasl_success()].concat());
    assert!(peer.conn.is_open());
}

#[test]
fn a_refusal_is_passed_on_as_it_is() {
    let text = "client does not support required TLS encryption";
    let status = ErrorStatus::new(ErrorCode::FatalUnauthorized, StatusCode::NotAuthorized, text);
    let frame = response(&reply_header(-33, true), &status.encode());
    for before in [b"".to_vec(), server_negotiate()] {
        let error = negotiation(&before, &frame);
        assert_eq!(error, ConnectionError::from(status.clone()));
        assert!(error.to_string().contains(text), "{error}");
    }
    // And once the client believes it is connected.
    let mut peer = RawServer::open(alice());
    let id = start(&mut peer, "x");
    peer.feed(&frame);
    let error = ConnectionError::from(status);
    assert_eq!(peer.error(), error);
    let lost = CallError::ConnectionLost { error, execution: Execution::Maybe };
    assert_eq!(result(&peer, id), Err(lost));
}

#[test]
fn a_server_without_the_tls_that_is_required() {
    let roots = Roots::from_pem(certs::CA).unwrap();
    let verifying = || alice().tls(ClientTls::new().verify(roots.clone()));
    for config in [alice().encryption(Encryption::Required), verifying()] {
        let mut peer = RawServer::new(config);
        peer.written();
        peer.feed(&server_negotiate());
        let lacks = ConnectionError::PeerIncompatible(Incompatibility::ServerLacksTls);
        assert_eq!(peer.error(), lacks);
        assert!(lacks.to_string().contains("server does not support required TLS encryption"));
        assert_eq!(peer.written(), b"", "the user name stays here");
    }
    let mut peer = RawServer::new(verifying().encryption(Encryption::Disabled));
    peer.feed(&server_negotiate());
    assert!(!peer.is_ended(), "neither was wanted");
}

/// Kudu's test of that name: whoever lists no application feature flags has none.
#[test]
fn test_application_feature_flag_unsupported_server() {
    let flagged = |peer: &mut RawServer| {
        let method = Method::from_static("test.Service", "Method");
        let mut call = OutboundCall::new(method, "flagged");
        call.required_features = vec![7, 1];
        peer.conn.start_call(peer.now, call)
    };
    let mut peer = RawServer::new(alice());
    // It is not known yet.
    let first = start(&mut peer, "plain");
    let waiting = [flagged(&mut peer).unwrap(), flagged(&mut peer).unwrap()];
    let last = start(&mut peer, "plain");
    let mut message = step(NegotiateStep::Negotiate);
    message.sasl_mechanisms = vec![mechanism("PLAIN")];
    peer.feed(&[from_server(&message), sasl_success()].concat());
    assert!(peer.conn.is_open());
    let reason = StartCallReason::NotSupported(vec![7, 1]);
    for id in waiting {
        let error = result(&peer, id).unwrap_err();
        assert_eq!(error, CallError::Refused(reason.clone()));
        assert_eq!(error.execution(), Execution::Never);
        assert!(error.to_string().contains("[7, 1], which the server does not support"));
    }
    // Now it is.
    assert_eq!(flagged(&mut peer).unwrap_err().reason, reason);
    assert_eq!(peer.conn.in_flight(), 2);
    peer.feed(&[reply(first.get(), b"1"), reply(last.get(), b"2")].concat());
    assert_eq!(
        (result(&peer, first).unwrap(), result(&peer, last).unwrap()),
        ("1".into(), "2".into())
    );
    let written = peer.written();
    let bodies: Vec<_> =
        requests(&written[7..]).into_iter().skip(3).map(|(_, body)| body).collect();
    assert_eq!(bodies, ["plain", "plain"]);
}

#[test]
fn a_client_without_a_mechanism_says_nothing() {
    let mut peer = RawServer::new(alice().plain(false));
    let error = peer.error();
    assert_eq!(error, ConnectionError::Auth(AuthError::NothingToOffer));
    assert!(error.to_string().contains("not configured with an authentication type"), "{error}");
    assert_eq!(peer.written(), b"");
}

// ---- time

#[test]
fn a_silent_server_has_three_seconds() {
    for said in [b"".to_vec(), server_negotiate()[..9].to_vec(), server_negotiate()] {
        let mut peer = RawServer::new(alice());
        peer.feed(&said);
        let id = start(&mut peer, "x");
        peer.advance(3 * SECOND - Duration::from_nanos(1));
        assert!(!peer.is_ended());
        peer.advance(Duration::from_nanos(1));
        let error = ConnectionError::TimedOut(Timer::Negotiation(3 * SECOND));
        assert_eq!(peer.error(), error);
        let lost = CallError::ConnectionLost { error, execution: Execution::Never };
        assert_eq!(result(&peer, id), Err(lost));
        assert_eq!(peer.conn.poll_timeout(), None);
    }
}

#[test]
fn connecting_counts_for_the_negotiation() {
    let peer = RawServer::new(alice());
    let start = peer.now;
    let mut conn = ClientConnection::new(std::sync::Arc::new(alice()), start);
    assert_eq!(conn.poll_timeout(), Some(start + 3 * SECOND));
    conn.handle_connected(start + 2 * SECOND, Link::unix(None));
    assert_eq!(conn.poll_timeout(), Some(start + 3 * SECOND));
    conn.handle_timeout(start + 3 * SECOND);
    assert!(conn.is_closed());
}

#[test]
fn a_reply_that_trickles_for_ever_ends_at_the_frame_timeout() {
    let mut peer = RawServer::open(alice());
    let id = start(&mut peer, "x");
    peer.feed(&(10u32 << 20).to_be_bytes());
    for _ in 0..69 {
        peer.feed(b"x");
        peer.advance(SECOND);
        assert!(!peer.is_ended());
    }
    peer.advance(SECOND);
    let (allowed, announced, received) = (70 * SECOND, Some(10 << 20), 69);
    let error = ConnectionError::TimedOut(Timer::Frame { allowed, announced, received });
    assert_eq!(peer.error(), error);
    let lost = CallError::ConnectionLost { error, execution: Execution::Maybe };
    assert_eq!(result(&peer, id), Err(lost));

    let mut peer = RawServer::open(alice());
    peer.feed(&[0]);
    peer.advance(60 * SECOND);
    let (allowed, announced, received) = (60 * SECOND, None, 1);
    let error = ConnectionError::TimedOut(Timer::Frame { allowed, announced, received });
    assert_eq!(peer.error(), error);
    // An idle client connection has no timer at all.
    assert_eq!(RawServer::open(alice()).conn.poll_timeout(), None);
}

#[test]
fn a_server_that_takes_no_calls_is_given_five_minutes() {
    let mut peer = RawServer::open(alice());
    peer.room(10);
    let begun = start(&mut peer, "begun");
    peer.advance(299 * SECOND);
    assert!(!peer.is_ended());
    peer.room(1);
    peer.advance(299 * SECOND);
    assert!(!peer.is_ended(), "each byte starts it anew");
    peer.advance(SECOND);
    let error = ConnectionError::TimedOut(Timer::WriteStall(300 * SECOND));
    assert_eq!(peer.error(), error);
    let lost = CallError::ConnectionLost { error, execution: Execution::Never };
    assert_eq!(result(&peer, begun), Err(lost));
}

// ---- faults on an open connection

/// Feeds `bytes` to an open client connection with one call (id 0) in flight.
fn steady(bytes: &[u8]) -> ConnectionError {
    let mut ends = Vec::new();
    for size in [bytes.len(), 1] {
        let mut peer = RawServer::open(alice());
        start(&mut peer, "x");
        peer.written();
        peer.feed_by(size, bytes);
        ends.push(peer.error());
        assert_eq!(peer.written(), b"");
        assert_eq!(peer.conn.in_flight(), 0);
    }
    assert_eq!(ends[0], ends[1]);
    ends.swap_remove(0)
}

#[test]
fn lengths_on_an_open_connection() {
    for total in [3u32 << 30, (50 << 20) + 1, (50 << 20) - 3, 0x4854_5450, u32::MAX] {
        let (size, limit, setting) = (u64::from(total) + 4, 52_428_800, "max_message_size");
        let exceeded = LimitExceeded { size, limit, setting };
        let error = steady(&total.to_be_bytes());
        assert_eq!(error, ConnectionError::LimitExceeded(exceeded));
        let text = error.to_string();
        assert!(text.starts_with("RPC frame had a length of"), "{text}");
    }
    assert_eq!(misbehaviour(steady(&[0; 4])), Misbehaviour::ZeroLength);
}

#[test]
fn damaged_replies() {
    let header = reply_header(0, false).encode_to_vec();
    let h = varint(header.len() as u32);
    for payload in [
        ENDLESS.to_vec(),
        [&h[..], &header, &ENDLESS].concat(),
        [&h[..], &header[..2]].concat(),
        [&h[..], &header].concat(),
        [&h[..], &header, &[10], &[0; 9]].concat(),
        [&h[..], &header, &[2], b"abc"].concat(),
    ] {
        let error = steady(&prefixed(&payload));
        assert!(matches!(misbehaviour(error), Misbehaviour::Frame(_)), "{payload:?}");
    }
    for header in [&[&[0x08][..], &ENDLESS].concat()[..], b"\x10\x00", b"\xff"] {
        let error = steady(&raw_frame(header, b""));
        assert!(matches!(misbehaviour(error), Misbehaviour::Message(_)), "{header:?}");
    }
    for (main, offsets) in
        [(10, vec![5, 4]), (10, vec![11]), (10, vec![3, 11]), (0, vec![1]), (10, vec![0; 10_001])]
    {
        let mut header = reply_header(0, false);
        header.sidecar_offsets = offsets;
        let error = steady(&response(&header, &vec![0; main]));
        assert!(matches!(misbehaviour(error), Misbehaviour::Sidecars(_)));
        // Errors are not spared.
        header.is_error = Some(true);
        let error = steady(&response(&header, &vec![0; main]));
        assert!(matches!(misbehaviour(error), Misbehaviour::Sidecars(_)));
    }
}

#[test]
fn replies_that_nobody_waits_for() {
    for id in [1, 77, i32::MAX, -1, -3, -33] {
        let error = steady(&reply(id, b""));
        assert!(error.to_string().contains(&id.to_string()), "{error}");
        assert_eq!(misbehaviour(error), Misbehaviour::UnexpectedReply(id));
    }
    // A second reply.
    let error = steady(&[reply(0, b"a"), reply(0, b"b")].concat());
    assert_eq!(misbehaviour(error), Misbehaviour::UnexpectedReply(0));
    // A second reply to a call that was given up: the first is late, the second invented.
    let mut peer = RawServer::open(alice());
    let id = start(&mut peer, "x");
    let _ = peer.conn.cancel_call(peer.now, id);
    peer.feed(&reply(0, b""));
    assert!(!peer.is_ended());
    assert_eq!(peer.conn.stats().late_replies, 1);
    peer.feed(&reply(0, b""));
    assert_eq!(misbehaviour(peer.error()), Misbehaviour::UnexpectedReply(0));
}

#[test]
fn replies_before_the_request_is_sent() {
    // Nothing of it, its first bytes, all but its last byte.
    let mut whole = RawServer::open(alice());
    start(&mut whole, "early");
    let size = whole.written().len();
    for sent in [0, 1, 4, 10, size - 1] {
        for cancelled in [false, true] {
            let mut peer = RawServer::open(alice());
            peer.room(sent);
            let id = start(&mut peer, "early");
            if cancelled {
                let _ = peer.conn.cancel_call(peer.now, id);
            }
            peer.feed(&reply(0, b""));
            let misbehaviour = misbehaviour(peer.error());
            if cancelled && sent == 0 {
                assert_eq!(misbehaviour, Misbehaviour::UnexpectedReply(0));
            } else {
                assert_eq!(misbehaviour, Misbehaviour::EarlyReply(id), "after {sent} bytes");
            }
            let error = result(&peer, id).unwrap_err();
            assert_eq!(error.execution(), Execution::Never, "{error}");
        }
    }
}

#[test]
fn an_error_reply_that_does_not_parse_fails_its_call_only() {
    for body in [&b"\xff"[..], b"", b"\x10\x05"] {
        let mut peer = RawServer::open(alice());
        let (bad, good) = (start(&mut peer, "a"), start(&mut peer, "b"));
        peer.feed(&[response(&reply_header(0, true), body), reply(1, b"fine")].concat());
        let Err(CallError::BadReply(text)) = result(&peer, bad) else {
            panic!("{:?}", result(&peer, bad))
        };
        assert!(text.contains("ErrorStatusPB"), "{text}");
        assert_eq!(result(&peer, good).unwrap(), "fine");
        assert!(peer.conn.is_open());
    }
}

#[test]
fn an_end_at_every_byte_of_the_conversation_is_typed() {
    let negotiation = [server_negotiate(), sasl_success()].concat();
    let bytes = [&negotiation[..], &reply(0, b"hello")].concat();
    for cut in 0..bytes.len() {
        let mut peer = RawServer::new(alice());
        let id = start(&mut peer, "x");
        peer.feed(&bytes[..cut]);
        peer.eof();
        let ends = [0, server_negotiate().len(), negotiation.len()];
        let error = ConnectionError::PeerClosed { mid_frame: !ends.contains(&cut) };
        assert_eq!(peer.error(), error, "{cut}");
        let sent = cut >= negotiation.len();
        let execution = if sent { Execution::Maybe } else { Execution::Never };
        assert_eq!(result(&peer, id), Err(CallError::ConnectionLost { error, execution }));
    }
    let mut peer = RawServer::new(alice());
    let id = start(&mut peer, "x");
    peer.feed_by(1, &bytes);
    assert_eq!(result(&peer, id).unwrap(), "hello");
    let written = peer.written();
    let ids: Vec<_> = requests(&written[7..]).iter().map(|(header, _)| header.call_id).collect();
    assert_eq!(ids, [-33, -33, -3, 0]);
}
