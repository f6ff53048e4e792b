//! A runtime that counts the turns of the connections on it.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;
use std::time::Instant;

use krpc_driver::BoxFuture;
use krpc_driver::net::{self, Listening, Runtime};

/// Another runtime, and how often a socket of it was taken for a turn. Clones count together.
#[derive(Clone, Debug)]
pub struct Counted<R> {
    runtime: R,
    turns: Arc<AtomicU64>,
}

impl<R> Counted<R> {
    /// The same runtime, no turn so far.
    pub fn new(runtime: R) -> Self {
        Counted { runtime, turns: Arc::default() }
    }

    /// Turns so far.
    pub fn turns(&self) -> u64 {
        self.turns.load(Ordering::SeqCst)
    }

    fn stream<S>(&self, stream: S) -> Stream<S> {
        Stream { stream, turns: self.turns.clone() }
    }
}

/// A socket that is counted.
#[derive(Debug)]
pub struct Stream<S> {
    stream: S,
    turns: Arc<AtomicU64>,
}

impl<S: AsFd> AsFd for Stream<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl<S: net::Stream> net::Stream for Stream<S> {
    type Io<'a> = S::Io<'a>;

    fn io<'a>(&'a mut self, waker: &'a Waker) -> Self::Io<'a> {
        self.turns.fetch_add(1, Ordering::SeqCst);
        self.stream.io(waker)
    }
}

impl<R: Runtime> Runtime for Counted<R> {
    type Stream = Stream<R::Stream>;
    type Listener = R::Listener;
    type Timer = R::Timer;

    fn now(&self) -> Instant {
        self.runtime.now()
    }

    fn timer(&self) -> R::Timer {
        self.runtime.timer()
    }

    fn ready(&self) -> io::Result<()> {
        self.runtime.ready()
    }

    fn spawn(&self, task: BoxFuture<()>) {
        self.runtime.spawn(task);
    }

    fn resolve(
        &self,
        host: String,
        port: u16,
    ) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send {
        self.runtime.resolve(host, port)
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<Self::Stream> {
        Ok(self.stream(self.runtime.connect(to).await?))
    }

    fn unix_stream(&self, connected: UnixStream) -> io::Result<Self::Stream> {
        Ok(self.stream(self.runtime.unix_stream(connected)?))
    }

    fn listener(&self, listening: Listening) -> io::Result<R::Listener> {
        self.runtime.listener(listening)
    }

    async fn accept(&self, listener: &R::Listener) -> io::Result<Self::Stream> {
        Ok(self.stream(self.runtime.accept(listener).await?))
    }
}
