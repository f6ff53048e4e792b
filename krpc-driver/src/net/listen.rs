//! Sockets that listen.

use std::io;
use std::net::SocketAddr;

use krpc_core::PeerAddr;
use socket2::{Domain, Socket, Type};

use super::socket_file::SocketFile;
use super::{Listening, Runtime};

/// Connections that may wait to be accepted (`rpc_acceptor_listen_backlog` in Kudu).
pub(crate) const BACKLOG: i32 = 512;

/// A listening socket of a runtime, and where it listens. The file of a UNIX socket goes with it.
///
/// [`Server`](super::Server) has its own; this is for programs that do something else with what they
/// accept.
#[derive(Debug)]
pub struct Listener<R: Runtime> {
    pub(crate) socket: R::Listener,
    pub(crate) local: PeerAddr,
    /// Goes with the socket.
    _file: Option<SocketFile>,
}

impl<R: Runtime> Listener<R> {
    /// Listens at `HOST:PORT`, where the port may be 0 for a free one, or at `unix:PATH`.
    ///
    /// # Errors
    ///
    /// When that is no address, or nobody can listen there; the text names it.
    pub async fn bind(runtime: &R, address: &str) -> io::Result<Self> {
        if let Some(path) = address.strip_prefix("unix:") {
            return Self::bind_unix(runtime, path);
        }
        let explain = |error: io::Error| {
            // Whoever gave an address that is one need not be told what they look like.
            let advice = match error.kind() {
                io::ErrorKind::InvalidInput => {
                    "; expected HOST:PORT, [IPV6]:PORT, unix:PATH or unix:@NAME"
                }
                io::ErrorKind::AddrInUse => {
                    "; another socket listens there: stop its server, or take another port \
                     (port 0 is a free one)"
                }
                io::ErrorKind::AddrNotAvailable => "; this host does not have that address",
                io::ErrorKind::PermissionDenied => {
                    "; ports below 1024 need a privilege: take another port (port 0 is a free one)"
                }
                _ => "",
            };
            let text = format!("cannot listen at '{address}': {error}{advice}");
            io::Error::new(error.kind(), text)
        };
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "no address");
        for address in resolve(runtime, address).await.map_err(explain)? {
            let listening = listen(address).and_then(|(socket, local)| {
                Ok((runtime.listener(Listening::Tcp(socket.into()))?, local))
            });
            match listening {
                Ok((socket, local)) => {
                    return Ok(Listener { socket, local: local.into(), _file: None });
                }
                Err(error) => failure = error,
            }
        }
        Err(explain(failure))
    }

    pub(crate) fn bind_unix(runtime: &R, path: &str) -> io::Result<Self> {
        let listening = SocketFile::listen(path)
            .and_then(|(socket, file)| Ok((runtime.listener(Listening::Unix(socket))?, file)));
        let (socket, file) = listening.map_err(|error| {
            io::Error::new(error.kind(), format!("cannot listen at 'unix:{path}': {error}"))
        })?;
        Ok(Listener { socket, local: PeerAddr::Unix(Some(path.to_owned())), _file: file })
    }

    /// The runtime's own socket, for options.
    pub fn socket(&self) -> &R::Listener {
        &self.socket
    }

    /// Where it listens.
    pub fn local_addr(&self) -> &PeerAddr {
        &self.local
    }
}

/// Unlike for a connection, the port may be 0, and the host empty for none.
async fn resolve<R: Runtime>(runtime: &R, address: &str) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = address.parse() {
        return Ok(vec![address]);
    }
    let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why.to_owned());
    let (host, port) = address.rsplit_once(':').ok_or_else(|| invalid("no port"))?;
    let port = port.parse().map_err(|_| invalid("the port is not a number from 0 to 65535"))?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if bare.is_none() && host.contains(':') {
        return Err(invalid("an IPv6 address needs brackets"));
    }
    runtime.resolve(bare.unwrap_or(host).to_owned(), port).await
}

fn listen(address: SocketAddr) -> io::Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let local = socket.local_addr()?.as_socket();
    let local = local.ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?;
    Ok((socket, local))
}
