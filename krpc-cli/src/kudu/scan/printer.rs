//! Printing batches as they come.

use std::io::{self, Write as _};
use std::sync::Arc;

use krpc_tokio::core::Stats;
use serde_json::json;
use tokio::sync::mpsc;

use crate::args::{Format, KuduScan};
use crate::failure::Failure;
use crate::kudu::servers::Servers;
use crate::output::{line, note};

use super::batch::{Batch, Projection};
use super::progress::Progress;
use super::write::Lines;

/// How many rows are made text of before that is written.
const ROWS: usize = 256;

/// Writes rows, or counts them.
pub(super) struct Printer {
    lines: Lines,
    format: Format,
    count: bool,
    limit: u64,
    progress: Arc<Progress>,
}

impl Printer {
    pub(super) fn new(args: &KuduScan, projection: &Projection, progress: Arc<Progress>) -> Self {
        Printer {
            lines: Lines::new(args.format, &projection.columns),
            format: args.format,
            count: args.count,
            limit: args.limit.unwrap_or(u64::MAX),
            progress,
        }
    }

    /// Prints until nothing more comes, or nothing more is wanted.
    pub(super) fn run(&mut self, mut batches: mpsc::Receiver<Batch>) -> Result<(), Failure> {
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
        while self.progress.rows() < self.limit
            && let Some(batch) = batches.blocking_recv()
        {
            let left = self.limit - self.progress.rows();
            let rows = batch.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            for start in (0..rows).step_by(ROWS).take_while(|_| !self.count) {
                let end = rows.min(start + ROWS);
                let done = self.lines.rows(&batch, start..end, &mut text);
                write(&mut text).and(done)?;
            }
            self.progress.printed(rows, batch.size());
        }
        Ok(())
    }

    /// Prints what there is to say once all was read.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        let count = self.progress.rows();
        match self.format {
            _ if !self.count => Ok(()),
            Format::Table => line(count),
            Format::Csv => line(format_args!("count\n{count}")),
            Format::Json => line(json!({ "count": count })),
        }
    }

    /// Tells at the end what it came to, and what it cost to receive it.
    pub(super) fn note(&self, servers: &Servers) {
        let mut stats = Stats::default();
        let channels = servers.channels();
        channels.iter().filter_map(|channel| channel.stats()).for_each(|some| stats.add(&some));
        let (received, moved) = (stats.bytes_received, stats.bytes_moved_in);
        let share = moved as f64 / received.max(1) as f64;
        note(&self.progress);
        note(format_args!(
            "{received} bytes received, of which {moved} were copied: {share:.3} each"
        ));
    }
}
