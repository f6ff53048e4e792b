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
    /// Frames whose last byte was accepted, negotiation and aborted ones aside.
    pub frames_sent: u64,
    /// Client: frames that went out to their last byte with a footer that says "aborted".
    pub aborted_frames_sent: u64,
    /// Client: frames in the middle of which we stopped sending for good: none or one.
    pub cut_frames_sent: u64,
    /// Client: bytes of filler that the network took in place of aborted payload.
    pub filler_bytes_sent: u64,
    /// Client: attempts to abort by a footer that were not made, because the filler would have passed
    /// `max_filler`. One call may count more than once: it is tried again when its grace is over.
    pub filler_refused: u64,
    /// Server: frames that were dropped because their footer says "aborted".
    pub aborted_frames_received: u64,
    /// Server: frames in the middle of which a client stopped sending for good, to read what it is
    /// still owed: none or one.
    pub cut_frames_received: u64,
    /// Payload bytes (body and sidecars) copied on the way out: small parts next to the header.
    pub payload_bytes_copied_out: u64,
    /// Bytes of replies that were not kept, because nobody waits for them any more.
    pub bytes_skipped: u64,
    /// Received bytes copied between our buffers: out of the caller's scratch, or when a large
    /// frame's buffer grows.
    pub bytes_moved_in: u64,
    /// Replies that came for calls nobody waits for any more, skipped ones included.
    pub late_replies: u64,
}

impl Stats {
    /// Adds the counts of another connection.
    pub fn add(&mut self, other: &Stats) {
        // Named one by one, so that a new counter cannot be forgotten.
        let Stats {
            bytes_received,
            bytes_sent,
            writes,
            frames_received,
            frames_sent,
            aborted_frames_sent,
            cut_frames_sent,
            filler_bytes_sent,
            filler_refused,
            aborted_frames_received,
            cut_frames_received,
            payload_bytes_copied_out,
            bytes_skipped,
            bytes_moved_in,
            late_replies,
        } = other;
        self.bytes_received += bytes_received;
        self.bytes_sent += bytes_sent;
        self.writes += writes;
        self.frames_received += frames_received;
        self.frames_sent += frames_sent;
        self.aborted_frames_sent += aborted_frames_sent;
        self.cut_frames_sent += cut_frames_sent;
        self.filler_bytes_sent += filler_bytes_sent;
        self.filler_refused += filler_refused;
        self.aborted_frames_received += aborted_frames_received;
        self.cut_frames_received += cut_frames_received;
        self.payload_bytes_copied_out += payload_bytes_copied_out;
        self.bytes_skipped += bytes_skipped;
        self.bytes_moved_in += bytes_moved_in;
        self.late_replies += late_replies;
    }
}
