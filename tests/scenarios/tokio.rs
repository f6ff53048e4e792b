//! krpc-tokio.

use std::io;
use std::sync::OnceLock;

use krpc_core::ClientConfig;
use krpc_tokio::Connector;
use tokio::runtime::{Builder, Runtime};

use crate::adapter::{Adapter, AsyncClient, AsyncServer, Client, Server, ServerSettings};

pub(crate) struct Tokio;

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("two threads")
    })
}

impl Adapter for Tokio {
    fn name(&self) -> &'static str {
        "tokio"
    }

    fn clients(
        &self,
        address: &str,
        config: &ClientConfig,
        planes: &[&str],
    ) -> Vec<Box<dyn Client>> {
        let connector = Connector::new(config.clone());
        let client = |plane: &&str| -> Box<dyn Client> {
            let channel = connector.builder(address).plane(*plane).build().expect("an address");
            let inside = |act: &mut dyn FnMut()| {
                let _inside = runtime().enter();
                act();
            };
            Box::new(AsyncClient { channel: (*channel).clone(), inside })
        };
        planes.iter().map(client).collect()
    }

    fn serve(&self, address: &str, settings: ServerSettings) -> io::Result<Box<dyn Server>> {
        let ServerSettings { config, service, concurrency, queue } = settings;
        let builder = krpc_tokio::Server::builder().config(config);
        let builder = builder.add_service_with(service, concurrency, queue);
        let bound = runtime().block_on(builder.bind(address))?;
        let _inside = runtime().enter();
        Ok(Box::new(AsyncServer { handle: bound.serve(), wait: |end| runtime().block_on(end) }))
    }
}
