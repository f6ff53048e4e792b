//! Channels, and what makes them.

use std::ops::Deref;

use krpc_driver::core::{ClientConfig, ConnectionError, NegotiationInfo};
use krpc_driver::net::{self, ChannelSettings, Connects};
use krpc_driver::{AddressError, BoxFuture, CallRequest, Caller, ConnectorStats, Target};

use super::blocking::{self, Waiting};
use super::call::{Call, Kind};
use super::each;

/// Makes channels that share connections. Clones are the same connector.
#[derive(Clone, Debug)]
pub enum Connector {
    /// On tokio.
    Tokio(krpc_tokio::Connector),
    /// On smol.
    Smol(krpc_smol::Connector),
    /// On threads.
    Blocking(krpc_blocking::Connector),
}

/// Settings of a channel.
pub type ChannelBuilder = net::ChannelBuilder<Connector>;

impl Connector {
    /// A channel to `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or `unix:@NAME`. Does not connect yet.
    ///
    /// # Errors
    ///
    /// When `address` is none of these.
    pub fn channel(&self, address: &str) -> Result<Channel, AddressError> {
        self.builder(address).build()
    }

    /// A channel with settings of its own.
    pub fn builder(&self, address: &str) -> ChannelBuilder {
        ChannelBuilder::new(self.clone(), address)
    }

    /// What its connections have done, past and present ones.
    pub fn stats(&self) -> ConnectorStats {
        each!(Connector, self, connector => connector.stats())
    }
}

impl Connects for Connector {
    type Channel = Channel;

    fn connect(&self, target: Target, settings: ChannelSettings) -> Channel {
        match self {
            Connector::Tokio(connector) => Channel::Tokio(connector.connect(target, settings)),
            Connector::Smol(connector) => Channel::Smol(connector.connect(target, settings)),
            Connector::Blocking(connector) => {
                Channel::Blocking(connector.connect(target, settings))
            }
        }
    }

    fn with_config(&self, config: ClientConfig) -> Self {
        match self {
            Connector::Tokio(connector) => Connector::Tokio(connector.with_config(config)),
            Connector::Smol(connector) => Connector::Smol(connector.with_config(config)),
            Connector::Blocking(connector) => Connector::Blocking(connector.with_config(config)),
        }
    }
}

/// Makes calls to one server. Generated clients wrap one. Clones share the connection.
#[derive(Clone, Debug)]
pub enum Channel {
    /// On tokio.
    Tokio(krpc_tokio::Channel),
    /// On smol.
    Smol(krpc_smol::Channel),
    /// On threads.
    Blocking(krpc_blocking::Channel),
}

impl Channel {
    /// Starts a call whose messages are encoded already.
    pub fn call_raw(&self, call: CallRequest) -> Call {
        Call(match self {
            Channel::Tokio(channel) => Kind::Task(channel.call_raw(call)),
            Channel::Smol(channel) => Kind::Task(channel.call_raw(call)),
            Channel::Blocking(channel) => Kind::Thread(blocking::Call::start(channel, call)),
        })
    }

    /// Connects now, if there is no connection; the future waits until it is negotiated, or says why
    /// there is none.
    pub fn connect_now(&self) -> BoxFuture<Result<NegotiationInfo, ConnectionError>> {
        match self {
            Channel::Tokio(channel) => Box::pin(channel.connect_now()),
            Channel::Smol(channel) => Box::pin(channel.connect_now()),
            Channel::Blocking(channel) => {
                let channel = channel.clone();
                Box::pin(Waiting::on_a_thread(move || channel.connect_now()))
            }
        }
    }
}

/// What channels of every adapter have: `target`, `connection_id`, `connections_made`, `stats`.
impl Deref for Channel {
    type Target = krpc_driver::Channel;

    fn deref(&self) -> &krpc_driver::Channel {
        each!(Channel, self, channel => channel)
    }
}

impl Caller for Channel {
    type Pending = Call;

    fn start(&self, call: CallRequest) -> Call {
        self.call_raw(call)
    }
}
