//! Apache Kudu's RPC (KRPC) on tokio: typed clients and servers.
//!
//! * [`Channel`] makes calls; the client that `krpc-build` generates for a service wraps one.
//! * [`Server`] serves [`Service`]s; `krpc-build` makes one of your implementation of its trait.
//!
//! ```no_run
//! use krpc_tokio::{CallRequest, Channel, Method};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let channel = Channel::connect("kudu-master.example:7051")?;
//! let negotiated = channel.connect_now().await?;
//! println!("speaking to Kudu as {:?}", negotiated.user);
//! // Without generated code, messages are bytes; this one is empty.
//! let ping = Method::from_static("kudu.master.MasterService", "Ping");
//! let reply = channel.call_raw(CallRequest::new(ping, "")).await?;
//! assert!(reply.body.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! The protocol is in `krpc-core`, what adapters have in common in `krpc-driver`; this crate adds
//! tokio's sockets, timer and tasks.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod io;
mod runtime;

pub use krpc_driver::{codegen, core};

pub use io::{Io, Stream};
pub use runtime::{Alarm, Listener, Tokio};

/// Makes calls to one server; see [`krpc_driver::net::Channel`].
pub type Channel = krpc_driver::net::Channel<Tokio>;

/// Settings of a channel; see [`krpc_driver::net::ChannelBuilder`].
pub type ChannelBuilder = krpc_driver::net::ChannelBuilder<Connector>;

/// Makes channels that share connections; see [`krpc_driver::net::Connector`].
pub type Connector = krpc_driver::net::Connector<Tokio>;

/// Serves services; see [`krpc_driver::net::Server`].
pub type Server = krpc_driver::net::Server<Tokio>;

/// Settings of a server; see [`krpc_driver::net::ServerBuilder`].
pub type ServerBuilder = krpc_driver::net::ServerBuilder<Tokio>;

/// A server that listens and does not accept yet; see [`krpc_driver::net::BoundServer`].
pub type BoundServer = krpc_driver::net::BoundServer<Tokio>;

/// A running server; see [`krpc_driver::net::ServerHandle`].
pub type ServerHandle = krpc_driver::net::ServerHandle<Tokio>;

pub use krpc_core::{
    Budget, CallError, CallStage, CancelOutcome, ClientConfig, ConfigError, ConnectionError,
    ConnectionId, Encryption, ErrorCode, ErrorStatus, Execution, Footers, Method, NegotiationInfo,
    OnCancel, PeerAddr, RequestId, ServerConfig, Sidecar, Sidecars, Stats, StatusCode, Subnet,
    TlsInfo, UserCredentials,
};
#[cfg(feature = "tls")]
pub use krpc_core::{ClientTls, Roots, ServerTls, TlsConfigError, TlsVersions};
pub use krpc_driver::{
    AddressError, Answer, AsyncCaller, BoxFuture, CONCURRENCY, CallContext, CallFuture,
    CallRequest, CancelHandle, Cancelling, Codec, ConnectorStats, Dispatcher, HostStats,
    HostTotals, MethodInfo, Negotiations, Opened, QUEUE_LENGTH, RawReply, Reply, Response, Service,
    ServiceStats, Status, Target, Timeout, TypedCall, login_user,
};

/// Includes what `krpc-build` generated for a protobuf package in the build script.
///
/// ```ignore
/// mod hello {
///     krpc_tokio::include_proto!("example.hello");
/// }
/// ```
#[macro_export]
macro_rules! include_proto {
    ($package:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $package, ".rs"));
    };
}
