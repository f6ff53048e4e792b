//! Generated from `proto/kudu` by `cargo run -p xtask -- regen`; do not edit.

#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct AddRequestPb {
    #[prost(uint32, required, tag = "1")]
    pub x: u32,
    #[prost(uint32, required, tag = "2")]
    pub y: u32,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct AddResponsePb {
    #[prost(uint32, required, tag = "1")]
    pub result: u32,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct SleepRequestPb {
    #[prost(uint32, required, tag = "1")]
    pub sleep_micros: u32,
    /// Answer from somewhere else than the handler.
    #[prost(bool, optional, tag = "2")]
    pub deferred: ::core::option::Option<bool>,
    /// Fail with a CalculatorError.
    #[prost(bool, optional, tag = "3")]
    pub return_app_error: ::core::option::Option<bool>,
    /// Fail unless the call came with a deadline.
    #[prost(bool, optional, tag = "4", default = "false")]
    pub client_timeout_defined: ::core::option::Option<bool>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct SleepResponsePb {}
/// The sidecar holds the pattern so many times, in little-endian words.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct SleepWithSidecarRequestPb {
    #[prost(uint32, required, tag = "1")]
    pub sleep_micros: u32,
    #[prost(uint32, required, tag = "2")]
    pub pattern: u32,
    #[prost(uint32, required, tag = "3")]
    pub num_repetitions: u32,
    #[prost(uint32, required, tag = "4")]
    pub sidecar_idx: u32,
}
/// Two strings of these sizes, which depend on the seed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct SendTwoStringsRequestPb {
    #[prost(uint32, required, tag = "1")]
    pub random_seed: u32,
    #[prost(uint64, required, tag = "2")]
    pub size1: u64,
    #[prost(uint64, required, tag = "3")]
    pub size2: u64,
}
/// Indexes of the sidecars that hold them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct SendTwoStringsResponsePb {
    #[prost(uint32, required, tag = "1")]
    pub sidecar1: u32,
    #[prost(uint32, required, tag = "2")]
    pub sidecar2: u32,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct PushStringsRequestPb {
    #[prost(uint32, repeated, packed = "false", tag = "1")]
    pub sidecar_indexes: ::krpc_tokio::codegen::prost::alloc::vec::Vec<u32>,
}
/// What the sidecars were.
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct PushStringsResponsePb {
    #[prost(uint32, repeated, packed = "false", tag = "1")]
    pub sizes: ::krpc_tokio::codegen::prost::alloc::vec::Vec<u32>,
    /// CRC32C of each.
    #[prost(uint32, repeated, packed = "false", tag = "2")]
    pub crcs: ::krpc_tokio::codegen::prost::alloc::vec::Vec<u32>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct EchoRequestPb {
    #[prost(string, required, tag = "1")]
    pub data: ::krpc_tokio::codegen::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct EchoResponsePb {
    #[prost(string, required, tag = "1")]
    pub data: ::krpc_tokio::codegen::prost::alloc::string::String,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct WhoAmIRequestPb {}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct WhoAmIResponsePb {
    #[prost(message, required, tag = "1")]
    pub credentials: ::krpc_tokio::codegen::pb::UserInformationPb,
    /// Host and port of the client.
    #[prost(string, required, tag = "2")]
    pub address: ::krpc_tokio::codegen::prost::alloc::string::String,
}
/// An application's error, as an extension of the RPC layer's.
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct CalculatorError {
    #[prost(string, required, tag = "1")]
    pub extra_error_data: ::krpc_tokio::codegen::prost::alloc::string::String,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct PanicRequestPb {}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct PanicResponsePb {}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ExactlyOnceRequestPb {
    #[prost(uint32, optional, tag = "1", default = "0")]
    pub sleep_for_ms: ::core::option::Option<u32>,
    #[prost(uint32, required, tag = "2")]
    pub value_to_add: u32,
    /// Fail now and then, so that the client has to try again.
    #[prost(bool, optional, tag = "3", default = "false")]
    pub randomly_fail: ::core::option::Option<bool>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ExactlyOnceResponsePb {
    #[prost(uint32, required, tag = "1")]
    pub current_val: u32,
    #[prost(fixed64, required, tag = "2")]
    pub current_time_micros: u64,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct TestInvalidResponseRequestPb {
    #[prost(enumeration = "test_invalid_response_request_pb::ErrorType", required, tag = "1")]
    pub error_type: i32,
}
/// Nested message and enum types in `TestInvalidResponseRequestPB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod test_invalid_response_request_pb {
    #[derive(
        Clone,
        Copy,
        Debug,
        PartialEq,
        Eq,
        Hash,
        PartialOrd,
        Ord,
        ::krpc_tokio::codegen::prost::Enumeration,
    )]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    #[repr(i32)]
    pub enum ErrorType {
        MissingRequiredField = 1,
        ResponseTooLarge = 2,
    }
    impl ErrorType {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::MissingRequiredField => "MISSING_REQUIRED_FIELD",
                Self::ResponseTooLarge => "RESPONSE_TOO_LARGE",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "MISSING_REQUIRED_FIELD" => Some(Self::MissingRequiredField),
                "RESPONSE_TOO_LARGE" => Some(Self::ResponseTooLarge),
                _ => None,
            }
        }
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct TestInvalidResponseResponsePb {
    #[prost(bytes = "bytes", required, tag = "1")]
    pub response: ::krpc_tokio::codegen::prost::bytes::Bytes,
}
/// Flags that a caller may require of CalculatorService.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    ::krpc_tokio::codegen::prost::Enumeration,
)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[repr(i32)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub enum CalculatorServiceFeatures {
    Unknown = 0,
    Foo = 1,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl CalculatorServiceFeatures {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Foo => "FOO",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "UNKNOWN" => Some(Self::Unknown),
            "FOO" => Some(Self::Foo),
            _ => None,
        }
    }
}
/// The service `kudu.rpc_test.CalculatorService`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod calculator_service {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "kudu.rpc_test.CalculatorService";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Add",
            track_rpc_result: false,
            authz_method: Some("AuthorizeDisallowAlice"),
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Sleep",
            track_rpc_result: false,
            authz_method: Some("AuthorizeDisallowBob"),
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Echo",
            track_rpc_result: false,
            authz_method: Some("AuthorizeDisallowAlice"),
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "WhoAmI",
            track_rpc_result: false,
            authz_method: Some("AuthorizeDisallowAlice"),
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "TestArgumentsInDiffPackage",
            track_rpc_result: false,
            authz_method: Some("AuthorizeDisallowAlice"),
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Panic",
            track_rpc_result: false,
            authz_method: Some("AuthorizeDisallowAlice"),
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "AddExactlyOnce",
            track_rpc_result: true,
            authz_method: Some("AuthorizeDisallowAlice"),
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "TestInvalidResponse",
            track_rpc_result: false,
            authz_method: Some("AuthorizeDisallowAlice"),
        },
    ];
    /// The service `kudu.rpc_test.CalculatorService`.
    #[derive(Clone, Debug)]
    pub struct CalculatorServiceClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> CalculatorServiceClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `kudu.rpc_test.CalculatorService.Add`
        pub fn add(
            &self,
            req: &super::AddRequestPb,
        ) -> codegen::TypedCall<C, super::AddResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
        /// `kudu.rpc_test.CalculatorService.Sleep`
        pub fn sleep(
            &self,
            req: &super::SleepRequestPb,
        ) -> codegen::TypedCall<C, super::SleepResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[1], req)
        }
        /// `kudu.rpc_test.CalculatorService.Echo`
        pub fn echo(
            &self,
            req: &super::EchoRequestPb,
        ) -> codegen::TypedCall<C, super::EchoResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[2], req)
        }
        /// Tells the caller who it is.
        pub fn who_am_i(
            &self,
            req: &super::WhoAmIRequestPb,
        ) -> codegen::TypedCall<C, super::WhoAmIResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[3], req)
        }
        /// `kudu.rpc_test.CalculatorService.TestArgumentsInDiffPackage`
        pub fn test_arguments_in_diff_package(
            &self,
            req: &super::super::rpc_test_diff_package::ReqDiffPackagePb,
        ) -> codegen::TypedCall<C, super::super::rpc_test_diff_package::RespDiffPackagePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[4], req)
        }
        /// Makes the handler panic.
        pub fn panic(
            &self,
            req: &super::PanicRequestPb,
        ) -> codegen::TypedCall<C, super::PanicResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[5], req)
        }
        /// Adds to a sum; a repeated attempt of one request adds only once.
        pub fn add_exactly_once(
            &self,
            req: &super::ExactlyOnceRequestPb,
        ) -> codegen::TypedCall<C, super::ExactlyOnceResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[6], req)
        }
        /// Answers with something that the client has to refuse.
        pub fn test_invalid_response(
            &self,
            req: &super::TestInvalidResponseRequestPb,
        ) -> codegen::TypedCall<C, super::TestInvalidResponseResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[7], req)
        }
    }
    /// The service `kudu.rpc_test.CalculatorService`.
    pub trait CalculatorService: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `kudu.rpc_test.CalculatorService.Add`
        fn add(
            &self,
            cx: codegen::CallContext,
            req: super::AddRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::AddResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.rpc_test.CalculatorService.Sleep`
        fn sleep(
            &self,
            cx: codegen::CallContext,
            req: super::SleepRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::SleepResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.rpc_test.CalculatorService.Echo`
        fn echo(
            &self,
            cx: codegen::CallContext,
            req: super::EchoRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::EchoResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// Tells the caller who it is.
        fn who_am_i(
            &self,
            cx: codegen::CallContext,
            req: super::WhoAmIRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::WhoAmIResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.rpc_test.CalculatorService.TestArgumentsInDiffPackage`
        fn test_arguments_in_diff_package(
            &self,
            cx: codegen::CallContext,
            req: super::super::rpc_test_diff_package::ReqDiffPackagePb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::super::rpc_test_diff_package::RespDiffPackagePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// Makes the handler panic.
        fn panic(
            &self,
            cx: codegen::CallContext,
            req: super::PanicRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::PanicResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// Adds to a sum; a repeated attempt of one request adds only once.
        fn add_exactly_once(
            &self,
            cx: codegen::CallContext,
            req: super::ExactlyOnceRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::ExactlyOnceResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// Answers with something that the client has to refuse.
        fn test_invalid_response(
            &self,
            cx: codegen::CallContext,
            req: super::TestInvalidResponseRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::TestInvalidResponseResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// The authorization method `AuthorizeDisallowAlice`: an error refuses the call.
        fn authorize_disallow_alice(
            &self,
            cx: &codegen::CallContext,
        ) -> ::core::result::Result<(), codegen::ErrorStatus>;
        /// The authorization method `AuthorizeDisallowBob`: an error refuses the call.
        fn authorize_disallow_bob(
            &self,
            cx: &codegen::CallContext,
        ) -> ::core::result::Result<(), codegen::ErrorStatus>;
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
    /// What a server takes to serve `kudu.rpc_test.CalculatorService`.
    #[derive(Debug)]
    pub struct CalculatorServiceServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::CalculatorService> CalculatorServiceServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::CalculatorService> codegen::Service for CalculatorServiceServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::CalculatorService>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method
                .is_some_and(|info| <T as self::CalculatorService>::inline(&self.inner, info.name))
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
                    let req: super::AddRequestPb = codegen::decode_request(&cx, body)?;
                    <T as self::CalculatorService>::authorize_disallow_alice(&inner, &cx)?;
                    codegen::encode_reply(
                        <T as self::CalculatorService>::add(&inner, cx, req).await,
                    )
                }),
                1 => ::std::boxed::Box::pin(async move {
                    let req: super::SleepRequestPb = codegen::decode_request(&cx, body)?;
                    <T as self::CalculatorService>::authorize_disallow_bob(&inner, &cx)?;
                    codegen::encode_reply(
                        <T as self::CalculatorService>::sleep(&inner, cx, req).await,
                    )
                }),
                2 => ::std::boxed::Box::pin(async move {
                    let req: super::EchoRequestPb = codegen::decode_request(&cx, body)?;
                    <T as self::CalculatorService>::authorize_disallow_alice(&inner, &cx)?;
                    codegen::encode_reply(
                        <T as self::CalculatorService>::echo(&inner, cx, req).await,
                    )
                }),
                3 => ::std::boxed::Box::pin(async move {
                    let req: super::WhoAmIRequestPb = codegen::decode_request(&cx, body)?;
                    <T as self::CalculatorService>::authorize_disallow_alice(&inner, &cx)?;
                    codegen::encode_reply(
                        <T as self::CalculatorService>::who_am_i(&inner, cx, req).await,
                    )
                }),
                4 => ::std::boxed::Box::pin(async move {
                    let req: super::super::rpc_test_diff_package::ReqDiffPackagePb =
                        codegen::decode_request(&cx, body)?;
                    <T as self::CalculatorService>::authorize_disallow_alice(&inner, &cx)?;
                    codegen::encode_reply(
                        <T as self::CalculatorService>::test_arguments_in_diff_package(
                            &inner, cx, req,
                        )
                        .await,
                    )
                }),
                5 => ::std::boxed::Box::pin(async move {
                    let req: super::PanicRequestPb = codegen::decode_request(&cx, body)?;
                    <T as self::CalculatorService>::authorize_disallow_alice(&inner, &cx)?;
                    codegen::encode_reply(
                        <T as self::CalculatorService>::panic(&inner, cx, req).await,
                    )
                }),
                6 => ::std::boxed::Box::pin(async move {
                    let req: super::ExactlyOnceRequestPb = codegen::decode_request(&cx, body)?;
                    <T as self::CalculatorService>::authorize_disallow_alice(&inner, &cx)?;
                    codegen::encode_reply(
                        <T as self::CalculatorService>::add_exactly_once(&inner, cx, req).await,
                    )
                }),
                7 => ::std::boxed::Box::pin(async move {
                    let req: super::TestInvalidResponseRequestPb =
                        codegen::decode_request(&cx, body)?;
                    <T as self::CalculatorService>::authorize_disallow_alice(&inner, &cx)?;
                    codegen::encode_reply(
                        <T as self::CalculatorService>::test_invalid_response(&inner, cx, req)
                            .await,
                    )
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static ADD_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "AddRequestPB",
        required: &[(1, "x"), (2, "y")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for AddRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &ADD_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static ADD_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "AddResponsePB",
        required: &[(1, "result")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for AddResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &ADD_RESPONSE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SLEEP_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "SleepRequestPB",
        required: &[(1, "sleep_micros")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for SleepRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SLEEP_REQUEST_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for SleepResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "SleepResponsePB", required: &[], nested: &[] };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SLEEP_WITH_SIDECAR_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "SleepWithSidecarRequestPB",
        required: &[
            (1, "sleep_micros"),
            (2, "pattern"),
            (3, "num_repetitions"),
            (4, "sidecar_idx"),
        ],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for SleepWithSidecarRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SLEEP_WITH_SIDECAR_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SEND_TWO_STRINGS_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "SendTwoStringsRequestPB",
        required: &[(1, "random_seed"), (2, "size1"), (3, "size2")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for SendTwoStringsRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SEND_TWO_STRINGS_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SEND_TWO_STRINGS_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "SendTwoStringsResponsePB",
        required: &[(1, "sidecar1"), (2, "sidecar2")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for SendTwoStringsResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SEND_TWO_STRINGS_RESPONSE_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for PushStringsRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "PushStringsRequestPB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for PushStringsResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "PushStringsResponsePB",
        required: &[],
        nested: &[],
    };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static ECHO_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "EchoRequestPB",
        required: &[(1, "data")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for EchoRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &ECHO_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static ECHO_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "EchoResponsePB",
        required: &[(1, "data")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for EchoResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &ECHO_RESPONSE_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for WhoAmIRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "WhoAmIRequestPB", required: &[], nested: &[] };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static WHO_AM_I_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "WhoAmIResponsePB",
        required: &[(1, "credentials"), (2, "address")],
        nested: &[(
            1,
            "credentials",
            <::krpc_tokio::codegen::pb::UserInformationPb as ::krpc_tokio::codegen::Required>::SPEC,
        )],
    };
impl ::krpc_tokio::codegen::Required for WhoAmIResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &WHO_AM_I_RESPONSE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static CALCULATOR_ERROR_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "CalculatorError",
        required: &[(1, "extra_error_data")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for CalculatorError {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &CALCULATOR_ERROR_SPEC;
}
impl ::krpc_tokio::codegen::Required for PanicRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "PanicRequestPB", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for PanicResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "PanicResponsePB", required: &[], nested: &[] };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static EXACTLY_ONCE_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ExactlyOnceRequestPB",
        required: &[(2, "value_to_add")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for ExactlyOnceRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &EXACTLY_ONCE_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static EXACTLY_ONCE_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ExactlyOnceResponsePB",
        required: &[(1, "current_val"), (2, "current_time_micros")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for ExactlyOnceResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &EXACTLY_ONCE_RESPONSE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static TEST_INVALID_RESPONSE_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "TestInvalidResponseRequestPB",
        required: &[(1, "error_type")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for TestInvalidResponseRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &TEST_INVALID_RESPONSE_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static TEST_INVALID_RESPONSE_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "TestInvalidResponseResponsePB",
        required: &[(1, "response")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for TestInvalidResponseResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &TEST_INVALID_RESPONSE_RESPONSE_PB_SPEC;
}
