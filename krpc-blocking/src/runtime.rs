//! An engine as the runtime of connections.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Instant;

use krpc_driver::BoxFuture;
use krpc_driver::net::{Listening, Runtime, Timer};

use crate::hub::{Direction, Hub, lock};
use crate::stream::{Family, Listener, Stream};

/// The sockets, timers and tasks of one engine.
#[derive(Clone, Debug)]
pub(crate) struct Std {
    hub: Hub,
    /// Where accepted connections go, in turn; nowhere else if it is empty.
    others: Arc<Others>,
}

/// The hubs that share the connections of a server.
#[derive(Debug, Default)]
pub(crate) struct Others {
    hubs: Vec<Hub>,
    next: Mutex<usize>,
}

impl Std {
    /// One that keeps its connections to itself.
    pub(crate) fn new(hub: Hub) -> Self {
        Std { hub, others: Arc::default() }
    }

    /// One that accepts connections for several. There must be one.
    pub(crate) fn sharing(hubs: Vec<Hub>) -> Self {
        let hub = hubs[0].clone();
        Std { hub, others: Arc::new(Others { hubs, next: Mutex::default() }) }
    }

    fn next_hub(&self) -> &Hub {
        let mut next = lock(&self.others.next);
        *next += 1;
        let hubs = &self.others.hubs;
        hubs.get(*next % hubs.len().max(1)).unwrap_or(&self.hub)
    }
}

impl Runtime for Std {
    type Stream = Stream;
    type Listener = Listener;
    type Timer = Alarm;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn timer(&self) -> Alarm {
        Alarm { hub: self.hub.clone(), id: self.hub.timer_id(), at: None }
    }

    fn spawn(&self, task: BoxFuture<()>) {
        self.hub.spawn(task);
    }

    fn home(&self, stream: &Stream) -> Self {
        Std { hub: stream.hub().clone(), others: self.others.clone() }
    }

    /// On a thread of its own, because the system's resolver waits as long as it likes.
    async fn resolve(&self, host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
        let lookup = Arc::<Lookup>::default();
        let theirs = Finished(lookup.clone());
        thread::Builder::new().name("krpc-resolve".into()).spawn(move || {
            let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
            lock(&theirs.0.state).0 = Some(found);
        })?;
        poll_fn(|cx| {
            let mut state = lock(&lookup.state);
            if let Some(found) = state.0.take() {
                return Poll::Ready(found);
            }
            state.1 = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<Stream> {
        let socket = mio::net::TcpStream::connect(to)?;
        let stream = Stream::new(&self.hub, Family::Tcp(socket))?;
        let Family::Tcp(socket) = stream.socket() else { unreachable!("it was made above") };
        poll_fn(|cx| {
            let connected = stream.attempt(Direction::Out, cx.waker(), || {
                if let Some(error) = socket.take_error()? {
                    return Err(error);
                }
                match socket.peer_addr() {
                    // Still under way.
                    Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                        Err(io::ErrorKind::WouldBlock.into())
                    }
                    peer => peer.map(|_| ((), false)),
                }
            });
            or_pending(connected)
        })
        .await?;
        Ok(stream)
    }

    fn unix_stream(&self, connected: UnixStream) -> io::Result<Stream> {
        Stream::new(&self.hub, Family::Unix(mio::net::UnixStream::from_std(connected)))
    }

    fn listener(&self, listening: Listening) -> io::Result<Listener> {
        Listener::new(
            &self.hub,
            match listening {
                Listening::Tcp(socket) => Family::Tcp(mio::net::TcpListener::from_std(socket)),
                Listening::Unix(socket) => Family::Unix(mio::net::UnixListener::from_std(socket)),
            },
        )
    }

    async fn accept(&self, listener: &Listener) -> io::Result<Stream> {
        let accepted = poll_fn(|cx| {
            let accepted = listener.attempt(Direction::In, cx.waker(), || {
                let accepted = match listener.socket() {
                    Family::Tcp(socket) => Family::Tcp(socket.accept()?.0),
                    Family::Unix(socket) => Family::Unix(socket.accept()?.0),
                };
                Ok((accepted, false))
            });
            or_pending(accepted)
        })
        .await?;
        Stream::new(self.next_hub(), accepted)
    }
}

fn or_pending<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        result => Poll::Ready(result),
    }
}

type Found = io::Result<Vec<SocketAddr>>;

/// A name that is being looked up.
#[derive(Default)]
struct Lookup {
    state: Mutex<(Option<Found>, Option<Waker>)>,
}

/// Tells, even if the resolver panics.
struct Finished(Arc<Lookup>);

impl Drop for Finished {
    fn drop(&mut self) {
        let waker = {
            let mut state = lock(&self.0.state);
            state.0.get_or_insert_with(|| Err(io::Error::other("looking the name up panicked")));
            state.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A timer of an engine.
#[derive(Debug)]
pub(crate) struct Alarm {
    hub: Hub,
    id: u64,
    at: Option<Instant>,
}

impl Alarm {
    fn forget(&mut self) {
        if let Some(at) = self.at.take() {
            self.hub.remove_timer(at, self.id);
        }
    }
}

impl Timer for Alarm {
    fn set(&mut self, at: Instant) {
        self.forget();
        self.at = Some(at);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        if at <= Instant::now() {
            self.forget();
            return Poll::Ready(());
        }
        self.hub.set_timer(at, self.id, cx.waker());
        Poll::Pending
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.forget();
    }
}
