//! What became of the calls of a soak.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use krpc_tokio::core::{CallError, CallStage, ConnectionError, Timer};
use krpc_tokio::{CancelOutcome, ErrorCode};
use serde::Serialize;

use crate::payloads::Payloads;

/// Where a call can be when it is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Cancelled before a byte of it was accepted.
    NotBegun,
    /// Cancelled in mid-transmission, and aborted by its footer.
    Aborted,
    /// Cancelled in mid-transmission, and the connection stopped sending.
    Cut,
    /// Cancelled in mid-transmission, and sent all the same.
    KeptUntilSent,
    /// Cancelled when it was sent.
    Sent,
    /// Cancelled when a part of its reply had arrived.
    ReplyHalfReceived,
    /// Cancelled after its end.
    AlreadyDone,
    /// Waited behind a call that was cut, and was answered on another connection.
    Moved,
    /// Was sent before a call that was cut, and was answered on that connection all the same.
    Drained,
    /// A deadline passed before the connection was negotiated.
    TimedOutNegotiating,
    /// The same while the call waited for its turn.
    TimedOutQueued,
    /// The same in mid-transmission.
    TimedOutSending,
    /// The same while the reply was due.
    TimedOutSent,
}

impl State {
    pub(super) const ALL: [State; 13] = [
        State::NotBegun,
        State::Aborted,
        State::Cut,
        State::KeptUntilSent,
        State::Sent,
        State::ReplyHalfReceived,
        State::AlreadyDone,
        State::Moved,
        State::Drained,
        State::TimedOutNegotiating,
        State::TimedOutQueued,
        State::TimedOutSending,
        State::TimedOutSent,
    ];

    pub(super) fn name(self) -> String {
        let name = serde_json::to_value(self).expect("a name is JSON");
        name.as_str().expect("a name is text").to_owned()
    }
}

/// The count of all calls. Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    counts: Arc<Mutex<Counts>>,
    /// Whether the connections are sealed.
    tls: bool,
}

#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Counts {
    pub(super) started: u64,
    pub(super) completed: u64,
    pub(super) cancelled: u64,
    pub(super) timed_out: u64,
    pub(super) failed: u64,
    /// Why those failed that did, and how many of each.
    #[serde(skip)]
    pub(super) failures: BTreeMap<String, u64>,
    /// Those of them that failed for no reason that a soak gives.
    #[serde(skip)]
    pub(super) unexplained: u64,
    #[serde(skip)]
    pub(super) states: BTreeMap<State, u64>,
    /// Calls whose end was told and whose payload was still held.
    #[serde(skip)]
    pub(super) released_late: u64,
    /// Calls whose two ends, that of the call and that of the cancel, do not agree.
    #[serde(skip)]
    pub(super) contradictions: BTreeSet<String>,
    /// Payload of calls that were dropped, which nobody waits for.
    #[serde(skip)]
    pub(super) dropped: Vec<Payloads>,
}

impl Tally {
    pub(super) fn new(tls: bool) -> Self {
        Tally { counts: Arc::default(), tls }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What became of all of them.
    pub(super) fn take(&self) -> Counts {
        std::mem::take(&mut self.lock())
    }

    /// A line of how it goes.
    pub(super) fn progress(&self) -> String {
        let counts = self.lock();
        let (started, completed) = (counts.started, counts.completed);
        let (cancelled, timed_out) = (counts.cancelled, counts.timed_out);
        let (met, all) = (counts.states.len(), State::ALL.len());
        format!(
            "{started} calls, {completed} completed, {cancelled} cancelled, {timed_out} timed out; \
             {met} of {all} states met"
        )
    }

    pub(super) fn met(&self, state: State) {
        *self.lock().states.entry(state).or_default() += 1;
    }

    pub(super) fn started(&self) {
        self.lock().started += 1;
    }

    /// A call was answered, and rightly.
    pub(super) fn completed(&self) {
        self.lock().completed += 1;
    }

    /// A call was dropped before its end was known.
    pub(super) fn dropped(&self, payloads: Payloads) {
        let mut counts = self.lock();
        counts.cancelled += 1;
        counts.dropped.push(payloads);
        if counts.dropped.len() > 1_000 {
            counts.dropped.retain(|payloads| payloads.held() > 0);
        }
    }

    /// The end of a call was told: nobody may hold its payload any more.
    pub(super) fn released(&self, payloads: &Payloads) {
        if payloads.held() > 0 {
            self.lock().released_late += 1;
        }
    }

    pub(super) fn contradiction(&self, text: String) {
        self.lock().contradictions.insert(text);
    }

    /// A call has ended with an error.
    pub(super) fn ended(&self, error: &CallError) {
        match error {
            CallError::Cancelled { outcome, .. } => {
                self.lock().cancelled += 1;
                self.met(match outcome {
                    CancelOutcome::NotBegun => State::NotBegun,
                    CancelOutcome::Aborted { .. } => State::Aborted,
                    CancelOutcome::Cut { .. } => State::Cut,
                    CancelOutcome::Sent => State::Sent,
                    CancelOutcome::AlreadyDone => State::AlreadyDone,
                });
            }
            CallError::DeadlineExceeded { stage, .. } => {
                self.lock().timed_out += 1;
                self.met(match stage {
                    CallStage::Negotiating => State::TimedOutNegotiating,
                    CallStage::Queued => State::TimedOutQueued,
                    CallStage::Sending => State::TimedOutSending,
                    CallStage::Sent => State::TimedOutSent,
                });
            }
            error => {
                let explained = match error {
                    // A call shares its connection with others, and one of them was cut.
                    CallError::ConnectionLost { error, .. } => match error {
                        ConnectionError::Cut | ConnectionError::LocallyClosed => true,
                        // It was sealed before, and not written.
                        ConnectionError::TimedOut(Timer::Drain(_)) => self.tls,
                        _ => false,
                    },
                    // Calls that were given up when they were sent are still answered.
                    CallError::Remote(status) => status.code == Some(ErrorCode::ErrorServerTooBusy),
                    _ => false,
                };
                self.failed(error.to_string(), explained);
            }
        }
    }

    pub(super) fn failed(&self, why: String, explained: bool) {
        let mut counts = self.lock();
        counts.failed += 1;
        counts.unexplained += u64::from(!explained);
        *counts.failures.entry(why).or_default() += 1;
    }
}
