//! What a client may send to a server, cut anywhere.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| krpc_testkit::fuzzing::server_bytes(data));
