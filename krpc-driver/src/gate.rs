//! The gate in front of a service: so many calls run, so many wait, the rest are turned away.

use std::time::Instant;

use krpc_core::queue::{Popped, Pushed, ServiceQueue};

use crate::sync::{Mutex, lock};

/// A service queue with permits, shared by all connections.
///
/// Whoever has finished a call takes the next one before giving the permit back, so a permit is
/// free only while nobody waits.
#[derive(Debug)]
pub(crate) struct Gate<T> {
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    queue: ServiceQueue<T>,
    permits: usize,
    closed: bool,
}

/// What became of a call that has arrived.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entered<T> {
    /// Run it now; it has a permit.
    Run(T),
    /// It waits.
    Waits,
    /// This one, it or another, found no room.
    Full(T),
    /// The service is shutting down.
    Closed(T),
}

impl<T> Gate<T> {
    pub(crate) fn new(permits: usize, waiting: usize) -> Self {
        let queue = ServiceQueue::new(waiting);
        Gate { state: Mutex::new(State { queue, permits, closed: false }) }
    }

    pub(crate) fn enter(&self, item: T, deadline: Option<Instant>, arrival: Instant) -> Entered<T> {
        let mut state = lock(&self.state);
        if state.closed {
            return Entered::Closed(item);
        }
        if state.permits > 0 {
            state.permits -= 1;
            return Entered::Run(item);
        }
        match state.queue.push(item, deadline, arrival) {
            Pushed::Queued => Entered::Waits,
            Pushed::Rejected(item) | Pushed::Evicted(item) => Entered::Full(item),
        }
    }

    /// The holder of a permit has finished a call: the next one, which inherits the permit, or
    /// nothing, and then the permit is given back.
    pub(crate) fn next(&self, now: Instant) -> Option<Popped<T>> {
        let mut state = lock(&self.state);
        let next = state.queue.pop(now);
        if next.is_none() {
            state.permits += 1;
        }
        next
    }

    /// Admits no more calls, and gives back those that wait.
    pub(crate) fn close(&self) -> Vec<T> {
        let mut state = lock(&self.state);
        state.closed = true;
        state.queue.drain().collect()
    }

    /// How many calls wait.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.state).queue.len()
    }

    /// How many calls may wait.
    pub(crate) fn capacity(&self) -> usize {
        lock(&self.state).queue.capacity()
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use loom::sync::atomic::{AtomicUsize, Ordering};
    use loom::thread;

    use super::*;

    #[derive(Debug)]
    struct Counts {
        running: AtomicUsize,
        done: AtomicUsize,
    }

    /// What a worker does: one call after the other, then the permit goes back.
    fn work(gate: &Gate<u32>, counts: &Counts, now: Instant) {
        loop {
            assert_eq!(counts.running.fetch_add(1, Ordering::SeqCst), 0, "one permit");
            counts.running.fetch_sub(1, Ordering::SeqCst);
            counts.done.fetch_add(1, Ordering::SeqCst);
            match gate.next(now) {
                Some(Popped::Run(_)) => {}
                Some(Popped::Expired(call)) => panic!("{call} has no deadline"),
                None => return,
            }
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any time will do")]
    fn loom_a_permit_passes_from_call_to_call() {
        let now = Instant::now();
        loom::model(move || {
            let gate = Arc::new(Gate::new(1, 8));
            let counts =
                Arc::new(Counts { running: AtomicUsize::new(0), done: AtomicUsize::new(0) });
            let arrive = move |call: u32, gate: &Gate<u32>, counts: &Counts| {
                let arrival = now + Duration::from_millis(call.into());
                match gate.enter(call, None, arrival) {
                    Entered::Run(_) => work(gate, counts, now),
                    Entered::Waits => {}
                    Entered::Full(_) | Entered::Closed(_) => panic!("there is room"),
                }
            };
            let others: Vec<_> = (0..2)
                .map(|i| {
                    let (gate, counts) = (gate.clone(), counts.clone());
                    thread::spawn(move || arrive(i, &gate, &counts))
                })
                .collect();
            arrive(2, &gate, &counts);
            for other in others {
                other.join().unwrap();
            }
            // Nobody was left waiting for a permit that is free.
            assert_eq!(counts.done.load(Ordering::SeqCst), 3);
            assert_eq!(gate.waiting(), 0);
            assert!(matches!(gate.enter(9, None, now), Entered::Run(9)));
        });
    }
}
