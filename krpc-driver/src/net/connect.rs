//! From an address to a connected socket, and the task of a client connection.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::task::Waker;
use std::time::{Duration, Instant};

use krpc_core::{Link, TransportError, TransportOp};
use socket2::{Domain, SockAddr, SockRef, Socket, TcpKeepalive, Type};

use super::drive::{Alarm, End, drive, drive_until};
use super::io::reset_when_closed;
use super::{Runtime, socket_file};
use crate::{Admission, NewConnection, Permit, Target};

/// Most time for one of several addresses of a name, so that one that swallows packets does not use up
/// the negotiation timeout alone.
const ONE_OF_SEVERAL: Duration = Duration::from_secs(1);

/// When the kernel starts to ask whether a silent peer is still there, how often it asks again, and
/// how many times (`tcp_keepalive_*` in Kudu).
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);
const KEEPALIVE_PROBES: u32 = 10;

/// Spawns the task of a connection.
pub(crate) fn open<R: Runtime>(runtime: &R, new: NewConnection) {
    match runtime.ready() {
        Ok(()) => runtime.spawn(Box::pin(client(runtime.clone(), new))),
        Err(error) => fail(new, runtime.now(), &error),
    }
}

/// Ends a connection that cannot even be attempted, and the calls that wait for it.
pub fn fail(new: NewConnection, now: Instant, error: &io::Error) {
    let NewConnection { mut driver, .. } = new;
    driver.connect_failed(now, TransportError::new(TransportOp::Connect, error));
    let _done = driver.poll_unconnected(Waker::noop(), now);
}

/// The life of a client connection, from its back-off to its goodbye.
pub fn client<R: Runtime>(
    runtime: R,
    new: NewConnection,
) -> impl Future<Output = ()> + Send + 'static {
    // Boxed, because an async function keeps its arguments apart from what it makes of them.
    run(Alarm::new(runtime.clone()), runtime, Box::new(new))
}

async fn run<R: Runtime>(mut alarm: Alarm<R>, runtime: R, mut new: Box<NewConnection>) {
    let NewConnection { driver, target, connect_at, admission, timeout } = &mut *new;
    let waiting = Box::pin(wait(runtime.clone(), *connect_at, admission));
    let waited =
        drive_until(waiting, &mut alarm, |waker, now| driver.poll_unconnected(waker, now)).await;
    // Closed before its turn had come.
    let Some(permit) = waited else { return };
    driver.connecting(runtime.now(), permit);
    let connecting = Box::pin(connect(&runtime, target, *timeout));
    let connected =
        drive_until(connecting, &mut alarm, |waker, now| driver.poll_unconnected(waker, now)).await;
    match connected {
        Some(Ok((mut stream, link))) => {
            driver.connected(runtime.now(), link);
            if drive(driver, &mut stream, &mut alarm).await == End::Reset {
                reset_when_closed(&stream);
            }
        }
        Some(Err(error)) => {
            let now = runtime.now();
            driver.connect_failed(now, error);
            let _done = driver.poll_unconnected(Waker::noop(), now);
        }
        // Closed, or timed out, before there was a socket.
        None => {}
    }
}

/// Waits for the end of a back-off, then for its turn among the connections that are being made.
async fn wait<R: Runtime>(runtime: R, at: Instant, admission: &mut Admission) -> Permit {
    Alarm::new(runtime).sleep(at).await;
    admission.await
}

async fn connect<R: Runtime>(
    runtime: &R,
    target: &Target,
    timeout: Duration,
) -> Result<(R::Stream, Link), TransportError> {
    match target {
        Target::Unix(path) => {
            let connected = connect_unix(path).and_then(|socket| runtime.unix_stream(socket));
            let stream = connected.map_err(|error| cannot_connect(target, error))?;
            Ok((stream, Link::unix(Some(path.clone()))))
        }
        Target::Tcp { host, port } => {
            let until = runtime.now().checked_add(timeout);
            let addresses = resolve(runtime, host, *port).await?;
            connect_to_one(runtime, &addresses, until).await
        }
    }
}

async fn resolve<R: Runtime>(
    runtime: &R,
    host: &str,
    port: u16,
) -> Result<Vec<SocketAddr>, TransportError> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let found = runtime.resolve(host.to_owned(), port).await.and_then(|found| match found {
        none if none.is_empty() => Err(io::Error::new(io::ErrorKind::NotFound, "no address")),
        found => Ok(found),
    });
    found.map_err(|error| {
        let error = io::Error::new(error.kind(), format!("{host}: {error}"));
        TransportError::new(TransportOp::Resolve, &error)
    })
}

/// Tries one address after the other, each for its share of the time that is left; reports the first
/// failure.
async fn connect_to_one<R: Runtime>(
    runtime: &R,
    addresses: &[SocketAddr],
    until: Option<Instant>,
) -> Result<(R::Stream, Link), TransportError> {
    let mut failure = None;
    let mut alarm = Alarm::new(runtime.clone());
    for (i, address) in addresses.iter().enumerate() {
        let connecting = runtime.connect(*address);
        let connected = if i + 1 == addresses.len() {
            connecting.await
        } else {
            let left = until.map(|until| until.saturating_duration_since(runtime.now()));
            let others = u32::try_from(addresses.len() - i).unwrap_or(u32::MAX);
            let share = left.map_or(ONE_OF_SEVERAL, |left| ONE_OF_SEVERAL.min(left / others));
            let within = alarm.within(share, connecting).await;
            within.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))
        };
        match connected.and_then(|stream| Ok((tcp_link(&stream)?, stream))) {
            // A socket that connects to a free port of its own host may be given that very port, and
            // is then connected to itself, where it keeps the server from coming back.
            Ok((link, stream)) if is_connected_to_itself(&stream) => {
                drop((link, stream));
                let refused = io::ErrorKind::ConnectionRefused.into();
                failure.get_or_insert_with(|| cannot_connect(address, refused));
            }
            Ok((link, stream)) => return Ok((stream, link)),
            Err(error) => {
                failure.get_or_insert_with(|| cannot_connect(address, error));
            }
        }
    }
    Err(failure.expect("there is at least one address"))
}

fn is_connected_to_itself(stream: &impl AsFd) -> bool {
    addresses(stream).is_ok_and(|(local, peer)| local == peer)
}

fn cannot_connect(address: &dyn std::fmt::Display, error: io::Error) -> TransportError {
    let error = io::Error::new(error.kind(), format!("{address}: {error}"));
    TransportError::new(TransportOp::Connect, &error)
}

/// Connects without waiting, as UNIX sockets do.
fn connect_unix(path: &str) -> io::Result<UnixStream> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(socket_file::system_path(path))?)?;
    Ok(socket.into())
}

fn addresses(stream: &impl AsFd) -> io::Result<(SocketAddr, SocketAddr)> {
    let socket = SockRef::from(stream);
    let ip = |address: SockAddr| {
        address.as_socket().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))
    };
    Ok((ip(socket.local_addr()?)?, ip(socket.peer_addr()?)?))
}

/// Sets what every TCP connection of ours has, and says where it goes.
pub(crate) fn tcp_link(stream: &impl AsFd) -> io::Result<Link> {
    let (local, peer) = addresses(stream)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES);
    if let Err(error) = socket.set_tcp_keepalive(&keepalive) {
        tracing::debug!(%peer, %error, "cannot set TCP keepalive");
    }
    Ok(Link::tcp(local, peer))
}
