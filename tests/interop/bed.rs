//! The clusters of real servers that our clients are tested against.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use anyhow::anyhow;
use krpc_core::{ClientConfig, Encryption, UserCredentials};
use krpc_tests::cluster::{Cluster, Mode};
use krpc_tests::kudu::{Kudu, Version, user};

use crate::gate::Outcome;

const CLUSTERS: [(Version, Mode); 8] = [
    (Version::V1_18_1, Mode::Plain),
    (Version::V1_18_1, Mode::AuthOnly),
    (Version::V1_18_1, Mode::Tls12),
    (Version::V1_18_1, Mode::Tls13),
    (Version::V1_18_1, Mode::ShortKeys),
    (Version::V1_14_0, Mode::Plain),
    (Version::V1_14_0, Mode::Tls12),
    (Version::V1_9_0, Mode::Plain),
];

/// All of them. Trials of a cluster share it; it runs from the first one to the last.
pub(crate) fn beds() -> Vec<Arc<Bed>> {
    CLUSTERS.iter().map(|&(version, mode)| Arc::new(Bed::new(version, mode))).collect()
}

/// Which of a cluster's servers is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Daemon {
    Master,
    TabletServer,
}

impl Daemon {
    /// What Kudu's tool calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Daemon::Master => "master",
            Daemon::TabletServer => "tserver",
        }
    }

    pub(crate) fn address(self, cluster: &Cluster) -> SocketAddr {
        match self {
            Daemon::Master => cluster.master(),
            Daemon::TabletServer => cluster.tserver(),
        }
    }
}

/// A cluster that starts when the first test needs it and ends with the last one.
pub(crate) struct Bed {
    version: Version,
    mode: Mode,
    running: OnceLock<Result<Cluster, String>>,
    table: OnceLock<Result<String, String>>,
}

impl Bed {
    pub(crate) fn new(version: Version, mode: Mode) -> Bed {
        Bed { version, mode, running: OnceLock::new(), table: OnceLock::new() }
    }

    pub(crate) fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    pub(crate) fn cluster(&self, kudu: &Kudu) -> anyhow::Result<&Cluster> {
        let running = self.running.get_or_init(|| Cluster::start(kudu, self.mode));
        let cluster = running.as_ref().map_err(|e| anyhow!("the cluster did not start: {e}"))?;
        cluster.check().map_err(anyhow::Error::msg)?;
        Ok(cluster)
    }

    /// Adds to a failure that a server has ended, if one has.
    pub(crate) fn explain(&self, outcome: Outcome) -> Outcome {
        let Some(Ok(cluster)) = self.running.get() else { return outcome };
        outcome.map_err(|error| match cluster.check() {
            Ok(()) => error,
            Err(ended) => error.context(ended),
        })
    }

    /// The name of a table that Kudu's own tool made.
    pub(crate) fn table(&self, kudu: &Kudu) -> anyhow::Result<&str> {
        let cluster = self.cluster(kudu)?;
        let table = self.table.get_or_init(|| cluster.create_table());
        table.as_deref().map_err(|e| anyhow!("no table: {e}"))
    }
}

/// What the server's demands ask for, in the name of the server's superuser.
pub(crate) fn config(mode: Mode) -> anyhow::Result<ClientConfig> {
    let user = user().map_err(anyhow::Error::msg)?;
    let config = ClientConfig::new(UserCredentials::new(user));
    Ok(match mode {
        Mode::Plain | Mode::AuthOnly => config,
        Mode::Tls12 | Mode::Tls13 | Mode::ShortKeys => {
            config.encryption(Encryption::Required).encrypt_loopback(true)
        }
    })
}
