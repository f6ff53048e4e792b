//! Typed clients and services: what `krpc-build` generates, written by hand.

mod common;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use common::{Sim, poll, ready};
use krpc_driver::codegen::{
    self, BoxFuture, Bytes, CallContext, Caller, ErrorStatus, MessageSpec, MethodInfo, RawReply,
    Reply, Required, Service, TypedCall,
};
use krpc_driver::core::{
    CallError, CancelOutcome, ErrorCode, Execution, InboundReply, Method, Sidecars,
};
use krpc_driver::{CallFuture, CallRequest, Handle, Response, Status, Wait};

#[derive(Clone, PartialEq, prost::Message)]
struct AddRequest {
    #[prost(uint32, required, tag = "1")]
    x: u32,
    #[prost(uint32, required, tag = "2")]
    y: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct AddResponse {
    #[prost(uint32, required, tag = "1")]
    result: u32,
}

static ADD_REQUEST: MessageSpec =
    MessageSpec { name: "AddRequest", required: &[(1, "x"), (2, "y")], nested: &[] };
static ADD_RESPONSE: MessageSpec =
    MessageSpec { name: "AddResponse", required: &[(1, "result")], nested: &[] };

impl Required for AddRequest {
    const SPEC: &'static MessageSpec = &ADD_REQUEST;
}

impl Required for AddResponse {
    const SPEC: &'static MessageSpec = &ADD_RESPONSE;
}

const METHODS: &[MethodInfo] = &[
    MethodInfo {
        service: "test.Calculator",
        name: "Add",
        track_rpc_result: false,
        authz_method: Some("AuthorizeNotMallory"),
    },
    MethodInfo {
        service: "test.Calculator",
        name: "Odd",
        track_rpc_result: false,
        authz_method: None,
    },
];

struct Calculator;

impl Calculator {
    fn authorize_not_mallory(&self, cx: &CallContext) -> Result<(), ErrorStatus> {
        match cx.remote_user() {
            "mallory" => Err(Status::not_authorized("not you").into()),
            _ => Ok(()),
        }
    }

    async fn add(
        &self,
        cx: CallContext,
        req: AddRequest,
    ) -> Result<Reply<AddResponse>, ErrorStatus> {
        let Some(result) = req.x.checked_add(req.y) else {
            return Err(Status::invalid_argument("the sum is too large").into());
        };
        let mut reply = Reply::new(AddResponse { result });
        for (i, sidecar) in cx.sidecars().iter().enumerate() {
            assert_eq!(reply.add_sidecar(sidecar), i as u32);
        }
        Ok(reply)
    }
}

struct Server(codegen::Arc<Calculator>);

impl Service for Server {
    fn name(&self) -> &'static str {
        "test.Calculator"
    }

    fn methods(&self) -> &'static [MethodInfo] {
        METHODS
    }

    fn supports_feature(&self, flag: u32) -> bool {
        flag == 1
    }

    fn call(
        &self,
        method: usize,
        cx: CallContext,
        body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        let inner = self.0.clone();
        match method {
            0 => Box::pin(async move {
                let req: AddRequest = codegen::decode_request(&cx, body)?;
                inner.authorize_not_mallory(&cx)?;
                codegen::encode_reply(inner.add(cx, req).await)
            }),
            // A reply that lacks a required field.
            1 => Box::pin(async move { Ok(RawReply::default()) }),
            _ => codegen::no_such_method(&cx, method),
        }
    }
}

#[derive(Clone, Debug)]
struct Client<C> {
    caller: C,
}

impl<C: Caller> Client<C> {
    fn add(&self, req: &AddRequest) -> TypedCall<C, AddResponse> {
        TypedCall::new(&self.caller, &METHODS[0], req)
    }

    fn odd(&self, req: &AddRequest) -> TypedCall<C, AddResponse> {
        TypedCall::new(&self.caller, &METHODS[1], req)
    }
}

fn run<T: Caller<Pending = CallFuture>>(
    sim: &mut Sim,
    call: TypedCall<T, AddResponse>,
) -> Result<Response<AddResponse>, CallError> {
    finish(sim, call.into_future())
}

fn finish<F: Future + Unpin>(sim: &mut Sim, mut future: F) -> F::Output {
    sim.settle();
    ready(&mut future).expect("the call has ended")
}

fn sim(user: &str) -> (Sim, Client<Handle>) {
    let config =
        krpc_driver::core::ClientConfig::new(krpc_driver::core::UserCredentials::new(user));
    let sim = Sim::with(config, Server(codegen::Arc::new(Calculator)), 10, 10);
    let client = Client { caller: sim.handle().clone() };
    (sim, client)
}

#[test]
fn a_typed_call_with_everything() {
    let (mut sim, client) = sim("alice");
    let call = client
        .add(&AddRequest { x: 40, y: 2 })
        .timeout(Duration::from_secs(1))
        .feature(1)
        .sidecar("one")
        .sidecars(vec!["two".into()]);
    let response = run(&mut sim, call).unwrap();
    assert_eq!(response.result, 42);
    assert_eq!(response.sidecars().len(), 2);
    let (message, sidecars) = response.into_parts();
    assert_eq!(message, AddResponse { result: 42 });
    assert_eq!(sidecars.get(1).unwrap(), "two");
}

#[test]
fn a_handlers_status_reaches_the_caller() {
    let (mut sim, client) = sim("alice");
    let call = client.add(&AddRequest { x: u32::MAX, y: 1 });
    let error = run(&mut sim, call).unwrap_err();
    let CallError::Remote(status) = error else { panic!("{error:?}") };
    assert_eq!(status.message(), "Invalid argument: the sum is too large");
    assert_eq!(status.code, Some(ErrorCode::ErrorApplication));
}

#[test]
fn authorization_comes_after_parsing() {
    let (mut sim, client) = sim("mallory");
    let error = run(&mut sim, client.add(&AddRequest { x: 1, y: 1 })).unwrap_err();
    assert!(error.to_string().contains("Not authorized: not you"), "{error}");
}

#[test]
fn a_bad_parameter_is_refused_in_kudus_words() {
    let (mut sim, client) = sim("mallory");
    let method = Method::from_static("test.Calculator", "Add");
    for (body, why) in [("", "missing fields: x, y"), ("\u{8}", "AddRequest cannot be read")] {
        let mut call = client.caller.start(CallRequest::new(method.clone(), body));
        sim.settle();
        let Err(CallError::Remote(status)) = poll(&mut call).unwrap() else { panic!("no error") };
        assert_eq!(status.code, Some(ErrorCode::ErrorInvalidRequest));
        let text = status.message();
        let start = "Invalid argument: invalid parameter for call test.Calculator.Add: ";
        assert!(text.starts_with(start) && text.contains(why), "{text}");
    }
}

#[test]
fn a_reply_that_lacks_a_field_fails_that_call_only() {
    let (mut sim, client) = sim("alice");
    let error = run(&mut sim, client.odd(&AddRequest { x: 1, y: 1 })).unwrap_err();
    assert_eq!(error.to_string(), "invalid RPC response: missing fields: result");
    assert_eq!(error.execution(), Execution::Maybe);
    assert_eq!(run(&mut sim, client.add(&AddRequest { x: 1, y: 1 })).unwrap().result, 2);
}

/// A blocking caller: whoever waits for a call moves both ends of the connection along.
#[derive(Clone)]
struct Blocking(Arc<Mutex<Sim>>);

impl Blocking {
    fn sim(&self) -> MutexGuard<'_, Sim> {
        self.0.lock().unwrap()
    }
}

impl Caller for Blocking {
    type Pending = Waiting;

    fn start(&self, request: CallRequest) -> Waiting {
        Waiting { caller: self.clone(), call: self.sim().handle().start(request) }
    }
}

struct Waiting {
    caller: Blocking,
    call: CallFuture,
}

impl Wait for Waiting {
    fn wait(mut self) -> Result<InboundReply, CallError> {
        self.caller.sim().settle();
        poll(&mut self.call).expect("the call has ended")
    }
}

fn blocking(user: &str) -> Client<Blocking> {
    Client { caller: Blocking(Arc::new(Mutex::new(sim(user).0))) }
}

/// Its calls are futures of its own.
#[derive(Clone)]
struct Boxing(Handle);

impl Caller for Boxing {
    type Pending = BoxFuture<Result<InboundReply, CallError>>;

    fn start(&self, request: CallRequest) -> Self::Pending {
        Box::pin(self.0.start(request))
    }
}

#[test]
fn typed_calls_of_any_future_are_awaited() {
    let (mut sim, Client { caller }) = sim("alice");
    let client = Client { caller: Boxing(caller) };
    let started = client.add(&AddRequest { x: 1, y: 2 }).start();
    let other = client.add(&AddRequest { x: 40, y: 2 });
    assert_eq!(finish(&mut sim, started).unwrap().result, 3);
    assert_eq!(finish(&mut sim, other.into_future()).unwrap().result, 42);
    let odd = client.odd(&AddRequest { x: 1, y: 2 }).into_future();
    assert!(matches!(finish(&mut sim, odd), Err(CallError::BadReply(_))));
}

#[test]
fn a_thread_waits_for_a_typed_call_with_everything() {
    let client = blocking("alice");
    let call = client.add(&AddRequest { x: 40, y: 2 }).feature(1).sidecar("one").sidecar("two");
    let response = call.wait().unwrap();
    assert_eq!(response.result, 42);
    assert_eq!(response.sidecars().get(1).unwrap(), "two");
}

#[test]
fn a_thread_waits_for_calls_that_were_started_before() {
    let client = blocking("alice");
    let calls = [1, 2, 3].map(|x| client.add(&AddRequest { x, y: 1 }).start());
    let results = calls.map(|call| call.wait().unwrap().result);
    assert_eq!(results, [2, 3, 4]);
    assert_eq!(client.caller.sim().handle().stats().frames_sent, 3);

    let unasked = client.add(&AddRequest { x: 1, y: 1 });
    drop(unasked);
    drop(client.add(&AddRequest { x: 1, y: 1 }).start());
    client.caller.sim().settle();
    assert_eq!(client.caller.sim().handle().stats().frames_sent, 3);
}

#[test]
fn a_thread_that_waits_gets_every_error() {
    let client = blocking("mallory");
    let error = client.add(&AddRequest { x: 1, y: 1 }).wait().unwrap_err();
    assert!(error.to_string().contains("Not authorized: not you"), "{error}");
    let error = client.odd(&AddRequest { x: 1, y: 1 }).wait().unwrap_err();
    assert_eq!(error.to_string(), "invalid RPC response: missing fields: result");
    let error = client.add(&AddRequest { x: 1, y: 1 }).feature(2).wait().unwrap_err();
    let CallError::Remote(status) = error else { panic!("{error:?}") };
    assert_eq!(status.unsupported_feature_flags(), [2]);
}

fn assert_not_begun(result: Result<Response<AddResponse>, CallError>) {
    let Err(CallError::Cancelled { outcome, .. }) = result else { panic!("{result:?}") };
    assert_eq!(outcome, CancelOutcome::NotBegun);
}

#[test]
fn typed_calls_are_cancelled_as_others() {
    let (mut sim, client) = sim("alice");
    let call = client.add(&AddRequest { x: 1, y: 1 }).start();
    drop(call.cancel());
    assert_not_begun(finish(&mut sim, call));
    let call = client.add(&AddRequest { x: 1, y: 1 }).start();
    drop(call.cancel_handle().cancel());
    assert_not_begun(finish(&mut sim, call));

    let client = blocking("alice");
    let call = client.add(&AddRequest { x: 1, y: 1 }).start();
    drop(call.pending().call.cancel());
    assert_not_begun(call.wait());
}

#[test]
fn a_reply_is_decoded_by_whoever_has_it() {
    let (mut sim, client) = sim("alice");
    let mut call = client.add(&AddRequest { x: 40, y: 2 }).sidecar("one").start().into_pending();
    sim.settle();
    let reply = poll(&mut call).unwrap().unwrap();
    let response = Response::<AddResponse>::decode(reply).unwrap();
    assert_eq!((response.result, response.sidecars().len()), (42, 1));

    let reply = InboundReply { body: Bytes::new(), sidecars: Sidecars::default() };
    let error = Response::<AddResponse>::decode(reply).unwrap_err();
    assert_eq!(error.to_string(), "invalid RPC response: missing fields: result");
}

/// Types that users keep in their structures and move between threads.
#[test]
fn public_types_may_be_sent_and_shared() {
    fn check<T: Send + Sync + 'static>() {}
    check::<krpc_driver::Channel>();
    check::<krpc_driver::Connector>();
    check::<krpc_driver::Handle>();
    check::<krpc_driver::CallFuture>();
    check::<krpc_driver::CallRequest>();
    check::<krpc_driver::TypedCall<krpc_driver::Channel, AddResponse>>();
    check::<krpc_driver::TypedFuture<AddResponse>>();
    check::<krpc_driver::Response<AddResponse>>();
    check::<krpc_driver::Reply<AddResponse>>();
    check::<krpc_driver::Opened>();
    check::<krpc_driver::CallContext>();
    check::<krpc_driver::Cancelled>();
    check::<krpc_driver::Dispatcher>();
    check::<krpc_driver::Host>();
    check::<krpc_driver::Status>();
    check::<krpc_driver::AddressError>();
}

/// What an awaited call and a driver take; raising these is a decision, not an accident.
#[test]
fn sizes_are_kept_in_check() {
    let call = std::mem::size_of::<krpc_driver::CallFuture>();
    assert!(call <= 8, "{call}");
    let driver = std::mem::size_of::<krpc_driver::ClientDriver>();
    println!(
        "client driver {driver} bytes, server driver {} bytes",
        std::mem::size_of::<krpc_driver::ServerDriver>()
    );
    assert!(driver <= 2_048, "{driver}");
}
