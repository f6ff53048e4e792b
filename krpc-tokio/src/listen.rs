//! Listening sockets.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use krpc_core::{Link, PeerAddr};
use tokio::net::{TcpListener, TcpSocket, UnixListener};

use crate::connect::{prepare, socket_path};
use crate::io::Stream;

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
    Unix(UnixListener),
}

impl Listener {
    pub(crate) async fn bind(address: &str) -> io::Result<Self> {
        if let Some(path) = address.strip_prefix("unix:") {
            return Self::bind_unix(path);
        }
        let explain = |error: io::Error| {
            let text = format!(
                "cannot listen at '{address}': {error}; expected HOST:PORT, [IPV6]:PORT, unix:PATH or unix:@NAME"
            );
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
        let system_path = socket_path(path);
        let bound = match UnixListener::bind(&system_path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && !path.starts_with('@') => {
                remove_if_dead(Path::new(path), error)
                    .and_then(|()| UnixListener::bind(&system_path))
            }
            bound => bound,
        };
        let listener = bound.map_err(|error| {
            io::Error::new(error.kind(), format!("cannot listen at 'unix:{path}': {error}"))
        })?;
        let local = PeerAddr::Unix(Some(path.to_owned()));
        Ok(Listener { socket: Socket::Unix(listener), local })
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
            Socket::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream), Link::unix(None)))
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // The file of a UNIX socket outlives it otherwise, and keeps others from listening there.
        if let PeerAddr::Unix(Some(path)) = &self.local
            && !path.starts_with('@')
            && let Err(error) = std::fs::remove_file(path)
        {
            tracing::debug!(path, %error, "cannot remove the file of a UNIX socket");
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

/// Removes the file of a UNIX socket at which nobody listens any more.
fn remove_if_dead(path: &Path, in_use: io::Error) -> io::Result<()> {
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path)
        }
        _ => Err(in_use),
    }
}
