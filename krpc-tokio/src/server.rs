//! Servers on tokio.

use std::future::poll_fn;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use krpc_core::{Link, PeerAddr, ServerConfig};
use krpc_driver::{
    CONCURRENCY, Dispatcher, DispatcherBuilder, Host, HostStats, QUEUE_LENGTH, Service,
};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::drive::{Timer, drive, now};
use crate::io::Stream;
use crate::listen::Listener;

/// Pause after an `accept` that failed for want of something, such as file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a connection that we have closed waits for its peer to do so. Closing a socket that
/// holds unread data would take back replies that are still on their way.
const LINGER: Duration = Duration::from_secs(1);

/// Serves services to Kudu RPC clients.
///
/// ```no_run
/// # use krpc_tokio::Server;
/// # async fn run(service: impl krpc_tokio::Service) -> std::io::Result<()> {
/// let server = Server::builder().add_service(service).bind("127.0.0.1:7051").await?.serve();
/// println!("serving at {}", server.local_addrs()[0]);
/// server.closed().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server(());

impl Server {
    /// A server without services.
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            name: "server".to_owned(),
            config: ServerConfig::new(),
            services: Vec::new(),
            queue_length: QUEUE_LENGTH,
            concurrency: CONCURRENCY,
            all_registered: true,
        }
    }
}

/// Settings of a server.
#[derive(Debug)]
#[must_use = "a builder does nothing until `bind` is called"]
pub struct ServerBuilder {
    name: String,
    config: ServerConfig,
    services: Vec<(Arc<dyn Service>, Option<Limits>)>,
    queue_length: usize,
    concurrency: usize,
    all_registered: bool,
}

/// How many calls of a service run at once, and how many wait.
type Limits = (usize, usize);

impl ServerBuilder {
    /// Adds a service.
    pub fn add_service(mut self, service: impl Service) -> Self {
        self.services.push((Arc::new(service), None));
        self
    }

    /// Adds a service of which `concurrency` calls run at once and `queue_length` wait.
    pub fn add_service_with(
        mut self,
        service: impl Service,
        concurrency: usize,
        queue_length: usize,
    ) -> Self {
        self.services.push((Arc::new(service), Some((concurrency, queue_length))));
        self
    }

    /// Settings of its connections: TLS, limits, timeouts.
    pub fn config(mut self, config: ServerConfig) -> Self {
        self.config = config;
        self
    }

    /// The name by which error replies call this server. Default: `server`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Calls of one service that may wait. Default: 50, as in Kudu.
    pub fn queue_length(mut self, calls: usize) -> Self {
        self.queue_length = calls;
        self
    }

    /// Calls of one service that may run at once. Default: 256. Kudu's default is 10 threads; a
    /// handler that waits takes no thread here.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls;
        self
    }

    /// Whether these are all services there will be, which decides whether a client may hope for
    /// one that is unknown. Default: true. See [`Dispatcher::set_all_registered`].
    pub fn all_registered(mut self, registered: bool) -> Self {
        self.all_registered = registered;
        self
    }

    /// Listens at `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or `unix:@NAME`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// When that is no address, nobody can listen there, or the settings contradict each other
    /// ([`ServerConfig::check`]).
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn bind(self, address: &str) -> io::Result<BoundServer> {
        self.unbound()?.bind(address).await
    }

    /// Listens at the path of a UNIX socket, or at an abstract name that begins with `@`. A socket
    /// that a dead server has left there is replaced; any other file is an error.
    ///
    /// # Errors
    ///
    /// When nobody can listen there, or the settings contradict each other.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn bind_unix(self, path: &str) -> io::Result<BoundServer> {
        self.unbound()?.bind_unix(path)
    }

    fn unbound(self) -> io::Result<BoundServer> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        self.config.check().map_err(invalid)?;
        let services = self.services.iter();
        let limits = services.map(|(_, limits)| limits.map_or(self.concurrency, |limits| limits.0));
        if limits.chain([self.concurrency]).any(|concurrency| concurrency == 0) {
            let error = "concurrency is 0: no call would ever run";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
        let runtime = Handle::current();
        let spawn = runtime.clone();
        let spawn = Arc::new(move |future| drop(spawn.spawn(future)));
        let mut dispatcher = DispatcherBuilder::new(self.name, Arc::new(now), spawn)
            .all_registered(self.all_registered);
        for (service, limits) in self.services {
            let (concurrency, queue_length) =
                limits.unwrap_or((self.concurrency, self.queue_length));
            dispatcher = dispatcher.service(service, concurrency, queue_length);
        }
        let host = Host::new(self.config, dispatcher.build());
        Ok(BoundServer { host, runtime, listeners: Vec::new() })
    }
}

/// A server that listens and does not accept yet.
#[derive(Debug)]
pub struct BoundServer {
    host: Host,
    runtime: Handle,
    listeners: Vec<Listener>,
}

impl BoundServer {
    /// Listens at one more address; see [`ServerBuilder::bind`].
    ///
    /// # Errors
    ///
    /// When that is no address, or nobody can listen there.
    pub async fn bind(mut self, address: &str) -> io::Result<BoundServer> {
        self.listeners.push(Listener::bind(address).await?);
        Ok(self)
    }

    /// Listens at one more UNIX socket; see [`ServerBuilder::bind_unix`].
    ///
    /// # Errors
    ///
    /// When nobody can listen there.
    pub fn bind_unix(mut self, path: &str) -> io::Result<BoundServer> {
        self.listeners.push(Listener::bind_unix(path)?);
        Ok(self)
    }

    /// Where it listens, in the order of binding.
    pub fn local_addrs(&self) -> Vec<PeerAddr> {
        self.listeners.iter().map(|listener| listener.local().clone()).collect()
    }

    /// Accepts connections from now on.
    pub fn serve(self) -> ServerHandle {
        let local_addrs = self.local_addrs();
        let accepting = self.listeners.into_iter();
        let accepting =
            accepting.map(|listener| self.runtime.spawn(accept(listener, self.host.clone())));
        let accepting = Mutex::new(accepting.collect());
        let inner = Running { host: self.host, local_addrs, accepting };
        ServerHandle(Arc::new(inner))
    }
}

/// A running server. Clones are the same; dropping them leaves it running.
#[derive(Clone, Debug)]
pub struct ServerHandle(Arc<Running>);

#[derive(Debug)]
struct Running {
    host: Host,
    local_addrs: Vec<PeerAddr>,
    accepting: Mutex<Vec<JoinHandle<()>>>,
}

impl ServerHandle {
    /// Where it listens, in the order of binding.
    pub fn local_addrs(&self) -> &[PeerAddr] {
        &self.0.local_addrs
    }

    /// The first TCP address at which it listens.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.0.local_addrs.iter().find_map(|addr| match addr {
            PeerAddr::Tcp(addr) => Some(*addr),
            PeerAddr::Unix(_) => None,
        })
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.0.host.connections()
    }

    /// How many connections there have been.
    pub fn accepted(&self) -> u64 {
        self.0.host.accepted()
    }

    /// What its connections have done, past and present ones.
    pub fn stats(&self) -> HostStats {
        self.0.host.stats()
    }

    /// Its services: their names and counters, and whether they are all there will be.
    pub fn dispatcher(&self) -> &Dispatcher {
        self.0.host.dispatcher()
    }

    /// Stops accepting, answers the calls that are in hand, and closes. What is not done within
    /// `grace` is cut off.
    ///
    /// A future that is dropped has stopped the accepting if it was polled at all; connections go on
    /// until the next `shutdown`.
    pub async fn shutdown(&self, grace: Duration) {
        self.stop_accepting().await;
        let host = &self.0.host;
        host.shutdown();
        if tokio::time::timeout(grace, host.closed()).await.is_err() {
            host.close();
            // Their last words are bounded; a runtime that hangs is not waited for.
            let _ = tokio::time::timeout(2 * LINGER, host.closed()).await;
        }
    }

    /// Waits until it was shut down. Dropping the future changes nothing.
    pub async fn closed(&self) {
        self.0.host.closed().await;
    }

    async fn stop_accepting(&self) {
        let accepting = {
            let mut accepting = self.0.accepting.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *accepting)
        };
        // All of them, before anything is waited for: whoever waits may be dropped.
        accepting.iter().for_each(JoinHandle::abort);
        for task in accepting {
            // Its error is that it was aborted. After this the address is free.
            let _ = task.await;
        }
    }
}

async fn accept(listener: Listener, host: Host) {
    loop {
        match listener.accept().await {
            Ok((stream, link)) => {
                let local = listener.local_of(&stream);
                tokio::spawn(serve(stream, link, local, host.clone()));
            }
            Err(error) => match error.kind() {
                // Trouble of one connection, not of the listener.
                io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::NotConnected
                | io::ErrorKind::InvalidInput
                | io::ErrorKind::Interrupted => {
                    tracing::debug!(%error, "a connection was gone before it was accepted");
                }
                _ => {
                    let local = listener.local();
                    tracing::warn!(%local, %error, "cannot accept connections, trying again");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

async fn serve(stream: Stream, link: Link, local: PeerAddr, host: Host) {
    let Some(mut driver) = host.accept(now(), link, local) else { return };
    let mut timer = Timer::default();
    let _closed =
        drive(&stream, &mut timer, |waker, io, now| driver.poll_turn(waker, io, now)).await;
    // The server counts as closed only after this. Boxed, so that an open connection holds no
    // memory for it.
    let _ = Box::pin(tokio::time::timeout(LINGER, linger(&stream))).await;
}

/// Says goodbye and reads what the peer had on its way, until it has said goodbye too.
async fn linger(stream: &Stream) -> io::Result<()> {
    stream.shutdown_write()?;
    let mut scratch = [0; 4 << 10];
    poll_fn(|cx| {
        loop {
            match stream.io(cx.waker()).read(&mut scratch) {
                Ok(0) => return Poll::Ready(Ok(())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An idle connection is this, its socket, and a timer.
    #[tokio::test]
    async fn the_task_of_a_connection_is_small() {
        let server = Server::builder().unbound().unwrap();
        let (stream, _peer) = tokio::net::UnixStream::pair().unwrap();
        let local = PeerAddr::Unix(None);
        let task = serve(Stream::Unix(stream), Link::unix(None), local, server.host.clone());
        let size = std::mem::size_of_val(&task);
        println!("task of a server connection: {size} bytes");
        assert!(size <= 2_048, "{size}");
    }
}
