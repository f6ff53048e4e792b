//! Timers that nobody can outlast by trickling, and timeouts longer than time.

use std::time::Duration;

use krpc_core::{
    ClientConfig, ClientTls, ConnectionError, OutboundReply, ServerConfig, ServerTls, Timer,
    UserCredentials,
};
use krpc_testkit::{Pair, Plan, certs};

const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);

fn alice() -> ClientConfig {
    ClientConfig::new(UserCredentials::new("alice"))
}

fn echo(pair: &mut Pair) {
    pair.serve(|call| Some(Ok(OutboundReply::new(call.body.clone()))));
}

// ---- TLS records

/// Negotiated and sealed, by rustls or by its stand-in.
fn sealed(fake: bool) -> Pair {
    let (client, server) = if fake {
        (ClientTls::fake(), ServerTls::fake())
    } else {
        let server = ServerTls::from_pem(certs::SERVER, certs::SERVER_KEY).unwrap();
        (ClientTls::new(), server)
    };
    let client = alice().tls(client).encrypt_loopback(true);
    let server = ServerConfig::new().tls(server).encrypt_loopback(true);
    let mut pair = Pair::with(client, server, Plan::default(), Plan::default());
    pair.run();
    assert!(pair.client.is_open() && pair.server.is_open());
    pair
}

/// As [`sealed`], with a call that has left the client and not reached the server: one record.
fn sealed_call(fake: bool) -> (Pair, Vec<u8>) {
    let (mut pair, mut record) = (sealed(fake), Vec::new());
    pair.call("hello");
    while pair.client.wants_write() {
        let _ = pair.client.transmit(pair.now(), &mut record).unwrap();
    }
    (pair, record)
}

/// As [`sealed`], with a reply that has left the server and not reached the client: one record.
fn sealed_reply(fake: bool) -> (Pair, Vec<u8>) {
    let (mut pair, mut record) = (sealed(fake), Vec::new());
    let id = pair.call("hello");
    pair.run();
    pair.respond(id, Ok(OutboundReply::new("hello")));
    while pair.server.wants_write() {
        let _ = pair.server.transmit(pair.now(), &mut record).unwrap();
    }
    (pair, record)
}

#[test]
fn a_tls_record_that_trickles_ends_at_the_frame_timeout() {
    // Nothing of the frame could be read: a record is opened as a whole.
    let (allowed, announced, received) = (60 * SECOND, None, 0);
    let timed_out = Timer::Frame { allowed, announced, received };
    let timed_out = Some(ConnectionError::TimedOut(timed_out));
    for fake in [false, true] {
        let (mut pair, record) = sealed_call(fake);
        for byte in &record[..6] {
            assert_eq!(pair.server_error(), None);
            pair.server.handle_input(pair.now(), &[*byte]);
            pair.advance(10 * SECOND - NANO);
        }
        pair.advance(5 * NANO);
        assert_eq!(pair.server_error(), None);
        pair.advance(NANO);
        assert_eq!(pair.server_error(), timed_out);

        let (mut pair, record) = sealed_reply(fake);
        for byte in &record[..6] {
            assert_eq!(pair.client_error(), None);
            pair.client.handle_input(pair.now(), &[*byte]);
            pair.advance(10 * SECOND - NANO);
        }
        pair.advance(5 * NANO);
        assert_eq!(pair.client_error(), None);
        pair.advance(NANO);
        assert_eq!(pair.client_error(), timed_out);
    }
}

#[test]
fn a_tls_record_that_is_complete_in_time_is_timed_no_more() {
    for fake in [false, true] {
        let (mut pair, record) = sealed_call(fake);
        let (first, rest) = record.split_at(record.len() / 2);
        pair.server.handle_input(pair.now(), first);
        pair.advance(60 * SECOND - NANO);
        pair.server.handle_input(pair.now(), rest);
        pair.advance(1_000 * SECOND);
        assert_eq!(pair.server_error(), None);
        assert_eq!(pair.calls().len(), 1);

        let (mut pair, record) = sealed_reply(fake);
        let (first, rest) = record.split_at(3);
        pair.client.handle_input(pair.now(), first);
        pair.advance(60 * SECOND - NANO);
        pair.client.handle_input(pair.now(), rest);
        assert_eq!(pair.client.poll_timeout(), None);
        assert!(pair.client.is_open());
    }
}

/// Each read ends in the middle of a record, for longer than a record may take.
#[test]
fn each_tls_record_is_timed_by_itself() {
    for fake in [false, true] {
        let (mut pair, mut record) = sealed_call(fake);
        let mut read = Vec::new();
        for calls in 0..20 {
            let (first, rest) = record.split_at(record.len() / 2);
            read.extend(first);
            pair.server.handle_input(pair.now(), &read);
            read = rest.to_vec();
            pair.advance(10 * SECOND);
            assert_eq!(pair.server_error(), None);
            assert_eq!(pair.calls().len(), calls);
            record.clear();
            pair.call("hello");
            while pair.client.wants_write() {
                let _ = pair.client.transmit(pair.now(), &mut record).unwrap();
            }
        }
    }
}

/// The first record of a frame that has several comes in two reads; then nothing.
#[test]
fn a_frame_in_several_tls_records_is_timed_from_its_first_byte() {
    for fake in [false, true] {
        let mut pair = sealed(fake);
        pair.call(vec![7; 20_000]);
        pair.run();
        let announced = pair.calls()[0].transfer_size as u64 - 4;

        let (mut pair, mut bytes) = (sealed(fake), Vec::new());
        pair.call(vec![7; 20_000]);
        while pair.client.wants_write() {
            let _ = pair.client.transmit(pair.now(), &mut bytes).unwrap();
        }
        // What else is in a record: the kind of its content, and a tag.
        let (header, surplus) = if fake { (3, 0) } else { (5, 1 + 16) };
        let length = u16::from_be_bytes([bytes[header - 2], bytes[header - 1]]);
        let (first, rest) = bytes[..header + usize::from(length)].split_at(10);
        pair.server.handle_input(pair.now(), first);
        pair.advance(10 * SECOND);
        pair.server.handle_input(pair.now(), rest);
        pair.advance(50 * SECOND - NANO);
        assert_eq!(pair.server_error(), None);
        pair.advance(NANO);
        let (allowed, received) = (60 * SECOND, u64::from(length) - surplus - 4);
        let timed_out = Timer::Frame { allowed, announced: Some(announced), received };
        assert_eq!(pair.server_error(), Some(ConnectionError::TimedOut(timed_out)));
    }
}

/// A record that carries no part of a frame.
#[test]
fn an_empty_tls_record_leaves_no_timer_behind() {
    let mut pair = sealed(true);
    pair.client.handle_input(pair.now(), &[0x17]);
    assert_eq!(pair.client.poll_timeout(), Some(pair.now() + 60 * SECOND));
    pair.client.handle_input(pair.now(), &[0, 0]);
    assert_eq!(pair.client.poll_timeout(), None);
    assert!(pair.client.is_open());
}

#[test]
fn an_end_within_a_tls_record_is_one_in_mid_frame() {
    for fake in [false, true] {
        let (_, call) = sealed_call(fake);
        for cut in [0, 1, 2, 3, 4, 5, 6, call.len() - 1, call.len()] {
            let closed = ConnectionError::PeerClosed { mid_frame: cut > 0 && cut < call.len() };
            let (mut pair, call) = sealed_call(fake);
            pair.server.handle_input(pair.now(), &call[..cut]);
            pair.server.handle_eof(pair.now());
            assert_eq!(pair.server_error(), Some(closed), "{cut} of {}", call.len());
        }
        let (_, reply) = sealed_reply(fake);
        for cut in [0, 1, 2, 3, 4, 5, 6, reply.len() - 1, reply.len()] {
            let closed = ConnectionError::PeerClosed { mid_frame: cut > 0 && cut < reply.len() };
            let (mut pair, reply) = sealed_reply(fake);
            pair.client.handle_input(pair.now(), &reply[..cut]);
            pair.client.handle_eof(pair.now());
            assert_eq!(pair.client_error(), Some(closed), "{cut} of {}", reply.len());
        }
    }
}

// ---- for ever

/// All timeouts of both sides.
fn patient(timeout: Duration, plan: Plan) -> Pair {
    let client = alice().negotiation_timeout(timeout).frame_timeout(timeout).write_stall(timeout);
    let server = ServerConfig::new()
        .negotiation_timeout(timeout)
        .frame_timeout(timeout)
        .write_stall(timeout)
        .keepalive(Some(timeout));
    Pair::with(client, server, plan.clone(), plan)
}

#[test]
fn timeouts_may_be_longer_than_time() {
    let long = 1_000_000_000 * SECOND;
    for timeout in [Duration::MAX, Duration::from_secs(1 << 62)] {
        for plan in [Plan::default(), Plan::one_byte()] {
            let mut pair = patient(timeout, plan);
            echo(&mut pair);
            // In the negotiation, in the middle of frames, in a stall, and idle.
            pair.to_client.stall(true);
            pair.advance(long);
            assert!(!pair.client.is_open());
            pair.to_client.stall(false);
            let id = pair.call(vec![7; 5_000]);
            while pair.step() {
                let _ = (pair.client.poll_timeout(), pair.server.poll_timeout());
                pair.client.handle_timeout(pair.now());
                pair.server.handle_timeout(pair.now());
            }
            assert_eq!(pair.reply(id).unwrap().body.len(), 5_000);
            pair.to_server.stall(true);
            let id = pair.call("x");
            pair.advance(long);
            pair.to_server.stall(false);
            pair.run();
            assert_eq!(&pair.reply(id).unwrap().body[..], b"x");
            pair.advance(long);
            assert!(pair.client.is_open() && pair.server.is_open());
        }
    }
}

/// The allowance of a frame grows with its length, from whatever there is.
#[test]
fn a_large_frame_has_more_time_than_all_time() {
    let mut pair = patient(Duration::MAX, Plan { capacity: 100_000, ..Plan::default() });
    echo(&mut pair);
    let id = pair.call(vec![7; 3 << 20]);
    assert!(pair.step() && pair.step() && pair.step());
    while pair.step() {
        let _ = pair.server.poll_timeout();
        pair.server.handle_timeout(pair.now());
        pair.client.handle_timeout(pair.now());
    }
    assert_eq!(pair.reply(id).unwrap().body.len(), 3 << 20);
}
