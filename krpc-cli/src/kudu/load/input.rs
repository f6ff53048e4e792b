//! Rows of CSV (how it tells NULL from text: [`csv`](super::super::csv)).

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};

use crate::args::LARGEST_BATCH;
use crate::failure::Failure;
use crate::output::plain;

use super::super::column::Column;
use super::Wrong;
use super::row::Row;

/// More than any row that could be written, each byte of it escaped.
const LONGEST_LINE: u64 = 4 * LARGEST_BATCH as u64;

/// Reads rows line by line.
pub(super) struct Input<R> {
    reader: Reader<Metered<R>>,
    /// Bytes read since the last line began.
    read: Rc<Cell<u64>>,
    record: ByteRecord,
    /// The place in the table of each field.
    places: Vec<usize>,
}

impl<R: Read> Input<R> {
    pub(super) fn new(input: R) -> Self {
        let read = Rc::new(Cell::new(0));
        let input = Metered { input, read: read.clone() };
        // How many fields a line has is looked at here.
        let mut builder = ReaderBuilder::new();
        let reader = builder.has_headers(false).flexible(true).buffer_capacity(1 << 16);
        Input {
            reader: reader.from_reader(input),
            read,
            record: ByteRecord::new(),
            places: Vec::new(),
        }
    }

    /// The first line, which names the columns.
    pub(super) fn header(&mut self) -> Result<Vec<String>, Failure> {
        let wanted = "its first line names the columns, unless --columns does";
        match self.next_record() {
            Ok(true) => {}
            Ok(false) => {
                return Err(Failure::usage(format_args!("standard input is empty: {wanted}")));
            }
            Err(wrong) => return Err(Failure::usage(wrong.said)),
        }
        let name = |field: &[u8]| {
            String::from_utf8(field.to_vec()).map_err(|e| {
                let shown = String::from_utf8_lossy(e.as_bytes()).into_owned();
                Failure::usage(format_args!("'{}' names no column: {wanted}", plain(&shown)))
            })
        };
        self.record.iter().map(name).collect()
    }

    /// From now on each field is for the column in this place of the table.
    pub(super) fn fields(&mut self, places: Vec<usize>) {
        self.places = places;
    }

    /// The next row, and the number of its line; none at the end.
    pub(super) fn next(&mut self, columns: &[Column], row: &mut Row) -> Result<Option<u64>, Wrong> {
        if !self.next_record()? {
            return Ok(None);
        }
        let line = self.line();
        let (fields, wanted) = (self.record.len(), self.places.len());
        if fields != wanted {
            let said = format!("{fields} fields where there are {wanted} columns");
            return Err(Wrong { at: line, said, last: false });
        }
        row.clear();
        for (place, field) in self.places.iter().zip(&self.record) {
            let column = &columns[*place];
            let read = row.set(*place, |out| {
                let present = super::super::csv::read(column, field, out)?;
                match present || column.nullable {
                    true => Ok(present),
                    false => Err(format!("column {column} is NOT NULL, but the value is \\N")),
                }
            });
            read.map_err(|said| Wrong { at: line, said, last: false })?;
        }
        Ok(Some(line))
    }

    fn line(&self) -> u64 {
        self.record.position().map_or(0, |position| position.line())
    }

    fn next_record(&mut self) -> Result<bool, Wrong> {
        self.read.set(0);
        self.reader.read_byte_record(&mut self.record).map_err(|error| {
            let at = self.reader.position().line();
            let said = match error.kind() {
                ErrorKind::Io(error) => format!("cannot read standard input: {error}"),
                _ => format!("cannot read standard input: {error}"),
            };
            Wrong { at, said, last: true }
        })
    }
}

/// Stops a line that does not end from filling the memory.
struct Metered<R> {
    input: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read.get() > LONGEST_LINE {
            let said = format!(
                "a line has more than {LONGEST_LINE} bytes; perhaps a quotation mark is not closed"
            );
            return Err(io::Error::other(said));
        }
        let read = self.input.read(buffer)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::tests::columns;
    use super::*;

    fn read(text: &str) -> Vec<Result<u64, (u64, String)>> {
        let columns = columns();
        let mut input = Input::new(text.as_bytes());
        assert_eq!(input.header().unwrap(), ["name", "id"]);
        input.fields(vec![1, 0]);
        let mut row = Row::new(columns.len());
        std::iter::from_fn(|| input.next(&columns, &mut row).transpose())
            .map(|next| next.map_err(|wrong| (wrong.at, wrong.said)))
            .collect()
    }

    #[test]
    fn a_wrong_line_is_named_and_those_after_it_are_read() {
        let rows = read("name,id\n\"a\nb\",1\n\\N,2\nx\n\"\",3\ny,\\N\nz,4000000000\nlast,5");
        let [first, null, few, empty, missing, large, last] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!([first, null, empty, last], [&Ok(2), &Ok(4), &Ok(6), &Ok(9)]);
        assert_eq!(*few, Err((5, "1 fields where there are 2 columns".into())));
        let said = "column id INT32 is NOT NULL, but the value is \\N";
        assert_eq!(*missing, Err((7, said.into())));
        let (line, said) = large.clone().unwrap_err();
        assert_eq!(line, 8);
        assert!(said.contains("column id of type INT32 wants an integer from "), "{said}");
        assert!(said.ends_with("not '4000000000'"), "{said}");
    }

    #[test]
    fn null_is_not_the_empty_text() {
        let columns = columns();
        let mut input = Input::new(&b"\\N,1\n\"\",2\n"[..]);
        input.fields(vec![1, 0]);
        let mut row = Row::new(columns.len());
        input.next(&columns, &mut row).unwrap().unwrap();
        assert_eq!(row.value(1), None);
        input.next(&columns, &mut row).unwrap().unwrap();
        assert_eq!(row.value(1), Some(&b""[..]));
        assert_eq!(input.next(&columns, &mut row).unwrap(), None);
    }

    #[test]
    fn an_empty_input_is_said() {
        let failure = Input::new(&b""[..]).header().unwrap_err().to_string();
        assert!(failure.contains("standard input is empty: its first line names"), "{failure}");
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut input = Input::new(io::repeat(b'x'));
        let wrong = input.next(&[], &mut Row::new(0)).unwrap_err();
        assert!(wrong.last && wrong.said.contains("a line has more than"), "{}", wrong.said);
    }
}
