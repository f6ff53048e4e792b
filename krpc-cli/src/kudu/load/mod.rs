//! `krpc kudu load`: writes rows of CSV, or such that are made up.

mod batch;
mod generate;
mod input;
mod key;
mod report;
mod requests;
mod row;
mod spread;
mod tally;
mod writer;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;
use tokio::time::interval;

use crate::args::KuduLoad;
use crate::failure::Failure;
use crate::output::{line, live, plain};
use crate::pb::{ColumnSchemaPb, SchemaPb};

use super::column::Column;
use super::leader::Cluster;
use super::locations::Locations;
use super::servers::Servers;
use super::table::{Table, some};
use batch::Batch;
use generate::Generator;
use input::Input;
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
    let (args, table) = (Arc::new(args), Arc::new(table));
    let (source, unit) = match args.generate {
        None => (None, "line"),
        Some(rows) => {
            let places = all_places(&args, &table);
            (Some(Generator::new(&args, rows, &table, places)?), "row")
        }
    };
    let tally = Arc::new(Tally::new(unit, args.max_errors));
    let columns: Arc<[Column]> = table.columns.clone().into();
    let writer = Arc::new(Writer {
        cluster: cluster.into(),
        servers: Servers::new(args.connect.clone()),
        requests: Requests::new(),
        table_id: table.id.clone(),
        columns: columns.clone(),
        schema: SchemaPb { columns: table.columns.iter().map(sent).collect() },
        token: table.token.clone().into(),
        timestamp: 0.into(),
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
    let reading = {
        let (args, table) = (args.clone(), table.clone());
        move || {
            let source = match source {
                Some(generator) => Source::Generator(generator),
                None => Source::Input(open_input(&args, &table)?),
            };
            spreader.run(source);
            Ok::<_, Failure>(())
        }
    };
    let read = tokio::task::spawn_blocking(reading);
    let all = async {
        let read = read.await.expect("reading does not panic");
        while let Some(lane) = sending.join_next().await {
            lane.expect("sending does not panic");
        }
        read
    };
    tokio::pin!(all);
    let mut ticks = interval(SHOWN);
    loop {
        tokio::select! {
            read = &mut all => {
                read?;
                break;
            }
            // Whoever reads may wait for a line that never comes.
            _ = ticks.tick() => match tally.is_over() {
                true => break,
                false => live(|| report::progress(&tally.counts(), started.elapsed())),
            },
        }
    }
    live(String::new);
    let report = Report { args: &args, counts: tally.counts(), time: started.elapsed() };
    line(if args.json { report.json() } else { report.text() })?;
    report.verdict()
}

/// Standard input, its columns looked up in the table.
fn open_input(args: &KuduLoad, table: &Table) -> Result<Input<io::StdinLock<'static>>, Failure> {
    let mut input = Input::new(io::stdin().lock());
    let names = match &args.columns {
        Some(names) => names.clone(),
        None => input.header()?,
    };
    input.fields(places(args, table, &names)?);
    Ok(input)
}

/// What a server is told of a column.
fn sent(column: &Column) -> ColumnSchemaPb {
    ColumnSchemaPb {
        id: None,
        read_default_value: None,
        write_default_value: None,
        comment: None,
        ..column.pb.clone()
    }
}

/// Whether Kudu itself gives a new row its value.
fn filled_by_kudu(args: &KuduLoad, column: &Column) -> bool {
    column.pb.is_auto_incrementing() && args.operation.inserts() && !args.operation.upserts()
}

/// The columns to be set when rows are made up.
fn all_places(args: &KuduLoad, table: &Table) -> Vec<usize> {
    let wanted = |column: &Column| {
        column.key || !args.operation.deletes() && column.kind != super::column::Kind::Unknown
    };
    let columns = table.columns.iter().enumerate();
    let columns = columns.filter(|(_, column)| wanted(column) && !filled_by_kudu(args, column));
    columns.map(|(place, _)| place).collect()
}

/// The places of these columns in the table, if the operation can do with them.
fn places(args: &KuduLoad, table: &Table, names: &[String]) -> Result<Vec<usize>, Failure> {
    let operation = args.operation.name();
    let mut places = Vec::new();
    for name in names {
        let column = table.column(name)?;
        let refused = |why: &str| Failure::usage(format_args!("column {column}: {why}"));
        if filled_by_kudu(args, column) {
            return Err(refused("Kudu gives it its value: leave it out, or use --op upsert"));
        }
        if args.operation.deletes() && !column.key {
            let why = format!("--op {operation} takes the columns of the key alone");
            return Err(refused(&why));
        }
        let place = table.columns.iter().position(|other| other.name == *name).unwrap_or(0);
        if places.contains(&place) {
            return Err(refused("it is there twice"));
        }
        places.push(place);
    }
    let missing = table.columns.iter().enumerate().filter(|(place, column)| {
        let wanted = column.key
            || args.operation.inserts()
                && !column.nullable
                && column.pb.write_default_value.is_none();
        wanted && !places.contains(place) && !filled_by_kudu(args, column)
    });
    let missing: Vec<_> = missing.map(|(_, column)| column.name.as_str()).collect();
    if !missing.is_empty() {
        return Err(Failure::usage(format_args!(
            "--op {operation} on table {} needs columns that the input does not have: {}",
            plain(&table.name),
            some(missing.into_iter()),
        )));
    }
    Ok(places)
}
