//! Threads that wait where a future is wanted.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use krpc_driver::CallRequest;
use krpc_driver::core::{CallError, CancelOutcome, InboundReply};
use tokio::sync::oneshot;

/// What a thread of its own comes to. The thread goes on if this is dropped.
#[must_use = "the thread starts at once, but what it comes to is lost"]
#[derive(Debug)]
pub(super) struct Waiting<T>(oneshot::Receiver<T>);

impl<T: Send + 'static> Waiting<T> {
    /// Starts a thread.
    pub(super) fn on_a_thread(wait: impl FnOnce() -> T + Send + 'static) -> Self {
        let (sender, receiver) = oneshot::channel();
        thread::spawn(move || {
            // Nobody may want it any more.
            let _ = sender.send(wait());
        });
        Waiting(receiver)
    }
}

/// # Panics
///
/// If the thread has.
impl<T> Future for Waiting<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let received = Pin::new(&mut self.0).poll(cx);
        received.map(|came| came.expect("a thread that waits does not panic"))
    }
}

/// A call for which a thread waits.
#[derive(Debug)]
pub(super) struct Call {
    ending: Waiting<Result<InboundReply, CallError>>,
    ended: bool,
    handle: krpc_blocking::CancelHandle,
}

impl Call {
    pub(super) fn start(channel: &krpc_blocking::Channel, request: CallRequest) -> Call {
        let call = channel.start_raw(request);
        let handle = call.cancel_handle();
        Call { ending: Waiting::on_a_thread(|| call.wait()), ended: false, handle }
    }

    pub(super) fn cancel_handle(&self) -> &krpc_blocking::CancelHandle {
        &self.handle
    }
}

/// Cancels a call on a thread of its own, because that waits.
pub(super) fn cancel(handle: &krpc_blocking::CancelHandle) -> Waiting<CancelOutcome> {
    let handle = handle.clone();
    Waiting::on_a_thread(move || handle.cancel())
}

impl Future for Call {
    type Output = Result<InboundReply, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = Pin::new(&mut self.ending).poll(cx);
        self.ended = polled.is_ready();
        polled
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            drop(cancel(&self.handle));
        }
    }
}
