//! Generated from `proto/kudu` by `cargo run -p xtask -- regen`; do not edit.

#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ReqDiffPackagePb {}
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::krpc_tokio::codegen::prost::Message)]
#[prost(prost_path = "::krpc_tokio::codegen::prost")]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct RespDiffPackagePb {}
impl ::krpc_tokio::codegen::Required for ReqDiffPackagePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "ReqDiffPackagePB",
        required: &[],
        nested: &[],
    };
}
impl ::krpc_tokio::codegen::Required for RespDiffPackagePb {
    const SPEC: &'static ::krpc_tokio::codegen::MessageSpec = &::krpc_tokio::codegen::MessageSpec {
        name: "RespDiffPackagePB",
        required: &[],
        nested: &[],
    };
}
