//! SASL mechanisms. This release has PLAIN.

pub(crate) mod plain;

/// Mechanism names compare without regard to case (spec: `rpc/sasl_common.cc`).
pub(crate) fn is(name: &[u8], mechanism: &str) -> bool {
    name.eq_ignore_ascii_case(mechanism.as_bytes())
}
