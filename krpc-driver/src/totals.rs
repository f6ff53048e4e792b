//! What many connections have done together: those that there are and those that have ended.
//!
//! Each driver publishes its counters behind a lock of its own when it goes to sleep. The table of
//! connections is locked only when one comes, ends, or somebody asks.

use std::collections::BTreeMap;
use std::sync::Arc;

use krpc_core::{ConnectionError, Stats, Timer};

use crate::handle::Shared;
use crate::sync::{Mutex, lock};

/// What the connections of a server have done, past and present ones. Each is counted once, by how it
/// ended.
///
/// Of a connection that there is, what it had done when its driver last went to sleep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostStats {
    /// How many connections there are.
    pub connections: usize,
    /// Those that there are, and those that ended in none of the ways below: closed by either side
    /// between two messages, idle for too long, or refused in the negotiation.
    pub orderly: HostTotals,
    /// Those that the client broke off: it stopped sending in the middle of a message, or the
    /// connection was reset. A client that gives up a request in mid-transmission ends them so.
    pub broken_off: HostTotals,
    /// Those that ended because of what the client sent: it was malformed, too large, or begun and not
    /// completed in time.
    pub faulty: HostTotals,
}

impl HostStats {
    /// All connections together.
    pub fn all(&self) -> HostTotals {
        let mut all = self.orderly;
        all.add(&self.broken_off);
        all.add(&self.faulty);
        all
    }
}

/// What several server connections have done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostTotals {
    /// How many they are.
    pub connections: u64,
    /// Calls that arrived whole and were not aborted by their footers.
    pub calls: u64,
    /// Their counters.
    pub stats: Stats,
}

impl HostTotals {
    pub(crate) fn add(&mut self, other: &HostTotals) {
        let HostTotals { connections, calls, stats } = other;
        self.connections += connections;
        self.calls += calls;
        self.stats.add(stats);
    }
}

/// How a server connection has ended, as far as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Orderly,
    BrokenOff,
    Faulty,
}

impl Manner {
    pub(crate) fn of(error: &ConnectionError, stats: &Stats) -> Self {
        match error {
            ConnectionError::PeerMisbehaved(_)
            | ConnectionError::PeerIncompatible(_)
            | ConnectionError::LimitExceeded(_)
            | ConnectionError::Tls(_)
            | ConnectionError::TimedOut(Timer::Frame { .. }) => Manner::Faulty,
            ConnectionError::PeerClosed { mid_frame: true } | ConnectionError::Transport(_) => {
                Manner::BrokenOff
            }
            // It was answered after that, or that took too long.
            _ if stats.cut_frames_received > 0 => Manner::BrokenOff,
            _ => Manner::Orderly,
        }
    }
}

/// What the connections of a [`Connector`](crate::Connector) have done, past and present ones.
///
/// Of a connection that there is, what it had done when its driver last went to sleep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectorStats {
    /// How many connections there are, those that are being made or wait for that included.
    pub connections: usize,
    /// How many there have been.
    pub made: u64,
    /// Counters of those that never stopped sending in the middle of a request. What they sent, a
    /// server receives, unless the network loses it.
    pub whole: Stats,
    /// Counters of those that did. What they had sent before may have been thrown away on its way.
    pub cut: Stats,
}

impl ConnectorStats {
    fn add(&mut self, stats: &Stats) {
        let part = if stats.cut_frames_sent > 0 { &mut self.cut } else { &mut self.whole };
        part.add(stats);
    }

    /// What several connectors have done together.
    pub fn sum(all: impl IntoIterator<Item = ConnectorStats>) -> ConnectorStats {
        let mut sum = ConnectorStats::default();
        for ConnectorStats { connections, made, whole, cut } in all {
            sum.connections += connections;
            sum.made += made;
            sum.whole.add(&whole);
            sum.cut.add(&cut);
        }
        sum
    }

    /// All connections together.
    pub fn all(&self) -> Stats {
        let mut all = self.whole;
        all.add(&self.cut);
        all
    }
}

/// The client connections of one connector.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    state: Mutex<LedgerState>,
}

#[derive(Debug, Default)]
struct LedgerState {
    open: BTreeMap<u64, Arc<Shared>>,
    /// Without those that are open.
    past: ConnectorStats,
}

impl Ledger {
    /// A connection begins.
    pub(crate) fn enter(self: &Arc<Self>, shared: &Arc<Shared>) -> Entry {
        let mut state = lock(&self.state);
        let number = state.past.made;
        state.past.made += 1;
        state.open.insert(number, shared.clone());
        Entry { ledger: self.clone(), number }
    }

    pub(crate) fn stats(&self) -> ConnectorStats {
        let (mut stats, open) = {
            let state = lock(&self.state);
            (state.past, state.open.values().cloned().collect::<Vec<_>>())
        };
        stats.connections = open.len();
        // One that ends meanwhile leaves its counters where they are.
        open.iter().for_each(|shared| stats.add(&shared.stats()));
        stats
    }
}

/// The place of one connection in its ledger.
#[derive(Debug)]
pub(crate) struct Entry {
    ledger: Arc<Ledger>,
    number: u64,
}

impl Entry {
    /// It has ended, and will not count any further.
    pub(crate) fn ended(self, stats: &Stats) {
        let mut state = lock(&self.ledger.state);
        let shared = state.open.remove(&self.number);
        state.past.add(stats);
        drop(state);
        drop(shared);
    }
}
