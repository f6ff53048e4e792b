//! A way to a server: what both sides send is passed on, byte for byte, a half-close as a half-close and
//! a reset as a reset, by the [`Rules`] of the connection.
//!
//! Who looks on has a [`Tap`] in each connection, at the client's side of it: it sees what the client sends
//! as it comes, and what the client is sent as it goes.

mod pump;
mod rules;
mod socket;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use krpc_driver::core::PeerAddr;
use krpc_driver::net::{Ambient, Listener, Runtime};
use krpc_tokio::{Stream, Tokio};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::address::Address;
use crate::side::Side;

pub(crate) use rules::{Gate, Pauses, Rule, Rules};

/// Pause after an `accept` that failed, for want of file descriptors or the like.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How one side has closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// In order.
    Eof,
    /// Its connection is lost.
    Reset,
}

/// How a connection has ended.
#[derive(Debug)]
pub(crate) enum Closed {
    /// Both sides have closed.
    BySides,
    /// There is no way to the server; the client is told by a reset.
    Unreachable(io::Error),
    /// By the rule of what this side sends.
    Dropped(Side),
    /// The relay has ended.
    Stopped,
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Closed::BySides => f.write_str("closed"),
            Closed::Unreachable(error) => write!(f, "the server cannot be reached: {error}"),
            Closed::Dropped(side) => write!(f, "dropped, as --drop-after {} says", side.way()),
            Closed::Stopped => f.write_str("cut off: the relay ends"),
        }
    }
}

/// Looks on at one connection.
pub(crate) trait Tap: Send + 'static {
    /// This side has sent bytes.
    fn bytes(&mut self, from: Side, bytes: &[u8]);
    /// This side sends nothing more.
    fn ended(&mut self, side: Side, end: End);
    /// It is over. Nothing comes after this.
    fn closed(&mut self, how: &Closed);
}

/// Looks on at all connections.
pub(crate) trait Watch: Send + 'static {
    type Tap: Tap;
    /// A client has connected, from there.
    fn opened(&mut self, client: &PeerAddr) -> (Self::Tap, Rules);
}

/// Where it listens, and where it passes that on to.
#[derive(Debug)]
pub(crate) struct Relay {
    runtime: Tokio,
    listener: Listener<Tokio>,
    upstream: Address,
    narrow: bool,
}

impl Relay {
    /// Listens. If it is `narrow`, there is little room on the way, so that whoever sends soon feels what
    /// becomes of it.
    pub(crate) async fn bind(listen: &str, upstream: Address, narrow: bool) -> io::Result<Relay> {
        let runtime = Tokio::ambient();
        let listener = Listener::bind(&runtime, listen).await?;
        if narrow {
            socket::make_narrow(listener.socket())?;
        }
        Ok(Relay { runtime, listener, upstream, narrow })
    }

    /// Where it listens.
    pub(crate) fn local_addr(&self) -> &PeerAddr {
        self.listener.local_addr()
    }

    /// Passes on until `stop` is ready; then its connections are cut off, and each [`Tap`] is told.
    /// If it is dropped, they are cut off without a word.
    pub(crate) async fn run(self, mut watch: impl Watch, stop: impl Future<Output = ()>) {
        let Relay { runtime, listener, upstream, narrow } = self;
        let upstream = Arc::new(upstream);
        let stopping = watch::Sender::new(false);
        let mut connections = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = runtime.accept(listener.socket()) => match accepted {
                    Ok(client) => {
                        let (tap, rules) = watch.opened(&socket::peer(&client));
                        let (upstream, stopped) = (upstream.clone(), stopping.subscribe());
                        connections.spawn(connection(client, upstream, narrow, tap, rules, stopped));
                    }
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
        drop(listener);
        stopping.send_replace(true);
        while connections.join_next().await.is_some() {}
    }
}

async fn connection(
    client: Stream,
    upstream: Arc<Address>,
    narrow: bool,
    tap: impl Tap,
    rules: Rules,
    mut stopped: watch::Receiver<bool>,
) {
    let tap = Mutex::new(tap);
    let closed = tokio::select! {
        closed = pass(&client, &upstream, narrow, &tap, rules) => closed,
        // The sender outlives all connections.
        _ = stopped.wait_for(|stopped| *stopped) => Closed::Stopped,
    };
    drop(client);
    lock(&tap).closed(&closed);
}

async fn pass(
    client: &Stream,
    upstream: &Address,
    narrow: bool,
    tap: &Mutex<impl Tap>,
    rules: Rules,
) -> Closed {
    let server = match socket::connect(upstream, narrow).await {
        Ok(server) => server,
        Err(error) => {
            socket::reset_when_closed(client);
            return Closed::Unreachable(error);
        }
    };
    let up = pump::pump(Side::Client, client, &server, rules.up, tap);
    let down = pump::pump(Side::Server, &server, client, rules.down, tap);
    match tokio::try_join!(up, down) {
        Ok(_) => Closed::BySides,
        Err(pump::Broken::Reset) => {
            socket::reset_when_closed(client);
            socket::reset_when_closed(&server);
            Closed::BySides
        }
        Err(pump::Broken::Dropped(side)) => {
            tokio::join!(socket::say_goodbye(client), socket::say_goodbye(&server));
            Closed::Dropped(side)
        }
    }
}

/// Both directions of a connection are one task, so that nobody waits for it.
fn lock<T>(tap: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    tap.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
