//! Calls that were started, and those who cancel them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use krpc_core::{CallError, CancelOutcome, InboundReply};
use krpc_driver::{CallFuture, Wait};
use krpc_reactor::{Crew, block_on};

/// Polls without a task.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// Waits, and drives the connection meanwhile if nobody else does.
pub(crate) fn wait<F: Future + Unpin>(
    crew: Option<&Arc<Crew>>,
    begin: impl FnOnce() -> F,
) -> F::Output {
    match crew {
        Some(crew) => crew.wait(begin, poll),
        // Without sockets everything has ended already.
        None => block_on(begin()),
    }
}

/// A call that was started. Dropping it cancels the call.
///
/// A payload's `Drop` runs on whichever thread drives the connection, and must not make calls on it.
#[must_use = "dropping it cancels the call"]
pub struct Call {
    pub(crate) future: CallFuture,
    pub(crate) crew: Option<Arc<Crew>>,
}

impl Call {
    /// Blocks the thread until the call has ended: with its reply, by its deadline, because it was
    /// cancelled from elsewhere, or because its connection was lost.
    ///
    /// # Errors
    ///
    /// What it ended as, if not with a reply.
    pub fn wait(self) -> Result<InboundReply, CallError> {
        let Call { mut future, crew } = self;
        // Whoever drove may have brought the reply already.
        match poll(&mut future, Waker::noop()) {
            Poll::Ready(result) => result,
            Poll::Pending => wait(crew.as_ref(), || future),
        }
    }

    /// Cancels the call, and waits until its payload is released: no longer than until whoever drives
    /// the connection comes to it, or, for a call in mid-transmission to a peer without footers, for
    /// `grace` under `OnCancel::Drain`; only `OnCancel::KeepUntilSent` waits for the network.
    pub fn cancel(self) -> CancelOutcome {
        self.cancel_handle().cancel()
    }

    /// Something that cancels this call from another thread.
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle { inner: self.future.cancel_handle(), crew: self.crew.clone() }
    }
}

impl Wait for Call {
    fn wait(self) -> Result<InboundReply, CallError> {
        self.wait()
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

/// Cancels one call from any thread. Clones are the same handle.
#[derive(Clone)]
pub struct CancelHandle {
    inner: krpc_driver::CancelHandle,
    crew: Option<Arc<Crew>>,
}

impl CancelHandle {
    /// Cancels the call, and waits until its payload is released; see [`Call::cancel`]. Whoever waits
    /// for the call is told that it was cancelled, unless it had ended before. Harmless when repeated.
    pub fn cancel(&self) -> CancelOutcome {
        wait(self.crew.as_ref(), || self.inner.cancel())
    }
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelHandle").finish_non_exhaustive()
    }
}
