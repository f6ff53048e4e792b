//! What is left of a frame, piece by piece, and the filler that takes the place of what was given up.

use std::io::IoSlice;
use std::ops::Range;

use bytes::Bytes;
use smallvec::SmallVec;

use super::{MAX_SLICES, Source};

/// Length of the filler page. A write of 64 slices offers 4 MiB of it, which is more than a socket takes.
pub(super) const FILLER_PAGE: usize = 64 << 10;

/// Says what it is to whoever looks at a capture.
const FILLER_TEXT: &[u8] =
    b"krpc: this request was aborted, what you read is filler up to its footer. ";

/// The only filler there is: every aborted frame refers to it.
pub(super) static FILLER: [u8; FILLER_PAGE] = {
    let mut page = [0; FILLER_PAGE];
    let mut at = 0;
    while at < FILLER_PAGE {
        page[at] = FILLER_TEXT[at % FILLER_TEXT.len()];
        at += 1;
    }
    page
};

/// The part of a frame that is not sent yet.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// Bytes of the text buffer, by absolute position.
    Text(Range<u64>),
    /// The last `left` bytes of the payload's body (index 0) or of one of its sidecars.
    Piece { index: usize, left: usize },
    /// So many bytes of filler.
    Filler(usize),
}

impl Part {
    pub(super) fn len(&self) -> usize {
        match self {
            Part::Text(range) => (range.end - range.start) as usize,
            Part::Piece { left, .. } | Part::Filler(left) => *left,
        }
    }

    pub(super) fn advance(&mut self, n: usize) {
        match self {
            Part::Text(range) => range.start += n as u64,
            Part::Piece { left, .. } | Part::Filler(left) => *left -= n,
        }
    }
}

/// A piece of payload, without what was sent of it.
pub(super) fn rest<S: Source>(source: &S, index: usize, left: usize) -> &[u8] {
    let piece: &Bytes = source.piece(index).expect("a part names a piece of its own frame");
    &piece[piece.len() - left..]
}

/// Collects the slices of one write; adjacent text becomes one.
pub(super) struct Slices<'a, 's> {
    text: &'a [u8],
    text_start: u64,
    open: Option<Range<u64>>,
    slices: &'s mut SmallVec<[IoSlice<'a>; MAX_SLICES]>,
    pub(super) offered: usize,
}

impl<'a, 's> Slices<'a, 's> {
    pub(super) fn new(
        text: &'a [u8],
        text_start: u64,
        slices: &'s mut SmallVec<[IoSlice<'a>; MAX_SLICES]>,
    ) -> Self {
        Slices { text, text_start, open: None, slices, offered: 0 }
    }

    /// Whether there is room: one place is kept for text that is still open.
    pub(super) fn has_room(&self) -> bool {
        self.slices.len() + 1 < MAX_SLICES
    }

    pub(super) fn text(&mut self, range: &Range<u64>) {
        self.offered += (range.end - range.start) as usize;
        match &mut self.open {
            Some(before) if before.end == range.start => before.end = range.end,
            _ => {
                self.flush();
                self.open = Some(range.clone());
            }
        }
    }

    pub(super) fn bytes(&mut self, bytes: &'a [u8]) {
        self.flush();
        self.offered += bytes.len();
        self.slices.push(IoSlice::new(bytes));
    }

    pub(super) fn filler(&mut self, mut left: usize) {
        while left > 0 && self.has_room() {
            let step = left.min(FILLER_PAGE);
            self.bytes(&FILLER[..step]);
            left -= step;
        }
    }

    pub(super) fn flush(&mut self) {
        if let Some(range) = self.open.take() {
            let at = |position: u64| (position - self.text_start) as usize;
            self.slices.push(IoSlice::new(&self.text[at(range.start)..at(range.end)]));
        }
    }
}
