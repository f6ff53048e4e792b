//! The service that the scenarios call, which keeps a record of what it was given, and the payload
//! that they send. It needs no runtime: its futures can be awaited anywhere, and blocked on.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::task::{Poll, Waker};

use bytes::Bytes;
use krpc_core::{ErrorStatus, Method, Sidecar};
use krpc_driver::{BoxFuture, CallContext, CallRequest, MethodInfo, RawReply, Service, Status};

pub(crate) const SERVICE: &str = "test.Probe";

/// The one feature flag that the service supports.
pub(crate) const FEATURE: u32 = 7;

const fn method(name: &'static str) -> MethodInfo {
    MethodInfo { service: SERVICE, name, track_rpc_result: false, authz_method: None }
}

const METHODS: &[MethodInfo] = &[
    method("Add"),
    method("Echo"),
    method("Take"),
    method("Hold"),
    method("Gone"),
    method("Panic"),
];

/// Each body begins with the number of the call, eight bytes, and so does each answer.
///
/// * `Add` answers with the sum of two more numbers.
/// * `Echo` answers with the rest of the body and with all sidecars.
/// * `Take` answers with the number alone.
/// * `Hold` does so when it is let go, and adds a sidecar of as many bytes as the next number says.
/// * `Gone` waits until its client is gone.
/// * `Panic` panics.
///
/// All of them compare the sidecars with what they should be, to the last byte.
#[derive(Clone, Default)]
pub(crate) struct Probe(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    runs: Vec<Run>,
    let_go: BTreeSet<u64>,
    all_let_go: bool,
    told: BTreeSet<u64>,
    waiting: Vec<Waker>,
}

/// One call that was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) number: u64,
    /// Whether the sidecars are what they should be.
    pub(crate) intact: bool,
}

impl Probe {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nobody panics with it")
    }

    pub(crate) fn runs(&self) -> Vec<Run> {
        self.state().runs.clone()
    }

    pub(crate) fn has_run(&self, number: u64) -> bool {
        self.state().runs.iter().any(|run| run.number == number)
    }

    /// Lets a call go on that is held, or will be.
    pub(crate) fn let_go(&self, number: u64) {
        self.change(|state| state.let_go.extend([number]));
    }

    /// Holds nothing from now on.
    pub(crate) fn let_all_go(&self) {
        self.change(|state| state.all_let_go = true);
    }

    /// Whether a call that waits for that was told that its client is gone.
    pub(crate) fn was_told(&self, number: u64) -> bool {
        self.state().told.contains(&number)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let waiting = {
            let mut state = self.state();
            change(&mut state);
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    async fn held(&self, number: u64) {
        poll_fn(|cx| {
            let mut state = self.state();
            if state.all_let_go || state.let_go.contains(&number) {
                return Poll::Ready(());
            }
            state.waiting.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Service for Probe {
    fn name(&self) -> &'static str {
        SERVICE
    }

    fn methods(&self) -> &'static [MethodInfo] {
        METHODS
    }

    fn supports_feature(&self, flag: u32) -> bool {
        flag == FEATURE
    }

    fn call(
        &self,
        method: usize,
        cx: CallContext,
        mut body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        let probe = self.clone();
        Box::pin(async move {
            let number = take(&mut body);
            let mut sidecars: Vec<_> = cx.sidecars().iter().collect();
            let intact =
                sidecars.iter().enumerate().all(|(i, bytes)| *bytes == piece(i, bytes.len()));
            probe.state().runs.push(Run { number, intact });
            let mut answer = number.to_le_bytes().to_vec();
            match METHODS[method].name {
                "Add" => {
                    let sum = take(&mut body) + take(&mut body);
                    answer.extend_from_slice(&sum.to_le_bytes());
                }
                "Echo" => answer.extend_from_slice(&body),
                "Take" => sidecars.clear(),
                "Hold" => {
                    probe.held(number).await;
                    let len = take(&mut body) as usize;
                    sidecars = vec![Bytes::from_static(piece(0, len))];
                }
                "Gone" => {
                    cx.cancelled().await;
                    probe.change(|state| state.told.extend([number]));
                    return Err(Status::aborted("nobody will read this").into());
                }
                // Without a message on this process's output.
                _ => std::panic::resume_unwind(Box::new("as asked")),
            }
            Ok(RawReply { body: answer.into(), sidecars })
        })
    }
}

/// Reads a number off the front.
pub(crate) fn take(body: &mut Bytes) -> u64 {
    let number = body.split_to(8);
    u64::from_le_bytes(number[..].try_into().expect("eight bytes"))
}

/// Most bytes of one sidecar, but for where it begins.
const LARGEST: usize = 4 << 20;

/// What the sidecar of that index holds. No two of them look alike, nor two places in one.
pub(crate) fn piece(index: usize, len: usize) -> &'static [u8] {
    static PATTERN: OnceLock<Vec<u8>> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        let mut state = 2011u64;
        let words = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 32) as u32
        });
        words.take((LARGEST + (64 << 10)) / 4).flat_map(u32::to_le_bytes).collect()
    });
    &pattern[index * 37 % (64 << 10)..][..len]
}

/// Tells whether somebody still holds a sidecar of a call.
pub(crate) struct Payload(Arc<()>);

struct Piece {
    bytes: &'static [u8],
    _held: Arc<()>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        self.bytes
    }
}

impl Payload {
    pub(crate) fn held(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

/// Sidecars of a call of 5 MB: more than all buffers on its way take.
pub(crate) const LARGE: &[usize] = &[3_000 << 10, 2_000 << 10];

/// A call with these numbers and with sidecars of these lengths. No timeout.
pub(crate) fn call(method: &'static str, numbers: &[u64], sidecars: &[usize]) -> CallRequest {
    call_with(method, numbers, sidecars).0
}

/// The same, and who holds its sidecars.
pub(crate) fn call_with(
    method: &'static str,
    numbers: &[u64],
    sidecars: &[usize],
) -> (CallRequest, Payload) {
    let body: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let mut call = CallRequest::new(Method::from_static(SERVICE, method), body);
    let payload = Payload(Arc::default());
    let sidecar = |(index, len): (usize, &usize)| {
        let piece = Piece { bytes: piece(index, *len), _held: payload.0.clone() };
        Sidecar::from_owner(piece).into()
    };
    call.sidecars = sidecars.iter().enumerate().map(sidecar).collect();
    (call, payload)
}
