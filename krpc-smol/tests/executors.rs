//! The same calls under several executors.

use std::sync::Arc;
use std::time::Duration;

use async_executor::Executor;
use krpc_core::ErrorStatus;
use krpc_driver::api::*;
use krpc_smol::{Connector, Server, Smol, Sockets};

struct Echo;

const METHODS: &[MethodInfo] = &[MethodInfo {
    service: "test.Echo",
    name: "Echo",
    track_rpc_result: false,
    authz_method: None,
}];

impl Service for Echo {
    fn name(&self) -> &'static str {
        "test.Echo"
    }

    fn methods(&self) -> &'static [MethodInfo] {
        METHODS
    }

    fn call(
        &self,
        _: usize,
        _: CallContext,
        body: bytes::Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        Box::pin(async move { Ok(RawReply { body, sidecars: Vec::new() }) })
    }
}

/// A server and a client on one runtime, over TCP and a UNIX socket.
async fn calls_are_answered<S: Sockets>(runtime: Smol<S>) {
    let unix = format!("unix:@krpc-smol-{}-{:?}", std::process::id(), std::thread::current().id());
    let bound = Server::on(runtime.clone()).add_service(Echo).bind("localhost:0").await.unwrap();
    let server = bound.bind(&unix).await.unwrap().serve();
    let connector = Connector::on(runtime, ClientConfig::new(UserCredentials::new("alice")));
    for address in server.local_addrs().iter().map(ToString::to_string) {
        let channel = connector.channel(&address).unwrap();
        channel.connect_now().await.unwrap();
        let calls: Vec<_> = (0..10_u8)
            .map(|i| {
                let method = Method::from_static("test.Echo", "Echo");
                let body = vec![i; 1 << (2 * i)];
                let mut call = CallRequest::new(method, body.clone());
                call.timeout = Some(Timeout::After(Duration::from_secs(60)));
                (body, channel.call_raw(call))
            })
            .collect();
        for (body, call) in calls {
            assert_eq!(call.await.unwrap().body, body);
        }
    }
    assert_eq!(server.accepted(), 2);
    server.shutdown(Duration::from_secs(60)).await;
    assert_eq!(server.connections(), 0);
}

#[test]
fn on_smols_global_executor() {
    smol::block_on(calls_are_answered(Smol::new(|task| smol::spawn(task).detach())));
}

#[test]
fn on_an_executor_that_the_caller_runs() {
    let executor = Arc::new(Executor::new());
    let runtime = Smol::from(executor.clone());
    async_io::block_on(executor.run(calls_are_answered(runtime)));
}

#[test]
fn an_executor_that_drops_tasks_ends_their_calls() {
    let runtime = Smol::new(drop);
    let connector = Connector::on(runtime, ClientConfig::new(UserCredentials::new("alice")));
    let channel = connector.channel("localhost:1").unwrap();
    let method = Method::from_static("test.Echo", "Echo");
    let error = async_io::block_on(channel.call_raw(CallRequest::new(method, ""))).unwrap_err();
    assert!(
        matches!(error, CallError::ConnectionLost { execution: Execution::Never, .. }),
        "{error}"
    );
}
