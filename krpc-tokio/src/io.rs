//! Tokio's sockets as the `std::io` traits that the driver reads and writes.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::task::{Context, Poll, Waker};

use krpc_driver::Socket;
use krpc_driver::net::{self, read, read_vectored, shutdown_write, write, write_vectored};
use tokio::io::Interest;
use tokio::net::{TcpStream, UnixStream};

/// A connected socket.
#[derive(Debug)]
pub enum Stream {
    /// Over TCP.
    Tcp(TcpStream),
    /// Over a UNIX socket.
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

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        each!(self, stream => stream.as_fd())
    }
}

impl net::Stream for Stream {
    type Io<'a> = Io<'a>;

    fn io<'a>(&'a mut self, waker: &'a Waker) -> Io<'a> {
        Io { stream: self, waker }
    }
}

/// One turn's view of a socket.
#[derive(Debug)]
pub struct Io<'a> {
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
        mut op: impl FnMut(&Stream) -> io::Result<usize>,
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
                let n = op(self.stream)?;
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
        shutdown_write(self.stream)
    }
}

impl Read for Io<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.attempt(Way::In, buf.len(), |socket| read(socket, buf))
    }

    fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let most = bufs.iter().map(|buf| buf.len()).sum();
        self.attempt(Way::In, most, |socket| read_vectored(socket, bufs))
    }
}

impl Write for Io<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.attempt(Way::Out, buf.len(), |socket| write(socket, buf))
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let most = bufs.iter().map(|buf| buf.len()).sum();
        self.attempt(Way::Out, most, |socket| write_vectored(socket, bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
