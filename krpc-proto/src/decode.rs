//! Decoding with the checks that prost does not make.
//!
//! Byte fields of the result share the memory of the input.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use prost::Message;

use crate::pb;
use crate::required::{self, Required};
use crate::varint::{self, VarintError};
use crate::wire::{Fields, Value};

/// Longest header that is decoded. A full list of sidecars takes 70,000 bytes; without a limit a peer
/// could fill a frame with feature flags, one byte each on the wire and four in memory.
pub const MAX_HEADER_LEN: usize = 256 * 1024;

/// Most application feature flags that a header may list; a service has a dozen.
pub const MAX_FEATURE_FLAGS: usize = 1_024;

/// Most RPC features, authentication types or SASL mechanisms that a peer may list; there are four.
pub const MAX_OFFERS: usize = 64;

/// A repeated field, and how often it may be there: what takes a byte on the wire may take thirty in
/// memory, so it is counted before anything is decoded.
struct Repeated {
    tag: u32,
    name: &'static str,
    /// Numbers may come packed.
    numbers: bool,
    most: usize,
}

const FEATURE_FLAGS: Repeated =
    Repeated { tag: 11, name: "required_feature_flags", numbers: true, most: MAX_FEATURE_FLAGS };

const OFFERS: [Repeated; 3] = [
    Repeated { tag: 1, name: "supported_features", numbers: true, most: MAX_OFFERS },
    Repeated { tag: 4, name: "sasl_mechanisms", numbers: false, most: MAX_OFFERS },
    Repeated { tag: 7, name: "authn_types", numbers: false, most: MAX_OFFERS },
];

const UNSUPPORTED_FLAGS: Repeated =
    Repeated { tag: 3, name: "unsupported_feature_flags", numbers: true, most: MAX_FEATURE_FLAGS };

/// Why bytes are not the message they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// They cannot be read.
    Malformed {
        /// The message.
        message: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// Required fields are missing.
    MissingFields {
        /// The message.
        message: &'static str,
        /// Their names, dotted where they lie in an inner message.
        fields: Vec<String>,
    },
    /// A list is longer than anything honest.
    TooMany {
        /// The message.
        message: &'static str,
        /// The repeated field.
        field: &'static str,
        /// How many elements it has.
        count: usize,
        /// How many it may have.
        limit: usize,
    },
}

/// Decodes the header of a frame from a client.
pub fn request_header(b: Bytes) -> Result<pb::RequestHeader, DecodeError> {
    header_len::<pb::RequestHeader>(&b)?;
    limited(b, &[FEATURE_FLAGS])
}

/// Decodes the header of a frame from a server.
pub fn response_header(b: Bytes) -> Result<pb::ResponseHeader, DecodeError> {
    header_len::<pb::ResponseHeader>(&b)?;
    message(b)
}

/// The call id in the header of a reply of which `payload` is all that has come so far; `None` while
/// the header is not complete, `Some(None)` if it has no id or cannot be read, which is told when the
/// frame is whole.
pub fn reply_id(payload: &[u8]) -> Option<Option<i32>> {
    let (len, at) = match varint::get(payload) {
        Ok((len, at)) if len as usize <= MAX_HEADER_LEN => (len as usize, at),
        Err(VarintError::Truncated) => return None,
        Ok(_) | Err(_) => return Some(None),
    };
    let header = payload.get(at..at + len)?;
    Some(IdOfReply::decode(header).ok().and_then(|header| header.call_id))
}

/// A `ResponseHeader` of which only one field matters.
#[derive(Clone, PartialEq, Message)]
struct IdOfReply {
    #[prost(int32, optional, tag = "1")]
    call_id: Option<i32>,
}

/// Decodes a message of the negotiation.
pub fn negotiate(b: Bytes) -> Result<pb::NegotiatePb, DecodeError> {
    limited(b, &OFFERS)
}

/// Decodes the body of a reply that is an error.
pub(crate) fn error_status(b: Bytes) -> Result<pb::ErrorStatusPb, DecodeError> {
    limited(b, &[UNSUPPORTED_FLAGS])
}

/// Decodes the connection context.
pub fn connection_context(b: Bytes) -> Result<pb::ConnectionContextPb, DecodeError> {
    message(b)
}

/// Decodes any message whose required fields are known.
pub fn message<M: Message + Default + Required>(b: Bytes) -> Result<M, DecodeError> {
    let name = M::SPEC.name;
    let malformed = |detail| DecodeError::Malformed { message: name, detail };
    // First, because it allocates nothing for a message that is complete: a peer cannot make prost
    // build a long list of empty parts.
    let fields = required::missing(&b, M::SPEC).map_err(|error| malformed(error.to_string()))?;
    if !fields.is_empty() {
        return Err(DecodeError::MissingFields { message: name, fields });
    }
    M::decode(b).map_err(|error| malformed(error.to_string()))
}

fn header_len<M: Required>(b: &[u8]) -> Result<(), DecodeError> {
    if b.len() > MAX_HEADER_LEN {
        let detail = format!("{} bytes are over the limit of {MAX_HEADER_LEN}", b.len());
        return Err(DecodeError::Malformed { message: M::SPEC.name, detail });
    }
    Ok(())
}

fn limited<M: Message + Default + Required>(
    b: Bytes,
    lists: &[Repeated],
) -> Result<M, DecodeError> {
    // An element takes a byte at least, so that a short message needs no counting.
    for list in lists.iter().filter(|list| b.len() > list.most) {
        let count = list.count(&b);
        if count > list.most {
            let (field, limit) = (list.name, list.most);
            return Err(DecodeError::TooMany { message: M::SPEC.name, field, count, limit });
        }
    }
    message(b)
}

impl Repeated {
    /// How many elements an encoded message has, as far as it can be read.
    fn count(&self, message: &[u8]) -> usize {
        let mut fields = Fields::new(message);
        let mut count = 0;
        while let Ok(Some((tag, value))) = fields.next() {
            count += match value {
                _ if tag != self.tag => 0,
                // One byte of each varint has its highest bit clear.
                Value::Bytes(packed) if self.numbers => {
                    packed.iter().filter(|byte| **byte < 0x80).count()
                }
                _ => 1,
            };
        }
        count
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Malformed { message, detail } => {
                write!(f, "{message} cannot be read: {detail}")
            }
            DecodeError::MissingFields { message, fields } => {
                write!(f, "{message} lacks required fields: {}", fields.join(", "))
            }
            DecodeError::TooMany { message, field, count, limit } => {
                write!(f, "{message} lists {count} {field}, more than the limit of {limit}")
            }
        }
    }
}

impl core::error::Error for DecodeError {}
