//! Sidecar offsets against a main part.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| krpc_proto::fuzzing::sidecars(data));
