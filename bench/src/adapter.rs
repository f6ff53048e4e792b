//! The adapters, as servers and as makers of calls, each behind the same few functions.

use std::collections::VecDeque;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use async_executor::Executor;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use krpc_core::ClientConfig;
use krpc_driver::net::{ChannelBuilder, Connects};
use krpc_driver::{BoxFuture, CallFuture, CallRequest, Service};
use krpc_smol::Smol;
use krpc_tokio::Tokio;

use crate::memory::server_config;

/// Calls that may wait: as many as any load here has in flight.
const QUEUE: usize = 2_048;

/// Threads of an async runtime.
const THREADS: usize = 2;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// krpc-tokio.
    Tokio,
    /// krpc-smol.
    Smol,
    /// krpc-blocking.
    Blocking,
}

impl Adapter {
    /// All of them.
    pub const ALL: [Adapter; 3] = [Adapter::Tokio, Adapter::Smol, Adapter::Blocking];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Adapter::Tokio => "tokio",
            Adapter::Smol => "smol",
            Adapter::Blocking => "blocking",
        }
    }
}

impl FromStr for Adapter {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Adapter::ALL.into_iter().find(|adapter| adapter.name() == name);
        found.ok_or_else(|| format!("no adapter: {name}"))
    }
}

/// A runtime of tokio with two workers. It lives as long as the process.
pub fn tokio() -> tokio::runtime::Handle {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(THREADS).enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let handle = runtime.handle().clone();
    std::mem::forget(runtime);
    handle
}

/// An executor that two threads run. They live as long as the process.
pub fn smol() -> Arc<Executor<'static>> {
    let executor = Arc::new(Executor::new());
    for _ in 0..THREADS {
        let executor = executor.clone();
        thread::spawn(move || async_io::block_on(executor.run(pending::<()>())));
    }
    executor
}

/// Starts a server, which lives as long as the process.
pub fn serve(adapter: Adapter, tls: bool, service: impl Service) -> SocketAddr {
    macro_rules! server {
        ($builder:expr) => {
            $builder
                .config(server_config(tls))
                .queue_length(QUEUE)
                .add_service(service)
                .bind("127.0.0.1:0")
        };
    }
    const BOUND: &str = "a port is free";
    let address = match adapter {
        Adapter::Tokio => {
            let runtime = tokio();
            let bound = server!(krpc_tokio::Server::on(Tokio::new(runtime.clone())));
            let bound = runtime.block_on(bound).expect(BOUND);
            bound.serve().local_addr()
        }
        Adapter::Smol => {
            let bound = server!(krpc_smol::Server::on(Smol::from(&smol())));
            let bound = async_io::block_on(bound).expect(BOUND);
            bound.serve().local_addr()
        }
        Adapter::Blocking => {
            let bound = server!(krpc_blocking::Server::builder()).expect(BOUND);
            bound.serve().expect("there are threads").local_addr()
        }
    };
    address.expect("it listens on TCP")
}

/// How calls are made.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Threads, or tasks of an async runtime.
    pub threads: usize,
    /// Calls that each has in flight.
    pub depth: usize,
}

/// Starts a call on one connection.
pub type Call = Arc<dyn Fn(CallRequest) -> CallFuture + Send + Sync>;

/// Makes calls over one adapter, whose runtime it has for itself.
pub struct Client {
    start: Start,
    made: usize,
}

enum Start {
    /// On an async runtime.
    Async { open: Open, calls: Vec<Call>, spawn: Box<dyn Fn(BoxFuture<()>)> },
    /// On threads.
    Blocking {
        connector: krpc_blocking::Connector,
        channels: Vec<krpc_blocking::Channel>,
        threads: Vec<Worker>,
    },
}

/// Connects to an address, on a connection of its own if the number is its own.
type Open = Box<dyn Fn(SocketAddr, usize) -> Call>;

type Job = Box<dyn FnOnce() + Send>;

/// A thread that stays, so that what it has used can be read when it has done its job.
struct Worker(Sender<Job>);

impl Worker {
    fn start() -> Self {
        let (sender, jobs) = mpsc::channel::<Job>();
        thread::spawn(move || jobs.into_iter().for_each(|job| job()));
        Worker(sender)
    }
}

impl Client {
    /// A client without connections.
    pub fn new(adapter: Adapter, config: &ClientConfig) -> Self {
        let calls = Vec::new();
        let start = match adapter {
            Adapter::Tokio => {
                let runtime = tokio();
                let on = Tokio::new(runtime.clone());
                let connector = krpc_tokio::Connector::on(on, config.clone());
                let block = runtime.clone();
                let open = move |server, number| -> Call {
                    let channel = channel(&connector, server, number);
                    block.block_on(channel.connect_now()).expect(UP);
                    Arc::new(move |call| channel.call_raw(call))
                };
                let spawn = Box::new(move |task| drop(runtime.spawn(task)));
                Start::Async { open: Box::new(open), calls, spawn }
            }
            Adapter::Smol => {
                let executor = smol();
                let on = Smol::from(&executor);
                let connector = krpc_smol::Connector::on(on, config.clone());
                let open = move |server, number| -> Call {
                    let channel = channel(&connector, server, number);
                    async_io::block_on(channel.connect_now()).expect(UP);
                    Arc::new(move |call| channel.call_raw(call))
                };
                let spawn = Box::new(move |task| executor.spawn(task).detach());
                Start::Async { open: Box::new(open), calls, spawn }
            }
            Adapter::Blocking => {
                let connector = krpc_blocking::Connector::new(config.clone());
                Start::Blocking { connector, channels: Vec::new(), threads: Vec::new() }
            }
        };
        Client { start, made: 0 }
    }

    /// A client with one connection, on which `call` starts calls and whose tasks `spawn` runs.
    pub fn on(call: Call, spawn: impl Fn(BoxFuture<()>) + 'static) -> Self {
        let open: Open = Box::new(|_, _| panic!("it has the one connection"));
        Client { start: Start::Async { open, calls: vec![call], spawn: Box::new(spawn) }, made: 1 }
    }

    /// Makes so many more connections.
    pub fn connect(&mut self, server: SocketAddr, connections: usize) {
        for number in self.made..self.made + connections {
            match &mut self.start {
                Start::Async { open, calls, .. } => calls.push(open(server, number)),
                Start::Blocking { connector, channels, .. } => {
                    let channel = channel(connector, server, number);
                    channel.connect_now().expect(UP);
                    channels.push(channel);
                }
            }
        }
        self.made += connections;
    }

    /// Makes one call on each connection, one after the other.
    pub fn once(&self, request: &CallRequest) {
        for i in 0..self.made {
            let reply = match &self.start {
                Start::Async { calls, .. } => async_io::block_on(calls[i](request.clone())),
                Start::Blocking { channels, .. } => channels[i].call_raw(request.clone()),
            };
            reply.expect("it is answered");
        }
    }

    /// Makes calls for some time, on all connections: as many threads or tasks as the load has, or one
    /// for each connection if those are more. Returns how many were answered, those in flight at the end
    /// included, and how long it took.
    pub fn run(&mut self, load: Load, request: &CallRequest, time: Duration) -> (u64, Duration) {
        let began = Instant::now();
        let until = began + time;
        let answered = Arc::new(AtomicU64::new(0));
        let (ended, ends) = mpsc::channel::<()>();
        let threads = load.threads.max(self.made);
        match &mut self.start {
            Start::Async { calls, spawn, .. } => {
                for i in 0..threads {
                    let (call, request) = (calls[i % calls.len()].clone(), request.clone());
                    let (answered, ended) = (answered.clone(), ended.clone());
                    spawn(Box::pin(async move {
                        let one = || chain(|| call(request.clone()), until);
                        let mut chains: FuturesUnordered<_> =
                            (0..load.depth).map(|_| one()).collect();
                        while let Some(calls) = chains.next().await {
                            answered.fetch_add(calls, Ordering::SeqCst);
                        }
                        drop(ended);
                    }));
                }
            }
            Start::Blocking { channels, threads: workers, .. } => {
                workers.resize_with(threads.max(workers.len()), Worker::start);
                for (i, worker) in workers.iter().take(threads).enumerate() {
                    let channel = channels[i % channels.len()].clone();
                    let (answered, ended) = (answered.clone(), ended.clone());
                    let request = request.clone();
                    let job = move || {
                        let calls = block(&channel, &request, load.depth, until);
                        answered.fetch_add(calls, Ordering::SeqCst);
                        drop(ended);
                    };
                    worker.0.send(Box::new(job)).expect("it lives");
                }
            }
        }
        drop(ended);
        wait(&ends);
        (answered.load(Ordering::SeqCst), began.elapsed())
    }
}

const UP: &str = "the server can be connected to";

/// A channel with a connection of its own.
fn channel<C: Connects>(connector: &C, server: SocketAddr, number: usize) -> C::Channel {
    let builder = ChannelBuilder::new(connector.clone(), server.to_string());
    builder.plane(number.to_string()).build().expect("it is an address")
}

/// Waits until all have ended.
fn wait(ends: &Receiver<()>) {
    assert!(ends.recv().is_err(), "nothing is sent");
}

/// Makes calls one after the other.
async fn chain<F: Future<Output = Result<R, E>>, R, E: std::fmt::Debug>(
    call: impl Fn() -> F,
    until: Instant,
) -> u64 {
    let mut calls = 0;
    while Instant::now() < until {
        call().await.expect("it is answered");
        calls += 1;
    }
    calls
}

/// Makes calls from this thread.
fn block(
    channel: &krpc_blocking::Channel,
    request: &CallRequest,
    depth: usize,
    until: Instant,
) -> u64 {
    let mut calls = 0;
    let mut flying = VecDeque::with_capacity(depth);
    while Instant::now() < until {
        calls += 1;
        if depth == 1 {
            channel.call_raw(request.clone()).expect("it is answered");
            continue;
        }
        flying.push_back(channel.start_raw(request.clone()));
        if flying.len() == depth {
            let oldest = flying.pop_front().expect("there are some");
            oldest.wait().expect("it is answered");
        }
    }
    for call in flying {
        call.wait().expect("it is answered");
    }
    calls
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("made", &self.made).finish_non_exhaustive()
    }
}
