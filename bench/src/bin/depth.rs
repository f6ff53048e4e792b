//! Many calls in flight on one connection of tokio's: how many each turn handles, and what they cost
//! beside bare sockets; see the README.
#![forbid(unsafe_code)]

use std::env;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use krpc_bench::adapter::{Client, Load, tokio as two_workers};
use krpc_bench::memory::{client_config, server_config};
use krpc_bench::report::{Limit, Report, Unit, json_wanted, median};
use krpc_bench::service::{Take, request};
use krpc_bench::turns::Counted;
use krpc_bench::{cpu, echo};
use krpc_driver::net::{Connector, Server};
use krpc_tokio::Tokio;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

/// Calls in flight.
const DEPTH: usize = 64;

/// Rounds in which each has its turn.
const ROUNDS: usize = 9;

/// How long a turn is.
const TURN: Duration = Duration::from_millis(100);

/// Makes calls; returns how many were answered.
type Caller = Box<dyn FnMut() -> u64>;

/// What was measured, round by round.
#[derive(Default)]
struct Rounds {
    /// Microseconds of processor time a call, for each of [`WHAT`].
    micros: [Vec<f64>; 4],
    /// Calls per turn of the client and of the server, handlers spawned and inline.
    turns: [[Vec<f64>; 2]; 2],
}

/// What is measured: first what is not ours.
const WHAT: [&str; 4] = [
    "bare sockets",
    "bare sockets with callers",
    "calls, handlers spawned",
    "calls, handlers inline",
];

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let mut report = Report::new("depth", json_wanted(&args));
    let rounds = measure();
    let group = "64 calls of 64 bytes in flight on one connection, two workers for each side";
    let limits = [Limit::AtLeast(16.0), Limit::None];
    for ((what, limit), turns) in WHAT[2..].iter().zip(limits).zip(&rounds.turns) {
        for (side, turns) in ["client", "server"].iter().zip(turns) {
            let (what, turns) = (format!("{what}: per turn of the {side}"), median(turns));
            report.add(group, &what, Unit::Count, (turns * 10.0).round() / 10.0, limit);
        }
    }
    for (what, micros) in WHAT.iter().zip(&rounds.micros) {
        let what = format!("{what}: processor time of both sides");
        report.add(group, &what, Unit::Micros, median(micros), Limit::None);
    }
    for (what, ours) in WHAT.iter().zip(&rounds.micros).skip(2) {
        for (bare, micros) in WHAT.iter().zip(&rounds.micros).take(2) {
            let ratios: Vec<f64> =
                ours.iter().zip(micros).map(|(ours, bare)| ours / bare).collect();
            let what = format!("{what}, by {bare}");
            report.add(group, &what, Unit::Ratio, median(&ratios), Limit::None);
        }
    }
    report.finish()
}

fn measure() -> Rounds {
    let (up, down) = (two_workers(), two_workers());
    let bare = serve_bare(&down);
    let client = Counted::new(Tokio::new(up.clone()));
    let servers = [false, true].map(|inline| (inline, Counted::new(Tokio::new(down.clone()))));
    let mut callers: Vec<Caller> = vec![ping(&up, bare), call(&up, bare)];
    for (inline, server) in &servers {
        let address = serve(&down, server.clone(), *inline);
        callers.push(calls(&up, client.clone(), address));
    }
    let mut rounds = Rounds::default();
    for round in 0..=ROUNDS {
        for (i, caller) in callers.iter_mut().enumerate() {
            let ours = i.checked_sub(2);
            let turns = || [client.turns(), ours.map_or(0, |i| servers[i].1.turns())];
            let (before, began) = (turns(), cpu::used());
            let made = caller() as f64;
            let (used, after) = (cpu::used() - began, turns());
            // The first makes memory warm.
            if round == 0 {
                continue;
            }
            rounds.micros[i].push(used.as_secs_f64() * 1e6 / made);
            if let Some(i) = ours {
                for side in [0, 1] {
                    rounds.turns[i][side].push(made / (after[side] - before[side]) as f64);
                }
            }
        }
    }
    rounds
}

fn serve_bare(runtime: &Handle) -> SocketAddr {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
    let address = listener.local_addr().expect("it listens");
    runtime.spawn(echo::serve(listener));
    address
}

fn ping(runtime: &Handle, server: SocketAddr) -> Caller {
    let runtime = runtime.clone();
    Box::new(move || {
        let task =
            runtime.spawn(async move { echo::ping(server, DEPTH, Instant::now() + TURN).await });
        runtime.block_on(task).expect("it does not panic").expect("the server lives")
    })
}

fn call(runtime: &Handle, server: SocketAddr) -> Caller {
    let runtime = runtime.clone();
    Box::new(move || {
        let task =
            runtime.spawn(async move { echo::call(server, DEPTH, Instant::now() + TURN).await });
        runtime.block_on(task).expect("it does not panic").expect("the server lives")
    })
}

fn serve(runtime: &Handle, on: Counted<Tokio>, inline: bool) -> SocketAddr {
    let server = Server::on(on).config(server_config(false)).add_service(Take { inline });
    let bound = runtime.block_on(server.bind("127.0.0.1:0")).expect("a port is free");
    bound.serve().local_addr().expect("it listens on TCP")
}

fn calls(runtime: &Handle, on: Counted<Tokio>, server: SocketAddr) -> Caller {
    let channel = Connector::on(on, client_config(false)).channel(&server.to_string());
    let channel = channel.expect("it is an address");
    runtime.block_on(channel.connect_now()).expect("the server can be connected to");
    let spawn = runtime.clone();
    let call = Arc::new(move |call| channel.call_raw(call));
    let mut client = Client::on(call, move |task| drop(spawn.spawn(task)));
    Box::new(move || client.run(Load { threads: 1, depth: DEPTH }, &request(), TURN).0)
}
