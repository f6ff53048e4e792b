//! Making a peer's bytes fit for a log or a terminal.

use core::fmt;

/// Shows `bytes` as text in which nothing can steer a terminal, break a line or hide.
///
/// Control characters, characters that change the reading direction and bytes that are not UTF-8
/// appear as `\xNN`, one for each byte. A backslash stays as it is, so text that has been escaped
/// once is not changed by a second time.
pub fn escape(bytes: &[u8]) -> impl fmt::Display + '_ {
    Escaped(bytes)
}

struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            let valid = chunk.valid();
            let mut plain_from = 0;
            for (at, c) in valid.char_indices().filter(|&(_, c)| is_unsafe(c)) {
                f.write_str(&valid[plain_from..at])?;
                plain_from = at + c.len_utf8();
                hex(f, &valid.as_bytes()[at..plain_from])?;
            }
            f.write_str(&valid[plain_from..])?;
            hex(f, chunk.invalid())?;
        }
        Ok(())
    }
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
}

/// Whether `c` can steer a terminal, break a line, change the reading direction or hide.
///
/// ```
/// use krpc_proto::text::is_unsafe;
///
/// assert!(is_unsafe('\x1b') && is_unsafe('\u{202e}'));
/// assert!(!is_unsafe('é'));
/// ```
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
        || matches!(c, '\u{61c}' | '\u{feff}')
}
