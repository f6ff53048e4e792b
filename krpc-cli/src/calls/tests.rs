use krpc_tokio::core::proto::codes::{ErrorCode, StatusCode};
use krpc_tokio::core::proto::frame;
use krpc_tokio::core::proto::pb::{RemoteMethodPb, RequestHeader, ResponseHeader};
use krpc_tokio::core::proto::preamble::PREAMBLE;

use super::*;

/// A request with a body of so many bytes.
fn request(id: i32, body: usize, footer: &[u8]) -> Vec<u8> {
    let method = RemoteMethodPb { service_name: "s.S".into(), method_name: "Do".into() };
    let header =
        RequestHeader { call_id: id, remote_method: Some(method), ..RequestHeader::default() };
    framed(&header, &vec![7; body], footer)
}

fn reply(id: i32, error: Option<&ErrorStatus>) -> Vec<u8> {
    let is_error = error.map(|_| true);
    let header = ResponseHeader { call_id: id, is_error, ..ResponseHeader::default() };
    framed(&header, &error.map(ErrorStatus::encode).unwrap_or_default(), b"")
}

fn framed(header: &impl prost::Message, main: &[u8], footer: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::put_head(&mut bytes, header, main.len(), footer.len()).unwrap();
    bytes.extend_from_slice(main);
    bytes.extend_from_slice(footer);
    bytes
}

/// Feeds what both sides say in turn, cut into pieces, a millisecond after each other, and ends.
fn follow(said: &[(Side, Vec<u8>)], piece: usize) -> Vec<Event> {
    let (mut calls, start) = (Calls::new(), Instant::now());
    let mut events = Vec::new();
    let mut now = start;
    for (from, bytes) in said {
        now += Duration::from_millis(1);
        for bytes in bytes.chunks(piece) {
            calls.feed(*from, now, bytes, &mut events);
        }
    }
    calls.end(now, &mut events);
    events
}

/// Whatever the pieces, with what the client begins with.
fn followed(mut said: Vec<(Side, Vec<u8>)>) -> Vec<Event> {
    said.insert(0, (Side::Client, PREAMBLE.to_vec()));
    let events = follow(&said, usize::MAX);
    for piece in [1, 2, 3, 7, 1_000] {
        assert_eq!(follow(&said, piece), events, "in pieces of {piece}");
    }
    events
}

fn call(id: i32, request: u64, reply: Option<u64>, ms: Option<u64>, outcome: Outcome) -> Event {
    let took = ms.map(Duration::from_millis);
    Event::Call(Call { id, method: "s.S.Do".into(), request, reply, took, outcome })
}

#[test]
fn answers_are_matched_whatever_their_order() {
    let (large, small) = (request(0, 100_000, b""), request(1, 3, &frame::footer_bytes(false)));
    let sizes = (large.len() as u64, small.len() as u64);
    let error = ErrorStatus::new(ErrorCode::ErrorApplication, StatusCode::NotFound, "no\x1b");
    let (bad, good) = (reply(1, Some(&error)), reply(0, None));
    let (bad_size, good_size) = (bad.len() as u64, good.len() as u64);
    let said = vec![
        (Side::Client, large),
        (Side::Client, small),
        (Side::Server, bad),
        (Side::Server, good),
    ];
    let text = plain(error.message());
    let error = Outcome::Error { code: "ERROR_APPLICATION".into(), message: text.clone() };
    assert!(text.contains(r"\u{1b}"), "{text}");
    let expected = [
        call(1, sizes.1, Some(bad_size), Some(1), error),
        call(0, sizes.0, Some(good_size), Some(3), Outcome::Ok),
    ];
    assert_eq!(followed(said), expected);
}

#[test]
fn what_is_not_answered_is_told_apart() {
    let aborted = request(0, 50_000, &frame::footer_bytes(true));
    let waiting = request(1, 10, &frame::footer_bytes(false));
    let mut cut = request(2, 60_000, b"");
    let (a, w, c) = (aborted.len() as u64, waiting.len() as u64, cut.len() as u64);
    cut.truncate(30_000);
    let said = vec![(Side::Client, aborted), (Side::Client, waiting), (Side::Client, cut)];
    let expected = [
        call(0, a, None, None, Outcome::Cancelled),
        call(1, w, None, Some(1), Outcome::Unanswered),
        call(2, c, None, None, Outcome::Cut(30_000)),
    ];
    assert_eq!(followed(said), expected);
}

#[test]
fn only_a_failed_negotiation_is_told() {
    let step = |id| {
        let header = RequestHeader { call_id: id, ..RequestHeader::default() };
        (Side::Client, framed(&header, b"\x10\x01", b""))
    };
    let (again, context) = (step(ids::NEGOTIATE), step(ids::CONNECTION_CONTEXT));
    let header = ResponseHeader { call_id: ids::NEGOTIATE, ..ResponseHeader::default() };
    let good = (Side::Server, framed(&header, b"\x10\x01", b""));
    let said = vec![again.clone(), good, again.clone(), again.clone(), context];
    assert_eq!(followed(said), []);
    let error = ErrorStatus::new(ErrorCode::FatalUnauthorized, StatusCode::NotAuthorized, "who?");
    let events = followed(vec![again, (Side::Server, reply(ids::NEGOTIATE, Some(&error)))]);
    let [Event::Call(call)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(call.method, "negotiation");
    assert!(matches!(&call.outcome, Outcome::Error { code, .. } if code == "FATAL_UNAUTHORIZED"));
}

#[test]
fn what_cannot_be_followed_is_said_once() {
    let opaque = |events: &[Event], part: &str| {
        let told = matches!(events, [Event::Opaque(why)] if why.contains(part));
        assert!(told, "no '{part}' alone in {events:?}");
    };
    let http = (Side::Client, b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n".to_vec());
    for piece in [1, 100] {
        opaque(&follow(std::slice::from_ref(&http), piece), "speaks HTTP");
    }
    let record = b"\x17\x03\x03\0\x05hello".repeat(3);
    opaque(&followed(vec![(Side::Server, record.clone())]), "TLS");
    opaque(&followed(vec![(Side::Client, record)]), "TLS");
    opaque(&followed(vec![(Side::Client, vec![0xff; 20])]), "the client");
    // A header that is longer than its frame, and one without an end to its length.
    opaque(&followed(vec![(Side::Server, b"\0\0\0\x05\x7fabcdefg".to_vec())]), "the server");
    opaque(&followed(vec![(Side::Server, b"\0\0\0\x09\xff\xff\xff\xff\xff\xff".to_vec())]), "fit");
    opaque(&followed(vec![(Side::Server, b"\0\0\0\x01\0\0\0".to_vec())]), "fit");
}

#[test]
fn little_is_held_of_a_large_frame() {
    let (mut calls, mut events) = (Calls::new(), Vec::new());
    let bytes = [&PREAMBLE[..], &request(0, 8 << 20, b"")].concat();
    calls.feed(Side::Client, Instant::now(), &bytes[..bytes.len() - 1], &mut events);
    let connection = calls.connection.expect("all of it was seen");
    assert!(connection.unfinished().is_some(), "one byte is missing");
    let held = connection.held();
    assert!((1..=64 << 10).contains(&held), "{held} bytes");
}
