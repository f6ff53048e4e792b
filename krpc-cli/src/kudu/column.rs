//! Columns and their types.

use std::fmt;
use std::ops::RangeInclusive;

use crate::output::plain;
use crate::pb::{ColumnSchemaPb, DataType};

use super::schema::type_name;

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    pub(super) key: bool,
    /// All that its master tells of it.
    pub(super) pb: ColumnSchemaPb,
}

/// A type, with what it takes to read a value of it. The signed integers and those without a sign
/// differ in nothing but their ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of so many bytes.
    Int(usize),
    Uint(usize),
    Bool,
    Float,
    Double,
    String,
    Binary,
    /// Of at most so many characters.
    Varchar(usize),
    /// Microseconds since 1970.
    UnixtimeMicros,
    /// Days since 1970.
    Date,
    /// The unscaled integer, of so many bytes.
    Decimal {
        bytes: usize,
        precision: u32,
        scale: u32,
    },
    /// One that this program does not know, such as an array.
    Unknown,
}

/// Days from 1970-01-01 that a DATE may hold: the years 1 to 9999.
pub(super) const DATES: RangeInclusive<i32> = -719_162..=2_932_896;

/// Bytes of the cell of a text: its place elsewhere.
const PLACE: usize = 16;

impl Column {
    pub(super) fn new(pb: ColumnSchemaPb) -> Self {
        Column {
            name: pb.name.clone(),
            kind: Kind::of(&pb),
            nullable: pb.is_nullable(),
            key: pb.is_key(),
            pb,
        }
    }

    /// What asks a server for this column: without its id, and as if it were no key.
    pub(super) fn projection(&self) -> ColumnSchemaPb {
        ColumnSchemaPb {
            name: self.pb.name.clone(),
            r#type: self.pb.r#type,
            is_key: Some(false),
            is_nullable: Some(self.nullable),
            type_attributes: self.pb.type_attributes,
            ..ColumnSchemaPb::default()
        }
    }
}

/// Name and type, for messages.
impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", plain(&self.name), type_name(&self.pb))
    }
}

impl Kind {
    fn of(pb: &ColumnSchemaPb) -> Self {
        let attributes = pb.type_attributes.unwrap_or_default();
        let number = |n: i32| u32::try_from(n).unwrap_or(0);
        let decimal = |bytes, most| Kind::Decimal {
            bytes,
            precision: number(attributes.precision()).clamp(1, most),
            scale: number(attributes.scale()).min(most),
        };
        match DataType::try_from(pb.r#type) {
            Ok(DataType::Int8) => Kind::Int(1),
            Ok(DataType::Int16) => Kind::Int(2),
            Ok(DataType::Int32) => Kind::Int(4),
            Ok(DataType::Int64) => Kind::Int(8),
            Ok(DataType::Int128) => Kind::Int(16),
            Ok(DataType::Uint8) => Kind::Uint(1),
            Ok(DataType::Uint16) => Kind::Uint(2),
            Ok(DataType::Uint32) => Kind::Uint(4),
            Ok(DataType::Uint64) => Kind::Uint(8),
            Ok(DataType::Bool | DataType::IsDeleted) => Kind::Bool,
            Ok(DataType::Float) => Kind::Float,
            Ok(DataType::Double) => Kind::Double,
            Ok(DataType::String) => Kind::String,
            Ok(DataType::Binary) => Kind::Binary,
            Ok(DataType::Varchar) => Kind::Varchar(number(attributes.length()) as usize),
            Ok(DataType::UnixtimeMicros) => Kind::UnixtimeMicros,
            Ok(DataType::Date) => Kind::Date,
            Ok(DataType::Decimal32) => decimal(4, 9),
            Ok(DataType::Decimal64) => decimal(8, 18),
            Ok(DataType::Decimal128) => decimal(16, 38),
            Ok(DataType::Nested | DataType::UnknownData) | Err(_) => Kind::Unknown,
        }
    }

    /// Bytes of a value among those of its row. Texts have their places there.
    pub(super) fn width(self) -> usize {
        match self {
            Kind::Bool => 1,
            Kind::Int(bytes) | Kind::Uint(bytes) | Kind::Decimal { bytes, .. } => bytes,
            Kind::Float | Kind::Date => 4,
            Kind::Double | Kind::UnixtimeMicros => 8,
            Kind::String | Kind::Binary | Kind::Varchar(_) | Kind::Unknown => PLACE,
        }
    }

    /// Whether a value has as many bytes as it likes.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Kind::String | Kind::Binary | Kind::Varchar(_) | Kind::Unknown)
    }
}

/// A little-endian integer of up to 16 bytes.
pub(super) fn signed(bytes: &[u8]) -> i128 {
    let negative = bytes.last().is_some_and(|high| high & 0x80 != 0);
    let mut wide = [if negative { 0xff } else { 0 }; 16];
    wide.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    i128::from_le_bytes(wide)
}

/// The same without a sign.
pub(super) fn unsigned(bytes: &[u8]) -> u128 {
    let mut wide = [0; 16];
    wide.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    u128::from_le_bytes(wide)
}

/// The lowest and the highest integer of so many bytes.
pub(super) fn bounds(bytes: usize) -> (i128, i128) {
    let shift = 128 - 8 * bytes.clamp(1, 16);
    (i128::MIN >> shift, i128::MAX >> shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_width_are_read() {
        assert_eq!(signed(&[0xff]), -1);
        assert_eq!(signed(&[0xfe, 0xff, 0xff, 0xff]), -2);
        assert_eq!(signed(&i128::MIN.to_le_bytes()), i128::MIN);
        assert_eq!(unsigned(&[0xff]), 255);
        assert_eq!(bounds(1), (-128, 127));
        assert_eq!(bounds(8), (i64::MIN.into(), i64::MAX.into()));
        assert_eq!(bounds(16), (i128::MIN, i128::MAX));
    }
}
