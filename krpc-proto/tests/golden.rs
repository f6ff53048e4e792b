//! Frames written out by hand from Kudu's source: encoding gives these bytes, decoding reads them.

#[path = "support/recording.rs"]
mod recording;

use bytes::Bytes;
use krpc_proto::codes::{AuthnType, NegotiateStep, RpcFeature};
use krpc_proto::frame::{self, FooterRule, PREFIX_LEN};
use krpc_proto::{decode, ids, pb, preamble, sidecar};
use prost::Message;
use recording::from_hex;

/// A frame from header, body and sidecars.
fn encode<H: Message>(header: &H, main: &[&[u8]]) -> Vec<u8> {
    let main = main.concat();
    let mut wire = Vec::new();
    frame::put_head(&mut wire, header, main.len(), 0).unwrap();
    wire.extend_from_slice(&main);
    wire
}

/// Header and main part of the one frame in `wire`.
fn split(wire: &[u8]) -> (Bytes, Bytes) {
    let (prefix, payload) = wire.split_first_chunk::<PREFIX_LEN>().unwrap();
    let len = frame::payload_len(*prefix, frame::DEFAULT_MAX_MESSAGE, true).unwrap();
    assert_eq!(len, payload.len());
    let parts = frame::split(payload, FooterRule::Forbidden).unwrap();
    assert_eq!(parts.footer, None);
    (payload[parts.header].to_vec().into(), payload[parts.main].to_vec().into())
}

fn check_request(golden: &str, header: pb::RequestHeader, body: &impl Message) -> Bytes {
    let golden = from_hex(golden);
    assert_eq!(encode(&header, &[&body.encode_to_vec()]), golden);
    let (head, main) = split(&golden);
    assert_eq!(decode::request_header(head), Ok(header));
    main
}

fn check_response(golden: &str, header: pb::ResponseHeader, main: &[&[u8]]) -> Bytes {
    let golden = from_hex(golden);
    assert_eq!(encode(&header, main), golden);
    let (head, main) = split(&golden);
    assert_eq!(decode::response_header(head), Ok(header));
    main
}

fn request(call_id: i32) -> pb::RequestHeader {
    pb::RequestHeader { call_id, ..Default::default() }
}

fn response(call_id: i32) -> pb::ResponseHeader {
    pb::ResponseHeader { call_id, ..Default::default() }
}

fn step(step: NegotiateStep) -> pb::NegotiatePb {
    pb::NegotiatePb { step: step.as_i32(), ..Default::default() }
}

fn plain() -> Vec<pb::negotiate_pb::SaslMechanism> {
    vec![pb::negotiate_pb::SaslMechanism { mechanism: "PLAIN".into() }]
}

#[test]
fn preamble_bytes() {
    assert_eq!(preamble::PREAMBLE[..], from_hex("68727063 09 00 00"));
    preamble::check(&preamble::PREAMBLE).unwrap();
}

#[test]
fn client_negotiate() {
    let body = pb::NegotiatePb {
        supported_features: RpcFeature::ALL.iter().map(|feature| feature.as_i32()).collect(),
        authn_types: vec![AuthnType::Sasl.to_pb()],
        ..step(NegotiateStep::Negotiate)
    };
    let golden = "00000019 0b 18dfffffffffffffffff01 0c 080108020803 1001 3a020a00";
    let main = check_request(golden, request(ids::NEGOTIATE), &body);
    assert_eq!(decode::negotiate(main), Ok(body));
}

#[test]
fn server_negotiate() {
    let body = pb::NegotiatePb {
        supported_features: vec![RpcFeature::ApplicationFeatureFlags.as_i32()],
        sasl_mechanisms: plain(),
        authn_types: vec![AuthnType::Sasl.to_pb()],
        ..step(NegotiateStep::Negotiate)
    };
    let golden = "0000001e 0b 08dfffffffffffffffff01 11 0801 1001 22071205504c41494e 3a020a00";
    let main = check_response(golden, response(ids::NEGOTIATE), &[&body.encode_to_vec()]);
    let read = decode::negotiate(main).unwrap();
    assert_eq!(AuthnType::from_pb(&read.authn_types[0]), Some(AuthnType::Sasl));
    assert_eq!(read, body);
}

#[test]
fn client_sasl_initiate() {
    let body = pb::NegotiatePb {
        token: Some(Bytes::from_static(b"\0alice\0")),
        sasl_mechanisms: plain(),
        ..step(NegotiateStep::SaslInitiate)
    };
    let golden = "00000021 0b 18dfffffffffffffffff01 14 1002 1a0700616c69636500 22071205504c41494e";
    let main = check_request(golden, request(ids::NEGOTIATE), &body);
    assert_eq!(decode::negotiate(main), Ok(body));
}

#[test]
fn server_sasl_success() {
    let body = step(NegotiateStep::SaslSuccess);
    let golden = "0000000f 0b 08dfffffffffffffffff01 02 1000";
    let main = check_response(golden, response(ids::NEGOTIATE), &[&body.encode_to_vec()]);
    assert_eq!(decode::negotiate(main), Ok(body));
}

#[test]
fn connection_context() {
    let user = pb::UserInformationPb { effective_user: None, real_user: "alice".into() };
    let body = pb::ConnectionContextPb { deprecated_user_info: Some(user), encoded_nonce: None };
    let golden = "00000016 0b 18fdffffffffffffffff01 09 12071205616c696365";
    let main = check_request(golden, request(ids::CONNECTION_CONTEXT), &body);
    assert_eq!(decode::connection_context(main), Ok(body));
}

#[derive(Clone, PartialEq, Message)]
struct AddRequest {
    #[prost(uint32, required, tag = "1")]
    x: u32,
    #[prost(uint32, required, tag = "2")]
    y: u32,
}

fn add_header(call_id: i32) -> pb::RequestHeader {
    pb::RequestHeader {
        remote_method: Some(pb::RemoteMethodPb {
            service_name: "kudu.rpc_test.CalculatorService".into(),
            method_name: "Add".into(),
        }),
        timeout_millis: Some(10_000),
        ..request(call_id)
    }
}

#[test]
fn call_add() {
    let golden =
        "00000033 2d 1800 3226 0a1f 6b7564752e7270635f746573742e43616c63756c61746f7253657276696365
        1203 416464 50904e 04 08011002";
    let main = check_request(golden, add_header(0), &AddRequest { x: 1, y: 2 });
    assert_eq!(AddRequest::decode(main).unwrap(), AddRequest { x: 1, y: 2 });
}

#[test]
fn call_add_with_footer() {
    let golden = from_hex(
        "00000037 2d 1801 3226 0a1f 6b7564752e7270635f746573742e43616c63756c61746f7253657276696365
        1203 416464 50904e 05 087b10c803 020800",
    );
    let body = AddRequest { x: 123, y: 456 }.encode_to_vec();
    let mut wire = Vec::new();
    frame::put_head(&mut wire, &add_header(1), body.len(), frame::FOOTER_LEN).unwrap();
    wire.extend_from_slice(&body);
    wire.extend_from_slice(&frame::footer_bytes(false));
    assert_eq!(wire, golden);

    let payload = &golden[PREFIX_LEN..];
    let parts = frame::split(payload, FooterRule::Required).unwrap();
    assert_eq!(payload[parts.main], body);
    assert_eq!(frame::parse_footer(&payload[parts.footer.unwrap()]), Ok(false));
    let error = frame::split(payload, FooterRule::Forbidden).unwrap_err();
    assert_eq!(error, frame::FrameError::Trailing { bytes: 3 });
}

#[test]
fn reply_to_add() {
    let header = pb::ResponseHeader { is_error: Some(false), ..response(0) };
    let main = check_response("00000008 04 08001000 02 0803", header, &[&[8, 3]]);
    assert_eq!(main[..], [8, 3]);
}

#[test]
fn reply_with_sidecars() {
    let sidecars: [&[u8]; 2] = [b"abc", b""];
    let offsets = sidecar::offsets(2, sidecars.iter().map(|sidecar| sidecar.len())).unwrap();
    assert_eq!(offsets, [2, 5]);
    let header = pb::ResponseHeader {
        is_error: Some(false),
        sidecar_offsets: offsets.clone(),
        ..response(7)
    };
    let golden = "0000000f 08 0807 1000 1802 1805 05 0803 616263";
    let main = check_response(golden, header, &[&[8, 3], b"abc", b""]);
    sidecar::check(main.len(), &offsets).unwrap();
    assert_eq!(main[..sidecar::body_len(main.len(), &offsets)], [8, 3]);
    for (i, sidecar) in sidecars.iter().enumerate() {
        assert_eq!(main[sidecar::range(main.len(), &offsets, i).unwrap()], **sidecar);
    }
    assert_eq!(sidecar::range(main.len(), &offsets, 2), None);
}

/// Whoever logs a message must not log what lets its reader in.
#[test]
fn credentials_are_not_shown() {
    let secret = || Some(Bytes::from_static(b"SECRET"));
    let token = pb::SignedTokenPb {
        token_data: secret(),
        signature: secret(),
        signing_key_seq_num: Some(3),
    };
    let message = pb::NegotiatePb {
        token: secret(),
        nonce: secret(),
        authn_token: Some(token),
        jwt_raw: Some(pb::JwtRawPb { jwt_data: secret() }),
        sasl_mechanisms: plain(),
        ..step(NegotiateStep::SaslInitiate)
    };
    let shown = format!("{message:?}");
    assert!(!shown.contains("SECRET"), "{shown}");
    assert!(shown.contains("SaslInitiate") && shown.contains("PLAIN"), "{shown}");
    assert!(shown.contains("6 bytes"), "{shown}");
}

/// Whose reply it is can be said as soon as its header is there, and not before.
#[test]
fn the_call_of_a_reply_that_is_still_coming() {
    let header = pb::ResponseHeader { is_error: Some(false), ..response(300) };
    let wire = encode(&header, &[b"body"]);
    let payload = &wire[PREFIX_LEN..];
    let end = 1 + header.encoded_len();
    for have in 0..=payload.len() {
        let expected = (have >= end).then_some(Some(300));
        assert_eq!(decode::reply_id(&payload[..have]), expected, "{have}");
    }
    // What is behind its id does not matter, nor what is behind the header.
    assert_eq!(decode::reply_id(&[5, 8, 7, 0x1a, 1, 9, 0xff]), Some(Some(7)));
    for (what, payload) in [
        ("no id", &[2, 0x10, 0][..]),
        ("nothing", &[0]),
        ("no message", &[2, 0xff, 0xff]),
        ("no length", &[0x80; 11]),
        // 262,145 bytes: what is not there yet will be no header either.
        ("too long", &[0x81, 0x80, 0x10]),
    ] {
        assert_eq!(decode::reply_id(payload), Some(None), "{what}");
    }
    // 262,144 bytes may be one.
    assert_eq!(decode::reply_id(&[0x80, 0x80, 0x10, 8, 7]), None);
}
