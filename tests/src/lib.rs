//! What the tests of the whole workspace share: real Kudu, started and stopped by a test.
//!
//! [`kudu`] finds Kudu's programs, [`cluster`] runs servers of them, [`java`] programs that use Kudu's
//! client for Java. [`process`] keeps children from outliving their purpose, [`raw`] is a client without
//! driver and runtime.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod cluster;
pub mod java;
pub mod kudu;
pub mod process;
pub mod raw;
mod server;
