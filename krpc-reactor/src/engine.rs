//! Tasks, and what makes them go on.

use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

use mio::{Events, Poll};
use slab::Slab;

use crate::Task;
use crate::hub::{Hub, Work};

/// Events taken from the system at a time.
const EVENTS: usize = 256;

/// Rounds of work between two looks at the sockets, if there is always more work.
const ROUNDS: u32 = 16;

/// Tasks, sockets and timers without a thread. Dropping it drops its tasks.
pub struct Engine {
    poll: Poll,
    events: Events,
    hub: Hub,
    tasks: Slab<Running>,
    /// Empty between rounds; kept for its memory.
    work: Work,
    rounds: u32,
}

struct Running {
    task: Task,
    bell: Arc<Bell>,
    waker: Waker,
}

/// Wakes a task.
struct Bell {
    hub: Hub,
    key: usize,
    rung: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            self.hub.wake_task(self.key);
        }
    }
}

impl Engine {
    /// An engine without tasks.
    ///
    /// # Errors
    ///
    /// When the system has no more file descriptors.
    pub fn new() -> io::Result<Self> {
        Self::sized(EVENTS, 0)
    }

    /// One for a single task with a single socket, where more than that costs memory anew.
    pub(crate) fn small() -> io::Result<Self> {
        Self::sized(4, 1)
    }

    /// One that takes so many events from the system at a time, and has room for so many tasks and
    /// sockets.
    fn sized(events: usize, room: usize) -> io::Result<Self> {
        let poll = Poll::new()?;
        let hub = Hub::new(&poll, room)?;
        let (events, tasks) = (Events::with_capacity(events), Slab::with_capacity(room));
        Ok(Engine { poll, events, hub, tasks, work: Work::default(), rounds: 0 })
    }

    /// Where it is reached.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Drives until its hub is closed and no task is left.
    pub fn run(mut self) {
        loop {
            self.round();
            if self.hub.is_closed() && self.tasks.is_empty() && !self.hub.has_work() {
                return;
            }
            self.wait();
        }
    }

    /// What becomes readable when there is something to do.
    pub(crate) fn fd(&self) -> RawFd {
        self.poll.as_raw_fd()
    }

    /// Polls the tasks that were woken.
    pub(crate) fn round(&mut self) {
        let mut work = std::mem::take(&mut self.work);
        self.hub.take_work(&mut work);
        for task in work.spawned.drain(..) {
            let entry = self.tasks.vacant_entry();
            let key = entry.key();
            let bell = Arc::new(Bell { hub: self.hub.clone(), key, rung: AtomicBool::new(true) });
            let waker = Waker::from(bell.clone());
            entry.insert(Running { task, bell, waker });
            self.poll_task(key);
        }
        for key in work.woken.drain(..) {
            self.poll_task(key);
        }
        self.work = work;
    }

    fn poll_task(&mut self, key: usize) {
        let Some(Running { task, bell, waker }) = self.tasks.get_mut(key) else { return };
        bell.rung.store(false, Ordering::SeqCst);
        let cx = &mut Context::from_waker(waker);
        // A payload's `Drop` may panic: that costs its task, and no other.
        let polled = catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(cx).is_ready()));
        if *polled.as_ref().unwrap_or(&true) {
            let ended = self.tasks.remove(key);
            if polled.is_err() | catch_unwind(AssertUnwindSafe(|| drop(ended))).is_err() {
                tracing::error!("a task panicked");
            }
        }
    }

    /// Waits until there is something to do.
    pub(crate) fn wait(&mut self) {
        self.rounds += 1;
        if self.rounds == ROUNDS || !self.hub.has_work() {
            self.look(None);
        }
    }

    /// Takes note of what has happened to sockets and timers; waits for that, but no longer than
    /// `most`, and not at all if there is something to do. Returns whether that may not be all.
    pub(crate) fn look(&mut self, most: Option<Duration>) -> bool {
        self.rounds = 0;
        let now = Instant::now();
        let until_timer = self.hub.fire_timers(now).map(|at| at - now);
        let timeout = if self.hub.fall_asleep() {
            most.into_iter().chain(until_timer).min()
        } else {
            Some(Duration::ZERO)
        };
        let polled = self.poll.poll(&mut self.events, timeout);
        self.hub.stay_awake();
        match polled {
            Ok(()) => self.events.iter().for_each(|event| self.hub.dispatch(event)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // The arguments are right and the memory is there: it does not happen.
            Err(error) => tracing::error!(%error, "cannot wait for sockets"),
        }
        // If it was something else, the next look is soon enough.
        if until_timer.is_some() && self.events.is_empty() {
            self.hub.fire_timers(Instant::now());
        }
        self.events.iter().count() == self.events.capacity()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.hub.end();
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("tasks", &self.tasks.len()).finish_non_exhaustive()
    }
}
