//! The server's end of a connection.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_proto::codes::{ErrorCode, FEATURE_PRIVATE, StatusCode};
use krpc_proto::frame::FooterRule;
use krpc_proto::pb::ResponseHeader;
use krpc_proto::{ErrorStatus, decode, frame, ids, sidecar};

use super::wire::{Role, Transmitted, Wire, earliest};
use crate::config::ServerConfig;
use crate::error::{ConnectionError, Misbehaviour, RespondError, Timer, TransportError};
use crate::event::{
    CallId, InboundCall, Method, NegotiationInfo, OutboundReply, ServerEvent, Sidecars,
};
use crate::link::Link;
use crate::negotiate::server::{Negotiation, Refusal, send_refusal};
use crate::observe::{Direction, FrameKind};
use crate::payload::{self, FIELD};
use crate::quiet;
use crate::rx::{Received, Skips};
use crate::stats::Stats;
use crate::tx::Source;

/// The server's end of a connection, as a state machine.
///
/// | state | `respond` | input | `transmit` | timers |
/// | --- | --- | --- | --- | --- |
/// | negotiating | `UnknownCall` | negotiation | negotiation | negotiation |
/// | open | queued | calls | replies | idle, frame, stall |
/// | draining (after `shutdown`) | queued | not wanted | replies, then `Then::Close` | stall |
/// | closed | `UnknownCall` | ignored | last words, then `Then::Close` | last words |
///
/// See the [crate documentation](crate) for the order of calls.
///
/// # Panics
///
/// No method panics on anything a peer sends.
#[derive(Debug)]
pub struct ServerConnection {
    wire: Wire<Answer>,
    role: Server,
}

#[derive(Debug)]
struct Server {
    config: Arc<ServerConfig>,
    link: Link,
    negotiation: Option<Box<Negotiation>>,
    /// `None` if the timeout is longer than time can be counted.
    negotiation_deadline: Option<Instant>,
    /// Calls whose answer is not completely sent, and whether there is one yet.
    in_flight: BTreeMap<i32, Answered>,
    events: VecDeque<ServerEvent>,
    user: String,
    draining: bool,
    /// Whether requests end with a footer.
    footers: bool,
    /// Whether the client still reads when its stream has ended in mid-frame.
    client_half_closes: bool,
    /// The client has done so.
    half_closed: bool,
    /// How long it is answered then; `None` if that is longer than time can be counted.
    half_close_deadline: Option<Instant>,
    last_activity: Instant,
}

/// Bytes of a reply's header at most, offsets of sidecars aside. The id is the client's choice and may
/// be negative.
const LONGEST_HEADER: usize = 1 + 10 + FIELD;

/// Whether a call in flight has its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answered {
    No,
    Yes,
}

/// A reply in the transmit queue.
#[derive(Debug)]
struct Answer {
    id: i32,
    is_error: bool,
    reply: OutboundReply,
}

impl Source for Answer {
    type Header = ResponseHeader;

    fn id(&self) -> i32 {
        self.id
    }

    fn kind(&self) -> FrameKind {
        if self.is_error { FrameKind::Error } else { FrameKind::Reply }
    }

    fn payload_len(&self) -> usize {
        payload::len(&self.reply.body, &self.reply.sidecars)
    }

    fn header(&self, _now: Instant) -> ResponseHeader {
        ResponseHeader {
            call_id: self.id,
            // Kudu writes it always, also when it is false.
            is_error: Some(self.is_error),
            sidecar_offsets: payload::offsets(&self.reply.body, &self.reply.sidecars),
        }
    }

    fn piece(&self, index: usize) -> Option<&Bytes> {
        payload::piece(&self.reply.body, &self.reply.sidecars, index)
    }

    fn release(&mut self, index: usize) {
        payload::release(&mut self.reply.body, &mut self.reply.sidecars, index);
    }
}

impl ServerConnection {
    /// A connection that was accepted. The negotiation timeout runs from now on.
    pub fn new(config: Arc<ServerConfig>, link: Link, now: Instant) -> Self {
        let role = Server {
            negotiation: Some(Box::new(Negotiation::new(&config, &link))),
            negotiation_deadline: now.checked_add(config.common.negotiation_timeout),
            link,
            in_flight: BTreeMap::new(),
            events: VecDeque::new(),
            user: String::new(),
            draining: false,
            footers: false,
            client_half_closes: false,
            half_closed: false,
            half_close_deadline: None,
            last_activity: now,
            config,
        };
        ServerConnection { wire: Wire::new(&role.config.common, true), role }
    }

    // ---- A: getters

    /// Whether input is wanted: not while calls in flight, undelivered events, unsent replies or a
    /// memory budget are at their limit, not while a client that negotiates takes no answers, and
    /// not when shutting down.
    pub fn wants_read(&self) -> bool {
        let config = &self.role.config;
        !self.is_closed()
            && !self.role.draining
            && !self.wire.rx.is_refused()
            && self.role.in_flight.len() < config.common.max_calls
            && self.role.events.len() < config.common.max_calls
            && self.wire.tx.held_bytes() < config.reply_memory
            && self.wire.negotiates_in_turn()
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
        self.role.negotiation.is_none() && !self.is_closed()
    }

    /// Calls received whose reply is not completely sent.
    pub fn in_flight(&self) -> usize {
        self.role.in_flight.len()
    }

    /// The client's user name; empty before the negotiation has ended.
    pub fn remote_user(&self) -> &str {
        &self.role.user
    }

    /// Where the bytes go.
    pub fn link(&self) -> &Link {
        &self.role.link
    }

    /// Counters.
    pub fn stats(&self) -> &Stats {
        &self.wire.stats
    }

    /// The next time [`ServerConnection::handle_timeout`] wants to be called. Exact, O(1).
    pub fn poll_timeout(&self) -> Option<Instant> {
        let own = if self.is_closed() {
            None
        } else if self.role.negotiation.is_some() {
            self.role.negotiation_deadline
        } else {
            earliest(self.role.half_close_deadline, self.idle_deadline())
        };
        earliest(self.wire.poll_timeout(), own)
    }

    // ---- B: inputs

    /// Bytes have arrived. Any amount, cut anywhere.
    pub fn handle_input(&mut self, now: Instant, data: &[u8]) {
        if self.is_closed() || self.role.draining {
            return;
        }
        self.role.last_activity = now;
        let received = self.wire.receive(&mut self.role, now, data);
        self.after_input(now, received);
    }

    /// Where the next bytes may be read straight into: the initialised rest of a large frame that
    /// is not sealed, or empty. Tell [`ServerConnection::handle_received`] how many were, before
    /// any other input.
    pub fn recv_space(&mut self) -> &mut [u8] {
        self.wire.recv_space()
    }

    /// `n` bytes have arrived in what [`ServerConnection::recv_space`] gave.
    pub fn handle_received(&mut self, now: Instant, n: usize) {
        if self.is_closed() || self.role.draining {
            return;
        }
        self.role.last_activity = now;
        let received = self.wire.receive_in_place(&mut self.role, now, n);
        self.after_input(now, received);
    }

    /// The peer will send nothing more. Replies it is still owed are dropped, as by Kudu.
    ///
    /// In the middle of a frame, and from a client that said in the negotiation that it means this by
    /// it, it is a half-close instead: the client has given up on that call and waits for the replies to
    /// earlier ones. They are sent, for `half_close_timeout` at the longest, then the connection ends.
    /// A TLS stream that ends without its close_notify counts like any other end: it is the length
    /// prefix that shows what is missing.
    pub fn handle_eof(&mut self, now: Instant) {
        if self.is_closed() {
            return;
        }
        let mid_frame = !self.wire.at_boundary();
        if mid_frame && self.role.client_half_closes && !self.role.draining {
            self.wire.stats.cut_frames_received += 1;
            self.wire.stop_reading();
            self.role.draining = true;
            self.role.half_closed = true;
            self.role.half_close_deadline = now.checked_add(self.role.config.half_close_timeout);
            self.settle(now);
        } else if !self.role.half_closed {
            self.fail(now, ConnectionError::PeerClosed { mid_frame }, false);
        }
    }

    /// The socket failed.
    pub fn handle_transport_error(&mut self, now: Instant, error: TransportError) {
        if !self.is_closed() {
            self.fail(now, ConnectionError::Transport(error), false);
        }
    }

    /// The time is `now`: everything that was due happens. Early calls do no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.wire.rx.is_refused() && !self.is_closed() && !self.role.draining {
            let received = self.wire.receive(&mut self.role, now, &[]);
            self.after_input(now, received);
        }
        let reading = self.wants_read();
        if let Some(timer) = self.wire.expired(now, reading) {
            self.time_out(now, timer);
        } else if self.is_closed() {
        } else if self.role.negotiation.is_some() {
            if self.role.negotiation_deadline.is_some_and(|at| now >= at) {
                let timeout = self.role.config.common.negotiation_timeout;
                self.time_out(now, Timer::Negotiation(timeout));
            }
        } else if self.role.half_close_deadline.is_some_and(|at| now >= at) {
            self.time_out(now, Timer::HalfClose(self.role.config.half_close_timeout));
        } else if self.idle_deadline().is_some_and(|at| now >= at) {
            let idle = self.role.config.keepalive.unwrap_or(Duration::MAX);
            self.wire.close_notify();
            let timer = Timer::Idle(idle);
            self.wire.saw_timer(now, timer);
            self.fail(now, ConnectionError::TimedOut(timer), true);
        }
        self.settle(now);
    }

    // ---- C: commands

    /// Answers a call. Answers may come in any order.
    ///
    /// # Errors
    ///
    /// [`RespondError::UnknownCall`] if the call was answered before or the connection has ended;
    /// [`RespondError::Invalid`] if the reply breaks a limit: the client then gets an error reply
    /// that says so.
    pub fn respond(
        &mut self,
        now: Instant,
        id: CallId,
        reply: Result<OutboundReply, ErrorStatus>,
    ) -> Result<(), RespondError> {
        match self.role.in_flight.get_mut(&id.0) {
            Some(answered @ Answered::No) => *answered = Answered::Yes,
            _ => return Err(RespondError::UnknownCall(id)),
        }
        let is_error = reply.is_err();
        let encode = |status: ErrorStatus| OutboundReply::new(status.encode());
        let mut answer = Answer { id: id.0, is_error, reply: reply.unwrap_or_else(encode) };
        let config = &self.role.config.common;
        let OutboundReply { body, sidecars } = &answer.reply;
        let invalid = payload::check_size(config, LONGEST_HEADER, body, sidecars).err();
        if let Some(reason) = &invalid {
            let text = format!("reply cannot be sent: {reason}");
            let code = ErrorCode::ErrorApplication;
            let status = ErrorStatus::new(code, StatusCode::RuntimeError, text);
            answer = Answer { id: id.0, is_error: true, reply: encode(status) };
        }
        self.wire.tx.push(answer);
        self.settle(now);
        invalid.map_or(Ok(()), |reason| Err(RespondError::Invalid(reason)))
    }

    /// Stops reading, answers what is in hand, then closes. A partly received call is dropped.
    pub fn shutdown(&mut self, now: Instant) {
        if self.is_closed() {
            return;
        }
        self.role.draining = true;
        self.wire.stop_reading();
        if self.role.negotiation.is_some() {
            self.fail(now, ConnectionError::LocallyClosed, false);
        }
        self.settle(now);
    }

    /// Ends the connection at once. Calls in hand are not answered.
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
        // A map that was emptied keeps its last node.
        if self.role.in_flight.is_empty() {
            self.role.in_flight = BTreeMap::new();
        }
        self.role.events.shrink_to_fit();
    }

    // ---- D: outputs

    /// One bounded write of what is ready. Renders, offers and accounts in one call.
    ///
    /// # Errors
    ///
    /// Those of `out`, passed through; after `WouldBlock` nothing has changed.
    pub fn transmit(&mut self, now: Instant, out: &mut dyn io::Write) -> io::Result<Transmitted> {
        let mut transmitted = self.wire.transmit(now, out);
        while let Some(id) = self.wire.tx.pop_sent() {
            self.role.in_flight.remove(&id);
            self.role.last_activity = now;
        }
        self.settle(now);
        if let Ok(done) = &mut transmitted {
            // Draining may have ended with these bytes.
            if self.is_closed() {
                done.pending = self.wants_write();
                if !done.pending {
                    done.then = super::Then::Close;
                }
            }
        }
        transmitted
    }

    /// What has happened, in order.
    pub fn poll_event(&mut self) -> Option<ServerEvent> {
        let event = self.role.events.pop_front();
        if self.role.events.is_empty() {
            self.role.events.shrink_to(16);
        }
        event
    }

    // ---- inside

    fn after_input(&mut self, now: Instant, received: Result<(), ConnectionError>) {
        if let Err(error) = received {
            // A refusal has queued its error frame: those are the last words.
            let last_words = self.role.negotiation.is_some();
            self.fail(now, error, last_words);
        }
        self.settle(now);
    }

    fn time_out(&mut self, now: Instant, timer: Timer) {
        self.wire.saw_timer(now, timer);
        self.fail(now, ConnectionError::TimedOut(timer), false);
    }

    /// When an idle connection closes; `None` while it is not idle.
    fn idle_deadline(&self) -> Option<Instant> {
        let idle = self.role.in_flight.is_empty()
            && self.wire.at_boundary()
            && self.wire.tx.holds_nothing();
        let keepalive = self.role.config.keepalive.filter(|_| idle)?;
        self.role.last_activity.checked_add(keepalive)
    }

    /// What holds after every step: a draining connection closes when all is answered and sent.
    fn settle(&mut self, now: Instant) {
        let drained =
            self.role.draining && self.role.in_flight.is_empty() && self.wire.tx.holds_nothing();
        if drained && !self.is_closed() {
            self.wire.close_notify();
            let error = if self.role.half_closed {
                ConnectionError::PeerClosed { mid_frame: true }
            } else {
                ConnectionError::LocallyClosed
            };
            self.fail(now, error, true);
        }
        self.wire.note_output(now);
        let reading = self.wants_read();
        self.wire.account_reading(now, reading);
    }

    fn fail(&mut self, now: Instant, error: ConnectionError, last_words: bool) {
        drop(self.wire.end(now, last_words));
        self.role.in_flight.clear();
        self.role.tell(ServerEvent::Closed { error });
    }
}

impl Role<Answer> for Server {
    fn received(
        &mut self,
        wire: &mut Wire<Answer>,
        now: Instant,
        received: Received,
    ) -> Result<(), ConnectionError> {
        let payload = match received {
            Received::Preamble => {
                let size = krpc_proto::preamble::LEN;
                let id = krpc_proto::ids::INVALID;
                wire.saw(now, Direction::Received, FrameKind::Preamble, id, size);
                return Ok(());
            }
            Received::Frame(payload) => payload,
            // Only replies are.
            Received::Skipped(_) => return Ok(()),
        };
        let Some(negotiation) = &mut self.negotiation else {
            return self.call(wire, now, payload);
        };
        match negotiation.received(&self.config, &self.link, wire, now, &payload) {
            Ok(None) => {}
            Ok(Some(info)) => self.open(wire, info),
            Err(refusal) => {
                let Refusal { error, answer } = *refusal;
                if let Some(status) = answer {
                    send_refusal(wire, now, &status);
                }
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Skips for Server {
    fn skips_any(&self) -> bool {
        false
    }

    fn skips(&self, _id: i32) -> bool {
        false
    }
}

impl Server {
    fn open(&mut self, wire: &mut Wire<Answer>, info: NegotiationInfo) {
        self.negotiation = None;
        self.user = info.user.clone();
        self.footers = info.footers;
        self.client_half_closes = info.peer_features.contains(&FEATURE_PRIVATE);
        wire.rx.negotiated();
        // Replies have none.
        wire.tx.open(false);
        self.tell(ServerEvent::Negotiated(Box::new(info)));
    }

    fn tell(&mut self, event: ServerEvent) {
        quiet::push(&mut self.events, event);
    }

    fn call(
        &mut self,
        wire: &mut Wire<Answer>,
        now: Instant,
        payload: Bytes,
    ) -> Result<(), ConnectionError> {
        let rule = if self.footers { FooterRule::Required } else { FooterRule::Forbidden };
        let parts = frame::split(&payload, rule).map_err(Misbehaviour::from)?;
        if let Some(footer) = parts.footer {
            // Before anything else in the frame is looked at: it may be filler.
            let aborted = frame::parse_footer(&payload[footer]).map_err(Misbehaviour::from)?;
            if aborted {
                wire.stats.aborted_frames_received += 1;
                let size = payload.len() + frame::PREFIX_LEN;
                wire.saw(now, Direction::Received, FrameKind::Aborted, ids::INVALID, size);
                return Ok(());
            }
        }
        let header =
            decode::request_header(payload.slice(parts.header)).map_err(Misbehaviour::from)?;
        let main = payload.slice(parts.main);
        let transfer_size = payload.len() + frame::PREFIX_LEN;
        drop(payload);
        wire.saw(now, Direction::Received, FrameKind::Request, header.call_id, transfer_size);
        let Some(method) = header.remote_method else {
            return Err(Misbehaviour::NoMethod(header.call_id).into());
        };
        sidecar::check(main.len(), &header.sidecar_offsets).map_err(Misbehaviour::from)?;
        let id = CallId(header.call_id);
        if self.in_flight.contains_key(&id.0) {
            return Err(Misbehaviour::DuplicateCallId(id).into());
        }
        self.in_flight.insert(id.0, Answered::No);
        // 0 means none, as does absence.
        let timeout = header.timeout_millis.filter(|ms| *ms > 0);
        let timeout = timeout.map(|ms| Duration::from_millis(u64::from(ms)));
        self.tell(ServerEvent::Call(Box::new(InboundCall {
            id,
            method: Method { service: method.service_name, name: method.method_name },
            body: payload::split_body(&main, &header.sidecar_offsets),
            sidecars: Sidecars::new(main, header.sidecar_offsets),
            received: now,
            deadline: timeout.map(|timeout| now + timeout),
            timeout,
            required_features: header.required_feature_flags,
            request_id: header.request_id.map(Into::into),
            transfer_size,
        })));
        Ok(())
    }
}
