//! `krpc decode` on recordings, captures and what is neither.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use krpc_tokio::core::proto::frame;
use krpc_tokio::core::proto::pb::{RemoteMethodPb, RequestHeader, ResponseHeader};
use krpc_tokio::core::proto::preamble::PREAMBLE;
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

/// Objects with frames alone.
fn without_tls(objects: Vec<Value>) -> Vec<Value> {
    objects.into_iter().filter(|object| object["kind"] != "tls").collect()
}

#[test]
fn all_recordings_have_the_frames_that_are_known() {
    let expected = fs::read_to_string(recordings().join("frames.jsonl")).expect("it is there");
    let (mut files, mut compared) = (0, 0);
    for line in expected.lines() {
        let line: Value = serde_json::from_str(line).expect("it is JSON");
        let file = line["file"].as_str().expect("a name");
        let mut calls = BTreeMap::new();
        let expected: Vec<Value> = line["frames"]
            .as_array()
            .expect("a list")
            .iter()
            .filter(|frame| frame["in_tls"] == false)
            .map(|frame| as_told(frame, &mut calls))
            .collect();
        let found = without_tls(frames(&recorded(file)));
        assert_eq!(found[0]["kind"], "preamble", "{file}");
        assert_eq!(found[0]["bytes"], 7, "{file}");
        let found: Vec<Value> = found[1..].iter().map(same).collect();
        assert_eq!(found, expected, "{file}");
        (files, compared) = (files + 1, compared + found.len());
    }
    assert_eq!((files, compared), (72, 872));
}

/// A frame of `frames.jsonl` in the words of the tool. Replies have the method of their request.
fn as_told(frame: &Value, calls: &mut BTreeMap<i64, (Value, Value)>) -> Value {
    let id = frame["call_id"].as_i64().expect("a number");
    let called = match frame["dir"] == "c2s" {
        true => (frame["service"].clone(), frame["method"].clone()),
        false => calls.remove(&id).unwrap_or_default(),
    };
    if frame["dir"] == "c2s" && id >= 0 {
        calls.insert(id, called.clone());
    }
    let mut kind = &frame["negotiate"]["step"];
    let negotiation_error = json!("negotiation error");
    if frame["is_error"] == true && id == -33 {
        kind = &negotiation_error;
    }
    json!({
        "dir": frame["dir"],
        "call_id": id,
        "bytes": frame["frame_len"],
        "body_bytes": frame["body_len"],
        "sidecars": frame["sidecar_lens"],
        "is_error": frame["is_error"] == true,
        "code": frame["error"]["code"],
        "message": frame["error"]["message"],
        "service": called.0,
        "method": called.1,
        "footer": null,
        "step": kind,
        "timeout_millis": frame["timeout_millis"],
        "features": frame["required_feature_flags"].as_array().cloned().unwrap_or_default(),
        "request_id": frame["request_id"],
    })
}

fn same(frame: &Value) -> Value {
    let id = &frame["request_id"];
    let id = id.as_object().map(|id| {
        format!("{}/{}/{}", id["seq_no"], id["first_incomplete_seq_no"], id["attempt_no"])
    });
    let step = if frame["call_id"] == -33 { frame["kind"].clone() } else { Value::Null };
    json!({
        "dir": frame["dir"],
        "call_id": frame["call_id"],
        "bytes": frame["bytes"],
        "body_bytes": frame["body_bytes"],
        "sidecars": frame["sidecars"],
        "is_error": frame["is_error"],
        "code": frame["code"],
        "message": frame["message"],
        "service": frame["service"],
        "method": frame["method"],
        "footer": frame["footer"],
        "step": step,
        "timeout_millis": frame["timeout_millis"],
        "features": frame["features"],
        "request_id": id,
    })
}

/// Every recording there is: each line has the keys that readers rely on, and each byte is counted once.
#[test]
fn json_counts_every_byte_and_has_all_keys() {
    let mut tls = 0;
    for entry in fs::read_dir(recordings()).expect("it is there") {
        let path = entry.expect("it can be listed").path();
        let name =
            path.file_name().and_then(|name| name.to_str()).expect("a plain name").to_owned();
        if !name.ends_with(".jsonl") || name == "frames.jsonl" {
            continue;
        }
        let objects = frames(&recorded(&name));
        for object in &objects {
            for key in [
                "dir",
                "bytes",
                "call_id",
                "service",
                "method",
                "is_error",
                "body_bytes",
                "sidecars",
                "footer",
            ] {
                assert!(object.get(key).is_some(), "{name}: no {key} in {object}");
            }
            if object["kind"] == "tls" {
                tls += 1;
                assert!(object["tls"]["records"].as_u64() > Some(0), "{name}: {object}");
            }
        }
        for dir in ["c2s", "s2c"] {
            let of_dir = objects.iter().filter(|object| object["dir"] == dir);
            let counted: u64 = of_dir.map(|o| o["bytes"].as_u64().expect("a number")).sum();
            assert_eq!(counted, recorded_bytes(&path, dir), "{name}, {dir}");
        }
    }
    assert!(tls >= 20, "{tls} sides with TLS");
}

/// Bytes of one side, by the lines of the file.
fn recorded_bytes(path: &Path, dir: &str) -> u64 {
    let lines = objects(&fs::read_to_string(path).expect("it is there"));
    let of_dir = lines.iter().filter(|line| line["dir"] == dir);
    of_dir.filter_map(|line| line["hex"].as_str()).map(|hex| hex.len() as u64 / 2).sum()
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
    let file = recorded("1.18.1-cli-tls13-tserver-list.jsonl");
    let out = krpc(&["decode", &file]).ok();
    let counted: Vec<&str> = out.lines().filter(|line| line.contains("TLS records")).collect();
    assert_eq!(counted.len(), 2, "{out}");
    // When the connection ended.
    let last = objects(&fs::read_to_string(&file).expect("it is there"));
    let last = last.last().expect("it has lines")["t_us"].as_u64().expect("a number");
    let time = format!("{}.{:06}", last / 1_000_000, last % 1_000_000);
    assert!(last > 0 && counted.iter().all(|line| line.contains(&time)), "{out}");
    let found = frames(&file);
    let tls: Vec<&Value> = found.iter().filter(|object| object["kind"] == "tls").collect();
    assert_eq!(tls.len(), 2, "{found:?}");
    for (object, line) in tls.iter().zip(counted) {
        let (records, bytes) = (&object["tls"]["records"], &object["bytes"]);
        assert!(line.ends_with(&format!(": {records} TLS records, {bytes} bytes")), "{line}");
        assert_eq!((&object["call_id"], &object["t_us"]), (&Value::Null, &last.into()));
    }
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
    // What Kudu declares as text is text.
    for part in ["\"mechanism\": \"PLAIN\"", "\"real_user\": \"root\""] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let file = recorded("1.18.1-cli-plain-error-not-authorized.jsonl");
    let out = krpc(&["decode", &file, "--bodies"]).ok();
    assert!(out.contains("\"message\": \"Not authorized: "), "{out}");
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
    let line = |dir: &str, text: &[u8]| {
        let hex: String = text.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{{}}\n{{\"dir\":\"{dir}\",\"t_us\":1500001,\"hex\":\"{hex}\"}}\n")
    };
    for (dir_name, text, reason) in [
        ("c2s", &b"GET / HTTP/1.1\r\n"[..], "the peer speaks HTTP"),
        ("s2c", b"HTTP/1.1 400 Bad Request\r\n", "the peer answered in HTTP"),
        ("c2s", b"\x16\x03\x01\x02\0\x01\0", "the peer began with TLS"),
        ("c2s", b"hrpc\x08\0\0", "the peer speaks version 8"),
    ] {
        let path = dir.write("other", line(dir_name, text));
        let ran = krpc(&["decode", "--json", &path]);
        let told = format!("1.500001  1 {dir_name} from byte 0 on: damage: {reason}");
        assert!(ran.err.contains(&told) && ran.out.is_empty(), "{told}: {ran:?}");
        ran.fails(1, &["damaged in 1 place"]);
    }
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

/// A capture whose packets are lost, captured twice or out of order.
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
    assert_eq!(packets.len(), 16);
    let dir = Dir::new();
    let told = |packets: &[&[u8]]| {
        let path = dir.write("changed.pcap", [&[head], packets].concat().concat());
        let ran = krpc(&["decode", "--json", &path]);
        let frames: Vec<(String, u64)> = objects(&ran.out)
            .iter()
            .map(|f| (f["dir"].to_string(), f["offset"].as_u64().expect("a number")))
            .collect();
        assert_eq!(ran.code, 0, "a gap is no damage: {ran:?}");
        (frames, ran.err)
    };
    let all = told(&packets).0;
    assert_eq!(all.len(), 8);
    let twice: Vec<&[u8]> = packets.iter().flat_map(|packet| [*packet, *packet]).collect();
    assert_eq!(told(&twice).0, all, "retransmissions");
    // By side, those of each as they came.
    let sides = |mut frames: Vec<(String, u64)>| {
        frames.sort_by_key(|(dir, _)| dir.clone());
        frames
    };
    for at in 0..packets.len() - 1 {
        let mut swapped = packets.clone();
        swapped.swap(at, at + 1);
        assert_eq!(sides(told(&swapped).0), sides(all.clone()), "swapped {at}");
    }
    // Which frame is in which packet; the others have no bytes. The first has the preamble too, without
    // which the connection is not known.
    let carries = BTreeMap::from([(5, 2), (7, 3), (8, 4), (9, 5), (10, 6), (12, 7)]);
    for at in 0..packets.len() {
        let mut fewer = packets.clone();
        fewer.remove(at);
        let (found, said) = told(&fewer);
        let mut expected = all.clone();
        if at == 3 {
            expected.clear();
            assert!(said.contains("1 TCP connections that do not begin as KRPC does"), "{said}");
        }
        if let Some(frame) = carries.get(&at) {
            expected.remove(*frame);
        }
        assert_eq!(found, expected, "without {at}: {said}");
        assert_eq!(said.contains("not captured"), carries.contains_key(&at), "{at}: {said}");
    }
}

/// A service that is described by a file of the user's.
#[test]
fn bodies_of_services_of_ones_own() {
    let name = RemoteMethodPb { service_name: "shop.Shop".into(), method_name: "Buy".into() };
    let header =
        RequestHeader { call_id: 4, remote_method: Some(name), ..RequestHeader::default() };
    let hex = |header: &dyn Fn(&mut Vec<u8>), body: &[u8], before: &[u8]| -> String {
        let mut bytes = before.to_vec();
        header(&mut bytes);
        bytes.extend(body);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let request = |out: &mut Vec<u8>| frame::put_head(out, &header, 5, 0).expect("it is short");
    let answer = ResponseHeader { call_id: 4, ..ResponseHeader::default() };
    let reply = |out: &mut Vec<u8>| frame::put_head(out, &answer, 3, 0).expect("it is short");
    let lines = [
        json!({}),
        json!({"dir": "c2s", "t_us": 1, "hex": hex(&request, b"\x0a\x03tea", &PREAMBLE)}),
        json!({"dir": "s2c", "t_us": 2, "hex": hex(&reply, b"\x08\xac\x02", b"")}),
    ];
    let dir = Dir::new();
    let file = dir.write("shop.jsonl", lines.map(|line| format!("{line}\n")).concat());
    let proto = dir.write(
        "shop.proto",
        "syntax = 'proto2'; package shop;
         message Order { required string what = 1; } message Bill { optional int32 cents = 1; }
         service Shop { rpc Buy(Order) returns (Bill); }",
    );
    let shown = |more: &[&str]| -> Vec<Value> {
        let out = krpc(&[&["decode", &file, "--json", "--bodies"], more].concat()).ok();
        objects(&out).iter().map(|frame| frame["body"].clone()).collect()
    };
    assert_eq!(shown(&[]), [Value::Null, Value::Null, Value::Null]);
    let known = shown(&["--proto", &proto]);
    assert_eq!(known, [Value::Null, json!({"what": "tea"}), json!({"cents": 300})]);
    // An older file lacks fields that the messages have.
    let older = dir.write(
        "older.proto",
        "syntax = 'proto2'; package shop; message Order {} message Bill { optional int32 cents = 2; }
         service Shop { rpc Buy(Order) returns (Bill); }",
    );
    let lacks = json!({"unknown fields": [1]});
    assert_eq!(shown(&["--proto", &older]), [Value::Null, lacks.clone(), lacks]);
    krpc(&["decode", &file, "--bodies", "--proto", &dir.path("none")]).fails(2, &["none"]);
    let ran = krpc(&["decode", &file, "--proto", &proto]);
    assert!(ran.code == 2 && ran.err.contains("--bodies"), "{ran:?}");
}
