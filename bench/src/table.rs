//! Tables in Markdown.

use std::fmt;

/// A table, as text.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows; the first column is text, the others are numbers.
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        Table { rows: vec![head.into_iter().map(Into::into).collect()] }
    }

    /// Adds a row.
    pub fn row(&mut self, name: impl Into<String>, numbers: impl IntoIterator<Item = String>) {
        self.rows.push(std::iter::once(name.into()).chain(numbers).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max()
        };
        let widths: Vec<usize> = (0..self.rows[0].len()).filter_map(width).collect();
        for (i, row) in self.rows.iter().enumerate() {
            for (j, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let width = *width;
                if j == 0 {
                    write!(f, "| {cell:<width$} |")
                } else {
                    write!(f, " {cell:>width$} |")
                }?;
            }
            writeln!(f)?;
            if i == 0 {
                for (j, width) in widths.iter().enumerate() {
                    let line = "-".repeat(*width);
                    if j == 0 { write!(f, "| {line} |") } else { write!(f, " {}: |", &line[1..]) }?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

/// A number with three digits that count.
pub fn digits(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => crate::report::thousands(value.round()),
    }
}
