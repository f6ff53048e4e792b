//! Printing batches as they come.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use krpc_tokio::core::Stats;
use serde_json::json;
use tokio::sync::mpsc;

use crate::args::{Format, KuduScan};
use crate::failure::Failure;
use crate::kudu::servers::Servers;
use crate::output::{line, live, note};

use super::batch::{Batch, Projection};
use super::write::Lines;

/// How many rows are made text of before that is written.
const ROWS: usize = 256;

/// How often the line is drawn that tells how far it is.
const DRAWN: Duration = Duration::from_millis(200);

/// Writes rows, or counts them, and tells how far it is.
pub(super) struct Printer {
    lines: Lines,
    format: Format,
    count: bool,
    limit: u64,
    began: Instant,
    rows: u64,
    /// Bytes of cells, as they came.
    bytes: u64,
    tablets: usize,
    tablets_done: Arc<AtomicUsize>,
    /// When the line was drawn; none if nobody sees it, or it would stand among the rows.
    drawn: Option<Instant>,
}

impl Printer {
    pub(super) fn new(args: &KuduScan, projection: &Projection, tablets: usize) -> Self {
        let shows = io::stderr().is_terminal() && (args.count || !io::stdout().is_terminal());
        Printer {
            lines: Lines::new(args.format, &projection.columns),
            format: args.format,
            count: args.count,
            limit: args.limit.unwrap_or(u64::MAX),
            began: Instant::now(),
            rows: 0,
            bytes: 0,
            tablets,
            tablets_done: Arc::default(),
            drawn: shows.then(Instant::now),
        }
    }

    /// How many tablets were read to their ends: for those who read them.
    pub(super) fn tablets_done(&self) -> Arc<AtomicUsize> {
        self.tablets_done.clone()
    }

    /// Prints until nothing more comes, or nothing more is wanted.
    pub(super) fn run(&mut self, batches: mpsc::Receiver<Batch>) -> Result<(), Failure> {
        let done = self.print(batches);
        if self.drawn.is_some() {
            live(String::new);
        }
        done
    }

    fn print(&mut self, mut batches: mpsc::Receiver<Batch>) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        let mut write = |text: &mut Vec<u8>| {
            out.write_all(text).and_then(|()| out.flush()).map_err(|e| Failure::output(&e))?;
            text.clear();
            Ok(())
        };
        let mut text = Vec::new();
        if !self.count {
            self.lines.first(&mut text)?;
            write(&mut text)?;
        }
        while self.rows < self.limit
            && let Some(batch) = batches.blocking_recv()
        {
            let left = usize::try_from(self.limit - self.rows).unwrap_or(usize::MAX);
            let rows = batch.len().min(left);
            self.bytes += batch.size() as u64;
            for start in (0..rows).step_by(ROWS).take_while(|_| !self.count) {
                let end = rows.min(start + ROWS);
                let done = self.lines.rows(&batch, start..end, &mut text);
                write(&mut text).and(done)?;
            }
            self.rows = self.rows.saturating_add(rows as u64);
            self.draw();
        }
        Ok(())
    }

    /// Prints what there is to say once all was read.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        let count = self.rows;
        match self.format {
            _ if !self.count => Ok(()),
            Format::Table => line(count),
            Format::Csv => line(format_args!("count\n{count}")),
            Format::Json => line(json!({ "count": count })),
        }
    }

    fn draw(&mut self) {
        if let Some(drawn) = &mut self.drawn
            && drawn.elapsed() >= DRAWN
        {
            *drawn = Instant::now();
            live(|| self.summary());
        }
    }

    fn summary(&self) -> String {
        let seconds = self.began.elapsed().as_secs_f64().max(1e-9);
        let (rows, megabytes) = (self.rows, self.bytes as f64 / 1e6);
        let (per_second, rate) = (rows as f64 / seconds, megabytes / seconds);
        let (done, tablets) = (self.tablets_done.load(Ordering::Relaxed), self.tablets);
        format!(
            "{rows} rows, {megabytes:.1} MB, {per_second:.0} rows/s, {rate:.1} MB/s, \
             {done} of {tablets} tablets"
        )
    }

    /// Tells at the end what it came to, and what it cost to receive it.
    pub(super) fn note(&self, servers: &Servers) {
        let mut stats = Stats::default();
        let channels = servers.channels();
        channels.iter().filter_map(|channel| channel.stats()).for_each(|some| stats.add(&some));
        let (received, moved) = (stats.bytes_received, stats.bytes_moved_in);
        let share = moved as f64 / received.max(1) as f64;
        note(self.summary());
        note(format_args!(
            "{received} bytes received, of which {moved} were copied: {share:.3} each"
        ));
    }
}
