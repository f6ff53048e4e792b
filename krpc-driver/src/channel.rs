//! Channels: handles that outlive their connections, and the table that lets them share.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use krpc_core::channel::{self as policy, Attempt, Moved, Route};
use krpc_core::{ClientConfig, ClientConnection, ConnectionId, PeerAddr, Stats, UserCredentials};

use crate::call::{CallFuture, CallRequest, CallRoute, CallSlot, Caller, Timeout};
use crate::client::{ClientDriver, Owner};
use crate::handle::{Clock, Command, OpenSlot, Opened, Owned, Shared, Start, outbound};
use crate::negotiations::{Admission, Negotiations};
use crate::sync::{Mutex, lock};
use crate::totals::{ConnectorStats, Ledger};

/// Where a server is, as the user typed it: `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or
/// `unix:@NAME`. A link-local IPv6 address may have its zone: `[fe80::1%eth0]:PORT`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A host name or address, and a port.
    Tcp {
        /// Without the brackets of an IPv6 address, with its zone.
        host: String,
        /// Never 0.
        port: u16,
    },
    /// The path of a UNIX socket, or `@` and the name of an abstract one.
    Unix(String),
}

/// Not an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError {
    value: String,
    why: &'static str,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = krpc_core::proto::text::escape(self.value.as_bytes());
        write!(
            f,
            "'{value}' is not an address ({}): expected HOST:PORT, [IPV6]:PORT, unix:PATH or unix:@NAME",
            self.why
        )
    }
}

impl std::error::Error for AddressError {}

impl Target {
    /// The address, where no name has to be looked up.
    pub fn address(&self) -> Option<PeerAddr> {
        match self {
            Target::Tcp { host, port } => {
                Some(SocketAddr::new(host.parse::<IpAddr>().ok()?, *port).into())
            }
            Target::Unix(path) => Some(PeerAddr::Unix(Some(path.clone()))),
        }
    }

    /// The host name as typed; empty for a UNIX socket.
    pub fn hostname(&self) -> &str {
        match self {
            Target::Tcp { host, .. } => host,
            Target::Unix(_) => "",
        }
    }
}

impl FromStr for Target {
    type Err = AddressError;

    fn from_str(value: &str) -> Result<Self, AddressError> {
        let fail = |why| AddressError { value: value.to_owned(), why };
        if let Some(path) = value.strip_prefix("unix:") {
            if path.is_empty() || path == "@" {
                return Err(fail("no path"));
            }
            if path.contains('\0') {
                return Err(fail("the path contains NUL"));
            }
            return Ok(Target::Unix(path.to_owned()));
        }
        let (host, port) = value.rsplit_once(':').ok_or_else(|| fail("no port"))?;
        let port = match port.parse() {
            Ok(0) | Err(_) => return Err(fail("the port is not a number from 1 to 65535")),
            Ok(port) => port,
        };
        let host = match host.strip_prefix('[') {
            Some(host) => {
                let host = host.strip_suffix(']').ok_or_else(|| fail("no closing bracket"))?;
                if !is_ipv6(host) {
                    return Err(fail("not an IPv6 address in brackets"));
                }
                host
            }
            None if host.contains(':') => return Err(fail("an IPv6 address needs brackets")),
            None => host,
        };
        if host.is_empty() {
            return Err(fail("no host"));
        }
        if host.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(fail("the host contains a space or control character"));
        }
        Ok(Target::Tcp { host: host.to_owned(), port })
    }
}

/// With or without a zone, which is a name or number that only the system can resolve.
fn is_ipv6(host: &str) -> bool {
    let (address, zone) = host.split_once('%').unwrap_or((host, "none"));
    address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty()
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Target::Tcp { host, port } => write!(f, "{host}:{port}"),
            Target::Unix(path) => write!(f, "unix:{path}"),
        }
    }
}

/// A connection to be made: drive it, on a task of its own.
///
/// Wait until `connect_at`, then for `admission`; with its permit tell the driver that it is
/// [`connecting`](ClientDriver::connecting), connect to `target`, and tell it of that. Drive it all
/// the while: calls wait in it already, and their deadlines pass. Dropping it fails them.
#[derive(Debug)]
pub struct NewConnection {
    /// The driver.
    pub driver: ClientDriver,
    /// Where to connect to.
    pub target: Target,
    /// When: later than now in a back-off.
    pub connect_at: Instant,
    /// Ready when so few others are being made that it is this one's turn.
    pub admission: Admission,
    /// How long connecting and negotiating may take together, from then on.
    pub timeout: Duration,
}

/// What makes the connections of one server, user and plane: usually by spawning a task for each.
pub trait Opener: Any + Send + Sync {
    /// Makes a connection.
    fn open(&self, new: NewConnection);
}

impl<F: Fn(NewConnection) + Send + Sync + 'static> Opener for F {
    fn open(&self, new: NewConnection) {
        self(new);
    }
}

/// How an adapter makes connections: called once for each server, user and plane.
pub type Openers = Arc<dyn Fn() -> Arc<dyn Opener> + Send + Sync>;

/// Makes channels, and lets those with the same target, user and network plane share one
/// connection. Clones are the same table.
///
/// Channels are told apart by what makes a [`ConnectionId`], with the host name in place of the
/// address that it has at the time: one connection per id follows.
#[derive(Clone)]
pub struct Connector(Arc<Table>);

struct Table {
    config: Arc<ClientConfig>,
    clock: Arc<dyn Clock>,
    openers: Openers,
    random: AtomicU64,
    negotiations: Negotiations,
    ledger: Arc<Ledger>,
    endpoints: Mutex<HashMap<Key, Weak<Endpoint>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    target: Target,
    user: UserCredentials,
    plane: String,
}

impl Connector {
    /// An empty table. `seed` is for the jitter of reconnecting; anything that differs between
    /// processes will do.
    ///
    /// `negotiations` bounds how many of its connections are being made at a time, together with
    /// those of everybody else who has the same.
    pub fn new(
        config: ClientConfig,
        clock: Arc<dyn Clock>,
        seed: u64,
        negotiations: Negotiations,
        openers: Openers,
    ) -> Self {
        let (random, endpoints) = (seed.into(), Mutex::new(HashMap::new()));
        let (config, ledger) = (Arc::new(config), Arc::default());
        let table = Table { config, clock, openers, random, negotiations, ledger, endpoints };
        Connector(Arc::new(table))
    }

    /// The settings of its connections.
    pub fn config(&self) -> &ClientConfig {
        &self.0.config
    }

    /// The bound on how many of its connections are made at a time.
    pub fn negotiations(&self) -> &Negotiations {
        &self.0.negotiations
    }

    /// What its connections have done, past and present ones.
    pub fn stats(&self) -> ConnectorStats {
        self.0.ledger.stats()
    }

    /// A channel. `user` is by default that of the settings, `plane` empty.
    pub fn channel(&self, target: Target, user: Option<UserCredentials>, plane: &str) -> Channel {
        let table = &self.0;
        let user = user.unwrap_or_else(|| table.config.credentials().clone());
        let key = Key { target, user, plane: plane.to_owned() };
        let mut endpoints = lock(&table.endpoints);
        let endpoint = endpoints.get(&key).and_then(Weak::upgrade).unwrap_or_else(|| {
            let endpoint = Arc::new(Endpoint {
                config: table.config_of(&key.user),
                key: key.clone(),
                table: table.clone(),
                opener: (table.openers)(),
                state: Mutex::new(EndpointState {
                    policy: policy::Channel::new(),
                    current: None,
                    leaving: Vec::new(),
                    remote: key.target.address(),
                }),
            });
            endpoints.insert(key, Arc::downgrade(&endpoint));
            endpoint
        });
        drop(endpoints);
        Channel { endpoint, default_timeout: None }
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("config", &self.0.config).finish_non_exhaustive()
    }
}

impl Table {
    /// The settings, for a user. Those of the user in them are there once.
    fn config_of(&self, user: &UserCredentials) -> Arc<ClientConfig> {
        if self.config.credentials() == user {
            return self.config.clone();
        }
        Arc::new(ClientConfig::clone(&self.config).user(user.clone()))
    }

    /// Evenly distributed numbers, each different (splitmix64).
    fn random(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut x = self.random.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
}

/// What the clones of a channel, and other channels of the same id, share.
pub(crate) struct Endpoint {
    key: Key,
    config: Arc<ClientConfig>,
    table: Arc<Table>,
    opener: Arc<dyn Opener>,
    state: Mutex<EndpointState>,
}

struct EndpointState {
    policy: policy::Channel,
    /// The connection that the policy calls usable.
    current: Option<Owned>,
    /// Those that take no more calls and have not ended.
    leaving: Vec<(Attempt, Arc<Shared>)>,
    /// The address last connected to.
    remote: Option<PeerAddr>,
}

impl Endpoint {
    pub(crate) fn now(&self) -> Instant {
        self.table.clock.now()
    }

    /// Gives a command to the connection in use, or to a new one.
    pub(crate) fn command(self: &Arc<Self>, mut command: Command) {
        loop {
            let (shared, fresh) = self.route();
            if let Command::Start(start) = command {
                match on_its_way(start, &shared) {
                    Some(start) => command = Command::Start(start),
                    // Nobody waits for it any more.
                    None => return,
                }
            }
            let refused = shared.inbox.push(command).err();
            if let Some(fresh) = fresh {
                self.opener.open(fresh);
            }
            // A connection that has ended is not in use any more: the next round finds another.
            match refused {
                Some(refused) => command = refused,
                None => return,
            }
        }
    }

    fn route(self: &Arc<Self>) -> (Arc<Shared>, Option<NewConnection>) {
        let now = self.now();
        let (shared, at) = self.connection(&mut lock(&self.state), now);
        let fresh = at.map(|(attempt, at)| self.fresh(&shared, attempt, at));
        (shared, fresh)
    }

    /// The connection in use, or a new one and when it may connect.
    fn connection(
        &self,
        state: &mut EndpointState,
        now: Instant,
    ) -> (Arc<Shared>, Option<(Attempt, Instant)>) {
        match state.policy.route(now) {
            Route::Use(_) => {
                let current = state.current.as_ref();
                (current.expect("what is usable is there").0.clone(), None)
            }
            Route::Connect { attempt, at } => {
                let shared = Shared::new();
                // There was none: what is not usable was taken out.
                state.current = Some(Owned(shared.clone()));
                (shared, Some((attempt, at)))
            }
        }
    }

    fn fresh(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
        attempt: Attempt,
        at: Instant,
    ) -> NewConnection {
        let owner = Owner { endpoint: Arc::downgrade(self), attempt };
        let conn = ClientConnection::waiting(self.config.clone());
        let entry = self.table.ledger.enter(shared);
        NewConnection {
            driver: ClientDriver::new(conn, shared.clone(), Some(owner), Some(entry)),
            target: self.key.target.clone(),
            connect_at: at,
            admission: self.table.negotiations.admission(),
            timeout: self.config.negotiates_within(),
        }
    }

    /// A connection takes no more calls. `calls` are those that it gave back, and what else it was
    /// told and has not obeyed; they are made on another connection, in their order and before any
    /// newer one, as far as that is right. Returns what is not.
    pub(crate) fn leave(
        self: &Arc<Self>,
        attempt: Attempt,
        leaving: Leaving,
        old: &Arc<Shared>,
        mut calls: VecDeque<Command>,
    ) -> VecDeque<Command> {
        let (now, random) = (self.now(), self.table.random());
        let moves = |command: &Command| match command {
            Command::Start(start) => leaving.next(start, now).is_some(),
            _ => false,
        };
        let (next, close, _left) = {
            let mut state = lock(&self.state);
            let (left, close) = state.leave(attempt, leaving, old, now, random);
            calls.append(&mut leaving.empty(old));
            // In the same breath, so that whoever comes now comes after them.
            let next = calls.iter().any(moves).then(|| self.connection(&mut state, now));
            (next, close, left)
        };
        if let Some(oldest) = close {
            // If it has ended meanwhile, so much the better.
            let _ = oldest.inbox.push_afterthought(Command::Close);
        }
        let Some((shared, at)) = next else { return calls };
        let (mut moving, mut rest) = (VecDeque::new(), VecDeque::new());
        for command in calls {
            match command {
                Command::Start(mut start) => match leaving.next(&start, now) {
                    Some(moved) => {
                        start.moved = moved;
                        start.call.outlives_connection = moved.is_some();
                        moving.extend(on_its_way(start, &shared).map(Command::Start));
                    }
                    None => rest.push_back(Command::Start(start)),
                },
                command => rest.push_back(command),
            }
        }
        match at {
            // Nobody drives it yet.
            Some((attempt, at)) => {
                shared.inbox.prepend(moving);
                self.opener.open(self.fresh(&shared, attempt, at));
            }
            // The channel had gone on to another already.
            None => moving.into_iter().for_each(|command| self.command(command)),
        }
        rest
    }

    pub(crate) fn connected(&self, remote: &PeerAddr) {
        lock(&self.state).remote = Some(remote.clone());
    }

    pub(crate) fn opened(&self, attempt: Attempt) {
        lock(&self.state).policy.opened(attempt);
    }

    /// The connection has ended, and nothing of it is made elsewhere.
    pub(crate) fn closed(&self, attempt: Attempt, old: &Arc<Shared>) {
        let (now, random) = (self.now(), self.table.random());
        let leaving = Leaving::Closed { opened: false, by_us: true };
        // What it returns is dropped when the lock is not held any more.
        let _left = lock(&self.state).leave(attempt, leaving, old, now, random);
    }
}

impl EndpointState {
    /// The connection, if it was the one in use, and the one that is to be closed now.
    fn leave(
        &mut self,
        attempt: Attempt,
        leaving: Leaving,
        shared: &Arc<Shared>,
        now: Instant,
        random: u64,
    ) -> (Option<Owned>, Option<Arc<Shared>>) {
        self.leaving.retain(|(left, _)| *left != attempt);
        if !matches!(leaving, Leaving::Closed { .. }) {
            self.leaving.push((attempt, shared.clone()));
        }
        let (current, close) = match leaving {
            Leaving::Retired => (self.policy.retired(attempt), None),
            Leaving::Cut => {
                let cut = self.policy.cut(attempt, now, random);
                let oldest = self.leaving.iter().position(|(a, _)| Some(*a) == cut.close);
                (cut.current, oldest.map(|index| self.leaving.remove(index).1))
            }
            Leaving::Closed { .. } => (self.policy.closed(attempt, now, random), None),
        };
        (if current { self.current.take() } else { None }, close)
    }
}

/// How a connection leaves its channel; later ones follow earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Leaving {
    /// It takes no more calls, and goes on with those that it has.
    Retired,
    /// It has stopped sending in mid-frame.
    Cut,
    /// It has ended.
    Closed {
        /// Whether it was open before.
        opened: bool,
        /// Whether it was our will.
        by_us: bool,
    },
}

impl Leaving {
    /// What is left in the inbox of a connection that leaves, which takes no more calls from now on.
    pub(crate) fn empty(self, shared: &Shared) -> VecDeque<Command> {
        match self {
            Leaving::Closed { .. } => shared.inbox.close(),
            Leaving::Retired | Leaving::Cut => shared.inbox.retire(),
        }
    }

    /// How a call that was not begun counts as moved when it is made on another connection; `None` if it
    /// is not to be made.
    fn next(self, start: &Start, now: Instant) -> Option<Option<Moved>> {
        match (self, start.moved) {
            (Leaving::Retired, moved) => Some(moved),
            (Leaving::Cut, moved) => Some(Some(moved.unwrap_or_default())),
            // Calls that waited for a connection fail with it, but one that was open and took no more
            // calls says nothing about its successor; and a call that was moved outlives failures.
            (Leaving::Closed { opened, .. }, None) => opened.then_some(None),
            (Leaving::Closed { by_us: true, .. }, Some(_)) => None,
            (Leaving::Closed { .. }, Some(moved)) => {
                moved.retry(start.call.deadline, now).map(Some)
            }
        }
    }
}

/// Tells a call's slot where it is now; ends the call if it was called off.
fn on_its_way(start: Start, shared: &Arc<Shared>) -> Option<Start> {
    if start.slot.set_route(CallRoute { shared: shared.clone(), id: None }) {
        return Some(start);
    }
    start.call_off();
    None
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let (current, leaving) = {
            let mut state = lock(&self.state);
            (state.current.take(), std::mem::take(&mut state.leaving))
        };
        let current = current.as_ref().map(|current| &current.0);
        for shared in current.into_iter().chain(leaving.iter().map(|(_, shared)| shared)) {
            // One that has ended has nothing to close.
            let _ = shared.inbox.push_afterthought(Command::Close);
        }
        let mut endpoints = lock(&self.table.endpoints);
        // Another may have taken its place already.
        if endpoints.get(&self.key).is_some_and(|endpoint| endpoint.strong_count() == 0) {
            endpoints.remove(&self.key);
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Makes calls to one server, connecting when there is something to say. Clones share the
/// connection, and so do channels of one [`Connector`] with the same target, user and plane.
///
/// When the last of them is dropped, the connection closes, and calls that have not ended end as
/// `ConnectionLost` with `LocallyClosed`.
#[derive(Clone, Debug)]
pub struct Channel {
    endpoint: Arc<Endpoint>,
    default_timeout: Option<Duration>,
}

impl Channel {
    /// The same channel with a timeout for calls that have none of their own.
    pub fn default_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.default_timeout = timeout;
        self
    }

    /// Connects now, if there is no connection, and waits until it is negotiated.
    pub fn connect_now(&self) -> Opened {
        let slot = Arc::new(OpenSlot::new());
        self.endpoint.command(Command::Watch(slot.clone()));
        Opened::new(slot)
    }

    /// Where it connects to.
    pub fn target(&self) -> &Target {
        &self.endpoint.key.target
    }

    /// The identity of its connection; `None` while a host name has never been looked up.
    pub fn connection_id(&self) -> Option<ConnectionId> {
        let Key { target, user, plane } = &self.endpoint.key;
        let remote = lock(&self.endpoint.state).remote.clone()?;
        Some(ConnectionId::new(remote, target.hostname(), user.clone(), plane.as_str()))
    }

    /// How many connections there have been, the one in use and those that failed included. Between two
    /// calls that saw the same number, the connection has lived.
    pub fn connections_made(&self) -> u64 {
        lock(&self.endpoint.state).policy.attempts()
    }

    /// What makes its connections.
    pub fn opener(&self) -> &dyn Opener {
        &*self.endpoint.opener
    }

    /// Counters of the connection in use, as of when its driver last went to sleep; `None` if
    /// there is none.
    pub fn stats(&self) -> Option<Stats> {
        self.current().map(|shared| shared.stats())
    }

    /// Ends the connection in use. Calls in flight end as `ConnectionLost`; the next call connects
    /// anew.
    pub fn close(&self) {
        // Out of use first, so that whatever comes next finds no connection.
        let current = {
            let mut state = lock(&self.endpoint.state);
            if let Some(attempt) = state.policy.current() {
                state.policy.retired(attempt);
            }
            state.current.take()
        };
        if let Some(Owned(shared)) = &current {
            // If it has ended already, there is nothing to do.
            let _ = shared.inbox.push_afterthought(Command::Close);
        }
    }

    fn current(&self) -> Option<Arc<Shared>> {
        lock(&self.endpoint.state).current.as_ref().map(|current| current.0.clone())
    }
}

impl Caller for Channel {
    type Pending = CallFuture;

    fn start(&self, request: CallRequest) -> CallFuture {
        let timeout = request.timeout.or(self.default_timeout.map(Timeout::After));
        let deadline =
            timeout.and_then(|timeout| timeout.deadline(|| self.endpoint.table.clock.now()));
        let slot = Arc::new(CallSlot::new());
        let start = Start::new(slot.clone(), outbound(request, deadline));
        self.endpoint.command(Command::Start(start));
        CallFuture::new(slot)
    }
}
