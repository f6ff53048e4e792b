//! One connection whose peer is a script of bytes, on a clock that stands still.

// Every test file includes this and uses a part of it.
#![allow(dead_code)]
// A time to begin with; after that the clock stands still.
#![allow(clippy::disallowed_methods)]

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_core::proto::{ErrorStatus, codes::NegotiateStep, decode, frame, pb, preamble, varint};
use krpc_core::{
    ClientConfig, ClientConnection, ClientEvent, ConnectionError, InboundCall, Link, Misbehaviour,
    ServerConfig, ServerConnection, ServerEvent, Then, UserCredentials,
};
use prost::Message;

/// A socket buffer with room for some bytes.
#[derive(Debug)]
struct Socket {
    taken: Vec<u8>,
    room: usize,
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = bytes.len().min(self.room);
        if n == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.room -= n;
        self.taken.extend_from_slice(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

macro_rules! peer_of {
    ($(#[$doc:meta])* $name:ident, $connection:ident, $event:ident) => {
        $(#[$doc])*
        pub(crate) struct $name {
            pub(crate) conn: $connection,
            pub(crate) now: Instant,
            pub(crate) events: Vec<$event>,
            pub(crate) closed: bool,
            /// Whether the socket is to be closed with linger 0.
            pub(crate) reset: bool,
            /// How often its writing half was to be shut down.
            pub(crate) shut_down: usize,
            socket: Socket,
        }

        impl $name {
            fn around(conn: $connection, now: Instant) -> Self {
                let socket = Socket { taken: Vec::new(), room: usize::MAX };
                let events = Vec::new();
                let (closed, reset, shut_down) = (false, false, 0);
                let mut peer = $name { conn, now, events, closed, reset, shut_down, socket };
                peer.drain();
                peer
            }

            /// Hands over `bytes` at once.
            pub(crate) fn feed(&mut self, bytes: &[u8]) {
                self.conn.handle_input(self.now, bytes);
                self.drain();
            }

            /// Hands over `bytes` in pieces of `size`.
            pub(crate) fn feed_by(&mut self, size: usize, bytes: &[u8]) {
                for piece in bytes.chunks(size) {
                    self.feed(piece);
                }
            }

            /// Hands over `bytes`, straight into a frame if there is room in it.
            pub(crate) fn feed_in_place(&mut self, bytes: &[u8]) {
                let space = self.conn.recv_space();
                let (direct, rest) = bytes.split_at(bytes.len().min(space.len()));
                space[..direct.len()].copy_from_slice(direct);
                if !direct.is_empty() {
                    self.conn.handle_received(self.now, direct.len());
                }
                self.feed(rest);
            }

            pub(crate) fn eof(&mut self) {
                self.conn.handle_eof(self.now);
                self.drain();
            }

            /// From now on the socket takes this many bytes.
            pub(crate) fn room(&mut self, room: usize) {
                self.socket.room = room;
                self.drain();
            }

            /// The same, but events stay where they are.
            pub(crate) fn offer(&mut self, room: usize) {
                self.socket.room = room;
                while self.conn.transmit(self.now, &mut self.socket).is_ok_and(|done| done.written > 0) {}
            }

            /// Moves the clock on, stopping at each timer on the way.
            pub(crate) fn advance(&mut self, by: Duration) {
                let until = self.now + by;
                while let Some(at) = self.conn.poll_timeout().filter(|at| *at <= until) {
                    self.now = self.now.max(at);
                    self.conn.handle_timeout(self.now);
                    self.drain();
                    // Or whoever waits for it would spin.
                    let next = self.conn.poll_timeout();
                    assert!(next.is_none_or(|at| at > self.now), "a timer fires again at once");
                }
                self.now = until;
            }

            /// Takes what was written.
            pub(crate) fn written(&mut self) -> Vec<u8> {
                std::mem::take(&mut self.socket.taken)
            }

            /// Why the connection ended. Checks that it was said once, last, and that the socket
            /// is to be closed.
            pub(crate) fn error(&self) -> ConnectionError {
                let ends = |e: &&$event| matches!(e, $event::Closed { .. });
                assert_eq!(self.events.iter().filter(ends).count(), 1, "{:?}", self.events);
                assert!(self.conn.is_closed() && !self.conn.wants_read() && !self.conn.is_open());
                assert!(self.closed, "the socket is to be closed");
                match self.events.last() {
                    Some($event::Closed { error }) => error.clone(),
                    other => panic!("the end does not come last: {other:?}"),
                }
            }

            pub(crate) fn is_ended(&self) -> bool {
                self.events.iter().any(|e| matches!(e, $event::Closed { .. }))
            }

            /// Writes what the socket takes and collects events.
            pub(crate) fn drain(&mut self) {
                loop {
                    while let Some(event) = self.conn.poll_event() {
                        self.events.push(event);
                    }
                    match self.conn.transmit(self.now, &mut self.socket) {
                        Err(error) => {
                            assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                            return;
                        }
                        Ok(done) => {
                            self.closed |= matches!(done.then, Then::Close | Then::Reset);
                            self.reset |= done.then == Then::Reset;
                            self.shut_down += usize::from(done.then == Then::ShutdownWrite);
                            assert_eq!(done.pending, self.conn.wants_write());
                            if done.written == 0 {
                                return;
                            }
                        }
                    }
                }
            }
        }
    };
}

peer_of! {
    /// A client made of bytes, in front of a server connection.
    RawClient, ServerConnection, ServerEvent
}

peer_of! {
    /// A server made of bytes, in front of a client connection.
    RawServer, ClientConnection, ClientEvent
}

impl RawClient {
    pub(crate) fn new(config: ServerConfig) -> Self {
        Self::on(config, Link::unix(None))
    }

    pub(crate) fn on(config: ServerConfig, link: Link) -> Self {
        let now = Instant::now();
        Self::around(ServerConnection::new(Arc::new(config), link, now), now)
    }

    /// The preamble is through.
    pub(crate) fn greeted(config: ServerConfig) -> Self {
        let mut peer = Self::new(config);
        peer.feed(&preamble::PREAMBLE);
        peer
    }

    /// Negotiated without TLS; what the server wrote for it is forgotten.
    pub(crate) fn open(config: ServerConfig) -> Self {
        Self::listing(config, &[1])
    }

    /// As `open`, by a client that lists these features.
    pub(crate) fn listing(config: ServerConfig, features: &[i32]) -> Self {
        let mut peer = Self::new(config);
        peer.feed(&plain_client_hello_of(features));
        assert!(peer.conn.is_open(), "{:?}", peer.events);
        peer.written();
        peer.events.clear();
        peer
    }

    pub(crate) fn calls(&self) -> Vec<&InboundCall> {
        let mut calls = Vec::new();
        for event in &self.events {
            if let ServerEvent::Call(call) = event {
                calls.push(&**call);
            }
        }
        calls
    }
}

impl RawServer {
    pub(crate) fn new(config: ClientConfig) -> Self {
        let now = Instant::now();
        let mut peer = Self::around(ClientConnection::new(Arc::new(config), now), now);
        peer.conn.handle_connected(now, Link::unix(None));
        peer.drain();
        peer
    }

    /// Negotiated without TLS; what the client wrote for it is forgotten.
    pub(crate) fn open(config: ClientConfig) -> Self {
        Self::listing(config, &[1])
    }

    /// As `open`, by a server that lists these features.
    pub(crate) fn listing(config: ClientConfig, features: &[i32]) -> Self {
        let mut peer = Self::new(config);
        peer.feed(&[server_negotiate_of(features), sasl_success()].concat());
        assert!(peer.conn.is_open(), "{:?}", peer.events);
        peer.written();
        peer.events.clear();
        peer
    }
}

pub(crate) fn alice() -> ClientConfig {
    ClientConfig::new(UserCredentials::new("alice"))
}

// ---- bytes

/// A varint of any width, for values a frame cannot hold too.
pub(crate) fn varint(value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    varint::put(&mut out, value);
    out
}

/// Eleven bytes that never end: no varint is that long.
pub(crate) const ENDLESS: [u8; 11] = [0x80; 11];

/// A length prefix around `payload`.
pub(crate) fn prefixed(payload: &[u8]) -> Vec<u8> {
    [&(payload.len() as u32).to_be_bytes()[..], payload].concat()
}

/// A frame of raw header and main part.
pub(crate) fn raw_frame(header: &[u8], main: &[u8]) -> Vec<u8> {
    let (h, m) = (varint(header.len() as u32), varint(main.len() as u32));
    prefixed(&[&h, header, &m, main].concat())
}

pub(crate) fn request(header: &pb::RequestHeader, main: &[u8]) -> Vec<u8> {
    raw_frame(&header.encode_to_vec(), main)
}

pub(crate) fn response(header: &pb::ResponseHeader, main: &[u8]) -> Vec<u8> {
    raw_frame(&header.encode_to_vec(), main)
}

/// The header of a plain call.
pub(crate) fn call_header(call_id: i32) -> pb::RequestHeader {
    pb::RequestHeader {
        call_id,
        remote_method: Some(pb::RemoteMethodPb {
            service_name: Bytes::from_static(b"test.Service"),
            method_name: Bytes::from_static(b"Method"),
        }),
        ..pb::RequestHeader::default()
    }
}

pub(crate) fn call(call_id: i32, body: &[u8]) -> Vec<u8> {
    request(&call_header(call_id), body)
}

pub(crate) fn reply_header(call_id: i32, is_error: bool) -> pb::ResponseHeader {
    pb::ResponseHeader { call_id, is_error: Some(is_error), ..pb::ResponseHeader::default() }
}

pub(crate) fn reply(call_id: i32, body: &[u8]) -> Vec<u8> {
    response(&reply_header(call_id, false), body)
}

pub(crate) fn step(step: NegotiateStep) -> pb::NegotiatePb {
    pb::NegotiatePb { step: step.as_i32(), ..pb::NegotiatePb::default() }
}

/// A negotiation message of a client.
pub(crate) fn from_client(message: &pb::NegotiatePb) -> Vec<u8> {
    let header = pb::RequestHeader { call_id: -33, ..pb::RequestHeader::default() };
    request(&header, &message.encode_to_vec())
}

/// A negotiation message of a server.
pub(crate) fn from_server(message: &pb::NegotiatePb) -> Vec<u8> {
    let header = pb::ResponseHeader { call_id: -33, ..pb::ResponseHeader::default() };
    response(&header, &message.encode_to_vec())
}

pub(crate) fn mechanism(name: &'static str) -> pb::negotiate_pb::SaslMechanism {
    pb::negotiate_pb::SaslMechanism { mechanism: Bytes::from_static(name.as_bytes()) }
}

pub(crate) fn sasl() -> pb::AuthenticationTypePb {
    use pb::authentication_type_pb::{Sasl, Type};
    pb::AuthenticationTypePb { r#type: Some(Type::Sasl(Sasl {})) }
}

pub(crate) fn client_negotiate(features: &[i32]) -> Vec<u8> {
    let mut message = step(NegotiateStep::Negotiate);
    message.supported_features = features.to_vec();
    message.authn_types = vec![sasl()];
    from_client(&message)
}

pub(crate) fn client_initiate() -> Vec<u8> {
    let mut message = step(NegotiateStep::SaslInitiate);
    message.token = Some(Bytes::from_static(b"\0alice\0"));
    message.sasl_mechanisms = vec![mechanism("PLAIN")];
    from_client(&message)
}

pub(crate) fn client_context() -> Vec<u8> {
    let user =
        pb::UserInformationPb { effective_user: None, real_user: Bytes::from_static(b"alice") };
    let context = pb::ConnectionContextPb { deprecated_user_info: Some(user), encoded_nonce: None };
    let header = pb::RequestHeader { call_id: -3, ..pb::RequestHeader::default() };
    request(&header, &context.encode_to_vec())
}

/// Everything a client without TLS says until it is open.
pub(crate) fn plain_client_hello() -> Vec<u8> {
    plain_client_hello_of(&[1])
}

/// The same, from a client that lists these features.
pub(crate) fn plain_client_hello_of(features: &[i32]) -> Vec<u8> {
    let preamble = preamble::PREAMBLE.to_vec();
    [preamble, client_negotiate(features), client_initiate(), client_context()].concat()
}

pub(crate) fn server_negotiate() -> Vec<u8> {
    server_negotiate_of(&[1])
}

/// The NEGOTIATE of a server that lists these features.
pub(crate) fn server_negotiate_of(features: &[i32]) -> Vec<u8> {
    let mut message = step(NegotiateStep::Negotiate);
    message.supported_features = features.to_vec();
    message.authn_types = vec![sasl()];
    message.sasl_mechanisms = vec![mechanism("PLAIN")];
    from_server(&message)
}

pub(crate) fn sasl_success() -> Vec<u8> {
    from_server(&step(NegotiateStep::SaslSuccess))
}

// ---- reading

/// Takes a stream of frames apart into payloads. Panics if it does not end with a frame.
pub(crate) fn payloads(mut stream: &[u8]) -> Vec<Bytes> {
    let mut list = Vec::new();
    while !stream.is_empty() {
        let (prefix, rest) = stream.split_first_chunk::<4>().expect("a whole length prefix");
        let (payload, rest) = rest.split_at(u32::from_be_bytes(*prefix) as usize);
        list.push(Bytes::copy_from_slice(payload));
        stream = rest;
    }
    list
}

fn split(payload: &Bytes) -> (Bytes, Bytes) {
    let parts = frame::split(payload, frame::FooterRule::Forbidden).expect("a good frame");
    (payload.slice(parts.header), payload.slice(parts.main))
}

/// The frames a client wrote behind the preamble.
pub(crate) fn requests(stream: &[u8]) -> Vec<(pb::RequestHeader, Bytes)> {
    let read = |payload| {
        let (header, main) = split(payload);
        (decode::request_header(header).expect("a good header"), main)
    };
    payloads(stream).iter().map(read).collect()
}

/// The frames a server wrote.
pub(crate) fn responses(stream: &[u8]) -> Vec<(pb::ResponseHeader, Bytes)> {
    let read = |payload| {
        let (header, main) = split(payload);
        (decode::response_header(header).expect("a good header"), main)
    };
    payloads(stream).iter().map(read).collect()
}

/// The error frame that ends `stream`, which holds nothing else.
pub(crate) fn refusal(stream: &[u8]) -> ErrorStatus {
    let frames = responses(stream);
    let [(header, body)] = &frames[..] else { panic!("one error frame, not {frames:?}") };
    assert_eq!((header.call_id, header.is_error), (-33, Some(true)));
    ErrorStatus::decode(body.clone()).expect("a good ErrorStatusPB")
}

pub(crate) fn misbehaviour(error: ConnectionError) -> Misbehaviour {
    match error {
        ConnectionError::PeerMisbehaved(misbehaviour) => misbehaviour,
        other => panic!("misbehaviour, not {other:?}"),
    }
}
