//! TestCancellation: a call is cancelled in each of the states that it has in Kudu.

use std::time::Duration;

use krpc_tokio::core::InboundReply;
use krpc_tokio::{
    CallError, CallFuture, CallRequest, CallStage, CancelOutcome, ErrorCode, Execution,
};

use crate::bed::{Bed, LONG, Peer, Stream, client};
use crate::forwarder::within;
use crate::service::{LARGE, Place, timeout};

type Reply = Result<InboundReply, CallError>;

/// The states of a call in Kudu (`rpc/outbound_call.h`), into each of which its test has a cancel
/// injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready = 0,
    OnOutboundQueue = 1,
    Sending = 2,
    Sent = 3,
    NegotiationTimedOut = 4,
    TimedOut = 5,
    Cancelled = 6,
    FinishedNegotiationError = 7,
    FinishedError = 8,
    FinishedSuccess = 9,
}

const STATES: [State; 10] = [
    State::Ready,
    State::OnOutboundQueue,
    State::Sending,
    State::Sent,
    State::NegotiationTimedOut,
    State::TimedOut,
    State::Cancelled,
    State::FinishedNegotiationError,
    State::FinishedError,
    State::FinishedSuccess,
];

/// Sizes of the sidecars.
pub(crate) const SHAPES: [&[Place]; 3] = [
    &[Place { start: 0, len: 0 }, Place { start: 0, len: 0 }],
    &[Place { start: 77, len: 123 }, Place { start: 88_888, len: 456 }],
    &LARGE,
];

/// None, one that may pass at any moment of what is done here, and one that never does.
const TIMEOUTS: [Option<Duration>; 3] = [None, Some(Duration::from_millis(10)), Some(LONG)];

/// The number of the call that is looked at. Others come before and after it.
const CALL: u64 = 1;

pub(crate) async fn cancellation(stream: Stream) {
    for (number, state) in STATES.into_iter().enumerate() {
        assert_eq!(state as usize, number);
        for peer in Peer::ALL {
            for shape in SHAPES {
                for timeout in TIMEOUTS {
                    let case = Case { stream, peer, state, shape, timeout };
                    within(&format!("the end of {case:?}"), case.run()).await;
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Case {
    stream: Stream,
    peer: Peer,
    state: State,
    shape: &'static [Place],
    timeout: Option<Duration>,
}

impl Case {
    /// Cancels the call in its state and checks what came of that, what the server executed, and that
    /// calls go on.
    async fn run(self) {
        let Case { stream, peer, .. } = self;
        let bed = Bed::with(stream, peer, client()).await;
        match self.state {
            State::Ready => self.ready(&bed).await,
            State::OnOutboundQueue => self.on_outbound_queue(&bed).await,
            State::Sending if self.is_large() => self.sending(&bed).await,
            State::Sending => self.sending_behind_another(&bed).await,
            State::Sent => self.sent(&bed).await,
            State::NegotiationTimedOut => self.negotiation_timed_out(&bed).await,
            State::TimedOut => self.timed_out(&bed).await,
            State::Cancelled => self.cancelled(&bed).await,
            State::FinishedNegotiationError => self.finished_negotiation_error(&bed).await,
            State::FinishedError => self.finished_error(&bed).await,
            State::FinishedSuccess => self.finished_success(&bed).await,
        }
        assert_eq!(bed.pool.in_use(), 0, "{self:?}");
        // A server that is gone belongs to the case.
        if self.state != State::FinishedNegotiationError {
            bed.forwarder.open();
            bed.service.let_go(8);
            bed.warm_up().await;
            bed.check_runs();
        }
    }

    fn is_large(self) -> bool {
        self.shape.iter().any(|place| place.len > 1 << 20)
    }

    /// Whether the deadline may pass at any moment.
    fn races(self) -> bool {
        self.timeout.is_some_and(|timeout| timeout < LONG)
    }

    fn start(self, bed: &Bed, method: &'static str) -> CallFuture {
        bed.channel.call_raw(timeout(bed.pool.call(method, CALL, self.shape), self.timeout))
    }

    /// Waits for the point at which to cancel; unless the call ends before, by its deadline.
    async fn reach(self, call: &mut CallFuture, point: impl Future<Output = ()>) -> Option<Reply> {
        tokio::select! {
            biased;
            ended = call => Some(ended),
            () = point => None,
        }
    }

    /// Cancels a call that has not ended, unless its deadline has come before. Returns what came of
    /// the cancel.
    async fn cancel(self, bed: &Bed, call: CallFuture, others: usize) -> Option<CancelOutcome> {
        let outcome = call.cancel().await;
        assert_eq!(bed.pool.in_use(), others, "released before it is told: {self:?}");
        let result = call.await;
        if self.expired(&result) {
            assert_eq!(outcome, CancelOutcome::AlreadyDone, "{self:?}");
            return None;
        }
        let execution = outcome.execution();
        assert_eq!(result.unwrap_err(), CallError::Cancelled { outcome, execution }, "{self:?}");
        Some(outcome)
    }

    fn expired(self, result: &Reply) -> bool {
        let expired = matches!(result, Err(CallError::DeadlineExceeded { .. }));
        assert!(!expired || self.races(), "{self:?}: {result:?}");
        expired
    }

    /// Before the connection has taken the call: nobody else has run since.
    async fn ready(self, bed: &Bed) {
        bed.warm_up().await;
        let call = self.start(bed, "PushStrings");
        assert_eq!(self.cancel(bed, call, 0).await, Some(CancelOutcome::NotBegun));
        bed.warm_up().await;
        assert!(!bed.service.has_run(CALL), "{self:?}");
        assert_eq!(bed.forwarder.accepted(), 1, "{self:?}");
    }

    /// The connection has the call and is still being negotiated.
    async fn on_outbound_queue(self, bed: &Bed) {
        bed.forwarder.allow_new(1);
        let mut call = self.start(bed, "PushStrings");
        let link = bed.forwarder.link(0).await;
        if let Some(ended) = self.reach(&mut call, link.is_stuck()).await {
            assert!(self.expired(&ended));
        } else if let Some(outcome) = self.cancel(bed, call, 0).await {
            assert_eq!(outcome, CancelOutcome::NotBegun);
        }
        link.open();
        bed.warm_up().await;
        assert!(!bed.service.has_run(CALL), "{self:?}");
        assert_eq!(bed.forwarder.accepted(), 1, "the connection is as good as before: {self:?}");
    }

    /// In mid-transmission: the server has got a part of it and gets no more.
    async fn sending(self, bed: &Bed) {
        let link = bed.warm_up().await;
        link.stop_after(100_000);
        let mut call = self.start(bed, "PushStrings");
        let ended = self.reach(&mut call, link.is_stuck()).await;
        match ended {
            Some(ended) => assert!(self.expired(&ended)),
            None => match (self.cancel(bed, call, 0).await, self.peer) {
                (None, _) => {}
                (Some(CancelOutcome::Aborted { sent, filler }), Peer::Footers) => {
                    assert!(sent > 0 && filler > 0, "{sent} {filler}");
                }
                (Some(CancelOutcome::Cut { sent, unsent }), Peer::HalfClose | Peer::Foreign) => {
                    assert!(sent > 0 && unsent > 0, "{sent} {unsent}");
                }
                (Some(other), _) => panic!("{self:?}: {other:?}"),
            },
        }
        link.open();
        bed.warm_up().await;
        assert!(!bed.service.has_run(CALL), "{self:?}");
        if self.peer == Peer::Footers {
            assert_eq!(bed.forwarder.accepted(), 1, "the connection lives: {self:?}");
        } else if !self.races() {
            assert_eq!(bed.forwarder.accepted(), 2, "{self:?}");
        }
    }

    /// Kudu calls a call SENDING when it was offered to the socket, though not a byte was taken. A
    /// small one cannot be more than that with certainty: here another is in front of it.
    async fn sending_behind_another(self, bed: &Bed) {
        let link = bed.warm_up().await;
        let other = bed.start_stuck(2, 100_000).await;
        let call = self.start(bed, "PushStrings");
        if let Some(outcome) = self.cancel(bed, call, LARGE.len()).await {
            assert_eq!(outcome, CancelOutcome::NotBegun);
        }
        link.open();
        bed.answered(2, other).await;
        bed.warm_up().await;
        assert!(!bed.service.has_run(CALL), "{self:?}");
        assert_eq!(bed.forwarder.accepted(), 1, "{self:?}");
    }

    /// The server executes it.
    async fn sent(self, bed: &Bed) {
        bed.warm_up().await;
        let mut call = self.start(bed, "Hold");
        let executed = async { drop(bed.service.runs_call(CALL).await) };
        let executed = match self.reach(&mut call, executed).await {
            Some(ended) => {
                assert!(self.expired(&ended));
                false
            }
            None => {
                if let Some(outcome) = self.cancel(bed, call, 0).await {
                    assert_eq!(outcome, CancelOutcome::Sent);
                }
                true
            }
        };
        if executed {
            bed.service.let_go(1);
            bed.warm_up().await;
            // Whatever came of the call: its late reply does no harm.
            bed.service.finishes(CALL).await;
            bed.warm_up().await;
            assert_eq!(bed.forwarder.accepted(), 1, "{self:?}");
        }
    }

    /// The deadline passes while the server says nothing.
    async fn negotiation_timed_out(self, bed: &Bed) {
        if !self.races() {
            // It would not pass.
            return;
        }
        bed.forwarder.allow_new(0);
        let call = self.start(bed, "PushStrings");
        let handle = call.cancel_handle();
        let (stage, execution) = (CallStage::Negotiating, Execution::Never);
        assert_eq!(call.await.unwrap_err(), CallError::DeadlineExceeded { stage, execution });
        assert_eq!(bed.pool.in_use(), 0);
        assert_eq!(handle.cancel().await, CancelOutcome::AlreadyDone);
    }

    /// The deadline passes while the server executes the call, or before.
    async fn timed_out(self, bed: &Bed) {
        if !self.races() {
            return;
        }
        bed.warm_up().await;
        let call = self.start(bed, "Hold");
        let handle = call.cancel_handle();
        let error = call.await.unwrap_err();
        assert!(matches!(error, CallError::DeadlineExceeded { .. }), "{error:?}");
        assert_eq!(bed.pool.in_use(), 0);
        assert_eq!(handle.cancel().await, CancelOutcome::AlreadyDone);
    }

    /// Cancelled before.
    async fn cancelled(self, bed: &Bed) {
        bed.forwarder.allow_new(0);
        let call = self.start(bed, "PushStrings");
        let handle = call.cancel_handle();
        if self.cancel(bed, call, 0).await.is_some() {
            for _ in 0..2 {
                assert_eq!(handle.cancel().await, CancelOutcome::NotBegun);
            }
        }
    }

    /// The connection ends in the negotiation.
    async fn finished_negotiation_error(self, bed: &Bed) {
        bed.server.shutdown(Duration::ZERO).await;
        let call = self.start(bed, "PushStrings");
        let handle = call.cancel_handle();
        let ended = call.await;
        if !self.expired(&ended) {
            let error = ended.unwrap_err();
            assert!(matches!(error, CallError::ConnectionLost { .. }), "{error:?}");
            assert_eq!(error.execution(), Execution::Never);
        }
        assert_eq!(bed.pool.in_use(), 0);
        assert_eq!(handle.cancel().await, CancelOutcome::AlreadyDone);
    }

    /// The server has refused the call, and nobody has looked at the answer yet.
    async fn finished_error(self, bed: &Bed) {
        let mut request = timeout(bed.pool.call("PushStrings", CALL, self.shape), self.timeout);
        request.required_features = vec![99];
        let ended = self.cancel_answered(bed, request).await;
        if !self.expired(&ended) {
            let Err(CallError::Remote(status)) = ended else { panic!("{ended:?}") };
            assert_eq!(status.code, Some(ErrorCode::ErrorInvalidRequest));
            assert_eq!(status.unsupported_feature_flags(), [99]);
        }
        assert!(!bed.service.has_run(CALL));
    }

    /// The server has answered the call, and nobody has looked at the answer yet.
    async fn finished_success(self, bed: &Bed) {
        let request = timeout(bed.pool.call("PushStrings", CALL, self.shape), self.timeout);
        let ended = self.cancel_answered(bed, request).await;
        if !self.expired(&ended) {
            assert_eq!(ended.unwrap().body, CALL.to_le_bytes()[..]);
            assert!(bed.service.has_run(CALL));
        }
    }

    /// Cancels a call between its end and the moment at which its caller looks at it.
    async fn cancel_answered(self, bed: &Bed, request: CallRequest) -> Reply {
        bed.warm_up().await;
        let call = bed.channel.call_raw(request);
        // The server answers one after the other. So the call has ended when the one behind it has.
        bed.answered(2, bed.start_small(2)).await;
        assert_eq!(call.cancel().await, CancelOutcome::AlreadyDone, "{self:?}");
        call.await
    }
}
