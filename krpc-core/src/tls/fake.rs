//! A TLS stand-in without cryptography: three handshake messages as in TLS 1.3, then records of at
//! most 512 bytes whose contents are inverted, so that a byte on the wrong side of the switch shows.

use std::io::{self, IoSlice, Write};

use super::{Session, Summary, TlsFailure};

const HANDSHAKE: u8 = 0x16;
const DATA: u8 = 0x17;
const ALERT: u8 = 0x15;
/// Kind and length.
const HEADER: usize = 3;
const MAX_RECORD: usize = 512;
const SEALED_AHEAD: usize = 4096;

pub(super) struct Fake {
    /// What the next handshake record must say; `None` when the handshake is complete.
    expect: Option<&'static [u8]>,
    is_client: bool,
    incoming: Vec<u8>,
    plain: Vec<u8>,
    sealed: Vec<u8>,
    peer_has_closed: bool,
}

impl Fake {
    pub(super) fn client() -> Self {
        let mut fake = Self::new(true, b"server hello");
        fake.record(HANDSHAKE, b"client hello");
        fake
    }

    pub(super) fn server() -> Self {
        Self::new(false, b"client hello")
    }

    fn new(is_client: bool, expect: &'static [u8]) -> Self {
        Fake {
            expect: Some(expect),
            is_client,
            incoming: Vec::new(),
            plain: Vec::new(),
            sealed: Vec::new(),
            peer_has_closed: false,
        }
    }

    fn record(&mut self, kind: u8, content: &[u8]) {
        self.sealed.push(kind);
        self.sealed.extend_from_slice(&(content.len() as u16).to_be_bytes());
        self.sealed.extend(content.iter().map(|byte| !byte));
    }

    fn handshake(&mut self, message: &[u8]) -> Result<(), TlsFailure> {
        if self.expect != Some(message) {
            return Err("fake handshake out of order".into());
        }
        self.expect = match message {
            b"client hello" => {
                self.record(HANDSHAKE, b"server hello");
                Some(b"client done")
            }
            b"server hello" => {
                self.record(HANDSHAKE, b"client done");
                None
            }
            _ => None,
        };
        Ok(())
    }
}

impl Session for Fake {
    fn is_handshaking(&self) -> bool {
        self.expect.is_some()
    }

    fn read_tls(&mut self, data: &mut &[u8]) -> Result<(), TlsFailure> {
        // The header, or what is missing of the record.
        let missing = match self.incoming[..] {
            [_, high, low, ..] => {
                HEADER + usize::from(u16::from_be_bytes([high, low])) - self.incoming.len()
            }
            _ => HEADER - self.incoming.len(),
        };
        let (now, rest) = data.split_at(missing.min(data.len()));
        *data = rest;
        self.incoming.extend_from_slice(now);
        let [kind, high, low, content @ ..] = &self.incoming[..] else { return Ok(()) };
        let (kind, length) = (*kind, usize::from(u16::from_be_bytes([*high, *low])));
        if length > MAX_RECORD {
            return Err("fake record too long".into());
        }
        if content.len() < length {
            return Ok(());
        }
        let content: Vec<u8> = content.iter().map(|byte| !byte).collect();
        self.incoming.clear();
        match kind {
            HANDSHAKE if self.is_handshaking() => self.handshake(&content),
            DATA if !self.is_handshaking() => {
                self.plain.extend_from_slice(&content);
                Ok(())
            }
            ALERT => {
                self.peer_has_closed = true;
                Ok(())
            }
            _ => Err(format!("fake record of kind {kind:#x} out of place").into()),
        }
    }

    fn plaintext(&mut self) -> &[u8] {
        &self.plain
    }

    fn consume(&mut self, n: usize) {
        self.plain.drain(..n);
    }

    fn write_plaintext(&mut self, slices: &[IoSlice<'_>]) -> usize {
        let mut taken = 0;
        for slice in slices {
            for chunk in slice.chunks(MAX_RECORD) {
                if self.sealed.len() >= SEALED_AHEAD {
                    return taken;
                }
                self.record(DATA, chunk);
                taken += chunk.len();
            }
        }
        taken
    }

    fn wants_write(&self) -> bool {
        !self.sealed.is_empty()
    }

    fn write_tls(&mut self, out: &mut dyn Write) -> io::Result<usize> {
        let written = out.write(&self.sealed)?;
        self.sealed.drain(..written);
        Ok(written)
    }

    fn send_close_notify(&mut self) {
        self.record(ALERT, b"bye");
    }

    fn is_mid_record(&self) -> bool {
        !self.incoming.is_empty()
    }

    fn peer_has_closed(&self) -> bool {
        self.peer_has_closed
    }

    fn summary(&self) -> Summary {
        let suite = if self.is_client { "FAKE_CLIENT" } else { "FAKE_SERVER" };
        Summary { version: "fake", suite: suite.into(), peer_certificate: None }
    }
}
