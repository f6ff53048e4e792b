//! The queue in front of a service, as a plain value (`rpc/service_queue.h`).
//!
//! Earliest deadline first; calls without a deadline come last; among equals, first come first
//! served. A full queue keeps the calls that are due soonest: whoever is due last is turned away,
//! be it the newcomer or one that waits. Kudu looks only at one likely candidate instead of the
//! one that is really due last; clients cannot tell the difference.

use std::collections::BTreeMap;
use std::time::Instant;

/// Calls that wait for a service.
#[derive(Debug)]
pub struct ServiceQueue<T> {
    waiting: BTreeMap<Due, T>,
    capacity: usize,
    arrivals: u64,
}

/// What became of a call that was pushed.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Pushed<T> {
    /// It waits.
    Queued,
    /// The queue is full, and every call in it is due sooner or as soon: here it is again.
    Rejected(T),
    /// It waits, and this one, due last, had to make room.
    Evicted(T),
}

/// What to do with the call that is due next.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Popped<T> {
    /// Handle it.
    Run(T),
    /// Its deadline passed while it waited: answer that, and do not handle it.
    Expired(T),
}

/// The place in the queue. The order of the fields is the order of the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    never: bool,
    deadline: Option<Instant>,
    arrival: Instant,
    number: u64,
}

impl<T> ServiceQueue<T> {
    /// An empty queue that holds up to `capacity` calls.
    pub fn new(capacity: usize) -> Self {
        ServiceQueue { waiting: BTreeMap::new(), capacity, arrivals: 0 }
    }

    /// How many calls wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many may wait.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Adds a call that arrived at `arrival`.
    pub fn push(&mut self, item: T, deadline: Option<Instant>, arrival: Instant) -> Pushed<T> {
        let number = self.arrivals;
        let due = Due { never: deadline.is_none(), deadline, arrival, number };
        self.arrivals += 1;
        if self.waiting.len() < self.capacity {
            self.waiting.insert(due, item);
            return Pushed::Queued;
        }
        match self.waiting.last_entry() {
            Some(last) if due < *last.key() => {
                let evicted = last.remove();
                self.waiting.insert(due, item);
                Pushed::Evicted(evicted)
            }
            _ => Pushed::Rejected(item),
        }
    }

    /// Takes out the call that is due first. At its very deadline a call counts as expired.
    pub fn pop(&mut self, now: Instant) -> Option<Popped<T>> {
        let (due, item) = self.waiting.pop_first()?;
        let expired = due.deadline.is_some_and(|deadline| now >= deadline);
        Some(if expired { Popped::Expired(item) } else { Popped::Run(item) })
    }

    /// Takes out everything, in the order in which it is due.
    pub fn drain(&mut self) -> impl Iterator<Item = T> + use<T> {
        std::mem::take(&mut self.waiting).into_values()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(base: Instant, seconds: u64) -> Option<Instant> {
        Some(base + Duration::from_secs(seconds))
    }

    #[test]
    fn earliest_deadline_first_then_arrival() {
        let now = Instant::now();
        let mut queue = ServiceQueue::new(10);
        for (name, deadline) in
            [("never", None), ("late", at(now, 9)), ("soon", at(now, 1)), ("soon too", at(now, 1))]
        {
            assert_eq!(queue.push(name, deadline, now), Pushed::Queued);
        }
        let order: Vec<_> = std::iter::from_fn(|| queue.pop(now)).collect();
        let expected = ["soon", "soon too", "late", "never"].map(Popped::Run);
        assert_eq!(order, expected);
    }

    #[test]
    fn a_full_queue_turns_away_whoever_is_due_last() {
        let now = Instant::now();
        let mut queue = ServiceQueue::new(2);
        assert_eq!(queue.push("a", at(now, 5), now), Pushed::Queued);
        assert_eq!(queue.push("b", None, now), Pushed::Queued);
        assert_eq!(queue.push("c", None, now), Pushed::Rejected("c"), "not strictly earlier");
        assert_eq!(queue.push("d", at(now, 9), now), Pushed::Evicted("b"));
        assert_eq!(queue.push("e", at(now, 9), now), Pushed::Rejected("e"), "came later");
        assert_eq!(queue.push("f", at(now, 1), now), Pushed::Evicted("d"));
        assert_eq!(queue.len(), 2);
        assert_eq!(queue.drain().collect::<Vec<_>>(), ["f", "a"]);
        assert!(queue.is_empty());
    }

    #[test]
    fn a_call_expires_at_its_deadline() {
        let now = Instant::now();
        let mut queue = ServiceQueue::new(2);
        let deadline = now + Duration::from_secs(1);
        assert_eq!(queue.push(1, Some(deadline), now), Pushed::Queued);
        assert_eq!(queue.push(2, Some(deadline), now), Pushed::Queued);
        let before = deadline - Duration::from_nanos(1);
        assert_eq!(queue.pop(before), Some(Popped::Run(1)));
        assert_eq!(queue.pop(deadline), Some(Popped::Expired(2)));
        assert_eq!(queue.pop(deadline), None);
    }

    #[test]
    fn a_queue_without_room_rejects_everything() {
        let now = Instant::now();
        let mut queue = ServiceQueue::new(0);
        assert_eq!(queue.push((), at(now, 1), now), Pushed::Rejected(()));
        assert_eq!((queue.len(), queue.capacity()), (0, 0));
    }
}
