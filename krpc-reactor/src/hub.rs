//! What the tasks of one engine share, and what others reach it by.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use mio::event::Event;
use mio::{Registry, Token};
use slab::Slab;

use crate::Task;
use crate::socket::Readiness;
use crate::timers::Timers;

/// The token of an engine's own wake-ups.
const WAKE_UP: Token = Token(usize::MAX);

/// Somebody is at work and will look for more.
const AWAKE: u8 = 0;
/// Whoever brings work has to say so.
const ASLEEP: u8 = 1;
/// The one at work was told of something, and looks once more before falling asleep.
const TOLD: u8 = 2;

/// Locks; no code of a user runs under any lock here but the clones and drops of wakers.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Pushes. The first place is made alone: most engines have one task.
fn push<T>(list: &mut Vec<T>, item: T) {
    if list.capacity() == 0 {
        list.reserve_exact(1);
    }
    list.push(item);
}

/// Where an engine is reached from any thread. Clones are the same.
#[derive(Clone)]
pub struct Hub(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) registry: Registry,
    pub(crate) sockets: Mutex<Slab<Arc<Readiness>>>,
    waker: mio::Waker,
    attention: AtomicU8,
    closed: AtomicBool,
    timers: Mutex<Timers>,
    next_timer: AtomicU64,
    work: Mutex<Work>,
}

/// What an engine has to do.
#[derive(Default)]
pub(crate) struct Work {
    /// Tasks that were woken.
    pub(crate) woken: Vec<usize>,
    /// Tasks to begin with.
    pub(crate) spawned: Vec<Task>,
    /// The engine is gone, and what is spawned with it.
    ended: bool,
}

impl Hub {
    pub(crate) fn new(poll: &mio::Poll, sockets: usize) -> io::Result<Self> {
        Ok(Hub(Arc::new(Inner {
            registry: poll.registry().try_clone()?,
            sockets: Mutex::new(Slab::with_capacity(sockets)),
            waker: mio::Waker::new(poll.registry(), WAKE_UP)?,
            attention: AtomicU8::new(ASLEEP),
            closed: AtomicBool::new(false),
            timers: Mutex::default(),
            next_timer: AtomicU64::new(0),
            work: Mutex::default(),
        })))
    }

    /// Runs a task on the engine. Where that is gone, the task is dropped.
    pub fn spawn(&self, task: Task) {
        let mut work = lock(&self.0.work);
        if work.ended {
            drop(work);
            drop(task);
            return;
        }
        push(&mut work.spawned, task);
        drop(work);
        self.notify();
    }

    /// Whoever drives has gone.
    pub(crate) fn end(&self) {
        let unbegun = {
            let mut work = lock(&self.0.work);
            work.ended = true;
            std::mem::take(&mut work.spawned)
        };
        // Tasks have hubs: outside the lock.
        drop(unbegun);
    }

    /// No more tasks will come: [`run`](crate::Engine::run) ends with those that there are.
    pub fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
        self.notify();
    }

    /// A timer of the engine that is not set.
    pub fn alarm(&self) -> Alarm {
        let id = self.0.next_timer.fetch_add(1, Ordering::Relaxed);
        Alarm { hub: self.clone(), id, at: None, told: None }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::SeqCst)
    }

    pub(crate) fn wake_task(&self, key: usize) {
        push(&mut lock(&self.0.work).woken, key);
        self.notify();
    }

    /// Makes whoever drives, or watches, look for work.
    fn notify(&self) {
        if self.0.attention.swap(TOLD, Ordering::SeqCst) == ASLEEP
            && let Err(error) = self.0.waker.wake()
        {
            tracing::error!(%error, "cannot wake the one who polls");
        }
    }

    /// From now on work has to be announced. False if something was announced since the last round.
    pub(crate) fn fall_asleep(&self) -> bool {
        let attention = &self.0.attention;
        attention.compare_exchange(AWAKE, ASLEEP, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Work will be looked for, and need not be announced.
    pub(crate) fn stay_awake(&self) {
        self.0.attention.store(AWAKE, Ordering::SeqCst);
    }

    /// Nobody looks for work any more. If there is some, it is announced; returns whether there is none.
    pub(crate) fn leave(&self) -> bool {
        self.0.attention.store(ASLEEP, Ordering::SeqCst);
        let idle = !self.has_work();
        if !idle {
            self.notify();
        }
        idle
    }

    /// Wakes whoever drives.
    pub(crate) fn waker(&self) -> Waker {
        Waker::from(self.0.clone())
    }

    pub(crate) fn has_work(&self) -> bool {
        let work = lock(&self.0.work);
        !work.woken.is_empty() || !work.spawned.is_empty()
    }

    /// Takes what is to be done, into a `work` that is empty. What is announced from now on is new.
    pub(crate) fn take_work(&self, work: &mut Work) {
        self.stay_awake();
        let theirs = &mut *lock(&self.0.work);
        std::mem::swap(&mut theirs.woken, &mut work.woken);
        std::mem::swap(&mut theirs.spawned, &mut work.spawned);
    }

    /// Tells those who wait for a socket.
    pub(crate) fn dispatch(&self, event: &Event) {
        let readiness = lock(&self.0.sockets).get(event.token().0).cloned();
        if let Some(readiness) = readiness {
            readiness.event(event);
        }
    }

    /// Wakes the tasks whose time has come, and tells when the next one's will.
    pub(crate) fn fire_timers(&self, now: Instant) -> Option<Instant> {
        loop {
            let due = {
                let mut timers = lock(&self.0.timers);
                match timers.take_due(now) {
                    Some(due) => due,
                    None => return timers.next(),
                }
            };
            due.wake();
        }
    }

    /// When the next timer fires.
    pub(crate) fn next_timer(&self) -> Option<Instant> {
        lock(&self.0.timers).next()
    }

    fn set_timer(&self, at: Instant, id: u64, waker: &Waker) {
        let (first, _old) = {
            let mut timers = lock(&self.0.timers);
            let first = timers.next().is_none_or(|next| at < next);
            (first, timers.set((at, id), waker.clone()))
        };
        if first {
            // Whoever sleeps does so for longer, if it is not the one who sets the timer.
            self.notify();
        }
    }
}

/// What wakes the one who drives.
impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        Hub(self).notify();
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// A timer of an engine.
#[derive(Debug)]
pub struct Alarm {
    hub: Hub,
    id: u64,
    at: Option<Instant>,
    /// Whom the engine will wake at that time.
    told: Option<Waker>,
}

impl Alarm {
    /// Sets it; what it was set to before is forgotten.
    pub fn set(&mut self, at: Instant) {
        self.forget();
        self.at = Some(at);
    }

    /// Ready once its time has come; then it is not set any more.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        if at <= Instant::now() {
            self.forget();
            return Poll::Ready(());
        }
        // As long as it is not time, the engine knows what it was told.
        if !self.told.as_ref().is_some_and(|told| told.will_wake(cx.waker())) {
            self.hub.set_timer(at, self.id, cx.waker());
            self.told = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    fn forget(&mut self) {
        self.told = None;
        if let Some(at) = self.at.take() {
            let _old = lock(&self.hub.0.timers).forget((at, self.id));
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.forget();
    }
}
