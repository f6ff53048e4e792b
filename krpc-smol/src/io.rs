//! Sockets with the traits of `futures-io` as the `std::io` traits that the driver reads and writes.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_io::{AsyncRead, AsyncWrite};
use krpc_driver::{Socket, net};

/// A connected socket.
#[derive(Debug)]
pub struct Stream<S>(pub(crate) S);

impl<S: AsFd> AsFd for Stream<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl<S> net::Stream for Stream<S>
where
    S: AsyncRead + AsyncWrite + AsFd + Unpin + Send + Sync + 'static,
{
    type Io<'a> = Io<'a, S>;

    fn io<'a>(&'a mut self, waker: &'a Waker) -> Io<'a, S> {
        Io { stream: &mut self.0, waker }
    }
}

/// One turn's view of a socket.
#[derive(Debug)]
pub struct Io<'a, S> {
    stream: &'a mut S,
    waker: &'a Waker,
}

impl<S: Unpin> Io<'_, S> {
    fn attempt<T>(
        &mut self,
        op: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> io::Result<T> {
        match op(Pin::new(self.stream), &mut Context::from_waker(self.waker)) {
            Poll::Ready(result) => result,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + AsFd + Unpin> Socket for Io<'_, S> {
    /// Closing does not mean that everywhere.
    fn shutdown_write(&mut self) -> io::Result<()> {
        net::shutdown_write(self.stream)
    }
}

impl<S: AsyncRead + Unpin> Read for Io<'_, S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.attempt(|stream, cx| stream.poll_read(cx, buf))
    }

    fn read_vectored(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.attempt(|stream, cx| stream.poll_read_vectored(cx, bufs))
    }
}

impl<S: AsyncWrite + Unpin> Write for Io<'_, S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.attempt(|stream, cx| stream.poll_write(cx, buf))
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.attempt(|stream, cx| stream.poll_write_vectored(cx, bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.attempt(|stream, cx| stream.poll_flush(cx))
    }
}
