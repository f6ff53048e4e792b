//! A byte budget that several connections share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many bytes of received messages may be held at once, shared by its clones.
///
/// The announced length of a frame is charged when its prefix is read, and returned when the last
/// reference to the frame's memory is dropped. A refused charge stops reading from that connection
/// until there is room again.
#[derive(Clone)]
pub struct Budget(Arc<Counter>);

struct Counter {
    limit: usize,
    used: AtomicUsize,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Budget(Arc::new(Counter { limit, used: AtomicUsize::new(0) }))
    }

    /// Bytes charged at this moment.
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    /// Bytes that may be charged at once.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// Takes `bytes`, or nothing. An empty budget always grants one charge, however large: a frame
    /// within the message limit must be receivable.
    pub(crate) fn charge(&self, bytes: usize) -> Option<Charge> {
        let grant = |used: usize| {
            let total = used.checked_add(bytes)?;
            (used == 0 || total <= self.0.limit).then_some(total)
        };
        self.0.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grant).ok()?;
        Some(Charge { budget: self.clone(), bytes })
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Budget({} of {} bytes used)", self.used(), self.limit())
    }
}

/// Bytes taken from a budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Budget,
    bytes: usize,
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.0.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_are_refused_above_the_limit_and_come_back() {
        let budget = Budget::new(100);
        let first = budget.charge(60).unwrap();
        assert!(budget.charge(41).is_none());
        let second = budget.charge(40).unwrap();
        assert_eq!(budget.used(), 100);
        drop(first);
        assert_eq!(budget.used(), 40);
        drop(second);
        assert!(budget.charge(1_000).is_some(), "an empty budget grants one charge of any size");
    }
}
