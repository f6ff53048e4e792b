//! Someone who looks over a session's shoulder: tests that read a sealed stream beside its receiver.

use std::fmt;
use std::io::{self, IoSlice};
use std::sync::Arc;

use super::{Session, Summary, TlsFailure};

/// Is shown what a session seals and what it has opened, and changes nothing.
pub trait TlsTap: Send + Sync {
    /// These bytes were sealed: they cannot change any more.
    fn sealed(&self, bytes: &[u8]);

    /// These bytes were opened, and the connection has taken them.
    fn opened(&self, bytes: &[u8]);
}

impl fmt::Debug for dyn TlsTap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsTap")
    }
}

pub(super) fn tapped(session: Box<dyn Session>, tap: Arc<dyn TlsTap>) -> Box<dyn Session> {
    Box::new(Tapped { session, tap })
}

struct Tapped {
    session: Box<dyn Session>,
    tap: Arc<dyn TlsTap>,
}

impl Session for Tapped {
    fn is_handshaking(&self) -> bool {
        self.session.is_handshaking()
    }

    fn read_tls(&mut self, data: &mut &[u8]) -> Result<(), TlsFailure> {
        self.session.read_tls(data)
    }

    fn plaintext(&mut self) -> &[u8] {
        self.session.plaintext()
    }

    fn consume(&mut self, n: usize) {
        self.tap.opened(&self.session.plaintext()[..n]);
        self.session.consume(n);
    }

    fn write_plaintext(&mut self, slices: &[IoSlice<'_>]) -> usize {
        let taken = self.session.write_plaintext(slices);
        let mut left = taken;
        for slice in slices {
            let step = slice.len().min(left);
            if step > 0 {
                self.tap.sealed(&slice[..step]);
            }
            left -= step;
        }
        taken
    }

    fn wants_write(&self) -> bool {
        self.session.wants_write()
    }

    fn write_tls(&mut self, out: &mut dyn io::Write) -> io::Result<usize> {
        self.session.write_tls(out)
    }

    fn send_close_notify(&mut self) {
        self.session.send_close_notify();
    }

    fn is_mid_record(&self) -> bool {
        self.session.is_mid_record()
    }

    fn peer_has_closed(&self) -> bool {
        self.session.peer_has_closed()
    }

    fn summary(&self) -> Summary {
        self.session.summary()
    }
}
