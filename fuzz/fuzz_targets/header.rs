//! Request header, response header and the messages of the negotiation.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| krpc_proto::fuzzing::header(data));
