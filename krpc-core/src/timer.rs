//! Deadlines of calls: a heap that forgets in bulk.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// Places that an empty heap keeps, to spare an allocation per call.
const KEEP: usize = 16;

/// Call ids by deadline. A call that ended leaves a dead entry behind; dead entries are popped when
/// they reach the top, and the heap is rebuilt when they outnumber the living, so that it never
/// holds more than twice the calls in flight.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    heap: BinaryHeap<Reverse<(Instant, i32)>>,
    living: usize,
}

impl Deadlines {
    pub(crate) fn add(&mut self, deadline: Instant, id: i32) {
        self.heap.push(Reverse((deadline, id)));
        self.living += 1;
    }

    /// One entry died. `lives` tells whether an entry still stands for a call.
    pub(crate) fn remove_one(&mut self, lives: impl Fn(Instant, i32) -> bool) {
        self.living -= 1;
        while self.heap.peek().is_some_and(|Reverse((at, id))| !lives(*at, *id)) {
            self.heap.pop();
        }
        if self.heap.len() > 2 * self.living {
            self.heap.retain(|Reverse((at, id))| lives(*at, *id));
        }
        if self.heap.is_empty() {
            self.heap.shrink_to(KEEP);
        }
    }

    /// The earliest deadline; exact, because the top is never dead.
    pub(crate) fn next(&self) -> Option<(Instant, i32)> {
        self.heap.peek().map(|Reverse(entry)| *entry)
    }

    pub(crate) fn release_memory(&mut self) {
        self.heap.shrink_to_fit();
    }

    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;

    #[test]
    fn dead_entries_never_outnumber_the_living() {
        let start = Instant::now();
        let mut alive = BTreeMap::new();
        let mut deadlines = Deadlines::default();
        for id in 0..100_000 {
            let at = start + Duration::from_secs(3_600) + Duration::from_nanos(id as u64);
            deadlines.add(at, id);
            alive.insert(id, at);
            if id >= 10 {
                alive.remove(&(id - 10));
                deadlines.remove_one(|at, id| alive.get(&id) == Some(&at));
            }
            assert!(deadlines.len() <= 2 * alive.len() + 1, "{}", deadlines.len());
            let next = deadlines.next().unwrap();
            assert_eq!(next.0, *alive.values().min().unwrap());
        }
    }
}
