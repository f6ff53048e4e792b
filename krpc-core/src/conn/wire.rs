//! What both connections share: bytes in, bytes out, and the way to the end.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_proto::codes::NegotiateStep;
use krpc_proto::{frame, ids, preamble};
use prost::Message;

use crate::config::Common;
use crate::error::{ConnectionError, Timer};
use crate::layer::{Layer, Session};
use crate::observe::{Direction, FrameKind, FrameSeen, Observer};
use crate::rx::{Received, Rx};
use crate::stats::Stats;
use crate::tx::{Source, Tx, write_rest};

/// How long the last words may take. Whoever does not take them in this time does not want them.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Unsent bytes of a negotiation with which we still listen: a client's message, so that it hears why
/// a server does not take it.
const UNHEARD: usize = 512;

/// What one [`transmit`](crate::ClientConnection::transmit) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Transmitted {
    /// Bytes the output took.
    pub written: usize,
    /// Whether there is more to write.
    pub pending: bool,
    /// What to do with the socket now.
    pub then: Then,
}

/// What to do with the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Then {
    /// Nothing.
    Continue,
    /// Close it: everything that was to be said is said.
    Close,
}

/// How the connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It has not.
    Open,
    /// It has, and the last words may still be written until then.
    LastWords { until: Instant },
    /// It has; nothing more is written.
    Closed,
}

/// The role's part of receiving.
pub(crate) trait Role<S> {
    fn received(
        &mut self,
        wire: &mut Wire<S>,
        now: Instant,
        received: Received,
    ) -> Result<(), ConnectionError>;
}

#[derive(Debug)]
pub(crate) struct Wire<S> {
    pub(crate) layer: Layer,
    pub(crate) rx: Rx,
    pub(crate) tx: Tx<S>,
    pub(crate) stats: Stats,
    end: End,
    /// Received bytes that a refused charge holds up.
    backlog: Vec<u8>,
    write_stall: Duration,
    /// When the peer last took a byte, or when there first was one for it.
    stalled_since: Option<Instant>,
    observer: Option<Arc<dyn Observer>>,
}

impl<S: Source> Wire<S> {
    pub(crate) fn new(config: &Common, expect_preamble: bool) -> Self {
        Wire {
            layer: Layer::Plain,
            rx: Rx::new(config, expect_preamble),
            tx: Tx::new(config.vectored_writes),
            stats: Stats::default(),
            end: End::Open,
            backlog: Vec::new(),
            write_stall: config.write_stall,
            stalled_since: None,
            observer: config.observer.clone(),
        }
    }

    // ---- the end

    pub(crate) fn is_ended(&self) -> bool {
        self.end != End::Open
    }

    /// Nothing more is read or rendered; control bytes and what TLS has sealed may still leave.
    /// Drops every reference to payload.
    pub(crate) fn end(&mut self, now: Instant, last_words: bool) {
        let control = if last_words { self.tx.take_control() } else { Vec::new() };
        self.tx.clear();
        self.tx.control().extend_from_slice(&control);
        self.backlog = Vec::new();
        self.end = End::LastWords { until: now + LAST_WORDS };
        if !last_words || !self.has_output() {
            self.end = End::Closed;
        }
    }

    /// Queues a close_notify if the stream is sealed.
    pub(crate) fn close_notify(&mut self) {
        if let Layer::Tls { session, .. } = &mut self.layer {
            session.send_close_notify();
        }
    }

    // ---- writing

    pub(crate) fn wants_write(&self) -> bool {
        self.end != End::Closed && self.has_output()
    }

    fn has_output(&self) -> bool {
        let sealed = match &self.layer {
            Layer::Plain => false,
            Layer::Tls { session, before, .. } => !before.is_empty() || session.wants_write(),
        };
        sealed || !self.tx.is_empty()
    }

    pub(crate) fn transmit(
        &mut self,
        now: Instant,
        out: &mut dyn Write,
    ) -> io::Result<Transmitted> {
        let written = if self.end == End::Closed { 0 } else { self.write_once(now, out)? };
        if written > 0 {
            self.stats.writes += 1;
            self.stats.bytes_sent += written as u64;
            self.stalled_since = None;
        }
        self.note_output(now);
        let pending = self.wants_write();
        if self.is_ended() && !pending {
            self.end = End::Closed;
        }
        let then = if self.end == End::Closed { Then::Close } else { Then::Continue };
        Ok(Transmitted { written, pending, then })
    }

    fn write_once(&mut self, now: Instant, out: &mut dyn Write) -> io::Result<usize> {
        let Wire { layer, tx, stats, observer, .. } = self;
        let in_tls = matches!(layer, Layer::Tls { .. });
        let mut note = |kind, call_id, size| {
            if let Some(observer) = observer {
                let direction = Direction::Sent;
                observer.frame(now, &FrameSeen { direction, kind, call_id, size, in_tls });
            }
        };
        match layer {
            Layer::Plain => {
                tx.transmit(now, stats, &mut note, |slices| match out.write_vectored(slices)? {
                    0 => Err(io::ErrorKind::WriteZero.into()),
                    n => Ok(n),
                })
            }
            Layer::Tls { before, before_sent, .. } if !before.is_empty() => {
                let n = write_rest(before, *before_sent, out)?;
                *before_sent += n;
                if *before_sent >= before.len() {
                    (*before, *before_sent) = (Vec::new(), 0);
                }
                Ok(n)
            }
            Layer::Tls { session, .. } => {
                // Seal what the session's limit allows; a frame is committed when it is sealed.
                loop {
                    // The rest of a record that Kudu's negotiation reads a part of is lost: it stays
                    // in OpenSSL's buffer, and the reactor polls the socket (rpc/negotiation.cc,
                    // security/tls_socket.cc). So no call shares one with the connection context.
                    let most = if tx.has_control() { 1 } else { usize::MAX };
                    let seal = |slices: &[io::IoSlice<'_>]| {
                        Ok(session.write_plaintext(&slices[..slices.len().min(most)]))
                    };
                    if tx.transmit(now, stats, &mut note, seal)? == 0 {
                        break;
                    }
                }
                if !session.wants_write() {
                    return Ok(0);
                }
                match session.write_tls(out)? {
                    0 => Err(io::ErrorKind::WriteZero.into()),
                    n => Ok(n),
                }
            }
        }
    }

    /// Starts the clock of a stall when there is output, and stops it when there is none.
    pub(crate) fn note_output(&mut self, now: Instant) {
        if !self.wants_write() {
            self.stalled_since = None;
        } else if self.stalled_since.is_none() {
            self.stalled_since = Some(now);
        }
    }

    // ---- reading

    /// Whether the peer takes our part of the negotiation before it says more; one that does not
    /// would make us hold any number of answers.
    pub(crate) fn negotiates_in_turn(&self) -> bool {
        let before = match &self.layer {
            Layer::Plain => 0,
            Layer::Tls { before, before_sent, .. } => before.len() - before_sent,
        };
        self.tx.control_len() + before <= UNHEARD
    }

    /// What was received and not looked at is forgotten.
    pub(crate) fn stop_reading(&mut self) {
        self.backlog = Vec::new();
        self.rx.stop();
    }

    /// Feeds `data` through layer and frames into `role` until the connection ends, a budget has
    /// no room, or nothing is left.
    pub(crate) fn receive(
        &mut self,
        role: &mut impl Role<S>,
        now: Instant,
        data: &[u8],
    ) -> Result<(), ConnectionError> {
        self.stats.bytes_received += data.len() as u64;
        let held;
        let mut rest = data;
        if !self.backlog.is_empty() {
            self.backlog.extend_from_slice(data);
            held = std::mem::take(&mut self.backlog);
            rest = &held;
        }
        while let Some(received) = self.next(now, &mut rest)? {
            self.stats.frames_received += 1;
            role.received(self, now, received)?;
            if self.is_ended() {
                return Ok(());
            }
        }
        self.backlog.extend_from_slice(rest);
        let mid_record = self.is_mid_record();
        self.rx.time_record(now, mid_record);
        Ok(())
    }

    /// Whether the stream may end here.
    pub(crate) fn at_boundary(&self) -> bool {
        self.rx.at_boundary() && !self.is_mid_record()
    }

    fn is_mid_record(&self) -> bool {
        match &self.layer {
            Layer::Plain => false,
            Layer::Tls { session, .. } => session.is_mid_record(),
        }
    }

    fn next(
        &mut self,
        now: Instant,
        data: &mut &[u8],
    ) -> Result<Option<Received>, ConnectionError> {
        let Layer::Tls { session, .. } = &mut self.layer else {
            return self.rx.next(now, data, &mut self.stats);
        };
        loop {
            let mut plain = session.plaintext();
            let available = plain.len();
            if available > 0 {
                let received = self.rx.next(now, &mut plain, &mut self.stats);
                let used = available - plain.len();
                session.consume(used);
                let received = received?;
                if received.is_some() || used < available {
                    return Ok(received);
                }
                continue;
            }
            if session.peer_has_closed() {
                return Err(ConnectionError::PeerClosed { mid_frame: !self.rx.at_boundary() });
            }
            if data.is_empty() {
                return Ok(None);
            }
            session.read_tls(data).map_err(ConnectionError::Tls)?;
        }
    }

    /// Room for reading straight into a large frame; only where bytes are not sealed.
    pub(crate) fn recv_space(&mut self) -> &mut [u8] {
        match self.layer {
            Layer::Plain if self.end == End::Open => self.rx.space(&mut self.stats),
            _ => &mut [],
        }
    }

    pub(crate) fn receive_in_place(
        &mut self,
        role: &mut impl Role<S>,
        now: Instant,
        n: usize,
    ) -> Result<(), ConnectionError> {
        self.stats.bytes_received += n as u64;
        if let Some(payload) = self.rx.received(n) {
            self.stats.frames_received += 1;
            role.received(self, now, Received::Frame(payload))?;
        }
        Ok(())
    }

    // ---- time

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self.end {
            End::Open => {
                let stall = self.stalled_since.and_then(|at| at.checked_add(self.write_stall));
                earliest(stall, self.rx.poll_timeout())
            }
            End::LastWords { until } => Some(until),
            End::Closed => None,
        }
    }

    /// Which timer of the wire has run out, if any. `reading` says whether input is wanted.
    pub(crate) fn expired(&mut self, now: Instant, reading: bool) -> Option<Timer> {
        match self.end {
            End::Closed => None,
            End::LastWords { until } => {
                if now >= until {
                    self.end = End::Closed;
                }
                None
            }
            End::Open => {
                let stall = self.write_stall;
                let stalled = self.stalled_since.map(|at| now.saturating_duration_since(at));
                if stalled.is_some_and(|stalled| stalled >= stall) {
                    return Some(Timer::WriteStall(stall));
                }
                self.rx.account(now, reading).map(Timer::Frame)
            }
        }
    }

    /// Accounts the reading time of a begun frame.
    pub(crate) fn account_reading(&mut self, now: Instant, reading: bool) {
        self.rx.account(now, reading);
    }

    // ---- negotiation

    pub(crate) fn send_preamble(&mut self, now: Instant) {
        self.tx.control().extend_from_slice(&preamble::PREAMBLE);
        self.saw(now, Direction::Sent, FrameKind::Preamble, ids::INVALID, preamble::LEN);
    }

    /// Queues a message of the negotiation behind those that wait.
    pub(crate) fn send_control(
        &mut self,
        now: Instant,
        kind: FrameKind,
        call_id: i32,
        header: &impl Message,
        body: &[u8],
    ) {
        let control = self.tx.control();
        let before = control.len();
        frame::put_head(control, header, body.len(), 0)
            .expect("messages of the negotiation are far below 4 GiB");
        control.extend_from_slice(body);
        let size = control.len() - before;
        self.saw(now, Direction::Sent, kind, call_id, size);
    }

    /// From here on bytes are sealed; what is queued goes out plain before.
    pub(crate) fn switch_to(&mut self, session: Box<dyn Session>) {
        let before = self.tx.take_control();
        self.layer = Layer::Tls { session, before, before_sent: 0 };
    }

    /// Tells the observer.
    pub(crate) fn saw(
        &self,
        now: Instant,
        direction: Direction,
        kind: FrameKind,
        call_id: i32,
        size: usize,
    ) {
        if let Some(observer) = &self.observer {
            let in_tls = matches!(self.layer, Layer::Tls { .. });
            observer.frame(now, &FrameSeen { direction, kind, call_id, size, in_tls });
        }
    }

    /// Tells the observer of a received negotiation frame.
    pub(crate) fn saw_step(&self, now: Instant, step: NegotiateStep, payload: &Bytes) {
        let size = payload.len() + frame::PREFIX_LEN;
        self.saw(now, Direction::Received, FrameKind::Negotiate(step), ids::NEGOTIATE, size);
    }

    pub(crate) fn saw_timer(&self, now: Instant, timer: Timer) {
        if let Some(observer) = &self.observer {
            observer.timer(now, timer);
        }
    }
}

pub(crate) fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
