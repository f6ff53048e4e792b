//! The negotiation of our client with our server: every policy, real TLS, the switch to it in
//! mid-buffer, untrusted networks, and Kudu's own table of cases.

mod raw;

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Instant;

use krpc_core::{
    AuthError, AuthnType, CallError, ClientConfig, ClientEvent, ClientTls, ConnectionError,
    Direction, Encryption, ErrorCode, ErrorStatus, Execution, FrameKind, FrameSeen,
    Incompatibility, Link, Method, NegotiationInfo, Observer, OutboundCall, OutboundReply, Roots,
    ServerConfig, ServerEvent, ServerTls, StatusCode, Subnet, TlsInfo, TlsVersions,
};
use krpc_testkit::{Pair, Plan, certs};
use raw::{RawClient, RawServer, alice};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

// ---- a negotiation and what is to come of it

/// What is to come of a negotiation.
enum Outcome {
    Plain,
    /// A TLS handshake, and a plain stream behind it.
    AuthenticationOnly,
    Encrypted,
    /// The server ends with this error and tells the client so, in these words.
    Refused(ConnectionError, &'static str),
    /// The client ends with this error and says no further word.
    Left(ConnectionError),
}

use Outcome::{AuthenticationOnly, Encrypted, Left, Plain, Refused};

fn client_lacks_tls() -> Outcome {
    let error = ConnectionError::PeerIncompatible(Incompatibility::ClientLacksTls);
    Refused(error, "client does not support required TLS encryption")
}

fn server_lacks_tls() -> Outcome {
    Left(ConnectionError::PeerIncompatible(Incompatibility::ServerLacksTls))
}

fn untrusted_plaintext() -> Outcome {
    let error = ConnectionError::PeerIncompatible(Incompatibility::UntrustedPlaintext);
    Refused(error, "unencrypted connections from publicly routable IPs are prohibited")
}

/// What both sides made of a negotiation with one call behind it.
struct Session {
    client: Result<NegotiationInfo, ConnectionError>,
    server: Result<NegotiationInfo, ConnectionError>,
    reply: Result<Vec<u8>, CallError>,
    seen: Vec<FrameSeen>,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
}

const BODY: &[u8] = b"nobody else is to read this";

struct Log(Sender<FrameSeen>);

impl Observer for Log {
    fn frame(&self, _now: Instant, frame: &FrameSeen) {
        self.0.send(*frame).expect("the test listens");
    }
}

fn log() -> (Arc<Log>, Receiver<FrameSeen>) {
    let (sender, receiver) = mpsc::channel();
    (Arc::new(Log(sender)), receiver)
}

impl Session {
    fn run(client: ClientConfig, server: ServerConfig, link: Link, plan: Plan) -> Self {
        let (client_log, client_saw) = log();
        let (server_log, server_saw) = log();
        let (client, server) = (client.observer(client_log), server.observer(server_log));
        let mut pair = Pair::on_link(client, server, plan.clone(), plan, link);
        pair.to_server.record();
        pair.to_client.record();
        pair.serve(|call| Some(Ok(OutboundReply::new(call.body.clone()))));
        let id = pair.call(BODY);
        pair.run();

        let reply = pair.reply(id).map(|reply| reply.body.to_vec());
        let client = only(pair.client_events(), |event| match event {
            ClientEvent::Negotiated(info) => Some(Ok(*info)),
            ClientEvent::Closed { error } => Some(Err(error)),
            _ => None,
        });
        let server = only(pair.server_events(), |event| match event {
            ServerEvent::Negotiated(info) => Some(Ok(*info)),
            ServerEvent::Closed { error } => Some(Err(error)),
            _ => None,
        });
        let seen: Vec<_> = client_saw.try_iter().collect();
        let flipped = server_saw.try_iter().map(|frame| match frame.direction {
            Direction::Sent => FrameSeen { direction: Direction::Received, ..frame },
            Direction::Received => FrameSeen { direction: Direction::Sent, ..frame },
        });
        assert_eq!(seen, flipped.collect::<Vec<_>>(), "what one sends, the other receives");
        let to_server = pair.to_server.recorded().to_vec();
        let to_client = pair.to_client.recorded().to_vec();
        let session = Session { client, server, reply, seen, to_server, to_client };
        session.account(Direction::Sent, &session.to_server);
        session.account(Direction::Received, &session.to_client);
        session
    }

    /// What is on the wire: plain frames, then a record of TLS for each sealed one. No alert, no
    /// ticket, nothing else.
    fn account(&self, direction: Direction, stream: &[u8]) {
        const APPLICATION_DATA: u8 = 23;
        let frames = || self.seen.iter().filter(|frame| frame.direction == direction);
        let plain: usize = frames().filter(|frame| !frame.in_tls).map(|frame| frame.size).sum();
        let mut rest = &stream[plain..];
        for frame in frames().filter(|frame| frame.in_tls) {
            let [APPLICATION_DATA, 3, 3, high, low, record @ ..] = rest else {
                panic!("no record where {frame:?} should be: {rest:?}");
            };
            rest = &record[usize::from(u16::from_be_bytes([*high, *low]))..];
        }
        assert_eq!(rest, b"", "{direction:?} behind the last frame");
    }

    /// Both sides are open and say the same of it; `tls` is whether it encrypts, if there is any.
    /// Returns what the client says of it.
    #[track_caller]
    fn opened(&self, case: &str, tls: Option<bool>) -> Option<&TlsInfo> {
        let (Ok(client), Ok(server)) = (&self.client, &self.server) else {
            panic!("{case}: {:?} and {:?}", self.client, self.server);
        };
        assert_eq!(self.reply.as_deref(), Ok(BODY), "{case}");
        for info in [client, server] {
            assert_eq!(info.authn, AuthnType::Sasl, "{case}");
            assert_eq!(info.mechanism, Some("PLAIN"), "{case}");
            assert_eq!(info.user, "alice", "{case}");
            assert_eq!(info.tls.as_ref().map(|tls| tls.encrypted), tls, "{case}");
            assert!(info.footers, "{case}");
        }
        assert_eq!(client.our_features, server.peer_features, "{case}");
        assert_eq!(client.peer_features, server.our_features, "{case}");
        if let (Some(client), Some(server)) = (&client.tls, &server.tls) {
            assert_eq!((client.version, &client.suite), (server.version, &server.suite), "{case}");
            let shown = CertificateDer::from_pem_slice(certs::SERVER).unwrap();
            assert_eq!(client.peer_certificate.as_deref(), Some(&shown[..]), "{case}");
            assert_eq!((server.peer_verified, &server.peer_certificate), (false, &None), "{case}");
        }
        for stream in [&self.to_server, &self.to_client] {
            let readable = stream.windows(BODY.len()).any(|window| window == BODY);
            assert_eq!(readable, tls != Some(true), "{case}");
        }
        client.tls.as_ref()
    }

    /// Both sides have ended so, the client with nothing said behind the server's last frame.
    #[track_caller]
    fn failed(&self, case: &str, client: ConnectionError, server: ConnectionError) {
        assert_eq!(self.client.as_ref(), Err(&client), "{case}");
        assert_eq!(self.server.as_ref(), Err(&server), "{case}");
        let lost = CallError::ConnectionLost { error: client, execution: Execution::Never };
        assert_eq!(self.reply, Err(lost), "{case}");
        let last_said = self.seen.last().map(|frame| frame.direction);
        assert_ne!(last_said, Some(Direction::Sent), "{case}: {}", self.transcript());
    }

    /// All frames in order: `>` from the client, `<` from the server, doubled when sealed.
    fn transcript(&self) -> String {
        let line = |frame: &FrameSeen| {
            let arrow = match (frame.direction, frame.in_tls) {
                (Direction::Sent, false) => ">",
                (Direction::Sent, true) => ">>",
                (Direction::Received, false) => "<",
                (Direction::Received, true) => "<<",
            };
            match frame.kind {
                FrameKind::Negotiate(step) => format!("{arrow} {}", step.name()),
                kind => format!("{arrow} {kind:?}"),
            }
        };
        self.seen.iter().map(line).collect::<Vec<_>>().join(" ")
    }
}

/// How every transcript begins that does not end at once.
const HELLO: &str = "> Preamble > NEGOTIATE < NEGOTIATE";

/// A connection is negotiated or it ends: one of the two, and once.
fn only<E, T>(events: Vec<E>, end: impl FnMut(E) -> Option<T>) -> T {
    let mut ends = events.into_iter().filter_map(end);
    let only = ends.next().expect("a negotiation comes to an end");
    assert!(ends.next().is_none(), "and nothing comes behind it");
    only
}

/// Negotiates, and compares what came of it at both ends with what is due. No roots are given, so
/// nobody is verified.
#[track_caller]
fn check(
    case: &str,
    client: ClientConfig,
    server: ServerConfig,
    link: Link,
    outcome: &Outcome,
) -> Session {
    let session = Session::run(client, server, link, Plan::default());
    let tls = match outcome {
        Plain => session.opened(case, None),
        AuthenticationOnly => session.opened(case, Some(false)),
        Encrypted => session.opened(case, Some(true)),
        Refused(error, text) => {
            let (code, status) = (ErrorCode::FatalUnauthorized, StatusCode::NotAuthorized);
            let told = ConnectionError::from(ErrorStatus::new(code, status, *text));
            session.failed(case, told, error.clone());
            None
        }
        Left(error) => {
            let gone = ConnectionError::PeerClosed { mid_frame: false };
            session.failed(case, error.clone(), gone);
            None
        }
    };
    assert!(!tls.is_some_and(|tls| tls.peer_verified), "{case}");
    session
}

fn tcp(local: &str, peer: &str) -> Link {
    Link::tcp(local.parse().unwrap(), peer.parse().unwrap())
}

/// Two hosts of a private network.
fn far() -> Link {
    tcp("10.0.0.1:7051", "10.0.0.2:40000")
}

fn server_tls(versions: TlsVersions) -> ServerTls {
    ServerTls::from_pem_with(certs::SERVER, certs::SERVER_KEY, versions).unwrap()
}

/// A server with a certificate.
fn with_certificate() -> ServerConfig {
    ServerConfig::new().tls(server_tls(TlsVersions::Both))
}

// ---- policies

/// What a side lists: 1 is APPLICATION_FEATURE_FLAGS, 2 TLS, 3 TLS_AUTHENTICATION_ONLY; 4 and 1000 say
/// that requests may end with a footer, and who says so.
fn features(can_tls: bool, loopback: bool, encrypt_loopback: bool) -> &'static [u32] {
    match (can_tls, loopback && !encrypt_loopback) {
        (false, _) => &[1, 4, 1000],
        (true, false) => &[1, 2, 4, 1000],
        (true, true) => &[1, 2, 3, 4, 1000],
    }
}

#[test]
fn every_encryption_policy_meets_every_other() {
    use Encryption::{Disabled, Optional, Required};
    let (refused, left) = (client_lacks_tls(), server_lacks_tls());
    // The columns; a server that may not encrypt has a certificate all the same.
    let servers = [(Disabled, true), (Optional, false), (Optional, true), (Required, true)];
    let matrix = [
        (Disabled, [&Plain, &Plain, &Plain, &refused]),
        (Optional, [&Plain, &Plain, &Encrypted, &Encrypted]),
        (Required, [&left, &left, &Encrypted, &Encrypted]),
    ];
    let links =
        [(far(), false), (Link::unix(None), true), (tcp("10.0.0.1:7051", "10.0.0.1:40000"), true)];
    for (policy, row) in matrix {
        for ((server_policy, certificate), outcome) in servers.into_iter().zip(row) {
            for (link, loopback) in &links {
                for flags in 0..4 {
                    // Whether loopback connections are encrypted, at the client and at the server.
                    let (ours, theirs) = (flags & 1 != 0, flags & 2 != 0);
                    let case = format!(
                        "{policy:?} ({ours}) to {server_policy:?} ({theirs}) with certificate: \
                         {certificate}, {link:?}"
                    );
                    let outcome = match outcome {
                        Encrypted if *loopback && !ours && !theirs => &AuthenticationOnly,
                        other => other,
                    };
                    let client = alice().encryption(policy).encrypt_loopback(ours);
                    let server = if certificate { with_certificate() } else { ServerConfig::new() };
                    let server = server.encryption(server_policy).encrypt_loopback(theirs);
                    let session = check(&case, client, server, link.clone(), outcome);
                    if let Ok(info) = &session.client {
                        let can = certificate && server_policy != Disabled;
                        let listed = features(policy != Disabled, *loopback, ours);
                        assert_eq!(info.our_features, listed, "{case}");
                        let listed = features(can, *loopback, theirs);
                        assert_eq!(info.peer_features, listed, "{case}");
                    }
                }
            }
        }
    }
}

/// The rows of `TestNegotiation` (`rpc/negotiation-test.cc`) that need PLAIN and TLS alone.
#[test]
fn the_cases_of_kudus_own_test() {
    let nothing = Left(ConnectionError::Auth(AuthError::NothingToOffer));
    let no_mechanism = ConnectionError::Auth(AuthError::NoServerMechanism);
    let no_mechanism = Refused(no_mechanism, "SASL server mechanism list is empty!");
    let (refused, left) = (client_lacks_tls(), server_lacks_tls());
    let plain = ServerConfig::new;
    let off = Encryption::Disabled;
    let (client_off, plain_off) = (alice().encryption(off), plain().encryption(off));
    let signed_off = with_certificate().encryption(off);
    let required = || alice().encryption(Encryption::Required);
    let signed_required = || with_certificate().encryption(Encryption::Required);
    for (case, client, server, outcome) in [
        ("nothing / nothing", alice().plain(false), plain().plain(false), nothing),
        ("PLAIN / nothing", alice(), plain().plain(false), no_mechanism),
        ("PLAIN / PLAIN, enc off", alice(), plain_off, Plain),
        ("PLAIN / PLAIN self-signed", alice(), with_certificate(), Encrypted),
        ("PLAIN, enc off / PLAIN signed, enc required", client_off, signed_required(), refused),
        ("PLAIN, enc required / PLAIN signed, enc off", required(), signed_off, left),
        ("PLAIN ext, required / PLAIN ext, required", required(), signed_required(), Encrypted),
    ] {
        check(case, client, server, far(), &outcome);
    }
    let public = tcp("10.0.0.1:7051", "8.8.8.8:40000");
    check("PLAIN / PLAIN, peer 8.8.8.8", alice(), plain(), public, &untrusted_plaintext());
}

// ---- networks

/// KUDU-1875.
#[test]
fn names_without_proof_come_from_trusted_networks() {
    let from = |peer| tcp("10.0.0.1:7051", peer);
    let plaintext = untrusted_plaintext();
    let text = "unauthenticated connections from publicly routable IPs are prohibited";
    let name = Refused(ConnectionError::Auth(AuthError::Mechanism(text.into())), text);
    for (peer, trusted, without_tls, with_tls) in [
        (from("8.8.8.8:40000"), None, &plaintext, &name),
        (from("[::ffff:8.8.8.8]:40000"), None, &plaintext, &name),
        (from("[2001:db8::1]:40000"), None, &plaintext, &name),
        (from("8.8.8.8:40000"), Some("8.8.8.0/24"), &Plain, &Encrypted),
        (from("[::ffff:8.8.8.8]:40000"), Some("8.8.8.0/24"), &Plain, &Encrypted),
        // A list of one's own replaces the private networks, and loopback is one of them.
        (from("10.0.0.2:40000"), Some("8.8.8.0/24"), &plaintext, &name),
        (from("127.0.0.1:40000"), Some("8.8.8.0/24"), &plaintext, &name),
        (Link::unix(None), Some("8.8.8.0/24"), &Plain, &AuthenticationOnly),
    ] {
        let trust = |server: ServerConfig| match trusted {
            Some(subnet) => server.trusted_subnets(vec![subnet.parse::<Subnet>().unwrap()]),
            None => server,
        };
        let case = format!("{peer:?} to a server that trusts {trusted:?}");
        let server = trust(ServerConfig::new());
        let session = check(&case, alice(), server, peer.clone(), without_tls);
        if session.server.is_err() {
            // Not before the client's next message is read: a reset would swallow the error.
            let transcript = format!("{HELLO} > SASL_INITIATE < NegotiateError");
            assert_eq!(session.transcript(), transcript, "{case}");
        }
        let server = trust(with_certificate()).encryption(Encryption::Required);
        let session = check(&case, alice(), server, peer.clone(), with_tls);
        if session.server.is_err() {
            // Behind the switch the error is sealed too.
            let end = if peer.is_loopback() { " < NegotiateError" } else { " << NegotiateError" };
            assert!(session.transcript().ends_with(end), "{case}: {}", session.transcript());
        }
    }
}

// ---- TLS by rustls

/// A client and a server that encrypt, also on a loopback connection.
fn encrypting(client: ClientTls, server: ServerTls) -> (ClientConfig, ServerConfig) {
    let client = alice().tls(client).encryption(Encryption::Required).encrypt_loopback(true);
    (client, ServerConfig::new().tls(server).encrypt_loopback(true))
}

/// The same, but on a loopback connection the stream behind the handshake is plain.
fn authenticating(client: ClientTls, server: ServerTls) -> (ClientConfig, ServerConfig) {
    let (client, server) = encrypting(client, server);
    (client.encrypt_loopback(false), server.encrypt_loopback(false))
}

type Setup = fn(ClientTls, ServerTls) -> (ClientConfig, ServerConfig);

/// Both, and whether the stream is sealed.
const SETUPS: [(Setup, bool); 2] = [(encrypting, true), (authenticating, false)];

#[test]
fn the_highest_version_in_common_is_spoken() {
    use TlsVersions::{Both, Tls12, Tls13};
    // The last flight is the server's in TLS 1.2, the client's in TLS 1.3.
    let flights_1_2 = "> TLS_HANDSHAKE < TLS_HANDSHAKE > TLS_HANDSHAKE < TLS_HANDSHAKE";
    let flights_1_3 = "> TLS_HANDSHAKE < TLS_HANDSHAKE > TLS_HANDSHAKE";
    let sealed = ">> SASL_INITIATE << SASL_SUCCESS >> ConnectionContext >> Request << Reply";
    let plain = "> SASL_INITIATE < SASL_SUCCESS > ConnectionContext > Request < Reply";
    for (ours, theirs, version, flights) in [
        (Both, Both, "TLSv1.3", flights_1_3),
        (Both, Tls12, "TLSv1.2", flights_1_2),
        (Both, Tls13, "TLSv1.3", flights_1_3),
        (Tls12, Both, "TLSv1.2", flights_1_2),
        (Tls13, Both, "TLSv1.3", flights_1_3),
        (Tls12, Tls12, "TLSv1.2", flights_1_2),
        (Tls13, Tls13, "TLSv1.3", flights_1_3),
    ] {
        for (setup, encrypts) in SETUPS {
            for plan in [Plan::default(), Plan::one_byte()] {
                let case = format!("{ours:?} to {theirs:?}, {plan:?}");
                let (client, server) = setup(ClientTls::new().versions(ours), server_tls(theirs));
                let session = Session::run(client, server, Link::unix(None), plan);
                let tls = session.opened(&case, Some(encrypts)).unwrap();
                assert_eq!(tls.version, version, "{case}");
                assert!(tls.suite.starts_with("TLS_"), "{case}: {}", tls.suite);
                let rest = if encrypts { sealed } else { plain };
                assert_eq!(session.transcript(), format!("{HELLO} {flights} {rest}"), "{case}");
            }
        }
    }
}

#[test]
fn no_version_in_common() {
    use TlsVersions::{Tls12, Tls13};
    for (ours, theirs) in [(Tls12, Tls13), (Tls13, Tls12)] {
        let case = format!("{ours:?} to {theirs:?}");
        let (client, server) = encrypting(ClientTls::new().versions(ours), server_tls(theirs));
        let session = Session::run(client, server, far(), Plan::default());
        let failure = session.server.clone().map_err(tls_failure).unwrap_err();
        // The error frame is plain, and takes the place of the engine's alert.
        let text = format!("TLS Handshake error: {failure}");
        let (code, status) = (ErrorCode::FatalUnauthorized, StatusCode::RuntimeError);
        let told = ConnectionError::from(ErrorStatus::new(code, status, text));
        session.failed(&case, told, ConnectionError::Tls(failure));
        let transcript = format!("{HELLO} > TLS_HANDSHAKE < NegotiateError");
        assert_eq!(session.transcript(), transcript, "{case}");
    }
}

/// The TLS library's words.
fn tls_failure(error: ConnectionError) -> Arc<str> {
    match error {
        ConnectionError::Tls(failure) => failure,
        other => panic!("a failure of TLS, not {other:?}"),
    }
}

#[test]
fn a_certificate_is_checked_against_given_roots_alone() {
    let roots = |pem: &[u8]| Some(Roots::from_pem(pem).unwrap());
    for (roots, accepted) in [
        (None, true),
        (roots(certs::CA), true),
        (roots(&[certs::OTHER_CA, certs::CA].concat()), true),
        // The certificate itself.
        (roots(certs::SERVER), true),
        (roots(certs::OTHER_CA), false),
    ] {
        for versions in [TlsVersions::Tls12, TlsVersions::Tls13] {
            for (setup, encrypts) in SETUPS {
                let case = format!("{roots:?}, to be accepted: {accepted}, {versions:?}");
                let tls = ClientTls::new().versions(versions);
                let tls = roots.iter().fold(tls, |tls, roots| tls.verify(roots.clone()));
                let (client, server) = setup(tls, server_tls(TlsVersions::Both));
                let session = Session::run(client, server, Link::unix(None), Plan::default());
                if accepted {
                    let tls = session.opened(&case, Some(encrypts)).unwrap();
                    assert_eq!(tls.peer_verified, roots.is_some(), "{case}");
                    continue;
                }
                let failure = session.client.clone().map_err(tls_failure).unwrap_err();
                assert!(failure.contains("none of the trusted roots"), "{case}: {failure}");
                // The client leaves without a word: neither its name nor an alert.
                let gone = ConnectionError::PeerClosed { mid_frame: false };
                session.failed(&case, ConnectionError::Tls(failure), gone);
                let transcript = format!("{HELLO} > TLS_HANDSHAKE < TLS_HANDSHAKE");
                assert_eq!(session.transcript(), transcript, "{case}");
            }
        }
    }
}

/// rustls gives two tickets to each client of TLS 1.3 unless it is told not to, in the place of the
/// first bytes behind the handshake. `Session` finds whatever is on the wire and in no frame.
#[test]
fn a_rustls_configuration_of_ones_own_gives_no_tickets() {
    let chain = vec![CertificateDer::from_pem_slice(certs::SERVER).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(certs::SERVER_KEY).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    assert_eq!(config.send_tls13_tickets, 2);
    let tls = ServerTls::from_rustls(Arc::new(config));
    for (setup, encrypts) in SETUPS {
        let (client, server) = setup(ClientTls::new(), tls.clone());
        let session = Session::run(client, server, Link::unix(None), Plan::default());
        session.opened("with tickets", Some(encrypts));
    }
}

// ---- the switch

/// Where one delivery is cut in two.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// 0 to the server, 1 to the client.
    way: usize,
    /// Its number among those that go this way.
    delivery: usize,
    /// How many of its bytes come in the second part.
    second: usize,
}

/// The parts in which a delivery arrives. Notes its length.
fn parts<'a>(
    way: usize,
    bytes: &'a [u8],
    lengths: &mut [Vec<usize>; 2],
    cut: Option<Cut>,
) -> [&'a [u8]; 2] {
    let here = cut.filter(|cut| (cut.way, cut.delivery) == (way, lengths[way].len()));
    let second = here.map_or(0, |cut| cut.second);
    lengths[way].push(bytes.len());
    // Signatures are not of one length.
    bytes.split_at(bytes.len().saturating_sub(second)).into()
}

/// A session with one call in which each side is handed what the other has written so far.
/// Returns the lengths of the deliveries in both directions.
fn by_hand(client: &ClientConfig, server: &ServerConfig, cut: Option<Cut>) -> [Vec<usize>; 2] {
    let mut client = RawServer::new(client.clone());
    let mut server = RawClient::new(server.clone());
    let call = OutboundCall::new(Method::from_static("test.Service", "Method"), BODY);
    let id = client.conn.start_call(client.now, call).unwrap();
    let mut lengths = [Vec::new(), Vec::new()];
    loop {
        let bytes = client.written();
        if bytes.is_empty() {
            break;
        }
        parts(0, &bytes, &mut lengths, cut).into_iter().for_each(|part| server.feed(part));
        if let [call] = server.calls()[..] {
            let (id, reply) = (call.id, OutboundReply::new(call.body.clone()));
            server.conn.respond(server.now, id, Ok(reply)).unwrap();
            server.drain();
        }
        let bytes = server.written();
        parts(1, &bytes, &mut lengths, cut).into_iter().for_each(|part| client.feed(part));
    }
    let Some(ClientEvent::Completed { id: done, result: Ok(reply) }) = client.events.last() else {
        panic!("cut {cut:?}: {:?} and {:?}", client.events, server.events);
    };
    assert_eq!((*done, &reply.body[..]), (id, BODY), "cut {cut:?}");
    assert!(client.conn.is_open() && server.conn.is_open(), "cut {cut:?}");
    lengths
}

/// Cuts every delivery of a session at every byte, both ways; there are so many each way. In the
/// last flight of a TLS 1.3 client, plain and sealed bytes arrive together.
fn cut_everywhere(client: ClientTls, server: ServerTls, deliveries: usize) {
    for (setup, _) in SETUPS {
        let (client, server) = setup(client.clone(), server.clone());
        let uncut = by_hand(&client, &server, None);
        assert_eq!(uncut.each_ref().map(Vec::len), [deliveries; 2], "{uncut:?}");
        for (way, lengths) in uncut.into_iter().enumerate() {
            for (delivery, length) in lengths.into_iter().enumerate() {
                for second in 0..=length {
                    by_hand(&client, &server, Some(Cut { way, delivery, second }));
                }
            }
        }
    }
}

#[test]
fn the_switch_is_cut_at_every_byte_without_cryptography() {
    cut_everywhere(ClientTls::fake(), ServerTls::fake(), 4);
}

#[test]
fn the_switch_is_cut_at_every_byte_in_tls_1_2() {
    let client = ClientTls::new().versions(TlsVersions::Tls12);
    cut_everywhere(client, server_tls(TlsVersions::Tls12), 5);
}

#[test]
fn the_switch_is_cut_at_every_byte_in_tls_1_3() {
    let client = ClientTls::new().versions(TlsVersions::Tls13);
    cut_everywhere(client, server_tls(TlsVersions::Tls13), 4);
}
