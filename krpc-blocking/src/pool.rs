//! The threads that run handlers.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use krpc_driver::BoxFuture;
use krpc_reactor::block_on;

/// Runs handlers on up to so many threads, which are started as they are needed and end when the pool
/// is dropped.
///
/// Its queue is bounded by those who fill it: a service has no more jobs in it than its concurrency.
#[derive(Debug)]
pub(crate) struct Pool {
    most: usize,
    threads: AtomicUsize,
    jobs: Sender<BoxFuture<()>>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    jobs: Receiver<BoxFuture<()>>,
    /// Jobs that were given and have not ended.
    load: AtomicUsize,
}

impl Pool {
    pub(crate) fn new(most: usize) -> Self {
        let (sender, jobs) = unbounded();
        let shared = Arc::new(Shared { jobs, load: AtomicUsize::new(0) });
        Pool { most, threads: AtomicUsize::new(0), jobs: sender, shared }
    }

    /// Gives a job to the pool. It is dropped if no thread at all can be started.
    pub(crate) fn run(&self, job: BoxFuture<()>) {
        let load = self.shared.load.fetch_add(1, Ordering::SeqCst) + 1;
        let room = |threads: usize| (threads < self.most.min(load)).then_some(threads + 1);
        if self.threads.fetch_update(Ordering::SeqCst, Ordering::SeqCst, room).is_ok()
            && let Err(error) = self.grow()
        {
            tracing::error!(%error, "cannot start a thread for handlers");
            if self.threads.fetch_sub(1, Ordering::SeqCst) == 1 {
                self.shared.load.fetch_sub(1, Ordering::SeqCst);
                return;
            }
        }
        // The receiver lives as long as this.
        let _ = self.jobs.send(job);
    }

    fn grow(&self) -> io::Result<()> {
        let shared = self.shared.clone();
        let thread = thread::Builder::new().name("krpc-handler".into());
        let spawned = thread.spawn(move || {
            while let Ok(job) = shared.jobs.recv() {
                block_on(job);
                shared.load.fetch_sub(1, Ordering::SeqCst);
            }
        });
        spawned.map(drop)
    }
}
