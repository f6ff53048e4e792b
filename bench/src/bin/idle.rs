//! What a connection costs on which nothing happens; see the README.
#![forbid(unsafe_code)]

use std::alloc::System;
use std::env;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::Duration;

use krpc_bench::adapter::{Adapter, Client, serve};
use krpc_bench::bare::Bare;
use krpc_bench::child::{Child, orders};
use krpc_bench::cpu;
use krpc_bench::held::allocated;
use krpc_bench::limits::allow_files;
use krpc_bench::memory::client_config;
use krpc_bench::report::{Limit, Report, Unit, json_wanted};
use krpc_bench::service::{Take, request};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Connections that are counted.
const CONNECTIONS: usize = 1_000;

/// Connections before those, so that what is made once is there.
const FIRST: usize = 16;

/// After the last byte: the library gives memory back a second or two after that.
const QUIET: Duration = Duration::from_secs(3);

/// File descriptors: a connection of a blocking client has four, and there is the rest.
const FILES: u64 = 5 * CONNECTIONS as u64;

/// What is measured on each adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    /// Sockets of its runtime, each with a timer in a task.
    Bare,
    Plain,
    Tls,
}

impl Layer {
    const ALL: [Layer; 3] = [Layer::Bare, Layer::Plain, Layer::Tls];

    fn name(self) -> &'static str {
        ["bare", "plain", "tls"][self as usize]
    }

    fn parse(name: &str) -> Self {
        Layer::ALL.into_iter().find(|layer| layer.name() == name).expect("a layer")
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["--server", adapter, layer] => {
            server(adapter.parse().expect("an adapter"), Layer::parse(layer));
            ExitCode::SUCCESS
        }
        ["--client", adapter, layer, server] => {
            let server = server.parse().expect("an address");
            client(adapter.parse().expect("an adapter"), Layer::parse(layer), server);
            ExitCode::SUCCESS
        }
        _ => {
            let mut report = Report::new("idle", json_wanted(&args));
            if !allow_files(FILES) {
                return ExitCode::FAILURE;
            }
            measure(&mut report);
            report.finish()
        }
    }
}

/// Says what this process holds, whenever it is asked.
fn say() {
    let threads = cpu::threads(std::process::id()).len();
    println!("{} {threads}", allocated(ALLOCATOR));
}

fn server(adapter: Adapter, layer: Layer) {
    let kept = Arc::new(AtomicUsize::new(0));
    let address = match layer {
        Layer::Bare => Bare::new(adapter).serve(kept).expect("a port is free"),
        _ => serve(adapter, layer == Layer::Tls, Take { inline: false }),
    };
    println!("{address}");
    orders().for_each(|_| say());
}

fn client(adapter: Adapter, layer: Layer, server: SocketAddr) {
    let mut bare = Bare::new(adapter);
    let mut client = Client::new(adapter, &client_config(layer == Layer::Tls));
    for order in orders() {
        if order == "say" {
            say();
            continue;
        }
        let connections = order.parse().expect("a number");
        if layer == Layer::Bare {
            bare.connect(server, connections).expect("it listens");
        } else {
            client.connect(server, connections);
            client.once(&request());
        }
        println!("connected");
    }
}

/// A server and its clients, each a process.
struct Pair {
    server: Child,
    client: Child,
}

/// Bytes that are allocated, and threads.
type Held = [f64; 2];

impl Pair {
    fn start(adapter: Adapter, layer: Layer) -> Self {
        let (adapter, layer) = (adapter.name(), layer.name());
        let mut server = Child::start(&["--server", adapter, layer]);
        let address = server.answer();
        let client = Child::start(&["--client", adapter, layer, &address[0]]);
        Pair { server, client }
    }

    fn connect(&mut self, connections: usize) {
        self.client.order(&connections.to_string());
        self.client.answer();
    }

    /// What the server and the client hold.
    fn held(&mut self) -> [Held; 2] {
        [&mut self.server, &mut self.client].map(|process| {
            process.order("say");
            let answer = process.answer();
            [0, 1].map(|i| answer[i].parse().expect("a number"))
        })
    }
}

fn measure(report: &mut Report) {
    let cells = Adapter::ALL.iter().flat_map(|adapter| Layer::ALL.map(|layer| (*adapter, layer)));
    let mut pairs: Vec<_> = cells.map(|(adapter, layer)| Pair::start(adapter, layer)).collect();
    pairs.iter_mut().for_each(|pair| pair.connect(FIRST));
    thread::sleep(QUIET);
    let before: Vec<_> = pairs.iter_mut().map(Pair::held).collect();
    pairs.iter_mut().for_each(|pair| pair.connect(CONNECTIONS));
    thread::sleep(QUIET);
    let after = pairs.iter_mut().map(Pair::held);
    let grown = after.zip(before).map(|(after, before)| {
        [0, 1].map(|side| [0, 1].map(|what| after[side][what] - before[side][what]))
    });
    let grown: Vec<[Held; 2]> = grown.collect();

    for (adapter, cells) in Adapter::ALL.into_iter().zip(grown.chunks(Layer::ALL.len())) {
        for (side, name) in ["server", "client"].into_iter().enumerate() {
            let group = format!("1,000 idle connections, {} as {name}", adapter.name());
            let [bare, plain, tls] =
                [0, 1, 2].map(|layer: usize| cells[layer][side][0] / CONNECTIONS as f64);
            let mut add = |what: &str, value: f64, limit| {
                report.add(&group, what, Unit::Octets, value.round(), limit);
            };
            add("a connection: the runtime's socket, timer and task", bare, Limit::None);
            add("a connection: what we add, plain", plain - bare, Limit::Below(4_096.0));
            add("a connection: what we add, TLS 1.3", tls - bare, Limit::None);
            for (layer, name) in [(1, "plain"), (2, "TLS 1.3")] {
                let threads = cells[layer][side][1];
                let what = format!("threads that came with them, {name}");
                // Its handlers have threads, started as they are needed.
                let pool = adapter == Adapter::Blocking && side == 0;
                let limit = if pool { Limit::Below(10.0) } else { Limit::Is(0.0) };
                report.add(&group, &what, Unit::Count, threads, limit);
            }
        }
    }
}
