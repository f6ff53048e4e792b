//! `krpc-smol` on async-std: its sockets and its executor.

#[path = "../krpc-smol/tests/calls/mod.rs"]
mod calls;
#[path = "async_std/sockets.rs"]
mod sockets;

use krpc_smol::{
    ClientConfig, ClientTls, Encryption, Roots, ServerConfig, ServerTls, Smol, TlsVersions,
    UserCredentials,
};
use sockets::AsyncStd;

fn runtime() -> Smol<AsyncStd> {
    Smol::with_sockets(AsyncStd, |task| drop(async_std::task::spawn(task)))
}

#[async_std::test]
async fn plain() {
    let client = ClientConfig::new(UserCredentials::new("alice"));
    calls::are_answered(runtime(), ServerConfig::new(), client, None).await;
}

#[async_std::test]
async fn tls() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let tls = ServerTls::from_pem_with(cert.as_bytes(), key.as_bytes(), TlsVersions::Tls13);
    let server = ServerConfig::new().encryption(Encryption::Required).encrypt_loopback(true);
    let client = ClientConfig::new(UserCredentials::new("alice")).encrypt_loopback(true);
    let client = client.tls(ClientTls::new().verify(Roots::from_pem(cert.as_bytes()).unwrap()));
    calls::are_answered(runtime(), server.tls(tls.unwrap()), client, Some("TLSv1.3")).await;
}
