//! What a scenario needs of an adapter. A scenario is a plain function on a thread of its own, so
//! everything here blocks, whatever the adapter is made of.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use krpc_core::{
    CallError, CancelOutcome, ClientConfig, ConnectionError, InboundReply, NegotiationInfo,
    ServerConfig, Stats,
};
use krpc_driver::net::{Runtime, ServerHandle};
use krpc_driver::{CallFuture, CallRequest, Caller, Channel, HostStats};

use crate::service::Probe;

/// One adapter, as client and as server.
pub(crate) trait Adapter: Send + Sync {
    fn name(&self) -> &'static str;

    /// Channels to one server that share a connector, one for each network plane named.
    fn clients(
        &self,
        address: &str,
        config: &ClientConfig,
        planes: &[&str],
    ) -> Vec<Box<dyn Client>>;

    /// Serves at addresses such as `127.0.0.1:0`, `[::1]:0` and `unix:PATH`.
    fn serve(&self, address: &str, settings: ServerSettings) -> io::Result<Box<dyn Server>>;

    /// A channel with a connector of its own.
    fn client(&self, address: &str, config: &ClientConfig) -> Box<dyn Client> {
        self.clients(address, config, &[""]).remove(0)
    }
}

/// Settings of a server.
#[derive(Clone)]
pub(crate) struct ServerSettings {
    pub(crate) config: ServerConfig,
    pub(crate) service: Probe,
    /// Calls that run at once, each perhaps on a thread that it blocks.
    pub(crate) concurrency: usize,
    pub(crate) queue: usize,
}

/// A channel.
pub(crate) trait Client: Send + Sync {
    /// Starts a call. It is on its way when this returns, whether or not anybody waits for it, and it
    /// comes behind those that were started before.
    fn start(&self, call: CallRequest) -> Box<dyn Call>;

    fn connect_now(&self) -> Result<NegotiationInfo, ConnectionError>;

    /// Counters of the connection in use.
    fn stats(&self) -> Option<Stats>;

    fn connections_made(&self) -> u64;

    fn close(&self);
}

/// A call that was started. Dropping it cancels it.
pub(crate) trait Call {
    fn wait(self: Box<Self>) -> Result<InboundReply, CallError>;

    /// Something that cancels the call and waits until its payload is released.
    fn canceller(&self) -> Box<dyn Fn() -> CancelOutcome + Send>;
}

/// A running server.
pub(crate) trait Server: Send + Sync {
    /// Where it listens, such as `127.0.0.1:40000`.
    fn address(&self) -> String;

    fn connections(&self) -> usize;

    fn accepted(&self) -> u64;

    fn stats(&self) -> HostStats;

    /// Returns when it is shut down.
    fn shutdown(&self, grace: Duration);
}

/// The channel of an adapter whose calls are futures.
pub(crate) struct AsyncClient {
    pub(crate) channel: Channel,
    /// Does something where connections can be made: inside a runtime, where there is one.
    pub(crate) inside: fn(&mut dyn FnMut()),
}

impl AsyncClient {
    fn inside<T>(&self, mut make: impl FnMut() -> T) -> T {
        let mut made = None;
        (self.inside)(&mut || made = Some(make()));
        made.expect("it was done")
    }
}

impl Client for AsyncClient {
    fn start(&self, call: CallRequest) -> Box<dyn Call> {
        Box::new(self.inside(|| self.channel.start(call.clone())))
    }

    fn connect_now(&self) -> Result<NegotiationInfo, ConnectionError> {
        block_on("the negotiation", self.inside(|| self.channel.connect_now()))
    }

    fn stats(&self) -> Option<Stats> {
        self.channel.stats()
    }

    fn connections_made(&self) -> u64 {
        self.channel.connections_made()
    }

    fn close(&self) {
        self.channel.close();
    }
}

/// The server of an adapter whose end is a future.
pub(crate) struct AsyncServer<R> {
    pub(crate) handle: ServerHandle<R>,
    /// Waits, inside a runtime, where there is one.
    pub(crate) wait: fn(Pin<Box<dyn Future<Output = ()> + '_>>),
}

impl<R: Runtime> Server for AsyncServer<R> {
    fn address(&self) -> String {
        self.handle.local_addrs()[0].to_string()
    }

    fn connections(&self) -> usize {
        self.handle.connections()
    }

    fn accepted(&self) -> u64 {
        self.handle.accepted()
    }

    fn stats(&self) -> HostStats {
        self.handle.stats()
    }

    fn shutdown(&self, grace: Duration) {
        (self.wait)(Box::pin(self.handle.shutdown(grace)));
    }
}

impl Call for CallFuture {
    fn wait(self: Box<Self>) -> Result<InboundReply, CallError> {
        block_on("the end of a call", *self)
    }

    fn canceller(&self) -> Box<dyn Fn() -> CancelOutcome + Send> {
        let handle = self.cancel_handle();
        Box::new(move || block_on("the release of a payload", handle.cancel()))
    }
}

/// Far longer than anything here takes, so that what hangs is a failure with a name.
pub(crate) const GUARD: Duration = Duration::from_secs(120);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future on this thread.
///
/// # Panics
///
/// When it takes too long.
pub(crate) fn block_on<F: Future>(what: &str, future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let waker = Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
    let end = Instant::now() + GUARD;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let left = end.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "never: {what}");
        std::thread::park_timeout(left);
    }
}

/// Looks again and again until `condition` holds.
///
/// # Panics
///
/// When it takes too long.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + GUARD;
    while !condition() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
