//! What a user's lints say to code that the user did not write.

/// Nobody uses all of a package; not all of it is visible outside the crate; every path is written
/// in full; and names and comments come from files that other languages read as well.
///
/// Attributes of the whole file, `#![allow(..)]`, are not allowed in what `include!` includes.
const ALLOW: &str = "#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, \
                     clippy::pedantic)]\n";

/// How the items begin that are generated.
const ITEMS: &[&str] = &["pub struct ", "pub enum ", "pub mod ", "impl ", "static "];

/// Adds to each item of a formatted file that nothing in it is worth a warning.
pub(crate) fn quiet(code: &str) -> String {
    let mut quiet = String::new();
    for line in code.split_inclusive('\n') {
        // What lies inside an item is indented, and neither strings nor comments go over lines.
        // Nothing is to be said of the implementation of a trait.
        if ITEMS.iter().any(|item| line.starts_with(item)) && !line.contains(" for ") {
            quiet += ALLOW;
        }
        quiet += line;
    }
    quiet
}
