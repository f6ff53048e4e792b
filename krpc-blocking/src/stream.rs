//! Non-blocking sockets of the standard library, as mio watches them.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::task::Waker;

use krpc_driver::Socket;
use krpc_driver::net::{self, read, read_vectored, shutdown_write, write, write_vectored};
use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::hub::{Direction, Hub, Registration};

/// A connected socket.
#[derive(Debug)]
pub(crate) enum Family<T, U> {
    /// Over TCP.
    Tcp(T),
    /// Over a UNIX socket.
    Unix(U),
}

macro_rules! each {
    ($family:expr, $socket:ident => $code:expr) => {
        match $family {
            Family::Tcp($socket) => $code,
            Family::Unix($socket) => $code,
        }
    };
}

/// A socket in a hub.
#[derive(Debug)]
pub(crate) struct Watched<T: mio::event::Source, U: mio::event::Source> {
    socket: Family<T, U>,
    registration: Registration,
}

/// A connected socket.
pub(crate) type Stream = Watched<TcpStream, UnixStream>;

/// A listening socket.
pub(crate) type Listener = Watched<TcpListener, UnixListener>;

impl<T: mio::event::Source, U: mio::event::Source> Watched<T, U> {
    pub(crate) fn new(hub: &Hub, mut socket: Family<T, U>) -> io::Result<Self> {
        let registration = each!(&mut socket, socket => hub.register(socket))?;
        Ok(Watched { socket, registration })
    }

    pub(crate) fn hub(&self) -> &Hub {
        self.registration.hub()
    }

    pub(crate) fn socket(&self) -> &Family<T, U> {
        &self.socket
    }

    /// Tries `op`, or has `waker` woken when it is worth a try. `op` also tells whether it found that
    /// the kernel has no more for now.
    pub(crate) fn attempt<R>(
        &self,
        direction: Direction,
        waker: &Waker,
        mut op: impl FnMut() -> io::Result<(R, bool)>,
    ) -> io::Result<R> {
        let readiness = &self.registration.readiness;
        while readiness.poll(direction, waker) {
            match op() {
                Ok((value, used_up)) => {
                    if used_up {
                        readiness.used_up(direction, false);
                    }
                    return Ok(value);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    readiness.used_up(direction, true);
                }
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl<T: mio::event::Source, U: mio::event::Source> Drop for Watched<T, U> {
    fn drop(&mut self) {
        each!(&mut self.socket, socket => self.registration.hub().deregister(socket));
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        each!(&self.socket, socket => socket.as_fd())
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
pub(crate) struct Io<'a> {
    stream: &'a Stream,
    waker: &'a Waker,
}

impl Io<'_> {
    /// Tries `op`, which moves up to `most` bytes. If it moved fewer, the kernel has no more.
    fn moves(
        &self,
        direction: Direction,
        most: usize,
        mut op: impl FnMut(&Stream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        self.stream.attempt(direction, self.waker, || {
            let n = op(self.stream)?;
            Ok((n, 0 < n && n < most))
        })
    }
}

impl Socket for Io<'_> {
    fn shutdown_write(&mut self) -> io::Result<()> {
        shutdown_write(self.stream)
    }
}

impl Read for Io<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.moves(Direction::In, buf.len(), |socket| read(socket, buf))
    }

    fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let most = bufs.iter().map(|buf| buf.len()).sum();
        self.moves(Direction::In, most, |socket| read_vectored(socket, bufs))
    }
}

impl Write for Io<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.moves(Direction::Out, buf.len(), |socket| write(socket, buf))
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let most = bufs.iter().map(|buf| buf.len()).sum();
        self.moves(Direction::Out, most, |socket| write_vectored(socket, bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
