//! A server made of bytes, that lists what every Kudu lists and nothing else.
#![expect(clippy::disallowed_types, reason = "it is written by hand")]

use bytes::Bytes;
use krpc_tokio::codegen::prost::Message;
use krpc_tokio::core::proto::codes::NegotiateStep;
use krpc_tokio::core::proto::{decode, frame, pb, preamble};
use krpc_tokio::{CancelOutcome, Connector};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::bed::{cancelled, client};
use crate::forwarder::{End, any_port, end_of, listen, within};
use crate::service::Pool;

const APPLICATION_FEATURE_FLAGS: i32 = 1;

pub(crate) struct RawServer {
    stream: TcpStream,
}

pub(crate) fn listener() -> (TcpListener, String) {
    let listener = listen(any_port()).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

impl RawServer {
    /// Waits for a client and does its part of the negotiation.
    pub(crate) async fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = within("a connection", listener.accept()).await.unwrap();
        let mut server = RawServer { stream };
        assert_eq!(server.read::<{ preamble::LEN }>().await, preamble::PREAMBLE);
        assert_eq!(server.request().await.0.call_id, -33);
        let sasl = pb::authentication_type_pb::Type::Sasl(pb::authentication_type_pb::Sasl {});
        let plain = pb::negotiate_pb::SaslMechanism { mechanism: Bytes::from_static(b"PLAIN") };
        let mut hello = step(NegotiateStep::Negotiate);
        hello.supported_features = vec![APPLICATION_FEATURE_FLAGS];
        hello.authn_types = vec![pb::AuthenticationTypePb { r#type: Some(sasl) }];
        hello.sasl_mechanisms = vec![plain];
        server.reply(-33, &hello.encode_to_vec()).await;
        assert_eq!(server.request().await.0.call_id, -33);
        server.reply(-33, &step(NegotiateStep::SaslSuccess).encode_to_vec()).await;
        assert_eq!(server.request().await.0.call_id, -3, "the connection context");
        server
    }

    /// Reads the next request: its header, and what follows.
    pub(crate) async fn request(&mut self) -> (pb::RequestHeader, Bytes) {
        let len = u32::from_be_bytes(self.read().await) as usize;
        let mut payload = vec![0; len];
        within("a request", self.stream.read_exact(&mut payload)).await.unwrap();
        let payload = Bytes::from(payload);
        let parts = frame::split(&payload, frame::FooterRule::Forbidden).unwrap();
        (decode::request_header(payload.slice(parts.header)).unwrap(), payload.slice(parts.main))
    }

    /// Reads so much and nothing beyond.
    pub(crate) async fn read<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        within("bytes", self.stream.read_exact(&mut bytes)).await.unwrap();
        bytes
    }

    /// Answers a call.
    pub(crate) async fn reply(&mut self, call_id: i32, body: &[u8]) {
        let header = pb::ResponseHeader { call_id, ..pb::ResponseHeader::default() };
        let mut bytes = Vec::new();
        frame::put_head(&mut bytes, &header, body.len(), 0).unwrap();
        bytes.extend_from_slice(body);
        self.stream.write_all(&bytes).await.unwrap();
    }

    /// Reads to the end: how many bytes, and how it ended.
    async fn rest(&mut self) -> (u64, End) {
        let (mut count, mut scratch) = (0, vec![0; 64 << 10]);
        loop {
            match end_of(within("the end", self.stream.read(&mut scratch)).await) {
                Ok(n) => count += n as u64,
                Err(end) => return (count, end),
            }
        }
    }
}

fn step(step: NegotiateStep) -> pb::NegotiatePb {
    pb::NegotiatePb { step: step.as_i32(), ..pb::NegotiatePb::default() }
}

/// The calls before are answered after the cut, and no sign of an end comes before those answers: a
/// real Kudu would drop them.
#[tokio::test]
async fn a_server_that_lists_nothing_of_ours_hears_of_a_cut_by_a_reset() {
    let (listener, address) = listener();
    let channel = Connector::new(client()).channel(&address).unwrap();
    let pool = Pool::default();
    let first = channel.call_raw(pool.small(1));
    let mut server = RawServer::accept(&listener).await;
    let (header, body) = server.request().await;
    assert_eq!(body, 1u64.to_le_bytes()[..]);

    let stuck = channel.call_raw(pool.large(10));
    let begin = server.read::<1_000>().await;
    let announced = u64::from(u32::from_be_bytes(begin[..4].try_into().unwrap())) + 4;
    let behind = channel.call_raw(pool.small(20));
    let outcome = cancelled(&pool, 0, stuck).await;
    let CancelOutcome::Cut { sent, unsent } = outcome else { panic!("{outcome:?}") };
    assert_eq!(sent + unsent, announced, "the frame as it was announced");

    // Meanwhile the call behind is served elsewhere.
    let mut next = RawServer::accept(&listener).await;
    let (moved, body) = next.request().await;
    assert_eq!(body, 20u64.to_le_bytes()[..]);
    next.reply(moved.call_id, b"moved").await;
    assert_eq!(within("the reply", behind).await.unwrap().body, "moved");

    // What was sent before the cut is here to the last byte, and then there is nothing, not even an
    // end.
    let mut left = vec![0; usize::try_from(sent).unwrap() - begin.len()];
    within("what was sent", server.stream.read_exact(&mut left)).await.unwrap();
    let nothing = server.stream.try_read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    server.reply(header.call_id, b"late, and in time").await;
    assert_eq!(within("the reply", first).await.unwrap().body, "late, and in time");
    assert_eq!(server.rest().await, (0, End::Reset));
}

/// With nothing owed the connection ends at once, and what the kernel held for the server goes with it.
#[tokio::test]
async fn nothing_owed_is_nothing_waited_for() {
    let (listener, address) = listener();
    let channel = Connector::new(client()).channel(&address).unwrap();
    let pool = Pool::default();
    let stuck = channel.call_raw(pool.large(10));
    let mut server = RawServer::accept(&listener).await;
    let begin = server.read::<1_000>().await.len() as u64;
    let outcome = cancelled(&pool, 0, stuck).await;
    let CancelOutcome::Cut { sent, .. } = outcome else { panic!("{outcome:?}") };
    let (count, end) = server.rest().await;
    assert_eq!(end, End::Reset);
    assert!(begin + count <= sent, "{begin} + {count} of {sent}");
}
