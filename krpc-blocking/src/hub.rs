//! What the tasks of one engine share, and what others may reach it by: sockets, timers, wake-ups.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};
use std::time::Instant;

use krpc_driver::BoxFuture;
use mio::event::{Event, Source};
use mio::{Interest, Poll, Registry, Token};

/// The token of the engine's own wake-ups.
const WAKE_UP: Token = Token(usize::MAX);

/// Locks; no code of a user runs under any lock here.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where an engine is reached. Clones are the same.
#[derive(Clone)]
pub(crate) struct Hub(Arc<Inner>);

struct Inner {
    registry: Registry,
    waker: mio::Waker,
    /// Whether somebody is about to look for work.
    attention: AtomicU8,
    /// No more tasks come: the engine ends with those that it has.
    closed: AtomicBool,
    sockets: Mutex<Sockets>,
    timers: Mutex<BTreeMap<(Instant, u64), Waker>>,
    next_timer: AtomicU64,
    work: Mutex<Work>,
}

#[derive(Default)]
struct Sockets {
    readiness: Vec<Option<Arc<Readiness>>>,
    free: Vec<usize>,
}

/// What an engine has to do.
#[derive(Default)]
pub(crate) struct Work {
    /// Tasks that were woken.
    pub(crate) woken: VecDeque<usize>,
    /// Tasks to begin with.
    pub(crate) spawned: VecDeque<BoxFuture<()>>,
}

/// Somebody is at work and will look for more.
const AWAKE: u8 = 0;
/// Whoever brings work has to say so.
const ASLEEP: u8 = 1;

impl Hub {
    pub(crate) fn new(poll: &Poll) -> io::Result<Self> {
        let registry = poll.registry().try_clone()?;
        let waker = mio::Waker::new(poll.registry(), WAKE_UP)?;
        Ok(Hub(Arc::new(Inner {
            registry,
            waker,
            attention: AtomicU8::new(ASLEEP),
            closed: AtomicBool::new(false),
            sockets: Mutex::default(),
            timers: Mutex::default(),
            next_timer: AtomicU64::new(0),
            work: Mutex::default(),
        })))
    }

    /// Runs a task.
    pub(crate) fn spawn(&self, task: BoxFuture<()>) {
        lock(&self.0.work).spawned.push_back(task);
        self.notify();
    }

    pub(crate) fn wake_task(&self, id: usize) {
        lock(&self.0.work).woken.push_back(id);
        self.notify();
    }

    /// Makes whoever drives, or watches, look for work.
    pub(crate) fn notify(&self) {
        if self.0.attention.swap(AWAKE, Ordering::SeqCst) == ASLEEP
            && let Err(error) = self.0.waker.wake()
        {
            tracing::error!(%error, "cannot wake the one who polls");
        }
    }

    /// Announces that from now on work has to be announced. False if there is some already.
    pub(crate) fn fall_asleep(&self) -> bool {
        self.0.attention.store(ASLEEP, Ordering::SeqCst);
        if self.has_work() {
            self.stay_awake();
            return false;
        }
        true
    }

    /// Announces that work will be looked for.
    pub(crate) fn stay_awake(&self) {
        self.0.attention.store(AWAKE, Ordering::SeqCst);
    }

    pub(crate) fn has_work(&self) -> bool {
        let work = lock(&self.0.work);
        !work.woken.is_empty() || !work.spawned.is_empty()
    }

    /// Takes what is to be done, into a `work` that is empty.
    pub(crate) fn take_work(&self, work: &mut Work) {
        std::mem::swap(&mut *lock(&self.0.work), work);
    }

    /// Nobody looks for work any more; if there is some, whoever watches is told.
    pub(crate) fn leave(&self) {
        if !self.fall_asleep() {
            self.0.attention.store(ASLEEP, Ordering::SeqCst);
            self.notify();
        }
    }

    /// Wakes whoever leads.
    pub(crate) fn waker(&self) -> Waker {
        Waker::from(self.0.clone())
    }

    pub(crate) fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
        self.notify();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::SeqCst)
    }

    /// Registers a socket.
    pub(crate) fn register(&self, source: &mut impl Source) -> io::Result<Registration> {
        let readiness = Arc::new(Readiness::default());
        let key = {
            let mut sockets = lock(&self.0.sockets);
            match sockets.free.pop() {
                Some(key) => {
                    sockets.readiness[key] = Some(readiness.clone());
                    key
                }
                None => {
                    sockets.readiness.push(Some(readiness.clone()));
                    sockets.readiness.len() - 1
                }
            }
        };
        let registration = Registration { hub: self.clone(), key, readiness };
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.0.registry.register(source, Token(key), interest)?;
        Ok(registration)
    }

    pub(crate) fn deregister(&self, source: &mut impl Source) {
        // Closing it, which comes next, does the same.
        let _ = self.0.registry.deregister(source);
    }

    /// Tells those who wait for a socket.
    pub(crate) fn dispatch(&self, event: &Event) {
        if event.token() == WAKE_UP {
            return;
        }
        let readiness = lock(&self.0.sockets).readiness.get(event.token().0).cloned().flatten();
        let Some(readiness) = readiness else { return };
        readiness.event(event);
    }

    /// Wakes the tasks whose time has come, and tells when the next one's will.
    pub(crate) fn fire_timers(&self, now: Instant) -> Option<Instant> {
        loop {
            let due = {
                let mut timers = lock(&self.0.timers);
                let first = timers.first_entry()?;
                let at = first.key().0;
                if at > now {
                    return Some(at);
                }
                first.remove()
            };
            due.wake();
        }
    }

    /// When the next timer fires.
    pub(crate) fn next_timer(&self) -> Option<Instant> {
        lock(&self.0.timers).first_key_value().map(|((at, _), _)| *at)
    }

    pub(crate) fn timer_id(&self) -> u64 {
        self.0.next_timer.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn set_timer(&self, at: Instant, id: u64, waker: &Waker) {
        let (first, _old) = {
            let mut timers = lock(&self.0.timers);
            let first = timers.first_key_value().is_none_or(|(first, _)| (at, id) < *first);
            (first, timers.insert((at, id), waker.clone()))
        };
        if first {
            // Whoever sleeps does so for longer, if it is not the one who sets the timer.
            self.notify();
        }
    }

    pub(crate) fn remove_timer(&self, at: Instant, id: u64) {
        let _old = lock(&self.0.timers).remove(&(at, id));
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// What wakes the one who leads.
impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        Hub(self).notify();
    }
}

/// A socket's place in a hub, until it is dropped.
#[derive(Debug)]
pub(crate) struct Registration {
    hub: Hub,
    key: usize,
    pub(crate) readiness: Arc<Readiness>,
}

impl Registration {
    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut sockets = lock(&self.hub.0.sockets);
        let _old = sockets.readiness[self.key].take();
        sockets.free.push(self.key);
    }
}

/// What is known of a socket, and who waits for more.
#[derive(Debug, Default)]
pub(crate) struct Readiness {
    ways: Mutex<[Way; 2]>,
}

#[derive(Debug, Default)]
struct Way {
    ready: bool,
    /// The end was announced, which is announced once: it stays.
    ended: bool,
    waker: Option<Waker>,
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    In = 0,
    Out = 1,
}

impl Readiness {
    fn event(&self, event: &Event) {
        let error = event.is_error();
        let ended = [event.is_read_closed() || error, event.is_write_closed() || error];
        let ready = [event.is_readable(), event.is_writable()];
        let mut wakers = [None, None];
        {
            let mut ways = lock(&self.ways);
            for i in 0..2 {
                ways[i].ended |= ended[i];
                ways[i].ready |= ready[i] || ended[i];
                if ways[i].ready {
                    wakers[i] = ways[i].waker.take();
                }
            }
        }
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    /// Whether a try is worth it; if not, `waker` will be woken.
    pub(crate) fn poll(&self, direction: Direction, waker: &Waker) -> bool {
        let mut ways = lock(&self.ways);
        let way = &mut ways[direction as usize];
        if !way.ready && !way.waker.as_ref().is_some_and(|old| old.will_wake(waker)) {
            let _old = way.waker.replace(waker.clone());
        }
        way.ready
    }

    /// The kernel has no more, or takes no more.
    pub(crate) fn used_up(&self, direction: Direction, blocked: bool) {
        let way = &mut lock(&self.ways)[direction as usize];
        // Where it blocked there was no end after all.
        way.ended &= !blocked;
        way.ready = way.ended;
    }
}
