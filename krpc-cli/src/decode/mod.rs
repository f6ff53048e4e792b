//! Reads what was recorded of connections: the frames of both sides, without a peer.

mod connection;
mod stream;
mod tls;

pub(crate) use connection::{Connection, Frame, Seen};

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dir {
    ClientToServer,
    ServerToClient,
}

impl Dir {
    pub(crate) const BOTH: [Dir; 2] = [Dir::ClientToServer, Dir::ServerToClient];

    /// As recordings and JSON have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Dir::ClientToServer => "c2s",
            Dir::ServerToClient => "s2c",
        }
    }
}

/// Bytes that are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) dir: Dir,
    /// Where in the stream of that side.
    pub(crate) offset: u64,
    pub(crate) reason: String,
}
