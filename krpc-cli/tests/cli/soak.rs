//! `krpc soak`, the file of counters that it reads, and the picture that the demo draws.

use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::run::{Dir, Served, command, ended, krpc, on_each_runtime};

#[track_caller]
fn soaks(more: &[&str]) {
    let args = [&["soak", "--seconds", "3", "--seed", "7"], more].concat();
    let ran = krpc(&args);
    assert!(ran.err.is_empty(), "{ran:#?}");
    let text = ran.ok();
    assert_eq!(text.lines().count(), 1, "{text}");
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&told["ok"], &told["seed"]), (&true.into(), &7.into()), "{told}");
    assert_eq!(told["problems"], serde_json::json!([]), "{told}");
    let calls = |name: &str| told["calls"][name].as_u64().unwrap();
    let ends = ["completed", "cancelled", "timed_out", "failed"].map(calls);
    assert_eq!(calls("started"), ends.iter().sum::<u64>(), "{told}");
    for state in ["not_begun", "aborted", "cut", "sent", "already_done", "reply_half_received"] {
        assert!(told["states"][state].as_u64().unwrap() > 0, "{state}: {told}");
    }
}

#[test]
fn both_sides_agree() {
    soaks(&[]);
}

#[test]
fn both_sides_agree_under_tls() {
    soaks(&["--tls", "required", "--cancel-rate", "0.8"]);
}

#[test]
fn both_sides_agree_on_smol() {
    soaks(&["--runtime", "smol", "--tls", "required"]);
}

#[test]
fn both_sides_agree_where_threads_block() {
    soaks(&["--runtime", "blocking", "--tls", "required"]);
}

#[test]
fn rates_and_sizes_are_checked() {
    for (args, part) in [
        (["--cancel-rate", "0"], "above 0 and up to 1"),
        (["--cancel-rate", "1.1"], "above 0 and up to 1"),
        (["--stall-rate", "NaN"], "above 0 and up to 1"),
        (["--stall-rate", "much"], "above 0 and up to 1"),
        (["--payload", "1000"], "1048576..=52000000"),
        (["--payload", "60000000"], "1048576..=52000000"),
        (["--seconds", "0"], "1..=86400"),
        (["--tls", "maybe"], "required"),
        (["--seed", "x"], "--seed"),
    ] {
        let ran = krpc(&[&["soak"], &args[..]].concat());
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(part), "no '{part}' in {ran:#?}");
    }
}

fn read(file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn counters_are_written_at_the_end_and_on_demand() {
    on_each_runtime(writes_counters);
    krpc(&["serve", "127.0.0.1:0", "--stats-file", "/nonexistent/stats.json"])
        .fails(2, &["cannot write '/nonexistent/stats.json'"]);
}

fn writes_counters(runtime: &'static str) {
    let dir = Dir::new();
    let (file, kept) = (dir.path("stats.json"), dir.path("kept"));
    let served = Served::on(runtime, &["--stats-file", &file]);
    assert_eq!((&read(&file)["written"], &read(&file)["accepted"]), (&1.into(), &0.into()));
    let add = ["call", &served.addr, "kudu.rpc_test.CalculatorService/Add"];
    served.krpc(&[&add[..], &["--data", r#"{"x": 1, "y": 2}"#]].concat()).ok();
    let kill = Command::new("kill").args(["-s", "USR1", &served.id().to_string()]).status();
    assert!(kill.expect("kill exists").success());
    while read(&file)["written"] == 1 {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!((&read(&file)["written"], &read(&file)["accepted"]), (&2.into(), &1.into()));
    std::fs::hard_link(&file, &kept).unwrap();

    served.signal("TERM").ok();
    let told = read(&file);
    assert_eq!((&told["written"], &told["connections"]), (&3.into(), &0.into()), "{told}");
    let orderly = &told["orderly"];
    assert_eq!((&orderly["connections"], &orderly["calls"]), (&1.into(), &1.into()), "{told}");
    assert_eq!(told["framing_errors"], 0, "{told}");
    let held = |when: &str| told["held_bytes"][when].as_u64().unwrap();
    assert!(held("start") > 0 && held("now") > 0, "{told}");
    // Each is a file of its own: nobody ever sees half of one.
    assert_eq!(read(&kept)["written"], 2);
}

#[test]
fn nonsense_is_counted_as_such() {
    let dir = Dir::new();
    let file = dir.path("stats.json");
    let served = Served::new(&["--stats-file", &file]);
    let mut stream = TcpStream::connect(&served.addr).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    // The server hangs up.
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
    drop(stream);
    served.signal("TERM").ok();
    let told = read(&file);
    assert_eq!((&told["framing_errors"], &told["faulty"]["calls"]), (&1.into(), &0.into()));
}

#[test]
fn a_server_may_end_with_its_input() {
    let dir = Dir::new();
    let stats = dir.path("stats.json");
    let mut child = command()
        .args(["serve", "127.0.0.1:0", "--until-eof", "--stats-file", &stats])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"whatever\n").unwrap();
    let out = ended(child.wait_with_output().unwrap()).ok();
    assert!(out.ends_with("stopped\n"), "{out}");
}

#[test]
fn the_demo_draws_a_picture() {
    let dir = Dir::new();
    let file = dir.path("picture.svg");
    let out = krpc(&["demo", "--svg", &file]).ok();
    for part in [
        "with footers",
        "bytes of filler follow",
        "on the same TCP connection: the server has accepted 1",
        "bytes never will be",
        "on a new TCP connection: the server has accepted 2",
        "5 of 5 had not begun",
        &file,
    ] {
        assert!(out.contains(part), "no '{part}' in {out}");
    }
    let picture = std::fs::read_to_string(&file).unwrap();
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"), "{picture}");
    for part in ["class=\"curve a\"", "class=\"curve b\"", "all cancelled", "reads again"] {
        assert!(picture.contains(part), "no '{part}' in {picture}");
    }
    // Nothing of it comes from elsewhere, but for the name of its format.
    assert!(picture.matches("http").count() == 1 && !picture.contains("url("), "{picture}");
    assert!(picture.len() < 30_000, "{} bytes", picture.len());

    krpc(&["demo", "--svg", "/nonexistent/picture.svg"])
        .fails(2, &["cannot write '/nonexistent/picture.svg'"]);
}
