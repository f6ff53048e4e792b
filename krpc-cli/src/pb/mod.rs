//! Generated from `proto/kudu` by `cargo run -p xtask -- regen`; do not edit.

pub mod consensus;
pub mod master;
pub mod rpc;
pub mod rpc_test;
pub mod rpc_test_diff_package;
pub mod server;
pub mod tserver;
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct RowOperationsPb {
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub rows: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    /// What the string cells of `rows` point into.
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub indirect_data: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
}
impl ::krpc_tokio::codegen::Required for RowOperationsPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "RowOperationsPB", required: &[], nested: &[] };
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
pub enum HashAlgorithm {
    UnknownHash = 0,
    MurmurHash2 = 1,
    CityHash = 2,
    FastHash = 3,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl HashAlgorithm {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::UnknownHash => "UNKNOWN_HASH",
            Self::MurmurHash2 => "MURMUR_HASH_2",
            Self::CityHash => "CITY_HASH",
            Self::FastHash => "FAST_HASH",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "UNKNOWN_HASH" => Some(Self::UnknownHash),
            "MURMUR_HASH_2" => Some(Self::MurmurHash2),
            "CITY_HASH" => Some(Self::CityHash),
            "FAST_HASH" => Some(Self::FastHash),
            _ => None,
        }
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct BlockBloomFilterPb {
    #[prost(int32, optional, tag = "1")]
    pub log_space_bytes: ::core::option::Option<i32>,
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub bloom_data: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    #[prost(bool, optional, tag = "3")]
    pub always_false: ::core::option::Option<bool>,
    #[prost(enumeration = "HashAlgorithm", optional, tag = "4", default = "FastHash")]
    pub hash_algorithm: ::core::option::Option<i32>,
    #[prost(uint32, optional, tag = "5")]
    pub hash_seed: ::core::option::Option<u32>,
}
impl ::krpc_tokio::codegen::Required for BlockBloomFilterPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "BlockBloomFilterPB",
        required: &[],
        nested: &[],
    };
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
pub enum CompressionType {
    DefaultCompression = 0,
    NoCompression = 1,
    Snappy = 2,
    Lz4 = 3,
    Zlib = 4,
    UnknownCompression = 999,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl CompressionType {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::DefaultCompression => "DEFAULT_COMPRESSION",
            Self::NoCompression => "NO_COMPRESSION",
            Self::Snappy => "SNAPPY",
            Self::Lz4 => "LZ4",
            Self::Zlib => "ZLIB",
            Self::UnknownCompression => "UNKNOWN_COMPRESSION",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "DEFAULT_COMPRESSION" => Some(Self::DefaultCompression),
            "NO_COMPRESSION" => Some(Self::NoCompression),
            "SNAPPY" => Some(Self::Snappy),
            "LZ4" => Some(Self::Lz4),
            "ZLIB" => Some(Self::Zlib),
            "UNKNOWN_COMPRESSION" => Some(Self::UnknownCompression),
            _ => None,
        }
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct HostPortPb {
    #[prost(string, required, tag = "1")]
    pub host: ::krpc_tokio::codegen::prost::alloc::string::String,
    #[prost(uint32, required, tag = "2")]
    pub port: u32,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ColumnTypeAttributesPb {
    /// Of a decimal.
    #[prost(int32, optional, tag = "1")]
    pub precision: ::core::option::Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub scale: ::core::option::Option<i32>,
    /// Of a varchar, in characters.
    #[prost(int32, optional, tag = "3")]
    pub length: ::core::option::Option<i32>,
}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct NestedDataTypePb {
    #[prost(message, optional, tag = "1")]
    pub array: ::core::option::Option<nested_data_type_pb::ArrayTypeDescriptor>,
}
/// Nested message and enum types in `NestedDataTypePB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod nested_data_type_pb {
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct ArrayTypeDescriptor {
        #[prost(enumeration = "super::DataType", optional, tag = "1")]
        pub r#type: ::core::option::Option<i32>,
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ColumnSchemaPb {
    /// Given by the server, kept over renames. A projection must not have it.
    #[prost(uint32, optional, tag = "1")]
    pub id: ::core::option::Option<u32>,
    #[prost(string, required, tag = "2")]
    pub name: ::krpc_tokio::codegen::prost::alloc::string::String,
    #[prost(enumeration = "DataType", required, tag = "3")]
    pub r#type: i32,
    #[prost(bool, optional, tag = "4", default = "false")]
    pub is_key: ::core::option::Option<bool>,
    #[prost(bool, optional, tag = "5", default = "false")]
    pub is_nullable: ::core::option::Option<bool>,
    /// Little endian for numbers, the bytes as they are for strings.
    #[prost(bytes = "bytes", optional, tag = "6")]
    pub read_default_value: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    #[prost(bytes = "bytes", optional, tag = "7")]
    pub write_default_value: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    #[prost(enumeration = "EncodingType", optional, tag = "8", default = "AutoEncoding")]
    pub encoding: ::core::option::Option<i32>,
    #[prost(enumeration = "CompressionType", optional, tag = "9", default = "DefaultCompression")]
    pub compression: ::core::option::Option<i32>,
    /// 0 leaves it to the server.
    #[prost(int32, optional, tag = "10", default = "0")]
    pub cfile_block_size: ::core::option::Option<i32>,
    #[prost(message, optional, tag = "11")]
    pub type_attributes: ::core::option::Option<ColumnTypeAttributesPb>,
    #[prost(string, optional, tag = "12")]
    pub comment: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(bool, optional, tag = "13")]
    pub immutable: ::core::option::Option<bool>,
    #[prost(bool, optional, tag = "14")]
    pub is_auto_incrementing: ::core::option::Option<bool>,
    #[prost(message, optional, tag = "15")]
    pub nested_type: ::core::option::Option<NestedDataTypePb>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct SchemaPb {
    /// Key columns first.
    #[prost(message, repeated, tag = "1")]
    pub columns: ::krpc_tokio::codegen::prost::alloc::vec::Vec<ColumnSchemaPb>,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct PartitionSchemaPb {
    #[prost(message, repeated, tag = "1")]
    pub hash_schema:
        ::krpc_tokio::codegen::prost::alloc::vec::Vec<partition_schema_pb::HashBucketSchemaPb>,
    #[prost(message, optional, tag = "2")]
    pub range_schema: ::core::option::Option<partition_schema_pb::RangeSchemaPb>,
    #[prost(message, repeated, tag = "5")]
    pub custom_hash_schema_ranges:
        ::krpc_tokio::codegen::prost::alloc::vec::Vec<partition_schema_pb::RangeWithHashSchemaPb>,
}
/// Nested message and enum types in `PartitionSchemaPB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod partition_schema_pb {
    #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct ColumnIdentifierPb {
        #[prost(oneof = "column_identifier_pb::Identifier", tags = "1, 2")]
        pub identifier: ::core::option::Option<column_identifier_pb::Identifier>,
    }
    /// Nested message and enum types in `ColumnIdentifierPB`.
    pub mod column_identifier_pb {
        #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Oneof)]
        #[prost(prost_path = "::krpc_tokio::codegen::prost")]
        pub enum Identifier {
            #[prost(int32, tag = "1")]
            Id(i32),
            #[prost(string, tag = "2")]
            Name(::krpc_tokio::codegen::prost::alloc::string::String),
        }
    }
    #[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct HashBucketSchemaPb {
        #[prost(message, repeated, tag = "1")]
        pub columns: ::krpc_tokio::codegen::prost::alloc::vec::Vec<ColumnIdentifierPb>,
        #[prost(int32, required, tag = "2")]
        pub num_buckets: i32,
        #[prost(uint32, optional, tag = "3")]
        pub seed: ::core::option::Option<u32>,
        #[prost(enumeration = "super::HashAlgorithm", optional, tag = "4")]
        pub hash_algorithm: ::core::option::Option<i32>,
    }
    #[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct RangeSchemaPb {
        #[prost(message, repeated, tag = "1")]
        pub columns: ::krpc_tokio::codegen::prost::alloc::vec::Vec<ColumnIdentifierPb>,
    }
    /// A range whose hashing differs from the table's.
    #[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct RangeWithHashSchemaPb {
        #[prost(message, optional, tag = "1")]
        pub range_bounds: ::core::option::Option<super::RowOperationsPb>,
        #[prost(message, repeated, tag = "2")]
        pub hash_schema: ::krpc_tokio::codegen::prost::alloc::vec::Vec<HashBucketSchemaPb>,
    }
}
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct PartitionPb {
    #[prost(int32, repeated, tag = "1")]
    pub hash_buckets: ::krpc_tokio::codegen::prost::alloc::vec::Vec<i32>,
    /// Inclusive.
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub partition_key_start: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    /// Exclusive; empty is the table's end.
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub partition_key_end: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
}
/// Key columns as one encoded key, its hash part apart from its range part.
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct PartitionKeyPb {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub range_key: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub hash_key: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
}
/// A condition on one column. Values are encoded like column defaults.
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ColumnPredicatePb {
    #[prost(string, optional, tag = "1")]
    pub column: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(oneof = "column_predicate_pb::Predicate", tags = "2, 3, 4, 5, 6, 7")]
    pub predicate: ::core::option::Option<column_predicate_pb::Predicate>,
}
/// Nested message and enum types in `ColumnPredicatePB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod column_predicate_pb {
    #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct Range {
        /// Inclusive.
        #[prost(bytes = "bytes", optional, tag = "1")]
        pub lower: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
        /// Exclusive.
        #[prost(bytes = "bytes", optional, tag = "2")]
        pub upper: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct Equality {
        #[prost(bytes = "bytes", optional, tag = "1")]
        pub value: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    }
    #[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct InList {
        #[prost(bytes = "bytes", repeated, tag = "1")]
        pub values: ::krpc_tokio::codegen::prost::alloc::vec::Vec<
            ::krpc_tokio::codegen::prost::bytes::Bytes,
        >,
    }
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct IsNotNull {}
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct IsNull {}
    #[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct InBloomFilter {
        #[prost(message, repeated, tag = "1")]
        pub bloom_filters: ::krpc_tokio::codegen::prost::alloc::vec::Vec<super::BlockBloomFilterPb>,
        #[prost(bytes = "bytes", optional, tag = "2")]
        pub lower: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
        #[prost(bytes = "bytes", optional, tag = "3")]
        pub upper: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>,
    }
    #[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Oneof)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub enum Predicate {
        #[prost(message, tag = "2")]
        Range(Range),
        #[prost(message, tag = "3")]
        Equality(Equality),
        #[prost(message, tag = "4")]
        IsNotNull(IsNotNull),
        #[prost(message, tag = "5")]
        InList(InList),
        #[prost(message, tag = "6")]
        IsNull(IsNull),
        #[prost(message, tag = "7")]
        InBloomFilter(InBloomFilter),
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
pub enum DataType {
    Uint8 = 0,
    Int8 = 1,
    Uint16 = 2,
    Int16 = 3,
    Uint32 = 4,
    Int32 = 5,
    Uint64 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Float = 10,
    Double = 11,
    Binary = 12,
    UnixtimeMicros = 13,
    Int128 = 14,
    Decimal32 = 15,
    Decimal64 = 16,
    Decimal128 = 17,
    /// Only in the projection of a scan between two points in time.
    IsDeleted = 18,
    Varchar = 19,
    Date = 20,
    /// Arrays; newer than 1.18.
    Nested = 21,
    UnknownData = 999,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl DataType {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Uint8 => "UINT8",
            Self::Int8 => "INT8",
            Self::Uint16 => "UINT16",
            Self::Int16 => "INT16",
            Self::Uint32 => "UINT32",
            Self::Int32 => "INT32",
            Self::Uint64 => "UINT64",
            Self::Int64 => "INT64",
            Self::String => "STRING",
            Self::Bool => "BOOL",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::Binary => "BINARY",
            Self::UnixtimeMicros => "UNIXTIME_MICROS",
            Self::Int128 => "INT128",
            Self::Decimal32 => "DECIMAL32",
            Self::Decimal64 => "DECIMAL64",
            Self::Decimal128 => "DECIMAL128",
            Self::IsDeleted => "IS_DELETED",
            Self::Varchar => "VARCHAR",
            Self::Date => "DATE",
            Self::Nested => "NESTED",
            Self::UnknownData => "UNKNOWN_DATA",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "UINT8" => Some(Self::Uint8),
            "INT8" => Some(Self::Int8),
            "UINT16" => Some(Self::Uint16),
            "INT16" => Some(Self::Int16),
            "UINT32" => Some(Self::Uint32),
            "INT32" => Some(Self::Int32),
            "UINT64" => Some(Self::Uint64),
            "INT64" => Some(Self::Int64),
            "STRING" => Some(Self::String),
            "BOOL" => Some(Self::Bool),
            "FLOAT" => Some(Self::Float),
            "DOUBLE" => Some(Self::Double),
            "BINARY" => Some(Self::Binary),
            "UNIXTIME_MICROS" => Some(Self::UnixtimeMicros),
            "INT128" => Some(Self::Int128),
            "DECIMAL32" => Some(Self::Decimal32),
            "DECIMAL64" => Some(Self::Decimal64),
            "DECIMAL128" => Some(Self::Decimal128),
            "IS_DELETED" => Some(Self::IsDeleted),
            "VARCHAR" => Some(Self::Varchar),
            "DATE" => Some(Self::Date),
            "NESTED" => Some(Self::Nested),
            "UNKNOWN_DATA" => Some(Self::UnknownData),
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
pub enum EncodingType {
    AutoEncoding = 0,
    PlainEncoding = 1,
    PrefixEncoding = 2,
    GroupVarint = 3,
    Rle = 4,
    DictEncoding = 5,
    BitShuffle = 6,
    UnknownEncoding = 999,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl EncodingType {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::AutoEncoding => "AUTO_ENCODING",
            Self::PlainEncoding => "PLAIN_ENCODING",
            Self::PrefixEncoding => "PREFIX_ENCODING",
            Self::GroupVarint => "GROUP_VARINT",
            Self::Rle => "RLE",
            Self::DictEncoding => "DICT_ENCODING",
            Self::BitShuffle => "BIT_SHUFFLE",
            Self::UnknownEncoding => "UNKNOWN_ENCODING",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "AUTO_ENCODING" => Some(Self::AutoEncoding),
            "PLAIN_ENCODING" => Some(Self::PlainEncoding),
            "PREFIX_ENCODING" => Some(Self::PrefixEncoding),
            "GROUP_VARINT" => Some(Self::GroupVarint),
            "RLE" => Some(Self::Rle),
            "DICT_ENCODING" => Some(Self::DictEncoding),
            "BIT_SHUFFLE" => Some(Self::BitShuffle),
            "UNKNOWN_ENCODING" => Some(Self::UnknownEncoding),
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
pub enum TableTypePb {
    DefaultTable = 0,
    TxnStatusTable = 1,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl TableTypePb {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::DefaultTable => "DEFAULT_TABLE",
            Self::TxnStatusTable => "TXN_STATUS_TABLE",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "DEFAULT_TABLE" => Some(Self::DefaultTable),
            "TXN_STATUS_TABLE" => Some(Self::TxnStatusTable),
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
pub enum ReadMode {
    UnknownReadMode = 0,
    ReadLatest = 1,
    ReadAtSnapshot = 2,
    ReadYourWrites = 3,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl ReadMode {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::UnknownReadMode => "UNKNOWN_READ_MODE",
            Self::ReadLatest => "READ_LATEST",
            Self::ReadAtSnapshot => "READ_AT_SNAPSHOT",
            Self::ReadYourWrites => "READ_YOUR_WRITES",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "UNKNOWN_READ_MODE" => Some(Self::UnknownReadMode),
            "READ_LATEST" => Some(Self::ReadLatest),
            "READ_AT_SNAPSHOT" => Some(Self::ReadAtSnapshot),
            "READ_YOUR_WRITES" => Some(Self::ReadYourWrites),
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
pub enum OrderMode {
    UnknownOrderMode = 0,
    Unordered = 1,
    Ordered = 2,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl OrderMode {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::UnknownOrderMode => "UNKNOWN_ORDER_MODE",
            Self::Unordered => "UNORDERED",
            Self::Ordered => "ORDERED",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "UNKNOWN_ORDER_MODE" => Some(Self::UnknownOrderMode),
            "UNORDERED" => Some(Self::Unordered),
            "ORDERED" => Some(Self::Ordered),
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
pub enum ExternalConsistencyMode {
    UnknownExternalConsistencyMode = 0,
    ClientPropagated = 1,
    CommitWait = 2,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl ExternalConsistencyMode {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::UnknownExternalConsistencyMode => "UNKNOWN_EXTERNAL_CONSISTENCY_MODE",
            Self::ClientPropagated => "CLIENT_PROPAGATED",
            Self::CommitWait => "COMMIT_WAIT",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "UNKNOWN_EXTERNAL_CONSISTENCY_MODE" => Some(Self::UnknownExternalConsistencyMode),
            "CLIENT_PROPAGATED" => Some(Self::ClientPropagated),
            "COMMIT_WAIT" => Some(Self::CommitWait),
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
pub enum ReplicaTypeFilter {
    AnyReplica = 0,
    VoterReplica = 1,
    Unknown = 999,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl ReplicaTypeFilter {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::AnyReplica => "ANY_REPLICA",
            Self::VoterReplica => "VOTER_REPLICA",
            Self::Unknown => "UNKNOWN",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "ANY_REPLICA" => Some(Self::AnyReplica),
            "VOTER_REPLICA" => Some(Self::VoterReplica),
            "UNKNOWN" => Some(Self::Unknown),
            _ => None,
        }
    }
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static HOST_PORT_PB_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "HostPortPB",
    required: &[(1, "host"), (2, "port")],
    nested: &[],
};
impl ::krpc_tokio::codegen::Required for HostPortPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &HOST_PORT_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for ColumnTypeAttributesPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "ColumnTypeAttributesPB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for NestedDataTypePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "NestedDataTypePB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for nested_data_type_pb::ArrayTypeDescriptor {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "ArrayTypeDescriptor",
        required: &[],
        nested: &[],
    };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static COLUMN_SCHEMA_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ColumnSchemaPB",
        required: &[(2, "name"), (3, "type")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for ColumnSchemaPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &COLUMN_SCHEMA_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SCHEMA_PB_SPEC: ::krpc_tokio::codegen::MessageSpec = ::krpc_tokio::codegen::MessageSpec {
    name: "SchemaPB",
    required: &[],
    nested: &[(1, "columns", &COLUMN_SCHEMA_PB_SPEC)],
};
impl ::krpc_tokio::codegen::Required for SchemaPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SCHEMA_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static PARTITION_SCHEMA_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "PartitionSchemaPB",
        required: &[],
        nested: &[
            (1, "hash_schema", &PARTITION_SCHEMA_PB_HASH_BUCKET_SCHEMA_PB_SPEC),
            (5, "custom_hash_schema_ranges", &PARTITION_SCHEMA_PB_RANGE_WITH_HASH_SCHEMA_PB_SPEC),
        ],
    };
impl ::krpc_tokio::codegen::Required for PartitionSchemaPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &PARTITION_SCHEMA_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for partition_schema_pb::ColumnIdentifierPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "ColumnIdentifierPB",
        required: &[],
        nested: &[],
    };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static PARTITION_SCHEMA_PB_HASH_BUCKET_SCHEMA_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "HashBucketSchemaPB",
        required: &[(2, "num_buckets")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for partition_schema_pb::HashBucketSchemaPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &PARTITION_SCHEMA_PB_HASH_BUCKET_SCHEMA_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for partition_schema_pb::RangeSchemaPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "RangeSchemaPB", required: &[], nested: &[] };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static PARTITION_SCHEMA_PB_RANGE_WITH_HASH_SCHEMA_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "RangeWithHashSchemaPB",
        required: &[],
        nested: &[(2, "hash_schema", &PARTITION_SCHEMA_PB_HASH_BUCKET_SCHEMA_PB_SPEC)],
    };
impl ::krpc_tokio::codegen::Required for partition_schema_pb::RangeWithHashSchemaPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &PARTITION_SCHEMA_PB_RANGE_WITH_HASH_SCHEMA_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for PartitionPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "PartitionPB", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for PartitionKeyPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "PartitionKeyPB", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for ColumnPredicatePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "ColumnPredicatePB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for column_predicate_pb::Range {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "Range", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for column_predicate_pb::Equality {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "Equality", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for column_predicate_pb::InList {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "InList", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for column_predicate_pb::IsNotNull {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "IsNotNull", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for column_predicate_pb::IsNull {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "IsNull", required: &[], nested: &[] };
}
impl ::krpc_tokio::codegen::Required for column_predicate_pb::InBloomFilter {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "InBloomFilter", required: &[], nested: &[] };
}
/// A status inside an ordinary response.
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct AppStatusPb {
    #[prost(enumeration = "app_status_pb::ErrorCode", required, tag = "1")]
    pub code: i32,
    #[prost(string, optional, tag = "2")]
    pub message: ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(int32, optional, tag = "4")]
    pub posix_code: ::core::option::Option<i32>,
}
/// Nested message and enum types in `AppStatusPB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod app_status_pb {
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
    pub enum ErrorCode {
        Ok = 0,
        NotFound = 1,
        Corruption = 2,
        NotSupported = 3,
        InvalidArgument = 4,
        IoError = 5,
        AlreadyPresent = 6,
        RuntimeError = 7,
        NetworkError = 8,
        IllegalState = 9,
        NotAuthorized = 10,
        Aborted = 11,
        RemoteError = 12,
        ServiceUnavailable = 13,
        TimedOut = 14,
        Uninitialized = 15,
        ConfigurationError = 16,
        Incomplete = 17,
        EndOfFile = 18,
        Cancelled = 19,
        Immutable = 20,
        UnknownError = 999,
    }
    impl ErrorCode {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Ok => "OK",
                Self::NotFound => "NOT_FOUND",
                Self::Corruption => "CORRUPTION",
                Self::NotSupported => "NOT_SUPPORTED",
                Self::InvalidArgument => "INVALID_ARGUMENT",
                Self::IoError => "IO_ERROR",
                Self::AlreadyPresent => "ALREADY_PRESENT",
                Self::RuntimeError => "RUNTIME_ERROR",
                Self::NetworkError => "NETWORK_ERROR",
                Self::IllegalState => "ILLEGAL_STATE",
                Self::NotAuthorized => "NOT_AUTHORIZED",
                Self::Aborted => "ABORTED",
                Self::RemoteError => "REMOTE_ERROR",
                Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
                Self::TimedOut => "TIMED_OUT",
                Self::Uninitialized => "UNINITIALIZED",
                Self::ConfigurationError => "CONFIGURATION_ERROR",
                Self::Incomplete => "INCOMPLETE",
                Self::EndOfFile => "END_OF_FILE",
                Self::Cancelled => "CANCELLED",
                Self::Immutable => "IMMUTABLE",
                Self::UnknownError => "UNKNOWN_ERROR",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "OK" => Some(Self::Ok),
                "NOT_FOUND" => Some(Self::NotFound),
                "CORRUPTION" => Some(Self::Corruption),
                "NOT_SUPPORTED" => Some(Self::NotSupported),
                "INVALID_ARGUMENT" => Some(Self::InvalidArgument),
                "IO_ERROR" => Some(Self::IoError),
                "ALREADY_PRESENT" => Some(Self::AlreadyPresent),
                "RUNTIME_ERROR" => Some(Self::RuntimeError),
                "NETWORK_ERROR" => Some(Self::NetworkError),
                "ILLEGAL_STATE" => Some(Self::IllegalState),
                "NOT_AUTHORIZED" => Some(Self::NotAuthorized),
                "ABORTED" => Some(Self::Aborted),
                "REMOTE_ERROR" => Some(Self::RemoteError),
                "SERVICE_UNAVAILABLE" => Some(Self::ServiceUnavailable),
                "TIMED_OUT" => Some(Self::TimedOut),
                "UNINITIALIZED" => Some(Self::Uninitialized),
                "CONFIGURATION_ERROR" => Some(Self::ConfigurationError),
                "INCOMPLETE" => Some(Self::Incomplete),
                "END_OF_FILE" => Some(Self::EndOfFile),
                "CANCELLED" => Some(Self::Cancelled),
                "IMMUTABLE" => Some(Self::Immutable),
                "UNKNOWN_ERROR" => Some(Self::UnknownError),
                _ => None,
            }
        }
    }
}
/// One start of one server.
#[derive(Clone, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct NodeInstancePb {
    #[prost(string, required, tag = "1")]
    pub permanent_uuid: ::krpc_tokio::codegen::prost::alloc::string::String,
    #[prost(int64, required, tag = "2")]
    pub instance_seqno: i64,
}
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ServerRegistrationPb {
    #[prost(message, repeated, tag = "1")]
    pub rpc_addresses: ::krpc_tokio::codegen::prost::alloc::vec::Vec<HostPortPb>,
    #[prost(message, repeated, tag = "2")]
    pub http_addresses: ::krpc_tokio::codegen::prost::alloc::vec::Vec<HostPortPb>,
    #[prost(string, optional, tag = "3")]
    pub software_version:
        ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(bool, optional, tag = "4")]
    pub https_enabled: ::core::option::Option<bool>,
    /// Seconds since 1970.
    #[prost(int64, optional, tag = "5")]
    pub start_time: ::core::option::Option<i64>,
    #[prost(string, optional, tag = "6")]
    pub unix_domain_socket_path:
        ::core::option::Option<::krpc_tokio::codegen::prost::alloc::string::String>,
    #[prost(message, repeated, tag = "7")]
    pub rpc_proxy_addresses: ::krpc_tokio::codegen::prost::alloc::vec::Vec<HostPortPb>,
    #[prost(message, repeated, tag = "8")]
    pub http_proxy_addresses: ::krpc_tokio::codegen::prost::alloc::vec::Vec<HostPortPb>,
}
/// Rows side by side; the numbers are indexes of sidecars.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct RowwiseRowBlockPb {
    #[prost(int32, optional, tag = "1", default = "0")]
    pub num_rows: ::core::option::Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub rows_sidecar: ::core::option::Option<i32>,
    #[prost(int32, optional, tag = "3")]
    pub indirect_data_sidecar: ::core::option::Option<i32>,
}
/// The same by columns.
#[derive(Clone, PartialEq, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ColumnarRowBlockPb {
    #[prost(message, repeated, tag = "1")]
    pub columns: ::krpc_tokio::codegen::prost::alloc::vec::Vec<columnar_row_block_pb::Column>,
    #[prost(int64, optional, tag = "2")]
    pub num_rows: ::core::option::Option<i64>,
}
/// Nested message and enum types in `ColumnarRowBlockPB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod columnar_row_block_pb {
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
    #[prost(prost_path = "::krpc_tokio::codegen::prost")]
    pub struct Column {
        #[prost(int32, optional, tag = "1")]
        pub data_sidecar: ::core::option::Option<i32>,
        #[prost(int32, optional, tag = "2")]
        pub varlen_data_sidecar: ::core::option::Option<i32>,
        #[prost(int32, optional, tag = "3")]
        pub non_null_bitmap_sidecar: ::core::option::Option<i32>,
    }
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static APP_STATUS_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "AppStatusPB",
        required: &[(1, "code")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for AppStatusPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &APP_STATUS_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static NODE_INSTANCE_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "NodeInstancePB",
        required: &[(1, "permanent_uuid"), (2, "instance_seqno")],
        nested: &[],
    };
impl ::krpc_tokio::codegen::Required for NodeInstancePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &NODE_INSTANCE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static SERVER_REGISTRATION_PB_SPEC: ::krpc_tokio::codegen::MessageSpec =
    ::krpc_tokio::codegen::MessageSpec {
        name: "ServerRegistrationPB",
        required: &[],
        nested: &[
            (1, "rpc_addresses", <HostPortPb as ::krpc_tokio::codegen::Required>::SPEC),
            (2, "http_addresses", <HostPortPb as ::krpc_tokio::codegen::Required>::SPEC),
            (7, "rpc_proxy_addresses", <HostPortPb as ::krpc_tokio::codegen::Required>::SPEC),
            (8, "http_proxy_addresses", <HostPortPb as ::krpc_tokio::codegen::Required>::SPEC),
        ],
    };
impl ::krpc_tokio::codegen::Required for ServerRegistrationPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &SERVER_REGISTRATION_PB_SPEC;
}
impl ::krpc_tokio::codegen::Required for RowwiseRowBlockPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "RowwiseRowBlockPB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for ColumnarRowBlockPb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "ColumnarRowBlockPB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for columnar_row_block_pb::Column {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec =
        &::krpc_tokio::codegen::MessageSpec { name: "Column", required: &[], nested: &[] };
}
