//! Where a connection's bytes go, as far as the protocol cares.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The address of the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PeerAddr {
    /// A TCP peer.
    Tcp(SocketAddr),
    /// A UNIX socket: its path, `@name` for an abstract one, `None` for an unnamed peer.
    Unix(Option<String>),
}

impl fmt::Display for PeerAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeerAddr::Tcp(addr) => addr.fmt(f),
            PeerAddr::Unix(Some(path)) => write!(f, "unix:{path}"),
            PeerAddr::Unix(None) => f.write_str("unix:(unnamed)"),
        }
    }
}

impl From<SocketAddr> for PeerAddr {
    fn from(addr: SocketAddr) -> Self {
        PeerAddr::Tcp(addr)
    }
}

/// An established transport: who is at the other end, and whether it leaves this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    peer: PeerAddr,
    loopback: bool,
}

impl Link {
    /// A TCP connection between `local` and `peer`.
    ///
    /// It is a loopback connection when the peer is in 127.0.0.0/8, is `::1`, or has the local
    /// end's IP address (Kudu's rule, `util/net/socket.cc`). IPv4-mapped IPv6 addresses count as
    /// the IPv4 address they carry.
    pub fn tcp(local: SocketAddr, peer: SocketAddr) -> Self {
        let (local_ip, peer_ip) = (local.ip().to_canonical(), peer.ip().to_canonical());
        Link { loopback: peer_ip.is_loopback() || peer_ip == local_ip, peer: PeerAddr::Tcp(peer) }
    }

    /// A UNIX socket, which is always loopback. `path` names the peer in messages.
    pub fn unix(path: Option<String>) -> Self {
        Link { peer: PeerAddr::Unix(path), loopback: true }
    }

    /// Whether the bytes stay on this host, which makes TLS authentication-only possible.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The other end.
    pub fn peer(&self) -> &PeerAddr {
        &self.peer
    }

    /// The other end's IP address in canonical form; `None` for a UNIX socket.
    pub fn peer_ip(&self) -> Option<IpAddr> {
        match &self.peer {
            PeerAddr::Tcp(addr) => Some(addr.ip().to_canonical()),
            PeerAddr::Unix(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_follows_kudus_rule() {
        let link = |l: &str, p: &str| Link::tcp(l.parse().unwrap(), p.parse().unwrap());
        assert!(link("10.0.0.1:1", "127.3.2.1:2").is_loopback());
        assert!(link("[::1]:1", "[::1]:2").is_loopback());
        assert!(link("10.0.0.1:1", "10.0.0.1:2").is_loopback());
        assert!(link("10.0.0.1:1", "[::ffff:127.0.0.1]:2").is_loopback());
        assert!(!link("10.0.0.1:1", "10.0.0.2:2").is_loopback());
        assert!(Link::unix(None).is_loopback());
    }
}
