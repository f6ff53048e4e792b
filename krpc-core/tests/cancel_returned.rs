//! Calls of which not a byte was accepted come back whole, to be made elsewhere.

mod cancel;
mod raw;

use std::time::Duration;

use cancel::{Alive, FOOTERS, KUDU, MAYBE, NEVER, call, mid_way, motley};
use krpc_core::proto::frame;
use krpc_core::{
    CallError, CallId, CancelOutcome, ClientConnection, ClientEvent, ConnectionError, ErrorCode,
    ErrorStatus, Link, OnCancel, OutboundCall, RequestId, StatusCode, Timer, TransportError,
    TransportOp,
};
use raw::{RawServer, alice, reply, reply_header, response};

const GRACE: Duration = Duration::from_millis(500);
const SECOND: Duration = Duration::from_secs(1);

// ---- when sending stops

#[test]
fn calls_that_were_not_begun_come_back_in_order_and_whole() {
    for (policy, vectored) in
        [(OnCancel::Drain, true), (OnCancel::Close, true), (OnCancel::Drain, false)]
    {
        let config = alice().on_cancel(policy).vectored_writes(vectored);
        let (mut peer, id, alive) = mid_way(config, &KUDU, 100);
        let mut sent = Vec::new();
        // The first ones are rendered, the last ones are not: 128 KiB are rendered ahead.
        for n in 0..100_u8 {
            let mut request = motley(&alive);
            request.body = alive.bytes(vec![n; 10_000]);
            request.deadline = (n % 2 == 0).then(|| peer.now + 100 * SECOND);
            request.outlives_connection = n % 3 == 0;
            request.required_features = vec![n.into(), 7];
            request.request_id = Some(RequestId {
                client_id: "client".into(),
                seq_no: n.into(),
                first_incomplete_seq_no: 0,
                attempt_no: 1,
            });
            sent.push((peer.start(request.clone()), request));
        }
        // One of them leaves before.
        let (gone, _) = sent.remove(2);
        assert_eq!(peer.cancel(gone), Some(CancelOutcome::NotBegun));
        peer.cancel(id);
        peer.advance(GRACE);
        let ids: Vec<_> = peer.returned().iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, sent.iter().map(|(id, _)| *id).collect::<Vec<_>>());
        for ((_, back), (id, call)) in peer.returned().into_iter().zip(&sent) {
            assert_eq!(back.method, call.method);
            assert_eq!((&back.body, &back.sidecars), (&call.body, &call.sidecars));
            // Not a copy: the same owner.
            assert_eq!(back.body.as_ptr(), call.body.as_ptr());
            assert_eq!(back.deadline, call.deadline);
            assert_eq!(back.required_features, call.required_features);
            assert_eq!(back.request_id, call.request_id);
            assert_eq!(back.outlives_connection, call.outlives_connection);
            assert!(peer.result(*id).is_none());
        }
        let back = ids.iter().map(|id| peer.conn.cancel_call(peer.now, *id));
        assert!(back.into_iter().all(|outcome| outcome == Some(CancelOutcome::AlreadyDone)));
        // The end of the one that was given up is told first.
        let is_back = |event: &ClientEvent| matches!(event, ClientEvent::Returned { .. });
        let is_end = |event: &ClientEvent| matches!(event, ClientEvent::Completed { id: done, .. } if *done == id);
        assert!(peer.events.iter().position(is_end) < peer.events.iter().position(is_back));
        assert_eq!(peer.error(), ConnectionError::Cut);
        assert_eq!(peer.written().len(), 100);
        // Nothing is held by the connection: all that live are those that came back.
        assert!(alive.count() > 0);
        drop(sent);
        peer.events.clear();
        assert_eq!(alive.count(), 0);
    }
}

#[test]
fn what_comes_back_can_be_made_on_another_connection() {
    let (mut peer, id, alive) = mid_way(alice(), &KUDU, 100);
    peer.start(motley(&alive));
    peer.cancel(id);
    peer.advance(GRACE);
    let (_, back) = peer.returned().remove(0);
    let mut other = RawServer::listing(alice(), &FOOTERS);
    let id = other.start(back.clone());
    // Rendered anew: with a footer, which the first server did not have.
    assert!(other.written().ends_with(&frame::footer_bytes(false)));
    other.feed(&reply(id.get(), b"done"));
    assert_eq!(other.body(id), "done");
}

// ---- when the connection ends

/// One that asks to come back and one that does not, by turns.
fn start_both_kinds(peer: &mut RawServer, alive: &Alive) -> (Vec<CallId>, Vec<CallId>) {
    let (mut back, mut lost) = (Vec::new(), Vec::new());
    for n in 0..20 {
        let mut request = motley(alive);
        request.outlives_connection = n % 2 == 0;
        let list = if n % 2 == 0 { &mut back } else { &mut lost };
        list.push(peer.start(request));
    }
    (back, lost)
}

/// All of them have ended with the connection, nothing of any was sent.
#[track_caller]
fn check_both_kinds(
    peer: &mut RawServer,
    (back, lost): (Vec<CallId>, Vec<CallId>),
    alive: &Alive,
    error: &ConnectionError,
) {
    assert_eq!(peer.error(), *error);
    let returned: Vec<_> = peer.returned().iter().map(|(id, _)| *id).collect();
    assert_eq!(returned, back, "in their order");
    for id in lost {
        let error = error.clone();
        assert_eq!(peer.failure(id), CallError::ConnectionLost { error, execution: NEVER });
    }
    assert!(matches!(peer.events.last(), Some(ClientEvent::Closed { .. })));
    for (_, call) in peer.returned() {
        assert_eq!((call.body.len(), call.sidecars.len()), (3, 4));
    }
    peer.events.clear();
    assert_eq!(alive.count(), 0);
}

#[test]
fn calls_that_ask_for_it_come_back_when_there_is_no_connection() {
    let refused = TransportError {
        op: TransportOp::Connect,
        kind: std::io::ErrorKind::ConnectionRefused,
        message: "connection refused".into(),
    };
    // The socket is never connected.
    let mut peer = RawServer::new(alice());
    peer.conn = ClientConnection::new(std::sync::Arc::new(alice()), peer.now);
    let alive = Alive::default();
    let calls = start_both_kinds(&mut peer, &alive);
    peer.conn.handle_transport_error(peer.now, refused.clone());
    peer.drain();
    check_both_kinds(&mut peer, calls, &alive, &ConnectionError::Transport(refused));

    // Nor is it in time.
    peer = RawServer::new(alice());
    peer.conn = ClientConnection::new(std::sync::Arc::new(alice()), peer.now);
    let calls = start_both_kinds(&mut peer, &alive);
    peer.advance(3 * SECOND);
    let timer = Timer::Negotiation(3 * SECOND);
    check_both_kinds(&mut peer, calls, &alive, &ConnectionError::TimedOut(timer));
    peer.conn.handle_connected(peer.now, Link::unix(None));
    assert!(peer.conn.is_closed());
}

#[test]
fn calls_that_ask_for_it_come_back_when_the_negotiation_fails() {
    let status = ErrorStatus::new(ErrorCode::FatalUnauthorized, StatusCode::NotAuthorized, "no");
    let refusal = response(&reply_header(-33, true), &status.encode());
    let closed = ConnectionError::PeerClosed { mid_frame: false };
    let timer = ConnectionError::TimedOut(Timer::Negotiation(3 * SECOND));
    for (said, error) in [
        (Some(refusal), ConnectionError::from(status)),
        (Some(raw::server_negotiate()), timer.clone()),
        (None, closed),
    ] {
        let mut peer = RawServer::new(alice());
        let alive = Alive::default();
        let calls = start_both_kinds(&mut peer, &alive);
        match said {
            Some(bytes) => peer.feed(&bytes),
            None => peer.eof(),
        }
        peer.advance(3 * SECOND);
        check_both_kinds(&mut peer, calls, &alive, &error);
    }
}

#[test]
fn calls_that_ask_for_it_come_back_when_the_connection_ends() {
    let ends: [fn(&mut RawServer); 4] = [
        |peer| peer.eof(),
        |peer| peer.conn.close(peer.now),
        |peer| peer.feed(&reply(99, b"invented")),
        // Nobody takes a byte.
        |peer| peer.advance(300 * SECOND),
    ];
    for end in ends {
        let mut peer = RawServer::open(alice());
        let alive = Alive::default();
        let persistent = |call| OutboundCall { outlives_connection: true, ..call };
        // Sent, and begun: they do not come back, because a byte of them was accepted.
        let sent = peer.start(persistent(call("sent")));
        peer.room(20);
        let begun = peer.start(persistent(motley(&alive)));
        let calls = start_both_kinds(&mut peer, &alive);
        end(&mut peer);
        peer.drain();
        let error = peer.error();
        let failed = |execution| CallError::ConnectionLost { error: error.clone(), execution };
        assert_eq!(peer.failure(sent), failed(MAYBE));
        assert_eq!(peer.failure(begun), failed(NEVER));
        check_both_kinds(&mut peer, calls, &alive, &error);
    }
}
