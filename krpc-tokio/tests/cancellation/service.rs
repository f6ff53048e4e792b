//! The service that these calls go to, which keeps a record of what it was given, and the payload that
//! they carry.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use krpc_tokio::codegen::{BoxFuture, RawReply};
use krpc_tokio::{
    CallContext, CallRequest, ErrorStatus, Method, MethodInfo, PeerAddr, Service, Sidecar, Status,
    Timeout,
};
use tokio::sync::{Semaphore, watch};

use crate::random::Random;

/// Where Kudu's tests have their method for sidecars.
pub(crate) const SERVICE: &str = "kudu.rpc.GenericCalculatorService";

const fn method(name: &'static str) -> MethodInfo {
    MethodInfo { service: SERVICE, name, track_rpc_result: false, authz_method: None }
}

const METHODS: &[MethodInfo] = &[method("PushStrings"), method("Hold"), method("Listen")];

/// `PushStrings` takes strings as sidecars and looks at every byte of them. Kudu's answers with their
/// checksums; this one compares them with what they should be, which a checksum could miss.
///
/// `Hold` does the same and then waits until it is let go, whatever becomes of its client. `Listen`
/// waits until its client is gone.
#[derive(Clone, Debug)]
pub(crate) struct Calculator(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// In the order in which the calls arrived.
    runs: watch::Sender<Vec<Run>>,
    held: Semaphore,
    finished: watch::Sender<Vec<u64>>,
    told: watch::Sender<Vec<u64>>,
}

/// One call that was executed.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// As the caller numbered it.
    pub(crate) number: u64,
    /// Whether the sidecars are what the caller said, to the last byte.
    pub(crate) intact: bool,
    /// The time that the client said is left.
    pub(crate) timeout: Option<Duration>,
    /// The client's end of the connection.
    pub(crate) peer: PeerAddr,
}

impl Default for Calculator {
    fn default() -> Self {
        let (runs, finished, told) =
            (watch::Sender::default(), watch::Sender::default(), watch::Sender::default());
        Calculator(Arc::new(Shared { runs, held: Semaphore::new(0), finished, told }))
    }
}

impl Calculator {
    pub(crate) fn runs(&self) -> Vec<Run> {
        self.0.runs.borrow().clone()
    }

    /// The calls that were executed, in the order of their arrival.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.0.runs.borrow().iter().map(|run| run.number).collect()
    }

    pub(crate) fn has_run(&self, number: u64) -> bool {
        self.0.runs.borrow().iter().any(|run| run.number == number)
    }

    /// Waits until a call is being executed.
    pub(crate) async fn runs_call(&self, number: u64) -> Run {
        let mut runs = self.0.runs.subscribe();
        let runs = runs.wait_for(|runs| runs.iter().any(|run| run.number == number)).await;
        runs.unwrap().iter().find(|run| run.number == number).expect("just seen").clone()
    }

    /// Lets so many of the calls that are held go on.
    pub(crate) fn let_go(&self, calls: usize) {
        self.0.held.add_permits(calls);
    }

    /// Waits until a call that was held has come to its end.
    pub(crate) async fn finishes(&self, number: u64) {
        self.0.finished.subscribe().wait_for(|list| list.contains(&number)).await.unwrap();
    }

    /// Waits until a call that listens was told that its client is gone.
    pub(crate) async fn is_told(&self, number: u64) {
        self.0.told.subscribe().wait_for(|list| list.contains(&number)).await.unwrap();
    }

    pub(crate) fn was_told(&self, number: u64) -> bool {
        self.0.told.borrow().contains(&number)
    }
}

impl Service for Calculator {
    fn name(&self) -> &'static str {
        SERVICE
    }

    fn methods(&self) -> &'static [MethodInfo] {
        METHODS
    }

    /// Called in the order in which the calls of a connection arrive, and not by tasks that may
    /// overtake each other.
    fn inline(&self, _: usize) -> bool {
        true
    }

    fn call(
        &self,
        method: usize,
        cx: CallContext,
        body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        let shared = self.0.clone();
        Box::pin(async move {
            let (number, intact) = check(&cx, &body);
            let (timeout, peer) = (cx.timeout(), cx.peer().clone());
            shared.runs.send_modify(|runs| runs.push(Run { number, intact, timeout, peer }));
            match METHODS[method].name {
                "PushStrings" => {}
                "Hold" => {
                    shared.held.acquire().await.unwrap().forget();
                    shared.finished.send_modify(|list| list.push(number));
                }
                _ => {
                    cx.cancelled().await;
                    shared.told.send_modify(|list| list.push(number));
                    return Err(Status::aborted("nobody will read this").into());
                }
            }
            Ok(RawReply::new(number.to_le_bytes().to_vec()))
        })
    }
}

/// Reads what a call should carry, and compares.
fn check(cx: &CallContext, body: &[u8]) -> (u64, bool) {
    let (number, places) = body.split_at(8);
    let number = u64::from_le_bytes(number.try_into().unwrap());
    let mut places = places.chunks_exact(8).map(|place| {
        let half = |range: std::ops::Range<usize>| {
            u32::from_le_bytes(place[range].try_into().unwrap()) as usize
        };
        &pattern()[half(0..4)..][..half(4..8)]
    });
    let same = cx.sidecars().iter().all(|sidecar| places.next() == Some(&sidecar[..]));
    (number, same && places.next().is_none())
}

/// Most bytes of the sidecars of one call.
pub(crate) const LARGEST: usize = 64 << 20;

/// What sidecars are cut out of. No two places in it look alike.
pub(crate) fn pattern() -> &'static [u8] {
    static PATTERN: OnceLock<Vec<u8>> = OnceLock::new();
    PATTERN.get_or_init(|| {
        let mut random = Random(2011);
        let page: Vec<_> = (0..8_192).flat_map(|_| random.next().to_le_bytes()).collect();
        let mut pattern = Vec::with_capacity(LARGEST);
        for number in 0..LARGEST / page.len() {
            let start = pattern.len();
            pattern.extend_from_slice(&page);
            pattern[start..start + 8].copy_from_slice(&(number as u64).to_le_bytes());
        }
        pattern
    })
}

/// Memory for sidecars, which is used again as soon as it is released, and is spoilt then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool(Arc<Buffers>);

#[derive(Debug, Default)]
struct Buffers {
    in_use: AtomicUsize,
    free: Mutex<Vec<Vec<u8>>>,
}

struct Buffer {
    bytes: Vec<u8>,
    pool: Arc<Buffers>,
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.fill(0xee);
        self.pool.free.lock().unwrap().push(bytes);
        self.pool.in_use.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Pool {
    /// Sidecars that somebody holds.
    pub(crate) fn in_use(&self) -> usize {
        self.0.in_use.load(Ordering::SeqCst)
    }

    /// A copy of a part of the pattern, in memory that was used before if there is some.
    fn sidecar(&self, place: Place) -> Bytes {
        let mut bytes = self.0.free.lock().unwrap().pop().unwrap_or_default();
        bytes.clear();
        bytes.extend_from_slice(place.bytes());
        self.0.in_use.fetch_add(1, Ordering::SeqCst);
        Sidecar::from_owner(Buffer { bytes, pool: self.0.clone() }).into()
    }

    /// A call of `method` with these parts of the pattern as its sidecars. No timeout.
    pub(crate) fn call(&self, method: &'static str, number: u64, places: &[Place]) -> CallRequest {
        let mut body = number.to_le_bytes().to_vec();
        for Place { start, len } in places {
            body.extend_from_slice(&(*start as u32).to_le_bytes());
            body.extend_from_slice(&(*len as u32).to_le_bytes());
        }
        let mut request = CallRequest::new(Method::from_static(SERVICE, method), body);
        request.sidecars = places.iter().map(|place| self.sidecar(*place)).collect();
        request
    }

    /// A call without sidecars or timeout.
    pub(crate) fn small(&self, number: u64) -> CallRequest {
        self.call("PushStrings", number, &[])
    }

    /// A call of 5 MB, without timeout: more than all buffers on its way take.
    pub(crate) fn large(&self, number: u64) -> CallRequest {
        self.call("PushStrings", number, &LARGE)
    }
}

/// A part of the pattern.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) start: usize,
    pub(crate) len: usize,
}

impl Place {
    fn bytes(self) -> &'static [u8] {
        &pattern()[self.start..][..self.len]
    }
}

/// The largest of the three shapes of payload in Kudu's tests.
pub(crate) const LARGE: [Place; 2] =
    [Place { start: 123, len: 3_000 * 1_024 }, Place { start: 4 << 20, len: 2_000 * 1_024 }];

/// The same call with a timeout.
pub(crate) fn timeout(mut request: CallRequest, timeout: Option<Duration>) -> CallRequest {
    request.timeout = timeout.map(Timeout::After);
    request
}
