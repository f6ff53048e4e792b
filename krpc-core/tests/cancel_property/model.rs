//! What ought to happen: a client, and the stream in both directions, as a few numbers.
//!
//! The model learns from the wire alone how many bytes were accepted and delivered, and counts for itself
//! where headers, pieces and footers lie. From that it knows the place at which a call is given up, what
//! has to come of it, and every event that follows.

#[path = "streams.rs"]
mod streams;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use krpc_core::{CallError, CallStage, CancelOutcome, ErrorStatus, Execution, OnCancel};

use super::met::{Column, Kind, Met, State};
use super::payload::Payload;
use super::schedule::Setup;
use streams::filler;

pub(crate) const SERVICE: &str = "test.Cancellation";
pub(crate) const METHOD: &str = "Property";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Cancelled,
    Expired,
}

impl Ending {
    fn of(self, outcome: CancelOutcome, execution: Execution) -> CallError {
        match self {
            Ending::Cancelled => CallError::Cancelled { outcome, execution },
            Ending::Expired => CallError::DeadlineExceeded { stage: CallStage::Sending, execution },
        }
    }
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: i32,
    pub(crate) payload: Payload,
    /// `None` once it has passed.
    pub(crate) deadline: Option<u64>,
    pub(crate) outlives: bool,
    /// Pieces of its payload that somebody holds.
    pub(crate) alive: Arc<AtomicUsize>,
    ending: Option<Ending>,
    sent: bool,
    /// It was completed or returned.
    pub(crate) over: bool,
    abandoned: bool,
    /// The server has run it.
    pub(crate) ran: bool,
    /// The client was told that the server has not and will not.
    pub(crate) never: bool,
}

/// Where the parts of a frame lie.
#[derive(Clone, Copy, Debug)]
struct Layout {
    /// Prefix, header, and the length of the main part.
    head: u64,
    main: u64,
    size: u64,
    timeout: Option<u64>,
}

#[derive(Debug)]
struct Frame {
    call: usize,
    layout: Option<Layout>,
    /// Bytes of it that were accepted.
    done: u64,
    aborted: bool,
    /// Its number among all that were begun.
    number: usize,
}

/// A frame of which the network was given something.
#[derive(Debug)]
pub(crate) struct Begun {
    pub(crate) call: usize,
    pub(crate) head: u64,
    pub(crate) size: u64,
    pub(crate) timeout: Option<u64>,
    /// How many bytes had been accepted when it was aborted.
    pub(crate) aborted_at: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) call: usize,
    pub(crate) payload: Payload,
    pub(crate) error: Option<ErrorStatus>,
    size: u64,
}

/// A position in the frames of the server.
#[derive(Debug, Default)]
struct Position {
    reply: usize,
    done: u64,
}

#[derive(Debug, PartialEq)]
pub(crate) enum End {
    Reply(usize),
    Lost(Execution),
    Error(CallError),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Cut,
    Drained,
    PeerClosed,
    Transport,
    Local,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Expected {
    Completed(usize, End),
    /// A call comes back.
    Returned(usize),
    Closed(Why),
}

#[derive(Debug)]
pub(crate) struct Model {
    setup: Setup,
    footers: bool,
    next_id: i32,
    pub(crate) calls: Vec<Call>,
    queue: VecDeque<Frame>,
    rendered: usize,
    /// Rendered bytes that were not accepted.
    ahead: u64,
    /// The client is negotiated.
    pub(crate) open: bool,
    /// It has stopped sending for good.
    pub(crate) cut: bool,
    pub(crate) closed: bool,
    /// The end of the stream is to tell the server of the cut.
    pub(crate) shutdown_due: bool,
    cut_at: Option<u64>,
    drain_until: Option<u64>,
    pub(crate) active: usize,
    pub(crate) abandoned: usize,
    pub(crate) expected: VecDeque<Expected>,
    pub(crate) begun: Vec<Begun>,
    /// Bytes that were accepted, all together.
    pub(crate) accepted: u64,
    pub(crate) aborts: u64,
    pub(crate) aborted_frames: u64,
    pub(crate) refused_aborts: u64,
    pub(crate) late: u64,
    pub(crate) replies: Vec<Reply>,
    answered: Position,
    delivered: Position,
    /// Calls at the server that are not answered to the last byte.
    pub(crate) at_server: usize,
    pub(crate) met: Met,
}

impl Model {
    pub(crate) fn new(setup: Setup) -> Self {
        Model {
            footers: setup.footers(),
            next_id: setup.first_id,
            setup,
            calls: Vec::new(),
            queue: VecDeque::new(),
            rendered: 0,
            ahead: 0,
            open: false,
            cut: false,
            closed: false,
            shutdown_due: false,
            cut_at: None,
            drain_until: None,
            active: 0,
            abandoned: 0,
            expected: VecDeque::new(),
            begun: Vec::new(),
            accepted: 0,
            aborts: 0,
            aborted_frames: 0,
            refused_aborts: 0,
            late: 0,
            replies: Vec::new(),
            answered: Position::default(),
            delivered: Position::default(),
            at_server: 0,
            met: Met::default(),
        }
    }

    // ---- commands

    pub(crate) fn accepts_calls(&self) -> bool {
        !self.cut && !self.closed
    }

    pub(crate) fn start(
        &mut self,
        payload: Payload,
        deadline: Option<u64>,
        outlives: bool,
        alive: Arc<AtomicUsize>,
    ) -> i32 {
        let id = self.next_id;
        self.next_id = id.checked_add(1).unwrap_or(0);
        let call = self.calls.len();
        self.calls.push(Call {
            id,
            payload,
            deadline,
            outlives,
            alive,
            ending: None,
            sent: false,
            over: false,
            abandoned: false,
            ran: false,
            never: false,
        });
        self.queue.push_back(Frame { call, layout: None, done: 0, aborted: false, number: 0 });
        self.active += 1;
        id
    }

    /// What cancelling the call has to say.
    pub(crate) fn cancel(&mut self, call: usize, now: u64) -> Option<CancelOutcome> {
        if self.calls[call].over {
            return Some(CancelOutcome::AlreadyDone);
        }
        self.meets(call, Kind::Cancel);
        let outcome = match self.mid_way(call) {
            Some(_) => self.stop_mid_way(call, now, Ending::Cancelled),
            None if self.calls[call].sent => {
                self.abandon(call);
                self.end(call, Ending::Cancelled.of(CancelOutcome::Sent, Execution::Maybe));
                Some(CancelOutcome::Sent)
            }
            None => {
                self.withdraw(call);
                let outcome = CancelOutcome::NotBegun;
                self.end(call, Ending::Cancelled.of(outcome, Execution::Never));
                Some(outcome)
            }
        };
        self.settle();
        outcome
    }

    pub(crate) fn close(&mut self) {
        if !self.closed {
            self.lose(Why::Local);
        }
    }

    // ---- time

    pub(crate) fn next_timer(&self) -> Option<u64> {
        if self.closed {
            return None;
        }
        let deadlines = self.calls.iter().filter(|call| !call.over).filter_map(|c| c.deadline);
        deadlines.chain(self.cut_at).chain(self.drain_until).min()
    }

    pub(crate) fn time(&mut self, now: u64) {
        loop {
            let living = self.calls.iter().enumerate().filter(|(_, call)| !call.over);
            let due = living.filter_map(|(i, call)| Some((call.deadline?, call.id, i))).min();
            let Some((_, _, call)) = due.filter(|(at, ..)| *at <= now && !self.closed) else {
                break;
            };
            self.expire(call, now);
        }
        if self.cut_at.is_some_and(|at| at <= now) {
            let call = self.queue.front().expect("what is to be cut is in the queue").call;
            if self.abort(call).is_none() {
                self.stop_sending(call, now);
            }
        }
        if self.drain_until.is_some_and(|at| at <= now) && !self.closed {
            self.lose(Why::Drained);
        }
        self.settle();
    }

    fn expire(&mut self, call: usize, now: u64) {
        self.meets(call, Kind::Timeout);
        if self.mid_way(call).is_some() {
            self.stop_mid_way(call, now, Ending::Expired);
            return;
        }
        let (stage, execution) = if self.calls[call].sent {
            self.abandon(call);
            (CallStage::Sent, Execution::Maybe)
        } else {
            self.withdraw(call);
            let stage = if self.open { CallStage::Queued } else { CallStage::Negotiating };
            (stage, Execution::Never)
        };
        self.end(call, CallError::DeadlineExceeded { stage, execution });
    }

    // ---- giving up

    /// Bytes of the call's frame that were accepted, if it is in mid-transmission.
    fn mid_way(&self, call: usize) -> Option<u64> {
        let front = self.queue.front().filter(|front| front.call == call)?;
        (front.done > 0 && !front.aborted).then_some(front.done)
    }

    fn stop_mid_way(&mut self, call: usize, now: u64, ending: Ending) -> Option<CancelOutcome> {
        self.calls[call].ending.get_or_insert(ending);
        if ending == Ending::Expired {
            self.calls[call].deadline = None;
        }
        if let Some(outcome) = self.abort(call) {
            return Some(outcome);
        }
        let grace = match (self.setup.on_cancel, ending) {
            (OnCancel::KeepUntilSent, _) => return None,
            (OnCancel::Close, _) => 0,
            (OnCancel::Drain, Ending::Cancelled) => self.setup.grace,
            (OnCancel::Drain, Ending::Expired) => self.setup.grace_at_deadline,
        };
        if grace == 0 {
            return Some(self.stop_sending(call, now));
        }
        let at = now + grace;
        self.cut_at = Some(self.cut_at.map_or(at, |before| before.min(at)));
        None
    }

    fn abort(&mut self, call: usize) -> Option<CancelOutcome> {
        if !self.footers {
            return None;
        }
        let front = self.queue.front_mut()?;
        let (sent, layout) = (front.done, front.layout?);
        let (from, to) = filler(&layout, sent);
        if to - from > self.setup.max_filler {
            self.refused_aborts += 1;
            return None;
        }
        front.aborted = true;
        self.begun[front.number].aborted_at = Some(sent);
        self.aborts += 1;
        self.cut_at = None;
        let outcome = CancelOutcome::Aborted { sent, filler: to - from };
        let ending = self.calls[call].ending.expect("only what was given up is aborted");
        self.end(call, ending.of(outcome, Execution::Never));
        Some(outcome)
    }

    fn stop_sending(&mut self, call: usize, now: u64) -> CancelOutcome {
        let front = self.queue.pop_front().expect("it is in mid-transmission");
        let size = front.layout.expect("it was begun").size;
        let outcome = CancelOutcome::Cut { sent: front.done, unsent: size - front.done };
        self.cut_at = None;
        self.cut = true;
        let ending = self.calls[call].ending.expect("only what was given up is cut");
        self.end(call, ending.of(outcome, Execution::Never));
        for frame in std::mem::take(&mut self.queue) {
            self.give_back(frame.call);
        }
        if self.setup.on_cancel == OnCancel::Close {
            self.lose(Why::Cut);
        } else {
            self.shutdown_due = self.setup.half_closes();
            self.drain_until = Some(now + self.setup.drain);
        }
        outcome
    }

    /// The connection has ended.
    pub(crate) fn lose(&mut self, why: Why) {
        self.closed = true;
        self.cut_at = None;
        let mut cut = None;
        for frame in std::mem::take(&mut self.queue) {
            let Frame { call, done, aborted, .. } = frame;
            if done == 0 && self.calls[call].outlives {
                self.give_back(call);
            } else if let (1.., false, Some(layout)) = (done, aborted, frame.layout) {
                let outcome = CancelOutcome::Cut { sent: done, unsent: layout.size - done };
                let ending = self.calls[call].ending;
                cut = ending.map(|ending| (call, ending.of(outcome, Execution::Never)));
            }
        }
        let mut left: Vec<_> = (0..self.calls.len()).filter(|i| !self.calls[*i].over).collect();
        left.sort_by_key(|call| self.calls[*call].id);
        for call in left {
            match cut.take_if(|(cut, _)| *cut == call) {
                Some((_, error)) => self.end(call, error),
                None if self.calls[call].sent => self.over(call, End::Lost(Execution::Maybe)),
                None => self.over(call, End::Lost(Execution::Never)),
            }
        }
        self.abandoned = 0;
        self.expected.push_back(Expected::Closed(why));
    }

    fn settle(&mut self) {
        if self.cut && self.active == 0 && !self.closed {
            self.lose(Why::Cut);
        }
    }

    fn withdraw(&mut self, call: usize) {
        let place = self.queue.iter().position(|frame| frame.call == call);
        let frame = place.and_then(|at| self.queue.remove(at));
        if let Some(layout) = frame.expect("what is not sent is in the queue").layout {
            self.rendered -= 1;
            self.ahead -= layout.size;
        }
    }

    fn abandon(&mut self, call: usize) {
        self.calls[call].abandoned = true;
        self.abandoned += 1;
    }

    fn end(&mut self, call: usize, error: CallError) {
        self.over(call, End::Error(error));
    }

    fn over(&mut self, call: usize, end: End) {
        self.active -= 1;
        self.calls[call].over = true;
        self.expected.push_back(Expected::Completed(call, end));
    }

    fn give_back(&mut self, call: usize) {
        self.active -= 1;
        self.calls[call].over = true;
        self.expected.push_back(Expected::Returned(call));
    }

    fn meets(&mut self, call: usize, kind: Kind) {
        let policy = self.setup.on_cancel;
        let usual = if self.footers { Column::Footers } else { Column::Without(policy) };
        let Call { sent, payload, .. } = &self.calls[call];
        let (state, column) = match self.queue.iter().find(|frame| frame.call == call) {
            None if *sent => match self.replies.get(self.delivered.reply) {
                Some(reply) if reply.call == call && self.delivered.done > 0 => {
                    (State::HalfReply, usual)
                }
                _ => (State::Sent, usual),
            },
            Some(Frame { layout: Some(layout), done: done @ 1.., .. }) => {
                let (from, to) = filler(layout, *done);
                let over = self.footers && to - from > self.setup.max_filler;
                let column = if over { Column::Over(policy) } else { usual };
                let state = match done.checked_sub(layout.head) {
                    None => State::Head,
                    Some(at) if at == layout.main => State::Footer,
                    Some(at) if at > layout.main => State::Footer,
                    Some(at) if at < payload.body_len() as u64 => State::Body,
                    Some(_) => State::Sidecar,
                };
                (state, column)
            }
            Some(Frame { layout: Some(_), .. }) => (State::Rendered, usual),
            Some(_) | None => (State::Queued, usual),
        };
        self.met.note(kind, state, column);
    }
}
