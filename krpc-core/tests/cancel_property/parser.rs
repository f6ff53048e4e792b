//! A second reader of the wire. It shares no code with the library, so that a mistake of the one is not
//! the mistake of the other as well. 150 lines at most.

/// Which way the stream goes. Only requests end with a footer, and only if that was agreed on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    Requests { footers: bool },
    Replies,
}

/// Why a frame is none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Truncated(&'static str),
    /// So many bytes behind the last block.
    Surplus(usize),
    NoCallId,
    Footer(Vec<u8>),
    Offsets,
}

#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) id: i32,
    pub(crate) is_error: bool,
    pub(crate) timeout: Option<u64>,
    pub(crate) offsets: Vec<u64>,
    /// Body and sidecars; of an aborted frame a part of them, and filler.
    pub(crate) main: &'a [u8],
    pub(crate) aborted: bool,
    /// Bytes of the frame up to `main`, and in all.
    pub(crate) head: usize,
    pub(crate) size: usize,
}

/// Finds the frames of a stream, however it is cut.
#[derive(Debug)]
pub(crate) struct Parser {
    stream: Stream,
    preamble: usize,
    /// Bytes of a frame that is not complete.
    pub(crate) held: Vec<u8>,
    /// Bytes that were read, and bytes that the prefixes announced, themselves included.
    pub(crate) read: u64,
    pub(crate) promised: u64,
}

impl Parser {
    pub(crate) fn new(stream: Stream, preamble: usize) -> Self {
        Parser { stream, preamble, held: Vec::new(), read: 0, promised: 0 }
    }

    pub(crate) fn feed<E: From<Fault>>(
        &mut self,
        mut data: &[u8],
        each: &mut dyn FnMut(&Frame<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.read += data.len() as u64;
        let skipped = self.preamble.min(data.len());
        self.preamble -= skipped;
        data = &data[skipped..];
        while !data.is_empty() {
            if let Some(size) = announced(data).filter(|_| self.held.is_empty())
                && size <= data.len()
            {
                self.promised += size as u64;
                each(&parse(&data[..size], self.stream)?)?;
                data = &data[size..];
                continue;
            }
            let step = announced(&self.held).unwrap_or(4) - self.held.len();
            let step = step.min(data.len());
            self.held.extend_from_slice(&data[..step]);
            data = &data[step..];
            if self.held.len() == 4 {
                self.promised += announced(&self.held).unwrap_or(4) as u64;
            }
            if announced(&self.held) == Some(self.held.len()) {
                let mut frame = std::mem::take(&mut self.held);
                each(&parse(&frame, self.stream)?)?;
                frame.clear();
                self.held = frame;
            }
        }
        Ok(())
    }
}

/// Size of the whole frame, once its prefix is there.
fn announced(data: &[u8]) -> Option<usize> {
    let prefix: [u8; 4] = data.get(..4)?.try_into().ok()?;
    Some(4 + u32::from_be_bytes(prefix) as usize)
}

fn parse(frame: &[u8], stream: Stream) -> Result<Frame<'_>, Fault> {
    let mut rest = &frame[4..];
    let mut header = block(&mut rest, "header")?;
    let (mut id, mut is_error, mut timeout, mut offsets) = (None, false, None, Vec::new());
    let (id_field, offsets_field) = match stream {
        Stream::Requests { .. } => (3, 16),
        Stream::Replies => (1, 3),
    };
    while !header.is_empty() {
        let key = varint(&mut header)?;
        if key & 7 == 2 {
            block(&mut header, "field")?;
            continue;
        }
        let value = varint(&mut header)?;
        match key >> 3 {
            field if field == id_field => id = Some(value as i32),
            field if field == offsets_field => offsets.push(value),
            2 => is_error = value != 0,
            10 => timeout = Some(value),
            _ => {}
        }
    }
    let id = id.ok_or(Fault::NoCallId)?;
    let main = block(&mut rest, "main part")?;
    let head = frame.len() - rest.len() - main.len();
    let mut aborted = false;
    if id >= 0 && matches!(stream, Stream::Requests { footers: true }) {
        aborted = match block(&mut rest, "footer")? {
            [8, 0] => false,
            [8, 1] => true,
            other => return Err(Fault::Footer(other.to_vec())),
        };
    }
    let ordered = offsets.is_sorted() && offsets.last().is_none_or(|o| *o <= main.len() as u64);
    match rest.len() {
        0 if ordered => {}
        0 => return Err(Fault::Offsets),
        surplus => return Err(Fault::Surplus(surplus)),
    }
    Ok(Frame { id, is_error, timeout, offsets, main, aborted, head, size: frame.len() })
}

fn block<'a>(rest: &mut &'a [u8], what: &'static str) -> Result<&'a [u8], Fault> {
    let len = varint(rest)? as usize;
    let (block, behind) = rest.split_at_checked(len).ok_or(Fault::Truncated(what))?;
    *rest = behind;
    Ok(block)
}

fn varint(rest: &mut &[u8]) -> Result<u64, Fault> {
    let len = 1 + rest.iter().position(|b| *b < 128).ok_or(Fault::Truncated("varint"))?;
    let value = rest[..len].iter().rev().fold(0, |value, b| (value << 7) | u64::from(b & 127));
    *rest = &rest[len..];
    Ok(value)
}
