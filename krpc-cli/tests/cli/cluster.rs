//! A cluster of a master and two tablet servers in this process, with one table, that fails as a test
//! wants it to.

use std::collections::HashMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use krpc_cli::pb::consensus::raft_peer_pb::Role;
use krpc_cli::pb::master::{TabletLocationsPb, master_service, tablet_locations_pb};
use krpc_cli::pb::tserver::tablet_server_error_pb::Code;
use krpc_cli::pb::tserver::*;
use krpc_cli::pb::*;
use krpc_cli::runtime::{BoundServer, Runtime, ServerHandle};
use krpc_tokio::codegen::pb::SignedTokenPb;
use krpc_tokio::core::{ErrorStatus, PeerAddr};
use krpc_tokio::{Answer, CallContext, Reply};
use tokio::sync::Notify;

use super::master::Master;
use super::writes::{Fate, Writes};

/// What becomes of a call.
pub(crate) enum Act {
    Serve,
    /// The answer is an error.
    Fail(Code, app_status_pb::ErrorCode),
    /// There is an error in place of an answer.
    Refuse(ErrorStatus),
    /// The server ends.
    Die,
    /// There is never an answer.
    Hang,
    /// It is served once this holds.
    When(Box<dyn Fn(&State) -> bool + Send + Sync>),
    /// This is the answer.
    Answer(Box<ScanResponsePb>, Vec<Bytes>),
}

/// A call of Scan.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Which server got it, and as the how many-eth call of all.
    pub(crate) server: usize,
    pub(crate) number: usize,
    pub(crate) request: ScanRequestPb,
}

impl Seen {
    /// Opens a scanner.
    pub(crate) fn opens(&self) -> bool {
        self.request.new_scan_request.is_some()
    }

    /// Asks for no rows, but to forget the scanner.
    pub(crate) fn closes(&self) -> bool {
        self.request.close_scanner == Some(true) && self.request.batch_size_bytes == Some(0)
    }

    /// The tablet of a call that opens a scanner or uses one.
    pub(crate) fn tablet(&self) -> usize {
        let id = match &self.request.new_scan_request {
            Some(new) => &new.tablet_id,
            None => self.request.scanner_id(),
        };
        let number = id.split('-').nth(1).and_then(|n| n.parse().ok());
        number.expect("scanners are named after their tablets")
    }
}

type Script = Box<dyn Fn(&State, &Seen) -> Act + Send + Sync>;

/// What all servers know.
pub(crate) struct State {
    pub(crate) size: Size,
    /// Which server leads each tablet, if any.
    pub(crate) homes: Mutex<Vec<Option<usize>>>,
    pub(crate) seen: Mutex<Vec<Seen>>,
    pub(crate) keep_alives: AtomicUsize,
    /// Whether they get no answer.
    pub(crate) deaf: AtomicBool,
    /// How often the master is still to say that the tablets do not run yet.
    pub(crate) starting: AtomicUsize,
    /// How often it is still to say that another leads.
    pub(crate) following: AtomicUsize,
    /// How many of its calls are still to get no answer.
    pub(crate) silent: AtomicUsize,
    /// How often it is still to say that it cannot find a tablet.
    pub(crate) forgetful: AtomicUsize,
    /// How often tablets were looked up one by one.
    pub(crate) lookups: AtomicUsize,
    /// How often the schema was asked for: it comes with a token of that number.
    pub(crate) schemas: AtomicUsize,
    /// The type of the second column.
    pub(crate) of_type: DataType,
    pub(crate) addresses: OnceLock<Vec<(String, u32)>>,
    pub(crate) writes: Writes,
    scanners: Mutex<HashMap<String, Open>>,
    script: Script,
}

/// How much there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) tablets: usize,
    /// In each tablet.
    pub(crate) rows: usize,
    /// In each answer.
    pub(crate) batch: usize,
    /// Bytes of each text.
    pub(crate) text: usize,
}

/// Two tablets of ten rows, three in each answer.
pub(crate) const SMALL: Size = Size { tablets: 2, rows: 10, batch: 3, text: 1 };

struct Open {
    server: usize,
    left: std::ops::Range<usize>,
    call: u32,
}

pub(crate) struct Fake {
    pub(crate) addr: String,
    pub(crate) state: Arc<State>,
    // Its servers end with it.
    _runtime: tokio::runtime::Runtime,
}

impl Fake {
    pub(crate) fn new(
        size: Size,
        script: impl Fn(&State, &Seen) -> Act + Send + Sync + 'static,
    ) -> Self {
        Self::with_type(DataType::String, size, script)
    }

    pub(crate) fn with_type(
        of_type: DataType,
        size: Size,
        script: impl Fn(&State, &Seen) -> Act + Send + Sync + 'static,
    ) -> Self {
        let state = Arc::new(State {
            size,
            homes: Mutex::new(vec![Some(0); size.tablets]),
            seen: Mutex::default(),
            keep_alives: AtomicUsize::new(0),
            deaf: AtomicBool::new(false),
            starting: AtomicUsize::new(0),
            following: AtomicUsize::new(0),
            silent: AtomicUsize::new(0),
            forgetful: AtomicUsize::new(0),
            lookups: AtomicUsize::new(0),
            schemas: AtomicUsize::new(0),
            of_type,
            addresses: OnceLock::new(),
            writes: Writes::default(),
            scanners: Mutex::default(),
            script: Box::new(script),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads can be started");
        let addresses = runtime.block_on(start(&state));
        let master = format!("{}:{}", addresses[2].0, addresses[2].1);
        state.addresses.set(addresses).expect("nobody has set them");
        Fake { addr: master, state, _runtime: runtime }
    }

    /// As `--format csv` prints all rows, without the first line, sorted.
    pub(crate) fn rows(&self) -> Vec<String> {
        let Size { tablets, rows, .. } = self.state.size;
        let keys = (0..tablets).flat_map(|tablet| (0..rows).map(move |row| key(tablet, row)));
        let mut lines: Vec<_> = keys
            .map(|key| match text(key, &self.state.size) {
                Some(text) => format!("{key},{text}"),
                None => format!("{key},\\N"),
            })
            .collect();
        lines.sort();
        lines
    }

    /// How many scanners wait for their next call.
    pub(crate) fn open_scanners(&self) -> usize {
        lock(&self.state.scanners).len()
    }

    /// The calls of Scan so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        lock(&self.state.seen).clone()
    }
}

/// Two tablet servers and a master: their addresses.
async fn start(state: &Arc<State>) -> Vec<(String, u32)> {
    let mut addresses = Vec::new();
    for number in 0..2 {
        let die = Arc::new(Notify::new());
        let server = Tserver { number, state: state.clone(), die: die.clone() };
        let service = tablet_server_service::TabletServerServiceServer::new(server);
        let bound = Runtime::Tokio.server().add_service(service).bind("127.0.0.1:0").await;
        let (address, handle) = serve(bound.expect("a port is free"));
        addresses.push(address);
        tokio::spawn(async move {
            die.notified().await;
            handle.shutdown(Duration::ZERO).await;
        });
    }
    let service = master_service::MasterServiceServer::new(Master(state.clone()));
    let bound = Runtime::Tokio.server().add_service(service).bind("127.0.0.1:0").await;
    addresses.push(serve(bound.expect("a port is free")).0);
    addresses
}

fn serve(bound: BoundServer) -> ((String, u32), ServerHandle) {
    let PeerAddr::Tcp(address) = bound.local_addrs()[0].clone() else { panic!("bound to an IP") };
    let handle = bound.serve().expect("it can serve");
    ((address.ip().to_string(), address.port().into()), handle)
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics with the lock")
}

pub(crate) fn key(tablet: usize, row: usize) -> i32 {
    i32::try_from(tablet * SPACE + row).expect("tests are small")
}

/// Keys of a tablet at most.
const SPACE: usize = 1000;

/// NULL for some.
fn text(key: i32, size: &Size) -> Option<String> {
    (key % 3 != 0).then(|| "x".repeat(size.text))
}

pub(crate) fn schema(of_type: DataType) -> SchemaPb {
    let key = ColumnSchemaPb {
        id: Some(10),
        name: "key".into(),
        r#type: DataType::Int32.into(),
        is_key: Some(true),
        ..Default::default()
    };
    let text = ColumnSchemaPb {
        id: Some(11),
        name: "text".into(),
        r#type: of_type.into(),
        is_nullable: Some(true),
        ..Default::default()
    };
    SchemaPb { columns: vec![key, text] }
}

/// A bucket of the key for each tablet.
pub(crate) fn partitions(tablets: usize) -> PartitionSchemaPb {
    let key = || partition_schema_pb::ColumnIdentifierPb {
        identifier: Some(partition_schema_pb::column_identifier_pb::Identifier::Id(10)),
    };
    let buckets = partition_schema_pb::HashBucketSchemaPb {
        columns: vec![key()],
        num_buckets: i32::try_from(tablets).expect("few"),
        seed: None,
        hash_algorithm: None,
    };
    PartitionSchemaPb {
        hash_schema: vec![buckets],
        range_schema: Some(partition_schema_pb::RangeSchemaPb { columns: vec![key()] }),
        ..Default::default()
    }
}

pub(crate) fn token(number: usize) -> SignedTokenPb {
    SignedTokenPb { token_data: Some(number.to_string().into()), ..Default::default() }
}

pub(crate) fn tablet_number(id: &str) -> usize {
    id.strip_prefix("tablet-").and_then(|n| n.parse().ok()).expect("a tablet of the table")
}

/// A tablet's first key, and the first that it does not have. Between two tablets there is a gap: no
/// tablet has a bucket's highest keys.
pub(crate) fn bounds(state: &State, tablet: usize) -> (Bytes, Bytes) {
    let bucket = u32::try_from(tablet).expect("few").to_be_bytes();
    let (first, last) = (tablet == 0, tablet + 1 == state.size.tablets);
    let start = if first { Bytes::new() } else { Bytes::copy_from_slice(&bucket) };
    let end = if last { Vec::new() } else { [&bucket[..], &[0xff]].concat() };
    (start, end.into())
}

pub(crate) fn location(state: &State, tablet: usize) -> TabletLocationsPb {
    let replica = |server: usize| tablet_locations_pb::InternedReplicaPb {
        ts_info_idx: u32::try_from(server).expect("there are two"),
        role: match lock(&state.homes)[tablet] == Some(server) {
            true => Role::Leader.into(),
            false => Role::Follower.into(),
        },
        dimension_label: None,
    };
    let (start, end) = bounds(state, tablet);
    TabletLocationsPb {
        tablet_id: format!("tablet-{tablet}"),
        partition: Some(PartitionPb {
            hash_buckets: vec![i32::try_from(tablet).expect("few")],
            partition_key_start: Some(start),
            partition_key_end: Some(end),
        }),
        interned_replicas: (0..2).map(replica).collect(),
        ..Default::default()
    }
}

struct Tserver {
    number: usize,
    state: Arc<State>,
    die: Arc<Notify>,
}

impl Tserver {
    /// What an honest server does.
    fn serve(&self, request: &ScanRequestPb) -> Reply<ScanResponsePb> {
        let Size { rows, batch, .. } = self.state.size;
        let mut scanners = lock(&self.state.scanners);
        let id = match &request.new_scan_request {
            Some(new) => {
                let tablet = tablet_number(&new.tablet_id);
                let last = new.last_primary_key.as_ref().map(|key| {
                    let row = i32::from_be_bytes(key[..].try_into().expect("four bytes"));
                    usize::try_from(row).expect("no key is negative") - tablet * SPACE
                });
                let left = last.map_or(0, |last| last + 1)..rows;
                let id = format!("scanner-{tablet}-{}", lock(&self.state.seen).len());
                scanners.insert(id.clone(), Open { server: self.number, left, call: 0 });
                id
            }
            None => request.scanner_id.clone().expect("one of both is there"),
        };
        let found = scanners.get_mut(&id).filter(|open| open.server == self.number);
        let Some(open) = found else {
            return fail(Code::ScannerExpired, app_status_pb::ErrorCode::NotFound);
        };
        if request.close_scanner == Some(true) && request.batch_size_bytes == Some(0) {
            scanners.remove(&id);
            return ScanResponsePb { has_more_results: Some(false), ..Default::default() }.into();
        }
        if open.call != request.call_seq_id() {
            scanners.remove(&id);
            return fail(Code::InvalidScanCallSeqId, app_status_pb::ErrorCode::InvalidArgument);
        }
        open.call += 1;
        let tablet =
            tablet_number(&id[..id.rfind('-').expect("it has two")].replace("scanner", "tablet"));
        let rows: Vec<_> = open.left.by_ref().take(batch).map(|row| key(tablet, row)).collect();
        let more = !open.left.is_empty() && request.close_scanner != Some(true);
        if !more {
            scanners.remove(&id);
        }
        let (mut cells, mut texts) = (Vec::new(), Vec::new());
        for key in &rows {
            let text = text(*key, &self.state.size);
            cells.extend(key.to_le_bytes());
            cells.extend((texts.len() as u64).to_le_bytes());
            cells.extend((text.as_ref().map_or(0, String::len) as u64).to_le_bytes());
            cells.push(if text.is_none() { 2 } else { 0 });
            texts.extend(text.unwrap_or_default().into_bytes());
        }
        let data = RowwiseRowBlockPb {
            num_rows: Some(i32::try_from(rows.len()).expect("tests are small")),
            rows_sidecar: Some(0),
            indirect_data_sidecar: Some(1),
        };
        let opens = request.new_scan_request.is_some();
        Reply::new(ScanResponsePb {
            scanner_id: (opens && more).then_some(id),
            has_more_results: Some(more),
            data: Some(data),
            snap_timestamp: opens.then_some(4096),
            last_primary_key: rows.last().map(|key| Bytes::copy_from_slice(&key.to_be_bytes())),
            ..Default::default()
        })
        .sidecar(cells)
        .sidecar(texts)
    }
}

pub(crate) fn status(code: app_status_pb::ErrorCode) -> AppStatusPb {
    AppStatusPb {
        code: code.into(),
        message: Some("as the test wants it".into()),
        posix_code: None,
    }
}

fn fail(code: Code, of_status: app_status_pb::ErrorCode) -> Reply<ScanResponsePb> {
    let error = TabletServerErrorPb { code: code.into(), status: status(of_status) };
    ScanResponsePb { error: Some(error), ..Default::default() }.into()
}

impl tablet_server_service::TabletServerService for Tserver {
    async fn ping(&self, _: CallContext, _: PingRequestPb) -> Answer<PingResponsePb> {
        Ok(PingResponsePb {}.into())
    }

    async fn write(&self, cx: CallContext, request: WriteRequestPb) -> Answer<WriteResponsePb> {
        let id = cx.request_id().expect("a write has an id");
        match self.state.writes.answer(&self.state, self.number, id, request) {
            Fate::Answer(answer) => *answer,
            Fate::Hangs => pending().await,
            Fate::Dies => {
                self.die.notify_one();
                pending().await
            }
        }
    }

    async fn scan(&self, _: CallContext, request: ScanRequestPb) -> Answer<ScanResponsePb> {
        let seen = {
            let mut all = lock(&self.state.seen);
            let seen = Seen { server: self.number, number: all.len(), request: request.clone() };
            all.push(seen.clone());
            seen
        };
        match (self.state.script)(&self.state, &seen) {
            Act::Serve => Ok(self.serve(&request)),
            Act::Fail(code, status) => Ok(fail(code, status)),
            Act::Refuse(status) => Err(status),
            Act::Die => {
                self.die.notify_one();
                pending().await
            }
            Act::Hang => pending().await,
            Act::When(holds) => {
                while !holds(&self.state) {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                Ok(self.serve(&request))
            }
            Act::Answer(answer, sidecars) => {
                let reply = Reply::new(*answer);
                Ok(sidecars.into_iter().fold(reply, |reply, sidecar| reply.sidecar(sidecar)))
            }
        }
    }

    async fn scanner_keep_alive(
        &self,
        _: CallContext,
        request: ScannerKeepAliveRequestPb,
    ) -> Answer<ScannerKeepAliveResponsePb> {
        assert!(lock(&self.state.scanners).contains_key(&request.scanner_id));
        self.state.keep_alives.fetch_add(1, Ordering::Relaxed);
        if self.state.deaf.load(Ordering::Relaxed) {
            return pending().await;
        }
        Ok(ScannerKeepAliveResponsePb::default().into())
    }

    fn supports_feature(&self, flag: u32) -> bool {
        flag == TabletServerFeatures::ColumnPredicates as u32
    }
}
