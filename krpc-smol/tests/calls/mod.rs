//! The same calls on any runtime.

use std::time::Duration;

use krpc_smol::{
    BoxFuture, CallContext, CallRequest, ClientConfig, Connector, ErrorStatus, Method, MethodInfo,
    RawReply, Server, ServerConfig, Service, Smol, Sockets, Timeout, codegen::Bytes,
};

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
        body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        Box::pin(async move { Ok(RawReply { body, sidecars: Vec::new() }) })
    }
}

/// A server and a client on one runtime, over TCP and a UNIX socket. `protocol` is that of their TLS, if
/// they are to have it.
pub(crate) async fn are_answered<S: Sockets>(
    runtime: Smol<S>,
    server: ServerConfig,
    client: ClientConfig,
    protocol: Option<&str>,
) {
    let unix = format!("unix:@krpc-smol-{}-{:?}", std::process::id(), std::thread::current().id());
    let server = Server::on(runtime.clone()).add_service(Echo).config(server);
    let server = server.bind("localhost:0").await.unwrap().bind(&unix).await.unwrap().serve();
    let connector = Connector::on(runtime, client);
    for address in server.local_addrs().iter().map(ToString::to_string) {
        let channel = connector.channel(&address).unwrap();
        let tls = channel.connect_now().await.unwrap().tls;
        assert_eq!(
            tls.as_ref().map(|tls| (tls.version, tls.encrypted)),
            protocol.map(|p| (p, true))
        );
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
