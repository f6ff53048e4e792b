//! What the tests of the whole workspace share: real Kudu, started and stopped by a test.
//!
//! [`kudu`] finds Kudu's programs, [`cluster`] runs servers of them.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod cluster;
pub mod kudu;
mod process;
