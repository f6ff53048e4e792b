//! When a connection is idle, and the memory it keeps for calls to come is of more use elsewhere.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::stats::Stats;

/// Without traffic for so long, a connection is quiet.
const QUIET: Duration = Duration::from_secs(1);

/// Tells when a connection has gone quiet, for whoever drives it to call `release_memory`.
///
/// That is one to two seconds after its last byte: while bytes come and go, looking costs a comparison,
/// and the time to look again changes once a second at most.
#[derive(Clone, Debug, Default)]
pub struct Quiet {
    /// Bytes sent and received when the time was last set.
    traffic: u64,
    /// `None` once it was quiet, until bytes move again.
    look_at: Option<Instant>,
}

impl Quiet {
    /// Whether the connection with these counters has gone quiet. True once, until bytes move again.
    pub fn has_come(&mut self, now: Instant, stats: &Stats) -> bool {
        let traffic = stats.bytes_sent + stats.bytes_received;
        let quiet = traffic == self.traffic;
        match self.look_at {
            Some(at) if now < at => return false,
            None if quiet => return false,
            _ => {}
        }
        self.look_at = if quiet { None } else { now.checked_add(QUIET) };
        self.traffic = traffic;
        quiet
    }

    /// When to look again; `None` if nothing will have changed before bytes move.
    pub fn look_at(&self) -> Option<Instant> {
        self.look_at
    }
}

/// Puts an item behind those of a queue. The first place is made alone, because on most connections there
/// is one call at a time.
pub(crate) fn push<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.capacity() == 0 {
        queue.reserve_exact(1);
    }
    queue.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_comes_once_after_the_last_byte() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let (mut quiet, mut stats) = (Quiet::default(), Stats::default());
        assert!(!quiet.has_come(at(0), &stats));
        assert_eq!(quiet.look_at(), None, "nothing was kept yet");
        stats.bytes_sent = 1;
        assert!(!quiet.has_come(at(0), &stats));
        assert_eq!(quiet.look_at(), Some(at(1_000)));
        // Traffic does not move the time, it is found when that has come.
        stats.bytes_received = 1;
        assert!(!quiet.has_come(at(999), &stats));
        assert_eq!(quiet.look_at(), Some(at(1_000)));
        assert!(!quiet.has_come(at(1_000), &stats));
        assert_eq!(quiet.look_at(), Some(at(2_000)));
        assert!(!quiet.has_come(at(1_999), &stats));
        assert!(quiet.has_come(at(2_000), &stats));
        assert_eq!(quiet.look_at(), None);
        assert!(!quiet.has_come(at(9_000), &stats), "once");
        stats.bytes_received = 2;
        assert!(!quiet.has_come(at(9_000), &stats));
        assert!(quiet.has_come(at(10_000), &stats));
    }
}
