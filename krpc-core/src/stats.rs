//! Counters of one connection.

/// What a connection has done so far. Plain counts; they never go down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Bytes given to us by the network.
    pub bytes_received: u64,
    /// Bytes the network took from us.
    pub bytes_sent: u64,
    /// Calls to `write`/`write_vectored` on the output that took at least one byte.
    pub writes: u64,
    /// Whole frames received, negotiation included.
    pub frames_received: u64,
    /// Frames whose last byte was accepted, negotiation aside.
    pub frames_sent: u64,
    /// Payload bytes (body and sidecars) copied on the way out: small parts next to the header.
    pub payload_bytes_copied_out: u64,
    /// Received bytes copied between our buffers: out of the caller's scratch, or when a large
    /// frame's buffer grows.
    pub bytes_moved_in: u64,
    /// Replies that came for calls nobody waits for any more.
    pub late_replies: u64,
}
