//! A file that may be a recording or a capture.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| krpc_cli::fuzzing::decode(data));
