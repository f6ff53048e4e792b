//! What goes to standard output and into files, and what happens when it cannot.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::peer::{answers, unused};
use super::run::{Dir, Served, command, ended, krpc};

/// A device that takes nothing.
const FULL: &str = "/dev/full";

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    if !Path::new(FULL).exists() {
        println!("this system has no {FULL}");
        return;
    }
    let served = Served::new(&[]);
    let addr = served.addr.as_str();
    for args in [
        &["status", addr][..],
        &["ping", addr],
        &["negotiate", addr],
        &["kudu", "masters", addr],
        &["call", addr],
        &["call", addr, "GenericService"],
        &["serve", "127.0.0.1:0"],
        &["demo"],
        &["--help"],
        &["ping", "--help"],
    ] {
        let full = File::create(FULL).unwrap();
        let ran = command().args(args).stdout(full).stderr(Stdio::piped()).output().unwrap();
        ended(ran).fails(1, &["cannot write to standard output: "]);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let served = Served::new(&[]);
    let mut child = command()
        .args(["status", &served.addr])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn a_reader_that_goes_away_ends_the_rounds_of_ping() {
    let served = Served::new(&[]);
    let mut child = command()
        .args(["ping", &served.addr, "--count", "1000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    drop(out);
    let end = Instant::now() + Duration::from_secs(20);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("it goes on");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn a_server_needs_no_reader() {
    let dir = Dir::new();
    let port_file = dir.path("port");
    let mut child = command()
        .args(["serve", "127.0.0.1:0", "--port-file", &port_file])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let end = Instant::now() + Duration::from_secs(20);
    while !Path::new(&port_file).exists() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    let port = std::fs::read_to_string(&port_file).unwrap();
    let ran = krpc(&["status", &format!("127.0.0.1:{}", port.trim())]);
    child.kill().unwrap();
    child.wait().unwrap();
    ran.ok();
}

#[test]
fn sidecars_that_cannot_be_written_do_not_cost_the_reply() {
    let served = Served::new(&[]);
    let out = served.dir.path("out");
    // A folder where the first file belongs.
    std::fs::create_dir_all(format!("{out}/0")).unwrap();
    let args = [
        "call",
        &served.addr,
        "GenericCalculatorService/SendTwoStrings",
        "--data",
        r#"{"random_seed": 1, "size1": 10, "size2": 3}"#,
        "--out-sidecars",
        &out,
    ];
    let ran = krpc(&args);
    let reply: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(reply["sidecar2"], 1);
    ran.fails(1, &["cannot write", &format!("{out}/0")]);
    assert_eq!(std::fs::read(format!("{out}/1")).unwrap().len(), 3, "the others are written");

    let ran = krpc(&[&args[..], &["--json"]].concat());
    let whole: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(whole["reply"]["sidecar2"], 1);
    assert_eq!(whole["sidecars"][0]["bytes"], 10);
    assert!(whole["sidecars"][0]["error"].as_str().unwrap().contains("directory"), "{whole}");
    assert!(whole["sidecars"][1]["file"].as_str().unwrap().ends_with("/1"), "{whole}");
    ran.fails(1, &["cannot write"]);
}

#[test]
fn files_without_end_are_not_read_to_it() {
    let dir = Dir::new();
    let large = dir.path("large");
    File::create(&large).unwrap().set_len(60_000_000).unwrap();
    let large = large.as_str();
    let large_data = format!("@{large}");
    let add = "kudu.rpc_test.CalculatorService/Add";
    let data = r#"{"x": 1, "y": 2}"#;
    for (args, parts) in [
        (["--data", data, "--sidecar", "/dev/zero"], ["/dev/zero", "more than 52428800"]),
        (["--data", data, "--sidecar", large], [large, "60000000 bytes"]),
        (["--data", "@/dev/zero", "--feature", "1"], ["/dev/zero", "more than 52428800"]),
        (["--data", &large_data, "--feature", "1"], [large, "60000000 bytes"]),
        (["--data", data, "--ca", "/dev/zero"], ["/dev/zero", "more than 52428800"]),
    ] {
        let ran = krpc(&[&["call", "nowhere", add][..], &args].concat());
        ran.fails(2, &[parts[0], parts[1], "52428800"]);
    }
    let zero = File::open("/dev/zero").unwrap();
    let args = ["call", "nowhere", add, "--data", "-"];
    let ran = command().args(args).stdin(zero).output().unwrap();
    ended(ran).fails(2, &["standard input", "52428800"]);
    krpc(&["serve", "127.0.0.1:0", "--cert", "/dev/zero", "--key", "/dev/zero"])
        .fails(2, &["/dev/zero", "52428800"]);
}

#[test]
fn lists_are_there_even_if_they_are_empty() {
    let served = Served::new(&[]);
    let empty = serde_json::json!([]);
    assert_eq!(krpc(&["kudu", "tables", &served.addr, "--json"]).json()["tables"], empty);
    assert_eq!(krpc(&["kudu", "tservers", &served.addr, "--json"]).json()["servers"], empty);
    let masters = krpc(&["kudu", "masters", &served.addr, "--json"]).json();
    assert_eq!(masters["masters"].as_array().unwrap().len(), 1);
    assert!(masters.get("error").is_none(), "what is not there is left out: {masters}");
}

#[test]
fn a_failed_negotiation_is_json_too() {
    let addr = answers(&[0xc0, 0, 0, 0]);
    let ran = krpc(&["negotiate", &addr, "--json"]);
    let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told["address"], addr.as_str());
    assert_eq!(told["steps"][0]["message"], "preamble");
    let error = told["error"].as_str().unwrap().to_owned();
    assert!(error.contains("3221225472"), "{error}");
    ran.fails(1, &[&error]);
}

#[test]
fn ping_tells_programs_what_failed() {
    let addr = unused();
    for count in ["1", "2"] {
        let ran = krpc(&["ping", &addr, "--json", "--count", count]);
        let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let rounds = told["rounds"].as_array().unwrap();
        assert_eq!(rounds.len().to_string(), count);
        assert_eq!(told["failed"].to_string(), count);
        for round in rounds {
            assert!(round["error"].as_str().unwrap().contains("refused"), "{told}");
        }
        assert_eq!(ran.code, 1, "{ran:?}");
    }
    let served = Served::new(&[]);
    let told = krpc(&["ping", &served.addr, "--json"]).json();
    assert_eq!(told["rounds"][0]["answered_by_error"], false);
    assert!(told["rounds"][0].get("error").is_none(), "{told}");
}
