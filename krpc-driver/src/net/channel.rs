//! Channels.

use std::hash::{BuildHasher, RandomState};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use krpc_core::{ClientConfig, UserCredentials};

use super::connect::open;
use super::{Ambient, Runtime};
use crate::channel::{self, AddressError, Opener, Target};
use crate::{CallFuture, CallRequest, Caller, ConnectorStats, Negotiations};

/// What makes channels of a kind: the connector of an adapter.
pub trait Connects: Clone {
    /// What it makes.
    type Channel;

    /// A channel to `target`.
    fn connect(&self, target: Target, settings: ChannelSettings) -> Self::Channel;

    /// A connector like this one with other settings, and connections of its own.
    fn with_config(&self, config: ClientConfig) -> Self;
}

/// What a channel may have of its own.
#[derive(Clone, Debug, Default)]
pub struct ChannelSettings {
    /// In whose name calls are made; by default that of the connector's settings.
    pub user: Option<UserCredentials>,
    /// A label that keeps the channel's traffic on a connection of its own.
    pub plane: String,
    /// The timeout of calls that have none of their own.
    pub default_timeout: Option<Duration>,
}

impl ChannelSettings {
    /// A channel of `connector` with these settings.
    pub fn channel(self, connector: &channel::Connector, target: Target) -> channel::Channel {
        let channel = connector.channel(target, self.user, &self.plane);
        channel.default_timeout(self.default_timeout)
    }
}

/// The table of connections of an adapter's connector. `openers` makes what opens the connections of
/// one server, user and plane.
pub fn table(
    config: ClientConfig,
    clock: impl crate::Clock,
    negotiations: Negotiations,
    openers: channel::Openers,
) -> channel::Connector {
    // The standard library's hash keys are the process's own randomness.
    let seed = RandomState::new().hash_one("krpc reconnect jitter");
    channel::Connector::new(config, Arc::new(clock), seed, negotiations, openers)
}

/// Makes channels that share connections: one per server address, user and network plane. Clones are
/// the same connector.
#[derive(Clone, Debug)]
pub struct Connector<R> {
    runtime: R,
    table: channel::Connector,
}

impl<R: Runtime> Connector<R> {
    /// A connector without connections, on a runtime.
    pub fn on(runtime: R, config: ClientConfig) -> Self {
        Self::bounded(runtime, config, Negotiations::process_wide())
    }

    /// A connector with a bound of its own on how many of its connections are made at a time. Others
    /// share one of 16 for the whole process.
    pub fn bounded(runtime: R, config: ClientConfig, negotiations: Negotiations) -> Self {
        let (clock, opener) = (runtime.clone(), runtime.clone());
        let opener: Arc<dyn Opener> = Arc::new(move |new| open(&opener, new));
        let openers = Arc::new(move || opener.clone());
        let table = table(config, move || clock.now(), negotiations, openers);
        Connector { runtime, table }
    }

    /// What its connections have done, past and present ones.
    pub fn stats(&self) -> ConnectorStats {
        self.table.stats()
    }

    /// A channel to `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or `unix:@NAME`. Does not connect yet.
    ///
    /// # Errors
    ///
    /// When `address` is none of these.
    pub fn channel(&self, address: &str) -> Result<Channel<R>, AddressError> {
        self.builder(address).build()
    }

    /// A channel with settings of its own.
    pub fn builder(&self, address: impl Into<String>) -> ChannelBuilder<Self> {
        ChannelBuilder::new(self.clone(), address)
    }
}

impl<R: Runtime> Connects for Connector<R> {
    type Channel = Channel<R>;

    fn connect(&self, target: Target, settings: ChannelSettings) -> Channel<R> {
        Channel { inner: settings.channel(&self.table, target), runtime: PhantomData }
    }

    fn with_config(&self, config: ClientConfig) -> Self {
        Connector::bounded(self.runtime.clone(), config, self.table.negotiations().clone())
    }
}

impl<R: Ambient> Connector<R> {
    /// A connector without connections, on the runtime around those who make calls.
    ///
    /// [`Channel::connect`] uses one for the whole process. Make your own for other settings, or to
    /// keep connections apart.
    pub fn new(config: ClientConfig) -> Self {
        Self::on(R::ambient(), config)
    }

    /// The same with a bound of its own on how many of its connections are made at a time. Others
    /// share one of 16 for the whole process.
    pub fn with_negotiations(config: ClientConfig, negotiations: Negotiations) -> Self {
        Self::bounded(R::ambient(), config, negotiations)
    }

    /// The connector of [`Channel::connect`]: Kudu's defaults, calls in the name of the login user.
    pub fn process_wide() -> &'static Self {
        R::process_wide()
    }
}

/// Makes calls to one server. Generated clients wrap one.
///
/// It connects when the first call is made, and again after a failure, with a growing back-off.
/// Calls that wait for a connection fail with it. Clones share the connection. When the last of them is
/// dropped, the connection closes, and calls that have not ended end as `ConnectionLost` with
/// `LocallyClosed`: keep a channel, or a client that wraps it, as long as you wait for a call.
///
/// Its connections are tasks of the runtime.
#[derive(Debug)]
pub struct Channel<R> {
    inner: channel::Channel,
    runtime: PhantomData<fn() -> R>,
}

impl<R> Clone for Channel<R> {
    fn clone(&self) -> Self {
        Channel { inner: self.inner.clone(), runtime: PhantomData }
    }
}

impl<R: Ambient> Channel<R> {
    /// A channel to `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or `unix:@NAME`, with Kudu's default
    /// settings, in the name of the login user. Does not connect yet.
    ///
    /// # Errors
    ///
    /// When `address` is none of these.
    pub fn connect(address: &str) -> Result<Self, AddressError> {
        R::process_wide().channel(address)
    }

    /// A channel with settings.
    pub fn builder(address: impl Into<String>) -> ChannelBuilder<Connector<R>> {
        R::process_wide().builder(address)
    }
}

impl<R: Runtime> Channel<R> {
    /// Starts a call whose messages are encoded already.
    pub fn call_raw(&self, call: CallRequest) -> CallFuture {
        self.inner.start(call)
    }
}

/// What channels of every adapter have: `connect_now`, `target`, `connection_id`, `stats`, `close`.
impl<R> std::ops::Deref for Channel<R> {
    type Target = channel::Channel;

    fn deref(&self) -> &channel::Channel {
        &self.inner
    }
}

impl<R: Runtime> Caller for Channel<R> {
    type Pending = CallFuture;

    fn start(&self, call: CallRequest) -> CallFuture {
        self.inner.start(call)
    }
}

/// Settings of a channel.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ChannelBuilder<C> {
    connector: C,
    address: String,
    config: Option<ClientConfig>,
    settings: ChannelSettings,
}

impl<C: Connects> ChannelBuilder<C> {
    /// A channel of `connector` to `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or `unix:@NAME`.
    pub fn new(connector: C, address: impl Into<String>) -> Self {
        let settings = ChannelSettings::default();
        ChannelBuilder { connector, address: address.into(), config: None, settings }
    }

    /// In whose name calls are made.
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.settings.user = Some(UserCredentials::new(name));
        self
    }

    /// A label that keeps this channel's traffic on a connection of its own.
    pub fn plane(mut self, label: impl Into<String>) -> Self {
        self.settings.plane = label.into();
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
        self.settings.default_timeout = Some(timeout);
        self
    }

    /// The channel.
    ///
    /// # Errors
    ///
    /// When the address is none.
    pub fn build(self) -> Result<C::Channel, AddressError> {
        let target = self.address.parse()?;
        let connector = match self.config {
            Some(config) => self.connector.with_config(config),
            None => self.connector,
        };
        Ok(connector.connect(target, self.settings))
    }
}
