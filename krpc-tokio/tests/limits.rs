//! What hostile peers and a short supply of file descriptors cost. One process per test where it
//! matters: this program runs itself again.
#![expect(clippy::disallowed_types, reason = "the hostile client is written by hand")]

mod common;

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use common::{Echo, SERVICE, call, channel, serve, serve_with};
use krpc_tokio::core::{ClientConnection, Link, OutboundCall};
use krpc_tokio::{
    CallError, Channel, ClientConfig, Encryption, Method, Server, ServerBuilder, ServerConfig,
    Timeout, UserCredentials,
};

/// Runs one ignored test of this program in a process of its own.
fn run_alone(test: &str, prefix: &str) {
    let program = std::env::current_exe().unwrap();
    let script = format!("{prefix} exec \"$0\" --exact {test} --ignored --nocapture");
    let status = Command::new("sh").arg("-c").arg(script).arg(program).status().unwrap();
    assert!(status.success(), "{test} failed");
}

#[test]
fn accepting_survives_a_lack_of_file_descriptors() {
    run_alone("without_file_descriptors", "ulimit -n 60;");
}

#[tokio::test]
#[ignore = "run by accepting_survives_a_lack_of_file_descriptors, under a limit"]
async fn without_file_descriptors() {
    let (server, address) = serve().await;
    let mut hoard = Vec::new();
    // Both ends of a connection are in this process.
    while let Ok(stream) = TcpStream::connect(&address) {
        hoard.push(stream);
        tokio::task::yield_now().await;
        assert!(hoard.len() < 60, "the limit is not in force");
    }
    tokio::time::sleep(Duration::from_millis(250)).await;
    hoard.clear();
    let channel = channel(&address);
    let reply = channel.call_raw(call("Echo", "still there")).await.unwrap();
    assert_eq!(reply.body, "still there");
    assert!(server.accepted() > 1);
}

#[test]
fn a_client_that_never_reads_costs_little() {
    run_alone("never_reading", "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by a_client_that_never_reads_costs_little, alone: it measures the process"]
async fn never_reading() {
    const CALLS: usize = 50_000;
    let config = ServerConfig::new();
    let builder = Server::builder().add_service_with(Echo::default(), 64, CALLS).config(config);
    let (server, address) = serve_with(builder).await;
    let before = resident();
    let started = tokio::task::spawn_blocking(move || flood(&address, CALLS)).await.unwrap();
    let mut most = 0;
    let end = Instant::now() + Duration::from_millis(500);
    while Instant::now() < end {
        most = most.max(resident());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let grown = most.saturating_sub(before) >> 20;
    let handled = server.dispatcher().stats(SERVICE).unwrap().handled;
    println!("{started} calls of 4 KiB written, {handled} handled, {grown} MiB more");
    assert!(grown < 64, "{grown} MiB for one client");
    assert!(handled < CALLS as u64, "the server goes on reading");
}

/// Negotiates, then sends calls and reads nothing until the server takes no more.
fn flood(address: &str, calls: usize) -> usize {
    let mut stream = TcpStream::connect(address).unwrap();
    let config = ClientConfig::new(UserCredentials::new("mallory")).max_calls(calls);
    let now = Instant::now();
    let mut client = ClientConnection::new(Arc::new(config), now);
    client.handle_connected(now, Link::unix(None));
    while !client.is_open() {
        while client.wants_write() {
            let _ = client.transmit(now, &mut stream).unwrap();
        }
        let mut scratch = [0; 4096];
        let n = stream.read(&mut scratch).unwrap();
        client.handle_input(now, &scratch[..n]);
        assert!(!client.is_closed());
    }
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let body = Bytes::from(vec![b'x'; 4 << 10]);
    for i in 0..calls {
        let method = Method::from_static(SERVICE, "Echo");
        client.start_call(now, OutboundCall::new(method, body.clone())).unwrap();
        while client.wants_write() {
            match client.transmit(now, &mut stream) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // The process lives on while the connection stays as it is.
                    std::mem::forget(stream);
                    return i;
                }
                // A stopped process that goes on.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    panic!("the server took all {calls} calls");
}

/// Bytes of this process in memory.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

fn mallory() -> ClientConfig {
    ClientConfig::new(UserCredentials::new("mallory"))
}

#[tokio::test]
async fn timeouts_may_be_longer_than_time() {
    let long = Duration::MAX;
    let config = ServerConfig::new()
        .negotiation_timeout(long)
        .keepalive(Some(long))
        .frame_timeout(long)
        .write_stall(long);
    let builder = Server::builder().add_service(Echo::default()).config(config);
    let (server, address) = serve_with(builder).await;
    let config = mallory().negotiation_timeout(long).frame_timeout(long).write_stall(long);
    let channel = Channel::builder(&address).config(config).default_timeout(long).build().unwrap();
    for timeout in [None, Some(Timeout::After(long))] {
        let mut request = call("Echo", vec![7; 4 << 20]);
        request.timeout = timeout;
        assert_eq!(channel.call_raw(request).await.unwrap().body.len(), 4 << 20);
    }
    assert_eq!(server.accepted(), 1);
    server.shutdown(long).await;
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_server_that_could_serve_nobody_does_not_start() {
    let server = || Server::builder().add_service(Echo::default());
    let with = |config| server().config(config);
    let zero = Duration::ZERO;
    let cases: [(ServerBuilder, &str); 7] = [
        (server().concurrency(0), "concurrency is 0: no call would ever run"),
        (server().add_service_with(Echo::default(), 0, 9), "concurrency is 0"),
        (with(ServerConfig::new().max_calls(0)), "max_calls is 0: no client could connect"),
        (with(ServerConfig::new().reply_memory(0)), "reply_memory is 0"),
        (with(ServerConfig::new().negotiation_timeout(zero)), "negotiation_timeout is 0"),
        (
            with(ServerConfig::new().max_unauthenticated_message_size(0)),
            "max_unauthenticated_message_size is 0",
        ),
        (
            with(ServerConfig::new().encryption(Encryption::Required)),
            "encryption is Required and there is no certificate (setting: tls)",
        ),
    ];
    for (builder, text) in cases {
        let error = builder.bind("127.0.0.1:0").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().starts_with(text), "{error}");
    }
}

#[tokio::test]
async fn a_client_reads_on_whatever_its_application_keeps() {
    const LEN: usize = 4 << 20;
    let (_server, address) = serve().await;
    let channel = channel(&address);
    let large = Bytes::from(vec![7; LEN]);
    let calls: Vec<_> = (0..20).map(|_| channel.call_raw(call("Echo", large.clone()))).collect();
    let mut kept = Vec::new();
    for call in calls {
        kept.push(call.await.unwrap());
    }
    assert_eq!(channel.call_raw(call("Echo", "small")).await.unwrap().body, "small");
    assert_eq!(kept.iter().map(|reply| reply.body.len()).sum::<usize>(), 20 * LEN);
}

#[tokio::test]
async fn a_client_with_little_memory_reads_on_when_it_returns() {
    const LEN: usize = 1 << 20;
    let (_server, address) = serve().await;
    let config = mallory().receive_memory(5 * LEN / 2);
    let channel = Channel::builder(&address).config(config).build().unwrap();
    let mut kept = Vec::new();
    for _ in 0..2 {
        kept.push(channel.call_raw(call("Echo", vec![7; LEN])).await.unwrap());
    }
    // The third would be too much, and nothing behind it is read.
    let mut third = call("Echo", vec![7; LEN]);
    third.timeout = Some(Timeout::After(Duration::from_millis(200)));
    let late = channel.call_raw(third).await.unwrap_err();
    assert!(matches!(late, CallError::DeadlineExceeded { .. }), "{late}");
    drop(kept);
    assert_eq!(channel.call_raw(call("Echo", "small")).await.unwrap().body, "small");
}
