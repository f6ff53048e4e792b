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

/// Longest header that is decoded. A full list of sidecars takes 70,000 bytes; without a limit a peer
/// could fill a frame with feature flags, one byte each on the wire and four in memory.
pub const MAX_HEADER_LEN: usize = 256 * 1024;

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
}

/// Decodes the header of a frame from a client.
pub fn request_header(b: Bytes) -> Result<pb::RequestHeader, DecodeError> {
    header(b)
}

/// Decodes the header of a frame from a server.
pub fn response_header(b: Bytes) -> Result<pb::ResponseHeader, DecodeError> {
    header(b)
}

/// Decodes a message of the negotiation.
pub fn negotiate(b: Bytes) -> Result<pb::NegotiatePb, DecodeError> {
    message(b)
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

fn header<M: Message + Default + Required>(b: Bytes) -> Result<M, DecodeError> {
    if b.len() > MAX_HEADER_LEN {
        let detail = format!("{} bytes are over the limit of {MAX_HEADER_LEN}", b.len());
        return Err(DecodeError::Malformed { message: M::SPEC.name, detail });
    }
    message(b)
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
        }
    }
}

impl core::error::Error for DecodeError {}
