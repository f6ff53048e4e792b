//! Frames on their way out, and their life: queued, rendered, committed, sent.
//!
//! * *Queued*: only data. May leave the queue whole.
//! * *Rendered*: header and lengths are fixed, once and for ever; small parts are copied into one
//!   text buffer, large ones stay the caller's `Bytes`. May still leave the queue whole.
//! * *Committed*: at least one byte was accepted by the socket, or sealed by TLS. From here on the
//!   frame goes out to its last byte, or the connection ends.
//! * *Sent*: the last byte was accepted; every reference to the payload is gone.
//!
//! Both flags are set explicitly and never inferred from progress: an offer that took no byte
//! changes nothing (KUDU-2110 and KUDU-2334 came of inferring).

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};
use std::ops::Range;
use std::time::Instant;

use bytes::Bytes;
use krpc_proto::frame;
use prost::Message;
use smallvec::SmallVec;

use crate::observe::FrameKind;
use crate::payload::{self, Payload};
use crate::stats::Stats;

/// Slices in one write: enough to fill a socket buffer, small enough for the stack.
const MAX_SLICES: usize = 64;

/// Parts below this size are copied next to the header: a slice of its own costs more.
const COPY_BELOW: usize = 256;

/// The same where the output cannot take several slices at once.
const COPY_BELOW_UNVECTORED: usize = 16 << 10;

/// Most bytes rendered ahead of the socket. Rendering is lazy because a rendered header is final.
const RENDER_AHEAD: usize = 128 << 10;

/// Capacity of the text buffer that an idle connection keeps, to spare an allocation per call.
const KEEP_TEXT: usize = 4 << 10;

/// Places that an idle queue keeps.
const KEEP_FRAMES: usize = 16;

/// Consumed text is cut off the front when it grows past this.
const CUT_TEXT: usize = 32 << 10;

/// Finds a frame in the queue. Numbers are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FrameKey(u64);

/// What a frame carries besides its header, and how the header is made when its turn comes.
pub(crate) trait Source {
    type Header: Message;
    /// The call's number.
    fn id(&self) -> i32;
    /// As what an observer sees it.
    fn kind(&self) -> FrameKind;
    /// Makes the final header, and gives up the payload: body first, then sidecars.
    fn render(&mut self, now: Instant) -> (Self::Header, Payload);
    /// Bytes of payload that are held.
    fn payload_len(&self) -> usize;
}

/// The part of a frame that is not sent yet.
#[derive(Debug)]
enum Part {
    /// Bytes of the text buffer, by absolute position.
    Text(Range<u64>),
    Shared(Bytes),
}

impl Part {
    fn len(&self) -> usize {
        match self {
            Part::Text(range) => (range.end - range.start) as usize,
            Part::Shared(bytes) => bytes.len(),
        }
    }

    fn advance(&mut self, n: usize) {
        match self {
            Part::Text(range) => range.start += n as u64,
            Part::Shared(bytes) => bytes::Buf::advance(bytes, n),
        }
    }
}

#[derive(Debug)]
enum Frame<S> {
    Queued(S),
    Rendered {
        id: i32,
        /// In reverse order: the next part is the last.
        parts: SmallVec<[Part; 2]>,
        committed: bool,
    },
    /// Left the queue; its place is kept for a while, because taking it out of the middle would
    /// move all others.
    Removed,
}

/// How far a frame has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Not a byte of it was accepted.
    Uncommitted,
    /// Some bytes were accepted.
    Committed,
    /// All of it was accepted, or it was removed.
    Gone,
}

#[derive(Debug)]
pub(crate) struct Tx<S> {
    /// Negotiation bytes: they go before any frame.
    control: Vec<u8>,
    control_sent: usize,
    /// By key, in ascending order.
    frames: VecDeque<(FrameKey, Frame<S>)>,
    next_key: u64,
    /// How many of them have left the queue and only keep a place.
    removed: usize,
    /// Position in the queue up to which frames are rendered.
    rendered: usize,
    /// Rendered bytes that are not accepted yet.
    rendered_bytes: usize,
    /// Payload bytes held in all: queued and rendered.
    held_bytes: usize,
    /// Frames wait until the connection is open.
    open: bool,
    text: Vec<u8>,
    /// Absolute position of `text[0]`.
    text_start: u64,
    copy_below: usize,
    /// Calls whose last byte was accepted, for the connection to take note of.
    sent: VecDeque<i32>,
}

impl<S: Source> Tx<S> {
    pub(crate) fn new(vectored: bool) -> Self {
        Tx {
            control: Vec::new(),
            control_sent: 0,
            frames: VecDeque::new(),
            next_key: 0,
            removed: 0,
            rendered: 0,
            rendered_bytes: 0,
            held_bytes: 0,
            open: false,
            text: Vec::new(),
            text_start: 0,
            copy_below: if vectored { COPY_BELOW } else { COPY_BELOW_UNVECTORED },
            sent: VecDeque::new(),
        }
    }

    /// Bytes of the negotiation, sent as they are before all frames.
    pub(crate) fn control(&mut self) -> &mut Vec<u8> {
        &mut self.control
    }

    /// Takes out the negotiation bytes that are not sent, because the stream changes behind them.
    pub(crate) fn take_control(&mut self) -> Vec<u8> {
        self.control.drain(..self.control_sent);
        self.control_sent = 0;
        std::mem::take(&mut self.control)
    }

    /// The negotiation is over: frames may go.
    pub(crate) fn open(&mut self) {
        self.open = true;
    }

    pub(crate) fn push(&mut self, source: S) -> FrameKey {
        let key = FrameKey(self.next_key);
        self.next_key += 1;
        self.held_bytes += source.payload_len();
        self.frames.push_back((key, Frame::Queued(source)));
        key
    }

    pub(crate) fn progress(&self, key: FrameKey) -> Progress {
        match self.index(key).map(|i| &self.frames[i].1) {
            Some(Frame::Rendered { committed: true, .. }) => Progress::Committed,
            Some(Frame::Queued(_) | Frame::Rendered { .. }) => Progress::Uncommitted,
            Some(Frame::Removed) | None => Progress::Gone,
        }
    }

    /// Takes a frame out of the queue, rendered or not, if not a byte of it was accepted. Its
    /// payload is dropped here.
    pub(crate) fn remove(&mut self, key: FrameKey) -> bool {
        if self.progress(key) != Progress::Uncommitted {
            return false;
        }
        let Some(index) = self.index(key) else { return false };
        match std::mem::replace(&mut self.frames[index].1, Frame::Removed) {
            Frame::Queued(source) => self.held_bytes -= source.payload_len(),
            Frame::Rendered { parts, .. } => self.forget(parts.iter().map(Part::len).sum()),
            Frame::Removed => {}
        }
        self.removed += 1;
        self.skip_removed();
        if self.removed > self.frames.len() / 2 {
            self.close_gaps();
        }
        self.cut_text();
        true
    }

    /// Drops everything that is not sent.
    pub(crate) fn clear(&mut self) {
        let frames = std::mem::take(&mut self.frames);
        self.removed = 0;
        self.rendered = 0;
        self.rendered_bytes = 0;
        self.held_bytes = 0;
        self.text = Vec::new();
        self.control = Vec::new();
        self.control_sent = 0;
        drop(frames);
    }

    /// Bytes of the negotiation that wait to be sent.
    pub(crate) fn control_len(&self) -> usize {
        self.control.len() - self.control_sent
    }

    /// Whether bytes of the negotiation wait to be sent: they are the first slice that is offered.
    pub(crate) fn has_control(&self) -> bool {
        self.control_len() > 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.control.is_empty() && (!self.open || self.frames.is_empty())
    }

    /// Whether nothing waits, not even for the negotiation to end.
    pub(crate) fn holds_nothing(&self) -> bool {
        self.control.is_empty() && self.frames.is_empty()
    }

    /// Payload bytes that wait to be sent.
    pub(crate) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Whether the frame at the front of the queue belongs to call `id` and is partly sent.
    pub(crate) fn is_sending(&self, id: i32) -> bool {
        matches!(self.frames.front(),
            Some((_, Frame::Rendered { id: sending, committed: true, .. })) if *sending == id)
    }

    /// Renders what comes next and hands it to `offer` as slices; `offer` says how many bytes it
    /// took. Nothing can come between offering and accounting: that gap is where KUDU-2110 lived.
    ///
    /// `note` is told of each frame that is rendered: its kind, call id and size.
    pub(crate) fn transmit(
        &mut self,
        now: Instant,
        stats: &mut Stats,
        note: &mut dyn FnMut(FrameKind, i32, usize),
        offer: impl FnOnce(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        self.render(now, stats, note);
        let mut slices: SmallVec<[IoSlice<'_>; MAX_SLICES]> = SmallVec::new();
        let offered = self.slices(&mut slices);
        if offered == 0 {
            return Ok(0);
        }
        let taken = offer(&slices)?.min(offered);
        drop(slices);
        self.accept(taken, stats);
        Ok(taken)
    }

    fn render(
        &mut self,
        now: Instant,
        stats: &mut Stats,
        note: &mut dyn FnMut(FrameKind, i32, usize),
    ) {
        while self.open && self.rendered < self.frames.len() && self.rendered_bytes < RENDER_AHEAD {
            let index = self.rendered;
            self.rendered += 1;
            let Frame::Queued(source) = &mut self.frames[index].1 else { continue };
            let (id, kind) = (source.id(), source.kind());
            let held = source.payload_len();
            let (header, payload) = source.render(now);
            let (parts, size) = self.lay_out(&header, payload, stats);
            note(kind, id, size);
            self.held_bytes = self.held_bytes - held + size;
            self.rendered_bytes += size;
            self.frames[index].1 = Frame::Rendered { id, parts, committed: false };
        }
    }

    /// Writes the header into the text buffer and lines the payload up behind it.
    fn lay_out(
        &mut self,
        header: &S::Header,
        payload: Payload,
        stats: &mut Stats,
    ) -> (SmallVec<[Part; 2]>, usize) {
        let Payload { body, sidecars } = payload;
        let main_len = payload::len(&body, &sidecars);
        let mut start = self.text_end();
        frame::put_head(&mut self.text, header, main_len, 0)
            .expect("sizes were checked when the message was accepted");
        let mut size = (self.text_end() - start) as usize;
        size += main_len;
        let mut parts: SmallVec<[Part; 2]> = SmallVec::new();
        for bytes in std::iter::once(body).chain(sidecars) {
            if bytes.len() < self.copy_below {
                self.text.extend_from_slice(&bytes);
                stats.payload_bytes_copied_out += bytes.len() as u64;
            } else {
                if self.text_end() > start {
                    parts.push(Part::Text(start..self.text_end()));
                    start = self.text_end();
                }
                parts.push(Part::Shared(bytes));
            }
        }
        if self.text_end() > start {
            parts.push(Part::Text(start..self.text_end()));
        }
        parts.reverse();
        (parts, size)
    }

    /// The next slices to write; adjacent text becomes one. Returns their length in all.
    fn slices<'a>(&'a self, slices: &mut SmallVec<[IoSlice<'a>; MAX_SLICES]>) -> usize {
        let mut offered = self.control_len();
        if offered > 0 {
            slices.push(IoSlice::new(&self.control[self.control_sent..]));
        }
        let mut text: Option<Range<u64>> = None;
        'frames: for (_, frame) in self.frames.iter().take(self.rendered) {
            let Frame::Rendered { parts, .. } = frame else { continue };
            for part in parts.iter().rev() {
                match (part, &mut text) {
                    (Part::Text(range), Some(before)) if before.end == range.start => {
                        before.end = range.end;
                    }
                    (Part::Text(range), _) => {
                        self.push_text(text.replace(range.clone()), slices);
                    }
                    (Part::Shared(bytes), _) => {
                        self.push_text(text.take(), slices);
                        slices.push(IoSlice::new(bytes));
                    }
                }
                // One place is kept for text that is still open.
                if slices.len() + 1 >= MAX_SLICES {
                    offered += part.len();
                    break 'frames;
                }
                offered += part.len();
            }
        }
        self.push_text(text, slices);
        offered
    }

    fn push_text<'a>(
        &'a self,
        text: Option<Range<u64>>,
        slices: &mut SmallVec<[IoSlice<'a>; MAX_SLICES]>,
    ) {
        if let Some(range) = text {
            let at = |position: u64| (position - self.text_start) as usize;
            slices.push(IoSlice::new(&self.text[at(range.start)..at(range.end)]));
        }
    }

    /// The first `n` bytes of what was offered were taken.
    fn accept(&mut self, mut n: usize, stats: &mut Stats) {
        if !self.control.is_empty() {
            let step = n.min(self.control_len());
            self.control_sent += step;
            n -= step;
            if !self.has_control() {
                self.control = Vec::new();
                self.control_sent = 0;
            }
        }
        while n > 0 {
            let Some((_, front)) = self.frames.front_mut() else { break };
            let Frame::Rendered { id, parts, committed } = front else {
                self.skip_removed();
                continue;
            };
            let mut forgotten = 0;
            *committed = true;
            while let Some(part) = parts.last_mut() {
                let step = part.len().min(n);
                part.advance(step);
                n -= step;
                forgotten += step;
                if part.len() > 0 {
                    break;
                }
                // A finished part's owner is dropped here, before anything is reported.
                parts.pop();
            }
            let done = parts.is_empty();
            let id = *id;
            self.forget(forgotten);
            if !done {
                break;
            }
            stats.frames_sent += 1;
            self.sent.push_back(id);
            self.pop_front();
            self.skip_removed();
        }
        self.cut_text();
    }

    /// The next call whose last byte was accepted.
    pub(crate) fn pop_sent(&mut self) -> Option<i32> {
        let id = self.sent.pop_front();
        if id.is_none() {
            self.sent.shrink_to(KEEP_FRAMES);
        }
        id
    }

    fn forget(&mut self, bytes: usize) {
        self.rendered_bytes -= bytes;
        self.held_bytes -= bytes;
    }

    fn pop_front(&mut self) {
        self.frames.pop_front();
        self.rendered = self.rendered.saturating_sub(1);
        if self.frames.is_empty() {
            // An idle connection does not remember how busy it once was.
            self.frames.shrink_to(KEEP_FRAMES);
        }
    }

    fn skip_removed(&mut self) {
        while matches!(self.frames.front(), Some((_, Frame::Removed))) {
            self.removed -= 1;
            self.pop_front();
        }
    }

    /// Drops the places of frames that were removed. What it costs was earned by as many removals.
    fn close_gaps(&mut self) {
        let rendered = self.frames.iter().take(self.rendered);
        self.rendered = rendered.filter(|(_, f)| !matches!(f, Frame::Removed)).count();
        self.frames.retain(|(_, frame)| !matches!(frame, Frame::Removed));
        self.frames.shrink_to(KEEP_FRAMES.max(2 * self.frames.len()));
        self.removed = 0;
    }

    /// Lets go of text that was sent or whose frame was removed.
    fn cut_text(&mut self) {
        if self.rendered == 0 || self.rendered_bytes == 0 {
            self.text_start = self.text_end();
            self.text.clear();
            self.text.shrink_to(KEEP_TEXT);
            return;
        }
        let next = self.frames.iter().take(self.rendered).find_map(|(_, frame)| match frame {
            Frame::Rendered { parts, .. } => parts.iter().rev().find_map(|part| match part {
                Part::Text(range) => Some(range.start),
                Part::Shared(_) => None,
            }),
            _ => None,
        });
        let consumed = (next.unwrap_or(self.text_end()) - self.text_start) as usize;
        if consumed >= CUT_TEXT {
            self.text.drain(..consumed);
            self.text_start += consumed as u64;
        }
    }

    fn text_end(&self) -> u64 {
        self.text_start + self.text.len() as u64
    }

    fn index(&self, key: FrameKey) -> Option<usize> {
        self.frames.binary_search_by_key(&key, |(key, _)| *key).ok()
    }
}

/// Writes `bytes` from `from` on; returns how many were taken.
pub(crate) fn write_rest(bytes: &[u8], from: usize, out: &mut dyn Write) -> io::Result<usize> {
    match out.write(&bytes[from..])? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        n => Ok(n),
    }
}
