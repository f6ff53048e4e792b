//! Tasks, and what makes them go on. Whoever holds an engine drives it: a caller who waits, the
//! keeper, or a thread of a server.

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

use krpc_driver::BoxFuture;
use mio::{Events, Poll};

use crate::hub::{Hub, Work};

/// Events taken from the system at a time.
const EVENTS: usize = 256;

/// Rounds of work between two looks at the sockets, if there is always more work.
const ROUNDS: u32 = 16;

pub(crate) struct Engine {
    poll: Poll,
    events: Events,
    hub: Hub,
    tasks: Vec<Option<Task>>,
    free: Vec<usize>,
    /// Empty between rounds; kept for its memory.
    work: Work,
    rounds: u32,
}

struct Task {
    future: BoxFuture<()>,
    bell: Arc<Bell>,
    waker: Waker,
}

/// Wakes a task.
struct Bell {
    hub: Hub,
    id: usize,
    rung: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            self.hub.wake_task(self.id);
        }
    }
}

impl Engine {
    /// An engine without tasks.
    pub(crate) fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let hub = Hub::new(&poll)?;
        let (tasks, free) = (Vec::new(), Vec::new());
        let events = Events::with_capacity(EVENTS);
        Ok(Engine { poll, events, hub, tasks, free, work: Work::default(), rounds: 0 })
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// What becomes readable when there is something to do.
    pub(crate) fn fd(&self) -> RawFd {
        self.poll.as_raw_fd()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tasks.len() == self.free.len()
    }

    /// Polls the tasks that were woken.
    pub(crate) fn round(&mut self) {
        let mut work = std::mem::take(&mut self.work);
        self.hub.take_work(&mut work);
        for future in work.spawned.drain(..) {
            let id = self.free.pop().unwrap_or_else(|| {
                self.tasks.push(None);
                self.tasks.len() - 1
            });
            let bell = Arc::new(Bell { hub: self.hub.clone(), id, rung: AtomicBool::new(true) });
            let waker = Waker::from(bell.clone());
            self.tasks[id] = Some(Task { future, bell, waker });
            self.poll_task(id);
        }
        for id in work.woken.drain(..) {
            self.poll_task(id);
        }
        self.work = work;
    }

    fn poll_task(&mut self, id: usize) {
        let Some(task) = &mut self.tasks[id] else { return };
        task.bell.rung.store(false, Ordering::SeqCst);
        let cx = &mut Context::from_waker(&task.waker);
        // A payload's `Drop` may panic: that costs its connection, and no other.
        let polled = catch_unwind(AssertUnwindSafe(|| task.future.as_mut().poll(cx)));
        let over = match polled {
            Ok(poll) => poll.is_ready(),
            Err(_) => {
                tracing::error!("a connection's task panicked");
                true
            }
        };
        if over {
            let task = self.tasks[id].take();
            self.free.push(id);
            if catch_unwind(AssertUnwindSafe(|| drop(task))).is_err() {
                tracing::error!("dropping a connection's task panicked");
            }
        }
    }

    /// Waits until there is something to do, but no longer than `most`.
    pub(crate) fn wait(&mut self, most: Option<Duration>) {
        self.rounds += 1;
        if self.rounds < ROUNDS && self.hub.has_work() {
            return;
        }
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
        if until_timer.is_some() {
            self.hub.fire_timers(Instant::now());
        }
    }

    /// When the next timer fires.
    pub(crate) fn next_timer(&self) -> Option<Instant> {
        self.hub.next_timer()
    }

    /// Drives until the hub is closed and no task is left.
    pub(crate) fn run(mut self) {
        loop {
            self.round();
            if self.hub.is_closed() && self.is_empty() && !self.hub.has_work() {
                return;
            }
            self.wait(None);
        }
    }
}
