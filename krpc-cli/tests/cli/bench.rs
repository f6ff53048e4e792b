//! `krpc bench`: what it counts is what the server counts, and what it says of bad input and faults.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use krpc_cli::pb::master::master_service::MasterServiceServer;
use krpc_cli::pb::server::generic_service::GenericServiceServer;
use krpc_cli::services::{Calculator, Generic, Identity, Master};
use krpc_tokio::{
    BoxFuture, CallContext, ErrorStatus, MethodInfo, RawReply, Server, ServerBuilder, ServerHandle,
    Service, Status,
};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::peer::unused;
use super::run::{Dir, Ran, Served, command, ended, krpc};

fn bench(addr: &str, args: &[&str]) -> Ran {
    krpc(&[&["bench", addr, "--seconds", "1"], args].concat())
}

/// Calls that were answered, and that failed.
fn counts(told: &Value) -> (u64, u64) {
    let count = |name: &str| told["calls"][name].as_u64().unwrap_or_else(|| panic!("{told}"));
    (count("completed"), count("failed"))
}

/// It says the same as the server: all calls were answered, on so many connections.
#[track_caller]
fn agrees(args: &[&str], connections: u64) -> (Value, Value) {
    agrees_on("tokio", args, connections)
}

#[track_caller]
fn agrees_on(runtime: &'static str, args: &[&str], connections: u64) -> (Value, Value) {
    let dir = Dir::new();
    let file = dir.path("stats.json");
    let served = Served::on(runtime, &["--stats-file", &file]);
    let pid = served.id().to_string();
    let all = ["--runtime", runtime, "--json", "--server-pid", &pid];
    let ran = bench(&served.addr, &[&all[..], args].concat());
    assert!(ran.err.is_empty(), "{ran:#?}");
    let told = ran.json();
    served.signal("TERM").ok();
    let stats: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let (completed, failed) = counts(&told);
    // One call on a connection of its own finds out what can be called.
    let server = (&stats["orderly"]["calls"], &stats["accepted"]);
    assert_eq!(server, (&(completed + 1).into(), &(connections + 1).into()), "{told} {stats}");
    assert!(failed == 0 && completed > 0, "{told}");
    assert_eq!((&told["failures"], &told["interrupted"]), (&Value::Array(vec![]), &false.into()));
    assert_eq!(told["connections"], connections, "{told}");
    assert_eq!(told["runtime"], runtime, "{told}");
    (told, stats)
}

/// A number above zero.
#[track_caller]
fn positive(value: &Value) -> f64 {
    let number = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!(number > 0.0, "{number}");
    number
}

#[test]
fn sync_calls_are_those_that_the_server_has_seen() {
    let (told, _) = agrees(&["--threads", "4", "--connections", "2"], 2);
    assert_eq!(told["method"], "kudu.rpc_test.CalculatorService.Add");
    assert_eq!((&told["mode"], &told["threads"]), (&"sync".into(), &4.into()));
    assert_eq!((&told["outstanding"], &told["payload_mb_per_s"]), (&Value::Null, &Value::Null));
    // All figures have to do with each other.
    let (rate, seconds) = (positive(&told["calls_per_s"]), positive(&told["seconds"]));
    assert!(seconds >= 1.0, "{told}");
    assert!((rate * seconds - counts(&told).0 as f64).abs() < 0.5, "{told}");
    let latency = ["p50", "p90", "p99", "p99_9", "max"].map(|p| positive(&told["latency_us"][p]));
    assert!(latency.is_sorted() && latency[4] < seconds * 1e6, "{told}");
    for side in ["client", "server"] {
        let of = |what: &str| told[side][what].as_f64().unwrap_or_else(|| panic!("{side}: {told}"));
        assert!(of("user_us_per_call") + of("system_us_per_call") > 0.0, "{told}");
        assert!(of("voluntary_switches_per_call") > 0.0, "{told}");
        assert!(of("involuntary_switches_per_call") >= 0.0, "{told}");
    }
}

#[test]
fn async_calls_are_those_that_the_server_has_seen() {
    let args = ["--mode", "async", "--threads", "2", "--connections", "3", "--outstanding", "7"];
    let (told, _) = agrees(&args, 3);
    assert_eq!((&told["mode"], &told["outstanding"]), (&"async".into(), &7.into()));
}

#[test]
fn other_runtimes_call_just_the_same() {
    let sync = ["--threads", "4", "--connections", "2"];
    let other = ["--mode", "async", "--threads", "2", "--connections", "3", "--outstanding", "7"];
    for runtime in ["smol", "blocking"] {
        agrees_on(runtime, &sync, 2);
        let (told, _) = agrees_on(runtime, &other, 3);
        assert_eq!(told["lead"], if runtime == "smol" { Value::Null } else { "callers".into() });
    }
    for args in [&sync[..], &other] {
        let connections = if args == sync { 2 } else { 3 };
        let (told, _) = agrees_on("blocking", &[args, &["--lead", "keeper"]].concat(), connections);
        assert_eq!(told["lead"], "keeper");
    }
}

#[test]
fn payload_goes_with_each_call() {
    let args = ["--payload", "65536", "--mode", "async", "--outstanding", "4"];
    let (told, stats) = agrees(&args, 1);
    assert_eq!(told["method"], "kudu.rpc.GenericCalculatorService.PushStrings");
    let bytes = stats["orderly"]["bytes_received"].as_u64().unwrap();
    assert!(bytes >= 65_536 * (counts(&told).0 + 1), "{told} {stats}");
    let megabytes = positive(&told["calls_per_s"]) * 65_536.0 / 1e6;
    assert!((positive(&told["payload_mb_per_s"]) / megabytes - 1.0).abs() < 1e-9, "{told}");
}

#[test]
fn empty_payload_is_payload() {
    let (told, _) = agrees(&["--payload", "0", "--threads", "2"], 2);
    assert_eq!((&told["payload_bytes"], &told["payload_mb_per_s"]), (&0.into(), &0.0.into()));
}

#[test]
fn people_see_how_it_goes_and_what_came_of_it() {
    let served = Served::new(&[]);
    let pid = served.id().to_string();
    let args = ["bench", &served.addr, "--seconds", "2", "--payload", "100", "--threads", "1"];
    let ran = krpc(&[&args[..], &["--server-pid", &pid]].concat());
    let progress = ran.err.lines().next().unwrap_or_default();
    for part in [" s: ", " calls/s, ", " MB/s, 0 failed"] {
        assert!(progress.contains(part), "no '{part}' in {ran:#?}");
    }
    let out = ran.ok();
    for part in [
        &format!("kudu.rpc.GenericCalculatorService.PushStrings on {}\n", served.addr),
        "1 thread, 1 connection, one call at a time",
        "not encrypted",
        " answered, 0 failed, in ",
        " calls/s, ",
        "p50 ",
        "p99.9 ",
        "max ",
        "this process  ",
        &format!("server {pid} "),
    ] {
        assert!(out.contains(part), "no '{part}' in {out}");
    }
}

/// A server in this process.
struct Here {
    _runtime: Runtime,
    server: ServerHandle,
}

impl Here {
    fn new(services: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        let runtime = Runtime::new().unwrap();
        let bound = runtime.block_on(services(Server::builder()).bind("127.0.0.1:0")).unwrap();
        let server = runtime.block_on(async { bound.serve() });
        Here { _runtime: runtime, server }
    }

    fn addr(&self) -> String {
        self.server.local_addrs()[0].to_string()
    }

    fn handled(&self, service: &str) -> u64 {
        self.server.dispatcher().stats(service).unwrap().handled
    }
}

#[test]
fn a_kudu_master_is_pinged() {
    let master = Master::new(Arc::new(Identity::new()));
    let here = Here::new(|server| server.add_service(MasterServiceServer::new(master)));
    let told = bench(&here.addr(), &["--threads", "2", "--json"]).json();
    assert_eq!(told["method"], "kudu.master.MasterService.Ping");
    let (completed, failed) = counts(&told);
    assert_eq!((here.handled("kudu.master.MasterService"), failed), (completed + 1, 0));
    let out = bench(&here.addr(), &["--threads", "1"]).ok();
    assert!(out.contains("MasterService.Ping on "), "{out}");
    assert!(out.contains(", as there is no CalculatorService\n"), "{out}");

    let missing = "no kudu.rpc.GenericCalculatorService.PushStrings";
    bench(&here.addr(), &["--payload", "1"]).fails(1, &[&here.addr(), missing, "--payload"]);
}

#[test]
fn a_server_without_anything_to_call_is_told_so() {
    let generic = Generic::new(Arc::new(Identity::new()));
    let here = Here::new(|server| server.add_service(GenericServiceServer::new(generic)));
    let ran = bench(&here.addr(), &[]);
    assert_eq!(ran.err.lines().count(), 1, "{ran:#?}");
    ran.fails(
        1,
        &[&here.addr(), "no kudu.rpc_test.CalculatorService.Add", "no kudu.master", "krpc serve"],
    );
}

/// A calculator with a fault that begins with its second call: the first is made to find out.
struct Faulty {
    calculator: Calculator,
    calls: Arc<AtomicU64>,
    fault: fn(u64) -> Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Refuses,
    IsWrong,
    IsSilent,
}

impl Service for Faulty {
    fn name(&self) -> &'static str {
        self.calculator.name()
    }

    fn methods(&self) -> &'static [MethodInfo] {
        self.calculator.methods()
    }

    fn call(
        &self,
        method: usize,
        cx: CallContext,
        body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        let n = self.calls.fetch_add(1, Ordering::SeqCst);
        let right = self.calculator.call(method, cx, body);
        match if n == 0 { Fault::None } else { (self.fault)(n) } {
            Fault::None => right,
            Fault::Refuses => Box::pin(async { Err(Status::invalid_argument("\u{1b}no").into()) }),
            // A sum that is never asked for.
            Fault::IsWrong => {
                Box::pin(async { Ok(RawReply { body: vec![8, 1].into(), ..right.await? }) })
            }
            Fault::IsSilent => Box::pin(std::future::pending()),
        }
    }
}

fn faulty(fault: fn(u64) -> Fault) -> (Here, Arc<AtomicU64>) {
    let (calculator, calls) = (Calculator::new(), Arc::<AtomicU64>::default());
    let faulty = Faulty { calculator, calls: calls.clone(), fault };
    (Here::new(|server| server.add_service(faulty)), calls)
}

#[test]
fn failures_are_counted_by_kind_and_fail_the_command() {
    let fault = |n| match n % 5 {
        0 => Fault::Refuses,
        1 => Fault::IsWrong,
        _ => Fault::None,
    };
    let (here, calls) = faulty(fault);
    let ran = bench(&here.addr(), &["--threads", "2", "--json"]);
    assert_eq!(ran.code, 1, "{ran:#?}");
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    let (completed, failed) = counts(&told);
    let calls = calls.load(Ordering::SeqCst);
    assert_eq!(completed + failed + 1, calls, "{told}");
    let kinds = &told["failures"];
    assert_eq!(
        (&kinds[0]["kind"], &kinds[1]["kind"]),
        (&"ERROR_APPLICATION".into(), &"wrong reply".into())
    );
    // Those with numbers that 5 divides, but for the first of all, and those after them.
    let (refused, wrong) = ((calls - 1) / 5, (calls + 3) / 5);
    assert_eq!(
        (&kinds[0]["count"], &kinds[1]["count"]),
        (&refused.into(), &wrong.into()),
        "{told}"
    );
    assert!(kinds[0]["first"].as_str().unwrap().ends_with("\\x1bno"), "{told}");
    ran.fails(1, &[&format!("krpc: {failed} of {} calls failed", completed + failed)]);

    let (here, _) = faulty(fault);
    let ran = bench(&here.addr(), &["--threads", "2"]);
    for part in ["ERROR_APPLICATION, the first: Remote error: ", "wrong reply, the first: "] {
        assert!(ran.out.contains(part), "no '{part}' in {ran:#?}");
    }
}

#[test]
fn calls_that_are_not_answered_in_time_are_failures() {
    let (here, _) = faulty(|_| Fault::IsSilent);
    let ran = bench(&here.addr(), &["--threads", "2", "--timeout", "2s", "--json"]);
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told["failures"][0]["kind"], "timed out waiting for the reply", "{told}");
    assert_eq!((counts(&told).0, &told["latency_us"]["max"]), (0, &Value::Null));
    ran.fails(1, &["calls failed"]);
}

#[test]
fn a_full_queue_is_named() {
    let (here, _) = faulty(|_| Fault::IsSilent);
    // 256 run and 50 wait.
    let args = ["--mode", "async", "--outstanding", "400", "--timeout", "3s"];
    let ran = bench(&here.addr(), &args);
    assert!(ran.out.contains(" ERROR_SERVER_TOO_BUSY, the first: "), "{ran:#?}");
    ran.fails(1, &["calls failed", "fewer --outstanding"]);
}

/// A run that would take an hour.
struct Running {
    child: Child,
    err: BufReader<ChildStderr>,
}

impl Running {
    fn new(addr: &str, args: &[&str]) -> Self {
        let mut child = command()
            .args(["bench", addr, "--seconds", "3600", "--threads", "1"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let err = BufReader::new(child.stderr.take().expect("piped"));
        Running { child, err }
    }

    /// Waits for a line with this part.
    #[track_caller]
    fn says(&mut self, part: &str) {
        let mut line = String::new();
        while !line.contains(part) {
            line.clear();
            assert!(self.err.read_line(&mut line).expect("it prints UTF-8") > 0, "it ended");
        }
    }

    fn interrupt(&self) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args(["-s", "INT", &id]).status();
        assert!(sent.expect("kill exists").success());
    }

    fn ends(mut self) -> Ran {
        let mut err = String::new();
        self.err.read_to_string(&mut err).expect("it prints UTF-8");
        Ran { err, ..ended(self.child.wait_with_output().expect("it ends")) }
    }
}

#[test]
fn ctrl_c_ends_it_with_a_report() {
    let served = Served::new(&[]);
    let mut running = Running::new(&served.addr, &[]);
    running.says(" calls/s, 0 failed");
    running.interrupt();
    let out = running.ends().ok();
    assert!(out.contains(" answered, 0 failed, in ") && out.contains(", ended early\n"), "{out}");
}

#[test]
fn a_second_ctrl_c_waits_for_nothing() {
    let (here, _) = faulty(|_| Fault::IsSilent);
    let mut running = Running::new(&here.addr(), &["--timeout", "1h"]);
    running.says(" s: 0 calls/s, 0 failed");
    running.interrupt();
    running.says("another Ctrl-C ends it at once");
    running.interrupt();
    let out = running.ends().ok();
    assert!(out.contains("0 answered, 0 failed, in ") && out.contains("ended early"), "{out}");
    drop(here);
}

#[test]
fn a_server_that_goes_away_is_no_end() {
    let served = Served::new(&[]);
    let other = Served::new(&[]);
    let pid = other.id().to_string();
    let mut running = Running::new(&served.addr, &["--server-pid", &pid]);
    running.says(" calls/s, 0 failed");
    drop((served, other));
    // It can be seen by the next line that nothing is left to call.
    running.says(": 0 calls/s, ");
    running.interrupt();
    let ran = running.ends();
    let lost = ["connection lost", "cannot connect"].map(|kind| format!("{kind}, the first: "));
    assert!(lost.iter().any(|part| ran.out.contains(part)), "{ran:#?}");
    assert!(!ran.out.contains(&format!("server {pid}")), "{ran:#?}");
    ran.fails(1, &[&format!("--server-pid {pid}: the process has ended"), "calls failed"]);
}

#[test]
fn what_cannot_be_is_named_with_its_setting() {
    let nobody = unused();
    for (args, parts) in [
        (&["--threads", "0"][..], ["'0'", "--threads", "1..=1024"]),
        (&["--threads", "-1"], ["'-1'", "--threads", "1..=1024"]),
        (&["--connections", "10001"], ["'10001'", "--connections", "1..=10000"]),
        (&["--outstanding", "0"], ["'0'", "--outstanding", "1..=65536"]),
        (&["--seconds", "0"], ["'0'", "--seconds", "1..=86400"]),
        (&["--payload", "52427777"], ["'52427777'", "--payload", "at most 52427776"]),
        (&["--payload", "1MB"], ["'1MB'", "--payload", "number of bytes"]),
        (&["--mode", "both"], ["'both'", "--mode", "async"]),
        (&["--server-pid", "0"], ["'0'", "--server-pid", "1..=2147483647"]),
        (&["--server-pid", "2147483647"], ["--server-pid", "2147483647", "no such process"]),
        (&["--outstanding", "5"], ["--outstanding 5", "--mode async", "one call at a time"]),
        (&["--lead", "keeper"], ["--lead", "--runtime blocking", "tasks"]),
        (&["--lead", "me"], ["'me'", "--lead", "callers"]),
        (&["--runtime", "async-std"], ["'async-std'", "--runtime", "blocking"]),
        (&["--connections", "17"], ["--connections 17", "16", "--threads"]),
    ] {
        let ran = krpc(&[&["bench", &nobody], args].concat());
        assert_eq!(ran.code, 2, "{args:?}: {ran:#?}");
        assert!(parts.iter().all(|part| ran.err.contains(part)), "{args:?}: {ran:#?}");
    }
}

#[test]
fn more_connections_than_open_files_are_refused() {
    let nobody = unused();
    let program = env!("CARGO_BIN_EXE_krpc");
    let line =
        format!("ulimit -n 100; exec {program} bench {nobody} --mode async --connections 200");
    let mut shell = std::process::Command::new("sh");
    let ran = ended(shell.args(["-c", &line]).output().expect("every system has `sh`"));
    ran.fails(2, &["--connections 200", "100 files", "ulimit -n"]);
}

#[test]
fn nobody_there_and_users_who_may_not() {
    let nobody = unused();
    for args in [&[][..], &["--json"]] {
        let ran = bench(&nobody, args);
        assert!(ran.out.is_empty() && ran.err.lines().count() == 1, "{ran:#?}");
        ran.fails(1, &["cannot connect to", &nobody, "7051"]);
    }
    let served = Served::new(&[]);
    bench(&served.addr, &["--user", "alice"]).fails(1, &["Not authorized: alice", "--user"]);
    bench(&served.addr, &["--tls", "required"]).fails(1, &["TLS", "--tls optional"]);
}

#[test]
fn tls_is_measured_as_it_was_asked_for() {
    let dir = Dir::new();
    let made = rcgen::generate_simple_self_signed(vec!["krpc.test".into()]).unwrap();
    let cert = dir.write("cert.pem", made.cert.pem());
    let key = dir.write("key.pem", made.signing_key.serialize_pem());
    let served = Served::in_dir(dir, &["--cert", &cert, "--key", &key, "--loopback-encryption"]);
    let args = ["--tls", "required", "--loopback-encryption", "--threads", "2", "--json"];
    let told = bench(&served.addr, &args).json();
    assert_eq!(told["protection"], "encrypted, server not authenticated");
    assert!(counts(&told).0 > 0, "{told}");
}
