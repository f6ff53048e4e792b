//! Sealed connections.

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{Echo, call, serve_with};
use krpc_tokio::{
    Channel, ClientConfig, ClientTls, ConnectionError, Encryption, Roots, Server, ServerConfig,
    ServerTls, TlsVersions, UserCredentials,
};

fn certificate() -> (String, String) {
    let names = vec!["localhost".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

fn client(encryption: Encryption) -> ClientConfig {
    ClientConfig::new(UserCredentials::new("alice")).encryption(encryption)
}

#[tokio::test]
async fn calls_and_sidecars_under_tls() {
    let (cert, key) = certificate();
    for versions in [TlsVersions::Tls12, TlsVersions::Tls13] {
        for wrapped in [false, true] {
            let tls = ServerTls::from_pem_with(cert.as_bytes(), key.as_bytes(), versions).unwrap();
            let config = ServerConfig::new()
                .encryption(Encryption::Required)
                .encrypt_loopback(wrapped)
                .tls(tls);
            let builder = Server::builder().add_service(Echo::default()).config(config);
            let (server, address) = serve_with(builder).await;
            let config = client(Encryption::Required).encrypt_loopback(wrapped);
            let config =
                config.tls(ClientTls::new().verify(Roots::from_pem(cert.as_bytes()).unwrap()));
            let channel = Channel::builder(&address).config(config).build().unwrap();
            let info = channel.connect_now().await.unwrap();
            let tls = info.tls.expect("TLS was required");
            assert_eq!((tls.encrypted, tls.peer_verified), (wrapped, true));

            let mut request = call("Sidecars", "body");
            let big = Bytes::from(vec![3; 3 << 20]);
            request.sidecars = vec![big.clone(), "small".into()];
            let calls: Vec<_> = (0..4).map(|_| channel.call_raw(request.clone())).collect();
            for call in calls {
                let reply = call.await.unwrap();
                assert_eq!(reply.body, "body");
                assert!(reply.sidecars.get(0).unwrap() == big);
                assert_eq!(reply.sidecars.get(1).unwrap(), "small");
            }
            server.shutdown(Duration::from_secs(1)).await;
        }
    }
}

#[tokio::test]
async fn required_encryption_that_is_not_to_be_had() {
    let (server, address) = serve_with(Server::builder().add_service(Echo::default())).await;
    let config = client(Encryption::Required);
    let channel = Channel::builder(&address).config(config).build().unwrap();
    let error = channel.connect_now().await.unwrap_err();
    assert!(matches!(error, ConnectionError::PeerIncompatible(_)), "{error:?}");
    let error = channel.call_raw(call("Echo", "")).await.unwrap_err();
    assert!(error.to_string().contains("does not support required TLS encryption"), "{error}");
    assert!(server.accepted() >= 2);
}

#[tokio::test]
async fn a_server_that_could_refuse_only_does_not_start() {
    let config = ServerConfig::new().encryption(Encryption::Required);
    let builder = Server::builder().add_service(Echo::default()).config(config);
    let error = builder.bind("127.0.0.1:0").await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("no certificate (setting: tls)"), "{error}");
}
