//! How far a scan is.

use std::fmt::{self, Display, Formatter};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use crate::output::live;

/// Counts what was printed and which tablets are done.
#[derive(Debug)]
pub(super) struct Progress {
    began: Instant,
    rows: AtomicU64,
    /// Bytes of cells, as they came.
    bytes: AtomicU64,
    tablets: usize,
    tablets_done: AtomicUsize,
}

impl Progress {
    pub(super) fn new(tablets: usize) -> Self {
        Progress {
            began: Instant::now(),
            rows: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            tablets,
            tablets_done: AtomicUsize::new(0),
        }
    }

    pub(super) fn printed(&self, rows: usize, bytes: usize) {
        self.rows.fetch_add(rows as u64, Relaxed);
        self.bytes.fetch_add(bytes as u64, Relaxed);
    }

    /// A tablet was read to its end.
    pub(super) fn tablet_done(&self) {
        self.tablets_done.fetch_add(1, Relaxed);
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows.load(Relaxed)
    }
}

impl Display for Progress {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let seconds = self.began.elapsed().as_secs_f64().max(1e-9);
        let (rows, megabytes) = (self.rows(), self.bytes.load(Relaxed) as f64 / 1e6);
        let (per_second, rate) = (rows as f64 / seconds, megabytes / seconds);
        let (done, tablets) = (self.tablets_done.load(Relaxed), self.tablets);
        write!(
            f,
            "{rows} rows, {megabytes:.1} MB, {per_second:.0} rows/s, {rate:.1} MB/s, \
             {done} of {tablets} tablets"
        )
    }
}

/// The line on the terminal that shows it. While nothing happens it is not drawn anew: whoever reads the
/// rows may use the same terminal.
#[derive(Debug, Default)]
pub(super) struct Line(Option<(u64, usize)>);

impl Line {
    pub(super) fn draw(&mut self, progress: &Progress) {
        let at = Some((progress.rows(), progress.tablets_done.load(Relaxed)));
        if self.0 != at {
            self.0 = at;
            live(|| progress.to_string());
        }
    }

    /// Takes it away, if it is there.
    pub(super) fn erase(self) {
        if self.0.is_some() {
            live(String::new);
        }
    }
}
