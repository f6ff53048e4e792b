//! Generated from `proto/kudu` by `cargo run -p xtask -- regen`; do not edit.

#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct VersionInfoPb {
    #[prost(string, optional, tag = "1")]
    pub git_hash: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(string, optional, tag = "2")]
    pub build_hostname: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(string, optional, tag = "3")]
    pub build_timestamp:
        ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(string, optional, tag = "4")]
    pub build_username: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(bool, optional, tag = "5")]
    pub build_clean_repo: ::core::option::Option<bool>,
    #[prost(string, optional, tag = "6")]
    pub build_id: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(string, optional, tag = "7")]
    pub build_type: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(string, optional, tag = "8")]
    pub version_string: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ServerStatusPb {
    #[prost(message, required, tag = "1")]
    pub node_instance: super::NodeInstancePb,
    #[prost(message, repeated, tag = "2")]
    pub bound_rpc_addresses: ::krpc_tokio::codegen::prost::alloc::vec::Vec<super::HostPortPb>,
    #[prost(message, repeated, tag = "3")]
    pub bound_http_addresses: ::krpc_tokio::codegen::prost::alloc::vec::Vec<super::HostPortPb>,
    #[prost(message, optional, tag = "4")]
    pub version_info: ::core::option::Option<VersionInfoPb>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct GetStatusRequestPb {}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct GetStatusResponsePb {
    #[prost(message, required, tag = "1")]
    pub status: ServerStatusPb,
    #[prost(message, optional, tag = "2")]
    pub error: ::core::option::Option<super::AppStatusPb>,
}
/// Named flags; without names all of them, or those that were changed. Tags narrow either.
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct GetFlagsRequestPb {
    #[prost(bool, optional, tag = "1")]
    pub all_flags: ::core::option::Option<bool>,
    #[prost(string, repeated, tag = "2")]
    pub tags: ::krpc_tokio::codegen::prost::alloc::vec::Vec<
        ::krpc_tokio::codegen::prost::alloc::string::String,
    >,
    #[prost(string, repeated, tag = "3")]
    pub flags: ::krpc_tokio::codegen::prost::alloc::vec::Vec<
        ::krpc_tokio::codegen::prost::alloc::string::String,
    >,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct GetFlagsResponsePb {
    #[prost(message, repeated, tag = "1")]
    pub flags: ::krpc_tokio::codegen::prost::alloc::vec::Vec<get_flags_response_pb::Flag>,
}
/// Nested message and enum types in `GetFlagsResponsePB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod get_flags_response_pb {
    #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct Flag {
        #[prost(string, optional, tag = "1")]
        pub name: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
        #[prost(string, optional, tag = "2")]
        pub value: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
        #[prost(string, repeated, tag = "3")]
        pub tags: ::krpc_tokio::codegen::prost::alloc::vec::Vec<
            ::krpc_tokio::codegen::prost::alloc::string::String,
        >,
        #[prost(bool, optional, tag = "4")]
        pub is_default_value: ::core::option::Option<bool>,
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct SetFlagRequestPb {
    #[prost(string, required, tag = "1")]
    pub flag: ::krpc_tokio::codegen::prost::alloc::string::String,
    #[prost(string, required, tag = "2")]
    pub value: ::krpc_tokio::codegen::prost::alloc::string::String,
    #[prost(bool, optional, tag = "3", default = "false")]
    pub force: ::core::option::Option<bool>,
    #[prost(bool, optional, tag = "4")]
    pub run_consistency_check: ::core::option::Option<bool>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct SetFlagResponsePb {
    #[prost(enumeration = "set_flag_response_pb::Result", required, tag = "1")]
    pub result: i32,
    #[prost(string, optional, tag = "2")]
    pub msg: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(string, optional, tag = "3")]
    pub old_value: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
}
/// Nested message and enum types in `SetFlagResponsePB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod set_flag_response_pb {
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
    pub enum Result {
        Unknown = 0,
        Success = 1,
        NoSuchFlag = 2,
        BadValue = 3,
        NotSafe = 4,
    }
    impl Result {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Unknown => "UNKNOWN",
                Self::Success => "SUCCESS",
                Self::NoSuchFlag => "NO_SUCH_FLAG",
                Self::BadValue => "BAD_VALUE",
                Self::NotSafe => "NOT_SAFE",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "UNKNOWN" => Some(Self::Unknown),
                "SUCCESS" => Some(Self::Success),
                "NO_SUCH_FLAG" => Some(Self::NoSuchFlag),
                "BAD_VALUE" => Some(Self::BadValue),
                "NOT_SAFE" => Some(Self::NotSafe),
                _ => None,
            }
        }
    }
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ServerClockRequestPb {}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ServerClockResponsePb {
    /// Microseconds since 1970, shifted left by 12 bits, plus a logical counter.
    #[prost(fixed64, optional, tag = "1")]
    pub timestamp: ::core::option::Option<u64>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct FlushCoverageRequestPb {}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct FlushCoverageResponsePb {
    #[prost(bool, optional, tag = "1")]
    pub success: ::core::option::Option<bool>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct SetServerWallClockForTestsRequestPb {
    #[prost(uint64, optional, tag = "1")]
    pub now_usec: ::core::option::Option<u64>,
    #[prost(uint64, optional, tag = "2")]
    pub max_error_usec: ::core::option::Option<u64>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct SetServerWallClockForTestsResponsePb {
    #[prost(bool, required, tag = "1")]
    pub success: bool,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct CheckLeaksRequestPb {}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct CheckLeaksResponsePb {
    #[prost(bool, optional, tag = "1")]
    pub success: ::core::option::Option<bool>,
    #[prost(bool, optional, tag = "2")]
    pub found_leaks: ::core::option::Option<bool>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct MemTrackerPb {
    #[prost(string, optional, tag = "1")]
    pub id: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(string, optional, tag = "2")]
    pub parent_id: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    /// -1 for none.
    #[prost(int64, optional, tag = "3")]
    pub limit: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "4")]
    pub current_consumption: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "5")]
    pub peak_consumption: ::core::option::Option<i64>,
    #[prost(message, repeated, tag = "6")]
    pub child_trackers: ::krpc_tokio::codegen::prost::alloc::vec::Vec<MemTrackerPb>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct DumpMemTrackersRequestPb {}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct DumpMemTrackersResponsePb {
    #[prost(message, optional, tag = "1")]
    pub root_tracker: ::core::option::Option<MemTrackerPb>,
}
/// The service `kudu.server.GenericService`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod generic_service {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "kudu.server.GenericService";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "GetStatus",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "GetFlags",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "SetFlag",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "ServerClock",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "SetServerWallClockForTests",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "FlushCoverage",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "CheckLeaks",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "DumpMemTrackers",
            track_rpc_result: false,
            authz_method: None,
        },
    ];
    /// The service `kudu.server.GenericService`.
    #[derive(Clone, Debug)]
    pub struct GenericServiceClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> GenericServiceClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `kudu.server.GenericService.GetStatus`
        pub fn get_status(
            &self,
            req: &super::GetStatusRequestPb,
        ) -> codegen::TypedCall<C, super::GetStatusResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
        /// `kudu.server.GenericService.GetFlags`
        pub fn get_flags(
            &self,
            req: &super::GetFlagsRequestPb,
        ) -> codegen::TypedCall<C, super::GetFlagsResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[1], req)
        }
        /// `kudu.server.GenericService.SetFlag`
        pub fn set_flag(
            &self,
            req: &super::SetFlagRequestPb,
        ) -> codegen::TypedCall<C, super::SetFlagResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[2], req)
        }
        /// `kudu.server.GenericService.ServerClock`
        pub fn server_clock(
            &self,
            req: &super::ServerClockRequestPb,
        ) -> codegen::TypedCall<C, super::ServerClockResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[3], req)
        }
        /// `kudu.server.GenericService.SetServerWallClockForTests`
        pub fn set_server_wall_clock_for_tests(
            &self,
            req: &super::SetServerWallClockForTestsRequestPb,
        ) -> codegen::TypedCall<C, super::SetServerWallClockForTestsResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[4], req)
        }
        /// `kudu.server.GenericService.FlushCoverage`
        pub fn flush_coverage(
            &self,
            req: &super::FlushCoverageRequestPb,
        ) -> codegen::TypedCall<C, super::FlushCoverageResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[5], req)
        }
        /// `kudu.server.GenericService.CheckLeaks`
        pub fn check_leaks(
            &self,
            req: &super::CheckLeaksRequestPb,
        ) -> codegen::TypedCall<C, super::CheckLeaksResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[6], req)
        }
        /// `kudu.server.GenericService.DumpMemTrackers`
        pub fn dump_mem_trackers(
            &self,
            req: &super::DumpMemTrackersRequestPb,
        ) -> codegen::TypedCall<C, super::DumpMemTrackersResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[7], req)
        }
    }
    /// The service `kudu.server.GenericService`.
    pub trait GenericService: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `kudu.server.GenericService.GetStatus`
        fn get_status(
            &self,
            cx: codegen::CallContext,
            req: super::GetStatusRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::GetStatusResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.server.GenericService.GetFlags`
        fn get_flags(
            &self,
            cx: codegen::CallContext,
            req: super::GetFlagsRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::GetFlagsResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.server.GenericService.SetFlag`
        fn set_flag(
            &self,
            cx: codegen::CallContext,
            req: super::SetFlagRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::SetFlagResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.server.GenericService.ServerClock`
        fn server_clock(
            &self,
            cx: codegen::CallContext,
            req: super::ServerClockRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::ServerClockResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.server.GenericService.SetServerWallClockForTests`
        fn set_server_wall_clock_for_tests(
            &self,
            cx: codegen::CallContext,
            req: super::SetServerWallClockForTestsRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::SetServerWallClockForTestsResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.server.GenericService.FlushCoverage`
        fn flush_coverage(
            &self,
            cx: codegen::CallContext,
            req: super::FlushCoverageRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::FlushCoverageResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.server.GenericService.CheckLeaks`
        fn check_leaks(
            &self,
            cx: codegen::CallContext,
            req: super::CheckLeaksRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::CheckLeaksResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.server.GenericService.DumpMemTrackers`
        fn dump_mem_trackers(
            &self,
            cx: codegen::CallContext,
            req: super::DumpMemTrackersRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::DumpMemTrackersResponsePb>,
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
    /// What a server takes to serve `kudu.server.GenericService`.
    #[derive(Debug)]
    pub struct GenericServiceServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::GenericService> GenericServiceServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::GenericService> codegen::Service for GenericServiceServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::GenericService>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::GenericService>::inline(&self.inner, info.name))
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
                    let req: super::GetStatusRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericService>::get_status(&inner, cx, req).await,
                    )
                }),
                1 => ::std::boxed::Box::pin(async move {
                    let req: super::GetFlagsRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericService>::get_flags(&inner, cx, req).await,
                    )
                }),
                2 => ::std::boxed::Box::pin(async move {
                    let req: super::SetFlagRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericService>::set_flag(&inner, cx, req).await,
                    )
                }),
                3 => ::std::boxed::Box::pin(async move {
                    let req: super::ServerClockRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericService>::server_clock(&inner, cx, req).await,
                    )
                }),
                4 => ::std::boxed::Box::pin(async move {
                    let req: super::SetServerWallClockForTestsRequestPb =
                        codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericService>::set_server_wall_clock_for_tests(
                            &inner, cx, req,
                        )
                        .await,
                    )
                }),
                5 => ::std::boxed::Box::pin(async move {
                    let req: super::FlushCoverageRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericService>::flush_coverage(&inner, cx, req).await,
                    )
                }),
                6 => ::std::boxed::Box::pin(async move {
                    let req: super::CheckLeaksRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericService>::check_leaks(&inner, cx, req).await,
                    )
                }),
                7 => ::std::boxed::Box::pin(async move {
                    let req: super::DumpMemTrackersRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::GenericService>::dump_mem_trackers(&inner, cx, req).await,
                    )
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
impl ::krpc_tokio::codegen::Required for VersionInfoPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "VersionInfoPB", required: &[], nested: &[] };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SERVER_STATUS_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ServerStatusPB",
        required: &[(1, "node_instance")],
        nested: &[
            (1, "node_instance", <super::NodeInstancePb as ::krpc_tokio::codegen::Required>::SPEC),
            (
                2,
                "bound_rpc_addresses",
                <super::HostPortPb as ::krpc_tokio::codegen::Required>::SPEC,
            ),
            (
                3,
                "bound_http_addresses",
                <super::HostPortPb as ::krpc_tokio::codegen::Required>::SPEC,
            ),
        ],
    };
impl ::krpc_tokio::codegen::Required for ServerStatusPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SERVER_STATUS_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for GetStatusRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "GetStatusRequestPB",
        required: &[],
        nested: &[],
    };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static GET_STATUS_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "GetStatusResponsePB",
        required: &[(1, "status")],
        nested: &[
            (1, "status", &SERVER_STATUS_PB_SPEC),
            (2, "error", <super::AppStatusPb as ::krpc_tokio::codegen::Required>::SPEC),
        ],
    };
impl ::krpc_tokio::codegen::Required for GetStatusResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &GET_STATUS_RESPONSE_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for GetFlagsRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "GetFlagsRequestPB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for GetFlagsResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "GetFlagsResponsePB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for get_flags_response_pb::Flag {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "Flag", required: &[], nested: &[] };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SET_FLAG_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "SetFlagRequestPB",
        required: &[(1, "flag"), (2, "value")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for SetFlagRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SET_FLAG_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SET_FLAG_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "SetFlagResponsePB",
        required: &[(1, "result")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for SetFlagResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SET_FLAG_RESPONSE_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for ServerClockRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "ServerClockRequestPB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for ServerClockResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "ServerClockResponsePB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for FlushCoverageRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "FlushCoverageRequestPB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for FlushCoverageResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "FlushCoverageResponsePB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for SetServerWallClockForTestsRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "SetServerWallClockForTestsRequestPB",
        required: &[],
        nested: &[],
    };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SET_SERVER_WALL_CLOCK_FOR_TESTS_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "SetServerWallClockForTestsResponsePB",
        required: &[(1, "success")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for SetServerWallClockForTestsResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &SET_SERVER_WALL_CLOCK_FOR_TESTS_RESPONSE_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for CheckLeaksRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "CheckLeaksRequestPB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for CheckLeaksResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "CheckLeaksResponsePB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for MemTrackerPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "MemTrackerPB", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for DumpMemTrackersRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "DumpMemTrackersRequestPB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for DumpMemTrackersResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "DumpMemTrackersResponsePB",
        required: &[],
        nested: &[],
    };
}
