//! TLS as a byte transformer: what is fed in on one side comes out on the other.

mod config;
#[cfg(feature = "test-util")]
mod fake;
mod records;
mod rustls;
#[cfg(feature = "test-util")]
mod tap;

pub use config::{ClientTls, Roots, ServerTls, TlsConfigError, TlsVersions};
#[cfg(feature = "test-util")]
pub use tap::TlsTap;

use crate::layer::{Session, Summary, TlsFailure};
