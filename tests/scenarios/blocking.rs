//! krpc-blocking.

use std::io;
use std::time::Duration;

use krpc_blocking::{Channel, Connector, ServerHandle};
use krpc_core::{
    CallError, CancelOutcome, ClientConfig, ConnectionError, InboundReply, NegotiationInfo, Stats,
};
use krpc_driver::{CallRequest, HostStats};

use crate::adapter::{Adapter, Call, Client, Server, ServerSettings};

pub(crate) struct Blocking;

impl Adapter for Blocking {
    fn name(&self) -> &'static str {
        "blocking"
    }

    fn clients(
        &self,
        address: &str,
        config: &ClientConfig,
        planes: &[&str],
    ) -> Vec<Box<dyn Client>> {
        let connector = Connector::new(config.clone());
        let client = |plane: &&str| -> Box<dyn Client> {
            Box::new(connector.builder(address).plane(*plane).build().expect("an address"))
        };
        planes.iter().map(client).collect()
    }

    fn serve(&self, address: &str, settings: ServerSettings) -> io::Result<Box<dyn Server>> {
        let ServerSettings { config, service, concurrency, queue } = settings;
        let builder = krpc_blocking::Server::builder().config(config);
        let builder = builder.add_service_with(service, concurrency, queue);
        Ok(Box::new(builder.bind(address)?.serve()?))
    }
}

impl Client for Channel {
    fn start(&self, call: CallRequest) -> Box<dyn Call> {
        Box::new(self.start_raw(call))
    }

    fn connect_now(&self) -> Result<NegotiationInfo, ConnectionError> {
        self.connect_now()
    }

    fn stats(&self) -> Option<Stats> {
        (**self).stats()
    }

    fn connections_made(&self) -> u64 {
        (**self).connections_made()
    }

    fn close(&self) {
        self.close();
    }
}

impl Call for krpc_blocking::Call {
    fn wait(self: Box<Self>) -> Result<InboundReply, CallError> {
        (*self).wait()
    }

    fn canceller(&self) -> Box<dyn Fn() -> CancelOutcome + Send> {
        let handle = self.cancel_handle();
        Box::new(move || handle.cancel())
    }
}

impl Server for ServerHandle {
    fn address(&self) -> String {
        self.local_addrs()[0].to_string()
    }

    fn connections(&self) -> usize {
        self.connections()
    }

    fn accepted(&self) -> u64 {
        self.accepted()
    }

    fn stats(&self) -> HostStats {
        self.stats()
    }

    fn shutdown(&self, grace: Duration) {
        self.shutdown(grace);
    }
}
