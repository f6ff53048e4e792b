//! async-std's sockets for `krpc-smol`; a model for those of any other runtime.

use std::io::Result;
use std::net::SocketAddr;

use async_std::net::{TcpListener, TcpStream, ToSocketAddrs};
use async_std::os::unix::net::{UnixListener, UnixStream};
use krpc_smol::{Either, Listening, Sockets};

/// The sockets of async-std. Its UNIX sockets take one buffer at a time: `vectored_writes(false)` in
/// the settings of a connection makes that one buffer larger.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsyncStd;

impl Sockets for AsyncStd {
    type Stream = Either<TcpStream, UnixStream>;
    type Listener = Either<TcpListener, UnixListener>;

    async fn resolve(&self, host: String, port: u16) -> Result<Vec<SocketAddr>> {
        Ok((host.as_str(), port).to_socket_addrs().await?.collect())
    }

    async fn connect(&self, to: SocketAddr) -> Result<Self::Stream> {
        Ok(Either::Tcp(TcpStream::connect(to).await?))
    }

    fn unix_stream(&self, connected: std::os::unix::net::UnixStream) -> Result<Self::Stream> {
        Ok(Either::Unix(connected.into()))
    }

    fn listener(&self, listening: Listening) -> Result<Self::Listener> {
        Ok(match listening {
            Listening::Tcp(socket) => Either::Tcp(socket.into()),
            Listening::Unix(socket) => Either::Unix(socket.into()),
        })
    }

    async fn accept(&self, listener: &Self::Listener) -> Result<Self::Stream> {
        Ok(match listener {
            Either::Tcp(listener) => Either::Tcp(listener.accept().await?.0),
            Either::Unix(listener) => Either::Unix(listener.accept().await?.0),
        })
    }
}
