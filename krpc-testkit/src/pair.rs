//! A client and a server connection in memory, on one virtual clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_core::{
    CallError, CallId, ClientConfig, ClientConnection, ClientEvent, ConnectionError, ErrorStatus,
    InboundCall, InboundReply, Link, Method, OutboundCall, OutboundReply, ServerConfig,
    ServerConnection, ServerEvent, Then, UserCredentials,
};

use crate::net::{Plan, Wire};

/// Rounds after which [`Pair::run`] concludes that the two will never come to rest.
const STEP_CAP: usize = 20_000_000;

/// What a handler answers.
pub type Answer = Result<OutboundReply, ErrorStatus>;

type Handler = Box<dyn FnMut(&InboundCall) -> Option<Answer> + Send>;

/// A client and a server connection, the network between them, and a clock that stands still
/// until it is told to move.
///
/// ```
/// use krpc_testkit::Pair;
///
/// let mut pair = Pair::new();
/// pair.serve(|call| Some(Ok(krpc_core::OutboundReply::new(call.body.clone()))));
/// let id = pair.call("hello");
/// pair.run();
/// assert_eq!(&pair.reply(id).unwrap().body[..], b"hello");
/// ```
pub struct Pair {
    /// The client's end.
    pub client: ClientConnection,
    /// The server's end.
    pub server: ServerConnection,
    /// From the client to the server.
    pub to_server: Wire,
    /// From the server to the client.
    pub to_client: Wire,
    now: Instant,
    start: Instant,
    connected: bool,
    link: Link,
    handler: Option<Handler>,
    client_events: Vec<ClientEvent>,
    server_events: Vec<ServerEvent>,
    calls: Vec<InboundCall>,
    use_recv_space: bool,
    scratch: usize,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pair")
            .field("elapsed", &self.elapsed())
            .field("client", &self.client)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Default for Pair {
    fn default() -> Self {
        Self::new()
    }
}

impl Pair {
    /// Default settings, an even network.
    pub fn new() -> Self {
        Self::with(
            ClientConfig::new(UserCredentials::new("alice")),
            ServerConfig::new(),
            Plan::default(),
            Plan::default(),
        )
    }

    /// Given settings and networks. The clock starts at an arbitrary instant.
    pub fn with(
        client: ClientConfig,
        server: ServerConfig,
        to_server: Plan,
        to_client: Plan,
    ) -> Self {
        Self::on_link(client, server, to_server, to_client, Link::unix(None))
    }

    /// As [`Pair::with`], over a link that may not be loopback.
    pub fn on_link(
        client: ClientConfig,
        server: ServerConfig,
        to_server: Plan,
        to_client: Plan,
        link: Link,
    ) -> Self {
        // The only reading of a clock: `Instant` has no other source. All tests count from here.
        let now = Instant::now();
        Pair {
            client: ClientConnection::new(Arc::new(client), now),
            server: ServerConnection::new(Arc::new(server), link.clone(), now),
            to_server: Wire::new(to_server),
            to_client: Wire::new(to_client),
            now,
            start: now,
            connected: false,
            link,
            handler: None,
            client_events: Vec::new(),
            server_events: Vec::new(),
            calls: Vec::new(),
            use_recv_space: true,
            scratch: 16 << 10,
        }
    }

    /// Calls are answered by `handler` as they arrive; where it says `None`, the call is kept for
    /// [`Pair::respond`]. Without a handler all calls are kept.
    pub fn serve(&mut self, handler: impl FnMut(&InboundCall) -> Option<Answer> + Send + 'static) {
        self.handler = Some(Box::new(handler));
    }

    /// Whether large frames are read in place (default), or through `handle_input` alone.
    pub fn read_in_place(&mut self, yes: bool) {
        self.use_recv_space = yes;
    }

    /// The time on the virtual clock.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Virtual time since the start.
    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// Starts a call of `test.Service.Method` with this body.
    ///
    /// # Panics
    ///
    /// If the client refuses it.
    pub fn call(&mut self, body: impl Into<Bytes>) -> CallId {
        self.start(OutboundCall::new(Method::from_static("test.Service", "Method"), body))
    }

    /// Starts a call.
    ///
    /// # Panics
    ///
    /// If the client refuses it.
    pub fn start(&mut self, call: OutboundCall) -> CallId {
        self.client.start_call(self.now, call).expect("the client takes the call")
    }

    /// Calls that have arrived and that nobody has answered, oldest first.
    pub fn calls(&self) -> &[InboundCall] {
        &self.calls
    }

    /// Answers a call that was kept.
    ///
    /// # Panics
    ///
    /// If no such call was kept.
    pub fn respond(&mut self, id: CallId, answer: Answer) {
        let index = self.calls.iter().position(|call| call.id == id).expect("the call was kept");
        self.calls.remove(index);
        let _ = self.server.respond(self.now, id, answer);
    }

    /// Takes the client's events so far.
    pub fn client_events(&mut self) -> Vec<ClientEvent> {
        self.drain_events();
        std::mem::take(&mut self.client_events)
    }

    /// Takes the server's events so far, calls aside.
    pub fn server_events(&mut self) -> Vec<ServerEvent> {
        self.drain_events();
        std::mem::take(&mut self.server_events)
    }

    /// Takes the end of a call out of the client's events, if it has ended.
    pub fn result(&mut self, id: CallId) -> Option<Result<InboundReply, CallError>> {
        self.drain_events();
        let is_end =
            |e: &ClientEvent| matches!(e, ClientEvent::Completed { id: i, .. } if *i == id);
        let index = self.client_events.iter().position(is_end)?;
        match self.client_events.remove(index) {
            ClientEvent::Completed { result, .. } => Some(result),
            _ => None,
        }
    }

    /// The reply to a call that has ended.
    ///
    /// # Panics
    ///
    /// If the call has not ended.
    pub fn reply(&mut self, id: CallId) -> Result<InboundReply, CallError> {
        self.result(id).expect("the call has ended")
    }

    /// Why the client's connection ended, if it has.
    pub fn client_error(&mut self) -> Option<ConnectionError> {
        self.drain_events();
        self.client_events.iter().find_map(|event| match event {
            ClientEvent::Closed { error } => Some(error.clone()),
            _ => None,
        })
    }

    /// Why the server's connection ended, if it has.
    pub fn server_error(&mut self) -> Option<ConnectionError> {
        self.drain_events();
        self.server_events.iter().find_map(|event| match event {
            ServerEvent::Closed { error } => Some(error.clone()),
            _ => None,
        })
    }

    /// Lets both sides and the network work until nothing moves. The clock stands still.
    ///
    /// # Panics
    ///
    /// If they do not come to rest within 20 million rounds.
    pub fn run(&mut self) {
        let patience = self.to_server.patience() + self.to_client.patience();
        let mut quiet = 0;
        for _ in 0..STEP_CAP {
            quiet = if self.step() { 0 } else { quiet + 1 };
            if quiet > patience {
                return;
            }
        }
        panic!("no rest after {STEP_CAP} rounds: {self:?}");
    }

    /// Moves the clock on, stopping at each timer on the way, and lets everything work at each stop.
    pub fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        self.run();
        loop {
            let next = [self.client.poll_timeout(), self.server.poll_timeout()];
            let Some(next) = next.into_iter().flatten().min().filter(|at| *at <= until) else {
                break;
            };
            self.now = self.now.max(next);
            self.client.handle_timeout(self.now);
            self.server.handle_timeout(self.now);
            self.run();
        }
        self.now = until;
    }

    /// One round: each side writes once and reads once. Whether anything moved.
    pub fn step(&mut self) -> bool {
        if !self.connected {
            self.connected = true;
            self.client.handle_connected(self.now, self.link.clone());
        }
        let mut moved = self.write_client() | self.write_server();
        moved |= self.read_server() | self.read_client();
        moved | self.drain_events()
    }

    fn write_client(&mut self) -> bool {
        let written = self.client.transmit(self.now, &mut self.to_server);
        let Ok(done) = written else { return false };
        match done.then {
            Then::Close | Then::ShutdownWrite => self.to_server.close(),
            Then::Reset => {
                self.to_server.reset();
                self.to_client.close();
            }
            _ => {}
        }
        done.written > 0 || done.then == Then::ShutdownWrite
    }

    fn write_server(&mut self) -> bool {
        let written = self.server.transmit(self.now, &mut self.to_client);
        let Ok(done) = written else { return false };
        if done.then == Then::Close {
            self.to_client.close();
        }
        done.written > 0
    }

    fn read_server(&mut self) -> bool {
        if !self.server.wants_read() {
            return false;
        }
        let space = if self.use_recv_space { self.server.recv_space().len() } else { 0 };
        match self.to_server.read(space + self.scratch) {
            None => self.server.handle_eof(self.now),
            Some(bytes) if bytes.is_empty() => return false,
            Some(bytes) => {
                let (direct, rest) = bytes.split_at(space.min(bytes.len()));
                if !direct.is_empty() {
                    self.server.recv_space()[..direct.len()].copy_from_slice(direct);
                    self.server.handle_received(self.now, direct.len());
                }
                if !rest.is_empty() {
                    self.server.handle_input(self.now, rest);
                }
            }
        }
        true
    }

    fn read_client(&mut self) -> bool {
        if !self.client.wants_read() {
            return false;
        }
        let space = if self.use_recv_space { self.client.recv_space().len() } else { 0 };
        match self.to_client.read(space + self.scratch) {
            None => self.client.handle_eof(self.now),
            Some(bytes) if bytes.is_empty() => return false,
            Some(bytes) => {
                let (direct, rest) = bytes.split_at(space.min(bytes.len()));
                if !direct.is_empty() {
                    self.client.recv_space()[..direct.len()].copy_from_slice(direct);
                    self.client.handle_received(self.now, direct.len());
                }
                if !rest.is_empty() {
                    self.client.handle_input(self.now, rest);
                }
            }
        }
        true
    }

    fn drain_events(&mut self) -> bool {
        let mut any = false;
        while let Some(event) = self.client.poll_event() {
            any = true;
            self.client_events.push(event);
        }
        while let Some(event) = self.server.poll_event() {
            any = true;
            match event {
                ServerEvent::Call(call) => {
                    match self.handler.as_mut().and_then(|handler| handler(&call)) {
                        Some(answer) => {
                            let _ = self.server.respond(self.now, call.id, answer);
                        }
                        None => self.calls.push(*call),
                    }
                }
                other => self.server_events.push(other),
            }
        }
        any
    }
}
