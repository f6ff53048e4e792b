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
use crate::output::{line, live};
use crate::pb::SchemaPb;

use super::client::Client;
use super::column::Column;
use super::leader::Cluster;
use super::locations::Locations;
use super::table::Table;
use batch::Batch;
use key::Router;
use report::Report;
use requests::Requests;
use spread::{Memory, Source, Spreader};
use tally::Tally;
use writer::Writer;

/// How often progress is shown.
const SHOWN: Duration = Duration::from_millis(250);

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
    let started = Instant::now();
    let mut sending = JoinSet::new();
    let mut lanes = Vec::new();
    for tablet in &locations.tablets {
        let (sender, batches) = unbounded_channel();
        lanes.push(sender);
        let in_flight = args.in_flight as usize;
        sending.spawn(writer.clone().lane(tablet.clone(), batches, in_flight));
    }
    let spreader = Spreader {
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
    };
    let args = Arc::new(args);
    let reading = {
        let args = args.clone();
        spawn_blocking(move || Source::open(&args, &table).map(|source| spreader.run(source)))
    };
    let goes_on = || {
        live(|| report::progress(&tally.counts(), started.elapsed()));
        !tally.is_over()
    };
    ended(reading, sending, goes_on).await?;
    live(String::new);
    let report = Report { args: &args, counts: tally.counts(), time: started.elapsed() };
    line(if args.json { report.json() } else { report.text() })?;
    report.verdict()
}

/// Waits until all is read and sent, or `goes_on` says that it is over all the same: whoever reads may
/// wait for a line that never comes.
async fn ended(
    reading: JoinHandle<Result<(), Failure>>,
    mut sending: JoinSet<()>,
    goes_on: impl Fn() -> bool,
) -> Result<(), Failure> {
    let mut all = pin!(async move {
        let read = reading.await.expect("reading does not panic");
        while let Some(lane) = sending.join_next().await {
            lane.expect("sending does not panic");
        }
        read
    });
    let mut ticks = interval(SHOWN);
    loop {
        tokio::select! {
            read = &mut all => return read,
            _ = ticks.tick() => if !goes_on() { return Ok(()) },
        }
    }
}
