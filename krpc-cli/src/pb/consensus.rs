//! Generated from `proto/kudu` by `cargo run -p xtask -- regen`; do not edit.

#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct RaftPeerPb {}
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
impl ::krpc_tokio::codegen::Required for RaftPeerPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "RaftPeerPB", required: &[], nested: &[] };
}
