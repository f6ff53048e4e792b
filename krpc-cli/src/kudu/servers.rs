//! Connections to tablet servers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::OnceCell;

use crate::address::Address;
use crate::args::Connect;
use crate::failure::Failure;
use crate::pb::tserver::tablet_server_service::TabletServerServiceClient;
use crate::runtime::Channel;
use crate::session::Session;

/// One connection for each tablet server that was asked for, which all who ask share. Clones are the
/// same.
#[derive(Clone)]
pub(super) struct Servers {
    connect: Connect,
    open: Arc<Mutex<HashMap<String, Slot>>>,
}

/// Where a connection is, or will be. One that could not be opened is tried anew by the next who asks.
type Slot = Arc<OnceCell<Session>>;

pub(super) type Tserver = TabletServerServiceClient<Channel>;

impl Servers {
    pub(super) fn new(connect: Connect) -> Self {
        Servers { connect, open: Arc::default() }
    }

    /// The server at this address.
    pub(super) async fn at(&self, address: &Address, by: Instant) -> Result<Tserver, Failure> {
        let slot = self.slot(address);
        let open = || Session::open_until(address, &self.connect, by);
        let session = slot.get_or_try_init(open).await?;
        Ok(TabletServerServiceClient::new(session.channel.clone()))
    }

    /// In place of a connection that was lost there is a new one. The old one would come back by itself,
    /// but not before its back-off is over, and meanwhile the tablet may have another leader.
    fn slot(&self, address: &Address) -> Slot {
        let mut open = self.lock();
        let slot = open.entry(address.to_string()).or_default();
        if slot.get().is_some_and(|session| session.channel.stats().is_none()) {
            *slot = Slot::default();
        }
        slot.clone()
    }

    /// The channels that are open, for what they count.
    pub(super) fn channels(&self) -> Vec<Channel> {
        let sessions = self.lock();
        sessions.values().filter_map(|slot| Some(slot.get()?.channel.clone())).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Slot>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
