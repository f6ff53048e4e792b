//! Many callers who cancel, time out and lose their server: every call ends, and what ends well
//! is right.

mod common;
mod random;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use common::{Echo, call, serve_again};
use krpc_tokio::{
    CallError, Channel, ClientConfig, Connector, ErrorCode, Server, ServerConfig, Timeout,
    UserCredentials,
};
use random::Random;

/// Most bytes of a body or sidecar.
const LARGEST: usize = 131_071;

#[derive(Debug, Default)]
struct Counts {
    answered: AtomicU64,
    timed_out: AtomicU64,
    lost: AtomicU64,
    refused: AtomicU64,
    dropped: AtomicU64,
}

async fn caller(channel: Channel, seed: u64, counts: Arc<Counts>, stop: Arc<AtomicBool>) {
    let mut random = Random(seed);
    while !stop.load(Ordering::Relaxed) {
        let mut request = call("Sidecars", vec![random.next() as u8; random.size(LARGEST)]);
        let count = random.below(4);
        request.sidecars = (0..count).map(|_| Bytes::from(vec![1; random.size(LARGEST)])).collect();
        if random.below(4) == 0 {
            request = call("Sleep", random.below(5).to_string());
        }
        let timeout = Duration::from_micros(1 << random.below(23));
        request.timeout = Some(Timeout::After(timeout));
        let expected = (request.body.clone(), request.sidecars.clone());
        let pending = channel.call_raw(request);
        let patience = Duration::from_micros(1 << random.below(16));
        let result = if random.below(4) == 0 {
            tokio::time::timeout(patience, pending).await.ok()
        } else {
            let ended = tokio::time::timeout(Duration::from_secs(30), pending).await;
            Some(ended.expect("every call ends by its deadline or before"))
        };
        let counter = match result {
            None => &counts.dropped,
            Some(Ok(reply)) => {
                assert_eq!(reply.body, expected.0);
                assert!(reply.sidecars.iter().eq(expected.1));
                &counts.answered
            }
            Some(Err(CallError::DeadlineExceeded { .. })) => &counts.timed_out,
            Some(Err(CallError::ConnectionLost { .. })) => &counts.lost,
            Some(Err(CallError::Remote(status))) => {
                assert_eq!(status.code, Some(ErrorCode::ErrorServerTooBusy), "{status}");
                &counts.refused
            }
            Some(Err(other)) => panic!("{other:?}"),
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_ends_under_stress() {
    let client = ClientConfig::new(UserCredentials::new("alice"));
    stress(ServerConfig::new(), client).await;
}

#[cfg(feature = "tls")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_ends_under_stress_and_tls() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let tls = krpc_tokio::ServerTls::from_pem(cert.as_bytes(), key.as_bytes()).unwrap();
    let server = ServerConfig::new().tls(tls).encrypt_loopback(true);
    let client = ClientConfig::new(UserCredentials::new("alice")).encrypt_loopback(true);
    stress(server, client.encryption(krpc_tokio::Encryption::Required)).await;
}

async fn stress(server: ServerConfig, client: ClientConfig) {
    let builder =
        || Server::builder().add_service_with(Echo::default(), 20, 40).config(server.clone());
    let server = builder().bind("127.0.0.1:0").await.unwrap().serve();
    let address = server.local_addr().unwrap().to_string();
    let connector = Connector::new(client);
    let counts = Arc::<Counts>::default();
    let stop = Arc::<AtomicBool>::default();
    let callers: Vec<_> = (0..64)
        .map(|seed| {
            let plane = format!("{}", seed % 2);
            let channel = connector.builder(&address).plane(plane).build().unwrap();
            tokio::spawn(caller(channel, seed, counts.clone(), stop.clone()))
        })
        .collect();
    let mut running = Some(server);
    for round in 0..6 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let grace = Duration::from_millis(if round % 2 == 0 { 100 } else { 0 });
        running.take().unwrap().shutdown(grace).await;
        running = Some(serve_again(&builder, &address).await);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    println!("{counts:?}");
    for met in [&counts.answered, &counts.timed_out, &counts.lost, &counts.dropped] {
        assert!(met.load(Ordering::Relaxed) > 0, "{counts:?}");
    }
    let channel = connector.builder(&address).plane("0").build().unwrap();
    assert_eq!(channel.call_raw(call("Echo", "end")).await.unwrap().body, "end");
}
