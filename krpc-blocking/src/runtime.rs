//! An engine as the runtime of connections.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Instant;

use krpc_driver::BoxFuture;
use krpc_driver::net::{Listening, Runtime, Timer};
use krpc_reactor::{Direction, Hub, Socket};
use socket2::{Domain, SockRef, Type};

use crate::stream::Stream;

/// The sockets, timers and tasks of one engine, or of several that share the connections of a server.
#[derive(Clone, Debug)]
pub(crate) struct Std {
    hub: Hub,
    hubs: Arc<Hubs>,
}

/// Where accepted connections go, in turn. The threads that drive end when nobody has this any more.
#[derive(Debug)]
pub(crate) struct Hubs {
    all: Vec<Hub>,
    next: AtomicUsize,
}

impl Hubs {
    pub(crate) fn close(&self) {
        self.all.iter().for_each(Hub::close);
    }
}

impl Drop for Hubs {
    fn drop(&mut self) {
        self.close();
    }
}

impl Std {
    /// Several engines, of which there must be one. It listens.
    pub(crate) fn new(all: Vec<Hub>) -> Self {
        Std { hub: all[0].clone(), hubs: Arc::new(Hubs { all, next: AtomicUsize::new(0) }) }
    }

    pub(crate) fn hubs(&self) -> &Arc<Hubs> {
        &self.hubs
    }
}

impl Runtime for Std {
    type Stream = Stream;
    type Listener = Socket;
    type Timer = Alarm;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn timer(&self) -> Alarm {
        Alarm(self.hub.alarm())
    }

    fn spawn(&self, task: BoxFuture<()>) {
        self.hub.spawn(task);
    }

    fn home(&self, stream: &Stream) -> Self {
        Std { hub: stream.0.hub().clone(), ..self.clone() }
    }

    /// On a thread of its own, because the system's resolver waits as long as it likes.
    async fn resolve(&self, host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
        let lookup = Arc::<Lookup>::default();
        let theirs = Finished(lookup.clone());
        thread::Builder::new().name("krpc-resolve".into()).spawn(move || {
            let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
            theirs.0.tell(found);
        })?;
        poll_fn(|cx| lookup.poll(cx)).await
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<Stream> {
        let socket = socket2::Socket::new(Domain::for_address(to), Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        match socket.connect(&to.into()) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
            Err(error) => return Err(error),
        }
        let socket = Socket::new(&self.hub, OwnedFd::from(socket))?;
        poll_fn(|cx| {
            socket.poll(Direction::Out, cx.waker(), || {
                let connecting = SockRef::from(&socket);
                if let Some(error) = connecting.take_error()? {
                    return Err(error);
                }
                match connecting.peer_addr() {
                    // Still under way.
                    Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                        Err(io::ErrorKind::WouldBlock.into())
                    }
                    peer => peer.map(|_| ((), false)),
                }
            })
        })
        .await?;
        Ok(Stream(socket))
    }

    fn unix_stream(&self, connected: UnixStream) -> io::Result<Stream> {
        Socket::new(&self.hub, connected).map(Stream)
    }

    fn listener(&self, listening: Listening) -> io::Result<Socket> {
        match listening {
            Listening::Tcp(socket) => Socket::new(&self.hub, socket),
            Listening::Unix(socket) => Socket::new(&self.hub, socket),
        }
    }

    async fn accept(&self, listener: &Socket) -> io::Result<Stream> {
        let accept = || SockRef::from(listener).accept().map(|(socket, _)| (socket, false));
        let socket = poll_fn(|cx| listener.poll(Direction::In, cx.waker(), accept)).await?;
        socket.set_nonblocking(true)?;
        let Hubs { all, next } = &*self.hubs;
        let next = next.fetch_add(1, Ordering::Relaxed) % all.len();
        Socket::new(&all[next], OwnedFd::from(socket)).map(Stream)
    }
}

type Found = io::Result<Vec<SocketAddr>>;

/// A name that is being looked up: what was found, and who waits for it.
#[derive(Default)]
struct Lookup(Mutex<(Option<Found>, Option<Waker>)>);

impl Lookup {
    fn tell(&self, found: Found) {
        let waker = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            state.0.get_or_insert(found);
            state.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<Found> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 = Some(cx.waker().clone());
        state.0.take().map_or(Poll::Pending, Poll::Ready)
    }
}

/// Tells, even if the resolver panics.
struct Finished(Arc<Lookup>);

impl Drop for Finished {
    fn drop(&mut self) {
        self.0.tell(Err(io::Error::other("looking the name up failed")));
    }
}

/// A timer of an engine.
#[derive(Debug)]
pub(crate) struct Alarm(krpc_reactor::Alarm);

impl Timer for Alarm {
    fn set(&mut self, at: Instant) {
        self.0.set(at);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll(cx)
    }
}
