//! `krpc kudu load`, with what Kudu's own tool reads afterwards as the judge.

use std::io::{self, Write};
use std::process::{ChildStdin, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use krpc_cli::pb::master::CreateTableRequestPb;
use krpc_cli::pb::master::master_service::MasterServiceClient;
use krpc_cli::pb::{ColumnSchemaPb, DataType};
use krpc_cli::runtime::Runtime;
use krpc_tests::cluster::{Cluster, Mode};
use krpc_tests::kudu::{Kudu, Version};
use krpc_tests::process::{Killed, Output, run_with_input, wait_until};
use libtest_mimic::Trial;
use tokio::runtime::Builder;

use crate::bed::{Bed, config};
use crate::gate::{Gate, Outcome, runtimes, suffix};
use crate::programs::krpc_command;
use crate::scan::{ours, same, theirs};
use crate::tool::Tool;
use crate::{load_table, scan_table};

const DEADLINE: Duration = Duration::from_secs(120);

/// A cluster with the tables that are made as soon as one is needed.
struct Tables {
    bed: Bed,
    every_type: OnceLock<Result<(), String>>,
    every_key: OnceLock<Result<(), String>>,
}

type Check = fn(&Tool, &Tables, &Kudu) -> Outcome;

const CHECKS: [(&str, Check); 4] = [
    ("csv_of_every_type", csv_of_every_type),
    ("made_up_of_every_type", made_up_of_every_type),
    ("every_key", every_key),
    ("every_operation", every_operation),
];

pub(crate) fn trials(gate: &Gate) -> Vec<Trial> {
    let mut trials = Vec::new();
    let tables = |version, mode| {
        Arc::new(Tables {
            bed: Bed::new(version, mode),
            every_type: OnceLock::new(),
            every_key: OnceLock::new(),
        })
    };
    for mode in [Mode::AuthOnly, Mode::Tls13] {
        let (version, tables) = (Version::V1_18_1, tables(Version::V1_18_1, mode));
        let test = move |kudu: &Kudu| csv_of_every_type(&Tool(Runtime::Tokio), &tables, kudu);
        let name = format!("load::kudu_{version}::{mode}::csv_of_every_type");
        trials.push(gate.trial(name, version, test));
    }
    for version in [Version::V1_18_1, Version::V1_14_0] {
        let tables = tables(version, Mode::Plain);
        for &runtime in runtimes(version) {
            for (name, check) in CHECKS {
                let (tool, tables) = (Tool(runtime), tables.clone());
                let name = format!("load::kudu_{version}::{name}{}", suffix(runtime));
                trials.push(gate.trial(name, version, move |kudu| check(&tool, &tables, kudu)));
            }
            let test = move |kudu: &Kudu| restarted(&Tool(runtime), kudu);
            let name = format!("load::kudu_{version}::a_server_is_restarted{}", suffix(runtime));
            trials.push(gate.trial(name, version, test));
        }
    }
    trials
}

impl Tables {
    fn every_type(&self, kudu: &Kudu) -> anyhow::Result<&Cluster> {
        let cluster = self.bed.cluster(kudu)?;
        let create = || {
            let created = scan_table::create(cluster, self.bed.mode());
            created.map_err(|e| format!("{e:#}"))
        };
        self.every_type.get_or_init(create).as_ref().map_err(|e| anyhow!("no table: {e}"))?;
        Ok(cluster)
    }

    /// An empty table with a column of every type.
    fn empty(&self, cluster: &Cluster, name: &str) -> Outcome {
        self.create(cluster, scan_table::request(name))
    }

    fn create(&self, cluster: &Cluster, request: CreateTableRequestPb) -> Outcome {
        Builder::new_current_thread().enable_all().build()?.block_on(async {
            let connector = Runtime::Tokio.connector(config(self.bed.mode())?);
            let master = connector.channel(&cluster.master().to_string())?;
            scan_table::create_empty(&MasterServiceClient::new(master), request).await
        })?;
        Ok(())
    }
}

fn load(
    tool: &Tool,
    cluster: &Cluster,
    table: &str,
    more: &[&str],
    input: &str,
) -> anyhow::Result<Output> {
    let mut command = krpc_command();
    command.args(["kudu", "load", &cluster.master().to_string(), table]).args(more);
    command.args(["--runtime", tool.0.name()]);
    run_with_input(&mut command, input, DEADLINE).map_err(anyhow::Error::msg)
}

/// Every row was written.
fn loaded(output: &Output, rows: usize) -> Outcome {
    ensure!(output.status.success(), "{}: {}", output.status, output.stderr);
    let right = output.stdout.contains(&format!(": {rows} in "));
    ensure!(right, "not {rows} rows: {}", output.stdout);
    Ok(())
}

/// Some rows were not written, for the reasons that it tells.
fn failed(output: &Output, reasons: &[&str]) -> Outcome {
    ensure!(output.status.code() == Some(1), "{}: {}", output.status, output.stderr);
    for reason in reasons {
        ensure!(output.stderr.contains(reason), "no {reason:?} in {}", output.stderr);
    }
    Ok(())
}

/// What a scan prints as CSV makes the same table again.
fn csv_of_every_type(tool: &Tool, tables: &Tables, kudu: &Kudu) -> Outcome {
    let cluster = tables.every_type(kudu)?;
    let (from, to) = (scan_table::NAME, format!("copied on {}", tool.0.name()));
    tables.empty(cluster, &to)?;
    let master = cluster.master().to_string();
    let csv = tool.krpc(&["kudu", "scan", &master, from, "--format", "csv"])?;
    let all = theirs(cluster, from, &[])?;
    loaded(&load(tool, cluster, &to, &[], &csv)?, all.len())?;
    // A NaN has a sign that its text does not tell.
    let unsigned = |lines: Vec<String>| -> Vec<String> {
        lines.into_iter().map(|line| line.replace("=-nan", "=nan")).collect()
    };
    same(&unsigned(theirs(cluster, &to, &[])?), &unsigned(all), &["copied"])
}

/// Rows are made up the same each time, and their keys are the numbers asked for.
fn made_up_of_every_type(tool: &Tool, tables: &Tables, kudu: &Kudu) -> Outcome {
    let cluster = tables.bed.cluster(kudu)?;
    let names = ["one", "other"].map(|name| format!("made up, {name} on {}", tool.0.name()));
    for (name, how) in names.iter().zip([&[][..], &["--batch-rows", "7", "--in-flight", "5"]]) {
        tables.empty(cluster, name)?;
        let args = [&["--generate", "1000", "--first", "5", "--seed", "3"], how].concat();
        loaded(&load(tool, cluster, name, &args, "")?, 1000)?;
    }
    let [one, other] = &names;
    let all = theirs(cluster, one, &[])?;
    same(&theirs(cluster, other, &[])?, &all, &["made up again"])?;
    // Kudu's tool leaves zeros out of some values of d128.
    let how = ["--columns", "key,i8,i16,i32,i64,s,b,f,d,bin,ts,d32,d64,vc,dt"];
    let columns = format!("--columns={}", how[1]);
    same(&ours(tool, cluster, one, &how)?, &theirs(cluster, one, &[&columns])?, &["ours"])?;
    for key in 5..1005 {
        let start = format!("(int32 key={key},");
        ensure!(all.iter().filter(|line| line.starts_with(&start)).count() == 1, "{key}");
    }
    // Of each column some are NULL and most are not.
    for name in ["i8 i8", "b bool", "bin binary", "d128 decimal", "dt date", "vc varchar"] {
        let name = name.split(' ').next().unwrap_or_default();
        let nulls = all.iter().filter(|line| line.contains(&format!(" {name}=NULL"))).count();
        ensure!((50..200).contains(&nulls), "{name} is NULL in {nulls} rows");
    }
    Ok(())
}

/// Rows find their tablets whatever their keys are; those of no range are told.
fn every_key(tool: &Tool, tables: &Tables, kudu: &Kudu) -> Outcome {
    let cluster = tables.bed.cluster(kudu)?;
    let create = || {
        let created = load_table::create(cluster, tables.bed.mode(), kudu.version());
        created.map_err(|e| format!("{e:#}"))
    };
    tables.every_key.get_or_init(create).as_ref().map_err(|e| anyhow!("no table: {e}"))?;
    let csv = load_table::csv();
    let rows = csv.lines().count() - 1;
    // Each runtime writes them once more.
    let upsert = ["--op", "upsert", "--batch-rows", "17"];
    loaded(&load(tool, cluster, load_table::NAME, &upsert, &csv)?, rows)?;
    let all = theirs(cluster, load_table::NAME, &[])?;
    ensure!(all.len() == rows, "{} rows, not {rows}", all.len());
    same(&ours(tool, cluster, load_table::NAME, &[])?, &all, &["every key"])?;
    let first = csv.lines().nth(1).context("there are rows")?;
    let (_, rest) = first.split_once(',').context("there are columns")?;
    let names = csv.lines().next().context("there is a header")?;
    let outside = format!("{names}\n150,{rest}\n");
    let output = load(tool, cluster, load_table::NAME, &upsert, &outside)?;
    failed(&output, &["line 2: no range of the table has the key range=150, s=\"\", "])
}

fn every_operation(tool: &Tool, tables: &Tables, kudu: &Kudu) -> Outcome {
    let cluster = tables.bed.cluster(kudu)?;
    let name = format!("operations on {}", tool.0.name());
    tables.empty(cluster, &name)?;
    let run =
        |op: &str, csv: &str| load(tool, cluster, &name, &["--op", op, "--max-errors", "10"], csv);
    let rows = |expected: &[&str]| {
        let found = theirs(cluster, &name, &["--columns=key,s"])?;
        ensure!(found == expected, "{found:?} is not {expected:?}");
        Ok(())
    };
    loaded(&run("insert", "key,s\n1,one\n2,two\n")?, 2)?;
    let output = run("insert", "key,s\n1,eins\n3,three\n2,zwei\n")?;
    failed(&output, &["line 2: key=1: ALREADY_PRESENT", "line 4: key=2: ALREADY_PRESENT"])?;
    failed(&output, &["rows that were not written: 2"])?;
    let (one, two, three) = (
        "(int32 key=1, string s=\"one\")",
        "(int32 key=2, string s=\"two\")",
        "(int32 key=3, string s=\"three\")",
    );
    rows(&[one, two, three])?;
    loaded(&run("insert-ignore", "key,s\n1,eins\n")?, 1)?;
    rows(&[one, two, three])?;
    loaded(&run("upsert", "s,key\nzwei,2\n\\N,4\n")?, 2)?;
    let (zwei, four) = ("(int32 key=2, string s=\"zwei\")", "(int32 key=4, string s=NULL)");
    rows(&[one, zwei, three, four])?;
    failed(&run("update", "key,s\n5,five\n3,drei\n")?, &["line 2: key=5: NOT_FOUND"])?;
    let drei = "(int32 key=3, string s=\"drei\")";
    rows(&[one, zwei, drei, four])?;
    failed(&run("delete", "key\n4\n9\n")?, &["line 3: key=9: NOT_FOUND"])?;
    rows(&[one, zwei, drei])?;
    // Older ones know none of these.
    if kudu.version() >= Version::V1_18_1 {
        loaded(&run("update-ignore", "key,s\n5,five\n")?, 1)?;
        loaded(&run("delete-ignore", "key\n9\n1\n")?, 2)?;
        rows(&[zwei, drei])?;
        numbered_by_kudu(tool, tables, cluster)?;
    }
    Ok(())
}

/// Part of the key of such a table is a number that Kudu gives.
fn numbered_by_kudu(tool: &Tool, tables: &Tables, cluster: &Cluster) -> Outcome {
    let name = format!("numbered on {}", tool.0.name());
    let mut request = scan_table::request(&name);
    request.schema.columns.truncate(2);
    request.schema.columns.insert(
        1,
        ColumnSchemaPb {
            name: "auto_incrementing_id".into(),
            r#type: DataType::Int64.into(),
            is_key: Some(true),
            is_auto_incrementing: Some(true),
            ..Default::default()
        },
    );
    tables.create(cluster, request)?;
    loaded(&load(tool, cluster, &name, &[], "key,i8\n1,1\n1,2\n")?, 2)?;
    let csv = "key,auto_incrementing_id,i8\n1,2,3\n";
    loaded(&load(tool, cluster, &name, &["--op", "upsert"], csv)?, 1)?;
    let output = load(tool, cluster, &name, &[], csv)?;
    ensure!(output.status.code() == Some(2), "{}: {}", output.status, output.stderr);
    let said = "column auto_incrementing_id INT64: Kudu gives it its value";
    ensure!(output.stderr.contains(said), "{}", output.stderr);
    let found = ours(tool, cluster, &name, &[])?;
    let row = |n, value| format!("(int32 key=1, int64 auto_incrementing_id={n}, int8 i8={value})");
    ensure!(found == [row(1, 1), row(2, 3)], "{found:?}");
    Ok(())
}

/// A load whose input goes on until it is told to end.
pub(crate) struct Endless {
    runtime: Runtime,
    masters: String,
    table: String,
    first: u64,
    child: Killed,
    enough: Arc<AtomicBool>,
    feeder: JoinHandle<io::Result<u64>>,
}

/// No load has more rows than this.
pub(crate) const MOST_ROWS: u64 = 1_000_000_000;

impl Endless {
    /// The keys are the numbers from `first` on.
    pub(crate) fn start(
        tool: &Tool,
        cluster: &Cluster,
        table: &str,
        first: u64,
        more: &[&str],
    ) -> anyhow::Result<Self> {
        let masters = cluster.addresses();
        let mut command = krpc_command();
        command.args(["kudu", "load", &masters, table, "--runtime", tool.0.name()]);
        command.args(["--batch-rows", "50", "--in-flight", "4", "--buffer-bytes", "200000"]);
        command.args(more).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let stdin = child.stdin.take().context("piped")?;
        let child = Killed::new(child);
        let enough = Arc::new(AtomicBool::new(false));
        let feeder = thread::spawn({
            let enough = enough.clone();
            move || feed(stdin, first, &enough)
        });
        let (runtime, table) = (tool.0, table.to_owned());
        Ok(Endless { runtime, masters, table, first, child, enough, feeder })
    }

    /// Waits until the table has some of its rows.
    pub(crate) fn wait_until_begun(&self) -> Outcome {
        let tool = Tool(self.runtime);
        let from = format!("key >= {}", self.first);
        let to = format!("key < {}", self.first + MOST_ROWS);
        let of_its = ["--where", &from, "--where", &to];
        let count =
            [&["kudu", "scan", &self.masters, &self.table, "--count"], &of_its[..]].concat();
        let begun = wait_until(DEADLINE, || {
            let rows: u64 = tool.krpc(&count)?.trim().parse()?;
            anyhow::Ok((rows > 1000).then_some(()))
        })?;
        begun.context("no rows came")
    }

    /// Tells it to end.
    pub(crate) fn end(&self) {
        self.enough.store(true, Ordering::Relaxed);
    }

    /// Waits for its end. All rows have to be written, some not at the first attempt; says how many.
    pub(crate) fn finish(self) -> anyhow::Result<u64> {
        self.end();
        let output = self.child.output(3 * DEADLINE).map_err(anyhow::Error::msg)?;
        ensure!(output.status.success(), "{}: {}", output.status, output.stderr);
        let rows = self.feeder.join().expect("feeding does not panic")?;
        loaded(&output, usize::try_from(rows)?)?;
        ensure!(!output.stdout.contains("retries: 0)"), "nothing was in flight: {}", output.stdout);
        Ok(rows)
    }
}

/// Writes rows until there is enough, and then as many more as certainly do not all wait on their way.
fn feed(mut stdin: ChildStdin, first: u64, enough: &AtomicBool) -> io::Result<u64> {
    writeln!(stdin, "key,int_val,string_val")?;
    let mut rows = 0;
    let mut left = 10_000;
    while left > 0 {
        left -= u64::from(enough.load(Ordering::Relaxed));
        writeln!(stdin, "{},1,text {rows}", first + rows)?;
        rows += 1;
    }
    Ok(rows)
}

/// The tablet server is killed and comes back while rows are on their way to it: none is lost, and none
/// is written twice, which would be an error.
fn restarted(tool: &Tool, kudu: &Kudu) -> Outcome {
    let cluster = Cluster::start(kudu, Mode::Plain).map_err(anyhow::Error::msg)?;
    let table = cluster.create_table_of(1, 4, 1).map_err(anyhow::Error::msg)?;
    let load = Endless::start(tool, &cluster, &table, MOST_ROWS, &["--timeout", "60s"])?;
    load.wait_until_begun()?;
    cluster.restart_tserver().map_err(anyhow::Error::msg)?;
    let rows = load.finish()?;
    let all = theirs(&cluster, &table, &["--columns=key"])?;
    ensure!(all.len() as u64 == rows + 1, "{} rows, not {}", all.len(), rows + 1);
    Ok(())
}
