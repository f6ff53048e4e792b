//! One hook for everything that wants to watch a connection.

use std::fmt;
use std::time::Instant;

use krpc_proto::codes::NegotiateStep;

use crate::error::Timer;

/// Which way bytes went, seen from this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From us to the peer.
    Sent,
    /// From the peer to us.
    Received,
}

/// What a frame carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameKind {
    /// The seven bytes that open a connection.
    Preamble,
    /// A step of the negotiation.
    Negotiate(NegotiateStep),
    /// The negotiation's error frame.
    NegotiateError,
    /// The connection context, which ends the negotiation.
    ConnectionContext,
    /// A call.
    Request,
    /// A call that its client has aborted: it is dropped without a look at its id.
    Aborted,
    /// A successful reply.
    Reply,
    /// An error reply.
    Error,
}

/// One frame as it was written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameSeen {
    /// Which way.
    pub direction: Direction,
    /// What it is.
    pub kind: FrameKind,
    /// The call's number; -33 in the negotiation, -3 for the connection context.
    pub call_id: i32,
    /// Bytes of the whole frame, prefix included.
    pub size: usize,
    /// Whether it travelled inside TLS.
    pub in_tls: bool,
}

/// Watches a connection: logs, decoders and the `krpc` tool are made of it.
///
/// Called from inside the connection's methods: be quick and do not call back. A sent frame is
/// reported when it is rendered, which is just before its first byte is offered to the socket.
pub trait Observer: Send + Sync {
    /// A frame went by.
    fn frame(&self, now: Instant, frame: &FrameSeen) {
        let _ = (now, frame);
    }

    /// A timer fired.
    fn timer(&self, now: Instant, timer: Timer) {
        let _ = (now, timer);
    }
}

impl fmt::Debug for dyn Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
