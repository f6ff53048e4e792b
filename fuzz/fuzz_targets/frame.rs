//! A length prefix and the frame behind it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| krpc_proto::fuzzing::frame(data));
