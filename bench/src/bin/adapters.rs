//! What calls cost over each adapter, as client and as server; see the README.
#![forbid(unsafe_code)]

use std::env;
use std::time::Duration;

use krpc_bench::adapter::{Adapter, Load};
use krpc_bench::report::median;
use krpc_bench::table::{Table, digits};
use krpc_bench::workers::{self, Cost, Order, Workers};

/// Rounds in which each cell has its turn.
const ROUNDS: usize = 7;

/// How long a turn is.
const TURN: Duration = Duration::from_millis(150);

/// Loads: what they are called, how calls are made, and bytes beside the message.
const LOADS: [(&str, Load, usize); 3] = [
    ("sync, 16 threads, 64 B", Load { threads: 16, depth: 1 }, 0),
    ("async, depth 64, 64 B", Load { threads: 1, depth: 64 }, 0),
    ("async, depth 8, 1 MiB", Load { threads: 1, depth: 8 }, 1 << 20),
];

/// Clients and their servers: the first is what the others are compared with.
const PAIRS: [(Adapter, Adapter); 7] = [
    (Adapter::Tokio, Adapter::Tokio),
    (Adapter::Smol, Adapter::Tokio),
    (Adapter::Tokio, Adapter::Smol),
    (Adapter::Smol, Adapter::Smol),
    (Adapter::Blocking, Adapter::Tokio),
    (Adapter::Tokio, Adapter::Blocking),
    (Adapter::Blocking, Adapter::Blocking),
];

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => compare(),
        ["--server", adapter] => workers::server(adapter.parse().expect("an adapter")),
        ["--client", adapter] => workers::client(adapter.parse().expect("an adapter")),
        _ => panic!("it takes no arguments"),
    }
}

fn compare() {
    let mut workers = Workers::start();
    // For each layer and load, for each pair, all rounds.
    let mut costs = vec![vec![Vec::new(); PAIRS.len()]; 2 * LOADS.len()];
    for round in 0..=ROUNDS {
        for (i, costs) in costs.iter_mut().enumerate() {
            let (tls, load) = (i / LOADS.len(), i % LOADS.len());
            for ((client, server), costs) in PAIRS.into_iter().zip(costs) {
                let (_, load, payload) = LOADS[load];
                let order = Order { tls: tls == 1, connections: 1, load, payload, time: TURN };
                let cost = workers.turn(client, server, &order);
                // The first connects, and makes memory warm.
                if round > 0 {
                    costs.push(cost);
                }
            }
        }
    }
    for (i, costs) in costs.iter().enumerate() {
        let layer = ["plain", "TLS 1.3"][i / LOADS.len()];
        println!("\n{}, {layer}\n\n{}", LOADS[i % LOADS.len()].0, table(costs));
    }
}

fn table(costs: &[Vec<Cost>]) -> Table {
    let mut table = Table::new([
        "client, server",
        "client: us/call",
        "by tokio's",
        "server: us/call",
        "by tokio's",
        "both, by tokio's",
        "calls/s",
        "switches/call",
    ]);
    for ((client, server), rounds) in PAIRS.into_iter().zip(costs) {
        let middle = |part: fn(&Cost) -> f64| median(&rounds.iter().map(part).collect::<Vec<_>>());
        let ratio = |part: fn(&Cost) -> f64| {
            let ratios = rounds.iter().zip(&costs[0]).map(|(one, tokio)| part(one) / part(tokio));
            format!("{:.2}", median(&ratios.collect::<Vec<_>>()))
        };
        table.row(
            format!("{}, {}", client.name(), server.name()),
            [
                digits(middle(|cost| cost.client)),
                ratio(|cost| cost.client),
                digits(middle(|cost| cost.server)),
                ratio(|cost| cost.server),
                ratio(|cost| cost.client + cost.server),
                digits(middle(|cost| cost.rate)),
                digits(middle(|cost| cost.switches)),
            ],
        );
    }
    table
}
