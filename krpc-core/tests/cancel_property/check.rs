//! What holds after every step.

use std::sync::atomic::Ordering;
use std::time::Duration;

use krpc_core::{
    CallError, ClientEvent, ConnectionError, Execution, InboundCall, InboundReply, OutboundCall,
    ServerEvent, Then, Timer,
};

use super::super::failure::{Checked, Failure, ensure};
use super::super::model::{Call, End, Expected, Why};
use super::super::net::Socket;
use super::super::schedule::ALL;
use super::super::stage::FAR;
use super::{Run, method};

impl Run<'_> {
    pub(super) fn check_client(&mut self) -> Checked {
        self.check_client_events()?;
        let Run { client, model, .. } = self;
        let (closed, expected) = (client.is_closed(), model.closed);
        ensure!(closed == expected, "closed: {closed}, not {expected}");
        ensure!(client.is_cut() == model.cut, "cut: {}, not {}", client.is_cut(), model.cut);
        let (in_flight, active) = (client.in_flight(), model.active);
        ensure!(in_flight == active, "{in_flight} calls in flight, not {active}");
        if !closed {
            let (abandoned, expected) = (client.abandoned(), model.abandoned);
            ensure!(abandoned == expected, "{abandoned} calls abandoned, not {expected}");
            let (owed, expected) = (client.filler_owed(), model.filler_owed());
            ensure!(owed == expected, "{owed} bytes of filler owed, not {expected}");
            let next = client.poll_timeout().filter(|at| *at < self.base + FAR / 2);
            let expected = model.next_timer().map(|ms| self.base + Duration::from_millis(ms));
            ensure!(next == expected, "next timer {next:?}, not {expected:?}");
        }
        let stats = client.stats();
        let counts = [stats.aborted_frames_sent, stats.filler_refused, stats.late_replies];
        let expected = [model.aborted_frames, model.refused_aborts, model.late];
        ensure!(counts == expected, "aborted, refused, late: {counts:?}, not {expected:?}");
        let cut = stats.cut_frames_sent;
        ensure!(cut == u64::from(model.cut), "{cut} cut frames");
        if closed && !self.client_gone {
            self.end_client()?;
        }
        Ok(())
    }

    pub(super) fn check_client_events(&mut self) -> Checked {
        while let Some(event) = self.client.poll_event() {
            let (id, ended) = match event {
                ClientEvent::Negotiated(info) => {
                    let footers = self.setup.footers();
                    ensure!(info.footers == footers, "footers: {}", info.footers);
                    continue;
                }
                ClientEvent::Completed { id, result } => (Some(id), Ended::Completed(result)),
                ClientEvent::Returned { id, call } => (Some(id), Ended::Returned(call)),
                ClientEvent::Closed { error } => (None, Ended::Closed(error)),
                other => return Err(Failure(format!("unknown event {other:?}"))),
            };
            let expected = self.model.expected.pop_front();
            let expected = expected.ok_or_else(|| format!("{id:?} {ended:?}: nothing was due"))?;
            if let Expected::Completed(call, _) | Expected::Returned(call) = expected {
                let due = self.ids[call];
                ensure!(id == Some(due), "{id:?} {ended:?} instead of {due}, {expected:?}");
            }
            self.check_end(expected, ended)?;
        }
        let missing = self.model.expected.front();
        ensure!(missing.is_none(), "an event is missing: {missing:?}");
        Ok(())
    }

    fn check_end(&mut self, expected: Expected, ended: Ended) -> Checked {
        match (expected, ended) {
            (Expected::Completed(call, end), Ended::Completed(result)) => {
                let alive = self.model.calls[call].alive.load(Ordering::Relaxed);
                ensure!(alive == 0, "completed, and {alive} pieces of its payload are held");
                if result.as_ref().is_err_and(|e| e.execution() == Execution::Never) {
                    ensure!(!self.model.calls[call].ran, "it ran: {result:?}");
                    self.model.calls[call].never = true;
                }
                let fits = match (&end, &result) {
                    (End::Error(expected), Err(error)) => error == expected,
                    (End::Lost(expected), Err(CallError::ConnectionLost { execution, .. })) => {
                        execution == expected
                    }
                    (End::Reply(reply), result) => {
                        let reply = &self.model.replies[*reply];
                        match (&reply.error, result) {
                            (Some(status), Err(CallError::Remote(got))) => got == status,
                            (None, Ok(InboundReply { body, sidecars })) => {
                                let count = sidecars.len();
                                let sidecars = (0..count).map(|i| sidecars.get(i).unwrap());
                                reply.payload.is(body, sidecars)
                            }
                            _ => false,
                        }
                    }
                    _ => false,
                };
                ensure!(fits, "{result:?} instead of {end:?}");
            }
            (Expected::Returned(call), Ended::Returned(back)) => {
                let Call { alive, payload, deadline, .. } = &mut self.model.calls[call];
                let held = alive.load(Ordering::Relaxed);
                ensure!(held == payload.pieces.len(), "{held} pieces come back");
                let OutboundCall { body, sidecars, .. } = &*back;
                let whole = payload.is(body, sidecars.iter().cloned());
                ensure!(whole, "a call comes back altered");
                let at = deadline.map(|ms| self.base + Duration::from_millis(ms));
                ensure!(back.deadline == at && back.method == method(), "it is another call");
                drop(back);
                let held = alive.load(Ordering::Relaxed);
                ensure!(held == 0, "came back, and {held} pieces of its payload are held");
                ensure!(!self.model.calls[call].ran, "it ran and comes back");
                self.model.calls[call].never = true;
                self.model.met.returned += 1;
            }
            (Expected::Closed(why), Ended::Closed(error)) => {
                let peer_closed = matches!(error, ConnectionError::PeerClosed { .. });
                let fits = match why {
                    // In a sealed stream the goodbye may come with the last reply.
                    Why::Cut if self.sealed && self.server_closed && peer_closed => true,
                    Why::Cut => error == ConnectionError::Cut,
                    Why::Drained => {
                        matches!(error, ConnectionError::TimedOut(Timer::Drain(_)))
                    }
                    Why::PeerClosed => peer_closed,
                    Why::Transport => matches!(error, ConnectionError::Transport(_)),
                    Why::Local => error == ConnectionError::LocallyClosed,
                };
                ensure!(fits, "closed by {error:?}, not by {why:?}");
            }
            (expected, ended) => {
                return Err(Failure(format!("{ended:?} instead of {expected:?}")));
            }
        }
        Ok(())
    }

    /// The client's last words, and the end of its socket.
    fn end_client(&mut self) -> Checked {
        self.client_gone = true;
        let now = self.instant();
        for _ in 0..1_000 {
            let before = self.up.taken;
            let mut socket = Socket { pipe: self.up, limit: ALL };
            let done = self.client.transmit(now, &mut socket);
            let moved = self.up.taken - before;
            ensure!(moved == 0 || !self.model.cut, "{moved} bytes after a cut");
            match done.map(|done| done.then) {
                Ok(Then::Reset) => {
                    ensure!(self.model.cut, "a reset without a reason");
                    self.up.cut(0);
                }
                Ok(Then::Close) => ensure!(!self.model.cut, "the kernel goes on sending"),
                Ok(Then::Continue) => continue,
                Ok(then) => return Err(Failure(format!("{then:?} on a closed connection"))),
                Err(_) => ensure!(self.up.broken, "last words are refused"),
            }
            self.up.ended = true;
            self.down.broken = true;
            return Ok(());
        }
        Err("last words without an end".into())
    }

    pub(super) fn check_server(&mut self) -> Checked {
        while let Some(event) = self.server.poll_event() {
            match event {
                ServerEvent::Negotiated(info) => {
                    ensure!(info.footers == self.setup.footers(), "footers: {}", info.footers);
                }
                ServerEvent::Call(call) => self.check_call(&call)?,
                ServerEvent::Closed { error } => {
                    self.server_closed = true;
                    let reason = self.dead || self.model.closed || self.half_closed.is_some();
                    ensure!(reason, "the server has closed: {error}");
                    let patient = self.half_closed.is_some_and(|until| self.now < until);
                    if patient && !self.dead && !self.model.closed {
                        let left = self.model.at_server;
                        ensure!(left == 0, "{left} calls in hand were not answered: {error}");
                    }
                }
                other => return Err(Failure(format!("unknown event {other:?}"))),
            }
        }
        if self.server_closed {
            return self.end_server();
        }
        let missed = self.requests.arrived.len();
        ensure!(missed == 0, "the server has missed {missed} calls");
        let (in_flight, at_server) = (self.server.in_flight(), self.model.at_server);
        ensure!(in_flight == at_server, "the server has {in_flight} calls, not {at_server}");
        let (dropped, aborted) =
            (self.server.stats().aborted_frames_received, self.requests.aborted);
        ensure!(dropped == aborted, "the server has dropped {dropped} of {aborted} frames");
        Ok(())
    }

    fn check_call(&mut self, call: &InboundCall) -> Checked {
        let index = self.requests.arrived.pop_front().ok_or("a call that nobody made")?;
        let Call { id, payload, ran, never, .. } = &mut self.model.calls[index];
        ensure!(call.id.get() == *id, "call {} instead of {id}", call.id);
        ensure!(!std::mem::replace(ran, true), "call {id} arrives twice");
        ensure!(!*never, "call {id} was never to run");
        let sidecars = (0..call.sidecars.len()).map(|i| call.sidecars.get(i).unwrap());
        ensure!(payload.is(&call.body, sidecars), "call {id} arrives altered");
        ensure!(call.method == method(), "call {id} is of {}", call.method);
        self.unanswered.push(index);
        self.model.at_server += 1;
        Ok(())
    }

    fn end_server(&mut self) -> Checked {
        if std::mem::replace(&mut self.server_gone, true) {
            return Ok(());
        }
        let now = self.instant();
        for _ in 0..1_000 {
            let mut socket = Socket { pipe: self.down, limit: ALL };
            match self.server.transmit(now, &mut socket).map(|done| done.then) {
                Ok(Then::Continue) => continue,
                Ok(Then::Close) => {}
                Ok(then) => return Err(Failure(format!("{then:?} from a server"))),
                Err(_) => ensure!(self.down.broken, "last words of the server are refused"),
            }
            self.down.ended = true;
            self.up.broken = true;
            return Ok(());
        }
        Err("last words of the server without an end".into())
    }
}

/// An event of the client, without whose it is.
#[derive(Debug)]
enum Ended {
    Completed(Result<InboundReply, CallError>),
    Returned(Box<OutboundCall>),
    Closed(ConnectionError),
}
