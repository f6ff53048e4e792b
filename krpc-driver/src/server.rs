//! The driver of a server connection, and what the connections of one server share.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use krpc_core::{
    CallId, ConnectionError, ErrorStatus, Link, PeerAddr, Quiet, RespondError, ServerConfig,
    ServerConnection, ServerEvent,
};

use crate::context::{Session, Signal};
use crate::dispatch::Dispatcher;
use crate::pump::Socket;
use crate::service::RawReply;
use crate::sync::{Inbox, Mutex, lock};
use crate::totals::{HostStats, HostTotals, Manner};
use crate::turn::{COMMANDS, Commands, Engine, Side, Turn, turn};

/// Capacity that its queue keeps from turn to turn.
const KEEP: usize = 64;

/// What handlers and the server ask of a connection's driver.
#[derive(Debug)]
pub(crate) enum ServerCommand {
    Reply {
        id: CallId,
        result: Result<RawReply, ErrorStatus>,
    },
    /// Answer what is in hand, then close.
    Shutdown,
    /// Close now.
    Close,
}

/// What the connections of one server share: settings, services, and the end. Clones are the same.
#[derive(Clone, Debug)]
pub struct Host(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Arc<ServerConfig>,
    dispatcher: Dispatcher,
    connections: Mutex<Connections>,
    /// Shut down, and no connection is left.
    empty: Arc<Signal>,
}

#[derive(Debug, Default)]
struct Connections {
    open: BTreeMap<u64, Open>,
    accepted: u64,
    closing: bool,
    /// What those have done that have ended.
    past: HostStats,
}

/// A connection as the others see it.
#[derive(Clone, Debug)]
struct Open {
    inbox: Arc<Inbox<ServerCommand>>,
    published: Published,
}

/// What a connection has done, as its driver last told.
type Published = Arc<Mutex<HostTotals>>;

impl Host {
    /// A server without connections.
    pub fn new(config: ServerConfig, dispatcher: Dispatcher) -> Self {
        let (connections, empty) = (Mutex::default(), Arc::default());
        Host(Arc::new(Inner { config: Arc::new(config), dispatcher, connections, empty }))
    }

    /// The services.
    pub fn dispatcher(&self) -> &Dispatcher {
        &self.0.dispatcher
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        lock(&self.0.connections).open.len()
    }

    /// How many connections there have been.
    pub fn accepted(&self) -> u64 {
        lock(&self.0.connections).accepted
    }

    /// What its connections have done, past and present ones.
    pub fn stats(&self) -> HostStats {
        let (mut stats, open) = {
            let connections = lock(&self.0.connections);
            let open = connections.open.values().map(|open| open.published.clone());
            (connections.past, open.collect::<Vec<_>>())
        };
        stats.connections = open.len();
        // One that ends meanwhile leaves what it has told where it is.
        open.iter().for_each(|published| stats.orderly.add(&lock(published)));
        stats
    }

    /// The driver of a connection that was accepted at `local`; `None` if the server is shutting
    /// down.
    pub fn accept(&self, now: Instant, link: Link, local: PeerAddr) -> Option<ServerDriver> {
        let inbox = Arc::new(Inbox::new());
        let totals = HostTotals { connections: 1, ..HostTotals::default() };
        let published = Published::new(Mutex::new(totals));
        let number = {
            let mut connections = lock(&self.0.connections);
            if connections.closing {
                return None;
            }
            let number = connections.accepted;
            connections.accepted += 1;
            let open = Open { inbox: inbox.clone(), published: published.clone() };
            connections.open.insert(number, open);
            number
        };
        let side = ServerSide {
            conn: ServerConnection::new(self.0.config.clone(), link, now),
            host: self.clone(),
            number,
            inbox,
            published,
            pending: VecDeque::new(),
            session: None,
            local,
            gone: Arc::default(),
            calls: 0,
            ended: None,
        };
        Some(ServerDriver { side, engine: Engine::default(), quiet: Quiet::default() })
    }

    /// Accepts no connection any more; those that there are read no more calls, answer what they
    /// have in hand, and close.
    pub fn shutdown(&self) {
        self.tell_all(|| ServerCommand::Shutdown);
    }

    /// Ends every connection now. Calls that wait for a handler are refused.
    pub fn close(&self) {
        self.tell_all(|| ServerCommand::Close);
        self.0.dispatcher.close();
    }

    /// Waits until the server was shut down and the last connection has ended.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        self.0.empty.wait()
    }

    fn tell_all(&self, command: impl Fn() -> ServerCommand) {
        let (open, empty) = {
            let mut connections = lock(&self.0.connections);
            connections.closing = true;
            let open: Vec<_> = connections.open.values().cloned().collect();
            let empty = open.is_empty();
            (open, empty)
        };
        for Open { inbox, .. } in open {
            // One that has ended needs no telling.
            let _ = inbox.push(command());
        }
        if empty {
            self.0.empty.set();
        }
    }

    fn ended(&self, number: u64, totals: &HostTotals, manner: Manner) {
        let mut connections = lock(&self.0.connections);
        let open = connections.open.remove(&number);
        let empty = connections.closing && connections.open.is_empty();
        let past = &mut connections.past;
        let part = match manner {
            Manner::Orderly => &mut past.orderly,
            Manner::BrokenOff => &mut past.broken_off,
            Manner::Faulty => &mut past.faulty,
        };
        part.add(totals);
        drop(connections);
        drop(open);
        if empty {
            self.0.empty.set();
        }
    }
}

/// Drives one server connection.
///
/// Dropping it ends the connection; handlers of its calls go on, and what they answer is dropped.
pub struct ServerDriver {
    side: ServerSide,
    engine: Engine,
    quiet: Quiet,
}

impl ServerDriver {
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
    pub fn connection(&self) -> &ServerConnection {
        &self.side.conn
    }
}

impl Drop for ServerDriver {
    fn drop(&mut self) {
        let side = &mut self.side;
        side.end();
        let manner = match side.ended.unwrap_or(Manner::Orderly) {
            Manner::Orderly if self.engine.write_failed() => Manner::BrokenOff,
            manner => manner,
        };
        side.host.ended(side.number, &side.totals(), manner);
    }
}

impl fmt::Debug for ServerDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerDriver").field("conn", &self.side.conn).finish_non_exhaustive()
    }
}

struct ServerSide {
    conn: ServerConnection,
    host: Host,
    number: u64,
    inbox: Arc<Inbox<ServerCommand>>,
    published: Published,
    /// Commands taken from the inbox and not yet obeyed.
    pending: VecDeque<ServerCommand>,
    /// Known once the connection is negotiated.
    session: Option<Arc<Session>>,
    local: PeerAddr,
    gone: Arc<Signal>,
    /// Calls that have arrived.
    calls: u64,
    /// How the connection has ended.
    ended: Option<Manner>,
}

impl Side for ServerSide {
    type Conn = ServerConnection;

    fn conn(&mut self) -> &mut ServerConnection {
        &mut self.conn
    }

    fn sealed(&self) -> bool {
        let tls = self.session.as_ref().and_then(|session| session.negotiation.tls.as_ref());
        tls.is_some_and(|tls| tls.encrypted)
    }

    fn commands(&mut self, now: Instant) -> Commands {
        if self.pending.is_empty() {
            self.inbox.drain(&mut self.pending);
        }
        let mut frames = 0;
        for _ in 0..COMMANDS {
            match self.pending.pop_front() {
                None => break,
                Some(ServerCommand::Reply { id, result }) => {
                    self.respond(now, id, result);
                    frames += 1;
                }
                Some(ServerCommand::Shutdown) => self.conn.shutdown(now),
                Some(ServerCommand::Close) => self.conn.close(now),
            }
        }
        // Calls in flight that are not answered by these frames: their replies may be near.
        let busy = self.conn.in_flight() > frames;
        Commands { frames, busy, more: !self.pending.is_empty() }
    }

    fn events(&mut self, now: Instant) {
        while let Some(event) = self.conn.poll_event() {
            match event {
                ServerEvent::Negotiated(negotiation) => {
                    let peer = self.conn.link().peer().clone();
                    let (local, gone) = (self.local.clone(), self.gone.clone());
                    let negotiation = *negotiation;
                    self.session = Some(Arc::new(Session { peer, local, negotiation, gone }));
                }
                ServerEvent::Call(call) => {
                    let session = self.session.as_ref().expect("calls come after the negotiation");
                    let id = call.id;
                    self.calls += 1;
                    let dispatcher = &self.host.0.dispatcher;
                    if let Some(reply) = dispatcher.arrive(session, &self.inbox, *call) {
                        self.respond(now, id, reply);
                    }
                }
                ServerEvent::Closed { error } => {
                    if error != ConnectionError::LocallyClosed {
                        tracing::debug!(peer = %self.conn.link().peer(), %error, "server connection ended");
                    }
                    self.ended = Some(Manner::of(&error, self.conn.stats()));
                    self.end();
                }
                // Events that this release does not know are none of the driver's.
                _ => {}
            }
        }
    }

    fn publish(&mut self) {}

    fn register(&mut self, waker: &Waker) -> bool {
        *lock(&self.published) = self.totals();
        if self.pending.capacity() > KEEP {
            self.pending = VecDeque::new();
        }
        self.inbox.register(waker, &mut self.pending)
    }
}

impl ServerSide {
    /// Gives back what is kept for calls to come.
    fn release_memory(&mut self) {
        self.conn.release_memory();
        self.inbox.release_memory();
        self.pending.shrink_to_fit();
    }

    fn totals(&self) -> HostTotals {
        HostTotals { connections: 1, calls: self.calls, stats: *self.conn.stats() }
    }

    fn respond(&mut self, now: Instant, id: CallId, result: Result<RawReply, ErrorStatus>) {
        match self.conn.respond(now, id, result) {
            Ok(()) => {}
            Err(error @ RespondError::Invalid(_)) => {
                tracing::warn!(%id, %error, "a handler's reply was replaced by an error");
            }
            Err(error) => tracing::debug!(%id, %error, "reply dropped"),
        }
    }

    /// Nobody waits for replies any more.
    fn end(&mut self) {
        self.pending = VecDeque::new();
        drop(self.inbox.close());
        self.gone.set();
    }
}
