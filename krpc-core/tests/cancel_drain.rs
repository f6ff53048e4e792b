//! A client gives up a request in mid-transmission where no footer can say so: a time of grace, then not
//! one byte more, and replies to what was sent before.

mod cancel;
mod raw;

use std::sync::Arc;
use std::time::Duration;

use cancel::{
    Alive, Both, FOOTERS, KUDU, MAYBE, NEVER, NO_FOOTERS, OF_2017, Stream, call, cancelled, cut,
    mid_way, motley, size,
};
use krpc_core::proto::codes::NegotiateStep;
use krpc_core::proto::{decode, frame};
use krpc_core::{
    CallError, CallId, CallStage, CancelOutcome, ClientConfig, ConnectionError, Footers,
    StartCallReason, Timer,
};
use krpc_testkit::certs;
use raw::{RawServer, alice, payloads, reply};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

const ALL: usize = usize::MAX;
const GRACE: Duration = Duration::from_millis(500);
const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);

// ---- grace

#[test]
fn what_is_sent_within_its_grace_was_sent() {
    let (mut peer, id, alive) = mid_way(alice(), &KUDU, 100);
    assert_eq!(peer.cancel(id), None);
    assert_eq!(peer.conn.poll_timeout(), Some(peer.now + GRACE));
    peer.advance(GRACE - NANO);
    assert!(peer.result(id).is_none() && alive.count() > 0);
    peer.room(ALL);
    assert_eq!(alive.count(), 0);
    assert_eq!(peer.failure(id), cancelled(CancelOutcome::Sent));
    assert_eq!(peer.failure(id).execution(), MAYBE);
    assert_eq!(peer.written().len(), size());
    // The connection lives, and what was to end it is forgotten.
    assert!(peer.conn.accepts_calls());
    peer.feed(&reply(id.get(), b"late"));
    assert_eq!(peer.conn.stats().late_replies, 1);
    assert_eq!(peer.conn.poll_timeout(), None);
    peer.advance(100 * SECOND);
    assert!(peer.conn.is_open());
}

#[test]
fn what_is_not_sent_within_its_grace_is_cut_then() {
    for (config, grace) in
        [(alice(), GRACE), (alice().grace(3 * SECOND), 3 * SECOND), (alice().grace(NANO), NANO)]
    {
        let (mut peer, id, alive) = mid_way(config, &KUDU, 100);
        assert_eq!(peer.cancel(id), None);
        // A part of it is taken meanwhile; that makes no difference.
        peer.room(50);
        peer.advance(grace - NANO);
        assert!(peer.result(id).is_none() && alive.count() > 0);
        let events = peer.events.len();
        peer.now += NANO;
        peer.conn.handle_timeout(peer.now);
        assert_eq!(alive.count(), 0, "before its end is seen");
        peer.drain();
        assert_eq!(peer.failure(id), cancelled(cut(150, size() - 150)));
        assert_eq!(peer.failure(id).execution(), NEVER);
        // Nothing else was under way.
        assert_eq!(peer.events.len(), events + 2);
        assert_eq!(peer.error(), ConnectionError::Cut);
        assert!(peer.reset);
        assert_eq!(peer.conn.stats().cut_frames_sent, 1);
    }
}

#[test]
fn without_a_grace_the_call_is_cut_at_once() {
    let (mut peer, id, alive) = mid_way(alice().grace(Duration::ZERO), &KUDU, 100);
    let outcome = peer.conn.cancel_call(peer.now, id);
    assert_eq!((outcome, alive.count()), (Some(cut(100, size() - 100)), 0));
    peer.drain();
    assert_eq!(peer.failure(id), cancelled(cut(100, size() - 100)));
}

#[test]
fn at_a_deadline_there_is_no_grace_unless_it_is_asked_for() {
    for (config, grace) in
        [(alice(), Duration::ZERO), (alice().grace_at_deadline(GRACE / 2), GRACE / 2)]
    {
        for taken in [false, true] {
            let (mut peer, alive) = (RawServer::open(config.clone()), Alive::default());
            peer.room(0);
            let mut request = motley(&alive);
            request.deadline = Some(peer.now + SECOND);
            let id = peer.start(request);
            peer.room(100);
            peer.advance(SECOND + grace - NANO);
            assert!(peer.result(id).is_none());
            peer.room(if taken { ALL } else { 0 });
            peer.advance(NANO);
            assert_eq!(alive.count(), 0);
            let (stage, execution) = match (taken, grace.is_zero()) {
                // Sent before its deadline.
                (true, true) => (CallStage::Sent, MAYBE),
                (true, false) => (CallStage::Sending, MAYBE),
                (false, _) => (CallStage::Sending, NEVER),
            };
            assert_eq!(peer.failure(id), CallError::DeadlineExceeded { stage, execution });
            assert_eq!(peer.is_ended(), !taken);
        }
    }
}

/// Whatever comes first: nobody waits longer because he has given up twice.
#[test]
fn a_second_reason_to_give_up_never_prolongs_the_grace() {
    // Cancelled again and again.
    let (mut peer, id, _alive) = mid_way(alice(), &KUDU, 100);
    for _ in 0..5 {
        assert_eq!(peer.cancel(id), None);
        peer.advance(GRACE / 5);
    }
    assert_eq!(peer.failure(id), cancelled(cut(100, size() - 100)));
    assert_eq!(peer.cancel(id), Some(CancelOutcome::AlreadyDone));

    // Cancelled, and then the deadline passes; or the other way round. The first reason is told.
    let with_deadline = |config| {
        let mut peer = RawServer::open(config);
        peer.room(0);
        let mut request = motley(&Alive::default());
        request.deadline = Some(peer.now + GRACE / 2);
        let id = peer.start(request);
        peer.room(100);
        (peer, id)
    };
    // The timeout is three bytes more.
    let size = size() + 3;
    let (mut peer, id) = with_deadline(alice().grace_at_deadline(GRACE / 5));
    assert_eq!(peer.cancel(id), None);
    assert_eq!(peer.conn.poll_timeout(), Some(peer.now + GRACE / 2));
    peer.advance(GRACE / 2 + GRACE / 5 - NANO);
    assert!(peer.result(id).is_none());
    peer.advance(NANO);
    assert_eq!(peer.failure(id), cancelled(cut(100, size - 100)));

    let (mut peer, id) = with_deadline(alice().grace_at_deadline(GRACE));
    peer.advance(GRACE / 2);
    assert_eq!(peer.cancel(id), None);
    peer.advance(GRACE - NANO);
    assert!(peer.result(id).is_none());
    peer.advance(NANO);
    let (stage, execution) = (CallStage::Sending, NEVER);
    assert_eq!(peer.failure(id), CallError::DeadlineExceeded { stage, execution });
}

// ---- not one byte more

#[test]
fn after_the_cut_not_one_byte_is_written() {
    for features in [&KUDU[..], &NO_FOOTERS] {
        let mut peer = RawServer::listing(alice(), features);
        let waiting = peer.start(call("waiting"));
        peer.written();
        peer.room(100);
        let id = peer.start(motley(&Alive::default()));
        peer.cancel(id);
        peer.advance(GRACE);
        let sent = peer.written();
        assert_eq!(sent.len(), 100);
        assert!(peer.conn.is_cut() && peer.conn.is_open() && !peer.conn.accepts_calls());
        let refused = peer.conn.start_call(peer.now, call("late")).unwrap_err();
        assert_eq!(refused.reason, StartCallReason::Closing);
        peer.room(ALL);
        assert!(!peer.conn.wants_write());
        // The socket takes nothing for hours, and that is no stall.
        peer.advance(29 * SECOND);
        peer.feed(&reply(waiting.get(), b"still read")[..5]);
        peer.conn.close(peer.now);
        peer.drain();
        assert_eq!(peer.error(), ConnectionError::LocallyClosed);
        assert!(peer.reset, "what the kernel still has is of no use to anybody");
        assert_eq!(peer.written(), b"", "{features:?}");
    }
}

/// A sealed stream that is cut in the middle of a frame, and a call that waits.
fn cut_in_tls(stream: Stream) -> (Both, CallId) {
    let mut both = Both::on(stream, |client| client.footers(Footers::Off), |server| server);
    let waiting = both.client.start(call("waiting"));
    both.carry();
    both.client.room(10_000);
    let id = both.client.start(call(vec![7; 200_000]));
    both.client.cancel(id);
    both.client.advance(GRACE);
    assert!(both.client.conn.is_cut());
    let CallError::Cancelled { outcome: CancelOutcome::Cut { sent, unsent }, .. } =
        both.client.failure(id)
    else {
        panic!("{:?}", both.client.failure(id))
    };
    assert!(sent > 0 && sent + unsent > 200_000);
    assert_eq!(both.client.written().len(), 10_000);
    both.client.room(ALL);
    (both, waiting)
}

#[test]
fn after_the_cut_not_one_sealed_byte_is_written_either() {
    for stream in Stream::SEALED {
        // What is sealed and was not taken stays where it is.
        let (mut both, waiting) = cut_in_tls(stream);
        assert!(!both.client.conn.wants_write(), "{stream:?}");
        both.client.drain();
        assert_eq!(both.client.written(), b"");
        both.answer(waiting);
        both.carry_down();
        assert_eq!(both.client.body(waiting), "waiting", "{stream:?}");
        assert_eq!(both.client.error(), ConnectionError::Cut);
        assert_eq!(both.client.written(), b"", "{stream:?}: no close_notify");

        let (mut both, _) = cut_in_tls(stream);
        both.client.conn.close(both.client.now);
        both.client.drain();
        assert_eq!(both.client.error(), ConnectionError::LocallyClosed);
        assert_eq!(both.client.written(), b"", "{stream:?}: no close_notify");

        let (mut both, _) = cut_in_tls(stream);
        both.client.feed(b"\x17\x03\x03\x00\x1f no record that was ever sealed");
        assert!(matches!(both.client.error(), ConnectionError::Tls(_)), "{stream:?}");
        assert_eq!(both.client.written(), b"", "{stream:?}: no alert");
    }
}

/// A server by rustls alone, which can do what our own has no reason to do.
fn negotiated_with_rustls(config: ClientConfig) -> (RawServer, rustls::ServerConnection) {
    let chain = vec![CertificateDer::from_pem_slice(certs::SERVER).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(certs::SERVER_KEY).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    tls.send_tls13_tickets = 0;
    let mut tls = rustls::ServerConnection::new(Arc::new(tls)).unwrap();
    let mut peer = RawServer::new(config.encrypt_loopback(true));
    peer.written();
    peer.feed(&raw::server_negotiate_of(&[1, 2, 1000]));
    while tls.is_handshaking() {
        let mut stream = &peer.written()[..];
        // One message, and behind the last one sealed bytes.
        let length = u32::from_be_bytes(*stream.first_chunk().unwrap()) as usize + 4;
        let payload = payloads(&stream[..length]).remove(0);
        let parts = frame::split(&payload, frame::FooterRule::Forbidden).unwrap();
        let message = decode::negotiate(payload.slice(parts.main)).unwrap();
        read_tls(&mut tls, &message.tls_handshake.unwrap());
        stream = &stream[length..];
        if tls.is_handshaking() {
            let mut answer = raw::step(NegotiateStep::TlsHandshake);
            answer.tls_handshake = Some(write_tls(&mut tls).into());
            peer.feed(&raw::from_server(&answer));
        } else {
            read_tls(&mut tls, stream);
        }
    }
    std::io::Write::write_all(&mut tls.writer(), &raw::sasl_success()).unwrap();
    peer.feed(&write_tls(&mut tls));
    assert!(peer.conn.is_open());
    read_tls(&mut tls, &peer.written());
    (peer, tls)
}

fn read_tls(tls: &mut rustls::ServerConnection, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        tls.read_tls(&mut bytes).unwrap();
        tls.process_new_packets().unwrap();
    }
}

fn write_tls(tls: &mut rustls::ServerConnection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut bytes).unwrap();
    }
    bytes
}

fn records(mut stream: &[u8]) -> usize {
    let mut records = 0;
    while let [_, 3, 3, high, low, rest @ ..] = stream {
        stream = &rest[usize::from(u16::from_be_bytes([*high, *low]))..];
        records += 1;
    }
    assert!(stream.is_empty());
    records
}

#[test]
fn after_the_cut_no_update_of_keys_is_answered() {
    for is_cut in [false, true] {
        let (mut peer, mut tls) = negotiated_with_rustls(alice());
        let waiting = peer.start(call("waiting"));
        read_tls(&mut tls, &peer.written());
        if is_cut {
            peer.room(10_000);
            let id = peer.start(call(vec![7; 200_000]));
            peer.cancel(id);
            peer.advance(GRACE);
            assert!(peer.conn.is_cut());
            peer.written();
            peer.room(ALL);
        }
        tls.refresh_traffic_keys().unwrap();
        peer.feed(&write_tls(&mut tls));
        if !is_cut {
            // The answer goes ahead of what is sent next.
            peer.start(call("next"));
            assert_eq!(records(&peer.written()), 2);
        }
        std::io::Write::write_all(&mut tls.writer(), &reply(waiting.get(), b"right")).unwrap();
        peer.feed(&write_tls(&mut tls));
        assert_eq!(peer.body(waiting), "right", "read with the new keys");
        assert_eq!(peer.is_ended(), is_cut);
        assert!(peer.written().is_empty());
    }
}

// ---- what is still waited for

/// Calls that were sent, one that was cut behind them, and a call behind that.
fn draining(config: ClientConfig, features: &[i32]) -> (RawServer, [CallId; 3]) {
    let mut peer = RawServer::listing(config, features);
    let ids = [0; 3].map(|_| peer.start(call("sent")));
    peer.room(100);
    let id = peer.start(motley(&Alive::default()));
    peer.cancel(id);
    peer.advance(GRACE);
    assert!(peer.conn.is_cut() && !peer.is_ended());
    (peer, ids)
}

#[test]
fn replies_to_earlier_calls_are_read_and_the_last_one_ends_it() {
    let (mut peer, ids) = draining(alice(), &KUDU);
    assert_eq!(peer.conn.poll_timeout(), Some(peer.now + 30 * SECOND));
    peer.feed_by(3, &reply(ids[1].get(), b"two"));
    peer.advance(29 * SECOND);
    // One is given up, one is late.
    assert_eq!(peer.cancel(ids[0]), Some(CancelOutcome::Sent));
    peer.feed(&reply(ids[0].get(), b"one"));
    assert!(!peer.is_ended());
    peer.feed(&reply(ids[2].get(), b"three"));
    assert_eq!((peer.body(ids[1]), peer.body(ids[2])), ("two".into(), "three".into()));
    assert_eq!(peer.error(), ConnectionError::Cut);
    assert!(peer.reset);
    assert_eq!(peer.conn.poll_timeout(), None);
}

#[test]
fn the_last_call_that_is_given_up_ends_it_too() {
    let (mut peer, ids) = draining(alice(), &KUDU);
    for id in ids {
        assert!(!peer.is_ended());
        assert_eq!(peer.cancel(id), Some(CancelOutcome::Sent));
    }
    assert_eq!(peer.error(), ConnectionError::Cut);
}

#[test]
fn replies_are_waited_for_until_the_drain_timeout() {
    for (config, drain) in [(alice(), 30 * SECOND), (alice().drain_timeout(SECOND / 2), SECOND / 2)]
    {
        let (mut peer, ids) = draining(config, &KUDU);
        peer.feed(&reply(ids[0].get(), b"in time"));
        peer.advance(drain - NANO);
        assert!(!peer.is_ended());
        peer.advance(NANO);
        let error = ConnectionError::TimedOut(Timer::Drain(drain));
        assert_eq!(peer.error(), error);
        assert!(error.to_string().contains("drain_timeout"), "{error}");
        let lost = CallError::ConnectionLost { error, execution: MAYBE };
        assert_eq!([peer.failure(ids[1]), peer.failure(ids[2])], [lost.clone(), lost]);
        assert!(peer.reset);
    }
    let (mut peer, ids) = draining(alice().drain_timeout(Duration::MAX), &KUDU);
    peer.advance(1_000_000 * SECOND);
    ids.iter().for_each(|id| peer.feed(&reply(id.get(), b"at last")));
    assert_eq!(peer.error(), ConnectionError::Cut);
}

#[test]
fn the_peers_end_is_told_to_who_still_waits() {
    let (mut peer, ids) = draining(alice(), &NO_FOOTERS);
    peer.feed(&reply(ids[0].get(), b"in time"));
    peer.eof();
    let error = ConnectionError::PeerClosed { mid_frame: false };
    let lost = CallError::ConnectionLost { error, execution: MAYBE };
    assert_eq!([peer.failure(ids[1]), peer.failure(ids[2])], [lost.clone(), lost]);
}

// ---- the half-close

/// Real Kudu drops the replies it owes when the client's stream ends.
#[test]
fn the_writing_half_is_shut_down_at_once_if_the_peer_answers_after_that() {
    for (features, told) in
        [(&NO_FOOTERS[..], true), (&KUDU, false), (&OF_2017, false), (&[1, 999, 1001], false)]
    {
        let (mut peer, _) = draining(alice(), features);
        assert_eq!(peer.shut_down, usize::from(told), "{features:?}");
        peer.advance(10 * SECOND);
        peer.drain();
        assert_eq!(peer.shut_down, usize::from(told), "{features:?}: once");
        assert!(!peer.closed);
    }
    // Where nothing is owed there is nothing to wait for.
    let (mut peer, id, _alive) = mid_way(alice(), &NO_FOOTERS, 100);
    peer.cancel(id);
    peer.advance(GRACE);
    assert_eq!((peer.shut_down, peer.reset), (0, true));
    // A peer with footers, and too much filler for them.
    let config = alice().max_filler(10);
    let (peer, _) = draining(config, &FOOTERS);
    assert_eq!(peer.shut_down, 1);
}

/// What is sealed may never leave: the peer has to see the end within a frame, or it means something else.
#[test]
fn under_tls_the_peer_is_told_only_if_it_sees_the_end_within_a_frame() {
    for stream in Stream::SEALED {
        let sealed_ahead = if stream == Stream::Fake { 4 << 10 } else { 64 << 10 };
        let rooms = [0, 1, 5, 100, 600, 4_000, 17_000, 40_000, 65_000, 66_000, 3 * sealed_ahead];
        for room in rooms {
            let mut both = Both::on(stream, |client| client.footers(Footers::Off), |server| server);
            let waiting = both.client.start(call("waiting"));
            both.carry();
            both.client.room(room);
            let id = both.client.start(call(vec![7; 1 << 20]));
            both.client.cancel(id);
            both.client.advance(GRACE);
            assert!(both.client.conn.is_cut());
            let told = both.client.shut_down > 0;
            // Not one record of it is out; all that was sealed first is out.
            assert!(!(told && room <= 100), "{stream:?} {room}");
            assert!(told || room < 3 * sealed_ahead, "{stream:?} {room}");
            both.carry_up();
            if told {
                both.server.eof();
                assert!(!both.server.is_ended(), "{stream:?} {room}: within a frame");
            }
            both.answer(waiting);
            both.carry_down();
            assert_eq!(both.client.body(waiting), "waiting", "{stream:?} {room}");
            assert_eq!(both.client.error(), ConnectionError::Cut);
        }
    }
}

/// A record with all of the frame before has left, the one with the first bytes of this has not.
#[test]
fn under_tls_a_frame_of_which_nothing_has_left_is_no_frame_for_the_peer() {
    for stream in Stream::SEALED {
        let negotiated = || {
            let mut both = Both::on(stream, |client| client.footers(Footers::Off), |server| server);
            both.client.room(0);
            let first = both.client.start(call("first"));
            (both, first)
        };
        let (mut both, _) = negotiated();
        both.client.room(ALL);
        let record = both.client.written().len();

        for more in [0, 1] {
            let (mut both, first) = negotiated();
            let id = both.client.start(call(vec![7; 100_000]));
            both.client.room(record + more);
            both.client.cancel(id);
            both.client.advance(GRACE);
            assert!(both.client.conn.is_cut());
            assert_eq!(both.client.shut_down, 0, "{stream:?}");
            both.carry_up();
            both.answer(first);
            both.carry_down();
            assert_eq!(both.client.body(first), "first");
        }
    }
}

/// How the stream is cut makes no difference: what comes with the last reply, or behind it, is not looked
/// at.
#[test]
fn what_follows_the_last_reply_does_not_count() {
    for size in [1, 1_000] {
        let (mut peer, ids) = draining(alice(), &KUDU);
        let replies = ids.map(|id| reply(id.get(), b"right")).concat();
        peer.feed_by(size, &[replies, vec![0; 4], reply(77, b"invented")].concat());
        assert_eq!(peer.body(ids[2]), "right");
        assert_eq!(peer.error(), ConnectionError::Cut);
    }
}
