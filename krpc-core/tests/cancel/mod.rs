//! What the tests of cancellation have in common: payloads that tell whether they live, and both ends of
//! a connection on every kind of stream.

// Every test file includes this and uses a part of it.
#![allow(dead_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use krpc_core::proto::{frame, pb};
use krpc_core::{
    CallError, CallId, CancelOutcome, ClientConfig, ClientEvent, ClientTls, Encryption, Execution,
    InboundReply, Method, OutboundCall, OutboundReply, ServerConfig, ServerTls, Sidecar,
    TlsVersions,
};
use krpc_testkit::certs;
use prost::Message;

use crate::raw::{RawClient, RawServer, alice, prefixed, varint};

// ---- payloads

/// Counts payloads that live.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alive(Arc<AtomicUsize>);

struct Owner {
    bytes: Vec<u8>,
    alive: Alive,
}

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.alive.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Alive {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// A payload of these bytes.
    pub(crate) fn bytes(&self, bytes: Vec<u8>) -> Bytes {
        self.0.fetch_add(1, Ordering::SeqCst);
        Sidecar::from_owner(Owner { bytes, alive: self.clone() }).into()
    }

    /// A payload of `len` bytes, none of which is in a header, a footer or in filler.
    pub(crate) fn payload(&self, len: usize) -> Bytes {
        self.bytes(vec![PAYLOAD; len])
    }
}

pub(crate) const PAYLOAD: u8 = 0xee;

pub(crate) fn call(body: impl Into<Bytes>) -> OutboundCall {
    OutboundCall::new(Method::from_static("test.Service", "Method"), body)
}

/// A call whose parts are of all kinds: copied next to the header, lent, and empty.
pub(crate) fn motley(alive: &Alive) -> OutboundCall {
    let mut call = call(alive.payload(3));
    call.sidecars = [300, 0, 5, 260].into_iter().map(|len| alive.payload(len)).collect();
    call
}

/// Bytes of a motley call on the wire, without a footer.
pub(crate) fn size() -> usize {
    let mut peer = RawServer::open(alice());
    peer.start(motley(&Alive::default()));
    peer.written().len()
}

/// A call of which so many bytes are out, to a server that lists these features.
pub(crate) fn mid_way(
    config: ClientConfig,
    features: &[i32],
    sent: usize,
) -> (RawServer, CallId, Alive) {
    mid_way_within(config, features, sent, None)
}

/// The same for a call with a deadline, perhaps.
pub(crate) fn mid_way_within(
    config: ClientConfig,
    features: &[i32],
    sent: usize,
    timeout: Option<Duration>,
) -> (RawServer, CallId, Alive) {
    let mut peer = RawServer::listing(config, features);
    peer.room(0);
    let alive = Alive::default();
    let deadline = timeout.map(|after| peer.now + after);
    let id = peer.start(OutboundCall { deadline, ..motley(&alive) });
    peer.room(sent);
    (peer, id, alive)
}

// ---- how calls end

pub(crate) fn cancelled(outcome: CancelOutcome) -> CallError {
    CallError::Cancelled { outcome, execution: outcome.execution() }
}

pub(crate) fn cut(sent: usize, unsent: usize) -> CancelOutcome {
    CancelOutcome::Cut { sent: sent as u64, unsent: unsent as u64 }
}

pub(crate) fn aborted(sent: usize, filler: usize) -> CancelOutcome {
    CancelOutcome::Aborted { sent: sent as u64, filler: filler as u64 }
}

impl RawServer {
    pub(crate) fn start(&mut self, call: OutboundCall) -> CallId {
        let id = self.conn.start_call(self.now, call).expect("the client takes the call");
        self.drain();
        id
    }

    pub(crate) fn cancel(&mut self, id: CallId) -> Option<CancelOutcome> {
        let outcome = self.conn.cancel_call(self.now, id);
        self.drain();
        outcome
    }

    /// How a call has ended, if it has. Checks that it was said once.
    pub(crate) fn result(&self, id: CallId) -> Option<&Result<InboundReply, CallError>> {
        let mut ends = self.events.iter().filter_map(|event| match event {
            ClientEvent::Completed { id: done, result } if *done == id => Some(result),
            _ => None,
        });
        let end = ends.next();
        assert!(ends.next().is_none(), "call {id} has ended twice");
        assert!(end.is_none() || self.returned().iter().all(|(back, _)| *back != id));
        end
    }

    #[track_caller]
    pub(crate) fn failure(&self, id: CallId) -> CallError {
        match self.result(id) {
            Some(Err(error)) => error.clone(),
            other => panic!("call {id} has failed, not {other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn body(&self, id: CallId) -> Bytes {
        match self.result(id) {
            Some(Ok(reply)) => reply.body.clone(),
            other => panic!("call {id} has succeeded, not {other:?}"),
        }
    }

    /// The calls that came back, in their order.
    pub(crate) fn returned(&self) -> Vec<(CallId, &OutboundCall)> {
        let mut calls = Vec::new();
        for event in &self.events {
            if let ClientEvent::Returned { id, call } = event {
                calls.push((*id, &**call));
            }
        }
        calls
    }
}

// ---- streams

/// What is between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Plain,
    /// A TLS handshake, and a plain stream behind it.
    AuthenticationOnly,
    /// Sealed by the stand-in without cryptography.
    Fake,
    Tls12,
    Tls13,
}

impl Stream {
    pub(crate) const ALL: [Stream; 5] =
        [Stream::Plain, Stream::AuthenticationOnly, Stream::Fake, Stream::Tls12, Stream::Tls13];

    pub(crate) const SEALED: [Stream; 3] = [Stream::Fake, Stream::Tls12, Stream::Tls13];

    pub(crate) fn is_sealed(self) -> bool {
        Self::SEALED.contains(&self)
    }

    fn configs(self) -> (ClientConfig, ServerConfig) {
        let rustls = |versions| {
            let tls = ServerTls::from_pem_with(certs::SERVER, certs::SERVER_KEY, versions);
            (ClientTls::new(), tls.unwrap())
        };
        let (client, server) = match self {
            Stream::Plain => {
                return (alice().encryption(Encryption::Disabled), ServerConfig::new());
            }
            Stream::AuthenticationOnly => rustls(TlsVersions::Both),
            Stream::Fake => (ClientTls::fake(), ServerTls::fake()),
            Stream::Tls12 => rustls(TlsVersions::Tls12),
            Stream::Tls13 => rustls(TlsVersions::Tls13),
        };
        let seal = self.is_sealed();
        (
            alice().tls(client).encryption(Encryption::Required).encrypt_loopback(seal),
            ServerConfig::new().tls(server).encrypt_loopback(seal),
        )
    }
}

/// Both ends of a connection, and nothing between them but what the test carries over.
pub(crate) struct Both {
    pub(crate) client: RawServer,
    pub(crate) server: RawClient,
}

impl Both {
    /// Negotiated; the events of that are forgotten.
    pub(crate) fn on(
        stream: Stream,
        client: impl FnOnce(ClientConfig) -> ClientConfig,
        server: impl FnOnce(ServerConfig) -> ServerConfig,
    ) -> Self {
        let (client_config, server_config) = stream.configs();
        let mut both = Both {
            client: RawServer::new(client(client_config)),
            server: RawClient::new(server(server_config)),
        };
        both.carry();
        assert!(both.client.conn.is_open() && both.server.conn.is_open(), "{stream:?}");
        both.client.events.clear();
        both.server.events.clear();
        both
    }

    pub(crate) fn carry_up(&mut self) -> usize {
        let up = self.client.written();
        up.chunks(16 << 10).for_each(|piece| self.server.feed_in_place(piece));
        up.len()
    }

    pub(crate) fn carry_down(&mut self) -> usize {
        let down = self.server.written();
        down.chunks(16 << 10).for_each(|piece| self.client.feed_in_place(piece));
        down.len()
    }

    /// Carries over what both have written until they write no more.
    pub(crate) fn carry(&mut self) {
        while self.carry_up() + self.carry_down() > 0 {}
    }

    /// Answers a call with its own body.
    pub(crate) fn answer(&mut self, id: CallId) {
        let body = self.server.calls().iter().find(|call| call.id == id).unwrap().body.clone();
        self.server.conn.respond(self.server.now, id, Ok(OutboundReply::new(body))).unwrap();
        self.server.drain();
    }

    /// The client may write, a call comes through whole, and its reply comes back.
    #[track_caller]
    pub(crate) fn is_intact(&mut self) {
        self.client.room(usize::MAX);
        let id = self.client.start(call("intact"));
        self.carry();
        assert_eq!(
            self.server.calls().last().map(|call| (call.id, &call.body[..])),
            Some((id, &b"intact"[..]))
        );
        self.answer(id);
        self.carry();
        assert_eq!(self.client.body(id), "intact");
    }
}

// ---- bytes

/// The features of a peer that has footers, one that only answers after the end of input, one of 2017
/// and a released Kudu.
pub(crate) const FOOTERS: [i32; 3] = [1, 4, 1000];
pub(crate) const NO_FOOTERS: [i32; 2] = [1, 1000];
pub(crate) const OF_2017: [i32; 2] = [1, 4];
pub(crate) const KUDU: [i32; 1] = [1];

/// A frame of raw header, main part and footer, each behind its length.
pub(crate) fn footed(header: &[u8], main: &[u8], footer: &[u8]) -> Vec<u8> {
    let block = |bytes: &[u8]| [&varint(bytes.len() as u32), bytes].concat();
    prefixed(&[block(header), block(main), block(footer)].concat())
}

/// A call whose footer says whether it was aborted.
pub(crate) fn footed_call(header: &pb::RequestHeader, main: &[u8], aborted: bool) -> Vec<u8> {
    let [_, footer @ ..] = frame::footer_bytes(aborted);
    footed(&header.encode_to_vec(), main, &footer)
}

/// Where the length of the main part ends in a frame.
pub(crate) fn head_len(wire: &[u8]) -> usize {
    let parts = frame::split(&wire[frame::PREFIX_LEN..], frame::FooterRule::Required).unwrap();
    parts.main.start + frame::PREFIX_LEN
}

pub(crate) const NEVER: Execution = Execution::Never;
pub(crate) const MAYBE: Execution = Execution::Maybe;
