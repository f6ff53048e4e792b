//! `krpc kudu scan` and `krpc kudu load` on a cluster that goes on without some of its servers.

use std::thread;

use krpc_cli::runtime::Runtime;
use krpc_tests::cluster::{Cluster, Mode, Server, Size};
use krpc_tests::kudu::{Kudu, Version};
use libtest_mimic::Trial;

use crate::gate::{Gate, Outcome};
use crate::load::{Endless, MOST_ROWS};
use crate::scan::{ROWS, Stalled, ours, same, theirs};
use crate::tool::Tool;

/// Three of each are the least of which one can be missing.
const SIZE: Size = Size { masters: 3, tservers: 3 };
const REPLICAS: u32 = 3;

/// Whoever does not answer has half of what is left of this, and his successors the rest.
const TIMEOUT: [&str; 2] = ["--timeout", "60s"];

/// From any other replica Kudu's tool takes what is there by then.
const LEADERS: [&str; 1] = ["--replica_selection=LEADER"];

/// Which servers are lost, each of which leads.
#[derive(Clone, Copy)]
enum Victims {
    TabletServer,
    /// So that the successor of the one has to be asked for the successor of the other.
    Both,
}

/// What becomes of them, and how that ends.
#[derive(Clone, Copy)]
struct Fate {
    begin: fn(&Server) -> Result<(), String>,
    end: fn(&Server) -> Result<(), String>,
}

const KILLED: Fate = Fate {
    begin: |server| {
        server.kill();
        Ok(())
    },
    end: Server::start_again,
};
const STOPPED: Fate = Fate { begin: Server::pause, end: Server::resume };

const CASES: [(&str, Victims, Fate); 4] = [
    ("a_tablet_server_is_killed", Victims::TabletServer, KILLED),
    ("a_tablet_server_is_stopped", Victims::TabletServer, STOPPED),
    ("a_tablet_server_and_a_master_are_killed", Victims::Both, KILLED),
    ("a_tablet_server_and_a_master_are_stopped", Victims::Both, STOPPED),
];

pub(crate) fn trials(gate: &Gate) -> Vec<Trial> {
    let version = Version::V1_18_1;
    let trial = |(name, victims, fate): (&str, _, _)| {
        let name = format!("replicas::kudu_{version}::{name}");
        gate.trial(name, version, move |kudu| survives(kudu, victims, fate))
    };
    CASES.map(trial).into()
}

/// Servers that lead are lost in the middle of scans and loads of one table, on every adapter. Each scan
/// gives the rows that were there when it began, and each row of a load is there once.
fn survives(kudu: &Kudu, victims: Victims, fate: Fate) -> Outcome {
    let cluster = Cluster::start_of(kudu, Mode::Plain, SIZE, None).map_err(anyhow::Error::msg)?;
    let table = cluster.create_table_of(ROWS, 4, REPLICAS).map_err(anyhow::Error::msg)?;
    let mut rows = theirs(&cluster, &table, &LEADERS)?;
    let tools = Runtime::ALL.map(Tool);
    let scan = |tool| Stalled::start(tool, &cluster, &table, &TIMEOUT);
    let scans = tools.iter().map(scan).collect::<Result<Vec<_>, _>>()?;
    let firsts: Vec<_> = (1..).map(|n| n * MOST_ROWS).take(tools.len()).collect();
    let load = |(tool, first): (_, &u64)| Endless::start(tool, &cluster, &table, *first, &TIMEOUT);
    let loads = tools.iter().zip(&firsts).map(load).collect::<Result<Vec<_>, _>>()?;
    loads.iter().try_for_each(Endless::wait_until_begun)?;

    let lost = || {
        let mut lost = vec![cluster.leading_tserver(&table)?];
        if let Victims::Both = victims {
            lost.push(cluster.leading_master()?);
        }
        lost.iter().try_for_each(|server| (fate.begin)(server))?;
        Ok::<_, String>(lost)
    };
    let lost = lost().map_err(anyhow::Error::msg)?;
    loads.iter().for_each(Endless::end);
    // None of them goes on before its rows are taken.
    let finished: Vec<_> = thread::scope(|scope| {
        let finishing = scans.into_iter().map(|scan| scope.spawn(|| scan.finish()));
        let finishing: Vec<_> = finishing.collect();
        finishing.into_iter().map(|it| it.join().expect("finishing does not panic")).collect()
    });
    for (finished, tool) in finished.into_iter().zip(&tools) {
        let (lines, said) = finished?;
        same(&lines, &rows, &[tool.0.name(), &said])?;
    }
    for (load, first) in loads.into_iter().zip(&firsts) {
        rows.extend((0..load.finish()?).map(|n| {
            let key = first + n;
            format!("(int64 key={key}, int32 int_val=1, string string_val=\"text {n}\")")
        }));
    }
    rows.sort();

    let again = || {
        lost.iter().try_for_each(|server| (fate.end)(server))?;
        cluster.wait_until_healthy()
    };
    again().map_err(anyhow::Error::msg)?;
    same(&ours(&tools[0], &cluster, &table, &[])?, &rows, &["afterwards"])?;
    same(&theirs(&cluster, &table, &LEADERS)?, &rows, &LEADERS)
}
