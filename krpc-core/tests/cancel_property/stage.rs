//! What all schedules of a thread share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use krpc_core::{ClientConfig, ClientTls, ServerConfig, ServerTls, TlsVersions, UserCredentials};
use krpc_testkit::certs;

use super::net::{Pipe, Tap};
use super::schedule::{Layer, Setup};

/// Timers that are not looked at here are set so high that they do not fire.
pub(crate) const FAR: Duration = Duration::from_secs(1_000_000);

/// Settings that are slow to make, and memory.
#[derive(Debug)]
pub(crate) struct Stage {
    client: ClientConfig,
    client_12: ClientTls,
    client_13: ClientTls,
    server_12: ServerTls,
    server_13: ServerTls,
    pub(crate) base: Instant,
    pub(crate) up: Pipe,
    pub(crate) down: Pipe,
    pub(crate) opened: Vec<u8>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let server = |versions| {
            ServerTls::from_pem_with(certs::SERVER, certs::SERVER_KEY, versions)
                .expect("the test certificate can be used")
        };
        Stage {
            client: ClientConfig::new(UserCredentials::new("alice"))
                .negotiation_timeout(FAR)
                .frame_timeout(FAR)
                .write_stall(FAR),
            client_12: ClientTls::new().versions(TlsVersions::Tls12),
            client_13: ClientTls::new().versions(TlsVersions::Tls13),
            server_12: server(TlsVersions::Tls12),
            server_13: server(TlsVersions::Tls13),
            // The only reading of a clock: `Instant` has no other source.
            base: Instant::now(),
            up: Pipe::default(),
            down: Pipe::default(),
            opened: Vec::new(),
        }
    }

    fn tls(&self, layer: Layer) -> Option<(ClientTls, ServerTls)> {
        match layer {
            Layer::Plain => None,
            Layer::AuthOnlyFake | Layer::Fake => Some((ClientTls::fake(), ServerTls::fake())),
            Layer::AuthOnly12 | Layer::Tls12 => {
                Some((self.client_12.clone(), self.server_12.clone()))
            }
            Layer::AuthOnly13 | Layer::Tls13 => {
                Some((self.client_13.clone(), self.server_13.clone()))
            }
        }
    }

    /// Settings of both sides; what is sealed and opened is shown to the taps.
    pub(crate) fn configs(
        &self,
        setup: Setup,
        client_tap: &Arc<Tap>,
        server_tap: &Arc<Tap>,
    ) -> (ClientConfig, ServerConfig) {
        let ms = Duration::from_millis;
        let sealed = setup.layer.is_sealed();
        let mut client = self
            .client
            .clone()
            .footers(setup.client)
            .on_cancel(setup.on_cancel)
            .grace(ms(setup.grace))
            .grace_at_deadline(ms(setup.grace_at_deadline))
            .drain_timeout(ms(setup.drain))
            .max_filler(setup.max_filler)
            .vectored_writes(setup.vectored)
            .encrypt_loopback(sealed)
            .first_call_id(setup.first_id);
        let mut server = ServerConfig::new()
            .footers(setup.server)
            .half_close_timeout(ms(setup.half_close))
            .vectored_writes(setup.vectored)
            .encrypt_loopback(sealed)
            .negotiation_timeout(FAR)
            .frame_timeout(FAR)
            .write_stall(FAR)
            .keepalive(None);
        if let Some((client_tls, server_tls)) = self.tls(setup.layer) {
            client = client.tls(client_tls.tapped(client_tap.clone()));
            server = server.tls(server_tls.tapped(server_tap.clone()));
        }
        (client, server)
    }
}
