//! One way to the server with settings of its own, and calls on it.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_tokio::core::{CallError, InboundReply};
use krpc_tokio::{
    CallRequest, CallStage, CancelOutcome, ClientConfig, Footers, Method, OnCancel, Stats, Timeout,
};
use prost::Message;

use super::tally::{State, Tally};
use crate::failure::Failure;
use crate::forwarder::Forwarder;
use crate::payloads::Payloads;
use crate::pb::rpc_test::*;
use crate::runtime::{Call, Cancelling, Channel, Connector, Runtime};

const PUSH: Method = Method::from_static("kudu.rpc.GenericCalculatorService", "PushStrings");
const STRINGS: Method = Method::from_static("kudu.rpc.GenericCalculatorService", "SendTwoStrings");
const ADD: Method = Method::from_static("kudu.rpc_test.CalculatorService", "Add");
const SLEEP: Method = Method::from_static("kudu.rpc_test.CalculatorService", "Sleep");

/// A call that has no shorter one ends after this time: longer than any pause.
const LIMIT: Duration = Duration::from_secs(30);

/// Payload that is given up may be sent so long.
const GRACE: Duration = Duration::from_millis(20);

/// Replies that are owed on a connection that was cut are waited for so long: longer than any handler
/// and pause. Under TLS one may never come, because the call was sealed and did not leave.
const DRAIN: Duration = Duration::from_secs(3);

/// What differs from lane to lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Calls are aborted by their footers.
    Footers,
    /// The same, but there may be so little filler that a large call cannot be.
    LittleFiller,
    /// There are no footers.
    Without(OnCancel),
}

impl Kind {
    pub(super) const ALL: [Kind; 5] = [
        Kind::Footers,
        Kind::LittleFiller,
        Kind::Without(OnCancel::Drain),
        Kind::Without(OnCancel::KeepUntilSent),
        Kind::Without(OnCancel::Close),
    ];

    pub(super) fn keeps(self) -> bool {
        self == Kind::Without(OnCancel::KeepUntilSent)
    }

    fn config(self, config: ClientConfig, payload: usize) -> ClientConfig {
        let config = config.grace(GRACE).drain_timeout(DRAIN);
        match self {
            Kind::Footers => config,
            Kind::LittleFiller => config.max_filler(payload as u64 / 4),
            Kind::Without(policy) => config.footers(Footers::Off).on_cancel(policy),
        }
    }
}

/// A channel that goes through a forwarder of its own.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) kind: Kind,
    pub(super) connector: Connector,
    pub(super) channel: Channel,
    pub(super) forwarder: Forwarder,
    pub(super) tally: Tally,
    /// Size of the largest calls.
    pub(super) payload: usize,
    /// What calls send, over and over.
    bytes: Arc<[u8]>,
}

/// What a call asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task {
    /// Sends so many bytes, and is told their check sum.
    Push(usize),
    /// Is sent so many bytes.
    Pull(usize),
    /// Is answered after so long.
    Sleep(Duration),
    /// Is answered at once.
    Add,
}

impl Lane {
    pub(super) fn new(
        kind: Kind,
        runtime: Runtime,
        config: ClientConfig,
        forwarder: Forwarder,
        tally: &Tally,
        payload: usize,
        bytes: &Arc<[u8]>,
    ) -> Result<Lane, Failure> {
        let connector = runtime.connector(kind.config(config, payload));
        let channel = connector.channel(forwarder.address());
        let channel = channel.map_err(Failure::usage)?;
        let (tally, bytes) = (tally.clone(), bytes.clone());
        Ok(Lane { kind, connector, channel, forwarder, tally, payload, bytes })
    }

    /// Counters of the connection in use; zero if there is none.
    pub(super) fn stats(&self) -> Stats {
        self.channel.stats().unwrap_or_default()
    }

    /// Starts a call.
    pub(super) fn start(&self, task: Task, timeout: Option<Duration>) -> Running<'_> {
        let payloads = Payloads::new();
        let mut expected = Expected::Anything;
        let mut request = match task {
            Task::Push(size) => {
                let mut bytes = self.bytes.repeat(size.div_ceil(self.bytes.len()));
                bytes.truncate(size);
                expected = Expected::CheckSum(crc32c::crc32c(&bytes));
                let message = PushStringsRequestPb { sidecar_indexes: vec![0] };
                let mut request = CallRequest::new(PUSH, message.encode_to_vec());
                request.sidecars.push(payloads.own(bytes).into());
                request
            }
            Task::Pull(size) => {
                expected = Expected::Sidecar(size);
                let size1 = size as u64;
                let message = SendTwoStringsRequestPb { random_seed: 1, size1, size2: 0 };
                CallRequest::new(STRINGS, message.encode_to_vec())
            }
            Task::Sleep(time) => {
                let sleep_micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
                let message = SleepRequestPb { sleep_micros, ..Default::default() };
                CallRequest::new(SLEEP, message.encode_to_vec())
            }
            Task::Add => CallRequest::new(ADD, AddRequestPb { x: 1, y: 2 }.encode_to_vec()),
        };
        request.timeout = Some(Timeout::After(timeout.unwrap_or(LIMIT)));
        self.tally.started();
        Running { call: self.channel.call_raw(request), expected, payloads, tally: &self.tally }
    }

    /// Waits until the connection is there.
    pub(super) async fn connect(&self) -> Result<(), Failure> {
        let connected = self.channel.connect_now().await;
        connected.map(drop).map_err(|e| Failure::call("cannot connect to the server", e, None))
    }
}

/// What a right reply holds.
#[derive(Clone, Copy, Debug)]
enum Expected {
    Anything,
    CheckSum(u32),
    Sidecar(usize),
}

impl Expected {
    fn is_met(self, reply: &InboundReply) -> bool {
        match self {
            Expected::Anything => true,
            Expected::CheckSum(crc) => {
                let sums = PushStringsResponsePb::decode(Bytes::clone(&reply.body));
                sums.is_ok_and(|sums| sums.crcs == [crc])
            }
            Expected::Sidecar(size) => reply.sidecars.get(0).is_ok_and(|s| s.len() == size),
        }
    }
}

/// A call in flight. It is counted when it ends one way or another.
#[must_use]
pub(super) struct Running<'a> {
    call: Call,
    expected: Expected,
    payloads: Payloads,
    tally: &'a Tally,
}

impl Running<'_> {
    /// Waits for its end.
    pub(super) async fn end(mut self) -> Ended {
        let result = (&mut self.call).await;
        self.settle(result)
    }

    fn settle(self, result: Result<InboundReply, CallError>) -> Ended {
        self.tally.released(&self.payloads);
        match &result {
            Ok(reply) if self.expected.is_met(reply) => self.tally.completed(),
            Ok(_) => self.tally.failed("the reply is not the right one".into(), false),
            Err(error) => self.tally.ended(error),
        }
        Ended(result.err())
    }

    /// Cancels it now. Waits for nothing yet.
    pub(super) fn cancel(&self) -> Cancelling {
        self.call.cancel()
    }

    /// Waits for the end of what was cancelled.
    pub(super) async fn cancelled(self, cancelling: Cancelling) -> Ended {
        let outcome = cancelling.await;
        self.tally.released(&self.payloads);
        let tally = self.tally;
        let ended = self.end().await;
        if outcome == CancelOutcome::AlreadyDone {
            tally.met(State::AlreadyDone);
        }
        if ended.outcome().unwrap_or(CancelOutcome::AlreadyDone) != outcome {
            tally.contradiction(format!("cancelled as {outcome:?}, ended as {:?}", ended.0));
        }
        ended
    }

    /// Cancels it from another task, after a while.
    pub(super) async fn cancelled_from_elsewhere(self, after: Duration) -> Ended {
        let handle = self.call.cancel_handle();
        let canceller = tokio::spawn(async move {
            tokio::time::sleep(after).await;
            handle.cancel().await
        });
        let tally = self.tally;
        let ended = self.end().await;
        match canceller.await {
            Ok(CancelOutcome::AlreadyDone) => tally.met(State::AlreadyDone),
            Ok(_) => {}
            Err(error) => tally.contradiction(error.to_string()),
        }
        ended
    }

    /// Cancels it when it has ended.
    pub(super) async fn cancelled_after_its_end(self) {
        let handle = self.call.cancel_handle();
        let tally = self.tally;
        let _ = self.end().await;
        match handle.cancel().await {
            CancelOutcome::AlreadyDone => tally.met(State::AlreadyDone),
            other => tally.contradiction(format!("cancelled as {other:?} after its end")),
        }
    }

    /// Drops it, unless it has ended.
    pub(super) fn give_up(mut self) {
        let cx = &mut Context::from_waker(Waker::noop());
        match pin!(&mut self.call).poll(cx) {
            Poll::Ready(result) => drop(self.settle(result)),
            Poll::Pending => {
                drop(self.call);
                self.tally.dropped(self.payloads);
            }
        }
    }
}

/// How a call ended: with this error, or with a reply.
#[must_use]
pub(super) struct Ended(Option<CallError>);

impl Ended {
    pub(super) fn is_answered(&self) -> bool {
        self.0.is_none()
    }

    /// What became of it, if it was cancelled.
    pub(super) fn outcome(&self) -> Option<CancelOutcome> {
        match &self.0 {
            Some(CallError::Cancelled { outcome, .. }) => Some(*outcome),
            _ => None,
        }
    }

    /// Whether its deadline passed there.
    pub(super) fn is_expired(&self, at: CallStage) -> bool {
        matches!(&self.0, Some(CallError::DeadlineExceeded { stage, .. }) if *stage == at)
    }
}

/// Waits until something is so, for a while. Tells whether it came to that.
pub(super) async fn until(mut so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + LIMIT;
    while !so() {
        if Instant::now() > end {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    true
}
