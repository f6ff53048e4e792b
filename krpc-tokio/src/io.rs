//! Tokio's sockets as the `std::io` traits that the driver reads and writes.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use krpc_driver::Socket;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::{TcpStream, UnixStream};

/// Writing to a socket that its peer has closed is an error and no signal, which would end a process
/// that has not been told to ignore it. Where there is no such flag, the standard library has told
/// the socket already.
#[cfg(any(target_os = "linux", target_os = "android"))]
const SEND_FLAGS: i32 = libc::MSG_NOSIGNAL;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const SEND_FLAGS: i32 = 0;

/// A connected socket.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

macro_rules! each {
    ($stream:expr, $name:ident => $code:expr) => {
        match $stream {
            Stream::Tcp($name) => $code,
            Stream::Unix($name) => $code,
        }
    };
}

impl Stream {
    /// A socket for one turn: wakes `waker` once what blocked goes on.
    pub(crate) fn io<'a>(&'a self, waker: &'a Waker) -> Io<'a> {
        Io { stream: self, waker }
    }

    /// Closes the socket without sending what the kernel holds for the peer. On a UNIX socket that is
    /// the peer's already.
    pub(crate) fn reset(self) {
        if let Stream::Tcp(stream) = &self
            && let Err(error) = SockRef::from(stream).set_linger(Some(Duration::ZERO))
        {
            tracing::debug!(%error, "cannot set linger 0");
        }
    }

    /// Sends the end of the stream after what was written.
    pub(crate) fn shutdown_write(&self) -> io::Result<()> {
        each!(self, stream => SockRef::from(stream).shutdown(std::net::Shutdown::Write))
    }
}

/// One turn's view of a socket.
#[derive(Debug)]
pub(crate) struct Io<'a> {
    stream: &'a Stream,
    waker: &'a Waker,
}

#[derive(Clone, Copy)]
enum Way {
    In,
    Out,
}

impl Io<'_> {
    /// Tries `op`, which moves up to `most` bytes. If it moved fewer, the kernel has no more, and
    /// the next try waits for readiness without asking it again.
    fn attempt(
        &self,
        way: Way,
        most: usize,
        mut op: impl FnMut(&socket2::Socket) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let cx = &mut Context::from_waker(self.waker);
        let interest = match way {
            Way::In => Interest::READABLE,
            Way::Out => Interest::WRITABLE,
        };
        loop {
            let ready = each!(self.stream, stream => match way {
                Way::In => stream.poll_read_ready(cx),
                Way::Out => stream.poll_write_ready(cx),
            });
            match ready {
                Poll::Pending => return Err(io::ErrorKind::WouldBlock.into()),
                Poll::Ready(ready) => ready?,
            }
            let mut moved = None;
            let tried = each!(self.stream, stream => stream.try_io(interest, || {
                let n = op(&SockRef::from(stream))?;
                moved = Some(n);
                // Reported as blocked, so that tokio forgets a readiness that is used up.
                if 0 < n && n < most { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(n) }
            }));
            match (tried, moved) {
                (_, Some(n)) => return Ok(n),
                // The readiness was stale: ask to be woken.
                (Err(error), None) if error.kind() == io::ErrorKind::WouldBlock => {}
                (result, None) => return result,
            }
        }
    }
}

impl Socket for Io<'_> {
    fn shutdown_write(&mut self) -> io::Result<()> {
        self.stream.shutdown_write()
    }
}

impl Read for Io<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.attempt(Way::In, buf.len(), |mut socket| socket.read(buf))
    }

    fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let most = bufs.iter().map(|buf| buf.len()).sum();
        self.attempt(Way::In, most, |mut socket| socket.read_vectored(bufs))
    }
}

impl Write for Io<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.attempt(Way::Out, buf.len(), |socket| socket.send_with_flags(buf, SEND_FLAGS))
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let most = bufs.iter().map(|buf| buf.len()).sum();
        self.attempt(Way::Out, most, |socket| socket.send_vectored_with_flags(bufs, SEND_FLAGS))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
