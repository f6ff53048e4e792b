//! What all scanners of a scan have in common.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use krpc_tokio::codegen::pb::SignedTokenPb;
use tokio::sync::{self, OwnedMutexGuard};

use crate::args::KuduScan;
use crate::failure::Failure;
use crate::kudu::column::{Column, Kind};
use crate::kudu::leader::Cluster;
use crate::kudu::servers::Servers;
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
    pub(super) servers: Servers,
    cluster: sync::Mutex<Cluster>,
    table_id: String,
    token: Mutex<Option<SignedTokenPb>>,
    snapshot: Arc<sync::Mutex<Option<u64>>>,
    latest: AtomicU64,
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
            servers: Servers::new(args.connect.clone()),
            cluster: sync::Mutex::new(cluster),
            table_id: table.id.clone(),
            token: Mutex::new(table.token.clone()),
            snapshot: Arc::default(),
            latest: AtomicU64::new(0),
        })
    }

    /// What a server must know to open a scanner, so that an old one refuses rather than reads past it.
    pub(super) fn features(&self) -> impl Iterator<Item = TabletServerFeatures> {
        let selects = !self.request.column_predicates.is_empty();
        let columnar = self.request.row_format_flags.is_some();
        let selects = selects.then_some(TabletServerFeatures::ColumnPredicates);
        selects.into_iter().chain(columnar.then_some(TabletServerFeatures::ColumnarLayoutFeature))
    }

    /// The masters, for calls that have to be done by then.
    pub(super) async fn cluster(&self, by: Instant) -> sync::MutexGuard<'_, Cluster> {
        let mut cluster = self.cluster.lock().await;
        cluster.continue_until(by);
        cluster
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

    pub(super) fn token(&self) -> Option<SignedTokenPb> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tokens are good for some minutes, and only scanners that are opened need one.
    pub(super) async fn renew_token(&self, by: Instant) -> Result<(), Failure> {
        let mut cluster = self.cluster(by).await;
        let token = Table::fresh_token(&mut cluster, &self.table_id).await?;
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
        Ok(())
    }

    /// The latest time that a server has told of: servers are told it too.
    pub(super) fn latest(&self) -> Option<u64> {
        Some(self.latest.load(Ordering::Relaxed)).filter(|time| *time > 0)
    }

    pub(super) fn saw(&self, time: Option<u64>) {
        self.latest.fetch_max(time.unwrap_or(0), Ordering::Relaxed);
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
