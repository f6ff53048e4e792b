//! The seven bytes a client sends first.
//!
//! A server that refuses them closes without a word: the client has not said yet that it would
//! understand one.

use core::fmt;

use crate::text;

/// Length of the preamble.
pub const LEN: usize = 7;

/// Magic, version, and two bytes that every client sends as 0 and no server looks at.
pub const PREAMBLE: [u8; LEN] = *b"hrpc\x09\x00\x00";

const VERSION: u8 = PREAMBLE[4];

/// Why a preamble is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreambleError {
    /// The bytes are the start of an HTTP request.
    Http,
    /// The first four bytes are not `hrpc`.
    BadMagic([u8; 4]),
    /// The version is not 9.
    BadVersion(u8),
}

/// Checks magic and version; bytes 5 and 6 are not looked at.
pub fn check(bytes: &[u8; LEN]) -> Result<(), PreambleError> {
    let [m0, m1, m2, m3, version, _, _] = *bytes;
    let magic = [m0, m1, m2, m3];
    if magic[..] != PREAMBLE[..4] {
        return Err(if starts_like_http(bytes) {
            PreambleError::Http
        } else {
            PreambleError::BadMagic(magic)
        });
    }
    if version != VERSION {
        return Err(PreambleError::BadVersion(version));
    }
    Ok(())
}

fn starts_like_http(bytes: &[u8]) -> bool {
    const VERBS: [&str; 9] =
        ["GET", "HEAD", "OPTIONS", "POST", "CONNECT", "DELETE", "PUT", "PATCH", "TRACE"];
    VERBS.iter().any(|verb| bytes.starts_with(verb.as_bytes()))
}

impl fmt::Display for PreambleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PreambleError::Http => {
                f.write_str("the peer speaks HTTP: this is the RPC port, the web UI has another")
            }
            PreambleError::BadMagic([0x16, 0x03, ..]) => f.write_str(
                "the peer began with TLS: Kudu's RPC negotiates TLS inside its own protocol",
            ),
            PreambleError::BadMagic(magic) => write!(
                f,
                "the peer does not speak Kudu's RPC: it began with \"{}\", not \"hrpc\"",
                text::escape(magic)
            ),
            PreambleError::BadVersion(version) => {
                write!(f, "the peer speaks version {version} of Kudu's RPC, not {VERSION}")
            }
        }
    }
}

impl core::error::Error for PreambleError {}
