//! What a real replicated cluster says, among its servers too, as `krpc record` keeps it and
//! `krpc decode` shows it: all of it is known.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, anyhow, ensure};
use krpc_cli::runtime::Runtime;
use krpc_tests::cluster::{Cluster, Mode, Size};
use krpc_tests::kudu::{Kudu, Version};
use krpc_tests::process::{run, wait_until};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::gate::{Gate, Outcome};
use crate::programs::{self, DEADLINE, krpc_command};
use crate::tool::Tool;

const SIZE: Size = Size { masters: 1, tservers: 3 };

/// What has to be among it: methods that have been answered, and operations in the log.
const SEEN: [&str; 31] = [
    "kudu.consensus.ConsensusService.GetConsensusState",
    "kudu.consensus.ConsensusService.LeaderStepDown",
    "kudu.consensus.ConsensusService.RequestConsensusVote",
    "kudu.consensus.ConsensusService.StartTabletCopy",
    "kudu.consensus.ConsensusService.UpdateConsensus",
    "kudu.master.MasterService.AlterTable",
    "kudu.master.MasterService.ConnectToMaster",
    "kudu.master.MasterService.CreateTable",
    "kudu.master.MasterService.DeleteTable",
    "kudu.master.MasterService.GetTableLocations",
    "kudu.master.MasterService.GetTableSchema",
    "kudu.master.MasterService.IsAlterTableDone",
    "kudu.master.MasterService.IsCreateTableDone",
    "kudu.master.MasterService.ListTables",
    "kudu.master.MasterService.ListTabletServers",
    "kudu.master.MasterService.TSHeartbeat",
    "kudu.server.GenericService.GetFlags",
    "kudu.server.GenericService.GetStatus",
    "kudu.tserver.TabletCopyService.BeginTabletCopySession",
    "kudu.tserver.TabletCopyService.EndTabletCopySession",
    "kudu.tserver.TabletCopyService.FetchData",
    "kudu.tserver.TabletServerAdminService.AlterSchema",
    "kudu.tserver.TabletServerAdminService.CreateTablet",
    "kudu.tserver.TabletServerAdminService.DeleteTablet",
    "kudu.tserver.TabletServerService.Checksum",
    "kudu.tserver.TabletServerService.ListTablets",
    "kudu.tserver.TabletServerService.Scan",
    "kudu.tserver.TabletServerService.Write",
    "ALTER_SCHEMA_OP",
    "NO_OP",
    "WRITE_OP",
];

pub(crate) fn trials(gate: &Gate) -> Vec<Trial> {
    let versions = [Version::V1_18_1, Version::V1_14_0, Version::V1_9_0];
    let trial = |version| gate.trial(format!("bodies::kudu_{version}::are_known"), version, known);
    versions.into_iter().map(trial).collect()
}

fn known(kudu: &Kudu) -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut recorders = Vec::new();
    let mut front = |listen: SocketAddr, upstream: SocketAddr| {
        let recorder = programs::record(listen, upstream, folder.path());
        recorders.push(recorder.map_err(|e| format!("{e:#}"))?);
        Ok(())
    };
    let cluster = Cluster::start_of(kudu, Mode::Plain, SIZE, Some(&mut front));
    let cluster = cluster.map_err(anyhow::Error::msg)?;
    live(&cluster)?;
    let mut missing = Vec::new();
    let all = wait_until(DEADLINE, || {
        cluster.check().map_err(anyhow::Error::msg)?;
        let seen = decode(folder.path())?;
        missing = SEEN.iter().filter(|what| !seen.contains(**what)).collect();
        Ok::<_, anyhow::Error>(missing.is_empty().then_some(()))
    })?;
    all.with_context(|| format!("not seen: {missing:?}"))
}

/// The life of two tables, one of which has a single replica that is copied to another server.
fn live(cluster: &Cluster) -> Outcome {
    let master = cluster.master().to_string();
    let kudu = |args: &[&str]| {
        let output = cluster.cli(args).and_then(|output| output.ok());
        output.map_err(|e| anyhow!("{args:?}: {e}"))
    };
    let table = cluster.create_table_of(200, 2, 3).map_err(anyhow::Error::msg)?;
    kudu(&["table", "rename_column", &master, &table, "int_val", "number"])?;
    // The clock of 1.9.0 here knows no snapshots.
    kudu(&["cluster", "ksck", &master, "--checksum_scan", "--checksum_snapshot=false"])?;
    kudu(&["table", "scan", &master, &table])?;
    let tablet = replica(&master, &table)?.tablet;
    kudu(&["tablet", "leader_step_down", &master, &tablet])?;

    let single = cluster.create_table_of(200, 2, 1).map_err(anyhow::Error::msg)?;
    copy(&master, &replica(&master, &single)?)?;
    for table in [&table, &single] {
        kudu(&["table", "delete", &master, table])?;
    }
    Ok(())
}

/// The first replica of the first tablet of a table.
struct Replica {
    tablet: String,
    server: String,
    address: Value,
}

fn replica(master: &str, table: &str) -> anyhow::Result<Replica> {
    let request = json!({"table": {"table_name": table}});
    let found = call(master, "MasterService/GetTableLocations", &request)?;
    let tablet = &found["tablet_locations"][0];
    let server = &tablet["DEPRECATED_replicas"][0]["ts_info"];
    let text = |value: &Value| value.as_str().map(str::to_owned).with_context(|| found.to_string());
    Ok(Replica {
        tablet: text(&tablet["tablet_id"])?,
        server: text(&server["permanent_uuid"])?,
        address: server["rpc_addresses"][0].clone(),
    })
}

/// Has another server copy a replica. It is told the address that leads through the recorder, which
/// servers among themselves do not use for that.
fn copy(master: &str, from: &Replica) -> Outcome {
    let found = call(master, "MasterService/ListTabletServers", &json!({}))?;
    let id = |server: &Value| server["instance_id"]["permanent_uuid"].clone();
    let mut servers = found["servers"].as_array().into_iter().flatten();
    let to = servers.find(|to| id(to) != *from.server).context("no other server")?;
    let address = &to["registration"]["rpc_addresses"][0];
    let address = format!("{}:{}", address["host"].as_str().unwrap_or_default(), address["port"]);
    let request = json!({
        "tablet_id": from.tablet,
        "copy_peer_uuid": from.server,
        "copy_peer_addr": from.address,
        "dest_uuid": id(to),
    });
    let answer = call(&address, "ConsensusService/StartTabletCopy", &request)?;
    ensure!(answer == json!({}), "{answer}");
    Ok(())
}

fn call(address: &str, method: &str, request: &Value) -> anyhow::Result<Value> {
    Tool(Runtime::Tokio).json(&["call", address, method, "--data", &request.to_string()])
}

/// Looks at everything that is recorded so far, and says what was seen.
fn decode(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let files: Vec<_> = fs::read_dir(folder)?
        .map(|file| Ok(file?.path()))
        .collect::<Result<_, std::io::Error>>()?;
    let mut command = krpc_command();
    // What is recorded right now may end inside a frame, which is told as damage.
    let output = run(command.args(["decode", "--json", "--bodies"]).args(files), DEADLINE);
    let output = output.map_err(anyhow::Error::msg)?;
    let mut seen = BTreeSet::new();
    for line in output.stdout.lines() {
        let frame: Value = serde_json::from_str(line)?;
        let (kind, body) = (&frame["kind"], &frame["body"]);
        let known = body.is_object() && !body.to_string().contains("unknown fields");
        ensure!(known || kind == "preamble", "{line}");
        if let (true, Some(service), Some(method)) =
            (kind == "reply", frame["service"].as_str(), frame["method"].as_str())
        {
            seen.insert(format!("{service}.{method}"));
        }
        let operations = body["ops"].as_array().into_iter().flatten();
        seen.extend(operations.filter_map(|it| Some(it["op_type"].as_str()?.to_owned())));
    }
    Ok(seen)
}
