//! Certificates for servers that the program starts itself.

use krpc_tokio::{Roots, ServerTls};

use crate::failure::Failure;

/// A certificate that its holder signed, and its key.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) pem: String,
    pub(crate) key: String,
}

impl Certificate {
    /// A fresh one that nobody else knows.
    pub(crate) fn make() -> Result<Certificate, Failure> {
        let made = rcgen::generate_simple_self_signed(vec!["krpc".into()]);
        let made = made.map_err(|e| Failure::call("cannot make a certificate", e, None))?;
        Ok(Certificate { pem: made.cert.pem(), key: made.signing_key.serialize_pem() })
    }

    /// What makes clients trust it.
    pub(crate) fn roots(&self) -> Result<Roots, Failure> {
        let roots = Roots::from_pem(self.pem.as_bytes());
        roots.map_err(|e| Failure::call("cannot use the certificate", e, None))
    }

    /// What makes a server have it.
    pub(crate) fn server(&self) -> Result<ServerTls, Failure> {
        let tls = ServerTls::from_pem(self.pem.as_bytes(), self.key.as_bytes());
        tls.map_err(|e| Failure::call("cannot use the certificate", e, None))
    }
}
