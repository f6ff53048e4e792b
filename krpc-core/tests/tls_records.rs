//! Which frames share a TLS record: Kudu cares.
#![allow(clippy::disallowed_methods)] // a time to begin with

use std::sync::Arc;
use std::time::Instant;

use krpc_core::{
    ClientConfig, ClientConnection, ClientTls, Encryption, Link, Method, OutboundCall,
    ServerConfig, ServerConnection, ServerEvent, ServerTls, TlsVersions, UserCredentials,
};
use krpc_testkit::certs;

/// The sizes of the records that `bytes` consists of.
fn records(mut bytes: &[u8]) -> Vec<usize> {
    const APPLICATION_DATA: u8 = 23;
    let mut sizes = Vec::new();
    while let [kind, 3, 3, high, low, rest @ ..] = bytes {
        assert_eq!(*kind, APPLICATION_DATA);
        let size = usize::from(u16::from_be_bytes([*high, *low]));
        sizes.push(size);
        bytes = &rest[size..];
    }
    assert!(bytes.is_empty(), "not a record: {bytes:?}");
    sizes
}

/// Two calls wait for the end of the negotiation. Kudu's negotiation reads the connection context out
/// of its record; what else is in there, the reactor never sees.
#[track_caller]
fn calls_stay_out_of_the_contexts_record(versions: TlsVersions) {
    let now = Instant::now();
    let client = ClientConfig::new(UserCredentials::new("alice"))
        .encryption(Encryption::Required)
        .encrypt_loopback(true)
        .tls(ClientTls::new());
    let tls = ServerTls::from_pem_with(certs::SERVER, certs::SERVER_KEY, versions).unwrap();
    let server = ServerConfig::new().encryption(Encryption::Required).encrypt_loopback(true);
    let link = Link::unix(None);
    let mut client = ClientConnection::new(Arc::new(client), now);
    let mut server = ServerConnection::new(Arc::new(server.tls(tls)), link.clone(), now);
    for _ in 0..2 {
        let call = OutboundCall::new(Method::from_static("kudu.test.Service", "Call"), "");
        client.start_call(now, call).unwrap();
    }

    client.handle_connected(now, link);
    let mut last = Vec::new();
    while !client.is_open() || client.wants_write() {
        last.clear();
        while client.wants_write() {
            let _ = client.transmit(now, &mut last).unwrap();
        }
        server.handle_input(now, &last);
        let mut answer = Vec::new();
        while server.wants_write() {
            let _ = server.transmit(now, &mut answer).unwrap();
        }
        assert!(!client.is_closed() && !server.is_closed());
        client.handle_input(now, &answer);
    }

    // The context, then both calls: they may share one.
    assert_eq!(records(&last).len(), 2, "{last:?}");
    let calls = std::iter::from_fn(|| server.poll_event());
    assert_eq!(calls.filter(|event| matches!(event, ServerEvent::Call(_))).count(), 2);
}

#[test]
fn calls_stay_out_of_the_contexts_record_in_tls_1_2() {
    calls_stay_out_of_the_contexts_record(TlsVersions::Tls12);
}

#[test]
fn calls_stay_out_of_the_contexts_record_in_tls_1_3() {
    calls_stay_out_of_the_contexts_record(TlsVersions::Tls13);
}
