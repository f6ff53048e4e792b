//! The `krpc` tool against real servers, and Kudu's own tool against `krpc serve`.

use std::sync::Arc;

use anyhow::{Context, ensure};
use krpc_cli::runtime::Runtime;
use krpc_tests::cluster::{Cluster, Mode};
use krpc_tests::kudu::{Kudu, Version, user};
use krpc_tests::process::run;
use libtest_mimic::Trial;
use serde_json::Value;

use crate::bed::Bed;
use crate::gate::{Gate, Outcome, suffix};
use crate::programs::{self, DEADLINE, krpc_command};

type Check = fn(&Tool, &Bed, &Kudu) -> Outcome;

const CHECKS: [(&str, Check); 6] = [
    ("status", status),
    ("ping", ping),
    ("negotiate", negotiate),
    ("call", call),
    ("kudu", kudu),
    ("bench", bench),
];

pub(crate) fn trials(gate: &Gate) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (version, mode) in [
        (Version::V1_18_1, Mode::AuthOnly),
        (Version::V1_18_1, Mode::Tls13),
        (Version::V1_9_0, Mode::Plain),
    ] {
        let bed = Arc::new(Bed::new(version, mode));
        for (name, check) in CHECKS {
            for runtime in Runtime::ALL {
                let (tool, bed) = (Tool(runtime), bed.clone());
                let name = format!("tool::kudu_{version}::{mode}::{name}{}", suffix(runtime));
                trials.push(gate.trial(name, version, move |kudu| check(&tool, &bed, kudu)));
            }
        }
    }
    for runtime in Runtime::ALL {
        let test = move |kudu: &Kudu| serve(kudu, runtime);
        trials.push(gate.trial(format!("tool::serve{}", suffix(runtime)), Version::V1_18_1, test));
    }
    trials
}

fn status(tool: &Tool, bed: &Bed, kudu: &Kudu) -> Outcome {
    let cluster = bed.cluster(kudu)?;
    for address in [cluster.master(), cluster.tserver()] {
        let printed = tool.krpc(&["status", &address.to_string()])?;
        for part in [kudu.version().name(), &address.port().to_string(), "permanent_uuid"] {
            ensure!(printed.contains(part), "no {part:?} in {printed}");
        }
    }
    Ok(())
}

fn ping(tool: &Tool, bed: &Bed, kudu: &Kudu) -> Outcome {
    let master = bed.cluster(kudu)?.master().to_string();
    let printed = tool.json(&["ping", &master, "--count", "3", "--json"])?;
    ensure!(printed["rounds"].as_array().is_some_and(|rounds| rounds.len() == 3), "{printed}");
    ensure!(printed["failed"] == 0, "{printed}");
    Ok(())
}

fn negotiate(tool: &Tool, bed: &Bed, kudu: &Kudu) -> Outcome {
    let master = bed.cluster(kudu)?.master().to_string();
    let printed = tool.json(&["negotiate", &master, "--json"])?;
    let (tls, encrypted) = match bed.mode() {
        Mode::Plain => (Value::Null, false),
        Mode::AuthOnly => ("TLSv1.3".into(), false),
        Mode::Tls12 => ("TLSv1.2".into(), true),
        Mode::Tls13 | Mode::ShortKeys => ("TLSv1.3".into(), true),
    };
    ensure!(printed["tls"]["version"] == tls && printed["encrypted"] == encrypted, "{printed}");
    ensure!(printed["mechanism"] == "PLAIN" && printed["user"] == user_name()?, "{printed}");
    Ok(())
}

fn call(tool: &Tool, bed: &Bed, kudu: &Kudu) -> Outcome {
    let master = bed.cluster(kudu)?.master().to_string();
    let request = r#"{"flags": ["rpc_encryption"]}"#;
    let printed = tool.json(&["call", &master, "GenericService/GetFlags", "--data", request])?;
    // 1.9.0 takes no names and tells all that were changed, this one among them.
    let mut flags = printed["flags"].as_array().into_iter().flatten();
    ensure!(flags.any(|flag| flag["name"] == "rpc_encryption"), "{printed}");
    Ok(())
}

/// What the masters know, with Kudu's own tool as the judge.
fn kudu(tool: &Tool, bed: &Bed, kudu: &Kudu) -> Outcome {
    let table = bed.table(kudu)?;
    let cluster = bed.cluster(kudu)?;
    let (master, tserver) = (cluster.master().to_string(), cluster.tserver().to_string());
    for (what, address) in [("masters", &master), ("tservers", &tserver)] {
        let printed = tool.krpc(&["kudu", what, &master])?;
        ensure!(printed.contains(address.as_str()), "no {address} in {printed}");
        let list = [what.trim_end_matches('s'), "list", &master, "--columns=uuid", "--format=csv"];
        let uuid = theirs(cluster, &list)?;
        ensure!(printed.contains(uuid.trim()), "no {uuid} in {printed}");
    }
    let printed = tool.krpc(&["kudu", "tables", &master])?;
    ensure!(printed.contains(table), "no {table} in {printed}");
    let printed = tool.krpc(&["kudu", "schema", &master, table])?;
    for part in ["key", "int_val", "string_val"] {
        ensure!(printed.contains(part), "no {part:?} in {printed}");
    }
    Ok(())
}

/// A master has no calculator: it is pinged.
fn bench(tool: &Tool, bed: &Bed, kudu: &Kudu) -> Outcome {
    let master = bed.cluster(kudu)?.master().to_string();
    for mode in [&["sync"][..], &["async", "--connections", "2", "--outstanding", "4"]] {
        let args = [&["bench", &master, "--seconds", "1", "--threads", "2", "--mode"], mode];
        let printed = tool.json(&[&args.concat()[..], &["--json"]].concat())?;
        ensure!(printed["method"] == "kudu.master.MasterService.Ping", "{printed}");
        let calls = &printed["calls"];
        ensure!(calls["failed"] == 0 && calls["completed"].as_u64() > Some(0), "{printed}");
    }
    Ok(())
}

fn serve(kudu: &Kudu, runtime: Runtime) -> Outcome {
    let (_server, address) = programs::serve(runtime, &[])?;
    for args in [["master", "status"], ["master", "timestamp"], ["table", "list"]] {
        let output = kudu.cli(args.iter().copied().chain([&*address]));
        output.and_then(|output| output.ok()).map_err(anyhow::Error::msg)?;
    }
    Ok(())
}

fn theirs(cluster: &Cluster, args: &[&str]) -> anyhow::Result<String> {
    cluster.cli(args).and_then(|output| output.ok()).map_err(anyhow::Error::msg)
}

fn user_name() -> anyhow::Result<String> {
    user().map_err(anyhow::Error::msg)
}

/// Our tool, on an adapter.
pub(crate) struct Tool(pub(crate) Runtime);

impl Tool {
    pub(crate) fn krpc(&self, args: &[&str]) -> anyhow::Result<String> {
        let mut command = krpc_command();
        command.args(args).args(["--runtime", self.0.name()]);
        let output = run(&mut command, DEADLINE).map_err(anyhow::Error::msg)?;
        ensure!(output.status.success(), "krpc {args:?}: {}: {}", output.status, output.stderr);
        Ok(output.stdout)
    }

    pub(crate) fn json(&self, args: &[&str]) -> anyhow::Result<Value> {
        let printed = self.krpc(args)?;
        serde_json::from_str(&printed).with_context(|| printed)
    }
}
