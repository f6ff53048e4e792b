//! Generated from `tests/proto` by `cargo run -p xtask -- regen`; do not edit.

#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct WhatPb {
    #[prost(string, required, tag = "1")]
    pub text: ::krpc_tokio::codegen::prost::alloc::string::String,
    #[prost(message, optional, tag = "2")]
    pub user: ::core::option::Option<::krpc_tokio::codegen::pb::UserInformationPb>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct Answer {
    #[prost(bytes = "bytes", required, tag = "1")]
    pub data: ::krpc_tokio::codegen::prost::bytes::Bytes,
}
/// The service `test.calls.Store`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod store {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.calls.Store";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Get",
            track_rpc_result: false,
            authz_method: Some("AuthorizeReader"),
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Put",
            track_rpc_result: true,
            authz_method: Some("AuthorizeWriter"),
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Yield",
            track_rpc_result: false,
            authz_method: Some("AuthorizeReader"),
        },
    ];
    /// Keeps *things*.
    #[derive(Clone, Debug)]
    pub struct StoreClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> StoreClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// Gets one.
        ///
        /// See [there](<https://example.org/get>).
        pub fn get(&self, req: &super::WhatPb) -> codegen::TypedCall<C, super::Answer> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
        /// `test.calls.Store.Put`
        pub fn put(&self, req: &super::WhatPb) -> codegen::TypedCall<C, super::Answer> {
            codegen::TypedCall::new(&self.caller, &METHODS[1], req)
        }
        /// Has a name that is a keyword.
        pub fn r#yield(&self, req: &super::WhatPb) -> codegen::TypedCall<C, super::Answer> {
            codegen::TypedCall::new(&self.caller, &METHODS[2], req)
        }
    }
    /// Keeps *things*.
    pub trait Store: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// Gets one.
        ///
        /// See [there](<https://example.org/get>).
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::WhatPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Answer>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.calls.Store.Put`
        fn put(
            &self,
            cx: codegen::CallContext,
            req: super::WhatPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Answer>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// Has a name that is a keyword.
        fn r#yield(
            &self,
            cx: codegen::CallContext,
            req: super::WhatPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Answer>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// The authorization method `AuthorizeReader`: an error refuses the call.
        fn authorize_reader(
            &self,
            cx: &codegen::CallContext,
        ) -> ::core::result::Result<(), codegen::ErrorStatus>;
        /// The authorization method `AuthorizeWriter`: an error refuses the call.
        fn authorize_writer(
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
    /// What a server takes to serve `test.calls.Store`.
    #[derive(Debug)]
    pub struct StoreServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Store> StoreServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Store> codegen::Service for StoreServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Store>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Store>::inline(&self.inner, info.name))
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
                    let req: super::WhatPb = codegen::decode_request(&cx, body)?;
                    <T as self::Store>::authorize_reader(&inner, &cx)?;
                    codegen::encode_reply(<T as self::Store>::get(&inner, cx, req).await)
                }),
                1 => ::std::boxed::Box::pin(async move {
                    let req: super::WhatPb = codegen::decode_request(&cx, body)?;
                    <T as self::Store>::authorize_writer(&inner, &cx)?;
                    codegen::encode_reply(<T as self::Store>::put(&inner, cx, req).await)
                }),
                2 => ::std::boxed::Box::pin(async move {
                    let req: super::WhatPb = codegen::decode_request(&cx, body)?;
                    <T as self::Store>::authorize_reader(&inner, &cx)?;
                    codegen::encode_reply(<T as self::Store>::r#yield(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// Keeps *things*.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingStore: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// Gets one.
        ///
        /// See [there](<https://example.org/get>).
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::WhatPb,
        ) -> ::core::result::Result<codegen::Reply<super::Answer>, codegen::ErrorStatus>;
        /// `test.calls.Store.Put`
        fn put(
            &self,
            cx: codegen::CallContext,
            req: super::WhatPb,
        ) -> ::core::result::Result<codegen::Reply<super::Answer>, codegen::ErrorStatus>;
        /// Has a name that is a keyword.
        fn r#yield(
            &self,
            cx: codegen::CallContext,
            req: super::WhatPb,
        ) -> ::core::result::Result<codegen::Reply<super::Answer>, codegen::ErrorStatus>;
        /// The authorization method `AuthorizeReader`: an error refuses the call.
        fn authorize_reader(
            &self,
            cx: &codegen::CallContext,
        ) -> ::core::result::Result<(), codegen::ErrorStatus>;
        /// The authorization method `AuthorizeWriter`: an error refuses the call.
        fn authorize_writer(
            &self,
            cx: &codegen::CallContext,
        ) -> ::core::result::Result<(), codegen::ErrorStatus>;
        /// Whether an application feature flag is supported.
        fn supports_feature(&self, flag: u32) -> bool {
            false
        }
        /// Whether handlers of the method of this name, as in the `.proto` file, run on the
        /// thread that has read the call, rather than on one of the pool's. Everything else
        /// that this thread does waits for them.
        fn inline(&self, method: &str) -> bool {
            false
        }
    }
    /// What a server takes to serve `test.calls.Store`.
    #[derive(Debug)]
    pub struct BlockingStoreServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingStore> BlockingStoreServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingStore> codegen::Service for BlockingStoreServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingStore>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingStore>::inline(&self.inner, info.name))
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
                    let req: super::WhatPb = codegen::decode_request(&cx, body)?;
                    <T as self::BlockingStore>::authorize_reader(&inner, &cx)?;
                    codegen::encode_reply(<T as self::BlockingStore>::get(&inner, cx, req))
                }),
                1 => ::std::boxed::Box::pin(async move {
                    let req: super::WhatPb = codegen::decode_request(&cx, body)?;
                    <T as self::BlockingStore>::authorize_writer(&inner, &cx)?;
                    codegen::encode_reply(<T as self::BlockingStore>::put(&inner, cx, req))
                }),
                2 => ::std::boxed::Box::pin(async move {
                    let req: super::WhatPb = codegen::decode_request(&cx, body)?;
                    <T as self::BlockingStore>::authorize_reader(&inner, &cx)?;
                    codegen::encode_reply(<T as self::BlockingStore>::r#yield(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.calls.Odd`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod odd {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.calls.Odd";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "New",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Inline",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "SupportsFeature",
            track_rpc_result: false,
            authz_method: None,
        },
    ];
    /// Has names that are taken, and no authorization.
    #[derive(Clone, Debug)]
    pub struct OddClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> OddClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.calls.Odd.New`
        pub fn new_(&self, req: &super::WhatPb) -> codegen::TypedCall<C, super::Answer> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
        /// `test.calls.Odd.Inline`
        pub fn inline_(
            &self,
            req: &::krpc_tokio::codegen::pb::UserInformationPb,
        ) -> codegen::TypedCall<C, super::Answer> {
            codegen::TypedCall::new(&self.caller, &METHODS[1], req)
        }
        /// `test.calls.Odd.SupportsFeature`
        pub fn supports_feature_(
            &self,
            req: &super::WhatPb,
        ) -> codegen::TypedCall<C, super::WhatPb> {
            codegen::TypedCall::new(&self.caller, &METHODS[2], req)
        }
    }
    /// Has names that are taken, and no authorization.
    pub trait Odd: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.calls.Odd.New`
        fn new_(
            &self,
            cx: codegen::CallContext,
            req: super::WhatPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Answer>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.calls.Odd.Inline`
        fn inline_(
            &self,
            cx: codegen::CallContext,
            req: ::krpc_tokio::codegen::pb::UserInformationPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Answer>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.calls.Odd.SupportsFeature`
        fn supports_feature_(
            &self,
            cx: codegen::CallContext,
            req: super::WhatPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::WhatPb>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.calls.Odd`.
    #[derive(Debug)]
    pub struct OddServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Odd> OddServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Odd> codegen::Service for OddServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Odd>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Odd>::inline(&self.inner, info.name))
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
                    let req: super::WhatPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Odd>::new_(&inner, cx, req).await)
                }),
                1 => ::std::boxed::Box::pin(async move {
                    let req: ::krpc_tokio::codegen::pb::UserInformationPb =
                        codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Odd>::inline_(&inner, cx, req).await)
                }),
                2 => ::std::boxed::Box::pin(async move {
                    let req: super::WhatPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::Odd>::supports_feature_(&inner, cx, req).await,
                    )
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// Has names that are taken, and no authorization.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingOdd: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.calls.Odd.New`
        fn new_(
            &self,
            cx: codegen::CallContext,
            req: super::WhatPb,
        ) -> ::core::result::Result<codegen::Reply<super::Answer>, codegen::ErrorStatus>;
        /// `test.calls.Odd.Inline`
        fn inline_(
            &self,
            cx: codegen::CallContext,
            req: ::krpc_tokio::codegen::pb::UserInformationPb,
        ) -> ::core::result::Result<codegen::Reply<super::Answer>, codegen::ErrorStatus>;
        /// `test.calls.Odd.SupportsFeature`
        fn supports_feature_(
            &self,
            cx: codegen::CallContext,
            req: super::WhatPb,
        ) -> ::core::result::Result<codegen::Reply<super::WhatPb>, codegen::ErrorStatus>;
        /// Whether an application feature flag is supported.
        fn supports_feature(&self, flag: u32) -> bool {
            false
        }
        /// Whether handlers of the method of this name, as in the `.proto` file, run on the
        /// thread that has read the call, rather than on one of the pool's. Everything else
        /// that this thread does waits for them.
        fn inline(&self, method: &str) -> bool {
            false
        }
    }
    /// What a server takes to serve `test.calls.Odd`.
    #[derive(Debug)]
    pub struct BlockingOddServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingOdd> BlockingOddServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingOdd> codegen::Service for BlockingOddServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingOdd>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingOdd>::inline(&self.inner, info.name))
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
                    let req: super::WhatPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingOdd>::new_(&inner, cx, req))
                }),
                1 => ::std::boxed::Box::pin(async move {
                    let req: ::krpc_tokio::codegen::pb::UserInformationPb =
                        codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingOdd>::inline_(&inner, cx, req))
                }),
                2 => ::std::boxed::Box::pin(async move {
                    let req: super::WhatPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingOdd>::supports_feature_(
                        &inner, cx, req,
                    ))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.calls.Nothing`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod nothing {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.calls.Nothing";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[];
    /// The service `test.calls.Nothing`.
    #[derive(Clone, Debug)]
    pub struct NothingClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> NothingClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
    }
    /// The service `test.calls.Nothing`.
    pub trait Nothing: ::core::marker::Send + ::core::marker::Sync + 'static {
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
    /// What a server takes to serve `test.calls.Nothing`.
    #[derive(Debug)]
    pub struct NothingServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Nothing> NothingServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Nothing> codegen::Service for NothingServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Nothing>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Nothing>::inline(&self.inner, info.name))
        }
        fn call(
            &self,
            method: usize,
            cx: codegen::CallContext,
            body: codegen::Bytes,
        ) -> codegen::BoxFuture<::core::result::Result<codegen::RawReply, codegen::ErrorStatus>>
        {
            codegen::no_such_method(&cx, method)
        }
    }
    /// The service `test.calls.Nothing`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingNothing: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// Whether an application feature flag is supported.
        fn supports_feature(&self, flag: u32) -> bool {
            false
        }
        /// Whether handlers of the method of this name, as in the `.proto` file, run on the
        /// thread that has read the call, rather than on one of the pool's. Everything else
        /// that this thread does waits for them.
        fn inline(&self, method: &str) -> bool {
            false
        }
    }
    /// What a server takes to serve `test.calls.Nothing`.
    #[derive(Debug)]
    pub struct BlockingNothingServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingNothing> BlockingNothingServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingNothing> codegen::Service for BlockingNothingServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingNothing>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingNothing>::inline(&self.inner, info.name))
        }
        fn call(
            &self,
            method: usize,
            cx: codegen::CallContext,
            body: codegen::Bytes,
        ) -> codegen::BoxFuture<::core::result::Result<codegen::RawReply, codegen::ErrorStatus>>
        {
            codegen::no_such_method(&cx, method)
        }
    }
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static WHAT_PB_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "WhatPB",
    required: &[(1, "text")],
    nested: &[(
        2,
        "user",
        <::krpc_tokio::codegen::pb::UserInformationPb as ::krpc_tokio::codegen::Required>::SPEC,
    )],
};
impl ::krpc_tokio::codegen::Required for WhatPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &WHAT_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static ANSWER_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec { name: "Answer", required: &[(1, "data")], nested: &[] };
impl ::krpc_tokio::codegen::Required for Answer {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &ANSWER_SPEC;
}
