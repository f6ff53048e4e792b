//! Plays a schedule on a client and a server in memory, and compares every step with the model.

#[path = "check.rs"]
mod check;
#[path = "rest.rs"]
mod rest;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use krpc_core::{
    CallId, ClientConnection, ErrorCode, ErrorStatus, Link, Method, OutboundCall, OutboundReply,
    ServerConnection, StatusCode, Then, TransportError, TransportOp,
};

use super::failure::{Checked, Failure, ensure};
use super::met::Met;
use super::model::{METHOD, Model, SERVICE, Why};
use super::net::{Pipe, Socket, Tap};
use super::parser::{Frame, Parser, Stream};
use super::payload::{Load, Payload};
use super::readers::{Replies, Requests};
use super::schedule::{ALL, Op, Place, Schedule, Setup};
use super::stage::Stage;

/// Rounds after which something goes on for ever.
const PATIENCE: usize = 100_000;

/// Plays a schedule. What it met, or what was wrong.
pub(crate) fn play(stage: &mut Stage, schedule: &Schedule) -> Checked<Met> {
    let mut run = Run::new(stage, schedule.setup);
    for (number, op) in schedule.ops.iter().enumerate() {
        run.step(*op)
            .map_err(|Failure(text)| Failure(format!("in step {number}, {op:?}: {text}")))?;
    }
    run.finish().map_err(|Failure(text)| Failure(format!("in the end: {text}")))
}

#[derive(Debug)]
struct Run<'a> {
    setup: Setup,
    sealed: bool,
    base: Instant,
    now: u64,
    client: ClientConnection,
    server: ServerConnection,
    up: &'a mut Pipe,
    down: &'a mut Pipe,
    opened: &'a mut Vec<u8>,
    client_tap: Arc<Tap>,
    server_tap: Arc<Tap>,
    model: Model,
    ids: Vec<CallId>,
    requests: Requests,
    replies: Replies,
    /// Calls that the server has and was not told to answer.
    unanswered: Vec<usize>,
    negotiated: bool,
    /// What was accepted or sealed when the negotiation had ended, in both directions.
    up_base: Option<u64>,
    down_base: u64,
    replies_accepted: u64,
    client_gone: bool,
    client_eof: bool,
    server_gone: bool,
    server_eof: bool,
    server_closed: bool,
    /// When the server loses its patience after a half-close.
    half_closed: Option<u64>,
    dead: bool,
}

fn method() -> Method {
    Method::from_static(SERVICE, METHOD)
}

fn status() -> ErrorStatus {
    ErrorStatus::new(ErrorCode::ErrorApplication, StatusCode::NotFound, "no such thing")
}

fn broken() -> TransportError {
    TransportError::new(TransportOp::Write, &io::ErrorKind::BrokenPipe.into())
}

impl<'a> Run<'a> {
    fn new(stage: &'a mut Stage, setup: Setup) -> Self {
        let sealed = setup.layer.is_sealed();
        let (client_tap, server_tap) = <(Arc<Tap>, Arc<Tap>)>::default();
        let (client, server) = stage.configs(setup, &client_tap, &server_tap);
        stage.up.renew();
        stage.down.renew();
        let (base, link) = (stage.base, Link::unix(None));
        let preamble = if sealed { 0 } else { 7 };
        Run {
            setup,
            sealed,
            base,
            now: 0,
            client: ClientConnection::new(Arc::new(client), base),
            server: ServerConnection::new(Arc::new(server), link, base),
            up: &mut stage.up,
            down: &mut stage.down,
            opened: &mut stage.opened,
            client_tap,
            server_tap,
            model: Model::new(setup),
            ids: Vec::new(),
            requests: Requests::new(setup.footers(), preamble),
            replies: Replies::new(),
            unanswered: Vec::new(),
            negotiated: false,
            up_base: None,
            down_base: 0,
            replies_accepted: 0,
            client_gone: false,
            client_eof: false,
            server_gone: false,
            server_eof: false,
            server_closed: false,
            half_closed: None,
            dead: false,
        }
    }

    fn at(&self, ms: u64) -> Instant {
        self.base + Duration::from_millis(ms)
    }

    fn instant(&self) -> Instant {
        self.at(self.now)
    }

    fn step(&mut self, op: Op) -> Checked {
        let calls = self.ids.len();
        let which = |n: usize| n % calls.max(1);
        match op {
            Op::Start { load, deadline, outlives } => return self.start(load, deadline, outlives),
            Op::Negotiate => return self.negotiate(),
            Op::Advance { ms, stops } => return self.advance(ms, stops),
            Op::Close => {
                self.client.close(self.instant());
                self.model.close();
                return self.check_client();
            }
            _ if calls == 0 => return Ok(()),
            Op::Cancel(call) => return self.cancel(which(call)),
            Op::Expire(call) => {
                let call = &self.model.calls[which(call)];
                let Some(at) = call.deadline.filter(|_| !call.over) else { return Ok(()) };
                return self.advance(at.saturating_sub(self.now), true);
            }
            _ => {}
        }
        self.negotiate()?;
        match op {
            Op::Write(ALL) => self.client_writes_all()?,
            Op::Write(limit) => drop(self.client_write(limit)?),
            Op::WriteTo(call, place) => self.write_to(which(call), place)?,
            Op::ServerRead(limit) => self.server_read(limit)?,
            Op::Respond { call, load, error } => self.respond(which(call), load, error)?,
            Op::ServerWrite(ALL) => self.server_writes_all()?,
            Op::ServerWrite(limit) => drop(self.server_write(limit)?),
            Op::ClientRead(limit) => self.client_read(limit)?,
            Op::ClientReadTo(call, share) => self.client_read_to(which(call), share)?,
            Op::Kill { up, down, error } => return self.kill(up, down, error),
            _ => {}
        }
        Ok(())
    }

    // ---- commands

    fn start(&mut self, load: Load, deadline: Option<u64>, outlives: bool) -> Checked {
        let payload = Payload::new(load, 2 * self.ids.len() as u64);
        let alive = Arc::new(AtomicUsize::new(0));
        let (body, sidecars) = payload.owned(&alive);
        let deadline = deadline.map(|ms| self.now + ms);
        let mut call = OutboundCall::new(method(), body);
        call.sidecars = sidecars;
        call.deadline = deadline.map(|ms| self.at(ms));
        call.outlives_connection = outlives;
        match self.client.start_call(self.instant(), call) {
            Ok(id) => {
                ensure!(self.model.accepts_calls(), "a call was taken too late");
                let expected = self.model.start(payload, deadline, outlives, alive);
                ensure!(id.get() == expected, "call {id} instead of {expected}");
                self.ids.push(id);
            }
            Err(error) => ensure!(!self.model.accepts_calls(), "a call was refused: {error}"),
        }
        self.check_client()
    }

    fn cancel(&mut self, call: usize) -> Checked {
        let outcome = self.client.cancel_call(self.instant(), self.ids[call]);
        let expected = self.model.cancel(call, self.now);
        ensure!(outcome == expected, "{outcome:?} instead of {expected:?}");
        self.check_client()
    }

    fn respond(&mut self, call: usize, load: Load, error: bool) -> Checked {
        if self.unanswered.is_empty() || self.server_closed {
            return Ok(());
        }
        let same = self.unanswered.iter().position(|c| *c == call);
        let call = self.unanswered.swap_remove(same.unwrap_or(call % self.unanswered.len()));
        let (payload, error) = if error {
            (Payload::new(Load { size: 0, sidecars: 0, cut: 0 }, 0), Some(status()))
        } else {
            (Payload::new(load, 2 * call as u64 + 1), None)
        };
        let reply = match &error {
            Some(status) => Err(status.clone()),
            None => {
                let (body, sidecars) = payload.unowned();
                Ok(OutboundReply { body, sidecars })
            }
        };
        let answered = self.server.respond(self.instant(), self.ids[call], reply);
        ensure!(answered.is_ok(), "{answered:?}");
        self.model.answer(call, payload, error);
        self.check_server()
    }

    fn advance(&mut self, ms: u64, stops: bool) -> Checked {
        let until = self.now + ms;
        // Whatever is under way, that changes nothing.
        self.client.release_memory();
        self.server.release_memory();
        for _ in 0..10_000 {
            let timers = [self.client.poll_timeout(), self.server.poll_timeout()];
            let next = timers.into_iter().flatten().min();
            let next = next.map(|at| at.saturating_duration_since(self.base).as_millis() as u64);
            let next = next.filter(|at| stops && *at < until);
            self.now = next.unwrap_or(until).max(self.now);
            self.client.handle_timeout(self.instant());
            self.model.time(self.now);
            self.check_client()?;
            self.server.handle_timeout(self.instant());
            self.check_server()?;
            if next.is_none() {
                return Ok(());
            }
        }
        Err("a timer is always due".into())
    }

    fn kill(&mut self, up: u8, down: u8, error: bool) -> Checked {
        let share = |pipe: &Pipe, share: u8| (pipe.waiting().len() * usize::from(share)) >> 8;
        self.up.cut(share(self.up, up));
        self.down.cut(share(self.down, down));
        self.dead = true;
        if error && !self.model.closed {
            self.client.handle_transport_error(self.instant(), broken());
            self.model.lose(Why::Transport);
        }
        self.check_client()
    }

    // ---- negotiation

    /// Both sides negotiate on an even network. Of what follows the negotiation no more goes out than
    /// cannot be helped: nothing of a plain stream.
    fn negotiate(&mut self) -> Checked {
        if std::mem::replace(&mut self.negotiated, true) || self.model.closed {
            return Ok(());
        }
        self.client.handle_connected(self.instant(), Link::unix(None));
        for _ in 0..1_000 {
            self.model.open = self.client.is_open();
            let limit = if self.model.open && !self.sealed { 1 } else { ALL };
            self.client_write(limit)?;
            self.server_read(ALL)?;
            if !self.sealed && self.requests.context {
                self.up_base.get_or_insert(self.up.taken);
            }
            self.server_writes_all()?;
            if self.up_base.is_some() && self.server.is_open() {
                self.down_base = self.sent_down();
                self.client_tap.swap_opened(self.opened);
                return Ok(());
            }
            self.client_read(ALL)?;
        }
        Err("the negotiation does not end".into())
    }

    /// Finds the end of the connection context in what the client has sealed.
    fn find_context(&mut self) -> Checked {
        let first = self.client_tap.first_sealed();
        let (mut end, mut found) = (0, false);
        let mut parser = Parser::new(Stream::Requests { footers: self.setup.footers() }, 0);
        parser.feed(&first, &mut |frame: &Frame<'_>| {
            end += if found { 0 } else { frame.size as u64 };
            found |= frame.id == -3;
            Ok::<_, Failure>(())
        })?;
        self.up_base = found.then_some(end);
        Ok(())
    }

    // ---- the stream of requests

    /// Bytes that were accepted since the negotiation.
    fn sent_up(&self) -> u64 {
        let sent = if self.sealed { self.client_tap.sealed() } else { self.up.taken };
        self.up_base.map_or(0, |base| sent - base)
    }

    fn client_write(&mut self, limit: usize) -> Checked<bool> {
        if self.client_gone {
            return Ok(false);
        }
        let negotiating = self.up_base.is_none();
        let (wants, has) = (self.client.wants_write(), self.model.has_output());
        ensure!(self.sealed || negotiating || wants == has, "wants_write: {wants}");
        let (was_cut, before, sealed) = (self.model.cut, self.up.taken, self.client_tap.sealed());
        let now = self.instant();
        let mut socket = Socket { pipe: self.up, limit };
        let result = self.client.transmit(now, &mut socket);
        let moved = self.up.taken - before;
        let sealed = self.client_tap.sealed() - sealed;
        ensure!(!was_cut || (moved, sealed) == (0, 0), "{moved} and {sealed} bytes after a cut");
        if negotiating {
            self.model.render(self.now);
            if self.sealed {
                self.find_context()?;
            }
        }
        let accepted = self.sent_up() - self.model.accepted;
        if self.up_base.is_some() {
            self.model.accept(accepted, self.now, self.sealed)?;
        }
        let then = match result {
            Ok(done) => {
                let written = done.written as u64;
                ensure!(written == moved, "{written} bytes written, {moved} taken");
                Some(done.then)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.model.met.would_block += 1;
                None
            }
            Err(_) => {
                ensure!(self.up.broken && !self.model.closed, "a write failed");
                self.client.handle_transport_error(now, broken());
                self.model.lose(Why::Transport);
                None
            }
        };
        match then {
            Some(Then::ShutdownWrite) => {
                ensure!(self.model.shutdown_due, "a half-close that says nothing");
                self.up.ended = true;
                self.model.shutdown_due = false;
                self.model.met.half_closed += 1;
            }
            Some(Then::Continue) if self.model.shutdown_due => {
                ensure!(self.sealed, "the end of the stream does not tell the server of the cut");
                // Nothing of the frame may have left; then the server would misunderstand.
                self.model.shutdown_due = false;
            }
            Some(Then::Continue) | None => {}
            Some(then) => return Err(Failure(format!("{then:?} on a living connection"))),
        }
        self.check_client()?;
        Ok(moved > 0)
    }

    fn client_writes_all(&mut self) -> Checked {
        for _ in 0..PATIENCE {
            if !self.client_write(ALL)? {
                return Ok(());
            }
        }
        Err("the client never stops writing".into())
    }

    fn write_to(&mut self, call: usize, place: Place) -> Checked {
        let mut idle = 0;
        while idle < 3 {
            let Some(left) = self.model.distance(call, place, self.now) else { break };
            if left == 0 || self.model.cut || self.client_gone {
                break;
            }
            let wrote = self.client_write(left as usize)?;
            idle = if wrote { 0 } else { idle + 1 };
        }
        Ok(())
    }

    fn server_read(&mut self, limit: usize) -> Checked {
        if self.server_gone || !self.server.wants_read() {
            return Ok(());
        }
        let now = self.instant();
        let n = limit.min(self.up.waiting().len());
        if n == 0 {
            if limit > 0 && self.up.ended && !self.server_eof {
                self.server_eof = true;
                self.eof_at_server()?;
            }
            return self.check_server();
        }
        let bytes = &self.up.waiting()[..n];
        if !self.sealed {
            self.requests.feed(bytes, &self.model)?;
        }
        let space = if self.setup.in_place { self.server.recv_space() } else { &mut [] };
        let direct = space.len().min(n);
        space[..direct].copy_from_slice(&bytes[..direct]);
        if direct > 0 {
            self.server.handle_received(now, direct);
        }
        if direct < n {
            self.server.handle_input(now, &bytes[direct..]);
        }
        self.up.consume(n);
        if self.sealed {
            self.server_tap.swap_opened(self.opened);
            self.requests.feed(self.opened, &self.model)?;
        }
        self.check_server()
    }

    fn eof_at_server(&mut self) -> Checked {
        let told = !self.dead && !self.model.closed;
        self.server.handle_eof(self.instant());
        if told {
            // The client has cut a frame and waits for replies.
            ensure!(self.model.cut && self.setup.half_closes(), "an end without a reason");
            let cut = self.server.stats().cut_frames_received;
            ensure!(cut == 1, "the server does not see a cut frame");
            let partial = !self.requests.parser.held.is_empty();
            ensure!(partial || self.sealed, "the stream ends between two frames");
        }
        if self.server.stats().cut_frames_received > 0 {
            self.half_closed = Some(self.now + self.setup.half_close);
        }
        Ok(())
    }

    // ---- the stream of replies

    fn sent_down(&self) -> u64 {
        if self.sealed { self.server_tap.sealed() } else { self.down.taken }
    }

    fn server_write(&mut self, limit: usize) -> Checked<bool> {
        if self.server_gone {
            return Ok(false);
        }
        let (now, before) = (self.instant(), self.down.taken);
        let mut socket = Socket { pipe: self.down, limit };
        let result = self.server.transmit(now, &mut socket);
        let moved = self.down.taken - before;
        if self.up_base.is_some() && self.down_base > 0 {
            let accepted = self.sent_down() - self.down_base - self.replies_accepted;
            self.replies_accepted += accepted;
            self.model.accept_replies(accepted)?;
        }
        match result {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                ensure!(self.down.broken, "a write of the server failed");
                self.server.handle_transport_error(now, broken());
            }
            _ => {}
        }
        self.check_server()?;
        Ok(moved > 0)
    }

    fn server_writes_all(&mut self) -> Checked {
        for _ in 0..PATIENCE {
            if !self.server_write(ALL)? {
                return Ok(());
            }
        }
        Err("the server never stops writing".into())
    }

    fn client_read(&mut self, limit: usize) -> Checked {
        if self.client_gone || self.model.closed {
            return Ok(());
        }
        let now = self.instant();
        let n = limit.min(self.down.waiting().len());
        if n == 0 {
            if limit > 0 && self.down.ended && !self.client_eof {
                self.client_eof = true;
                self.client.handle_eof(now);
                self.model.lose(Why::PeerClosed);
            }
            return self.check_client();
        }
        ensure!(self.client.wants_read(), "the client does not read");
        let bytes = &self.down.waiting()[..n];
        let negotiating = self.down_base == 0;
        if !self.sealed && !negotiating {
            self.replies.feed(bytes, &self.model)?;
        }
        let space = if self.setup.in_place { self.client.recv_space() } else { &mut [] };
        let direct = space.len().min(n);
        space[..direct].copy_from_slice(&bytes[..direct]);
        if direct > 0 {
            self.client.handle_received(now, direct);
        }
        if direct < n {
            self.client.handle_input(now, &bytes[direct..]);
        }
        self.down.consume(n);
        if negotiating {
            return self.check_client_events();
        }
        let mut delivered = n as u64;
        if self.sealed {
            self.client_tap.swap_opened(self.opened);
            self.replies.feed(self.opened, &self.model)?;
            delivered = self.opened.len() as u64;
        }
        self.model.deliver(delivered);
        if self.sealed && self.server_closed && self.client.is_closed() && !self.model.closed {
            // The server has said goodbye inside the sealed stream.
            self.model.lose(Why::PeerClosed);
        }
        if !self.model.closed {
            let (seen, delivered) = (self.replies.frames, self.model.replies_delivered());
            ensure!(seen == delivered, "{seen} replies instead of {delivered}");
        }
        self.check_client()
    }

    fn client_read_to(&mut self, call: usize, share: u8) -> Checked {
        while let Some(left @ 1..) = self.model.distance_of_reply(call, share) {
            if self.down.is_empty() || self.client_gone {
                break;
            }
            // Sealed bytes come record by record.
            let most = if self.sealed { 500 } else { ALL };
            self.client_read((left as usize).min(most))?;
        }
        Ok(())
    }
}
