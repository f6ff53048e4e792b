//! Payload whose bytes say where they belong, and whose owners are counted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::rng::{Rng, mix};

/// The longest payload: one call in 2,000 comes near it.
pub(crate) const LONGEST: usize = 8 << 20;

/// Pieces begin at one of so many places of the page.
const PLACES: usize = 256 << 10;

/// The byte of a piece at position `p` is `page()[offset + p]`, where the offset is a function of call
/// and piece. No stretch of the page repeats, so a byte that is moved, lost or of another call shows;
/// and what ought to be there is a slice, so that comparing costs no more than memory's speed.
fn page() -> &'static [u8] {
    static PAGE: OnceLock<Vec<u8>> = OnceLock::new();
    PAGE.get_or_init(|| {
        let mut rng = Rng::new(0x6b72_7063);
        let words = (PLACES + LONGEST) / 8 + 1;
        (0..words).flat_map(|_| rng.next().to_le_bytes()).collect()
    })
}

/// How much a call or a reply carries, as plain data that can be shrunk and printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Load {
    /// Bytes of body and sidecars together.
    pub(crate) size: usize,
    pub(crate) sidecars: usize,
    /// Decides where the bytes are divided.
    pub(crate) cut: u64,
}

/// One piece: where on the page it begins, and its length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    at: usize,
    len: usize,
}

impl Piece {
    pub(crate) fn bytes(self) -> &'static [u8] {
        &page()[self.at..self.at + self.len]
    }
}

/// The pieces of a call or a reply: the body, then the sidecars.
#[derive(Clone, Debug, Default)]
pub(crate) struct Payload {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) len: usize,
}

impl Payload {
    /// `key` tells the calls of a schedule, and their replies, from one another.
    pub(crate) fn new(load: Load, key: u64) -> Self {
        let mut rng = Rng::new(load.cut);
        let mut ends: Vec<usize> = (0..load.sidecars)
            // Some are empty, some lie together at the end.
            .map(|_| if rng.one_in(8) { load.size } else { rng.below(load.size + 1) })
            .collect();
        ends.sort_unstable();
        ends.push(load.size);
        let mut start = 0;
        let pieces = ends.into_iter().enumerate().map(|(index, end)| {
            let len = end - start;
            start = end;
            Piece { at: mix(key ^ ((index as u64) << 40)) as usize % PLACES, len }
        });
        Payload { pieces: pieces.collect(), len: load.size }
    }

    pub(crate) fn body_len(&self) -> usize {
        self.pieces[0].len
    }

    /// Where each sidecar begins.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = usize> + '_ {
        self.pieces
            .iter()
            .scan(0, |at, piece| {
                *at += piece.len;
                Some(*at)
            })
            .take(self.pieces.len() - 1)
    }

    /// Body and sidecars, each with an owner of its own that is counted in `alive`.
    pub(crate) fn owned(&self, alive: &Arc<AtomicUsize>) -> (Bytes, Vec<Bytes>) {
        let mut pieces = self.pieces.iter().map(|piece| {
            alive.fetch_add(1, Ordering::Relaxed);
            Bytes::from_owner(Owner { piece: *piece, alive: alive.clone() })
        });
        let body = pieces.next().unwrap_or_default();
        (body, pieces.collect())
    }

    /// The same without owners.
    pub(crate) fn unowned(&self) -> (Bytes, Vec<Bytes>) {
        let mut pieces = self.pieces.iter().map(|piece| Bytes::from_static(piece.bytes()));
        let body = pieces.next().unwrap_or_default();
        (body, pieces.collect())
    }

    /// Whether these are its pieces.
    pub(crate) fn is(&self, body: &[u8], sidecars: impl ExactSizeIterator<Item = Bytes>) -> bool {
        self.pieces.len() == 1 + sidecars.len()
            && self.pieces[0].bytes() == body
            && self.pieces[1..]
                .iter()
                .zip(sidecars)
                .all(|(piece, sidecar)| piece.bytes() == sidecar)
    }

    /// Whether `main`, the pieces one after another, is true in its first `len` bytes.
    pub(crate) fn begins(&self, mut main: &[u8], mut len: usize) -> bool {
        self.pieces.iter().all(|piece| {
            let step = piece.len.min(len);
            len -= step;
            let Some((now, rest)) = main.split_at_checked(step) else { return false };
            main = rest;
            now == &piece.bytes()[..step]
        })
    }
}

struct Owner {
    piece: Piece,
    alive: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        self.piece.bytes()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}
