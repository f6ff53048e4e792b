//! Two connections, and whatever may be done to them while calls are cancelled.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| krpc_testkit::fuzzing::cancel(data));
