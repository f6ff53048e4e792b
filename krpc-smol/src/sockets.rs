//! Where sockets come from.

use std::fmt;
use std::future::Future;
use std::io::{IoSlice, IoSliceMut, Result};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_io::Async;
use futures_io::{AsyncRead, AsyncWrite};
use krpc_driver::net::Listening;

macro_rules! each {
    ($either:expr, $socket:ident => $code:expr) => {
        match $either {
            Either::Tcp($socket) => $code,
            Either::Unix($socket) => $code,
        }
    };
}

/// Sockets of some runtime.
pub trait Sockets: Clone + fmt::Debug + Send + Sync + 'static {
    /// A connected socket.
    type Stream: AsyncRead + AsyncWrite + AsFd + Unpin + Send + Sync + 'static;

    /// A listening socket.
    type Listener: fmt::Debug + Send + Sync + 'static;

    /// Looks a host name up.
    fn resolve(
        &self,
        host: String,
        port: u16,
    ) -> impl Future<Output = Result<Vec<SocketAddr>>> + Send;

    /// Connects to one address.
    fn connect(&self, to: SocketAddr) -> impl Future<Output = Result<Self::Stream>> + Send;

    /// Takes over a UNIX socket that is connected and non-blocking.
    ///
    /// # Errors
    ///
    /// Those of the runtime.
    fn unix_stream(&self, connected: UnixStream) -> Result<Self::Stream>;

    /// Takes over a socket that listens and is non-blocking.
    ///
    /// # Errors
    ///
    /// Those of the runtime.
    fn listener(&self, listening: Listening) -> Result<Self::Listener>;

    /// Waits for a connection.
    fn accept(
        &self,
        listener: &Self::Listener,
    ) -> impl Future<Output = Result<Self::Stream>> + Send;
}

/// The sockets of `async-io`, which smol's are too.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsyncIo;

impl Sockets for AsyncIo {
    type Stream = Connected;
    type Listener = Either<Async<TcpListener>, Async<UnixListener>>;

    async fn resolve(&self, host: String, port: u16) -> Result<Vec<SocketAddr>> {
        async_net::resolve((host, port)).await
    }

    async fn connect(&self, to: SocketAddr) -> Result<Self::Stream> {
        Ok(Connected::new(Either::Tcp(Async::<TcpStream>::connect(to).await?)))
    }

    fn unix_stream(&self, connected: UnixStream) -> Result<Self::Stream> {
        Ok(Connected::new(Either::Unix(Async::new_nonblocking(connected)?)))
    }

    fn listener(&self, listening: Listening) -> Result<Self::Listener> {
        Ok(match listening {
            Listening::Tcp(socket) => Either::Tcp(Async::new_nonblocking(socket)?),
            Listening::Unix(socket) => Either::Unix(Async::new_nonblocking(socket)?),
        })
    }

    async fn accept(&self, listener: &Self::Listener) -> Result<Self::Stream> {
        Ok(Connected::new(match listener {
            Either::Tcp(listener) => Either::Tcp(listener.accept().await?.0),
            Either::Unix(listener) => Either::Unix(listener.accept().await?.0),
        }))
    }
}

/// A connected socket of `async-io`, which is not asked again when it has given all that it had.
#[derive(Debug)]
pub struct Connected {
    socket: Either<Async<TcpStream>, Async<UnixStream>>,
    /// A read found less than it had room for: the next one is for nothing until there is an event.
    drained: bool,
}

impl Connected {
    fn new(socket: Either<Async<TcpStream>, Async<UnixStream>>) -> Self {
        Connected { socket, drained: false }
    }

    /// Reads by `read`, which takes up to `most` bytes.
    fn attempt(
        &mut self,
        cx: &mut Context<'_>,
        most: usize,
        mut read: impl FnMut(
            Pin<&mut Either<Async<TcpStream>, Async<UnixStream>>>,
            &mut Context<'_>,
        ) -> Poll<Result<usize>>,
    ) -> Poll<Result<usize>> {
        if self.drained {
            ready!(each!(&self.socket, socket => socket.poll_readable(cx)))?;
        }
        let done = read(Pin::new(&mut self.socket), cx);
        self.drained = match &done {
            Poll::Pending => true,
            Poll::Ready(done) => done.as_ref().is_ok_and(|n| 0 < *n && *n < most),
        };
        done
    }
}

impl AsFd for Connected {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsyncRead for Connected {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<Result<usize>> {
        self.attempt(cx, buf.len(), |socket, cx| socket.poll_read(cx, buf))
    }

    fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<Result<usize>> {
        let most = bufs.iter().map(|buf| buf.len()).sum();
        self.attempt(cx, most, |socket, cx| socket.poll_read_vectored(cx, bufs))
    }
}

impl AsyncWrite for Connected {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_close(cx)
    }
}

/// A socket of either family, for [`Sockets`] whose types differ.
#[derive(Debug)]
pub enum Either<T, U> {
    /// TCP.
    Tcp(T),
    /// A UNIX socket.
    Unix(U),
}

impl<T: AsFd, U: AsFd> AsFd for Either<T, U> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        each!(self, socket => socket.as_fd())
    }
}

impl<T: AsyncRead + Unpin, U: AsyncRead + Unpin> AsyncRead for Either<T, U> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<Result<usize>> {
        each!(self.get_mut(), socket => Pin::new(socket).poll_read(cx, buf))
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<Result<usize>> {
        each!(self.get_mut(), socket => Pin::new(socket).poll_read_vectored(cx, bufs))
    }
}

impl<T: AsyncWrite + Unpin, U: AsyncWrite + Unpin> AsyncWrite for Either<T, U> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        each!(self.get_mut(), socket => Pin::new(socket).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        each!(self.get_mut(), socket => Pin::new(socket).poll_write_vectored(cx, bufs))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        each!(self.get_mut(), socket => Pin::new(socket).poll_flush(cx))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        each!(self.get_mut(), socket => Pin::new(socket).poll_close(cx))
    }
}
