//! Generated clients and servers, talking to each other.

#[deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms, unused_qualifications)]
#[deny(clippy::all, clippy::pedantic)]
#[path = "generated/calls.rs"]
mod calls;
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use krpc_tokio::codegen::pb::UserInformationPb;
use krpc_tokio::{
    Answer, CallContext, CallRequest, Channel, ErrorCode, ErrorStatus, Method, Server,
    ServerHandle, Service, Status,
};

use calls::odd::{Odd, OddClient, OddServer};
use calls::store::{self, Store, StoreClient, StoreServer};
use calls::{Answer as AnswerPb, WhatPb};
use common::remote;

#[derive(Debug, Default)]
struct Handlers {
    /// Counts the runs of the authorization methods: readers by 1, writers by 100.
    authorized: Arc<AtomicU32>,
}

fn answer(req: &WhatPb) -> Answer<AnswerPb> {
    Ok(AnswerPb { data: req.text.clone().into() }.into())
}

impl Store for Handlers {
    async fn get(&self, _: CallContext, req: WhatPb) -> Answer<AnswerPb> {
        answer(&req)
    }

    async fn put(&self, cx: CallContext, req: WhatPb) -> Answer<AnswerPb> {
        assert!(cx.method().track_rpc_result);
        answer(&req)
    }

    async fn r#yield(&self, _: CallContext, req: WhatPb) -> Answer<AnswerPb> {
        answer(&req)
    }

    fn authorize_reader(&self, _: &CallContext) -> Result<(), ErrorStatus> {
        self.authorized.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn authorize_writer(&self, _: &CallContext) -> Result<(), ErrorStatus> {
        self.authorized.fetch_add(100, Ordering::Relaxed);
        Err(Status::not_authorized("read only").into())
    }

    fn supports_feature(&self, flag: u32) -> bool {
        flag == 7
    }
}

impl Odd for Handlers {
    async fn new_(&self, _: CallContext, req: WhatPb) -> Answer<AnswerPb> {
        answer(&req)
    }

    async fn inline_(&self, _: CallContext, req: UserInformationPb) -> Answer<AnswerPb> {
        Ok(AnswerPb { data: req.real_user }.into())
    }

    async fn supports_feature_(&self, _: CallContext, req: WhatPb) -> Answer<WhatPb> {
        Ok(req.into())
    }

    fn inline(&self, method: &str) -> bool {
        method == "SupportsFeature"
    }
}

/// A server, a channel to it, and the count of authorizations.
async fn serve() -> (ServerHandle, Channel, Arc<AtomicU32>) {
    let handlers = Handlers::default();
    let authorized = handlers.authorized.clone();
    let builder = Server::builder()
        .add_service(StoreServer::new(handlers))
        .add_service(OddServer::new(Handlers::default()));
    let server = builder.bind("127.0.0.1:0").await.unwrap().serve();
    let address = server.local_addr().unwrap().to_string();
    let channel = Channel::builder(&address).user("alice").build().unwrap();
    (server, channel, authorized)
}

fn what(text: &str) -> WhatPb {
    WhatPb { text: text.into(), user: None }
}

#[tokio::test]
async fn each_method_reaches_its_handler() {
    let (_server, channel, authorized) = serve().await;
    let store = StoreClient::new(channel.clone());
    assert_eq!(store.get(&what("a")).await.unwrap().data, "a");
    assert_eq!(store.r#yield(&what("b")).feature(7).await.unwrap().data, "b");
    assert_eq!(authorized.load(Ordering::Relaxed), 2);
    let odd = OddClient::new(channel);
    assert_eq!(odd.new_(&what("c")).await.unwrap().data, "c");
    let user = UserInformationPb { effective_user: None, real_user: "d".into() };
    assert_eq!(odd.inline_(&user).await.unwrap().data, "d");
    assert_eq!(odd.supports_feature_(&what("e")).await.unwrap().text, "e");
}

#[tokio::test]
async fn authorization_comes_between_parsing_and_handling() {
    let (_server, channel, authorized) = serve().await;
    let status = remote(StoreClient::new(channel.clone()).put(&what("a")).await);
    assert_eq!(status.code, Some(ErrorCode::ErrorApplication));
    assert_eq!(status.message(), "Not authorized: read only");
    assert_eq!(authorized.load(Ordering::Relaxed), 100);

    // A request that lacks `text`, one whose user lacks `real_user`, and one that is no message.
    for (body, why) in [
        (&b""[..], "missing fields: text"),
        (b"\x0a\x00\x12\x00", "missing fields: user.real_user"),
        (b"\x0a\xff", ""),
    ] {
        let call = CallRequest::new(Method::from_static(store::SERVICE_NAME, "Put"), body);
        let status = remote(channel.call_raw(call).await);
        assert_eq!(status.code, Some(ErrorCode::ErrorInvalidRequest));
        let begin = "Invalid argument: invalid parameter for call test.calls.Store.Put: ";
        let rest = status.message().strip_prefix(begin);
        assert!(rest.is_some_and(|rest| rest.starts_with(why)), "{status}");
    }
    assert_eq!(authorized.load(Ordering::Relaxed), 100, "nothing to authorize");
}

#[tokio::test]
async fn features_are_the_handlers_to_choose() {
    let (_server, channel, _) = serve().await;
    let status = remote(StoreClient::new(channel).get(&what("a")).feature(8).await);
    assert_eq!(status.unsupported_feature_flags(), [8]);
}

#[derive(Debug)]
struct Idle;

impl calls::nothing::Nothing for Idle {}

#[tokio::test]
async fn a_service_without_methods() {
    let idle = calls::nothing::NothingServer::new(Idle);
    let server = Server::builder().add_service(idle).bind("127.0.0.1:0").await.unwrap().serve();
    let channel = Channel::connect(&server.local_addr().unwrap().to_string()).unwrap();
    let method = Method::from_static(calls::nothing::SERVICE_NAME, "Any");
    let status = remote(channel.call_raw(CallRequest::new(method, "")).await);
    assert_eq!(status.code, Some(ErrorCode::ErrorNoSuchMethod));
}

#[test]
fn what_is_known_of_the_methods() {
    let server = StoreServer::new(Handlers::default());
    assert_eq!(server.name(), "test.calls.Store");
    let names: Vec<_> = server.methods().iter().map(|method| method.name).collect();
    assert_eq!(names, ["Get", "Put", "Yield"]);
    let tracked: Vec<_> = server.methods().iter().map(|method| method.track_rpc_result).collect();
    assert_eq!(tracked, [false, true, false]);
    assert_eq!(store::METHODS[2].authz_method, Some("AuthorizeReader"));
    assert!(![0, 1, 2].map(|method| server.inline(method)).contains(&true));
    let odd = OddServer::new(Handlers::default());
    assert_eq!([0, 1, 2, 3].map(|method| odd.inline(method)), [false, false, true, false]);
    assert!(calls::nothing::METHODS.is_empty());
}
