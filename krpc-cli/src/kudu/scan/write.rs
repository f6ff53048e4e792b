//! Rows as lines.

use std::ops::Range;

use ::csv::{ByteRecord, Writer};

use crate::args::Format;
use crate::failure::Failure;
use crate::kudu::column::{Column, Kind};
use crate::kudu::{csv, print};
use crate::output::{json_string, plain};
use crate::pb::DataType;

use super::batch::{Batch, Broken};

/// Makes lines of rows.
#[derive(Debug)]
pub(super) struct Lines {
    format: Format,
    columns: Vec<(Kind, String)>,
}

impl Lines {
    pub(super) fn new(format: Format, columns: &[Column]) -> Self {
        let before = |(n, column): (usize, &Column)| {
            let name = &column.name;
            let before = match format {
                Format::Table => {
                    let comma = if n == 0 { "(" } else { ", " };
                    format!("{comma}{} {}=", kudus_name(column), plain(name))
                }
                Format::Csv => name.clone(),
                Format::Json => format!("{}{}:", if n == 0 { '{' } else { ',' }, json_string(name)),
            };
            (column.kind, before)
        };
        Lines { format, columns: columns.iter().enumerate().map(before).collect() }
    }

    /// What stands above the rows.
    pub(super) fn first(&self, out: &mut Vec<u8>) -> Result<(), Failure> {
        if self.format != Format::Csv {
            return Ok(());
        }
        let mut writer = Writer::from_writer(out);
        let names = self.columns.iter().map(|(_, name)| name);
        writer.write_record(names).and_then(|()| Ok(writer.flush()?)).map_err(not_csv)
    }

    /// Appends the lines of these rows. If one is broken, those before it.
    pub(super) fn rows(
        &self,
        batch: &Batch,
        mut rows: Range<usize>,
        out: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        let broken =
            |error: Broken| Failure::call("the tablet server's answer is broken", error, None);
        if self.format == Format::Csv {
            return self.csv(batch, rows, out, broken);
        }
        rows.try_for_each(|row| {
            let start = out.len();
            let done = match self.format {
                Format::Json => self.json(batch, row, out),
                _ => self.table(batch, row, out),
            };
            done.map_err(|error| {
                out.truncate(start);
                broken(error)
            })
        })
    }

    fn csv(
        &self,
        batch: &Batch,
        rows: Range<usize>,
        out: &mut Vec<u8>,
        broken: impl Fn(Broken) -> Failure,
    ) -> Result<(), Failure> {
        // What was written reaches `out` in any case, when it is dropped.
        let mut writer = Writer::from_writer(out);
        let (mut record, mut field) = (ByteRecord::new(), Vec::new());
        for row in rows {
            record.clear();
            for (n, (kind, _)) in self.columns.iter().enumerate() {
                field.clear();
                csv::write(*kind, batch.cell(row, n).map_err(&broken)?, &mut field);
                record.push_field(&field);
            }
            writer.write_byte_record(&record).map_err(not_csv)?;
        }
        writer.flush().map_err(|error| not_csv(error.into()))
    }

    /// As `kudu table scan` has it.
    fn table(&self, batch: &Batch, row: usize, out: &mut Vec<u8>) -> Result<(), Broken> {
        for (n, (kind, before)) in self.columns.iter().enumerate() {
            out.extend(before.as_bytes());
            match batch.cell(row, n)? {
                Some(cell) => print::as_kudu(*kind, cell, out),
                None => out.extend(b"NULL"),
            }
        }
        out.extend(b")\n");
        Ok(())
    }

    fn json(&self, batch: &Batch, row: usize, out: &mut Vec<u8>) -> Result<(), Broken> {
        for (n, (kind, before)) in self.columns.iter().enumerate() {
            out.extend(before.as_bytes());
            match batch.cell(row, n)? {
                None => out.extend(b"null"),
                Some(cell) if print::is_json(*kind, cell) => print::plain(*kind, cell, out),
                Some(cell) => {
                    let mut text = Vec::new();
                    print::plain(*kind, cell, &mut text);
                    out.extend(json_string(&String::from_utf8_lossy(&text)).as_bytes());
                }
            }
        }
        out.extend(b"}\n");
        Ok(())
    }
}

/// Memory takes all that is written, so it is the writer that refuses.
fn not_csv(error: ::csv::Error) -> Failure {
    Failure::call("cannot write CSV", error, None)
}

/// The type as `kudu table scan` names it: all decimals alike.
fn kudus_name(column: &Column) -> String {
    match (column.kind, DataType::try_from(column.pb.r#type)) {
        (Kind::Decimal { .. }, _) => "decimal".to_owned(),
        (_, Ok(of_type)) => of_type.as_str_name().to_ascii_lowercase(),
        (_, Err(_)) => "unknown".to_owned(),
    }
}
