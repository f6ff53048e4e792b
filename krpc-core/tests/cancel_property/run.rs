//! Plays a schedule on a client and a server in memory, and compares every step with the model.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use krpc_core::{
    CallError, CallId, ClientConfig, ClientConnection, ClientEvent, ClientTls, ConnectionError,
    ErrorCode, ErrorStatus, Execution, InboundCall, InboundReply, Link, Method, OutboundCall,
    OutboundReply, ServerConfig, ServerConnection, ServerEvent, ServerTls, StatusCode, Then, Timer,
    TlsVersions, TransportError, TransportOp, UserCredentials,
};
use krpc_testkit::certs;

use super::met::Met;
use super::model::{Call, End, Expected, METHOD, Model, SERVICE, Why};
use super::net::{Pipe, Socket, Tap};
use super::parser::{Fault, Frame, Parser, Stream};
use super::payload::{Load, Payload};
use super::schedule::{ALL, Layer, Op, Place, Schedule, Setup};

/// Timers that are not looked at here are set so high that they do not fire.
const FAR: Duration = Duration::from_secs(1_000_000);

/// Rounds after which something goes on for ever.
const PATIENCE: usize = 100_000;

/// What was not as it should be.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Failure(text)
    }
}

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        Failure(text.to_owned())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure(format!("the second parser: {fault:?}"))
    }
}

type Checked<T = ()> = Result<T, Failure>;

macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(Failure(format!($($text)+)));
        }
    };
}

/// What all schedules of a thread share: settings that are slow to make, and memory.
#[derive(Debug)]
pub(crate) struct Stage {
    client: ClientConfig,
    client_12: ClientTls,
    client_13: ClientTls,
    server_12: ServerTls,
    server_13: ServerTls,
    base: Instant,
    up: Pipe,
    down: Pipe,
    opened: Vec<u8>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let server = |versions| {
            ServerTls::from_pem_with(certs::SERVER, certs::SERVER_KEY, versions)
                .expect("the test certificate can be used")
        };
        Stage {
            client: ClientConfig::new(UserCredentials::new("alice"))
                .negotiation_timeout(FAR)
                .frame_timeout(FAR)
                .write_stall(FAR),
            client_12: ClientTls::new().versions(TlsVersions::Tls12),
            client_13: ClientTls::new().versions(TlsVersions::Tls13),
            server_12: server(TlsVersions::Tls12),
            server_13: server(TlsVersions::Tls13),
            // The only reading of a clock: `Instant` has no other source.
            base: Instant::now(),
            up: Pipe::default(),
            down: Pipe::default(),
            opened: Vec::new(),
        }
    }

    fn tls(&self, layer: Layer) -> Option<(ClientTls, ServerTls)> {
        match layer {
            Layer::Plain => None,
            Layer::AuthOnlyFake | Layer::Fake => Some((ClientTls::fake(), ServerTls::fake())),
            Layer::AuthOnly12 | Layer::Tls12 => {
                Some((self.client_12.clone(), self.server_12.clone()))
            }
            Layer::AuthOnly13 | Layer::Tls13 => {
                Some((self.client_13.clone(), self.server_13.clone()))
            }
        }
    }

    /// Plays a schedule. What it met, or what was wrong.
    pub(crate) fn play(&mut self, schedule: &Schedule) -> Checked<Met> {
        let mut run = Run::new(self, schedule.setup);
        for (number, op) in schedule.ops.iter().enumerate() {
            run.step(*op)
                .map_err(|Failure(text)| Failure(format!("in step {number}, {op:?}: {text}")))?;
        }
        run.finish().map_err(|Failure(text)| Failure(format!("in the end: {text}")))
    }
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

/// The requests as the second parser finds them.
#[derive(Debug)]
struct Requests {
    parser: Parser,
    /// Whether the connection context has come, the last frame of the negotiation.
    context: bool,
    frames: usize,
    aborted: u64,
    /// Whole calls that the server has to find as well.
    arrived: VecDeque<usize>,
}

impl Requests {
    fn feed(&mut self, bytes: &[u8], model: &Model) -> Checked {
        let Requests { parser, context, frames, aborted, arrived } = self;
        parser.feed(bytes, &mut |frame: &Frame<'_>| {
            if frame.id < 0 {
                *context |= frame.id == -3;
                return Ok(());
            }
            let begun = model.begun.get(*frames).ok_or("a frame that nobody began")?;
            *frames += 1;
            let call = &model.calls[begun.call];
            ensure!(frame.id == call.id, "frame of call {} instead of {}", frame.id, call.id);
            let (head, size) = (frame.head as u64, frame.size as u64);
            ensure!(size == begun.size, "frame of {size} bytes instead of {}", begun.size);
            ensure!(head == begun.head, "head of {head} bytes instead of {}", begun.head);
            ensure!(frame.timeout == begun.timeout, "{:?}, not {:?}", frame.timeout, begun.timeout);
            let offsets = frame.offsets.iter().map(|at| *at as usize);
            ensure!(offsets.eq(call.payload.offsets()), "sidecars lie elsewhere");
            let says = if frame.aborted { "says" } else { "does not say" };
            let Some(at) = begun.aborted_at else {
                ensure!(!frame.aborted, "a footer {says} that call {} was aborted", frame.id);
                ensure!(call.payload.begins(frame.main, call.payload.len), "altered payload");
                arrived.push_back(begun.call);
                return Ok(());
            };
            ensure!(frame.aborted, "a footer {says} that call {} was aborted", frame.id);
            let sent = at.saturating_sub(head).min(frame.main.len() as u64) as usize;
            ensure!(call.payload.begins(frame.main, sent), "altered payload before filler");
            *aborted += 1;
            Ok(())
        })
    }
}

/// The replies, likewise.
#[derive(Debug)]
struct Replies {
    parser: Parser,
    frames: usize,
}

impl Replies {
    fn feed(&mut self, bytes: &[u8], model: &Model) -> Checked {
        let Replies { parser, frames } = self;
        parser.feed(bytes, &mut |frame: &Frame<'_>| {
            let reply = model.replies.get(*frames).ok_or("a reply that nobody gave")?;
            *frames += 1;
            let id = model.calls[reply.call].id;
            ensure!(frame.id == id, "reply to call {} instead of {id}", frame.id);
            ensure!(frame.is_error == reply.error.is_some(), "error or not?");
            let offsets = frame.offsets.iter().map(|at| *at as usize);
            ensure!(offsets.eq(reply.payload.offsets()), "sidecars of a reply lie elsewhere");
            let whole = match &reply.error {
                Some(status) => status.encode() == frame.main,
                None => {
                    frame.main.len() == reply.payload.len
                        && reply.payload.begins(frame.main, reply.payload.len)
                }
            };
            ensure!(whole, "altered reply");
            Ok(())
        })
    }
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
        let ms = Duration::from_millis;
        let sealed = setup.layer.is_sealed();
        let mut client = stage
            .client
            .clone()
            .footers(setup.client)
            .on_cancel(setup.on_cancel)
            .grace(ms(setup.grace))
            .grace_at_deadline(ms(setup.grace_at_deadline))
            .drain_timeout(ms(setup.drain))
            .max_filler(setup.max_filler)
            .vectored_writes(setup.vectored)
            .encrypt_loopback(sealed)
            .first_call_id(setup.first_id);
        let mut server = ServerConfig::new()
            .footers(setup.server)
            .half_close_timeout(ms(setup.half_close))
            .vectored_writes(setup.vectored)
            .encrypt_loopback(sealed)
            .negotiation_timeout(FAR)
            .frame_timeout(FAR)
            .write_stall(FAR)
            .keepalive(None);
        let (client_tap, server_tap) = <(Arc<Tap>, Arc<Tap>)>::default();
        if let Some((client_tls, server_tls)) = stage.tls(setup.layer) {
            client = client.tls(client_tls.tapped(client_tap.clone()));
            server = server.tls(server_tls.tapped(server_tap.clone()));
        }
        stage.up.renew();
        stage.down.renew();
        let (base, link) = (stage.base, Link::unix(None));
        let stream = Stream::Requests { footers: setup.footers() };
        // What is read here of a sealed stream begins behind the preamble.
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
            requests: Requests {
                parser: Parser::new(stream, preamble),
                context: false,
                frames: 0,
                aborted: 0,
                arrived: VecDeque::new(),
            },
            replies: Replies { parser: Parser::new(Stream::Replies, 0), frames: 0 },
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
            let partial = !self.requests.parser.partial().is_empty();
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

    // ---- what holds after every step

    fn check_client(&mut self) -> Checked {
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

    fn check_client_events(&mut self) -> Checked {
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

    fn check_server(&mut self) -> Checked {
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

    // ---- the end of the schedule

    /// Everything is let through and answered. Then a last call shows that the connection works, if it
    /// still lives.
    fn finish(mut self) -> Checked<Met> {
        self.negotiate()?;
        self.come_to_rest()?;
        let lives = self.model.accepts_calls();
        if lives {
            self.start(Load { size: 100, sidecars: 1, cut: 1 }, None, false)?;
            self.come_to_rest()?;
            ensure!(self.model.accepts_calls(), "it lived until now");
        }
        let parser = &self.requests.parser;
        if lives {
            let (client, server) = (self.client.stats(), self.server.stats());
            ensure!(self.model.abandoned == 0, "replies are missing");
            ensure!(self.server.in_flight() == 0, "the server still owes replies");
            let preamble = if self.sealed { 0 } else { 7 };
            let (read, promised) = (parser.read - preamble, parser.promised);
            ensure!(read == promised, "{read} bytes were sent and {promised} promised");
            let aborted = [client.aborted_frames_sent, server.aborted_frames_received];
            ensure!(aborted == [self.model.aborts; 2], "aborted: {aborted:?}");
            let filler = self.model.filler_sent();
            ensure!(client.filler_bytes_sent == filler, "{} of filler", client.filler_bytes_sent);
        }
        for (index, call) in self.model.calls.iter().enumerate() {
            ensure!(call.over, "call {index} has no end");
            let alive = call.alive.load(Ordering::Relaxed);
            ensure!(alive == 0, "{alive} pieces of call {index} are held");
            ensure!(!(call.ran && call.never), "call {index} ran and never ran");
        }
        let mut met = std::mem::take(&mut self.model.met);
        met.schedules = 1;
        met.calls = self.model.calls.len() as u64;
        met.layers[self.setup.layer as usize] = 1;
        met.killed = u64::from(self.dead);
        met.cut = u64::from(self.model.cut);
        met.bytes = self.model.accepted;
        Ok(met)
    }

    fn come_to_rest(&mut self) -> Checked {
        let load = Load { size: 10, sidecars: 0, cut: 0 };
        for _ in 0..10_000 {
            let mark = self.progress();
            self.client_writes_all()?;
            self.server_read(ALL)?;
            while !self.unanswered.is_empty() && !self.server_closed {
                self.respond(0, load, false)?;
            }
            self.server_writes_all()?;
            self.client_read(ALL)?;
            if self.progress() != mark {
                continue;
            }
            if self.client_gone || self.model.active == 0 {
                return Ok(());
            }
            let timers = [self.client.poll_timeout(), self.server.poll_timeout()];
            let next = timers.into_iter().flatten().min().unwrap_or(self.base + FAR);
            ensure!(next < self.base + FAR / 2, "calls wait for nothing");
            let next = next.saturating_duration_since(self.base).as_millis() as u64;
            self.advance(next.saturating_sub(self.now), true)?;
        }
        Err("there is no rest".into())
    }

    fn progress(&self) -> (u64, u64, u64, u64, [bool; 6], usize) {
        let ends = [
            self.client_gone,
            self.client_eof,
            self.server_gone,
            self.server_eof,
            self.up.ended,
            self.down.ended,
        ];
        let (up, down) = (&self.up, &self.down);
        (up.taken, up.given, down.taken, down.given, ends, self.model.active)
    }
}

/// An event of the client, without whose it is.
#[derive(Debug)]
enum Ended {
    Completed(Result<InboundReply, CallError>),
    Returned(Box<OutboundCall>),
    Closed(ConnectionError),
}
