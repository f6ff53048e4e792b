//! The values that cross the boundary between a connection and its user.

use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_proto::codes::AuthnType;
use krpc_proto::pb::RequestIdPb;

use crate::error::{CallError, ConnectionError, Execution};
use crate::tx::MidWay;

/// The number of a call on its connection, as on the wire: 0 to `i32::MAX`.
///
/// Unique among the calls that are in flight; after about two billion calls numbers come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub(crate) i32);

impl CallId {
    /// The number on the wire.
    pub fn get(self) -> i32 {
        self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A service's full protobuf name and one of its methods.
///
/// The names are bytes, because a peer may send anything; ours are UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Method {
    /// Full service name, such as `kudu.master.MasterService`.
    pub service: Bytes,
    /// Method name, such as `Ping`.
    pub name: Bytes,
}

impl Method {
    /// A method whose names are string literals: costs no allocation.
    pub const fn from_static(service: &'static str, name: &'static str) -> Self {
        Method {
            service: Bytes::from_static(service.as_bytes()),
            name: Bytes::from_static(name.as_bytes()),
        }
    }

    /// A method whose names are known only at run time.
    pub fn new(service: impl Into<String>, name: impl Into<String>) -> Self {
        Method { service: service.into().into(), name: name.into().into() }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escape = krpc_proto::text::escape;
        write!(f, "{}.{}", escape(&self.service), escape(&self.name))
    }
}

/// Identifies all attempts of one logical request, for methods with exactly-once results
/// (`rpc/rpc_header.proto`, RequestIdPB).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId {
    /// Unique per client object; a UUID in Kudu.
    pub client_id: Bytes,
    /// The same for all attempts of the request.
    pub seq_no: i64,
    /// The lowest sequence number of this client that is still incomplete.
    pub first_incomplete_seq_no: i64,
    /// Differs from attempt to attempt.
    pub attempt_no: i64,
}

impl From<RequestIdPb> for RequestId {
    fn from(pb: RequestIdPb) -> Self {
        RequestId {
            client_id: pb.client_id,
            seq_no: pb.seq_no,
            first_incomplete_seq_no: pb.first_incomplete_seq_no,
            attempt_no: pb.attempt_no,
        }
    }
}

impl From<RequestId> for RequestIdPb {
    fn from(id: RequestId) -> Self {
        RequestIdPb {
            client_id: id.client_id,
            seq_no: id.seq_no,
            first_incomplete_seq_no: id.first_incomplete_seq_no,
            attempt_no: id.attempt_no,
        }
    }
}

/// A call to send. Its payload is given up as [`Bytes`], never copied but for small parts, and
/// released before the call's completion is reported.
#[derive(Clone, Debug)]
pub struct OutboundCall {
    /// What to call.
    pub method: Method,
    /// The encoded request message.
    pub body: Bytes,
    /// Sidecars, at most 10,000; which is which is said by indexes in the body.
    pub sidecars: Vec<Bytes>,
    /// When to give up. The time that remains when the frame is written goes to the server.
    pub deadline: Option<Instant>,
    /// Application feature flags that the service must support.
    pub required_features: Vec<u32>,
    /// For methods with exactly-once results.
    pub request_id: Option<RequestId>,
    /// Whether the call comes back as [`ClientEvent::Returned`], to be made on another connection, if
    /// this one ends before a byte of the call was accepted. Otherwise it ends as
    /// [`CallError::ConnectionLost`].
    pub outlives_connection: bool,
}

impl OutboundCall {
    /// A call without sidecars, deadline or flags.
    pub fn new(method: Method, body: impl Into<Bytes>) -> Self {
        OutboundCall {
            method,
            body: body.into(),
            sidecars: Vec::new(),
            deadline: None,
            required_features: Vec::new(),
            request_id: None,
            outlives_connection: false,
        }
    }
}

/// Bytes that travel beside a message, and whoever owns them.
///
/// Anything that can be seen as bytes may be one without being copied. The owner is dropped when the
/// library is done with it, which is before the end of its call is reported: its `Drop` is the
/// release. It runs on the thread that drives the connection, outside every lock.
///
/// ```
/// struct Page(Vec<u8>);
///
/// impl AsRef<[u8]> for Page {
///     fn as_ref(&self) -> &[u8] {
///         &self.0
///     }
/// }
///
/// impl Drop for Page {
///     fn drop(&mut self) {
///         // Here it goes back to its pool.
///     }
/// }
///
/// let sidecar = krpc_core::Sidecar::from_owner(Page(vec![7; 4096]));
/// assert_eq!(sidecar.len(), 4096);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sidecar(Bytes);

impl Sidecar {
    /// Bytes in the memory of `owner`, which must show the same bytes as long as it lives.
    pub fn from_owner(owner: impl AsRef<[u8]> + Send + 'static) -> Self {
        Sidecar(Bytes::from_owner(owner))
    }
}

impl std::ops::Deref for Sidecar {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Bytes> for Sidecar {
    fn from(bytes: Bytes) -> Self {
        Sidecar(bytes)
    }
}

impl From<Vec<u8>> for Sidecar {
    fn from(bytes: Vec<u8>) -> Self {
        Sidecar(bytes.into())
    }
}

impl From<Sidecar> for Bytes {
    fn from(sidecar: Sidecar) -> Self {
        sidecar.0
    }
}

/// The sidecars of a received message.
///
/// Each is a slice of the one buffer that received the whole frame: a sidecar that is kept pins
/// the frame, and its charge to the memory budget. [`Sidecars::detach`] copies one out.
#[derive(Clone, Debug, Default)]
pub struct Sidecars(Parts);

#[derive(Clone, Debug)]
enum Parts {
    Frame { main: Bytes, offsets: Vec<u32> },
    List(Vec<Bytes>),
}

impl Default for Parts {
    fn default() -> Self {
        Parts::List(Vec::new())
    }
}

impl Sidecars {
    /// The caller has checked `offsets` against `main`.
    pub(crate) fn new(main: Bytes, offsets: Vec<u32>) -> Self {
        if offsets.is_empty() {
            Sidecars::default()
        } else {
            Sidecars(Parts::Frame { main, offsets })
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Parts::Frame { offsets, .. } => offsets.len(),
            Parts::List(list) => list.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sidecar of that index, sharing the frame's memory.
    ///
    /// # Errors
    ///
    /// When there is none of that index.
    pub fn get(&self, index: usize) -> Result<Bytes, NoSuchSidecar> {
        let found = match &self.0 {
            Parts::Frame { main, offsets } => {
                krpc_proto::sidecar::range(main.len(), offsets, index).map(|r| main.slice(r))
            }
            Parts::List(list) => list.get(index).cloned(),
        };
        found.ok_or(NoSuchSidecar { index, count: self.len() })
    }

    /// A copy of one sidecar, which pins nothing.
    ///
    /// # Errors
    ///
    /// When there is none of that index.
    pub fn detach(&self, index: usize) -> Result<Bytes, NoSuchSidecar> {
        self.get(index).map(|bytes| Bytes::copy_from_slice(&bytes))
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = Bytes> + '_ {
        (0..self.len()).filter_map(|i| self.get(i).ok())
    }
}

impl From<Vec<Bytes>> for Sidecars {
    fn from(list: Vec<Bytes>) -> Self {
        Sidecars(Parts::List(list))
    }
}

/// The message named a sidecar that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Index {index} does not reference a valid sidecar: the message carries {count}")]
pub struct NoSuchSidecar {
    /// The index asked for.
    pub index: usize,
    /// How many sidecars there are.
    pub count: usize,
}

/// A successful reply as received.
#[derive(Clone, Debug, Default)]
pub struct InboundReply {
    /// The encoded response message.
    pub body: Bytes,
    /// Its sidecars.
    pub sidecars: Sidecars,
}

/// A successful reply to send.
#[derive(Clone, Debug, Default)]
pub struct OutboundReply {
    /// The encoded response message.
    pub body: Bytes,
    /// Sidecars, at most 10,000.
    pub sidecars: Vec<Bytes>,
}

impl OutboundReply {
    /// A reply without sidecars.
    pub fn new(body: impl Into<Bytes>) -> Self {
        OutboundReply { body: body.into(), sidecars: Vec::new() }
    }
}

/// A call as the server received it.
#[derive(Clone, Debug)]
pub struct InboundCall {
    /// Its number, for the reply.
    pub id: CallId,
    /// What is called.
    pub method: Method,
    /// The encoded request message.
    pub body: Bytes,
    /// Its sidecars.
    pub sidecars: Sidecars,
    /// When the last byte of its frame was received.
    pub received: Instant,
    /// `received` plus the timeout that the client sent; `None` if it sent none, or 0.
    pub deadline: Option<Instant>,
    /// The timeout that the client sent.
    pub timeout: Option<Duration>,
    /// Feature flags that the service must support.
    pub required_features: Vec<u32>,
    /// For methods with exactly-once results.
    pub request_id: Option<RequestId>,
    /// Size of the whole frame in bytes, length prefix included.
    pub transfer_size: usize,
}

/// What TLS came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsInfo {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: &'static str,
    /// The cipher suite, by its IANA name.
    pub suite: String,
    /// False when both sides agreed on authentication only: the stream after the handshake is plain.
    pub encrypted: bool,
    /// Whether the peer's certificate was checked against given roots.
    pub peer_verified: bool,
    /// The peer's certificate, DER.
    pub peer_certificate: Option<Bytes>,
}

/// The outcome of a negotiation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NegotiationInfo {
    /// RPC feature numbers that the peer listed, unknown ones included.
    pub peer_features: Vec<u32>,
    /// RPC feature numbers that we listed.
    pub our_features: Vec<u32>,
    /// How the client was authenticated.
    pub authn: AuthnType,
    /// The SASL mechanism, if SASL was used.
    pub mechanism: Option<&'static str>,
    /// TLS, if it was negotiated.
    pub tls: Option<TlsInfo>,
    /// Whether requests end with a footer, so that one can be aborted in mid-transmission.
    pub footers: bool,
    /// The client's user name, peer-chosen under PLAIN.
    pub user: String,
}

/// What a client connection has to say.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientEvent {
    /// The connection is open; calls that waited are on their way.
    Negotiated(Box<NegotiationInfo>),
    /// A call has ended. Reported exactly once for each started call that is not returned.
    Completed {
        /// Which.
        id: CallId,
        /// How.
        result: Result<InboundReply, CallError>,
    },
    /// A call comes back whole, because not a byte of it was accepted and none will be: this connection
    /// has stopped sending. Start it on another. Reported at most once for each call, and
    /// then it has no `Completed`; those that are returned together come in their order.
    Returned {
        /// Its number here, which means nothing any more.
        id: CallId,
        /// The call.
        call: Box<OutboundCall>,
    },
    /// The connection has ended, after all its calls. Reported exactly once, and last.
    Closed {
        /// Why.
        error: ConnectionError,
    },
}

/// What a server connection has to say.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ServerEvent {
    /// The connection is open.
    Negotiated(Box<NegotiationInfo>),
    /// A call has arrived; answer it with `respond`.
    Call(Box<InboundCall>),
    /// The connection has ended; replies to calls that were not answered go nowhere. Reported
    /// exactly once, and last.
    Closed {
        /// Why.
        error: ConnectionError,
    },
}

/// What came of cancelling a call. In every case its payload is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelOutcome {
    /// Not a byte of it was accepted by the network: it has left no trace.
    NotBegun,
    /// It was in mid-transmission, and its footer says that it does not count. The connection lives.
    Aborted {
        /// Bytes of the frame that were accepted before.
        sent: u64,
        /// Bytes of filler that go out in place of payload.
        filler: u64,
    },
    /// It was in mid-transmission, and the connection stopped sending for good in the middle of it,
    /// by our will or by its death.
    Cut {
        /// Bytes of the frame that were accepted.
        sent: u64,
        /// Bytes that were not, and never will be.
        unsent: u64,
    },
    /// It was sent to its last byte. The server is not told: it executes the call, or has done so.
    Sent,
    /// It had ended before.
    AlreadyDone,
}

impl CancelOutcome {
    pub(crate) fn cut(mid_way: MidWay) -> Self {
        CancelOutcome::Cut { sent: mid_way.sent, unsent: mid_way.unsent }
    }

    /// Whether the server may have executed the call.
    pub fn execution(self) -> Execution {
        match self {
            CancelOutcome::NotBegun | CancelOutcome::Aborted { .. } | CancelOutcome::Cut { .. } => {
                Execution::Never
            }
            CancelOutcome::Sent | CancelOutcome::AlreadyDone => Execution::Maybe,
        }
    }
}
