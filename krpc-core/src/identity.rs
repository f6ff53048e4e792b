//! Who calls whom: user credentials and the identity of a connection.

use std::fmt;

use crate::link::PeerAddr;

/// The user in whose name a client speaks.
///
/// SASL PLAIN sends the name with an empty password, as Kudu does: it tells the server who you say
/// you are and proves nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UserCredentials {
    real_user: String,
}

impl UserCredentials {
    /// Credentials of a named user.
    pub fn new(real_user: impl Into<String>) -> Self {
        UserCredentials { real_user: real_user.into() }
    }

    /// The name sent to the server.
    pub fn real_user(&self) -> &str {
        &self.real_user
    }
}

impl fmt::Debug for UserCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserCredentials").field("real_user", &self.real_user).finish()
    }
}

impl fmt::Display for UserCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.real_user)
    }
}

/// What makes two calls share a connection: remote address, host name as typed, user credentials
/// and network plane. One process keeps one usable connection per id, shared by all services.
///
/// Equality, order of fields and hash are derived over *all* fields, so that a new one cannot be
/// forgotten. Two names of one address are two ids (the name is part of the Kerberos principal).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    remote: PeerAddr,
    hostname: String,
    user: UserCredentials,
    network_plane: String,
}

impl ConnectionId {
    /// The identity of a connection. `hostname` is the name the user typed; `network_plane` is any
    /// label (empty by default) that keeps traffic apart, such as control from bulk.
    pub fn new(
        remote: PeerAddr,
        hostname: impl Into<String>,
        user: UserCredentials,
        network_plane: impl Into<String>,
    ) -> Self {
        ConnectionId {
            remote,
            hostname: hostname.into(),
            user,
            network_plane: network_plane.into(),
        }
    }

    /// The address to connect to.
    pub fn remote(&self) -> &PeerAddr {
        &self.remote
    }

    /// The host name as the user typed it.
    pub fn hostname(&self) -> &str {
        &self.hostname
    }

    /// The user in whose name calls are made.
    pub fn user(&self) -> &UserCredentials {
        &self.user
    }

    /// The label that keeps this connection apart from others to the same server.
    pub fn network_plane(&self) -> &str {
        &self.network_plane
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.remote)?;
        if !self.network_plane.is_empty() {
            write!(f, " plane {}", self.network_plane)?;
        }
        write!(f, " as {}", self.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(port: u16, host: &str, user: &str, plane: &str) -> ConnectionId {
        let addr = PeerAddr::Tcp(([127, 0, 0, 1], port).into());
        ConnectionId::new(addr, host, UserCredentials::new(user), plane)
    }

    #[test]
    fn every_field_counts() {
        let base = id(7051, "a", "alice", "");
        assert_eq!(base, id(7051, "a", "alice", ""));
        for other in [
            id(7052, "a", "alice", ""),
            id(7051, "b", "alice", ""),
            id(7051, "a", "bob", ""),
            id(7051, "a", "alice", "bulk"),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn display_names_address_plane_and_user() {
        assert_eq!(id(7051, "h", "alice", "").to_string(), "127.0.0.1:7051 as alice");
        let text = id(7051, "h", "alice", "bulk").to_string();
        assert_eq!(text, "127.0.0.1:7051 plane bulk as alice");
    }
}
