//! Generated from `proto/kudu` by `cargo run -p xtask -- regen`; do not edit.

#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct RaftPeerAttrsPb {
    /// To become a voter.
    #[prost(bool, optional, tag = "1")]
    pub promote: ::core::option::Option<bool>,
    /// To be replaced by another.
    #[prost(bool, optional, tag = "2")]
    pub replace: ::core::option::Option<bool>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct HealthReportPb {
    #[prost(enumeration = "health_report_pb::HealthStatus", optional, tag = "1")]
    pub overall_health: ::core::option::Option<i32>,
}
/// Nested message and enum types in `HealthReportPB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod health_report_pb {
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
    pub enum HealthStatus {
        Failed = 0,
        Healthy = 1,
        FailedUnrecoverable = 2,
        Unknown = 999,
    }
    impl HealthStatus {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Failed => "FAILED",
                Self::Healthy => "HEALTHY",
                Self::FailedUnrecoverable => "FAILED_UNRECOVERABLE",
                Self::Unknown => "UNKNOWN",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "FAILED" => Some(Self::Failed),
                "HEALTHY" => Some(Self::Healthy),
                "FAILED_UNRECOVERABLE" => Some(Self::FailedUnrecoverable),
                "UNKNOWN" => Some(Self::Unknown),
                _ => None,
            }
        }
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct RaftPeerPb {
    #[prost(string, optional, tag = "1")]
    pub permanent_uuid: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(enumeration = "raft_peer_pb::MemberType", optional, tag = "2")]
    pub member_type: ::core::option::Option<i32>,
    #[prost(message, optional, tag = "3")]
    pub last_known_addr: ::core::option::Option<super::HostPortPb>,
    #[prost(message, optional, tag = "4")]
    pub attrs: ::core::option::Option<RaftPeerAttrsPb>,
    #[prost(message, optional, tag = "5")]
    pub health_report: ::core::option::Option<HealthReportPb>,
}
/// Nested message and enum types in `RaftPeerPB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod raft_peer_pb {
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
    pub enum Role {
        Follower = 0,
        Leader = 1,
        Learner = 2,
        NonParticipant = 3,
        UnknownRole = 999,
    }
    impl Role {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Follower => "FOLLOWER",
                Self::Leader => "LEADER",
                Self::Learner => "LEARNER",
                Self::NonParticipant => "NON_PARTICIPANT",
                Self::UnknownRole => "UNKNOWN_ROLE",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "FOLLOWER" => Some(Self::Follower),
                "LEADER" => Some(Self::Leader),
                "LEARNER" => Some(Self::Learner),
                "NON_PARTICIPANT" => Some(Self::NonParticipant),
                "UNKNOWN_ROLE" => Some(Self::UnknownRole),
                _ => None,
            }
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
    pub enum MemberType {
        NonVoter = 0,
        Voter = 1,
        UnknownMemberType = 999,
    }
    impl MemberType {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::NonVoter => "NON_VOTER",
                Self::Voter => "VOTER",
                Self::UnknownMemberType => "UNKNOWN_MEMBER_TYPE",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "NON_VOTER" => Some(Self::NonVoter),
                "VOTER" => Some(Self::Voter),
                "UNKNOWN_MEMBER_TYPE" => Some(Self::UnknownMemberType),
                _ => None,
            }
        }
    }
}
impl ::krpc_tokio::codegen::Required for RaftPeerAttrsPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "RaftPeerAttrsPB", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for HealthReportPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "HealthReportPB", required: &[], nested: &[] };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static RAFT_PEER_PB_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "RaftPeerPB",
    required: &[],
    nested: &[(3, "last_known_addr", <super::HostPortPb as ::krpc_tokio::codegen::Required>::SPEC)],
};
impl ::krpc_tokio::codegen::Required for RaftPeerPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &RAFT_PEER_PB_SPEC;
}
