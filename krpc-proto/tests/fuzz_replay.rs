//! The frames of all recordings, whole and damaged, and every former crash go through the bodies of
//! the fuzz targets.

#[path = "support/recording.rs"]
mod recording;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use krpc_proto::{decode, fuzzing};
use recording::Dir;

type Body = fn(&[u8]);

const TARGETS: [(&str, Body); 3] =
    [("frame", fuzzing::frame), ("header", fuzzing::header), ("sidecars", fuzzing::sidecars)];

/// Targets whose crashes are replayed with the connections, by krpc-testkit, and with the tool.
const ELSEWHERE: [&str; 4] = ["cancel", "client_bytes", "decode", "server_bytes"];

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(name)
}

/// The input as it is, cut short, and with a byte changed.
fn with_damage(body: Body, input: &[u8]) {
    body(input);
    body(&input[..input.len() / 2]);
    let mut damaged = input.to_vec();
    if let Some(byte) = damaged.get_mut(input.len() / 3) {
        *byte ^= 0x55;
    }
    body(&damaged);
}

#[test]
fn recorded_frames() {
    let mut frames = 0;
    for recording in recording::all() {
        for frame in recording.frames(false) {
            with_damage(fuzzing::frame, &frame.wire);
            with_damage(fuzzing::header, frame.header());
            with_damage(fuzzing::header, frame.main());
            let header = Bytes::copy_from_slice(frame.header());
            let offsets = match frame.dir {
                Dir::ClientToServer => decode::request_header(header).unwrap().sidecar_offsets,
                Dir::ServerToClient => decode::response_header(header).unwrap().sidecar_offsets,
            };
            let main_len = u32::try_from(frame.main.len()).unwrap();
            let words = std::iter::once(main_len).chain(offsets);
            with_damage(fuzzing::sidecars, &words.flat_map(u32::to_be_bytes).collect::<Vec<_>>());
            frames += 1;
        }
    }
    assert_eq!(frames, 872);
}

/// What fuzzing has found here and elsewhere stays fixed.
#[test]
fn corpus_and_former_crashes() {
    for (target, body) in TARGETS {
        for kind in ["corpus", "crashes"] {
            let Ok(files) = fs::read_dir(folder(kind).join(target)) else { continue };
            for file in files {
                body(&fs::read(file.unwrap().path()).unwrap());
            }
        }
    }
}

/// A crash in a folder that nobody looks into would never be seen again.
#[test]
fn every_folder_of_crashes_belongs_to_a_target() {
    let known = TARGETS.iter().map(|(target, _)| *target).chain(ELSEWHERE);
    let known: BTreeSet<String> = known.map(str::to_owned).collect();
    let targets = fs::read_dir(folder("fuzz_targets")).unwrap();
    let targets = targets.map(|file| file.unwrap().path().file_stem().unwrap().to_owned());
    let targets: BTreeSet<String> = targets.map(|name| name.into_string().unwrap()).collect();
    assert_eq!(targets, known);
    for folder in fs::read_dir(folder("crashes")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name), "fuzz/crashes/{name}");
    }
}
