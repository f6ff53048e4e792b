//! What is called where cancelling is not the point.

use bytes::Bytes;
use krpc_core::ErrorStatus;
use krpc_driver::{BoxFuture, CallContext, CallRequest, MethodInfo, RawReply, Service, Timeout};
use std::time::Duration;

use crate::memory::METHOD;

const METHODS: &[MethodInfo] = &[MethodInfo {
    service: "bench.Service",
    name: "Take",
    track_rpc_result: false,
    authz_method: None,
}];

/// The bytes of a request and of its reply.
pub const BODY: usize = 64;

/// Takes anything, and answers with 64 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Take {
    /// Whether its method runs where its calls are read.
    pub inline: bool,
}

impl Service for Take {
    fn name(&self) -> &'static str {
        "bench.Service"
    }

    fn methods(&self) -> &'static [MethodInfo] {
        METHODS
    }

    fn inline(&self, _method: usize) -> bool {
        self.inline
    }

    fn call(
        &self,
        _method: usize,
        _cx: CallContext,
        _body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        Box::pin(async { Ok(RawReply::new(Bytes::from_static(&[8; BODY]))) })
    }
}

/// A call with so many bytes beside its message.
pub fn request_with(sidecar: Bytes) -> CallRequest {
    let mut call = request();
    if !sidecar.is_empty() {
        call.sidecars.push(sidecar);
    }
    call
}

/// A call of it, with the deadline that every call should have.
pub fn request() -> CallRequest {
    let mut call = CallRequest::new(METHOD, Bytes::from_static(&[7; BODY]));
    call.timeout = Some(Timeout::After(Duration::from_secs(60)));
    call
}
