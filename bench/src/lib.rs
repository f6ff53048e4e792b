//! What the benchmarks have in common; see `README.md`.
#![forbid(unsafe_code)]

pub mod callgrind;
pub mod held;
pub mod memory;
pub mod peer;
pub mod report;
