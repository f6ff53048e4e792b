//! Apache Kudu's RPC (KRPC) on smol, on async-std, and on any other executor whose sockets have the
//! traits of `futures-io`: typed clients and servers.
//!
//! * [`Smol`] is the runtime: sockets, and a closure that spawns tasks on the executor of your choice.
//! * [`Connector`] makes [`Channel`]s, which make calls; the client that `krpc-build` generates for a
//!   service wraps one.
//! * [`Server`] serves [`Service`]s; `krpc-build` makes one of your implementation of its trait.
//!
//! ```no_run
//! use krpc_smol::{CallRequest, ClientConfig, Connector, Method, Smol, login_user};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! smol::block_on(async {
//!     // Whatever runs tasks: here smol's global executor.
//!     let runtime = Smol::new(|task| smol::spawn(task).detach());
//!     let connector = Connector::on(runtime, ClientConfig::new(login_user()));
//!     let channel = connector.channel("kudu-master.example:7051")?;
//!     let negotiated = channel.connect_now().await?;
//!     println!("speaking to Kudu as {:?}", negotiated.user);
//!     // Without generated code, messages are bytes; this one is empty.
//!     let ping = Method::from_static("kudu.master.MasterService", "Ping");
//!     let reply = channel.call_raw(CallRequest::new(ping, "")).await?;
//!     assert!(reply.body.is_empty());
//!     Ok(())
//! })
//! # }
//! ```
//!
//! # Executors and sockets
//!
//! smol's is not the only one: `Smol::from(executor)` takes an [`async_executor::Executor`] that you
//! run yourself, under a bare `block_on` if you like; a closure takes anything else. By default,
//! sockets and timers are those of `async-io`, which has a thread of its own for the process, and none
//! while somebody is in its `block_on`. [`Smol::with_sockets`] takes others: implement [`Sockets`], as
//! the example `async_std` of the workspace does for async-std.
//!
//! The protocol is in `krpc-core`, what adapters have in common in `krpc-driver`.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod io;
mod runtime;
mod sockets;

pub use krpc_driver::api::*;
pub use krpc_driver::{codegen, core, include_proto};

pub use io::{Io, Stream};
pub use krpc_driver::net::Listening;
pub use runtime::{Alarm, Smol};
pub use sockets::{AsyncIo, Either, Sockets};

/// Makes calls to one server; see [`krpc_driver::net::Channel`].
pub type Channel<S = AsyncIo> = krpc_driver::net::Channel<Smol<S>>;

/// Settings of a channel; see [`krpc_driver::net::ChannelBuilder`].
pub type ChannelBuilder<S = AsyncIo> = krpc_driver::net::ChannelBuilder<Connector<S>>;

/// Makes channels that share connections; see [`krpc_driver::net::Connector`].
pub type Connector<S = AsyncIo> = krpc_driver::net::Connector<Smol<S>>;

/// Serves services; see [`krpc_driver::net::Server`].
pub type Server<S = AsyncIo> = krpc_driver::net::Server<Smol<S>>;

/// Settings of a server; see [`krpc_driver::net::ServerBuilder`].
pub type ServerBuilder<S = AsyncIo> = krpc_driver::net::ServerBuilder<Smol<S>>;

/// A server that listens and does not accept yet; see [`krpc_driver::net::BoundServer`].
pub type BoundServer<S = AsyncIo> = krpc_driver::net::BoundServer<Smol<S>>;

/// A running server; see [`krpc_driver::net::ServerHandle`].
pub type ServerHandle<S = AsyncIo> = krpc_driver::net::ServerHandle<Smol<S>>;
