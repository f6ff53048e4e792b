//! What has become of the rows.

use std::fmt::Display;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::output::{live, note};

/// Counts rows and calls, and tells of each row that was not written.
#[derive(Debug, Default)]
pub(super) struct Tally {
    unit: &'static str,
    max_errors: u64,
    read: AtomicU64,
    last: AtomicU64,
    written: AtomicU64,
    failed: AtomicU64,
    bytes: AtomicU64,
    calls: AtomicU64,
    retries: AtomicU64,
    stop: AtomicBool,
    give_up: AtomicBool,
}

/// The counts at one time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    /// Rows of the input, wrong ones among them.
    pub(super) read: u64,
    /// The number of the last of them.
    pub(super) last: u64,
    pub(super) written: u64,
    pub(super) failed: u64,
    /// Of the calls that were answered, as rows are encoded.
    pub(super) bytes: u64,
    pub(super) calls: u64,
    pub(super) retries: u64,
    /// Whether it ended before the input did.
    pub(super) stopped: bool,
}

impl Counts {
    /// Rows that were read and then given up. At the end that is whatever was neither written nor told
    /// of.
    pub(super) fn unsent(&self) -> u64 {
        self.read.saturating_sub(self.written + self.failed)
    }
}

impl Tally {
    /// `unit` is what a row is called: the input has lines. So many may go wrong before it ends.
    pub(super) fn new(unit: &'static str, max_errors: u64) -> Self {
        Tally { unit, max_errors, ..Tally::default() }
    }

    pub(super) fn read(&self, number: u64) {
        self.read.fetch_add(1, Relaxed);
        self.last.store(number, Relaxed);
    }

    /// A call was answered.
    pub(super) fn written(&self, rows: usize, bytes: usize) {
        self.written.fetch_add(rows as u64, Relaxed);
        self.bytes.fetch_add(bytes as u64, Relaxed);
        self.calls.fetch_add(1, Relaxed);
    }

    pub(super) fn retried(&self) {
        self.retries.fetch_add(1, Relaxed);
    }

    /// A row was not written.
    pub(super) fn wrong(&self, number: u64, said: impl Display) {
        self.tell(1, format_args!("{} {number}: {said}", self.unit));
    }

    /// A whole call did not work: what comes after it would fare no better.
    pub(super) fn lost(&self, (first, last): (u64, u64), rows: usize, said: impl Display) {
        let unit = self.unit;
        self.tell(rows as u64, format_args!("{rows} rows of {unit}s {first} to {last}: {said}"));
        if self.stopping() {
            self.give_up.store(true, Relaxed);
        }
    }

    fn tell(&self, rows: u64, said: impl Display) {
        {
            // Others show how far it is.
            let _alone = io::stderr().lock();
            live(String::new);
            note(format_args!("krpc: {said}"));
        }
        let failed = self.failed.fetch_add(rows, Relaxed) + rows;
        if failed > self.max_errors {
            self.stop();
        }
    }

    /// Nothing more is to be read.
    pub(super) fn stop(&self) {
        self.stop.store(true, Relaxed);
    }

    pub(super) fn stopping(&self) -> bool {
        self.stop.load(Relaxed)
    }

    /// Whether what was read and not sent is to be dropped.
    pub(super) fn gave_up(&self) -> bool {
        self.give_up.load(Relaxed)
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            read: self.read.load(Relaxed),
            last: self.last.load(Relaxed),
            written: self.written.load(Relaxed),
            failed: self.failed.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            calls: self.calls.load(Relaxed),
            retries: self.retries.load(Relaxed),
            stopped: self.stopping(),
        }
    }
}
