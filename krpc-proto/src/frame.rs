//! The frames that carry everything after the preamble, in both directions.
//!
//! ```text
//! u32 big-endian   length of what follows, the payload
//! varint, header   RequestHeader or ResponseHeader
//! varint, main     the body message, then the sidecars
//! varint, footer   only in requests, and only if both sides agreed on it
//! ```

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use prost::Message;

use crate::varint::VarintError;
use crate::{pb, varint};

/// Bytes of the length prefix.
pub const PREFIX_LEN: usize = 4;

/// The length limit that both sides have unless told otherwise, `rpc_max_message_size`.
pub const DEFAULT_MAX_MESSAGE: u32 = 52_428_800;

/// Bytes of a footer with its varint. Fixed, so that a sender can still change its mind when the
/// length has gone out.
pub const FOOTER_LEN: usize = 3;

/// What Kudu's parser takes, whatever the limit.
const MAX_PAYLOAD: u64 = i32::MAX as u64;

/// Why a length prefix is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LengthError {
    /// Nothing follows.
    Zero,
    /// More than the limit.
    TooLarge {
        /// The length as it is compared: with the prefix, or without it during the negotiation.
        announced: u64,
        /// What is allowed.
        limit: u64,
    },
    /// The four bytes are how a web server begins: the letters `HTTP`, or a page.
    Http,
    /// The four bytes are the beginning of a TLS record: an alert or a handshake.
    Tls,
}

/// Length of the payload that a prefix announces, if it is acceptable.
///
/// Kudu counts the prefix itself towards the limit, but not during the negotiation. It adds the
/// two in 32 bits, so that a length near 4 GiB wraps and is refused as too short; here it is refused
/// as what it is.
pub fn payload_len(
    prefix: [u8; PREFIX_LEN],
    max_message: u32,
    negotiating: bool,
) -> Result<usize, LengthError> {
    let payload = u32::from_be_bytes(prefix);
    if payload == 0 {
        return Err(LengthError::Zero);
    }
    let counted = if negotiating { 0 } else { PREFIX_LEN as u64 };
    let announced = u64::from(payload) + counted;
    let limit = u64::from(max_message).min(MAX_PAYLOAD + counted);
    if announced > limit {
        let speaks = if negotiating { another_protocol(prefix) } else { None };
        return Err(speaks.unwrap_or(LengthError::TooLarge { announced, limit }));
    }
    Ok(payload as usize)
}

/// What a peer speaks whose first bytes are no length. An old web server answers what it does not
/// understand with a page and no status line.
fn another_protocol(prefix: [u8; PREFIX_LEN]) -> Option<LengthError> {
    match &prefix {
        b"HTTP" | b"<!DO" | b"<!do" | b"<htm" | b"<HTM" => Some(LengthError::Http),
        [0x15 | 0x16, 3, ..] => Some(LengthError::Tls),
        _ => None,
    }
}

/// Where the parts of a frame lie in its payload, varints excluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The header message.
    pub header: Range<usize>,
    /// The body message and the sidecars.
    pub main: Range<usize>,
    /// The footer message, under [`FooterRule::Required`].
    pub footer: Option<Range<usize>>,
}

/// Whether a frame ends with a footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FooterRule {
    /// Nothing may follow the main part: every frame of a released Kudu.
    Forbidden,
    /// One more block has to follow: requests with an ordinary call id, on a connection where both
    /// sides listed [`FEATURE_REQUEST_FOOTERS`](crate::codes::FEATURE_REQUEST_FOOTERS).
    Required,
}

/// A block of a frame, in errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// The header message.
    Header,
    /// Body and sidecars.
    Main,
    /// The footer message.
    Footer,
}

/// Why a payload is no frame. Kudu calls all of these corruption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// A block has no readable length.
    Length {
        /// Which block.
        block: Block,
        /// What is wrong with its varint.
        error: VarintError,
    },
    /// A block is longer than what is left of the frame.
    Short {
        /// Which block.
        block: Block,
        /// How long it says it is.
        announced: u32,
        /// What is there.
        available: usize,
    },
    /// Bytes follow the last block.
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// The footer is no protobuf message.
    Footer,
}

/// Finds the parts of a frame.
///
/// The footer is found whatever the main part holds: if it says "aborted", those bytes are filler
/// and mean nothing.
pub fn split(payload: &[u8], footer: FooterRule) -> Result<Parts, FrameError> {
    let header = block(payload, 0, Block::Header)?;
    let main = block(payload, header.end, Block::Main)?;
    let footer = match footer {
        FooterRule::Forbidden => None,
        FooterRule::Required => Some(block(payload, main.end, Block::Footer)?),
    };
    let end = footer.as_ref().map_or(main.end, |footer| footer.end);
    if end < payload.len() {
        return Err(FrameError::Trailing { bytes: payload.len() - end });
    }
    Ok(Parts { header, main, footer })
}

fn block(payload: &[u8], at: usize, block: Block) -> Result<Range<usize>, FrameError> {
    let rest = &payload[at..];
    let (announced, len) =
        varint::get(rest).map_err(|error| FrameError::Length { block, error })?;
    let available = rest.len() - len;
    if announced as usize > available {
        return Err(FrameError::Short { block, announced, available });
    }
    let start = at + len;
    Ok(start..start + announced as usize)
}

/// A frame whose length does not fit the prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameTooLong {
    /// Bytes of the payload.
    pub payload: u64,
}

/// Appends everything of a frame that comes before its body: prefix, header and the length of the
/// main part. The caller adds `main_len` bytes, then `footer_len` bytes of footer.
///
/// On an error nothing is appended. Kudu's limit on messages is not looked at: that is the
/// receiver's, and a sender may be told another one.
pub fn put_head<M: Message>(
    out: &mut Vec<u8>,
    header: &M,
    main_len: usize,
    footer_len: usize,
) -> Result<(), FrameTooLong> {
    let header_len = header.encoded_len();
    let (Ok(header_len32), Ok(main_len32)) = (u32::try_from(header_len), u32::try_from(main_len))
    else {
        let payload = (header_len as u64).saturating_add(main_len as u64);
        return Err(FrameTooLong { payload });
    };
    let head = varint::len(header_len32) + header_len + varint::len(main_len32);
    let payload = (head as u64).saturating_add(main_len as u64).saturating_add(footer_len as u64);
    let Ok(payload32) = u32::try_from(payload) else { return Err(FrameTooLong { payload }) };
    out.reserve(PREFIX_LEN + head);
    out.extend_from_slice(&payload32.to_be_bytes());
    varint::put(out, header_len32);
    header.encode(out).expect("a Vec grows as needed");
    varint::put(out, main_len32);
    Ok(())
}

/// A footer with its varint, always three bytes.
pub fn footer_bytes(aborted: bool) -> [u8; FOOTER_LEN] {
    [2, 8, u8::from(aborted)]
}

/// Whether a footer, without its varint, says that the call was aborted.
pub fn parse_footer(block: &[u8]) -> Result<bool, FrameError> {
    // As `footer_bytes` writes it: the only form in use, so the general way is off the path of calls.
    if let [8, aborted @ (0 | 1)] = block {
        return Ok(*aborted == 1);
    }
    let footer = pb::RequestFooterPb::decode(block).map_err(|_| FrameError::Footer)?;
    Ok(footer.aborted())
}

impl fmt::Display for LengthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LengthError::Zero => f.write_str("frame of length 0"),
            LengthError::TooLarge { announced, limit } => {
                write!(f, "frame of {announced} bytes is over the limit of {limit}")
            }
            LengthError::Http => {
                f.write_str("the peer answered in HTTP: this is a web port, not an RPC port")
            }
            LengthError::Tls => f.write_str("the peer speaks TLS from the first byte"),
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Block::Header => "header",
            Block::Main => "main part",
            Block::Footer => "footer",
        })
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::Length { block, error } => write!(f, "length of the {block}: {error}"),
            FrameError::Short { block, announced, available } => {
                write!(f, "{block} of {announced} bytes where {available} are left in the frame")
            }
            FrameError::Trailing { bytes } => {
                write!(f, "{bytes} bytes too many at the end of the frame")
            }
            FrameError::Footer => f.write_str("footer is not a RequestFooterPB"),
        }
    }
}

impl fmt::Display for FrameTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frame of {} bytes does not fit its 32-bit length", self.payload)
    }
}

impl core::error::Error for LengthError {}
impl core::error::Error for FrameError {}
impl core::error::Error for FrameTooLong {}
