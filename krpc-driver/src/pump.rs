//! Bytes between a connection and a socket: one bounded step at a time, over `std::io` traits that
//! may answer `WouldBlock`.

use std::cell::Cell;
use std::io::{self, IoSliceMut, Read, Write};
use std::time::Instant;

use krpc_core::{ClientConnection, ServerConnection, Then, Transmitted, TransportError};

/// How much is read at once behind a large frame that is read in place, and before it is known
/// whether the stream is sealed. What is read this way is copied once, so no more than needed.
pub(crate) const PLAIN_SCRATCH: usize = 16 << 10;

/// The same for a sealed stream, which is copied anyway: the larger, the fewer system calls.
pub(crate) const SEALED_SCRATCH: usize = 64 << 10;

thread_local! {
    /// Taken while in use, so that a nested use would find none and make its own.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends a buffer of `len` initialised bytes that the thread keeps.
pub(crate) fn with_scratch<R>(len: usize, code: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut scratch = SCRATCH.take();
    if scratch.len() < len {
        scratch.resize(len, 0);
    }
    let result = code(&mut scratch[..len]);
    SCRATCH.set(scratch);
    result
}

/// What both connections have in common.
pub(crate) trait Connection {
    fn wants_read(&self) -> bool;
    fn wants_write(&self) -> bool;
    fn is_closed(&self) -> bool;
    /// Whether it has stopped sending in mid-frame.
    fn is_cut(&self) -> bool;
    fn poll_timeout(&self) -> Option<Instant>;
    fn handle_input(&mut self, now: Instant, data: &[u8]);
    fn recv_space(&mut self) -> &mut [u8];
    fn handle_received(&mut self, now: Instant, n: usize);
    fn handle_eof(&mut self, now: Instant);
    fn handle_transport_error(&mut self, now: Instant, error: TransportError);
    fn handle_timeout(&mut self, now: Instant);
    fn transmit(&mut self, now: Instant, out: &mut dyn Write) -> io::Result<Transmitted>;
}

macro_rules! connection {
    ($type:ident, $cut:expr) => {
        impl Connection for $type {
            fn wants_read(&self) -> bool {
                self.wants_read()
            }
            fn wants_write(&self) -> bool {
                self.wants_write()
            }
            fn is_closed(&self) -> bool {
                self.is_closed()
            }
            fn is_cut(&self) -> bool {
                $cut(self)
            }
            fn poll_timeout(&self) -> Option<Instant> {
                self.poll_timeout()
            }
            fn handle_input(&mut self, now: Instant, data: &[u8]) {
                self.handle_input(now, data);
            }
            fn recv_space(&mut self) -> &mut [u8] {
                self.recv_space()
            }
            fn handle_received(&mut self, now: Instant, n: usize) {
                self.handle_received(now, n);
            }
            fn handle_eof(&mut self, now: Instant) {
                self.handle_eof(now);
            }
            fn handle_transport_error(&mut self, now: Instant, error: TransportError) {
                self.handle_transport_error(now, error);
            }
            fn handle_timeout(&mut self, now: Instant) {
                self.handle_timeout(now);
            }
            fn transmit(&mut self, now: Instant, out: &mut dyn Write) -> io::Result<Transmitted> {
                self.transmit(now, out)
            }
        }
    };
}

connection!(ClientConnection, ClientConnection::is_cut);
// A server owes every reply that it has begun.
connection!(ServerConnection, |_: &ServerConnection| false);

/// A socket that never makes anybody wait: where it would, it answers `WouldBlock`.
pub trait Socket: Read + Write {
    /// Ends the stream to the peer, and goes on reading.
    ///
    /// # Errors
    ///
    /// Those of the socket.
    fn shutdown_write(&mut self) -> io::Result<()>;
}

/// Where there is no socket yet.
#[derive(Debug)]
pub(crate) enum NoSocket {}

impl Read for NoSocket {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }
}

impl Write for NoSocket {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        match *self {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match *self {}
    }
}

impl Socket for NoSocket {
    fn shutdown_write(&mut self) -> io::Result<()> {
        match *self {}
    }
}

/// What came of one read or write.
#[derive(Debug)]
pub(crate) enum Step {
    /// Bytes went through.
    Moved,
    /// The socket wants to wait.
    Blocked,
    /// This direction is over: the end of the stream, or everything is said.
    Ended,
    /// The socket failed.
    Failed(io::Error),
}

/// Reads once: into the rest of a large frame and a bit beyond, or into `scratch`.
pub(crate) fn read_step(
    conn: &mut impl Connection,
    io: &mut impl Read,
    now: Instant,
    scratch: &mut [u8],
) -> Step {
    let space = conn.recv_space();
    let in_place = space.len();
    let result = if in_place == 0 {
        io.read(scratch)
    } else {
        let beyond = scratch.len().min(PLAIN_SCRATCH);
        io.read_vectored(&mut [IoSliceMut::new(space), IoSliceMut::new(&mut scratch[..beyond])])
    };
    match result {
        Ok(0) => {
            conn.handle_eof(now);
            Step::Ended
        }
        Ok(n) => {
            if in_place > 0 {
                conn.handle_received(now, n.min(in_place));
            }
            if n > in_place {
                conn.handle_input(now, &scratch[..n - in_place]);
            }
            Step::Moved
        }
        Err(error) => blocked_or_failed(error),
    }
}

/// Writes once.
pub(crate) fn write_step(conn: &mut impl Connection, io: &mut impl Socket, now: Instant) -> Step {
    match conn.transmit(now, io) {
        Ok(Transmitted { then: Then::Close | Then::Reset, .. }) => Step::Ended,
        Ok(Transmitted { then: Then::ShutdownWrite, .. }) => match io.shutdown_write() {
            Ok(()) => Step::Ended,
            Err(error) => Step::Failed(error),
        },
        Ok(_) => Step::Moved,
        Err(error) => blocked_or_failed(error),
    }
}

fn blocked_or_failed(error: io::Error) -> Step {
    match error.kind() {
        io::ErrorKind::WouldBlock => Step::Blocked,
        // As good as a step that moved nothing: the next one tries again.
        io::ErrorKind::Interrupted => Step::Moved,
        _ => Step::Failed(error),
    }
}
