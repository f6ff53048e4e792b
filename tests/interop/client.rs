//! Our client against real servers: where they run, and how it connects.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use krpc_cli::runtime::{Channel, Runtime};
use krpc_core::ClientConfig;
use krpc_tests::cluster::{Cluster, Mode};
use krpc_tests::kudu::{Kudu, Version};
use libtest_mimic::Trial;
use tokio::runtime::Builder;

use crate::bed::{Bed, Daemon, config};
use crate::gate::{Gate, Outcome, runtimes, suffix};
use crate::{checks, checks_of_errors};

/// A test of one server; it is given a client of its own.
pub(crate) type Check = fn(Peer) -> Pin<Box<dyn Future<Output = Outcome>>>;

/// Names functions as checks.
macro_rules! checks {
    ($($module:ident :: $check:ident,)*) => {
        &[$((stringify!($check), |peer| Box::pin($module::$check(peer)))),*]
    };
}

const ON_BOTH: &[(&str, Check)] = checks![
    checks::negotiation,
    checks::get_status,
    checks::ping,
    checks::get_flags,
    checks::many_calls_at_once,
    checks_of_errors::unknown_method,
    checks_of_errors::unknown_service,
    checks_of_errors::bad_parameter,
    checks_of_errors::unsupported_feature,
];

const ON_MASTER: &[(&str, Check)] = checks![
    checks::connect_to_master,
    checks::list_tables,
    checks::get_table_schema,
    checks::large_calls,
    checks_of_errors::no_such_table,
];

/// Since 1.14.0.
const ON_UNIX_SOCKETS: &[(&str, Check)] = checks![checks::unix_socket,];

const ENCRYPTED: &[(&str, Check)] = checks![
    checks::certificate_of_the_clusters_authority,
    checks_of_errors::certificate_of_another_authority,
];

/// One trial for each cluster, server, check and adapter.
pub(crate) fn trials(gate: &Gate, beds: &[Arc<Bed>]) -> Vec<Trial> {
    let mut trials = Vec::new();
    for bed in beds {
        let (version, mode) = (bed.version(), bed.mode());
        let encrypted = if matches!(mode, Mode::Tls12 | Mode::Tls13) { ENCRYPTED } else { &[] };
        let unix = if version > Version::V1_9_0 { ON_UNIX_SOCKETS } else { &[] };
        for (daemon, lists) in [
            (Daemon::Master, [ON_BOTH, ON_MASTER, unix, encrypted].concat()),
            (Daemon::TabletServer, [ON_BOTH, unix].concat()),
        ] {
            for (name, check) in lists {
                let name = format!("client::kudu_{version}::{mode}::{}::{name}", daemon.name());
                for &runtime in runtimes(version) {
                    let bed = bed.clone();
                    let test = move |kudu: &Kudu| {
                        let tokio = Builder::new_current_thread().enable_all().build()?;
                        let peer = || Peer::new(kudu, runtime, daemon, bed.clone());
                        bed.explain(tokio.block_on(async { check(peer()?).await }))
                    };
                    trials.push(gate.trial(format!("{name}{}", suffix(runtime)), version, test));
                }
            }
        }
    }
    trials
}

/// A server, and a client with a connection of its own.
pub(crate) struct Peer {
    pub(crate) daemon: Daemon,
    pub(crate) channel: Channel,
    runtime: Runtime,
    kudu: Kudu,
    bed: Arc<Bed>,
}

impl Peer {
    fn new(kudu: &Kudu, runtime: Runtime, daemon: Daemon, bed: Arc<Bed>) -> anyhow::Result<Peer> {
        let address = daemon.address(bed.cluster(kudu)?);
        let channel = connect(runtime, &address.to_string(), config(bed.mode())?)?;
        Ok(Peer { daemon, channel, runtime, kudu: kudu.clone(), bed })
    }

    /// Another channel, which shares its connection with no other.
    pub(crate) fn connect(&self, address: &str, config: ClientConfig) -> anyhow::Result<Channel> {
        connect(self.runtime, address, config)
    }

    pub(crate) fn version(&self) -> Version {
        self.kudu.version()
    }

    pub(crate) fn mode(&self) -> Mode {
        self.bed.mode()
    }

    pub(crate) fn cluster(&self) -> anyhow::Result<&Cluster> {
        self.bed.cluster(&self.kudu)
    }

    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.daemon.address(self.cluster()?))
    }

    pub(crate) fn table(&self) -> anyhow::Result<&str> {
        self.bed.table(&self.kudu)
    }

    /// What Kudu's own tool prints.
    pub(crate) fn cli(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = self.cluster()?.cli(args).and_then(|output| output.ok());
        output.map_err(anyhow::Error::msg)
    }
}

fn connect(runtime: Runtime, address: &str, config: ClientConfig) -> anyhow::Result<Channel> {
    let channel = runtime.connector(config).builder(address);
    Ok(channel.default_timeout(Duration::from_secs(20)).build()?)
}
