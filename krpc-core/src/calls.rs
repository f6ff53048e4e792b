//! The calls of a client connection, from start to completion.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use krpc_proto::pb::{RemoteMethodPb, RequestHeader};

use crate::error::{CallError, CallStage, ConnectionError, Execution};
use crate::event::{CallId, OutboundCall};
use crate::observe::FrameKind;
use crate::payload::{self, Payload};
use crate::timer::Deadlines;
use crate::tx::{FrameKey, Progress, Source, Tx};

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

    fn render(&mut self, now: Instant) -> (RequestHeader, Payload) {
        let method = &self.call.method;
        let header = RequestHeader {
            call_id: self.id,
            remote_method: Some(RemoteMethodPb {
                service_name: method.service.clone(),
                method_name: method.name.clone(),
            }),
            timeout_millis: self.call.deadline.map(|deadline| wire_timeout(deadline, now)),
            required_feature_flags: std::mem::take(&mut self.call.required_features),
            request_id: self.call.request_id.take().map(Into::into),
            sidecar_offsets: payload::offsets(&self.call.body, &self.call.sidecars),
        };
        let body = std::mem::take(&mut self.call.body);
        let sidecars = std::mem::take(&mut self.call.sidecars);
        (header, Payload { body, sidecars })
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
    deadline: Option<Instant>,
    sent: bool,
    /// Cancelled in mid-transmission: ends when it is sent, at its deadline, or with the connection.
    cancelled: bool,
    /// Application feature flags, kept until it is known whether the server has such.
    features: Vec<u32>,
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
        let features = call.required_features.clone();
        let frame = tx.push(Request::new(id, call));
        if let Some(deadline) = deadline {
            self.deadlines.add(deadline, id);
        }
        let call = Call { frame, deadline, sent: false, cancelled: false, features };
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

    /// The last byte of this call's request was accepted. Returns the call's end if it was
    /// cancelled meanwhile.
    pub(crate) fn sent(&mut self, id: i32) -> Option<(CallId, CallError)> {
        let call = self.active.get_mut(&id)?;
        call.sent = true;
        if !call.cancelled {
            return None;
        }
        self.abandon(id);
        Some((CallId(id), CallError::Cancelled { execution: Execution::Maybe }))
    }

    /// A reply has come for `id`.
    pub(crate) fn answered(&mut self, id: i32, tx: &Tx<Request>) -> Answered {
        match self.active.get(&id) {
            Some(call) if !call.sent => Answered::Early(CallId(id)),
            Some(_) => {
                self.finish(id);
                Answered::Call(CallId(id))
            }
            None if tx.is_sending(id) => Answered::Early(CallId(id)),
            None if self.abandoned.remove(&id) => Answered::Late,
            None => Answered::Unexpected,
        }
    }

    /// `Ok` with the end of the call if it could be cancelled at once, `Err(true)` if it is in
    /// mid-transmission, `Err(false)` if there is no such call.
    pub(crate) fn cancel(&mut self, id: i32, tx: &mut Tx<Request>) -> Result<CallError, bool> {
        let call = self.active.get_mut(&id).ok_or(false)?;
        if !call.sent && tx.progress(call.frame) == Progress::Committed {
            call.cancelled = true;
            return Err(true);
        }
        Ok(CallError::Cancelled { execution: self.give_up(id, tx) })
    }

    /// The next call whose deadline has passed, and how it ends.
    pub(crate) fn expire(
        &mut self,
        now: Instant,
        negotiating: bool,
        tx: &mut Tx<Request>,
    ) -> Option<(CallId, CallError)> {
        let (_, id) = self.deadlines.next().filter(|(at, _)| *at <= now)?;
        let call = self.active.get(&id).expect("the top of the heap is never dead");
        let stage = match tx.progress(call.frame) {
            _ if call.sent => CallStage::Sent,
            Progress::Committed => CallStage::Sending,
            _ if negotiating => CallStage::Negotiating,
            _ => CallStage::Queued,
        };
        let cancelled = call.cancelled;
        let execution = self.give_up(id, tx);
        let error = if cancelled {
            CallError::Cancelled { execution }
        } else {
            CallError::DeadlineExceeded { stage, execution }
        };
        Some((CallId(id), error))
    }

    /// The calls that cannot be made after all, because the server lacks application feature flags.
    pub(crate) fn take_unsupported(&mut self, tx: &mut Tx<Request>) -> Vec<(CallId, Vec<u32>)> {
        let waiting = self.active.iter_mut().filter(|(_, call)| !call.features.is_empty());
        let found: Vec<_> =
            waiting.map(|(id, call)| (CallId(*id), std::mem::take(&mut call.features))).collect();
        for (id, _) in &found {
            self.give_up(id.0, tx);
        }
        found
    }

    /// The connection has ended: the next call and how it ends. A cancelled one ends as such; one
    /// whose request did not leave completely was never executed.
    pub(crate) fn lose(&mut self, error: &ConnectionError) -> Option<(CallId, CallError)> {
        let (id, call) = self.active.pop_first()?;
        self.deadlines = Deadlines::default();
        self.abandoned = BTreeSet::new();
        let execution = if call.sent { Execution::Maybe } else { Execution::Never };
        let error = if call.cancelled {
            CallError::Cancelled { execution }
        } else {
            CallError::ConnectionLost { error: error.clone(), execution }
        };
        Some((CallId(id), error))
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.next().map(|(at, _)| at)
    }

    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn deadline_entries(&self) -> usize {
        self.deadlines.len()
    }

    /// Ends a call on our side. Its request leaves the queue if not a byte of it was accepted.
    fn give_up(&mut self, id: i32, tx: &mut Tx<Request>) -> Execution {
        let removed = self.active.get(&id).is_some_and(|call| tx.remove(call.frame));
        if removed {
            self.finish(id);
            Execution::Never
        } else {
            self.abandon(id);
            Execution::Maybe
        }
    }

    fn abandon(&mut self, id: i32) {
        self.finish(id);
        self.abandoned.insert(id);
    }

    fn finish(&mut self, id: i32) {
        let Some(call) = self.active.remove(&id) else { return };
        if call.deadline.is_some() {
            let active = &self.active;
            self.deadlines
                .remove_one(|at, id| active.get(&id).is_some_and(|call| call.deadline == Some(at)));
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
