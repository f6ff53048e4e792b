//! How what a call costs grows with connections, calls in flight and payload; see the README. Writes
//! `docs/growth.md` and `docs/growth.svg`.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};

use krpc_bench::adapter::{Adapter, Load};
use krpc_bench::limits::allow_files;
use krpc_bench::report::median;
use krpc_bench::svg::{Chart, Charts};
use krpc_bench::table::{Table, digits};
use krpc_bench::workers::{self, Order, Workers};

/// Rounds in which each has its turn.
const ROUNDS: usize = 5;

/// How long a turn is.
const TURN: Duration = Duration::from_millis(120);

/// File descriptors: of a blocking client each connection has four.
const FILES: u64 = 8_000;

/// One call after the other.
const ONE: Load = Load { threads: 1, depth: 1 };

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Something that grows: its name, and the steps with their names.
struct Growth {
    title: &'static str,
    first: &'static str,
    steps: Vec<(String, Order)>,
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => {}
        ["--server", adapter] => {
            workers::server(adapter.parse().expect("an adapter"));
            return ExitCode::SUCCESS;
        }
        ["--client", adapter] => {
            workers::client(adapter.parse().expect("an adapter"));
            return ExitCode::SUCCESS;
        }
        _ => panic!("it takes no arguments"),
    }
    if !allow_files(FILES) {
        return ExitCode::FAILURE;
    }
    write(&growths());
    ExitCode::SUCCESS
}

fn growths() -> [Growth; 3] {
    let order =
        |connections, load, payload| Order { tls: false, connections, load, payload, time: TURN };
    let connections = [1, 10, 100, 1_000];
    let connections = connections.map(|n| (n.to_string(), order(n, ONE, 0)));
    let outstanding = [1, 4, 16, 64, 256, 1_024];
    let outstanding =
        outstanding.map(|depth| (depth.to_string(), order(1, Load { threads: 1, depth }, 0)));
    let payload = [0, 64, KIB, 16 * KIB, 256 * KIB, MIB, 4 * MIB, 16 * MIB];
    let payload = payload.map(|bytes| (size(bytes), order(1, ONE, bytes)));
    [
        Growth {
            title: "Connections, on each one call after the other",
            first: "connections",
            steps: connections.into(),
        },
        Growth {
            title: "Calls in flight on one connection",
            first: "calls in flight",
            steps: outstanding.into(),
        },
        Growth {
            title: "Bytes of a request's sidecar, one call after the other",
            first: "bytes beside the message",
            steps: payload.into(),
        },
    ]
}

fn size(bytes: usize) -> String {
    match bytes {
        0..KIB => bytes.to_string(),
        KIB..MIB => format!("{}K", bytes / KIB),
        _ => format!("{}M", bytes / MIB),
    }
}

/// Of one adapter at one step, round by round: microseconds a call, and calls in a second.
type Rounds = (Vec<f64>, Vec<f64>);

/// Measures, and writes what came of it.
fn write(growths: &[Growth]) {
    let mut workers = Workers::start();
    let steps = |growth: &Growth| vec![[const { (Vec::new(), Vec::new()) }; 3]; growth.steps.len()];
    let mut all: Vec<Vec<[Rounds; 3]>> = growths.iter().map(steps).collect();
    for round in 0..=ROUNDS {
        for (growth, cells) in growths.iter().zip(&mut all) {
            for ((_, order), cells) in growth.steps.iter().zip(cells) {
                for (adapter, (micros, rates)) in Adapter::ALL.into_iter().zip(cells) {
                    let cost = workers.turn(adapter, adapter, order);
                    // The first connects, and makes memory warm.
                    if round > 0 {
                        micros.push(cost.client + cost.server);
                        rates.push(cost.rate);
                    }
                }
            }
        }
    }
    let (mut text, mut charts) = (INTRODUCTION.to_owned(), Charts(Vec::new()));
    for (growth, cells) in growths.iter().zip(&all) {
        let micros = Adapter::ALL.map(|adapter| format!("{}: us/call", adapter.name()));
        let rates = Adapter::ALL.map(|adapter| format!("{}: calls/s", adapter.name()));
        let head = [growth.first.to_owned()].into_iter().chain(micros).chain(rates);
        let mut table = Table::new(head);
        for ((name, _), cells) in growth.steps.iter().zip(cells) {
            let micros = cells.iter().map(|(micros, _)| digits(median(micros)));
            let rates = cells.iter().map(|(_, rates)| digits(median(rates)));
            table.row(name, micros.chain(rates));
        }
        text += &format!("\n## {}\n\n{table}", growth.title);
        let line = |adapter: Adapter| {
            let values = cells.iter().map(|cells| median(&cells[adapter as usize].0));
            (adapter.name().to_owned(), values.collect())
        };
        charts.0.push(Chart {
            title: format!("us/call by {}", growth.first),
            steps: growth.steps.iter().map(|(name, _)| name.clone()).collect(),
            lines: Adapter::ALL.map(line).into(),
        });
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let put =
        |name: &str, text: String| fs::write(docs.join(name), text).expect("docs can be written");
    put("growth.md", text);
    put("growth.svg", charts.to_string());
}

const INTRODUCTION: &str = "\
# How the cost of a call grows

Client and server are processes on one adapter each, over TCP on one machine, plain; messages of 64 bytes both ways.
Processor time is that of both sides, the kernel's for them included. Written by one run of
`cargo run --release --bin grow` in `bench/`, medians of five interleaved rounds; on two processors, which it shared with
other work. Times and rates are of that machine: compare those of one table, not those of two runs.

On an async adapter a connection has one task, which makes all its calls; on the blocking one it has one thread.

![microseconds of processor time a call, by connections, calls in flight and bytes](growth.svg)
";
