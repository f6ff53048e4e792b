//! What every runtime adapter of the Apache Kudu RPC (KRPC) stack shares.
//!
//! `krpc-core` turns bytes into calls and calls into bytes; an adapter (`krpc-tokio`, `krpc-smol`,
//! `krpc-blocking`) has sockets, a timer and tasks. In between lies what would be the same in each of
//! them, and is here: call handles and futures, the driver's turn with its budget, the pump between
//! connection and socket, channels that reconnect, and the dispatch of calls to services. There are
//! wakers and short locks here, but no clock and no spawning: who has them implements
//! [`net::Runtime`], and gets channels and servers for it; `docs/runtime.md` says how.
//!
//! # Who does what
//!
//! * A [`Channel`] or [`Handle`] pushes calls on the inbox of a connection and wakes its driver.
//! * [`ClientDriver`] and [`ServerDriver`] own a connection of `krpc-core`. Whoever holds one calls
//!   [`poll_turn`](ClientDriver::poll_turn) whenever its waker was woken, the socket is ready or
//!   the time has come: a task does that in async runtimes. Exactly one task lies between a handle
//!   and the socket.
//! * A [`Dispatcher`] takes calls from server connections to [`Service`]s, through bounded queues.
//! * A [`Host`] is what the connections of one server share.
//! * [`net`] has the tasks that connect, accept and drive, over the sockets of any runtime.
//!
//! # When things are dropped
//!
//! Every call completes exactly once, whatever happens:
//!
//! | dropped or failing | what happens |
//! | --- | --- |
//! | a call's future | the call is cancelled, and its payload released when the driver comes to it |
//! | the last channel | its connections close, and their calls end as `LocallyClosed` |
//! | the last handle of one connection | calls in flight go on, then the connection closes |
//! | a driver, also in the middle of a turn that panicked | its calls end as `ConnectionLost` |
//! | a handler panics | the caller gets an error reply; the connection lives; [or the process aborts](DispatcherBuilder::abort_on_panic) |
//! | a waker panics | logged; the others are woken |
//! | a payload's `Drop` panics | runs outside every lock; at worst its connection ends, and a second such panic in the same moment aborts, as everywhere in Rust |
//! | a handler's task | its caller hears that the server is shutting down |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod call;
mod channel;
mod client;
mod context;
mod dispatch;
mod gate;
mod handle;
mod login;
mod negotiations;
mod pump;
mod server;
mod service;
mod sync;
mod totals;
mod turn;
mod typed;

pub mod api;
pub mod codegen;
pub mod net;

pub use krpc_core as core;

pub use call::{CallFuture, CallRequest, Caller, CancelHandle, Cancelling, Timeout, Wait};
pub use channel::{AddressError, Channel, Connector, NewConnection, Opener, Openers, Target};
pub use client::ClientDriver;
pub use context::{CallContext, Cancelled};
pub use dispatch::{CONCURRENCY, Dispatcher, DispatcherBuilder, QUEUE_LENGTH, ServiceStats, Spawn};
pub use handle::{Clock, Handle, Opened, connection};
pub use login::login_user;
pub use negotiations::{Admission, Negotiations, Permit};
pub use pump::Socket;
pub use server::{Host, ServerDriver};
pub use service::{Answer, BoxFuture, Codec, MethodInfo, RawReply, Reply, Service, Status};
pub use totals::{ConnectorStats, HostStats, HostTotals};
pub use turn::Turn;
pub use typed::{Response, Typed, TypedCall, TypedFuture};

/// Includes what `krpc-build` generated for a protobuf package in the build script. Adapters re-export
/// it.
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
