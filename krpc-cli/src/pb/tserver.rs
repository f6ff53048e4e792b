//! Generated from `proto/kudu` by `cargo run -p xtask -- regen`; do not edit.

/// An error inside an ordinary response. Look here before anything else in it.
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct TabletServerErrorPb {
    #[prost(enumeration = "tablet_server_error_pb::Code", required, tag = "1")]
    pub code: i32,
    #[prost(message, required, tag = "2")]
    pub status: super::AppStatusPb,
}
/// Nested message and enum types in `TabletServerErrorPB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod tablet_server_error_pb {
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
        InvalidRowBlock = 3,
        InvalidMutation = 4,
        MismatchedSchema = 5,
        TabletNotFound = 6,
        ScannerExpired = 7,
        InvalidScanSpec = 8,
        InvalidConfig = 9,
        TabletAlreadyExists = 10,
        TabletHasANewerSchema = 11,
        TabletNotRunning = 12,
        InvalidSnapshot = 13,
        InvalidScanCallSeqId = 14,
        NotTheLeader = 15,
        WrongServerUuid = 16,
        CasFailed = 17,
        AlreadyInprogress = 18,
        Throttled = 19,
        TabletFailed = 20,
        NotAuthorized = 21,
        TxnIllegalState = 22,
        TxnOpAlreadyApplied = 23,
        TxnLockedAbort = 24,
        TxnLockedRetryOp = 25,
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
                Self::InvalidRowBlock => "INVALID_ROW_BLOCK",
                Self::InvalidMutation => "INVALID_MUTATION",
                Self::MismatchedSchema => "MISMATCHED_SCHEMA",
                Self::TabletNotFound => "TABLET_NOT_FOUND",
                Self::ScannerExpired => "SCANNER_EXPIRED",
                Self::InvalidScanSpec => "INVALID_SCAN_SPEC",
                Self::InvalidConfig => "INVALID_CONFIG",
                Self::TabletAlreadyExists => "TABLET_ALREADY_EXISTS",
                Self::TabletHasANewerSchema => "TABLET_HAS_A_NEWER_SCHEMA",
                Self::TabletNotRunning => "TABLET_NOT_RUNNING",
                Self::InvalidSnapshot => "INVALID_SNAPSHOT",
                Self::InvalidScanCallSeqId => "INVALID_SCAN_CALL_SEQ_ID",
                Self::NotTheLeader => "NOT_THE_LEADER",
                Self::WrongServerUuid => "WRONG_SERVER_UUID",
                Self::CasFailed => "CAS_FAILED",
                Self::AlreadyInprogress => "ALREADY_INPROGRESS",
                Self::Throttled => "THROTTLED",
                Self::TabletFailed => "TABLET_FAILED",
                Self::NotAuthorized => "NOT_AUTHORIZED",
                Self::TxnIllegalState => "TXN_ILLEGAL_STATE",
                Self::TxnOpAlreadyApplied => "TXN_OP_ALREADY_APPLIED",
                Self::TxnLockedAbort => "TXN_LOCKED_ABORT",
                Self::TxnLockedRetryOp => "TXN_LOCKED_RETRY_OP",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "UNKNOWN_ERROR" => Some(Self::UnknownError),
                "INVALID_SCHEMA" => Some(Self::InvalidSchema),
                "INVALID_ROW_BLOCK" => Some(Self::InvalidRowBlock),
                "INVALID_MUTATION" => Some(Self::InvalidMutation),
                "MISMATCHED_SCHEMA" => Some(Self::MismatchedSchema),
                "TABLET_NOT_FOUND" => Some(Self::TabletNotFound),
                "SCANNER_EXPIRED" => Some(Self::ScannerExpired),
                "INVALID_SCAN_SPEC" => Some(Self::InvalidScanSpec),
                "INVALID_CONFIG" => Some(Self::InvalidConfig),
                "TABLET_ALREADY_EXISTS" => Some(Self::TabletAlreadyExists),
                "TABLET_HAS_A_NEWER_SCHEMA" => Some(Self::TabletHasANewerSchema),
                "TABLET_NOT_RUNNING" => Some(Self::TabletNotRunning),
                "INVALID_SNAPSHOT" => Some(Self::InvalidSnapshot),
                "INVALID_SCAN_CALL_SEQ_ID" => Some(Self::InvalidScanCallSeqId),
                "NOT_THE_LEADER" => Some(Self::NotTheLeader),
                "WRONG_SERVER_UUID" => Some(Self::WrongServerUuid),
                "CAS_FAILED" => Some(Self::CasFailed),
                "ALREADY_INPROGRESS" => Some(Self::AlreadyInprogress),
                "THROTTLED" => Some(Self::Throttled),
                "TABLET_FAILED" => Some(Self::TabletFailed),
                "NOT_AUTHORIZED" => Some(Self::NotAuthorized),
                "TXN_ILLEGAL_STATE" => Some(Self::TxnIllegalState),
                "TXN_OP_ALREADY_APPLIED" => Some(Self::TxnOpAlreadyApplied),
                "TXN_LOCKED_ABORT" => Some(Self::TxnLockedAbort),
                "TXN_LOCKED_RETRY_OP" => Some(Self::TxnLockedRetryOp),
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
/// What an operation cost.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ResourceMetricsPb {
    #[prost(int64, optional, tag = "1")]
    pub cfile_cache_miss_bytes: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "2")]
    pub cfile_cache_hit_bytes: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "3")]
    pub bytes_read: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "4")]
    pub queue_duration_nanos: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "5")]
    pub total_duration_nanos: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "6")]
    pub cpu_user_nanos: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "7")]
    pub cpu_system_nanos: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "8")]
    pub successful_inserts: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "9")]
    pub insert_ignore_errors: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "10")]
    pub successful_upserts: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "11")]
    pub successful_updates: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "12")]
    pub update_ignore_errors: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "13")]
    pub successful_deletes: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "14")]
    pub delete_ignore_errors: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "15")]
    pub commit_wait_duration_usec: ::core::option::Option<i64>,
    #[prost(int64, optional, tag = "16")]
    pub upsert_ignore_errors: ::core::option::Option<i64>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct AutoIncrementingColumnPb {
    #[prost(int64, optional, tag = "1")]
    pub auto_incrementing_counter: ::core::option::Option<i64>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct WriteRequestPb {
    #[prost(string, required, tag = "1")]
    pub tablet_id: ::krpc_tokio::codegen::prost::alloc::string::String,
    #[prost(message, optional, tag = "2")]
    pub schema: ::core::option::Option<super::SchemaPb>,
    #[prost(message, optional, tag = "3")]
    pub row_operations: ::core::option::Option<super::RowOperationsPb>,
    #[prost(
        enumeration = "super::ExternalConsistencyMode",
        optional,
        tag = "4",
        default = "ClientPropagated"
    )]
    pub external_consistency_mode: ::core::option::Option<i32>,
    #[prost(fixed64, optional, tag = "5")]
    pub propagated_timestamp: ::core::option::Option<u64>,
    #[prost(message, optional, tag = "6")]
    pub authz_token: ::core::option::Option<::krpc_tokio::codegen::pb::SignedTokenPb>,
    #[prost(int64, optional, tag = "7")]
    pub txn_id: ::core::option::Option<i64>,
    /// From the leader to its followers.
    #[prost(message, optional, tag = "8")]
    pub auto_incrementing_column: ::core::option::Option<AutoIncrementingColumnPb>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct WriteResponsePb {
    /// The whole request failed.
    #[prost(message, optional, tag = "1")]
    pub error: ::core::option::Option<TabletServerErrorPb>,
    #[prost(message, repeated, tag = "2")]
    pub per_row_errors:
        ::krpc_tokio::codegen::prost::alloc::vec::Vec<write_response_pb::PerRowErrorPb>,
    #[prost(fixed64, optional, tag = "3")]
    pub timestamp: ::core::option::Option<u64>,
    #[prost(message, optional, tag = "4")]
    pub resource_metrics: ::core::option::Option<ResourceMetricsPb>,
}
/// Nested message and enum types in `WriteResponsePB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod write_response_pb {
    #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct PerRowErrorPb {
        #[prost(int32, required, tag = "1")]
        pub row_index: i32,
        #[prost(message, required, tag = "2")]
        pub error: super::super::AppStatusPb,
    }
}
/// How predicates were given before `column_predicates`.
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ColumnRangePredicatePb {
    #[prost(message, required, tag = "1")]
    pub column: super::ColumnSchemaPb,
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub lower_bound: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub inclusive_upper_bound: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct NewScanRequestPb {
    #[prost(string, required, tag = "1")]
    pub tablet_id: ::krpc_tokio::codegen::prost::alloc::string::String,
    #[prost(uint64, optional, tag = "2")]
    pub limit: ::core::option::Option<u64>,
    #[prost(message, repeated, tag = "3")]
    pub deprecated_range_predicates:
        ::krpc_tokio::codegen::prost::alloc::vec::Vec<ColumnRangePredicatePb>,
    /// Without column ids.
    #[prost(message, repeated, tag = "4")]
    pub projected_columns: ::krpc_tokio::codegen::prost::alloc::vec::Vec<super::ColumnSchemaPb>,
    #[prost(enumeration = "super::ReadMode", optional, tag = "5", default = "ReadLatest")]
    pub read_mode: ::core::option::Option<i32>,
    #[prost(fixed64, optional, tag = "6")]
    pub snap_timestamp: ::core::option::Option<u64>,
    #[prost(fixed64, optional, tag = "7")]
    pub propagated_timestamp: ::core::option::Option<u64>,
    #[prost(bytes = "bytes", optional, tag = "8")]
    pub start_primary_key: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    #[prost(bytes = "bytes", optional, tag = "9")]
    pub stop_primary_key: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    #[prost(bool, optional, tag = "10", default = "true")]
    pub cache_blocks: ::core::option::Option<bool>,
    #[prost(enumeration = "super::OrderMode", optional, tag = "11", default = "Unordered")]
    pub order_mode: ::core::option::Option<i32>,
    #[prost(bytes = "bytes", optional, tag = "12")]
    pub last_primary_key: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    #[prost(message, repeated, tag = "13")]
    pub column_predicates: ::krpc_tokio::codegen::prost::alloc::vec::Vec<super::ColumnPredicatePb>,
    /// 1 pads timestamps to 16 bytes, 2 asks for columns instead of rows.
    #[prost(uint64, optional, tag = "14")]
    pub row_format_flags: ::core::option::Option<u64>,
    #[prost(message, optional, tag = "15")]
    pub authz_token: ::core::option::Option<::krpc_tokio::codegen::pb::SignedTokenPb>,
    #[prost(fixed64, optional, tag = "16")]
    pub snap_start_timestamp: ::core::option::Option<u64>,
}
/// Opens a scanner with `new_scan_request`, or goes on with `scanner_id`.
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ScanRequestPb {
    #[prost(string, optional, tag = "1")]
    pub scanner_id: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(message, optional, tag = "2")]
    pub new_scan_request: ::core::option::Option<NewScanRequestPb>,
    /// 0 for the opening call, then 1, 2, and so on.
    #[prost(uint32, optional, tag = "3")]
    pub call_seq_id: ::core::option::Option<u32>,
    #[prost(uint32, optional, tag = "4")]
    pub batch_size_bytes: ::core::option::Option<u32>,
    #[prost(bool, optional, tag = "5")]
    pub close_scanner: ::core::option::Option<bool>,
    #[prost(string, optional, tag = "6")]
    pub query_id: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ScanResponsePb {
    #[prost(message, optional, tag = "1")]
    pub error: ::core::option::Option<TabletServerErrorPb>,
    /// Only in the answer to the opening call, and only if there is more.
    #[prost(string, optional, tag = "2")]
    pub scanner_id: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(bool, optional, tag = "3")]
    pub has_more_results: ::core::option::Option<bool>,
    /// The rows themselves are in sidecars.
    #[prost(message, optional, tag = "4")]
    pub data: ::core::option::Option<super::RowwiseRowBlockPb>,
    #[prost(message, optional, tag = "5")]
    pub columnar_data: ::core::option::Option<super::ColumnarRowBlockPb>,
    #[prost(fixed64, optional, tag = "6")]
    pub snap_timestamp: ::core::option::Option<u64>,
    #[prost(bytes = "bytes", optional, tag = "7")]
    pub last_primary_key: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    #[prost(message, optional, tag = "8")]
    pub resource_metrics: ::core::option::Option<ResourceMetricsPb>,
    #[prost(fixed64, optional, tag = "9")]
    pub propagated_timestamp: ::core::option::Option<u64>,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ScannerKeepAliveRequestPb {
    #[prost(string, required, tag = "1")]
    pub scanner_id: ::krpc_tokio::codegen::prost::alloc::string::String,
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ScannerKeepAliveResponsePb {
    #[prost(message, optional, tag = "1")]
    pub error: ::core::option::Option<TabletServerErrorPb>,
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
pub enum TabletServerFeatures {
    UnknownFeature = 0,
    ColumnPredicates = 1,
    PadUnixtimeMicrosTo16Bytes = 2,
    Quiescing = 3,
    BloomFilterPredicate = 4,
    ColumnarLayoutFeature = 5,
    BloomFilterPredicateV2 = 6,
    Array1dColumnType = 7,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl TabletServerFeatures {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::UnknownFeature => "UNKNOWN_FEATURE",
            Self::ColumnPredicates => "COLUMN_PREDICATES",
            Self::PadUnixtimeMicrosTo16Bytes => "PAD_UNIXTIME_MICROS_TO_16_BYTES",
            Self::Quiescing => "QUIESCING",
            Self::BloomFilterPredicate => "BLOOM_FILTER_PREDICATE",
            Self::ColumnarLayoutFeature => "COLUMNAR_LAYOUT_FEATURE",
            Self::BloomFilterPredicateV2 => "BLOOM_FILTER_PREDICATE_V2",
            Self::Array1dColumnType => "ARRAY_1D_COLUMN_TYPE",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "UNKNOWN_FEATURE" => Some(Self::UnknownFeature),
            "COLUMN_PREDICATES" => Some(Self::ColumnPredicates),
            "PAD_UNIXTIME_MICROS_TO_16_BYTES" => Some(Self::PadUnixtimeMicrosTo16Bytes),
            "QUIESCING" => Some(Self::Quiescing),
            "BLOOM_FILTER_PREDICATE" => Some(Self::BloomFilterPredicate),
            "COLUMNAR_LAYOUT_FEATURE" => Some(Self::ColumnarLayoutFeature),
            "BLOOM_FILTER_PREDICATE_V2" => Some(Self::BloomFilterPredicateV2),
            "ARRAY_1D_COLUMN_TYPE" => Some(Self::Array1dColumnType),
            _ => None,
        }
    }
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static TABLET_SERVER_ERROR_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "TabletServerErrorPB",
        required: &[(1, "code"), (2, "status")],
        nested: &[(2, "status", <super::AppStatusPb as ::krpc_tokio::codegen::Required>::SPEC)],
    };
impl ::krpc_tokio::codegen::Required for TabletServerErrorPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &TABLET_SERVER_ERROR_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for PingRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "PingRequestPB", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for PingResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "PingResponsePB", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for ResourceMetricsPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "ResourceMetricsPB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for AutoIncrementingColumnPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "AutoIncrementingColumnPB",
        required: &[],
        nested: &[],
    };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static WRITE_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "WriteRequestPB",
        required: &[(1, "tablet_id")],
        nested: &[(2, "schema", <super::SchemaPb as ::krpc_tokio::codegen::Required>::SPEC)],
    };
impl ::krpc_tokio::codegen::Required for WriteRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &WRITE_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static WRITE_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "WriteResponsePB",
        required: &[],
        nested: &[
            (1, "error", &TABLET_SERVER_ERROR_PB_SPEC),
            (2, "per_row_errors", &WRITE_RESPONSE_PB_PER_ROW_ERROR_PB_SPEC),
        ],
    };
impl ::krpc_tokio::codegen::Required for WriteResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &WRITE_RESPONSE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static WRITE_RESPONSE_PB_PER_ROW_ERROR_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "PerRowErrorPB",
        required: &[(1, "row_index"), (2, "error")],
        nested: &[(2, "error", <super::AppStatusPb as ::krpc_tokio::codegen::Required>::SPEC)],
    };
impl ::krpc_tokio::codegen::Required for write_response_pb::PerRowErrorPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &WRITE_RESPONSE_PB_PER_ROW_ERROR_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static COLUMN_RANGE_PREDICATE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ColumnRangePredicatePB",
        required: &[(1, "column")],
        nested: &[(1, "column", <super::ColumnSchemaPb as ::krpc_tokio::codegen::Required>::SPEC)],
    };
impl ::krpc_tokio::codegen::Required for ColumnRangePredicatePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &COLUMN_RANGE_PREDICATE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static NEW_SCAN_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "NewScanRequestPB",
        required: &[(1, "tablet_id")],
        nested: &[
            (3, "DEPRECATED_range_predicates", &COLUMN_RANGE_PREDICATE_PB_SPEC),
            (
                4,
                "projected_columns",
                <super::ColumnSchemaPb as ::krpc_tokio::codegen::Required>::SPEC,
            ),
        ],
    };
impl ::krpc_tokio::codegen::Required for NewScanRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &NEW_SCAN_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SCAN_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ScanRequestPB",
        required: &[],
        nested: &[(2, "new_scan_request", &NEW_SCAN_REQUEST_PB_SPEC)],
    };
impl ::krpc_tokio::codegen::Required for ScanRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SCAN_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SCAN_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ScanResponsePB",
        required: &[],
        nested: &[(1, "error", &TABLET_SERVER_ERROR_PB_SPEC)],
    };
impl ::krpc_tokio::codegen::Required for ScanResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SCAN_RESPONSE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SCANNER_KEEP_ALIVE_REQUEST_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ScannerKeepAliveRequestPB",
        required: &[(1, "scanner_id")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for ScannerKeepAliveRequestPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SCANNER_KEEP_ALIVE_REQUEST_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SCANNER_KEEP_ALIVE_RESPONSE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ScannerKeepAliveResponsePB",
        required: &[],
        nested: &[(1, "error", &TABLET_SERVER_ERROR_PB_SPEC)],
    };
impl ::krpc_tokio::codegen::Required for ScannerKeepAliveResponsePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SCANNER_KEEP_ALIVE_RESPONSE_PB_SPEC;
}
/// The service `kudu.tserver.TabletServerService`.
#[allow(unused_variables)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod tablet_server_service {
    use ::krpc_tokio::codegen;
    /// Name of the service on the wire.
    pub const SERVICE_NAME: &str = "kudu.tserver.TabletServerService";
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
            name: "Write",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "Scan",
            track_rpc_result: false,
            authz_method: None,
        },
        codegen::MethodInfo {
            service: SERVICE_NAME,
            name: "ScannerKeepAlive",
            track_rpc_result: false,
            authz_method: None,
        },
    ];
    /// The service `kudu.tserver.TabletServerService`.
    #[derive(Clone, Debug)]
    pub struct TabletServerServiceClient<C> {
        caller: C,
    }
    impl<C: codegen::Caller> TabletServerServiceClient<C> {
        /// A client that calls through `caller`, such as a channel.
        pub fn new(caller: C) -> Self {
            Self { caller }
        }
        /// `kudu.tserver.TabletServerService.Ping`
        pub fn ping(
            &self,
            req: &super::PingRequestPb,
        ) -> codegen::TypedCall<C, super::PingResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[0], req)
        }
        /// `kudu.tserver.TabletServerService.Write`
        pub fn write(
            &self,
            req: &super::WriteRequestPb,
        ) -> codegen::TypedCall<C, super::WriteResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[1], req)
        }
        /// `kudu.tserver.TabletServerService.Scan`
        pub fn scan(
            &self,
            req: &super::ScanRequestPb,
        ) -> codegen::TypedCall<C, super::ScanResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[2], req)
        }
        /// `kudu.tserver.TabletServerService.ScannerKeepAlive`
        pub fn scanner_keep_alive(
            &self,
            req: &super::ScannerKeepAliveRequestPb,
        ) -> codegen::TypedCall<C, super::ScannerKeepAliveResponsePb> {
            codegen::TypedCall::new(&self.caller, &METHODS[3], req)
        }
    }
    /// The service `kudu.tserver.TabletServerService`.
    pub trait TabletServerService: ::core::marker::Send + ::core::marker::Sync + 'static {
        /// `kudu.tserver.TabletServerService.Ping`
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
        /// `kudu.tserver.TabletServerService.Write`
        fn write(
            &self,
            cx: codegen::CallContext,
            req: super::WriteRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::WriteResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.tserver.TabletServerService.Scan`
        fn scan(
            &self,
            cx: codegen::CallContext,
            req: super::ScanRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::ScanResponsePb>,
                codegen::ErrorStatus,
            >,
        > + ::core::marker::Send;
        /// `kudu.tserver.TabletServerService.ScannerKeepAlive`
        fn scanner_keep_alive(
            &self,
            cx: codegen::CallContext,
            req: super::ScannerKeepAliveRequestPb,
        ) -> impl ::core::future::Future<
            Output = ::core::result::Result<
                codegen::Reply<super::ScannerKeepAliveResponsePb>,
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
    /// What a server takes to serve `kudu.tserver.TabletServerService`.
    #[derive(Debug)]
    pub struct TabletServerServiceServer<T> {
        inner: codegen::Arc<T>,
    }
    impl<T: self::TabletServerService> TabletServerServiceServer<T> {
        /// Serves with the handlers of `inner`.
        pub fn new(inner: T) -> Self {
            Self { inner: codegen::Arc::new(inner) }
        }
    }
    impl<T: self::TabletServerService> codegen::Service for TabletServerServiceServer<T> {
        fn name(&self) -> &'static str {
            SERVICE_NAME
        }
        fn methods(&self) -> &'static [codegen::MethodInfo] {
            METHODS
        }
        fn supports_feature(&self, flag: u32) -> bool {
            <T as self::TabletServerService>::supports_feature(&self.inner, flag)
        }
        fn inline(&self, method: usize) -> bool {
            let method = METHODS.get(method);
            method.is_some_and(|info| {
                <T as self::TabletServerService>::inline(&self.inner, info.name)
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
                    let req: super::PingRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::TabletServerService>::ping(&inner, cx, req).await,
                    )
                }),
                1 => ::std::boxed::Box::pin(async move {
                    let req: super::WriteRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::TabletServerService>::write(&inner, cx, req).await,
                    )
                }),
                2 => ::std::boxed::Box::pin(async move {
                    let req: super::ScanRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::TabletServerService>::scan(&inner, cx, req).await,
                    )
                }),
                3 => ::std::boxed::Box::pin(async move {
                    let req: super::ScannerKeepAliveRequestPb = codegen::decode_request(&cx, body)?;
                    codegen::encode_reply(
                        <T as self::TabletServerService>::scanner_keep_alive(&inner, cx, req).await,
                    )
                }),
                _ => codegen::no_such_method(&cx, method),
            }
        }
    }
}
