//! The network between client and server, and what is seen of a sealed stream.

use std::io::{self, IoSlice, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use krpc_core::TlsTap;

/// One direction: a queue of bytes.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    bytes: Vec<u8>,
    from: usize,
    /// Bytes that were written to it.
    pub(crate) taken: u64,
    /// Bytes that were read from it.
    pub(crate) given: u64,
    /// The writing side is closed: what is on its way comes out, then the end.
    pub(crate) ended: bool,
    /// Nobody reads any more.
    pub(crate) broken: bool,
}

impl Pipe {
    /// As new; its memory is used again.
    pub(crate) fn renew(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        *self = Pipe { bytes, ..Pipe::default() };
    }

    /// What is on its way.
    pub(crate) fn waiting(&self) -> &[u8] {
        &self.bytes[self.from..]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    pub(crate) fn consume(&mut self, n: usize) {
        self.from += n;
        self.given += n as u64;
        if self.from == self.bytes.len() {
            self.bytes.clear();
            self.from = 0;
        }
    }

    /// Of what is on its way only `n` bytes arrive, and nothing follows.
    pub(crate) fn cut(&mut self, n: usize) {
        self.bytes.truncate(self.from + n);
        self.ended = true;
        self.broken = true;
    }
}

/// A socket that takes at most `limit` bytes in one write; with 0 it would block.
pub(crate) struct Socket<'a> {
    pub(crate) pipe: &'a mut Pipe,
    pub(crate) limit: usize,
}

impl Write for Socket<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.pipe.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if self.limit == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut left = self.limit;
        for slice in slices {
            let step = slice.len().min(left);
            self.pipe.bytes.extend_from_slice(&slice[..step]);
            left -= step;
        }
        let taken = self.limit - left;
        self.pipe.taken += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What one end has sealed and opened.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    sealed: AtomicU64,
    /// The beginning of what was sealed, in which the negotiation ends.
    first: Mutex<Vec<u8>>,
    opened: Mutex<Vec<u8>>,
}

/// Longer than what the negotiation seals.
const FIRST: usize = 1_024;

impl Tap {
    /// Bytes that were sealed so far.
    pub(crate) fn sealed(&self) -> u64 {
        self.sealed.load(Ordering::Relaxed)
    }

    pub(crate) fn first_sealed(&self) -> Vec<u8> {
        self.first.lock().expect("no test thread panics in here").clone()
    }

    /// Exchanges `with` for what was opened since.
    pub(crate) fn swap_opened(&self, with: &mut Vec<u8>) {
        with.clear();
        std::mem::swap(&mut *self.opened.lock().expect("no test thread panics in here"), with);
    }
}

impl TlsTap for Tap {
    fn sealed(&self, bytes: &[u8]) {
        let before = self.sealed.fetch_add(bytes.len() as u64, Ordering::Relaxed) as usize;
        if before < FIRST {
            let step = bytes.len().min(FIRST - before);
            let mut first = self.first.lock().expect("no test thread panics in here");
            first.extend_from_slice(&bytes[..step]);
        }
    }

    fn opened(&self, bytes: &[u8]) {
        self.opened.lock().expect("no test thread panics in here").extend_from_slice(bytes);
    }
}
