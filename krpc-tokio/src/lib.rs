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

mod channel;
mod connect;
mod drive;
mod io;
mod listen;
mod server;
mod socket_file;

pub use krpc_driver::{codegen, core};

pub use channel::{Channel, ChannelBuilder, Connector};
pub use server::{BoundServer, Server, ServerBuilder, ServerHandle};

pub use krpc_core::{
    Budget, CallError, CallStage, CancelOutcome, ClientConfig, ConfigError, ConnectionError,
    ConnectionId, Encryption, ErrorCode, ErrorStatus, Execution, Footers, Method, NegotiationInfo,
    OnCancel, PeerAddr, RequestId, ServerConfig, Sidecar, Sidecars, Stats, StatusCode, Subnet,
    TlsInfo, UserCredentials,
};
#[cfg(feature = "tls")]
pub use krpc_core::{ClientTls, Roots, ServerTls, TlsConfigError, TlsVersions};
pub use krpc_driver::{
    AddressError, Answer, BoxFuture, CONCURRENCY, CallContext, CallFuture, CallRequest, Caller,
    CancelHandle, Cancelling, Codec, ConnectorStats, Dispatcher, HostStats, HostTotals, MethodInfo,
    Negotiations, Opened, QUEUE_LENGTH, RawReply, Reply, Response, Service, ServiceStats, Status,
    Target, Timeout, TypedCall, login_user,
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
