//! Two connections that hand each other buffers: nothing stands between them, so that what is
//! counted is theirs.

use std::io::{self, IoSlice, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_core::{
    CallId, ClientConfig, ClientConnection, ClientEvent, ClientTls, Encryption, Footers, Link,
    Method, OutboundCall, OutboundReply, ServerConfig, ServerConnection, ServerEvent, ServerTls,
    TlsVersions, UserCredentials,
};

/// The server's certificate, and its private key; the test kit's, but without the test kit, which would
/// switch on features of the core that are for tests.
pub const CERTIFICATE: &[u8] = include_bytes!("../../krpc-testkit/src/certs/server.pem");
pub const KEY: &[u8] = include_bytes!("../../krpc-testkit/src/certs/server.key");

/// What is called.
pub const METHOD: Method = Method::from_static("bench.Service", "Take");

/// A client's configuration, plain or TLS 1.3.
pub fn client_config(tls: bool) -> ClientConfig {
    let config = ClientConfig::new(UserCredentials::new("bench"));
    if !tls {
        return config.encryption(Encryption::Disabled);
    }
    let client = ClientTls::new().versions(TlsVersions::Tls13);
    config.tls(client).encryption(Encryption::Required).encrypt_loopback(true)
}

/// A server's, likewise.
pub fn server_config(tls: bool) -> ServerConfig {
    if !tls {
        return ServerConfig::new().encryption(Encryption::Disabled);
    }
    let tls = ServerTls::from_pem(CERTIFICATE, KEY).expect("the test kit's certificate is valid");
    ServerConfig::new().tls(tls).encryption(Encryption::Required).encrypt_loopback(true)
}

/// A socket in memory with so much room.
#[derive(Debug)]
pub struct Pipe {
    bytes: Vec<u8>,
    /// How many bytes it still takes before it says `WouldBlock`.
    pub room: usize,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.room == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let before = self.room;
        for slice in slices {
            let step = slice.len().min(self.room);
            self.bytes.extend_from_slice(&slice[..step]);
            self.room -= step;
        }
        Ok(before - self.room)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pipe {
    fn new() -> Self {
        Pipe { bytes: Vec::with_capacity(1 << 20), room: usize::MAX }
    }
}

/// Hands over what a pipe holds, in the portions in which an adapter reads.
fn read_all(bytes: &[u8], mut input: impl FnMut(&[u8])) {
    bytes.chunks(16 << 10).for_each(&mut input);
}

/// A client and a server.
#[derive(Debug)]
pub struct Two {
    pub client: ClientConnection,
    pub server: ServerConnection,
    pub up: Pipe,
    down: Pipe,
    pub now: Instant,
    /// What is called.
    pub method: Method,
    /// The deadline of calls; the last one given, so that no two are the same.
    deadline: Instant,
    body: Bytes,
    reply: Bytes,
}

impl Two {
    /// Negotiates, and makes one call.
    pub fn open(client: ClientConfig, server: ServerConfig) -> Self {
        let now = Instant::now();
        let link = Link::unix(None);
        let mut two = Two {
            client: ClientConnection::new(Arc::new(client), now),
            server: ServerConnection::new(Arc::new(server), link.clone(), now),
            up: Pipe::new(),
            down: Pipe::new(),
            now,
            method: METHOD,
            deadline: now + Duration::from_secs(3_600),
            body: Bytes::from_static(&[7; 64]),
            reply: Bytes::from_static(&[8; 64]),
        };
        two.client.handle_connected(now, link);
        for _ in 0..10 {
            two.send();
            two.receive();
        }
        assert!(two.client.is_open() && two.server.is_open(), "the negotiation has failed");
        while two.client.poll_event().is_some() {}
        while two.server.poll_event().is_some() {}
        two.round(1);
        two
    }

    /// Plain, with footers or without.
    pub fn plain(footers: Footers) -> Self {
        Two::open(client_config(false).footers(footers), server_config(false))
    }

    /// The client writes what it can.
    pub fn write(&mut self) {
        while self.client.wants_write() {
            match self.client.transmit(self.now, &mut self.up) {
                Ok(done) if done.written == 0 => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => panic!("a pipe has no other error: {error}"),
            }
        }
    }

    /// The server reads what the client has written.
    pub fn deliver(&mut self) {
        read_all(&self.up.bytes, |data| self.server.handle_input(self.now, data));
        self.up.bytes.clear();
    }

    /// The client writes, the server reads.
    pub fn send(&mut self) {
        self.write();
        self.deliver();
    }

    /// The server writes, the client reads.
    pub fn receive(&mut self) {
        while self.server.wants_write() {
            let _ = self.server.transmit(self.now, &mut self.down).expect("it has room");
        }
        read_all(&self.down.bytes, |data| self.client.handle_input(self.now, data));
        self.down.bytes.clear();
    }

    /// Starts a call of 64 bytes with a deadline.
    pub fn call(&mut self) -> CallId {
        self.deadline += Duration::from_nanos(1_000);
        let mut call = OutboundCall::new(self.method.clone(), self.body.clone());
        call.deadline = Some(self.deadline);
        self.client.start_call(self.now, call).expect("the connection is open")
    }

    /// Starts a call with one sidecar.
    pub fn call_with(&mut self, sidecar: Bytes) -> CallId {
        let mut call = OutboundCall::new(self.method.clone(), self.body.clone());
        call.sidecars = vec![sidecar];
        self.client.start_call(self.now, call).expect("the connection is open")
    }

    /// The server answers what it has; returns how many calls those were.
    pub fn answer(&mut self) -> usize {
        let mut answered = 0;
        while let Some(event) = self.server.poll_event() {
            match event {
                ServerEvent::Call(call) => {
                    let reply = OutboundReply::new(self.reply.clone());
                    self.server.respond(self.now, call.id, Ok(reply)).expect("it is open");
                    answered += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        answered
    }

    /// Starts `depth` calls of 64 bytes, answers them all, and takes the replies.
    pub fn round(&mut self, depth: usize) {
        for _ in 0..depth {
            self.call();
        }
        self.send();
        assert_eq!(self.answer(), depth);
        self.receive();
        assert_eq!(self.completed(), depth);
    }

    /// Makes a call, and returns the bytes that went up and down for it.
    pub fn frames(&mut self) -> (Vec<u8>, Vec<u8>) {
        self.call();
        self.write();
        let up = self.up.bytes.clone();
        self.deliver();
        assert_eq!(self.answer(), 1);
        while self.server.wants_write() {
            let _ = self.server.transmit(self.now, &mut self.down).expect("it has room");
        }
        let down = self.down.bytes.clone();
        self.receive();
        assert_eq!(self.completed(), 1);
        (up, down)
    }

    /// Takes replies; returns how many there were.
    pub fn completed(&mut self) -> usize {
        let mut done = 0;
        while let Some(event) = self.client.poll_event() {
            match event {
                ClientEvent::Completed { result: Ok(_), .. } => done += 1,
                other => panic!("{other:?}"),
            }
        }
        done
    }

    /// The peer reads again: everything the client has goes over, in portions, so that no more is held in
    /// between than a socket would. Returns how many calls the server answered.
    pub fn catch_up(&mut self) -> usize {
        let mut answered = 0;
        loop {
            self.up.room = 256 << 10;
            self.send();
            answered += self.answer();
            self.receive();
            if !self.client.wants_write() {
                break;
            }
        }
        self.up.room = usize::MAX;
        answered
    }

    /// Makes room in the pipe before anything is counted, so that it need not grow later.
    pub fn reserve(&mut self, bytes: usize) {
        self.up.bytes.reserve(bytes);
    }
}
