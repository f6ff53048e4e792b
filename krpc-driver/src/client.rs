//! The driver of a client connection.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::Instant;

use krpc_core::channel::{Attempt, Moved};
use krpc_core::{
    CallError, CallId, CallStage, ClientConnection, ClientEvent, ConnectionError, Execution,
    InboundReply, Link, NegotiationInfo, Quiet, StartCallError, StartCallReason, TransportError,
};

use crate::call::{CallRoute, CallSlot};
use crate::channel::{Endpoint, Leaving};
use crate::handle::{Command, OpenSlot, Shared, Start};
use crate::negotiations::Permit;
use crate::pump::{NoSocket, Socket};
use crate::sync::wake;
use crate::totals::Entry;
use crate::turn::{COMMANDS, Commands, Engine, Side, Turn, turn};

/// Capacity that its queues keep from turn to turn.
const KEEP: usize = 64;

/// Drives one client connection. Whoever holds it drives: a task, or the caller who waits.
///
/// Dropping it ends the connection: every call completes, as `ConnectionLost`.
pub struct ClientDriver {
    side: ClientSide,
    engine: Engine,
    quiet: Quiet,
    /// Where it is counted, if it is.
    entry: Option<Entry>,
}

impl ClientDriver {
    pub(crate) fn new(
        conn: ClientConnection,
        shared: Arc<Shared>,
        owner: Option<Owner>,
        entry: Option<Entry>,
    ) -> Self {
        let side = ClientSide {
            conn,
            shared,
            owner,
            pending: VecDeque::new(),
            permit: None,
            calls: BTreeMap::new(),
            watchers: Vec::new(),
            info: None,
            ended: None,
            released: false,
            left: None,
            finished: Vec::new(),
            returned: VecDeque::new(),
            refused: VecDeque::new(),
            wakers: Vec::new(),
        };
        ClientDriver { side, engine: Engine::default(), quiet: Quiet::default(), entry }
    }

    /// Connecting begins: the negotiation timeout runs from now on. The permit is given back when the
    /// negotiation has ended.
    pub fn connecting(&mut self, now: Instant, permit: Permit) {
        self.side.permit = Some(permit);
        self.side.conn.handle_connecting(now);
    }

    /// The socket is connected.
    pub fn connected(&mut self, now: Instant, link: Link) {
        if let Some((endpoint, _)) = self.side.endpoint() {
            endpoint.connected(link.peer());
        }
        self.side.conn.handle_connected(now, link);
    }

    /// The socket could not be connected. One more turn tells everybody.
    pub fn connect_failed(&mut self, now: Instant, error: TransportError) {
        self.side.conn.handle_transport_error(now, error);
    }

    /// One turn without a socket, while it is being connected.
    pub fn poll_unconnected(&mut self, waker: &Waker, now: Instant) -> Turn {
        let none: Option<&mut NoSocket> = None;
        turn(&mut self.side, &mut self.engine, waker, none, now)
    }

    /// One turn: a bounded amount of what is to be done. `now` is read before.
    ///
    /// `io` answers `WouldBlock` where it would, and wakes `waker` when that has changed.
    pub fn poll_turn(&mut self, waker: &Waker, io: &mut impl Socket, now: Instant) -> Turn {
        let turn = turn(&mut self.side, &mut self.engine, waker, Some(io), now);
        let Turn::Sleep { until } = turn else { return turn };
        if self.quiet.has_come(now, self.side.conn.stats()) {
            self.side.release_memory();
        }
        Turn::Sleep { until: [until, self.quiet.look_at()].into_iter().flatten().min() }
    }

    /// The connection, to look at.
    pub fn connection(&self) -> &ClientConnection {
        &self.side.conn
    }
}

impl Drop for ClientDriver {
    fn drop(&mut self) {
        if self.side.ended.is_none() {
            self.side.abort();
        }
        if let Some(entry) = self.entry.take() {
            entry.ended(self.side.conn.stats());
        }
    }
}

impl fmt::Debug for ClientDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientDriver").field("conn", &self.side.conn).finish_non_exhaustive()
    }
}

/// The channel that a connection belongs to, and which of its connections it is.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) endpoint: Weak<Endpoint>,
    pub(crate) attempt: Attempt,
}

struct ClientSide {
    conn: ClientConnection,
    shared: Arc<Shared>,
    owner: Option<Owner>,
    /// Commands taken from the inbox and not yet obeyed.
    pending: VecDeque<Command>,
    /// While it is being made.
    permit: Option<Permit>,
    calls: BTreeMap<CallId, Waiting>,
    watchers: Vec<Arc<OpenSlot>>,
    info: Option<Box<NegotiationInfo>>,
    ended: Option<ConnectionError>,
    released: bool,
    /// How the connection has left its channel so far.
    left: Option<Leaving>,
    /// What this turn will tell.
    finished: Vec<(Arc<CallSlot>, Result<InboundReply, CallError>)>,
    /// Calls that the connection gave back because it is about to end, in their order.
    returned: VecDeque<Start>,
    /// Calls that it did not take for that reason; they are younger.
    refused: VecDeque<Start>,
    /// Empty between turns; kept for its memory.
    wakers: Vec<Waker>,
}

/// A call that the connection has taken.
struct Waiting {
    slot: Arc<CallSlot>,
    moved: Option<Moved>,
}

impl Side for ClientSide {
    type Conn = ClientConnection;

    fn conn(&mut self) -> &mut ClientConnection {
        &mut self.conn
    }

    fn sealed(&self) -> bool {
        let tls = self.info.as_ref().and_then(|info| info.tls.as_ref());
        tls.is_some_and(|tls| tls.encrypted)
    }

    fn commands(&mut self, now: Instant) -> Commands {
        if self.pending.is_empty() {
            self.shared.inbox.drain(&mut self.pending);
        }
        let busy = self.conn.is_open() && self.conn.in_flight() > 0;
        let mut frames = 0;
        for _ in 0..COMMANDS {
            match self.pending.pop_front() {
                None => break,
                Some(Command::Start(start)) => frames += usize::from(self.start(now, start)),
                Some(Command::Cancel(id)) => {
                    // Whatever comes of it, the end of the call is reported by an event.
                    let _ = self.conn.cancel_call(now, id);
                }
                Some(Command::Watch(slot)) => self.watchers.push(slot),
                Some(Command::Close) => self.conn.close(now),
                Some(Command::Release) => self.released = true,
            }
        }
        Commands { frames, busy, more: !self.pending.is_empty() }
    }

    fn events(&mut self, now: Instant) {
        self.drain_events();
        if self.released && self.pending.is_empty() && self.conn.in_flight() == 0 {
            self.conn.close(now);
            self.drain_events();
        }
    }

    fn publish(&mut self) {
        self.leave();
        let mut wakers = std::mem::take(&mut self.wakers);
        for (slot, result) in self.finished.drain(..) {
            wakers.extend(slot.set(result));
        }
        if self.info.is_some() || self.ended.is_some() {
            for watcher in std::mem::take(&mut self.watchers) {
                let outcome = match (&self.ended, &self.info) {
                    (None, Some(info)) => Ok(NegotiationInfo::clone(info)),
                    (ended, _) => Err(ended.clone().unwrap_or(ConnectionError::LocallyClosed)),
                };
                wakers.extend(watcher.set(outcome));
            }
        }
        wakers.drain(..).for_each(wake);
        self.wakers = wakers;
    }

    fn register(&mut self, waker: &Waker) -> bool {
        self.shared.publish_stats(*self.conn.stats());
        if !self.pending.is_empty() {
            // They came while the connection left its channel.
            return false;
        }
        if self.pending.capacity().max(self.finished.capacity()) > KEEP {
            self.pending = VecDeque::new();
            self.finished = Vec::new();
            self.wakers = Vec::new();
        }
        self.shared.inbox.register(waker, &mut self.pending)
    }
}

impl ClientSide {
    /// Gives back what is kept for calls to come.
    fn release_memory(&mut self) {
        self.conn.release_memory();
        self.shared.inbox.release_memory();
        self.pending.shrink_to_fit();
        // A map that was emptied keeps its last node.
        if self.calls.is_empty() {
            self.calls = BTreeMap::new();
        }
        self.finished.shrink_to_fit();
        self.wakers.shrink_to_fit();
    }

    /// A call has ended, as will be told at the end of the turn.
    fn finish(&mut self, end: (Arc<CallSlot>, Result<InboundReply, CallError>)) {
        if self.finished.capacity() == 0 {
            // The first place is made alone: most connections have one call at a time.
            self.finished.reserve_exact(1);
        }
        self.finished.push(end);
    }

    fn endpoint(&self) -> Option<(Arc<Endpoint>, Attempt)> {
        let owner = self.owner.as_ref()?;
        Some((owner.endpoint.upgrade()?, owner.attempt))
    }

    /// Gives a call to the connection. Returns whether that made a frame to send.
    fn start(&mut self, now: Instant, start: Start) -> bool {
        let Start { slot, call, moved } = start;
        match self.conn.start_call(now, call) {
            Ok(id) => {
                let route = CallRoute { shared: self.shared.clone(), id: Some(id) };
                let wanted = slot.set_route(route);
                self.calls.insert(id, Waiting { slot, moved });
                if !wanted {
                    // It was called off meanwhile.
                    let _ = self.conn.cancel_call(now, id);
                }
                return wanted;
            }
            Err(StartCallError { reason: StartCallReason::Closing, call }) => {
                self.refused.push_back(Start { slot, call: *call, moved });
            }
            Err(StartCallError { reason, call }) => {
                let start = Start { slot, call: *call, moved };
                self.finish(start.fail(CallError::Refused(reason)));
            }
        }
        false
    }

    /// Takes the connection out of its channel if it takes no more calls, and makes those that it did
    /// not begin on another.
    fn leave(&mut self) {
        if self.info.is_some() && !self.conn.accepts_calls() {
            if self.conn.is_cut() {
                self.leave_as(Leaving::Cut);
            } else if self.ended.is_none() {
                self.leave_as(Leaving::Retired);
            }
        }
        if let Some(error) = &self.ended {
            let by_us = *error == ConnectionError::LocallyClosed;
            self.leave_as(Leaving::Closed { opened: self.info.is_some(), by_us });
        }
    }

    fn leave_as(&mut self, leaving: Leaving) {
        if self.left.is_some_and(|left| left >= leaving) {
            return;
        }
        self.left = Some(leaving);
        let given_back = self.returned.drain(..).chain(self.refused.drain(..));
        let mut calls: VecDeque<_> = given_back.map(Command::Start).collect();
        calls.append(&mut self.pending);
        let rest = match self.endpoint() {
            Some((endpoint, attempt)) => endpoint.leave(attempt, leaving, &self.shared, calls),
            None => {
                calls.append(&mut leaving.empty(&self.shared));
                calls
            }
        };
        for command in rest {
            match command {
                Command::Start(start) => {
                    let end = self.never_made(start);
                    self.finish(end);
                }
                Command::Watch(slot) => self.watchers.push(slot),
                command if self.ended.is_none() => self.pending.push_back(command),
                Command::Cancel(_) | Command::Close | Command::Release => {}
            }
        }
    }

    /// A call that will not be made.
    fn never_made(&self, start: Start) -> (Arc<CallSlot>, Result<InboundReply, CallError>) {
        let execution = Execution::Never;
        let expired = || {
            let (endpoint, _) = self.endpoint()?;
            start.call.deadline.filter(|deadline| endpoint.now() >= *deadline)
        };
        let error = if start.moved.is_some() && expired().is_some() {
            CallError::DeadlineExceeded { stage: CallStage::Negotiating, execution }
        } else {
            let error = match &self.ended {
                Some(error) => error.clone(),
                None if self.conn.is_cut() => ConnectionError::Cut,
                None => ConnectionError::LocallyClosed,
            };
            CallError::ConnectionLost { error, execution }
        };
        start.fail(error)
    }

    fn drain_events(&mut self) {
        while let Some(event) = self.conn.poll_event() {
            match event {
                ClientEvent::Completed { id, result } => {
                    if let Some(Waiting { slot, .. }) = self.calls.remove(&id) {
                        self.finish((slot, result));
                    }
                }
                ClientEvent::Returned { id, call } => {
                    if let Some(Waiting { slot, moved }) = self.calls.remove(&id) {
                        self.returned.push_back(Start { slot, call: *call, moved });
                    }
                }
                ClientEvent::Negotiated(info) => {
                    self.permit = None;
                    self.info = Some(info);
                    if let Some((endpoint, attempt)) = self.endpoint() {
                        endpoint.opened(attempt);
                    }
                }
                ClientEvent::Closed { error } => self.end(error),
                // Events that this release does not know are none of the driver's.
                _ => {}
            }
        }
    }

    /// The connection has ended.
    fn end(&mut self, error: ConnectionError) {
        tracing::debug!(%error, "client connection ended");
        self.permit = None;
        self.shared.publish_stats(*self.conn.stats());
        self.shared.publish_end(error.clone());
        self.ended = Some(error);
    }

    /// Ends everything where no turn will: the driver is dropped, perhaps because it panicked in
    /// the middle of one.
    fn abort(&mut self) {
        self.end(ConnectionError::LocallyClosed);
        // Whoever drops drivers is not ready for new ones: nothing is moved.
        if let Some((endpoint, attempt)) = self.endpoint() {
            endpoint.closed(attempt, &self.shared);
        }
        self.owner = None;
        for (_, Waiting { slot, .. }) in std::mem::take(&mut self.calls) {
            let (error, execution) = (ConnectionError::LocallyClosed, Execution::Maybe);
            self.finish((slot, Err(CallError::ConnectionLost { error, execution })));
        }
        self.publish();
    }
}
