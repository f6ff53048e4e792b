//! `krpc decode` on recordings, captures and what is neither.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::run::{Dir, Ran, krpc};

fn recordings() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../krpc-proto/tests/vectors")
}

fn recorded(file: &str) -> String {
    recordings().join(file).to_str().expect("a plain path").to_owned()
}

fn captured(file: &str) -> String {
    format!("{}/tests/captures/{file}", env!("CARGO_MANIFEST_DIR"))
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

fn frames(path: &str) -> Vec<Value> {
    objects(&krpc(&["decode", path, "--json"]).ok())
}

#[test]
fn all_recordings_have_the_frames_that_are_known() {
    let expected = fs::read_to_string(recordings().join("frames.jsonl")).expect("it is there");
    let (mut files, mut compared) = (0, 0);
    for line in expected.lines() {
        let line: Value = serde_json::from_str(line).expect("it is JSON");
        let file = line["file"].as_str().expect("a name");
        let expected = line["frames"].as_array().expect("a list");
        let expected: Vec<Value> =
            expected.iter().filter(|f| f["in_tls"] == false).map(as_told).collect();
        let found = frames(&recorded(file));
        assert_eq!(found[0]["kind"], "preamble", "{file}");
        assert_eq!(found[0]["bytes"], 7, "{file}");
        let found: Vec<Value> = found[1..].iter().map(same).collect();
        assert_eq!(found, expected, "{file}");
        (files, compared) = (files + 1, compared + found.len());
    }
    assert_eq!((files, compared), (72, 872));
}

/// A frame of `frames.jsonl` in the words of the tool.
fn as_told(frame: &Value) -> Value {
    json!({
        "dir": frame["dir"],
        "call_id": frame["call_id"],
        "bytes": frame["frame_len"],
        "body_bytes": frame["body_len"],
        "sidecars": frame["sidecar_lens"],
        "is_error": frame["is_error"] == true,
        "code": frame["error"]["code"],
        "message": frame["error"]["message"],
        "called": if frame["dir"] == "c2s" { frame["service"].clone() } else { Value::Null },
        "timeout_millis": frame["timeout_millis"],
    })
}

fn same(frame: &Value) -> Value {
    json!({
        "dir": frame["dir"],
        "call_id": frame["call_id"],
        "bytes": frame["bytes"],
        "body_bytes": frame["body_bytes"],
        "sidecars": frame["sidecars"],
        "is_error": frame["is_error"],
        "code": frame["code"],
        "message": frame["message"],
        "called": if frame["dir"] == "c2s" { frame["service"].clone() } else { Value::Null },
        "timeout_millis": frame["timeout_millis"],
    })
}

#[test]
fn replies_have_the_method_of_their_request() {
    let found = frames(&recorded("1.18.1-cli-plain-scan.jsonl"));
    let reply = found.iter().find(|f| f["kind"] == "reply").expect("calls are answered");
    assert_eq!(reply["service"], "kudu.tserver.TabletServerService");
    assert_eq!(reply["method"], "Scan");
    assert!(reply["took_us"].is_u64());
}

#[test]
fn footers_are_told() {
    let footers = |file: &str| -> Vec<Value> {
        let found = frames(&recorded(file));
        let calls = found.iter().filter(|f| f["dir"] == "c2s" && f["call_id"].as_i64() >= Some(0));
        calls.map(|f| f["footer"].clone()).collect()
    };
    assert_eq!(footers("footers-2017-calls.jsonl"), vec![json!("sent"); 12]);
    let aborted = footers("footers-2017-aborted.jsonl.gz");
    assert_eq!(aborted.iter().filter(|f| **f == "aborted").count(), 1, "{aborted:?}");
    assert_eq!(aborted.iter().filter(|f| **f == "sent").count(), aborted.len() - 1);
    assert!(frames(&recorded("1.18.1-cli-plain-scan.jsonl")).iter().all(|f| f["footer"].is_null()));
}

#[test]
fn tls_is_counted() {
    let out = krpc(&["decode", &recorded("1.18.1-cli-tls13-tserver-list.jsonl")]).ok();
    let counted: Vec<&str> = out.lines().filter(|line| line.contains("TLS records")).collect();
    assert_eq!(counted.len(), 2, "{out}");
    let auth_only = krpc(&["decode", &recorded("1.18.1-cli-authonly-master-status.jsonl")]).ok();
    assert!(!auth_only.contains("TLS records"), "{auth_only}");
}

#[test]
fn bodies_are_shown_and_credentials_are_not() {
    let file = recorded("1.18.1-cli-plain-master-status.jsonl");
    let shown = |more: &[&str]| krpc(&[&["decode", &file, "--bodies"], more].concat()).ok();
    let out = shown(&[]);
    assert!(
        out.contains("\"version_string\": ") && out.contains("\"token\": \"redacted\""),
        "{out}"
    );
    assert!(!shown(&["--secrets"]).contains("redacted"));
}

#[test]
fn what_is_no_recording_is_refused() {
    let dir = Dir::new();
    let refused = |name: &str, text: &[u8], parts: &[&str]| {
        krpc(&["decode", &dir.write(name, text)]).fails(1, parts);
    };
    refused("empty", b"", &["at byte 0", "empty"]);
    refused("elf", b"\x7fELF\x02\x01\x01\0", &["at byte 0", "neither a recording nor a capture"]);
    refused("object.json", b"{\"a\": 1}\n", &["no line with bytes"]);
    refused("pretty.json", b"{\n  \"a\": 1\n}\n", &["line 1, at byte 0", "no JSON object"]);
    refused("other.jsonl", b"{}\n{\"a\": 1}\n", &["line 2, at byte 3", "no 'dir'"]);
    refused("hex.jsonl", b"{}\n{\"dir\":\"c2s\",\"t_us\":1,\"hex\":\"6g\"}", &["line 2", "hex"]);
    refused("gz", b"\x1f\x8b\x08\0garbage", &["at byte 0", "cannot be read"]);
    refused("pcap", b"\xd4\xc3\xb2\xa1\x02\0", &["at byte 0", "ends inside a block"]);
    let http = b"{}\n{\"dir\":\"c2s\",\"t_us\":1,\"hex\":\"474554202f20485454502f\"}";
    refused("http.jsonl", http, &["damaged in 1 places"]);
    krpc(&["decode", &dir.path("none")]).fails(2, &["cannot read", "none"]);
}

/// Not one more or less than whole frames: a cut between two frames is no damage.
#[test]
fn a_cut_anywhere_is_told_with_its_place() {
    let whole = recorded("1.18.1-cli-plain-timestamp.jsonl");
    let text = fs::read_to_string(&whole).expect("it is there");
    let all = frames(&whole).len();
    let dir = Dir::new();
    let first = text.find('\n').expect("it has lines") + 1;
    for cut in (first + 1..text.len() - 1).step_by(7) {
        let ran: Ran = krpc(&["decode", "--json", &dir.write("cut.jsonl", &text[..cut])]);
        assert!(
            ran.code == 1 || text.as_bytes()[cut - 1] == b'\n' || text.as_bytes()[cut] == b'\n',
            "cut at {cut}: {ran:?}"
        );
        assert!(!ran.err.contains("panicked"), "cut at {cut}: {ran:?}");
        assert!(objects(&ran.out).len() <= all, "cut at {cut}");
    }
}

#[test]
fn a_capture_of_this_tool_is_read() {
    let pcap = frames(&captured("call.pcap"));
    let kinds: Vec<&str> = pcap.iter().map(|f| f["kind"].as_str().expect("text")).collect();
    assert_eq!(
        kinds,
        [
            "preamble",
            "NEGOTIATE",
            "NEGOTIATE",
            "SASL_INITIATE",
            "SASL_SUCCESS",
            "connection context",
            "request",
            "reply"
        ]
    );
    assert_eq!(pcap[7]["method"], "Add");
    let kept = |frames: &[Value]| -> Vec<Value> { frames.iter().map(same).collect() };
    assert_eq!(kept(&frames(&captured("call.pcapng"))), kept(&pcap));
    let out = krpc(&["decode", &captured("call.pcap")]).ok();
    assert!(out.contains("connection 1, 127.0.0.1:"), "{out}");
}

/// Every packet of the capture left out once: what follows is read again.
#[test]
fn missing_twice_sent_and_swapped_packets() {
    let capture = fs::read(captured("call.pcap")).expect("it is there");
    let (head, mut rest) = capture.split_at(24);
    let mut packets = Vec::new();
    while !rest.is_empty() {
        let len = u32::from_le_bytes(rest[8..12].try_into().expect("four bytes")) as usize;
        let (packet, more) = rest.split_at(16 + len);
        packets.push(packet);
        rest = more;
    }
    let dir = Dir::new();
    let told = |packets: &[&[u8]]| {
        let path = dir.write("changed.pcap", [&[head], packets].concat().concat());
        let ran = krpc(&["decode", "--json", &path]);
        assert!(!ran.err.contains("panicked"), "{ran:?}");
        ran
    };
    let all = objects(&told(&packets).ok()).len();
    assert_eq!(all, 8);
    let twice: Vec<&[u8]> = packets.iter().flat_map(|packet| [*packet, *packet]).collect();
    assert_eq!(objects(&told(&twice).ok()).len(), all, "retransmissions");
    for at in 3..packets.len() - 1 {
        let mut swapped = packets.clone();
        swapped.swap(at, at + 1);
        let found = told(&swapped);
        assert!(objects(&found.out).len() >= all - 2, "swapped {at}: {found:?}");
    }
    let mut gaps = 0;
    for at in 3..packets.len() {
        let mut fewer = packets.clone();
        fewer.remove(at);
        let ran = told(&fewer);
        gaps += usize::from(ran.err.contains("were not captured"));
        assert!(objects(&ran.out).len() + 2 >= all || at == 3, "without {at}: {ran:?}");
    }
    assert!(gaps >= 4, "{gaps} gaps");
}
