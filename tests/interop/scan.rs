//! `krpc kudu scan` beside `kudu table scan`.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{ChildStderr, ChildStdout, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use krpc_cli::runtime::Runtime;
use krpc_tests::cluster::{Cluster, Mode};
use krpc_tests::kudu::{Kudu, Version};
use krpc_tests::process::Killed;
use libtest_mimic::Trial;

use crate::bed::Bed;
use crate::gate::{Gate, Outcome, runtimes, suffix};
use crate::programs::krpc_command;
use crate::scan_table as every_type;
use crate::tool::Tool;

const MILLION: u32 = 1_000_000;

/// A cluster with the tables that are made as soon as one is needed.
struct Tables {
    bed: Bed,
    every_type: OnceLock<Result<(), String>>,
    million: OnceLock<Result<String, String>>,
}

type Check = fn(&Tool, &Tables, &Kudu) -> Outcome;

pub(crate) fn trials(gate: &Gate) -> Vec<Trial> {
    let mut trials = Vec::new();
    for version in [Version::V1_18_1, Version::V1_14_0] {
        let tables = Arc::new(Tables {
            bed: Bed::new(version, Mode::Plain),
            every_type: OnceLock::new(),
            million: OnceLock::new(),
        });
        let mut add = |name: &str, check: Check, runtime| {
            let (tool, tables) = (Tool(runtime), tables.clone());
            let name = format!("scan::kudu_{version}::{name}{}", suffix(runtime));
            trials.push(gate.trial(name, version, move |kudu| check(&tool, &tables, kudu)));
        };
        for &runtime in runtimes(version) {
            add("every_type", every_type, runtime);
            add("conditions", conditions, runtime);
        }
        add("a_million_rows", a_million_rows, Runtime::Tokio);
        for &runtime in runtimes(version) {
            let mut add = |name: &str, test: fn(&Tool, &Kudu) -> Outcome| {
                let name = format!("scan::kudu_{version}::{name}{}", suffix(runtime));
                let test = move |kudu: &Kudu| test(&Tool(runtime), kudu);
                trials.push(gate.trial(name, version, test));
            };
            add("a_server_is_restarted", restarted);
            add("nobody_takes_rows", idle);
        }
    }
    trials
}

impl Tables {
    fn every_type(&self, kudu: &Kudu) -> anyhow::Result<&Cluster> {
        let cluster = self.bed.cluster(kudu)?;
        let create = || every_type::create(cluster, self.bed.mode()).map_err(|e| format!("{e:#}"));
        self.every_type.get_or_init(create).as_ref().map_err(|e| anyhow!("no table: {e}"))?;
        Ok(cluster)
    }

    fn million(&self, kudu: &Kudu) -> anyhow::Result<(&Cluster, &str)> {
        let cluster = self.bed.cluster(kudu)?;
        let table = self.million.get_or_init(|| cluster.create_table_of(MILLION, 4, 1));
        Ok((cluster, table.as_deref().map_err(|e| anyhow!("no table: {e}"))?))
    }
}

/// The rows as Kudu's own tool prints them, sorted.
pub(crate) fn theirs(cluster: &Cluster, table: &str, more: &[&str]) -> anyhow::Result<Vec<String>> {
    let masters = cluster.addresses();
    let args = [&["table", "scan", &masters, table][..], more].concat();
    let printed = cluster.cli(&args).and_then(|output| output.ok()).map_err(anyhow::Error::msg)?;
    let mut lines: Vec<_> = printed.lines().map(str::to_owned).collect();
    let total = lines.pop().context("it prints nothing")?;
    // Older ones also count the rows of each tablet.
    lines.retain(|line| line.starts_with('('));
    ensure!(total.starts_with(&format!("Total count {} ", lines.len())), "{total}");
    lines.sort();
    Ok(lines)
}

/// And as ours does.
pub(crate) fn ours(
    tool: &Tool,
    cluster: &Cluster,
    table: &str,
    more: &[&str],
) -> anyhow::Result<Vec<String>> {
    let masters = cluster.addresses();
    let printed = tool.krpc(&[&["kudu", "scan", &masters, table][..], more].concat())?;
    let mut lines: Vec<_> = printed.lines().map(str::to_owned).collect();
    lines.sort();
    Ok(lines)
}

/// The same lines, or the first that differ.
pub(crate) fn same(ours: &[String], theirs: &[String], how: &[&str]) -> Outcome {
    ensure!(ours.len() == theirs.len(), "{how:?}: {} rows, not {}", ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        ensure!(ours == theirs, "{how:?}:\n{ours}\nis not\n{theirs}");
    }
    Ok(())
}

fn every_type(tool: &Tool, tables: &Tables, kudu: &Kudu) -> Outcome {
    let cluster = tables.every_type(kudu)?;
    let all = theirs(cluster, every_type::NAME, &[])?;
    ensure!(all.len() > 20, "only {} rows", all.len());
    for how in [
        &[][..],
        &["--unordered"],
        &["--columnar"],
        &["--columnar", "--unordered"],
        &["--batch-bytes", "1"],
        &["--parallel", "1"],
    ] {
        same(&ours(tool, cluster, every_type::NAME, how)?, &all, how)?;
    }
    let some = theirs(cluster, every_type::NAME, &["--columns=dt,key,s"])?;
    let how = ["--columns", "dt,key,s"];
    same(&ours(tool, cluster, every_type::NAME, &how)?, &some, &how)?;
    let count = ours(tool, cluster, every_type::NAME, &["--count"])?;
    ensure!(count == [all.len().to_string()], "{count:?}");
    // Both formats tell NULL from all else, however they are asked for.
    let json = ours(tool, cluster, every_type::NAME, &["--format", "json"])?;
    ensure!(json == ours(tool, cluster, every_type::NAME, &["--format", "json", "--columnar"])?);
    ensure!(json.len() == all.len());
    for (line, all) in json.iter().map(|line| (line, &all)) {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let row = row.as_object().context("no object")?;
        let start = format!("(int32 key={},", row["key"]);
        let theirs = all.iter().find(|line| line.starts_with(&start)).context("no such key")?;
        let nulls = row.values().filter(|value| value.is_null()).count();
        ensure!(theirs.matches("=NULL").count() == nulls, "{line}\nis not\n{theirs}");
    }
    Ok(())
}

/// Ours, and the same as Kudu's tool takes it.
const CONDITIONS: [(&str, &str); 19] = [
    ("key = 3", r#"["=", "key", 3]"#),
    ("key < 3", r#"["<", "key", 3]"#),
    ("key <= 3", r#"["<=", "key", 3]"#),
    ("key > 3", r#"[">", "key", 3]"#),
    ("key >= 3", r#"[">=", "key", 3]"#),
    ("key IN (1, 3, 99)", r#"["IN", "key", [1, 3, 99]]"#),
    ("i8 <= 127", r#"["<=", "i8", 127]"#),
    ("i8 > 127", r#"[">", "i8", 127]"#),
    ("i64 > -1", r#"[">", "i64", -1]"#),
    ("s = ''", r#"["=", "s", ""]"#),
    ("s > 'some'", r#"[">", "s", "some"]"#),
    ("s <= some", r#"["<=", "s", "some"]"#),
    ("s IN ('some', '0', \\N)", r#"["IN", "s", ["some", "0", "\\N"]]"#),
    ("s IS NULL", r#"["NULL", "s"]"#),
    ("s IS NOT NULL", r#"["NOTNULL", "s"]"#),
    ("b = true", r#"["=", "b", true]"#),
    ("d > 0.1", r#"[">", "d", 0.1]"#),
    ("d <= 0.1", r#"["<=", "d", 0.1]"#),
    ("f >= 1.5", r#"[">=", "f", 1.5]"#),
];

fn conditions(tool: &Tool, tables: &Tables, kudu: &Kudu) -> Outcome {
    let cluster = tables.every_type(kudu)?;
    for (condition, json) in CONDITIONS {
        let json = format!(r#"--predicates=["AND", {json}]"#);
        let theirs = theirs(cluster, every_type::NAME, &[&json])?;
        let how = ["--where", condition];
        same(&ours(tool, cluster, every_type::NAME, &how)?, &theirs, &how)?;
    }
    // These types Kudu's tool does not take.
    let key = |n: usize| format!("(int32 key={n},");
    for (condition, keys) in [
        ("dt = 2024-02-29", &[1][..]),
        ("dt > 2024-02-29", &[3]),
        ("dt <= 0001-01-01", &[2]),
        ("dt >= 9999-12-31", &[3]),
        ("dt > 9999-12-31", &[]),
        ("ts < 1969-12-31T23:59:59.999999Z", &[2, 7]),
        ("d32 = -1.00", &[7]),
        ("d128 < -0.5", &[2]),
        ("bin = \\x00g1", &[5]),
        ("vc = '\u{65e5}\u{672c}'", &[7]),
        ("\"a, \"\"b\"\"\" IS NULL", &[12, 28]),
    ] {
        let found = ours(tool, cluster, every_type::NAME, &["--where", condition])?;
        let right = found.len() == keys.len()
            && keys.iter().all(|n| found.iter().any(|line| line.starts_with(&key(*n))));
        ensure!(right, "{condition}: not {keys:?}: {found:?}");
    }
    let both = ["--where", "key > 3", "--where", "key <= 5"];
    let found = ours(tool, cluster, every_type::NAME, &both)?;
    ensure!(found.len() == 2, "{found:?}");
    Ok(())
}

fn a_million_rows(tool: &Tool, tables: &Tables, kudu: &Kudu) -> Outcome {
    let (cluster, table) = tables.million(kudu)?;
    let all = theirs(cluster, table, &[])?;
    ensure!(all.len() == MILLION as usize, "only {} rows", all.len());
    for how in [&[][..], &["--columnar", "--unordered", "--batch-bytes", "100000"]] {
        same(&ours(tool, cluster, table, how)?, &all, how)?;
    }
    let count = ours(tool, cluster, table, &["--count"])?;
    ensure!(count == [MILLION.to_string()], "{count:?}");
    costs_little(tool, cluster, table)
}

/// What the cells of the table come to is 61 MB; this is for the program and some batches of 1 MiB.
const MEMORY_KB: u64 = 50_000;

/// Neither does the table lie in memory, nor are its bytes moved about.
fn costs_little(tool: &Tool, cluster: &Cluster, table: &str) -> Outcome {
    let mut command = krpc_command();
    command.args(["kudu", "scan", &cluster.master().to_string(), table, "-v"]);
    command.args(["--runtime", tool.0.name()]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut stdout = BufReader::new(child.stdout.take().context("piped")?);
    let mut stderr = child.stderr.take().context("piped")?;
    let status = format!("/proc/{}/status", child.id());
    let _child = Killed::new(child);
    // More is left after these than the pipe and the batches take, so that it is still there.
    let mut line = String::new();
    for _ in 0..MILLION / 5 * 4 {
        line.clear();
        stdout.read_line(&mut line)?;
    }
    let status = fs::read_to_string(status)?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|text| text.trim().strip_suffix(" kB")).context("no VmHWM")?;
    let peak: u64 = peak.trim().parse()?;
    ensure!(peak < MEMORY_KB, "{peak} KB");
    io::copy(&mut stdout, &mut io::sink())?;
    let mut said = String::new();
    stderr.read_to_string(&mut said)?;
    // "N bytes received, of which N were copied: 0.016 each"
    let told = said.lines().last().context("nothing is said")?;
    let mut numbers = told.split(' ').filter_map(|word| word.parse::<u64>().ok());
    let (received, moved) = numbers.next().zip(numbers.next()).context("no numbers")?;
    ensure!(received > 60_000_000 && moved * 20 < received, "{told}");
    Ok(())
}

/// A scan of which one row was taken. It stands still until more are.
pub(crate) struct Stalled {
    child: Killed,
    stdout: BufReader<ChildStdout>,
    stderr: ChildStderr,
    printed: String,
}

impl Stalled {
    pub(crate) fn start(
        tool: &Tool,
        cluster: &Cluster,
        table: &str,
        more: &[&str],
    ) -> anyhow::Result<Self> {
        let mut command = krpc_command();
        command.args(["kudu", "scan", &cluster.addresses(), table]);
        command.args(["--batch-bytes", "50000"]);
        command.args(["--runtime", tool.0.name()]).args(more);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("piped")?;
        let stderr = child.stderr.take().context("piped")?;
        let (mut stdout, child) = (BufReader::new(stdout), Killed::new(child));
        let mut printed = String::new();
        stdout.read_line(&mut printed)?;
        Ok(Stalled { child, stdout, stderr, printed })
    }

    /// Takes all rows, sorted, and what was said on standard error.
    pub(crate) fn finish(mut self) -> anyhow::Result<(Vec<String>, String)> {
        ensure!(
            self.child.ended().map_err(anyhow::Error::msg)?.is_none(),
            "it did not stand still"
        );
        self.stdout.read_to_string(&mut self.printed)?;
        let mut said = String::new();
        self.stderr.read_to_string(&mut said)?;
        let mut lines: Vec<_> = self.printed.lines().map(str::to_owned).collect();
        lines.sort();
        Ok((lines, said))
    }
}

/// Far more than a pipe and the batches in memory take.
pub(crate) const ROWS: u32 = 200_000;

/// The server is killed in mid-scan and comes back.
fn restarted(tool: &Tool, kudu: &Kudu) -> Outcome {
    let cluster = Cluster::start(kudu, Mode::Plain).map_err(anyhow::Error::msg)?;
    let table = cluster.create_table_of(ROWS, 4, 1).map_err(anyhow::Error::msg)?;
    let all = theirs(&cluster, &table, &[])?;
    let survives = Stalled::start(tool, &cluster, &table, &["--timeout", "60s"])?;
    let fails = Stalled::start(tool, &cluster, &table, &["--unordered"])?;
    cluster.restart_tserver().map_err(anyhow::Error::msg)?;
    let (lines, said) = survives.finish()?;
    same(&lines, &all, &["restarted"])?;
    ensure!(said.is_empty(), "{said}");
    // What was printed by then is right, and it says that there is more.
    let (lines, said) = fails.finish()?;
    let of_all = |line| all.binary_search(line).is_ok();
    ensure!(lines.len() < all.len() && lines.iter().all(of_all), "{} rows", lines.len());
    ensure!(said.contains("cannot be read to its end: after "), "{said}");
    Ok(())
}

/// How long a server keeps a scanner that nobody asks for, and how long it is left alone.
const LIFE: &str = "500";
const IDLE: Duration = Duration::from_secs(8);

/// Nobody takes rows for longer than scanners live.
fn idle(tool: &Tool, kudu: &Kudu) -> Outcome {
    let cluster = Cluster::start(kudu, Mode::Plain).map_err(anyhow::Error::msg)?;
    let table = cluster.create_table_of(ROWS, 4, 1).map_err(anyhow::Error::msg)?;
    let all = theirs(&cluster, &table, &[])?;
    let tserver = cluster.tserver().to_string();
    for (flag, value) in [("scanner_ttl_ms", LIFE), ("scanner_gc_check_interval_us", "100000")] {
        let set = cluster.cli(&["tserver", "set_flag", &tserver, flag, value, "--force"]);
        set.and_then(|output| output.ok()).map_err(anyhow::Error::msg)?;
    }
    let scan = |how: &[&str]| Stalled::start(tool, &cluster, &table, how);
    let kept = scan(&["--unordered", "--keep-alive", "50ms"])?;
    let left = scan(&["--unordered", "--keep-alive", "1h"])?;
    let resumed = scan(&["--keep-alive", "1h"])?;
    // The server looks at a new flag only after it has slept for as long as the old one told it: 5 s.
    std::thread::sleep(IDLE);
    let (lines, said) = kept.finish()?;
    same(&lines, &all, &["kept"])?;
    ensure!(said.is_empty(), "{said}");
    let (_, said) = left.finish()?;
    ensure!(said.contains("SCANNER_EXPIRED"), "{said}");
    let (lines, said) = resumed.finish()?;
    same(&lines, &all, &["resumed"])?;
    ensure!(said.is_empty(), "{said}");
    Ok(())
}
