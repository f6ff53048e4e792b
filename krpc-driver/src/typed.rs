//! Calls of generated clients: messages instead of bytes.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_core::{CallError, InboundReply, Method, RequestId, Sidecars};

use crate::call::{CallFuture, CallRequest, Caller, CancelHandle, Cancelling, Timeout, Wait};
use crate::service::{Codec, MethodInfo, explain};

/// A call of a generated client: plain data until it is started.
///
/// What makes the call decides how its outcome comes. Through the channel of an async adapter it is
/// awaited; through the blocking one, [`wait`](TypedCall::wait) blocks the thread. Both may
/// [`start`](TypedCall::start) several calls first.
///
/// ```
/// use krpc_driver::core::CallError;
/// use krpc_driver::{CallFuture, Caller, Codec, TypedCall, Wait};
///
/// async fn awaited<C, Resp>(call: TypedCall<C, Resp>) -> Result<Resp, CallError>
/// where
///     C: Caller<Pending = CallFuture>,
///     Resp: Codec,
/// {
///     Ok(call.await?.into_inner())
/// }
///
/// fn waited_for<C, Resp>(call: TypedCall<C, Resp>) -> Result<Resp, CallError>
/// where
///     C: Caller<Pending: Wait>,
///     Resp: Codec,
/// {
///     Ok(call.wait()?.into_inner())
/// }
/// ```
#[must_use = "a call does nothing until it is awaited, waited for or started"]
pub struct TypedCall<C, Resp> {
    caller: C,
    request: CallRequest,
    response: PhantomData<fn() -> Resp>,
}

impl<C: Clone, Resp> TypedCall<C, Resp> {
    /// A call of `info` with the message `request`; used by generated code.
    pub fn new(caller: &C, info: &'static MethodInfo, request: &impl Codec) -> Self {
        let method = Method::from_static(info.service, info.name);
        let request = CallRequest::new(method, request.encode());
        TypedCall { caller: caller.clone(), request, response: PhantomData }
    }
}

impl<C, Resp> TypedCall<C, Resp> {
    /// Gives up so long after the call was started.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.timeout = Some(Timeout::After(timeout));
        self
    }

    /// Gives up at `deadline`.
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.request.timeout = Some(Timeout::At(deadline));
        self
    }

    /// Requires an application feature flag of the service.
    pub fn feature(mut self, flag: u32) -> Self {
        self.request.required_features.push(flag);
        self
    }

    /// Adds a sidecar; the first one has index 0. A [`Sidecar`](krpc_core::Sidecar) can be made of
    /// whatever owns the bytes.
    pub fn sidecar(mut self, sidecar: impl Into<Bytes>) -> Self {
        self.request.sidecars.push(sidecar.into());
        self
    }

    /// Adds several sidecars.
    pub fn sidecars(mut self, sidecars: Vec<Bytes>) -> Self {
        self.request.sidecars.extend(sidecars);
        self
    }

    /// Names the attempt, for a method with exactly-once results.
    pub fn request_id(mut self, id: RequestId) -> Self {
        self.request.request_id = Some(id);
        self
    }
}

impl<C: Caller, Resp> TypedCall<C, Resp> {
    /// Starts the call now, instead of when it is awaited or waited for. Keep the client, or a channel,
    /// until it has ended: the last channel that goes takes its calls with it.
    ///
    /// Several calls can be on their way before the first outcome is asked for:
    ///
    /// ```
    /// use krpc_driver::core::CallError;
    /// use krpc_driver::{Caller, Codec, TypedCall, Wait};
    ///
    /// fn both<C: Caller<Pending: Wait>, A: Codec, B: Codec>(
    ///     one: TypedCall<C, A>,
    ///     other: TypedCall<C, B>,
    /// ) -> Result<(A, B), CallError> {
    ///     let (one, other) = (one.start(), other.start());
    ///     Ok((one.wait()?.into_inner(), other.wait()?.into_inner()))
    /// }
    /// ```
    pub fn start(self) -> Typed<C::Pending, Resp> {
        Typed { pending: self.caller.start(self.request), response: PhantomData }
    }
}

impl<C: Caller<Pending: Wait>, Resp: Codec> TypedCall<C, Resp> {
    /// Starts the call and blocks the thread until it has ended.
    ///
    /// # Errors
    ///
    /// What the call ended as, if not with a reply; [`CallError::BadReply`] if the reply is not a
    /// `Resp`.
    pub fn wait(self) -> Result<Response<Resp>, CallError> {
        Response::decode(self.caller.call(self.request)?)
    }
}

impl<C, Resp> IntoFuture for TypedCall<C, Resp>
where
    C: Caller<Pending: Future<Output = Result<InboundReply, CallError>> + Unpin>,
    Resp: Codec,
{
    type Output = Result<Response<Resp>, CallError>;
    type IntoFuture = Typed<C::Pending, Resp>;

    fn into_future(self) -> Self::IntoFuture {
        self.start()
    }
}

impl<C, Resp> fmt::Debug for TypedCall<C, Resp> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedCall").field("request", &self.request).finish_non_exhaustive()
    }
}

/// A call of a generated client that was started: `P` is what its caller has for a call of any
/// type. A future is cancelled as a [`CallFuture`] is, anything else through
/// [`pending`](Typed::pending).
#[must_use = "dropping it cancels the call"]
pub struct Typed<P, Resp> {
    pending: P,
    response: PhantomData<fn() -> Resp>,
}

/// The outcome of a call of a generated client that was started by an async adapter.
pub type TypedFuture<Resp> = Typed<CallFuture, Resp>;

impl<P, Resp> Typed<P, Resp> {
    /// The call without its type.
    pub fn pending(&self) -> &P {
        &self.pending
    }

    /// The call without its type. [`Response::decode`] reads what it comes to.
    pub fn into_pending(self) -> P {
        self.pending
    }
}

impl<P: Wait, Resp: Codec> Typed<P, Resp> {
    /// Blocks the thread until the call has ended.
    ///
    /// # Errors
    ///
    /// What the call ended as, if not with a reply; [`CallError::BadReply`] if the reply is not a
    /// `Resp`.
    pub fn wait(self) -> Result<Response<Resp>, CallError> {
        Response::decode(self.pending.wait()?)
    }
}

impl<Resp> TypedFuture<Resp> {
    /// Cancels the call; see [`CallFuture::cancel`].
    pub fn cancel(&self) -> Cancelling {
        self.pending.cancel()
    }

    /// Something that cancels this call from elsewhere.
    pub fn cancel_handle(&self) -> CancelHandle {
        self.pending.cancel_handle()
    }
}

impl<P, Resp> Future for Typed<P, Resp>
where
    P: Future<Output = Result<InboundReply, CallError>> + Unpin,
    Resp: Codec,
{
    type Output = Result<Response<Resp>, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.pending).poll(cx).map(|reply| Response::decode(reply?))
    }
}

impl<P, Resp> fmt::Debug for Typed<P, Resp> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typed").finish_non_exhaustive()
    }
}

/// A reply as the caller sees it: the message, and the sidecars that came with it.
#[derive(Clone, Debug)]
pub struct Response<T> {
    message: T,
    sidecars: Sidecars,
}

impl<T: Codec> Response<T> {
    /// Reads a reply's message.
    ///
    /// # Errors
    ///
    /// [`CallError::BadReply`] if it does not parse, or lacks a required field.
    pub fn decode(reply: InboundReply) -> Result<Self, CallError> {
        let InboundReply { body, sidecars } = reply;
        let message = T::decode(body).map_err(|error| CallError::BadReply(explain(&error)))?;
        Ok(Response { message, sidecars })
    }
}

impl<T> Response<T> {
    /// The message alone.
    pub fn into_inner(self) -> T {
        self.message
    }

    /// The sidecars.
    pub fn sidecars(&self) -> &Sidecars {
        &self.sidecars
    }

    /// Message and sidecars.
    pub fn into_parts(self) -> (T, Sidecars) {
        (self.message, self.sidecars)
    }
}

impl<T> std::ops::Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.message
    }
}
