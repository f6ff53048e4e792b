//! An engine's sockets as the `std::io` traits that the driver reads and writes.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::task::{Poll, Waker};

use krpc_driver::Socket as Turns;
use krpc_driver::net::{self, read, read_vectored, shutdown_write, write, write_vectored};
use krpc_reactor::{Direction, Socket};

/// A connected socket.
#[derive(Debug)]
pub(crate) struct Stream(pub(crate) Socket);

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl net::Stream for Stream {
    type Io<'a> = Io<'a>;

    fn io<'a>(&'a mut self, waker: &'a Waker) -> Io<'a> {
        Io { socket: &self.0, waker }
    }
}

/// One turn's view of a socket.
#[derive(Debug)]
pub(crate) struct Io<'a> {
    socket: &'a Socket,
    waker: &'a Waker,
}

impl Io<'_> {
    /// Tries `op`, which moves up to `most` bytes. If it moved fewer, the kernel has no more.
    fn moves(
        &self,
        direction: Direction,
        most: usize,
        mut op: impl FnMut(&Socket) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let moved = self.socket.poll(direction, self.waker, || {
            let n = op(self.socket)?;
            Ok((n, 0 < n && n < most))
        });
        match moved {
            Poll::Ready(result) => result,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Turns for Io<'_> {
    fn shutdown_write(&mut self) -> io::Result<()> {
        shutdown_write(self.socket)
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
        if let [buf] = bufs {
            // The simpler system call.
            return self.write(buf);
        }
        let most = bufs.iter().map(|buf| buf.len()).sum();
        self.moves(Direction::Out, most, |socket| write_vectored(socket, bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
