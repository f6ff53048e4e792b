//! Rows that are made up.

use crate::args::KuduLoad;
use crate::failure::Failure;
use crate::output::plain;
use crate::random::Random;

use super::super::column::{Column, DATES, Kind};
use super::super::table::Table;
use super::row::Row;

/// Times are made up from the 16 years after this one: 2010.
const TIMES: i64 = 1_262_304_000_000_000;
const SPREAD: u64 = 1 << 49;

/// Makes rows. What is in one depends on its number and the seed, and on nothing else; no two have the
/// same key.
pub(super) struct Generator {
    next: u64,
    end: u64,
    seed: u64,
    nulls: f64,
    text: usize,
    /// The columns to be set, by their places in the table.
    places: Vec<usize>,
}

impl Generator {
    pub(super) fn new(
        args: &KuduLoad,
        rows: u64,
        table: &Table,
        places: Vec<usize>,
    ) -> Result<Self, Failure> {
        let first = args.first;
        let end = first.checked_add(rows).ok_or_else(|| {
            Failure::usage(format_args!("--first {first} leaves no numbers for {rows} rows"))
        })?;
        let keys = places.iter().map(|at| &table.columns[*at]).filter(|column| column.key);
        let widest = keys.max_by_key(|column| values(column.kind));
        match widest.map(|column| (column, values(column.kind))) {
            Some((column, most)) if u128::from(end) > most => {
                let (name, last) = (plain(&table.name), end.saturating_sub(1));
                return Err(Failure::usage(format_args!(
                    "--first and --generate ask for keys up to {last}, but the key of table {name} \
                     has at most {most} values: the widest column is {column}"
                )));
            }
            _ => {}
        }
        Ok(Generator {
            next: args.first,
            end,
            seed: args.seed,
            nulls: args.nulls,
            text: args.text_length as usize,
            places,
        })
    }

    /// The next row, and its number; none at the end.
    pub(super) fn next(&mut self, columns: &[Column], row: &mut Row) -> Option<u64> {
        let number = self.next;
        if number >= self.end {
            return None;
        }
        self.next += 1;
        row.clear();
        // Two steps, so that neighbours in number or seed have nothing in common.
        let mut random = Random::new(Random::new(self.seed).next() ^ number);
        let mut random = random.fork();
        for place in &self.places {
            let column = &columns[*place];
            let set = row.set(*place, |out| {
                let null = column.nullable && random.chance(self.nulls);
                if column.key {
                    key(column.kind, number, out);
                } else if !null {
                    value(column.kind, self.text, &mut random, out);
                }
                Ok::<_, std::convert::Infallible>(!null)
            });
            let Ok(()) = set;
        }
        Some(number)
    }
}

/// How many different keys a column has room for.
fn values(kind: Kind) -> u128 {
    match kind {
        Kind::Int(bytes) | Kind::Uint(bytes) => 1 << (8 * bytes.min(15) - 1),
        Kind::Decimal { precision, .. } => 10_u128.pow(precision.min(38)),
        Kind::UnixtimeMicros => 1 << 63,
        Kind::Date => *DATES.end() as u128 + 1,
        Kind::Varchar(most) if most < NUMBER => 10_u128.pow(most as u32),
        Kind::String | Kind::Binary | Kind::Varchar(_) => u128::MAX,
        Kind::Bool | Kind::Float | Kind::Double | Kind::Unknown => 1,
    }
}

/// Digits of a number in a text: the same for all, so that they sort.
const NUMBER: usize = 20;

/// The number itself, or its rest if there is no room for all of it.
fn key(kind: Kind, number: u64, out: &mut Vec<u8>) {
    match kind {
        Kind::String | Kind::Binary => out.extend(format!("{number:020}").bytes()),
        Kind::Varchar(most) => {
            let digits = format!("{number:020}");
            out.extend(&digits.as_bytes()[NUMBER.saturating_sub(most)..]);
        }
        _ => {
            let rest = u128::from(number) % values(kind);
            out.extend(&rest.to_le_bytes()[..kind.width()]);
        }
    }
}

fn value(kind: Kind, length: usize, random: &mut Random, out: &mut Vec<u8>) {
    match kind {
        Kind::Bool => out.push((random.next() & 1) as u8),
        Kind::Int(_) | Kind::Uint(_) => {
            let wide = u128::from(random.next()) << 64 | u128::from(random.next());
            out.extend(&wide.to_le_bytes()[..kind.width()]);
        }
        Kind::Float => out.extend(((random.share() * 2.0 - 1.0) as f32 * 1e6).to_le_bytes()),
        Kind::Double => out.extend(((random.share() * 2.0 - 1.0) * 1e12).to_le_bytes()),
        Kind::UnixtimeMicros => {
            let time = TIMES + (random.next() % SPREAD) as i64;
            out.extend(time.to_le_bytes());
        }
        Kind::Date => {
            let days = (random.next() % (*DATES.end() as u64 + 1)) as i32;
            out.extend(days.to_le_bytes());
        }
        Kind::Decimal { bytes, precision, .. } => {
            let wide = u128::from(random.next()) << 64 | u128::from(random.next());
            let size = (wide >> 1) as i128 % 10_i128.pow(precision.min(38));
            let value = if wide & 1 == 1 { -size } else { size };
            out.extend(&value.to_le_bytes()[..bytes]);
        }
        Kind::String => letters(length, random, out),
        Kind::Varchar(most) => letters(length.min(most), random, out),
        Kind::Binary => {
            let end = out.len() + length;
            while out.len() < end {
                out.extend(random.next().to_le_bytes());
            }
            out.truncate(end);
        }
        Kind::Unknown => {}
    }
}

fn letters(length: usize, random: &mut Random, out: &mut Vec<u8>) {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";
    let end = out.len() + length;
    while out.len() < end {
        let bits = random.next();
        let twelve = (0..12).map(|at| LETTERS[(bits >> (5 * at)) as usize % LETTERS.len()]);
        out.extend(twelve);
    }
    out.truncate(end);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::row::tests::column;
    use super::*;
    use crate::pb::DataType;

    const TYPES: [DataType; 15] = [
        DataType::Int8,
        DataType::Int16,
        DataType::Int32,
        DataType::Int64,
        DataType::Uint16,
        DataType::Bool,
        DataType::Float,
        DataType::Double,
        DataType::String,
        DataType::Binary,
        DataType::Varchar,
        DataType::UnixtimeMicros,
        DataType::Date,
        DataType::Decimal32,
        DataType::Decimal64,
    ];

    fn columns(key: DataType) -> Vec<Column> {
        let others = TYPES.iter().map(|of_type| column("v", *of_type, false, true));
        [column("k", key, true, false)].into_iter().chain(others).collect()
    }

    fn rows(columns: &[Column], next: u64, end: u64, seed: u64) -> Vec<Vec<Option<Vec<u8>>>> {
        let places = (0..columns.len()).collect();
        let mut generator = Generator { next, end, seed, nulls: 0.25, text: 32, places };
        let mut row = Row::new(columns.len());
        let one = || {
            generator.next(columns, &mut row)?;
            Some((0..columns.len()).map(|at| row.value(at).map(<[u8]>::to_vec)).collect())
        };
        std::iter::from_fn(one).collect()
    }

    #[test]
    fn a_row_depends_on_its_number_and_the_seed_alone() {
        let columns = columns(DataType::Int64);
        let all = rows(&columns, 0, 100, 1);
        assert_eq!(all.len(), 100);
        assert_eq!(rows(&columns, 40, 60, 1)[..], all[40..60]);
        let others = rows(&columns, 0, 100, 2);
        assert!(all.iter().zip(&others).all(|(one, other)| one[1..] != other[1..]));
        // And no two are alike in what is not their key.
        assert_eq!(all.iter().map(|row| &row[1..]).collect::<HashSet<_>>().len(), 100);
    }

    #[test]
    fn values_are_such_as_their_types_have() {
        let columns = columns(DataType::String);
        for row in rows(&columns, 0, 1000, 3) {
            for (column, value) in columns.iter().zip(row) {
                let Some(value) = value else { continue };
                let (mut text, mut back) = (Vec::new(), Vec::new());
                super::super::super::print::plain(column.kind, &value, &mut text);
                column.parse(&text, &mut back).unwrap();
                assert_eq!(back, value, "{column}");
            }
        }
        let nulls = rows(&columns, 0, 1000, 3).into_iter().filter(|row| row[9].is_none()).count();
        assert!((200..300).contains(&nulls), "{nulls}");
    }

    #[test]
    fn keys_differ_as_long_as_there_are_values() {
        for of_type in TYPES {
            let columns = columns(of_type);
            let most = u64::try_from(values(columns[0].kind).min(1000)).unwrap();
            let keys: HashSet<_> =
                rows(&columns, 0, most, 0).into_iter().map(|mut row| row.swap_remove(0)).collect();
            assert_eq!(keys.len() as u64, most, "{of_type:?}");
        }
    }
}
