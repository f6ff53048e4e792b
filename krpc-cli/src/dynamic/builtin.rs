//! The `.proto` files inside the program.

/// File name as imports spell it, and text.
pub(super) const FILES: &[(&str, &str)] = &[
    ("kudu/common/common.proto", include_str!("../../proto/kudu/common/common.proto")),
    (
        "kudu/common/row_operations.proto",
        include_str!("../../proto/kudu/common/row_operations.proto"),
    ),
    (
        "kudu/common/wire_protocol.proto",
        include_str!("../../proto/kudu/common/wire_protocol.proto"),
    ),
    ("kudu/consensus/consensus.proto", include_str!("../../proto/kudu/consensus/consensus.proto")),
    ("kudu/consensus/metadata.proto", include_str!("../../proto/kudu/consensus/metadata.proto")),
    ("kudu/consensus/opid.proto", include_str!("../../proto/kudu/consensus/opid.proto")),
    (
        "kudu/consensus/replica_management.proto",
        include_str!("../../proto/kudu/consensus/replica_management.proto"),
    ),
    ("kudu/fs/fs.proto", include_str!("../../proto/kudu/fs/fs.proto")),
    ("kudu/master/master.proto", include_str!("../../proto/kudu/master/master.proto")),
    ("kudu/master/txn_manager.proto", include_str!("../../proto/kudu/master/txn_manager.proto")),
    (
        "kudu/rpc/rpc_header.proto",
        include_str!("../../../krpc-proto/proto/kudu/rpc/rpc_header.proto"),
    ),
    (
        "kudu/rpc_test/generic_calculator.proto",
        include_str!("../../proto/kudu/rpc_test/generic_calculator.proto"),
    ),
    ("kudu/rpc_test/rtest.proto", include_str!("../../proto/kudu/rpc_test/rtest.proto")),
    (
        "kudu/rpc_test/rtest_diff_package.proto",
        include_str!("../../proto/kudu/rpc_test/rtest_diff_package.proto"),
    ),
    (
        "kudu/security/signing_keys.proto",
        include_str!("../../proto/kudu/security/signing_keys.proto"),
    ),
    (
        "kudu/security/token.proto",
        include_str!("../../../krpc-proto/proto/kudu/security/token.proto"),
    ),
    ("kudu/server/server_base.proto", include_str!("../../proto/kudu/server/server_base.proto")),
    ("kudu/tablet/metadata.proto", include_str!("../../proto/kudu/tablet/metadata.proto")),
    ("kudu/tablet/tablet.proto", include_str!("../../proto/kudu/tablet/tablet.proto")),
    (
        "kudu/transactions/transactions.proto",
        include_str!("../../proto/kudu/transactions/transactions.proto"),
    ),
    ("kudu/tserver/tablet_copy.proto", include_str!("../../proto/kudu/tserver/tablet_copy.proto")),
    ("kudu/tserver/tserver.proto", include_str!("../../proto/kudu/tserver/tserver.proto")),
    (
        "kudu/tserver/tserver_admin.proto",
        include_str!("../../proto/kudu/tserver/tserver_admin.proto"),
    ),
    (
        "kudu/tserver/tserver_service.proto",
        include_str!("../../proto/kudu/tserver/tserver_service.proto"),
    ),
    (
        "kudu/util/block_bloom_filter.proto",
        include_str!("../../proto/kudu/util/block_bloom_filter.proto"),
    ),
    ("kudu/util/compression.proto", include_str!("../../proto/kudu/util/compression.proto")),
    ("kudu/util/hash.proto", include_str!("../../proto/kudu/util/hash.proto")),
];

/// The text of one of them.
pub(super) fn source(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(file, _)| *file == name).map(|(_, text)| *text)
}
