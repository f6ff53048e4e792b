//! What the system allows a process.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Lets this process, and those it starts, open so many files. Says on standard error what to do if that
/// cannot be.
#[must_use]
pub fn allow_files(needed: u64) -> bool {
    let mut limit = getrlimit(Resource::Nofile);
    let enough = |files: Option<u64>| files.is_none_or(|files| files >= needed);
    if enough(limit.current) {
        return true;
    }
    if enough(limit.maximum) {
        limit.current = Some(needed);
        if setrlimit(Resource::Nofile, limit).is_ok() {
            return true;
        }
    }
    eprintln!(
        "a process may open {} files here, and {needed} are needed: raise the limit, by \
         `ulimit -n {needed}` or in limits.conf(5)",
        limit.maximum.unwrap_or(0)
    );
    false
}
