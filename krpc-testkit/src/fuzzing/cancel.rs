//! Two connections, and whatever may be done to them while calls are cancelled.

use std::io::{self, IoSlice, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use krpc_core::{
    CallError, CallId, ClientConfig, ClientConnection, ClientEvent, ClientTls, Execution, Footers,
    Link, Method, OnCancel, OutboundCall, OutboundReply, ServerConfig, ServerConnection,
    ServerEvent, ServerTls, Sidecar, Then, UserCredentials,
};

/// Bytes of payload are a function of their place, so that one that is out of place shows.
const PIECE: usize = 40_000;
static PATTERN: [u8; PIECE] = {
    let mut bytes = [0; PIECE];
    let mut at = 0;
    while at < PIECE {
        bytes[at] = (at * 31 + at / 251) as u8;
        at += 1;
    }
    bytes
};

struct Owner {
    len: usize,
    alive: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        &PATTERN[..self.len]
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Takes so many bytes and no more.
struct Limited<'a> {
    bytes: &'a mut Vec<u8>,
    room: usize,
}

impl Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.room);
        if taken == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.room -= taken;
        self.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut taken = 0;
        for slice in slices {
            match self.write(slice) {
                Ok(n) => taken += n,
                Err(_) => break,
            }
        }
        if taken == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Started {
    id: CallId,
    alive: Arc<AtomicUsize>,
    ended: bool,
    ran: bool,
    never: bool,
}

struct World {
    now: Instant,
    client: ClientConnection,
    server: ServerConnection,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    /// The stream to the server has ended behind what is in it.
    server_eof: bool,
    client_eof: bool,
    killed: bool,
    calls: Vec<Started>,
    unanswered: Vec<CallId>,
    closed: usize,
}

/// Calls are started and cancelled, bytes are taken and delivered, time passes, as the input says. Every
/// call ends exactly once, with no owner of its payload left; the server sees whole, unaltered calls
/// only, and none of those that were reported as never executed.
///
/// # Panics
///
/// If the connections break one of these promises, which is what is searched for.
pub fn cancel(data: &[u8]) {
    let Some((&mode, ops)) = data.split_first() else { return };
    let mut world = World::new(mode);
    for op in ops.chunks_exact(2).take(400) {
        world.step(op[0], usize::from(op[1]));
        world.look();
    }
    world.finish();
}

impl World {
    fn new(mode: u8) -> Self {
        let now = Instant::now();
        let footers = [Footers::Auto, Footers::Off, Footers::Flag4Only, Footers::Auto];
        let footers = footers[usize::from(mode & 3)];
        let policy = [OnCancel::Drain, OnCancel::KeepUntilSent, OnCancel::Close, OnCancel::Drain];
        let mut client = ClientConfig::new(UserCredentials::new("alice"))
            .footers(footers)
            .on_cancel(policy[usize::from(mode >> 2 & 3)])
            .max_filler(if mode & 16 == 0 { 16 << 20 } else { 10_000 });
        if mode & 32 == 0 {
            client = client.grace(Duration::ZERO);
        }
        let mut server = ServerConfig::new().footers(footers).keepalive(None);
        if mode & 64 != 0 {
            client = client.tls(ClientTls::fake()).encrypt_loopback(true);
            server = server.tls(ServerTls::fake()).encrypt_loopback(true);
        }
        let link = Link::unix(None);
        let mut world = World {
            now,
            client: ClientConnection::new(Arc::new(client), now),
            server: ServerConnection::new(Arc::new(server), link.clone(), now),
            to_server: Vec::new(),
            to_client: Vec::new(),
            server_eof: false,
            client_eof: false,
            killed: false,
            calls: Vec::new(),
            unanswered: Vec::new(),
            closed: 0,
        };
        world.client.handle_connected(now, link);
        for _ in 0..12 {
            world.exchange(usize::MAX);
        }
        assert!(world.client.is_open() && world.server.is_open());
        world
    }

    fn step(&mut self, op: u8, arg: usize) {
        match op % 10 {
            0 => self.start(arg * 150, arg % 4),
            1 => self.start(arg, 0),
            2 if !self.calls.is_empty() => {
                let id = self.calls[arg % self.calls.len()].id;
                let _ = self.client.cancel_call(self.now, id);
            }
            3 | 4 => self.write_client(arg * 97),
            5 => self.read_server(arg * 211),
            6 => {
                self.write_server(arg * 97);
                self.read_client(arg * 211);
            }
            7 if !self.unanswered.is_empty() => {
                let id = self.unanswered.remove(arg % self.unanswered.len());
                let reply = OutboundReply::new(&PATTERN[..arg * 50]);
                // The client may be gone.
                let _ = self.server.respond(self.now, id, Ok(reply));
            }
            8 => self.pass(Duration::from_millis(arg as u64 * 10)),
            9 if arg == 255 => self.kill(),
            _ => {}
        }
    }

    fn start(&mut self, len: usize, sidecars: usize) {
        let alive = Arc::new(AtomicUsize::new(sidecars + 1));
        let own = |len: usize| {
            Sidecar::from_owner(Owner { len: len.min(PIECE), alive: alive.clone() }).into()
        };
        let method = Method::new("test.Service", self.calls.len().to_string());
        let mut call = OutboundCall::new(method, own(len % 300));
        call.sidecars = (0..sidecars).map(|_| own(len)).collect();
        if len.is_multiple_of(3) {
            call.deadline = Some(self.now + Duration::from_millis(500));
        }
        let Ok(id) = self.client.start_call(self.now, call) else {
            assert_eq!(
                alive.load(Ordering::Relaxed),
                0,
                "a refused call came back and was dropped"
            );
            return;
        };
        self.calls.push(Started { id, alive, ended: false, ran: false, never: false });
    }

    fn write_client(&mut self, room: usize) {
        let mut out = Limited { bytes: &mut self.to_server, room };
        if let Ok(done) = self.client.transmit(self.now, &mut out) {
            match done.then {
                Then::ShutdownWrite | Then::Close => self.server_eof = true,
                Then::Reset => self.kill(),
                _ => {}
            }
        }
    }

    fn write_server(&mut self, room: usize) {
        let mut out = Limited { bytes: &mut self.to_client, room };
        if let Ok(done) = self.server.transmit(self.now, &mut out) {
            self.client_eof |= done.then == Then::Close;
        }
    }

    fn read_server(&mut self, most: usize) {
        if !self.server.wants_read() {
            return;
        }
        if self.to_server.is_empty() && self.server_eof {
            self.server.handle_eof(self.now);
        }
        let bytes: Vec<u8> = self.to_server.drain(..most.min(self.to_server.len())).collect();
        self.server.handle_input(self.now, &bytes);
    }

    fn read_client(&mut self, most: usize) {
        if self.to_client.is_empty() && self.client_eof {
            self.client.handle_eof(self.now);
        }
        let bytes: Vec<u8> = self.to_client.drain(..most.min(self.to_client.len())).collect();
        self.client.handle_input(self.now, &bytes);
    }

    fn exchange(&mut self, most: usize) {
        self.write_client(most);
        self.read_server(most);
        self.write_server(most);
        self.read_client(most);
        self.look();
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.client.handle_timeout(self.now);
        self.server.handle_timeout(self.now);
    }

    /// The connection dies, with what is on its way.
    fn kill(&mut self) {
        self.killed = true;
        self.to_server.clear();
        self.to_client.clear();
        self.server.handle_eof(self.now);
        self.client.handle_eof(self.now);
    }

    fn look(&mut self) {
        while let Some(event) = self.client.poll_event() {
            assert_eq!(self.closed, 0, "nothing comes after the end");
            match event {
                ClientEvent::Completed { id, result } => {
                    let never = result.as_ref().err().map(CallError::execution);
                    self.ended(id, never == Some(Execution::Never));
                }
                ClientEvent::Returned { id, call } => {
                    drop(call);
                    self.ended(id, true);
                }
                ClientEvent::Closed { .. } => self.closed += 1,
                _ => {}
            }
        }
        while let Some(event) = self.server.poll_event() {
            let ServerEvent::Call(call) = event else { continue };
            let name = std::str::from_utf8(&call.method.name).expect("our own name");
            let started = &mut self.calls[name.parse::<usize>().expect("our own number")];
            assert!(!started.ran && !started.never, "call {name}");
            assert_eq!(started.id, call.id);
            started.ran = true;
            for piece in call.sidecars.iter().chain([call.body.clone()]) {
                assert_eq!(piece, PATTERN[..piece.len()], "call {name}");
            }
            self.unanswered.push(call.id);
        }
    }

    fn ended(&mut self, id: CallId, never: bool) {
        let started = self.calls.iter_mut().find(|call| call.id == id).expect("it was started");
        assert!(!started.ended, "a call ends once");
        assert_eq!(started.alive.load(Ordering::Relaxed), 0, "an owner is left");
        assert!(!(never && started.ran), "call {id} was executed");
        (started.ended, started.never) = (true, never);
    }

    /// Lets everything come to its end.
    fn finish(&mut self) {
        for _ in 0..20_000 {
            self.exchange(usize::MAX);
            for id in std::mem::take(&mut self.unanswered) {
                let _ = self.server.respond(self.now, id, Ok(OutboundReply::default()));
            }
            let rests = self.client.filler_owed() == 0 && self.client.abandoned() == 0;
            if self.client.is_closed() || (self.calls.iter().all(|call| call.ended) && rests) {
                break;
            }
        }
        self.exchange(usize::MAX);
        if self.client.is_cut() {
            // What was sealed and never left is waited for in vain, and not for ever.
            self.pass(Duration::from_secs(30));
            self.look();
        }
        assert!(self.calls.iter().all(|call| call.ended), "a call has no end");
        if !self.killed && !self.client.is_closed() {
            let aborted = self.client.stats().aborted_frames_sent;
            assert_eq!(self.server.stats().aborted_frames_received, aborted);
            assert_eq!(self.server.in_flight(), 0);
            assert_eq!((self.client.in_flight(), self.client.abandoned()), (0, 0));
        }
    }
}
