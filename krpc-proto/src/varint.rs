//! The varints that stand before the parts of a frame.

use alloc::vec::Vec;
use core::fmt;

/// Bytes in the longest varint that is accepted. More could only carry zeros.
pub const MAX_LEN: usize = 5;

/// Why no varint could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarintError {
    /// The bytes end inside it.
    Truncated,
    /// It goes on after five bytes, or its value does not fit 32 bits.
    TooLong,
}

/// Reads a varint at the start of `buf`: its value and its length.
///
/// Padding with zero groups is legal in protobuf and accepted.
pub fn get(buf: &[u8]) -> Result<(u32, usize), VarintError> {
    let mut value = 0u64;
    for (i, &byte) in buf.iter().take(MAX_LEN).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return match u32::try_from(value) {
                Ok(value) => Ok((value, i + 1)),
                Err(_) => Err(VarintError::TooLong),
            };
        }
    }
    Err(if buf.len() < MAX_LEN { VarintError::Truncated } else { VarintError::TooLong })
}

/// Appends `value` in its shortest form.
pub fn put(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes that [`put`] appends.
pub fn len(value: u32) -> usize {
    let bits = u32::BITS - (value | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

impl fmt::Display for VarintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            VarintError::Truncated => "varint cut short",
            VarintError::TooLong => "varint does not fit 32 bits",
        })
    }
}

impl core::error::Error for VarintError {}
