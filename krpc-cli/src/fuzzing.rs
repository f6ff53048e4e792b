//! The body of the fuzz target: any bytes may be read as a file.

use crate::decode::{self, Listing, Options, Out};

/// Reads the bytes as a file, for people and for programs. Each line of JSON has to be an object.
pub fn decode(data: &[u8]) {
    for json in [false, true] {
        let options = Options { json, bodies: None };
        let mut line = |text: &str| {
            if json {
                let value: serde_json::Value =
                    serde_json::from_str(text).expect("a line of JSON is whole");
                assert!(value["bytes"].is_u64() && value["dir"].is_string());
            }
            Ok(())
        };
        let mut note = |text: &str| assert!(!text.is_empty());
        let out = Out { line: &mut line, note: &mut note };
        let mut listing = Listing::new(&options, "input", out);
        decode::read(data, &mut listing).expect("nothing is printed that could fail");
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// Every byte of a recording and of captures, changed in three ways, and every cut.
    #[test]
    fn damaged_files_are_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for file in [
            "../krpc-proto/tests/vectors/1.18.1-cli-plain-timestamp.jsonl",
            "tests/captures/call.pcap",
            "tests/captures/call.pcapng",
        ] {
            let whole = fs::read(root.join(file)).expect("it is there");
            for at in 0..whole.len() {
                super::decode(&whole[..at]);
                for change in [0x01, 0x80, 0xff] {
                    let mut changed = whole.clone();
                    changed[at] ^= change;
                    super::decode(&changed);
                }
            }
        }
    }
}
