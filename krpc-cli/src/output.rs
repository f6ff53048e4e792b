//! What is printed: tables, JSON, and text that a peer chose.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};

use krpc_tokio::core::proto::text::is_unsafe;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::tcgetwinsize;
use serde_json::Value;

use crate::failure::Failure;

/// Text chosen by a peer: everything that is not printable is shown as an escape, so that it can
/// neither steer the terminal nor end the line.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            let _ = write!(out, "{}", c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// How much of a text that was typed an error repeats.
pub(crate) const SHOWN: usize = 100;

/// Text that was typed, safe to print, and cut if it is long.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", plain(&text[..end])),
        None => plain(text),
    }
}

/// Pretty JSON without a control character in it.
pub(crate) fn json(value: &Value) -> String {
    no_controls(serde_json::to_string_pretty(value).expect("a Value always has a text"))
}

/// The same on one line.
pub(crate) fn json_line(value: &Value) -> String {
    no_controls(value.to_string())
}

/// A string in JSON, quotes included, in one line without a control character in it.
pub(crate) fn json_string(text: &str) -> String {
    no_controls(serde_json::to_string(text).expect("a string always has a text"))
}

/// JSON itself lets DEL, the C1 controls and the like stand in a string as they are. Its line breaks stand
/// between values only.
fn no_controls(text: String) -> String {
    let is_control = |c: char| c != '\n' && is_unsafe(c);
    if !text.chars().any(is_control) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_control(c) {
            let _ = write!(out, "\\u{:04x}", c as u32);
        } else {
            out.push(c);
        }
    }
    out
}

/// Prints a line to standard output. When nobody reads there any more (`krpc ... | head`), there is
/// nothing left to do, so that this ends the command as other failures do; it just is none.
pub(crate) fn line(text: impl fmt::Display) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|e| Failure::output(&e))
}

/// Whether nobody reads standard output any more. Writing would tell; this is for who has nothing to write
/// yet.
pub(crate) fn is_unread() -> bool {
    let out = io::stdout();
    let mut asked = [PollFd::new(&out, PollFlags::empty())];
    let now = Timespec::default();
    poll(&mut asked, Some(&now)).is_ok()
        && asked[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

/// Prints a line to standard error. If that fails, there is nobody to tell.
pub(crate) fn note(text: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Shows a line on the terminal in place of the one before; an empty one takes that away. It is for
/// people who wait: where standard error is no terminal, nothing is shown. What the terminal has no room
/// for is left out, because a line that goes on in the next cannot be taken away.
pub(crate) fn live(text: impl FnOnce() -> String) {
    let mut out = io::stderr().lock();
    // Only terminals have a size, and not all of them tell it.
    if let Ok(size) = tcgetwinsize(&out) {
        let width = if size.ws_col == 0 { 79 } else { usize::from(size.ws_col) - 1 };
        let _ = write!(out, "\r{:<width$.width$}\r", text()).and_then(|()| out.flush());
    }
}

/// Columns that line up. Cells are escaped here, so callers pass peer's text as it is.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<'a>(header: impl IntoIterator<Item = &'a str>) -> Self {
        Table { rows: vec![header.into_iter().map(str::to_owned).collect()] }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| plain(&cell)).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows[0].len();
        let width = |i: usize| self.rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (n, row) in self.rows.iter().enumerate() {
            let cells: Vec<_> = row.iter().zip(&widths).map(|(c, w)| format!("{c:<w$}")).collect();
            let end = if n + 1 < self.rows.len() { "\n" } else { "" };
            write!(f, "{}{end}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peer_text_cannot_steer_the_terminal() {
        assert_eq!(plain("a\x1b[2Jb\0\u{9b}c\u{202e}\n"), r"a\u{1b}[2Jb\u{0}\u{9b}c\u{202e}\u{a}");
        assert_eq!(plain("héllo 日本"), "héllo 日本");
        assert_eq!(plain("\u{61c}x\u{feff}"), r"\u{61c}x\u{feff}");
        let text = json(&serde_json::json!({"k\x1b": "v\x7f\u{9b}\u{202e}é"}));
        assert_eq!(text, "{\n  \"k\\u001b\": \"v\\u007f\\u009b\\u202eé\"\n}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["k\x1b"], "v\x7f\u{9b}\u{202e}é");
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(shown("a\n"), "a\\u{a}");
        let most = "\u{e9}".repeat(SHOWN);
        assert_eq!(shown(&most), most);
        assert_eq!(shown(&format!("{most}x")), format!("{most}..."));
    }

    #[test]
    fn tables_line_up() {
        let mut table = Table::new(["name", "n"]);
        table.row(["a-long-name".into(), "1".into()]);
        table.row(["x\n".into(), "22".into()]);
        assert_eq!(table.to_string(), "name         n\na-long-name  1\nx\\u{a}       22");
    }
}
