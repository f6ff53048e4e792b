//! Recordings: JSON lines, the first about the connection, then what passed.

use std::io::{BufRead, Read};

use serde::Deserialize;

use super::listing::Listing;
use super::{Connection, Stop};
use crate::side::Side;

/// A longer line is taken for damage: it would be more than 16 MiB that were read at once.
const LONGEST_LINE: u64 = 33 << 20;

/// Fed at once, so that what is seen of it stays small.
const PART: usize = 64 << 10;

#[derive(Deserialize)]
struct Line<'a> {
    dir: Option<Side>,
    t_us: Option<u64>,
    /// Without escapes, as these two need none.
    #[serde(borrow)]
    hex: Option<&'a str>,
    event: Option<&'a str>,
}

/// What a line after the first says.
enum Event<'a> {
    Bytes(&'a str),
    Eof,
    Reset,
}

/// Lists the connection of a recording.
pub(super) fn read(source: &mut impl BufRead, listing: &mut Listing<'_>) -> Result<(), Stop> {
    let mut connection = Connection::new(listing.keep());
    let number = listing.next_connection();
    let (mut at, mut offset, mut chunks) = (0, 0, 0u64);
    let mut stopped = Ok(());
    let mut line = Vec::new();
    for n in 1u64.. {
        offset += line.len() as u64;
        line.clear();
        let read = source.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
        let failed =
            |reason: String| Err(Stop::Damage(format!("line {n}, at byte {offset}, {reason}")));
        match read {
            Err(error) => stopped = failed(format!("cannot be read: {error}")),
            Ok(0) => break,
            Ok(len) if len as u64 == LONGEST_LINE => {
                stopped = failed(format!("has more than {LONGEST_LINE} bytes"));
            }
            Ok(_) => match parse(&line, n == 1) {
                Err(reason) => stopped = failed(reason),
                Ok(None) => {}
                Ok(Some((dir, time, event))) => {
                    (at, chunks) = (time, chunks + 1);
                    match event {
                        Event::Eof => listing.closed(number, at, dir, "closes")?,
                        Event::Reset => listing.closed(number, at, dir, "resets")?,
                        Event::Bytes(text) => match from_hex(text) {
                            Err(reason) => stopped = failed(reason),
                            Ok(bytes) => {
                                for part in bytes.chunks(PART) {
                                    listing.batch(number, at, |seen| {
                                        connection.feed(dir, at, part, seen);
                                    })?;
                                }
                            }
                        },
                    }
                }
            },
        }
        if stopped.is_err() {
            break;
        }
    }
    listing.batch(number, at, |seen| connection.end(at, seen))?;
    stopped?;
    match chunks {
        0 => Err(Stop::Damage("there is no line with bytes of a connection in it".into())),
        _ => Ok(()),
    }
}

fn parse(line: &[u8], first: bool) -> Result<Option<(Side, u64, Event<'_>)>, String> {
    if first {
        let about: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(line).map_err(|e| format!("is no JSON object: {e}"))?;
        return match about.contains_key("hex") {
            true => Err("has bytes of the connection, and the first is about it".into()),
            false => Ok(None),
        };
    }
    let line: Line<'_> =
        serde_json::from_slice(line).map_err(|e| format!("is not of a recording: {e}"))?;
    let dir = line.dir.ok_or("has no 'dir', which is c2s or s2c")?;
    let at = line.t_us.ok_or("has no 't_us', the time in microseconds")?;
    let event = match (line.hex, line.event) {
        (Some(hex), None) => Event::Bytes(hex),
        (None, Some("eof")) => Event::Eof,
        (None, Some("reset")) => Event::Reset,
        _ => return Err("needs either 'hex' or 'event', which is eof or reset".into()),
    };
    Ok(Some((dir, at, event)))
}

fn from_hex(text: &str) -> Result<Vec<u8>, String> {
    if !text.len().is_multiple_of(2) {
        return Err("has an odd number of digits in 'hex'".into());
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8]| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8);
    let bytes: Option<Vec<u8>> = text.as_bytes().chunks_exact(2).map(byte).collect();
    bytes.ok_or_else(|| "has other than hex digits in 'hex'".into())
}
