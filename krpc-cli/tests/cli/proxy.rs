//! `krpc proxy`: what it prints, and how it makes a network bad.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;

use serde_json::Value;

use super::peer::peer;
use super::relay::{Relaying, echo};
use super::run::{Dir, Served, krpc};

const CALCULATOR: &str = "kudu.rpc_test.CalculatorService";
const PUSH: &str = "kudu.rpc.GenericCalculatorService/PushStrings";

/// Calls through the proxy.
fn call(relaying: &Relaying, method: &str, data: &str, more: &[&str]) -> super::run::Ran {
    krpc(&[&["call", &relaying.addr, method, "--data", data], more].concat())
}

/// A request of 8 MiB.
fn push(relaying: &Relaying, dir: &Dir, more: &[&str]) -> super::run::Ran {
    let page = dir.write("page", vec![0; 8 << 20]);
    let more = [&["--sidecar", &page], more].concat();
    call(relaying, PUSH, r#"{"sidecar_indexes": [0]}"#, &more)
}

fn objects(lines: &[String]) -> Vec<Value> {
    let read = |line: &String| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    lines.iter().map(read).collect()
}

#[test]
fn a_line_for_each_call() {
    let served = Served::new(&[]);
    let mut relaying = Relaying::proxy(&served.addr, &[]);
    let header = relaying.line();
    assert!(header.contains("request") && header.contains("took"), "{header}");
    call(&relaying, &format!("{CALCULATOR}/Add"), r#"{"x": 1, "y": 2}"#, &[]).ok();
    let said = relaying.until("closed");
    assert_eq!(said.len(), 3, "{said:#?}");
    let words: Vec<_> = said[1].split_whitespace().collect();
    // Time and its unit, connection, call id, bytes of both, time and its unit.
    assert_eq!(words[2..4], ["#1", "0"], "{said:#?}");
    let bytes = |word: &str| word.parse::<u64>().unwrap();
    assert!(
        (20..100).contains(&bytes(words[4])) && (8..40).contains(&bytes(words[5])),
        "{words:?}"
    );
    assert_eq!(words[8..], [&format!("{CALCULATOR}.Add:"), "OK"]);
    let failing = r#"{"sleep_micros": 0, "return_app_error": true}"#;
    call(&relaying, &format!("{CALCULATOR}/Sleep"), failing, &[]).fails(1, &["Got some error"]);
    let said = relaying.until("closed").concat();
    assert!(said.contains("Sleep: ERROR Got some error"), "{said}");
}

#[test]
fn json_is_one_object_a_line() {
    let served = Served::new(&[]);
    let relaying = Relaying::proxy(&served.addr, &["--json"]);
    let slow = r#"{"sleep_micros": 20000}"#;
    call(&relaying, &format!("{CALCULATOR}/Sleep"), slow, &[]).ok();
    let late = r#"{"sleep_micros": 60000000}"#;
    call(&relaying, &format!("{CALCULATOR}/Sleep"), late, &["--timeout", "2s"])
        .fails(1, &["timed out"]);
    let mut stopped = relaying.stop().ok();
    stopped.truncate(stopped.trim_end().len());
    let said = objects(&stopped.lines().map(str::to_owned).collect::<Vec<_>>());
    let calls: Vec<_> = said.iter().filter(|said| said["event"] == "call").collect();
    assert_eq!(calls.len(), 2, "{said:#?}");
    let Value::Object(first) = calls[0] else { panic!("{said:#?}") };
    assert_eq!(first["method"], format!("{CALCULATOR}.Sleep"));
    assert_eq!((&first["status"], &first["call_id"]), (&"ok".into(), &0.into()));
    assert!(first["took_ms"].as_f64().unwrap() >= 20.0, "{first:?}");
    assert!(first["request_bytes"].as_u64().unwrap() > 20);
    assert_eq!(
        (&calls[1]["status"], &calls[1]["reply_bytes"]),
        (&"unanswered".into(), &Value::Null)
    );
    let closed: Vec<_> = said.iter().filter(|said| said["event"] == "closed").collect();
    assert_eq!(closed.len(), 2, "{said:#?}");
    assert!(closed[0]["bytes_to_server"].as_u64().unwrap() > 100);
}

#[test]
fn what_is_not_krpc_is_said_once_and_passes() {
    let mut relaying = Relaying::proxy(&echo(), &[]);
    let mut stream = TcpStream::connect(&relaying.addr).unwrap();
    for _ in 0..3 {
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        stream.read_exact(&mut [0; 18]).unwrap();
    }
    stream.shutdown(Shutdown::Write).unwrap();
    let said = relaying.until("closed").concat();
    assert_eq!(said.matches("not seen").count(), 1, "{said}");
    assert!(said.contains("HTTP") && said.contains("54 bytes to the server, 54 from it"), "{said}");
}

#[test]
fn inside_tls_nothing_is_seen_and_everything_passes() {
    let dir = Dir::new();
    let made = rcgen::generate_simple_self_signed(vec!["krpc.test".into()]).unwrap();
    let cert = dir.write("cert.pem", made.cert.pem());
    let key = dir.write("key.pem", made.signing_key.serialize_pem());
    let served = Served::in_dir(dir, &["--cert", &cert, "--key", &key, "--loopback-encryption"]);
    let mut relaying = Relaying::proxy(&served.addr, &[]);
    let out = krpc(&["ping", &relaying.addr, "--tls", "required", "--loopback-encryption"]).ok();
    assert!(out.contains("encrypted") && !out.contains("not encrypted"), "{out}");
    let said = relaying.until("closed").concat();
    assert_eq!(said.matches("not seen from here on: TLS").count(), 1, "{said}");
    assert!(!said.contains("negotiation"), "{said}");
}

#[test]
fn a_refused_negotiation_is_told() {
    let dir = Dir::new();
    let made = rcgen::generate_simple_self_signed(vec!["krpc.test".into()]).unwrap();
    let cert = dir.write("cert.pem", made.cert.pem());
    let key = dir.write("key.pem", made.signing_key.serialize_pem());
    let served = Served::in_dir(dir, &["--cert", &cert, "--key", &key, "--tls", "required"]);
    let mut relaying = Relaying::proxy(&served.addr, &[]);
    let ran = krpc(&["ping", &relaying.addr, "--tls", "disabled"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let said = relaying.until("closed").concat();
    assert!(said.contains("negotiation: FATAL_UNAUTHORIZED"), "{said}");
}

/// A server that counts what it is sent, and tells when that ends. It answers with 1,000 bytes first.
fn counting() -> (String, mpsc::Receiver<usize>) {
    let (sender, counts) = mpsc::channel();
    let address = peer(move |mut stream| {
        let sender = sender.clone();
        let _ = stream.write_all(&[7; 1_000]);
        std::thread::spawn(move || {
            let mut read = Vec::new();
            let _ = stream.read_to_end(&mut read);
            let _ = sender.send(read.len());
        });
    });
    (address, counts)
}

#[test]
fn drop_after_drops_at_that_byte() {
    for (bytes, up, down) in [("300", 300, 1_000), ("c2s:300", 300, 1_000), ("s2c:300", 0, 300)] {
        let (server, counts) = counting();
        let mut relaying = Relaying::proxy(&server, &["--drop-after", bytes]);
        let mut stream = TcpStream::connect(&relaying.addr).unwrap();
        let mut read = vec![0; down];
        stream.read_exact(&mut read).unwrap();
        if up > 0 {
            stream.write_all(&[7; 1_000]).unwrap();
        }
        // Nothing more.
        let ended = stream.read(&mut [0; 1]);
        assert!(!matches!(ended, Ok(1..)), "{bytes}: {ended:?}");
        drop(stream);
        assert_eq!(counts.recv().unwrap(), up, "{bytes}");
        let said = relaying.until("dropped").concat();
        let counted = format!("{up} bytes to the server, {down} from it");
        assert!(said.contains(&counted) && said.contains("--drop-after"), "{said}");
    }
}

#[test]
fn a_way_that_stalls_passes_so_much_and_stays_open() {
    for (stall, most) in [("--stall", 4 << 10), ("--stall=c2s:64KiB", 64 << 10)] {
        let served = Served::new(&[]);
        let relaying = Relaying::proxy(&served.addr, &[stall, "--json"]);
        // What is small passes.
        krpc(&["status", &relaying.addr]).ok();
        push(&relaying, &served.dir, &["--timeout", "3s"]).fails(1, &["timed out"]);
        let said = relaying.stop().ok();
        let said = objects(&said.lines().map(str::to_owned).collect::<Vec<_>>());
        // Nobody noticed that the client is gone.
        let last = said.last().unwrap();
        assert_eq!(last["bytes_to_server"], most, "{said:#?}");
        assert!(last["how"].as_str().unwrap().contains("cut off"), "{said:#?}");
        let cut = said.iter().find(|said| said["status"] == "cut").expect("the call was begun");
        assert!(cut["come_bytes"].as_u64().unwrap() < most, "{cut}");
    }
}

#[test]
fn a_server_that_stalls_leaves_clients_waiting() {
    let served = Served::new(&[]);
    let relaying = Relaying::proxy(&served.addr, &["--stall=s2c:0"]);
    krpc(&["ping", &relaying.addr, "--timeout", "2s"]).fails(1, &["sent no answer", "within 2s"]);
}

#[test]
fn calls_work_on_a_slow_and_distant_network() {
    let served = Served::new(&[]);
    let relaying = Relaying::proxy(&served.addr, &["--delay", "20ms", "--bandwidth", "100KiB"]);
    let out = krpc(&["ping", &relaying.addr, "--json"]).json();
    // Both ways of it.
    assert!(out["rounds"][0]["call_ms"].as_f64().unwrap() >= 40.0, "{out}");
}

#[test]
fn a_thousand_connections_leave_nothing_behind() {
    let mut relaying = Relaying::proxy(&echo(), &[]);
    let mut connect = |times: usize| {
        for _ in 0..times {
            let mut stream = TcpStream::connect(&relaying.addr).unwrap();
            stream.write_all(b"x").unwrap();
            stream.read_exact(&mut [0]).unwrap();
            drop(stream);
            relaying.until("closed");
        }
        let files = std::fs::read_dir(format!("/proc/{}/fd", relaying.id())).unwrap();
        files.count()
    };
    let few = connect(10);
    assert_eq!(connect(1_000), few);
}

#[test]
fn wrong_options_say_what_is_right() {
    for (option, part) in [
        (&["--drop-after", "1MB"][..], "KiB"),
        (&["--drop-after", "up:5"], "c2s: or s2c:"),
        (&["--stall=x"], "number of bytes"),
        (&["--bandwidth", "0"], "at least 1 byte"),
        (&["--delay", "20"], "unit"),
        (&["--delay", "25h"], "24h"),
    ] {
        let ran = krpc(&[&["proxy", "127.0.0.1:0", "127.0.0.1:1"], option].concat());
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(
            ran.err.contains(part) && ran.err.contains(option[0].split('=').next().unwrap()),
            "{ran:?}"
        );
    }
    let free = super::peer::unused();
    krpc(&["proxy", &free, &free]).fails(2, &[&free, "would listen itself"]);
}

/// Every number is `N`, and every time `T`, however many spaces are around them.
fn shape(text: &str) -> Vec<String> {
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let line = |line: &str| {
        let mut out: Vec<&str> = Vec::new();
        for word in line.split_whitespace() {
            let unit = ["s", "ms", "us"].contains(&word.trim_end_matches(','));
            match out.last_mut() {
                Some(last) if unit && *last == "N" => *last = "T",
                _ => out.push(if is_number(word) { "N" } else { word }),
            }
        }
        out.join(" ")
    };
    text.lines().map(line).collect()
}

/// The commands of the README, at free ports, and what they print.
#[test]
fn the_readme_shows_what_is_seen() {
    let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, section) = readme.split_once("### Footers and draining in three commands\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let blocks: Vec<_> = section.split("```").skip(1).step_by(2).collect();
    let [footers, drain, proxy] = blocks[..] else { panic!("{} blocks", blocks.len()) };
    let mut commands = footers.lines().filter_map(|line| line.strip_prefix("$ "));
    assert_eq!(commands.next(), Some("krpc serve 127.0.0.1:7051 &"));
    let served = Served::new(&[]);
    let relay = commands.next().unwrap();
    let options = relay.strip_prefix("krpc proxy 127.0.0.1:7052 127.0.0.1:7051 ").unwrap();
    let options: Vec<_> = options.trim_end_matches(" &").split(' ').collect();
    let relaying = Relaying::proxy(&served.addr, &options);
    for block in [footers, drain] {
        let (called, printed) = block.rsplit_once("\n$ ").unwrap().1.split_once('\n').unwrap();
        let program = super::run::command().get_program().to_str().unwrap().to_owned();
        let called = called.replace("127.0.0.1:7052", &relaying.addr).replacen("krpc", &program, 1);
        let mut bash = std::process::Command::new("bash");
        let out = bash.args(["-c", &format!("exec 2>&1; {called}")]).output().unwrap();
        assert_eq!(shape(&String::from_utf8_lossy(&out.stdout)), shape(printed), "{called}");
    }
    let said = relaying.stop().ok();
    let mut calls = shape(&said);
    calls.retain(|line| line.contains(": ") && line.contains("kudu."));
    let mut shown = shape(proxy.strip_prefix("text\n").unwrap());
    // Connections end in any order.
    calls.sort();
    shown.sort();
    assert_eq!(calls, shown, "{said}");
}
