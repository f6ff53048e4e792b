//! Values as text: as `kudu table scan` prints them, and as `krpc kudu load` and JSON read them.

use std::fmt::Display;
use std::io::Write as _;

use time::{Date, Duration, OffsetDateTime};

use super::column::{DATES, Kind, signed, unsigned};

/// Microseconds of a second, and of a day.
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Appends the value as `kudu table scan` prints it, but for a DECIMAL of 20 digits or more: there Kudu
/// leaves out zeros or has one too many, so that different numbers look alike.
pub(super) fn as_kudu(kind: Kind, cell: &[u8], out: &mut Vec<u8>) {
    match kind {
        Kind::Float => {
            let value = f32::from_le_bytes(fixed(cell));
            let short = general(value, 6);
            let same = short.parse() == Ok(value);
            let text = if same || !value.is_finite() { short } else { general(value, 8) };
            out.extend(text.as_bytes());
        }
        Kind::Double => {
            let value = f64::from_le_bytes(fixed(cell));
            let short = general(value, 15);
            let same = short.parse() == Ok(value);
            let text = if same || !value.is_finite() { short } else { general(value, 17) };
            out.extend(text.as_bytes());
        }
        Kind::String | Kind::Varchar(_) => quoted(cell, out, |byte, out| match byte {
            0..=0x1f | 0x7f => put(out, format_args!("\\{byte:03o}")),
            _ => out.push(byte),
        }),
        Kind::Binary | Kind::Unknown => {
            let mut after = usize::MAX;
            quoted(cell, out, |byte, out| {
                // A digit right after an escape would be read as a part of it.
                let digit = byte.is_ascii_hexdigit() && out.len() == after;
                if matches!(byte, b' '..=b'~') && !digit {
                    out.push(byte);
                } else {
                    put(out, format_args!("\\x{byte:02x}"));
                    after = out.len();
                }
            });
        }
        Kind::Date => {
            let days = i32::from_le_bytes(fixed(cell));
            match DATES.contains(&days) {
                true => date(days.into(), 1, out),
                false => put(out, format_args!("value {days} out of range for DATE type")),
            }
        }
        Kind::UnixtimeMicros => instant(i64::from_le_bytes(fixed(cell)), 1, out),
        Kind::Decimal { bytes, .. } => put(out, format_args!("{}_D{}", signed(cell), 8 * bytes)),
        Kind::Int(_) | Kind::Uint(_) | Kind::Bool => plain(kind, cell, out),
    }
}

/// Appends the value as [`parse`](super::column::Column::parse) reads it.
pub(super) fn plain(kind: Kind, cell: &[u8], out: &mut Vec<u8>) {
    match kind {
        Kind::Int(8) => put(out, i64::from_le_bytes(fixed(cell))),
        Kind::Int(4) => put(out, i32::from_le_bytes(fixed(cell))),
        Kind::Int(_) => put(out, signed(cell)),
        Kind::Uint(_) => put(out, unsigned(cell)),
        Kind::Bool => put(out, cell != [0]),
        // The shortest that reads back to the same.
        Kind::Float => put(out, format_args!("{:?}", f32::from_le_bytes(fixed(cell)))),
        Kind::Double => put(out, format_args!("{:?}", f64::from_le_bytes(fixed(cell)))),
        Kind::String | Kind::Varchar(_) => out.extend(cell),
        Kind::Binary | Kind::Unknown => {
            for &byte in cell {
                match byte {
                    b'\\' => out.extend(b"\\\\"),
                    b' '..=b'~' => out.push(byte),
                    _ => put(out, format_args!("\\x{byte:02x}")),
                }
            }
        }
        Kind::Date => date(i32::from_le_bytes(fixed(cell)).into(), 4, out),
        Kind::UnixtimeMicros => instant(i64::from_le_bytes(fixed(cell)), 4, out),
        Kind::Decimal { scale, .. } => decimal(signed(cell), scale as usize, out),
    }
}

/// Whether [`plain`] gives a number that JSON can have as one. Decimals are not among them: a reader
/// would make them floating-point numbers.
pub(super) fn is_json(kind: Kind, cell: &[u8]) -> bool {
    match kind {
        Kind::Int(_) | Kind::Uint(_) | Kind::Bool => true,
        Kind::Float => f32::from_le_bytes(fixed(cell)).is_finite(),
        Kind::Double => f64::from_le_bytes(fixed(cell)).is_finite(),
        _ => false,
    }
}

fn put(out: &mut Vec<u8>, text: impl Display) {
    // Writing to memory does not fail.
    let _ = write!(out, "{text}");
}

/// The bytes of a cell, whose length was checked when it was cut from its row.
fn fixed<const N: usize>(cell: &[u8]) -> [u8; N] {
    cell.first_chunk().copied().unwrap_or([0; N])
}

/// A text in quotes with the escapes that all texts have; `other` writes the other bytes.
fn quoted(text: &[u8], out: &mut Vec<u8>, mut other: impl FnMut(u8, &mut Vec<u8>)) {
    out.push(b'"');
    for &byte in text {
        match byte {
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            b'"' | b'\'' | b'\\' => out.extend([b'\\', byte]),
            _ => other(byte, out),
        }
    }
    out.push(b'"');
}

/// C's `%.{digits}g`, with the names that C has for what is no number.
fn general<F: Into<f64> + Copy + std::fmt::LowerExp>(value: F, digits: usize) -> String {
    let wide: f64 = value.into();
    if !wide.is_finite() {
        let name = if wide.is_nan() { "nan" } else { "inf" };
        let sign = if wide.is_sign_negative() { "-" } else { "" };
        return format!("{sign}{name}");
    }
    let text = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let in_full = usize::try_from(exponent.max(-4) + 4).is_ok_and(|shift| shift < digits + 4);
    if exponent < -4 || !in_full {
        let mantissa = without_zeros(mantissa);
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    let after_point = i32::try_from(digits).unwrap_or(0) - 1 - exponent;
    without_zeros(&format!("{wide:.*}", usize::try_from(after_point).unwrap_or(0))).to_owned()
}

fn without_zeros(number: &str) -> &str {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    }
}

fn decimal(unscaled: i128, scale: usize, out: &mut Vec<u8>) {
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    let point = if scale > 0 { "." } else { "" };
    put(out, format_args!("{sign}{whole}{point}{part}"));
}

/// `YEAR-MM-DD` for so many days after 1970; the year has at least so many digits.
fn date(days: i64, digits: usize, out: &mut Vec<u8>) {
    let epoch: Date = OffsetDateTime::UNIX_EPOCH.date();
    match epoch.checked_add(Duration::days(days)) {
        Some(date) => {
            let (year, month, day) = date.to_calendar_date();
            let sign = if year < 0 { "-" } else { "" };
            let (year, month) = (year.unsigned_abs(), u8::from(month));
            put(out, format_args!("{sign}{year:0digits$}-{month:02}-{day:02}"));
        }
        None => put(out, days),
    }
}

/// The time in UTC for so many microseconds after 1970.
fn instant(micros: i64, digits: usize, out: &mut Vec<u8>) {
    date(micros.div_euclid(DAY), digits, out);
    let clock = micros.rem_euclid(DAY);
    let (seconds, micros) = (clock / SECOND, clock % SECOND);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    put(out, format_args!("T{hours:02}:{minutes:02}:{seconds:02}.{micros:06}Z"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(print: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        print(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn kudu(kind: Kind, cell: impl AsRef<[u8]>) -> String {
        text(|out| as_kudu(kind, cell.as_ref(), out))
    }

    fn ours(kind: Kind, cell: impl AsRef<[u8]>) -> String {
        text(|out| plain(kind, cell.as_ref(), out))
    }

    #[test]
    fn floats_are_those_of_c() {
        for (value, kudus, shortest) in [
            (0.1_f32, "0.1", "0.1"),
            (-1.5, "-1.5", "-1.5"),
            (1e10, "1e+10", "10000000000.0"),
            (0.0, "0", "0.0"),
            (-0.0, "-0", "-0.0"),
            (1e-5, "1e-05", "1e-5"),
            (0.0001, "0.0001", "0.0001"),
            (123_456.0, "123456", "123456.0"),
            (1_234_567.0, "1234567", "1234567.0"),
            // Between two numbers of 8 digits: the even one.
            (1_048_577.0 / 8.0, "131072.12", "131072.13"),
            (f32::MAX, "3.4028235e+38", "3.4028235e38"),
            (f32::INFINITY, "inf", "inf"),
            (f32::NEG_INFINITY, "-inf", "-inf"),
            (f32::NAN, "nan", "NaN"),
            (-f32::NAN, "-nan", "NaN"),
        ] {
            let cell = value.to_le_bytes();
            assert_eq!(kudu(Kind::Float, cell), kudus);
            assert_eq!(ours(Kind::Float, cell), shortest);
        }
        for (value, kudus) in [
            (0.1_f64, "0.1"),
            (-2.25e-300, "-2.25e-300"),
            (1.2345678901234568e17, "1.2345678901234568e+17"),
            (1e15, "1e+15"),
            (1e14, "100000000000000"),
            (f64::MIN_POSITIVE / 4.0, "5.5626846462680035e-309"),
        ] {
            assert_eq!(kudu(Kind::Double, value.to_le_bytes()), kudus);
        }
    }

    #[test]
    fn texts_are_escaped_as_kudu_does() {
        let cell = "h\u{e9}llo \"q\" \\ \n\t'\x01 end\x7f";
        let kudus = "\"h\u{e9}llo \\\"q\\\" \\\\ \\n\\t\\'\\001 end\\177\"";
        assert_eq!(kudu(Kind::String, cell), kudus);
        assert_eq!(ours(Kind::String, cell), cell);
        let cell = b"\x00\x01\xffA\"\\\n";
        assert_eq!(kudu(Kind::Binary, cell), r#""\x00\x01\xff\x41\"\\\n""#);
        assert_eq!(ours(Kind::Binary, cell), r#"\x00\x01\xffA"\\\x0a"#);
        assert_eq!(kudu(Kind::Binary, b"\x00g\x00\nA\x001z1"), r#""\x00g\x00\nA\x00\x31z1""#);
        assert_eq!(kudu(Kind::Varchar(9), ""), "\"\"");
    }

    #[test]
    fn times_and_dates() {
        for (micros, kudus, padded) in [
            (1_700_000_000_123_456_i64, "2023-11-14T22:13:20.123456Z", None),
            (-1, "1969-12-31T23:59:59.999999Z", None),
            (
                -62_135_596_800_000_000,
                "1-01-01T00:00:00.000000Z",
                Some("0001-01-01T00:00:00.000000Z"),
            ),
            (i64::MAX, "294247-01-10T04:00:54.775807Z", None),
            (i64::MIN, "-290308-12-21T19:59:05.224192Z", None),
        ] {
            let cell = micros.to_le_bytes();
            assert_eq!(kudu(Kind::UnixtimeMicros, cell), kudus);
            assert_eq!(ours(Kind::UnixtimeMicros, cell), padded.unwrap_or(kudus));
        }
        assert_eq!(kudu(Kind::Date, 19_782_i32.to_le_bytes()), "2024-02-29");
        assert_eq!(kudu(Kind::Date, (-719_162_i32).to_le_bytes()), "1-01-01");
        let after = 2_932_897_i32.to_le_bytes();
        assert_eq!(kudu(Kind::Date, after), "value 2932897 out of range for DATE type");
        assert_eq!(ours(Kind::Date, i32::MAX.to_le_bytes()), "2147483647");
    }

    #[test]
    fn decimals_have_their_point() {
        let kind = |bytes, scale| Kind::Decimal { bytes, precision: 9, scale };
        assert_eq!(kudu(kind(4, 2), 123_i32.to_le_bytes()), "123_D32");
        assert_eq!(kudu(kind(16, 2), (-5_i128).to_le_bytes()), "-5_D128");
        // Kudu 1.18.1 has 100_D128.
        let zeros = "100000000000000000000_D128";
        assert_eq!(kudu(kind(16, 0), 10_i128.pow(20).to_le_bytes()), zeros);
        assert_eq!(ours(kind(4, 2), 123_i32.to_le_bytes()), "1.23");
        assert_eq!(ours(kind(8, 3), (-5_i64).to_le_bytes()), "-0.005");
        assert_eq!(ours(kind(8, 0), 7_i64.to_le_bytes()), "7");
        let least = i128::MIN.to_le_bytes();
        assert_eq!(ours(kind(16, 38), least), "-1.70141183460469231731687303715884105728");
    }

    #[test]
    fn a_cell_that_is_too_short_is_no_panic() {
        for kind in [Kind::Double, Kind::Int(8), Kind::Date, Kind::Bool, Kind::UnixtimeMicros] {
            assert!(!kudu(kind, b"").is_empty());
        }
    }
}
