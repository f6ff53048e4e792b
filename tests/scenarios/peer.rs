//! Peers that are not ours to choose: one that says nothing, and one in between that takes, and
//! passes on, only so much. Plain threads and sockets.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use socket2::{Domain, Socket, Type};

use crate::adapter::GUARD;

/// A connected socket.
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Connects to an address as the adapters write it.
    pub(crate) fn connect(address: &str) -> io::Result<Self> {
        match address.strip_prefix("unix:") {
            Some(path) => Ok(Stream::Unix(UnixStream::connect(path)?)),
            None => {
                let stream = TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                Ok(Stream::Tcp(stream))
            }
        }
    }

    fn try_clone(&self) -> io::Result<Self> {
        match self {
            Stream::Tcp(stream) => Ok(Stream::Tcp(stream.try_clone()?)),
            Stream::Unix(stream) => Ok(Stream::Unix(stream.try_clone()?)),
        }
    }

    fn shutdown(&self, how: Shutdown) {
        // A peer that is gone needs no goodbye.
        let _ = match self {
            Stream::Tcp(stream) => stream.shutdown(how),
            Stream::Unix(stream) => stream.shutdown(how),
        };
    }

    /// Reads to the end of the stream, and closes it.
    pub(crate) fn end(mut self) {
        let limited = match &self {
            Stream::Tcp(stream) => stream.set_read_timeout(Some(GUARD)),
            Stream::Unix(stream) => stream.set_read_timeout(Some(GUARD)),
        };
        limited.expect("it is no time of zero");
        let late = |error: &io::Error| error.kind() == io::ErrorKind::WouldBlock;
        match io::copy(&mut self, &mut io::sink()) {
            Err(error) if late(&error) => panic!("never: the end of a stream"),
            // By a reset, or in peace.
            _ => {}
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.read(buffer),
            Stream::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => stream.write(bytes),
            Stream::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a client's stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With the end of the stream: its writing half was shut down, or the socket closed in peace.
    Eof,
    /// With an error.
    Reset,
}

/// Bytes that a TCP socket of ours takes in advance. What the client's kernel takes in advance
/// follows from the window that this leaves it and from the segment size: both together stay far
/// below the 5 MB of a large call, on any settings of the machine. A UNIX socket takes a few hundred
/// KB.
const RECEIVE_BUFFER: usize = 64 << 10;
const SEGMENT: u32 = 1_448;

/// A listening socket. As long as nobody accepts, the kernel does, and says nothing.
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Listens at an address as the adapters write it; port 0 takes a free one.
    pub(crate) fn bind(address: &str) -> io::Result<Self> {
        if let Some(path) = address.strip_prefix("unix:") {
            return Ok(Listener::Unix(UnixListener::bind(path)?));
        }
        let address: SocketAddr = address.parse().expect("an address");
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        // Before listening: accepted sockets inherit both.
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        socket.set_tcp_mss(SEGMENT)?;
        socket.bind(&address.into())?;
        socket.listen(64)?;
        Ok(Listener::Tcp(socket.into()))
    }

    pub(crate) fn address(&self) -> String {
        match self {
            Listener::Tcp(listener) => listener.local_addr().expect("it is bound").to_string(),
            Listener::Unix(listener) => {
                let address = listener.local_addr().expect("it is bound");
                let path = address.as_pathname().and_then(|path| path.to_str());
                format!("unix:{}", path.expect("it has a path"))
            }
        }
    }

    fn accept(&self) -> io::Result<Stream> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                Ok(Stream::Tcp(stream))
            }
            Listener::Unix(listener) => Ok(Stream::Unix(listener.accept()?.0)),
        }
    }
}

/// For what a forwarder may pass on: everything.
const ALL: u64 = u64::MAX;

/// Stands between clients and a server, and stops passing bytes on at exact places, so that a request
/// is certain to be in mid-transmission.
pub(crate) struct Forwarder {
    address: String,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    server: String,
    /// Bytes that are written at a time.
    chunk: usize,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    links: Vec<Link>,
    /// What is passed on to the server of a new connection.
    allow: u64,
    closing: bool,
}

/// One forwarded connection.
struct Link {
    streams: [Stream; 2],
    ways: [Way; 2],
}

#[derive(Clone, Copy)]
struct Way {
    allowed: u64,
    passed: u64,
    end: Option<End>,
}

const UP: usize = 0;
const DOWN: usize = 1;

impl Forwarder {
    /// Listens at `at` for clients of `server`, and writes `chunk` bytes at a time.
    pub(crate) fn new(at: &str, server: String, chunk: usize) -> Self {
        let listener = Listener::bind(at).expect("there is room for one more");
        let address = listener.address();
        let state = State { links: Vec::new(), allow: ALL, closing: false };
        let shared = Shared { server, chunk, state: Mutex::new(state), changed: Condvar::new() };
        let shared = Arc::new(shared);
        let accepting = shared.clone();
        let accepting = Some(thread::spawn(move || accepting.accept(&listener)));
        Forwarder { address, shared, accepting }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// How many connections there have been.
    pub(crate) fn accepted(&self) -> usize {
        self.shared.state().links.len()
    }

    /// Passes on so many bytes of each client from now on, and nothing until it is opened.
    pub(crate) fn allow_new(&self, bytes: u64) {
        self.shared.change(|state| state.allow = bytes);
    }

    /// Passes on so many bytes more of the last client, and then none. Nothing may be under way when
    /// this is called: all that was sent so far has been answered.
    pub(crate) fn stop_after(&self, bytes: u64) {
        self.shared.change(|state| {
            let way = &mut state.last().ways[UP];
            way.allowed = way.passed + bytes;
        });
    }

    /// Passes nothing on of the last connection, in no direction.
    pub(crate) fn freeze(&self) {
        self.stop_after(0);
        self.freeze_down();
    }

    /// Passes nothing on that the server says to the last client.
    pub(crate) fn freeze_down(&self) {
        self.shared.change(|state| {
            let way = &mut state.last().ways[DOWN];
            way.allowed = way.passed;
        });
    }

    /// Passes on everything of every connection, those to come included.
    pub(crate) fn open(&self) {
        self.shared.change(|state| {
            state.allow = ALL;
            state
                .links
                .iter_mut()
                .flat_map(|link| &mut link.ways)
                .for_each(|way| way.allowed = ALL);
        });
    }

    /// Waits until a client has sent more than it may.
    pub(crate) fn wait_stuck(&self) {
        self.shared.wait("a client that is stuck", |state| {
            let last = state.links.last()?;
            (last.ways[UP].passed == last.ways[UP].allowed).then_some(())
        });
    }

    /// Waits for the end of a client's stream, counted from 0. One that is stuck does not show it.
    pub(crate) fn ended(&self, link: usize) -> End {
        self.shared
            .wait("the end of a client's stream", |state| state.links.get(link)?.ways[UP].end)
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.shared.change(|state| {
            state.closing = true;
            let streams = state.links.iter().flat_map(|link| &link.streams);
            streams.for_each(|stream| stream.shutdown(Shutdown::Both));
        });
        // It waits for a client.
        let _ = Stream::connect(&self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

impl State {
    fn last(&mut self) -> &mut Link {
        self.links.last_mut().expect("there is a connection")
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    fn wait<T>(&self, what: &str, mut found: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut answer = None;
        let looking = |state: &mut State| {
            answer = found(state);
            answer.is_none()
        };
        drop(self.changed.wait_timeout_while(self.state(), GUARD, looking));
        answer.unwrap_or_else(|| panic!("never: {what}"))
    }

    fn accept(self: &Arc<Self>, listener: &Listener) {
        loop {
            let client = listener.accept();
            if self.state().closing {
                return;
            }
            // Without a server the client is turned away.
            let Ok(client) = client else { continue };
            let Ok(server) = Stream::connect(&self.server) else { continue };
            let (Ok(from_client), Ok(to_client)) = (client.try_clone(), client.try_clone()) else {
                continue;
            };
            let (Ok(from_server), Ok(to_server)) = (server.try_clone(), server.try_clone()) else {
                continue;
            };
            let mut link = 0;
            self.change(|state| {
                link = state.links.len();
                let way = |allowed| Way { allowed, passed: 0, end: None };
                let ways = [way(state.allow), way(ALL)];
                state.links.push(Link { streams: [client, server], ways });
            });
            for (way, from, to) in [(UP, from_client, to_server), (DOWN, from_server, to_client)] {
                let shared = self.clone();
                thread::spawn(move || shared.pass_on(link, way, from, to));
            }
        }
    }

    fn pass_on(&self, link: usize, way: usize, mut from: Stream, mut to: Stream) {
        let mut buffer = vec![0; 64 << 10];
        let end = loop {
            let mut bytes = match from.read(&mut buffer) {
                Ok(0) => break End::Eof,
                Ok(len) => &buffer[..len],
                Err(_) => break End::Reset,
            };
            while !bytes.is_empty() {
                let Some(len) = self.take(link, way, bytes.len()) else { return };
                // One that is gone takes nothing; how the other ends is looked for still.
                let _ = to.write_all(&bytes[..len]);
                bytes = &bytes[len..];
            }
        };
        to.shutdown(if end == End::Eof { Shutdown::Write } else { Shutdown::Both });
        self.change(|state| state.links[link].ways[way].end = Some(end));
    }

    /// Waits until something may be passed on, and counts it as passed; `None` at the end.
    fn take(&self, link: usize, way: usize, most: usize) -> Option<usize> {
        let stuck = |state: &mut State| {
            let way = &state.links[link].ways[way];
            !state.closing && way.allowed == way.passed
        };
        let state = self.changed.wait_while(self.state(), stuck);
        let mut state = state.expect("nobody panics with it");
        let way = &mut state.links[link].ways[way];
        let room = usize::try_from(way.allowed - way.passed).unwrap_or(usize::MAX);
        let len = room.min(most).min(self.chunk);
        way.passed += len as u64;
        drop(state);
        self.changed.notify_all();
        // Nothing is left to take of a link that is stuck at the end.
        (len > 0).then_some(len)
    }
}
