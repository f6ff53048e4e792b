//! Channels.

use std::any::Any;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use krpc_core::{CallError, ClientConfig, ConnectionError, InboundReply, NegotiationInfo};
use krpc_driver::net::{self, ChannelSettings, Connects};
use krpc_driver::{
    AddressError, CallRequest, Caller, ConnectorStats, Negotiations, NewConnection, Opener, Target,
    login_user,
};

use krpc_reactor::{Crew, Keeper, Lead};

use crate::call::{Call, wait};
use crate::runtime::Std;

/// Makes channels that share connections: one per server address, user and network plane. Clones are
/// the same connector.
///
/// [`Channel::connect`] uses one for the whole process. Make your own for other settings, or to keep
/// connections apart. It has one thread of its own, whatever the number of connections, which looks
/// after those on whose calls nobody waits, and another for as long as a host name is being looked up.
#[derive(Clone, Debug)]
pub struct Connector {
    table: krpc_driver::Connector,
    keeper: SharedKeeper,
    lead: Lead,
}

/// Started when there is something to keep.
type SharedKeeper = Arc<Mutex<Option<Keeper>>>;

impl Connector {
    /// A connector without connections.
    pub fn new(config: ClientConfig) -> Self {
        Self::led_by(config, Lead::default())
    }

    /// A connector with a bound of its own on how many of its connections are made at a time. Others
    /// share one of 16 for the whole process.
    pub fn with_negotiations(config: ClientConfig, negotiations: Negotiations) -> Self {
        Self::keeping(Arc::default(), config, negotiations, Lead::default())
    }

    /// A connector whose connections are driven as `lead` says.
    pub fn led_by(config: ClientConfig, lead: Lead) -> Self {
        Self::keeping(Arc::default(), config, Negotiations::process_wide(), lead)
    }

    fn keeping(
        keeper: SharedKeeper,
        config: ClientConfig,
        negotiations: Negotiations,
        lead: Lead,
    ) -> Self {
        let theirs = keeper.clone();
        let openers = Arc::new(move || {
            let (crew, keeper) = (OnceLock::new(), theirs.clone());
            Arc::new(Bench { crew, keeper, lead }) as Arc<dyn Opener>
        });
        let table = net::table(config, Instant::now, negotiations, openers);
        Connector { table, keeper, lead }
    }

    /// The connector of [`Channel::connect`]: Kudu's defaults, calls in the name of the login user.
    pub fn process_wide() -> &'static Connector {
        static CONNECTOR: OnceLock<Connector> = OnceLock::new();
        CONNECTOR.get_or_init(|| Connector::new(ClientConfig::new(login_user())))
    }

    /// What its connections have done, past and present ones.
    pub fn stats(&self) -> ConnectorStats {
        self.table.stats()
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
        ChannelBuilder::new(self.clone(), address)
    }
}

impl Connects for Connector {
    type Channel = Channel;

    fn connect(&self, target: Target, settings: ChannelSettings) -> Channel {
        Channel(settings.channel(&self.table, target))
    }

    fn with_config(&self, config: ClientConfig) -> Self {
        let negotiations = self.table.negotiations().clone();
        Self::keeping(self.keeper.clone(), config, negotiations, self.lead)
    }
}

/// Settings of a channel; see [`krpc_driver::net::ChannelBuilder`].
pub type ChannelBuilder = net::ChannelBuilder<Connector>;

/// What a channel has its crew from, which is made when there is something to do.
struct Bench {
    crew: OnceLock<Arc<Crew>>,
    keeper: SharedKeeper,
    lead: Lead,
}

impl Bench {
    fn crew(&self) -> io::Result<&Arc<Crew>> {
        if let Some(crew) = self.crew.get() {
            return Ok(crew);
        }
        let crew = {
            let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
            let keeper = match &mut *keeper {
                Some(keeper) => keeper,
                none => none.insert(Keeper::start()?),
            };
            Crew::new(keeper, self.lead)?
        };
        Ok(self.crew.get_or_init(|| crew))
    }
}

impl Opener for Bench {
    fn open(&self, new: NewConnection) {
        match self.crew() {
            Ok(crew) => {
                let hub = crew.hub();
                hub.spawn(Box::pin(net::client(Std::new(vec![hub.clone()]), new)));
            }
            Err(error) => net::fail(new, Instant::now(), &error),
        }
    }
}

/// Makes calls to one server. Generated clients wrap one.
///
/// It connects when the first call is made, and again after a failure, with a growing back-off.
/// Calls that wait for a connection fail with it. Clones share the connection, and so may any number of
/// threads: their calls are pipelined on it. It closes when the last clone is dropped, and calls that
/// have not ended end as `ConnectionLost` with `LocallyClosed`.
///
/// No call blocks its thread past its deadline, whatever the peer or the name server does. Without a
/// deadline a call waits for as long as it takes.
#[derive(Clone)]
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

    /// Makes a call whose messages are encoded already, and waits for its reply.
    ///
    /// # Errors
    ///
    /// What the call ended as, if not with a reply.
    pub fn call_raw(&self, call: CallRequest) -> Result<InboundReply, CallError> {
        wait(self.crew(), || self.0.start(call))
    }

    /// Starts a call whose messages are encoded already, and does not wait.
    pub fn start_raw(&self, call: CallRequest) -> Call {
        let crew = self.crew();
        let future = match crew {
            Some(crew) => crew.begin(|| self.0.start(call)),
            None => self.0.start(call),
        };
        Call { future, crew: crew.cloned() }
    }

    /// Connects now, if there is no connection, and waits until it is negotiated.
    ///
    /// # Errors
    ///
    /// Why there is no connection.
    pub fn connect_now(&self) -> Result<NegotiationInfo, ConnectionError> {
        wait(self.crew(), || self.0.connect_now())
    }

    /// Ends the connection in use. Calls in flight end as `ConnectionLost`; the next call connects
    /// anew.
    pub fn close(&self) {
        match self.crew() {
            Some(crew) => crew.begin(|| self.0.close()),
            None => self.0.close(),
        }
    }

    fn crew(&self) -> Option<&Arc<Crew>> {
        let bench = (self.0.opener() as &dyn Any).downcast_ref::<Bench>()?;
        // Why there is none, its connections will say.
        bench.crew().ok()
    }
}

/// What channels of every adapter have: `target`, `connection_id`, `connections_made`, `stats`.
impl std::ops::Deref for Channel {
    type Target = krpc_driver::Channel;

    fn deref(&self) -> &krpc_driver::Channel {
        &self.0
    }
}

impl Caller for Channel {
    type Pending = Call;

    fn start(&self, call: CallRequest) -> Call {
        self.start_raw(call)
    }

    fn call(&self, call: CallRequest) -> Result<InboundReply, CallError> {
        self.call_raw(call)
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Channel").field(self.0.target()).finish()
    }
}
