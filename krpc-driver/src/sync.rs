//! The few concurrent pieces everything else is made of.
//!
//! The rules of locking, for the whole crate:
//!
//! * A lock is held for a handful of instructions, never across framing, TLS, a system call or
//!   another lock; but for one: a channel's state is held while the inbox of its connection is
//!   retired, so that no call can slip between the connection it leaves and the next one.
//! * No code of a user runs under a lock: payload is dropped, wakers are cloned, woken and dropped
//!   outside. So no lock can be poisoned by a user, and none can be taken twice.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::task::Waker;

use krpc_core::CancelOutcome;

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
    accepts: Accepts,
}

/// What may be pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Accepts {
    Nothing,
    /// Only what concerns earlier items.
    Afterthoughts,
    Everything,
}

impl<T> Inbox<T> {
    pub(crate) fn new() -> Self {
        let (items, waker, accepts) = (VecDeque::new(), None, Accepts::Everything);
        Inbox { state: Mutex::new(State { items, waker, accepts }) }
    }

    /// Adds an item, or hands it back if nobody will ever take it out.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        self.push_if(Accepts::Everything, item)
    }

    /// The same for an item that concerns earlier ones: a retired inbox takes it too.
    pub(crate) fn push_afterthought(&self, item: T) -> Result<(), T> {
        self.push_if(Accepts::Afterthoughts, item)
    }

    fn push_if(&self, needs: Accepts, item: T) -> Result<(), T> {
        let waker = {
            let mut state = lock(&self.state);
            if state.accepts < needs {
                return Err(item);
            }
            if state.items.capacity() == 0 {
                // The first place is made alone: most connections have one call at a time.
                state.items.reserve_exact(1);
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
    /// then do not sleep. The memory of `spare`, which is empty, serves the next items if need be.
    pub(crate) fn register(&self, waker: &Waker, spare: &mut VecDeque<T>) -> bool {
        debug_assert!(spare.is_empty());
        let mut new = Some(waker.clone());
        let (empty, _old) = {
            let mut state = lock(&self.state);
            let empty = state.items.is_empty();
            if state.items.capacity() == 0 {
                std::mem::swap(&mut state.items, spare);
            }
            let old = if empty { std::mem::replace(&mut state.waker, new.take()) } else { None };
            (empty, old)
        };
        empty
    }

    /// Gives back the memory that is kept for items to come.
    pub(crate) fn release_memory(&self) {
        lock(&self.state).items.shrink_to_fit();
    }

    /// Puts items in front of those that wait. For an inbox whose driver is not at work yet.
    pub(crate) fn prepend(&self, mut items: VecDeque<T>) {
        let mut state = lock(&self.state);
        items.append(&mut state.items);
        state.items = items;
    }

    /// Refuses all but afterthoughts from now on, and gives back what was not taken out.
    pub(crate) fn retire(&self) -> VecDeque<T> {
        let mut state = lock(&self.state);
        state.accepts = state.accepts.min(Accepts::Afterthoughts);
        std::mem::take(&mut state.items)
    }

    /// Refuses everything from now on, and gives back what was not taken out.
    pub(crate) fn close(&self) -> VecDeque<T> {
        let (items, _waker) = {
            let mut state = lock(&self.state);
            state.accepts = Accepts::Nothing;
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
struct SlotState<T, R> {
    phase: Phase<T>,
    /// Of whoever waits for the value.
    waker: Option<Waker>,
    /// Whatever the one who waits needs to call it off.
    route: Option<R>,
    /// It was called off, by whoever waits or by another.
    called_off: bool,
    /// The value was set, if only to be dropped.
    settled: bool,
    /// Those who wait to hear what came of calling off. Most slots have none.
    watch: Option<Box<Watch>>,
}

#[derive(Debug)]
enum Phase<T> {
    Waiting,
    Set(T),
    /// Set and taken.
    Taken,
    /// Nobody waits any more.
    Abandoned,
}

#[derive(Debug, Default)]
struct Watch {
    outcome: Option<CancelOutcome>,
    wakers: Vec<Waker>,
}

/// A value that tells what came of calling off.
pub(crate) trait Settles {
    fn outcome(&self) -> CancelOutcome;
}

/// What the one who waits sees.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Polled<T> {
    Pending,
    Ready(T),
    /// It was taken before.
    Taken,
}

/// Whom to wake now that a value is set.
pub(crate) type Wakers = std::iter::Chain<std::option::IntoIter<Waker>, std::vec::IntoIter<Waker>>;

impl<T: Settles, R: Clone> Slot<T, R> {
    pub(crate) fn new() -> Self {
        Slot {
            state: Mutex::new(SlotState {
                phase: Phase::Waiting,
                waker: None,
                route: None,
                called_off: false,
                settled: false,
                watch: None,
            }),
        }
    }

    /// Remembers the way to whoever will set the value. Returns false if it was called off: set the
    /// value all the same, because somebody may wait to hear of that.
    pub(crate) fn set_route(&self, new: R) -> bool {
        let (wanted, _old) = {
            let mut state = lock(&self.state);
            (!state.called_off, state.route.replace(new))
        };
        wanted
    }

    /// Sets the value, unless it was set before. Returns whom to wake: do that when everything else of
    /// this moment is published too.
    pub(crate) fn set(&self, value: T) -> Wakers {
        let mut value = Some(value);
        let (waker, watchers, _route) = {
            let mut state = lock(&self.state);
            if state.settled {
                (None, Vec::new(), None)
            } else {
                state.settled = true;
                let outcome = value.as_ref().map(Settles::outcome);
                if let Phase::Waiting = state.phase {
                    state.phase = Phase::Set(value.take().expect("the value is used once"));
                }
                let watch = state.watch.as_mut();
                let watchers = watch.map_or(Vec::new(), |watch| {
                    watch.outcome = outcome;
                    std::mem::take(&mut watch.wakers)
                });
                (state.waker.take(), watchers, state.route.take())
            }
        };
        // A value that nobody takes is dropped here, outside the lock.
        drop(value);
        waker.into_iter().chain(watchers)
    }

    /// Takes the value, or remembers whom to wake.
    pub(crate) fn poll(&self, waker: &Waker) -> Polled<T> {
        let mut new = None;
        loop {
            let mut state = lock(&self.state);
            match &state.phase {
                Phase::Waiting => match (&state.waker, new.take()) {
                    (Some(old), _) if old.will_wake(waker) => return Polled::Pending,
                    // A waker's clone and drop are not ours: both happen outside the lock.
                    (_, Some(new)) => {
                        let _old = state.waker.replace(new);
                        drop(state);
                        return Polled::Pending;
                    }
                    (_, None) => {
                        drop(state);
                        new = Some(waker.clone());
                    }
                },
                Phase::Set(_) => {
                    let set = std::mem::replace(&mut state.phase, Phase::Taken);
                    drop(state);
                    return match set {
                        Phase::Set(value) => Polled::Ready(value),
                        _ => Polled::Taken,
                    };
                }
                Phase::Taken | Phase::Abandoned => return Polled::Taken,
            }
        }
    }

    /// Stops to wait, and calls it off. Returns the route if the value was still to come.
    pub(crate) fn abandon(&self) -> Option<R> {
        let (old, _waker, route) = {
            let mut state = lock(&self.state);
            let old = std::mem::replace(&mut state.phase, Phase::Abandoned);
            let first = !std::mem::replace(&mut state.called_off, true);
            let route = state.route.clone().filter(|_| first && !state.settled);
            (old, state.waker.take(), route)
        };
        drop(old);
        route
    }

    /// Calls it off; whoever waits for the value goes on waiting. Returns the route if the value is
    /// still to come and nobody has called it off before. After this, `watch` tells what came of it.
    pub(crate) fn call_off(&self) -> Option<R> {
        let mut state = lock(&self.state);
        let first = !std::mem::replace(&mut state.called_off, true);
        let settled = state.settled;
        state.watch.get_or_insert_default();
        state.route.clone().filter(|_| first && !settled)
    }

    /// What came of calling it off, or remembers whom to wake.
    pub(crate) fn watch(&self, waker: &Waker) -> Option<CancelOutcome> {
        let new = waker.clone();
        let mut state = lock(&self.state);
        let settled = state.settled;
        let watch = state.watch.get_or_insert_default();
        if settled {
            // Set before anybody watched: there was nothing to call off.
            return Some(*watch.outcome.get_or_insert(CancelOutcome::AlreadyDone));
        }
        let known = watch.wakers.iter().any(|old| old.will_wake(&new));
        if !known {
            watch.wakers.push(new);
        }
        None
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
        let mut items = VecDeque::new();
        assert!(inbox.register(&waker, &mut items));
        for i in 0..3 {
            inbox.push(i).unwrap();
        }
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert!(!inbox.register(&waker, &mut items), "there is something to take out");
        inbox.drain(&mut items);
        assert!(items.drain(..).eq([0, 1, 2]));
        assert!(inbox.register(&waker, &mut items));
        assert_eq!(items.capacity(), 0, "its memory serves the next items");
        inbox.push(3).unwrap();
        assert_eq!(count.0.load(Ordering::SeqCst), 2);
        assert_eq!(inbox.close(), [3]);
        assert_eq!(inbox.push(4), Err(4));
        assert_eq!(inbox.push_afterthought(4), Err(4));
    }

    #[test]
    fn a_retired_inbox_takes_afterthoughts() {
        let inbox = Inbox::new();
        inbox.push(1).unwrap();
        assert_eq!(inbox.retire(), [1]);
        assert_eq!(inbox.push(2), Err(2));
        inbox.push_afterthought(3).unwrap();
        inbox.prepend([0, 1].into());
        assert_eq!(inbox.close(), [0, 1, 3]);
        assert!(inbox.retire().is_empty());
        assert_eq!(inbox.push_afterthought(4), Err(4), "closed is closed");
    }

    #[test]
    fn a_slot_is_set_once_and_taken_once() {
        let slot = Slot::<u32, ()>::new();
        let (count, waker) = waker();
        assert_eq!(slot.poll(&waker), Polled::Pending);
        assert_eq!(slot.poll(&waker), Polled::Pending);
        slot.set(1).for_each(wake);
        assert_eq!(slot.set(2).count(), 0);
        assert_eq!(count.0.load(Ordering::SeqCst), 1);
        assert_eq!(slot.poll(&waker), Polled::Ready(1));
        assert_eq!(slot.poll(&waker), Polled::Taken);
        assert_eq!(slot.set(3).count(), 0);
        assert_eq!(slot.poll(&waker), Polled::Taken);
    }

    #[test]
    fn an_abandoned_slot_gives_its_route_once() {
        let slot = Slot::<u32, &str>::new();
        assert!(slot.set_route("there"));
        assert_eq!(slot.abandon(), Some("there"));
        assert_eq!(slot.abandon(), None);
        assert!(!slot.set_route("elsewhere"));
        assert_eq!(slot.set(1).count(), 0);

        let slot = Slot::<u32, &str>::new();
        assert!(slot.set_route("there"));
        assert_eq!(slot.set(1).count(), 0, "nobody was polling");
        assert_eq!(slot.abandon(), None, "nothing is to be called off");
    }

    #[test]
    fn calling_off_is_told_to_all_who_watch_and_the_value_to_the_one_who_waits() {
        let slot = Slot::<u32, &str>::new();
        let (count, waker) = waker();
        assert!(slot.set_route("there"));
        assert_eq!(slot.poll(&waker), Polled::Pending);
        assert_eq!(slot.call_off(), Some("there"));
        assert_eq!(slot.call_off(), None, "once is enough");
        assert_eq!(slot.watch(&waker), None);
        assert_eq!(slot.watch(&waker), None);
        assert!(!slot.set_route("elsewhere"), "it may still be on its way");
        slot.set(0).for_each(wake);
        assert_eq!(count.0.load(Ordering::SeqCst), 2);
        assert_eq!(slot.watch(&waker), Some(CancelOutcome::NotBegun));
        assert_eq!(slot.poll(&waker), Polled::Ready(0));

        let slot = Slot::<u32, &str>::new();
        slot.set(0).for_each(wake);
        assert_eq!(slot.call_off(), None);
        assert_eq!(slot.watch(&waker), Some(CancelOutcome::AlreadyDone));

        let slot = Slot::<u32, &str>::new();
        assert_eq!(slot.abandon(), None, "no route yet");
        assert_eq!(slot.call_off(), None);
        assert_eq!(slot.watch(&waker), None, "whoever drops it has not set it");
        assert_eq!(slot.set(0).count(), 1);
        assert_eq!(slot.watch(&waker), Some(CancelOutcome::NotBegun));
    }
}

/// In tests 0 stands for "cancelled before it began", anything else for an answer.
#[cfg(test)]
impl Settles for u32 {
    fn outcome(&self) -> CancelOutcome {
        if *self == 0 { CancelOutcome::NotBegun } else { CancelOutcome::AlreadyDone }
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
                if seen < 2 && inbox.register(&waker, &mut items) {
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
                thread::spawn(move || slot.set(7).for_each(wake))
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
                    assert_eq!(slot.set(7).count(), 0);
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

    /// A call that is called off is called off on its way, or has been answered, and whoever watches
    /// hears of it.
    #[test]
    fn loom_calling_off_meets_moving_and_setting() {
        loom::model(|| {
            let slot = Arc::new(Slot::<u32, u32>::new());
            assert!(slot.set_route(1));
            let mover = {
                let slot = slot.clone();
                thread::spawn(move || {
                    let wanted = slot.set_route(2);
                    slot.set(if wanted { 7 } else { 0 }).for_each(wake);
                    wanted
                })
            };
            let route = slot.call_off();
            let waiter = Arc::new(Thread(Notify::new()));
            let waker = Waker::from(waiter.clone());
            let outcome = loop {
                match slot.watch(&waker) {
                    Some(outcome) => break outcome,
                    None => waiter.0.wait(),
                }
            };
            let wanted = mover.join().unwrap();
            assert_eq!(outcome == CancelOutcome::NotBegun, !wanted);
            // Only the old route: then the mover has seen that it is called off.
            assert_eq!(route == Some(1), !wanted);
        });
    }
}
