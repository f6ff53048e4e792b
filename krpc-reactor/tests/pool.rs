//! Threads for tasks that block.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;

use krpc_reactor::Pool;

const LONG: Duration = Duration::from_secs(60);

/// Gives so many tasks to a pool, of which each waits at the barrier and tells its thread.
fn run(pool: &Pool, tasks: usize, barrier: &Arc<Barrier>) -> mpsc::Receiver<ThreadId> {
    let (sender, receiver) = mpsc::channel();
    for _ in 0..tasks {
        let (sender, barrier) = (sender.clone(), barrier.clone());
        pool.run(Box::pin(async move {
            barrier.wait();
            sender.send(thread::current().id()).unwrap();
        }));
    }
    receiver
}

#[test]
fn as_many_run_at_once_as_there_may_be_threads() {
    let pool = Pool::new("test", 3);
    let together = Arc::new(Barrier::new(3));
    let mut threads = BTreeSet::new();
    let ended = run(&pool, 30, &together);
    for _ in 0..30 {
        threads.insert(format!("{:?}", ended.recv_timeout(LONG).unwrap()));
    }
    assert_eq!(threads.len(), 3);
}

#[test]
fn a_task_that_panics_harms_no_other() {
    let pool = Pool::new("test", 1);
    pool.run(Box::pin(async { panic!("as asked") }));
    let ended = run(&pool, 1, &Arc::new(Barrier::new(1)));
    ended.recv_timeout(LONG).unwrap();
}

#[test]
fn what_was_given_before_the_drop_is_done() {
    let pool = Pool::new("test", 2);
    let ended = run(&pool, 20, &Arc::new(Barrier::new(2)));
    drop(pool);
    for _ in 0..20 {
        ended.recv_timeout(LONG).unwrap();
    }
}
