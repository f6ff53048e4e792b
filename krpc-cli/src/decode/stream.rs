//! What one side sends, cut into frames. Of a frame only the header and the first bytes of its main
//! part are held, however long it is.

use bytes::Bytes;
use krpc_tokio::core::proto::frame::{self, PREFIX_LEN};
use krpc_tokio::core::proto::preamble;

use super::Damage;
use super::head::{MAX_FRAME, NoHead, begins, head};
use super::tls::Records;
use crate::side::Side;

/// Of what follows the main part so much is held; a footer has three bytes.
const TAIL: u64 = 16;

/// Something that a side's bytes came to.
#[derive(Debug)]
pub(super) enum Piece {
    Preamble,
    Frame(Raw),
    /// These bytes could not be read, for want of others before them.
    Lost {
        offset: u64,
        bytes: u64,
    },
    /// TLS records, at the end of the stream.
    Tls {
        offset: u64,
        records: u64,
        bytes: u64,
    },
    Damage(Damage),
}

/// A frame that has come to its end.
#[derive(Debug)]
pub(super) struct Raw {
    /// Where in the stream it begins.
    pub(super) offset: u64,
    /// All of it, prefix included.
    pub(super) bytes: u64,
    pub(super) header: Bytes,
    /// Length of the main part.
    pub(super) main: u64,
    /// The beginning of the main part.
    pub(super) body: Bytes,
    /// How many bytes follow the main part, and the first of them.
    pub(super) tail: (u64, Vec<u8>),
    /// Bytes in the middle of it that were not captured.
    pub(super) lost: u64,
}

/// One side's stream.
#[derive(Debug)]
pub(super) struct Stream {
    from: Side,
    /// Bytes taken so far, those of gaps included.
    offset: u64,
    /// Where the frame that is being read began.
    began: u64,
    /// Of a main part so much is held.
    keep: usize,
    held: Vec<u8>,
    state: State,
}

#[derive(Debug)]
enum State {
    Preamble,
    Prefix,
    /// From the header's length to the main part's.
    Head {
        payload: u64,
    },
    Main(Main),
    /// The rest of a frame that cannot be read.
    Skip {
        left: u64,
    },
    /// Looking for the beginning of a frame.
    Lost,
    Tls(Records),
    /// Nothing that can be read will come.
    Foreign,
}

#[derive(Debug)]
struct Main {
    raw: Raw,
    body: Vec<u8>,
    /// How much of the body is to be held.
    keep: usize,
    /// Of the main part, then of the tail.
    left: [u64; 2],
}

impl Stream {
    pub(super) fn new(from: Side, keep: usize) -> Self {
        let state = match from {
            Side::Client => State::Preamble,
            Side::Server => State::Prefix,
        };
        Stream { from, offset: 0, began: 0, keep, held: Vec::new(), state }
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8], out: &mut dyn FnMut(Piece)) {
        while !bytes.is_empty() {
            let before = bytes.len();
            let next = match &mut self.state {
                State::Preamble => {
                    fill(&mut self.held, &mut bytes, preamble::LEN);
                    self.preamble(out)
                }
                State::Prefix => {
                    fill(&mut self.held, &mut bytes, PREFIX_LEN);
                    self.prefix(out)
                }
                State::Head { payload } => {
                    let payload = *payload;
                    self.head(payload, &mut bytes, out)
                }
                State::Main(main) => {
                    main.take(&mut bytes);
                    None
                }
                State::Skip { left } => {
                    *left -= skip(&mut bytes, *left);
                    None
                }
                State::Lost => {
                    let found = (0..bytes.len()).find(|&at| begins(self.from, &bytes[at..]));
                    skip(&mut bytes, found.unwrap_or(before) as u64);
                    found.map(|_| State::Prefix)
                }
                State::Tls(records) => match records.feed(&mut bytes) {
                    Ok(()) => None,
                    Err(reason) => {
                        self.damage(reason, out);
                        out(self.records());
                        Some(State::Foreign)
                    }
                },
                State::Foreign => {
                    bytes = &[];
                    None
                }
            };
            self.offset += (before - bytes.len()) as u64;
            if let Some(next) = next {
                if matches!((&self.state, &next), (State::Lost, State::Prefix)) {
                    let (offset, bytes) = (self.began, self.offset - self.began);
                    out(Piece::Lost { offset, bytes });
                    self.began = self.offset;
                }
                self.state = next;
            }
            self.complete(out);
        }
    }

    /// So many bytes were sent and not captured.
    pub(super) fn gap(&mut self, bytes: u64, out: &mut dyn FnMut(Piece)) {
        self.offset = self.offset.saturating_add(bytes);
        let survives = match &mut self.state {
            State::Main(main) => main.gap(bytes),
            State::Skip { left } if *left >= bytes => {
                *left -= bytes;
                true
            }
            State::Tls(records) => {
                records.gap(bytes);
                true
            }
            State::Foreign => true,
            _ => false,
        };
        if !survives {
            self.held.clear();
            self.state = State::Lost;
        }
        self.complete(out);
    }

    /// The frame that has come in part, once its head is known, and how much of it has come.
    pub(super) fn unfinished(&self) -> Option<(&Raw, u64)> {
        match &self.state {
            State::Main(main) => Some((&main.raw, self.offset - self.began)),
            _ => None,
        }
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        match &self.state {
            State::Main(main) => main.body.capacity(),
            _ => 0,
        }
    }

    /// Whether TLS records are what comes.
    pub(super) fn is_tls(&self) -> bool {
        matches!(self.state, State::Tls(_))
    }

    /// Nothing more will come.
    pub(super) fn end(&mut self, out: &mut dyn FnMut(Piece)) {
        let come = self.offset - self.began;
        let inside = |what: &str| Some(format!("the stream ends inside {what}"));
        let reason = match &self.state {
            State::Preamble if come > 0 => inside("the preamble"),
            State::Prefix if come > 0 => inside("the length of a frame"),
            State::Head { payload } => inside(&part(come, *payload + PREFIX_LEN as u64)),
            State::Main(Main { raw, .. }) => inside(&part(come, raw.bytes)),
            State::Skip { left } => inside(&part(come, come + left)),
            State::Tls(records) if records.unfinished() => inside("a TLS record"),
            _ => None,
        };
        if let Some(reason) = reason {
            self.damage(reason, out);
        }
        match &self.state {
            State::Lost if come > 0 => out(Piece::Lost { offset: self.began, bytes: come }),
            State::Tls(_) => out(self.records()),
            _ => {}
        }
        self.state = State::Foreign;
    }

    fn damage(&self, reason: impl Into<String>, out: &mut dyn FnMut(Piece)) {
        let damage = Damage { from: self.from, offset: self.began, reason: reason.into() };
        out(Piece::Damage(damage));
    }

    fn records(&self) -> Piece {
        let (records, bytes) = match &self.state {
            State::Tls(records) => records.counted(),
            _ => (0, 0),
        };
        Piece::Tls { offset: self.began, records, bytes }
    }

    fn preamble(&mut self, out: &mut dyn FnMut(Piece)) -> Option<State> {
        let preamble = self.held.first_chunk::<{ preamble::LEN }>()?;
        let checked = preamble::check(preamble);
        self.held.clear();
        match checked {
            Ok(()) => {
                out(Piece::Preamble);
                self.began += preamble::LEN as u64;
                Some(State::Prefix)
            }
            Err(error) => {
                self.damage(error.to_string(), out);
                Some(State::Foreign)
            }
        }
    }

    fn prefix(&mut self, out: &mut dyn FnMut(Piece)) -> Option<State> {
        let prefix = *self.held.first_chunk::<PREFIX_LEN>()?;
        if Records::begin(&prefix) {
            let mut records = Records::default();
            let begun = records.feed(&mut &prefix[..]);
            self.held.clear();
            return begun.is_ok().then_some(State::Tls(records));
        }
        self.held.clear();
        // A server's first bytes may say what else it speaks.
        let first = self.from == Side::Server && self.began == 0;
        match frame::payload_len(prefix, MAX_FRAME, first) {
            Ok(payload) => Some(State::Head { payload: payload as u64 }),
            Err(error) => {
                self.damage(error.to_string(), out);
                Some(State::Lost)
            }
        }
    }

    fn head(
        &mut self,
        payload: u64,
        bytes: &mut &[u8],
        out: &mut dyn FnMut(Piece),
    ) -> Option<State> {
        loop {
            match head(&self.held, payload) {
                Ok(head) => {
                    let held = Bytes::from(std::mem::take(&mut self.held));
                    let tail = payload - head.end as u64 - head.main;
                    let raw = Raw {
                        offset: self.began,
                        bytes: payload + PREFIX_LEN as u64,
                        header: held.slice(head.header),
                        main: head.main,
                        body: Bytes::new(),
                        tail: (tail, Vec::new()),
                        lost: 0,
                    };
                    let keep = self.keep;
                    return Some(State::Main(Main {
                        raw,
                        body: Vec::new(),
                        keep,
                        left: [head.main, tail],
                    }));
                }
                Err(NoHead::Need(len)) => {
                    fill(&mut self.held, bytes, len);
                    if self.held.len() < len {
                        return None;
                    }
                }
                Err(NoHead::Bad(reason)) => {
                    self.damage(reason, out);
                    let left = payload - self.held.len() as u64;
                    self.held.clear();
                    return Some(State::Skip { left });
                }
            }
        }
    }

    /// Ends a frame of which nothing is left to come.
    fn complete(&mut self, out: &mut dyn FnMut(Piece)) {
        let done = match &self.state {
            State::Main(main) => main.left == [0, 0],
            State::Skip { left } => *left == 0,
            _ => false,
        };
        if !done {
            return;
        }
        if let State::Main(main) = std::mem::replace(&mut self.state, State::Prefix) {
            out(Piece::Frame(Raw { body: main.body.into(), ..main.raw }));
        }
        self.began = self.offset;
    }
}

impl Main {
    fn take(&mut self, bytes: &mut &[u8]) {
        let Main { raw, body, keep, left } = self;
        let held = bytes.len().min(usize::try_from(left[0]).unwrap_or(usize::MAX));
        let held = held.min(keep.saturating_sub(body.len()));
        body.extend_from_slice(&bytes[..held]);
        left[0] -= skip(bytes, left[0]);
        let room = TAIL.saturating_sub(raw.tail.1.len() as u64).min(left[1]);
        let held = bytes.len().min(room as usize);
        raw.tail.1.extend_from_slice(&bytes[..held]);
        left[1] -= skip(bytes, left[1]);
    }

    /// Whether the frame can be read in spite of so many bytes that are missing.
    fn gap(&mut self, bytes: u64) -> bool {
        if bytes > self.left[0] {
            return false;
        }
        self.left[0] -= bytes;
        self.raw.lost += bytes;
        self.keep = self.body.len();
        true
    }
}

fn part(come: u64, of: u64) -> String {
    format!("a frame: {come} of {of} bytes are there")
}

/// Moves bytes until `held` has `len` of them.
fn fill(held: &mut Vec<u8>, bytes: &mut &[u8], len: usize) {
    let (taken, rest) = bytes.split_at(len.saturating_sub(held.len()).min(bytes.len()));
    held.extend_from_slice(taken);
    *bytes = rest;
}

/// Passes over up to `most` bytes and says how many those were.
fn skip(bytes: &mut &[u8], most: u64) -> u64 {
    let count = bytes.len().min(usize::try_from(most).unwrap_or(usize::MAX));
    *bytes = &bytes[count..];
    count as u64
}
