//! Received bytes become frames.
//!
//! A frame is one allocation, whose size never runs ahead of what arrived by more than
//! [`TRUSTED_ALLOCATION`]. Its length is charged to the byte budgets when the prefix is read.

use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_proto::frame::{self, LengthError, PREFIX_LEN};
use krpc_proto::{decode, preamble};

use crate::budget::{Budget, Charge};
use crate::error::{ConnectionError, Incompatibility, LimitExceeded, Misbehaviour, Timer};
use crate::stats::Stats;

/// Allocated at once for a frame that announces more: one allocation for most, and a peer that
/// only announces costs address space, not memory.
const TRUSTED_ALLOCATION: usize = 1 << 20;

/// A growing buffer becomes this many times what it has: 0.2 bytes are moved per byte at most.
const GROWTH: usize = 8;

/// From this many missing bytes on, the caller reads straight into the frame.
const DIRECT_READ: usize = 16 << 10;

/// Smaller frames carry no charge once complete: the number of calls bounds them.
const CHARGED_FRAME: usize = 4 << 10;

/// How long to wait until a refused charge is tried again. The budget is returned by threads that
/// know nothing of this connection, so there is nothing to wake us.
const CHARGE_RETRY: Duration = Duration::from_millis(5);

/// Whoever reads nothing for so long, because received messages are held, may not know why.
const REFUSED_LONG: Duration = Duration::from_secs(1);

/// What the next bytes are.
#[derive(Debug)]
enum State {
    Preamble {
        bytes: [u8; preamble::LEN],
        have: usize,
    },
    Prefix {
        bytes: [u8; PREFIX_LEN],
        have: usize,
    },
    /// The length is known, but a budget has no room for it.
    Refused {
        length: usize,
        retry: Instant,
        /// When a warning is due; `None` once it was given.
        warn: Option<Instant>,
    },
    Body(Body),
    /// A reply nobody waits for: it is read and not kept.
    Skip {
        id: i32,
        have: usize,
        length: usize,
    },
}

#[derive(Debug)]
struct Body {
    /// Initialised up to its length, received up to `have`.
    buffer: Vec<u8>,
    have: usize,
    length: usize,
    charges: Charges,
    /// The call that a reply is for, once that much of it has come; `Some(None)` if that cannot be
    /// read. Looked for once, in a frame that is not here whole, and if there is anything to skip.
    id: Option<Option<i32>>,
}

/// Whether a reply may be skipped, told by the call it is for.
pub(crate) trait Skips {
    /// Whether any may be.
    fn skips_any(&self) -> bool;
    fn skips(&self, id: i32) -> bool;
}

/// The reading time of a frame, from the first byte of its length prefix on.
#[derive(Debug)]
struct Clock {
    /// What is left of it, as of `Rx::reading_since`.
    left: Duration,
    allowed: Duration,
    /// It runs for a TLS record in which no frame is known to have begun.
    for_record: bool,
}

#[derive(Debug)]
struct Charges {
    _own: Charge,
    _shared: Option<Charge>,
}

/// A received frame's memory; what it was charged returns with the last reference to it.
struct FrameBuf {
    bytes: Vec<u8>,
    _charges: Charges,
}

impl AsRef<[u8]> for FrameBuf {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

pub(crate) enum Received {
    Preamble,
    /// A frame's payload: everything behind the length prefix.
    Frame(Bytes),
    /// A reply to this call, which was not kept.
    Skipped(i32),
}

#[derive(Debug)]
pub(crate) struct Rx {
    state: State,
    /// Before authentication a smaller limit applies, and Kudu's other comparison.
    negotiating: bool,
    max_message: u32,
    max_unauthenticated: u32,
    own: Budget,
    shared: Option<Budget>,
    frame_timeout: Duration,
    /// `None` between frames.
    clock: Option<Clock>,
    /// When the reading time of the current frame was last accounted; `None` while not reading.
    reading_since: Option<Instant>,
}

impl Rx {
    pub(crate) fn new(config: &crate::config::Common, expect_preamble: bool) -> Self {
        let state = if expect_preamble {
            State::Preamble { bytes: [0; preamble::LEN], have: 0 }
        } else {
            State::Prefix { bytes: [0; PREFIX_LEN], have: 0 }
        };
        Rx {
            state,
            negotiating: true,
            max_message: config.max_message_size,
            max_unauthenticated: config.max_unauthenticated,
            own: Budget::new(config.receive_memory),
            shared: config.budget.clone(),
            frame_timeout: config.frame_timeout,
            clock: None,
            reading_since: None,
        }
    }

    /// The peer is authenticated: the ordinary limits apply from the next frame on.
    pub(crate) fn negotiated(&mut self) {
        self.negotiating = false;
    }

    /// Takes from the front of `data` until a frame is complete or nothing is left. With `None`,
    /// `data` is empty or a budget refused the next frame.
    pub(crate) fn next(
        &mut self,
        skips: &impl Skips,
        now: Instant,
        data: &mut &[u8],
        stats: &mut Stats,
    ) -> Result<Option<Received>, ConnectionError> {
        loop {
            match &mut self.state {
                State::Preamble { bytes, have } => {
                    take(bytes, have, data);
                    if *have < bytes.len() {
                        return Ok(None);
                    }
                    preamble::check(bytes).map_err(|error| {
                        ConnectionError::PeerIncompatible(Incompatibility::Preamble(error))
                    })?;
                    self.await_prefix();
                    return Ok(Some(Received::Preamble));
                }
                State::Prefix { bytes, have } => {
                    take(bytes, have, data);
                    let (bytes, have) = (*bytes, *have);
                    if have == 0 {
                        return Ok(None);
                    }
                    self.start_clock(now, false);
                    if have < bytes.len() {
                        return Ok(None);
                    }
                    let length = self.length(bytes)?;
                    if let Some(clock) = &mut self.clock {
                        let more = Duration::from_secs(length as u64 >> 20);
                        clock.left = clock.left.saturating_add(more);
                        clock.allowed = clock.allowed.saturating_add(more);
                    }
                    let warn = now.checked_add(REFUSED_LONG);
                    self.state = State::Refused { length, retry: now, warn };
                }
                State::Refused { length, warn, .. } => {
                    let (length, mut warn) = (*length, *warn);
                    let Some(charges) = self.charge(length) else {
                        if warn.take_if(|at| now >= *at).is_some() {
                            self.warn_of_refusal(length);
                        }
                        self.state = State::Refused { length, retry: now + CHARGE_RETRY, warn };
                        return Ok(None);
                    };
                    // Small frames that are here whole are copied out exactly; others get room.
                    let buffer = Vec::new();
                    let body = Body { buffer, have: 0, length, charges, id: None };
                    self.state = State::Body(body);
                }
                State::Body(body) => {
                    body.take(data, stats);
                    if body.have == body.length {
                        return Ok(self.finish().map(Received::Frame));
                    }
                    self.skip_if(skips, stats);
                    return Ok(None);
                }
                State::Skip { id, have, length } => {
                    let (id, step) = (*id, data.len().min(*length - *have));
                    *have += step;
                    *data = &data[step..];
                    stats.bytes_skipped += step as u64;
                    if have < length {
                        return Ok(None);
                    }
                    self.await_prefix();
                    self.clock = None;
                    return Ok(Some(Received::Skipped(id)));
                }
            }
        }
    }

    /// Where the caller may read the rest of a large frame straight into; empty when there is
    /// none. Bytes that have arrived this way are reported by `received`.
    pub(crate) fn space(&mut self, stats: &mut Stats) -> &mut [u8] {
        match &mut self.state {
            State::Body(body) if body.length - body.have >= DIRECT_READ => {
                body.grow(stats);
                let end = body.buffer.len();
                &mut body.buffer[body.have..end]
            }
            _ => &mut [],
        }
    }

    /// `n` bytes were read into what `space` gave.
    pub(crate) fn received(
        &mut self,
        skips: &impl Skips,
        n: usize,
        stats: &mut Stats,
    ) -> Option<Bytes> {
        let State::Body(body) = &mut self.state else { return None };
        body.have = (body.have + n).min(body.buffer.len());
        if body.have == body.length {
            return self.finish();
        }
        self.skip_if(skips, stats);
        None
    }

    /// Lets go of a reply that is coming in if nobody waits for it, as soon as it is known whose it is.
    pub(crate) fn skip_if(&mut self, skips: &impl Skips, stats: &mut Stats) {
        let State::Body(body) = &mut self.state else { return };
        if self.negotiating || !skips.skips_any() {
            return;
        }
        if body.id.is_none() {
            body.id = decode::reply_id(&body.buffer[..body.have]);
        }
        if let Some(id) = body.id.flatten().filter(|id| skips.skips(*id)) {
            let (have, length) = (body.have, body.length);
            stats.bytes_skipped += have as u64;
            self.state = State::Skip { id, have, length };
        }
    }

    /// Whether the stream may end here.
    pub(crate) fn at_boundary(&self) -> bool {
        match &self.state {
            State::Preamble { have, .. } | State::Prefix { have, .. } => *have == 0,
            State::Refused { .. } | State::Body(_) | State::Skip { .. } => false,
        }
    }

    /// Whether a budget has no room for the frame that comes next.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.state, State::Refused { .. })
    }

    /// Whether a TLS record was begun and is not complete: it is timed like a frame.
    pub(crate) fn time_record(&mut self, now: Instant, mid_record: bool) {
        if mid_record {
            self.start_clock(now, true);
        } else if self.clock.as_ref().is_some_and(|clock| clock.for_record) {
            self.clock = None;
        }
    }

    fn start_clock(&mut self, now: Instant, for_record: bool) {
        match &mut self.clock {
            Some(clock) => clock.for_record &= for_record,
            None => {
                let (left, allowed) = (self.frame_timeout, self.frame_timeout);
                self.clock = Some(Clock { left, allowed, for_record });
                self.reading_since = Some(now);
            }
        }
    }

    /// Accounts the reading time of a begun frame, and says from when on we read again.
    /// Returns the timer if it has run out.
    pub(crate) fn account(&mut self, now: Instant, reading: bool) -> Option<Timer> {
        let clock = self.clock.as_mut()?;
        if let Some(since) = self.reading_since {
            clock.left = clock.left.saturating_sub(now.saturating_duration_since(since));
        }
        self.reading_since = reading.then_some(now);
        let allowed = clock.left.is_zero().then_some(clock.allowed)?;
        let (announced, received) = match &self.state {
            State::Preamble { have, .. } | State::Prefix { have, .. } => (None, *have),
            State::Refused { length, .. } => (Some(*length), 0),
            State::Body(Body { have, length, .. }) | State::Skip { have, length, .. } => {
                (Some(*length), *have)
            }
        };
        let announced = announced.map(|bytes| bytes as u64);
        Some(Timer::Frame { allowed, announced, received: received as u64 })
    }

    /// When a begun frame runs out of time, or a refused charge is tried again.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Refused { retry, .. } => Some(*retry),
            _ => {
                let (clock, since) = self.clock.as_ref().zip(self.reading_since)?;
                since.checked_add(clock.left)
            }
        }
    }

    /// Nothing more is read: what was begun is forgotten.
    pub(crate) fn stop(&mut self) {
        self.await_prefix();
        self.clock = None;
    }

    fn await_prefix(&mut self) {
        self.state = State::Prefix { bytes: [0; PREFIX_LEN], have: 0 };
    }

    fn finish(&mut self) -> Option<Bytes> {
        let next = State::Prefix { bytes: [0; PREFIX_LEN], have: 0 };
        let State::Body(body) = std::mem::replace(&mut self.state, next) else { return None };
        self.clock = None;
        let Body { mut buffer, length, charges, .. } = body;
        buffer.truncate(length);
        Some(if length < CHARGED_FRAME {
            Bytes::from(buffer)
        } else {
            Bytes::from_owner(FrameBuf { bytes: buffer, _charges: charges })
        })
    }

    fn length(&self, prefix: [u8; PREFIX_LEN]) -> Result<usize, ConnectionError> {
        let (limit, setting) = if self.negotiating && self.max_unauthenticated < self.max_message {
            (self.max_unauthenticated, "max_unauthenticated_message_size")
        } else {
            (self.max_message, "max_message_size")
        };
        frame::payload_len(prefix, limit, self.negotiating).map_err(|error| match error {
            LengthError::Zero => ConnectionError::PeerMisbehaved(Misbehaviour::ZeroLength),
            LengthError::Http => ConnectionError::PeerIncompatible(Incompatibility::Http),
            LengthError::Tls => ConnectionError::PeerIncompatible(Incompatibility::Tls),
            LengthError::TooLarge { announced, limit } => {
                ConnectionError::LimitExceeded(LimitExceeded { size: announced, limit, setting })
            }
        })
    }

    fn charge(&self, length: usize) -> Option<Charges> {
        let own = self.own.charge(length)?;
        let shared = match &self.shared {
            // Messages of the negotiation are small and soon gone. If they had to wait, whoever
            // holds the budget would keep everybody else from connecting.
            Some(budget) if !self.negotiating => Some(budget.charge(length)?),
            _ => None,
        };
        Some(Charges { _own: own, _shared: shared })
    }

    fn warn_of_refusal(&self, length: usize) {
        let (held, limit) = (self.own.used(), self.own.limit());
        let shared = self.shared.as_ref().map(|budget| (budget.used(), budget.limit()));
        tracing::warn!(
            length,
            held,
            limit,
            ?shared,
            "reading has stopped: received messages that are still held leave no room for the \
             next one (settings: receive_memory, budget)"
        );
    }
}

impl Body {
    fn take(&mut self, data: &mut &[u8], stats: &mut Stats) {
        while !data.is_empty() && self.have < self.length {
            if self.have == self.buffer.len() {
                if self.have == 0 && data.len() >= self.length {
                    // The frame is here whole: an allocation of its size, and no zeroing.
                    let (frame, rest) = data.split_at(self.length);
                    self.buffer = frame.to_vec();
                    self.have = self.length;
                    stats.bytes_moved_in += self.length as u64;
                    *data = rest;
                    return;
                }
                self.grow(stats);
            }
            let room = self.buffer.len() - self.have;
            let (now, rest) = data.split_at(room.min(data.len()));
            self.buffer[self.have..self.have + now.len()].copy_from_slice(now);
            self.have += now.len();
            stats.bytes_moved_in += now.len() as u64;
            *data = rest;
        }
    }

    /// Makes room for more once the buffer is full: `min(length, max(1 MiB, 8 x received))`.
    fn grow(&mut self, stats: &mut Stats) {
        if self.have < self.buffer.len() {
            return;
        }
        let mut target = TRUSTED_ALLOCATION.max(GROWTH.saturating_mul(self.have));
        if self.length <= target.saturating_add(target / 4) {
            // Not worth another move for the last fifth.
            target = self.length;
        }
        // A fresh zeroed buffer instead of `resize`: the allocator hands out large ones as zero
        // pages, and only what was received is touched.
        let mut larger = vec![0; target];
        larger[..self.have].copy_from_slice(&self.buffer[..self.have]);
        stats.bytes_moved_in += self.have as u64;
        self.buffer = larger;
    }
}

/// Fills a small fixed buffer from the front of `data`.
fn take(bytes: &mut [u8], have: &mut usize, data: &mut &[u8]) {
    let n = (bytes.len() - *have).min(data.len());
    let (now, rest) = data.split_at(n);
    bytes[*have..*have + n].copy_from_slice(now);
    *have += n;
    *data = rest;
}
