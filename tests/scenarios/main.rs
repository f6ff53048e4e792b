//! One list of scenarios, run on every adapter as client and as server, over every transport.
//!
//! A normal run has every scenario on the like pairs of adapters over TCP v4 plain, UNIX plain and TCP
//! v4 with TLS 1.3, on all pairs over TCP v4 plain, and beyond that in a few more cells, so that each
//! two of client, server, address and security meet for each scenario. `KRPC_MATRIX=full` runs every
//! cell. A run of the whole list writes `target/scenarios.md`, which says for each cell whether it
//! ran, which others cover it, or why it does not exist.

mod adapter;
mod async_std;
mod bed;
mod blocking;
mod cover;
mod faults;
mod list;
mod matrix;
mod peer;
mod service;
mod smol;
mod table;
mod tokio;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Trial};
use rustix::process::{Resource, getrlimit, setrlimit};

use adapter::Adapter;
use matrix::Matrix;
use table::Outcome;

/// A cell waits more than it works: so many run at a time.
const THREADS: usize = 8;

/// Each is one small file.
static ADAPTERS: [&dyn Adapter; 4] =
    [&tokio::Tokio, &smol::SMOL, &async_std::ASYNC_STD, &blocking::Blocking];

fn main() -> ExitCode {
    faults::be_starved(&ADAPTERS);
    let mut args = Arguments::from_args();
    args.test_threads.get_or_insert(THREADS);
    raise_descriptor_limit();
    let sockets = tempfile::tempdir().expect("a folder for UNIX sockets");
    bed::SOCKETS.set(sockets.path().to_owned()).expect("it was not set before");
    let matrix = Matrix {
        adapters: &ADAPTERS,
        full: std::env::var("KRPC_MATRIX").is_ok_and(|which| which == "full"),
        ipv6: std::net::TcpListener::bind("[::1]:0").is_ok(),
    };
    let results = list::SCENARIOS.map(|scenario| (scenario, Arc::<Mutex<Vec<Outcome>>>::default()));
    let mut trials = unit_tests();
    trials.extend(ADAPTERS.iter().flat_map(|adapter| faults::trials(*adapter)));
    for (turn, (scenario, outcomes)) in results.iter().enumerate() {
        for row in matrix.plan(scenario, turn) {
            let (cell, run, outcomes) = (matrix.cell(row), scenario.run, outcomes.clone());
            let trial = move || {
                let outcome = catch_unwind(AssertUnwindSafe(|| run(cell)));
                let passed = outcome.is_ok();
                outcomes.lock().expect("nobody panics with it").push(Outcome { row, passed });
                outcome.map_err(|panic| resume_unwind(panic))
            };
            trials.push(Trial::test(format!("{}/{cell}", scenario.name), trial));
        }
    }
    let conclusion = libtest_mimic::run(&args, trials);
    if args.list || conclusion.num_filtered_out > 0 || conclusion.num_ignored > 0 {
        return conclusion.exit_code();
    }
    let results = results.map(|(scenario, outcomes)| {
        let mut outcomes = outcomes.lock().expect("nobody panics with it").clone();
        outcomes.sort_unstable_by_key(|outcome| outcome.row);
        (scenario, outcomes)
    });
    let table = table::table(&matrix, &results);
    let target =
        Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it lies in the target folder");
    let path = target.join("scenarios.md");
    std::fs::write(&path, table.text).expect("the table is written");
    println!("{}: which run covers which cell", path.display());
    for gap in &table.gaps {
        println!("neither ran, nor is covered, nor has a reason: {gap}");
    }
    if table.gaps.is_empty() { conclusion.exit_code() } else { ExitCode::from(101) }
}

/// Those of the files here, which have no harness of their own.
fn unit_tests() -> Vec<Trial> {
    let tests: [(&str, fn()); 4] = [
        ("cover: each two values meet", cover::tests::each_two_values_meet),
        ("cover: few rows do", cover::tests::few_rows_do),
        ("cover: what covers a row is named", cover::tests::what_covers_a_row_is_named),
        ("table: a gap is a gap", table::tests::a_cell_without_run_and_reason_is_a_gap),
    ];
    let trial = |(name, test): (&str, fn())| {
        let run = move || {
            test();
            Ok(())
        };
        Trial::test(name, run)
    };
    tests.into_iter().map(trial).collect()
}

/// Both ends of all connections are in this process.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, ..limit };
    setrlimit(Resource::Nofile, raised).expect("up to the maximum it may be raised");
}
