//! Handles of one client connection, and what they share with its driver.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use krpc_core::channel::Moved;
use krpc_core::{
    CallError, CallId, CancelOutcome, ClientConfig, ClientConnection, ConnectionError, Execution,
    InboundReply, NegotiationInfo, OutboundCall, Stats,
};

use crate::call::{CallFuture, CallRequest, CallRoute, CallSlot, Caller};
use crate::client::ClientDriver;
use crate::sync::{Inbox, Mutex, Polled, Settles, Slot, lock, shielded, wake};

/// Tells the time. The adapter has one; nothing here reads a clock otherwise.
pub trait Clock: Send + Sync + 'static {
    /// The present time, never less than before.
    fn now(&self) -> Instant;
}

impl<F: Fn() -> Instant + Send + Sync + 'static> Clock for F {
    fn now(&self) -> Instant {
        self()
    }
}

/// What handles ask of a connection's driver.
#[expect(
    clippy::large_enum_variant,
    reason = "most are Start: a box would cost an allocation per call"
)]
#[derive(Debug)]
pub(crate) enum Command {
    Start(Start),
    Cancel(CallId),
    /// Tell when the negotiation has ended.
    Watch(Arc<OpenSlot>),
    /// End the connection now.
    Close,
    /// No more calls will come: end the connection when it has none.
    Release,
}

/// A call to be made.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) slot: Arc<CallSlot>,
    pub(crate) call: OutboundCall,
    /// Whether it was taken back from a connection that was cut, and how often it has failed since.
    pub(crate) moved: Option<Moved>,
}

impl Start {
    pub(crate) fn new(slot: Arc<CallSlot>, call: OutboundCall) -> Self {
        Start { slot, call, moved: None }
    }

    /// Ends the call without having made it. Whom to wake is told by `finished`.
    pub(crate) fn fail(self, error: CallError) -> (Arc<CallSlot>, Result<InboundReply, CallError>) {
        let Start { slot, call, .. } = self;
        shielded("dropping a payload", || drop(call));
        (slot, Err(error))
    }

    /// It was called off before it was made: ends it.
    pub(crate) fn call_off(self) {
        let (slot, end) = self.fail(CallError::Cancelled {
            outcome: CancelOutcome::NotBegun,
            execution: Execution::Never,
        });
        slot.set(end).for_each(wake);
    }
}

/// What handles and driver of one connection share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) inbox: Inbox<Command>,
    published: Mutex<Published>,
}

#[derive(Debug, Default)]
struct Published {
    stats: Stats,
    end: Option<ConnectionError>,
}

impl Shared {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Shared { inbox: Inbox::new(), published: Mutex::default() })
    }

    pub(crate) fn publish_stats(&self, stats: Stats) {
        lock(&self.published).stats = stats;
    }

    pub(crate) fn publish_end(&self, error: ConnectionError) {
        lock(&self.published).end.get_or_insert(error);
    }

    pub(crate) fn stats(&self) -> Stats {
        lock(&self.published).stats
    }

    /// Why the connection takes no commands any more.
    pub(crate) fn end(&self) -> ConnectionError {
        lock(&self.published).end.clone().unwrap_or(ConnectionError::LocallyClosed)
    }
}

/// Where the outcome of a negotiation is put.
pub(crate) type OpenSlot = Slot<Result<NegotiationInfo, ConnectionError>, ()>;

/// Nobody calls a negotiation off.
impl Settles for Result<NegotiationInfo, ConnectionError> {
    fn outcome(&self) -> CancelOutcome {
        CancelOutcome::AlreadyDone
    }
}

/// The outcome of a connection's negotiation. Dropping it changes nothing.
///
/// # Panics
///
/// When it is polled again after it was ready.
#[must_use = "futures do nothing unless polled"]
pub struct Opened(Arc<OpenSlot>);

impl Opened {
    pub(crate) fn new(slot: Arc<OpenSlot>) -> Self {
        Opened(slot)
    }
}

impl Future for Opened {
    type Output = Result<NegotiationInfo, ConnectionError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0.poll(cx.waker()) {
            Polled::Pending => Poll::Pending,
            Polled::Ready(result) => Poll::Ready(result),
            Polled::Taken => panic!("a negotiation's future was polled after it was ready"),
        }
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

/// Makes calls on one connection. Clones are the same handle.
///
/// When the last one is dropped, calls in flight go on, and the connection closes after them.
/// [`Channel`](crate::Channel) is a handle that outlives its connections.
#[derive(Clone)]
pub struct Handle {
    inner: Arc<Owned>,
    clock: Arc<dyn Clock>,
}

/// Says goodbye when it is dropped.
#[derive(Debug)]
pub(crate) struct Owned(pub(crate) Arc<Shared>);

impl Drop for Owned {
    fn drop(&mut self) {
        // A connection that has ended needs no goodbye.
        let _ = self.0.inbox.push_afterthought(Command::Release);
    }
}

/// A connection to be, and a handle to make calls on it already.
///
/// The negotiation timeout runs from `now` on. `clock` stamps the deadlines of calls and must tell
/// the same time as the one who drives.
pub fn connection(
    config: Arc<ClientConfig>,
    clock: Arc<dyn Clock>,
    now: Instant,
) -> (Handle, ClientDriver) {
    let shared = Shared::new();
    let driver = ClientDriver::new(ClientConnection::new(config, now), shared.clone(), None, None);
    (Handle { inner: Arc::new(Owned(shared)), clock }, driver)
}

impl Handle {
    /// Waits until the connection is negotiated, or has failed.
    pub fn opened(&self) -> Opened {
        let slot = Arc::new(OpenSlot::new());
        if self.inner.0.inbox.push(Command::Watch(slot.clone())).is_err() {
            slot.set(Err(self.inner.0.end())).for_each(wake);
        }
        Opened::new(slot)
    }

    /// Counters of the connection, as of when its driver last went to sleep.
    pub fn stats(&self) -> Stats {
        self.inner.0.stats()
    }

    /// Ends the connection. Calls in flight end as `ConnectionLost`.
    pub fn close(&self) {
        // If it has ended already, there is nothing to do.
        let _ = self.inner.0.inbox.push_afterthought(Command::Close);
    }
}

impl Caller for Handle {
    type Pending = CallFuture;

    fn start(&self, request: CallRequest) -> CallFuture {
        let deadline = request.timeout.and_then(|timeout| timeout.deadline(|| self.clock.now()));
        let slot = Arc::new(CallSlot::new());
        let shared = &self.inner.0;
        slot.set_route(CallRoute { shared: shared.clone(), id: None });
        let start = Start::new(slot.clone(), outbound(request, deadline));
        if let Err(Command::Start(start)) = shared.inbox.push(Command::Start(start)) {
            let (error, execution) = (shared.end(), Execution::Never);
            let (slot, end) = start.fail(CallError::ConnectionLost { error, execution });
            slot.set(end).for_each(wake);
        }
        CallFuture::new(slot)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

pub(crate) fn outbound(request: CallRequest, deadline: Option<Instant>) -> OutboundCall {
    OutboundCall {
        method: request.method,
        body: request.body,
        sidecars: request.sidecars,
        deadline,
        required_features: request.required_features,
        request_id: request.request_id,
        outlives_connection: false,
    }
}
