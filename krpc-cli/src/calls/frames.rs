//! Finds the frames in what one side sends, and of each only what tells about the call: large ones pass
//! without being held.

use krpc_tokio::core::proto::decode::MAX_HEADER_LEN;
use krpc_tokio::core::proto::frame::{self, DEFAULT_MAX_MESSAGE, LengthError, PREFIX_LEN};
use krpc_tokio::core::proto::preamble;
use krpc_tokio::core::proto::varint::{self, VarintError};

use crate::relay::Side;

/// Of a main part so much is held: enough for an error.
const KEPT: usize = 16 << 10;

/// Of a footer. It has two bytes.
const FOOTER: usize = 16;

/// A frame, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// The header message.
    pub(super) header: Vec<u8>,
    /// The begin of the main part.
    pub(super) main: Vec<u8>,
    /// Bytes of the main part.
    main_len: u64,
    /// What follows the main part, varint included.
    footer: Vec<u8>,
    /// Bytes of the whole frame.
    pub(super) size: u64,
    /// Those that have come.
    pub(super) come: u64,
    /// Where the main part begins.
    main_at: u64,
}

impl Frame {
    /// Whether all of it has come.
    pub(super) fn is_whole(&self) -> bool {
        self.come == self.size
    }

    /// The main part, if all of it is held.
    pub(super) fn whole_main(self) -> Option<Vec<u8>> {
        (self.main.len() as u64 == self.main_len).then_some(self.main)
    }

    /// Whether a footer says that the call was aborted.
    pub(super) fn aborted(&self) -> bool {
        let block = varint::get(&self.footer).ok().and_then(|(_, at)| self.footer.get(at..));
        block.is_some_and(|block| !block.is_empty() && frame::parse_footer(block) == Ok(true))
    }

    /// Takes bytes, but none of the next frame: how many.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let left = usize::try_from(self.size - self.come).unwrap_or(usize::MAX);
        let n = left.min(bytes.len());
        let end = self.main_at + self.main_len;
        let of_main = usize::try_from(end.saturating_sub(self.come)).unwrap_or(usize::MAX).min(n);
        let (main, footer) = bytes[..n].split_at(of_main);
        keep(&mut self.main, main, KEPT);
        keep(&mut self.footer, footer, FOOTER);
        self.come += n as u64;
        n
    }
}

fn keep(kept: &mut Vec<u8>, bytes: &[u8], most: usize) {
    let room = most.saturating_sub(kept.len()).min(bytes.len());
    kept.extend_from_slice(&bytes[..room]);
}

/// What one side's bytes turned out to be.
#[derive(Debug)]
pub(super) enum Seen {
    /// A frame that has come to its end.
    Whole(Frame),
    /// TLS from here on.
    Tls,
    /// Something else from here on.
    Other(String),
}

#[derive(Debug)]
enum State {
    /// In the preamble.
    Preamble,
    /// In what comes before the main part.
    Head,
    /// In a frame whose header is known.
    Frame(Frame),
    /// Where nothing more is to be seen.
    Opaque,
}

/// The frames of one side.
#[derive(Debug)]
pub(super) struct Frames {
    state: State,
    /// The preamble or head, as far as it has come.
    head: Vec<u8>,
}

/// What a head is so far.
enum Head {
    /// Needs so many bytes.
    Needs(usize),
    Known(Frame),
    Tls,
    Other(String),
}

impl Frames {
    pub(super) fn new(from: Side) -> Self {
        let state = if from == Side::Client { State::Preamble } else { State::Head };
        Frames { state, head: Vec::new() }
    }

    /// The frame that has come in part.
    pub(super) fn unfinished(&self) -> Option<&Frame> {
        match &self.state {
            State::Frame(frame) => Some(frame),
            _ => None,
        }
    }

    /// Nothing more is to be seen.
    pub(super) fn give_up(&mut self) {
        self.state = State::Opaque;
        self.head = Vec::new();
    }

    /// Takes what this side has sent; tells of each thing seen.
    pub(super) fn feed(&mut self, mut bytes: &[u8], mut seen: impl FnMut(Seen)) {
        while !bytes.is_empty() {
            let n = match &mut self.state {
                State::Opaque => return,
                State::Frame(frame) => frame.take(bytes),
                State::Preamble => self.gather(bytes, preamble::LEN),
                State::Head => match head(&self.head) {
                    Head::Needs(length) => self.gather(bytes, length),
                    // It is looked at whenever it has grown.
                    Head::Known(_) | Head::Tls | Head::Other(_) => 0,
                },
            };
            bytes = &bytes[n..];
            self.settle(&mut seen);
        }
    }

    /// Adds to the head what it lacks of a length: how much that is.
    fn gather(&mut self, bytes: &[u8], length: usize) -> usize {
        let n = length.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..n]);
        n
    }

    /// Goes on to the next state, if this one is over.
    fn settle(&mut self, seen: &mut impl FnMut(Seen)) {
        match &mut self.state {
            State::Preamble => {
                let Some(bytes) = self.head.first_chunk::<{ preamble::LEN }>() else { return };
                match preamble::check(bytes) {
                    Ok(()) => self.state = State::Head,
                    Err(error) => {
                        self.give_up();
                        seen(Seen::Other(error.to_string()));
                    }
                }
                self.head.clear();
            }
            State::Head => match head(&self.head) {
                Head::Needs(_) => {}
                Head::Known(frame) => {
                    self.head.clear();
                    self.state = State::Frame(frame);
                    self.settle(seen);
                }
                Head::Tls => {
                    self.give_up();
                    seen(Seen::Tls);
                }
                Head::Other(why) => {
                    self.give_up();
                    seen(Seen::Other(why));
                }
            },
            State::Frame(frame) if frame.is_whole() => {
                let frame = std::mem::take(frame);
                self.state = State::Head;
                seen(Seen::Whole(frame));
            }
            State::Frame(_) | State::Opaque => {}
        }
    }
}

/// Reads the begin of a frame, up to its main part.
fn head(bytes: &[u8]) -> Head {
    let Some(prefix) = bytes.first_chunk::<PREFIX_LEN>() else { return Head::Needs(PREFIX_LEN) };
    if matches!(prefix, [0x14..=0x17, 3, ..]) {
        return Head::Tls;
    }
    let payload = match frame::payload_len(*prefix, DEFAULT_MAX_MESSAGE, false) {
        Ok(payload) => payload,
        Err(LengthError::Tls) => return Head::Tls,
        Err(error) => return Head::Other(error.to_string()),
    };
    let size = PREFIX_LEN + payload;
    let header = match length_at(bytes, PREFIX_LEN, size) {
        Ok(header) => header,
        Err(head) => return head,
    };
    let (at, end) = header;
    if end - at > MAX_HEADER_LEN {
        return Head::Other(format!("a header of {} bytes", end - at));
    }
    if bytes.len() < end {
        return Head::Needs(end);
    }
    let (main_at, main_end) = match length_at(bytes, end, size) {
        Ok(main) => main,
        Err(head) => return head,
    };
    Head::Known(Frame {
        header: bytes[at..end].to_vec(),
        main_len: (main_end - main_at) as u64,
        size: size as u64,
        come: bytes.len() as u64,
        main_at: main_at as u64,
        ..Frame::default()
    })
}

/// Begin and end of a block whose length is at `at`, in a frame of that size.
fn length_at(bytes: &[u8], at: usize, size: usize) -> Result<(usize, usize), Head> {
    let bad = || Head::Other("a frame whose parts do not fit into it".into());
    match varint::get(bytes.get(at..).unwrap_or_default()) {
        Err(VarintError::Truncated) if bytes.len() < size => Err(Head::Needs(bytes.len() + 1)),
        Err(_) => Err(bad()),
        Ok((length, of_length)) => {
            let begin = at + of_length;
            let end = begin.saturating_add(length as usize);
            if end > size { Err(bad()) } else { Ok((begin, end)) }
        }
    }
}
