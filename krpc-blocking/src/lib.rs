//! Apache Kudu's RPC (KRPC) without async: typed clients and servers whose calls block the thread.
//!
//! * [`Channel`] makes calls; the client that `krpc-build` generates for a service wraps one.
//! * [`Server`] serves [`Service`]s; `krpc-build` makes one of your implementation of a trait of plain
//!   functions.
//!
//! ```
//! use std::time::Duration;
//!
//! use hello::greeter::{BlockingGreeter, BlockingGreeterServer, GreeterClient};
//! use hello::{HelloReply, HelloRequest};
//! use krpc_blocking::{Answer, CallContext, Channel, Server};
//!
//! // Generated. With a build script, as in the README: krpc_blocking::include_proto!("example.hello");
//! # #[path = "../examples/hello/generated.rs"]
//! # mod hello;
//!
//! struct Polite;
//!
//! impl BlockingGreeter for Polite {
//!     fn say_hello(&self, _: CallContext, req: HelloRequest) -> Answer<HelloReply> {
//!         Ok(HelloReply { text: format!("Hello {}!", req.name) }.into())
//!     }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // The server. Port 0 takes a free one.
//!     let server = Server::builder().add_service(BlockingGreeterServer::new(Polite));
//!     let server = server.bind("127.0.0.1:0")?.serve()?;
//!     let address = server.local_addrs()[0].to_string();
//!
//!     // The client, which would be another program.
//!     let greeter = GreeterClient::new(Channel::connect(&address)?);
//!     let request = HelloRequest { name: "world".into() };
//!     let reply = greeter.say_hello(&request).timeout(Duration::from_secs(5)).wait()?;
//!     println!("{}", reply.text);
//! # assert_eq!(reply.text, "Hello world!");
//!
//!     server.shutdown(Duration::from_secs(1));
//!     Ok(())
//! }
//! ```
//!
//! A build script generates for this adapter with `.codegen_path("::krpc_blocking::codegen")` and
//! `.blocking_server(true)`; the page of `krpc-build` shows one. Without generated code, messages are
//! bytes: [`Channel::call_raw`].
//!
//! # Who drives a connection
//!
//! There is no thread per connection. Of the threads that wait for calls on a connection one leads: it
//! writes, reads, and keeps the time for all of them, until its own call has ended; then another does.
//! While nobody waits, the connector's one thread looks after the connection. [`Lead::Keeper`] makes
//! that thread do everything, which costs each call a hand-over.
//!
//! The protocol is in `krpc-core`, what adapters have in common in `krpc-driver`.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod call;
mod channel;
mod runtime;
mod server;
mod stream;

pub use krpc_driver::api::*;
pub use krpc_driver::{codegen, core, include_proto};

pub use call::{Call, CancelHandle};
pub use channel::{Channel, ChannelBuilder, Connector};
pub use krpc_reactor::Lead;
pub use server::{BoundServer, Server, ServerBuilder, ServerHandle, Threads};
