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

pub use krpc_driver::api::*;
pub use krpc_driver::{codegen, core, include_proto};

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
