//! What the benchmarks have in common; see `README.md`.
#![forbid(unsafe_code)]

pub mod adapter;
pub mod bare;
pub mod callgrind;
pub mod child;
pub mod cpu;
pub mod echo;
pub mod held;
pub mod limits;
pub mod memory;
pub mod peer;
pub mod raw;
pub mod report;
pub mod service;
pub mod svg;
pub mod table;
pub mod turns;
pub mod workers;
