//! What a service is made of, on either side: methods, messages, replies, errors.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use krpc_core::proto::decode::{self, DecodeError};
use krpc_core::proto::required::Required;
use krpc_core::{ErrorCode, ErrorStatus, OutboundReply, StatusCode};

use crate::context::CallContext;

/// A boxed future that may move between threads.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// An encoded reply with its sidecars.
pub type RawReply = OutboundReply;

/// What is known of a method at compile time, Kudu's options included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodInfo {
    /// Full service name, such as `kudu.master.MasterService`.
    pub service: &'static str,
    /// Method name as in the `.proto` file.
    pub name: &'static str,
    /// `(kudu.rpc.track_rpc_result)`: results are kept for retries of the same request.
    pub track_rpc_result: bool,
    /// `(kudu.rpc.authz_method)`, or the service's `(kudu.rpc.default_authz_method)`.
    pub authz_method: Option<&'static str>,
}

mod sealed {
    pub trait Sealed {}
    impl<M: prost::Message + Default + super::Required + Send + 'static> Sealed for M {}
}

/// A message that can travel: implemented for every message that `krpc-build` generates.
pub trait Codec: sealed::Sealed + Sized + Send + 'static {
    /// The message's bytes.
    fn encode(&self) -> Bytes;

    /// Reads a message.
    ///
    /// # Errors
    ///
    /// When the bytes do not parse, or a required field is missing.
    fn decode(body: Bytes) -> Result<Self, DecodeError>;
}

impl<M: prost::Message + Default + Required + Send + 'static> Codec for M {
    fn encode(&self) -> Bytes {
        self.encode_to_vec().into()
    }

    fn decode(body: Bytes) -> Result<Self, DecodeError> {
        decode::message(body)
    }
}

/// What is wrong with a message, in Kudu's words where it has some.
pub(crate) fn explain(error: &DecodeError) -> String {
    match error {
        DecodeError::MissingFields { fields, .. } => {
            format!("missing fields: {}", fields.join(", "))
        }
        error => error.to_string(),
    }
}

/// A service as the server sees it; generated code implements it for the services of users.
pub trait Service: Send + Sync + 'static {
    /// Full service name.
    fn name(&self) -> &'static str;

    /// The methods; their places are their numbers in [`Service::call`].
    fn methods(&self) -> &'static [MethodInfo];

    /// Whether an application feature flag is supported.
    fn supports_feature(&self, flag: u32) -> bool {
        let _ = flag;
        false
    }

    /// Whether handlers of the method with that number usually finish without waiting: then each
    /// is polled once where its call was read, and only spawned if it has to wait after all. One
    /// that computes for long holds up its connection meanwhile, and everything else that its
    /// thread drives.
    ///
    /// Asked once for each method, when the service is added to a dispatcher. A call that had to
    /// wait for others of its service is spawned in any case.
    fn inline(&self, method: usize) -> bool {
        let _ = method;
        false
    }

    /// Handles a call of the method with that number: parse, authorize, handle.
    fn call(
        &self,
        method: usize,
        cx: CallContext,
        body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>>;
}

impl fmt::Debug for dyn Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Service").field(&self.name()).finish()
    }
}

/// What a handler comes to: short for what the generated traits say.
pub type Answer<T> = Result<Reply<T>, ErrorStatus>;

/// A handler's answer: the message and its sidecars.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply<T> {
    message: T,
    sidecars: Vec<Bytes>,
}

impl<T> Reply<T> {
    /// A reply without sidecars.
    pub fn new(message: T) -> Self {
        Reply { message, sidecars: Vec::new() }
    }

    /// Adds a sidecar.
    pub fn sidecar(mut self, sidecar: impl Into<Bytes>) -> Self {
        self.sidecars.push(sidecar.into());
        self
    }

    /// Adds a sidecar and returns its index, for the message to mention.
    pub fn add_sidecar(&mut self, sidecar: impl Into<Bytes>) -> u32 {
        self.sidecars.push(sidecar.into());
        u32::try_from(self.sidecars.len() - 1).unwrap_or(u32::MAX)
    }

    /// The message, to fill in.
    pub fn message_mut(&mut self) -> &mut T {
        &mut self.message
    }
}

impl<T: Codec> Reply<T> {
    /// Encodes the message.
    pub fn into_raw(self) -> RawReply {
        RawReply { body: self.message.encode(), sidecars: self.sidecars }
    }
}

impl<T> From<T> for Reply<T> {
    fn from(message: T) -> Self {
        Reply::new(message)
    }
}

/// Why a handler could not do what was asked, in the terms of Kudu's `Status`.
///
/// Becomes an `ERROR_APPLICATION` reply; Kudu's clients show it as `Remote error: <code text>:
/// <message>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// What kind of failure.
    pub code: StatusCode,
    /// What exactly.
    pub message: String,
}

macro_rules! constructors {
    ($($name:ident => $code:ident, $text:literal;)*) => {
        impl Status {
            $(
                #[doc = concat!("`", $text, ": <message>`")]
                pub fn $name(message: impl Into<String>) -> Self {
                    Status::new(StatusCode::$code, message)
                }
            )*
        }
    };
}

constructors! {
    not_found => NotFound, "Not found";
    invalid_argument => InvalidArgument, "Invalid argument";
    not_authorized => NotAuthorized, "Not authorized";
    not_supported => NotSupported, "Not implemented";
    already_present => AlreadyPresent, "Already present";
    illegal_state => IllegalState, "Illegal state";
    runtime_error => RuntimeError, "Runtime error";
    io_error => IoError, "IO error";
    corruption => Corruption, "Corruption";
    aborted => Aborted, "Aborted";
    service_unavailable => ServiceUnavailable, "Service unavailable";
    timed_out => TimedOut, "Timed out";
}

impl Status {
    /// A status of any code.
    pub fn new(code: StatusCode, message: impl Into<String>) -> Self {
        Status { code, message: message.into() }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.text(), self.message)
    }
}

impl std::error::Error for Status {}

impl From<Status> for ErrorStatus {
    fn from(status: Status) -> Self {
        ErrorStatus::new(ErrorCode::ErrorApplication, status.code, status.message)
    }
}
