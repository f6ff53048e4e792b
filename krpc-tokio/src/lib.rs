//! Apache Kudu's RPC (KRPC) on tokio: typed clients and servers.
//!
//! * [`Channel`] makes calls; the client that `krpc-build` generates for a service wraps one.
//! * [`Server`] serves [`Service`]s; `krpc-build` makes one of your implementation of its trait.
//!
//! ```
//! use std::time::Duration;
//!
//! use hello::greeter::{Greeter, GreeterClient, GreeterServer};
//! use hello::{HelloReply, HelloRequest};
//! use krpc_tokio::{Answer, CallContext, Channel, Server};
//!
//! // Generated. With a build script, as in the README: krpc_tokio::include_proto!("example.hello");
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
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // The server. Port 0 takes a free one.
//!     let server = Server::builder().add_service(GreeterServer::new(Polite));
//!     let server = server.bind("127.0.0.1:0").await?.serve();
//!     let address = server.local_addrs()[0].to_string();
//!
//!     // The client, which would be another program.
//!     let greeter = GreeterClient::new(Channel::connect(&address)?);
//!     let request = HelloRequest { name: "world".into() };
//!     let reply = greeter.say_hello(&request).timeout(Duration::from_secs(5)).await?;
//!     println!("{}", reply.text);
//! # assert_eq!(reply.text, "Hello world!");
//!
//!     server.shutdown(Duration::from_secs(1)).await;
//!     Ok(())
//! }
//! ```
//!
//! Without generated code, messages are bytes: [`call_raw`](krpc_driver::net::Channel::call_raw).
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
