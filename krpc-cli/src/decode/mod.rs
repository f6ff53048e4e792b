//! Reads what was recorded of connections: the frames of both sides, without a peer.

mod bodies;
mod capture;
mod connection;
mod head;
mod listing;
mod recording;
mod stream;
mod tcp;
mod text;
mod tls;

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use crate::failure::Failure;
use crate::side::Side;

pub(crate) use bodies::Bodies;
pub(crate) use connection::{Connection, Frame, Method, Seen};
pub(crate) use listing::{Listing, Options, Out};

/// What a compressed file may come to. More is read from one that is not compressed.
const MOST_UNPACKED: u64 = 4 << 30;

/// Bytes that are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) from: Side,
    /// Where in the stream of that side.
    pub(crate) offset: u64,
    pub(crate) reason: String,
}

/// Why a file is not read to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It is damaged, or something else.
    Damage(String),
    /// What is found cannot be told.
    Failure(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Stop::Failure(failure)
    }
}

/// Lists what is in a file: a recording or a capture, compressed or not.
pub(crate) fn read(source: impl Read + Send, listing: &mut Listing<'_>) -> Result<(), Failure> {
    let stopped = unpacked(BufReader::with_capacity(64 << 10, source), listing);
    match stopped {
        Ok(()) => Ok(()),
        Err(Stop::Damage(reason)) => listing.file_damage(&reason),
        Err(Stop::Failure(failure)) => Err(failure),
    }
}

fn unpacked(mut source: impl BufRead + Send, listing: &mut Listing<'_>) -> Result<(), Stop> {
    if start(&mut source)?.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = BufReader::new(MultiGzDecoder::new(source).take(MOST_UNPACKED));
        either(&mut unpacked, listing)?;
        if unpacked.get_ref().limit() == 0 {
            return Err(Stop::Damage(format!(
                "it comes to more than {MOST_UNPACKED} bytes: unpack it first"
            )));
        }
        return Ok(());
    }
    either(&mut source, listing)
}

/// The first bytes.
fn start(source: &mut impl BufRead) -> Result<&[u8], Stop> {
    source.fill_buf().map_err(|e| Stop::Damage(format!("at byte 0: cannot be read: {e}")))
}

fn either(source: &mut (impl BufRead + Send), listing: &mut Listing<'_>) -> Result<(), Stop> {
    match start(source)? {
        [] => Err(Stop::Damage("at byte 0: it is empty".into())),
        [0x0a, 0x0d, 0x0d, 0x0a, ..]
        | [0xa1, 0xb2, 0xc3, 0xd4, ..]
        | [0xd4, 0xc3, 0xb2, 0xa1, ..]
        | [0xa1, 0xb2, 0x3c, 0x4d, ..]
        | [0x4d, 0x3c, 0xb2, 0xa1, ..] => capture::read(source, listing),
        [b'{', ..] => recording::read(source, listing),
        other => {
            let begins = krpc_tokio::core::proto::text::escape(&other[..other.len().min(8)]);
            Err(Stop::Damage(format!(
                "at byte 0: neither a recording nor a capture (pcap, pcapng): it begins with \"{begins}\""
            )))
        }
    }
}
