//! `kudu.rpc_test.CalculatorService`, the generated service of Kudu's RPC tests.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use async_io::Timer;
use bytes::Bytes;
use krpc_tokio::{
    Answer, BoxFuture, CallContext, ErrorStatus, MethodInfo, RawReply, Service, Status,
};

use super::FEATURE_FOO;
use super::identity::micros;
use crate::pb::rpc::UserInformationPb;
use crate::pb::rpc_test::calculator_service::{CalculatorService, CalculatorServiceServer};
use crate::pb::rpc_test::test_invalid_response_request_pb::ErrorType;
use crate::pb::rpc_test::*;
use crate::pb::rpc_test_diff_package::{ReqDiffPackagePb, RespDiffPackagePb};

/// Number of the extension of `ErrorStatusPB` that carries a [`CalculatorError`].
const CALCULATOR_ERROR: u32 = 101;

/// What TestInvalidResponse tries to send: more than a message may have by default.
const TOO_LARGE: usize = 52_428_800 + 1_000;

/// Kudu's test service: adds, sleeps, echoes, and misbehaves on request.
///
/// Users named `alice` may call only Sleep, users named `bob` everything else. AddExactlyOnce adds
/// but does not remember: a repeated attempt adds again.
#[derive(Debug)]
pub struct Calculator {
    server: CalculatorServiceServer<Handlers>,
}

impl Default for Calculator {
    fn default() -> Self {
        Self::new()
    }
}

impl Calculator {
    /// The service, its sum at zero.
    pub fn new() -> Self {
        Calculator { server: CalculatorServiceServer::new(Handlers::default()) }
    }
}

/// The generated dispatch, except that one method can answer what no typed handler can: a
/// response without its required field.
impl Service for Calculator {
    fn name(&self) -> &'static str {
        self.server.name()
    }

    fn methods(&self) -> &'static [MethodInfo] {
        self.server.methods()
    }

    fn supports_feature(&self, flag: u32) -> bool {
        self.server.supports_feature(flag)
    }

    fn call(
        &self,
        method: usize,
        cx: CallContext,
        body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        let call = self.server.call(method, cx, body);
        if self.methods()[method].name != "TestInvalidResponse" {
            return call;
        }
        Box::pin(async move {
            let mut reply = call.await?;
            // The handler left it empty to say so.
            if reply.body[..] == [0x0a, 0] {
                reply.body = Bytes::new();
            }
            Ok(reply)
        })
    }
}

#[derive(Debug, Default)]
struct Handlers {
    sum: AtomicU32,
}

impl CalculatorService for Handlers {
    async fn add(&self, _: CallContext, req: AddRequestPb) -> Answer<AddResponsePb> {
        Ok(AddResponsePb { result: req.x.wrapping_add(req.y) }.into())
    }

    async fn sleep(&self, cx: CallContext, req: SleepRequestPb) -> Answer<SleepResponsePb> {
        super::calculator::sleep(&cx, &req).await?;
        Ok(SleepResponsePb {}.into())
    }

    async fn echo(&self, _: CallContext, req: EchoRequestPb) -> Answer<EchoResponsePb> {
        Ok(EchoResponsePb { data: req.data }.into())
    }

    async fn who_am_i(&self, cx: CallContext, _: WhoAmIRequestPb) -> Answer<WhoAmIResponsePb> {
        let credentials = UserInformationPb {
            effective_user: None,
            real_user: cx.remote_user().to_owned().into(),
        };
        Ok(WhoAmIResponsePb { credentials, address: cx.peer().to_string() }.into())
    }

    async fn test_arguments_in_diff_package(
        &self,
        _: CallContext,
        _: ReqDiffPackagePb,
    ) -> Answer<RespDiffPackagePb> {
        Ok(RespDiffPackagePb {}.into())
    }

    async fn panic(&self, _: CallContext, _: PanicRequestPb) -> Answer<PanicResponsePb> {
        panic!("a client called CalculatorService.Panic");
    }

    async fn add_exactly_once(
        &self,
        _: CallContext,
        req: ExactlyOnceRequestPb,
    ) -> Answer<ExactlyOnceResponsePb> {
        if let Some(ms) = req.sleep_for_ms {
            Timer::after(Duration::from_millis(ms.into())).await;
        }
        let now = micros(SystemTime::now()) as u64;
        // The clock's last bit is coin enough.
        if req.randomly_fail() && now.is_multiple_of(2) {
            return Err(
                Status::new(krpc_tokio::StatusCode::Aborted, "failed at random, as asked").into()
            );
        }
        let before = self.sum.fetch_add(req.value_to_add, Ordering::Relaxed);
        let current_val = before.wrapping_add(req.value_to_add);
        Ok(ExactlyOnceResponsePb { current_val, current_time_micros: now }.into())
    }

    async fn test_invalid_response(
        &self,
        _: CallContext,
        req: TestInvalidResponseRequestPb,
    ) -> Answer<TestInvalidResponseResponsePb> {
        let response = match req.error_type() {
            ErrorType::MissingRequiredField => Bytes::new(),
            ErrorType::ResponseTooLarge => vec![b'x'; TOO_LARGE].into(),
        };
        Ok(TestInvalidResponseResponsePb { response }.into())
    }

    fn authorize_disallow_alice(&self, cx: &CallContext) -> Result<(), ErrorStatus> {
        refuse(cx, "alice")
    }

    fn authorize_disallow_bob(&self, cx: &CallContext) -> Result<(), ErrorStatus> {
        refuse(cx, "bob")
    }

    fn supports_feature(&self, flag: u32) -> bool {
        flag == FEATURE_FOO
    }
}

fn refuse(cx: &CallContext, user: &str) -> Result<(), ErrorStatus> {
    if cx.remote_user() == user {
        let message = format!("{user} is not allowed to call this method");
        return Err(Status::not_authorized(message).into());
    }
    Ok(())
}

/// Sleeps as asked, or fails as asked. A sleep that is `deferred` is no different: what Kudu's service
/// would hand to another thread, so that its own is free, is here the handler's future already.
pub(super) async fn sleep(cx: &CallContext, req: &SleepRequestPb) -> Result<(), ErrorStatus> {
    let error = |message: &str, data: &str| {
        let extension = CalculatorError { extra_error_data: data.into() };
        ErrorStatus::application_error(message, CALCULATOR_ERROR, &extension)
    };
    if req.return_app_error() {
        return Err(error("Got some error", "some application-specific error data"));
    }
    if req.client_timeout_defined() && cx.deadline().is_none() {
        return Err(error("Missing required timeout", "Timeout not set"));
    }
    Timer::after(Duration::from_micros(req.sleep_micros.into())).await;
    Ok(())
}
