//! Calls on an open connection: order, ids, sidecars, deadlines, cancellation, refusals.
//!
//! The program that includes this says over which network: its `plan`. What is sent here has at
//! most 64 KiB and does not depend on how much of it leaves in one write.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use krpc_core::{
    CallError, CallId, CallStage, CancelOutcome, ClientConfig, ClientEvent, ConnectionError,
    ErrorCode, ErrorStatus, Execution, Footers, Method, OnCancel, OutboundCall, OutboundReply,
    ServerConfig, StartCallReason, StatusCode, UserCredentials,
};
use krpc_testkit::{Pair, Plan};

use crate::plan;

pub(crate) fn client() -> ClientConfig {
    ClientConfig::new(UserCredentials::new("alice"))
}

pub(crate) fn pair() -> Pair {
    pair_of(client(), ServerConfig::new())
}

fn pair_of(client: ClientConfig, server: ServerConfig) -> Pair {
    Pair::with(client, server, plan(), plan())
}

pub(crate) fn call(body: impl Into<Bytes>) -> OutboundCall {
    OutboundCall::new(Method::from_static("test.Service", "Method"), body)
}

pub(crate) fn echo(pair: &mut Pair) {
    pair.serve(|call| {
        let sidecars = call.sidecars.iter().collect();
        Some(Ok(OutboundReply { body: call.body.clone(), sidecars }))
    });
}

/// A payload that counts its living owners.
struct Owned {
    bytes: Vec<u8>,
    alive: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

pub(crate) fn owned(len: usize, alive: &Arc<AtomicUsize>) -> Bytes {
    alive.fetch_add(1, Ordering::SeqCst);
    Bytes::from_owner(Owned { bytes: vec![7; len], alive: alive.clone() })
}

#[test]
fn test_call_id() {
    let mut pair = pair();
    echo(&mut pair);
    for expected in 0..5 {
        let id = pair.call("x");
        assert_eq!(id.get(), expected);
        pair.run();
        assert!(pair.reply(id).is_ok());
    }
}

#[test]
fn pipelined_calls_are_answered_in_any_order() {
    let mut pair = pair();
    let ids: Vec<_> = (0..20).map(|i| pair.call(vec![i])).collect();
    pair.run();
    assert_eq!(pair.calls().len(), 20);
    for &id in ids.iter().rev() {
        pair.respond(id, Ok(OutboundReply::new(vec![id.get() as u8])));
    }
    pair.run();
    for id in ids {
        assert_eq!(&pair.reply(id).unwrap().body[..], [id.get() as u8]);
    }
}

#[test]
fn ids_wrap_and_skip_those_still_owed_a_reply() {
    let last = i32::MAX;
    let mut pair = pair_of(client().first_call_id(last - 1), ServerConfig::new());
    let before: Vec<_> = (0..3).map(|_| pair.call("x")).collect();
    assert_eq!(before.iter().map(|id| id.get()).collect::<Vec<_>>(), [last - 1, last, 0]);
    pair.run();
    // Call 0 is given up on, and call `last - 1` still waits.
    assert_eq!(pair.client.cancel_call(pair.now(), before[2]), Some(CancelOutcome::Sent));
    let next = pair.call("x");
    assert_eq!(next.get(), 1, "0 is owed a reply");
    pair.run();
    pair.respond(before[2], Ok(OutboundReply::default()));
    pair.run();
    assert_eq!(pair.client.stats().late_replies, 1);
    assert!(pair.client.is_open());
}

/// Sidecars of these sizes come back with the reply, and no more of them.
pub(crate) fn sidecars_come_back(sizes: &[usize]) {
    let mut pair = pair();
    echo(&mut pair);
    let mut request = call("body");
    request.sidecars = sizes.iter().map(|n| vec![*n as u8; *n].into()).collect();
    let sent = request.sidecars.clone();
    let id = pair.start(request);
    pair.run();
    let reply = pair.reply(id).unwrap();
    assert_eq!(&reply.body[..], b"body");
    assert_eq!(reply.sidecars.iter().collect::<Vec<_>>(), sent);
    assert!(reply.sidecars.get(sizes.len()).is_err());
}

#[test]
fn sidecars_travel_both_ways() {
    for sizes in [&[0][..], &[456, 123], &[0, 0, 0], &[65_000], &[255, 256, 257, 60_000, 1]] {
        sidecars_come_back(sizes);
    }
}

#[test]
fn test_max_small_sidecars() {
    let mut pair = pair();
    echo(&mut pair);
    let mut request = call("");
    request.sidecars = (0..10_000u16).map(|i| i.to_be_bytes().to_vec().into()).collect();
    let id = pair.start(request);
    pair.run();
    let reply = pair.reply(id).unwrap();
    assert_eq!(reply.sidecars.len(), 10_000);
    assert_eq!(&reply.sidecars.get(9_999).unwrap()[..], 9_999u16.to_be_bytes());
}

#[test]
fn test_rpc_sidecar_limits() {
    let mut pair = pair();
    pair.run();
    let mut request = call("");
    request.sidecars = vec![Bytes::new(); 10_001];
    let error = pair.client.start_call(pair.now(), request).unwrap_err();
    assert_eq!(error.reason, StartCallReason::TooManySidecars { count: 10_001, limit: 10_000 });
    assert_eq!(error.call.sidecars.len(), 10_001, "the refused call comes back");

    let big = Bytes::from(vec![0; 30 << 20]);
    let mut request = call("");
    request.sidecars = vec![big.clone(), big];
    let error = pair.client.start_call(pair.now(), request).unwrap_err();
    let limit = 52_428_800;
    let StartCallReason::TooLarge { size, limit: said } = error.reason else { panic!("{error}") };
    assert!(said == limit && (60 << 20..(60 << 20) + 200).contains(&size), "{error}");
    assert!(error.to_string().contains("max_message_size"), "{error}");
}

#[test]
fn a_reply_with_too_many_sidecars_becomes_an_error_reply() {
    let mut pair = pair();
    pair.serve(|_| {
        let sidecars = vec![Bytes::new(); 10_001];
        Some(Ok(OutboundReply { body: Bytes::new(), sidecars }))
    });
    let id = pair.call("x");
    pair.run();
    let Err(CallError::Remote(status)) = pair.reply(id) else { panic!("an error reply") };
    assert_eq!(status.code, Some(ErrorCode::ErrorApplication));
    assert!(status.message().contains("10001"), "{status}");
    assert!(pair.client.is_open() && pair.server.is_open());
}

#[test]
fn error_replies_reach_their_call_only() {
    let mut pair = pair();
    pair.serve(|call| {
        Some(if call.body.is_empty() {
            Err(ErrorStatus::new(ErrorCode::ErrorNoSuchMethod, StatusCode::InvalidArgument, "no"))
        } else {
            Ok(OutboundReply::default())
        })
    });
    let (bad, good) = (pair.call(""), pair.call("x"));
    pair.run();
    let Err(CallError::Remote(status)) = pair.reply(bad) else { panic!("an error reply") };
    assert_eq!(status.message(), "Invalid argument: no");
    assert_eq!(status.code, Some(ErrorCode::ErrorNoSuchMethod));
    assert!(pair.reply(good).is_ok());
}

#[test]
fn the_deadline_on_the_wire_is_the_time_that_remains() {
    let mut pair = pair();
    let mut request = call("x");
    request.deadline = Some(pair.now() + Duration::from_micros(1_500_300));
    let with = pair.start(request);
    let without = pair.call("y");
    pair.run();
    let timeouts: Vec<_> = pair.calls().iter().map(|call| (call.id, call.timeout)).collect();
    assert_eq!(timeouts, [(with, Some(Duration::from_millis(1_501))), (without, None)]);
}

#[test]
fn deadlines_fire_in_each_stage() {
    let deadline = Duration::from_millis(100);
    // Negotiating: nothing gets through.
    let mut pair = pair();
    pair.to_client.stall(true);
    let mut request = call("x");
    request.deadline = Some(pair.now() + deadline);
    let id = pair.start(request);
    pair.advance(deadline);
    let error = pair.reply(id).unwrap_err();
    let (stage, execution) = (CallStage::Negotiating, Execution::Never);
    assert_eq!(error, CallError::DeadlineExceeded { stage, execution });
    // The negotiation goes on for others (TestCallTimeoutDoesntAffectNegotiation).
    pair.to_client.stall(false);
    let next = pair.call("y");
    pair.run();
    assert_eq!(pair.calls().len(), 1, "the server saw only the second call");

    // Sent: the server does not answer in time. A late reply is dropped.
    let mut request = call("x");
    request.deadline = Some(pair.now() + deadline);
    let id = pair.start(request);
    pair.advance(deadline);
    let error = pair.reply(id).unwrap_err();
    let (stage, execution) = (CallStage::Sent, Execution::Maybe);
    assert_eq!(error, CallError::DeadlineExceeded { stage, execution });
    pair.respond(id, Ok(OutboundReply::default()));
    pair.run();
    assert_eq!(pair.client.stats().late_replies, 1);

    // Queued: the network takes nothing.
    pair.to_server.stall(true);
    let mut request = call("x");
    request.deadline = Some(pair.now() + deadline);
    let id = pair.start(request);
    pair.advance(deadline);
    let error = pair.reply(id).unwrap_err();
    let (stage, execution) = (CallStage::Queued, Execution::Never);
    assert_eq!(error, CallError::DeadlineExceeded { stage, execution });
    pair.to_server.stall(false);
    pair.respond(next, Ok(OutboundReply::default()));
    pair.run();
    assert!(pair.calls().is_empty(), "an uncommitted call is never executed");
    assert!(pair.reply(next).is_ok());

    // Sending: the network takes a part of it.
    let mut pair = narrow(client());
    let alive = Arc::new(AtomicUsize::new(0));
    let mut request = call(owned(IN_PARTS, &alive));
    request.deadline = Some(pair.now() + deadline);
    let id = pair.start(request);
    assert!(pair.step());
    pair.to_server.stall(true);
    pair.advance(deadline - Duration::from_nanos(1));
    assert!(pair.result(id).is_none());
    pair.advance(Duration::from_nanos(1));
    assert_eq!(alive.load(Ordering::SeqCst), 0);
    let error = pair.reply(id).unwrap_err();
    let (stage, execution) = (CallStage::Sending, Execution::Never);
    assert_eq!(error, CallError::DeadlineExceeded { stage, execution });
    framing_is_intact(&mut pair);
}

#[test]
fn a_reply_already_received_beats_the_deadline() {
    let mut pair = pair();
    echo(&mut pair);
    let mut request = call("x");
    request.deadline = Some(pair.now() + Duration::from_secs(1));
    let id = pair.start(request);
    // The process stalls: the reply is in the socket when the timer is looked at. An adapter reads
    // once before it reports the time, as `run` does here.
    pair.run();
    pair.client.handle_timeout(pair.now() + Duration::from_secs(5));
    assert!(pair.reply(id).is_ok());
}

#[test]
fn cancelling_before_the_first_byte_leaves_no_trace() {
    let mut pair = pair();
    pair.run();
    pair.to_server.stall(true);
    let alive = Arc::new(AtomicUsize::new(0));
    let keep = pair.call("first");
    let id = pair.call(owned(100_000, &alive));
    let after = pair.call("after");
    // Offered and not taken: rendered, but not committed.
    pair.run();
    let outcome = CancelOutcome::NotBegun;
    assert_eq!(pair.client.cancel_call(pair.now(), id), Some(outcome));
    assert_eq!(alive.load(Ordering::SeqCst), 0, "released before the completion is seen");
    assert_eq!(pair.reply(id).unwrap_err(), cancelled(outcome, Execution::Never));
    assert_eq!(pair.client.cancel_call(pair.now(), id), Some(CancelOutcome::AlreadyDone));
    pair.to_server.stall(false);
    pair.run();
    let seen: Vec<_> = pair.calls().iter().map(|call| call.id).collect();
    assert_eq!(seen, [keep, after]);
}

fn cancelled(outcome: CancelOutcome, execution: Execution) -> CallError {
    CallError::Cancelled { outcome, execution }
}

#[test]
fn cancelling_a_sent_call_drops_its_reply() {
    let mut pair = pair();
    let id = pair.call("x");
    pair.run();
    let outcome = CancelOutcome::Sent;
    assert_eq!(pair.client.cancel_call(pair.now(), id), Some(outcome));
    assert_eq!(pair.reply(id).unwrap_err(), cancelled(outcome, Execution::Maybe));
    pair.respond(id, Ok(OutboundReply::default()));
    pair.run();
    assert_eq!(pair.client.stats().late_replies, 1);
    assert!(pair.client.is_open());
}

// ---- in mid-transmission

/// A call that does not fit into the socket buffers.
const IN_PARTS: usize = 60_000;

/// Two who are connected by small socket buffers.
fn narrow(client: ClientConfig) -> Pair {
    let plan = || Plan { capacity: 1 << 10, ..plan() };
    let mut pair = Pair::with(client, ServerConfig::new(), plan(), plan());
    pair.run();
    pair
}

/// Who keeps a payload until it is sent, as Kudu does.
fn without_footers() -> ClientConfig {
    client().footers(Footers::Off).on_cancel(OnCancel::KeepUntilSent)
}

/// Brings a call of this size into mid-transmission and cancels it.
fn cancelled_in_mid_transmission(
    client: ClientConfig,
    len: usize,
) -> (Pair, CallId, Arc<AtomicUsize>, Option<CancelOutcome>) {
    let mut pair = narrow(client);
    let alive = Arc::new(AtomicUsize::new(0));
    let id = pair.call(owned(len, &alive));
    assert!(pair.step());
    pair.to_server.stall(true);
    let outcome = pair.client.cancel_call(pair.now(), id);
    (pair, id, alive, outcome)
}

/// Calls come through whole and are answered.
fn framing_is_intact(pair: &mut Pair) {
    pair.to_server.stall(false);
    let next = pair.call("next");
    pair.run();
    assert_eq!(pair.calls().last().map(|call| &call.body[..]), Some(&b"next"[..]));
    pair.respond(next, Ok(OutboundReply::default()));
    pair.run();
    assert!(pair.reply(next).is_ok());
}

/// A call of this size, cancelled in mid-transmission, ends at once, and the server sees nothing of it.
pub(crate) fn cancelled_and_aborted(len: usize) {
    let (mut pair, id, alive, outcome) = cancelled_in_mid_transmission(client(), len);
    assert_eq!(alive.load(Ordering::SeqCst), 0);
    let outcome = outcome.expect("it ends at once");
    let CancelOutcome::Aborted { sent, filler } = outcome else { panic!("{outcome:?}") };
    assert!(0 < sent && sent <= 1 << 10, "{outcome:?}");
    // What else is left goes out true: of the header, and the three bytes of the footer.
    assert!((len as u64 - sent..=len as u64).contains(&filler), "{outcome:?}");
    assert_eq!(pair.reply(id).unwrap_err(), cancelled(outcome, Execution::Never));
    assert_eq!(pair.client.cancel_call(pair.now(), id), Some(CancelOutcome::AlreadyDone));
    framing_is_intact(&mut pair);
    assert!(pair.calls().is_empty());
    assert_eq!(pair.server.stats().aborted_frames_received, 1);
    assert_eq!(pair.client.stats().aborted_frames_sent, 1);
    assert_eq!(pair.client.stats().filler_bytes_sent, filler);
}

#[test]
fn cancelling_in_mid_transmission_completes_at_once() {
    cancelled_and_aborted(IN_PARTS);
}

/// A call of this size, cancelled in mid-transmission, ends when it is sent.
pub(crate) fn cancelled_and_sent(len: usize) {
    let (mut pair, id, alive, outcome) = cancelled_in_mid_transmission(without_footers(), len);
    assert_eq!((outcome, pair.result(id).is_none()), (None, true));
    pair.to_server.stall(false);
    pair.run();
    assert_eq!(alive.load(Ordering::SeqCst), 0);
    assert_eq!(pair.reply(id).unwrap_err(), cancelled(CancelOutcome::Sent, Execution::Maybe));
    // The connection lives, and the call arrived whole.
    assert_eq!(pair.calls()[0].body.len(), len);
    pair.respond(id, Ok(OutboundReply::default()));
    framing_is_intact(&mut pair);
}

#[test]
fn cancelling_in_mid_transmission_completes_when_sent() {
    cancelled_and_sent(IN_PARTS);
}

#[test]
fn cancelling_in_mid_transmission_completes_when_the_connection_dies() {
    let (mut pair, id, alive, outcome) = cancelled_in_mid_transmission(without_footers(), IN_PARTS);
    assert_eq!((outcome, pair.result(id).is_none()), (None, true));
    pair.client.handle_eof(pair.now());
    assert_eq!(alive.load(Ordering::SeqCst), 0);
    let error = pair.reply(id).unwrap_err();
    let CallError::Cancelled { outcome: CancelOutcome::Cut { sent, unsent }, execution } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(execution, Execution::Never);
    assert!(0 < sent && sent <= 1 << 10 && sent + unsent > IN_PARTS as u64, "{sent} {unsent}");
}

#[test]
fn cancelling_in_mid_transmission_completes_after_its_grace() {
    let client = client().footers(Footers::Off);
    let (mut pair, id, alive, outcome) = cancelled_in_mid_transmission(client, IN_PARTS);
    assert_eq!(outcome, None);
    pair.advance(Duration::from_millis(500) - Duration::from_nanos(1));
    assert!(pair.result(id).is_none());
    pair.advance(Duration::from_nanos(1));
    assert_eq!(alive.load(Ordering::SeqCst), 0);
    let error = pair.reply(id).unwrap_err();
    let cut = matches!(error, CallError::Cancelled { outcome: CancelOutcome::Cut { .. }, .. });
    assert!(cut && error.execution() == Execution::Never, "{error:?}");
    assert_eq!(pair.client_error(), Some(ConnectionError::Cut), "nothing else was under way");
}

/// Its deadline passes before it is sent: no longer than that is anybody waiting.
#[test]
fn cancelling_in_mid_transmission_completes_at_the_deadline() {
    let mut pair = narrow(client().footers(Footers::Off));
    let mut request = call(vec![0; IN_PARTS]);
    request.deadline = Some(pair.now() + Duration::from_millis(200));
    let id = pair.start(request);
    pair.step();
    pair.to_server.stall(true);
    assert_eq!(pair.client.cancel_call(pair.now(), id), None);
    pair.advance(Duration::from_millis(200) - Duration::from_nanos(1));
    assert!(pair.result(id).is_none());
    pair.advance(Duration::from_nanos(1));
    // It was cancelled first, and that is how it ends.
    assert!(matches!(pair.reply(id), Err(CallError::Cancelled { .. })));
    assert_eq!(pair.client_error(), Some(ConnectionError::Cut));
}

#[test]
fn every_call_completes_once_when_the_connection_ends() {
    let mut pair = pair();
    let sent = pair.call("sent");
    pair.run();
    pair.to_server.stall(true);
    let queued = pair.call("queued");
    pair.run();
    pair.client.close(pair.now());
    let ended: Vec<_> = pair.client_events();
    let mut seen = Vec::new();
    for event in &ended {
        if let ClientEvent::Completed { id, result } = event {
            let Err(CallError::ConnectionLost { error, execution }) = result else {
                panic!("{result:?}")
            };
            assert_eq!(*error, ConnectionError::LocallyClosed);
            seen.push((*id, *execution));
        }
    }
    assert_eq!(seen, [(sent, Execution::Maybe), (queued, Execution::Never)]);
    assert!(matches!(ended.last(), Some(ClientEvent::Closed { .. })));
    let refused = pair.client.start_call(pair.now(), call("late")).unwrap_err();
    assert_eq!(refused.reason, StartCallReason::Closing);
}

/// A call of three payloads of this size: none of them is alive when its end is reported.
pub(crate) fn payloads_are_released(len: usize) {
    let alive = Arc::new(AtomicUsize::new(0));
    let mut pair = pair();
    echo(&mut pair);
    let mut request = call(owned(len, &alive));
    request.sidecars = vec![owned(len, &alive), owned(len, &alive)];
    let id = pair.start(request);
    assert_eq!(alive.load(Ordering::SeqCst), 3);
    pair.run();
    assert_eq!(alive.load(Ordering::SeqCst), 0);
    assert!(pair.reply(id).is_ok());
}

#[test]
fn payloads_are_released_before_a_completion_is_reported() {
    [10, 300, 20_000].into_iter().for_each(payloads_are_released);
}

#[test]
fn a_connection_with_too_many_abandoned_calls_is_retired() {
    let mut pair = pair_of(client().max_abandoned_calls(10), ServerConfig::new());
    let keep = pair.call("keep");
    pair.run();
    for _ in 0..11 {
        let id = pair.call("x");
        pair.run();
        assert_eq!(pair.client.cancel_call(pair.now(), id), Some(CancelOutcome::Sent));
    }
    let refused = pair.client.start_call(pair.now(), call("late")).unwrap_err();
    assert_eq!(refused.reason, StartCallReason::Closing);
    pair.respond(keep, Ok(OutboundReply::default()));
    pair.run();
    assert!(pair.reply(keep).is_ok());
    let error = pair.client_error().unwrap();
    assert_eq!(error, ConnectionError::Retired { abandoned: 11, limit: 10 });
    let text = "11 calls were given up that the server still owes a reply, the limit is 10 \
                (setting: max_abandoned_calls)";
    assert_eq!(error.to_string(), text);
}

#[test]
fn too_many_calls_are_refused_whole() {
    let mut pair = pair_of(client().max_calls(2), ServerConfig::new());
    pair.call("1");
    pair.call("2");
    let refused = pair.client.start_call(pair.now(), call("3")).unwrap_err();
    assert_eq!(refused.reason, StartCallReason::QueueFull { in_flight: 2 });
    assert_eq!(&refused.call.body[..], b"3");
}

#[test]
fn graceful_shutdown_answers_what_is_in_hand() {
    let mut pair = pair();
    let id = pair.call("in hand");
    pair.run();
    pair.server.shutdown(pair.now());
    let late = pair.call("late");
    pair.run();
    assert_eq!(pair.calls().len(), 1, "nothing is read any more");
    pair.respond(id, Ok(OutboundReply::new("done")));
    pair.run();
    assert_eq!(&pair.reply(id).unwrap().body[..], b"done");
    assert_eq!(pair.server_error(), Some(ConnectionError::LocallyClosed));
    let error = ConnectionError::PeerClosed { mid_frame: false };
    let execution = Execution::Maybe;
    assert_eq!(pair.reply(late).unwrap_err(), CallError::ConnectionLost { error, execution });
}

#[test]
fn test_connection_keepalive() {
    let server = ServerConfig::new().keepalive(Some(Duration::from_millis(500)));
    let mut pair = pair_of(client(), server);
    echo(&mut pair);
    let id = pair.call("x");
    pair.run();
    assert!(pair.reply(id).is_ok());
    pair.advance(Duration::from_millis(400));
    assert!(pair.server.is_open());
    pair.advance(Duration::from_millis(600));
    let text = pair.server_error().unwrap().to_string();
    assert!(text.contains("keepalive"), "{text}");
    assert_eq!(pair.client_error(), Some(ConnectionError::PeerClosed { mid_frame: false }));
}

#[test]
fn test_connection_always_keepalive() {
    let server = ServerConfig::new().keepalive(None);
    let mut pair = pair_of(client(), server);
    pair.advance(Duration::from_secs(100_000));
    assert!(pair.server.is_open() && pair.client.is_open());
}

#[test]
fn test_call_longer_than_keepalive() {
    let server = ServerConfig::new().keepalive(Some(Duration::from_secs(1)));
    let mut pair = pair_of(client(), server);
    let id = pair.call("slow");
    pair.advance(Duration::from_secs(3));
    pair.respond(id, Ok(OutboundReply::default()));
    pair.run();
    assert!(pair.reply(id).is_ok());
}
