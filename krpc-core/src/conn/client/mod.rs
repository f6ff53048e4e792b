//! The client's end of a connection.

mod give_up;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use krpc_proto::codes::{FEATURE_PRIVATE, RpcFeature};
use krpc_proto::pb::ResponseHeader;
use krpc_proto::{ErrorStatus, decode, frame, ids, sidecar};

use super::wire::{Role, Transmitted, Wire, earliest};
use crate::calls::{Answered, Calls, Ending, Request};
use crate::config::ClientConfig;
use crate::error::{
    CallError, ConnectionError, Misbehaviour, StartCallError, StartCallReason, Timer,
    TransportError,
};
use crate::event::{CallId, CancelOutcome, ClientEvent, InboundReply, OutboundCall, Sidecars};
use crate::link::Link;
use crate::negotiate::client::Negotiation;
use crate::observe::{Direction, FrameKind};
use crate::payload::{self, FIELD, FIELD_64};
use crate::quiet;
use crate::rx::{Received, Skips};
use crate::stats::Stats;
use crate::tx::Source;

/// The client's end of a connection, as a state machine.
///
/// | state | `start_call` | input | `transmit` | timers |
/// | --- | --- | --- | --- | --- |
/// | waiting (before `handle_connecting`) | queued | ignored | nothing | deadlines |
/// | connecting (before `handle_connected`) | queued | ignored | nothing | negotiation, deadlines |
/// | negotiating | queued | negotiation | negotiation | negotiation, deadlines |
/// | open | sent in order | replies | calls | deadlines, frame, stall |
/// | retired (too many abandoned calls) | `Closing` | replies | calls | as open |
/// | draining (cut in mid-frame) | `Closing` | replies | nothing; `Then::ShutdownWrite` at most | deadlines, frame, drain |
/// | closed | `Closing` | ignored | last words, then `Then::Close` | last words |
///
/// A connection that has drained, or was closed because a request was cancelled in mid-transmission,
/// ends with `Then::Reset`. See [`OnCancel`](crate::OnCancel) for how it comes to that.
///
/// See the [crate documentation](crate) for the order of calls. Not cancel-safe or unsafe: nothing
/// here waits.
///
/// # Panics
///
/// No method panics on anything a peer sends.
#[derive(Debug)]
pub struct ClientConnection {
    wire: Wire<Request>,
    role: Client,
}

#[derive(Debug)]
struct Client {
    config: Arc<ClientConfig>,
    state: State,
    calls: Calls,
    events: VecDeque<ClientEvent>,
    /// `None` if the timeout is longer than time can be counted.
    negotiation_deadline: Option<Instant>,
    /// No further call is taken; the connection closes when the others have ended.
    retired: bool,
    /// When the call in mid-transmission that was given up has had its time.
    cut_at: Option<Instant>,
    /// Set once sending has stopped for good: how long replies are waited for.
    drain_until: Option<Instant>,
    /// Whether the peer answers what it has when a client's stream ends in mid-frame.
    peer_answers_after_eof: bool,
}

#[derive(Debug)]
enum State {
    Connecting,
    Negotiating(Box<Negotiation>),
    Open { features: bool },
    Closed,
}

impl ClientConnection {
    /// A connection that is being established. The negotiation timeout runs from now on; calls may
    /// be started at once.
    pub fn new(config: Arc<ClientConfig>, now: Instant) -> Self {
        let mut connection = Self::waiting(config);
        connection.handle_connecting(now);
        connection
    }

    /// A connection that waits until it may be established: in a back-off, or because enough others
    /// negotiate. Calls may be started, and their deadlines pass; no other timer runs.
    pub fn waiting(config: Arc<ClientConfig>) -> Self {
        let role = Client {
            state: State::Connecting,
            calls: Calls::new(config.first_call_id),
            events: VecDeque::new(),
            negotiation_deadline: None,
            retired: false,
            cut_at: None,
            drain_until: None,
            peer_answers_after_eof: false,
            config,
        };
        ClientConnection { wire: Wire::new(&role.config.common, false), role }
    }

    // ---- A: getters

    /// Whether input is wanted. A client never stops reading because of the calls it has to send,
    /// only while a memory budget refuses the next frame, or a server that negotiates takes no
    /// answers.
    pub fn wants_read(&self) -> bool {
        !self.is_closed() && !self.wire.rx.is_refused() && self.wire.negotiates_in_turn()
    }

    /// Whether there are bytes for the socket.
    pub fn wants_write(&self) -> bool {
        self.wire.wants_write()
    }

    /// Whether the connection has ended. It may still have last words to write.
    pub fn is_closed(&self) -> bool {
        self.wire.is_ended()
    }

    /// Whether the negotiation has succeeded and the connection has not ended.
    pub fn is_open(&self) -> bool {
        matches!(self.role.state, State::Open { .. })
    }

    /// Whether [`ClientConnection::start_call`] may take a call.
    pub fn accepts_calls(&self) -> bool {
        !self.is_closed() && !self.role.retired && !self.is_cut()
    }

    /// Whether sending has stopped for good in the middle of a frame. The socket of such a connection
    /// is closed with linger 0.
    pub fn is_cut(&self) -> bool {
        self.wire.is_cut()
    }

    /// Calls that were given up after they were sent, and whose reply has not come.
    pub fn abandoned(&self) -> usize {
        self.role.calls.abandoned()
    }

    /// Bytes of filler that are still to be sent in place of aborted payload.
    pub fn filler_owed(&self) -> u64 {
        self.wire.tx.filler_owed()
    }

    /// Calls that have not ended.
    pub fn in_flight(&self) -> usize {
        self.role.calls.len()
    }

    /// Calls whose request is not completely sent.
    pub fn queued(&self) -> usize {
        self.role.calls.waiting_to_be_sent()
    }

    /// Counters.
    pub fn stats(&self) -> &Stats {
        &self.wire.stats
    }

    /// The next time [`ClientConnection::handle_timeout`] wants to be called. Exact, O(1).
    pub fn poll_timeout(&self) -> Option<Instant> {
        let negotiation = self.role.negotiation_deadline.filter(|_| self.is_negotiating());
        let call = self.role.calls.next_deadline();
        let drain = self.role.drain_until.filter(|_| !self.is_closed());
        let own = earliest(earliest(negotiation, call), earliest(self.role.cut_at, drain));
        earliest(self.wire.poll_timeout(), own)
    }

    // ---- B: inputs

    /// Connecting begins: the negotiation timeout runs from now on. Ignored once connected.
    pub fn handle_connecting(&mut self, now: Instant) {
        if matches!(self.role.state, State::Connecting) && !self.is_closed() {
            let timeout = self.role.config.common.negotiation_timeout;
            self.role.negotiation_deadline = now.checked_add(timeout);
        }
    }

    /// The transport is connected. Ignored when it comes a second time.
    pub fn handle_connected(&mut self, now: Instant, link: Link) {
        if !matches!(self.role.state, State::Connecting) || self.is_closed() {
            return;
        }
        let loopback = link.is_loopback();
        match Negotiation::start(&self.role.config, loopback, &mut self.wire, now) {
            Ok(negotiation) => self.role.state = State::Negotiating(Box::new(negotiation)),
            Err(error) => self.fail(now, error, false),
        }
        self.settle(now);
    }

    /// Bytes have arrived. Any amount, cut anywhere.
    pub fn handle_input(&mut self, now: Instant, data: &[u8]) {
        if self.is_closed() || matches!(self.role.state, State::Connecting) {
            return;
        }
        let received = self.wire.receive(&mut self.role, now, data);
        self.after_input(now, received);
    }

    /// Where the next bytes may be read straight into: the initialised rest of a large frame that
    /// is not sealed, or empty. Tell [`ClientConnection::handle_received`] how many were, before
    /// any other input.
    pub fn recv_space(&mut self) -> &mut [u8] {
        self.wire.recv_space()
    }

    /// `n` bytes have arrived in what [`ClientConnection::recv_space`] gave.
    pub fn handle_received(&mut self, now: Instant, n: usize) {
        if self.is_closed() {
            return;
        }
        let received = self.wire.receive_in_place(&mut self.role, now, n);
        self.after_input(now, received);
    }

    /// The peer will send nothing more.
    pub fn handle_eof(&mut self, now: Instant) {
        if self.is_closed() {
            return;
        }
        let mid_frame = !self.wire.at_boundary();
        self.fail(now, ConnectionError::PeerClosed { mid_frame }, false);
    }

    /// The socket failed, or could not be connected.
    pub fn handle_transport_error(&mut self, now: Instant, error: TransportError) {
        if !self.is_closed() {
            self.fail(now, ConnectionError::Transport(error), false);
        }
    }

    /// The time is `now`: everything that was due happens. Early calls do no harm.
    ///
    /// Feed what the socket already holds before: a reply that is there beats the deadline.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.wire.rx.is_refused() && !self.is_closed() {
            let received = self.wire.receive(&mut self.role, now, &[]);
            self.after_input(now, received);
        }
        let reading = self.wants_read();
        if let Some(timer) = self.wire.expired(now, reading) {
            self.time_out(now, timer);
            return;
        }
        let due = self.role.negotiation_deadline.is_some_and(|at| now >= at);
        if self.is_negotiating() && !self.is_closed() && due {
            let timeout = self.role.config.common.negotiation_timeout;
            self.time_out(now, Timer::Negotiation(timeout));
            return;
        }
        while let Some(id) = self.role.calls.due(now) {
            let outcome = self.give_up(now, CallId(id), Ending::Expired);
            assert_ne!(outcome, Some(CancelOutcome::AlreadyDone), "the heap's top is never dead");
        }
        if self.role.cut_at.is_some_and(|at| now >= at) {
            self.grace_is_over(now);
        }
        if self.role.drain_until.is_some_and(|at| now >= at) && !self.is_closed() {
            self.time_out(now, Timer::Drain(self.role.config.drain_timeout));
        }
        self.settle(now);
    }

    // ---- C: commands

    /// Queues a call. It is sent when the connection is open and its turn has come.
    ///
    /// # Errors
    ///
    /// Hands the call back with the reason it was not taken.
    pub fn start_call(
        &mut self,
        now: Instant,
        call: OutboundCall,
    ) -> Result<CallId, StartCallError> {
        if let Err(reason) = self.admit(&call) {
            return Err(StartCallError { reason, call: Box::new(call) });
        }
        let id = self.role.calls.start(&mut self.wire.tx, call);
        self.wire.note_output(now);
        Ok(id)
    }

    /// Gives up on a call, and returns what came of it. Unless that is `AlreadyDone`, the call's
    /// `Completed` event is queued.
    ///
    /// `None`: the call is in mid-transmission, and what comes of it will be in its `Completed` event:
    /// after `grace` at the latest under [`OnCancel::Drain`](crate::OnCancel::Drain), whenever the network has taken its last
    /// byte under [`OnCancel::KeepUntilSent`](crate::OnCancel::KeepUntilSent). Harmless when repeated.
    pub fn cancel_call(&mut self, now: Instant, id: CallId) -> Option<CancelOutcome> {
        let outcome = self.give_up(now, id, Ending::Cancelled);
        self.settle(now);
        outcome
    }

    /// Ends the connection. Calls in flight end as [`CallError::ConnectionLost`].
    pub fn close(&mut self, now: Instant) {
        if !self.is_closed() {
            self.wire.close_notify();
            self.fail(now, ConnectionError::LocallyClosed, true);
        }
    }

    /// Gives back memory that is kept to spare calls to come an allocation; they will make it again. For
    /// a connection that has gone quiet: see [`Quiet`](crate::Quiet).
    pub fn release_memory(&mut self) {
        self.wire.tx.release_memory();
        self.role.calls.release_memory();
        self.role.events.shrink_to_fit();
    }

    // ---- D: outputs

    /// One bounded write of what is ready. Renders, offers and accounts in one call.
    ///
    /// # Errors
    ///
    /// Those of `out`, passed through; after `WouldBlock` nothing has changed, and other bytes may
    /// be offered in the same place next time.
    pub fn transmit(&mut self, now: Instant, out: &mut dyn io::Write) -> io::Result<Transmitted> {
        let transmitted = self.wire.transmit(now, out);
        while let Some(id) = self.wire.tx.pop_sent() {
            if let Some((id, error)) = self.role.calls.sent(id) {
                self.role.cut_at = None;
                self.role.complete(id, Err(error));
            }
        }
        self.settle(now);
        transmitted
    }

    /// What has happened, in order.
    pub fn poll_event(&mut self) -> Option<ClientEvent> {
        let event = self.role.events.pop_front();
        if self.role.events.is_empty() {
            self.role.events.shrink_to(16);
        }
        event
    }

    // ---- inside

    /// Whether the connection is still to be opened.
    fn is_negotiating(&self) -> bool {
        matches!(self.role.state, State::Connecting | State::Negotiating(_))
    }

    fn admit(&self, call: &OutboundCall) -> Result<(), StartCallReason> {
        if !self.accepts_calls() {
            return Err(StartCallReason::Closing);
        }
        let config = &self.role.config.common;
        let in_flight = self.role.calls.len();
        if in_flight >= config.max_calls {
            return Err(StartCallReason::QueueFull { in_flight });
        }
        let (count, limit) = (call.required_features.len(), decode::MAX_FEATURE_FLAGS);
        if count > limit {
            return Err(StartCallReason::TooManyFeatures { count, limit });
        }
        payload::check_size(config, longest_header(call), &call.body, &call.sidecars)?;
        if matches!(self.role.state, State::Open { features: false })
            && !call.required_features.is_empty()
        {
            return Err(StartCallReason::NotSupported(call.required_features.clone()));
        }
        Ok(())
    }

    fn after_input(&mut self, now: Instant, received: Result<(), ConnectionError>) {
        if let Err(error) = received {
            // What ends the stream may have come together with the last reply that was owed.
            let drained = self.is_cut() && self.role.calls.len() == 0;
            self.fail(now, if drained { ConnectionError::Cut } else { error }, false);
        }
        self.settle(now);
    }

    fn time_out(&mut self, now: Instant, timer: Timer) {
        self.wire.saw_timer(now, timer);
        self.fail(now, ConnectionError::TimedOut(timer), false);
    }

    /// What holds after every step: a connection that is retired or drains closes when its last call has
    /// ended.
    fn settle(&mut self, now: Instant) {
        let limit = self.role.config.max_abandoned;
        if self.role.calls.abandoned() > limit {
            self.role.retired = true;
        }
        if self.role.retired && self.role.calls.len() == 0 && !self.is_closed() {
            let abandoned = self.role.calls.abandoned();
            self.wire.close_notify();
            self.fail(now, ConnectionError::Retired { abandoned, limit }, true);
        }
        if self.is_cut() && self.role.calls.len() == 0 && !self.is_closed() {
            self.fail(now, ConnectionError::Cut, false);
        }
        self.wire.note_output(now);
        let reading = self.wants_read();
        // Time spent not reading is not held against the peer.
        self.wire.account_reading(now, reading);
    }

    /// Ends the connection and everything on it. Payload is dropped before any event is queued.
    fn fail(&mut self, now: Instant, error: ConnectionError, last_words: bool) {
        self.role.state = State::Closed;
        self.role.cut_at = None;
        let mid_way = self.wire.tx.mid_way();
        let never_begun = self.wire.end(now, last_words);
        for request in never_begun.into_iter().filter(Request::outlives_connection) {
            self.role.give_back(request);
        }
        while let Some((id, lost)) = self.role.calls.lose(&error, mid_way) {
            self.role.complete(id, Err(lost));
        }
        self.role.tell(ClientEvent::Closed { error });
    }

    /// Entries of the deadline heap, dead ones included.
    #[cfg(feature = "test-util")]
    #[doc(hidden)]
    pub fn deadline_entries(&self) -> usize {
        self.role.calls.deadline_entries()
    }
}

impl Role<Request> for Client {
    fn received(
        &mut self,
        wire: &mut Wire<Request>,
        now: Instant,
        received: Received,
    ) -> Result<(), ConnectionError> {
        let payload = match received {
            Received::Preamble => return Ok(()),
            Received::Frame(payload) => payload,
            Received::Skipped(id) => {
                // Its id was known to owe a reply when the skipping began, and is until this.
                let _late = self.calls.answered(id);
                wire.stats.late_replies += 1;
                return Ok(());
            }
        };
        match &mut self.state {
            State::Negotiating(negotiation) => {
                let done = negotiation.received(&self.config, wire, now, &payload)?;
                if let Some(info) = done {
                    let feature = RpcFeature::ApplicationFeatureFlags as u32;
                    let features = info.peer_features.contains(&feature);
                    self.state = State::Open { features };
                    self.peer_answers_after_eof = info.peer_features.contains(&FEATURE_PRIVATE);
                    wire.rx.negotiated();
                    wire.tx.open(info.footers);
                    self.tell(ClientEvent::Negotiated(Box::new(info)));
                    if !features {
                        self.refuse_unsupported(wire);
                    }
                }
                Ok(())
            }
            State::Open { .. } => self.reply(wire, now, payload),
            State::Connecting | State::Closed => Ok(()),
        }
    }
}

impl Skips for Client {
    fn skips_any(&self) -> bool {
        self.calls.abandoned() > 0
    }

    fn skips(&self, id: i32) -> bool {
        self.calls.is_abandoned(id)
    }
}

impl Client {
    /// A call of which not a byte was accepted comes back.
    fn give_back(&mut self, request: Request) {
        let id = request.id();
        self.calls.forget(id);
        let call = Box::new(request.into_call());
        self.tell(ClientEvent::Returned { id: CallId(id), call });
    }

    fn complete(&mut self, id: CallId, result: Result<InboundReply, CallError>) {
        self.tell(ClientEvent::Completed { id, result });
    }

    fn tell(&mut self, event: ClientEvent) {
        quiet::push(&mut self.events, event);
    }

    /// Calls that were queued before it was known that the server lacks application feature flags.
    fn refuse_unsupported(&mut self, wire: &mut Wire<Request>) {
        for (id, flags) in self.calls.take_unsupported(&mut wire.tx) {
            self.complete(id, Err(CallError::Refused(StartCallReason::NotSupported(flags))));
        }
    }

    fn reply(
        &mut self,
        wire: &mut Wire<Request>,
        now: Instant,
        payload: Bytes,
    ) -> Result<(), ConnectionError> {
        let parts =
            frame::split(&payload, frame::FooterRule::Forbidden).map_err(Misbehaviour::from)?;
        let header: ResponseHeader =
            decode::response_header(payload.slice(parts.header)).map_err(Misbehaviour::from)?;
        let main = payload.slice(parts.main);
        sidecar::check(main.len(), &header.sidecar_offsets).map_err(Misbehaviour::from)?;
        let is_error = header.is_error.unwrap_or(false);
        let kind = if is_error { FrameKind::Error } else { FrameKind::Reply };
        let size = payload.len() + frame::PREFIX_LEN;
        drop(payload);
        wire.saw(now, Direction::Received, kind, header.call_id, size);
        if header.call_id == ids::NEGOTIATE && is_error {
            // A server refuses some credentials only after the client believes it is connected.
            let status = ErrorStatus::decode(main).map_err(Misbehaviour::from)?;
            return Err(status.into());
        }
        let id = match self.calls.answered(header.call_id) {
            Answered::Call(id) => id,
            Answered::Late => {
                wire.stats.late_replies += 1;
                return Ok(());
            }
            Answered::Early(id) => return Err(Misbehaviour::EarlyReply(id).into()),
            Answered::Unexpected => {
                return Err(Misbehaviour::UnexpectedReply(header.call_id).into());
            }
        };
        let result = if is_error {
            match ErrorStatus::decode(main) {
                Ok(status) => Err(CallError::Remote(status)),
                Err(error) => Err(CallError::BadReply(error.to_string())),
            }
        } else {
            let body = payload::split_body(&main, &header.sidecar_offsets);
            Ok(InboundReply { body, sidecars: Sidecars::new(main, header.sidecar_offsets) })
        };
        self.complete(id, result);
        Ok(())
    }
}

/// Bytes of a call's header at most, offsets of sidecars aside.
fn longest_header(call: &OutboundCall) -> usize {
    let OutboundCall { method, required_features, request_id, .. } = call;
    let id_and_timeout = 2 * FIELD;
    let method = 3 * FIELD + method.service.len() + method.name.len();
    let request_id = request_id.as_ref();
    let request_id = request_id.map_or(0, |id| 2 * FIELD + id.client_id.len() + 3 * FIELD_64);
    id_and_timeout + method + FIELD * required_features.len() + request_id
}
