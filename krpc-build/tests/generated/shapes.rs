//! Generated from `tests/proto` by `cargo run -p xtask -- regen`; do not edit.

#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct Leaf {
    #[prost(uint32, optional, tag = "1")]
    pub number: ::core::option::Option<u32>,
}
/// Contains itself.
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct Tree {
    #[prost(string, required, tag = "2")]
    pub name: ::krpc_tokio::codegen::prost::alloc::string::String,
    #[prost(message, repeated, tag = "1")]
    pub child: ::krpc_tokio::codegen::prost::alloc::vec::Vec<Tree>,
    #[prost(message, optional, tag = "3")]
    pub leaf: ::core::option::Option<Leaf>,
}
/// Contain each other, and only the second has something required.
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct Even {
    #[prost(message, optional, boxed, tag = "1")]
    pub odd: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::boxed::Box<Odd>>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct Odd {
    #[prost(message, optional, boxed, tag = "1")]
    pub even: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::boxed::Box<Even>>,
    #[prost(bool, required, tag = "2")]
    pub last: bool,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct Many {
    #[prost(map = "string, message", tag = "1")]
    pub trees:
        ::std::collections::HashMap<::krpc_tokio::codegen::prost::alloc::string::String, Tree>,
    #[prost(map = "string, message", tag = "2")]
    pub leaves:
        ::std::collections::HashMap<::krpc_tokio::codegen::prost::alloc::string::String, Leaf>,
    #[prost(group, optional, tag = "5")]
    pub grouped: ::core::option::Option<many::Grouped>,
    #[prost(oneof = "many::Which", tags = "3, 4")]
    pub which: ::core::option::Option<many::Which>,
}
/// Nested message and enum types in `Many`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod many {
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct Grouped {
        #[prost(int32, required, tag = "1")]
        pub in_group: i32,
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct Inner {
        #[prost(bytes = "bytes", required, tag = "1")]
        pub r#type: ::krpc_tokio::codegen::prost::bytes::Bytes,
        #[prost(message, optional, tag = "2")]
        pub innermost: ::core::option::Option<inner::Innermost>,
    }
    /// Nested message and enum types in `Inner`.
    pub mod inner {
        #[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
        #[prost(prost_path = "::krpc_tokio::codegen::prost")]
        pub struct Innermost {
            #[prost(enumeration = "super::Kind", required, tag = "1")]
            pub kind: i32,
        }
    }
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
    pub enum Kind {
        None = 0,
        Some = 1,
    }
    impl Kind {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::None => "NONE",
                Self::Some => "SOME",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "NONE" => Some(Self::None),
                "SOME" => Some(Self::Some),
                _ => None,
            }
        }
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Oneof)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub enum Which {
        #[prost(message, tag = "3")]
        Inner(Inner),
        #[prost(message, tag = "4")]
        Leaf(super::Leaf),
    }
}
/// Nobody uses it.
///   * As people write them, with lists
///   that go on.
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct Unused {
    #[prost(enumeration = "unused::Kind", required, tag = "1")]
    pub kind: i32,
    #[deprecated]
    #[prost(string, optional, tag = "2")]
    pub old: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(oneof = "unused::Size", tags = "3, 4")]
    pub size: ::core::option::Option<unused::Size>,
}
/// Nested message and enum types in `Unused`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod unused {
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
    pub enum Kind {
        A = 0,
        #[deprecated]
        B = 1,
    }
    impl Kind {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::A => "KIND_A",
                #[allow(deprecated)]
                Self::B => "KIND_B",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "KIND_A" => Some(Self::A),
                "KIND_B" => Some(
                    #[allow(deprecated)]
                    Self::B,
                ),
                _ => None,
            }
        }
    }
    #[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Oneof)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub enum Size {
        #[prost(bool, tag = "3")]
        Small(bool),
        #[prost(message, tag = "4")]
        Large(super::Many),
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct Which {
    #[prost(string, required, tag = "1")]
    pub function: ::krpc_tokio::codegen::prost::alloc::string::String,
}
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
pub enum UnusedToo {
    UnusedNone = 0,
    UnusedSome = 1,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl UnusedToo {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::UnusedNone => "UNUSED_NONE",
            Self::UnusedSome => "UNUSED_SOME",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "UNUSED_NONE" => Some(Self::UnusedNone),
            "UNUSED_SOME" => Some(Self::UnusedSome),
            _ => None,
        }
    }
}
/// The service `test.shapes.Methods`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod methods {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Methods";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Clone",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Drop",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Into",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "TryInto",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "IntoIter",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "ToOwned",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "ToString",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "AsRef",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Borrow",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Deref",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "TypeId",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Fmt",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Cmp",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Self",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "FromAnywhere",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Name",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Methods",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Call",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Inner",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Req",
            track_rpc_result: false,
            authz_method: None,
        },
    ];
    /// Its methods are called as methods are that every type has, or the `Arc` around a handler.
    #[derive(Clone, Debug)]
    pub struct MethodsClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> MethodsClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Methods.Clone`
        pub fn clone_(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
        /// `test.shapes.Methods.Drop`
        pub fn drop(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[1], req)
        }
        /// `test.shapes.Methods.Into`
        pub fn into_(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[2], req)
        }
        /// `test.shapes.Methods.TryInto`
        pub fn try_into_(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[3], req)
        }
        /// `test.shapes.Methods.IntoIter`
        pub fn into_iter(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[4], req)
        }
        /// `test.shapes.Methods.ToOwned`
        pub fn to_owned(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[5], req)
        }
        /// `test.shapes.Methods.ToString`
        pub fn to_string(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[6], req)
        }
        /// `test.shapes.Methods.AsRef`
        pub fn as_ref(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[7], req)
        }
        /// `test.shapes.Methods.Borrow`
        pub fn borrow(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[8], req)
        }
        /// `test.shapes.Methods.Deref`
        pub fn deref(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[9], req)
        }
        /// `test.shapes.Methods.TypeId`
        pub fn type_id(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[10], req)
        }
        /// `test.shapes.Methods.Fmt`
        pub fn fmt(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[11], req)
        }
        /// `test.shapes.Methods.Cmp`
        pub fn cmp(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[12], req)
        }
        /// `test.shapes.Methods.Self`
        pub fn self_(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[13], req)
        }
        /// `test.shapes.Methods.FromAnywhere`
        pub fn from_anywhere(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[14], req)
        }
        /// Also what the server's own functions are called.
        pub fn name(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[15], req)
        }
        /// `test.shapes.Methods.Methods`
        pub fn methods(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[16], req)
        }
        /// `test.shapes.Methods.Call`
        pub fn call(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[17], req)
        }
        /// And their parameters.
        pub fn inner(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[18], req)
        }
        /// `test.shapes.Methods.Req`
        pub fn req(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[19], req)
        }
    }
    /// Its methods are called as methods are that every type has, or the `Arc` around a handler.
    pub trait Methods: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Methods.Clone`
        fn clone_(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.Drop`
        fn drop(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.Into`
        fn into_(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.TryInto`
        fn try_into_(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.IntoIter`
        fn into_iter(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.ToOwned`
        fn to_owned(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.ToString`
        fn to_string(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.AsRef`
        fn as_ref(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.Borrow`
        fn borrow(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.Deref`
        fn deref(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.TypeId`
        fn type_id(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.Fmt`
        fn fmt(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.Cmp`
        fn cmp(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.Self`
        fn self_(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.FromAnywhere`
        fn from_anywhere(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// Also what the server's own functions are called.
        fn name(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.Methods`
        fn methods(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.Call`
        fn call(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// And their parameters.
        fn inner(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Methods.Req`
        fn req(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Methods`.
    #[derive(Debug)]
    pub struct MethodsServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Methods> MethodsServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Methods> codegen::Service for MethodsServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Methods>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Methods>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::clone_(&inner, cx, req).await)
                }),
                1 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::drop(&inner, cx, req).await)
                }),
                2 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::into_(&inner, cx, req).await)
                }),
                3 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::try_into_(&inner, cx, req).await)
                }),
                4 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::into_iter(&inner, cx, req).await)
                }),
                5 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::to_owned(&inner, cx, req).await)
                }),
                6 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::to_string(&inner, cx, req).await)
                }),
                7 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::as_ref(&inner, cx, req).await)
                }),
                8 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::borrow(&inner, cx, req).await)
                }),
                9 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::deref(&inner, cx, req).await)
                }),
                10 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::type_id(&inner, cx, req).await)
                }),
                11 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::fmt(&inner, cx, req).await)
                }),
                12 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::cmp(&inner, cx, req).await)
                }),
                13 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::self_(&inner, cx, req).await)
                }),
                14 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::Methods>::from_anywhere(&inner, cx, req).await,
                    )
                }),
                15 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::name(&inner, cx, req).await)
                }),
                16 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::methods(&inner, cx, req).await)
                }),
                17 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::call(&inner, cx, req).await)
                }),
                18 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::inner(&inner, cx, req).await)
                }),
                19 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Methods>::req(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// Its methods are called as methods are that every type has, or the `Arc` around a handler.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingMethods: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Methods.Clone`
        fn clone_(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.Drop`
        fn drop(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.Into`
        fn into_(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.TryInto`
        fn try_into_(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.IntoIter`
        fn into_iter(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.ToOwned`
        fn to_owned(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.ToString`
        fn to_string(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.AsRef`
        fn as_ref(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.Borrow`
        fn borrow(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.Deref`
        fn deref(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.TypeId`
        fn type_id(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.Fmt`
        fn fmt(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.Cmp`
        fn cmp(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.Self`
        fn self_(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.FromAnywhere`
        fn from_anywhere(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// Also what the server's own functions are called.
        fn name(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.Methods`
        fn methods(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.Call`
        fn call(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// And their parameters.
        fn inner(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Methods.Req`
        fn req(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Methods`.
    #[derive(Debug)]
    pub struct BlockingMethodsServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingMethods> BlockingMethodsServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingMethods> codegen::Service for BlockingMethodsServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingMethods>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingMethods>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::clone_(&inner, cx, req))
                }),
                1 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::drop(&inner, cx, req))
                }),
                2 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::into_(&inner, cx, req))
                }),
                3 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::try_into_(&inner, cx, req))
                }),
                4 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::into_iter(&inner, cx, req))
                }),
                5 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::to_owned(&inner, cx, req))
                }),
                6 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::to_string(&inner, cx, req))
                }),
                7 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::as_ref(&inner, cx, req))
                }),
                8 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::borrow(&inner, cx, req))
                }),
                9 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::deref(&inner, cx, req))
                }),
                10 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::type_id(&inner, cx, req))
                }),
                11 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::fmt(&inner, cx, req))
                }),
                12 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::cmp(&inner, cx, req))
                }),
                13 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::self_(&inner, cx, req))
                }),
                14 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::from_anywhere(
                        &inner, cx, req,
                    ))
                }),
                15 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::name(&inner, cx, req))
                }),
                16 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::methods(&inner, cx, req))
                }),
                17 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::call(&inner, cx, req))
                }),
                18 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::inner(&inner, cx, req))
                }),
                19 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingMethods>::req(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Guarded`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod guarded {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Guarded";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "First",
            track_rpc_result: false,
            authz_method: Some("clone"),
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Second",
            track_rpc_result: false,
            authz_method: Some("drop"),
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Third",
            track_rpc_result: false,
            authz_method: Some("AsRef"),
        },
    ];
    /// So are its authorization methods.
    #[derive(Clone, Debug)]
    pub struct GuardedClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> GuardedClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Guarded.First`
        pub fn first(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
        /// `test.shapes.Guarded.Second`
        pub fn second(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[1], req)
        }
        /// `test.shapes.Guarded.Third`
        pub fn third(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[2], req)
        }
    }
    /// So are its authorization methods.
    pub trait Guarded: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Guarded.First`
        fn first(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Guarded.Second`
        fn second(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// `test.shapes.Guarded.Third`
        fn third(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// The authorization method `AsRef`: an error refuses the call.
        fn as_ref(
            &self,
            cx: &codegen::CallContext,
        ) -> ::core::result::Result<(), codegen::ErrorStatus>;
        /// The authorization method `clone`: an error refuses the call.
        fn clone_(
            &self,
            cx: &codegen::CallContext,
        ) -> ::core::result::Result<(), codegen::ErrorStatus>;
        /// The authorization method `drop`: an error refuses the call.
        fn drop(
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
    /// What a server takes to serve `test.shapes.Guarded`.
    #[derive(Debug)]
    pub struct GuardedServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Guarded> GuardedServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Guarded> codegen::Service for GuardedServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Guarded>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Guarded>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    <T as self::Guarded>::clone_(&inner, &cx)?;
                    codegen::encode_reply(<T as self::Guarded>::first(&inner, cx, req).await)
                }),
                1 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    <T as self::Guarded>::drop(&inner, &cx)?;
                    codegen::encode_reply(<T as self::Guarded>::second(&inner, cx, req).await)
                }),
                2 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    <T as self::Guarded>::as_ref(&inner, &cx)?;
                    codegen::encode_reply(<T as self::Guarded>::third(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// So are its authorization methods.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingGuarded: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Guarded.First`
        fn first(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Guarded.Second`
        fn second(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// `test.shapes.Guarded.Third`
        fn third(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// The authorization method `AsRef`: an error refuses the call.
        fn as_ref(
            &self,
            cx: &codegen::CallContext,
        ) -> ::core::result::Result<(), codegen::ErrorStatus>;
        /// The authorization method `clone`: an error refuses the call.
        fn clone_(
            &self,
            cx: &codegen::CallContext,
        ) -> ::core::result::Result<(), codegen::ErrorStatus>;
        /// The authorization method `drop`: an error refuses the call.
        fn drop(
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
    /// What a server takes to serve `test.shapes.Guarded`.
    #[derive(Debug)]
    pub struct BlockingGuardedServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingGuarded> BlockingGuardedServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingGuarded> codegen::Service for BlockingGuardedServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingGuarded>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingGuarded>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    <T as self::BlockingGuarded>::clone_(&inner, &cx)?;
                    codegen::encode_reply(<T as self::BlockingGuarded>::first(&inner, cx, req))
                }),
                1 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    <T as self::BlockingGuarded>::drop(&inner, &cx)?;
                    codegen::encode_reply(<T as self::BlockingGuarded>::second(&inner, cx, req))
                }),
                2 => ::std::boxed::Box::pin(async move {
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    <T as self::BlockingGuarded>::as_ref(&inner, &cx)?;
                    codegen::encode_reply(<T as self::BlockingGuarded>::third(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Result`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod result {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Result";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// Services with the names of what generated code itself needs.
    #[derive(Clone, Debug)]
    pub struct ResultClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> ResultClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Result.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// Services with the names of what generated code itself needs.
    pub trait Result: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Result.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Result`.
    #[derive(Debug)]
    pub struct ResultServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Result> ResultServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Result> codegen::Service for ResultServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Result>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Result>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Result>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// Services with the names of what generated code itself needs.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingResult: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Result.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Result`.
    #[derive(Debug)]
    pub struct BlockingResultServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingResult> BlockingResultServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingResult> codegen::Service for BlockingResultServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingResult>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingResult>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingResult>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Send`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod send {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Send";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `test.shapes.Send`.
    #[derive(Clone, Debug)]
    pub struct SendClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> SendClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Send.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.Send`.
    pub trait Send: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Send.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Send`.
    #[derive(Debug)]
    pub struct SendServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Send> SendServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Send> codegen::Service for SendServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Send>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Send>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Send>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.Send`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingSend: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Send.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Send`.
    #[derive(Debug)]
    pub struct BlockingSendServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingSend> BlockingSendServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingSend> codegen::Service for BlockingSendServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingSend>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingSend>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingSend>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Sync`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod sync {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Sync";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `test.shapes.Sync`.
    #[derive(Clone, Debug)]
    pub struct SyncClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> SyncClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Sync.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.Sync`.
    pub trait Sync: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Sync.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Sync`.
    #[derive(Debug)]
    pub struct SyncServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Sync> SyncServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Sync> codegen::Service for SyncServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Sync>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Sync>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Sync>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.Sync`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingSync: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Sync.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Sync`.
    #[derive(Debug)]
    pub struct BlockingSyncServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingSync> BlockingSyncServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingSync> codegen::Service for BlockingSyncServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingSync>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingSync>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingSync>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Future`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod future {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Future";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `test.shapes.Future`.
    #[derive(Clone, Debug)]
    pub struct FutureClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> FutureClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Future.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.Future`.
    pub trait Future: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Future.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Future`.
    #[derive(Debug)]
    pub struct FutureServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Future> FutureServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Future> codegen::Service for FutureServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Future>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Future>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Future>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.Future`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingFuture: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Future.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Future`.
    #[derive(Debug)]
    pub struct BlockingFutureServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingFuture> BlockingFutureServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingFuture> codegen::Service for BlockingFutureServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingFuture>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingFuture>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingFuture>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.T`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod t {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.T";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: Some("Check"),
    }];
    /// The service `test.shapes.T`.
    #[derive(Clone, Debug)]
    pub struct TClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> TClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.T.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.T`.
    pub trait T: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.T.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// The authorization method `Check`: an error refuses the call.
        fn check(
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
    /// What a server takes to serve `test.shapes.T`.
    #[derive(Debug)]
    pub struct TServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::T> TServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::T> codegen::Service for TServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::T>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::T>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    <T as self::T>::check(&inner, &cx)?;
                    codegen::encode_reply(<T as self::T>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.T`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingT: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.T.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// The authorization method `Check`: an error refuses the call.
        fn check(
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
    /// What a server takes to serve `test.shapes.T`.
    #[derive(Debug)]
    pub struct BlockingTServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingT> BlockingTServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingT> codegen::Service for BlockingTServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingT>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingT>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    <T as self::BlockingT>::check(&inner, &cx)?;
                    codegen::encode_reply(<T as self::BlockingT>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.C`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod c {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.C";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `test.shapes.C`.
    #[derive(Clone, Debug)]
    pub struct CClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> CClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.C.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.C`.
    pub trait C: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.C.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.C`.
    #[derive(Debug)]
    pub struct CServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::C> CServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::C> codegen::Service for CServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::C>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::C>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::C>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.C`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingC: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.C.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.C`.
    #[derive(Debug)]
    pub struct BlockingCServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingC> BlockingCServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingC> codegen::Service for BlockingCServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingC>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingC>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingC>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Self`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod self_ {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Self";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `test.shapes.Self`.
    #[derive(Clone, Debug)]
    pub struct SelfClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> SelfClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Self.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.Self`.
    pub trait Self_: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Self.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Self`.
    #[derive(Debug)]
    pub struct SelfServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Self_> SelfServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Self_> codegen::Service for SelfServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Self_>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Self_>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Self_>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.Self`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingSelf: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Self.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Self`.
    #[derive(Debug)]
    pub struct BlockingSelfServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingSelf> BlockingSelfServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingSelf> codegen::Service for BlockingSelfServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingSelf>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingSelf>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingSelf>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Option`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod option {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Option";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `test.shapes.Option`.
    #[derive(Clone, Debug)]
    pub struct OptionClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> OptionClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Option.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.Option`.
    pub trait Option: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Option.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Option`.
    #[derive(Debug)]
    pub struct OptionServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Option> OptionServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Option> codegen::Service for OptionServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Option>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Option>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Option>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.Option`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingOption: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Option.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Option`.
    #[derive(Debug)]
    pub struct BlockingOptionServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingOption> BlockingOptionServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingOption> codegen::Service for BlockingOptionServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingOption>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingOption>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingOption>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Some`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod some {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Some";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: Some("Check"),
    }];
    /// The service `test.shapes.Some`.
    #[derive(Clone, Debug)]
    pub struct SomeClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> SomeClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Some.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.Some`.
    pub trait Some: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Some.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
        > + ::core::marker::Send;
        /// The authorization method `Check`: an error refuses the call.
        fn check(
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
    /// What a server takes to serve `test.shapes.Some`.
    #[derive(Debug)]
    pub struct SomeServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Some> SomeServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Some> codegen::Service for SomeServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Some>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Some>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    <T as self::Some>::check(&inner, &cx)?;
                    codegen::encode_reply(<T as self::Some>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.Some`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingSome: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Some.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
        /// The authorization method `Check`: an error refuses the call.
        fn check(
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
    /// What a server takes to serve `test.shapes.Some`.
    #[derive(Debug)]
    pub struct BlockingSomeServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingSome> BlockingSomeServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingSome> codegen::Service for BlockingSomeServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingSome>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingSome>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    <T as self::BlockingSome>::check(&inner, &cx)?;
                    codegen::encode_reply(<T as self::BlockingSome>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Box`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod r#box {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Box";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `test.shapes.Box`.
    #[derive(Clone, Debug)]
    pub struct BoxClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> BoxClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Box.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.Box`.
    pub trait Box: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Box.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Box`.
    #[derive(Debug)]
    pub struct BoxServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Box> BoxServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Box> codegen::Service for BoxServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Box>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Box>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Box>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.Box`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingBox: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Box.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Box`.
    #[derive(Debug)]
    pub struct BlockingBoxServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingBox> BlockingBoxServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingBox> codegen::Service for BlockingBoxServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingBox>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingBox>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingBox>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Clone`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod clone {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Clone";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `test.shapes.Clone`.
    #[derive(Clone, Debug)]
    pub struct CloneClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> CloneClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Clone.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.Clone`.
    pub trait Clone: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Clone.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Clone`.
    #[derive(Debug)]
    pub struct CloneServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Clone> CloneServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Clone> codegen::Service for CloneServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Clone>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Clone>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Clone>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.Clone`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingClone: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Clone.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Clone`.
    #[derive(Debug)]
    pub struct BlockingCloneServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingClone> BlockingCloneServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingClone> codegen::Service for BlockingCloneServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingClone>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingClone>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingClone>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Service`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod service {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Service";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `test.shapes.Service`.
    #[derive(Clone, Debug)]
    pub struct ServiceClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> ServiceClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Service.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.Service`.
    pub trait Service: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Service.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Service`.
    #[derive(Debug)]
    pub struct ServiceServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Service> ServiceServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Service> codegen::Service for ServiceServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Service>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Service>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Service>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.Service`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingService: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Service.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Service`.
    #[derive(Debug)]
    pub struct BlockingServiceServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingService> BlockingServiceServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingService> codegen::Service for BlockingServiceServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingService>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingService>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingService>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Codegen`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod codegen {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Codegen";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `test.shapes.Codegen`.
    #[derive(Clone, Debug)]
    pub struct CodegenClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> CodegenClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Codegen.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.Codegen`.
    pub trait Codegen: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Codegen.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Codegen`.
    #[derive(Debug)]
    pub struct CodegenServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Codegen> CodegenServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Codegen> codegen::Service for CodegenServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Codegen>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Codegen>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Codegen>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.Codegen`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingCodegen: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Codegen.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Codegen`.
    #[derive(Debug)]
    pub struct BlockingCodegenServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingCodegen> BlockingCodegenServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingCodegen> codegen::Service for BlockingCodegenServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingCodegen>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingCodegen>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingCodegen>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Blocking`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod blocking {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Blocking";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// And of the traits of blocking servers.
    #[derive(Clone, Debug)]
    pub struct BlockingClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> BlockingClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Blocking.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// And of the traits of blocking servers.
    pub trait Blocking: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Blocking.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Blocking`.
    #[derive(Debug)]
    pub struct BlockingServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Blocking> BlockingServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Blocking> codegen::Service for BlockingServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Blocking>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Blocking>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Blocking>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// And of the traits of blocking servers.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingBlocking: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Blocking.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Blocking`.
    #[derive(Debug)]
    pub struct BlockingBlockingServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingBlocking> BlockingBlockingServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingBlocking> codegen::Service for BlockingBlockingServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingBlocking>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingBlocking>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingBlocking>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.BlockingService`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod blocking_service {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.BlockingService";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `test.shapes.BlockingService`.
    #[derive(Clone, Debug)]
    pub struct BlockingServiceClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> BlockingServiceClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.BlockingService.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.BlockingService`.
    pub trait BlockingService: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.BlockingService.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.BlockingService`.
    #[derive(Debug)]
    pub struct BlockingServiceServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingService> BlockingServiceServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingService> codegen::Service for BlockingServiceServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingService>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingService>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingService>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.BlockingService`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingBlockingService:
        ::core::marker::Send + ::core::marker::Sync + 'static
    {
        /// `test.shapes.BlockingService.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.BlockingService`.
    #[derive(Debug)]
    pub struct BlockingBlockingServiceServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingBlockingService> BlockingBlockingServiceServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingBlockingService> codegen::Service for BlockingBlockingServiceServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingBlockingService>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| {
                <T as self::BlockingBlockingService>::inline(&self.inner, info.name)
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingBlockingService>::get(
                        &inner, cx, req,
                    ))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes._9Lives`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod _9lives {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes._9Lives";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// And one that cannot be a name as it is.
    #[derive(Clone, Debug)]
    pub struct _9livesClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> _9livesClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes._9Lives.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// And one that cannot be a name as it is.
    pub trait _9lives: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes._9Lives.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes._9Lives`.
    #[derive(Debug)]
    pub struct _9livesServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::_9lives> _9livesServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::_9lives> codegen::Service for _9livesServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::_9lives>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::_9lives>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::_9lives>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// And one that cannot be a name as it is.
    ///
    /// The handlers are plain functions, and may block.
    pub trait Blocking9lives: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes._9Lives.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes._9Lives`.
    #[derive(Debug)]
    pub struct Blocking9livesServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Blocking9lives> Blocking9livesServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Blocking9lives> codegen::Service for Blocking9livesServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Blocking9lives>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Blocking9lives>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Blocking9lives>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Core`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod core {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Core";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// And of what messages need.
    #[derive(Clone, Debug)]
    pub struct CoreClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> CoreClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Core.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// And of what messages need.
    pub trait Core: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Core.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Core`.
    #[derive(Debug)]
    pub struct CoreServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Core> CoreServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Core> codegen::Service for CoreServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Core>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Core>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Core>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// And of what messages need.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingCore: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Core.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Core`.
    #[derive(Debug)]
    pub struct BlockingCoreServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingCore> BlockingCoreServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingCore> codegen::Service for BlockingCoreServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingCore>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingCore>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingCore>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.Str`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod str {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.Str";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `test.shapes.Str`.
    #[derive(Clone, Debug)]
    pub struct StrClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> StrClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.Str.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.Str`.
    pub trait Str: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Str.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.Str`.
    #[derive(Debug)]
    pub struct StrServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::Str> StrServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::Str> codegen::Service for StrServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::Str>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::Str>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::Str>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.Str`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingStr: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.Str.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.Str`.
    #[derive(Debug)]
    pub struct BlockingStrServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingStr> BlockingStrServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingStr> codegen::Service for BlockingStrServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingStr>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingStr>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingStr>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
/// The service `test.shapes.U32`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod u32 {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "test.shapes.U32";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[codegen::MethodInfo {
        service: SERVICE_NAME,
        name: "Get",
        track_rpc_result: false,
        authz_method: None,
    }];
    /// The service `test.shapes.U32`.
    #[derive(Clone, Debug)]
    pub struct U32Client<C> {
        caller: C,
    }
    impl<C: codegen::Caller> U32Client<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `test.shapes.U32.Get`
        pub fn get(&self, req: &super::Leaf) -> codegen::TypedCall<C, super::Which> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
    }
    /// The service `test.shapes.U32`.
    pub trait U32: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.U32.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>,
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
    /// What a server takes to serve `test.shapes.U32`.
    #[derive(Debug)]
    pub struct U32Server<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::U32> U32Server<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::U32> codegen::Service for U32Server<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::U32>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::U32>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::U32>::get(&inner, cx, req).await)
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
    /// The service `test.shapes.U32`.
    ///
    /// The handlers are plain functions, and may block.
    pub trait BlockingU32: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `test.shapes.U32.Get`
        fn get(
            &self,
            cx: codegen::CallContext,
            req: super::Leaf,
        ) -> ::core::result::Result<codegen::Reply<super::Which>, codegen::ErrorStatus>;
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
    /// What a server takes to serve `test.shapes.U32`.
    #[derive(Debug)]
    pub struct BlockingU32Server<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::BlockingU32> BlockingU32Server<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::BlockingU32> codegen::Service for BlockingU32Server<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::BlockingU32>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::BlockingU32>::inline(&self.inner, info.name))
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
                    let req: super::Leaf = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::BlockingU32>::get(&inner, cx, req))
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
impl ::krpc_tokio::codegen::Required for Leaf {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "Leaf", required: &[], nested: &[] };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static TREE_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "Tree",
    required: &[(2, "name")],
    nested: &[(1, "child", &TREE_SPEC)],
};
impl ::krpc_tokio::codegen::Required for Tree {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &TREE_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static EVEN_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "Even",
    required: &[],
    nested: &[(1, "odd", &ODD_SPEC)],
};
impl ::krpc_tokio::codegen::Required for Even {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &EVEN_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static ODD_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "Odd",
    required: &[(2, "last")],
    nested: &[(1, "even", &EVEN_SPEC)],
};
impl ::krpc_tokio::codegen::Required for Odd {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &ODD_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static MANY_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "Many",
    required: &[],
    nested: &[
        (
            1,
            "trees",
            &::krpc_tokio::codegen::MessageSpec {
                name: "TreesEntry",
                required: &[],
                nested: &[(2, "value", &TREE_SPEC)],
            },
        ),
        (3, "inner", &MANY_INNER_SPEC),
        (5, "grouped", &MANY_GROUPED_SPEC),
    ],
};
impl ::krpc_tokio::codegen::Required for Many {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &MANY_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static MANY_GROUPED_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "Grouped",
    required: &[(1, "in_group")],
    nested: &[],
};
impl ::krpc_tokio::codegen::Required for many::Grouped {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &MANY_GROUPED_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static MANY_INNER_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "Inner",
    required: &[(1, "type")],
    nested: &[(2, "innermost", &MANY_INNER_INNERMOST_SPEC)],
};
impl ::krpc_tokio::codegen::Required for many::Inner {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &MANY_INNER_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static MANY_INNER_INNERMOST_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec { name: "Innermost", required: &[(1, "kind")], nested: &[] };
impl ::krpc_tokio::codegen::Required for many::inner::Innermost {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &MANY_INNER_INNERMOST_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static UNUSED_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "Unused",
    required: &[(1, "kind")],
    nested: &[(4, "large", &MANY_SPEC)],
};
impl ::krpc_tokio::codegen::Required for Unused {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &UNUSED_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static WHICH_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec { name: "Which", required: &[(1, "function")], nested: &[] };
impl ::krpc_tokio::codegen::Required for Which {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &WHICH_SPEC;
}
