//! Calls that were started.

use std::pin::Pin;
use std::task::{Context, Poll};

use krpc_driver::CallFuture;
use krpc_driver::core::{CallError, CancelOutcome, InboundReply};

use super::blocking::{self, Waiting};

/// A call that was started: the future of its outcome. Dropping it cancels the call.
///
/// # Panics
///
/// When it is polled again after it was ready.
#[must_use = "dropping the future cancels the call"]
#[derive(Debug)]
pub struct Call(pub(super) Kind);

#[derive(Debug)]
pub(super) enum Kind {
    Task(CallFuture),
    Thread(blocking::Call),
}

impl Call {
    /// Cancels the call, at once; what is returned may be awaited or not.
    pub fn cancel(&self) -> Cancelling {
        self.cancel_handle().cancel()
    }

    /// Something that cancels the call from elsewhere.
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle(match &self.0 {
            Kind::Task(call) => Handle::Task(call.cancel_handle()),
            Kind::Thread(call) => Handle::Thread(call.cancel_handle().clone()),
        })
    }
}

impl Future for Call {
    type Output = Result<InboundReply, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Kind::Task(call) => Pin::new(call).poll(cx),
            Kind::Thread(call) => Pin::new(call).poll(cx),
        }
    }
}

/// Cancels a call from wherever it is needed. Clones are the same handle.
#[derive(Clone, Debug)]
pub struct CancelHandle(Handle);

#[derive(Clone, Debug)]
enum Handle {
    Task(krpc_driver::CancelHandle),
    Thread(krpc_blocking::CancelHandle),
}

impl CancelHandle {
    /// Cancels the call, at once; what is returned may be awaited or not.
    pub fn cancel(&self) -> Cancelling {
        Cancelling(match &self.0 {
            Handle::Task(handle) => Outcome::Task(handle.cancel()),
            Handle::Thread(handle) => Outcome::Thread(blocking::cancel(handle)),
        })
    }
}

/// What becomes of a call that was cancelled: ready when its payload is released.
#[must_use = "the call is cancelled in any case, but this tells when its payload is released"]
#[derive(Debug)]
pub struct Cancelling(Outcome);

#[derive(Debug)]
enum Outcome {
    Task(krpc_driver::Cancelling),
    Thread(Waiting<CancelOutcome>),
}

impl Future for Cancelling {
    type Output = CancelOutcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CancelOutcome> {
        match &mut self.0 {
            Outcome::Task(cancelling) => Pin::new(cancelling).poll(cx),
            Outcome::Thread(waiting) => Pin::new(waiting).poll(cx),
        }
    }
}
