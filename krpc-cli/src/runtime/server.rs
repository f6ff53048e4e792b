//! Servers.

use std::io;
use std::time::Duration;

use krpc_driver::core::PeerAddr;
use krpc_driver::net::{self, Ambient, Binds};
use krpc_driver::{BoxFuture, Dispatcher, HostStats};
use krpc_tokio::Tokio;

use super::blocking::Waiting;
use super::{Runtime, each, smol};

/// Settings of a server.
pub type ServerBuilder = net::ServerBuilder<Runtime>;

/// The settings of the adapter itself.
enum Settings {
    Tokio(krpc_tokio::ServerBuilder),
    Smol(krpc_smol::ServerBuilder),
    Blocking(krpc_blocking::ServerBuilder),
}

impl From<ServerBuilder> for Settings {
    fn from(builder: ServerBuilder) -> Self {
        let (builder, runtime) = builder.on(());
        match runtime {
            Runtime::Tokio => Settings::Tokio(builder.on(Tokio::ambient()).0),
            Runtime::Smol => Settings::Smol(builder.on(smol::runtime()).0),
            Runtime::Blocking => {
                let (_, threads) = krpc_blocking::Server::builder().on(());
                Settings::Blocking(builder.on(threads).0)
            }
        }
    }
}

impl Binds for Runtime {
    type Binding = BoxFuture<io::Result<BoundServer>>;
    type BindingUnix = io::Result<BoundServer>;

    fn bind(builder: ServerBuilder, address: &str) -> Self::Binding {
        let (builder, address) = (Settings::from(builder), address.to_owned());
        Box::pin(async move {
            Ok(match builder {
                Settings::Tokio(builder) => BoundServer::Tokio(builder.bind(&address).await?),
                Settings::Smol(builder) => BoundServer::Smol(builder.bind(&address).await?),
                Settings::Blocking(builder) => {
                    let bind = move || builder.bind(&address);
                    BoundServer::Blocking(Waiting::on_a_thread(bind).await?)
                }
            })
        })
    }

    fn bind_unix(builder: ServerBuilder, path: &str) -> Self::BindingUnix {
        Ok(match Settings::from(builder) {
            Settings::Tokio(builder) => BoundServer::Tokio(builder.bind_unix(path)?),
            Settings::Smol(builder) => BoundServer::Smol(builder.bind_unix(path)?),
            Settings::Blocking(builder) => BoundServer::Blocking(builder.bind_unix(path)?),
        })
    }
}

/// A server that listens and does not accept yet.
#[derive(Debug)]
pub enum BoundServer {
    /// On tokio.
    Tokio(krpc_tokio::BoundServer),
    /// On smol.
    Smol(krpc_smol::BoundServer),
    /// On threads.
    Blocking(krpc_blocking::BoundServer),
}

impl BoundServer {
    /// Listens at one more address.
    ///
    /// # Errors
    ///
    /// When that is no address, or nobody can listen there.
    pub async fn bind(self, address: &str) -> io::Result<BoundServer> {
        Ok(match self {
            BoundServer::Tokio(bound) => BoundServer::Tokio(bound.bind(address).await?),
            BoundServer::Smol(bound) => BoundServer::Smol(bound.bind(address).await?),
            BoundServer::Blocking(bound) => {
                let address = address.to_owned();
                let bound = Waiting::on_a_thread(move || bound.bind(&address)).await?;
                BoundServer::Blocking(bound)
            }
        })
    }

    /// Where it listens, in the order of binding.
    pub fn local_addrs(&self) -> Vec<PeerAddr> {
        each!(BoundServer, self, bound => bound.local_addrs())
    }

    /// Accepts connections from now on.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub fn serve(self) -> io::Result<ServerHandle> {
        Ok(match self {
            BoundServer::Tokio(bound) => ServerHandle::Tokio(bound.serve()),
            BoundServer::Smol(bound) => ServerHandle::Smol(bound.serve()),
            BoundServer::Blocking(bound) => ServerHandle::Blocking(bound.serve()?),
        })
    }
}

/// A running server. Clones are the same; dropping them leaves it running.
#[derive(Clone, Debug)]
pub enum ServerHandle {
    /// On tokio.
    Tokio(krpc_tokio::ServerHandle),
    /// On smol.
    Smol(krpc_smol::ServerHandle),
    /// On threads.
    Blocking(krpc_blocking::ServerHandle),
}

impl ServerHandle {
    /// Where it listens, in the order of binding.
    pub fn local_addrs(&self) -> &[PeerAddr] {
        each!(ServerHandle, self, server => server.local_addrs())
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        each!(ServerHandle, self, server => server.connections())
    }

    /// How many connections there have been.
    pub fn accepted(&self) -> u64 {
        each!(ServerHandle, self, server => server.accepted())
    }

    /// What its connections have done, past and present ones.
    pub fn stats(&self) -> HostStats {
        each!(ServerHandle, self, server => server.stats())
    }

    /// Its services and their counters.
    pub fn dispatcher(&self) -> &Dispatcher {
        each!(ServerHandle, self, server => server.dispatcher())
    }

    /// Stops accepting, answers the calls that are in hand, and closes. What is not done within
    /// `grace` is cut off.
    ///
    /// If the future is dropped, connections go on; those of the blocking adapter until `grace` is over.
    pub async fn shutdown(&self, grace: Duration) {
        match self {
            ServerHandle::Tokio(server) => server.shutdown(grace).await,
            ServerHandle::Smol(server) => server.shutdown(grace).await,
            ServerHandle::Blocking(server) => {
                let server = server.clone();
                Waiting::on_a_thread(move || server.shutdown(grace)).await;
            }
        }
    }
}
