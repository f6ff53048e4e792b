//! Durations and sizes, read and written.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

const UNITS: [(&str, f64); 5] =
    [("ms", 1e-3), ("us", 1e-6), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// A time limit. It is shown as it was typed, which is how its user knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) time: Duration,
    typed: String,
}

impl Limit {
    /// The same for what has so much time and no more: its own, but for what it took to come to this.
    pub(crate) fn left(&self, time: Duration) -> Self {
        match time + Duration::from_millis(100) < self.time {
            true => Limit { time, typed: format!("{:.1}s", time.as_secs_f64()) },
            false => self.clone(),
        }
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Limit { time: parse_duration(text)?, typed: text.to_owned() })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

/// `5s`, `500ms`, `1.5s`, `250us`, `2m`, `1h`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    match duration_or_none(text)? {
        Duration::ZERO => Err("must be longer than zero".into()),
        duration => Ok(duration),
    }
}

/// The same, or `0s`.
pub(crate) fn duration_or_none(text: &str) -> Result<Duration, String> {
    let (number, unit) =
        text.split_at(text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len()));
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    let plain = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let seconds = number.parse::<f64>().ok().filter(|_| plain).zip(factor).map(|(n, f)| n * f);
    match seconds.map(Duration::try_from_secs_f64) {
        Some(Ok(d)) if d > Duration::from_secs(24 * 60 * 60) => Err("at most 24h".into()),
        Some(Ok(duration)) => Ok(duration),
        _ => Err("expected a number and a unit: 5s, 500ms, 250us, 2m or 1h".into()),
    }
}

const SIZES: [(&str, u64); 4] = [("", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// A number of bytes: `4096`, `64KiB`, `8MiB`, `1GiB`.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let (number, unit) =
        text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor = SIZES.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    let size = number.parse::<u64>().ok().zip(factor).and_then(|(n, f)| n.checked_mul(f));
    size.ok_or_else(|| "expected a number of bytes: 4096, 64KiB, 8MiB or 1GiB".into())
}

/// A duration with three digits that matter.
pub(crate) struct Short(pub(crate) Duration);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.0.as_secs_f64();
        let (value, unit) = match s {
            s if s >= 1.0 => (s, "s"),
            s if s >= 1e-3 => (s * 1e3, "ms"),
            s => (s * 1e6, "us"),
        };
        let digits = if value >= 100.0 {
            0
        } else if value >= 10.0 {
            1
        } else {
            2
        };
        f.pad(&format!("{value:.digits$} {unit}"))
    }
}

/// Milliseconds, to the microsecond, for JSON.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_may_have_less_than_all_the_time() {
        let limit: Limit = "1m".parse().unwrap();
        assert_eq!(limit.left(Duration::from_secs(10)).to_string(), "10.0s");
        assert_eq!(limit.left(Duration::from_millis(59_990)).to_string(), "1m");
    }

    #[test]
    fn durations_need_a_unit() {
        assert_eq!(parse_duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_duration("250us"), Ok(Duration::from_micros(250)));
        assert_eq!(parse_duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(parse_duration("24h"), Ok(Duration::from_secs(86_400)));
        for wrong in ["", "5", "s", "-1s", "1e3s", "5 s", "5d", "1..2s", "infs", "NaNs", "5sec"] {
            assert!(parse_duration(wrong).unwrap_err().contains("unit"), "{wrong}");
        }
        assert!(parse_duration("0s").unwrap_err().contains("zero"));
        for long in ["99999m", "25h"] {
            assert!(parse_duration(long).unwrap_err().contains("24h"));
        }
        assert_eq!("0.50s".parse::<Limit>().unwrap().to_string(), "0.50s");
    }

    #[test]
    fn sizes_may_have_a_unit() {
        assert_eq!(parse_size("4096"), Ok(4_096));
        assert_eq!(parse_size("64KiB"), Ok(65_536));
        assert_eq!(parse_size("8MiB"), Ok(8 << 20));
        assert_eq!(parse_size("0"), Ok(0));
        for wrong in ["", "KiB", "1.5MiB", "-1", "1 MiB", "1kb", "1M", "17179869184GiB"] {
            assert!(parse_size(wrong).unwrap_err().contains("number of bytes"), "{wrong}");
        }
    }

    #[test]
    fn short_keeps_three_digits() {
        let show = |us| Short(Duration::from_micros(us)).to_string();
        assert_eq!(show(7), "7.00 us");
        assert_eq!(show(1_234), "1.23 ms");
        assert_eq!(show(45_678), "45.7 ms");
        assert_eq!(show(456_789), "457 ms");
        assert_eq!(show(2_500_000), "2.50 s");
    }
}
