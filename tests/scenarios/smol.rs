//! krpc-smol, on whatever sockets and executor.

use std::io;

use krpc_core::ClientConfig;
use krpc_driver::BoxFuture;
use krpc_smol::{AsyncIo, Connector, Smol, Sockets};

use crate::adapter::{Adapter, AsyncClient, AsyncServer, Client, Server, ServerSettings, block_on};

/// Sockets, and what runs tasks.
pub(crate) struct On<S> {
    pub(crate) name: &'static str,
    pub(crate) sockets: S,
    pub(crate) spawn: fn(BoxFuture<()>),
}

/// smol's own.
pub(crate) static SMOL: On<AsyncIo> =
    On { name: "smol", sockets: AsyncIo, spawn: |task| smol::spawn(task).detach() };

impl<S: Sockets> On<S> {
    fn runtime(&self) -> Smol<S> {
        Smol::with_sockets(self.sockets.clone(), self.spawn)
    }
}

impl<S: Sockets> Adapter for On<S> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn clients(
        &self,
        address: &str,
        config: &ClientConfig,
        planes: &[&str],
    ) -> Vec<Box<dyn Client>> {
        let connector = Connector::on(self.runtime(), config.clone());
        let client = |plane: &&str| -> Box<dyn Client> {
            let channel = connector.builder(address).plane(*plane).build().expect("an address");
            Box::new(AsyncClient { channel: (*channel).clone(), inside: |act| act() })
        };
        planes.iter().map(client).collect()
    }

    fn serve(&self, address: &str, settings: ServerSettings) -> io::Result<Box<dyn Server>> {
        let ServerSettings { config, service, concurrency, queue } = settings;
        let builder = krpc_smol::Server::on(self.runtime()).config(config);
        let builder = builder.add_service_with(service, concurrency, queue);
        let handle = block_on("listening", builder.bind(address))?.serve();
        Ok(Box::new(AsyncServer { handle, wait: |end| block_on("the end of a server", end) }))
    }
}
