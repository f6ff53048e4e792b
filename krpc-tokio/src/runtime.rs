//! Tokio as the runtime of channels and servers.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::Instant;

use krpc_core::ClientConfig;
use krpc_driver::net::{Ambient, Listening, Runtime, Timer};
use krpc_driver::{BoxFuture, login_user};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::runtime::Handle;
use tokio::time::{Sleep, sleep_until};

use crate::Connector;
use crate::io::Stream;

/// A tokio runtime.
#[derive(Clone, Debug)]
pub struct Tokio(Option<Handle>);

impl Tokio {
    /// This runtime, wherever calls are made.
    pub fn new(runtime: Handle) -> Self {
        Tokio(Some(runtime))
    }

    fn handle(&self) -> io::Result<Handle> {
        match &self.0 {
            Some(handle) => Ok(handle.clone()),
            None => Handle::try_current().map_err(io::Error::other),
        }
    }
}

impl Ambient for Tokio {
    /// The runtime around the caller; outside of one, that around those who make calls.
    fn ambient() -> Self {
        Tokio(Handle::try_current().ok())
    }

    fn process_wide() -> &'static Connector {
        static CONNECTOR: OnceLock<Connector> = OnceLock::new();
        // Runtimes come and go; this stays.
        CONNECTOR.get_or_init(|| Connector::on(Tokio(None), ClientConfig::new(login_user())))
    }
}

impl Runtime for Tokio {
    type Stream = Stream;
    type Listener = Listener;
    type Timer = Alarm;

    /// Tokio's time, so that its paused clock works in tests.
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn timer(&self) -> Alarm {
        Alarm { runtime: self.clone(), sleep: None }
    }

    fn ready(&self) -> io::Result<()> {
        self.handle().map(drop)
    }

    fn spawn(&self, task: BoxFuture<()>) {
        match self.handle() {
            Ok(handle) => drop(handle.spawn(task)),
            Err(error) => tracing::error!(%error, "a task was dropped"),
        }
    }

    async fn resolve(&self, host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
        let lookup = async move { tokio::net::lookup_host((host, port)).await };
        // On the runtime, because whoever waits may be outside of it.
        let found = self.handle()?.spawn(async { lookup.await.map(Iterator::collect) });
        found.await.map_err(io::Error::other)?
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<Stream> {
        Ok(Stream::Tcp(TcpStream::connect(to).await?))
    }

    fn unix_stream(&self, connected: std::os::unix::net::UnixStream) -> io::Result<Stream> {
        let handle = self.handle()?;
        let _inside = handle.enter();
        Ok(Stream::Unix(UnixStream::from_std(connected)?))
    }

    fn listener(&self, listening: Listening) -> io::Result<Listener> {
        let handle = self.handle()?;
        let _inside = handle.enter();
        Ok(match listening {
            Listening::Tcp(socket) => Listener::Tcp(TcpListener::from_std(socket)?),
            Listening::Unix(socket) => Listener::Unix(UnixListener::from_std(socket)?),
        })
    }

    async fn accept(&self, listener: &Listener) -> io::Result<Stream> {
        Ok(match listener {
            Listener::Tcp(listener) => Stream::Tcp(listener.accept().await?.0),
            Listener::Unix(listener) => Stream::Unix(listener.accept().await?.0),
        })
    }
}

/// A listening socket.
#[derive(Debug)]
pub enum Listener {
    /// At a TCP port.
    Tcp(TcpListener),
    /// At a UNIX socket.
    Unix(UnixListener),
}

/// Tokio's timer, made when it is first set.
#[derive(Debug)]
pub struct Alarm {
    runtime: Tokio,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer for Alarm {
    fn set(&mut self, at: Instant) {
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(at.into()),
            None => {
                // Where there is none any more, nothing will be waited for.
                let Ok(handle) = self.runtime.handle() else { return };
                let _inside = handle.enter();
                self.sleep = Some(Box::pin(sleep_until(at.into())));
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.sleep.as_mut().map_or(Poll::Pending, |sleep| sleep.as_mut().poll(cx))
    }
}
