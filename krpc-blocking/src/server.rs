//! Servers.

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use krpc_core::PeerAddr;
use krpc_driver::net::{self, Binds};
use krpc_driver::{Dispatcher, HostStats};
use krpc_reactor::{Engine, Pool, block_on};

use crate::runtime::Std;

/// Calls of one service that may run at once by default (`rpc_num_service_threads` in Kudu).
const CONCURRENCY: usize = 10;

/// Serves services to Kudu RPC clients, with handlers that may block.
///
/// One thread, or as many as [`Server::polling_with`] says, moves the bytes of all connections, however
/// many there are. Handlers run on a pool that has as many threads as calls may run at once
/// ([`ServerBuilder::concurrency`](net::ServerBuilder::concurrency), 10 for each service by default);
/// they are started as they are needed. Methods that a service calls `inline` run on the thread that
/// moves the bytes: right for those that never wait and take microseconds.
///
/// ```no_run
/// # use krpc_blocking::Server;
/// # fn run(service: impl krpc_blocking::Service) -> std::io::Result<()> {
/// let server = Server::builder().add_service(service).bind("127.0.0.1:7051")?.serve()?;
/// println!("serving at {}", server.local_addrs()[0]);
/// server.closed();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server(());

impl Server {
    /// A server without services.
    pub fn builder() -> ServerBuilder {
        Self::polling_with(1)
    }

    /// A server without services whose connections are shared by several threads: for many busy
    /// connections, or TLS, where one is not enough.
    pub fn polling_with(threads: usize) -> ServerBuilder {
        ServerBuilder::new(Threads { polling: threads.max(1) }).concurrency(CONCURRENCY)
    }
}

/// Settings of a server; see [`krpc_driver::net::ServerBuilder`].
pub type ServerBuilder = net::ServerBuilder<Threads>;

/// The threads of a server to be.
#[derive(Debug)]
pub struct Threads {
    polling: usize,
}

impl Threads {
    fn unbound(builder: ServerBuilder) -> io::Result<(net::ServerBuilder<Std>, Vec<Engine>)> {
        let pool = Pool::new("krpc-handler", builder.total_concurrency());
        let (builder, Threads { polling }) = builder.handlers(move |job| pool.run(job)).on(());
        let engines = (0..polling).map(|_| Engine::new()).collect::<io::Result<Vec<_>>>()?;
        let hubs = engines.iter().map(|engine| engine.hub().clone()).collect();
        let (builder, ()) = builder.on(Std::new(hubs));
        Ok((builder, engines))
    }
}

impl Binds for Threads {
    type Binding = io::Result<BoundServer>;
    type BindingUnix = io::Result<BoundServer>;

    fn bind(builder: ServerBuilder, address: &str) -> io::Result<BoundServer> {
        let (builder, engines) = Self::unbound(builder)?;
        Ok(BoundServer { inner: block_on(builder.bind(address))?, engines })
    }

    fn bind_unix(builder: ServerBuilder, path: &str) -> io::Result<BoundServer> {
        let (builder, engines) = Self::unbound(builder)?;
        Ok(BoundServer { inner: builder.bind_unix(path)?, engines })
    }
}

/// A server that listens and does not accept yet.
pub struct BoundServer {
    inner: net::BoundServer<Std>,
    engines: Vec<Engine>,
}

impl BoundServer {
    /// Listens at one more address; see [`ServerBuilder::bind`](net::ServerBuilder::bind).
    ///
    /// # Errors
    ///
    /// When that is no address, or nobody can listen there.
    pub fn bind(self, address: &str) -> io::Result<BoundServer> {
        let BoundServer { inner, engines } = self;
        Ok(BoundServer { inner: block_on(inner.bind(address))?, engines })
    }

    /// Where it listens, in the order of binding.
    pub fn local_addrs(&self) -> Vec<PeerAddr> {
        self.inner.local_addrs()
    }

    /// Accepts connections from now on.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub fn serve(self) -> io::Result<ServerHandle> {
        let BoundServer { inner, engines } = self;
        for engine in engines {
            // Those that run already end with `inner`.
            let thread = thread::Builder::new().name("krpc-server".into());
            thread.spawn(move || engine.run())?;
        }
        Ok(ServerHandle(inner.serve()))
    }
}

impl std::fmt::Debug for BoundServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundServer").field("inner", &self.inner).finish_non_exhaustive()
    }
}

/// A running server. Clones are the same; dropping them leaves it running.
#[derive(Clone, Debug)]
pub struct ServerHandle(net::ServerHandle<Std>);

impl ServerHandle {
    /// Where it listens, in the order of binding.
    pub fn local_addrs(&self) -> &[PeerAddr] {
        self.0.local_addrs()
    }

    /// The first TCP address at which it listens.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.0.local_addr()
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.0.connections()
    }

    /// How many connections there have been.
    pub fn accepted(&self) -> u64 {
        self.0.accepted()
    }

    /// What its connections have done, past and present ones.
    pub fn stats(&self) -> HostStats {
        self.0.stats()
    }

    /// Its services: their names and counters, and whether they are all there will be.
    pub fn dispatcher(&self) -> &Dispatcher {
        self.0.dispatcher()
    }

    /// Stops accepting, answers the calls that are in hand, and closes. Waits for that, and cuts off
    /// what is not done within `grace`. Not for handlers that run `inline`: the thread that they would
    /// wait for is theirs.
    pub fn shutdown(&self, grace: Duration) {
        block_on(self.0.shutdown(grace));
        self.0.runtime().hubs().close();
    }

    /// Waits until it was shut down.
    pub fn closed(&self) {
        block_on(self.0.closed());
    }
}
