//! What holds for the workspace as a whole: who depends on what, and which types may cross threads.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Crates that are an async runtime or a part of one.
const RUNTIMES: [&str; 13] = [
    "async-executor",
    "async-global-executor",
    "async-io",
    "async-net",
    "async-std",
    "futures-executor",
    "glommio",
    "krpc-reactor",
    "mio",
    "monoio",
    "polling",
    "smol",
    "tokio",
];

/// The crates that are built for `packages`, themselves included.
fn tree(packages: &[&str], edges: &str) -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member of the workspace");
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root);
    command.args(["tree", "--offline", "--all-features", "--prefix=none", "--format={p}"]);
    command.args(["--edges", edges]);
    for package in packages {
        command.args(["--package", package]);
    }
    let output = command.output().expect("cargo runs");
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {stderr}");
    stdout.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[track_caller]
fn names_no_runtime(packages: &[&str], edges: &str) {
    let tree = tree(packages, edges);
    assert!(packages.iter().all(|package| tree.contains(*package)), "{tree:?}");
    let found: Vec<_> = RUNTIMES.iter().filter(|name| tree.contains(**name)).collect();
    assert!(found.is_empty(), "{packages:?} with {edges} dependencies: {found:?}");
}

#[test]
fn the_core_and_the_driver_need_no_runtime() {
    names_no_runtime(&["krpc-core"], "normal,build");
    names_no_runtime(&["krpc-driver"], "normal,build");
}

#[test]
fn the_cores_tests_need_no_runtime() {
    names_no_runtime(&["krpc-proto", "krpc-core"], "normal,build,dev");
}

#[test]
fn the_wire_needs_protobuf_only() {
    let tree = tree(&["krpc-proto"], "normal,no-proc-macro");
    let expected = ["bytes", "krpc-proto", "prost"].map(str::to_owned);
    assert_eq!(tree, BTreeSet::from(expected));
}

#[test]
fn public_types_cross_threads() {
    fn assert<T: Send + Sync + 'static>() {}

    use krpc_tokio::core::{self, proto};
    // Wire.
    assert::<proto::ErrorStatus>();
    assert::<proto::decode::DecodeError>();
    assert::<proto::frame::FrameError>();
    assert::<proto::sidecar::SidecarError>();
    // Connections.
    assert::<core::Budget>();
    assert::<core::ClientConfig>();
    assert::<core::ClientConnection>();
    assert::<core::ClientEvent>();
    assert::<core::ClientTls>();
    assert::<core::ConnectionId>();
    assert::<core::InboundCall>();
    assert::<core::InboundReply>();
    assert::<core::Link>();
    assert::<core::NegotiationInfo>();
    assert::<core::OutboundCall>();
    assert::<core::OutboundReply>();
    assert::<core::RespondError>();
    assert::<core::Roots>();
    assert::<core::ServerConfig>();
    assert::<core::ServerConnection>();
    assert::<core::ServerEvent>();
    assert::<core::ServerTls>();
    assert::<core::Sidecars>();
    assert::<core::StartCallError>();
    assert::<core::UserCredentials>();
    // Calls and services.
    assert::<krpc_tokio::CallContext>();
    assert::<krpc_tokio::CallError>();
    assert::<krpc_tokio::CallFuture>();
    assert::<krpc_tokio::CallRequest>();
    assert::<krpc_tokio::ConnectionError>();
    assert::<krpc_tokio::Reply<Vec<u8>>>();
    assert::<krpc_tokio::Response<Vec<u8>>>();
    assert::<krpc_tokio::Status>();
    assert::<krpc_tokio::TypedCall<krpc_tokio::Channel, Vec<u8>>>();
    // Sockets.
    assert::<krpc_tokio::BoundServer>();
    assert::<krpc_tokio::Channel>();
    assert::<krpc_tokio::ChannelBuilder>();
    assert::<krpc_tokio::Connector>();
    assert::<krpc_tokio::Server>();
    assert::<krpc_tokio::ServerBuilder>();
    assert::<krpc_tokio::ServerHandle>();
}
