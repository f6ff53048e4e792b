//! The few concurrent pieces everything else is made of.
//!
//! The rules of locking, for the whole crate:
//!
//! * A lock is held for a handful of instructions, never across framing, TLS, a system call or
//!   another lock.
//! * No code of a user runs under a lock: payload is dropped, wakers are cloned, woken and dropped
//!   outside. So no lock can be poisoned by a user, and none can be taken twice.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::task::Waker;

#[cfg(all(loom, test))]
pub(crate) use loom::sync::{Mutex, MutexGuard};
#[cfg(not(all(loom, test)))]
pub(crate) use std::sync::{Mutex, MutexGuard};

/// Locks, whatever became of another thread that held the lock: every critical section here leaves
/// the value whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wakes, and survives a waker that panics: it belongs to one caller, and the others must not
/// suffer for it.
pub(crate) fn wake(waker: Waker) {
    shielded("a waker", || waker.wake());
}

/// Runs code of a user's, and logs a panic instead of passing it on.
pub(crate) fn shielded(what: &'static str, code: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(code)).is_err() {
        tracing::error!("{what} panicked");
    }
}

/// What several threads push and one driver takes out, all at once.
///
/// The driver is woken only when the queue turns from empty to non-empty. That is enough because
/// the driver registers its waker after it has drained the queue, and does not sleep if the queue
/// has filled meanwhile.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    waker: Option<Waker>,
    closed: bool,
}

impl<T> Inbox<T> {
    pub(crate) fn new() -> Self {
        Inbox { state: Mutex::new(State { items: VecDeque::new(), waker: None, closed: false }) }
    }

    /// Adds an item, or hands it back if nobody will ever take it out.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        let waker = {
            let mut state = lock(&self.state);
            if state.closed {
                return Err(item);
            }
            state.items.push_back(item);
            if state.items.len() == 1 { state.waker.take() } else { None }
        };
        if let Some(waker) = waker {
            wake(waker);
        }
        Ok(())
    }

    /// Takes out everything, into an empty `items` whose memory goes the other way.
    pub(crate) fn drain(&self, items: &mut VecDeque<T>) {
        debug_assert!(items.is_empty());
        std::mem::swap(&mut lock(&self.state).items, items);
    }

    /// Asks to be woken by the next push. Returns false if there is something to take out already:
    /// then do not sleep.
    pub(crate) fn register(&self, waker: &Waker) -> bool {
        let mut new = Some(waker.clone());
        let (empty, _old) = {
            let mut state = lock(&self.state);
            let empty = state.items.is_empty();
            let old = if empty { std::mem::replace(&mut state.waker, new.take()) } else { None };
            (empty, old)
        };
        empty
    }

    /// Refuses everything from now on, and gives back what was not taken out.
    pub(crate) fn close(&self) -> VecDeque<T> {
        let (items, _waker) = {
            let mut state = lock(&self.state);
            state.closed = true;
            (std::mem::take(&mut state.items), state.waker.take())
        };
        items
    }
}

/// A value that is set once, and somebody who waits for it or has stopped to.
#[derive(Debug)]
pub(crate) struct Slot<T, R> {
    state: Mutex<SlotState<T, R>>,
}

#[derive(Debug)]
enum SlotState<T, R> {
    /// `route` is whatever the one who waits needs to call it off.
    Waiting {
        waker: Option<Waker>,
        route: Option<R>,
    },
    Set(T),
    /// Set and taken.
    Taken,
    /// Nobody waits any more.
    Abandoned,
}

/// What the one who waits sees.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Polled<T> {
    Pending,
    Ready(T),
    /// It was taken before.
    Taken,
}

impl<T, R: Clone> Slot<T, R> {
    pub(crate) fn new() -> Self {
        Slot { state: Mutex::new(SlotState::Waiting { waker: None, route: None }) }
    }

    /// Remembers the way to whoever will set the value. Returns false if nobody waits any more.
    pub(crate) fn set_route(&self, new: R) -> bool {
        let mut new = Some(new);
        let (waiting, _old) = match &mut *lock(&self.state) {
            SlotState::Waiting { route, .. } => (true, std::mem::replace(route, new.take())),
            _ => (false, None),
        };
        waiting
    }

    /// Sets the value, unless it was set before or nobody waits. Returns whom to wake: do that
    /// when everything else of this moment is published too.
    pub(crate) fn set(&self, value: T) -> Option<Waker> {
        let mut value = Some(value);
        let old = {
            let mut state = lock(&self.state);
            match &*state {
                SlotState::Waiting { .. } => {
                    let value = value.take().expect("the value is used once");
                    Some(std::mem::replace(&mut *state, SlotState::Set(value)))
                }
                _ => None,
            }
        };
        // A value that nobody takes is dropped here, outside the lock.
        match old {
            Some(SlotState::Waiting { waker, .. }) => waker,
            _ => None,
        }
    }

    /// Takes the value, or remembers whom to wake.
    pub(crate) fn poll(&self, waker: &Waker) -> Polled<T> {
        let mut new = None;
        loop {
            let mut state = lock(&self.state);
            match &mut *state {
                SlotState::Waiting { waker: Some(old), .. } if old.will_wake(waker) => {
                    return Polled::Pending;
                }
                // A waker's clone and drop are not ours: both happen outside the lock.
                SlotState::Waiting { waker: old, .. } => match new.take() {
                    Some(new) => {
                        let _old = old.replace(new);
                        drop(state);
                        return Polled::Pending;
                    }
                    None => {
                        drop(state);
                        new = Some(waker.clone());
                    }
                },
                SlotState::Set(_) => {
                    let set = std::mem::replace(&mut *state, SlotState::Taken);
                    drop(state);
                    return match set {
                        SlotState::Set(value) => Polled::Ready(value),
                        _ => Polled::Taken,
                    };
                }
                SlotState::Taken | SlotState::Abandoned => return Polled::Taken,
            }
        }
    }

    /// Stops to wait. Returns the route if the value was still to come.
    pub(crate) fn abandon(&self) -> Option<R> {
        let old = std::mem::replace(&mut *lock(&self.state), SlotState::Abandoned);
        match old {
            SlotState::Waiting { route, .. } => route,
            _ => None,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn waker() -> (Arc<Counter>, Waker) {
        let counter = Arc::<Counter>::default();
        (counter.clone(), Waker::from(counter))
    }

    #[test]
    fn an_inbox_wakes_when_it_turns_non_empty() {
        let inbox = Inbox::new();
        let (count, waker) = waker();
        assert!(inbox.register(&waker));
        for i in 0..3 {
            inbox.push(i).unwrap();
        }
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert!(!inbox.register(&waker), "there is something to take out");
        let mut items = VecDeque::new();
        inbox.drain(&mut items);
        assert_eq!(items, [0, 1, 2]);
        assert!(inbox.register(&waker));
        inbox.push(3).unwrap();
        assert_eq!(count.0.load(Ordering::SeqCst), 2);
        assert_eq!(inbox.close(), [3]);
        assert_eq!(inbox.push(4), Err(4));
    }

    #[test]
    fn a_slot_is_set_once_and_taken_once() {
        let slot = Slot::<u32, ()>::new();
        let (count, waker) = waker();
        assert_eq!(slot.poll(&waker), Polled::Pending);
        assert_eq!(slot.poll(&waker), Polled::Pending);
        wake(slot.set(1).expect("somebody waits"));
        assert!(slot.set(2).is_none());
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert_eq!(slot.poll(&waker), Polled::Ready(1));
        assert_eq!(slot.poll(&waker), Polled::Taken);
        assert!(slot.set(3).is_none());
        assert_eq!(slot.poll(&waker), Polled::Taken);
    }

    #[test]
    fn an_abandoned_slot_gives_its_route_once() {
        let slot = Slot::<u32, &str>::new();
        assert!(slot.set_route("there"));
        assert_eq!(slot.abandon(), Some("there"));
        assert_eq!(slot.abandon(), None);
        assert!(!slot.set_route("elsewhere"));
        assert!(slot.set(1).is_none());

        let slot = Slot::<u32, &str>::new();
        assert!(slot.set_route("there"));
        assert!(slot.set(1).is_none(), "nobody was polling");
        assert_eq!(slot.abandon(), None, "nothing is to be called off");
    }
}

/// Every interleaving of the pieces: `RUSTFLAGS="--cfg loom" cargo test -p krpc-driver --lib loom`.
#[cfg(all(test, loom))]
mod loom_tests {
    use std::sync::Arc;
    use std::task::Wake;

    use loom::sync::Notify;
    use loom::thread;

    use super::*;

    struct Thread(Notify);

    impl Wake for Thread {
        fn wake(self: Arc<Self>) {
            self.0.notify();
        }
    }

    #[test]
    fn loom_no_push_is_lost() {
        loom::model(|| {
            let inbox = Arc::new(Inbox::new());
            let pushers: Vec<_> = (0..2)
                .map(|i| {
                    let inbox = inbox.clone();
                    thread::spawn(move || inbox.push(i).unwrap())
                })
                .collect();
            let driver = Arc::new(Thread(Notify::new()));
            let waker = Waker::from(driver.clone());
            let (mut seen, mut items) = (0, VecDeque::new());
            while seen < 2 {
                inbox.drain(&mut items);
                seen += items.len();
                items.clear();
                // Sleeping on a lost wake would be a deadlock, which loom reports.
                if seen < 2 && inbox.register(&waker) {
                    driver.0.wait();
                }
            }
            for pusher in pushers {
                pusher.join().unwrap();
            }
        });
    }

    #[test]
    fn loom_a_push_is_taken_or_refused() {
        loom::model(|| {
            let inbox = Arc::new(Inbox::new());
            let pusher = {
                let inbox = inbox.clone();
                thread::spawn(move || inbox.push(7).is_ok())
            };
            let mut items = VecDeque::new();
            inbox.drain(&mut items);
            let left = inbox.close();
            let accepted = pusher.join().unwrap();
            assert_eq!(accepted, items.len() + left.len() == 1);
        });
    }

    #[test]
    fn loom_a_value_is_never_slept_through() {
        loom::model(|| {
            let slot = Arc::new(Slot::<u32, ()>::new());
            let setter = {
                let slot = slot.clone();
                thread::spawn(move || {
                    if let Some(waker) = slot.set(7) {
                        wake(waker);
                    }
                })
            };
            let waiter = Arc::new(Thread(Notify::new()));
            let waker = Waker::from(waiter.clone());
            loop {
                match slot.poll(&waker) {
                    Polled::Ready(value) => break assert_eq!(value, 7),
                    Polled::Pending => waiter.0.wait(),
                    Polled::Taken => panic!("taken by nobody"),
                }
            }
            setter.join().unwrap();
        });
    }

    /// A call that is given up is either called off or has been answered, never neither.
    #[test]
    fn loom_abandoning_meets_routing_and_setting() {
        loom::model(|| {
            let slot = Arc::new(Slot::<u32, u32>::new());
            assert!(slot.set_route(1));
            let driver = {
                let slot = slot.clone();
                thread::spawn(move || {
                    let wanted = slot.set_route(2);
                    assert!(slot.set(7).is_none());
                    wanted
                })
            };
            let route = slot.abandon();
            let wanted = driver.join().unwrap();
            match route {
                // The driver has not taken it, and must see that nobody waits.
                Some(1) => assert!(!wanted),
                // The driver has taken it: it will be told, or has answered.
                Some(2) | None => assert!(wanted),
                other => panic!("{other:?}"),
            }
        });
    }
}
