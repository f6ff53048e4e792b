//! `krpc kudu load`: writes rows of CSV, or such that are made up.

mod batch;
mod columns;
mod generate;
mod input;
mod key;
mod report;
mod requests;
mod row;
mod spread;
mod tally;
mod writer;

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::unbounded_channel;
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::interval;

use crate::args::KuduLoad;
use crate::failure::Failure;
use crate::output::{line, live, note};
use crate::pb::SchemaPb;
use crate::signals::Signals;

use super::client::Client;
use super::column::Column;
use super::leader::Cluster;
use super::locations::Locations;
use super::table::Table;
use batch::Batch;
use key::Router;
use report::Report;
use requests::Requests;
use spread::{Memory, Shared, Source, Spreader};
use tally::Tally;
use writer::Writer;

/// How often progress is shown.
const SHOWN: Duration = Duration::from_millis(250);

/// How long a row waits for others to be sent with, as in Kudu's clients, and how often that is looked at.
const WAITS: Duration = Duration::from_secs(1);
const LOOKED: Duration = Duration::from_millis(100);

/// A row that cannot be read.
#[derive(Debug)]
struct Wrong {
    at: u64,
    said: String,
    /// Whether nothing after it can be read either.
    last: bool,
}

pub(super) async fn run(args: KuduLoad) -> Result<(), Failure> {
    let mut cluster = Cluster::connect(args.masters.clone(), args.connect.clone()).await?;
    let table = Table::open(&mut cluster, &args.table).await?;
    let router = Router::new(&table)?;
    cluster.begin_step();
    let locations = Locations::of(&mut cluster, &table.id).await?;
    let tally = Arc::new(Tally::new(args.unit(), args.max_errors));
    let columns: Arc<[Column]> = table.columns.clone().into();
    let writer = Arc::new(Writer {
        client: Client::new(&args.connect, cluster, &table),
        requests: Requests::new(),
        columns: columns.clone(),
        schema: SchemaPb { columns: table.columns.iter().map(columns::sent).collect() },
        limit: args.connect.timeout.time,
        tally: tally.clone(),
    });
    let mut signals = Signals::catch()?;
    let started = Instant::now();
    let mut sending = JoinSet::new();
    let mut lanes = Vec::new();
    for tablet in &locations.tablets {
        let (sender, batches) = unbounded_channel();
        lanes.push(sender);
        let in_flight = args.in_flight as usize;
        sending.spawn(writer.clone().lane(tablet.clone(), batches, in_flight));
    }
    let spreader = Arc::new(Shared::new(Spreader {
        columns,
        router,
        operation: args.operation.number(),
        batch_rows: args.batch_rows as usize,
        batch_bytes: args.batch_bytes as usize,
        memory: Memory::new(args.buffer_bytes as usize),
        tally: tally.clone(),
        open: lanes.iter().map(|_| Batch::default()).collect(),
        lanes,
        locations,
    }));
    let args = Arc::new(args);
    let reading = {
        let (args, spreader) = (args.clone(), spreader.clone());
        spawn_blocking(move || Source::open(&args, &table).map(|source| spreader.read(source)))
    };
    let mut all = pin!(async {
        let read = all_read(reading, &spreader, &tally).await;
        while let Some(lane) = sending.join_next().await {
            lane.expect("sending does not panic");
        }
        read
    });
    let mut ticks = interval(SHOWN);
    let mut signalled = None;
    let read = loop {
        tokio::select! {
            read = &mut all => break read,
            signal = signals.caught() => {
                live(String::new);
                if signalled.replace(signal).is_some() {
                    return Err(Failure::Signal(signal));
                }
                tally.stop();
                note("writing what was read; another signal ends it at once");
            }
            _ = ticks.tick() => live(|| report::progress(&tally.counts(), started.elapsed())),
        }
    };
    live(String::new);
    read?;
    let report = Report { args: &args, counts: tally.counts(), time: started.elapsed() };
    let printed = line(if args.json { report.json() } else { report.text() });
    let verdict = report.verdict();
    match (signalled, verdict) {
        (None, verdict) => verdict.and(printed),
        (Some(signal), verdict) => {
            if let Err(failure) = verdict {
                note(format_args!("krpc: {failure}"));
            }
            Err(Failure::Signal(signal))
        }
    }
}

/// Waits until all is read and on its way, or nothing more is to be: whoever reads may wait for a line that
/// never comes.
async fn all_read(
    mut reading: JoinHandle<Result<(), Failure>>,
    spreader: &Shared,
    tally: &Tally,
) -> Result<(), Failure> {
    let mut read = None;
    let mut ticks = interval(LOOKED);
    loop {
        tokio::select! {
            ended = &mut reading, if read.is_none() => {
                read = Some(ended.expect("reading does not panic"));
            }
            _ = ticks.tick() => {}
        }
        let Some(mut spreader) = spreader.try_lock() else { continue };
        if read.is_some() || tally.stopping() {
            spreader.finish();
            return read.unwrap_or(Ok(()));
        }
        spreader.flush(WAITS);
    }
}
