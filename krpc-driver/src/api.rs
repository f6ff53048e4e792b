//! What users of every adapter need besides its own types: each re-exports all of it.

pub use crate::{
    AddressError, Answer, BoxFuture, CONCURRENCY, CallContext, CallFuture, CallRequest, Caller,
    CancelHandle, Cancelling, Codec, ConnectorStats, Dispatcher, HostStats, HostTotals, MethodInfo,
    Negotiations, Opened, QUEUE_LENGTH, RawReply, Reply, Response, Service, ServiceStats, Status,
    Target, Timeout, Typed, TypedCall, TypedFuture, Wait, login_user,
};
pub use bytes::Bytes;
pub use krpc_core::{
    Budget, CallError, CallStage, CancelOutcome, ClientConfig, ConfigError, ConnectionError,
    ConnectionId, Encryption, ErrorCode, ErrorStatus, Execution, Footers, Method, NegotiationInfo,
    OnCancel, PeerAddr, RequestId, ServerConfig, Sidecar, Sidecars, Stats, StatusCode, Subnet,
    TlsInfo, UserCredentials,
};
#[cfg(feature = "tls")]
pub use krpc_core::{ClientTls, Roots, ServerTls, TlsConfigError, TlsVersions};
