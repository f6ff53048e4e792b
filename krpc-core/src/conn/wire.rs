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
use crate::rx::{Received, Rx, Skips};
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
    /// Shut down its writing half, and go on reading. Said once, and nothing is written any more.
    ShutdownWrite,
    /// Close it: everything that was to be said is said.
    Close,
    /// Close it with linger 0, so that what the kernel still holds for the peer, which may be
    /// megabytes, is thrown away: a request was given up in the middle.
    Reset,
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

/// Whether we have stopped sending for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sending {
    Goes,
    /// Nothing is written any more, and the peer is to be told by the end of the stream.
    ShutdownDue,
    /// Nothing is written any more.
    Cut,
}

/// Counts what is offered to an output at once, and how much of it is taken.
struct Counted<'a> {
    out: &'a mut dyn Write,
    offered: usize,
    /// Whether there may have been more than was offered.
    full: bool,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.offered = bytes.len();
        self.out.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.offered = slices.iter().map(|slice| slice.len()).sum();
        // rustls offers its records in groups of 64 at most.
        self.full = slices.len() >= 64;
        self.out.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Where the sealed stream stands.
#[derive(Debug, Default)]
struct Sealed {
    /// Sealed bytes that the network took.
    written: u64,
    /// Once this many are written, a part of the frame in mid-transmission is among them. `None` if
    /// that is not known.
    mark: Option<u64>,
    /// The frame that the mark is for.
    of: Option<i32>,
}

/// The role's part of receiving.
pub(crate) trait Role<S>: Skips {
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
    sending: Sending,
    sealed: Sealed,
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
            sending: Sending::Goes,
            sealed: Sealed::default(),
            observer: config.observer.clone(),
        }
    }

    // ---- the end

    pub(crate) fn is_ended(&self) -> bool {
        self.end != End::Open
    }

    /// Nothing more is read or rendered; control bytes and what TLS has sealed may still leave.
    /// Drops every reference to payload that is on its way, and hands back what was not begun.
    pub(crate) fn end(&mut self, now: Instant, last_words: bool) -> Vec<S> {
        let last_words = last_words && self.sending == Sending::Goes;
        let control = if last_words { self.tx.take_control() } else { Vec::new() };
        let never_begun = self.tx.clear();
        self.tx.control().extend_from_slice(&control);
        self.backlog = Vec::new();
        self.end = End::LastWords { until: now + LAST_WORDS };
        if !last_words || !self.has_output() {
            self.end = End::Closed;
        }
        never_begun
    }

    /// Queues a close_notify if the stream is sealed.
    pub(crate) fn close_notify(&mut self) {
        if self.sending != Sending::Goes {
            return;
        }
        if let Layer::Tls { session, .. } = &mut self.layer {
            session.send_close_notify();
        }
    }

    /// Stops sending for good in the middle of a frame: not a byte follows, sealed or not. Drops the
    /// payload of the frame in mid-transmission and hands back what was not begun. With `half_close`
    /// the peer is told by the end of the stream, if that is sure to come in mid-frame for it too.
    pub(crate) fn cut(&mut self, half_close: bool) -> Vec<S> {
        let half_close = half_close && self.is_mid_frame_for_peer();
        self.sending = if half_close { Sending::ShutdownDue } else { Sending::Cut };
        self.stats.cut_frames_sent += 1;
        self.tx.clear()
    }

    /// Whether we have stopped sending for good.
    pub(crate) fn is_cut(&self) -> bool {
        self.sending != Sending::Goes
    }

    /// Whether the network has taken a part of the frame in mid-transmission. It was committed when it
    /// was sealed, and what is sealed may never leave: the stream of the peer could then end between
    /// two frames, which means something else.
    fn is_mid_frame_for_peer(&self) -> bool {
        match &self.layer {
            Layer::Plain => true,
            Layer::Tls { .. } => {
                let Sealed { written, mark, of } = &self.sealed;
                self.tx.mid_way().map(|mid_way| mid_way.id) == *of
                    && mark.is_some_and(|mark| *written >= mark)
            }
        }
    }

    // ---- writing

    pub(crate) fn wants_write(&self) -> bool {
        self.end != End::Closed && self.has_output()
    }

    fn has_output(&self) -> bool {
        match self.sending {
            Sending::Goes => {}
            Sending::ShutdownDue => return self.end == End::Open,
            Sending::Cut => return false,
        }
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
        if self.sending != Sending::Goes {
            let then = match (self.end, self.sending) {
                (End::Open, Sending::ShutdownDue) => Then::ShutdownWrite,
                (End::Open, _) => Then::Continue,
                _ => Then::Reset,
            };
            self.sending = Sending::Cut;
            return Ok(Transmitted { written: 0, pending: false, then });
        }
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
        let Wire { layer, tx, stats, observer, sealed, .. } = self;
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
                let mut counted = Counted { out, offered: 0, full: false };
                let written = session.write_tls(&mut counted);
                let of = tx.mid_way().map(|mid_way| mid_way.id);
                if of != sealed.of {
                    // Everything that was sealed up to now, so at least a byte of this frame.
                    let end = sealed.written + counted.offered as u64;
                    *sealed = Sealed { mark: Some(end).filter(|_| !counted.full), of, ..*sealed };
                }
                match written? {
                    0 => Err(io::ErrorKind::WriteZero.into()),
                    n => {
                        sealed.written += n as u64;
                        if !session.wants_write() {
                            sealed.mark = Some(sealed.written);
                        }
                        Ok(n)
                    }
                }
            }
        }
    }

    /// Starts the clock of a stall when there is output, and stops it when there is none.
    pub(crate) fn note_output(&mut self, now: Instant) {
        if !self.wants_write() || self.is_cut() {
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
        while let Some(received) = self.next(role, now, &mut rest)? {
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
        skips: &impl Skips,
        now: Instant,
        data: &mut &[u8],
    ) -> Result<Option<Received>, ConnectionError> {
        let Layer::Tls { session, .. } = &mut self.layer else {
            return self.rx.next(skips, now, data, &mut self.stats);
        };
        loop {
            let mut plain = session.plaintext();
            let available = plain.len();
            if available > 0 {
                let received = self.rx.next(skips, now, &mut plain, &mut self.stats);
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
        if let Some(payload) = self.rx.received(role, n, &mut self.stats) {
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
                self.rx.account(now, reading)
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
