//! Generated servers of plain functions.

#[deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms, unused_qualifications)]
#[deny(clippy::all, clippy::pedantic)]
#[path = "generated/calls.rs"]
mod calls;
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use krpc_tokio::codegen::pb::UserInformationPb;
use krpc_tokio::codegen::{Bytes, RawReply};
use krpc_tokio::{
    Answer, BoxFuture, CallContext, CallRequest, Channel, ErrorCode, ErrorStatus, Method,
    MethodInfo, Server, ServerHandle, Service, Status,
};

use calls::nothing::{BlockingNothing, BlockingNothingServer};
use calls::odd::{BlockingOdd, BlockingOddServer, OddClient};
use calls::store::{self, BlockingStore, BlockingStoreServer, StoreClient};
use calls::{Answer as AnswerPb, WhatPb};
use common::remote;

/// Where handlers are to run.
const POOL: &str = "pool";

#[derive(Debug, Default)]
struct Handlers {
    /// Counts the runs of the authorization methods: readers by 1, writers by 100.
    authorized: Arc<AtomicU32>,
}

fn answer(req: &WhatPb) -> Answer<AnswerPb> {
    assert_eq!(thread::current().name(), Some(POOL));
    Ok(AnswerPb { data: req.text.clone().into() }.into())
}

impl BlockingStore for Handlers {
    fn get(&self, _: CallContext, req: WhatPb) -> Answer<AnswerPb> {
        answer(&req)
    }

    fn put(&self, _: CallContext, req: WhatPb) -> Answer<AnswerPb> {
        answer(&req)
    }

    fn r#yield(&self, _: CallContext, req: WhatPb) -> Answer<AnswerPb> {
        answer(&req)
    }

    fn authorize_reader(&self, _: &CallContext) -> Result<(), ErrorStatus> {
        assert_eq!(thread::current().name(), Some(POOL));
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

impl BlockingOdd for Handlers {
    fn new_(&self, _: CallContext, req: WhatPb) -> Answer<AnswerPb> {
        answer(&req)
    }

    fn inline_(&self, _: CallContext, req: UserInformationPb) -> Answer<AnswerPb> {
        Ok(AnswerPb { data: req.real_user }.into())
    }

    fn supports_feature_(&self, _: CallContext, req: WhatPb) -> Answer<WhatPb> {
        Ok(req.into())
    }

    fn inline(&self, method: &str) -> bool {
        method == "Inline"
    }
}

impl BlockingNothing for Handlers {}

/// Polls each call of a service once, on a thread of its own: what runs before that, or is not done
/// after that, fails.
struct Pooled<S>(S);

impl<S: Service> Service for Pooled<S> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn methods(&self) -> &'static [MethodInfo] {
        self.0.methods()
    }

    fn supports_feature(&self, flag: u32) -> bool {
        self.0.supports_feature(flag)
    }

    fn call(
        &self,
        method: usize,
        cx: CallContext,
        body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        let mut call = self.0.call(method, cx, body);
        Box::pin(async move {
            let poll = move || call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let pool = thread::Builder::new().name(POOL.to_owned()).spawn(poll).unwrap();
            match pool.join().unwrap() {
                Poll::Ready(outcome) => outcome,
                Poll::Pending => panic!("a plain function waits for nothing"),
            }
        })
    }
}

/// A server, a channel to it, and the count of authorizations.
async fn serve() -> (ServerHandle, Channel, Arc<AtomicU32>) {
    let handlers = Handlers::default();
    let authorized = handlers.authorized.clone();
    let builder = Server::builder()
        .add_service(Pooled(BlockingStoreServer::new(handlers)))
        .add_service(Pooled(BlockingOddServer::new(Handlers::default())))
        .add_service(Pooled(BlockingNothingServer::new(Handlers::default())));
    let server = builder.bind("127.0.0.1:0").await.unwrap().serve();
    let channel = Channel::connect(&server.local_addr().unwrap().to_string()).unwrap();
    (server, channel, authorized)
}

fn what(text: &str) -> WhatPb {
    WhatPb { text: text.into(), user: None }
}

#[tokio::test]
async fn the_thread_that_polls_runs_the_function() {
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
    assert_eq!(status.message(), "Not authorized: read only");
    assert_eq!(authorized.load(Ordering::Relaxed), 100);

    // A request that lacks `text`.
    let call = CallRequest::new(Method::from_static(store::SERVICE_NAME, "Put"), "");
    let status = remote(channel.call_raw(call).await);
    assert_eq!(status.code, Some(ErrorCode::ErrorInvalidRequest));
    assert_eq!(authorized.load(Ordering::Relaxed), 100, "nothing to authorize");
}

#[tokio::test]
async fn what_is_not_there_is_refused() {
    let (_server, channel, _) = serve().await;
    let status = remote(StoreClient::new(channel.clone()).get(&what("a")).feature(8).await);
    assert_eq!(status.unsupported_feature_flags(), [8]);
    let method = Method::from_static(calls::nothing::SERVICE_NAME, "Any");
    let status = remote(channel.call_raw(CallRequest::new(method, "")).await);
    assert_eq!(status.code, Some(ErrorCode::ErrorNoSuchMethod));
}

#[test]
fn each_method_says_whether_it_runs_inline() {
    let store = BlockingStoreServer::new(Handlers::default());
    assert_eq!([0, 1, 2].map(|method| store.inline(method)), [false; 3]);
    let odd = BlockingOddServer::new(Handlers::default());
    assert_eq!([0, 1, 2, 3].map(|method| odd.inline(method)), [false, true, false, false]);
}
