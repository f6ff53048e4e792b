//! Channels on tokio.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use krpc_core::{ClientConfig, UserCredentials};
use krpc_driver::{
    AddressError, CallFuture, CallRequest, Caller, Connector as Table, ConnectorStats,
    Negotiations, login_user,
};

use crate::connect::open;
use crate::drive::now;

/// Makes channels that share connections: one per server address, user and network plane.
///
/// [`Channel::connect`] uses one for the whole process. Make your own for other settings, or to
/// keep connections apart. Clones are the same connector.
#[derive(Clone, Debug)]
pub struct Connector(Table);

impl Connector {
    /// A connector without connections.
    pub fn new(config: ClientConfig) -> Self {
        Self::with_negotiations(config, Negotiations::process_wide())
    }

    /// A connector with a bound of its own on how many of its connections are made at a time. Others
    /// share one of 16 for the whole process.
    pub fn with_negotiations(config: ClientConfig, negotiations: Negotiations) -> Self {
        // The standard library's hash keys are the process's own randomness.
        let seed = RandomState::new().hash_one("krpc reconnect jitter");
        Connector(Table::new(config, Arc::new(now), seed, negotiations, Arc::new(open)))
    }

    /// The connector of [`Channel::connect`]: Kudu's defaults, calls in the name of the login user.
    pub fn process_wide() -> &'static Connector {
        static CONNECTOR: OnceLock<Connector> = OnceLock::new();
        CONNECTOR.get_or_init(|| Connector::new(ClientConfig::new(login_user())))
    }

    /// What its connections have done, past and present ones.
    pub fn stats(&self) -> ConnectorStats {
        self.0.stats()
    }

    /// A channel of this connector; see [`Channel::connect`].
    ///
    /// # Errors
    ///
    /// When `address` is none.
    pub fn channel(&self, address: &str) -> Result<Channel, AddressError> {
        self.builder(address).build()
    }

    /// A channel of this connector with settings of its own.
    pub fn builder(&self, address: impl Into<String>) -> ChannelBuilder {
        ChannelBuilder {
            address: address.into(),
            connector: self.clone(),
            config: None,
            user: None,
            plane: String::new(),
            default_timeout: None,
        }
    }
}

/// Makes calls to one server. Generated clients wrap one.
///
/// It connects when the first call is made, and again after a failure, with a growing back-off.
/// Calls that wait for a connection fail with it. Clones share the connection, which closes when
/// the last of them is dropped and the last call has ended.
///
/// Calls that open a connection need a tokio runtime around them; the connection lives there.
#[derive(Clone, Debug)]
pub struct Channel(krpc_driver::Channel);

impl Channel {
    /// A channel to `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or `unix:@NAME`, with Kudu's default
    /// settings, in the name of the login user. Does not connect yet.
    ///
    /// # Errors
    ///
    /// When `address` is none of these.
    pub fn connect(address: &str) -> Result<Channel, AddressError> {
        Connector::process_wide().channel(address)
    }

    /// A channel with settings.
    pub fn builder(address: impl Into<String>) -> ChannelBuilder {
        Connector::process_wide().builder(address)
    }

    /// Starts a call whose messages are encoded already.
    pub fn call_raw(&self, call: CallRequest) -> CallFuture {
        self.0.start(call)
    }
}

/// What channels of every adapter have: `connect_now`, `target`, `connection_id`, `stats`, `close`.
impl std::ops::Deref for Channel {
    type Target = krpc_driver::Channel;

    fn deref(&self) -> &krpc_driver::Channel {
        &self.0
    }
}

impl Caller for Channel {
    type Pending = CallFuture;

    fn start(&self, call: CallRequest) -> CallFuture {
        self.0.start(call)
    }
}

/// Settings of a channel.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ChannelBuilder {
    address: String,
    connector: Connector,
    config: Option<ClientConfig>,
    user: Option<UserCredentials>,
    plane: String,
    default_timeout: Option<Duration>,
}

impl ChannelBuilder {
    /// In whose name calls are made.
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.user = Some(UserCredentials::new(name));
        self
    }

    /// A label that keeps this channel's traffic on a connection of its own.
    pub fn plane(mut self, label: impl Into<String>) -> Self {
        self.plane = label.into();
        self
    }

    /// All settings of the connection. A channel with its own settings shares its connection only
    /// with its clones.
    pub fn config(mut self, config: ClientConfig) -> Self {
        self.config = Some(config);
        self
    }

    /// The timeout of calls that have none of their own. Default: none.
    pub fn default_timeout(mut self, timeout: Duration) -> Self {
        self.default_timeout = Some(timeout);
        self
    }

    /// The channel.
    ///
    /// # Errors
    ///
    /// When the address is none.
    pub fn build(self) -> Result<Channel, AddressError> {
        let target = self.address.parse()?;
        let connector = self.config.map_or(self.connector, Connector::new);
        let channel = connector.0.channel(target, self.user, &self.plane);
        Ok(Channel(channel.default_timeout(self.default_timeout)))
    }
}
