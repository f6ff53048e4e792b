//! Conditions as they are typed, made into what servers take: `COLUMN OPERATOR VALUE`.

use bytes::Bytes;

use crate::failure::Failure;
use crate::kudu::column::{Column, DATES, Kind, bounds, signed, unsigned};
use crate::kudu::table::Table;
use crate::output::{plain, shown};
use crate::pb::ColumnPredicatePb;
use crate::pb::column_predicate_pb::{Equality, InList, IsNotNull, IsNull, Predicate, Range};

const OPERATORS: &str = "= < <= > >=, IN (VALUE, ...), IS NULL and IS NOT NULL";

/// Reads a condition.
pub(super) fn parse(text: &str, table: &Table) -> Result<ColumnPredicatePb, Failure> {
    let wrong = |said: String| Failure::usage(format_args!("--where '{}': {said}", shown(text)));
    let mut rest = Rest(text.trim());
    let name = rest.name().map_err(wrong)?;
    let column = table.column(&name).map_err(|failure| wrong(failure.said().to_owned()))?;
    let predicate = rest.condition(column).map_err(wrong)?;
    Ok(ColumnPredicatePb { column: Some(name), predicate: Some(predicate) })
}

/// What is still to be read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// A plain word, or anything in double quotes.
    fn name(&mut self) -> Result<String, String> {
        if self.0.starts_with('"') {
            return self.quoted('"');
        }
        let ends = |c: char| c.is_whitespace() || "=<>!".contains(c);
        let (name, rest) = self.0.split_at(self.0.find(ends).unwrap_or(self.0.len()));
        self.0 = rest.trim_start();
        match name {
            "" => Err("expected COLUMN OPERATOR VALUE".to_owned()),
            name => Ok(name.to_owned()),
        }
    }

    fn condition(mut self, column: &Column) -> Result<Predicate, String> {
        let operator = self.operator();
        let missing = |operator: &str| {
            let (there_are, operator) = (format!("there are {OPERATORS}"), shown(operator));
            match operator.as_str() {
                "" => format!("no operator follows column {}: {there_are}", plain(&column.name)),
                "!=" | "<>" => format!("servers cannot select by '{operator}': {there_are}"),
                _ => format!("no operator is called '{operator}': {there_are}"),
            }
        };
        let predicate = match operator.to_ascii_uppercase().as_str() {
            "IS" => {
                let words: Vec<_> =
                    self.0.split_whitespace().map(str::to_ascii_uppercase).collect();
                self.0 = "";
                match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                    ["NULL"] => Predicate::IsNull(IsNull {}),
                    ["NOT", "NULL"] => Predicate::IsNotNull(IsNotNull {}),
                    _ => return Err("IS is followed by NULL or NOT NULL".to_owned()),
                }
            }
            "IN" => Predicate::InList(InList { values: self.list(column)? }),
            "=" | "==" => Predicate::Equality(Equality { value: Some(self.value(column, None)?) }),
            ">=" => range(Some(self.value(column, None)?), None),
            "<" => range(None, Some(self.value(column, None)?)),
            // Upper bounds are exclusive and lower ones inclusive; so the next value bounds it, if there
            // is one.
            ">" => match next(column.kind, &self.value(column, None)?) {
                Some(next) => range(Some(next), None),
                None => Predicate::InList(InList::default()),
            },
            "<=" => match next(column.kind, &self.value(column, None)?) {
                Some(next) => range(None, Some(next)),
                None => Predicate::IsNotNull(IsNotNull {}),
            },
            _ => return Err(missing(operator)),
        };
        match self.0 {
            "" => Ok(predicate),
            rest => Err(format!("nothing may follow the condition, and '{}' does", shown(rest))),
        }
    }

    /// A word, or what consists of `=<>!`.
    fn operator(&mut self) -> &'a str {
        let symbol = |c: char| "=<>!".contains(c);
        let other = |c: char| match self.0.starts_with(symbol) {
            true => !symbol(c),
            false => c.is_whitespace() || "('".contains(c),
        };
        let (operator, rest) = self.0.split_at(self.0.find(other).unwrap_or(self.0.len()));
        self.0 = rest.trim_start();
        operator
    }

    /// In parentheses, with commas between.
    fn list(&mut self, column: &Column) -> Result<Vec<Bytes>, String> {
        let expected = || "IN is followed by values in parentheses, with commas between".to_owned();
        self.0 = self.0.strip_prefix('(').ok_or_else(expected)?.trim_start();
        let mut values = Vec::new();
        loop {
            values.push(self.value(column, Some(&[',', ')']))?);
            let next = self.0.chars().next().ok_or_else(expected)?;
            self.0 = self.0[next.len_utf8()..].trim_start();
            match next {
                ',' => {}
                ')' => return Ok(values),
                _ => return Err(expected()),
            }
        }
    }

    /// A value in single quotes, or up to one of these, or up to the end.
    fn value(&mut self, column: &Column, ends: Option<&[char]>) -> Result<Bytes, String> {
        let text = if self.0.starts_with('\'') {
            self.quoted('\'')?
        } else {
            let end = ends.and_then(|ends| self.0.find(ends)).unwrap_or(self.0.len());
            let (text, rest) = self.0.split_at(end);
            self.0 = rest;
            match text.trim() {
                "" => return Err("a value is missing; an empty one is ''".to_owned()),
                text if text.eq_ignore_ascii_case("null") => {
                    let is_null = "NULL is no value: use IS NULL or IS NOT NULL";
                    return Err(format!("{is_null}, or '{text}' in quotes for the text"));
                }
                text => text.to_owned(),
            }
        };
        let mut value = Vec::new();
        column.parse(text.as_bytes(), &mut value)?;
        // To servers it is equal to every number, so that all rows would be taken or none.
        if is_nan(column.kind, &value) {
            let name = plain(&column.name);
            return Err(format!(
                "column {name} cannot be compared with '{text}': use a number or inf"
            ));
        }
        Ok(value.into())
    }

    /// Up to the other quotation mark; two of them are one that belongs to the text.
    fn quoted(&mut self, mark: char) -> Result<String, String> {
        let mut text = String::new();
        let mut rest = &self.0[mark.len_utf8()..];
        loop {
            let (part, after) = rest.split_once(mark).ok_or(format!("{mark} is missing"))?;
            text += part;
            match after.strip_prefix(mark) {
                Some(after) => {
                    text.push(mark);
                    rest = after;
                }
                None => {
                    self.0 = after.trim_start();
                    return Ok(text);
                }
            }
        }
    }
}

fn is_nan(kind: Kind, value: &[u8]) -> bool {
    match kind {
        Kind::Float => value.try_into().is_ok_and(|bytes| f32::from_le_bytes(bytes).is_nan()),
        Kind::Double => value.try_into().is_ok_and(|bytes| f64::from_le_bytes(bytes).is_nan()),
        _ => false,
    }
}

fn range(lower: Option<Bytes>, upper: Option<Bytes>) -> Predicate {
    Predicate::Range(Range { lower, upper })
}

/// The least value that is greater, if there is one.
fn next(kind: Kind, value: &[u8]) -> Option<Bytes> {
    let integer = |most: i128| {
        let value = signed(value);
        let next = value.checked_add(1).filter(|next| *next <= most)?;
        Some(next.to_le_bytes()[..kind.width()].to_vec())
    };
    let next = match kind {
        Kind::Bool => (value == [0]).then(|| vec![1]),
        Kind::Int(bytes) | Kind::Decimal { bytes, .. } => integer(bounds(bytes).1),
        Kind::UnixtimeMicros => integer(i64::MAX.into()),
        Kind::Date => integer((*DATES.end()).into()),
        Kind::Uint(bytes) => {
            let next = unsigned(value).checked_add(1)?.to_le_bytes();
            next[bytes..].iter().all(|byte| *byte == 0).then(|| next[..bytes].to_vec())
        }
        Kind::Float => {
            let value = f32::from_le_bytes(value.try_into().ok()?);
            (value < f32::INFINITY).then(|| value.next_up().to_le_bytes().to_vec())
        }
        Kind::Double => {
            let value = f64::from_le_bytes(value.try_into().ok()?);
            (value < f64::INFINITY).then(|| value.next_up().to_le_bytes().to_vec())
        }
        Kind::String | Kind::Binary | Kind::Varchar(_) | Kind::Unknown => {
            Some([value, &[0]].concat())
        }
    };
    next.map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pb::{ColumnSchemaPb, DataType};

    fn table() -> Table {
        let column = |name: &str, of_type: DataType| {
            Column::new(ColumnSchemaPb {
                name: name.into(),
                r#type: of_type.into(),
                ..ColumnSchemaPb::default()
            })
        };
        Table {
            id: String::new(),
            name: "t".into(),
            columns: vec![
                column("i", DataType::Int8),
                column("s", DataType::String),
                column("f", DataType::Float),
                column("two \"words\"", DataType::Bool),
            ],
            partitions: Default::default(),
            token: None,
        }
    }

    fn parsed(text: &str) -> Predicate {
        parse(text, &table()).unwrap().predicate.unwrap()
    }

    fn bytes(value: impl AsRef<[u8]>) -> Option<Bytes> {
        Some(Bytes::copy_from_slice(value.as_ref()))
    }

    #[test]
    fn conditions_are_read() {
        let equal = |value: &[u8]| Predicate::Equality(Equality { value: bytes(value) });
        assert_eq!(parsed("i = 5"), equal(&[5]));
        assert_eq!(parsed(" i==-1 "), equal(&[0xff]));
        assert_eq!(parsed("i>=5"), range(bytes([5]), None));
        assert_eq!(parsed("i < 5"), range(None, bytes([5])));
        assert_eq!(parsed("s = a = 'b'"), equal(b"a = 'b'"));
        assert_eq!(parsed("s='it''s '"), equal(b"it's "));
        assert_eq!(parsed("s = ''"), equal(b""));
        assert_eq!(parsed("\"two \"\"words\"\"\" = true"), equal(&[1]));
        assert_eq!(parsed("s is null"), Predicate::IsNull(IsNull {}));
        assert_eq!(parsed("s IS  NOT NULL"), Predicate::IsNotNull(IsNotNull {}));
        assert_eq!(parsed("s = 'NULL'"), equal(b"NULL"));
        let values = vec![bytes("a").unwrap(), bytes("b, c").unwrap(), bytes("d e").unwrap()];
        let list = Predicate::InList(InList { values });
        assert_eq!(parsed("s IN ('a','b, c' , d e )"), list);
        assert_eq!(parsed("s in('a', 'b, c', 'd e')"), list);
    }

    #[test]
    fn what_is_at_most_is_less_than_the_next() {
        assert_eq!(parsed("i <= 5"), range(None, bytes([6])));
        assert_eq!(parsed("i > -1"), range(bytes([0]), None));
        assert_eq!(parsed("i <= 127"), Predicate::IsNotNull(IsNotNull {}));
        assert_eq!(parsed("i > 127"), Predicate::InList(InList::default()));
        assert_eq!(parsed("s <= b"), range(None, bytes(b"b\0")));
        assert_eq!(parsed("f > 1"), range(bytes(1_f32.next_up().to_le_bytes()), None));
        assert_eq!(parsed("f <= inf"), Predicate::IsNotNull(IsNotNull {}));
        assert_eq!(parsed("\"two \"\"words\"\"\" > false"), range(bytes([1]), None));
        assert_eq!(next(Kind::Uint(1), &[255]), None);
        assert_eq!(next(Kind::Uint(2), &[255, 0]), bytes([0, 1]));
        assert_eq!(next(Kind::Date, &DATES.end().to_le_bytes()), None);
        assert_eq!(next(Kind::Int(16), &i128::MAX.to_le_bytes()), None);
    }

    #[test]
    fn long_conditions_are_not_repeated() {
        let long = "x".repeat(10_000);
        for text in [
            format!("{long} = 1"),
            format!("i {long} 1"),
            format!("i = {long}"),
            format!("s = 'a' {long}"),
            format!("f = nan{}", " ".repeat(10_000)),
        ] {
            let said = parse(&text, &table()).unwrap_err().to_string();
            assert!(said.len() < 500, "{said}");
        }
    }

    #[test]
    fn wrong_conditions_say_what_would_be_right() {
        for (text, part) in [
            ("", "expected COLUMN OPERATOR VALUE"),
            ("= 5", "expected COLUMN OPERATOR VALUE"),
            ("x = 5", "table t has no column 'x'; it has i, s, f, two \"words\""),
            ("i", "no operator follows column i: there are = < <="),
            ("i ~ 5", "no operator is called '~'"),
            ("i like 5", "no operator is called 'like'"),
            ("i != 5", "servers cannot select by '!=': there are"),
            ("i =", "a value is missing; an empty one is ''"),
            ("i = NULL", "NULL is no value: use IS NULL or IS NOT NULL, or 'NULL' in quotes for"),
            ("s IN (a, null)", "NULL is no value"),
            ("f < 1e39", "wants a number up to 3.4028235e38, inf or nan, not '1e39'"),
            ("f <= nan", "column f cannot be compared with 'nan': use a number or inf"),
            ("f IN (1, -NaN)", "column f cannot be compared with '-NaN'"),
            ("i = x", "wants an integer from -128 to 127, not 'x'"),
            ("i = 5 AND i = 6", "not '5 AND i = 6'"),
            ("s = 'a' b", "nothing may follow the condition, and 'b' does"),
            ("s = 'a", "' is missing"),
            ("\"s = a", "\" is missing"),
            ("s IS a", "IS is followed by NULL or NOT NULL"),
            ("s IN 5", "values in parentheses"),
            ("s IN (5", "values in parentheses"),
            ("s IN ('a' 'b')", "values in parentheses"),
            ("s IN ()", "a value is missing"),
            ("\u{1b} = 5", "\\u{1b}"),
        ] {
            let Failure::Usage(said) = parse(text, &table()).unwrap_err() else { panic!("{text}") };
            assert!(said.contains(part) && said.starts_with("--where '"), "{text}: {said}");
        }
    }
}
