//! A TLS session by rustls.

use std::io::{self, BufRead, IoSlice, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;

use bytes::Bytes;
use rustls::{CertificateError, Connection, Error, ProtocolVersion};
use rustls_pki_types::ServerName;

use super::records::Records;
use super::{Session, Summary, TlsFailure};

/// Most bytes sealed ahead of the socket. What is sealed cannot change any more, so this bounds
/// what a cancelled call still has to send.
const SEALED_AHEAD: usize = 64 << 10;

pub(super) struct RustlsSession {
    connection: Connection,
    records: Records,
    peer_has_closed: bool,
}

pub(super) fn client(config: Arc<rustls::ClientConfig>) -> Result<Box<dyn Session>, TlsFailure> {
    // No name is sent or checked; rustls wants one all the same.
    let name = ServerName::IpAddress(Ipv4Addr::UNSPECIFIED.into());
    wrap(rustls::ClientConnection::new(config, name).map(Connection::Client))
}

pub(super) fn server(config: Arc<rustls::ServerConfig>) -> Result<Box<dyn Session>, TlsFailure> {
    wrap(rustls::ServerConnection::new(config).map(Connection::Server))
}

fn wrap(connection: Result<Connection, Error>) -> Result<Box<dyn Session>, TlsFailure> {
    let mut connection = connection.map_err(failure)?;
    connection.set_buffer_limit(Some(SEALED_AHEAD));
    Ok(Box::new(RustlsSession { connection, records: Records::default(), peer_has_closed: false }))
}

fn failure(error: Error) -> TlsFailure {
    match error {
        Error::InvalidCertificate(why) => certificate_failure(&why).into(),
        other => other.to_string().into(),
    }
}

/// What is wrong with the peer's certificate, where rustls has only the name of a variant.
fn certificate_failure(why: &CertificateError) -> String {
    let said = match why {
        CertificateError::UnknownIssuer => "leads to none of the trusted roots",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet: compare the clocks of both hosts"
        }
        CertificateError::BadSignature => {
            "carries a signature that was not made with the key of its issuer"
        }
        CertificateError::BadEncoding => "is damaged",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "is not made for servers"
        }
        // The type behind it is not one of rustls' own.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "is that of a certificate authority, which no server may use as its own"
        }
        other => return format!("the peer's certificate is not accepted: {other}"),
    };
    format!("the peer's certificate {said}")
}

impl Session for RustlsSession {
    fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    fn read_tls(&mut self, data: &mut &[u8]) -> Result<(), TlsFailure> {
        if self.peer_has_closed {
            *data = &[];
            return Ok(());
        }
        let before = *data;
        self.connection.read_tls(data).map_err(|error| TlsFailure::from(error.to_string()))?;
        self.records.follow(&before[..before.len() - data.len()]);
        let state = self.connection.process_new_packets().map_err(failure)?;
        self.peer_has_closed = state.peer_has_closed();
        Ok(())
    }

    fn plaintext(&mut self) -> &[u8] {
        // An error says "nothing yet" or "closed": either way there is nothing to take.
        self.connection.reader().into_first_chunk().unwrap_or(&[])
    }

    fn consume(&mut self, n: usize) {
        self.connection.reader().consume(n);
    }

    fn write_plaintext(&mut self, slices: &[IoSlice<'_>]) -> usize {
        // The writer has no error of its own: it buffers what its limit allows.
        self.connection.writer().write_vectored(slices).unwrap_or(0)
    }

    fn wants_write(&self) -> bool {
        self.connection.wants_write()
    }

    fn write_tls(&mut self, out: &mut dyn Write) -> io::Result<usize> {
        self.connection.write_tls(out)
    }

    fn send_close_notify(&mut self) {
        self.connection.send_close_notify();
    }

    fn is_mid_record(&self) -> bool {
        self.records.is_mid_record()
    }

    fn peer_has_closed(&self) -> bool {
        self.peer_has_closed
    }

    fn summary(&self) -> Summary {
        let certificate = self.connection.peer_certificates().and_then(|chain| chain.first());
        let suite = self.connection.negotiated_cipher_suite().and_then(|s| s.suite().as_str());
        Summary {
            version: match self.connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
                Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
                _ => "unknown",
            },
            suite: suite.unwrap_or("unknown").replace("TLS13_", "TLS_"),
            peer_certificate: certificate.map(|der| Bytes::copy_from_slice(der)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::OtherError;
    use rustls_pki_types::UnixTime;

    use super::*;

    #[test]
    fn common_faults_of_certificates_are_sentences() {
        #[derive(Debug, thiserror::Error)]
        #[error("CaUsedAsEndEntity")]
        struct Authority;

        let day = |n: u64| UnixTime::since_unix_epoch(Duration::from_secs(n * 86_400));
        for (error, part) in [
            (CertificateError::UnknownIssuer, "leads to none of the trusted roots"),
            (CertificateError::Expired, "has expired"),
            (CertificateError::ExpiredContext { time: day(2), not_after: day(1) }, "has expired"),
            (CertificateError::NotValidYet, "is not valid yet"),
            (
                CertificateError::NotValidYetContext { time: day(1), not_before: day(2) },
                "is not valid yet",
            ),
            (CertificateError::BadSignature, "a signature that was not made with"),
            (CertificateError::BadEncoding, "is damaged"),
            (CertificateError::InvalidPurpose, "is not made for servers"),
            (
                CertificateError::Other(OtherError(Arc::new(Authority))),
                "is that of a certificate authority",
            ),
            (CertificateError::Revoked, "is not accepted: Revoked"),
        ] {
            let text = failure(error.into());
            assert!(text.starts_with("the peer's certificate "), "{text}");
            assert!(text.contains(part), "{text}");
        }
        let other = failure(Error::HandshakeNotComplete);
        assert_eq!(*other, Error::HandshakeNotComplete.to_string());
    }
}
