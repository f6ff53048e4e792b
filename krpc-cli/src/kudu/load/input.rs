//! Rows of CSV (how it tells NULL from text: [`csv`](super::super::csv)).

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::io::{self, Chain, Read};
use std::rc::Rc;

use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};

use crate::failure::Failure;
use crate::output::shown;

use super::super::column::Column;
use super::super::parse::LARGEST;
use super::Wrong;
use super::row::Row;

/// What a line may have in any case; one of many columns may have more.
const LONGEST_LINE: u64 = 4 << 20;

/// The most that a cell comes to when each of its bytes is escaped.
const LONGEST_FIELD: u64 = 4 * LARGEST as u64;

/// Stands behind the input, as a line of its own. If it does not come as one, a quotation mark was open.
const LAST: &[u8] = b"\n\0";

/// Reads rows line by line.
pub(super) struct Input<R> {
    reader: Reader<Chain<Metered<R>, &'static [u8]>>,
    meter: Rc<Meter>,
    record: ByteRecord,
    /// The line in which the record begins.
    line: u64,
    /// The place in the table of each field.
    places: Vec<usize>,
}

impl<R: Read> Input<R> {
    pub(super) fn new(input: R) -> Self {
        let meter = Rc::new(Meter::default());
        meter.most.set(LONGEST_LINE);
        let input = Metered { input, meter: meter.clone() };
        // How many fields a line has is looked at here.
        let mut builder = ReaderBuilder::new();
        let reader = builder.has_headers(false).flexible(true).buffer_capacity(1 << 16);
        Input {
            reader: reader.from_reader(input.chain(LAST)),
            meter,
            record: ByteRecord::new(),
            line: 1,
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
                let name = String::from_utf8_lossy(e.as_bytes());
                Failure::usage(format_args!("'{}' names no column: {wanted}", shown(&name)))
            })
        };
        self.record.iter().map(name).collect()
    }

    /// From now on each field is for the column in this place of the table.
    pub(super) fn fields(&mut self, places: Vec<usize>) {
        self.meter.most.set(LONGEST_LINE.max(places.len() as u64 * LONGEST_FIELD));
        self.places = places;
    }

    /// The next row, and the number of its line; none at the end.
    pub(super) fn next(&mut self, columns: &[Column], row: &mut Row) -> Result<Option<u64>, Wrong> {
        if !self.next_record()? {
            return Ok(None);
        }
        let line = self.line;
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

    fn next_record(&mut self) -> Result<bool, Wrong> {
        let wrong = |at, said: &dyn Display| {
            let said = format!("cannot read standard input: {said}");
            Wrong { at, said, last: true }
        };
        // Of a line that ended with "\r\n" the second byte is still to come.
        let at = self.reader.position().line() + u64::from(self.byte_before() == b'\r');
        self.meter.start.set(self.reader.position().byte());
        let there = self.reader.read_byte_record(&mut self.record);
        let there = there.map_err(|error| match error.kind() {
            ErrorKind::Io(error) => wrong(at, error),
            _ => wrong(at, &error),
        })?;
        // Where it begins is not where reading it began: there may be empty lines before it.
        let within = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        let end = self.reader.position().line();
        self.line = end - within - u64::from(self.byte_before() == b'\n');
        let rest = self.meter.read.get() + LAST.len() as u64 - self.reader.position().byte();
        if !there || rest > 0 {
            return Ok(there);
        }
        match self.record.len() == 1 && self.record[0] == LAST[1..] {
            true => Ok(false),
            false => {
                Err(wrong(self.line, &"it ends inside quotation marks, which begin in this line"))
            }
        }
    }

    /// The last byte of what the reader is done with.
    fn byte_before(&self) -> u8 {
        self.meter.byte_before(self.reader.position().byte())
    }
}

/// How much was read.
#[derive(Debug, Default)]
struct Meter {
    read: Cell<u64>,
    /// Where the line begins that is being read, and how long it may be.
    start: Cell<u64>,
    most: Cell<u64>,
    /// What was read last.
    last: RefCell<Vec<u8>>,
}

impl Meter {
    /// The byte before that place, which is not before what was read last.
    fn byte_before(&self, place: u64) -> u8 {
        let last = self.last.borrow();
        let start = self.read.get() - last.len() as u64;
        let at = place.checked_sub(start + 1).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| last.iter().chain(LAST).nth(at)).copied().unwrap_or(0)
    }
}

/// Stops a line that does not end from filling the memory.
struct Metered<R> {
    input: R,
    meter: Rc<Meter>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Meter { read, start, most, last } = &*self.meter;
        if read.get() - start.get() > most.get() {
            let most = most.get();
            let said = format!(
                "a line has more than {most} bytes; perhaps a quotation mark is not closed"
            );
            return Err(io::Error::other(said));
        }
        let came = self.input.read(buffer)?;
        read.set(read.get() + came as u64);
        if came > 0 {
            let mut last = last.borrow_mut();
            last.clear();
            last.extend_from_slice(&buffer[..came]);
        }
        Ok(came)
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
    fn empty_lines_count() {
        for end in ["\n", "\r\n"] {
            let text = "name,id;;a,1;;;\"b;c\",2;d;\"e;;\",3;;f,4".replace(';', end);
            let few = "1 fields where there are 2 columns".into();
            assert_eq!(read(&text), [Ok(3), Ok(6), Err((8, few)), Ok(9), Ok(13)], "{end:?}");
        }
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
    fn every_end_of_the_input_is_one_but_a_quotation_that_is_open() {
        for end in ["", "\n", "\r\n", "\r", "\n\n\n", "\n\r\n"] {
            for last in ["a,1", "a,\"1\"", "a\"b,1"] {
                assert_eq!(read(&format!("name,id\n{last}{end}")), [Ok(2)], "{last}{end}");
            }
            assert_eq!(read(&format!("name,id{end}")), [], "{end:?}");
        }
        assert_eq!(read("name,id\n\0")[0], Err((2, "1 fields where there are 2 columns".into())));
        for open in ["a,\"1", "a,\"1\n", "a,\"1\n\0", "a,\"1\nb,2\nc,3\n", "\"a", "\""] {
            for (end, line) in [("\n", 3), ("\r\n", 3), ("\n\n\r\n", 5)] {
                let rows = read(&format!("name,id\nx,7{end}{open}"));
                let said =
                    "cannot read standard input: it ends inside quotation marks, which begin in";
                let [Ok(2), Err((at, wrong)), ..] = &rows[..] else { panic!("{open:?}: {rows:?}") };
                assert!(*at == line && wrong.starts_with(said), "{open:?}, {at}: {wrong}");
            }
        }
        let failure = Input::new(&b"\"name,id\n"[..]).header().unwrap_err().to_string();
        assert!(failure.contains("it ends inside quotation marks"), "{failure}");
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
        // It is the line that is named, not where it was given up; and what it took stays small.
        let lines = b"7,\"\n".chain(io::repeat(b'\n'));
        let mut input = Input::new(lines);
        input.fields(vec![0; 20]);
        let wrong = input.next(&[], &mut Row::new(0)).unwrap_err();
        assert_eq!(wrong.at, 1);
        let most = 20 * LONGEST_FIELD;
        assert!(wrong.said.contains(&format!("more than {most} bytes")), "{}", wrong.said);
        let mut input = Input::new(io::repeat(b','));
        assert!(input.header().unwrap_err().to_string().contains("more than 4194304 bytes"));
        assert!(input.record.len() < 10 << 20);
    }
}
