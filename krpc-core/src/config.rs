//! Settings of a connection. The table of limits in the crate documentation lists them all.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use krpc_proto::frame::DEFAULT_MAX_MESSAGE;

use crate::budget::Budget;
use crate::identity::UserCredentials;
use crate::observe::Observer;
#[cfg(feature = "tls")]
use crate::tls::{ClientTls, ServerTls};

/// Smallest `max_message_size` that Kudu's own validator accepts.
const MIN_MAX_MESSAGE: u32 = 1 << 20;

/// Whether the stream is encrypted (`rpc_encryption` in Kudu).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// Never list TLS.
    Disabled,
    /// TLS if the other side can.
    #[default]
    Optional,
    /// Refuse a peer that cannot.
    Required,
}

/// Whether requests end with a footer, which can say that the request was aborted.
///
/// Footers were part of Kudu for a few days of 2017, under a feature number (4) that it gave up and
/// may assign again. So that number alone means nothing here, unless the user says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Footers {
    /// If the other side is this implementation and has them too: if both list 4 and 1000.
    #[default]
    Auto,
    /// Never.
    Off,
    /// If the other side lists 4 and not 1000: for the build of 2017, and its recordings.
    Flag4Only,
}

/// What a client does with a request that is given up in mid-transmission where it cannot be aborted
/// by a footer: because the peer knows none (every released Kudu), or because the filler would pass
/// `max_filler`.
///
/// | | the payload is released, and the call completes | the connection |
/// | --- | --- | --- |
/// | `Drain` | when it is sent, after `grace` at the latest | if that was not enough, it stops sending for good, and lives until the replies to earlier calls are in, `drain_timeout` at the longest |
/// | `KeepUntilSent` | when it is sent, or the connection dies | lives |
/// | `Close` | at once | is closed; earlier calls end as `ConnectionLost` |
///
/// Calls that were not begun come back as [`ClientEvent::Returned`](crate::ClientEvent::Returned)
/// under `Drain` and `Close`; channels make them anew on another connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnCancel {
    /// Give the payload a time of grace, then give the connection up for sending.
    #[default]
    Drain,
    /// Keep the payload until the network has taken it, however long that may be, as Kudu does.
    KeepUntilSent,
    /// Give the connection up.
    Close,
}

/// A setting was given a value it cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// `max_message_size` out of range.
    #[error("max_message_size {value} is outside {min} to {max} bytes")]
    MaxMessageSize {
        /// The value given.
        value: u32,
        /// Smallest value accepted.
        min: u32,
        /// Largest value accepted.
        max: u32,
    },
    /// A limit or timeout with which nothing would work.
    #[error("{0} is 0: no client could connect")]
    Zero(&'static str),
    /// A server that requires TLS and cannot do it.
    #[error("encryption is Required and there is no certificate (setting: tls)")]
    NoCertificate,
    /// Not an address range.
    #[error("'{0}' is not a subnet: expected ADDRESS/PREFIX, such as 10.0.0.0/8 or fd00::/8")]
    Subnet(String),
}

/// What both roles share.
#[derive(Clone, Debug)]
pub(crate) struct Common {
    pub(crate) encryption: Encryption,
    pub(crate) encrypt_loopback: bool,
    pub(crate) plain: bool,
    pub(crate) max_message_size: u32,
    pub(crate) max_unauthenticated: u32,
    pub(crate) negotiation_timeout: Duration,
    pub(crate) frame_timeout: Duration,
    pub(crate) write_stall: Duration,
    pub(crate) max_calls: usize,
    pub(crate) receive_memory: usize,
    pub(crate) budget: Option<Budget>,
    pub(crate) vectored_writes: bool,
    pub(crate) footers: Footers,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

impl Common {
    fn new(max_calls: usize) -> Self {
        Common {
            encryption: Encryption::default(),
            encrypt_loopback: false,
            plain: true,
            max_message_size: DEFAULT_MAX_MESSAGE,
            max_unauthenticated: 48 << 10,
            negotiation_timeout: Duration::from_secs(3),
            frame_timeout: Duration::from_secs(60),
            write_stall: Duration::from_secs(300),
            max_calls,
            receive_memory: usize::MAX,
            budget: None,
            vectored_writes: true,
            footers: Footers::default(),
            observer: None,
        }
    }
}

/// The setters both configurations have.
macro_rules! common_setters {
    () => {
        /// Whether the stream is encrypted. Default: [`Encryption::Optional`].
        pub fn encryption(mut self, encryption: Encryption) -> Self {
            self.common.encryption = encryption;
            self
        }

        /// Whether a loopback connection stays encrypted after its TLS handshake. Default: false,
        /// as in Kudu (`rpc_encrypt_loopback_connections`).
        pub fn encrypt_loopback(mut self, encrypt: bool) -> Self {
            self.common.encrypt_loopback = encrypt;
            self
        }

        /// Whether SASL PLAIN is enabled. Default: true. It is the only mechanism of this release.
        pub fn plain(mut self, enabled: bool) -> Self {
            self.common.plain = enabled;
            self
        }

        /// Largest frame accepted and sent, 4 bytes of prefix included (`rpc_max_message_size`).
        /// Default: 52,428,800 bytes. Range: 1 MiB to 2,147,483,647.
        ///
        /// # Errors
        ///
        /// [`ConfigError::MaxMessageSize`] outside that range.
        pub fn max_message_size(mut self, bytes: u32) -> Result<Self, ConfigError> {
            let (min, max) = (MIN_MAX_MESSAGE, i32::MAX as u32);
            if !(min..=max).contains(&bytes) {
                return Err(ConfigError::MaxMessageSize { value: bytes, min, max });
            }
            self.common.max_message_size = bytes;
            Ok(self)
        }

        /// Largest frame accepted before the peer is authenticated. Default: 48 KiB, which keeps
        /// what a stranger makes us hold below 64 KiB, the TLS library aside. Certificate chains
        /// and Kerberos tokens of unusual size may need more.
        pub fn max_unauthenticated_message_size(mut self, bytes: u32) -> Self {
            self.common.max_unauthenticated = bytes;
            self
        }

        /// Time for connecting and negotiating together. Default: 3 s, as in Kudu.
        pub fn negotiation_timeout(mut self, timeout: Duration) -> Self {
            self.common.negotiation_timeout = timeout;
            self
        }

        /// Time for a frame that was begun to be completed, plus one second per MiB announced;
        /// counted only while we read. Default: 60 s.
        pub fn frame_timeout(mut self, timeout: Duration) -> Self {
            self.common.frame_timeout = timeout;
            self
        }

        /// How long the peer may take no byte while we have some for it. Default: 5 min.
        pub fn write_stall(mut self, timeout: Duration) -> Self {
            self.common.write_stall = timeout;
            self
        }

        /// Bytes of received messages that one connection may hold, which last as long as a slice of
        /// them: past it nothing is read until memory returns. Default: for a server 64 MiB, for a
        /// client none, because what it holds is what its application asked for and keeps. One
        /// message is always let in.
        pub fn receive_memory(mut self, bytes: usize) -> Self {
            self.common.receive_memory = bytes;
            self
        }

        /// A byte budget shared by several connections, on top of each one's own. Default: none.
        pub fn budget(mut self, budget: Budget) -> Self {
            self.common.budget = Some(budget);
            self
        }

        /// Whether the output writes several slices at once. Default: true. Without it, parts up
        /// to 16 KiB are copied together instead of parts below 256 bytes.
        pub fn vectored_writes(mut self, vectored: bool) -> Self {
            self.common.vectored_writes = vectored;
            self
        }

        /// Whether requests end with a footer. Default: [`Footers::Auto`].
        pub fn footers(mut self, footers: Footers) -> Self {
            self.common.footers = footers;
            self
        }

        /// Something that watches the connection's frames and timers. Default: none.
        pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
            self.common.observer = Some(observer);
            self
        }
    };
}

/// Settings of client connections.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    pub(crate) common: Common,
    pub(crate) user: UserCredentials,
    pub(crate) max_abandoned: usize,
    pub(crate) first_call_id: i32,
    pub(crate) on_cancel: OnCancel,
    pub(crate) grace: Duration,
    pub(crate) grace_at_deadline: Duration,
    pub(crate) drain_timeout: Duration,
    pub(crate) max_filler: u64,
    #[cfg(feature = "tls")]
    pub(crate) tls: ClientTls,
}

impl ClientConfig {
    /// Kudu's defaults: TLS if the server has it, its certificate not checked, SASL PLAIN.
    pub fn new(user: UserCredentials) -> Self {
        ClientConfig {
            common: Common::new(65_536),
            user,
            max_abandoned: 65_536,
            first_call_id: 0,
            on_cancel: OnCancel::default(),
            grace: Duration::from_millis(500),
            grace_at_deadline: Duration::ZERO,
            drain_timeout: Duration::from_secs(30),
            max_filler: 16 << 20,
            #[cfg(feature = "tls")]
            tls: ClientTls::new(),
        }
    }

    common_setters!();

    /// In whose name calls are made.
    pub fn user(mut self, user: UserCredentials) -> Self {
        self.user = user;
        self
    }

    /// How long connecting and negotiating may take together.
    pub fn negotiates_within(&self) -> Duration {
        self.common.negotiation_timeout
    }

    /// The user in whose name calls are made.
    pub fn credentials(&self) -> &UserCredentials {
        &self.user
    }

    /// Most calls on one connection at a time, waiting ones included. Default: 65,536.
    pub fn max_calls(mut self, calls: usize) -> Self {
        self.common.max_calls = calls;
        self
    }

    /// Most calls given up on that the server still owes a reply; past it the connection takes no
    /// further call and closes when the others have ended. Default: 65,536.
    pub fn max_abandoned_calls(mut self, calls: usize) -> Self {
        self.max_abandoned = calls;
        self
    }

    /// What to do with a request that is given up in mid-transmission and cannot be aborted by a footer.
    /// Default: [`OnCancel::Drain`].
    pub fn on_cancel(mut self, policy: OnCancel) -> Self {
        self.on_cancel = policy;
        self
    }

    /// Under [`OnCancel::Drain`]: how long the payload of a cancelled call may still be sent before the
    /// connection is given up for sending. Default: 500 ms. A shorter one returns buffers sooner, a
    /// longer one spares connections.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// The same for a call whose deadline has passed. Default: 0, so that the call completes at its
    /// deadline.
    pub fn grace_at_deadline(mut self, grace: Duration) -> Self {
        self.grace_at_deadline = grace;
        self
    }

    /// How long a connection that has stopped sending waits for the replies to earlier calls. What is
    /// left then ends as [`CallError::ConnectionLost`](crate::CallError::ConnectionLost).
    /// Default: 30 s.
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain_timeout = timeout;
        self
    }

    /// Most bytes of filler that the connection may owe for aborted requests, all together; a request
    /// that would take it past this is given up as if there were no footers. Default: 16 MiB, two
    /// messages of the size that Impala bounds its own with: filler is sent in the way of everything
    /// that is queued behind it, so at some size a new connection is the better deal.
    pub fn max_filler(mut self, bytes: u64) -> Self {
        self.max_filler = bytes;
        self
    }

    /// Call id of the first call, to test what happens when ids wrap. Default: 0.
    ///
    /// # Panics
    ///
    /// If `id` is negative.
    pub fn first_call_id(mut self, id: i32) -> Self {
        assert!(id >= 0, "call ids are 0 to i32::MAX, not {id}");
        self.first_call_id = id;
        self
    }

    /// How TLS is done, once both sides agree to do it. If it checks the server's certificate, a
    /// server without TLS is refused, as under [`Encryption::Required`]; only
    /// [`Encryption::Disabled`] goes on without both.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.tls = tls;
        self
    }

    /// Whether a server that does not list TLS is refused.
    pub(crate) fn requires_tls(&self) -> bool {
        match self.common.encryption {
            Encryption::Disabled => false,
            // Otherwise whoever strikes TLS from the server's list would escape the check.
            #[cfg(feature = "tls")]
            Encryption::Optional => self.tls.verifies(),
            #[cfg(not(feature = "tls"))]
            Encryption::Optional => false,
            Encryption::Required => true,
        }
    }
}

/// Settings of server connections.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    pub(crate) common: Common,
    pub(crate) keepalive: Option<Duration>,
    pub(crate) reply_memory: usize,
    pub(crate) half_close_timeout: Duration,
    pub(crate) trusted: Vec<Subnet>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<ServerTls>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl ServerConfig {
    /// Kudu's defaults; TLS only once a certificate is given.
    pub fn new() -> Self {
        ServerConfig {
            common: Common { receive_memory: 64 << 20, ..Common::new(1_024) },
            keepalive: Some(Duration::from_secs(65)),
            reply_memory: 16 << 20,
            half_close_timeout: Duration::from_secs(10),
            trusted: Subnet::private_networks(),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    common_setters!();

    /// Calls in flight on one connection at which it is not read any more. Default: 1,024.
    pub fn max_calls(mut self, calls: usize) -> Self {
        self.common.max_calls = calls;
        self
    }

    /// Unsent reply bytes at which a connection is not read any more. Default: 16 MiB.
    pub fn reply_memory(mut self, bytes: usize) -> Self {
        self.reply_memory = bytes;
        self
    }

    /// How long the calls in hand may take once a client of this implementation has stopped sending in
    /// mid-frame. Default: 10 s.
    pub fn half_close_timeout(mut self, timeout: Duration) -> Self {
        self.half_close_timeout = timeout;
        self
    }

    /// How long a connection may be idle; `None` for ever. Default: 65 s, as in Kudu.
    pub fn keepalive(mut self, idle: Option<Duration>) -> Self {
        self.keepalive = idle;
        self
    }

    /// Networks from which plaintext and SASL PLAIN are accepted (`trusted_subnets`). Default: the
    /// private ones: loopback, link-local, 10/8, 172.16/12, 192.168/16, fd00::/8. Kudu adds the
    /// subnets of the local interfaces, which only the caller can know.
    pub fn trusted_subnets(mut self, subnets: Vec<Subnet>) -> Self {
        self.trusted = subnets;
        self
    }

    /// The certificate and key; without them the server does not list TLS.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Looks for settings with which no call could be answered; adapters do so before they listen.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Zero`] for a limit or timeout of zero; [`ConfigError::NoCertificate`] under
    /// [`Encryption::Required`] without `tls`: every client would be refused, and told that the
    /// fault is its own.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.common.encryption == Encryption::Required && !self.has_certificate() {
            return Err(ConfigError::NoCertificate);
        }
        let zero = [
            ("max_calls", self.common.max_calls == 0),
            ("reply_memory", self.reply_memory == 0),
            ("negotiation_timeout", self.common.negotiation_timeout.is_zero()),
            ("max_unauthenticated_message_size", self.common.max_unauthenticated == 0),
        ];
        match zero.iter().find(|(_, is_zero)| *is_zero) {
            Some((setting, _)) => Err(ConfigError::Zero(setting)),
            None => Ok(()),
        }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn has_certificate(&self) -> bool {
        self.tls.is_some()
    }

    #[cfg(not(feature = "tls"))]
    pub(crate) fn has_certificate(&self) -> bool {
        false
    }

    pub(crate) fn trusts(&self, ip: Option<IpAddr>) -> bool {
        ip.is_none_or(|ip| self.trusted.iter().any(|net| net.contains(ip)))
    }
}

/// A range of IP addresses, written `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Subnet {
    address: IpAddr,
    prefix: u8,
}

impl Subnet {
    fn private_networks() -> Vec<Subnet> {
        let v4 = |a, b, prefix| Subnet { address: Ipv4Addr::new(a, b, 0, 0).into(), prefix };
        let v6 =
            |a, prefix| Subnet { address: Ipv6Addr::new(a, 0, 0, 0, 0, 0, 0, 0).into(), prefix };
        vec![
            v4(127, 0, 8),
            v4(10, 0, 8),
            v4(172, 16, 12),
            v4(192, 168, 16),
            v4(169, 254, 16),
            Subnet { address: Ipv6Addr::LOCALHOST.into(), prefix: 128 },
            v6(0xfe80, 10),
            v6(0xfd00, 8),
        ]
    }

    /// Whether `ip` lies in this range. An IPv4-mapped IPv6 address is its IPv4 address.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.address, ip.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                (net.to_bits() ^ ip.to_bits()) & mask == 0
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                (net.to_bits() ^ ip.to_bits()) & mask == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Subnet {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let parse = || {
            let (address, prefix) = text.split_once('/')?;
            let (address, prefix) = (address.parse::<IpAddr>().ok()?, prefix.parse::<u8>().ok()?);
            let longest = if address.is_ipv4() { 32 } else { 128 };
            (prefix <= longest).then_some(Subnet { address, prefix })
        };
        parse().ok_or_else(|| ConfigError::Subnet(text.to_owned()))
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_size_is_kept_in_kudus_range() {
        let config = || ServerConfig::new();
        assert!(config().max_message_size(1 << 20).is_ok());
        assert!(config().max_message_size(i32::MAX as u32).is_ok());
        for bad in [0, (1 << 20) - 1, 1 << 31] {
            let error = config().max_message_size(bad).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("max_message_size {bad} is outside 1048576 to 2147483647 bytes")
            );
        }
    }

    #[test]
    fn default_trust_is_private_networks() {
        let config = ServerConfig::new();
        for (ip, trusted) in [
            ("127.9.9.9", true),
            ("10.1.2.3", true),
            ("172.31.0.1", true),
            ("172.32.0.1", false),
            ("192.168.4.4", true),
            ("169.254.1.1", true),
            ("8.8.8.8", false),
            ("::1", true),
            ("::2", false),
            ("fe80::1", true),
            ("fd12::1", true),
            ("2001:db8::1", false),
            ("::ffff:8.8.8.8", false),
            ("::ffff:10.0.0.1", true),
        ] {
            assert_eq!(config.trusts(Some(ip.parse().unwrap())), trusted, "{ip}");
        }
        assert!(config.trusts(None), "UNIX sockets are trusted");
    }

    #[test]
    fn subnets_parse() {
        let all: Subnet = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("8.8.8.8".parse().unwrap()));
        assert!(!all.contains("::1".parse().unwrap()));
        for bad in ["10.0.0.0", "10.0.0.0/33", "x/8", "::/129", "10.0.0.0/-1"] {
            assert_eq!(bad.parse::<Subnet>().unwrap_err(), ConfigError::Subnet(bad.into()));
        }
    }
}
