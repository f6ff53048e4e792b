//! Servers.

use std::io;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use krpc_core::{PeerAddr, ServerConfig};

use super::accept::{Accepting, LINGER};
use super::drive::Alarm;
use super::listen::Listener;
use super::{Ambient, Runtime};
use crate::service::{BoxFuture, Service};
use crate::{CONCURRENCY, Dispatcher, DispatcherBuilder, Host, HostStats, QUEUE_LENGTH, Spawn};

/// Serves services to Kudu RPC clients.
///
/// ```
/// # use krpc_driver::{Service, net::{Runtime, Server}};
/// # async fn run<R: Runtime>(runtime: R, service: impl Service) -> std::io::Result<()> {
/// let server = Server::on(runtime).add_service(service).bind("127.0.0.1:7051").await?.serve();
/// println!("serving at {}", server.local_addrs()[0]);
/// server.closed().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server<R>(PhantomData<R>);

impl<R: Ambient> Server<R> {
    /// A server without services, on the runtime around the caller when it is bound.
    pub fn builder() -> ServerBuilder<R> {
        Self::on(R::ambient())
    }
}

impl<R: Runtime> Server<R> {
    /// A server without services.
    pub fn on(runtime: R) -> ServerBuilder<R> {
        ServerBuilder::new(runtime)
    }
}

/// What servers are bound by: the runtime of an async adapter, or what becomes one.
pub trait Binds: Sized {
    /// What comes of listening at an address whose host may have to be looked up.
    type Binding;

    /// What comes of listening at a path.
    type BindingUnix;

    /// Carries out [`ServerBuilder::bind`].
    fn bind(builder: ServerBuilder<Self>, address: &str) -> Self::Binding;

    /// Carries out [`ServerBuilder::bind_unix`].
    fn bind_unix(builder: ServerBuilder<Self>, path: &str) -> Self::BindingUnix;
}

impl<R: Runtime> Binds for R {
    type Binding = BoxFuture<io::Result<BoundServer<R>>>;
    type BindingUnix = io::Result<BoundServer<R>>;

    fn bind(builder: ServerBuilder<R>, address: &str) -> Self::Binding {
        let address = address.to_owned();
        Box::pin(async move { builder.unbound()?.bind(&address).await })
    }

    fn bind_unix(builder: ServerBuilder<R>, path: &str) -> Self::BindingUnix {
        builder.unbound()?.bind_unix(path)
    }
}

/// Settings of a server.
#[derive(Debug)]
#[must_use = "a builder does nothing until `bind` is called"]
pub struct ServerBuilder<R> {
    runtime: R,
    handlers: Option<Handlers>,
    name: String,
    config: ServerConfig,
    services: Vec<(Arc<dyn Service>, Option<Limits>)>,
    queue_length: usize,
    concurrency: usize,
    all_registered: bool,
    abort_on_panic: bool,
}

/// How many calls of a service run at once, and how many wait.
type Limits = (usize, usize);

/// Where handlers run.
struct Handlers(Spawn);

impl std::fmt::Debug for Handlers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handlers").finish_non_exhaustive()
    }
}

impl<R> ServerBuilder<R> {
    /// A server without services.
    pub fn new(runtime: R) -> Self {
        ServerBuilder {
            runtime,
            handlers: None,
            name: "server".to_owned(),
            config: ServerConfig::new(),
            services: Vec::new(),
            queue_length: QUEUE_LENGTH,
            concurrency: CONCURRENCY,
            all_registered: true,
            abort_on_panic: false,
        }
    }

    /// The same settings on a runtime, and what they had in its place.
    pub fn on<T>(self, runtime: T) -> (ServerBuilder<T>, R) {
        let builder = ServerBuilder {
            runtime,
            handlers: self.handlers,
            name: self.name,
            config: self.config,
            services: self.services,
            queue_length: self.queue_length,
            concurrency: self.concurrency,
            all_registered: self.all_registered,
            abort_on_panic: self.abort_on_panic,
        };
        (builder, self.runtime)
    }

    /// Calls of all services together that may run at once.
    pub fn total_concurrency(&self) -> usize {
        let limits = self.services.iter().map(|(_, limits)| limits);
        let concurrency = limits.map(|limits| limits.map_or(self.concurrency, |limits| limits.0));
        concurrency.fold(0, usize::saturating_add)
    }

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

    /// Where handlers run, other than on the runtime that moves the bytes: `spawn` gets a future that
    /// calls handlers until none of its service's calls waits, and runs it or drops it.
    pub fn handlers(mut self, spawn: impl Fn(BoxFuture<()>) + Send + Sync + 'static) -> Self {
        self.handlers = Some(Handlers(Arc::new(spawn)));
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

    /// Calls of one service that may run at once. Default: 256 where a handler that waits takes no
    /// thread, and 10 with a thread for each, as in Kudu.
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

    /// Whether a handler that panics aborts the process. Default: false: its caller is answered an
    /// application error, and the connection lives.
    pub fn abort_on_panic(mut self, abort: bool) -> Self {
        self.abort_on_panic = abort;
        self
    }
}

impl<R: Binds> ServerBuilder<R> {
    /// Listens at `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or `unix:@NAME`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// When that is no address, nobody can listen there, or the settings contradict each other
    /// ([`ServerConfig::check`]).
    pub fn bind(self, address: &str) -> R::Binding {
        R::bind(self, address)
    }

    /// Listens at the path of a UNIX socket, or at an abstract name that begins with `@`. A socket
    /// that a dead server has left there is replaced; any other file is an error.
    ///
    /// # Errors
    ///
    /// When nobody can listen there, or the settings contradict each other.
    pub fn bind_unix(self, path: &str) -> R::BindingUnix {
        R::bind_unix(self, path)
    }
}

impl<R: Runtime> ServerBuilder<R> {
    fn unbound(self) -> io::Result<BoundServer<R>> {
        let runtime = self.runtime;
        runtime.ready()?;
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        self.config.check().map_err(invalid)?;
        let limits = self.services.iter().filter_map(|(_, limits)| limits.map(|limits| limits.0));
        if limits.chain([self.concurrency]).any(|concurrency| concurrency == 0) {
            let error = "concurrency is 0: no call would ever run";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, error));
        }
        let clock = runtime.clone();
        let clock = Arc::new(move || clock.now());
        let spawn = self.handlers.map_or_else(
            || {
                let runtime = runtime.clone();
                Arc::new(move |task| runtime.spawn(task)) as Spawn
            },
            |Handlers(spawn)| spawn,
        );
        let mut dispatcher = DispatcherBuilder::new(self.name, clock, spawn)
            .all_registered(self.all_registered)
            .abort_on_panic(self.abort_on_panic);
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
pub struct BoundServer<R: Runtime> {
    host: Host,
    runtime: R,
    listeners: Vec<Listener<R>>,
}

impl<R: Runtime> BoundServer<R> {
    /// Listens at one more address; see [`ServerBuilder::bind`].
    ///
    /// # Errors
    ///
    /// When that is no address, or nobody can listen there.
    pub async fn bind(mut self, address: &str) -> io::Result<BoundServer<R>> {
        self.listeners.push(Listener::bind(&self.runtime, address).await?);
        Ok(self)
    }

    /// Listens at one more UNIX socket; see [`ServerBuilder::bind_unix`].
    ///
    /// # Errors
    ///
    /// When nobody can listen there.
    pub fn bind_unix(mut self, path: &str) -> io::Result<BoundServer<R>> {
        self.listeners.push(Listener::bind_unix(&self.runtime, path)?);
        Ok(self)
    }

    /// Where it listens, in the order of binding.
    pub fn local_addrs(&self) -> Vec<PeerAddr> {
        self.listeners.iter().map(|listener| listener.local.clone()).collect()
    }

    /// Accepts connections from now on.
    pub fn serve(self) -> ServerHandle<R> {
        let BoundServer { host, runtime, listeners } = self;
        let local_addrs = listeners.iter().map(|listener| listener.local.clone()).collect();
        let accepting = Accepting::start(&runtime, &host, listeners);
        ServerHandle(Arc::new(Running { host, runtime, local_addrs, accepting }))
    }
}

/// A running server. Clones are the same; dropping them leaves it running.
#[derive(Clone, Debug)]
pub struct ServerHandle<R>(Arc<Running<R>>);

#[derive(Debug)]
struct Running<R> {
    host: Host,
    runtime: R,
    local_addrs: Vec<PeerAddr>,
    accepting: Accepting,
}

impl<R: Runtime> ServerHandle<R> {
    /// What it runs on.
    pub fn runtime(&self) -> &R {
        &self.0.runtime
    }

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
        let Running { host, runtime, accepting, .. } = &*self.0;
        accepting.stop().await;
        host.shutdown();
        let mut alarm = Alarm::new(runtime.clone());
        let closed = alarm.within(grace, host.closed()).await;
        if closed.is_none() {
            host.close();
            // Their last words are bounded; a runtime that hangs is not waited for.
            let _ = alarm.within(2 * LINGER, host.closed()).await;
        }
    }

    /// Waits until it was shut down. Dropping the future changes nothing.
    pub async fn closed(&self) {
        self.0.host.closed().await;
    }
}
