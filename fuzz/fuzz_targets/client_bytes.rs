//! What a server may send to a client, cut anywhere.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| krpc_testkit::fuzzing::client_bytes(data));
