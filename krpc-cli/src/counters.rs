//! What a server has done: what `krpc serve` writes to its `--stats-file`, and `krpc soak` and
//! `krpc demo` read there.

use std::path::PathBuf;

use krpc_tokio::HostTotals;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::runtime::ServerHandle;
use crate::{files, memory};

/// The counters of a server, those of all its connections together, past and present.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counters {
    /// How often the file was written, this time included: who waits for news knows them by it.
    pub(crate) written: u64,
    /// Connections that there are.
    pub(crate) connections: usize,
    /// Connections that there have been.
    pub(crate) accepted: u64,
    /// Connections that ended because what came on them could not be read.
    pub(crate) framing_errors: u64,
    /// Those that there are, and those that ended between two messages.
    pub(crate) orderly: Part,
    /// Those that their clients broke off: in the middle of a message, or by a reset.
    pub(crate) broken_off: Part,
    /// Those with framing errors.
    pub(crate) faulty: Part,
    /// Bytes that the process had allocated when it began to serve, and has now.
    pub(crate) held_bytes: Option<Held>,
}

/// What some of the connections have done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) connections: u64,
    /// Calls that arrived whole, and are not aborted.
    pub(crate) calls: u64,
    /// Calls that their footers say are aborted.
    pub(crate) aborted: u64,
    /// Connections of which the client ended its half in the middle of a call.
    pub(crate) half_closed: u64,
    pub(crate) bytes_received: u64,
    pub(crate) bytes_sent: u64,
}

impl From<HostTotals> for Part {
    fn from(totals: HostTotals) -> Self {
        let stats = totals.stats;
        Part {
            connections: totals.connections,
            calls: totals.calls,
            aborted: stats.aborted_frames_received,
            half_closed: stats.cut_frames_received,
            bytes_received: stats.bytes_received,
            bytes_sent: stats.bytes_sent,
        }
    }
}

/// Allocated memory at two times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) start: u64,
    pub(crate) now: u64,
}

/// The file that a server keeps its counters in.
#[derive(Debug)]
pub(crate) struct StatsFile {
    path: PathBuf,
    written: u64,
    held: Option<u64>,
}

impl StatsFile {
    /// What is allocated now is what there was at the start.
    pub(crate) fn new(path: PathBuf) -> Self {
        StatsFile { path, written: 0, held: memory::allocated() }
    }

    /// Writes it anew.
    pub(crate) fn write(&mut self, server: &ServerHandle) -> Result<(), Failure> {
        self.written += 1;
        let stats = server.stats();
        let held = self.held.zip(memory::allocated());
        let counters = Counters {
            written: self.written,
            connections: stats.connections,
            accepted: server.accepted(),
            framing_errors: stats.faulty.connections,
            orderly: stats.orderly.into(),
            broken_off: stats.broken_off.into(),
            faulty: stats.faulty.into(),
            held_bytes: held.map(|(start, now)| Held { start, now }),
        };
        let text = serde_json::to_string_pretty(&counters).expect("numbers always have a text");
        files::replace(&self.path, &text)
    }
}
