//! The calls of a client connection, from start to completion.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_proto::pb::{RemoteMethodPb, RequestHeader};

use crate::error::{CallError, CallStage, ConnectionError, Execution};
use crate::event::{CallId, CancelOutcome, OutboundCall};
use crate::observe::FrameKind;
use crate::payload;
use crate::timer::Deadlines;
use crate::tx::{FrameKey, MidWay, Progress, Source, Tx};

/// A request in the transmit queue.
#[derive(Debug)]
pub(crate) struct Request {
    id: i32,
    call: OutboundCall,
}

impl Request {
    pub(crate) fn new(id: i32, call: OutboundCall) -> Self {
        Request { id, call }
    }

    pub(crate) fn outlives_connection(&self) -> bool {
        self.call.outlives_connection
    }

    pub(crate) fn into_call(self) -> OutboundCall {
        self.call
    }
}

impl Source for Request {
    type Header = RequestHeader;

    fn id(&self) -> i32 {
        self.id
    }

    fn kind(&self) -> FrameKind {
        FrameKind::Request
    }

    fn payload_len(&self) -> usize {
        payload::len(&self.call.body, &self.call.sidecars)
    }

    fn header(&self, now: Instant) -> RequestHeader {
        let method = &self.call.method;
        RequestHeader {
            call_id: self.id,
            remote_method: Some(RemoteMethodPb {
                service_name: method.service.clone(),
                method_name: method.name.clone(),
            }),
            timeout_millis: self.call.deadline.map(|deadline| wire_timeout(deadline, now)),
            required_feature_flags: self.call.required_features.clone(),
            request_id: self.call.request_id.clone().map(Into::into),
            sidecar_offsets: payload::offsets(&self.call.body, &self.call.sidecars),
        }
    }

    fn piece(&self, index: usize) -> Option<&Bytes> {
        payload::piece(&self.call.body, &self.call.sidecars, index)
    }

    fn release(&mut self, index: usize) {
        payload::release(&mut self.call.body, &mut self.call.sidecars, index);
    }
}

/// The time that remains, rounded up to whole milliseconds and never 0, which would mean "none".
fn wire_timeout(deadline: Instant, now: Instant) -> u32 {
    let left = deadline.saturating_duration_since(now);
    let millis = left.as_nanos().div_ceil(Duration::from_millis(1).as_nanos());
    u32::try_from(millis).unwrap_or(u32::MAX).max(1)
}

#[derive(Debug)]
struct Call {
    frame: FrameKey,
    /// `None` once it has passed.
    deadline: Option<Instant>,
    sent: bool,
    /// Given up on in mid-transmission, where that could not end it at once.
    ending: Option<Ending>,
}

/// Why nobody waits for a call any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Cancelled,
    Expired,
}

impl Ending {
    /// The end of a call that was given up at `stage`, and what came of that.
    pub(crate) fn error(self, stage: CallStage, outcome: CancelOutcome) -> CallError {
        let execution = outcome.execution();
        match self {
            Ending::Cancelled => CallError::Cancelled { outcome, execution },
            Ending::Expired => CallError::DeadlineExceeded { stage, execution },
        }
    }
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// No such call.
    Ended,
    /// Not a byte of its request was accepted.
    NotBegun,
    /// Its request is in mid-transmission.
    MidWay(FrameKey),
    /// Its request was accepted to the last byte.
    Sent,
}

/// What became of a reply.
pub(crate) enum Answered {
    /// Complete this call.
    Call(CallId),
    /// Nobody waits for it any more.
    Late,
    /// The request is not sent yet.
    Early(CallId),
    /// No such call.
    Unexpected,
}

#[derive(Debug)]
pub(crate) struct Calls {
    next_id: i32,
    /// Ordered maps: no hash seed, no random order.
    active: BTreeMap<i32, Call>,
    /// Given up on after their request was, or began to be, sent: a reply may still come.
    abandoned: BTreeSet<i32>,
    deadlines: Deadlines,
}

impl Calls {
    pub(crate) fn new(first_id: i32) -> Self {
        Calls {
            next_id: first_id,
            active: BTreeMap::new(),
            abandoned: BTreeSet::new(),
            deadlines: Deadlines::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.active.len()
    }

    pub(crate) fn abandoned(&self) -> usize {
        self.abandoned.len()
    }

    pub(crate) fn waiting_to_be_sent(&self) -> usize {
        self.active.values().filter(|call| !call.sent).count()
    }

    pub(crate) fn start(&mut self, tx: &mut Tx<Request>, call: OutboundCall) -> CallId {
        let id = self.free_id();
        let deadline = call.deadline;
        let frame = tx.push(Request::new(id, call));
        if let Some(deadline) = deadline {
            self.deadlines.add(deadline, id);
        }
        let call = Call { frame, deadline, sent: false, ending: None };
        self.active.insert(id, call);
        CallId(id)
    }

    /// The next id that no call uses and no reply is owed for.
    fn free_id(&mut self) -> i32 {
        loop {
            let id = self.next_id;
            self.next_id = id.checked_add(1).unwrap_or(0);
            if !self.active.contains_key(&id) && !self.abandoned.contains(&id) {
                return id;
            }
        }
    }

    /// The last byte of this call's request was accepted. Returns the call's end if it was given up
    /// meanwhile.
    pub(crate) fn sent(&mut self, id: i32) -> Option<(CallId, CallError)> {
        let call = self.active.get_mut(&id)?;
        call.sent = true;
        let ending = call.ending?;
        self.abandon(id);
        Some((CallId(id), ending.error(CallStage::Sending, CancelOutcome::Sent)))
    }

    /// A reply has come for `id`.
    pub(crate) fn answered(&mut self, id: i32) -> Answered {
        match self.active.get(&id) {
            Some(call) if !call.sent => Answered::Early(CallId(id)),
            Some(_) => {
                self.forget(id);
                Answered::Call(CallId(id))
            }
            None if self.abandoned.remove(&id) => Answered::Late,
            None => Answered::Unexpected,
        }
    }

    /// Whether the reply to `id` is of no use to anybody.
    pub(crate) fn is_abandoned(&self, id: i32) -> bool {
        self.abandoned.contains(&id)
    }

    pub(crate) fn stage(&self, id: i32, tx: &Tx<Request>) -> Stage {
        match self.active.get(&id) {
            None => Stage::Ended,
            Some(call) if call.sent => Stage::Sent,
            Some(call) => match tx.progress(call.frame) {
                Progress::Committed => Stage::MidWay(call.frame),
                Progress::Uncommitted | Progress::Gone => Stage::NotBegun,
            },
        }
    }

    /// The next call whose deadline has passed.
    pub(crate) fn due(&self, now: Instant) -> Option<i32> {
        self.deadlines.next().filter(|(at, _)| *at <= now).map(|(_, id)| id)
    }

    /// Ends a call that was not begun: its request leaves the queue.
    pub(crate) fn withdraw(&mut self, id: i32, tx: &mut Tx<Request>) {
        if let Some(call) = self.active.get(&id) {
            tx.remove(call.frame);
        }
        self.forget(id);
    }

    /// Ends a call that was sent: a reply may still come.
    pub(crate) fn abandon(&mut self, id: i32) {
        self.forget(id);
        self.abandoned.insert(id);
    }

    /// Remembers that nobody waits for a call in mid-transmission. The first reason counts.
    pub(crate) fn give_up(&mut self, id: i32, ending: Ending) {
        if let Some(call) = self.active.get_mut(&id) {
            call.ending.get_or_insert(ending);
        }
        if ending == Ending::Expired {
            self.drop_deadline(id);
        }
    }

    /// Why nobody waits for this call, if that is so.
    pub(crate) fn ending(&self, id: i32) -> Option<Ending> {
        self.active.get(&id)?.ending
    }

    /// The calls that cannot be made after all, because the server lacks application feature flags.
    /// Nothing is rendered yet.
    pub(crate) fn take_unsupported(&mut self, tx: &mut Tx<Request>) -> Vec<(CallId, Vec<u32>)> {
        let queued = self.active.iter().filter_map(|(id, call)| Some((id, tx.queued(call.frame)?)));
        let flags = queued.map(|(id, request)| (CallId(*id), &request.call.required_features));
        let found: Vec<_> = flags
            .filter(|(_, flags)| !flags.is_empty())
            .map(|(id, flags)| (id, flags.clone()))
            .collect();
        for (id, _) in &found {
            self.withdraw(id.0, tx);
        }
        found
    }

    /// The connection has ended: the next call and how it ends. One that was given up ends as such;
    /// one whose request did not leave completely was never executed. `mid_way` is where the frame
    /// stood that was in mid-transmission.
    pub(crate) fn lose(
        &mut self,
        error: &ConnectionError,
        mid_way: Option<MidWay>,
    ) -> Option<(CallId, CallError)> {
        let (id, call) = self.active.pop_first()?;
        self.deadlines = Deadlines::default();
        self.abandoned = BTreeSet::new();
        let execution = if call.sent { Execution::Maybe } else { Execution::Never };
        let lost = CallError::ConnectionLost { error: error.clone(), execution };
        let cut = mid_way.filter(|mid_way| mid_way.id == id).map(CancelOutcome::cut);
        let given_up = call.ending.zip(cut);
        let error = given_up.map_or(lost, |(ending, cut)| ending.error(CallStage::Sending, cut));
        Some((CallId(id), error))
    }

    /// Gives back what is kept for calls to come.
    pub(crate) fn release_memory(&mut self) {
        // A map that was emptied keeps its last node.
        if self.active.is_empty() {
            self.active = BTreeMap::new();
        }
        if self.abandoned.is_empty() {
            self.abandoned = BTreeSet::new();
        }
        self.deadlines.release_memory();
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.next().map(|(at, _)| at)
    }

    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn deadline_entries(&self) -> usize {
        self.deadlines.len()
    }

    fn drop_deadline(&mut self, id: i32) {
        let Some(call) = self.active.get_mut(&id) else { return };
        if call.deadline.take().is_some() {
            self.one_deadline_less();
        }
    }

    fn one_deadline_less(&mut self) {
        let active = &self.active;
        self.deadlines
            .remove_one(|at, id| active.get(&id).is_some_and(|call| call.deadline == Some(at)));
    }

    /// Ends a call to which no reply can come any more.
    pub(crate) fn forget(&mut self, id: i32) {
        let Some(call) = self.active.remove(&id) else { return };
        if call.deadline.is_some() {
            self.one_deadline_less();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_on_the_wire_is_what_remains_rounded_up() {
        let now = Instant::now();
        let after = |d| wire_timeout(now + d, now);
        assert_eq!(after(Duration::from_millis(1_500)), 1_500);
        assert_eq!(after(Duration::from_nanos(1)), 1);
        assert_eq!(after(Duration::from_micros(1_001)), 2);
        assert_eq!(after(Duration::ZERO), 1);
        assert_eq!(after(Duration::from_secs(1 << 32)), u32::MAX);
        assert_eq!(wire_timeout(now, now + Duration::from_secs(1)), 1);
    }
}
