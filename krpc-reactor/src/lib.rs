//! A small runtime over mio, for code that has threads and wants no runtime.
//!
//! An [`Engine`] has tasks, sockets and timers, and no thread: whoever holds it drives it. There are
//! two ways to hold one:
//!
//! * A thread may [`run`](Engine::run) it to its end, as those of a server do.
//! * A [`Crew`] lends it to the threads that wait for something. One of them leads, and drives for all;
//!   when what it waited for has come, another does. While nobody waits, a [`Keeper`] does: one thread
//!   for any number of crews.
//!
//! Tasks that block are for a [`Pool`], which has threads.
//!
//! ```
//! use std::task::Poll;
//!
//! use krpc_reactor::{Crew, Keeper, Lead};
//!
//! # fn main() -> std::io::Result<()> {
//! let crew = Crew::new(&Keeper::start()?, Lead::Callers)?;
//! let (sender, receiver) = std::sync::mpsc::channel();
//! // Runs on the thread that waits below.
//! let begin = || crew.hub().spawn(Box::pin(async move { sender.send(7).unwrap() }));
//! let answer = crew.wait(begin, |(), _waker| receiver.try_recv().map_or(Poll::Pending, Poll::Ready));
//! assert_eq!(answer, 7);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod crew;
mod engine;
mod hub;
mod pool;
mod socket;
mod timers;

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

pub use crew::{Crew, Keeper, Lead};
pub use engine::Engine;
pub use hub::{Alarm, Hub};
pub use pool::Pool;
pub use socket::{Direction, Socket};

/// What an engine runs.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Blocks the thread until a future is ready whose progress others make.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let (parker, unparker) = parking::pair();
    let waker = Waker::from(unparker);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => parker.park(),
        }
    }
}
