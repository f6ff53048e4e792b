//! The `krpc` program; all of it is in the library, but for the allocator.

use std::alloc::System;

use cap::Cap;

/// The system's, and a count of what it has given out.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

fn main() -> std::process::ExitCode {
    krpc_cli::count_memory_with(|| MEMORY.allocated());
    krpc_cli::main()
}
