//! Generated from `proto/kudu` by `cargo run -p xtask -- regen`; do not edit.

pub use ::krpc_tokio::codegen::pb::*;

/// The service `kudu.rpc.GenericCalculatorService`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod generic_calculator_service {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "kudu.rpc.GenericCalculatorService";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Add",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Sleep",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "SleepWithSidecar",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "PushStrings",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "PushStringsFast",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "SendTwoStrings",
            track_rpc_result: false,
            authz_method: None,
        },
    ];
    /// The service `kudu.rpc.GenericCalculatorService`.
    #[derive(Clone, Debug)]
    pub struct GenericCalculatorServiceClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> GenericCalculatorServiceClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `kudu.rpc.GenericCalculatorService.Add`
        pub fn add(
            &self,
            req: &super::super::rpc_test::AddRequestPb,
        ) -> codegen::TypedCall<C, super::super::rpc_test::AddResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
        /// `kudu.rpc.GenericCalculatorService.Sleep`
        pub fn sleep(
            &self,
            req: &super::super::rpc_test::SleepRequestPb,
        ) -> codegen::TypedCall<C, super::super::rpc_test::SleepResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[1], req)
        }
        /// Sleeps with a sidecar in hand, then looks whether it is still what it was.
        pub fn sleep_with_sidecar(
            &self,
            req: &super::super::rpc_test::SleepWithSidecarRequestPb,
        ) -> codegen::TypedCall<C, super::super::rpc_test::SleepResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[2], req)
        }
        /// Sizes and checksums of the sidecars sent.
        pub fn push_strings(
            &self,
            req: &super::super::rpc_test::PushStringsRequestPb,
        ) -> codegen::TypedCall<C, super::super::rpc_test::PushStringsResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[3], req)
        }
        /// Their sizes alone.
        pub fn push_strings_fast(
            &self,
            req: &super::super::rpc_test::PushStringsRequestPb,
        ) -> codegen::TypedCall<C, super::super::rpc_test::PushStringsResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[4], req)
        }
        /// Two sidecars.
        pub fn send_two_strings(
            &self,
            req: &super::super::rpc_test::SendTwoStringsRequestPb,
        ) -> codegen::TypedCall<C, super::super::rpc_test::SendTwoStringsResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[5], req)
        }
    }
    /// The service `kudu.rpc.GenericCalculatorService`.
    pub trait GenericCalculatorService:
        ::core::marker::Send + ::core::marker::Sync + 'static
    {
        /// `kudu.rpc.GenericCalculatorService.Add`
        fn add(
            &self,
            cx: codegen::CallContext,
            req: super::super::rpc_test::AddRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::super::rpc_test::AddResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.rpc.GenericCalculatorService.Sleep`
        fn sleep(
            &self,
            cx: codegen::CallContext,
            req: super::super::rpc_test::SleepRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::super::rpc_test::SleepResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// Sleeps with a sidecar in hand, then looks whether it is still what it was.
        fn sleep_with_sidecar(
            &self,
            cx: codegen::CallContext,
            req: super::super::rpc_test::SleepWithSidecarRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::super::rpc_test::SleepResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// Sizes and checksums of the sidecars sent.
        fn push_strings(
            &self,
            cx: codegen::CallContext,
            req: super::super::rpc_test::PushStringsRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::super::rpc_test::PushStringsResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// Their sizes alone.
        fn push_strings_fast(
            &self,
            cx: codegen::CallContext,
            req: super::super::rpc_test::PushStringsRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::super::rpc_test::PushStringsResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// Two sidecars.
        fn send_two_strings(
            &self,
            cx: codegen::CallContext,
            req: super::super::rpc_test::SendTwoStringsRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::super::rpc_test::SendTwoStringsResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// Whether an application feature flag is supported.
        fn supports_feature(&self, flag: u32) -> bool {
            false
        }
        /// Whether handlers of the method of this name, as in the `.proto` file, usually
        /// finish without waiting, so that running each at once is better than spawning it.
        fn inline(&self, method: &str) -> bool {
            false
        }
    }
    /// What a server takes to serve `kudu.rpc.GenericCalculatorService`.
    #[derive(Debug)]
    pub struct GenericCalculatorServiceServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::GenericCalculatorService> GenericCalculatorServiceServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::GenericCalculatorService> codegen::Service for GenericCalculatorServiceServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::GenericCalculatorService>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| {
                <T as self::GenericCalculatorService>::inline(&self.inner, info.name)
            })
        }
        fn call(
            &self,
            method: usize,
            cx: codegen::CallContext,
            body: codegen::Bytes,
        ) -> codegen::BoxFuture<::core::result::Result<codegen::RawReply, codegen::ErrorStatus>>
        {
            let inner = codegen::Arc::clone(&self.inner);
            match method {
                0 => ::std::boxed::Box::pin(async move {
                    let req: super::super::rpc_test::AddRequestPb =
                        codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericCalculatorService>::add(&inner, cx, req).await,
                    )
                }),
                1 => ::std::boxed::Box::pin(async move {
                    let req: super::super::rpc_test::SleepRequestPb =
                        codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericCalculatorService>::sleep(&inner, cx, req).await,
                    )
                }),
                2 => ::std::boxed::Box::pin(async move {
                    let req: super::super::rpc_test::SleepWithSidecarRequestPb =
                        codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericCalculatorService>::sleep_with_sidecar(&inner, cx, req)
                            .await,
                    )
                }),
                3 => ::std::boxed::Box::pin(async move {
                    let req: super::super::rpc_test::PushStringsRequestPb =
                        codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericCalculatorService>::push_strings(&inner, cx, req).await,
                    )
                }),
                4 => ::std::boxed::Box::pin(async move {
                    let req: super::super::rpc_test::PushStringsRequestPb =
                        codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericCalculatorService>::push_strings_fast(&inner, cx, req)
                            .await,
                    )
                }),
                5 => ::std::boxed::Box::pin(async move {
                    let req: super::super::rpc_test::SendTwoStringsRequestPb =
                        codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericCalculatorService>::send_two_strings(&inner, cx, req)
                            .await,
                    )
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
