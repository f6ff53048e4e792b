//! A service by hand, and servers of it.
#![allow(dead_code, reason = "each test program uses its part")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use krpc_tokio::codegen::BoxFuture;
use krpc_tokio::{
    CallContext, CallRequest, Channel, ClientConfig, Connector, ErrorStatus, Method, MethodInfo,
    Server, ServerBuilder, ServerConfig, ServerHandle, Service, Status, Timeout, UserCredentials,
};

pub(crate) const SERVICE: &str = "test.Echo";

/// For what never ends by itself here, however slow the machine is.
const LONG: Duration = Duration::from_secs(3_600);

const fn method(name: &'static str) -> MethodInfo {
    MethodInfo { service: SERVICE, name, track_rpc_result: false, authz_method: None }
}

pub(crate) const METHODS: &[MethodInfo] = &[
    method("Echo"),
    method("Sleep"),
    method("Panic"),
    method("Sidecars"),
    method("Whoami"),
    method("TooMany"),
    method("Gone"),
];

/// Counts what becomes of its calls.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) started: AtomicU64,
    pub(crate) finished: AtomicU64,
    pub(crate) cancelled: AtomicU64,
}

#[derive(Debug, Default, Clone)]
pub(crate) struct Echo {
    pub(crate) counts: Arc<Counts>,
    pub(crate) inline: bool,
}

impl Service for Echo {
    fn name(&self) -> &'static str {
        SERVICE
    }

    fn methods(&self) -> &'static [MethodInfo] {
        METHODS
    }

    fn supports_feature(&self, flag: u32) -> bool {
        flag == 1
    }

    fn inline(&self, _: usize) -> bool {
        self.inline
    }

    fn call(
        &self,
        method: usize,
        cx: CallContext,
        body: Bytes,
    ) -> BoxFuture<Result<krpc_tokio::codegen::RawReply, ErrorStatus>> {
        use krpc_tokio::codegen::RawReply;
        let counts = self.counts.clone();
        Box::pin(async move {
            counts.started.fetch_add(1, Ordering::SeqCst);
            let reply = match METHODS[method].name {
                "Echo" => RawReply::new(body),
                "Sleep" => {
                    let millis = std::str::from_utf8(&body).unwrap().parse().unwrap();
                    tokio::time::sleep(Duration::from_millis(millis)).await;
                    RawReply::new(body)
                }
                "Panic" => panic!("as asked"),
                "Sidecars" => RawReply { body, sidecars: cx.sidecars().iter().collect::<Vec<_>>() },
                "Whoami" => RawReply::new(format!("{} {}", cx.remote_user(), cx.peer())),
                "TooMany" => RawReply { body, sidecars: vec![Bytes::new(); 10_001] },
                "Gone" => {
                    cx.cancelled().await;
                    counts.cancelled.fetch_add(1, Ordering::SeqCst);
                    return Err(Status::aborted("nobody will read this").into());
                }
                name => unreachable!("{name}"),
            };
            counts.finished.fetch_add(1, Ordering::SeqCst);
            Ok(reply)
        })
    }
}

pub(crate) async fn serve() -> (ServerHandle, String) {
    let config = ServerConfig::new().negotiation_timeout(LONG);
    serve_with(Server::builder().add_service(Echo::default()).config(config)).await
}

pub(crate) async fn serve_with(builder: ServerBuilder) -> (ServerHandle, String) {
    let server = builder.bind("127.0.0.1:0").await.unwrap().serve();
    let address = server.local_addr().unwrap().to_string();
    (server, address)
}

/// Serves at an address where a server has just been. A client that tried to connect meanwhile may
/// have been given that very port for its own end, and have connected to itself.
pub(crate) async fn serve_again(
    builder: impl Fn() -> ServerBuilder,
    address: &str,
) -> ServerHandle {
    for _ in 0..500 {
        match builder().bind(address).await {
            Ok(server) => return server.serve(),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{address} stays in use");
}

pub(crate) fn connector() -> Connector {
    Connector::new(ClientConfig::new(UserCredentials::new("alice")).negotiation_timeout(LONG))
}

pub(crate) fn channel(address: &str) -> Channel {
    connector().channel(address).unwrap()
}

pub(crate) fn call(method: &'static str, body: impl Into<Bytes>) -> CallRequest {
    let mut call = CallRequest::new(Method::from_static(SERVICE, method), body);
    call.timeout = Some(Timeout::After(Duration::from_secs(10)));
    call
}
