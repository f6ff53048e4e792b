//! A server, a forwarder in front of it, and a channel through both.

use std::sync::Arc;
use std::time::Duration;

use krpc_tokio::{
    CallError, CallFuture, CancelOutcome, Channel, ClientConfig, ConnectionError, Connector,
    Execution, Footers, Server, ServerConfig, ServerHandle, UserCredentials,
};

use crate::forwarder::{Forwarder, Link, within};
use crate::service::{Calculator, Pool};

/// For what never ends by itself here, however slow the machine is.
pub(crate) const LONG: Duration = Duration::from_secs(3_600);

/// Whether the stream is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Plain,
    #[cfg(feature = "tls")]
    Tls13,
}

impl Stream {
    pub(crate) const ALL: &[Stream] = &[
        Stream::Plain,
        #[cfg(feature = "tls")]
        Stream::Tls13,
    ];
}

/// What the server knows besides what every Kudu knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Footers: a request can be aborted.
    Footers,
    /// No footers, but it answers what it has when a stream ends in mid-frame.
    HalfClose,
    /// Neither. It lists the number of footers without the one that says who lists it, and that
    /// means nothing to our client.
    Foreign,
}

impl Peer {
    pub(crate) const ALL: [Peer; 3] = [Peer::Footers, Peer::HalfClose, Peer::Foreign];
    pub(crate) const WITHOUT_FOOTERS: [Peer; 2] = [Peer::HalfClose, Peer::Foreign];

    fn footers(self) -> Footers {
        match self {
            Peer::Footers => Footers::Auto,
            Peer::HalfClose => Footers::Off,
            Peer::Foreign => Footers::Flag4Only,
        }
    }
}

/// Settings of a client that gives no time of grace. No negotiation times out by itself, however slow the
/// machine is.
pub(crate) fn client() -> ClientConfig {
    ClientConfig::new(UserCredentials::new("alice")).grace(Duration::ZERO).negotiation_timeout(LONG)
}

/// Adds what a sealed stream needs.
pub(crate) fn client_on(stream: Stream, config: ClientConfig) -> ClientConfig {
    match stream {
        Stream::Plain => config,
        #[cfg(feature = "tls")]
        Stream::Tls13 => config.encryption(krpc_tokio::Encryption::Required).encrypt_loopback(true),
    }
}

fn server_on(stream: Stream, config: ServerConfig) -> ServerConfig {
    match stream {
        Stream::Plain => config,
        #[cfg(feature = "tls")]
        Stream::Tls13 => {
            use krpc_tokio::{ServerTls, TlsVersions};
            static MADE: std::sync::OnceLock<ServerTls> = std::sync::OnceLock::new();
            let tls = MADE.get_or_init(|| {
                let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]);
                let made = made.unwrap();
                let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
                let (cert, key) = (cert.as_bytes(), key.as_bytes());
                ServerTls::from_pem_with(cert, key, TlsVersions::Tls13).unwrap()
            });
            config.tls(tls.clone()).encrypt_loopback(true)
        }
    }
}

pub(crate) struct Bed {
    pub(crate) server: ServerHandle,
    pub(crate) service: Calculator,
    pub(crate) forwarder: Forwarder,
    pub(crate) channel: Channel,
    pub(crate) pool: Pool,
}

impl Bed {
    pub(crate) async fn new(stream: Stream, peer: Peer) -> Self {
        Self::with(stream, peer, client()).await
    }

    pub(crate) async fn with(stream: Stream, peer: Peer, client: ClientConfig) -> Self {
        Self::with_both(stream, peer, client, ServerConfig::new()).await
    }

    pub(crate) async fn with_both(
        stream: Stream,
        peer: Peer,
        client: ClientConfig,
        server: ServerConfig,
    ) -> Self {
        let service = Calculator::default();
        let server = server.footers(peer.footers()).negotiation_timeout(LONG);
        let config = server_on(stream, server);
        let builder = Server::builder().add_service(service.clone()).config(config);
        let server = builder.bind("127.0.0.1:0").await.unwrap().serve();
        let forwarder = Forwarder::new(&server.local_addr().unwrap().to_string());
        let connector = Connector::new(client_on(stream, client));
        let channel = connector.channel(&forwarder.address()).unwrap();
        Bed { server, service, forwarder, channel, pool: Pool::default() }
    }

    /// Makes a call that is answered, so that the connection is open and nothing is under way on it.
    pub(crate) async fn warm_up(&self) -> Arc<Link> {
        let number = u64::MAX - self.service.runs().len() as u64;
        self.answered(number, self.start_small(number)).await;
        self.forwarder.last()
    }

    pub(crate) fn start_small(&self, number: u64) -> CallFuture {
        self.channel.call_raw(self.pool.small(number))
    }

    /// Starts a call that is held until the service lets it go, and waits until it is being executed.
    pub(crate) async fn start_held(&self, number: u64) -> CallFuture {
        let call = self.channel.call_raw(self.pool.call("Hold", number, &[]));
        within("the call", self.service.runs_call(number)).await;
        call
    }

    /// Starts a call of 5 MB on the connection in use, of which the server gets `bytes` bytes.
    pub(crate) async fn start_stuck(&self, number: u64, bytes: u64) -> CallFuture {
        let link = self.forwarder.last();
        link.stop_after(bytes);
        let call = self.channel.call_raw(self.pool.large(number));
        within("the first bytes", link.is_stuck()).await;
        call
    }

    /// The call succeeds, and was executed with what it was given.
    pub(crate) async fn answered(&self, number: u64, call: CallFuture) {
        let reply = within("the reply", call).await;
        let reply = reply.unwrap_or_else(|error| panic!("call {number}: {error:?}"));
        assert_eq!(reply.body, number.to_le_bytes()[..]);
        let runs = self.service.runs().into_iter().filter(|run| run.number == number);
        assert_eq!(runs.map(|run| run.intact).collect::<Vec<_>>(), [true], "call {number}");
    }

    /// Whatever has been executed had unaltered bytes, and nothing was executed twice.
    pub(crate) fn check_runs(&self) {
        let runs = self.service.runs();
        assert!(runs.iter().all(|run| run.intact), "{runs:?}");
        let mut numbers = self.service.numbers();
        numbers.sort_unstable();
        assert!(numbers.windows(2).all(|pair| pair[0] != pair[1]), "{numbers:?}");
    }
}

/// Cancels; waits until that is done, when nothing of the payload may be left, and says what came of
/// it. The call must end as cancelled.
pub(crate) async fn cancelled(pool: &Pool, others: usize, call: CallFuture) -> CancelOutcome {
    let outcome = within("the release", call.cancel()).await;
    assert_eq!(pool.in_use(), others, "released before it is told: {outcome:?}");
    let error = within("the end", call).await.unwrap_err();
    assert_eq!(error, CallError::Cancelled { outcome, execution: outcome.execution() });
    outcome
}

/// Waits for a call whose connection ends: why, and whether the call may have been executed.
pub(crate) async fn lost(call: CallFuture) -> (ConnectionError, Execution) {
    match within("the end", call).await {
        Err(CallError::ConnectionLost { error, execution }) => (error, execution),
        other => panic!("{other:?}"),
    }
}
