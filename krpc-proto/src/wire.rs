//! Walking over the fields of an encoded message without knowing its type.

use core::fmt;

/// Why bytes are not an encoded protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireError {
    /// The bytes end inside a field.
    Truncated,
    /// A varint goes on after ten bytes.
    Varint,
    /// A field has number 0, a number that is too high, or a wire type that does not exist.
    Key,
    /// A group ends that has not begun, or another one than the one that began last.
    Group,
    /// Messages lie deeper in each other than is followed.
    TooDeep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// A varint or a fixed-size number, which nobody here wants to know.
    Number,
    Bytes(&'a [u8]),
    GroupStart,
    GroupEnd,
}

#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Self {
        Fields { rest: message }
    }

    /// Number and value of the next field; `None` at the end. What lies between the two ends of a
    /// group comes as fields like any other.
    pub(crate) fn next(&mut self) -> Result<Option<(u32, Value<'a>)>, WireError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = u32::try_from(self.varint()?).map_err(|_| WireError::Key)?;
        let value = match key & 7 {
            0 => self.varint().map(|_| Value::Number),
            1 => self.take(8).map(|_| Value::Number),
            2 => {
                let len = usize::try_from(self.varint()?).map_err(|_| WireError::Truncated)?;
                self.take(len).map(Value::Bytes)
            }
            3 => Ok(Value::GroupStart),
            4 => Ok(Value::GroupEnd),
            5 => self.take(4).map(|_| Value::Number),
            _ => Err(WireError::Key),
        }?;
        match key >> 3 {
            0 => Err(WireError::Key),
            tag => Ok(Some((tag, value))),
        }
    }

    fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0;
        for (i, &byte) in self.rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * i);
            if byte < 0x80 {
                // The tenth byte has room for one bit.
                let fits = i < 9 || byte < 2;
                self.rest = &self.rest[i + 1..];
                return if fits { Ok(value) } else { Err(WireError::Varint) };
            }
        }
        Err(if self.rest.len() < 10 { WireError::Truncated } else { WireError::Varint })
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WireError::Truncated => "it ends inside a field",
            WireError::Varint => "a varint does not fit 64 bits",
            WireError::Key => "a field has an impossible number or type",
            WireError::Group => "a group ends that has not begun",
            WireError::TooDeep => "messages lie too deep in each other",
        })
    }
}

impl core::error::Error for WireError {}
