//! TLS as a byte transformer: what is fed in on one side comes out on the other.

mod config;
#[cfg(feature = "test-util")]
mod fake;
mod records;
mod rustls;

pub use config::{ClientTls, Roots, ServerTls, TlsConfigError, TlsVersions};

use crate::layer::{Session, Summary, TlsFailure};
