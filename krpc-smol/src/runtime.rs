//! An executor and sockets as the runtime of channels and servers.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use async_executor::Executor;
use krpc_driver::BoxFuture;
use krpc_driver::net::{Listening, Runtime, Timer};

use crate::io::Stream;
use crate::sockets::{AsyncIo, Sockets};

/// What channels and servers run on: an executor, and sockets. Clones are the same.
#[derive(Clone)]
pub struct Smol<S = AsyncIo> {
    spawn: Arc<dyn Fn(BoxFuture<()>) + Send + Sync>,
    sockets: S,
}

impl Smol {
    /// Runs tasks by `spawn`, which gives each to an executor and does not wait for it. A task that is
    /// dropped ends its connection. Tasks keep `spawn`: if it keeps the executor, the executor keeps
    /// itself.
    pub fn new(spawn: impl Fn(BoxFuture<()>) + Send + Sync + 'static) -> Self {
        Self::with_sockets(AsyncIo, spawn)
    }
}

/// Runs tasks on `executor`, which somebody else has to run, and to keep: with the executor everything
/// ends that runs on it.
impl From<&Arc<Executor<'static>>> for Smol {
    fn from(executor: &Arc<Executor<'static>>) -> Self {
        // Its tasks have this, and must not keep it alive.
        let executor = Arc::downgrade(executor);
        Self::new(move |task| {
            if let Some(executor) = executor.upgrade() {
                executor.spawn(task).detach();
            }
        })
    }
}

impl<S: Sockets> Smol<S> {
    /// The same over other sockets than `async-io`'s. Timers stay `async-io`'s.
    pub fn with_sockets(sockets: S, spawn: impl Fn(BoxFuture<()>) + Send + Sync + 'static) -> Self {
        Smol { spawn: Arc::new(spawn), sockets }
    }
}

impl<S: fmt::Debug> fmt::Debug for Smol<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smol").field("sockets", &self.sockets).finish_non_exhaustive()
    }
}

impl<S: Sockets> Runtime for Smol<S> {
    type Stream = Stream<S::Stream>;
    type Listener = S::Listener;
    type Timer = Alarm;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn timer(&self) -> Alarm {
        Alarm(async_io::Timer::never())
    }

    fn spawn(&self, task: BoxFuture<()>) {
        (self.spawn)(task);
    }

    fn resolve(
        &self,
        host: String,
        port: u16,
    ) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send {
        self.sockets.resolve(host, port)
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<Self::Stream> {
        self.sockets.connect(to).await.map(Stream)
    }

    fn unix_stream(&self, connected: UnixStream) -> io::Result<Self::Stream> {
        self.sockets.unix_stream(connected).map(Stream)
    }

    fn listener(&self, listening: Listening) -> io::Result<S::Listener> {
        self.sockets.listener(listening)
    }

    async fn accept(&self, listener: &S::Listener) -> io::Result<Self::Stream> {
        self.sockets.accept(listener).await.map(Stream)
    }
}

/// A timer of `async-io`.
#[derive(Debug)]
pub struct Alarm(async_io::Timer);

impl Timer for Alarm {
    fn set(&mut self, at: Instant) {
        self.0.set_at(at);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(drop)
    }
}
