//! Generated from `proto/kudu` by `cargo run -p xtask -- regen`; do not edit.

/// An error inside an ordinary response. Look here before anything else in it.
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct MasterErrorPb {
    #[prost(enumeration = "master_error_pb::Code", required, tag = "1")]
    pub code: i32,
    #[prost(message, required, tag = "2")]
    pub status: super::AppStatusPb,
}
/// Nested message and enum types in `MasterErrorPB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod master_error_pb {
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
    pub enum Code {
        UnknownError = 1,
        InvalidSchema = 2,
        TableNotFound = 3,
        TableAlreadyPresent = 4,
        TooManyTablets = 5,
        CatalogManagerNotInitialized = 6,
        NotTheLeader = 7,
        ReplicationFactorTooHigh = 8,
        TabletNotRunning = 9,
        EvenReplicationFactor = 10,
        IllegalReplicationFactor = 11,
        IncompatibleReplicaManagement = 12,
        HiveMetastoreError = 13,
        NotAuthorized = 14,
        MasterAlreadyPresent = 15,
        TableSoftDeleted = 16,
    }
    impl Code {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::UnknownError => "UNKNOWN_ERROR",
                Self::InvalidSchema => "INVALID_SCHEMA",
                Self::TableNotFound => "TABLE_NOT_FOUND",
                Self::TableAlreadyPresent => "TABLE_ALREADY_PRESENT",
                Self::TooManyTablets => "TOO_MANY_TABLETS",
                Self::CatalogManagerNotInitialized => "CATALOG_MANAGER_NOT_INITIALIZED",
                Self::NotTheLeader => "NOT_THE_LEADER",
                Self::ReplicationFactorTooHigh => "REPLICATION_FACTOR_TOO_HIGH",
                Self::TabletNotRunning => "TABLET_NOT_RUNNING",
                Self::EvenReplicationFactor => "EVEN_REPLICATION_FACTOR",
                Self::IllegalReplicationFactor => "ILLEGAL_REPLICATION_FACTOR",
                Self::IncompatibleReplicaManagement => "INCOMPATIBLE_REPLICA_MANAGEMENT",
                Self::HiveMetastoreError => "HIVE_METASTORE_ERROR",
                Self::NotAuthorized => "NOT_AUTHORIZED",
                Self::MasterAlreadyPresent => "MASTER_ALREADY_PRESENT",
                Self::TableSoftDeleted => "TABLE_SOFT_DELETED",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "UNKNOWN_ERROR" => Some(Self::UnknownError),
                "INVALID_SCHEMA" => Some(Self::InvalidSchema),
                "TABLE_NOT_FOUND" => Some(Self::TableNotFound),
                "TABLE_ALREADY_PRESENT" => Some(Self::TableAlreadyPresent),
                "TOO_MANY_TABLETS" => Some(Self::TooManyTablets),
                "CATALOG_MANAGER_NOT_INITIALIZED" => Some(Self::CatalogManagerNotInitialized),
                "NOT_THE_LEADER" => Some(Self::NotTheLeader),
                "REPLICATION_FACTOR_TOO_HIGH" => Some(Self::ReplicationFactorTooHigh),
                "TABLET_NOT_RUNNING" => Some(Self::TabletNotRunning),
                "EVEN_REPLICATION_FACTOR" => Some(Self::EvenReplicationFactor),
                "ILLEGAL_REPLICATION_FACTOR" => Some(Self::IllegalReplicationFactor),
                "INCOMPATIBLE_REPLICA_MANAGEMENT" => Some(Self::IncompatibleReplicaManagement),
                "HIVE_METASTORE_ERROR" => Some(Self::HiveMetastoreError),
                "NOT_AUTHORIZED" => Some(Self::NotAuthorized),
                "MASTER_ALREADY_PRESENT" => Some(Self::MasterAlreadyPresent),
                "TABLE_SOFT_DELETED" => Some(Self::TableSoftDeleted),
                _ => None,
            }
        }
    }
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct PingRequestPb {}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct PingResponsePb {}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct HiveMetastoreConfig {
    #[prost(string, optional, tag = "1")]
    pub hms_uris: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(bool, optional, tag = "2")]
    pub hms_sasl_enabled: ::core::option::Option<bool>,
    #[prost(string, optional, tag = "3")]
    pub hms_uuid: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ConnectToMasterRequestPb {}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ConnectToMasterResponsePb {
    #[prost(message, optional, tag = "1")]
    pub error: ::core::option::Option<MasterErrorPb>,
    #[prost(enumeration = "super::consensus::raft_peer_pb::Role", optional, tag = "2")]
    pub role: ::core::option::Option<i32>,
    #[prost(bytes = "bytes", repeated, tag = "3")]
    pub ca_cert_der:
        ::krpc_tokio::codegen::prost::alloc::vec::Vec<::krpc_tokio::codegen::prost::bytes::Bytes>,
    #[prost(message, optional, tag = "4")]
    pub authn_token: ::core::option::Option<::krpc_tokio::codegen::pb::SignedTokenPb>,
    /// All masters, so that a client can tell when it was given too few.
    #[prost(message, repeated, tag = "5")]
    pub master_addrs: ::krpc_tokio::codegen::prost::alloc::vec::Vec<super::HostPortPb>,
    #[prost(message, optional, tag = "6")]
    pub hms_config: ::core::option::Option<HiveMetastoreConfig>,
    #[prost(string, optional, tag = "7")]
    pub client_location:
        ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(string, optional, tag = "8")]
    pub cluster_id: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
}
/// One master as the masters see each other. Field 1 is the reason when it did not answer.
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ServerEntryPb {
    #[prost(message, optional, tag = "1")]
    pub error: ::core::option::Option<super::AppStatusPb>,
    #[prost(message, optional, tag = "2")]
    pub instance_id: ::core::option::Option<super::NodeInstancePb>,
    #[prost(message, optional, tag = "3")]
    pub registration: ::core::option::Option<super::ServerRegistrationPb>,
    #[prost(enumeration = "super::consensus::raft_peer_pb::Role", optional, tag = "4")]
    pub role: ::core::option::Option<i32>,
    #[prost(string, optional, tag = "5")]
    pub cluster_id: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(enumeration = "super::consensus::raft_peer_pb::MemberType", optional, tag = "6")]
    pub member_type: ::core::option::Option<i32>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ListMastersRequestPb {}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ListMastersResponsePb {
    #[prost(message, repeated, tag = "1")]
    pub masters: ::krpc_tokio::codegen::prost::alloc::vec::Vec<ServerEntryPb>,
    #[prost(message, optional, tag = "2")]
    pub deprecated_error: ::core::option::Option<super::AppStatusPb>,
    #[prost(message, optional, tag = "3")]
    pub error: ::core::option::Option<MasterErrorPb>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ListTabletServersRequestPb {
    #[prost(bool, optional, tag = "1")]
    pub include_states: ::core::option::Option<bool>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ListTabletServersResponsePb {
    #[prost(message, optional, tag = "1")]
    pub error: ::core::option::Option<MasterErrorPb>,
    #[prost(message, repeated, tag = "2")]
    pub servers:
        ::krpc_tokio::codegen::prost::alloc::vec::Vec<list_tablet_servers_response_pb::Entry>,
}
/// Nested message and enum types in `ListTabletServersResponsePB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod list_tablet_servers_response_pb {
    #[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct Entry {
        #[prost(message, required, tag = "1")]
        pub instance_id: super::super::NodeInstancePb,
        #[prost(message, optional, tag = "2")]
        pub registration: ::core::option::Option<super::super::ServerRegistrationPb>,
        #[prost(int32, optional, tag = "3")]
        pub millis_since_heartbeat: ::core::option::Option<i32>,
        #[prost(string, optional, tag = "4")]
        pub location: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
        #[prost(enumeration = "super::TServerStatePb", optional, tag = "5")]
        pub state: ::core::option::Option<i32>,
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ListTablesRequestPb {
    /// Part of a name.
    #[prost(string, optional, tag = "1")]
    pub name_filter: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    /// None means users' tables.
    #[prost(enumeration = "super::TableTypePb", repeated, packed = "false", tag = "2")]
    pub type_filter: ::krpc_tokio::codegen::prost::alloc::vec::Vec<i32>,
    #[prost(bool, optional, tag = "3")]
    pub list_tablet_with_partition: ::core::option::Option<bool>,
    #[prost(bool, optional, tag = "4")]
    pub show_soft_deleted: ::core::option::Option<bool>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ListTablesResponsePb {
    #[prost(message, optional, tag = "1")]
    pub error: ::core::option::Option<MasterErrorPb>,
    #[prost(message, repeated, tag = "2")]
    pub tables: ::krpc_tokio::codegen::prost::alloc::vec::Vec<list_tables_response_pb::TableInfo>,
}
/// Nested message and enum types in `ListTablesResponsePB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod list_tables_response_pb {
    #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct TabletWithPartition {
        #[prost(string, optional, tag = "1")]
        pub tablet_id: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
        #[prost(message, optional, tag = "2")]
        pub partition: ::core::option::Option<super::super::PartitionPb>,
    }
    #[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct TableInfo {
        #[prost(string, required, tag = "1")]
        pub id: ::krpc_tokio::codegen::prost::alloc::string::String,
        #[prost(string, required, tag = "2")]
        pub name: ::krpc_tokio::codegen::prost::alloc::string::String,
        #[prost(uint64, optional, tag = "3")]
        pub live_row_count: ::core::option::Option<u64>,
        #[prost(int32, optional, tag = "4")]
        pub num_tablets: ::core::option::Option<i32>,
        #[prost(int32, optional, tag = "5")]
        pub num_replicas: ::core::option::Option<i32>,
        #[prost(message, repeated, tag = "6")]
        pub tablet_with_partition:
            ::krpc_tokio::codegen::prost::alloc::vec::Vec<TabletWithPartition>,
    }
}
/// By id or by name.
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct TableIdentifierPb {
    #[prost(string, optional, tag = "1")]
    pub table_id: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(string, optional, tag = "2")]
    pub table_name: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct GetTableSchemaRequestPb {
    #[prost(message, required, tag = "1")]
    pub table: TableIdentifierPb,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct GetTableSchemaResponsePb {
    #[prost(message, optional, tag = "1")]
    pub error: ::core::option::Option<MasterErrorPb>,
    #[prost(message, optional, tag = "2")]
    pub schema: ::core::option::Option<super::SchemaPb>,
    #[prost(int32, optional, tag = "3")]
    pub num_replicas: ::core::option::Option<i32>,
    #[prost(string, optional, tag = "4")]
    pub table_id: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(message, optional, tag = "5")]
    pub partition_schema: ::core::option::Option<super::PartitionSchemaPb>,
    #[prost(string, optional, tag = "7")]
    pub table_name: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(message, optional, tag = "8")]
    pub authz_token: ::core::option::Option<::krpc_tokio::codegen::pb::SignedTokenPb>,
    #[prost(map = "string, string", tag = "9")]
    pub extra_configs: ::std::collections::HashMap<
        ::krpc_tokio::codegen::prost::alloc::string::String,
        ::krpc_tokio::codegen::prost::alloc::string::String,
    >,
    #[prost(string, optional, tag = "10")]
    pub owner: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(string, optional, tag = "11")]
    pub comment: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct TsInfoPb {
    #[prost(string, required, tag = "1")]
    pub permanent_uuid: ::krpc_tokio::codegen::prost::alloc::string::String,
    #[prost(message, repeated, tag = "2")]
    pub rpc_addresses: ::krpc_tokio::codegen::prost::alloc::vec::Vec<super::HostPortPb>,
    #[prost(string, optional, tag = "3")]
    pub location: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(string, optional, tag = "4")]
    pub unix_domain_socket_path:
        ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct TabletLocationsPb {
    #[prost(string, required, tag = "1")]
    pub tablet_id: ::krpc_tokio::codegen::prost::alloc::string::String,
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub start_key: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub end_key: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    /// Filled only when interning was not asked for.
    #[prost(message, repeated, tag = "4")]
    pub deprecated_replicas:
        ::krpc_tokio::codegen::prost::alloc::vec::Vec<tablet_locations_pb::ReplicaPb>,
    #[prost(bool, optional, tag = "5")]
    pub deprecated_stale: ::core::option::Option<bool>,
    #[prost(message, optional, tag = "6")]
    pub partition: ::core::option::Option<super::PartitionPb>,
    #[prost(message, repeated, tag = "7")]
    pub interned_replicas:
        ::krpc_tokio::codegen::prost::alloc::vec::Vec<tablet_locations_pb::InternedReplicaPb>,
}
/// Nested message and enum types in `TabletLocationsPB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod tablet_locations_pb {
    #[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct ReplicaPb {
        #[prost(message, required, tag = "1")]
        pub ts_info: super::TsInfoPb,
        #[prost(enumeration = "super::super::consensus::raft_peer_pb::Role", required, tag = "2")]
        pub role: i32,
        #[prost(string, optional, tag = "3")]
        pub dimension_label:
            ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct InternedReplicaPb {
        /// Index into the answer's `ts_infos`.
        #[prost(uint32, required, tag = "1")]
        pub ts_info_idx: u32,
        #[prost(enumeration = "super::super::consensus::raft_peer_pb::Role", required, tag = "2")]
        pub role: i32,
        #[prost(string, optional, tag = "3")]
        pub dimension_label:
            ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct GetTableLocationsRequestPb {
    #[prost(message, required, tag = "1")]
    pub table: TableIdentifierPb,
    /// How servers before 1.16 take keys: hash and range part in one.
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub partition_key_start: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    #[prost(bytes = "bytes", optional, tag = "4")]
    pub partition_key_end: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    #[prost(uint32, optional, tag = "5")]
    pub max_returned_locations: ::core::option::Option<u32>,
    #[prost(
        enumeration = "super::ReplicaTypeFilter",
        optional,
        tag = "6",
        default = "VoterReplica"
    )]
    pub replica_type_filter: ::core::option::Option<i32>,
    #[prost(bool, optional, tag = "7")]
    pub intern_ts_infos_in_response: ::core::option::Option<bool>,
    #[prost(message, optional, tag = "8")]
    pub key_start: ::core::option::Option<super::PartitionKeyPb>,
    #[prost(message, optional, tag = "9")]
    pub key_end: ::core::option::Option<super::PartitionKeyPb>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct GetTableLocationsResponsePb {
    #[prost(message, optional, tag = "1")]
    pub error: ::core::option::Option<MasterErrorPb>,
    #[prost(message, repeated, tag = "2")]
    pub tablet_locations: ::krpc_tokio::codegen::prost::alloc::vec::Vec<TabletLocationsPb>,
    #[prost(uint32, optional, tag = "3", default = "3600000")]
    pub ttl_millis: ::core::option::Option<u32>,
    #[prost(message, repeated, tag = "4")]
    pub ts_infos: ::krpc_tokio::codegen::prost::alloc::vec::Vec<TsInfoPb>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct GetTabletLocationsRequestPb {
    #[prost(string, repeated, tag = "1")]
    pub tablet_ids: ::krpc_tokio::codegen::prost::alloc::vec::Vec<
        ::krpc_tokio::codegen::prost::alloc::string::String,
    >,
    #[prost(
        enumeration = "super::ReplicaTypeFilter",
        optional,
        tag = "2",
        default = "VoterReplica"
    )]
    pub replica_type_filter: ::core::option::Option<i32>,
    #[prost(bool, optional, tag = "3")]
    pub intern_ts_infos_in_response: ::core::option::Option<bool>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct GetTabletLocationsResponsePb {
    #[prost(message, optional, tag = "1")]
    pub error: ::core::option::Option<MasterErrorPb>,
    #[prost(message, repeated, tag = "2")]
    pub tablet_locations: ::krpc_tokio::codegen::prost::alloc::vec::Vec<TabletLocationsPb>,
    #[prost(message, repeated, tag = "3")]
    pub errors:
        ::krpc_tokio::codegen::prost::alloc::vec::Vec<get_tablet_locations_response_pb::Error>,
    #[prost(message, repeated, tag = "4")]
    pub ts_infos: ::krpc_tokio::codegen::prost::alloc::vec::Vec<TsInfoPb>,
}
/// Nested message and enum types in `GetTabletLocationsResponsePB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod get_tablet_locations_response_pb {
    #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct Error {
        #[prost(string, optional, tag = "1")]
        pub tablet_id: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
        #[prost(message, optional, tag = "2")]
        pub status: ::core::option::Option<super::super::AppStatusPb>,
    }
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct CreateTableRequestPb {
    #[prost(string, required, tag = "1")]
    pub name: ::krpc_tokio::codegen::prost::alloc::string::String,
    #[prost(message, required, tag = "2")]
    pub schema: super::SchemaPb,
    /// Odd, and at most the number of live tablet servers.
    #[prost(int32, optional, tag = "4")]
    pub num_replicas: ::core::option::Option<i32>,
    #[prost(message, optional, tag = "6")]
    pub split_rows_range_bounds: ::core::option::Option<super::RowOperationsPb>,
    #[prost(message, optional, tag = "7")]
    pub partition_schema: ::core::option::Option<super::PartitionSchemaPb>,
    #[prost(string, optional, tag = "8")]
    pub owner: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(map = "string, string", tag = "9")]
    pub extra_configs: ::std::collections::HashMap<
        ::krpc_tokio::codegen::prost::alloc::string::String,
        ::krpc_tokio::codegen::prost::alloc::string::String,
    >,
    #[prost(string, optional, tag = "10")]
    pub dimension_label:
        ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(enumeration = "super::TableTypePb", optional, tag = "11")]
    pub table_type: ::core::option::Option<i32>,
    #[prost(string, optional, tag = "13")]
    pub comment: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(bool, optional, tag = "14")]
    pub allow_empty_partition: ::core::option::Option<bool>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct CreateTableResponsePb {
    #[prost(message, optional, tag = "1")]
    pub error: ::core::option::Option<MasterErrorPb>,
    #[prost(string, optional, tag = "2")]
    pub table_id: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct IsCreateTableDoneRequestPb {
    #[prost(message, required, tag = "1")]
    pub table: TableIdentifierPb,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct IsCreateTableDoneResponsePb {
    #[prost(message, optional, tag = "1")]
    pub error: ::core::option::Option<MasterErrorPb>,
    #[prost(bool, optional, tag = "3")]
    pub done: ::core::option::Option<bool>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct DeleteTableRequestPb {
    #[prost(message, required, tag = "1")]
    pub table: TableIdentifierPb,
    #[prost(bool, optional, tag = "2", default = "true")]
    pub modify_external_catalogs: ::core::option::Option<bool>,
    #[prost(uint32, optional, tag = "3")]
    pub reserve_seconds: ::core::option::Option<u32>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct DeleteTableResponsePb {
    #[prost(message, optional, tag = "1")]
    pub error: ::core::option::Option<MasterErrorPb>,
}
/// Flags that a caller may require of this service.
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
pub enum MasterFeatures {
    UnknownFeature = 0,
    RangePartitionBounds = 1,
    AddDropRangePartitions = 2,
    ConnectToMaster = 3,
    ReplicaManagement = 4,
    GenerateAuthzToken = 5,
    DynamicMultiMaster = 6,
    IgnoreOperations = 7,
    RangeSpecificHashSchema = 8,
    UpsertIgnore = 9,
    ImmutableColumnAttribute = 10,
    AutoIncrementingColumn = 11,
    Array1dColumnType = 12,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl MasterFeatures {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::UnknownFeature => "UNKNOWN_FEATURE",
            Self::RangePartitionBounds => "RANGE_PARTITION_BOUNDS",
            Self::AddDropRangePartitions => "ADD_DROP_RANGE_PARTITIONS",
            Self::ConnectToMaster => "CONNECT_TO_MASTER",
            Self::ReplicaManagement => "REPLICA_MANAGEMENT",
            Self::GenerateAuthzToken => "GENERATE_AUTHZ_TOKEN",
            Self::DynamicMultiMaster => "DYNAMIC_MULTI_MASTER",
            Self::IgnoreOperations => "IGNORE_OPERATIONS",
            Self::RangeSpecificHashSchema => "RANGE_SPECIFIC_HASH_SCHEMA",
            Self::UpsertIgnore => "UPSERT_IGNORE",
            Self::ImmutableColumnAttribute => "IMMUTABLE_COLUMN_ATTRIBUTE",
            Self::AutoIncrementingColumn => "AUTO_INCREMENTING_COLUMN",
            Self::Array1dColumnType => "ARRAY_1D_COLUMN_TYPE",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "UNKNOWN_FEATURE" => Some(Self::UnknownFeature),
            "RANGE_PARTITION_BOUNDS" => Some(Self::RangePartitionBounds),
            "ADD_DROP_RANGE_PARTITIONS" => Some(Self::AddDropRangePartitions),
            "CONNECT_TO_MASTER" => Some(Self::ConnectToMaster),
            "REPLICA_MANAGEMENT" => Some(Self::ReplicaManagement),
            "GENERATE_AUTHZ_TOKEN" => Some(Self::GenerateAuthzToken),
            "DYNAMIC_MULTI_MASTER" => Some(Self::DynamicMultiMaster),
            "IGNORE_OPERATIONS" => Some(Self::IgnoreOperations),
            "RANGE_SPECIFIC_HASH_SCHEMA" => Some(Self::RangeSpecificHashSchema),
            "UPSERT_IGNORE" => Some(Self::UpsertIgnore),
            "IMMUTABLE_COLUMN_ATTRIBUTE" => Some(Self::ImmutableColumnAttribute),
            "AUTO_INCREMENTING_COLUMN" => Some(Self::AutoIncrementingColumn),
            "ARRAY_1D_COLUMN_TYPE" => Some(Self::Array1dColumnType),
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
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub enum TServerStatePb {
    UnknownState = 0,
    None = 1,
    MaintenanceMode = 2,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl TServerStatePb {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::UnknownState => "UNKNOWN_STATE",
            Self::None => "NONE",
            Self::MaintenanceMode => "MAINTENANCE_MODE",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "UNKNOWN_STATE" => Some(Self::UnknownState),
            "NONE" => Some(Self::None),
            "MAINTENANCE_MODE" => Some(Self::MaintenanceMode),
            _ => None,
        }
    }
}
/// The service `kudu.master.MasterService`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod master_service {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "kudu.master.MasterService";
    /// The methods, in the order of their declaration.
    pub const METHODS: &[codegen::MethodInfo] = &[
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Ping",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "ConnectToMaster",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "ListMasters",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "ListTabletServers",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "ListTables",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "GetTableSchema",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "GetTableLocations",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "GetTabletLocations",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "CreateTable",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "IsCreateTableDone",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "DeleteTable",
            track_rpc_result: false,
            authz_method: None,
        },
    ];
    /// The service `kudu.master.MasterService`.
    #[derive(Clone, Debug)]
    pub struct MasterServiceClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> MasterServiceClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `kudu.master.MasterService.Ping`
        pub fn ping(
            &self,
            req: &super::PingRequestPb,
        ) -> codegen::TypedCall<C, super::PingResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
        /// Requires the feature CONNECT_TO_MASTER of its callers.
        pub fn connect_to_master(
            &self,
            req: &super::ConnectToMasterRequestPb,
        ) -> codegen::TypedCall<C, super::ConnectToMasterResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[1], req)
        }
        /// `kudu.master.MasterService.ListMasters`
        pub fn list_masters(
            &self,
            req: &super::ListMastersRequestPb,
        ) -> codegen::TypedCall<C, super::ListMastersResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[2], req)
        }
        /// `kudu.master.MasterService.ListTabletServers`
        pub fn list_tablet_servers(
            &self,
            req: &super::ListTabletServersRequestPb,
        ) -> codegen::TypedCall<C, super::ListTabletServersResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[3], req)
        }
        /// `kudu.master.MasterService.ListTables`
        pub fn list_tables(
            &self,
            req: &super::ListTablesRequestPb,
        ) -> codegen::TypedCall<C, super::ListTablesResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[4], req)
        }
        /// `kudu.master.MasterService.GetTableSchema`
        pub fn get_table_schema(
            &self,
            req: &super::GetTableSchemaRequestPb,
        ) -> codegen::TypedCall<C, super::GetTableSchemaResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[5], req)
        }
        /// `kudu.master.MasterService.GetTableLocations`
        pub fn get_table_locations(
            &self,
            req: &super::GetTableLocationsRequestPb,
        ) -> codegen::TypedCall<C, super::GetTableLocationsResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[6], req)
        }
        /// `kudu.master.MasterService.GetTabletLocations`
        pub fn get_tablet_locations(
            &self,
            req: &super::GetTabletLocationsRequestPb,
        ) -> codegen::TypedCall<C, super::GetTabletLocationsResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[7], req)
        }
        /// `kudu.master.MasterService.CreateTable`
        pub fn create_table(
            &self,
            req: &super::CreateTableRequestPb,
        ) -> codegen::TypedCall<C, super::CreateTableResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[8], req)
        }
        /// `kudu.master.MasterService.IsCreateTableDone`
        pub fn is_create_table_done(
            &self,
            req: &super::IsCreateTableDoneRequestPb,
        ) -> codegen::TypedCall<C, super::IsCreateTableDoneResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[9], req)
        }
        /// `kudu.master.MasterService.DeleteTable`
        pub fn delete_table(
            &self,
            req: &super::DeleteTableRequestPb,
        ) -> codegen::TypedCall<C, super::DeleteTableResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[10], req)
        }
    }
    /// The service `kudu.master.MasterService`.
    pub trait MasterService: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `kudu.master.MasterService.Ping`
        fn ping(
            &self,
            cx: codegen::CallContext,
            req: super::PingRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::PingResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// Requires the feature CONNECT_TO_MASTER of its callers.
        fn connect_to_master(
            &self,
            cx: codegen::CallContext,
            req: super::ConnectToMasterRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::ConnectToMasterResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.master.MasterService.ListMasters`
        fn list_masters(
            &self,
            cx: codegen::CallContext,
            req: super::ListMastersRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::ListMastersResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.master.MasterService.ListTabletServers`
        fn list_tablet_servers(
            &self,
            cx: codegen::CallContext,
            req: super::ListTabletServersRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::ListTabletServersResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.master.MasterService.ListTables`
        fn list_tables(
            &self,
            cx: codegen::CallContext,
            req: super::ListTablesRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::ListTablesResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.master.MasterService.GetTableSchema`
        fn get_table_schema(
            &self,
            cx: codegen::CallContext,
            req: super::GetTableSchemaRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::GetTableSchemaResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.master.MasterService.GetTableLocations`
        fn get_table_locations(
            &self,
            cx: codegen::CallContext,
            req: super::GetTableLocationsRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::GetTableLocationsResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.master.MasterService.GetTabletLocations`
        fn get_tablet_locations(
            &self,
            cx: codegen::CallContext,
            req: super::GetTabletLocationsRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::GetTabletLocationsResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.master.MasterService.CreateTable`
        fn create_table(
            &self,
            cx: codegen::CallContext,
            req: super::CreateTableRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::CreateTableResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.master.MasterService.IsCreateTableDone`
        fn is_create_table_done(
            &self,
            cx: codegen::CallContext,
            req: super::IsCreateTableDoneRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::IsCreateTableDoneResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.master.MasterService.DeleteTable`
        fn delete_table(
            &self,
            cx: codegen::CallContext,
            req: super::DeleteTableRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::DeleteTableResponsePb>,
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
    /// What a server takes to serve `kudu.master.MasterService`.
    #[derive(Debug)]
    pub struct MasterServiceServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::MasterService> MasterServiceServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::MasterService> codegen::Service for MasterServiceServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::MasterService>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| <T as self::MasterService>::inline(&self.inner, info.name))
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
                    let req: super::PingRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(<T as self::MasterService>::ping(&inner, cx, req).await)
                }),
                1 => ::std::boxed::Box::pin(async move {
                    let req: super::ConnectToMasterRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::MasterService>::connect_to_master(&inner, cx, req).await,
                    )
                }),
                2 => ::std::boxed::Box::pin(async move {
                    let req: super::ListMastersRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::MasterService>::list_masters(&inner, cx, req).await,
                    )
                }),
                3 => ::std::boxed::Box::pin(async move {
                    let req: super::ListTabletServersRequestPb =
                        codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::MasterService>::list_tablet_servers(&inner, cx, req).await,
                    )
                }),
                4 => ::std::boxed::Box::pin(async move {
                    let req: super::ListTablesRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::MasterService>::list_tables(&inner, cx, req).await,
                    )
                }),
                5 => ::std::boxed::Box::pin(async move {
                    let req: super::GetTableSchemaRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::MasterService>::get_table_schema(&inner, cx, req).await,
                    )
                }),
                6 => ::std::boxed::Box::pin(async move {
                    let req: super::GetTableLocationsRequestPb =
                        codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::MasterService>::get_table_locations(&inner, cx, req).await,
                    )
                }),
                7 => ::std::boxed::Box::pin(async move {
                    let req: super::GetTabletLocationsRequestPb =
                        codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::MasterService>::get_tablet_locations(&inner, cx, req).await,
                    )
                }),
                8 => ::std::boxed::Box::pin(async move {
                    let req: super::CreateTableRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::MasterService>::create_table(&inner, cx, req).await,
                    )
                }),
                9 => ::std::boxed::Box::pin(async move {
                    let req: super::IsCreateTableDoneRequestPb =
                        codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::MasterService>::is_create_table_done(&inner, cx, req).await,
                    )
                }),
                10 => ::std::boxed::Box::pin(async move {
                    let req: super::DeleteTableRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::MasterService>::delete_table(&inner, cx, req).await,
                    )
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static MASTER_ERROR_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "MasterErrorPB",
        required: &[(1, "code"), (2, "status")],
        nested: &[(2, "status", <super::AppStatusPb as ::krpc_tokio::codegen::Required>::SPEC)],
    };
impl ::krpc_tokio::codegen::Required for MasterErrorPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &MASTER_ERROR_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for PingRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "PingRequestPB", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for PingResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "PingResponsePB", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for HiveMetastoreConfig {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "HiveMetastoreConfig",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for ConnectToMasterRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "ConnectToMasterRequestPB",
        required: &[],
        nested: &[],
    };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static CONNECT_TO_MASTER_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ConnectToMasterResponsePB",
        required: &[],
        nested: &[
            (1, "error", &MASTER_ERROR_PB_SPEC),
            (5, "master_addrs", <super::HostPortPb as ::krpc_tokio::codegen::Required>::SPEC),
        ],
    };
impl ::krpc_tokio::codegen::Required for ConnectToMasterResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &CONNECT_TO_MASTER_RESPONSE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SERVER_ENTRY_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ServerEntryPB",
        required: &[],
        nested: &[
            (1, "error", <super::AppStatusPb as ::krpc_tokio::codegen::Required>::SPEC),
            (2, "instance_id", <super::NodeInstancePb as ::krpc_tokio::codegen::Required>::SPEC),
            (
                3,
                "registration",
                <super::ServerRegistrationPb as ::krpc_tokio::codegen::Required>::SPEC,
            ),
        ],
    };
impl ::krpc_tokio::codegen::Required for ServerEntryPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SERVER_ENTRY_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for ListMastersRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "ListMastersRequestPB",
        required: &[],
        nested: &[],
    };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static LIST_MASTERS_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ListMastersResponsePB",
        required: &[],
        nested: &[
            (1, "masters", &SERVER_ENTRY_PB_SPEC),
            (2, "DEPRECATED_error", <super::AppStatusPb as ::krpc_tokio::codegen::Required>::SPEC),
            (3, "error", &MASTER_ERROR_PB_SPEC),
        ],
    };
impl ::krpc_tokio::codegen::Required for ListMastersResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &LIST_MASTERS_RESPONSE_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for ListTabletServersRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "ListTabletServersRequestPB",
        required: &[],
        nested: &[],
    };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static LIST_TABLET_SERVERS_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ListTabletServersResponsePB",
        required: &[],
        nested: &[
            (1, "error", &MASTER_ERROR_PB_SPEC),
            (2, "servers", &LIST_TABLET_SERVERS_RESPONSE_PB_ENTRY_SPEC),
        ],
    };
impl ::krpc_tokio::codegen::Required for ListTabletServersResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &LIST_TABLET_SERVERS_RESPONSE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static LIST_TABLET_SERVERS_RESPONSE_PB_ENTRY_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "Entry",
        required: &[(1, "instance_id")],
        nested: &[
            (1, "instance_id", <super::NodeInstancePb as ::krpc_tokio::codegen::Required>::SPEC),
            (
                2,
                "registration",
                <super::ServerRegistrationPb as ::krpc_tokio::codegen::Required>::SPEC,
            ),
        ],
    };
impl ::krpc_tokio::codegen::Required for list_tablet_servers_response_pb::Entry {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &LIST_TABLET_SERVERS_RESPONSE_PB_ENTRY_SPEC;
}
impl ::krpc_tokio::codegen::Required for ListTablesRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "ListTablesRequestPB",
        required: &[],
        nested: &[],
    };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static LIST_TABLES_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ListTablesResponsePB",
        required: &[],
        nested: &[
            (1, "error", &MASTER_ERROR_PB_SPEC),
            (2, "tables", &LIST_TABLES_RESPONSE_PB_TABLE_INFO_SPEC),
        ],
    };
impl ::krpc_tokio::codegen::Required for ListTablesResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &LIST_TABLES_RESPONSE_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for list_tables_response_pb::TabletWithPartition {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "TabletWithPartition",
        required: &[],
        nested: &[],
    };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static LIST_TABLES_RESPONSE_PB_TABLE_INFO_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "TableInfo",
        required: &[(1, "id"), (2, "name")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for list_tables_response_pb::TableInfo {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &LIST_TABLES_RESPONSE_PB_TABLE_INFO_SPEC;
}
impl ::krpc_tokio::codegen::Required for TableIdentifierPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "TableIdentifierPB",
        required: &[],
        nested: &[],
    };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static GET_TABLE_SCHEMA_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "GetTableSchemaRequestPB",
        required: &[(1, "table")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for GetTableSchemaRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &GET_TABLE_SCHEMA_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static GET_TABLE_SCHEMA_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "GetTableSchemaResponsePB",
        required: &[],
        nested: &[
            (1, "error", &MASTER_ERROR_PB_SPEC),
            (2, "schema", <super::SchemaPb as ::krpc_tokio::codegen::Required>::SPEC),
            (
                5,
                "partition_schema",
                <super::PartitionSchemaPb as ::krpc_tokio::codegen::Required>::SPEC,
            ),
        ],
    };
impl ::krpc_tokio::codegen::Required for GetTableSchemaResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &GET_TABLE_SCHEMA_RESPONSE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static TS_INFO_PB_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "TSInfoPB",
    required: &[(1, "permanent_uuid")],
    nested: &[(2, "rpc_addresses", <super::HostPortPb as ::krpc_tokio::codegen::Required>::SPEC)],
};
impl ::krpc_tokio::codegen::Required for TsInfoPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &TS_INFO_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static TABLET_LOCATIONS_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "TabletLocationsPB",
        required: &[(1, "tablet_id")],
        nested: &[
            (4, "DEPRECATED_replicas", &TABLET_LOCATIONS_PB_REPLICA_PB_SPEC),
            (7, "interned_replicas", &TABLET_LOCATIONS_PB_INTERNED_REPLICA_PB_SPEC),
        ],
    };
impl ::krpc_tokio::codegen::Required for TabletLocationsPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &TABLET_LOCATIONS_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static TABLET_LOCATIONS_PB_REPLICA_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ReplicaPB",
        required: &[(1, "ts_info"), (2, "role")],
        nested: &[(1, "ts_info", &TS_INFO_PB_SPEC)],
    };
impl ::krpc_tokio::codegen::Required for tablet_locations_pb::ReplicaPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &TABLET_LOCATIONS_PB_REPLICA_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static TABLET_LOCATIONS_PB_INTERNED_REPLICA_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "InternedReplicaPB",
        required: &[(1, "ts_info_idx"), (2, "role")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for tablet_locations_pb::InternedReplicaPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &TABLET_LOCATIONS_PB_INTERNED_REPLICA_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static GET_TABLE_LOCATIONS_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "GetTableLocationsRequestPB",
        required: &[(1, "table")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for GetTableLocationsRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &GET_TABLE_LOCATIONS_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static GET_TABLE_LOCATIONS_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "GetTableLocationsResponsePB",
        required: &[],
        nested: &[
            (1, "error", &MASTER_ERROR_PB_SPEC),
            (2, "tablet_locations", &TABLET_LOCATIONS_PB_SPEC),
            (4, "ts_infos", &TS_INFO_PB_SPEC),
        ],
    };
impl ::krpc_tokio::codegen::Required for GetTableLocationsResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &GET_TABLE_LOCATIONS_RESPONSE_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for GetTabletLocationsRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "GetTabletLocationsRequestPB",
        required: &[],
        nested: &[],
    };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static GET_TABLET_LOCATIONS_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "GetTabletLocationsResponsePB",
        required: &[],
        nested: &[
            (1, "error", &MASTER_ERROR_PB_SPEC),
            (2, "tablet_locations", &TABLET_LOCATIONS_PB_SPEC),
            (3, "errors", &GET_TABLET_LOCATIONS_RESPONSE_PB_ERROR_SPEC),
            (4, "ts_infos", &TS_INFO_PB_SPEC),
        ],
    };
impl ::krpc_tokio::codegen::Required for GetTabletLocationsResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &GET_TABLET_LOCATIONS_RESPONSE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static GET_TABLET_LOCATIONS_RESPONSE_PB_ERROR_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "Error",
        required: &[],
        nested: &[(2, "status", <super::AppStatusPb as ::krpc_tokio::codegen::Required>::SPEC)],
    };
impl ::krpc_tokio::codegen::Required for get_tablet_locations_response_pb::Error {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &GET_TABLET_LOCATIONS_RESPONSE_PB_ERROR_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static CREATE_TABLE_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "CreateTableRequestPB",
        required: &[(1, "name"), (2, "schema")],
        nested: &[
            (2, "schema", <super::SchemaPb as ::krpc_tokio::codegen::Required>::SPEC),
            (
                7,
                "partition_schema",
                <super::PartitionSchemaPb as ::krpc_tokio::codegen::Required>::SPEC,
            ),
        ],
    };
impl ::krpc_tokio::codegen::Required for CreateTableRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &CREATE_TABLE_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static CREATE_TABLE_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "CreateTableResponsePB",
        required: &[],
        nested: &[(1, "error", &MASTER_ERROR_PB_SPEC)],
    };
impl ::krpc_tokio::codegen::Required for CreateTableResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &CREATE_TABLE_RESPONSE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static IS_CREATE_TABLE_DONE_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "IsCreateTableDoneRequestPB",
        required: &[(1, "table")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for IsCreateTableDoneRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &IS_CREATE_TABLE_DONE_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static IS_CREATE_TABLE_DONE_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "IsCreateTableDoneResponsePB",
        required: &[],
        nested: &[(1, "error", &MASTER_ERROR_PB_SPEC)],
    };
impl ::krpc_tokio::codegen::Required for IsCreateTableDoneResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &IS_CREATE_TABLE_DONE_RESPONSE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static DELETE_TABLE_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "DeleteTableRequestPB",
        required: &[(1, "table")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for DeleteTableRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &DELETE_TABLE_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static DELETE_TABLE_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "DeleteTableResponsePB",
        required: &[],
        nested: &[(1, "error", &MASTER_ERROR_PB_SPEC)],
    };
impl ::krpc_tokio::codegen::Required for DeleteTableResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &DELETE_TABLE_RESPONSE_PB_SPEC;
}
