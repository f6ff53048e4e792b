//! The sockets of a relay.

use std::io;
use std::time::Duration;

use krpc_driver::core::PeerAddr;
use krpc_driver::net;
use krpc_tokio::{Listener, Stream};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::{TcpSocket, UnixStream};
use tokio::time::timeout;

use crate::address::Address;

/// Room of each socket on a narrow way, for each direction. The system may double it.
const ROOM: u32 = 16 << 10;

/// Largest segment on a narrow way: that of Ethernet. Loopback's of 64 KiB would let the sender's own
/// buffer grow to megabytes, because it counts in segments.
const SEGMENT: u32 = 1_448;

/// How long a connection to the server may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a peer may take to close after us.
const GOODBYE: Duration = Duration::from_secs(1);

/// Leaves little room in what is accepted, which inherits it.
pub(super) fn make_narrow(listener: &Listener) -> io::Result<()> {
    // The room of UNIX sockets is the sender's own.
    let Listener::Tcp(listener) = listener else { return Ok(()) };
    let socket = SockRef::from(listener);
    socket.set_recv_buffer_size(ROOM as usize)?;
    socket.set_send_buffer_size(ROOM as usize)?;
    socket.set_tcp_mss(SEGMENT)
}

/// Who is at the other end.
pub(super) fn peer(stream: &Stream) -> PeerAddr {
    match stream {
        Stream::Tcp(stream) => {
            let _ = stream.set_nodelay(true);
            stream.peer_addr().map_or(PeerAddr::Unix(None), PeerAddr::Tcp)
        }
        Stream::Unix(_) => PeerAddr::Unix(None),
    }
}

pub(super) async fn connect(to: &Address, narrow: bool) -> io::Result<Stream> {
    let connected = timeout(CONNECT, try_connect(to, narrow)).await;
    connected.unwrap_or_else(|_| {
        let text = format!("no answer within {} s", CONNECT.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, text))
    })
}

async fn try_connect(to: &Address, narrow: bool) -> io::Result<Stream> {
    let (host, port) = match to {
        Address::Tcp { host, port } => (host.as_str(), *port),
        Address::Unix(path) => {
            let path = match path.strip_prefix('@') {
                Some(name) => format!("\0{name}"),
                None => path.clone(),
            };
            return Ok(Stream::Unix(UnixStream::connect(path).await?));
        }
    };
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in tokio::net::lookup_host((host, port)).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if narrow {
            socket.set_recv_buffer_size(ROOM)?;
            socket.set_send_buffer_size(ROOM)?;
        }
        match socket.connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(Stream::Tcp(stream));
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Waits until there is something to read, or an end.
pub(super) async fn readable(stream: &Stream) -> io::Result<()> {
    match stream {
        Stream::Tcp(stream) => stream.readable().await,
        Stream::Unix(stream) => stream.readable().await,
    }
}

/// Reads what there is; nothing if that was taken meanwhile.
pub(super) fn try_read(stream: &Stream, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let read = match stream {
        Stream::Tcp(stream) => stream.try_read(buffer),
        Stream::Unix(stream) => stream.try_read(buffer),
    };
    match read {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        read => read.map(Some),
    }
}

pub(super) async fn write_all(stream: &Stream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let ready = match stream {
            Stream::Tcp(stream) => stream.ready(Interest::WRITABLE).await,
            Stream::Unix(stream) => stream.ready(Interest::WRITABLE).await,
        };
        ready?;
        let written = match stream {
            Stream::Tcp(stream) => stream.try_write(bytes),
            Stream::Unix(stream) => stream.try_write(bytes),
        };
        match written {
            Ok(n) => bytes = &bytes[n..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Closes the socket, when it is dropped, as one that was reset. UNIX sockets know no such thing.
pub(super) fn reset_when_closed(stream: &Stream) {
    if let Stream::Tcp(stream) = stream {
        // Whatever the matter is, it is closed.
        let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
    }
}

/// Closes it to the peer, and reads on for a while: closing a socket that holds unread data would take back
/// what is on its way to the peer.
pub(super) async fn say_goodbye(stream: &Stream) {
    let _ = net::shutdown_write(stream);
    let mut scratch = [0; 4 << 10];
    let rest = async {
        while readable(stream).await.is_ok()
            && !matches!(try_read(stream, &mut scratch), Ok(Some(0)) | Err(_))
        {}
    };
    let _ = timeout(GOODBYE, rest).await;
}
