//! What the end of footers in Kudu (KUDU-2110, KUDU-2334) and its cancellation since teach, each lesson as a
//! test: a frame is rendered once, what was not taken commits nothing, a receiver takes what was
//! announced and waits for it no longer than so long, and every call ends once, with its payload gone.

mod cancel;
mod raw;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cancel::{
    Alive, Both, FOOTERS, KUDU, NO_FOOTERS, Stream, call, cancelled, footed_call, motley,
};
use krpc_core::proto::{decode, frame};
use krpc_core::{
    CallError, CancelOutcome, ClientConfig, ClientEvent, ConnectionError, FrameKind, FrameSeen,
    Observer, OnCancel, OutboundCall, OutboundReply, ServerConfig, Timer,
};
use raw::{RawClient, RawServer, alice, call_header, payloads, reply, responses};

const ALL: usize = usize::MAX;
const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);

// ---- rendered once

/// Counts requests as they are rendered.
#[derive(Default)]
struct Rendered(AtomicUsize);

impl Observer for Rendered {
    fn frame(&self, _: Instant, frame: &FrameSeen) {
        if frame.kind == FrameKind::Request {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Upstream took "nothing was sent yet" for "not begun yet": each further try appended a footer, and
/// announced three bytes more.
#[test]
fn a_frame_is_rendered_once_however_often_it_is_offered_in_vain() {
    for stream in Stream::ALL {
        let rendered = Arc::new(Rendered::default());
        let watched = |client: ClientConfig| client.observer(rendered.clone());
        let mut both = Both::on(stream, watched, |server| server);
        both.client.room(0);
        let deadline = Some(both.client.now + 10 * SECOND);
        let id = both.client.start(OutboundCall { deadline, ..call("x") });
        for _ in 0..5 {
            both.client.drain();
            both.client.advance(SECOND / 2);
        }
        // One byte at a time, with tries in vain in between.
        while both.client.conn.wants_write() {
            both.client.room(1);
            both.client.drain();
        }
        assert_eq!(rendered.0.load(Ordering::SeqCst), 1, "{stream:?}");
        both.carry();
        let call = both.server.calls()[0].clone();
        assert_eq!((call.id, &call.body[..]), (id, &b"x"[..]), "{stream:?}");
        // Its timeout is that of the first offer: the header was final from then on.
        assert_eq!(call.timeout, Some(10 * SECOND), "{stream:?}");
        both.answer(id);
        both.is_intact();
    }
}

#[test]
fn what_was_announced_is_what_is_sent_and_nothing_is_appended() {
    for sent in 1..100 {
        let mut peer = RawServer::listing(alice(), &FOOTERS);
        peer.room(sent);
        let id = peer.start(motley(&Alive::default()));
        peer.cancel(id);
        peer.room(0);
        let behind = [peer.start(call("a")), peer.start(call("b"))];
        peer.drain();
        peer.room(ALL);
        let frames = payloads(&peer.written());
        assert_eq!(frames.len(), 3, "after {sent} bytes");
        for (payload, id) in frames.iter().zip([id, behind[0], behind[1]]) {
            // Exactly one footer, and no byte behind it.
            let parts = frame::split(payload, frame::FooterRule::Required).unwrap();
            let header = decode::request_header(payload.slice(parts.header)).unwrap();
            assert_eq!(header.call_id, id.get());
        }
    }
}

// ---- what was not taken, and what was sealed

#[test]
fn after_an_offer_that_took_nothing_other_bytes_may_come_in_the_same_place() {
    let mut peer = RawServer::listing(alice(), &FOOTERS);
    peer.room(0);
    let alive = Alive::default();
    let ids: Vec<_> = (0..10).map(|_| peer.start(motley(&alive))).collect();
    peer.drain();
    // All of them were rendered and offered; the odd ones leave without a trace.
    for id in ids.iter().filter(|id| id.get() % 2 == 1) {
        assert_eq!(peer.cancel(*id), Some(CancelOutcome::NotBegun));
        assert_eq!(peer.failure(*id), cancelled(CancelOutcome::NotBegun));
    }
    peer.room(ALL);
    assert_eq!(alive.count(), 0);
    let frames = payloads(&peer.written());
    let id = |payload: &bytes::Bytes| {
        let parts = frame::split(payload, frame::FooterRule::Required).unwrap();
        assert_eq!(frame::parse_footer(&payload[parts.footer.unwrap()]), Ok(false));
        decode::request_header(payload.slice(parts.header)).unwrap().call_id
    };
    assert_eq!(frames.iter().map(id).collect::<Vec<_>>(), [0, 2, 4, 6, 8]);
    assert_eq!(peer.conn.stats().aborted_frames_sent, 0);
}

/// What TLS has sealed cannot change. It was sent, even if the socket took nothing of it.
#[test]
fn a_call_that_is_sealed_is_sent_and_cannot_be_taken_back() {
    for stream in Stream::SEALED {
        let mut both = Both::on(stream, |client| client, |server| server);
        both.client.room(0);
        let alive = Alive::default();
        let id = both.client.start(motley(&alive));
        assert_eq!(alive.count(), 0, "{stream:?}: sealed, so copied");
        assert_eq!(both.client.cancel(id), Some(CancelOutcome::Sent), "{stream:?}");
        both.client.room(ALL);
        both.carry();
        assert_eq!(both.server.calls()[0].id, id, "{stream:?}: it is executed");
        both.answer(id);
        both.is_intact();
        assert_eq!(both.client.conn.stats().late_replies, 1);
        assert_eq!(both.server.conn.stats().aborted_frames_received, 0);
    }
}

// ---- the receiver

#[test]
fn a_receiver_takes_exactly_what_was_announced() {
    let frames = [
        footed_call(&call_header(0), b"first", false),
        footed_call(&call_header(1), &[0, 0, 0, 9], true),
        footed_call(&call_header(2), b"", false),
        footed_call(&call_header(3), &frame::footer_bytes(true), false),
    ];
    let stream = frames.concat();
    for size in 1..stream.len() {
        let mut peer = RawClient::listing(ServerConfig::new(), &FOOTERS);
        peer.feed_by(size, &stream);
        let ids: Vec<_> = peer.calls().iter().map(|call| call.id.get()).collect();
        assert_eq!(ids, [0, 2, 3], "{size}");
    }
}

/// KUDU-2110. A second footer was appended to a frame that TLS had sealed, as three stray bytes; with the
/// first byte of the next prefix they announce 34,078,720 bytes. The server waited for as much, and took
/// every request for a part of it: for hours, because each kept the connection alive.
#[test]
fn a_stray_footer_does_not_swallow_requests_for_ever() {
    for features in [&FOOTERS[..], &KUDU] {
        let mut peer = RawClient::listing(ServerConfig::new(), features);
        let is_footed = features == FOOTERS;
        let request = |id| {
            let header = call_header(id);
            if is_footed { footed_call(&header, b"good", false) } else { raw::call(id, b"good") }
        };
        peer.feed(&request(0));
        peer.feed(&frame::footer_bytes(false));
        let (begin, mut fed, mut id) = (peer.now, 0, 1);
        while !peer.is_ended() {
            assert!(peer.now < begin + 3_600 * SECOND, "it goes on for an hour");
            peer.feed(&request(id));
            fed += request(id).len() as u64;
            id += 1;
            peer.advance(SECOND / 10);
        }
        // A minute, and a second for each MiB that was announced.
        let allowed = (60 + 32) * SECOND;
        assert_eq!(peer.now.duration_since(begin).as_secs(), allowed.as_secs());
        // The first byte of the first request went with the footer.
        let (announced, received) = (Some(34_078_720), fed - 1);
        let timer = Timer::Frame { allowed, announced, received };
        assert_eq!(peer.error(), ConnectionError::TimedOut(timer));
        let text = peer.error().to_string();
        assert!(text.contains("34078720") && text.contains(&received.to_string()), "{text}");
        assert_eq!(peer.calls().len(), 1, "what came behind the stray bytes was no call");
    }
}

/// However it trickles: the time is for the whole frame, and filler is a part of it like any other.
#[test]
fn an_aborted_frame_has_its_time_in_total() {
    let mut peer = RawClient::listing(ServerConfig::new(), &FOOTERS);
    let frame = footed_call(&call_header(0), &[7; 100], true);
    let (last, rest) = frame.split_last().unwrap();
    for byte in &rest[..60] {
        peer.feed(&[*byte]);
        peer.advance(SECOND - NANO);
    }
    assert!(!peer.is_ended());
    peer.advance(60 * NANO);
    let (allowed, announced) = (60 * SECOND, Some(frame.len() as u64 - 4));
    let timer = Timer::Frame { allowed, announced, received: 56 };
    assert_eq!(peer.error(), ConnectionError::TimedOut(timer));

    let mut peer = RawClient::listing(ServerConfig::new(), &FOOTERS);
    peer.feed(rest);
    peer.advance(60 * SECOND - NANO);
    peer.feed(&[*last]);
    peer.advance(SECOND);
    assert!(!peer.is_ended());
    assert_eq!(peer.conn.stats().aborted_frames_received, 1);
}

// ---- every call ends once

/// Ids are those of a connection: who cancels on one touches no other.
#[test]
fn a_call_is_known_by_its_connection_and_its_id() {
    let mut peers = [(); 2].map(|()| RawServer::listing(alice(), &FOOTERS));
    let ids = peers.each_mut().map(|peer| {
        peer.room(50);
        peer.start(motley(&Alive::default()))
    });
    assert_eq!(ids[0], ids[1]);
    let [one, other] = &mut peers;
    assert!(matches!(one.cancel(ids[0]), Some(CancelOutcome::Aborted { .. })));
    other.room(ALL);
    assert!(other.written().ends_with(&frame::footer_bytes(false)));
    other.feed(&reply(ids[1].get(), b"fine"));
    assert_eq!(other.body(ids[1]), "fine");
    assert_eq!(one.cancel(ids[0]), Some(CancelOutcome::AlreadyDone));
}

/// What gives up a call, and what else may end it.
#[derive(Clone, Copy, Debug)]
enum Step {
    Cancel,
    Deadline,
    Grace,
    Send,
    Reply,
    Eof,
    Close,
    Long,
}

/// All orders of three, for a call that was not begun, is in mid-transmission or sent; to a peer with and
/// without footers, under each policy. Each call ends once, none is alive when that is seen.
#[test]
fn every_call_ends_once_on_every_path_and_its_payload_is_gone_before() {
    use Step::*;
    let steps = [Cancel, Deadline, Grace, Send, Reply, Eof, Close, Long];
    let mut ends = BTreeMap::<String, usize>::new();
    for features in [&FOOTERS[..], &NO_FOOTERS, &KUDU] {
        for policy in [OnCancel::Drain, OnCancel::KeepUntilSent, OnCancel::Close] {
            for room in [0, 60, ALL] {
                for path in 0..steps.len().pow(3) {
                    let path = [path / 64, path / 8 % 8, path % 8].map(|step| steps[step]);
                    let mut peer = RawServer::listing(alice().on_cancel(policy), features);
                    let earlier = peer.start(call("earlier"));
                    peer.room(room);
                    let alive = Alive::default();
                    let deadline = Some(peer.now + SECOND);
                    let id = peer.start(OutboundCall { deadline, ..motley(&alive) });
                    let later = peer.start(call("later"));
                    let begin = peer.now;
                    let mut check = |peer: &mut RawServer| {
                        // Before the event is taken out.
                        let count = alive.count();
                        let events = peer.events.len();
                        peer.drain();
                        for event in &peer.events[events..] {
                            if let ClientEvent::Completed { id: done, result } = event {
                                assert!(*done != id || count == 0, "{path:?}");
                                if *done == id {
                                    let end = result.as_ref().map(|_| "replied");
                                    let end = end.map_or_else(name, str::to_owned);
                                    *ends.entry(end).or_default() += 1;
                                }
                            }
                        }
                    };
                    for step in path.into_iter().chain([Close]) {
                        match step {
                            Cancel => _ = peer.conn.cancel_call(peer.now, id),
                            Deadline | Grace | Long => {
                                peer.now = match step {
                                    Deadline => peer.now.max(begin + SECOND),
                                    Grace => peer.now + SECOND / 2,
                                    _ => peer.now + 31 * SECOND,
                                };
                                peer.conn.handle_timeout(peer.now);
                            }
                            Send => peer.offer(ALL),
                            Reply => {
                                let bytes = reply(id.get(), b"done");
                                peer.conn.handle_input(peer.now, &bytes);
                            }
                            Eof => peer.conn.handle_eof(peer.now),
                            Close => peer.conn.close(peer.now),
                        }
                        check(&mut peer);
                    }
                    assert_eq!(
                        alive.count() > 0,
                        peer.returned().iter().any(|(back, _)| *back == id)
                    );
                    for id in [earlier, id, later] {
                        // `result` checks that it is once.
                        let is_back = peer.returned().iter().any(|(back, _)| *back == id);
                        assert!(peer.result(id).is_some() != is_back, "{path:?}: {id}");
                    }
                    peer.error();
                }
            }
        }
    }
    println!("{ends:?}");
    for end in ["replied", "not begun", "aborted", "cut", "sent", "expired", "lost"] {
        assert!(ends.get(end).is_some_and(|count| *count > 50), "{end}: {ends:?}");
    }
}

fn name(error: &CallError) -> String {
    match error {
        CallError::Cancelled { outcome, .. } => match outcome {
            CancelOutcome::NotBegun => "not begun",
            CancelOutcome::Aborted { .. } => "aborted",
            CancelOutcome::Cut { .. } => "cut",
            CancelOutcome::Sent => "sent",
            CancelOutcome::AlreadyDone => panic!("it had not ended"),
        },
        CallError::DeadlineExceeded { .. } => "expired",
        CallError::ConnectionLost { .. } => "lost",
        other => panic!("{other:?}"),
    }
    .to_owned()
}

/// A server's reply is dropped as early: when its last byte is out.
#[test]
fn a_reply_is_let_go_when_it_is_sent() {
    let mut peer = RawClient::listing(ServerConfig::new(), &FOOTERS);
    peer.feed(&footed_call(&call_header(0), b"x", false));
    let id = peer.calls()[0].id;
    let alive = Alive::default();
    let reply = OutboundReply { body: alive.payload(300), sidecars: vec![alive.payload(700)] };
    peer.room(400);
    peer.conn.respond(peer.now, id, Ok(reply)).unwrap();
    peer.drain();
    assert_eq!(alive.count(), 1, "the body is out");
    peer.room(ALL);
    assert_eq!(alive.count(), 0);
    assert_eq!(responses(&peer.written()).len(), 1);
}
