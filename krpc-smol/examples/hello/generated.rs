//! Generated from `krpc-tokio/examples/hello/hello.proto` by `cargo run -p xtask -- regen`; do not edit.

#[derive(Clone, PartialEq, Eq, Hash, ::krpc_smol::codegen::prost::Message)]
#[prost(prost_path = "::krpc_smol::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct HelloRequest {
    #[prost(string, required, tag = "1")]
    pub name: ::krpc_smol::codegen::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_smol::codegen::prost::Message)]
#[prost(prost_path = "::krpc_smol::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct HelloReply {
    #[prost(string, required, tag = "1")]
    pub text: ::krpc_smol::codegen::prost::alloc::string::String,
}
/// The service `example.hello.Greeter`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod greeter {
    use ::krpc_smol::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "example.hello.Greeter";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "SayHello",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `example.hello.Greeter`.
    #[derive(Clone, Debug)]
    pub struct GreeterClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> GreeterClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `example.hello.Greeter.SayHello`
        pub fn say_hello(
            &self,
            req: &super::HelloRequest,
        ) -> codegen::TypedCall<C, super::HelloReply> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `example.hello.Greeter`.
    pub trait Greeter: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `example.hello.Greeter.SayHello`
        fn say_hello(
            &self,
            cx: codegen::CallContext,
            req: super::HelloRequest,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::HelloReply>,
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
    /// What a server takes to serve `example.hello.Greeter`.
    #[derive(Debug)]
    pub struct GreeterServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Greeter> GreeterServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Greeter> codegen::Service for GreeterServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Greeter>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Greeter>::inline(&self.inner, info.name))
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
                    let req: super::HelloRequest = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Greeter>::say_hello(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static HELLO_REQUEST_SPEC: ::krpc_smol::codegen::MessageSpec = ::krpc_smol::codegen::MessageSpec {
    name: "HelloRequest",
    required: &[(1, "name")],
    nested: &[],
};
impl ::krpc_smol::codegen::Required for HelloRequest {
    const SPEC: &'static ::krpc_smol::codegen::MessageSpec = &HELLO_REQUEST_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static HELLO_REPLY_SPEC: ::krpc_smol::codegen::MessageSpec =
    ::krpc_smol::codegen::MessageSpec { name: "HelloReply", required: &[(1, "text")], nested: &[] };
impl ::krpc_smol::codegen::Required for HelloReply {
    const SPEC: &'static ::krpc_smol::codegen::MessageSpec = &HELLO_REPLY_SPEC;
}
