//! Six large calls to a peer that stops reading, all cancelled in one go: what is held meanwhile, and
//! what becomes of the connection.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use krpc_tokio::{
    CallRequest, CancelOutcome, ClientConfig, Encryption, Method, Timeout, UserCredentials,
};
use prost::Message;

use super::{LIMIT, wrong};
use crate::child::Child;
use crate::failure::Failure;
use crate::forwarder::Forwarder;
use crate::memory;
use crate::output;
use crate::payloads::Payloads;
use crate::pb::rpc_test::{AddRequestPb, PushStringsRequestPb};
use crate::random::Random;
use crate::runtime::{Call, Channel, Runtime};

/// What Impala bounds its own messages with.
pub(super) const SIZE: usize = 8 << 20;
pub(super) const CALLS: usize = 6;

const PUSH: Method = Method::from_static("kudu.rpc.GenericCalculatorService", "PushStringsFast");
const ADD: Method = Method::from_static("kudu.rpc_test.CalculatorService", "Add");

/// What happens when, from the beginning of a run.
const START: Duration = Duration::from_millis(100);
const CANCEL: Duration = Duration::from_millis(400);
/// Later than a time of grace after the cancel; one that ends late is waited for.
const READ_AGAIN: Duration = Duration::from_millis(1_150);
const END: Duration = Duration::from_millis(1_700);

/// The time between two looks at what is held.
const SAMPLE: Duration = Duration::from_millis(10);

/// The time between two calls after the cancel.
const PAUSE: Duration = Duration::from_millis(10);

/// How it went at one time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) at: Duration,
    /// Bytes that the client process holds more than before.
    pub(super) held: u64,
    /// Calls answered since the cancel.
    pub(super) served: u64,
}

/// How all of it went.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) samples: Vec<Sample>,
    /// When the calls were cancelled, and when the peer read again.
    pub(super) cancelled: Duration,
    pub(super) read_again: Duration,
    pub(super) outcomes: Vec<CancelOutcome>,
    /// How long after the cancel the last payload was let go.
    pub(super) released: Duration,
    /// When each of the later calls was answered.
    pub(super) served: Vec<Duration>,
    /// TCP connections that the server has accepted, by its own count.
    pub(super) accepted: u64,
}

impl Run {
    /// The call in mid-transmission.
    pub(super) fn mid_way(&self) -> Option<CancelOutcome> {
        self.outcomes.iter().copied().find(|outcome| {
            matches!(outcome, CancelOutcome::Aborted { .. } | CancelOutcome::Cut { .. })
        })
    }

    pub(super) fn most_held(&self) -> u64 {
        self.samples.iter().map(|sample| sample.held).max().unwrap_or(0)
    }
}

/// What the two halves of a run tell each other.
struct Stage {
    began: Instant,
    /// What was held before.
    before: Option<u64>,
    payloads: Payloads,
    served: AtomicU64,
    times: Mutex<Vec<Duration>>,
}

impl Stage {
    fn times(&self) -> MutexGuard<'_, Vec<Duration>> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sample(&self) -> Sample {
        // Payload is allocated too. Where that is not counted, only payload is.
        let held = match (memory::allocated(), self.before) {
            (Some(now), Some(before)) => now.saturating_sub(before),
            _ => self.payloads.held() as u64,
        };
        let served = self.served.load(Ordering::Relaxed);
        Sample { at: self.began.elapsed(), held, served }
    }
}

/// Plays it to a server that was started with these arguments.
pub(super) async fn run(runtime: Runtime, args: &[&str]) -> Result<Run, Failure> {
    let mut server = Child::start(runtime, args, None).await?;
    let forwarder = Forwarder::start(server.address(), 0.0, Random::new(0)).await;
    let forwarder = forwarder.map_err(|e| wrong("forwarding", e))?;
    let config = ClientConfig::new(UserCredentials::new("demo")).encryption(Encryption::Disabled);
    let channel = runtime.connector(config).channel(forwarder.address());
    let channel = channel.map_err(|e| wrong("making a channel", e))?;
    channel.connect_now().await.map_err(|e| wrong("connecting", e))?;

    let mut samples = Vec::with_capacity((END.as_millis() / SAMPLE.as_millis()) as usize * 2);
    let stage = Stage {
        began: Instant::now(),
        before: memory::allocated(),
        payloads: Payloads::new(),
        served: AtomicU64::new(0),
        times: Mutex::new(Vec::new()),
    };
    let mut tick = tokio::time::interval(SAMPLE);
    let mut play = std::pin::pin!(play(&stage, &channel, &forwarder));
    let played = loop {
        tokio::select! {
            played = &mut play => break played?,
            _ = tick.tick() => {
                let sample = stage.sample();
                samples.push(sample);
                output::live(|| live(&sample));
            }
        }
    };
    output::live(String::new);
    let accepted = server.look().await?.accepted;
    server.stop().await?;
    Ok(Run { samples, accepted, ..played })
}

fn live(sample: &Sample) -> String {
    let mib = sample.held as f64 / f64::from(1 << 20);
    let bar = "#".repeat((mib / 2.0).round() as usize);
    let (at, served) = (sample.at.as_secs_f64(), sample.served);
    format!("  {at:4.2} s  held {mib:5.1} MiB {bar:<26} then {served} calls served")
}

async fn play(stage: &Stage, channel: &Channel, forwarder: &Forwarder) -> Result<Run, Failure> {
    let at = |time: Duration| tokio::time::sleep_until((stage.began + time).into());
    at(START).await;
    forwarder.up().close();
    let before = channel.stats().unwrap_or_default();
    let calls: Vec<_> = (0..CALLS).map(|_| push(stage, channel)).collect();
    let begun = || channel.stats().is_some_and(|now| now.bytes_sent > before.bytes_sent);
    let waited = async {
        while !begun() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let waited = tokio::time::timeout(LIMIT, waited).await;
    waited.map_err(|_| wrong("sending", "not a byte of the calls was sent"))?;
    at(CANCEL).await;

    let now = Instant::now();
    let cancelled = now - stage.began;
    let cancelling: Vec<_> = calls.iter().map(Call::cancel).collect();
    let reading = async {
        // On a slow machine a time of grace may end late.
        let mut outcomes = Vec::new();
        for cancelling in cancelling {
            outcomes.push(cancelling.await);
        }
        at(READ_AGAIN).await;
        forwarder.up().open();
        (outcomes, stage.began.elapsed())
    };
    let ((outcomes, read_again), later) =
        tokio::join!(reading, serve(stage, channel, stage.began + END));
    later?;
    let released = stage.payloads.released().unwrap_or(now);
    let released = released.saturating_duration_since(now);
    let served = std::mem::take(&mut *stage.times());
    let played =
        Run { samples: Vec::new(), cancelled, read_again, outcomes, released, served, accepted: 0 };
    if played.mid_way().is_none() {
        let outcomes = format!("{:?}", played.outcomes);
        return Err(wrong("cancelling in mid-transmission", format_args!("it came to {outcomes}")));
    }
    Ok(played)
}

fn push(stage: &Stage, channel: &Channel) -> Call {
    let message = PushStringsRequestPb { sidecar_indexes: vec![0] };
    let mut request = CallRequest::new(PUSH, message.encode_to_vec());
    request.sidecars.push(stage.payloads.own(vec![7; SIZE]).into());
    request.timeout = Some(Timeout::After(LIMIT));
    channel.call_raw(request)
}

/// Makes small calls, one after the other, until the end.
async fn serve(stage: &Stage, channel: &Channel, end: Instant) -> Result<(), Failure> {
    while Instant::now() < end {
        let mut request = CallRequest::new(ADD, AddRequestPb { x: 1, y: 2 }.encode_to_vec());
        request.timeout = Some(Timeout::After(LIMIT));
        channel.call_raw(request).await.map_err(|e| wrong("calling after the cancel", e))?;
        stage.served.fetch_add(1, Ordering::Relaxed);
        stage.times().push(stage.began.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
