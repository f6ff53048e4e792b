//! Apache Kudu's RPC (KRPC) without async: typed clients and servers whose calls block the thread.
//!
//! * [`Channel`] makes calls; the client that `krpc-build` generates for a service wraps one.
//! * [`Server`] serves [`Service`]s; `krpc-build` makes one of your implementation of a trait of plain
//!   functions.
//!
//! ```no_run
//! use krpc_blocking::{CallRequest, Channel, Method};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let channel = Channel::connect("kudu-master.example:7051")?;
//! let negotiated = channel.connect_now()?;
//! println!("speaking to Kudu as {:?}", negotiated.user);
//! // Without generated code, messages are bytes; this one is empty.
//! let ping = Method::from_static("kudu.master.MasterService", "Ping");
//! let reply = channel.call_raw(CallRequest::new(ping, ""))?;
//! assert!(reply.body.is_empty());
//! # Ok(())
//! # }
//! ```
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
mod pool;
mod runtime;
mod server;
mod stream;

pub use krpc_driver::api::*;
pub use krpc_driver::{codegen, core, include_proto};

pub use call::{Call, CancelHandle};
pub use channel::{Channel, ChannelBuilder, Connector};
pub use krpc_reactor::Lead;
pub use server::{BoundServer, Server, ServerBuilder, ServerHandle, Threads};
