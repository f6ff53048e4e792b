//! A large request to a real master is cancelled in mid-transmission.
//!
//! No released Kudu knows footers, and each of them drops what it owes to a client whose stream ends. So
//! the client stops sending in the middle of the frame, reads what it is owed, and makes the calls behind
//! it on another connection. The master is stopped meanwhile, so that nothing depends on how fast it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use krpc_cli::pb::master::PingRequestPb;
use krpc_cli::pb::master::master_service::MasterServiceClient;
use krpc_cli::pb::server::GetFlagsRequestPb;
use krpc_cli::pb::server::generic_service::GenericServiceClient;
use krpc_cli::runtime::{Channel, Runtime};
use krpc_tests::cluster::{Cluster, Mode, Server, Size};
use krpc_tests::kudu::{Kudu, Version};
use krpc_tokio::{CallError, CancelOutcome, Execution, Sidecar, Stats};
use libtest_mimic::Trial;
use tokio::runtime::Builder;

use crate::bed::config;
use crate::gate::{Gate, Outcome, runtimes, suffix};

/// Below the 50 MiB that Kudu takes, and far above what the kernel takes for a process that stands
/// still.
const LARGE: usize = 40 << 20;

/// Calls before the large one, and as many behind it: fewer than the 50 that a service's queue takes.
const CALLS: usize = 20;

/// For what never ends by itself here.
const LONG: Duration = Duration::from_secs(3_600);

/// Far longer than anything takes, so that what hangs is a failure.
const WATCHDOG: Duration = Duration::from_secs(300);

pub(crate) fn trials(gate: &Gate) -> Vec<Trial> {
    let masters = [
        (Version::V1_18_1, Mode::Plain),
        (Version::V1_18_1, Mode::Tls13),
        (Version::V1_14_0, Mode::Plain),
        (Version::V1_14_0, Mode::Tls12),
    ];
    let mut trials = Vec::new();
    for (version, mode) in masters {
        let name = format!("cancel::kudu_{version}::{mode}::in_mid_transmission");
        for &runtime in runtimes(version) {
            let test = move |kudu: &Kudu| in_mid_transmission(kudu, runtime, mode);
            trials.push(gate.trial(format!("{name}{}", suffix(runtime)), version, test));
        }
    }
    trials
}

fn in_mid_transmission(kudu: &Kudu, runtime: Runtime, mode: Mode) -> Outcome {
    let alone = Size { masters: 1, tservers: 0 };
    let cluster = Cluster::start_of(kudu, mode, alone, None).map_err(anyhow::Error::msg)?;
    let master = &cluster.masters()[0];
    let tokio = Builder::new_current_thread().enable_all().build()?;
    let test = async { tokio::time::timeout(WATCHDOG, cancel(master, runtime, mode)).await };
    let outcome = tokio.block_on(test).context("it never ends").and_then(|outcome| outcome);
    master.check().map_err(anyhow::Error::msg)?;
    outcome
}

async fn cancel(master: &Server, runtime: Runtime, mode: Mode) -> Outcome {
    let config = config(mode)?.negotiation_timeout(LONG).drain_timeout(LONG);
    let channel = runtime.connector(config).channel(&master.addr().to_string())?;
    let client = MasterServiceClient::new(channel.clone());
    let generic = GenericServiceClient::new(channel.clone());
    let ping = || client.ping(&PingRequestPb {});
    let all = GetFlagsRequestPb { all_flags: Some(true), ..GetFlagsRequestPb::default() };
    let info = channel.connect_now().await?;
    ensure!(!info.footers && !info.peer_features.contains(&1_000), "{info:?}");
    ping().await?;

    master.pause().map_err(anyhow::Error::msg)?;
    let pings: Vec<_> = (0..CALLS / 2).map(|_| ping().start()).collect();
    let flags: Vec<_> = (0..CALLS / 2).map(|_| generic.get_flags(&all).start()).collect();
    let sent = stats_when(&channel, |stats| stats.frames_sent == 1 + CALLS as u64).await;
    let owners = Owners::default();
    let large = ping().sidecar(owners.sidecar()).start();
    // Some bytes of it have left, and the master takes none.
    stats_when(&channel, |stats| stats.bytes_sent > sent.bytes_sent).await;
    let behind: Vec<_> = (0..CALLS)
        .map(|i| if i % 2 == 0 { ping().start() } else { ping().timeout(LONG).start() })
        .collect();

    let outcome = large.pending().cancel().await;
    ensure!(owners.count() == 0, "{} owners when the cancel is done", owners.count());
    ensure!(master.is_paused().map_err(anyhow::Error::msg)?, "it has gone on by itself");
    let CancelOutcome::Cut { sent, unsent } = outcome else { bail!("{outcome:?}") };
    ensure!(sent > 0 && unsent > 0 && sent + unsent > LARGE as u64, "{outcome:?}");
    match large.await {
        Err(CallError::Cancelled { outcome: o, execution: Execution::Never }) if o == outcome => {}
        other => bail!("{other:?}"),
    }
    let newer = ping().start();

    master.resume().map_err(anyhow::Error::msg)?;
    for (i, call) in pings.into_iter().enumerate() {
        call.await.with_context(|| format!("ping {i}, sent before"))?;
    }
    for (i, call) in flags.into_iter().enumerate() {
        let flags = call.await.with_context(|| format!("flags {i}, sent before"))?;
        ensure!(flags.flags.len() > 100, "only {} flags", flags.flags.len());
    }
    for (i, call) in behind.into_iter().enumerate() {
        call.await.with_context(|| format!("ping {i}, queued behind"))?;
    }
    newer.await.context("ping after the cancel")?;
    // On a connection that has carried nothing else.
    stats_when(&channel, |stats| stats.frames_sent == CALLS as u64 + 1).await;

    // The master would have taken the large one.
    ping().sidecar(owners.sidecar()).await.context("the same call, left alone")?;
    ensure!(owners.count() == 0, "{} owners when the call is done", owners.count());
    Ok(())
}

/// The counters of the connection in use, once they are as they should be.
async fn stats_when(channel: &Channel, condition: impl Fn(&Stats) -> bool) -> Stats {
    loop {
        match channel.stats() {
            Some(stats) if condition(&stats) => return stats,
            _ => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}

/// Counts who owns bytes of the large request.
#[derive(Clone, Default)]
struct Owners(Arc<AtomicUsize>);

struct Owner {
    bytes: Vec<u8>,
    owners: Owners,
}

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.owners.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Owners {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    fn sidecar(&self) -> Sidecar {
        self.0.fetch_add(1, Ordering::SeqCst);
        Sidecar::from_owner(Owner { bytes: vec![7; LARGE], owners: self.clone() })
    }
}
