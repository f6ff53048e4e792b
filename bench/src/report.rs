//! Figures, their limits, and how they are printed.

use std::process::ExitCode;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Instructions, as callgrind counts them.
    Instructions,
    /// Bytes; printed in KiB.
    Bytes,
    /// Bytes; printed as they are.
    Octets,
    /// One figure divided by another.
    Ratio,
    /// Wall-clock time in milliseconds.
    Millis,
    /// Time in microseconds.
    Micros,
    /// Plain counts.
    Count,
}

/// What a figure has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// Nothing: it is for information.
    None,
    /// Smaller than this.
    Below(f64),
    /// Exactly this.
    Is(f64),
    /// At least this.
    AtLeast(f64),
}

impl Limit {
    fn holds(self, value: f64) -> bool {
        match self {
            Limit::None => true,
            Limit::Below(limit) => value < limit,
            Limit::Is(limit) => value == limit,
            Limit::AtLeast(limit) => value >= limit,
        }
    }

    fn text(self, unit: Unit) -> String {
        match self {
            Limit::None => String::new(),
            Limit::Below(limit) => format!("< {}", unit.text(limit)),
            Limit::Is(limit) => format!("= {}", unit.text(limit)),
            Limit::AtLeast(limit) => format!(">= {}", unit.text(limit)),
        }
    }
}

impl Unit {
    fn text(self, value: f64) -> String {
        match self {
            Unit::Instructions => thousands(value),
            Unit::Bytes => format!("{} KiB", thousands(value / 1024.0)),
            Unit::Octets => format!("{} B", thousands(value)),
            Unit::Ratio => format!("{value:.4}"),
            Unit::Millis => format!("{value:.2} ms"),
            Unit::Micros => format!("{value:.2} us"),
            Unit::Count => format!("{value}"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Unit::Instructions => "instructions",
            Unit::Bytes | Unit::Octets => "bytes",
            Unit::Ratio => "ratio",
            Unit::Millis => "ms",
            Unit::Micros => "us",
            Unit::Count => "count",
        }
    }
}

/// A number in groups of three digits, and with one decimal where there are few.
pub fn thousands(value: f64) -> String {
    if value.abs() < 1000.0 && value.fract() != 0.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if value < 0.0 { format!("-{out}") } else { out }
}

#[derive(Debug)]
struct Row {
    group: String,
    what: String,
    value: f64,
    limit: Limit,
}

/// Collects figures and prints them as they come, so that a run that fails half-way has said why.
#[derive(Debug)]
pub struct Report {
    bench: &'static str,
    json: bool,
    rows: Vec<Row>,
}

impl Report {
    /// An empty report of a benchmark. With `json` it prints one object a line instead of a table.
    pub fn new(bench: &'static str, json: bool) -> Self {
        Report { bench, json, rows: Vec::new() }
    }

    /// Adds a figure and prints it. `group` is what was done, `what` is what was counted.
    pub fn add(&mut self, group: &str, what: &str, unit: Unit, value: f64, limit: Limit) {
        let row = Row { group: group.to_owned(), what: what.to_owned(), value, limit };
        let ok = limit.holds(value);
        if self.json {
            let Row { group, what, .. } = &row;
            let (kind, bound) = match limit {
                Limit::None => ("null", "null".to_owned()),
                Limit::Below(limit) => ("\"below\"", limit.to_string()),
                Limit::Is(limit) => ("\"is\"", limit.to_string()),
                Limit::AtLeast(limit) => ("\"at_least\"", limit.to_string()),
            };
            // The texts are our own: neither has a quotation mark or a backslash.
            println!(
                "{{\"bench\":\"{}\",\"group\":\"{group}\",\"what\":\"{what}\",\"unit\":\"{}\",\
                 \"value\":{value},\"limit_kind\":{kind},\"limit\":{bound},\"ok\":{ok}}}",
                self.bench,
                unit.name(),
            );
        } else {
            if self.rows.last().is_none_or(|last| last.group != row.group) {
                println!("\n{}: {}", self.bench, row.group);
            }
            let verdict = match (limit, ok) {
                (Limit::None, _) => "",
                (_, true) => "ok",
                (_, false) => "FAILED",
            };
            let line = format!(
                "  {:<64} {:>16}  {:<14} {verdict}",
                row.what,
                unit.text(value),
                limit.text(unit)
            );
            println!("{}", line.trim_end());
        }
        self.rows.push(row);
    }

    /// Success if every figure is within its limit.
    pub fn finish(self) -> ExitCode {
        let failed = self.rows.iter().filter(|row| !row.limit.holds(row.value));
        let failed: Vec<_> = failed.map(|row| format!("{}: {}", row.group, row.what)).collect();
        if failed.is_empty() {
            return ExitCode::SUCCESS;
        }
        eprintln!("{}: outside their limits: {}", self.bench, failed.join("; "));
        ExitCode::FAILURE
    }
}

/// Whether `--json` was given, and nothing that is not known.
pub fn json_wanted(args: &[String]) -> bool {
    for arg in args {
        assert_eq!(arg, "--json", "unknown argument; there is --json");
    }
    !args.is_empty()
}

/// The median: of two in the middle, the upper.
///
/// # Panics
///
/// If there are no values.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
