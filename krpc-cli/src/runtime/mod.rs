//! Channels and servers of the adapter that a command line or a test names.
//!
//! The program itself is async and runs on tokio, whatever carries its connections. So all of them look
//! the same here: calls are futures, also those for which a thread waits.

mod blocking;
mod call;
mod channel;
mod server;
mod smol;

use clap::ValueEnum;
use krpc_driver::core::ClientConfig;

pub use call::{Call, CancelHandle, Cancelling};
pub use channel::{Channel, ChannelBuilder, Connector};
pub use server::{BoundServer, ServerBuilder, ServerHandle};

/// The same code for whatever adapter it is.
macro_rules! each {
    ($of:ident, $any:expr, $name:ident => $code:expr) => {
        match $any {
            $of::Tokio($name) => $code,
            $of::Smol($name) => $code,
            $of::Blocking($name) => $code,
        }
    };
}
use each;

/// Which adapter carries connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Runtime {
    /// Tasks of tokio
    #[default]
    Tokio,
    /// Tasks of an executor of smol with two threads
    Smol,
    /// Threads that block: one for each call that waits, and no async runtime
    Blocking,
}

impl Runtime {
    /// All there are.
    pub const ALL: [Runtime; 3] = [Runtime::Tokio, Runtime::Smol, Runtime::Blocking];

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Runtime::Tokio => "tokio",
            Runtime::Smol => "smol",
            Runtime::Blocking => "blocking",
        }
    }

    /// A connector without connections. That of tokio uses the runtime around the caller.
    pub fn connector(self, config: ClientConfig) -> Connector {
        match self {
            Runtime::Tokio => Connector::Tokio(krpc_tokio::Connector::new(config)),
            Runtime::Smol => Connector::Smol(krpc_smol::Connector::on(smol::runtime(), config)),
            Runtime::Blocking => Connector::Blocking(krpc_blocking::Connector::new(config)),
        }
    }

    /// A server without services, with the adapter's defaults.
    pub fn server(self) -> ServerBuilder {
        match self {
            Runtime::Tokio | Runtime::Smol => ServerBuilder::new(self),
            Runtime::Blocking => krpc_blocking::Server::builder().on(self).0,
        }
    }
}
