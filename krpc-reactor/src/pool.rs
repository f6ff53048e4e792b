//! Threads for tasks that block.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use crate::hub::lock;
use crate::{Task, block_on};

/// Runs tasks that block on up to so many threads, which are started as they are needed and end when the
/// pool is dropped and nothing is left to do.
///
/// Its queue is bounded by those who fill it.
#[derive(Debug)]
pub struct Pool {
    name: &'static str,
    most: usize,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    given: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Task>,
    threads: usize,
    /// Threads that wait for jobs, those included that were woken and have not looked yet.
    idle: usize,
    closed: bool,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("threads", &self.threads).finish_non_exhaustive()
    }
}

impl Shared {
    /// Waits for a job; `None` once there will be no more.
    fn next(&self) -> Option<Task> {
        let mut state = lock(&self.state);
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state.idle += 1;
            state = self.given.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}

impl Pool {
    /// A pool without threads, of which there will be at most so many, with that name.
    pub fn new(name: &'static str, most: usize) -> Self {
        Pool { name, most, shared: Arc::default() }
    }

    /// Gives a task to the pool. It is dropped if no thread at all can be started.
    pub fn run(&self, job: Task) {
        let mut state = lock(&self.shared.state);
        state.jobs.push_back(job);
        if state.idle < state.jobs.len() && state.threads < self.most {
            state.threads += 1;
            drop(state);
            self.grow();
        } else {
            drop(state);
            self.shared.given.notify_one();
        }
    }

    fn grow(&self) {
        let shared = self.shared.clone();
        let thread = thread::Builder::new().name(self.name.into());
        let spawned = thread.spawn(move || {
            while let Some(job) = shared.next() {
                if catch_unwind(AssertUnwindSafe(|| block_on(job))).is_err() {
                    tracing::error!("a task panicked");
                }
            }
        });
        if let Err(error) = spawned {
            tracing::error!(%error, "cannot start a thread for tasks");
            let mut state = lock(&self.shared.state);
            state.threads -= 1;
            let unserved = if state.threads == 0 { state.jobs.pop_back() } else { None };
            // Its drop is the user's: not under the lock.
            drop(state);
            drop(unserved);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        lock(&self.shared.state).closed = true;
        self.shared.given.notify_all();
    }
}
