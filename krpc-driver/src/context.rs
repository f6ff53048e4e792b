//! What a handler knows of its call.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use krpc_core::{CallId, InboundCall, NegotiationInfo, PeerAddr, RequestId, Sidecars};

use crate::service::MethodInfo;
use crate::sync::{Mutex, lock, wake};

/// What a handler knows of its call besides the message.
#[derive(Clone)]
pub struct CallContext {
    session: Arc<Session>,
    method: &'static MethodInfo,
    id: CallId,
    received: Instant,
    deadline: Option<Instant>,
    timeout: Option<Duration>,
    required_features: Vec<u32>,
    request_id: Option<RequestId>,
    sidecars: Sidecars,
    transfer_size: usize,
}

impl CallContext {
    /// Everything but the body.
    pub(crate) fn new(
        session: Arc<Session>,
        method: &'static MethodInfo,
        call: &mut InboundCall,
    ) -> Self {
        CallContext {
            session,
            method,
            id: call.id,
            received: call.received,
            deadline: call.deadline,
            timeout: call.timeout,
            required_features: std::mem::take(&mut call.required_features),
            request_id: call.request_id.take(),
            sidecars: std::mem::take(&mut call.sidecars),
            transfer_size: call.transfer_size,
        }
    }

    /// What is called.
    pub fn method(&self) -> &'static MethodInfo {
        self.method
    }

    /// The call's number on its connection.
    pub fn call_id(&self) -> CallId {
        self.id
    }

    /// When the call's last byte was received.
    pub fn received(&self) -> Instant {
        self.received
    }

    /// When the client gives up; `None` if it said nothing. A later reply is sent all the same.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The timeout that the client sent.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Application feature flags that the client relies on; all of them are supported.
    pub fn required_features(&self) -> &[u32] {
        &self.required_features
    }

    /// Which attempt of which request this is, for methods with exactly-once results.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }

    /// The request's sidecars. One that is kept pins the memory of the whole request.
    pub fn sidecars(&self) -> &Sidecars {
        &self.sidecars
    }

    /// Bytes of the whole request as it was received.
    pub fn transfer_size(&self) -> usize {
        self.transfer_size
    }

    /// The user's name. Under SASL PLAIN it is what the client says and nothing more.
    pub fn remote_user(&self) -> &str {
        &self.session.negotiation.user
    }

    /// The client's address.
    pub fn peer(&self) -> &PeerAddr {
        &self.session.peer
    }

    /// Our address that the client connected to.
    pub fn local(&self) -> &PeerAddr {
        &self.session.local
    }

    /// How the connection was negotiated: features, authentication, TLS.
    pub fn negotiation(&self) -> &NegotiationInfo {
        &self.session.negotiation
    }

    /// Whether nobody waits for the reply any more, because the connection is gone. Clients have
    /// no other way to call a call off.
    pub fn is_cancelled(&self) -> bool {
        self.session.gone.is_set()
    }

    /// Waits until nobody waits for the reply any more.
    pub fn cancelled(&self) -> Cancelled {
        Cancelled(self.session.gone.wait())
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("service", &self.method.service)
            .field("method", &self.method.name)
            .field("id", &self.id)
            .field("user", &self.remote_user())
            .field("peer", self.peer())
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// Ready when nobody waits for a call's reply any more.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Cancelled(Wait);

impl Future for Cancelled {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

/// What the calls of one connection have in common.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) peer: PeerAddr,
    pub(crate) local: PeerAddr,
    pub(crate) negotiation: NegotiationInfo,
    pub(crate) gone: Arc<Signal>,
}

/// Something that happens once, and any number of tasks that wait for it.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    state: Mutex<SignalState>,
}

#[derive(Debug, Default)]
struct SignalState {
    set: bool,
    waiting: BTreeMap<u64, Waker>,
    next: u64,
}

impl Signal {
    pub(crate) fn is_set(&self) -> bool {
        lock(&self.state).set
    }

    pub(crate) fn set(&self) {
        let waiting = {
            let mut state = lock(&self.state);
            state.set = true;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_values().for_each(wake);
    }

    pub(crate) fn wait(self: &Arc<Self>) -> Wait {
        Wait { signal: self.clone(), place: None }
    }
}

/// Ready when its signal is set.
#[derive(Debug)]
pub(crate) struct Wait {
    signal: Arc<Signal>,
    place: Option<u64>,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker().clone();
        let this = &mut *self;
        let mut state = lock(&this.signal.state);
        if state.set {
            drop(state);
            return Poll::Ready(());
        }
        let place = *this.place.get_or_insert(state.next);
        state.next = state.next.max(place + 1);
        let old = state.waiting.insert(place, waker);
        drop(state);
        drop(old);
        Poll::Pending
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            let old = lock(&self.signal.state).waiting.remove(&place);
            drop(old);
        }
    }
}
