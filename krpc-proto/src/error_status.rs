//! Errors as they travel in replies.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use prost::Message;

use crate::codes::{ErrorCode, StatusCode};
use crate::decode::{self, DecodeError};
use crate::wire::{Fields, Value};
use crate::{pb, text, varint};

/// Unsupported features that [`ErrorStatus`] names when it is displayed; a peer may send any number.
const SHOWN_FEATURES: usize = 8;

/// An error that one side of a connection tells the other: `ErrorStatusPB`.
///
/// The encoded form is kept, so an application's extension survives being decoded here and is there
/// for [`extension`](Self::extension). [`code`](Self::code) and [`raw_code`](Self::raw_code) only
/// describe that form: writing to them does not change what [`encode`](Self::encode) returns.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorStatus {
    /// What sort of error it is. `None` if there is no code, as with an application's extension, or
    /// if it is a number that is not known here.
    pub code: Option<ErrorCode>,
    /// The code as a number.
    pub raw_code: Option<i32>,
    message: String,
    unsupported_feature_flags: Vec<u32>,
    encoded: Bytes,
}

impl ErrorStatus {
    /// An error of the RPC layer. The message is rendered as Kudu's tools expect it, with the text
    /// of the status in front.
    pub fn new(code: ErrorCode, status: StatusCode, message: impl Into<String>) -> Self {
        Self::with_message(Some(code), format!("{}: {}", status.text(), message.into()))
    }

    /// An error whose message is rendered already.
    pub fn with_message(code: Option<ErrorCode>, rendered: impl Into<String>) -> Self {
        Self::build(code, rendered.into(), Vec::new(), &[])
    }

    /// A method's own failure: [`ErrorCode::ErrorApplication`].
    pub fn application(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ErrorApplication, status, message)
    }

    /// A method's own failure, told by an extension of `ErrorStatusPB`: field `tag`, 100 or higher,
    /// holds `ext`. Such an error has no code.
    pub fn application_error<M: Message>(message: impl Into<String>, tag: u32, ext: &M) -> Self {
        let mut extension = Vec::new();
        varint::put(&mut extension, (tag << 3) | 2);
        ext.encode_length_delimited(&mut extension).expect("a Vec grows as needed");
        Self::build(None, message.into(), Vec::new(), &extension)
    }

    /// The refusal of a call that requires features which the service lacks, in Kudu's words.
    pub fn unsupported_features(flags: Vec<u32>) -> Self {
        let message = "unsupported feature flags".into();
        Self::build(Some(ErrorCode::ErrorInvalidRequest), message, flags, &[])
    }

    fn build(
        code: Option<ErrorCode>,
        message: String,
        unsupported_feature_flags: Vec<u32>,
        extension: &[u8],
    ) -> Self {
        let raw_code = code.map(ErrorCode::as_i32);
        let mut status = pb::ErrorStatusPb {
            message: Bytes::from(message.into_bytes()),
            code: raw_code,
            unsupported_feature_flags,
        };
        let mut encoded = Vec::with_capacity(status.encoded_len() + extension.len());
        status.encode(&mut encoded).expect("a Vec grows as needed");
        encoded.extend_from_slice(extension);
        let unsupported_feature_flags = core::mem::take(&mut status.unsupported_feature_flags);
        let message = lossy(status.message);
        ErrorStatus { code, raw_code, message, unsupported_feature_flags, encoded: encoded.into() }
    }

    /// The text for people, starting with the text of a status in most cases. A peer chose it: show
    /// it through [`text::escape`], or display the whole error.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The required features that the service lacks.
    pub fn unsupported_feature_flags(&self) -> &[u32] {
        &self.unsupported_feature_flags
    }

    /// The message that an application put into extension field `tag`; `None` if it is not there.
    pub fn extension<M: Message + Default>(
        &self,
        tag: u32,
    ) -> Option<Result<M, prost::DecodeError>> {
        let mut fields = Fields::new(&self.encoded);
        let mut depth = 0u32;
        let mut merged: Option<M> = None;
        // The bytes were read once before, so an error cannot come up; it would end the list.
        while let Ok(Some((number, value))) = fields.next() {
            match value {
                Value::GroupStart => depth += 1,
                Value::GroupEnd => depth = depth.saturating_sub(1),
                Value::Bytes(bytes) if number == tag && depth == 0 => {
                    if let Err(error) = merged.get_or_insert_default().merge(bytes) {
                        return Some(Err(error));
                    }
                }
                Value::Bytes(_) | Value::Number => {}
            }
        }
        merged.map(Ok)
    }

    /// The error as the body of a reply. One that came from a peer is unchanged, byte for byte.
    pub fn encode(&self) -> Bytes {
        self.encoded.clone()
    }

    /// Reads the body of a reply that is an error. A message that is not UTF-8 is taken as far as it
    /// goes.
    pub fn decode(b: Bytes) -> Result<Self, DecodeError> {
        let status = decode::error_status(b.clone())?;
        Ok(ErrorStatus {
            code: status.code.and_then(ErrorCode::from_i32),
            raw_code: status.code,
            message: lossy(status.message),
            unsupported_feature_flags: status.unsupported_feature_flags,
            encoded: b,
        })
    }
}

fn lossy(bytes: Bytes) -> String {
    match String::from_utf8(bytes.into()) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

impl fmt::Display for ErrorStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.raw_code) {
            (Some(code), _) => write!(f, "{}: ", code.name())?,
            (None, Some(number)) => write!(f, "error code {number}: ")?,
            (None, None) => {}
        }
        write!(f, "{}", text::escape(self.message.as_bytes()))?;
        let flags = &self.unsupported_feature_flags;
        if let Some((first, rest)) = flags.split_first() {
            write!(f, " ({first}")?;
            rest.iter().take(SHOWN_FEATURES - 1).try_for_each(|flag| write!(f, ", {flag}"))?;
            if flags.len() > SHOWN_FEATURES {
                write!(f, " and {} more", flags.len() - SHOWN_FEATURES)?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl core::error::Error for ErrorStatus {}
