//! A network between two connections: it chunks, takes little at a time, stalls and cuts.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};

/// How one direction of the network behaves. The lists are gone through again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Bytes the sender's socket takes, write by write; 0 means `WouldBlock` this time.
    pub writes: Vec<usize>,
    /// Bytes the receiver is given, read by read; 0 means nothing this time.
    pub reads: Vec<usize>,
    /// Bytes that fit into the socket buffers between the two.
    pub capacity: usize,
}

impl Default for Plan {
    /// Everything at once, into socket buffers of 256 KiB.
    fn default() -> Self {
        Plan { writes: vec![usize::MAX], reads: vec![usize::MAX], capacity: 256 << 10 }
    }
}

impl Plan {
    /// One byte at a time in both ways.
    pub fn one_byte() -> Self {
        Plan { writes: vec![1], reads: vec![1], capacity: 64 }
    }
}

/// One direction of a connection in memory.
#[derive(Clone, Debug)]
pub struct Wire {
    plan: Plan,
    writes: usize,
    reads: usize,
    queue: VecDeque<u8>,
    stalled: bool,
    closed: bool,
    /// Bytes until the direction ends by itself.
    cut_after: Option<u64>,
    carried: u64,
    log: Option<Vec<u8>>,
}

impl Wire {
    pub(crate) fn new(plan: Plan) -> Self {
        Wire {
            plan,
            writes: 0,
            reads: 0,
            queue: VecDeque::new(),
            stalled: false,
            closed: false,
            cut_after: None,
            carried: 0,
            log: None,
        }
    }

    /// The sender's socket takes nothing until this is taken back.
    pub fn stall(&mut self, stalled: bool) {
        self.stalled = stalled;
    }

    /// The stream ends once `bytes` in all have been carried.
    pub fn cut_after(&mut self, bytes: u64) {
        self.cut_after = Some(bytes);
    }

    /// Keeps a copy of everything that is carried from now on.
    pub fn record(&mut self) {
        self.log.get_or_insert_default();
    }

    /// What was carried since [`Wire::record`].
    pub fn recorded(&self) -> &[u8] {
        self.log.as_deref().unwrap_or_default()
    }

    /// Bytes taken from the sender so far.
    pub fn carried(&self) -> u64 {
        self.carried
    }

    /// No further byte comes out than those in flight.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// As after a reset: the bytes in flight are lost, then comes the end.
    pub fn reset(&mut self) {
        self.queue.clear();
        self.closed = true;
    }

    /// How many tries without progress prove that there will be none.
    pub(crate) fn patience(&self) -> usize {
        self.plan.writes.len() + self.plan.reads.len() + 2
    }

    /// Takes the bytes that the receiver may have now, at most `most`. `None` is the end.
    pub(crate) fn read(&mut self, most: usize) -> Option<Vec<u8>> {
        let chunk = self.plan.reads[self.reads % self.plan.reads.len()].min(most);
        self.reads += 1;
        let chunk: Vec<u8> = self.queue.drain(..chunk.min(self.queue.len())).collect();
        (!chunk.is_empty() || !self.closed || !self.queue.is_empty()).then_some(chunk)
    }

    fn take(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let chunk = self.plan.writes[self.writes % self.plan.writes.len()];
        self.writes += 1;
        let room = self.plan.capacity.saturating_sub(self.queue.len()).min(chunk);
        if self.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if room == 0 || self.stalled {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut left = room;
        for slice in slices {
            let now = slice.len().min(left);
            left -= now;
            self.queue.extend(&slice[..now]);
            if let Some(log) = &mut self.log {
                log.extend_from_slice(&slice[..now]);
            }
        }
        let taken = room - left;
        self.carried += taken as u64;
        if let Some(surplus) = self.cut_after.and_then(|limit| self.carried.checked_sub(limit)) {
            self.queue.truncate(self.queue.len().saturating_sub(surplus as usize));
            self.closed = true;
        }
        Ok(taken)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.take(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
