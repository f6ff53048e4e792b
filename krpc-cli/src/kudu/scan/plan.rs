//! What all scanners of a scan have in common.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::args::KuduScan;
use crate::failure::Failure;
use crate::kudu::client::Client;
use crate::kudu::column::{Column, Kind};
use crate::kudu::leader::Cluster;
use crate::kudu::table::Table;
use crate::output::plain;
use crate::pb::tserver::{NewScanRequestPb, TabletServerFeatures};
use crate::pb::{OrderMode, ReadMode};

use super::batch::Projection;
use super::predicate;

/// Asks for columns in place of rows.
const COLUMNAR: u64 = 2;

/// What is read, from whom, and how.
pub(super) struct Plan {
    pub(super) projection: Projection,
    /// What opens a scanner, but for what differs between tablets and times.
    pub(super) request: NewScanRequestPb,
    pub(super) batch_bytes: Option<u32>,
    pub(super) limit: Option<u64>,
    /// Whether rows come in the order of their keys, as of one time.
    pub(super) ordered: bool,
    /// The time limit of a step.
    pub(super) step: Duration,
    pub(super) client: Client,
    snapshot: Arc<Mutex<Option<u64>>>,
}

impl Plan {
    /// Checks what the command line says about the table.
    pub(super) fn new(args: &KuduScan, table: &Table, cluster: Cluster) -> Result<Self, Failure> {
        let projection = Projection::new(projected(args, table)?);
        let conditions = args.conditions.iter().map(|text| predicate::parse(text, table));
        let (order, mode) = match args.unordered {
            true => (OrderMode::Unordered, ReadMode::ReadLatest),
            false => (OrderMode::Ordered, ReadMode::ReadAtSnapshot),
        };
        let request = NewScanRequestPb {
            projected_columns: projection.columns.iter().map(Column::projection).collect(),
            column_predicates: conditions.collect::<Result<_, _>>()?,
            row_format_flags: (args.columnar && !args.count).then_some(COLUMNAR),
            order_mode: Some(order.into()),
            read_mode: Some(mode.into()),
            ..NewScanRequestPb::default()
        };
        Ok(Plan {
            projection,
            request,
            batch_bytes: args.batch_bytes,
            limit: args.limit,
            ordered: !args.unordered,
            step: args.connect.timeout.time,
            client: Client::new(&args.connect, cluster, table),
            snapshot: Arc::default(),
        })
    }

    /// What a server must know to open a scanner, so that an old one refuses rather than reads past it.
    pub(super) fn features(&self) -> impl Iterator<Item = TabletServerFeatures> {
        let selects = !self.request.column_predicates.is_empty();
        let columnar = self.request.row_format_flags.is_some();
        let selects = selects.then_some(TabletServerFeatures::ColumnPredicates);
        selects.into_iter().chain(columnar.then_some(TabletServerFeatures::ColumnarLayoutFeature))
    }

    /// The time to read as of. Who comes first is to tell it, with what comes along; the others wait for
    /// that.
    pub(super) async fn snapshot(&self) -> (Option<u64>, Option<OwnedMutexGuard<Option<u64>>>) {
        if !self.ordered {
            return (None, None);
        }
        let guard = self.snapshot.clone().lock_owned().await;
        match *guard {
            Some(time) => (Some(time), None),
            None => (None, Some(guard)),
        }
    }
}

/// The columns that the command line asks for.
fn projected(args: &KuduScan, table: &Table) -> Result<Vec<Column>, Failure> {
    let columns = match &args.columns {
        _ if args.count => return Ok(Vec::new()),
        None => table.columns.clone(),
        Some(names) => {
            let found = names.iter().map(|name| table.column(name).cloned());
            found
                .collect::<Result<_, _>>()
                .map_err(|failure| Failure::usage(format_args!("--columns: {}", failure.said())))?
        }
    };
    for (n, column) in columns.iter().enumerate() {
        if columns[..n].iter().any(|before| before.name == column.name) {
            let name = plain(&column.name);
            return Err(Failure::usage(format_args!("--columns names column '{name}' twice")));
        }
        if column.kind == Kind::Unknown {
            return Err(Failure::usage(format_args!(
                "column {column} has a type that this release does not read; --columns can leave it out"
            )));
        }
    }
    Ok(columns)
}
