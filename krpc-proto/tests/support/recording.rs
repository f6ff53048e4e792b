//! Reads recorded connections and cuts them into frames; see `../vectors/README.md`.
//!
//! Test programs of several crates include this file by its path, and each uses a part of it.
#![allow(dead_code, unreachable_pub)]

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use krpc_proto::frame::{self, FooterRule, PREFIX_LEN};
use krpc_proto::{decode, preamble, varint};
use serde_json::Value;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dir {
    ClientToServer,
    ServerToClient,
}

/// Something that the proxy saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Bytes(Vec<u8>),
    Eof,
    Reset,
}

/// One line of a recording.
#[derive(Clone, Debug)]
pub struct Event {
    pub dir: Dir,
    pub micros: u64,
    pub what: What,
}

/// One recorded connection.
#[derive(Clone, Debug)]
pub struct Recording {
    pub file: String,
    pub meta: Value,
    pub events: Vec<Event>,
}

/// One frame of a connection.
#[derive(Clone, Debug)]
pub struct Frame {
    pub dir: Dir,
    /// Everything, prefix included.
    pub wire: Vec<u8>,
    pub header: Range<usize>,
    pub main: Range<usize>,
    pub footer: Option<Range<usize>>,
}

impl Frame {
    pub fn header(&self) -> &[u8] {
        &self.wire[self.header.clone()]
    }

    pub fn main(&self) -> &[u8] {
        &self.wire[self.main.clone()]
    }

    pub fn footer(&self) -> Option<&[u8]> {
        self.footer.clone().map(|footer| &self.wire[footer])
    }
}

/// The folder with the recordings.
pub fn folder() -> PathBuf {
    // From the crate that includes this file; all crates lie side by side.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../krpc-proto/tests/vectors")
}

/// All recordings but those with footers, in the order of their names.
pub fn all() -> Vec<Recording> {
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .expect("the folder of recordings exists")
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|file| file.ends_with(".jsonl") && file != "frames.jsonl")
        .filter(|file| !file.starts_with("footers-"))
        .collect();
    files.sort();
    files.iter().map(|file| load(file)).collect()
}

/// The recording in one file.
pub fn load(file: &str) -> Recording {
    let mut lines = read_lines(file).into_iter();
    let meta = lines.next().expect("a recording begins with its description");
    let events = lines.map(|line| event(&line)).collect();
    Recording { file: file.to_owned(), meta, events }
}

/// What decoding has to find, as in `frames.jsonl`: file names in order, and their frames.
pub fn expected() -> Vec<(String, Vec<Value>)> {
    let mut expected: Vec<_> = read_lines("frames.jsonl")
        .into_iter()
        .map(|line| {
            let file = line["file"].as_str().unwrap().to_owned();
            (file, line["frames"].as_array().unwrap().clone())
        })
        .collect();
    expected.sort_by(|(a, _), (b, _)| a.cmp(b));
    expected
}

impl Recording {
    /// Whether the stream goes on inside TLS after the negotiation.
    pub fn encrypted(&self) -> bool {
        self.meta["tls"]["encrypted"] == true
    }

    /// All bytes that one side sent.
    pub fn stream(&self, dir: Dir) -> Vec<u8> {
        let mut bytes = Vec::new();
        for event in self.events.iter().filter(|event| event.dir == dir) {
            if let What::Bytes(chunk) = &event.what {
                bytes.extend_from_slice(chunk);
            }
        }
        bytes
    }

    /// The frames of both sides, in the order in which their last bytes passed, up to the point where
    /// a side goes on inside TLS. With `footers`, ordinary requests have to end with one.
    ///
    /// Panics on anything that is no frame, and on bytes that are left over.
    pub fn frames(&self, footers: bool) -> Vec<Frame> {
        let mut client = Cutter { preamble_due: true, ..Cutter::default() };
        let mut server = Cutter::default();
        let mut frames = Vec::new();
        for event in &self.events {
            let cutter = match event.dir {
                Dir::ClientToServer => &mut client,
                Dir::ServerToClient => &mut server,
            };
            if let What::Bytes(chunk) = &event.what {
                cutter.buffer.extend_from_slice(chunk);
                let with_footers = footers && event.dir == Dir::ClientToServer;
                while let Some(frame) = cutter.next(event.dir, with_footers) {
                    frames.push(frame);
                }
            }
        }
        for cutter in [&client, &server] {
            let left = cutter.buffer.len();
            assert!(cutter.in_tls || left == 0, "{}: {left} bytes left over", self.file);
            assert_eq!(cutter.in_tls, left > 0 && self.encrypted(), "{}", self.file);
        }
        frames
    }
}

#[derive(Default)]
struct Cutter {
    buffer: Vec<u8>,
    preamble_due: bool,
    in_tls: bool,
}

impl Cutter {
    fn next(&mut self, dir: Dir, footers: bool) -> Option<Frame> {
        if self.preamble_due {
            let start = self.buffer.first_chunk::<{ preamble::LEN }>()?;
            preamble::check(start).expect("a recorded client sends a good preamble");
            self.buffer.drain(..preamble::LEN);
            self.preamble_due = false;
        }
        // As lengths these would be over the limit, so they can only be the start of a TLS record.
        self.in_tls |= matches!(self.buffer[..], [0x14..=0x17, 3, ..]);
        if self.in_tls {
            return None;
        }
        let prefix = *self.buffer.first_chunk::<PREFIX_LEN>()?;
        let len = frame::payload_len(prefix, frame::DEFAULT_MAX_MESSAGE, false).unwrap();
        if self.buffer.len() < PREFIX_LEN + len {
            return None;
        }
        let wire: Vec<u8> = self.buffer.drain(..PREFIX_LEN + len).collect();
        let payload = &wire[PREFIX_LEN..];
        let rule =
            if footers && is_call(payload) { FooterRule::Required } else { FooterRule::Forbidden };
        let parts = frame::split(payload, rule).unwrap();
        let on_wire = |part: Range<usize>| part.start + PREFIX_LEN..part.end + PREFIX_LEN;
        Some(Frame {
            dir,
            header: on_wire(parts.header),
            main: on_wire(parts.main),
            footer: parts.footer.map(on_wire),
            wire,
        })
    }
}

/// Whether a request has an ordinary call id, which has to be known before it can be split.
fn is_call(payload: &[u8]) -> bool {
    let (len, start) = varint::get(payload).unwrap();
    let header = payload[start..start + len as usize].to_vec();
    decode::request_header(header.into()).unwrap().call_id >= 0
}

fn read_lines(file: &str) -> Vec<Value> {
    let mut open = File::open(folder().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    let mut text = String::new();
    if file.ends_with(".gz") {
        flate2::read::GzDecoder::new(open).read_to_string(&mut text).unwrap();
    } else {
        open.read_to_string(&mut text).unwrap();
    }
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn event(line: &Value) -> Event {
    let dir = match line["dir"].as_str() {
        Some("c2s") => Dir::ClientToServer,
        Some("s2c") => Dir::ServerToClient,
        other => panic!("direction {other:?}"),
    };
    let what = match (line["hex"].as_str(), line["event"].as_str()) {
        (Some(hex), None) => What::Bytes(from_hex(hex)),
        (None, Some("eof")) => What::Eof,
        (None, Some("reset")) => What::Reset,
        other => panic!("event {other:?}"),
    };
    Event { dir, micros: line["t_us"].as_u64().unwrap(), what }
}

/// Bytes from hex digits; spaces are skipped.
pub fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).unwrap_or_else(|| panic!("{c:?} in hex")) as u8)
        .collect();
    assert!(digits.len().is_multiple_of(2));
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
