//! From a call that has arrived to its reply: service, method, feature flags, queue, handler.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use krpc_core::queue::Popped;
use krpc_core::{CallId, ErrorCode, ErrorStatus, InboundCall, Method, StatusCode};

use crate::context::{CallContext, Session};
use crate::gate::{Entered, Gate};
use crate::handle::Clock;
use crate::server::ServerCommand;
use crate::service::{BoxFuture, MethodInfo, RawReply, Service};
use crate::sync::{Inbox, shielded};

/// How an adapter runs a future in the background.
pub type Spawn = Arc<dyn Fn(BoxFuture<()>) + Send + Sync>;

/// Calls of one service that may wait (`rpc_service_queue_length` in Kudu).
pub const QUEUE_LENGTH: usize = 50;

/// Calls of one service that may run at once. Kudu has 10 threads per service
/// (`rpc_num_service_threads`); here a call that waits costs no thread.
pub const CONCURRENCY: usize = 256;

/// Unsupported feature flags that an error reply names. A client may send a million of them.
const FLAGS_NAMED: usize = 100;

type Outcome = Result<RawReply, ErrorStatus>;

/// The services of a server. Clones are the same.
#[derive(Clone)]
pub struct Dispatcher(Arc<Services>);

struct Services {
    server: String,
    desks: BTreeMap<&'static str, Arc<Desk>>,
    registered: AtomicBool,
}

/// One service, its queue and its counters.
struct Desk {
    service: Arc<dyn Service>,
    /// For each method, whether its handlers are polled where the call was read.
    inline: Vec<bool>,
    methods: BTreeMap<&'static str, usize>,
    abort_on_panic: bool,
    gate: Gate<Job>,
    counters: Counters,
    clock: Arc<dyn Clock>,
    spawn: Spawn,
}

#[derive(Debug, Default)]
struct Counters {
    handled: AtomicU64,
    queue_overflow: AtomicU64,
    timed_out_in_queue: AtomicU64,
    panicked: AtomicU64,
}

/// What a service has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceStats {
    /// Calls that were handed to the service.
    pub handled: u64,
    /// Calls turned away because the queue was full (`rpcs_queue_overflow`).
    pub queue_overflow: u64,
    /// Calls whose deadline passed in the queue (`rpcs_timed_out_in_queue`).
    pub timed_out_in_queue: u64,
    /// Calls whose handler panicked.
    pub panicked: u64,
    /// Calls that wait at present.
    pub waiting: usize,
}

/// Collects the services of a server.
pub struct DispatcherBuilder {
    server: String,
    clock: Arc<dyn Clock>,
    spawn: Spawn,
    desks: BTreeMap<&'static str, Desk>,
    registered: bool,
    abort_on_panic: bool,
}

impl DispatcherBuilder {
    /// A server called `server` in its error replies.
    pub fn new(server: impl Into<String>, clock: Arc<dyn Clock>, spawn: Spawn) -> Self {
        DispatcherBuilder {
            server: server.into(),
            clock,
            spawn,
            desks: BTreeMap::new(),
            registered: true,
            abort_on_panic: false,
        }
    }

    /// Adds a service of which `concurrency` calls run at once and `queue_length` wait. A service
    /// of the same name is replaced.
    ///
    /// # Panics
    ///
    /// If `concurrency` is 0: no call would ever run.
    pub fn service(
        mut self,
        service: Arc<dyn Service>,
        concurrency: usize,
        queue_length: usize,
    ) -> Self {
        assert!(concurrency > 0, "the concurrency of {} is 0", service.name());
        let methods = service.methods();
        let desk = Desk {
            inline: (0..methods.len()).map(|number| service.inline(number)).collect(),
            methods: methods.iter().enumerate().map(|(i, m)| (m.name, i)).collect(),
            abort_on_panic: false,
            gate: Gate::new(concurrency, queue_length),
            counters: Counters::default(),
            clock: self.clock.clone(),
            spawn: self.spawn.clone(),
            service,
        };
        self.desks.insert(desk.service.name(), desk);
        self
    }

    /// Whether these are all services there will be: it decides whether clients hear that an
    /// unknown one does not exist, or may come. Default: true.
    pub fn all_registered(mut self, registered: bool) -> Self {
        self.registered = registered;
        self
    }

    /// Whether a handler that panics ends the process: the panic is logged, then the process
    /// aborts, and no other destructors run than those of the handler. For servers that cannot
    /// trust their state after a panic, and that something starts again. A panic of
    /// [`Service::supports_feature`] counts as one of the handler.
    ///
    /// Default: false. The caller gets an error reply, and everything else goes on.
    pub fn abort_on_panic(mut self, abort: bool) -> Self {
        self.abort_on_panic = abort;
        self
    }

    /// The dispatcher.
    pub fn build(self) -> Dispatcher {
        let abort_on_panic = self.abort_on_panic;
        let desks = self.desks.into_iter();
        let desks = desks.map(|(name, desk)| (name, Arc::new(Desk { abort_on_panic, ..desk })));
        Dispatcher(Arc::new(Services {
            server: self.server,
            desks: desks.collect(),
            registered: self.registered.into(),
        }))
    }
}

impl fmt::Debug for DispatcherBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DispatcherBuilder")
            .field("services", &self.desks.keys())
            .finish_non_exhaustive()
    }
}

impl Dispatcher {
    /// Changes what clients hear of an unknown service: `ERROR_NO_SUCH_SERVICE` if all services
    /// are registered, else `ERROR_UNAVAILABLE`, which they retry.
    pub fn set_all_registered(&self, registered: bool) {
        self.0.registered.store(registered, Ordering::Relaxed);
    }

    /// The names of the services.
    pub fn services(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.desks.keys().copied()
    }

    /// What a service has done so far.
    pub fn stats(&self, service: &str) -> Option<ServiceStats> {
        let desk = self.0.desks.get(service)?;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Some(ServiceStats {
            handled: read(&desk.counters.handled),
            queue_overflow: read(&desk.counters.queue_overflow),
            timed_out_in_queue: read(&desk.counters.timed_out_in_queue),
            panicked: read(&desk.counters.panicked),
            waiting: desk.gate.waiting(),
        })
    }

    /// Refuses new calls from now on, and those that wait; running ones go on.
    pub(crate) fn close(&self) {
        for desk in self.0.desks.values() {
            desk.close();
        }
    }

    /// Takes a call. Returns its reply if that is known at once.
    pub(crate) fn arrive(
        &self,
        session: &Arc<Session>,
        replies: &Arc<Inbox<ServerCommand>>,
        mut call: InboundCall,
    ) -> Option<Outcome> {
        let (desk, method) = match self.find(session, &call) {
            Ok(found) => found,
            Err(status) => return Some(Err(status)),
        };
        let (deadline, arrival) = (call.deadline, call.received);
        let info = &desk.service.methods()[method];
        let responder = Responder { replies: Some(replies.clone()), id: call.id };
        let body = std::mem::take(&mut call.body);
        let cx = CallContext::new(session.clone(), info, &mut call);
        match desk.gate.enter(Job { method, cx, body, responder }, deadline, arrival) {
            Entered::Waits => None,
            Entered::Run(job) if desk.inline[method] => desk.run_inline(job),
            Entered::Run(job) => {
                desk.spawn_worker(Next::Start(job));
                None
            }
            Entered::Full(loser) => {
                desk.overflow(loser);
                None
            }
            Entered::Closed(job) => {
                job.responder.send(Err(shutting_down()));
                None
            }
        }
    }

    fn find(
        &self,
        session: &Session,
        call: &InboundCall,
    ) -> Result<(&Arc<Desk>, usize), ErrorStatus> {
        let Method { service, name } = &call.method;
        let desk = std::str::from_utf8(service).ok().and_then(|name| self.0.desks.get(name));
        let desk = desk.ok_or_else(|| self.no_such_service(service))?;
        let method = std::str::from_utf8(name).ok().and_then(|name| desk.methods.get(name));
        let method = *method.ok_or_else(|| no_such_method(session, &call.method))?;
        let mut unsupported: Vec<u32> = Vec::new();
        for flag in &call.required_features {
            if unsupported.len() == FLAGS_NAMED {
                break;
            }
            let supports = AssertUnwindSafe(|| desk.service.supports_feature(*flag));
            match catch_unwind(supports) {
                Ok(true) => {}
                Ok(false) if unsupported.contains(flag) => {}
                Ok(false) => unsupported.push(*flag),
                Err(payload) => return Err(desk.panicked(Panicked::new(payload))),
            }
        }
        if unsupported.is_empty() {
            Ok((desk, method))
        } else {
            Err(ErrorStatus::unsupported_features(unsupported))
        }
    }

    fn no_such_service(&self, service: &Bytes) -> ErrorStatus {
        let name = String::from_utf8_lossy(service);
        let text = format!("service {name} not registered on {}", self.0.server);
        if self.0.registered.load(Ordering::Relaxed) {
            ErrorStatus::new(ErrorCode::ErrorNoSuchService, StatusCode::NotFound, text)
        } else {
            ErrorStatus::new(ErrorCode::ErrorUnavailable, StatusCode::ServiceUnavailable, text)
        }
    }
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher").field("services", &self.0.desks.keys()).finish_non_exhaustive()
    }
}

fn no_such_method(session: &Session, method: &Method) -> ErrorStatus {
    let text = format!(
        "Call on service {} received at {} from {} with an invalid method name: {}",
        String::from_utf8_lossy(&method.service),
        session.local,
        session.peer,
        String::from_utf8_lossy(&method.name),
    );
    ErrorStatus::new(ErrorCode::ErrorNoSuchMethod, StatusCode::InvalidArgument, text)
}

fn shutting_down() -> ErrorStatus {
    let text = "Service is shutting down";
    ErrorStatus::new(ErrorCode::FatalServerShuttingDown, StatusCode::ServiceUnavailable, text)
}

/// A call that waits for its turn.
struct Job {
    method: usize,
    cx: CallContext,
    body: Bytes,
    responder: Responder,
}

impl Desk {
    /// Polls the handler once, here. What does not finish goes on in the background.
    fn run_inline(self: &Arc<Self>, job: Job) -> Option<Outcome> {
        let mut running = self.start(job);
        let polled = running.handler.poll(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Pending => {
                self.spawn_worker(Next::Continue(running));
                None
            }
            Poll::Ready(outcome) => {
                let outcome = self.outcome(outcome);
                running.responder.disarm();
                drop(running);
                if let Some(job) = self.next() {
                    self.spawn_worker(Next::Start(job));
                }
                Some(outcome)
            }
        }
    }

    fn spawn_worker(self: &Arc<Self>, next: Next) {
        (self.spawn)(Box::pin(Worker { desk: self.clone(), next: Some(next) }));
    }

    fn start(&self, job: Job) -> Running {
        self.counters.handled.fetch_add(1, Ordering::Relaxed);
        let Job { method, cx, body, responder } = job;
        let handler = catch_unwind(AssertUnwindSafe(|| self.service.call(method, cx, body)));
        Running { handler: Handler(handler.map_err(Panicked::new)), responder }
    }

    /// The outcome of a handler, as its caller is told.
    fn outcome(&self, outcome: Result<Outcome, Panicked>) -> Outcome {
        outcome.unwrap_or_else(|panicked| Err(self.panicked(panicked)))
    }

    fn panicked(&self, Panicked(panic): Panicked) -> ErrorStatus {
        self.counters.panicked.fetch_add(1, Ordering::Relaxed);
        tracing::error!(service = self.service.name(), panic, "handler panicked");
        if self.abort_on_panic {
            std::process::abort();
        }
        // What a panic says is for the server's log, not for its clients.
        ErrorStatus::new(ErrorCode::ErrorApplication, StatusCode::RuntimeError, "handler panicked")
    }

    /// The next job for a permit that has become free; answers those that waited too long.
    fn next(&self) -> Option<Job> {
        loop {
            match self.gate.next(self.clock.now())? {
                Popped::Run(job) => return Some(job),
                Popped::Expired(job) => {
                    self.counters.timed_out_in_queue.fetch_add(1, Ordering::Relaxed);
                    let text = "Call waited in the queue past client deadline";
                    let code = ErrorCode::ErrorServerTooBusy;
                    let Job { cx, body, responder, .. } = job;
                    // The request's memory goes before the reply that says so.
                    drop((cx, body));
                    responder.send(Err(ErrorStatus::new(code, StatusCode::TimedOut, text)));
                }
            }
        }
    }

    fn overflow(&self, loser: Job) {
        self.counters.queue_overflow.fetch_add(1, Ordering::Relaxed);
        let MethodInfo { service, name, .. } = loser.cx.method();
        let text = format!(
            "{name} request on {service} from {} dropped due to backpressure: service queue is full with {} items",
            loser.cx.peer(),
            self.gate.capacity(),
        );
        let code = ErrorCode::ErrorServerTooBusy;
        let Job { cx, body, responder, .. } = loser;
        drop((cx, body));
        responder.send(Err(ErrorStatus::new(code, StatusCode::ServiceUnavailable, text)));
    }

    fn close(&self) {
        for job in self.gate.close() {
            job.responder.send(Err(shutting_down()));
        }
    }
}

/// A handler at work.
struct Running {
    handler: Handler,
    responder: Responder,
}

/// A handler's future that survives a panic; `Err` if even starting it panicked.
struct Handler(Result<BoxFuture<Outcome>, Panicked>);

struct Panicked(String);

impl Panicked {
    fn new(payload: Box<dyn Any + Send>) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        // The payload may have a Drop that panics.
        shielded("a panic's payload", || drop(payload));
        Panicked(text.unwrap_or_else(|| "not a text".to_owned()))
    }
}

impl Handler {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Outcome, Panicked>> {
        let future = match &mut self.0 {
            Ok(future) => future,
            Err(panicked) => return Poll::Ready(Err(Panicked(std::mem::take(&mut panicked.0)))),
        };
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(outcome)) => Poll::Ready(Ok(outcome)),
            Err(payload) => Poll::Ready(Err(Panicked::new(payload))),
        }
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        if let Ok(future) = &mut self.0 {
            let future = std::mem::replace(future, Box::pin(std::future::pending()));
            shielded("dropping a handler", || drop(future));
        }
    }
}

/// Holds a permit and runs one call after the other until none waits.
struct Worker {
    desk: Arc<Desk>,
    /// `None` once the permit is given back.
    next: Option<Next>,
}

#[expect(clippy::large_enum_variant, reason = "lives in the one box of a worker")]
enum Next {
    Start(Job),
    Continue(Running),
}

impl Future for Worker {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let desk = this.desk.clone();
        let mut running = match this.next.take() {
            None => return Poll::Ready(()),
            Some(Next::Continue(running)) => running,
            Some(Next::Start(job)) => desk.start(job),
        };
        let Poll::Ready(outcome) = running.handler.poll(cx) else {
            this.next = Some(Next::Continue(running));
            return Poll::Pending;
        };
        let outcome = desk.outcome(outcome);
        let Running { handler, responder } = running;
        // What the handler held is gone before anybody hears of the reply.
        drop(handler);
        responder.send(outcome);
        match desk.next() {
            None => Poll::Ready(()),
            Some(job) => {
                // Others get their turn between two calls.
                this.next = Some(Next::Start(job));
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Dropped with work in hand: the runtime is going down, and nothing will run any more.
        if self.next.is_some() {
            self.desk.close();
        }
    }
}

/// The duty to answer one call.
struct Responder {
    /// `None` once it is done.
    replies: Option<Arc<Inbox<ServerCommand>>>,
    id: CallId,
}

impl Responder {
    fn send(mut self, result: Outcome) {
        self.push(result);
    }

    /// Somebody else answers.
    fn disarm(&mut self) {
        self.replies = None;
    }

    fn push(&mut self, result: Outcome) {
        let id = self.id;
        let Some(replies) = self.replies.take() else { return };
        if let Err(refused) = replies.push(ServerCommand::Reply { id, result }) {
            tracing::debug!(%id, "connection torn down before the call could send its response");
            shielded("dropping a reply", || drop(refused));
        }
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        // A call that nobody answers would keep its client waiting.
        self.push(Err(shutting_down()));
    }
}
