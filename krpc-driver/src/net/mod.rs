//! Channels and servers over the sockets, tasks and timers of any runtime.
//!
//! An adapter implements [`Runtime`], names the types of this module for its users, and that is all.
//! Everything about sockets that is no runtime's own is here: which options they have, how one of
//! several addresses is chosen, what happens to the files of UNIX sockets, how long goodbyes take.

mod accept;
mod channel;
mod connect;
mod drive;
mod io;
mod listen;
mod server;
mod socket_file;

use std::fmt;
use std::future::Future;
use std::io::Result;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::pump::Socket;
use crate::service::BoxFuture;

pub use channel::{Channel, ChannelBuilder, ChannelSettings, Connector, Connects, table};
pub use connect::{client, fail};
pub use io::{read, read_vectored, shutdown_write, write, write_vectored};
pub use listen::Listener;
pub use server::{Binds, BoundServer, Server, ServerBuilder, ServerHandle};

/// What a runtime does in its own way.
pub trait Runtime: Clone + fmt::Debug + Send + Sync + 'static {
    /// A connected socket.
    type Stream: Stream;
    /// A listening socket.
    type Listener: fmt::Debug + Send + Sync + 'static;
    /// A timer.
    type Timer: Timer;

    /// The present time, never less than before.
    fn now(&self) -> Instant;

    /// A timer that is not set. It may make nothing of the runtime's until it is: idle connections
    /// have one each.
    fn timer(&self) -> Self::Timer;

    /// Whether there is a runtime that tasks can be spawned on.
    ///
    /// # Errors
    ///
    /// What is missing.
    fn ready(&self) -> Result<()> {
        Ok(())
    }

    /// Runs a task in the background. Where that cannot be, the task is dropped.
    fn spawn(&self, task: BoxFuture<()>);

    /// The runtime on which a connection that was accepted is driven. By default this one.
    fn home(&self, stream: &Self::Stream) -> Self {
        let _ = stream;
        self.clone()
    }

    /// Looks a host name up.
    fn resolve(
        &self,
        host: String,
        port: u16,
    ) -> impl Future<Output = Result<Vec<SocketAddr>>> + Send;

    /// Connects to one address.
    fn connect(&self, to: SocketAddr) -> impl Future<Output = Result<Self::Stream>> + Send;

    /// Takes over a UNIX socket that is connected and non-blocking.
    ///
    /// # Errors
    ///
    /// Those of the runtime.
    fn unix_stream(&self, connected: UnixStream) -> Result<Self::Stream>;

    /// Takes over a socket that listens and is non-blocking.
    ///
    /// # Errors
    ///
    /// Those of the runtime.
    fn listener(&self, listening: Listening) -> Result<Self::Listener>;

    /// Waits for a connection.
    fn accept(
        &self,
        listener: &Self::Listener,
    ) -> impl Future<Output = Result<Self::Stream>> + Send;
}

/// A runtime that is found where it is needed, so that nobody has to name it.
pub trait Ambient: Runtime {
    /// The runtime around the caller, or the one that will be around those who need it.
    fn ambient() -> Self;

    /// The connector of channels that were given none.
    fn process_wide() -> &'static Connector<Self>;
}

/// A socket that listens, as the standard library has it.
#[derive(Debug)]
pub enum Listening {
    /// At a TCP port.
    Tcp(std::net::TcpListener),
    /// At the path of a UNIX socket, or at an abstract name.
    Unix(UnixListener),
}

/// A connected socket of a runtime.
pub trait Stream: AsFd + Send + Sync + 'static {
    /// The socket during one turn.
    type Io<'a>: Socket
    where
        Self: 'a;

    /// The socket for one turn: it wakes `waker` once what blocked goes on.
    fn io<'a>(&'a mut self, waker: &'a Waker) -> Self::Io<'a>;
}

/// A timer of a runtime.
pub trait Timer: Send + 'static {
    /// Sets it; what it was set to before is forgotten.
    fn set(&mut self, at: Instant);

    /// Ready once its time has come; it is polled again only after it was set again.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}
