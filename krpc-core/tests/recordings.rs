//! Connections of real Kudu processes, played again: each side of the core is given what a real
//! peer sent, and has to say what the recorded process said.
//!
//! What was said inside TLS cannot be played again, nor can a TLS handshake: its secrets were
//! random. Under `TLS_AUTHENTICATION_ONLY` the stream behind the handshake is plain, so there a
//! handshake of our own takes the place of the recorded one, and the rest is as recorded.
#![allow(clippy::disallowed_methods)] // a time to begin with

mod raw;
#[path = "../../krpc-proto/tests/support/recording.rs"]
mod recording;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use krpc_core::proto::codes::{
    AuthnType, FEATURE_PRIVATE, FEATURE_REQUEST_FOOTERS, NegotiateStep, RpcFeature,
};
use krpc_core::proto::frame::{self, FooterRule, FrameError};
use krpc_core::proto::{decode, ids, pb, preamble, sidecar};
use krpc_core::{
    AuthError, CallError, CallId, CancelOutcome, ClientConfig, ClientEvent, ConnectionError,
    Encryption, ErrorCode, ErrorStatus, Execution, Footers, InboundCall, InboundReply,
    Incompatibility, Method, Misbehaviour, NegotiationInfo, OutboundCall, OutboundReply,
    ServerConfig, ServerEvent, ServerTls, TlsVersions, TransportError, TransportOp,
    UserCredentials,
};
use krpc_testkit::certs;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use raw::{
    RawClient, RawServer, alice, from_client, from_server, payloads, prefixed, request, responses,
};
use recording::Dir::{self, ClientToServer, ServerToClient};
use recording::{Frame, Recording, What};

// ---- the recordings

/// What was recorded, as far as it decides what becomes of it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// SASL PLAIN without TLS.
    Plain,
    /// SASL PLAIN behind a TLS handshake, but in the clear.
    PlainAuthOnly,
    PlainInTls,
    /// The server refuses a client that cannot do TLS.
    TlsRequired,
    /// The server refuses the client's version of TLS.
    TlsVersion,
    GssapiWithTls,
    GssapiWithoutTls,
    /// The client has no ticket and leaves.
    GssapiLeft,
    TokenWithTls,
    /// The client does not trust the server's certificate and leaves.
    TokenLeftInTls,
    /// The client does not show its token without TLS and leaves.
    TokenLeft,
    Certificate,
    Jwt,
    /// Requests end with a footer, as in a build of 2017.
    Footers,
}

/// A message's body and sidecars.
type Payload = (Bytes, Vec<Bytes>);

/// What a frame says.
enum Said {
    Negotiate(pb::NegotiatePb),
    Refusal(ErrorStatus),
    /// The user whom the connection context names.
    Context(String),
    Call(pb::RequestHeader, Payload),
    Reply(i32, Result<Payload, ErrorStatus>),
}

struct Script {
    recording: Recording,
    frames: Vec<(Frame, Said)>,
}

static ALL: LazyLock<Vec<Script>> = LazyLock::new(|| {
    let footers = ["footers-2017-aborted.jsonl.gz", "footers-2017-calls.jsonl"];
    let footers = footers.map(|file| Script::new(recording::load(file), true));
    let released = recording::all().into_iter().map(|recording| Script::new(recording, false));
    released.chain(footers).collect()
});

fn of(kinds: &'static [Kind]) -> impl Iterator<Item = &'static Script> {
    ALL.iter().filter(|script| kinds.contains(&script.kind()))
}

impl Script {
    fn new(recording: Recording, footers: bool) -> Self {
        let frames = recording.frames(footers).into_iter().map(read).collect();
        Script { recording, frames }
    }

    fn kind(&self) -> Kind {
        if self.frames.iter().any(|(frame, _)| frame.footer.is_some()) {
            return Kind::Footers;
        }
        let steps: Vec<_> = self.negotiation(ClientToServer).map(|m| m.step).collect();
        let is_handshake = |step: &&i32| **step == NegotiateStep::TlsHandshake.as_i32();
        let handshakes = steps.iter().filter(is_handshake).count();
        let Some(answer) = self.negotiation(ServerToClient).next() else {
            return Kind::TlsRequired;
        };
        let choice = match AuthnType::from_pb(&answer.authn_types[0]).unwrap() {
            AuthnType::Sasl => str::from_utf8(&answer.sasl_mechanisms[0].mechanism).unwrap(),
            other => other.name(),
        };
        match (choice, handshakes) {
            ("PLAIN", 0) => Kind::Plain,
            ("PLAIN", 1) => Kind::TlsVersion,
            ("PLAIN", _) if self.recording.encrypted() => Kind::PlainInTls,
            ("PLAIN", _) => Kind::PlainAuthOnly,
            ("GSSAPI", 0) if steps.len() == 1 => Kind::GssapiLeft,
            ("GSSAPI", 0) => Kind::GssapiWithoutTls,
            ("GSSAPI", _) => Kind::GssapiWithTls,
            ("TOKEN", 0) => Kind::TokenLeft,
            ("TOKEN", 1) => Kind::TokenLeftInTls,
            ("TOKEN", _) => Kind::TokenWithTls,
            ("CERTIFICATE", _) => Kind::Certificate,
            ("JWT", _) => Kind::Jwt,
            other => panic!("{}: {other:?}", self.file()),
        }
    }

    fn sent_by(&self, dir: Dir) -> impl Iterator<Item = &(Frame, Said)> {
        self.frames.iter().filter(move |(frame, _)| frame.dir == dir)
    }

    fn negotiation(&self, dir: Dir) -> impl Iterator<Item = &pb::NegotiatePb> {
        self.sent_by(dir).filter_map(|(_, said)| match said {
            Said::Negotiate(message) => Some(message),
            _ => None,
        })
    }

    fn file(&self) -> &str {
        &self.recording.file
    }

    fn features(&self, dir: Dir) -> Vec<u32> {
        let first = self.negotiation(dir).next();
        first.map_or(Vec::new(), |m| m.supported_features.iter().map(|f| *f as u32).collect())
    }

    fn lists(&self, dir: Dir, feature: RpcFeature) -> bool {
        self.features(dir).contains(&(feature as u32))
    }

    fn user(&self) -> &str {
        let user = self.frames.iter().find_map(|(_, said)| match said {
            Said::Context(user) => Some(user.as_str()),
            _ => None,
        });
        user.expect("this kind of recording has its connection context in the clear")
    }

    fn calls(&self) -> Vec<(&pb::RequestHeader, &Payload)> {
        let mut calls = Vec::new();
        for (_, said) in &self.frames {
            if let Said::Call(header, payload) = said {
                calls.push((header, payload));
            }
        }
        calls
    }

    fn replies(&self) -> Vec<(i32, &Result<Payload, ErrorStatus>)> {
        let mut replies = Vec::new();
        for (_, said) in &self.frames {
            if let Said::Reply(id, result) = said {
                replies.push((*id, result));
            }
        }
        replies
    }

    /// The call that was given up, its frame, and how many bytes of that frame are what they were to be:
    /// the sidecar has one byte over and over, the filler has others.
    fn aborted(&self) -> Option<(i32, &Frame, usize)> {
        let (frame, said) = self.frames.iter().find(|(frame, _)| is_aborted(frame))?;
        let Said::Call(header, (body, _)) = said else { panic!("only calls have a footer") };
        let begin = frame.main.start + body.len();
        let byte = frame.wire[begin];
        let filler = frame.wire[begin..].iter().position(|b| *b != byte).unwrap();
        Some((header.call_id, frame, begin + filler))
    }

    /// How requests end where both sides are to understand this recording in full.
    fn footers(&self) -> Footers {
        if self.kind() == Kind::Footers { Footers::Flag4Only } else { Footers::Auto }
    }

    /// What a side sent: up to its NEGOTIATE, and behind that without the handshake.
    fn streams(&self, dir: Dir) -> (Vec<u8>, Vec<u8>) {
        let preamble = if dir == ClientToServer { &preamble::PREAMBLE[..] } else { b"" };
        let (mut opening, mut rest) = (preamble.to_vec(), Vec::new());
        for (frame, said) in self.sent_by(dir) {
            match step(said) {
                Some(NegotiateStep::Negotiate) => opening.extend(&frame.wire),
                Some(NegotiateStep::TlsHandshake) => {}
                _ => rest.extend(&frame.wire),
            }
        }
        (opening, rest)
    }

    /// Where the frames of a side end in what it sent; the first entries are 0 and the preamble's.
    fn ends(&self, dir: Dir) -> Vec<usize> {
        let mut ends = vec![0];
        if dir == ClientToServer {
            ends.push(preamble::LEN);
        }
        for (frame, _) in self.sent_by(dir) {
            ends.push(ends[ends.len() - 1] + frame.wire.len());
        }
        ends
    }
}

fn is_aborted(frame: &Frame) -> bool {
    frame.footer().is_some_and(|footer| frame::parse_footer(footer).unwrap())
}

/// What we list, where a recorded process listed this.
fn listed(features: &[u32], footers: Footers) -> Vec<u32> {
    let ours: &[u32] = match footers {
        Footers::Auto => &[FEATURE_REQUEST_FOOTERS, FEATURE_PRIVATE],
        Footers::Off => &[FEATURE_PRIVATE],
        Footers::Flag4Only => &[FEATURE_REQUEST_FOOTERS],
    };
    let kudus = features.iter().filter(|feature| **feature != FEATURE_REQUEST_FOOTERS);
    kudus.chain(ours).copied().collect()
}

fn read(frame: Frame) -> (Frame, Said) {
    let header = Bytes::copy_from_slice(frame.header());
    let main = Bytes::copy_from_slice(frame.main());
    let payload = |offsets: &[u32]| -> Payload {
        let sidecars = (0..).map_while(|i| sidecar::range(main.len(), offsets, i));
        let sidecars = sidecars.map(|range| main.slice(range)).collect();
        (main.slice(..sidecar::body_len(main.len(), offsets)), sidecars)
    };
    let said = if frame.dir == ClientToServer {
        let header = decode::request_header(header).unwrap();
        match header.call_id {
            ids::NEGOTIATE => Said::Negotiate(decode::negotiate(main).unwrap()),
            ids::CONNECTION_CONTEXT => {
                let context = decode::connection_context(main).unwrap();
                let user = context.deprecated_user_info.unwrap().real_user;
                Said::Context(String::from_utf8(user.into()).unwrap())
            }
            _ => {
                let payload = payload(&header.sidecar_offsets);
                Said::Call(header, payload)
            }
        }
    } else {
        let header = decode::response_header(header).unwrap();
        match (header.call_id, header.is_error()) {
            (ids::NEGOTIATE, false) => Said::Negotiate(decode::negotiate(main).unwrap()),
            (ids::NEGOTIATE, true) => Said::Refusal(ErrorStatus::decode(main).unwrap()),
            (id, false) => Said::Reply(id, Ok(payload(&header.sidecar_offsets))),
            (id, true) => Said::Reply(id, Err(ErrorStatus::decode(main).unwrap())),
        }
    };
    (frame, said)
}

fn step(said: &Said) -> Option<NegotiateStep> {
    let Said::Negotiate(message) = said else { return None };
    NegotiateStep::from_i32(message.step)
}

#[test]
fn no_recording_is_left_out() {
    let mut counts = BTreeMap::new();
    for script in ALL.iter() {
        *counts.entry(script.kind()).or_insert(0) += 1;
    }
    let expected = [
        (Kind::Plain, 33),
        (Kind::PlainAuthOnly, 4),
        (Kind::PlainInTls, 8),
        (Kind::TlsRequired, 1),
        (Kind::TlsVersion, 1),
        (Kind::GssapiWithTls, 9),
        (Kind::GssapiWithoutTls, 1),
        (Kind::GssapiLeft, 1),
        (Kind::TokenWithTls, 7),
        (Kind::TokenLeftInTls, 1),
        (Kind::TokenLeft, 1),
        (Kind::Certificate, 3),
        (Kind::Jwt, 2),
        (Kind::Footers, 2),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    assert_eq!(counts.values().sum::<usize>(), 74);
    // Every file of the folder but the list of frames and the description.
    let files = std::fs::read_dir(recording::folder()).unwrap();
    assert_eq!(files.count(), 74 + 2);
}

// ---- our side of them

/// How a stream is cut: sizes of pieces, used over and over.
type Cuts<'a> = &'a [usize];

const WHOLE: Cuts<'_> = &[usize::MAX];
const BYTEWISE: Cuts<'_> = &[1];

fn pieces<'a>(mut bytes: &'a [u8], cuts: Cuts<'a>) -> impl Iterator<Item = &'a [u8]> {
    cuts.iter().cycle().map_while(move |size| {
        let (piece, rest) = bytes.split_at(bytes.len().min(*size));
        bytes = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

fn tls(versions: TlsVersions) -> ServerTls {
    ServerTls::from_pem_with(certs::SERVER, certs::SERVER_KEY, versions).unwrap()
}

/// The settings of the recorded server, if it had a certificate.
fn tls_config(script: &Script) -> ServerConfig {
    let authentication_only = script.lists(ServerToClient, RpcFeature::TlsAuthenticationOnly);
    let config = ServerConfig::new().encrypt_loopback(!authentication_only);
    match script.kind() {
        Kind::TlsRequired => config.encryption(Encryption::Required).tls(tls(TlsVersions::Both)),
        Kind::TlsVersion => config.tls(tls(TlsVersions::Tls13)),
        _ => config.tls(tls(TlsVersions::Both)),
    }
}

/// A server that lists what the recorded one listed, footers aside.
fn server(script: &Script, footers: Footers) -> RawClient {
    let lists_tls = script.lists(ServerToClient, RpcFeature::Tls);
    let config = if lists_tls { tls_config(script) } else { ServerConfig::new() };
    RawClient::new(config.footers(footers))
}

/// A client that lists what the recorded one listed, footers aside.
fn client(script: &Script, footers: Footers) -> RawServer {
    let authentication_only = script.lists(ClientToServer, RpcFeature::TlsAuthenticationOnly);
    let tls = script.lists(ClientToServer, RpcFeature::Tls);
    let config = ClientConfig::new(UserCredentials::new(script.user()))
        .encryption(if tls { Encryption::Optional } else { Encryption::Disabled })
        .encrypt_loopback(!authentication_only)
        .footers(footers)
        .first_call_id(script.calls()[0].0.call_id);
    RawServer::new(config)
}

/// Divides messages of the negotiation: those of the handshake, and the others.
fn divide(stream: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let is_handshake = |payload: &Bytes| {
        let parts = frame::split(payload, FooterRule::Forbidden).unwrap();
        let message = decode::negotiate(payload.slice(parts.main)).unwrap();
        message.step == NegotiateStep::TlsHandshake.as_i32()
    };
    let (handshake, others): (Vec<_>, Vec<_>) =
        payloads(stream).into_iter().partition(is_handshake);
    let joined = |list: Vec<Bytes>| list.iter().flat_map(|payload| prefixed(payload)).collect();
    (joined(handshake), joined(others))
}

/// Client and server, who know each other's NEGOTIATE, shake hands. Returns what the client said
/// behind that.
fn shake_hands(client: &mut RawServer, server: &mut RawClient) -> Vec<u8> {
    let mut behind = Vec::new();
    loop {
        let (handshake, others) = divide(&client.written());
        behind.extend(others);
        if handshake.is_empty() {
            return behind;
        }
        server.feed(&handshake);
        client.feed(&divide(&server.written()).0);
    }
}

// ---- recorded clients

/// Plays the client to our server, which answers as the recorded one did and in that order.
fn play_client(script: &Script, cuts: Cuts<'_>) {
    let file = script.file();
    let footers = script.footers();
    let mut peer = server(script, footers);
    let (opening, mut said) = script.streams(ClientToServer);
    let (answer, mut owed) = script.streams(ServerToClient);
    // All that is not as the recorded server said it.
    let mut message = script.negotiation(ServerToClient).next().unwrap().clone();
    assert_eq!(from_server(&message), answer, "{file}");
    let features = listed(&script.features(ServerToClient), footers);
    message.supported_features = features.iter().map(|feature| *feature as i32).collect();
    let answer = from_server(&message);
    if script.kind() == Kind::PlainAuthOnly {
        peer.feed(&opening);
        assert_eq!(peer.written(), answer, "{file}");
        let mut other = RawServer::new(alice());
        other.written();
        other.feed(&answer);
        shake_hands(&mut other, &mut peer);
    } else {
        said = [opening, said].concat();
        owed = [answer, owed].concat();
    }

    let mut replies = script.replies().into_iter().peekable();
    for piece in pieces(&said, cuts) {
        assert!(peer.conn.wants_read());
        peer.feed_in_place(piece);
        while let Some((id, reply)) = replies.peek() {
            let calls = peer.calls();
            let Some(call) = calls.iter().find(|call| call.id.get() == *id) else { break };
            let id = call.id;
            let reply = (*reply).clone().map(|(body, sidecars)| OutboundReply { body, sidecars });
            peer.conn.respond(peer.now, id, reply).unwrap();
            replies.next();
        }
        peer.drain();
    }
    assert_eq!(peer.written(), owed, "{file}");

    peer.eof();
    assert_eq!(peer.error(), ConnectionError::PeerClosed { mid_frame: false });
    let ServerEvent::Negotiated(info) = &peer.events[0] else { panic!("{:?}", peer.events) };
    check_negotiated(script, info, ClientToServer, ServerToClient, footers);
    let received: Vec<_> = peer.calls().into_iter().map(as_frame).collect();
    let aborted = script.aborted().map(|(id, ..)| id);
    let counted = peer.conn.stats().aborted_frames_received;
    assert_eq!(counted, aborted.iter().count() as u64, "{file}");
    let calls = script.calls().into_iter().filter(|(h, _)| Some(h.call_id) != aborted);
    let expected: Vec<_> = calls.map(|(h, p)| (h.clone(), p.clone())).collect();
    assert_eq!(received, expected, "{file}");
    assert_eq!(peer.events.len(), 1 + expected.len() + 1);
}

fn check_negotiated(
    script: &Script,
    info: &NegotiationInfo,
    theirs: Dir,
    ours: Dir,
    footers: Footers,
) {
    // The handshake is ours; that nothing is encrypted behind it was agreed with the recorded peer.
    let encrypted = info.tls.as_ref().map(|tls| tls.encrypted);
    assert_eq!(encrypted, (script.kind() == Kind::PlainAuthOnly).then_some(false));
    let expected = NegotiationInfo {
        peer_features: script.features(theirs),
        our_features: listed(&script.features(ours), footers),
        authn: AuthnType::Sasl,
        mechanism: Some("PLAIN"),
        tls: info.tls.clone(),
        footers: footers == Footers::Flag4Only,
        user: script.user().to_owned(),
    };
    assert_eq!(*info, expected, "{}", script.file());
}

/// A call as it was received, put back into the form that it had on the wire.
fn as_frame(call: &InboundCall) -> (pb::RequestHeader, Payload) {
    let sidecars: Vec<Bytes> = call.sidecars.iter().collect();
    let lengths = sidecars.iter().map(Bytes::len);
    assert_eq!(call.deadline, call.timeout.map(|timeout| call.received + timeout));
    let header = pb::RequestHeader {
        call_id: call.id.get(),
        remote_method: Some(pb::RemoteMethodPb {
            service_name: call.method.service.clone(),
            method_name: call.method.name.clone(),
        }),
        timeout_millis: call.timeout.map(|timeout| timeout.as_millis() as u32),
        required_feature_flags: call.required_features.clone(),
        request_id: call.request_id.clone().map(Into::into),
        sidecar_offsets: sidecar::offsets(call.body.len(), lengths).unwrap(),
    };
    (header, (call.body.clone(), sidecars))
}

#[test]
fn a_server_hears_what_a_recorded_client_said() {
    for script in of(&[Kind::Plain, Kind::PlainAuthOnly, Kind::Footers]) {
        play_client(script, WHOLE);
        play_client(script, BYTEWISE);
    }
}

/// Also one that knows footers: a number that Kudu gave up says nothing about who is there.
#[test]
fn a_server_without_footers_takes_them_for_damage() {
    for (script, footers) in
        of(&[Kind::Footers]).flat_map(|s| [(s, Footers::Auto), (s, Footers::Off)])
    {
        let stream = script.recording.stream(ClientToServer);
        // What was not written when the damage was seen is dropped.
        for (cuts, written) in [(WHOLE, 0), (BYTEWISE, NEGOTIATION)] {
            let mut peer = server(script, footers);
            pieces(&stream, cuts).for_each(|piece| peer.feed_in_place(piece));
            // `02 08 00` behind the first call.
            let error = Misbehaviour::Frame(FrameError::Trailing { bytes: 3 });
            assert_eq!(peer.error(), ConnectionError::PeerMisbehaved(error));
            let [ServerEvent::Negotiated(info), ServerEvent::Closed { .. }] = &peer.events[..]
            else {
                panic!("{:?}", peer.events);
            };
            check_negotiated(script, info, ClientToServer, ServerToClient, footers);
            assert_eq!(responses(&peer.written()).len(), written, "no word about it");
        }
    }
}

// ---- recorded servers

/// Plays the server to our client, which makes the recorded calls, each in its place, and gives up what
/// was given up after as many bytes. Returns what the client said, filler left out.
fn play_server(script: &Script, cuts: Cuts<'_>, footers: Footers) -> Vec<u8> {
    let file = script.file();
    let mut peer = client(script, footers);
    let aborted = script.aborted().filter(|_| footers == Footers::Flag4Only);
    let mut said = Vec::new();
    let mut frames =
        script.frames.iter().filter(|(_, said)| step(said) != Some(NegotiateStep::TlsHandshake));
    if script.kind() == Kind::PlainAuthOnly {
        said = peer.written();
        let mut other = RawClient::new(ServerConfig::new().tls(tls(TlsVersions::Both)));
        other.feed(&said);
        other.written();
        let (answer, _) = script.streams(ServerToClient);
        peer.feed(&answer);
        said.extend(shake_hands(&mut peer, &mut other));
        frames.nth(1).expect("both sides said NEGOTIATE");
    }

    let mut due = Vec::new();
    for (frame, said) in frames {
        match said {
            Said::Call(header, payload) => {
                pieces(&due, cuts).for_each(|piece| peer.feed_in_place(piece));
                due.clear();
                match aborted {
                    Some((id, frame, sent)) if id == header.call_id => {
                        peer.room(sent);
                        let id = start(&mut peer, header, payload);
                        let outcome = aborted_after(frame, sent);
                        assert_eq!(peer.conn.cancel_call(peer.now, id), Some(outcome), "{file}");
                        peer.room(usize::MAX);
                    }
                    _ => {
                        start(&mut peer, header, payload);
                    }
                }
            }
            _ if frame.dir == ServerToClient => due.extend(&frame.wire),
            _ => {}
        }
    }
    pieces(&due, cuts).for_each(|piece| peer.feed_in_place(piece));
    said.extend(peer.written());
    let mut recorded = as_we_say_it(script, footers);
    if let Some((_, frame, sent)) = aborted {
        // Filler is whatever it is.
        let begin = |stream: &[u8]| {
            let head = &frame.wire[..frame.main.start];
            stream.windows(head.len()).position(|window| window == head).unwrap()
        };
        for stream in [&mut said, &mut recorded] {
            let begin = begin(stream);
            stream[begin + sent..begin + frame.wire.len() - frame::FOOTER_LEN].fill(0);
        }
    }
    assert!(said == recorded, "{file}");

    let resets =
        |event: &recording::Event| event.dir == ServerToClient && event.what == What::Reset;
    let end = if script.recording.events.iter().any(resets) {
        let (op, kind) = (TransportOp::Read, ErrorKind::ConnectionReset);
        let error = TransportError { op, kind, message: "connection reset".into() };
        peer.conn.handle_transport_error(peer.now, error.clone());
        peer.drain();
        ConnectionError::Transport(error)
    } else {
        peer.eof();
        ConnectionError::PeerClosed { mid_frame: false }
    };
    assert_eq!(peer.error(), end, "{file}");
    let negotiated = peer.events.iter().find_map(|event| match event {
        ClientEvent::Negotiated(info) => Some(info),
        _ => None,
    });
    check_negotiated(script, negotiated.unwrap(), ServerToClient, ClientToServer, footers);
    let mut results = results(&peer);
    if let Some((id, frame, sent)) = aborted {
        let outcome = aborted_after(frame, sent);
        let error = CallError::Cancelled { outcome, execution: Execution::Never };
        let index = results.iter().position(|(ended, _)| *ended == id).unwrap();
        assert_eq!(results.remove(index), (id, Err(error)), "{file}");
    }
    let mut expected = results_behind(script, usize::MAX, &end);
    expected.retain(|(id, _)| aborted.is_none_or(|(aborted, ..)| aborted != *id));
    assert_eq!(results, expected, "{file}");
    said
}

fn aborted_after(frame: &Frame, sent: usize) -> CancelOutcome {
    let filler = frame.wire.len() - frame::FOOTER_LEN - sent;
    CancelOutcome::Aborted { sent: sent as u64, filler: filler as u64 }
}

/// Makes a recorded call. An id that the recording lacks is that of a call which was cancelled
/// before it was sent.
fn start(peer: &mut RawServer, header: &pb::RequestHeader, (body, sidecars): &Payload) -> CallId {
    let method = header.remote_method.clone().unwrap();
    let timeout = header.timeout_millis.map(|ms| Duration::from_millis(ms.into()));
    let call = OutboundCall {
        method: Method { service: method.service_name, name: method.method_name },
        body: body.clone(),
        sidecars: sidecars.clone(),
        deadline: timeout.map(|timeout| peer.now + timeout),
        required_features: header.required_feature_flags.clone(),
        request_id: header.request_id.clone().map(Into::into),
        outlives_connection: false,
    };
    let id = loop {
        let id = peer.conn.start_call(peer.now, call.clone()).unwrap();
        if id.get() == header.call_id {
            break id;
        }
        assert!(id.get() < header.call_id);
        assert_eq!(peer.conn.cancel_call(peer.now, id), Some(CancelOutcome::NotBegun));
    };
    peer.drain();
    id
}

/// What the recorded client sent, without a handshake, as far as ours says it too: it offers no
/// token, lists two numbers of its own, and lets requests end with a footer only if that was agreed on.
fn as_we_say_it(script: &Script, footers: Footers) -> Vec<u8> {
    let mut stream = preamble::PREAMBLE.to_vec();
    for (frame, said) in script.sent_by(ClientToServer) {
        match (said, step(said)) {
            (_, Some(NegotiateStep::TlsHandshake)) => {}
            (Said::Negotiate(message), Some(NegotiateStep::Negotiate)) => {
                let mut message = message.clone();
                let features = listed(&script.features(ClientToServer), footers);
                message.supported_features = features.iter().map(|f| *f as i32).collect();
                message.authn_types.retain(|a| AuthnType::from_pb(a) == Some(AuthnType::Sasl));
                stream.extend(from_client(&message));
            }
            (Said::Call(header, _), _)
                if frame.footer.is_some() && footers != Footers::Flag4Only =>
            {
                stream.extend(request(header, frame.main()));
            }
            _ => stream.extend(&frame.wire),
        }
    }
    stream
}

type Results = Vec<(i32, Result<Payload, CallError>)>;

/// How the calls have ended, those aside that were never sent because they were cancelled.
fn results(peer: &RawServer) -> Results {
    let mut results = Vec::new();
    for event in &peer.events {
        if let ClientEvent::Completed { id, result } = event {
            let payload = |reply: &InboundReply| -> Payload {
                (reply.body.clone(), reply.sidecars.iter().collect())
            };
            results.push((id.get(), result.as_ref().map(payload).map_err(Clone::clone)));
        }
    }
    let (outcome, execution) = (CancelOutcome::NotBegun, Execution::Never);
    let never_sent = Err(CallError::Cancelled { outcome, execution });
    results.retain(|(_, result)| *result != never_sent);
    results
}

/// How they have to end when the server's stream ends behind `len` bytes: as recorded, or lost.
fn results_behind(script: &Script, len: usize, end: &ConnectionError) -> Results {
    let ends = script.ends(ServerToClient);
    let arrived = ends[1..].iter().filter(|end| **end <= len).count();
    let execution = if arrived < NEGOTIATION { Execution::Never } else { Execution::Maybe };
    let mut results = Vec::new();
    for (_, said) in script.sent_by(ServerToClient).take(arrived) {
        if let Said::Reply(id, result) = said {
            results.push((*id, result.clone().map_err(CallError::Remote)));
        }
    }
    for (header, _) in script.calls() {
        if !results.iter().any(|(id, _)| *id == header.call_id) {
            let lost = CallError::ConnectionLost { error: end.clone(), execution };
            results.push((header.call_id, Err(lost)));
        }
    }
    results
}

#[test]
fn a_client_hears_what_a_recorded_server_said() {
    for script in of(&[Kind::Plain, Kind::PlainAuthOnly, Kind::Footers]) {
        play_server(script, WHOLE, script.footers());
        play_server(script, BYTEWISE, script.footers());
    }
}

/// Whatever else we can do: a released Kudu gets two numbers from us that its own client does not list, and
/// which it does not know, and not a byte besides. (A token is not offered, because we have none.)
#[test]
fn a_released_server_gets_two_feature_numbers_more_and_nothing_else() {
    let mut played = 0;
    for script in of(&[Kind::Plain]).filter(|script| script.file().starts_with("1.18.1-")) {
        let said = play_server(script, WHOLE, Footers::Auto);
        let recorded = script.recording.stream(ClientToServer);
        let ends = script.ends(ClientToServer);
        let (begin, end) = (preamble::LEN, ends[2]);
        // The first message of the recorded client with the two numbers in it, and only what we offer.
        let mut message = script.negotiation(ClientToServer).next().unwrap().clone();
        message.supported_features.extend([4, 1000]);
        message.authn_types.retain(|a| AuthnType::from_pb(a) == Some(AuthnType::Sasl));
        let expected = [&recorded[..begin], &from_client(&message), &recorded[end..]].concat();
        assert!(said == expected, "{}", script.file());
        played += 1;
    }
    assert!(played > 20, "{played}");
}

/// A server of 2017 lists the number that Kudu gave up, and whoever takes it up may mean anything by it.
#[test]
fn a_server_that_lists_footers_alone_gets_none() {
    for script in of(&[Kind::Footers]) {
        play_server(script, WHOLE, Footers::Auto);
        play_server(script, WHOLE, Footers::Off);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn how_a_stream_is_cut_makes_no_difference(cuts in vec(1..3_000_usize, 1..20)) {
        for script in of(&[Kind::Plain, Kind::PlainAuthOnly]) {
            play_client(script, &cuts);
            play_server(script, &cuts, script.footers());
        }
    }
}

// ---- ends

/// Frames of a server's negotiation without TLS: NEGOTIATE and SASL_SUCCESS.
const NEGOTIATION: usize = 2;

/// Where a stream of frames with these ends is cut: at every byte, in a large one at every seventh
/// and wherever frames meet.
fn places(ends: &[usize]) -> impl Iterator<Item = usize> {
    let len = ends[ends.len() - 1];
    let is_near = move |cut: usize| ends.iter().any(|end| end.abs_diff(cut) < 8);
    (0..=len).filter(move |cut| len < 4 << 10 || cut % 7 == 0 || is_near(*cut))
}

#[test]
fn a_recorded_client_may_end_at_any_byte() {
    for script in of(&[Kind::Plain]) {
        let stream = script.recording.stream(ClientToServer);
        let ends = script.ends(ClientToServer);
        for cut in places(&ends) {
            let mut peer = server(script, script.footers());
            peer.feed(&stream[..cut]);
            peer.eof();
            let mid_frame = !ends.contains(&cut);
            assert_eq!(
                peer.error(),
                ConnectionError::PeerClosed { mid_frame },
                "{cut}: {}",
                script.file()
            );
            // In front of the first call: preamble, NEGOTIATE, SASL_INITIATE, connection context.
            let calls = ends[1..].iter().filter(|end| **end <= cut).skip(4).count();
            assert_eq!(peer.calls().len(), calls, "{cut}: {}", script.file());
        }
    }
}

#[test]
fn a_recorded_server_may_end_at_any_byte() {
    for script in of(&[Kind::Plain]) {
        let stream = script.recording.stream(ServerToClient);
        let ends = script.ends(ServerToClient);
        for cut in places(&ends) {
            let mut peer = client(script, script.footers());
            for (header, payload) in script.calls() {
                start(&mut peer, header, payload);
            }
            // No reply comes before its call was sent.
            let (negotiation, replies) = stream[..cut].split_at(cut.min(ends[NEGOTIATION]));
            peer.feed(negotiation);
            peer.feed(replies);
            peer.eof();
            let end = ConnectionError::PeerClosed { mid_frame: !ends.contains(&cut) };
            let file = script.file();
            assert_eq!(peer.error(), end, "{cut}: {file}");
            assert_eq!(results(&peer), results_behind(script, cut, &end), "{cut}: {file}");
        }
    }
}

// ---- what cannot be played to its end

/// How it ends for our server without and with TLS, and for our client without and with TLS. What
/// a TLS library says depends on its version: it is left out.
fn ends(script: &Script) -> Option<[ConnectionError; 4]> {
    use ConnectionError::{Auth, PeerClosed, PeerIncompatible, PeerMisbehaved, Tls};
    let tls = || Tls("".into());
    let left = || PeerClosed { mid_frame: false };
    let handshake_instead_of = |expected| {
        let got = NegotiateStep::TlsHandshake.name().into();
        PeerMisbehaved(Misbehaviour::WrongStep { got, expected })
    };
    let to_server = || handshake_instead_of("SASL_INITIATE");
    let gssapi = || {
        let (client, server) = ("PLAIN".into(), "GSSAPI".into());
        Auth(AuthError::NoCommonMechanism { client, server })
    };
    let not_enabled = || {
        let text = "SASL mechanism GSSAPI is not enabled; PLAIN is";
        Auth(AuthError::Mechanism(text.into()))
    };
    let choice = |name| Auth(AuthError::NotImplemented(name));
    let refusal = || {
        let refusal = script.frames.iter().find_map(|(_, said)| match said {
            Said::Refusal(status) => Some(status.clone()),
            _ => None,
        });
        refusal.unwrap().into()
    };
    let lacks_tls = PeerIncompatible(Incompatibility::ClientLacksTls);
    Some(match script.kind() {
        Kind::Plain | Kind::Footers => return None,
        Kind::PlainAuthOnly | Kind::PlainInTls => {
            [to_server(), tls(), handshake_instead_of("SASL_SUCCESS"), tls()]
        }
        Kind::TlsRequired => [left(), lacks_tls, refusal(), refusal()],
        Kind::TlsVersion => [to_server(), tls(), refusal(), refusal()],
        Kind::GssapiWithTls => [to_server(), tls(), gssapi(), gssapi()],
        Kind::GssapiWithoutTls => [not_enabled(), not_enabled(), gssapi(), gssapi()],
        Kind::GssapiLeft => [left(), left(), gssapi(), gssapi()],
        Kind::TokenWithTls => [to_server(), tls(), choice("TOKEN"), choice("TOKEN")],
        Kind::TokenLeftInTls => [to_server(), left(), choice("TOKEN"), choice("TOKEN")],
        Kind::TokenLeft => [left(), left(), choice("TOKEN"), choice("TOKEN")],
        Kind::Certificate => [to_server(), tls(), choice("CERTIFICATE"), choice("CERTIFICATE")],
        Kind::Jwt => [to_server(), tls(), choice("JWT"), choice("JWT")],
    })
}

/// The end of a connection, without the words of the TLS library.
fn without_words(error: ConnectionError) -> ConnectionError {
    match error {
        ConnectionError::Tls(text) => {
            assert_ne!(&*text, "");
            ConnectionError::Tls("".into())
        }
        other => other,
    }
}

#[test]
fn what_cannot_be_played_to_its_end_ends_in_a_typed_error() {
    let mut played = 0;
    for script in ALL.iter() {
        let Some([plain_server, tls_server, plain_client, tls_client]) = ends(script) else {
            continue;
        };
        for cuts in [WHOLE, BYTEWISE, &[7, 300]] {
            server_ends(script, ServerConfig::new(), cuts, &plain_server);
            server_ends(script, tls_config(script), cuts, &tls_server);
            client_ends(script, alice().encryption(Encryption::Disabled), cuts, &plain_client);
            client_ends(script, alice(), cuts, &tls_client);
        }
        played += 1;
    }
    assert_eq!(played, 74 - 33 - 2);
}

fn server_ends(script: &Script, config: ServerConfig, cuts: Cuts<'_>, end: &ConnectionError) {
    let file = script.file();
    let mut peer = RawClient::new(config);
    let stream = script.recording.stream(ClientToServer);
    pieces(&stream, cuts).for_each(|piece| peer.feed_in_place(piece));
    peer.eof();
    assert_eq!(without_words(peer.error()), *end, "{file}");
    assert_eq!(peer.events.len(), 1, "{file}: no negotiation succeeds, no call is seen");
    // Who is still there is told why.
    let written = peer.written();
    let (header, body) = responses(&written).pop().unwrap();
    let refused = !matches!(end, ConnectionError::PeerClosed { .. });
    assert_eq!(header.is_error(), refused, "{file}");
    if refused {
        let status = ErrorStatus::decode(body).unwrap();
        assert_eq!(status.code, Some(ErrorCode::FatalUnauthorized), "{file}: {status}");
    }
    if *end == ConnectionError::PeerIncompatible(Incompatibility::ClientLacksTls) {
        assert_eq!(written, script.recording.stream(ServerToClient), "Kudu's own words");
    }
}

fn client_ends(script: &Script, config: ClientConfig, cuts: Cuts<'_>, end: &ConnectionError) {
    let file = script.file();
    let mut peer = RawServer::new(config);
    let method = Method::from_static("kudu.server.GenericService", "GetStatus");
    let waiting = peer.conn.start_call(peer.now, OutboundCall::new(method, "")).unwrap();
    let stream = script.recording.stream(ServerToClient);
    pieces(&stream, cuts).for_each(|piece| peer.feed_in_place(piece));
    peer.eof();
    let error = peer.error();
    let lost = CallError::ConnectionLost { error: error.clone(), execution: Execution::Never };
    assert_eq!(results(&peer), [(waiting.get(), Err(lost))], "{file}");
    assert_eq!(peer.events.len(), 2, "{file}: no negotiation succeeds");
    assert_eq!(without_words(error), *end, "{file}");
}
