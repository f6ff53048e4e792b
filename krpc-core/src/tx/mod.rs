//! Frames on their way out, and their life: queued, rendered, committed, sent; or, in mid-way, filling.
//!
//! * *Queued*: only data. May leave the queue whole.
//! * *Rendered*: header, lengths and the presence of a footer are fixed, once and for ever; small parts
//!   are copied into one text buffer, large ones stay the caller's `Bytes`. May still leave the queue
//!   whole, and be rendered anew on another connection.
//! * *Committed*: at least one byte was accepted by the socket, or sealed by TLS. From here on so many
//!   bytes go out as were announced, or the connection ends.
//! * *Filling*: a committed frame that was aborted. Its payload is gone, filler takes the place of what
//!   was not sent, and its footer says so. Only where footers were agreed on.
//! * *Sent*: the last byte was accepted; every reference to the payload is gone.
//!
//! The flags are set explicitly and never inferred from progress: an offer that took no byte
//! changes nothing (KUDU-2110 and KUDU-2334 came of inferring).

mod abort;
mod part;

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};
use std::time::Instant;

use bytes::Bytes;
use krpc_proto::frame::{self, FOOTER_LEN};
use prost::Message;
use smallvec::SmallVec;

pub(crate) use self::abort::{Abort, MidWay};
use self::part::{Part, Slices, rest};
use crate::observe::FrameKind;
use crate::quiet;
use crate::stats::Stats;

/// Slices in one write: enough to fill a socket buffer, small enough for the stack.
const MAX_SLICES: usize = 64;

/// Parts below this size are copied next to the header: a slice of its own costs more.
const COPY_BELOW: usize = 256;

/// The same where the output cannot take several slices at once.
const COPY_BELOW_UNVECTORED: usize = 16 << 10;

/// Most bytes rendered ahead of the socket. Rendering is lazy because a rendered header is final.
const RENDER_AHEAD: usize = 128 << 10;

/// Capacity of the text buffer that is kept when all is sent, to spare an allocation per call.
const KEEP_TEXT: usize = 4 << 10;

/// Places that an empty queue keeps.
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
    /// Makes the final header. What it is made of stays, for the case that it must be made again
    /// elsewhere.
    fn header(&self, now: Instant) -> Self::Header;
    /// The body (index 0) or one of the sidecars.
    fn piece(&self, index: usize) -> Option<&Bytes>;
    /// Drops a piece.
    fn release(&mut self, index: usize);
    /// Bytes of all pieces.
    fn payload_len(&self) -> usize;
}

#[derive(Debug)]
enum Frame<S> {
    Queued(S),
    Rendered(Rendered<S>),
    /// Aborted in mid-transmission.
    Filling(Parts),
    /// Left the queue; its place is kept for a while, because taking it out of the middle would
    /// move all others.
    Removed,
}

/// In reverse order: the next part is the last.
type Parts = SmallVec<[Part; 2]>;

#[derive(Debug)]
struct Rendered<S> {
    source: S,
    parts: Parts,
    /// Where prefix, header and the length of the main part end in the text buffer.
    head_end: u64,
    /// Bytes of the whole frame.
    size: usize,
    committed: bool,
}

impl<S> Rendered<S> {
    fn left(&self) -> usize {
        self.parts.iter().map(Part::len).sum()
    }
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
    /// No frame before this position has text left: whoever looks for text begins here.
    textless: usize,
    /// Rendered bytes that are not accepted yet.
    rendered_bytes: usize,
    /// Payload bytes held in all: queued and rendered.
    held_bytes: usize,
    /// Frames wait until the connection is open.
    open: bool,
    /// Whether frames end with a footer.
    footers: bool,
    /// Filler that is still to be sent.
    filler_owed: u64,
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
            textless: 0,
            rendered_bytes: 0,
            held_bytes: 0,
            open: false,
            footers: false,
            filler_owed: 0,
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

    /// The negotiation is over: frames may go, with or without a footer.
    pub(crate) fn open(&mut self, footers: bool) {
        self.open = true;
        self.footers = footers;
    }

    pub(crate) fn push(&mut self, source: S) -> FrameKey {
        let key = FrameKey(self.next_key);
        self.next_key += 1;
        self.held_bytes += source.payload_len();
        quiet::push(&mut self.frames, (key, Frame::Queued(source)));
        key
    }

    /// What a frame that is not rendered yet is to carry.
    pub(crate) fn queued(&self, key: FrameKey) -> Option<&S> {
        match &self.frames[self.index(key)?].1 {
            Frame::Queued(source) => Some(source),
            Frame::Rendered(_) | Frame::Filling(_) | Frame::Removed => None,
        }
    }

    pub(crate) fn progress(&self, key: FrameKey) -> Progress {
        match self.index(key).map(|i| &self.frames[i].1) {
            Some(Frame::Rendered(Rendered { committed: true, .. })) => Progress::Committed,
            Some(Frame::Queued(_) | Frame::Rendered(_)) => Progress::Uncommitted,
            Some(Frame::Filling(_) | Frame::Removed) | None => Progress::Gone,
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
            Frame::Rendered(rendered) => self.forget(rendered.left()),
            Frame::Filling(_) | Frame::Removed => {}
        }
        self.removed += 1;
        self.skip_removed();
        if self.removed > self.frames.len() / 2 {
            self.close_gaps();
        }
        self.cut_text();
        true
    }

    /// Filler that is still to be sent.
    pub(crate) fn filler_owed(&self) -> u64 {
        self.filler_owed
    }

    /// Drops everything that is not sent, except for what was never begun: that is handed back whole,
    /// in its order.
    pub(crate) fn clear(&mut self) -> Vec<S> {
        let frames = std::mem::take(&mut self.frames);
        self.removed = 0;
        self.rendered = 0;
        self.textless = 0;
        self.rendered_bytes = 0;
        self.held_bytes = 0;
        self.filler_owed = 0;
        self.text_start = self.text_end();
        self.text = Vec::new();
        self.control = Vec::new();
        self.control_sent = 0;
        let never_begun = frames.into_iter().filter_map(|(_, frame)| match frame {
            Frame::Queued(source) => Some(source),
            Frame::Rendered(Rendered { source, committed: false, .. }) => Some(source),
            Frame::Rendered(_) | Frame::Filling(_) | Frame::Removed => None,
        });
        never_begun.collect()
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
            let place = &mut self.frames[index].1;
            let source = match std::mem::replace(place, Frame::Removed) {
                Frame::Queued(source) => source,
                other => {
                    *place = other;
                    continue;
                }
            };
            let (id, kind, held) = (source.id(), source.kind(), source.payload_len());
            let rendered = self.lay_out(source, now, stats);
            note(kind, id, rendered.size);
            self.held_bytes = self.held_bytes - held + rendered.size;
            self.rendered_bytes += rendered.size;
            self.frames[index].1 = Frame::Rendered(rendered);
        }
    }

    /// Writes the header into the text buffer and lines the payload up behind it, and the footer
    /// behind that.
    fn lay_out(&mut self, source: S, now: Instant, stats: &mut Stats) -> Rendered<S> {
        let main_len = source.payload_len();
        let footer_len = if self.footers { FOOTER_LEN } else { 0 };
        let mut start = self.text_end();
        let begin = start;
        frame::put_head(&mut self.text, &source.header(now), main_len, footer_len)
            .expect("sizes were checked when the message was accepted");
        let head_end = self.text_end();
        let size = (head_end - begin) as usize + main_len + footer_len;
        let mut parts = Parts::new();
        let mut index = 0;
        while let Some(piece) = source.piece(index) {
            let left = piece.len();
            if left < self.copy_below {
                self.text.extend_from_slice(piece);
                stats.payload_bytes_copied_out += left as u64;
            } else {
                if self.text_end() > start {
                    parts.push(Part::Text(start..self.text_end()));
                    start = self.text_end();
                }
                parts.push(Part::Piece { index, left });
            }
            index += 1;
        }
        if self.footers {
            self.text.extend_from_slice(&frame::footer_bytes(false));
        }
        if self.text_end() > start {
            parts.push(Part::Text(start..self.text_end()));
        }
        parts.reverse();
        Rendered { source, parts, head_end, size, committed: false }
    }

    /// The next slices to write. Returns their length in all.
    fn slices<'a>(&'a self, slices: &mut SmallVec<[IoSlice<'a>; MAX_SLICES]>) -> usize {
        let control = self.control_len();
        if control > 0 {
            slices.push(IoSlice::new(&self.control[self.control_sent..]));
        }
        let mut out = Slices::new(&self.text, self.text_start, slices);
        'frames: for (_, frame) in self.frames.iter().take(self.rendered) {
            let (source, parts) = match frame {
                Frame::Rendered(rendered) => (Some(&rendered.source), &rendered.parts),
                Frame::Filling(parts) => (None, parts),
                Frame::Queued(_) | Frame::Removed => continue,
            };
            for part in parts.iter().rev() {
                if !out.has_room() {
                    break 'frames;
                }
                match (part, source) {
                    (Part::Text(range), _) => out.text(range),
                    (Part::Piece { index, left }, Some(source)) => {
                        out.bytes(rest(source, *index, *left));
                    }
                    (Part::Filler(left), _) => {
                        out.filler(*left);
                        if !out.has_room() {
                            break 'frames;
                        }
                    }
                    (Part::Piece { .. }, None) => unreachable!("filler has no payload"),
                }
            }
        }
        out.flush();
        control + out.offered
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
            let (parts, mut source) = match front {
                Frame::Rendered(rendered) => {
                    rendered.committed = true;
                    (&mut rendered.parts, Some(&mut rendered.source))
                }
                Frame::Filling(parts) => (parts, None),
                Frame::Queued(_) => break,
                Frame::Removed => {
                    self.skip_removed();
                    continue;
                }
            };
            let mut forgotten = 0;
            while let Some(part) = parts.last_mut() {
                let step = part.len().min(n);
                part.advance(step);
                n -= step;
                forgotten += step;
                if let Part::Filler(_) = part {
                    self.filler_owed -= step as u64;
                    stats.filler_bytes_sent += step as u64;
                }
                if part.len() > 0 {
                    break;
                }
                // A finished part's owner is dropped here, before anything is reported.
                if let (Some(source), Part::Piece { index, .. }) = (&mut source, &part) {
                    source.release(*index);
                }
                parts.pop();
            }
            let done = parts.is_empty();
            let whole = source.map(|source| source.id());
            self.forget(forgotten);
            if !done {
                break;
            }
            self.pop_front();
            match whole {
                Some(id) => {
                    stats.frames_sent += 1;
                    self.sent.push_back(id);
                }
                None => stats.aborted_frames_sent += 1,
            }
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

    /// Gives back what is kept for frames to come.
    pub(crate) fn release_memory(&mut self) {
        self.frames.shrink_to_fit();
        self.text.shrink_to_fit();
        self.sent.shrink_to_fit();
    }

    fn forget(&mut self, bytes: usize) {
        self.rendered_bytes -= bytes;
        self.held_bytes -= bytes;
    }

    fn pop_front(&mut self) {
        self.frames.pop_front();
        self.rendered = self.rendered.saturating_sub(1);
        self.textless = self.textless.saturating_sub(1);
        if self.frames.is_empty() {
            // A connection does not remember how busy it once was.
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
        self.textless = 0;
    }

    /// Lets go of text that was sent or whose frame was removed.
    fn cut_text(&mut self) {
        if self.rendered == 0 || self.rendered_bytes == 0 {
            self.text_start = self.text_end();
            self.text.clear();
            self.text.shrink_to(KEEP_TEXT);
            return;
        }
        let first_text = |parts: &Parts| {
            parts.iter().rev().find_map(|part| match part {
                Part::Text(range) => Some(range.start),
                Part::Piece { .. } | Part::Filler(_) => None,
            })
        };
        let text_of = |frame: &Frame<S>| match frame {
            Frame::Rendered(rendered) => first_text(&rendered.parts),
            Frame::Filling(parts) => first_text(parts),
            Frame::Queued(_) | Frame::Removed => None,
        };
        // Every place without text is passed once, not for each frame that is removed: text only
        // goes, so it stays without.
        let mut next = None;
        while next.is_none() && self.textless < self.rendered {
            next = text_of(&self.frames[self.textless].1);
            self.textless += usize::from(next.is_none());
        }
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
