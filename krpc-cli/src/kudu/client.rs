//! What all calls of a command for one table share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{self, PoisonError};
use std::time::Instant;

use krpc_tokio::codegen::pb::SignedTokenPb;
use tokio::sync::{Mutex, MutexGuard};

use crate::args::Connect;
use crate::failure::Failure;

use super::leader::Cluster;
use super::locations::{self, Tablet};
use super::servers::Servers;
use super::table::Table;

/// Reads or writes a table.
pub(super) struct Client {
    pub(super) servers: Servers,
    cluster: Mutex<Cluster>,
    table_id: String,
    token: sync::Mutex<Option<SignedTokenPb>>,
    /// The latest time that any server has told.
    latest: AtomicU64,
}

impl Client {
    pub(super) fn new(connect: &Connect, cluster: Cluster, table: &Table) -> Self {
        Client {
            servers: Servers::new(connect.clone()),
            cluster: cluster.into(),
            table_id: table.id.clone(),
            token: table.token.clone().into(),
            latest: 0.into(),
        }
    }

    /// The masters, for calls that have to be done by then.
    pub(super) async fn cluster(&self, by: Instant) -> MutexGuard<'_, Cluster> {
        let mut cluster = self.cluster.lock().await;
        cluster.continue_until(by);
        cluster
    }

    /// Looks a tablet up anew.
    pub(super) async fn find(&self, tablet_id: &str, by: Instant) -> Result<Tablet, Failure> {
        locations::find(&mut *self.cluster(by).await, tablet_id).await
    }

    /// What lets its holder read and write the table.
    pub(super) fn token(&self) -> Option<SignedTokenPb> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tokens are good for some minutes.
    pub(super) async fn renew_token(&self, by: Instant) -> Result<(), Failure> {
        let token = Table::fresh_token(&mut *self.cluster(by).await, &self.table_id).await?;
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
        Ok(())
    }

    /// The latest time that a server has told of: servers are told it too, so that what is later to them
    /// is later everywhere.
    pub(super) fn latest(&self) -> Option<u64> {
        Some(self.latest.load(Ordering::Relaxed)).filter(|time| *time > 0)
    }

    pub(super) fn saw(&self, time: Option<u64>) {
        self.latest.fetch_max(time.unwrap_or(0), Ordering::Relaxed);
    }
}
