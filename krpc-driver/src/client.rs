//! The driver of a client connection.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io::{Read, Write};
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::Instant;

use krpc_core::channel::Attempt;
use krpc_core::{
    CallError, CallId, ClientConnection, ClientEvent, ConnectionError, Execution, InboundReply,
    Link, NegotiationInfo, OutboundCall, StartCallError, StartCallReason, TransportError,
};

use crate::call::{CallRoute, CallSlot};
use crate::channel::Endpoint;
use crate::handle::{Command, OpenSlot, Shared};
use crate::sync::{shielded, wake};
use crate::turn::{COMMANDS, Commands, Engine, Side, Turn, turn};

/// Capacity of its queues that an idle connection keeps.
const KEEP: usize = 64;

/// Drives one client connection. Whoever holds it drives: a task, or the caller who waits.
///
/// Dropping it ends the connection: every call completes, as `ConnectionLost`.
pub struct ClientDriver {
    side: ClientSide,
    engine: Engine,
}

impl ClientDriver {
    pub(crate) fn new(conn: ClientConnection, shared: Arc<Shared>, owner: Option<Owner>) -> Self {
        let side = ClientSide {
            conn,
            shared,
            owner,
            pending: VecDeque::new(),
            calls: BTreeMap::new(),
            watchers: Vec::new(),
            info: None,
            ended: None,
            released: false,
            finished: Vec::new(),
            refused: Vec::new(),
            wakers: Vec::new(),
        };
        ClientDriver { side, engine: Engine::default() }
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
        let none: Option<&mut std::io::Empty> = None;
        turn(&mut self.side, &mut self.engine, waker, none, now)
    }

    /// One turn: a bounded amount of what is to be done. `now` is read before.
    ///
    /// `io` answers `WouldBlock` where it would, and wakes `waker` when that has changed.
    pub fn poll_turn(&mut self, waker: &Waker, io: &mut (impl Read + Write), now: Instant) -> Turn {
        turn(&mut self.side, &mut self.engine, waker, Some(io), now)
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
    calls: BTreeMap<CallId, Arc<CallSlot>>,
    watchers: Vec<Arc<OpenSlot>>,
    info: Option<Box<NegotiationInfo>>,
    ended: Option<ConnectionError>,
    released: bool,
    /// What this turn will tell.
    finished: Vec<(Arc<CallSlot>, Result<InboundReply, CallError>)>,
    /// Calls that the connection did not take because it is about to end.
    refused: Vec<(Arc<CallSlot>, OutboundCall)>,
    /// Empty between turns; kept for its memory.
    wakers: Vec<Waker>,
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
                Some(Command::Start { slot, call }) => {
                    frames += usize::from(self.start(now, slot, call));
                }
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
        let mut moving = Vec::new();
        for (slot, call) in std::mem::take(&mut self.refused) {
            // Calls that waited for a connection fail with it, but one that was open and took no
            // more calls says nothing about its successor.
            if self.info.is_some() && self.endpoint().is_some() {
                moving.push((slot, call));
            } else {
                shielded("dropping a payload", || drop(call));
                let error = self.ended.clone().unwrap_or(ConnectionError::LocallyClosed);
                let lost = CallError::ConnectionLost { error, execution: Execution::Never };
                self.finished.push((slot, Err(lost)));
            }
        }
        let mut wakers = std::mem::take(&mut self.wakers);
        for (slot, result) in self.finished.drain(..) {
            wakers.extend(slot.set(result));
        }
        if self.info.is_some() || self.ended.is_some() {
            for watcher in self.watchers.drain(..) {
                let outcome = match (&self.ended, &self.info) {
                    (None, Some(info)) => Ok(NegotiationInfo::clone(info)),
                    (ended, _) => Err(ended.clone().unwrap_or(ConnectionError::LocallyClosed)),
                };
                wakers.extend(watcher.set(outcome));
            }
        }
        wakers.drain(..).for_each(wake);
        self.wakers = wakers;
        if !moving.is_empty()
            && let Some((endpoint, attempt)) = self.endpoint()
        {
            endpoint.retired(attempt);
            for (slot, call) in moving {
                endpoint.submit(slot, call);
            }
        }
    }

    fn register(&mut self, waker: &Waker) -> bool {
        self.shared.publish_stats(*self.conn.stats());
        if self.pending.capacity().max(self.finished.capacity()) > KEEP {
            self.pending = VecDeque::new();
            self.finished = Vec::new();
            self.wakers = Vec::new();
        }
        self.shared.inbox.register(waker)
    }
}

impl ClientSide {
    fn endpoint(&self) -> Option<(Arc<Endpoint>, Attempt)> {
        let owner = self.owner.as_ref()?;
        Some((owner.endpoint.upgrade()?, owner.attempt))
    }

    /// Gives a call to the connection. Returns whether that made a frame to send.
    fn start(&mut self, now: Instant, slot: Arc<CallSlot>, call: OutboundCall) -> bool {
        match self.conn.start_call(now, call) {
            Ok(id) => {
                let route = CallRoute { shared: self.shared.clone(), id: Some(id) };
                if slot.set_route(route) {
                    self.calls.insert(id, slot);
                    return true;
                }
                // Its future was dropped meanwhile.
                let _ = self.conn.cancel_call(now, id);
            }
            Err(StartCallError { reason: StartCallReason::Closing, call }) => {
                self.refused.push((slot, *call));
            }
            Err(StartCallError { reason, call }) => {
                shielded("dropping a payload", || drop(call));
                self.finished.push((slot, Err(CallError::Refused(reason))));
            }
        }
        false
    }

    fn drain_events(&mut self) {
        while let Some(event) = self.conn.poll_event() {
            match event {
                ClientEvent::Completed { id, result } => {
                    if let Some(slot) = self.calls.remove(&id) {
                        self.finished.push((slot, result));
                    }
                }
                ClientEvent::Negotiated(info) => {
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

    /// The connection has ended: nobody may give it commands any more.
    fn end(&mut self, error: ConnectionError) {
        tracing::debug!(%error, "client connection ended");
        // First of all, so that a call that is refused by the inbox finds another connection.
        if let Some((endpoint, attempt)) = self.endpoint() {
            endpoint.closed(attempt);
        }
        self.shared.publish_stats(*self.conn.stats());
        self.shared.publish_end(error.clone());
        self.ended = Some(error);
        self.pending.append(&mut self.shared.inbox.close());
        for command in std::mem::take(&mut self.pending) {
            match command {
                Command::Start { slot, call } => self.refused.push((slot, call)),
                Command::Watch(slot) => self.watchers.push(slot),
                Command::Cancel(_) | Command::Close | Command::Release => {}
            }
        }
    }

    /// Ends everything where no turn will: the driver is dropped, perhaps because it panicked in
    /// the middle of one.
    fn abort(&mut self) {
        self.end(ConnectionError::LocallyClosed);
        for (_, slot) in std::mem::take(&mut self.calls) {
            let (error, execution) = (ConnectionError::LocallyClosed, Execution::Maybe);
            self.finished.push((slot, Err(CallError::ConnectionLost { error, execution })));
        }
        // Whoever drops drivers is not ready for new ones: nothing is moved.
        self.owner = None;
        self.publish();
    }
}
