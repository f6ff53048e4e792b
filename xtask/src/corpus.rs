//! Seeds for the fuzz targets, from the recorded connections.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use bytes::Bytes;
use krpc_proto::decode;

use recording::{Dir, Frame};

#[path = "../../krpc-proto/tests/support/recording.rs"]
mod recording;

/// Longer seeds make a fuzzer slow and teach it little.
const LONGEST: usize = 4_096;

/// Longer streams go through the same states again.
const LONGEST_STREAM: usize = 20_000;

/// What stands in front of a stream: options of the connection, and the length of its chunks.
const PLANS: [[u8; 2]; 3] = [[0, 255], [1, 16], [3, 255]];

/// Seeds by target.
type Seeds = BTreeMap<&'static str, BTreeSet<Vec<u8>>>;

/// Writes `fuzz/corpus/TARGET/recorded-N` for all targets.
pub(crate) fn write(root: &Path) -> Result<()> {
    for (target, seeds) in seeds() {
        let folder = root.join("fuzz/corpus").join(target);
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        for (number, seed) in seeds.iter().enumerate() {
            let path = folder.join(format!("recorded-{number:04}"));
            fs::write(&path, seed).with_context(|| format!("writing {}", path.display()))?;
        }
        println!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}

fn seeds() -> Seeds {
    let mut seeds = Seeds::new();
    for recording in recording::all() {
        for (target, dir) in
            [("server_bytes", Dir::ClientToServer), ("client_bytes", Dir::ServerToClient)]
        {
            let mut stream = recording.stream(dir);
            stream.truncate(LONGEST_STREAM);
            for plan in PLANS {
                seeds.entry(target).or_default().insert([&plan[..], &stream].concat());
            }
        }
        let file = fs::read(recording::folder().join(&recording.file)).expect("it was read before");
        if file.len() <= LONGEST_STREAM {
            seeds.entry("decode").or_default().insert(file);
        }
        for frame in recording.frames(false) {
            add_frame(&mut seeds, &frame);
        }
    }
    seeds
}

fn add_frame(seeds: &mut Seeds, frame: &Frame) {
    let mut add = |target, seed: &[u8]| {
        if (1..=LONGEST).contains(&seed.len()) {
            seeds.entry(target).or_default().insert(seed.to_vec());
        }
    };
    add("frame", &frame.wire);
    add("header", frame.header());
    add("header", frame.main());
    let header = Bytes::copy_from_slice(frame.header());
    let offsets = match frame.dir {
        Dir::ClientToServer => decode::request_header(header).map(|header| header.sidecar_offsets),
        Dir::ServerToClient => decode::response_header(header).map(|header| header.sidecar_offsets),
    };
    let main_len = u32::try_from(frame.main.len()).expect("a frame is shorter than 4 GiB");
    let words = std::iter::once(main_len).chain(offsets.unwrap_or_default());
    add("sidecars", &words.flat_map(u32::to_be_bytes).collect::<Vec<u8>>());
}
