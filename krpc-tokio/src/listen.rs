//! Listening sockets.

use std::io;
use std::net::SocketAddr;

use krpc_core::{Link, PeerAddr};
use tokio::net::{TcpListener, TcpSocket, UnixListener};

use crate::connect::prepare;
use crate::io::Stream;
use crate::socket_file::SocketFile;

/// Connections that may wait to be accepted (`rpc_acceptor_listen_backlog` in Kudu).
const BACKLOG: u32 = 512;

#[derive(Debug)]
pub(crate) struct Listener {
    socket: Socket,
    local: PeerAddr,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(
        UnixListener,
        #[expect(dead_code, reason = "to be dropped with the socket")] Option<SocketFile>,
    ),
}

impl Listener {
    pub(crate) async fn bind(address: &str) -> io::Result<Self> {
        if let Some(path) = address.strip_prefix("unix:") {
            return Self::bind_unix(path);
        }
        let explain = |error: io::Error| {
            // Whoever gave an address that is one need not be told what they look like.
            let expected = match error.kind() {
                io::ErrorKind::InvalidInput => {
                    "; expected HOST:PORT, [IPV6]:PORT, unix:PATH or unix:@NAME"
                }
                _ => "",
            };
            let text = format!("cannot listen at '{address}': {error}{expected}");
            io::Error::new(error.kind(), text)
        };
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "no address");
        for address in tokio::net::lookup_host(address).await.map_err(explain)? {
            match listen(address) {
                Ok((listener, local)) => {
                    return Ok(Listener { socket: Socket::Tcp(listener), local: local.into() });
                }
                Err(error) => failure = error,
            }
        }
        Err(explain(failure))
    }

    pub(crate) fn bind_unix(path: &str) -> io::Result<Self> {
        let (listener, file) = SocketFile::listen(path).map_err(|error| {
            io::Error::new(error.kind(), format!("cannot listen at 'unix:{path}': {error}"))
        })?;
        let local = PeerAddr::Unix(Some(path.to_owned()));
        Ok(Listener { socket: Socket::Unix(listener, file), local })
    }

    pub(crate) fn local(&self) -> &PeerAddr {
        &self.local
    }

    /// The address that the peer of `stream` connected to.
    pub(crate) fn local_of(&self, stream: &Stream) -> PeerAddr {
        match stream {
            Stream::Tcp(stream) => stream.local_addr().map_or(self.local.clone(), PeerAddr::Tcp),
            Stream::Unix(_) => self.local.clone(),
        }
    }

    pub(crate) async fn accept(&self) -> io::Result<(Stream, Link)> {
        match &self.socket {
            Socket::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                let link = prepare(&stream)?;
                Ok((Stream::Tcp(stream), link))
            }
            Socket::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream), Link::unix(None)))
            }
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let local = listener.local_addr()?;
    Ok((listener, local))
}
