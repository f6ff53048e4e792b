//! Apache Kudu's RPC protocol (KRPC) as two state machines without sockets, clock or runtime.
//!
//! [`ClientConnection`] and [`ServerConnection`] take bytes and the current time, and give back
//! bytes, events and the next time they want to be called. Everything that touches the outside
//! world stays with the caller: one of the adapters (`krpc-tokio`, `krpc-smol`, `krpc-blocking`), or a
//! loop of your own, for which the examples `by_hand` and `pipe` are models.
//!
//! # The order of calls
//!
//! The methods of both connections are of four kinds:
//!
//! * **A, getters**: `wants_read`, `wants_write`, `is_closed`, `poll_timeout`, ...
//! * **B, inputs** from network and clock: `handle_connected`, `handle_input`, `recv_space` with
//!   `handle_received`, `handle_eof`, `handle_transport_error`, `handle_timeout`.
//! * **C, commands** of the application: `start_call`, `cancel_call`, `respond`, `shutdown`, `close`,
//!   `release_memory`.
//! * **D, outputs** to drain: `transmit` and `poll_event`.
//!
//! Any number of B and C calls may be made before D is drained; that is what lets twenty replies
//! leave in one write. After B or C, drain `poll_event` until it is `None`, call `transmit` while
//! `wants_write` is true and the socket takes bytes, and read [`ClientConnection::poll_timeout`]
//! anew.
//!
//! Inputs return nothing. A peer's fault queues the last words the protocol allows (an error frame
//! during negotiation), surfaces once as a `Closed` event, and from then on every input is
//! ignored. Only commands return errors, and they hand back what they refuse.
//!
//! # A client and a server in memory
//!
//! ```
//! use std::{sync::Arc, time::Instant};
//! use krpc_core::*;
//!
//! let now = Instant::now();
//! let link = Link::unix(None);
//! let mut client = ClientConnection::new(Arc::new(ClientConfig::new(UserCredentials::new("alice"))), now);
//! let mut server = ServerConnection::new(Arc::new(ServerConfig::new()), link.clone(), now);
//! client.handle_connected(now, link);
//! let id = client.start_call(now, OutboundCall::new(Method::from_static("demo.Echo", "Say"), "hi")).unwrap();
//! for _ in 0..8 {
//!     let mut wire = Vec::new();
//!     while client.wants_write() { client.transmit(now, &mut wire).unwrap(); }
//!     server.handle_input(now, &wire);
//!     while let Some(event) = server.poll_event() {
//!         if let ServerEvent::Call(call) = event {
//!             server.respond(now, call.id, Ok(OutboundReply::new(call.body))).unwrap();
//!         }
//!     }
//!     wire.clear();
//!     while server.wants_write() { server.transmit(now, &mut wire).unwrap(); }
//!     client.handle_input(now, &wire);
//! }
//! let reply = std::iter::from_fn(|| client.poll_event()).find_map(|event| match event {
//!     ClientEvent::Completed { id: done, result } if done == id => Some(result.unwrap()),
//!     _ => None,
//! });
//! assert_eq!(&reply.unwrap().body[..], b"hi");
//! ```
//!
//! # Limits
//!
#![doc = include_str!("../LIMITS.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
// Tests need a time to begin with.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

mod authn;
mod budget;
mod calls;
mod config;
mod conn;
mod error;
mod event;
mod identity;
mod layer;
mod link;
mod negotiate;
mod observe;
mod payload;
mod quiet;
mod rx;
mod sasl;
mod stats;
mod timer;
#[cfg(feature = "tls")]
mod tls;
mod tx;

pub mod channel;
pub mod queue;

pub use krpc_proto as proto;
pub use krpc_proto::ErrorStatus;
pub use krpc_proto::codes::{AuthnType, ErrorCode, StatusCode};

pub use authn::{ClientOffer, ServerOffer, choose_authn};
pub use budget::Budget;
pub use config::{ClientConfig, ConfigError, Encryption, Footers, OnCancel, ServerConfig, Subnet};
pub use conn::{ClientConnection, ServerConnection, Then, Transmitted};
pub use error::{
    AuthError, CallError, CallStage, ConnectionError, Execution, Incompatibility, LimitExceeded,
    Misbehaviour, RespondError, StartCallError, StartCallReason, Timer, TransportError,
    TransportOp,
};
pub use event::{
    CallId, CancelOutcome, ClientEvent, InboundCall, InboundReply, Method, NegotiationInfo,
    NoSuchSidecar, OutboundCall, OutboundReply, RequestId, ServerEvent, Sidecar, Sidecars, TlsInfo,
};
pub use identity::{ConnectionId, UserCredentials};
pub use link::{Link, PeerAddr};
pub use observe::{Direction, FrameKind, FrameSeen, Observer};
pub use quiet::Quiet;
pub use stats::Stats;
#[cfg(feature = "test-util")]
#[doc(hidden)]
pub use tls::TlsTap;
#[cfg(feature = "tls")]
pub use tls::{ClientTls, Roots, ServerTls, TlsConfigError, TlsVersions};
