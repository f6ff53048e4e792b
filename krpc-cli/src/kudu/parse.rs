//! Values as people and files write them, made into the bytes of a cell.

use std::borrow::Cow;
use std::str::FromStr;

use time::{Date, Duration, Month, OffsetDateTime, Time};

use crate::output::{plain, shown};

use super::column::{Column, DATES, Kind, bounds};
use super::schema::type_name;

/// The largest cell that Kudu takes.
pub(super) const LARGEST: usize = 64 << 10;

impl Column {
    /// Appends the value that `text` stands for: little endian for what has a fixed width, the bytes
    /// themselves for texts. The error is a sentence without a full stop.
    pub(super) fn parse(&self, text: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        value(self.kind, text, out).map_err(|wanted| {
            let of_type = type_name(&self.pb);
            let (name, text) = (plain(&self.name), shown(&String::from_utf8_lossy(text)));
            format!("column {name} of type {of_type} wants {wanted}, not '{text}'")
        })
    }
}

/// The same; the error is what would be right.
fn value(kind: Kind, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Cow<'static, str>> {
    let text = std::str::from_utf8(bytes);
    match kind {
        Kind::Bool => {
            let value = text.ok().and_then(boolean).ok_or("true or false")?;
            out.push(value.into());
        }
        Kind::Int(width) => integer(text.ok(), width, bounds(width), out)?,
        Kind::Uint(width) => {
            let (_, half) = bounds(width);
            integer(text.ok(), width, (0, half.saturating_mul(2).saturating_add(1)), out)?;
        }
        Kind::Float => {
            let value = text.ok().and_then(|text| float(text, f32::is_infinite));
            let value =
                value.ok_or_else(|| format!("a number up to {:e}, inf or nan", f32::MAX))?;
            out.extend(value.to_le_bytes());
        }
        Kind::Double => {
            let value = text.ok().and_then(|text| float(text, f64::is_infinite));
            let value =
                value.ok_or_else(|| format!("a number up to {:e}, inf or nan", f64::MAX))?;
            out.extend(value.to_le_bytes());
        }
        Kind::String => append(bytes, out)?,
        Kind::Varchar(most) => {
            let text = text.map_err(|_| "text in UTF-8")?;
            if text.chars().count() > most {
                return Err(format!("at most {most} characters").into());
            }
            append(bytes, out)?;
        }
        Kind::Binary => {
            let start = out.len();
            let right = unescape(bytes, out).is_some();
            if !right {
                return Err("bytes, the unprintable ones as \\xHH and a backslash as \\\\".into());
            }
            if out.len() - start > LARGEST {
                return Err(TOO_LARGE.into());
            }
        }
        Kind::UnixtimeMicros => {
            let value = text
                .ok()
                .and_then(instant)
                .ok_or("a time such as 2026-11-26T18:04:05.123456Z, or microseconds since 1970")?;
            out.extend(value.to_le_bytes());
        }
        Kind::Date => {
            let days = text.ok().and_then(|text| days(date(text)?));
            let days = days.filter(|days| DATES.contains(days));
            let days = days.ok_or("a date from 0001-01-01 to 9999-12-31")?;
            out.extend(days.to_le_bytes());
        }
        Kind::Decimal { bytes, precision, scale } => {
            let value = text.ok().and_then(|text| decimal(text, precision, scale));
            let value = value.ok_or_else(|| {
                let before = precision.saturating_sub(scale);
                format!("a number of at most {before} digits before the point and {scale} after it")
            })?;
            out.extend(&value.to_le_bytes()[..bytes]);
        }
        Kind::Unknown => return Err("nothing that this program could write".into()),
    }
    Ok(())
}

const TOO_LARGE: &str = "at most 64 KiB";

fn append(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
    if bytes.len() > LARGEST {
        return Err(TOO_LARGE);
    }
    out.extend(bytes);
    Ok(())
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn integer(
    text: Option<&str>,
    width: usize,
    (least, most): (i128, i128),
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let value: Option<i128> = text.and_then(|text| text.parse().ok());
    let value = value.filter(|value| (least..=most).contains(value));
    let value = value.ok_or_else(|| format!("an integer from {least} to {most}"))?;
    out.extend(&value.to_le_bytes()[..width]);
    Ok(())
}

/// What is written in digits is not infinite, however large it is.
fn float<F: Copy + FromStr>(text: &str, is_infinite: fn(F) -> bool) -> Option<F> {
    let value = text.parse().ok()?;
    let too_large = is_infinite(value) && text.contains(|c: char| c.is_ascii_digit());
    (!too_large).then_some(value)
}

/// The unscaled integer of a decimal number. Zeros that the scale has no room for say nothing.
fn decimal(text: &str, precision: u32, scale: u32) -> Option<i128> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = part.trim_end_matches('0');
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let missing = usize::try_from(scale).ok()?.checked_sub(part.len())?;
    if text.len() < 2 && !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    if !all_digits(whole) || !all_digits(part) {
        return None;
    }
    let digits = whole.bytes().chain(part.bytes()).chain(std::iter::repeat_n(b'0', missing));
    let mut value: i128 = 0;
    for digit in digits {
        value = value.checked_mul(10)?.checked_add((digit - b'0').into())?;
    }
    let fits = value < 10_i128.checked_pow(precision)?;
    fits.then_some(if negative { -value } else { value })
}

/// `\xHH` and `\\`; everything else stands for itself.
fn unescape(mut text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    while let Some((&first, rest)) = text.split_first() {
        text = rest;
        if first != b'\\' {
            out.push(first);
            continue;
        }
        if let Some(rest) = text.strip_prefix(b"\\") {
            out.push(b'\\');
            text = rest;
            continue;
        }
        let (digits, rest) = text.strip_prefix(b"x")?.split_at_checked(2)?;
        let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
        out.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        text = rest;
    }
    Some(())
}

/// Days since 1970.
fn days(date: Date) -> Option<i32> {
    i32::try_from((date - OffsetDateTime::UNIX_EPOCH.date()).whole_days()).ok()
}

/// `YEAR-MM-DD`. A year may have a sign and any number of digits.
fn date(text: &str) -> Option<Date> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut parts = rest.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let year: i32 = number(year)?;
    let month = Month::try_from(two_digits(month)?).ok()?;
    Date::from_calendar_date(if negative { -year } else { year }, month, two_digits(day)?).ok()
}

/// Microseconds since 1970, as such or as `DATE[T| ]HH:MM[:SS[.FRACTION]][Z|+HH:MM|-HH:MM]`.
fn instant(text: &str) -> Option<i64> {
    if let Ok(micros) = text.parse() {
        return Some(micros);
    }
    let (day, rest) = match text.split_once(['T', 't', ' ']) {
        Some((day, rest)) => (date(day)?, rest),
        None => (date(text)?, "00:00Z"),
    };
    let (clock, offset) = match rest.find(['Z', 'z', '+', '-']) {
        Some(at) => (&rest[..at], offset(&rest[at..])?),
        None => (rest, Duration::ZERO),
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let (hour, minute) = (two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    let second = parts.next().map_or(Some(0), two_digits)?;
    // More digits than Kudu keeps are refused rather than dropped.
    if parts.next().is_some() || fraction.len() > 6 {
        return None;
    }
    let micros: u32 = number(&format!("{fraction:0<6}"))?;
    let time = Time::from_hms_micro(hour, minute, second, micros).ok()?;
    // In wide numbers, because the first and the last of all times do not leave the calendar room.
    let days = i128::from(days(day)?);
    let clock = (time - Time::MIDNIGHT).whole_microseconds();
    i64::try_from(days * 86_400_000_000 + clock - offset.whole_microseconds()).ok()
}

fn offset(text: &str) -> Option<Duration> {
    let (sign, rest) = text.split_at_checked(1)?;
    let sign = match sign {
        "+" => 1,
        "-" => -1,
        _ => return rest.is_empty().then_some(Duration::ZERO),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    let right = hours < 24 && minutes < 60;
    right.then(|| Duration::minutes(sign * (i64::from(hours) * 60 + i64::from(minutes))))
}

fn two_digits(text: &str) -> Option<u8> {
    number(text).filter(|_| text.len() == 2)
}

/// Digits and nothing else.
fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::SHOWN;

    fn parsed(kind: Kind, text: &str) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        value(kind, text.as_bytes(), &mut out).map(|()| out).map_err(Into::into)
    }

    #[track_caller]
    fn wants(kind: Kind, texts: &[&str], wanted: &str) {
        for text in texts {
            assert_eq!(parsed(kind, text).unwrap_err(), wanted, "{text}");
        }
    }

    #[test]
    fn integers_have_their_ranges() {
        assert_eq!(parsed(Kind::Int(1), "-128").unwrap(), [0x80]);
        assert_eq!(parsed(Kind::Int(4), "513").unwrap(), [1, 2, 0, 0]);
        assert_eq!(parsed(Kind::Int(8), &i64::MIN.to_string()).unwrap(), i64::MIN.to_le_bytes());
        wants(Kind::Int(1), &["", "128", "-129", "x", "1.0", " 1"], "an integer from -128 to 127");
        wants(Kind::Uint(1), &["256", "-1"], "an integer from 0 to 255");
    }

    #[test]
    fn numbers_that_are_too_large_are_not_infinite() {
        assert_eq!(parsed(Kind::Float, "-3.4028235e38").unwrap(), f32::MIN.to_le_bytes());
        assert_eq!(parsed(Kind::Double, "1e300").unwrap(), 1e300_f64.to_le_bytes());
        for text in ["inf", "Infinity", "+inf"] {
            assert_eq!(parsed(Kind::Float, text).unwrap(), f32::INFINITY.to_le_bytes());
            assert_eq!(parsed(Kind::Double, text).unwrap(), f64::INFINITY.to_le_bytes());
        }
        let wanted = "a number up to 3.4028235e38, inf or nan";
        wants(Kind::Float, &["1e39", "-1e40", &"9".repeat(50), "x", ""], wanted);
        let wanted = "a number up to 1.7976931348623157e308, inf or nan";
        wants(Kind::Double, &["1e309", "-1e999", &"9".repeat(400), "x", ""], wanted);
    }

    #[test]
    fn decimals_have_their_scale() {
        let kind = Kind::Decimal { bytes: 4, precision: 5, scale: 2 };
        for (text, value) in [
            ("1.23", 123_i32),
            ("-1.2", -120),
            ("+7", 700),
            (".5", 50),
            ("5.", 500),
            ("1.23000", 123),
            ("-999.99", -99_999),
            ("0", 0),
        ] {
            assert_eq!(parsed(kind, text).unwrap(), value.to_le_bytes(), "{text}");
        }
        let wanted = "a number of at most 3 digits before the point and 2 after it";
        wants(kind, &["", ".", "-", "1.234", "1000", "1e2", "1.2.3", "--1", "1.-2"], wanted);
        let kind = Kind::Decimal { bytes: 16, precision: 38, scale: 0 };
        let most = "9".repeat(38);
        let value: i128 = most.parse().unwrap();
        assert_eq!(parsed(kind, &most).unwrap(), value.to_le_bytes());
        assert!(parsed(kind, &"9".repeat(39)).is_err());
        assert!(parsed(kind, &"9".repeat(400)).is_err());
    }

    #[test]
    fn dates_are_days_since_1970() {
        for (text, days) in
            [("1970-01-01", 0_i32), ("1-01-01", -719_162), ("9999-12-31", 2_932_896)]
        {
            assert_eq!(parsed(Kind::Date, text).unwrap(), days.to_le_bytes(), "{text}");
        }
        let wanted = "a date from 0001-01-01 to 9999-12-31";
        wants(
            Kind::Date,
            &["", "x", "0-12-31", "10000-01-01", "2023-02-29", "2024-1-1", "2024-01-01-01", "-1"],
            wanted,
        );
    }

    #[test]
    fn times_are_microseconds_since_1970() {
        for (text, micros) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("2023-11-14T22:13:20.123456Z", 1_700_000_000_123_456),
            ("2023-11-14 23:13:20.123456+01:00", 1_700_000_000_123_456),
            ("2023-11-14T22:13Z", 1_699_999_980_000_000),
            ("2023-11-14", 1_699_920_000_000_000),
            ("1700000000123456", 1_700_000_000_123_456),
            ("-5", -5),
            ("294247-01-10T04:00:54.775807Z", i64::MAX),
            ("-290308-12-21T19:59:05.224192Z", i64::MIN),
        ] {
            assert_eq!(parsed(Kind::UnixtimeMicros, text).unwrap(), micros.to_le_bytes(), "{text}");
        }
        for text in [
            "",
            "now",
            "2023-11-14T",
            "2023-11-14T22",
            "2023-11-14T24:00Z",
            "2023-11-14T22:13:20.1234567Z",
            "2023-11-14T22:13:20Zx",
            "2023-11-14T22:13:20+1",
            "294247-01-10T04:00:54.775808Z",
            "9223372036854775808",
            "999999-12-31T23:59:59-23:59",
        ] {
            assert!(parsed(Kind::UnixtimeMicros, text).is_err(), "{text}");
        }
    }

    #[test]
    fn bytes_may_be_escaped() {
        assert_eq!(parsed(Kind::Binary, r"a\x00\xfF\\x41\x41").unwrap(), b"a\0\xff\\x41A");
        for wrong in [r"\", r"\x", r"\x1", r"\xg1", r"\n", r"\x+1"] {
            assert!(parsed(Kind::Binary, wrong).is_err(), "{wrong}");
        }
        assert_eq!(parsed(Kind::String, r"\x00").unwrap(), br"\x00");
    }

    #[test]
    fn texts_have_their_lengths() {
        assert_eq!(parsed(Kind::Varchar(2), "éé").unwrap(), "éé".as_bytes());
        wants(Kind::Varchar(2), &["abc"], "at most 2 characters");
        let large = "x".repeat(LARGEST);
        assert_eq!(parsed(Kind::String, &large).unwrap().len(), LARGEST);
        wants(Kind::String, &[&(large.clone() + "x")], TOO_LARGE);
        wants(Kind::Binary, &[&(large + "x")], TOO_LARGE);
    }

    #[test]
    fn an_error_names_column_type_and_value() {
        let pb = crate::pb::ColumnSchemaPb {
            name: "a\n".into(),
            r#type: crate::pb::DataType::Int8.into(),
            ..Default::default()
        };
        let wrong = "x".repeat(SHOWN + 1);
        let error = Column::new(pb).parse(wrong.as_bytes(), &mut Vec::new()).unwrap_err();
        let shown = "x".repeat(SHOWN);
        assert_eq!(
            error,
            format!(
                "column a\\u{{a}} of type INT8 wants an integer from -128 to 127, not '{shown}...'"
            )
        );
    }
}
