//! What came of it.

use std::time::Duration;

use serde_json::json;

use crate::args::KuduLoad;
use crate::failure::Failure;
use crate::output::{self, plain};
use crate::units::Short;

use super::tally::Counts;

/// All that is known at the end.
pub(super) struct Report<'a> {
    pub(super) args: &'a KuduLoad,
    pub(super) counts: Counts,
    pub(super) time: Duration,
}

impl Report<'_> {
    pub(super) fn text(&self) -> String {
        let Counts { written, bytes, calls, retries, .. } = self.counts;
        let (table, time) = (plain(&self.args.table), Short(self.time));
        let (rows_per_s, mb_per_s) = self.speed();
        format!(
            "rows written to {table}: {written} in {time}, {rows_per_s:.0} rows/s, {mb_per_s:.1} MB/s \
             (bytes: {bytes}, calls: {calls}, retries: {retries})"
        )
    }

    pub(super) fn json(&self) -> String {
        let counts = &self.counts;
        let (rows_per_s, mb_per_s) = self.speed();
        output::json(&json!({
            "table": self.args.table,
            "operation": self.args.operation.name(),
            "rows_read": counts.read,
            "rows_written": counts.written,
            "rows_failed": counts.failed,
            "rows_not_sent": counts.unsent(),
            "last_read": (counts.read > 0).then_some(counts.last),
            "stopped": counts.stopped,
            "bytes": counts.bytes,
            "calls": counts.calls,
            "retries": counts.retries,
            "seconds": self.time.as_secs_f64(),
            "rows_per_s": rows_per_s.round(),
            "mb_per_s": mb_per_s,
        }))
    }

    fn speed(&self) -> (f64, f64) {
        speed(&self.counts, self.time)
    }

    /// An error if any row was not written.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        let Counts { read, failed, stopped, last, .. } = self.counts;
        let unsent = self.counts.unsent();
        if failed == 0 && unsent == 0 && !stopped {
            return Ok(());
        }
        let mut said = format!("rows that were not written: {failed}");
        if unsent > 0 {
            said += &format!(", and those that were not sent any more: {unsent}");
        }
        if stopped && read == 0 {
            said += &format!("; it ended before the first {}", self.args.unit());
        } else if stopped {
            said += &format!("; it ended after {} {last}", self.args.unit());
        }
        let most = self.args.max_errors;
        if stopped && failed > most {
            said += &format!(", because --max-errors allows {most}");
        }
        let table = plain(&self.args.table);
        Err(Failure::call(format_args!("not all was loaded into {table}"), said, None))
    }
}

/// A line for who waits.
pub(super) fn progress(counts: &Counts, time: Duration) -> String {
    let (rows_per_s, mb_per_s) = speed(counts, time);
    let Counts { written, failed, .. } = *counts;
    format!("{written} rows, {rows_per_s:.0} rows/s, {mb_per_s:.1} MB/s, {failed} failed")
}

fn speed(counts: &Counts, time: Duration) -> (f64, f64) {
    let seconds = time.as_secs_f64().max(1e-6);
    (counts.written as f64 / seconds, counts.bytes as f64 / 1e6 / seconds)
}
