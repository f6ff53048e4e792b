//! How much memory this process holds, where its program counts that.

use std::sync::OnceLock;

static COUNT: OnceLock<fn() -> usize> = OnceLock::new();

/// Tells the library how the program counts what it has allocated: `count` returns bytes. An allocator
/// is the program's choice, so none is set here; without a count, `krpc soak` and a part of `krpc demo`
/// do not run.
///
/// The first call counts.
pub fn count_memory_with(count: fn() -> usize) {
    COUNT.get_or_init(|| count);
}

/// Bytes allocated and not freed; `None` if nobody counts them.
pub(crate) fn allocated() -> Option<u64> {
    COUNT.get().map(|count| count() as u64)
}
