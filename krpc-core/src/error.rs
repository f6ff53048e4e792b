//! Everything that can go wrong, sorted by whose fault it is.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use krpc_proto::decode::DecodeError;
use krpc_proto::frame::FrameError;
use krpc_proto::preamble::PreambleError;
use krpc_proto::sidecar::SidecarError;
use krpc_proto::{ErrorStatus, text};

use crate::event::{CallId, CancelOutcome, OutboundCall};

/// Why a connection ended. Terminal: the first error is kept and given to every call.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// The peer broke the protocol.
    #[error("peer misbehaved: {0}")]
    PeerMisbehaved(Misbehaviour),
    /// The peer speaks something else, or lacks what we require.
    #[error("peer is incompatible: {0}")]
    PeerIncompatible(Incompatibility),
    /// The peer refused the connection with an error frame. Shared, because every call gets it.
    #[error("{0}")]
    Rpc(Arc<ErrorStatus>),
    /// TLS failed; the text is the TLS library's.
    #[error("TLS failed: {0}")]
    Tls(Arc<str>),
    /// No way to authenticate that both sides accept.
    #[error("authentication failed: {0}")]
    Auth(AuthError),
    /// A timer of ours ran out.
    #[error("{0}")]
    TimedOut(Timer),
    /// The peer went over a limit of ours.
    #[error("{0}")]
    LimitExceeded(LimitExceeded),
    /// The connection took no more calls because too many were given up that the server still owes
    /// a reply, and has closed after the last one.
    #[error(
        "{abandoned} calls were given up that the server still owes a reply, the limit is {limit} (setting: max_abandoned_calls)"
    )]
    Retired {
        /// How many there were.
        abandoned: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The socket failed; reported by the adapter.
    #[error("{0}")]
    Transport(TransportError),
    /// The peer closed the connection.
    #[error("peer closed the connection{}", if *mid_frame { " in the middle of a frame" } else { "" })]
    PeerClosed {
        /// Whether part of a frame had arrived.
        mid_frame: bool,
    },
    /// We closed it.
    #[error("connection was closed locally")]
    LocallyClosed,
    /// We stopped sending in the middle of a request that was given up, because the peer knows no
    /// other way to be told (setting: `on_cancel`), and closed when nothing was left to wait for.
    #[error("connection was given up in the middle of a cancelled request (setting: on_cancel)")]
    Cut,
}

impl From<ErrorStatus> for ConnectionError {
    fn from(status: ErrorStatus) -> Self {
        ConnectionError::Rpc(Arc::new(status))
    }
}

/// How the peer broke the protocol.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Misbehaviour {
    /// A length prefix of zero.
    #[error("length prefix announces a frame of zero bytes")]
    ZeroLength,
    /// The frame's inner lengths do not add up.
    #[error("malformed frame: {0}")]
    Frame(#[from] FrameError),
    /// A message does not parse or lacks a required field.
    #[error("{0}")]
    Message(#[from] DecodeError),
    /// Sidecar offsets out of order or out of bounds.
    #[error("bad sidecars: {0}")]
    Sidecars(#[from] SidecarError),
    /// A frame with a call id that has no place here.
    #[error("call id {got} where {expected} was due")]
    WrongCallId {
        /// What came.
        got: i32,
        /// What should have come.
        expected: &'static str,
    },
    /// A negotiation step out of order.
    #[error("negotiation step {got} where {expected} was due")]
    WrongStep {
        /// What came.
        got: String,
        /// What should have come.
        expected: &'static str,
    },
    /// A negotiation message lacks what its step needs.
    #[error("negotiation message {step} lacks {field}")]
    MissingField {
        /// The step.
        step: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A reply to a call whose request was not sent completely.
    #[error("reply to call {0}, whose request is not completely sent")]
    EarlyReply(CallId),
    /// A reply to a call that is not waiting for one: a second reply, or an invented id.
    #[error("reply to call {0}, which owes none")]
    UnexpectedReply(i32),
    /// A call with the id of one that is still being answered.
    #[error("call id {0} is in flight already")]
    DuplicateCallId(CallId),
    /// A request without a method.
    #[error("call {0} names no method")]
    NoMethod(i32),
}

/// What the peer is instead of what we need.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Incompatibility {
    /// The connection does not begin as KRPC does.
    #[error("{0}")]
    Preamble(#[from] PreambleError),
    /// The server answered in HTTP.
    #[error("the peer speaks HTTP: is this a web server's port?")]
    Http,
    /// The server began with a TLS record.
    #[error("the peer speaks TLS from the first byte: is this an HTTPS port?")]
    Tls,
    /// Encryption is required here and the client cannot.
    #[error("client does not support required TLS encryption")]
    ClientLacksTls,
    /// Encryption is required here and the server cannot.
    #[error("server does not support required TLS encryption")]
    ServerLacksTls,
    /// A plaintext client from an address that is not trusted.
    #[error("unencrypted connections from publicly routable IPs are prohibited")]
    UntrustedPlaintext,
}

/// Why authentication failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The client has nothing to offer.
    #[error("client is not configured with an authentication type")]
    NothingToOffer,
    /// The server has no SASL mechanism.
    #[error("SASL server mechanism list is empty!")]
    NoServerMechanism,
    /// No mechanism that both enable.
    #[error("no SASL mechanism in common: client has {client}, server has {server}")]
    NoCommonMechanism {
        /// The client's list.
        client: String,
        /// The server's list.
        server: String,
    },
    /// The other side chose a type that is not implemented here yet.
    #[error("authentication by {0} is not implemented in this release")]
    NotImplemented(&'static str),
    /// The client offered only types that this server does not know.
    #[error("no authentication type of the client is usable here")]
    NoUsableType,
    /// The mechanism's exchange failed.
    #[error("{0}")]
    Mechanism(String),
}

/// The timers of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Timer {
    /// Connect and negotiation together.
    #[error("negotiation timed out after {0:?} (setting: negotiation_timeout)")]
    Negotiation(Duration),
    /// A frame, or a TLS record, was begun and not finished.
    #[error("{}", slow_frame(*allowed, *announced, *received))]
    Frame {
        /// The time it had.
        allowed: Duration,
        /// The length that its prefix announced, without the prefix; `None` if not even that is
        /// complete.
        announced: Option<u64>,
        /// How much of what was announced has come, or of the prefix.
        received: u64,
    },
    /// The peer takes no bytes.
    #[error("the peer took no byte for {0:?} (setting: write_stall)")]
    WriteStall(Duration),
    /// Nothing happened (server side).
    #[error("connection timed out: idle for {0:?} (setting: keepalive)")]
    Idle(Duration),
    /// We stopped sending in mid-frame, and replies to earlier calls did not come (client side).
    #[error(
        "replies still owed did not come within {0:?} after sending was stopped (setting: drain_timeout)"
    )]
    Drain(Duration),
    /// The client stopped sending in mid-frame, and what it called before took too long (server side).
    #[error(
        "the client stopped sending, and its calls were not answered within {0:?} (setting: half_close_timeout)"
    )]
    HalfClose(Duration),
}

fn slow_frame(allowed: Duration, announced: Option<u64>, received: u64) -> String {
    let (what, of) = match announced {
        Some(bytes) => (format!("a frame of {bytes} bytes"), "it"),
        None => ("a frame".to_owned(), "its length prefix"),
    };
    format!(
        "{what} was begun and not completed within {allowed:?}: {received} bytes of {of} came (setting: frame_timeout)"
    )
}

/// The peer went over a limit of ours. Names the value, the limit and the setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "RPC frame had a length of {size}, but we only support messages up to {limit} bytes long (setting: {setting})"
)]
pub struct LimitExceeded {
    /// What the peer wanted.
    pub size: u64,
    /// What it may.
    pub limit: u64,
    /// The setting that says so.
    pub setting: &'static str,
}

/// What an adapter was doing when the socket failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransportOp {
    /// Looking up a host name.
    Resolve,
    /// Connecting.
    Connect,
    /// Reading.
    Read,
    /// Writing.
    Write,
}

/// A socket error as plain data, so that every call can have a copy.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}: {message}", match op {
    TransportOp::Resolve => "cannot resolve",
    TransportOp::Connect => "cannot connect",
    TransportOp::Read => "read failed",
    TransportOp::Write => "write failed",
})]
pub struct TransportError {
    /// What was being done.
    pub op: TransportOp,
    /// The kind of `std::io::Error`.
    pub kind: io::ErrorKind,
    /// Its text.
    pub message: Arc<str>,
}

impl TransportError {
    /// Keeps kind and text of `error`.
    pub fn new(op: TransportOp, error: &io::Error) -> Self {
        TransportError { op, kind: error.kind(), message: error.to_string().into() }
    }
}

/// Whether the server may have executed a call that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Execution {
    /// Certainly not: its request never left completely, or was aborted by its footer. Retrying is
    /// safe.
    Never,
    /// Possibly.
    Maybe,
}

/// How far a call had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallStage {
    /// Waiting for the connection to be negotiated.
    Negotiating,
    /// Waiting for its turn to be written.
    Queued,
    /// Partly written.
    Sending,
    /// Completely written; the reply was due.
    Sent,
}

impl fmt::Display for CallStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CallStage::Negotiating => "connection negotiation",
            CallStage::Queued => "ON_OUTBOUND_QUEUE",
            CallStage::Sending => "SENDING",
            CallStage::Sent => "SENT",
        })
    }
}

/// Why a call did not succeed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The server answered with an error.
    #[error("Remote error: {0}")]
    Remote(ErrorStatus),
    /// The deadline passed.
    #[error("Timed out: call timed out ({stage})")]
    DeadlineExceeded {
        /// How far the call had come.
        stage: CallStage,
        /// Whether the server may have executed it.
        execution: Execution,
    },
    /// The caller cancelled it.
    #[error("Aborted: call is cancelled")]
    Cancelled {
        /// How far it had come, and what became of the rest.
        outcome: CancelOutcome,
        /// Whether the server may have executed it.
        execution: Execution,
    },
    /// The connection ended.
    #[error("connection lost: {error}")]
    ConnectionLost {
        /// Why.
        error: ConnectionError,
        /// Whether the server may have executed the call.
        execution: Execution,
    },
    /// The reply is not what was asked for.
    #[error("invalid RPC response: {0}")]
    BadReply(String),
    /// The connection takes no call at the moment it was made, or not this call.
    #[error("{0}")]
    Refused(StartCallReason),
}

impl CallError {
    /// Whether the server may have executed the call: `Never` means that a retry is safe.
    pub fn execution(&self) -> Execution {
        match self {
            CallError::DeadlineExceeded { execution, .. }
            | CallError::Cancelled { execution, .. }
            | CallError::ConnectionLost { execution, .. } => *execution,
            CallError::Refused(_) => Execution::Never,
            CallError::Remote(_) | CallError::BadReply(_) => Execution::Maybe,
        }
    }
}

/// Why a call was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartCallReason {
    /// Too many calls wait on this connection.
    #[error("{in_flight} calls are in flight on this connection, the limit (setting: max_calls)")]
    QueueFull {
        /// How many there are.
        in_flight: usize,
    },
    /// The message is larger than we allow ourselves to send.
    #[error("message of {size} bytes exceeds the limit of {limit} (setting: max_message_size)")]
    TooLarge {
        /// Its size as a frame, the numbers in its header counted at their longest.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// More than 10,000 sidecars.
    #[error("All available sidecars already used: {count} given, {limit} allowed")]
    TooManySidecars {
        /// How many were given.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// The call needs more application feature flags than a receiver would read.
    #[error("{count} application feature flags were given, {limit} are allowed")]
    TooManyFeatures {
        /// How many were given.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// The header is longer than a receiver would read: the names in it are.
    #[error("the call's header would have {size} bytes, {limit} are allowed")]
    HeaderTooLong {
        /// Its size, the numbers in it counted at their longest.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// The connection is closing, closed or retired.
    #[error("the connection is closing")]
    Closing,
    /// The call needs application feature flags and the server does not know of any.
    #[error("Not implemented: call requires application feature flags {flags:?}, which the server does not support", flags = .0)]
    NotSupported(Vec<u32>),
}

/// A call that was not taken comes back whole.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct StartCallError {
    /// Why.
    pub reason: StartCallReason,
    /// The call.
    pub call: Box<OutboundCall>,
}

/// Why a reply was not sent as it was given. The client is answered all the same: an error reply
/// takes its place, except for `UnknownCall`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RespondError {
    /// No such call in flight: answered before, or the connection is gone.
    #[error("call {0} is not waiting for a reply")]
    UnknownCall(CallId),
    /// The reply breaks a limit; a receiver would drop the connection, and a C++ client abort.
    #[error("reply cannot be sent: {0}")]
    Invalid(StartCallReason),
}

/// Quotes text chosen by a peer or user for a message, control characters escaped.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    format!("{}", text::escape(bytes))
}
