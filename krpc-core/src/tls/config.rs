//! How TLS is configured: types of our own, with one escape each to rustls.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, verify_server_cert_signed_by_trust_anchor};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

#[cfg(feature = "test-util")]
use super::tap::{TlsTap, tapped};
use super::{Session, TlsFailure, rustls as session};

/// Which TLS versions are offered or accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TlsVersions {
    /// 1.2 and 1.3.
    #[default]
    Both,
    /// 1.2 only.
    Tls12,
    /// 1.3 only.
    Tls13,
}

impl TlsVersions {
    fn list(self) -> &'static [&'static rustls::SupportedProtocolVersion] {
        static BOTH: [&rustls::SupportedProtocolVersion; 2] =
            [&rustls::version::TLS13, &rustls::version::TLS12];
        match self {
            TlsVersions::Both => &BOTH,
            TlsVersions::Tls13 => &BOTH[..1],
            TlsVersions::Tls12 => &BOTH[1..],
        }
    }
}

/// A certificate or key that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsConfigError {
    /// No certificate in the PEM text, or a damaged one.
    #[error("no usable certificate in the PEM text: {0}")]
    Certificate(String),
    /// No private key in the PEM text, or one of an unknown kind.
    #[error("no usable private key in the PEM text: {0}")]
    PrivateKey(String),
    /// Certificate and key are not accepted together.
    #[error("certificate and private key are not accepted: {0}")]
    Rejected(String),
}

/// Certificates that a server's certificate must lead to.
#[derive(Clone)]
pub struct Roots {
    store: Arc<RootCertStore>,
    exact: Arc<[CertificateDer<'static>]>,
}

impl Roots {
    /// All certificates of a PEM text.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError::Certificate`] if there is none, or one is damaged.
    pub fn from_pem(pem: &[u8]) -> Result<Self, TlsConfigError> {
        let exact = certificates(pem)?;
        let mut store = RootCertStore::empty();
        for certificate in &exact {
            let added = store.add(certificate.clone());
            added.map_err(|e| TlsConfigError::Certificate(e.to_string()))?;
        }
        Ok(Roots { store: Arc::new(store), exact: exact.into() })
    }
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Roots({} certificates)", self.exact.len())
    }
}

/// How a client does TLS.
#[derive(Clone)]
pub struct ClientTls {
    versions: TlsVersions,
    roots: Option<Roots>,
    kind: ClientKind,
}

#[derive(Clone)]
enum ClientKind {
    Rustls {
        config: Arc<rustls::ClientConfig>,
        custom: bool,
    },
    #[cfg(feature = "test-util")]
    Fake,
    #[cfg(feature = "test-util")]
    Tapped(Box<ClientTls>, Arc<dyn TlsTap>),
}

impl Default for ClientTls {
    fn default() -> Self {
        Self::new()
    }
}

impl ClientTls {
    /// TLS 1.2 or 1.3 without a look at the server's certificate, as Kudu's clients do under SASL:
    /// encrypted, the server not authenticated.
    pub fn new() -> Self {
        let (versions, roots) = (TlsVersions::default(), None);
        let config = client_config(versions, roots.clone());
        ClientTls { versions, roots, kind: ClientKind::Rustls { config, custom: false } }
    }

    /// Checks that the server's certificate leads to one of `roots`, or is one of them, and so
    /// requires TLS; see [`ClientConfig::tls`](crate::ClientConfig::tls).
    ///
    /// Its host name is not compared, as nowhere in Kudu (KUDU-1886): whoever holds a certificate
    /// of these roots is a server of the cluster.
    pub fn verify(mut self, roots: Roots) -> Self {
        self.roots = Some(roots);
        self.rebuild()
    }

    /// Which versions are offered. Default: 1.2 and 1.3.
    pub fn versions(mut self, versions: TlsVersions) -> Self {
        self.versions = versions;
        self.rebuild()
    }

    /// A rustls configuration of your own. Session resumption and SNI are switched off in a copy
    /// of it, because KRPC has neither. Its verifier decides; `verify` and `versions` replace it.
    pub fn from_rustls(config: Arc<rustls::ClientConfig>) -> Self {
        let mut config = rustls::ClientConfig::clone(&config);
        config.resumption = Resumption::disabled();
        config.enable_sni = false;
        let kind = ClientKind::Rustls { config: Arc::new(config), custom: true };
        ClientTls { versions: TlsVersions::default(), roots: None, kind }
    }

    /// A stand-in without cryptography.
    #[cfg(feature = "test-util")]
    #[doc(hidden)]
    pub fn fake() -> Self {
        ClientTls { versions: TlsVersions::default(), roots: None, kind: ClientKind::Fake }
    }

    /// The same, shown to `tap`.
    #[cfg(feature = "test-util")]
    #[doc(hidden)]
    pub fn tapped(self, tap: Arc<dyn TlsTap>) -> Self {
        let (versions, roots) = (self.versions, self.roots.clone());
        ClientTls { versions, roots, kind: ClientKind::Tapped(Box::new(self), tap) }
    }

    fn rebuild(mut self) -> Self {
        let config = client_config(self.versions, self.roots.clone());
        self.kind = ClientKind::Rustls { config, custom: false };
        self
    }

    /// Whether the server's certificate is checked.
    pub(crate) fn verifies(&self) -> bool {
        match &self.kind {
            ClientKind::Rustls { custom, .. } => *custom || self.roots.is_some(),
            #[cfg(feature = "test-util")]
            ClientKind::Fake => false,
            #[cfg(feature = "test-util")]
            ClientKind::Tapped(tls, _) => tls.verifies(),
        }
    }

    pub(crate) fn session(&self) -> Result<Box<dyn Session>, TlsFailure> {
        match &self.kind {
            ClientKind::Rustls { config, .. } => session::client(config.clone()),
            #[cfg(feature = "test-util")]
            ClientKind::Fake => Ok(Box::new(super::fake::Fake::client())),
            #[cfg(feature = "test-util")]
            ClientKind::Tapped(tls, tap) => Ok(tapped(tls.session()?, tap.clone())),
        }
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls")
            .field("versions", &self.versions)
            .field("verifies", &self.verifies())
            .finish()
    }
}

/// How a server does TLS: its certificate and key.
#[derive(Clone)]
pub struct ServerTls(ServerKind);

#[derive(Clone)]
enum ServerKind {
    Rustls(Arc<rustls::ServerConfig>),
    #[cfg(feature = "test-util")]
    Fake,
    #[cfg(feature = "test-util")]
    Tapped(Box<ServerTls>, Arc<dyn TlsTap>),
}

impl ServerTls {
    /// A certificate chain, leaf first, and its unencrypted private key (PKCS#8, PKCS#1 or SEC1),
    /// both as PEM text.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError`] says which of the two is unusable.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsConfigError> {
        Self::from_pem_with(chain, key, TlsVersions::default())
    }

    /// As [`ServerTls::from_pem`], for given versions.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError`] says which of the two is unusable.
    pub fn from_pem_with(
        chain: &[u8],
        key: &[u8],
        versions: TlsVersions,
    ) -> Result<Self, TlsConfigError> {
        let chain = certificates(chain)?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|e| TlsConfigError::PrivateKey(e.to_string()))?;
        let mut config = rustls::ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(versions.list())
            .expect("ring has suites for TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|e| TlsConfigError::Rejected(e.to_string()))?;
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        Ok(ServerTls(ServerKind::Rustls(Arc::new(config))))
    }

    /// A rustls configuration of your own. TLS 1.3 tickets are switched off in a copy of it: they
    /// would be written behind the handshake, where an authentication-only stream is plain already.
    pub fn from_rustls(config: Arc<rustls::ServerConfig>) -> Self {
        let mut config = rustls::ServerConfig::clone(&config);
        config.send_tls13_tickets = 0;
        ServerTls(ServerKind::Rustls(Arc::new(config)))
    }

    /// A stand-in without cryptography.
    #[cfg(feature = "test-util")]
    #[doc(hidden)]
    pub fn fake() -> Self {
        ServerTls(ServerKind::Fake)
    }

    /// The same, shown to `tap`.
    #[cfg(feature = "test-util")]
    #[doc(hidden)]
    pub fn tapped(self, tap: Arc<dyn TlsTap>) -> Self {
        ServerTls(ServerKind::Tapped(Box::new(self), tap))
    }

    pub(crate) fn session(&self) -> Result<Box<dyn Session>, TlsFailure> {
        match &self.0 {
            ServerKind::Rustls(config) => session::server(config.clone()),
            #[cfg(feature = "test-util")]
            ServerKind::Fake => Ok(Box::new(super::fake::Fake::server())),
            #[cfg(feature = "test-util")]
            ServerKind::Tapped(tls, tap) => Ok(tapped(tls.session()?, tap.clone())),
        }
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerTls")
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsConfigError> {
    let list: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match list {
        Ok(list) if list.is_empty() => {
            Err(TlsConfigError::Certificate("no CERTIFICATE section".into()))
        }
        Ok(list) => Ok(list),
        Err(error) => Err(TlsConfigError::Certificate(error.to_string())),
    }
}

fn client_config(versions: TlsVersions, roots: Option<Roots>) -> Arc<rustls::ClientConfig> {
    let provider = provider();
    let verifier = Arc::new(ChainVerifier { provider: provider.clone(), roots });
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions.list())
        .expect("ring has suites for TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    Arc::new(config)
}

/// Checks the chain if there are roots, never the host name, and the handshake's signature.
#[derive(Debug)]
struct ChainVerifier {
    provider: Arc<CryptoProvider>,
    roots: Option<Roots>,
}

impl ChainVerifier {
    /// Whether the key is one that ring does not check signatures with. Kudu's test clusters have
    /// such certificates. Without roots nobody relies on the signature: whoever sits in between
    /// would show a certificate of his own.
    fn cannot_check(&self, certificate: &CertificateDer<'_>) -> bool {
        let key = || ParsedCertificate::try_from(certificate).map(|c| c.subject_public_key_info());
        self.roots.is_none() && key().is_ok_and(|key| is_short_rsa(&key))
    }
}

/// Whether an encoded SubjectPublicKeyInfo holds an RSA key of less than 2,048 bits. The modulus is
/// all but some forty bytes of it.
fn is_short_rsa(key: &[u8]) -> bool {
    const RSA_ENCRYPTION: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    let is_rsa = key.windows(RSA_ENCRYPTION.len()).any(|bytes| bytes == RSA_ENCRYPTION);
    is_rsa && key.len() < 2_048 / 8
}

impl ServerCertVerifier for ChainVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(roots) = &self.roots else { return Ok(ServerCertVerified::assertion()) };
        if roots.exact.iter().any(|root| root.as_ref() == end_entity.as_ref()) {
            return Ok(ServerCertVerified::assertion());
        }
        let parsed = ParsedCertificate::try_from(end_entity)
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        let roots = &roots.store;
        verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, algorithms)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.cannot_check(cert) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.cannot_check(cert) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_rsa_keys_are_told_by_their_length() {
        // Kinds and sizes of SubjectPublicKeyInfo, as openssl writes them.
        let rsa = |len: usize| {
            [&[0x30, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1][..], &vec![0; len - 12]]
                .concat()
        };
        for (bits, len, short) in
            [(768, 126, true), (1_024, 162, true), (1_536, 230, true), (2_048, 294, false)]
        {
            assert_eq!(is_short_rsa(&rsa(len)), short, "{bits}");
        }
        assert!(!is_short_rsa(&[0x30, 0x59, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]), "P-256");
    }
}
