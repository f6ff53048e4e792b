//! Apache Kudu's RPC (KRPC) on smol, on async-std, and on any other executor whose sockets have the
//! traits of `futures-io`: typed clients and servers.
//!
//! * [`Smol`] is the runtime: sockets, and a closure that spawns tasks on the executor of your choice.
//! * [`Connector`] makes [`Channel`]s, which make calls; the client that `krpc-build` generates for a
//!   service wraps one.
//! * [`Server`] serves [`Service`]s; `krpc-build` makes one of your implementation of its trait.
//!
//! ```
//! use std::time::Duration;
//!
//! use hello::greeter::{Greeter, GreeterClient, GreeterServer};
//! use hello::{HelloReply, HelloRequest};
//! use krpc_smol::{Answer, CallContext, ClientConfig, Connector, Server, Smol, login_user};
//!
//! // Generated. With a build script, as in the README: krpc_smol::include_proto!("example.hello");
//! # #[path = "../examples/hello/generated.rs"]
//! # mod hello;
//!
//! struct Polite;
//!
//! impl Greeter for Polite {
//!     async fn say_hello(&self, _: CallContext, req: HelloRequest) -> Answer<HelloReply> {
//!         Ok(HelloReply { text: format!("Hello {}!", req.name) }.into())
//!     }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     smol::block_on(async {
//!         // Whatever runs tasks: here smol's global executor.
//!         let runtime = Smol::new(|task| smol::spawn(task).detach());
//!
//!         // The server. Port 0 takes a free one.
//!         let server = Server::on(runtime.clone()).add_service(GreeterServer::new(Polite));
//!         let server = server.bind("127.0.0.1:0").await?.serve();
//!         let address = server.local_addrs()[0].to_string();
//!
//!         // The client, which would be another program.
//!         let connector = Connector::on(runtime, ClientConfig::new(login_user()));
//!         let greeter = GreeterClient::new(connector.channel(&address)?);
//!         let request = HelloRequest { name: "world".into() };
//!         let reply = greeter.say_hello(&request).timeout(Duration::from_secs(5)).await?;
//!         println!("{}", reply.text);
//! # assert_eq!(reply.text, "Hello world!");
//!
//!         server.shutdown(Duration::from_secs(1)).await;
//!         Ok(())
//!     })
//! }
//! ```
//!
//! A build script generates for this adapter with `.codegen_path("::krpc_smol::codegen")`; the page of
//! `krpc-build` shows one. Without generated code, messages are bytes:
//! [`call_raw`](krpc_driver::net::Channel::call_raw).
//!
//! # Executors and sockets
//!
//! smol's is not the only one: `Smol::from(&executor)` takes an [`async_executor::Executor`] that you
//! run yourself, under a bare `block_on` if you like; a closure takes anything else. By default,
//! sockets and timers are those of `async-io`, which has a thread of its own for the process, and none
//! while somebody is in its `block_on`. [`Smol::with_sockets`] takes other sockets: implement
//! [`Sockets`], as the workspace's tests do for async-std (`tests/async_std/sockets.rs`).
//!
//! Writing to a socket that its peer has closed raises SIGPIPE, which Rust programs ignore from their
//! start; one whose `main` is not Rust's has to.
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
pub use sockets::{AsyncIo, Connected, Either, Sockets};

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
