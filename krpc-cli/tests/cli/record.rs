//! `krpc record`: what is in its files.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::relay::{Relaying, echo};
use super::run::{Dir, Ran, Served, command, krpc};

/// The files of a folder, by name.
fn files(dir: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A recording: its metadata, what was sent each way, and which side ended how.
#[derive(Debug, Default, PartialEq)]
struct Recorded {
    about: Value,
    up: Vec<u8>,
    down: Vec<u8>,
    ends: Vec<String>,
}

/// Every line is whole, and so is a compressed file.
fn read(path: &PathBuf) -> Recorded {
    let mut text = String::new();
    let mut file = std::fs::File::open(path).unwrap();
    match path.extension().is_some_and(|extension| extension == "gz") {
        true => GzDecoder::new(file).read_to_string(&mut text).unwrap(),
        false => file.read_to_string(&mut text).unwrap(),
    };
    assert!(text.ends_with('\n'), "the last line is not whole");
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut recorded = Recorded { about: lines.next().unwrap(), ..Recorded::default() };
    let mut last = 0;
    for line in lines {
        let dir = line["dir"].as_str().unwrap();
        let time = line["t_us"].as_u64().unwrap();
        assert!(time >= last, "time goes back at {line}");
        last = time;
        if let Some(event) = line["event"].as_str() {
            recorded.ends.push(format!("{dir} {event}"));
            continue;
        }
        let hex = line["hex"].as_str().unwrap();
        assert!(!hex.is_empty() && hex.len().is_multiple_of(2), "{line}");
        let bytes = (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16));
        let bytes = bytes.collect::<Result<Vec<_>, _>>().unwrap();
        match dir {
            "c2s" => recorded.up.extend(bytes),
            "s2c" => recorded.down.extend(bytes),
            _ => panic!("{line}"),
        }
    }
    recorded
}

/// Bytes that do not get shorter by compression.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// The forms of files: what asks for them.
const FORMS: [&[&str]; 2] = [&[], &["--gzip"]];

/// Sends it and reads as much.
fn exchange(addr: &str, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(addr).unwrap();
    let mut reader = stream.try_clone().unwrap();
    let len = bytes.len();
    let reading = std::thread::spawn(move || {
        let mut back = vec![0; len];
        reader.read_exact(&mut back).map(|()| back)
    });
    stream.write_all(bytes).unwrap();
    assert_eq!(reading.join().unwrap().unwrap(), bytes);
    stream
}

#[test]
fn it_holds_what_passed_and_how_it_ended() {
    let (dir, server, bytes) = (Dir::new(), echo(), noise(200_000));
    for (form, suffix) in FORMS.into_iter().zip([".jsonl", ".jsonl.gz"]) {
        let out = dir.path(&format!("new/recordings{suffix}"));
        let mut relaying = Relaying::record(&server, &out, form);
        let mut stream = exchange(&relaying.addr, &bytes);
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
        let said = relaying.until("closed").concat();
        assert!(said.contains("200000 bytes to the server, 200000 from it"), "{said}");
        let files = files(&out);
        assert_eq!(files.len(), 1);
        assert!(files[0].to_str().unwrap().ends_with(suffix), "{files:?}");
        assert!(said.contains(files[0].to_str().unwrap()), "{said}");
        let recorded = read(&files[0]);
        assert!(recorded.up == bytes && recorded.down == bytes);
        assert_eq!(recorded.ends, ["c2s eof", "s2c eof"]);
        assert_eq!(recorded.about["upstream"], server);
        assert!(recorded.about["tool"].as_str().unwrap().starts_with("krpc "));
        assert!(recorded.about["recorded_unix"].as_u64().unwrap() > 1_700_000_000);
    }
}

#[test]
fn a_reset_is_in_it() {
    let (dir, server) = (Dir::new(), echo());
    let out = dir.path("r");
    let mut relaying = Relaying::record(&server, &out, &[]);
    let stream = exchange(&relaying.addr, b"abc");
    socket2::SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    drop(stream);
    relaying.until("closed");
    assert_eq!(read(&files(&out)[0]).ends, ["c2s reset"]);
}

#[test]
fn each_connection_and_each_run_has_files_of_its_own() {
    let (dir, server) = (Dir::new(), echo());
    let out = dir.path("r");
    let runs = [noise(10), noise(20)];
    for bytes in &runs {
        // Possibly in the same second.
        let mut relaying = Relaying::record(&server, &out, &[]);
        for _ in 0..3 {
            drop(exchange(&relaying.addr, bytes));
            relaying.until("closed");
        }
        assert_eq!(relaying.stop().code, 0);
    }
    let sizes: Vec<_> = files(&out).iter().map(|path| read(path).up.len()).collect();
    assert_eq!(sizes, [10, 10, 10, 20, 20, 20]);
}

/// What has arrived anywhere is in the file already.
#[test]
fn it_is_good_however_the_program_ends() {
    let (dir, server, bytes) = (Dir::new(), echo(), noise(100_000));
    for form in FORMS {
        let out = dir.path(&format!("r{}", form.concat()));
        let relaying = Relaying::record(&server, &out, form);
        let _stream = exchange(&relaying.addr, &bytes);
        relaying.kill();
        let recorded = read(&files(&out)[0]);
        assert!(recorded.up == bytes && recorded.down == bytes);
    }
}

#[test]
fn a_signal_in_mid_connection_loses_nothing() {
    let (dir, server, bytes) = (Dir::new(), echo(), noise(100_000));
    for form in FORMS {
        let out = dir.path(&format!("r{}", form.concat()));
        let relaying = Relaying::record(&server, &out, form);
        let _stream = exchange(&relaying.addr, &bytes);
        let ran = relaying.stop();
        assert!(ran.out.contains("cut off"), "{ran:?}");
        assert!(ran.out.contains("stopped: 1 connections"), "{ran:?}");
        assert!(read(&files(&out)[0]).up == bytes);
        ran.ok();
    }
}

#[test]
fn a_connection_without_a_byte_is_a_recording_too() {
    let dir = Dir::new();
    let out = dir.path("r");
    let mut relaying = Relaying::record("127.0.0.1:1", &out, &[]);
    drop(TcpStream::connect(&relaying.addr).unwrap());
    relaying.until("cannot be reached");
    let path = &files(&out)[0];
    assert_eq!(read(path).ends, ["s2c reset"]);
    assert!(krpc(&["decode", path.to_str().unwrap()]).ok().contains("s2c resets"));
}

/// `krpc record`, with a limit of the system on the size of files that stands for a full disk.
fn limited(upstream: &str, out: &str, blocks: u32, form: &[&str]) -> Relaying {
    let mut limited = std::process::Command::new("sh");
    let script = format!("ulimit -f {blocks}; exec \"$@\"");
    limited.args(["-c", &script, "sh"]).arg(command().get_program());
    limited.args(["record", "127.0.0.1:0", upstream, "--out", out]).args(form);
    Relaying::start(limited)
}

#[test]
fn what_cannot_be_written_is_said_and_the_connection_goes_on() {
    let (dir, server, bytes) = (Dir::new(), echo(), noise(1 << 20));
    for form in FORMS {
        let out = dir.path(&format!("r{}", form.concat()));
        let mut relaying = limited(&server, &out, 100, form);
        drop(exchange(&relaying.addr, &bytes));
        relaying.until("closed");
        // One that fits is recorded all the same.
        drop(exchange(&relaying.addr, b"small"));
        relaying.until("closed");
        let ran = relaying.stop();
        let files = files(&out);
        let large = files[0].to_str().unwrap();
        ran.fails(
            1,
            &[&format!("cannot write '{large}'"), "good up to here", "1 of 2 connections"],
        );
        let recorded = read(&files[0]);
        assert!(!recorded.up.is_empty(), "nothing was recorded");
        assert!(recorded.up.len() < bytes.len() && bytes.starts_with(&recorded.up));
        assert!(bytes.starts_with(&recorded.down));
        assert_eq!(read(&files[1]).up, b"small");
    }
}

#[test]
fn no_file_is_left_that_has_nothing_in_it() {
    let (dir, server) = (Dir::new(), echo());
    for form in FORMS {
        let out = dir.path(&format!("r{}", form.concat()));
        let mut relaying = limited(&server, &out, 0, form);
        drop(exchange(&relaying.addr, b"abc"));
        relaying.until("closed");
        let ran = relaying.stop();
        assert!(!ran.err.contains("good up to here"), "{ran:?}");
        ran.fails(
            1,
            &["cannot write '", "the connection goes on unrecorded", "1 of 1 connections"],
        );
        assert_eq!(files(&out), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_folder_that_cannot_be_is_named() {
    let dir = Dir::new();
    let file = dir.write("file", "");
    krpc(&["record", "127.0.0.1:0", "127.0.0.1:1", "--out", &file])
        .fails(2, &[&format!("cannot make '{file}'")]);
    krpc(&["record", "127.0.0.1:0", "127.0.0.1:1", "--out", "/proc/none"])
        .fails(2, &["cannot make '/proc/none'"]);
}

const ADD: &str = "kudu.rpc_test.CalculatorService/Add";
const PUSH: &str = "kudu.rpc.GenericCalculatorService/PushStringsFast";

/// What `krpc decode` finds in a file, without the first frames up to the context.
fn calls(path: &Path) -> (Vec<Value>, Ran) {
    let ran = krpc(&["decode", "--json", path.to_str().unwrap()]);
    let frames = ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let frames: Vec<_> = frames.collect();
    let kinds: Vec<_> = frames.iter().map(|frame| frame["kind"].as_str().unwrap()).collect();
    let before = [
        "preamble",
        "NEGOTIATE",
        "NEGOTIATE",
        "SASL_INITIATE",
        "SASL_SUCCESS",
        "connection context",
    ];
    assert!(kinds.starts_with(&before), "{ran:?}");
    (frames[before.len()..].to_vec(), ran)
}

/// Sizes, method, and the rest of what is known of a call.
fn brief(frame: &Value) -> Value {
    let keys = ["kind", "call_id", "service", "method", "body_bytes", "sidecars", "footer"];
    keys.iter().map(|key| frame[*key].clone()).collect()
}

#[test]
fn what_it_wrote_can_be_decoded() {
    let served = Served::new(&[]);
    let out = served.dir.path("r");
    let page = served.dir.write("page", noise(100_000));
    for (footers, footer) in [("auto", json!("sent")), ("off", Value::Null)] {
        let out = format!("{out}-{footers}");
        let mut relaying = Relaying::record(&served.addr, &out, &[]);
        let call = |method: &str, data: &str, more: &[&str]| {
            let args = ["call", &relaying.addr, method, "--data", data, "--footers", footers];
            krpc(&[&args, more].concat()).ok();
        };
        call(ADD, r#"{"x": 1, "y": 2}"#, &[]);
        call(PUSH, r#"{"sidecar_indexes": [0]}"#, &["--sidecar", &page]);
        let closed = [relaying.until("closed").concat(), relaying.until("closed").concat()];
        let (add, push) = (ADD.split_once('/').unwrap(), PUSH.split_once('/').unwrap());
        let expected = [
            [
                json!(["request", 0, add.0, add.1, 4, [], footer]),
                json!(["reply", 0, add.0, add.1, 2, [], null]),
            ],
            [
                json!(["request", 0, push.0, push.1, 2, [100_000], footer]),
                json!(["reply", 0, push.0, push.1, 4, [], null]),
            ],
        ];
        for ((path, expected), closed) in files(&out).iter().zip(expected).zip(closed) {
            let (found, ran) = calls(path);
            assert_eq!(found.iter().map(brief).collect::<Vec<_>>(), expected);
            let bytes = |dir: &str| {
                let frames =
                    ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
                frames
                    .filter(|f| f["dir"] == dir)
                    .map(|f| f["bytes"].as_u64().unwrap())
                    .sum::<u64>()
            };
            let passed = format!("{} bytes to the server, {} from it", bytes("c2s"), bytes("s2c"));
            assert!(closed.contains(&passed), "{passed}: {closed}");
            assert!(ran.err.is_empty(), "{ran:?}");
            ran.ok();
        }
        assert_eq!(files(&out).len(), 2);
    }
}

#[test]
fn a_file_that_a_full_disk_cut_is_decoded_up_to_there() {
    let served = Served::new(&[]);
    let page = served.dir.write("page", noise(1 << 20));
    for form in FORMS {
        let out = served.dir.path(&format!("r{}", form.concat()));
        let mut relaying = limited(&served.addr, &out, 100, form);
        let data = r#"{"sidecar_indexes": [0]}"#;
        krpc(&["call", &relaying.addr, PUSH, "--data", data, "--sidecar", &page]).ok();
        relaying.until("closed");
        let path = &files(&out)[0];
        let come = read(path).up.len() as u64;
        let (found, ran) = calls(path);
        assert_eq!(found, Vec::<Value>::new());
        let before: u64 = ran
            .out
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|frame| frame["dir"] == "c2s")
            .map(|frame| frame["bytes"].as_u64().unwrap())
            .sum();
        assert!(come > before, "nothing of the request was recorded");
        let there = format!("damage: the stream ends inside a frame: {} of 10", come - before);
        let called = format!("bytes are there, of call 0, {}", PUSH.replace('/', "."));
        ran.fails(1, &[&format!("from byte {before} on: {there}"), &called, "damaged in 1 place"]);
    }
}

#[test]
fn a_compressed_file_without_its_end_is_decoded_up_to_there() {
    let served = Served::new(&[]);
    let out = served.dir.path("r");
    let mut relaying = Relaying::record(&served.addr, &out, &["--gzip"]);
    krpc(&["call", &relaying.addr, ADD, "--data", r#"{"x": 1, "y": 2}"#]).ok();
    relaying.until("closed");
    let path = &files(&out)[0];
    let (whole, _) = calls(path);
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() - 10).unwrap();
    let (found, ran) = calls(path);
    assert_eq!(found, whole);
    ran.fails(1, &["line ", "cannot be read: ", "damaged in 1 place"]);
}
