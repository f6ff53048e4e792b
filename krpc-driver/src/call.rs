//! A call from the caller's side: what to call, and what to poll or wait for.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_core::{CallError, CallId, CancelOutcome, InboundReply, Method, RequestId};

use crate::handle::{Command, Shared};
use crate::sync::{Polled, Settles, Slot};

/// Starts calls: a channel, or the handle of one connection.
///
/// Generated clients make their calls through one. A caller of one's own can stand before another:
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use krpc_driver::{CallRequest, Caller};
///
/// /// Counts the calls that another starts.
/// #[derive(Clone, Debug)]
/// struct Counting<C> {
///     caller: C,
///     calls: Arc<AtomicU64>,
/// }
///
/// impl<C: Caller> Caller for Counting<C> {
///     type Pending = C::Pending;
///
///     fn start(&self, call: CallRequest) -> C::Pending {
///         self.calls.fetch_add(1, Ordering::Relaxed);
///         self.caller.start(call)
///     }
/// }
/// ```
pub trait Caller: Clone + Send + Sync + 'static {
    /// A call that was started: a future in async adapters, something to wait for in the blocking
    /// one. Dropping it cancels the call. Typed calls can be awaited if it is a future of what a
    /// [`CallFuture`] comes to, and [`Unpin`].
    type Pending;

    /// Starts a call. In async adapters it is on its way when this returns, whether or not the
    /// future is polled.
    fn start(&self, call: CallRequest) -> Self::Pending;

    /// Starts a call and blocks the thread until it has ended.
    ///
    /// # Errors
    ///
    /// What the call ended as, if not with a reply.
    fn call(&self, call: CallRequest) -> Result<InboundReply, CallError>
    where
        Self::Pending: Wait,
    {
        self.start(call).wait()
    }
}

/// A call that was started, and whose outcome a thread waits for.
pub trait Wait {
    /// Blocks the thread until the call has ended.
    ///
    /// # Errors
    ///
    /// What the call ended as, if not with a reply.
    fn wait(self) -> Result<InboundReply, CallError>;
}

/// When to give up on a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// So long after the call was started.
    After(Duration),
    /// At this time.
    At(Instant),
}

impl Timeout {
    pub(crate) fn deadline(self, now: impl FnOnce() -> Instant) -> Option<Instant> {
        match self {
            // Later than time can be counted is never.
            Timeout::After(timeout) => now().checked_add(timeout),
            Timeout::At(deadline) => Some(deadline),
        }
    }
}

/// A call that was not started yet.
#[derive(Clone, Debug)]
pub struct CallRequest {
    /// What to call.
    pub method: Method,
    /// The encoded request message.
    pub body: Bytes,
    /// Sidecars, at most 10,000; which is which is said by indexes in the body.
    pub sidecars: Vec<Bytes>,
    /// When to give up; `None` for the caller's default.
    pub timeout: Option<Timeout>,
    /// Application feature flags that the service must support.
    pub required_features: Vec<u32>,
    /// For methods with exactly-once results.
    pub request_id: Option<RequestId>,
}

impl CallRequest {
    /// A call without sidecars, timeout or flags.
    pub fn new(method: Method, body: impl Into<Bytes>) -> Self {
        CallRequest {
            method,
            body: body.into(),
            sidecars: Vec::new(),
            timeout: None,
            required_features: Vec::new(),
            request_id: None,
        }
    }
}

/// Where the outcome of a call is put.
pub(crate) type CallSlot = Slot<Result<InboundReply, CallError>, CallRoute>;

/// The way to the connection that carries a call.
#[derive(Clone, Debug)]
pub(crate) struct CallRoute {
    pub(crate) shared: Arc<Shared>,
    /// Known once the connection has taken the call.
    pub(crate) id: Option<CallId>,
}

/// The outcome of a call that was started.
///
/// There are three ways to cancel it, all harmless when repeated and after the call has ended:
///
/// * [`cancel`](CallFuture::cancel) asks for it, and tells when the payload is released and what
///   became of the request;
/// * a [`CancelHandle`] does the same from elsewhere;
/// * dropping the future asks for it and does not wait: the payload is released as soon as the
///   connection's driver comes to it, or when `grace` is over under `OnCancel::Drain`.
///
/// # Panics
///
/// When it is polled again after it was ready.
#[must_use = "dropping the future cancels the call"]
pub struct CallFuture {
    slot: Arc<CallSlot>,
}

impl CallFuture {
    pub(crate) fn new(slot: Arc<CallSlot>) -> Self {
        CallFuture { slot }
    }

    /// Cancels the call, at once; what is returned may be awaited or not. The future itself then ends
    /// as [`CallError::Cancelled`], unless the call had ended before.
    pub fn cancel(&self) -> Cancelling {
        self.cancel_handle().cancel()
    }

    /// Something that cancels this call from elsewhere.
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle { slot: self.slot.clone() }
    }
}

impl Future for CallFuture {
    type Output = Result<InboundReply, CallError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.slot.poll(cx.waker()) {
            Polled::Pending => Poll::Pending,
            Polled::Ready(result) => Poll::Ready(result),
            Polled::Taken => panic!("a call's future was polled after it was ready"),
        }
    }
}

impl Drop for CallFuture {
    fn drop(&mut self) {
        tell(self.slot.abandon());
    }
}

/// Tells the connection that carries a call that nobody wants it any more.
fn tell(route: Option<CallRoute>) {
    // A call that its connection has not taken yet is found called off when it is.
    if let Some(CallRoute { shared, id: Some(id) }) = route {
        // A connection that takes no commands any more has ended the call as well.
        let _ = shared.inbox.push_afterthought(Command::Cancel(id));
    }
}

/// Cancels one call from wherever it is needed. Clones are the same handle; it keeps neither the call
/// nor its payload alive.
#[derive(Clone)]
pub struct CancelHandle {
    slot: Arc<CallSlot>,
}

impl CancelHandle {
    /// Cancels the call, at once; what is returned may be awaited or not.
    pub fn cancel(&self) -> Cancelling {
        tell(self.slot.call_off());
        Cancelling { slot: self.slot.clone() }
    }
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelHandle").finish_non_exhaustive()
    }
}

/// What becomes of a call that was cancelled: ready when its payload is released.
///
/// That is as soon as the connection's driver comes to it, or, for a call in mid-transmission to a
/// peer without footers, within `grace` under `OnCancel::Drain`; only `OnCancel::KeepUntilSent`
/// waits for the network. Dropping it changes nothing.
#[must_use = "the call is cancelled in any case, but this tells when its payload is released"]
pub struct Cancelling {
    slot: Arc<CallSlot>,
}

impl Future for Cancelling {
    type Output = CancelOutcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CancelOutcome> {
        self.slot.watch(cx.waker()).map_or(Poll::Pending, Poll::Ready)
    }
}

impl fmt::Debug for Cancelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancelling").finish_non_exhaustive()
    }
}

impl Settles for Result<InboundReply, CallError> {
    fn outcome(&self) -> CancelOutcome {
        match self {
            Err(CallError::Cancelled { outcome, .. }) => *outcome,
            _ => CancelOutcome::AlreadyDone,
        }
    }
}

impl fmt::Debug for CallFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture").finish_non_exhaustive()
    }
}
