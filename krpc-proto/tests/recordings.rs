//! What real Kudu processes said to each other, read and written again.

#[path = "support/recording.rs"]
mod recording;

use bytes::Bytes;
use krpc_proto::codes::{AuthnType, NegotiateStep, RpcFeature};
use krpc_proto::{ErrorStatus, decode, frame, ids, pb, sidecar};
use prost::Message;
use recording::{Dir, Frame, Recording};
use serde_json::{Map, Value, json};

#[test]
fn every_recording_gives_the_frames_that_were_found_in_it() {
    let recordings = recording::all();
    let expected = recording::expected();
    assert_eq!(recordings.len(), 72);
    assert_eq!(
        recordings.iter().map(|recording| &recording.file).collect::<Vec<_>>(),
        expected.iter().map(|(file, _)| file).collect::<Vec<_>>()
    );
    let mut compared = 0;
    for (recording, (file, expected)) in recordings.iter().zip(&expected) {
        let frames = recording.frames(false);
        let outside_tls: Vec<&Value> =
            expected.iter().filter(|frame| frame["in_tls"] == false).collect();
        assert_eq!(outside_tls.len() < expected.len(), recording.encrypted(), "{file}");
        let found: Vec<Value> = frames.iter().map(describe).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), outside_tls, "{file}");
        compared += found.len();
    }
    assert_eq!(compared, 872, "frames in the clear");
}

#[test]
fn every_recorded_frame_is_written_again_byte_for_byte() {
    for recording in recording::all() {
        for frame in recording.frames(false) {
            assert_eq!(written_again(&frame), frame.wire, "{}", recording.file);
        }
    }
}

#[test]
fn footers_of_ordinary_calls() {
    let recording = recording::load("footers-2017-calls.jsonl");
    assert!(says_footers(&recording));
    let frames = recording.frames(true);
    let (client, server): (Vec<_>, Vec<_>) =
        frames.iter().partition(|frame| frame.dir == Dir::ClientToServer);
    assert_eq!((client.len(), server.len()), (15, 14));
    let mut calls = 0;
    for frame in &client {
        let header = decode::request_header(Bytes::copy_from_slice(frame.header())).unwrap();
        assert_eq!(frame.footer().is_some(), header.call_id >= 0);
        if let Some(footer) = frame.footer() {
            assert_eq!(frame::parse_footer(footer), Ok(false));
            calls += 1;
        }
        assert_eq!(written_again(frame), frame.wire);
    }
    assert_eq!(calls, 12);
    assert!(server.iter().all(|frame| frame.footer().is_none()));
}

#[test]
fn footer_of_an_aborted_call() {
    let recording = recording::load("footers-2017-aborted.jsonl.gz");
    assert!(says_footers(&recording));
    let mut aborted = Vec::new();
    let mut called = Vec::new();
    let mut answered = Vec::new();
    for frame in recording.frames(true) {
        match frame.dir {
            Dir::ClientToServer => {
                let header = decode::request_header(Bytes::copy_from_slice(frame.header()));
                let id = header.unwrap().call_id;
                match frame.footer().map(frame::parse_footer) {
                    Some(Ok(true)) => {
                        assert!(frame.main().len() > 4 << 20, "a 4 MiB sidecar was announced");
                        aborted.push(id);
                    }
                    Some(Ok(false)) => called.push(id),
                    Some(Err(error)) => panic!("{error}"),
                    None => assert!(id < 0),
                }
                assert_eq!(written_again(&frame), frame.wire);
            }
            Dir::ServerToClient => {
                let header = decode::response_header(Bytes::copy_from_slice(frame.header()));
                answered.push(header.unwrap().call_id);
            }
        }
    }
    answered.retain(|id| *id >= 0);
    assert_eq!(aborted.len(), 1);
    assert_eq!(answered, called, "all calls but the aborted one");
    assert!(called.iter().any(|id| id < &aborted[0]) && called.iter().any(|id| id > &aborted[0]));
}

fn says_footers(recording: &Recording) -> bool {
    let footers = krpc_proto::codes::FEATURE_REQUEST_FOOTERS as i32;
    recording.frames(true)[..2].iter().all(|frame| {
        let negotiate = decode::negotiate(Bytes::copy_from_slice(frame.main())).unwrap();
        negotiate.supported_features.contains(&footers)
    })
}

/// The frame as this crate writes it: header decoded and encoded, bodies of its own messages too.
fn written_again(frame: &Frame) -> Vec<u8> {
    let header = Bytes::copy_from_slice(frame.header());
    let main = Bytes::copy_from_slice(frame.main());
    let footer = frame.footer().map_or(0, |_| frame::FOOTER_LEN);
    let mut wire = Vec::new();
    let (call_id, is_error) = match frame.dir {
        Dir::ClientToServer => {
            let header = decode::request_header(header).unwrap();
            frame::put_head(&mut wire, &header, main.len(), footer).unwrap();
            (header.call_id, false)
        }
        Dir::ServerToClient => {
            let header = decode::response_header(header).unwrap();
            frame::put_head(&mut wire, &header, main.len(), footer).unwrap();
            (header.call_id, header.is_error())
        }
    };
    match call_id {
        _ if is_error => {
            let typed = pb::ErrorStatusPb::decode(main.clone()).unwrap().encode_to_vec();
            assert_eq!(typed, main);
            let flags = ErrorStatus::decode(main).unwrap();
            wire.extend_from_slice(&flags.encode());
        }
        ids::NEGOTIATE => decode::negotiate(main).unwrap().encode(&mut wire).unwrap(),
        ids::CONNECTION_CONTEXT => {
            decode::connection_context(main).unwrap().encode(&mut wire).unwrap();
        }
        _ => wire.extend_from_slice(&main),
    }
    if let Some(footer) = frame.footer() {
        wire.extend_from_slice(&frame::footer_bytes(frame::parse_footer(footer).unwrap()));
    }
    wire
}

/// The frame in the words of `frames.jsonl`.
fn describe(frame: &Frame) -> Value {
    let header = Bytes::copy_from_slice(frame.header());
    let main = Bytes::copy_from_slice(frame.main());
    let mut out = Map::new();
    let (dir, call_id, offsets) = match frame.dir {
        Dir::ClientToServer => {
            let header = decode::request_header(header).unwrap();
            describe_call(&mut out, &header);
            ("c2s", header.call_id, header.sidecar_offsets)
        }
        Dir::ServerToClient => {
            let header = decode::response_header(header).unwrap();
            out.insert("is_error".into(), json!(header.is_error()));
            ("s2c", header.call_id, header.sidecar_offsets)
        }
    };
    sidecar::check(main.len(), &offsets).unwrap();
    let sidecars: Vec<usize> =
        (0..).map_while(|i| sidecar::range(main.len(), &offsets, i)).map(|r| r.len()).collect();
    out.insert("dir".into(), json!(dir));
    out.insert("call_id".into(), json!(call_id));
    out.insert("frame_len".into(), json!(frame.wire.len()));
    out.insert("header_len".into(), json!(frame.header().len()));
    out.insert("body_len".into(), json!(sidecar::body_len(main.len(), &offsets)));
    out.insert("sidecar_lens".into(), json!(sidecars));
    out.insert("in_tls".into(), json!(false));
    if out.get("is_error") == Some(&json!(true)) {
        out.insert("error".into(), describe_error(&ErrorStatus::decode(main).unwrap()));
    } else if call_id == ids::NEGOTIATE {
        out.insert("negotiate".into(), describe_negotiate(&decode::negotiate(main).unwrap()));
    } else if call_id == ids::CONNECTION_CONTEXT {
        out.insert("context".into(), describe_context(&decode::connection_context(main).unwrap()));
    }
    out.into()
}

fn describe_call(out: &mut Map<String, Value>, header: &pb::RequestHeader) {
    if let Some(method) = &header.remote_method {
        out.insert("service".into(), json!(text(&method.service_name)));
        out.insert("method".into(), json!(text(&method.method_name)));
    }
    if let Some(timeout) = header.timeout_millis {
        out.insert("timeout_millis".into(), json!(timeout));
    }
    if !header.required_feature_flags.is_empty() {
        out.insert("required_feature_flags".into(), json!(header.required_feature_flags));
    }
    if let Some(id) = &header.request_id {
        let id = format!("{}/{}/{}", id.seq_no, id.first_incomplete_seq_no, id.attempt_no);
        out.insert("request_id".into(), json!(id));
    }
}

fn describe_error(error: &ErrorStatus) -> Value {
    let mut out = Map::new();
    out.insert("code".into(), json!(error.code.map(|code| code.name())));
    out.insert("message".into(), json!(error.message()));
    if !error.unsupported_feature_flags().is_empty() {
        out.insert("unsupported".into(), json!(error.unsupported_feature_flags()));
    }
    out.into()
}

fn describe_negotiate(message: &pb::NegotiatePb) -> Value {
    let mut out = Map::new();
    let step = NegotiateStep::from_i32(message.step).expect("a recorded step is a known one");
    out.insert("step".into(), json!(step.name()));
    let feature = |number: &i32| RpcFeature::from_i32(*number).map(|feature| feature.name());
    list(&mut out, "features", message.supported_features.iter().map(feature));
    let authn = |kind: &pb::AuthenticationTypePb| {
        AuthnType::from_pb(kind).map(|kind| kind.name().to_lowercase())
    };
    list(&mut out, "authn", message.authn_types.iter().map(authn));
    list(&mut out, "mechs", message.sasl_mechanisms.iter().map(|mech| text(&mech.mechanism)));
    let authn_token = message.authn_token.as_ref().map(|token| token.encode_to_vec().into());
    let jwt = message.jwt_raw.as_ref().and_then(|jwt| jwt.jwt_data.clone());
    for (name, bytes) in [
        ("tls_handshake", &message.tls_handshake),
        ("token", &message.token),
        ("nonce", &message.nonce),
        ("channel_bindings", &message.channel_bindings),
        ("authn_token", &authn_token),
        ("jwt", &jwt),
    ] {
        if let Some(bytes) = bytes {
            out.insert(name.into(), json!(bytes.len()));
        }
    }
    out.into()
}

fn describe_context(message: &pb::ConnectionContextPb) -> Value {
    let mut out = Map::new();
    if let Some(user) = &message.deprecated_user_info {
        out.insert("user".into(), json!(text(&user.real_user)));
    }
    if let Some(nonce) = &message.encoded_nonce {
        out.insert("encoded_nonce".into(), json!(nonce.len()));
    }
    out.into()
}

fn list(out: &mut Map<String, Value>, name: &str, items: impl Iterator<Item = impl Into<Value>>) {
    let items: Vec<Value> = items.map(Into::into).collect();
    if !items.is_empty() {
        out.insert(name.into(), items.into());
    }
}

fn text(bytes: &Bytes) -> &str {
    std::str::from_utf8(bytes).expect("recorded names are UTF-8")
}
