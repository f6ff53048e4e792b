//! Rows as Kudu's write calls carry them (Kudu's `common/row_operations.cc`).

use std::ops::Range;

use crate::args::Operation;

use super::super::column::Column;

/// One row: what each column of the table is set to. It is filled anew for each row of the input, so
/// that reading one allocates nothing.
#[derive(Debug)]
pub(super) struct Row {
    cells: Vec<Cell>,
    bytes: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Cell {
    Unset,
    Null,
    /// Where its bytes are.
    Value(Range<usize>),
}

impl Row {
    /// One that sets none of so many columns.
    pub(super) fn new(columns: usize) -> Self {
        Row { cells: vec![Cell::Unset; columns], bytes: Vec::new() }
    }

    /// Unsets all columns.
    pub(super) fn clear(&mut self) {
        self.cells.fill(Cell::Unset);
        self.bytes.clear();
    }

    /// Sets a column to what `write` appends, or to NULL if that says false.
    pub(super) fn set<E>(
        &mut self,
        column: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Result<bool, E>,
    ) -> Result<(), E> {
        let start = self.bytes.len();
        self.cells[column] = match write(&mut self.bytes)? {
            true => Cell::Value(start..self.bytes.len()),
            false => Cell::Null,
        };
        Ok(())
    }

    /// The value of a column; none if it is NULL or not set.
    pub(super) fn value(&self, column: usize) -> Option<&[u8]> {
        match &self.cells[column] {
            Cell::Value(place) => Some(&self.bytes[place.clone()]),
            Cell::Null | Cell::Unset => None,
        }
    }

    /// At least as many bytes as it takes once it is encoded.
    pub(super) fn size(&self) -> usize {
        1 + 2 * self.cells.len().div_ceil(8) + 16 * self.cells.len() + self.bytes.len()
    }

    /// Appends the row as an operation of this type to `rows`, and its texts to `indirect`.
    pub(super) fn encode(
        &self,
        operation: u8,
        columns: &[Column],
        rows: &mut Vec<u8>,
        indirect: &mut Vec<u8>,
    ) {
        rows.push(operation);
        self.bitmap(|cell| !matches!(cell, Cell::Unset), rows);
        if columns.iter().any(|column| column.nullable) {
            self.bitmap(|cell| matches!(cell, Cell::Null), rows);
        }
        for (column, cell) in columns.iter().zip(&self.cells) {
            let Cell::Value(place) = cell else { continue };
            let bytes = &self.bytes[place.clone()];
            if column.kind.is_text() {
                rows.extend((indirect.len() as u64).to_le_bytes());
                rows.extend((bytes.len() as u64).to_le_bytes());
                indirect.extend(bytes);
            } else {
                rows.extend(bytes);
            }
        }
    }

    /// A bit for each column, the lowest of the first byte for the first.
    fn bitmap(&self, bit: impl Fn(&Cell) -> bool, out: &mut Vec<u8>) {
        for eight in self.cells.chunks(8) {
            let bits = eight.iter().enumerate().map(|(at, cell)| u8::from(bit(cell)) << at);
            out.push(bits.sum());
        }
    }

    /// Reads the operation that `rows` begins with and says its type; none if it is not whole.
    pub(super) fn decode(
        &mut self,
        columns: &[Column],
        rows: &mut &[u8],
        indirect: &[u8],
    ) -> Option<u8> {
        let mut take = |bytes| {
            let (taken, rest) = rows.split_at_checked(bytes)?;
            *rows = rest;
            Some(taken)
        };
        let bits = columns.len().div_ceil(8);
        let operation = *take(1)?.first()?;
        let set = take(bits)?;
        let nulls = if columns.iter().any(|column| column.nullable) { take(bits)? } else { &[] };
        let has =
            |bitmap: &[u8], at: usize| bitmap.get(at / 8).is_some_and(|b| b >> (at % 8) & 1 == 1);
        self.clear();
        for (at, column) in columns.iter().enumerate().filter(|(at, _)| has(set, *at)) {
            let mut cell = &[][..];
            let null = has(nulls, at);
            if !null {
                cell = take(column.kind.width())?;
                if column.kind.is_text() {
                    cell = text(cell, indirect)?;
                }
            }
            let written = self.set(at, |out| {
                out.extend(cell);
                Ok::<_, std::convert::Infallible>(!null)
            });
            written.ok()?;
        }
        Some(operation)
    }
}

/// The text that a cell points to.
fn text<'a>(cell: &[u8], indirect: &'a [u8]) -> Option<&'a [u8]> {
    let (start, length) = (cell.first_chunk::<8>()?, cell.last_chunk::<8>()?);
    let start = usize::try_from(u64::from_le_bytes(*start)).ok()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    indirect.get(start..start.checked_add(length)?)
}

impl Operation {
    /// Its number on the wire.
    pub(super) fn number(self) -> u8 {
        match self {
            Operation::Insert => 1,
            Operation::Update => 2,
            Operation::Delete => 3,
            Operation::Upsert => 5,
            Operation::InsertIgnore => 10,
            Operation::UpdateIgnore => 11,
            Operation::DeleteIgnore => 12,
            Operation::UpsertIgnore => 13,
        }
    }

    /// Whether it makes a row that was not there.
    pub(super) fn inserts(self) -> bool {
        matches!(self, Operation::Insert | Operation::InsertIgnore) || self.upserts()
    }

    pub(super) fn upserts(self) -> bool {
        matches!(self, Operation::Upsert | Operation::UpsertIgnore)
    }

    /// Whether it sets key columns alone.
    pub(super) fn deletes(self) -> bool {
        matches!(self, Operation::Delete | Operation::DeleteIgnore)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::pb::{ColumnSchemaPb, ColumnTypeAttributesPb, DataType};

    pub(in super::super) fn column(
        name: &str,
        of_type: DataType,
        key: bool,
        nullable: bool,
    ) -> Column {
        Column::new(ColumnSchemaPb {
            name: name.into(),
            r#type: of_type.into(),
            is_key: Some(key),
            is_nullable: Some(nullable),
            type_attributes: Some(ColumnTypeAttributesPb {
                precision: Some(7),
                scale: Some(2),
                length: Some(10),
            }),
            ..Default::default()
        })
    }

    /// The columns of the table whose rows are below.
    pub(in super::super) fn columns() -> Vec<Column> {
        vec![
            column("id", DataType::Int32, true, false),
            column("name", DataType::String, false, true),
            column("amt", DataType::Decimal32, false, true),
            column("ok", DataType::Bool, false, false),
        ]
    }

    pub(in super::super) fn row(columns: &[Column], fields: &[&str]) -> Row {
        let mut row = Row::new(columns.len());
        for (at, (column, field)) in columns.iter().zip(fields).enumerate() {
            let read = |out: &mut _| super::super::super::csv::read(column, field.as_bytes(), out);
            row.set(at, read).unwrap();
        }
        row
    }

    fn hex(text: &str) -> Vec<u8> {
        let text: String = text.split_whitespace().collect();
        let byte = |at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap();
        (0..text.len() / 2).map(byte).collect()
    }

    /// What Kudu 1.18.1 took.
    const ROWS: &str = "01 0f 00 01000000 0000000000000000 0300000000000000 39300000 01 \
        01 0f 02 02000000 fbffffff 00 \
        01 0f 00 05000000 0300000000000000 0400000000000000 64000000 00";
    const INDIRECT: &[u8] = b"onefive";

    #[test]
    fn rows_are_encoded_as_kudu_takes_them() {
        let columns = columns();
        let (mut rows, mut indirect) = (Vec::new(), Vec::new());
        for fields in [
            ["1", "one", "123.45", "true"],
            ["2", r"\N", "-0.05", "false"],
            ["5", "five", "1", "0"],
        ] {
            let row = row(&columns, &fields);
            row.encode(Operation::Insert.number(), &columns, &mut rows, &mut indirect);
        }
        assert_eq!((rows, &indirect[..]), (hex(ROWS), INDIRECT));
    }

    #[test]
    fn columns_that_are_not_set_take_no_room() {
        let columns = columns();
        let (mut rows, mut indirect) = (Vec::new(), Vec::new());
        let row = row(&columns, &["7"]);
        row.encode(Operation::Delete.number(), &columns, &mut rows, &mut indirect);
        assert_eq!(rows, hex("03 01 00 07000000"));
        assert_eq!(indirect, b"");
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        let (columns, rows) = (columns(), hex(ROWS));
        let mut rest = &rows[..];
        let mut row = Row::new(columns.len());
        assert_eq!(row.decode(&columns, &mut rest, INDIRECT), Some(1));
        assert_eq!(row.value(1).unwrap(), b"one");
        assert_eq!(row.decode(&columns, &mut rest, INDIRECT), Some(1));
        assert_eq!((row.value(0), row.value(1)), (Some(&[2, 0, 0, 0][..]), None));
        row.decode(&columns, &mut rest, INDIRECT).unwrap();
        assert_eq!(row.decode(&columns, &mut rest, INDIRECT), None);
    }

    #[test]
    fn what_is_not_whole_is_not_decoded() {
        let (columns, rows) = (columns(), hex(ROWS));
        let first = 33;
        let decoded = |bytes: &[u8], indirect| {
            Row::new(columns.len()).decode(&columns, &mut &bytes[..], indirect)
        };
        assert!(decoded(&rows[..first], INDIRECT).is_some());
        for cut in 0..first - 5 {
            assert_eq!(decoded(&rows[..cut], INDIRECT), None, "{cut}");
        }
        assert_eq!(decoded(&rows, b"on"), None);
        let mut wild = rows.clone();
        wild[7..23].fill(0xff);
        assert_eq!(decoded(&wild, INDIRECT), None);
    }
}
