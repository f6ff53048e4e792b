//! What all commands that listen have in common: their addresses, and how they are told to end; the latter
//! is for others too.

use std::fmt::Display;
use std::io;
use std::net::ToSocketAddrs;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::address::Address;
use crate::failure::Failure;
use crate::output;

/// The signals that end a command in order.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From now on, they do not end the process. To be called before anything is told, so that none is
    /// missed by whoever acts on what is told.
    pub(crate) fn catch() -> Result<Signals, Failure> {
        let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
        Ok(Signals { interrupt: catch(interrupt)?, terminate: catch(terminate)? })
    }

    /// Waits for one.
    pub(crate) async fn wait(&mut self) {
        let _ = self.caught().await;
    }

    /// The same for who wants to know which it was.
    pub(crate) async fn caught(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
        }
    }
}

/// A signal that does not end the process from now on.
pub(crate) fn catch(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|e| Failure::usage(format_args!("cannot catch signals: {e}")))
}

/// A line of what goes on. Who listens goes on without a reader.
pub(crate) fn tell(text: impl Display) -> Result<(), Failure> {
    match output::line(text) {
        Err(Failure::Unread) => Ok(()),
        told => told,
    }
}

/// The address as the library takes it: it knows zones by number only.
pub(crate) fn resolved(address: &Address) -> io::Result<String> {
    match address {
        Address::Tcp { host, port } if host.contains('%') => {
            let found = (host.as_str(), *port).to_socket_addrs().map(|mut all| all.next());
            let found = found.and_then(|first| first.ok_or(io::ErrorKind::NotFound.into()));
            let named = |e| io::Error::other(format!("cannot resolve {address}: {e}"));
            Ok(found.map_err(named)?.to_string())
        }
        _ => Ok(address.to_string()),
    }
}

/// The error names the address; of ports that are taken or reserved it says what to do, too.
pub(crate) fn cannot_listen(unix: bool, error: &io::Error) -> Failure {
    let advice = match (error.kind(), unix) {
        (io::ErrorKind::AddrInUse, true) => {
            Some("another server listens there: choose another path")
        }
        (io::ErrorKind::AddrNotAvailable, false) => Some("give an address of this machine"),
        (io::ErrorKind::PermissionDenied, true) => Some("choose a folder that you may write to"),
        _ => None,
    };
    Failure::Call { said: error.to_string(), advice: advice.map(str::to_owned) }
}
