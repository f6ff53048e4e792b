//! A client and a server driver joined by pipes in memory, on a clock that stands still.
#![allow(dead_code, reason = "each test program uses its part")]

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_driver::core::{
    CallError, ClientConfig, ErrorStatus, InboundReply, Link, Method, PeerAddr, ServerConfig,
    UserCredentials,
};
use krpc_driver::{
    BoxFuture, CallContext, CallFuture, CallRequest, Caller, ClientDriver, Clock, Connector,
    DispatcherBuilder, Handle, Host, MethodInfo, Negotiations, NewConnection, Opener, RawReply,
    ServerDriver, Service, Socket, Turn, connection,
};

/// A clock that is moved by hand.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(Arc<Mutex<Instant>>);

impl TestClock {
    #[expect(clippy::disallowed_methods, reason = "somewhere time has to begin")]
    pub(crate) fn new() -> Self {
        TestClock(Arc::new(Mutex::new(Instant::now())))
    }

    pub(crate) fn now(&self) -> Instant {
        *self.0.lock().unwrap()
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        TestClock::now(self)
    }
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    pub(crate) bytes: VecDeque<u8>,
    /// Bytes it still takes before it blocks.
    pub(crate) room: Option<usize>,
    pub(crate) ended: bool,
    pub(crate) write_error: Option<io::ErrorKind>,
    pub(crate) reads: usize,
    pub(crate) writes: usize,
    pub(crate) largest_read: usize,
}

/// One end of a connection.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) input: Arc<Mutex<Pipe>>,
    pub(crate) output: Arc<Mutex<Pipe>>,
}

pub(crate) fn pipes() -> (End, End) {
    let (a, b) = (Arc::<Mutex<Pipe>>::default(), Arc::<Mutex<Pipe>>::default());
    (End { input: a.clone(), output: b.clone() }, End { input: b, output: a })
}

impl Read for End {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut pipe = self.input.lock().unwrap();
        if pipe.bytes.is_empty() {
            return if pipe.ended { Ok(0) } else { Err(io::ErrorKind::WouldBlock.into()) };
        }
        let n = pipe.bytes.read(buf)?;
        pipe.reads += 1;
        pipe.largest_read = pipe.largest_read.max(n);
        Ok(n)
    }
}

impl Write for End {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut pipe = self.output.lock().unwrap();
        if let Some(kind) = pipe.write_error {
            return Err(kind.into());
        }
        let n = buf.len().min(pipe.room.unwrap_or(usize::MAX));
        if n == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        pipe.room = pipe.room.map(|room| room - n);
        pipe.bytes.extend(&buf[..n]);
        pipe.writes += 1;
        Ok(n)
    }

    fn write_vectored(&mut self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let all: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
        self.write(&all)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Socket for End {
    fn shutdown_write(&mut self) -> io::Result<()> {
        self.output.lock().unwrap().ended = true;
        Ok(())
    }
}

/// Counts its wakes.
#[derive(Debug, Default)]
pub(crate) struct Counter(pub(crate) AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Counter {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Futures that the server has spawned; they run when the test says so.
pub(crate) type Tasks = Arc<Mutex<Vec<BoxFuture<()>>>>;

/// Client, server and what is between them.
pub(crate) struct Sim {
    pub(crate) clock: TestClock,
    pub(crate) handle: Option<Handle>,
    pub(crate) client: Option<ClientDriver>,
    pub(crate) client_end: End,
    pub(crate) client_wakes: Arc<Counter>,
    pub(crate) host: Host,
    pub(crate) server: Option<ServerDriver>,
    pub(crate) server_end: End,
    pub(crate) tasks: Tasks,
}

impl Sim {
    pub(crate) fn new(service: impl Service) -> Self {
        Self::with(ClientConfig::new(UserCredentials::new("alice")), service, 100, 100)
    }

    pub(crate) fn with(
        config: ClientConfig,
        service: impl Service,
        concurrency: usize,
        queue: usize,
    ) -> Self {
        let clock = TestClock::new();
        let now = clock.now();
        let (client_end, server_end) = pipes();
        let (handle, mut client) = connection(Arc::new(config), Arc::new(clock.clone()), now);
        client.connected(now, Link::unix(None));
        let (host, tasks) = host(&clock, ServerConfig::new(), service, concurrency, queue);
        let server = host.accept(now, Link::unix(None), PeerAddr::Unix(Some("here".into())));
        Sim {
            clock,
            handle: Some(handle),
            client: Some(client),
            client_end,
            client_wakes: Arc::default(),
            host,
            server,
            server_end,
            tasks,
        }
    }

    /// Negotiated, and quiet.
    pub(crate) fn open(service: impl Service) -> Self {
        let mut sim = Sim::new(service);
        sim.settle();
        assert!(sim.client.as_ref().unwrap().connection().is_open());
        sim
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.handle.as_ref().unwrap()
    }

    pub(crate) fn start(&self, method: &'static str, body: impl Into<Bytes>) -> CallFuture {
        self.handle().start(call(method, body))
    }

    pub(crate) fn client_turn(&mut self) -> Turn {
        let waker = Waker::from(self.client_wakes.clone());
        let turn =
            self.client.as_mut().unwrap().poll_turn(&waker, &mut self.client_end, self.clock.now());
        if turn == Turn::Done {
            self.client = None;
            self.client_end.output.lock().unwrap().ended = true;
        }
        turn
    }

    pub(crate) fn server_turn(&mut self) -> Turn {
        let driver = self.server.as_mut().unwrap();
        let turn = driver.poll_turn(Waker::noop(), &mut self.server_end, self.clock.now());
        if turn == Turn::Done {
            self.server = None;
            self.server_end.output.lock().unwrap().ended = true;
        }
        turn
    }

    /// Polls every spawned task once.
    pub(crate) fn run_tasks(&mut self) {
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap());
        for mut task in tasks {
            if task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
                self.tasks.lock().unwrap().push(task);
            }
        }
    }

    /// Everybody takes turns for a while.
    pub(crate) fn settle(&mut self) {
        for _ in 0..20 {
            if self.client.is_some() {
                let _ = self.client_turn();
            }
            if self.server.is_some() {
                let _ = self.server_turn();
            }
            self.run_tasks();
        }
    }
}

pub(crate) fn host(
    clock: &TestClock,
    config: ServerConfig,
    service: impl Service,
    concurrency: usize,
    queue: usize,
) -> (Host, Tasks) {
    let tasks = Tasks::default();
    let spawned = tasks.clone();
    let spawn = Arc::new(move |task| spawned.lock().unwrap().push(task));
    let dispatcher = DispatcherBuilder::new("test", Arc::new(clock.clone()), spawn)
        .service(Arc::new(service), concurrency, queue)
        .build();
    (Host::new(config, dispatcher), tasks)
}

/// Connections that a connector has asked for.
pub(crate) type Asked = Arc<Mutex<Vec<NewConnection>>>;

pub(crate) fn connector(config: ClientConfig, clock: &TestClock) -> (Connector, Asked) {
    let asked = Asked::default();
    let open = asked.clone();
    let opener: Arc<dyn Opener> = Arc::new(move |new| open.lock().unwrap().push(new));
    let openers = Arc::new(move || opener.clone());
    let clock = Arc::new(clock.clone()) as Arc<dyn Clock>;
    (Connector::new(config, clock, 1, Negotiations::new(8), openers), asked)
}

/// The connection that was asked for, when its turn has come and it may be made.
pub(crate) fn connecting(mut new: NewConnection, clock: &TestClock) -> ClientDriver {
    clock.advance(new.connect_at.saturating_duration_since(clock.now()));
    let permit = ready(&mut new.admission).expect("there is room");
    new.driver.connecting(clock.now(), permit);
    new.driver
}

/// Runs handlers that do not wait.
pub(crate) fn run_to_their_end(tasks: &Tasks) {
    for mut task in std::mem::take(&mut *tasks.lock().unwrap()) {
        assert!(ready(&mut task.as_mut()).is_some(), "handlers here do not wait");
    }
}

/// Polls a future once.
pub(crate) fn ready<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    match std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop())) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}

pub(crate) fn call(method: &'static str, body: impl Into<Bytes>) -> CallRequest {
    CallRequest::new(Method::from_static(SERVICE, method), body)
}

/// Polls a future once.
pub(crate) fn poll(call: &mut CallFuture) -> Option<Result<InboundReply, CallError>> {
    poll_with(call, Waker::noop())
}

pub(crate) fn poll_with(
    call: &mut CallFuture,
    waker: &Waker,
) -> Option<Result<InboundReply, CallError>> {
    match std::pin::Pin::new(call).poll(&mut Context::from_waker(waker)) {
        std::task::Poll::Ready(result) => Some(result),
        std::task::Poll::Pending => None,
    }
}

pub(crate) const SERVICE: &str = "test.Service";

pub(crate) const METHODS: &[MethodInfo] =
    &[MethodInfo { service: SERVICE, name: "Call", track_rpc_result: false, authz_method: None }];

/// A service that is one function.
pub(crate) struct Function<F> {
    pub(crate) function: F,
    pub(crate) inline: bool,
}

impl<F> Service for Function<F>
where
    F: Fn(CallContext, Bytes) -> BoxFuture<Result<RawReply, ErrorStatus>> + Send + Sync + 'static,
{
    fn name(&self) -> &'static str {
        SERVICE
    }

    fn methods(&self) -> &'static [MethodInfo] {
        METHODS
    }

    fn inline(&self, _: usize) -> bool {
        self.inline
    }

    fn call(
        &self,
        _method: usize,
        cx: CallContext,
        body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        (self.function)(cx, body)
    }
}

/// Answers with what it was asked.
pub(crate) fn echo() -> impl Service {
    service(|_, body| Box::pin(async move { Ok(RawReply::new(body)) }))
}

pub(crate) fn service<F>(function: F) -> Function<F>
where
    F: Fn(CallContext, Bytes) -> BoxFuture<Result<RawReply, ErrorStatus>> + Send + Sync + 'static,
{
    Function { function, inline: false }
}

/// Never answers.
pub(crate) fn silent() -> impl Service {
    service(|_, _| Box::pin(std::future::pending()))
}
