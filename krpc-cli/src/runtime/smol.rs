//! The executor that smol's channels and servers run on.

use std::future::pending;
use std::sync::{Arc, OnceLock};
use std::thread;

use async_executor::Executor;
use krpc_smol::Smol;

/// Threads that run its tasks, and see to sockets and timers when there are none.
const THREADS: usize = 2;

/// The process's own, which is started when it is first asked for.
pub(super) fn runtime() -> Smol {
    static EXECUTOR: OnceLock<Arc<Executor<'static>>> = OnceLock::new();
    EXECUTOR.get_or_init(start).into()
}

fn start() -> Arc<Executor<'static>> {
    let executor = Arc::new(Executor::new());
    for _ in 0..THREADS {
        let executor = executor.clone();
        thread::spawn(move || async_io::block_on(executor.run(pending::<()>())));
    }
    executor
}
