//! How CSV tells NULL from text: the rules that `krpc kudu scan` writes by and `krpc kudu load` reads by.
//!
//! The first line names the columns. NULL is `\N`. A text (STRING or VARCHAR) that begins with a
//! backslash has one more in front, so that none is taken for NULL. Everything else is written as
//! [`Column::parse`] reads it; quotes and commas are the business of CSV itself.

use super::column::{Column, Kind};
use super::print;

const NULL: &[u8] = b"\\N";

/// The field of a cell.
pub(super) fn write(kind: Kind, cell: Option<&[u8]>, out: &mut Vec<u8>) {
    match cell {
        None => out.extend(NULL),
        Some(cell) => {
            if matches!(kind, Kind::String | Kind::Varchar(_)) && cell.starts_with(b"\\") {
                out.push(b'\\');
            }
            print::plain(kind, cell, out);
        }
    }
}

/// Appends what a field stands for: false if that is NULL. The error is a sentence without a full
/// stop.
pub(super) fn read(column: &Column, field: &[u8], out: &mut Vec<u8>) -> Result<bool, String> {
    if field == NULL {
        return Ok(false);
    }
    let text = match column.kind {
        Kind::String | Kind::Varchar(_) if field.starts_with(b"\\\\") => &field[1..],
        _ => field,
    };
    column.parse(text, out).map(|()| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pb::{ColumnSchemaPb, DataType};

    #[test]
    fn what_is_written_is_read_back() {
        let column = |of_type: DataType| {
            Column::new(ColumnSchemaPb { r#type: of_type.into(), ..Default::default() })
        };
        for (of_type, cell) in [
            (DataType::String, None),
            (DataType::String, Some(&b""[..])),
            (DataType::String, Some(b"\\N")),
            (DataType::String, Some(b"\\")),
            (DataType::String, Some(b"\\\\\\N")),
            (DataType::String, Some(b"a,\"\\N\n\xff")),
            (DataType::Binary, None),
            (DataType::Binary, Some(b"\\N\\\0\xff")),
            (DataType::Int32, Some(&[1, 2, 3, 0xff])),
            (DataType::Float, Some(&[0, 0, 0xc0, 0x7f])),
            (DataType::UnixtimeMicros, Some(&[0, 0, 0, 0, 0, 0, 0, 0x80])),
        ] {
            let column = column(of_type);
            let (mut field, mut back) = (Vec::new(), Vec::new());
            write(column.kind, cell, &mut field);
            let present = read(&column, &field, &mut back).unwrap();
            assert_eq!(present.then_some(&back[..]), cell, "{field:?}");
        }
    }
}
