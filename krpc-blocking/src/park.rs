//! Threads that wait.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// A thread that can be woken. `std`'s own token would do, if other code of the thread left it alone.
#[derive(Debug)]
pub(crate) struct Parker {
    thread: Thread,
    woken: AtomicBool,
}

thread_local! {
    /// Taken while in use, so that a nested use makes its own.
    static PARKER: RefCell<Option<Arc<Parker>>> = const { RefCell::new(None) };
}

impl Parker {
    /// Lends code the parker of this thread.
    pub(crate) fn with<R>(code: impl FnOnce(&Arc<Parker>) -> R) -> R {
        let kept = PARKER.with(|kept| kept.borrow_mut().take());
        let parker = kept.unwrap_or_else(|| {
            Arc::new(Parker { thread: thread::current(), woken: AtomicBool::new(false) })
        });
        let result = code(&parker);
        PARKER.with(|kept| *kept.borrow_mut() = Some(parker));
        result
    }

    /// Waits until it was woken since the last time.
    pub(crate) fn park(&self) {
        while !self.woken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }

    pub(crate) fn unpark(&self) {
        if !self.woken.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.unpark();
    }
}

/// Waits for a future whose progress others make.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    Parker::with(|parker| {
        let waker = Waker::from(parker.clone());
        loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(value) => return value,
                Poll::Pending => parker.park(),
            }
        }
    })
}
