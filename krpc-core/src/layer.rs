//! What lies between frames and the socket: nothing, or TLS.

use std::fmt;
use std::io::{self, IoSlice};
use std::sync::Arc;

use bytes::Bytes;

/// The TLS library's words about what went wrong.
pub(crate) type TlsFailure = Arc<str>;

/// One side of a TLS connection: bytes are fed in and taken out, nothing is done by itself.
///
/// Two implementations: rustls, and a stand-in without cryptography for tests and fuzzing.
pub(crate) trait Session: Send + Sync {
    fn is_handshaking(&self) -> bool;

    /// Takes some of `data`, which is not empty, from the front. Drain `plaintext` before the next
    /// call.
    fn read_tls(&mut self, data: &mut &[u8]) -> Result<(), TlsFailure>;

    /// Decrypted bytes that wait; empty when there are none.
    fn plaintext(&mut self) -> &[u8];

    /// Removes the first `n` bytes of what `plaintext` gave.
    fn consume(&mut self, n: usize);

    /// Seals what fits under the limit of bytes ahead of the socket; returns how much. What was
    /// sealed cannot change any more.
    fn write_plaintext(&mut self, slices: &[IoSlice<'_>]) -> usize;

    fn wants_write(&self) -> bool;

    /// One write of sealed bytes.
    fn write_tls(&mut self, out: &mut dyn io::Write) -> io::Result<usize>;

    fn send_close_notify(&mut self);

    /// Whether a record was begun and is not complete.
    fn is_mid_record(&self) -> bool;

    /// Whether the peer has sent its close_notify: nothing can follow.
    fn peer_has_closed(&self) -> bool;

    /// Version, suite and the peer's certificate, once the handshake is complete.
    fn summary(&self) -> Summary;
}

pub(crate) struct Summary {
    pub(crate) version: &'static str,
    pub(crate) suite: String,
    pub(crate) peer_certificate: Option<Bytes>,
}

#[cfg_attr(not(feature = "tls"), allow(dead_code))]
pub(crate) enum Layer {
    Plain,
    Tls {
        session: Box<dyn Session>,
        /// Plain bytes of the negotiation that go out before the first sealed ones.
        before: Vec<u8>,
        before_sent: usize,
    },
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layer::Plain => "Plain",
            Layer::Tls { .. } => "Tls",
        })
    }
}
