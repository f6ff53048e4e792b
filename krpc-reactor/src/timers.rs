//! The timers of an engine.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Instant;

/// When a timer fires, and its number.
pub(crate) type When = (Instant, u64);

/// Timers in their order. The first has a place of its own: most engines have no other, and then no
/// memory is needed for any.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    first: Option<(When, Waker)>,
    /// None of them is before the first; empty if there is no first.
    rest: BTreeMap<When, Waker>,
}

impl Timers {
    /// When the first fires.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.first.as_ref().map(|((at, _), _)| *at)
    }

    /// Sets a timer, and returns whom it was to wake so far.
    pub(crate) fn set(&mut self, when: When, waker: Waker) -> Option<Waker> {
        match &mut self.first {
            Some((first, old)) if *first == when => Some(std::mem::replace(old, waker)),
            Some((first, _)) if *first < when => self.rest.insert(when, waker),
            first => {
                // The one that was first is not among the rest.
                if let Some((later, waker)) = first.replace((when, waker)) {
                    self.rest.insert(later, waker);
                }
                None
            }
        }
    }

    /// Takes a timer away.
    pub(crate) fn forget(&mut self, when: When) -> Option<Waker> {
        if self.first.as_ref().is_some_and(|(first, _)| *first == when) {
            self.take_first()
        } else {
            self.rest.remove(&when)
        }
    }

    /// Takes the first away if it is due.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Waker> {
        if self.next()? > now { None } else { self.take_first() }
    }

    fn take_first(&mut self) -> Option<Waker> {
        let next = self.rest.pop_first();
        if self.rest.is_empty() {
            // An empty one may keep its memory.
            self.rest = BTreeMap::new();
        }
        std::mem::replace(&mut self.first, next).map(|(_, waker)| waker)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::task::Wake;
    use std::time::Duration;

    use super::*;

    struct Number(u64, Arc<AtomicU64>);

    impl Wake for Number {
        fn wake(self: Arc<Self>) {
            self.1.store(self.0, Ordering::SeqCst);
        }
    }

    #[test]
    fn timers_fire_in_their_order_and_forgotten_ones_never() {
        let (woken, now) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let waker = |n| Waker::from(Arc::new(Number(n, woken.clone())));
        let when = |n: u64| (now + Duration::from_secs(n / 2), n);
        let mut timers = Timers::default();
        for n in [6, 2, 9, 3, 8, 4, 7, 5] {
            assert!(timers.set(when(n), waker(n)).is_none());
        }
        for n in [2, 6] {
            assert!(timers.set(when(n), waker(n)).is_some(), "{n} was there");
        }
        for n in [2, 7, 3] {
            assert!(timers.forget(when(n)).is_some(), "{n} was there");
            assert!(timers.forget(when(n)).is_none(), "{n} is gone");
        }
        assert!(timers.take_due(now).is_none());
        for n in [4, 5, 6, 8, 9] {
            assert_eq!(timers.next(), Some(when(n).0));
            timers.take_due(when(n).0).unwrap().wake();
            assert_eq!(woken.load(Ordering::SeqCst), n);
        }
        assert!(timers.next().is_none() && timers.take_due(when(99).0).is_none());
    }
}
