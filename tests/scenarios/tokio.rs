//! krpc-tokio.

use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use krpc_core::ClientConfig;
use krpc_driver::HostStats;
use krpc_tokio::{Connector, ServerHandle};
use tokio::runtime::{Builder, Runtime};

use crate::adapter::{Adapter, AsyncClient, Client, Server, ServerSettings};

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
        Ok(Box::new(TokioServer(bound.serve())))
    }
}

struct TokioServer(ServerHandle);

impl Server for TokioServer {
    fn address(&self) -> String {
        self.0.local_addrs()[0].to_string()
    }

    fn connections(&self) -> usize {
        self.0.connections()
    }

    fn accepted(&self) -> u64 {
        self.0.accepted()
    }

    fn stats(&self) -> HostStats {
        self.0.stats()
    }

    fn shutdown(&self, grace: Duration) {
        runtime().block_on(self.0.shutdown(grace));
    }
}
