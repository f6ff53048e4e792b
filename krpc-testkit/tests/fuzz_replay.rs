//! Every seed and every former crash goes through the bodies of the fuzz targets.

use std::fs;
use std::path::Path;

use krpc_testkit::fuzzing;

fn replay(target: &str, body: fn(&[u8])) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let mut count = 0;
    for folder in ["crashes", "corpus"] {
        let Ok(files) = fs::read_dir(root.join(folder).join(target)) else { continue };
        for file in files {
            body(&fs::read(file.unwrap().path()).unwrap());
            count += 1;
        }
    }
    count
}

/// Recorded streams, each with the two bytes in front that say how it is cut, and with damage.
fn recorded(direction: &str, body: fn(&[u8])) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../krpc-proto/tests/vectors");
    let mut count = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|e| e != "jsonl") || path.ends_with("frames.jsonl") {
            continue;
        }
        let stream = stream(&fs::read_to_string(&path).unwrap(), direction);
        for (mode, chunk) in [(0u8, 255u8), (0, 0), (1, 16), (3, 254), (4, 100)] {
            let mut input = vec![mode, chunk];
            input.extend_from_slice(&stream[..stream.len().min(20_000)]);
            body(&input);
            let middle = input.len() / 2;
            input[middle] ^= 0x55;
            body(&input);
            input.truncate(middle);
            body(&input);
            count += 3;
        }
    }
    count
}

/// All bytes of one direction. The format is simple enough to be read without a JSON library:
/// one object a line, `"dir"` and `"hex"`.
fn stream(text: &str, direction: &str) -> Vec<u8> {
    let marker = format!("\"dir\": \"{direction}\"");
    let hex = |line: &str| {
        let hex = line.split("\"hex\": \"").nth(1)?.split('"').next()?.to_owned();
        Some(hex)
    };
    let lines = text.lines().filter(|line| line.contains(&marker));
    let hex: String = lines.filter_map(hex).collect();
    let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).expect("hex digits") as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn server_bytes() {
    replay("server_bytes", fuzzing::server_bytes);
    assert!(recorded("c2s", fuzzing::server_bytes) > 1_000);
}

/// Inputs of every mode, long enough for whatever may happen between two connections.
#[test]
fn cancel() {
    replay("cancel", fuzzing::cancel);
    let mut state = 1u64;
    for round in 0..4_000u32 {
        let mut input = vec![(round % 128) as u8];
        input.extend((0..200).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        }));
        fuzzing::cancel(&input);
    }
}

#[test]
fn client_bytes() {
    replay("client_bytes", fuzzing::client_bytes);
    assert!(recorded("s2c", fuzzing::client_bytes) > 1_000);
}
