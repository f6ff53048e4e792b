//! The body of the fuzz target: any bytes may be read as a file.

use crate::decode::{self, Listing, Options, Out};

/// Reads the bytes as a file, for people and for programs. Each line of JSON has to be an object.
pub fn decode(data: &[u8]) {
    decode_as(data, false);
    decode_as(data, true);
}

fn decode_as(data: &[u8], json: bool) {
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// Every cut, and every byte changed, in one of three ways each.
    #[test]
    fn damaged_files_are_read() {
        let files = [
            "../krpc-proto/tests/vectors/1.18.1-cli-plain-timestamp.jsonl",
            "tests/captures/call.pcap",
            "tests/captures/call.pcapng",
        ];
        std::thread::scope(|scope| {
            for file in files {
                scope.spawn(move || damage_everywhere(file));
            }
        });
    }

    /// What fuzzing has found stays mended, and what it started from is read.
    #[test]
    fn corpus_and_former_crashes() {
        for kind in ["corpus", "crashes"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(kind);
            let Ok(files) = fs::read_dir(folder.join("decode")) else { continue };
            for file in files {
                super::decode(&fs::read(file.unwrap().path()).unwrap());
            }
        }
    }

    fn damage_everywhere(file: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let mut bytes = fs::read(path).expect("it is there");
        for at in 0..bytes.len() {
            super::decode_as(&bytes[..at], at % 2 == 0);
            let change = [0x01, 0x80, 0xff][at % 3];
            bytes[at] ^= change;
            super::decode_as(&bytes, at % 2 == 1);
            bytes[at] ^= change;
        }
    }
}
