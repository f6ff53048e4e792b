//! From an address to a connected socket, and the task of a client connection.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::task::Waker;
use std::time::{Duration, Instant};

use krpc_core::{Link, TransportError, TransportOp};
use krpc_driver::{Admission, NewConnection, Permit, Target};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::Handle;

use crate::drive::{End, Timer, drive, drive_until, now};
use crate::io::Stream;

/// Time for one of several addresses of a name, so that one that swallows packets does not use up
/// the negotiation timeout of 3 s alone.
const ONE_OF_SEVERAL: Duration = Duration::from_secs(1);

/// When the kernel starts to ask whether a silent peer is still there, how often it asks again, and
/// how many times (`tcp_keepalive_*` in Kudu).
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);
const KEEPALIVE_PROBES: u32 = 10;

/// Starts the task of a connection.
pub(crate) fn open(new: NewConnection) {
    match Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn(run(Box::new(new)))),
        Err(error) => {
            let NewConnection { mut driver, .. } = new;
            let error = io::Error::other(error.to_string());
            driver.connect_failed(now(), TransportError::new(TransportOp::Connect, &error));
            let _done = driver.poll_unconnected(Waker::noop(), now());
        }
    }
}

/// Boxed, because an async function keeps its arguments apart from what it makes of them.
async fn run(mut new: Box<NewConnection>) {
    let NewConnection { driver, target, connect_at, admission } = &mut *new;
    let mut timer = Timer::default();
    let waiting = Box::pin(wait(*connect_at, admission));
    let waited =
        drive_until(waiting, &mut timer, |waker, now| driver.poll_unconnected(waker, now)).await;
    // Closed before its turn had come.
    let Some(permit) = waited else { return };
    driver.connecting(now(), permit);
    let connecting = Box::pin(connect(target));
    let connected =
        drive_until(connecting, &mut timer, |waker, now| driver.poll_unconnected(waker, now)).await;
    match connected {
        Some(Ok((stream, link))) => {
            driver.connected(now(), link);
            let end =
                drive(&stream, &mut timer, |waker, io, now| driver.poll_turn(waker, io, now)).await;
            if end == End::Reset {
                stream.reset();
            }
        }
        Some(Err(error)) => {
            driver.connect_failed(now(), error);
            let _done = driver.poll_unconnected(Waker::noop(), now());
        }
        // Closed, or timed out, before there was a socket.
        None => {}
    }
}

/// Waits for the end of a back-off, then for its turn among the connections that are being made.
async fn wait(at: Instant, admission: &mut Admission) -> Permit {
    if at > now() {
        tokio::time::sleep_until(at.into()).await;
    }
    admission.await
}

async fn connect(target: &Target) -> Result<(Stream, Link), TransportError> {
    match target {
        Target::Unix(path) => {
            let connected = UnixStream::connect(socket_path(path)).await;
            let stream = connected.map_err(|error| cannot_connect(target, error))?;
            Ok((Stream::Unix(stream), Link::unix(Some(path.clone()))))
        }
        Target::Tcp { host, port } => {
            let addresses = resolve(host, *port).await?;
            connect_to_one(&addresses).await
        }
    }
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, TransportError> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let cannot_resolve = |error: io::Error| {
        let error = io::Error::new(error.kind(), format!("{host}: {error}"));
        TransportError::new(TransportOp::Resolve, &error)
    };
    let found: Vec<_> =
        tokio::net::lookup_host((host, port)).await.map_err(cannot_resolve)?.collect();
    if found.is_empty() {
        return Err(cannot_resolve(io::Error::new(io::ErrorKind::NotFound, "no address")));
    }
    Ok(found)
}

/// Tries one address after the other; reports the first failure.
async fn connect_to_one(addresses: &[SocketAddr]) -> Result<(Stream, Link), TransportError> {
    let mut failure = None;
    for (i, address) in addresses.iter().enumerate() {
        let connecting = TcpStream::connect(address);
        let connected = if i + 1 == addresses.len() {
            connecting.await
        } else {
            let timeout = tokio::time::timeout(ONE_OF_SEVERAL, connecting).await;
            timeout.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        };
        let connected = connected.and_then(refuse_ourselves);
        match connected.and_then(|stream| prepare(&stream).map(|link| (stream, link))) {
            Ok((stream, link)) => return Ok((Stream::Tcp(stream), link)),
            Err(error) => {
                failure.get_or_insert_with(|| cannot_connect(address, error));
            }
        }
    }
    Err(failure.expect("there is at least one address"))
}

/// A socket that connects to a free port of its own host may be given that very port, and is then
/// connected to itself, where it keeps the server from coming back.
fn refuse_ourselves(stream: TcpStream) -> io::Result<TcpStream> {
    if stream.local_addr()? == stream.peer_addr()? {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    Ok(stream)
}

fn cannot_connect(address: &dyn std::fmt::Display, error: io::Error) -> TransportError {
    let error = io::Error::new(error.kind(), format!("{address}: {error}"));
    TransportError::new(TransportOp::Connect, &error)
}

/// Sets what every TCP connection of ours has, and says where it goes.
pub(crate) fn prepare(stream: &TcpStream) -> io::Result<Link> {
    let (local, peer) = (stream.local_addr()?, stream.peer_addr()?);
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES);
    if let Err(error) = SockRef::from(stream).set_tcp_keepalive(&keepalive) {
        tracing::debug!(%peer, %error, "cannot set TCP keepalive");
    }
    Ok(Link::tcp(local, peer))
}

/// The path as the system wants it: abstract names begin with NUL there.
pub(crate) fn socket_path(path: &str) -> String {
    match path.strip_prefix('@') {
        Some(name) => format!("\0{name}"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use krpc_core::{ClientConfig, UserCredentials};
    use krpc_driver::{CallRequest, Caller, Connector, Negotiations};

    use super::*;

    /// An idle connection is this, its socket, and a timer.
    #[test]
    fn the_task_of_a_connection_is_small() {
        let asked = Arc::new(Mutex::new(None));
        let open = asked.clone();
        let open = Arc::new(move |new| *open.lock().unwrap() = Some(new));
        let config = ClientConfig::new(UserCredentials::new("alice"));
        let connector = Connector::new(config, Arc::new(now), 0, Negotiations::new(1), open);
        let channel = connector.channel("unix:/nowhere".parse().unwrap(), None, "");
        let method = krpc_core::Method::from_static("a", "b");
        drop(channel.start(CallRequest::new(method, "")));
        let new = asked.lock().unwrap().take().unwrap();
        let driver = std::mem::size_of_val(&new);
        let size = driver + std::mem::size_of_val(&run(Box::new(new)));
        println!("task of a client connection: {size} bytes");
        assert!(size <= 2_048, "{size}");
    }
}
