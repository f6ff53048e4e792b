//! What all commands that listen have in common: their addresses, and what they tell.

use std::fmt::Display;
use std::io;
use std::net::ToSocketAddrs;

use crate::address::Address;
use crate::failure::Failure;
use crate::output;

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
