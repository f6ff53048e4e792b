//! What a scenario runs on: a server, a client, and perhaps a forwarder between them.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use krpc_core::{
    CallError, CallStage, CancelOutcome, ClientConfig, ConnectionError, Encryption, Execution,
    ServerConfig, ServerTls, TlsVersions, UserCredentials,
};
use krpc_driver::{CallRequest, Timeout};

use crate::adapter::{Call, Client, Server, ServerSettings, eventually};
use crate::matrix::{Address, Cell, Security};
use crate::peer::{Forwarder, Stream};
use crate::service::{LARGE, Payload, Probe, call, call_with, take};

/// For what never ends by itself here, however slow the machine is.
pub(crate) const LONG: Duration = Duration::from_secs(3_600);

/// For what must end by itself.
pub(crate) const SHORT: Duration = Duration::from_millis(50);

/// So much of a stuck call reaches the server: more than is sealed ahead of a socket, so that its
/// frame has begun there too.
pub(crate) const PART: u64 = 300_000;

/// How many calls of a service run at once: a pool of threads has to have as many.
const CONCURRENCY: usize = 16;

/// A folder for UNIX sockets.
pub(crate) static SOCKETS: OnceLock<PathBuf> = OnceLock::new();

impl Address {
    /// An address of that kind where nobody listens.
    pub(crate) fn any(self) -> String {
        match self {
            Address::Tcp4 => "127.0.0.1:0".to_owned(),
            Address::Tcp6 => "[::1]:0".to_owned(),
            Address::Unix => {
                static NEXT: AtomicU64 = AtomicU64::new(0);
                let folder = SOCKETS.get().expect("main has made it");
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                format!("unix:{}", folder.join(number.to_string()).display())
            }
        }
    }
}

impl Security {
    fn client(self, config: ClientConfig) -> ClientConfig {
        match self {
            Security::Plain => config,
            Security::AuthOnly => config.encryption(Encryption::Required),
            _ => config.encryption(Encryption::Required).encrypt_loopback(true),
        }
    }

    fn server(self, config: ServerConfig) -> ServerConfig {
        let config = match self {
            Security::Plain => return config,
            Security::Tls12 => config.tls(certificate(TlsVersions::Tls12)),
            Security::Tls13 => config.tls(certificate(TlsVersions::Tls13)),
            Security::AuthOnly => config.tls(certificate(TlsVersions::Both)),
        };
        config.encryption(Encryption::Required).encrypt_loopback(self != Security::AuthOnly)
    }

    /// What a client should hear of it: the version, and whether the stream stays sealed.
    fn expected(self) -> Option<(&'static str, bool)> {
        match self {
            Security::Plain => None,
            Security::Tls12 => Some(("TLSv1.2", true)),
            Security::Tls13 => Some(("TLSv1.3", true)),
            Security::AuthOnly => Some(("TLSv1.3", false)),
        }
    }
}

fn certificate(versions: TlsVersions) -> ServerTls {
    static MADE: OnceLock<(String, String)> = OnceLock::new();
    let (cert, key) = MADE.get_or_init(|| {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]);
        let made = made.expect("a certificate");
        (made.cert.pem(), made.signing_key.serialize_pem())
    });
    let tls = ServerTls::from_pem_with(cert.as_bytes(), key.as_bytes(), versions);
    tls.expect("a certificate and its key")
}

/// Settings of a bed that is to be.
pub(crate) struct Setup {
    cell: Cell,
    client: ClientConfig,
    server: ServerConfig,
    concurrency: usize,
    queue: usize,
    /// Bytes that a forwarder writes at a time, if there is one.
    chunk: Option<usize>,
}

impl Cell {
    /// No time of grace, and no negotiation may time out by itself.
    pub(crate) fn setup(self) -> Setup {
        let client = ClientConfig::new(UserCredentials::new("alice")).grace(Duration::ZERO);
        let client = self.security.client(client.negotiation_timeout(LONG));
        let server = self.security.server(ServerConfig::new().negotiation_timeout(LONG));
        Setup { cell: self, client, server, concurrency: CONCURRENCY, queue: 1_024, chunk: None }
    }
}

impl Setup {
    pub(crate) fn client(mut self, change: impl FnOnce(ClientConfig) -> ClientConfig) -> Self {
        self.client = change(self.client);
        self
    }

    pub(crate) fn server(mut self, change: impl FnOnce(ServerConfig) -> ServerConfig) -> Self {
        self.server = change(self.server);
        self
    }

    /// So many calls run at once.
    pub(crate) fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls;
        self
    }

    /// With a forwarder.
    pub(crate) fn forwarded(self) -> Self {
        self.trickling(usize::MAX)
    }

    /// With a forwarder that writes so many bytes at a time.
    pub(crate) fn trickling(mut self, chunk: usize) -> Self {
        self.chunk = Some(chunk);
        self
    }

    pub(crate) fn start(self) -> Bed {
        let Setup { cell, client, server, concurrency, queue, chunk } = self;
        let probe = Probe::default();
        let service = probe.clone();
        let settings = ServerSettings { config: server, service, concurrency, queue };
        let address = cell.address.any();
        let server = cell.server.serve(&address, settings.clone()).expect("it listens");
        let forwarder =
            chunk.map(|chunk| Forwarder::new(&cell.address.any(), server.address(), chunk));
        let config = client;
        let address = address_of(forwarder.as_ref(), &*server);
        let client = cell.client.client(&address, &config);
        Bed { cell, settings, config, server, probe, forwarder, client }
    }
}

pub(crate) struct Bed {
    pub(crate) cell: Cell,
    pub(crate) settings: ServerSettings,
    pub(crate) config: ClientConfig,
    pub(crate) server: Box<dyn Server>,
    pub(crate) probe: Probe,
    pub(crate) client: Box<dyn Client>,
    forwarder: Option<Forwarder>,
}

fn address_of(forwarder: Option<&Forwarder>, server: &dyn Server) -> String {
    forwarder.map_or_else(|| server.address(), |forwarder| forwarder.address().to_owned())
}

impl Bed {
    pub(crate) fn forwarder(&self) -> &Forwarder {
        self.forwarder.as_ref().expect("the setup said so")
    }

    /// Where clients connect to.
    pub(crate) fn address(&self) -> String {
        address_of(self.forwarder.as_ref(), &*self.server)
    }

    /// One more client, of the same adapter.
    pub(crate) fn another(
        &self,
        change: impl FnOnce(ClientConfig) -> ClientConfig,
    ) -> Box<dyn Client> {
        self.cell.client.client(&self.address(), &change(self.config.clone()))
    }

    pub(crate) fn start(&self, call: CallRequest) -> Box<dyn Call> {
        self.client.start(call)
    }

    /// Starts a call that is answered with its number.
    pub(crate) fn start_small(&self, number: u64) -> Box<dyn Call> {
        self.start(call("Take", &[number], &[]))
    }

    /// Starts a call that is held until the service lets it go, and then answered with a sidecar of so
    /// many bytes; waits until it is being executed.
    pub(crate) fn start_held(&self, number: u64, sidecar: u64) -> Box<dyn Call> {
        let call = self.start(call("Hold", &[number, sidecar], &[]));
        eventually("a call is executed", || self.probe.has_run(number));
        call
    }

    /// Starts a call of 5 MB on the last connection, of which the server gets only a part.
    pub(crate) fn start_stuck(&self, number: u64) -> (Box<dyn Call>, Payload) {
        self.forwarder().stop_after(PART);
        let (request, payload) = call_with("Take", &[number], LARGE);
        let call = self.start(request);
        self.forwarder().wait_stuck();
        (call, payload)
    }

    /// The call succeeds, and was executed once, with what it was given.
    pub(crate) fn answered(&self, number: u64, call: Box<dyn Call>) {
        let reply = call.wait().unwrap_or_else(|error| panic!("call {number}: {error:?}"));
        assert_eq!(reply.body, number.to_le_bytes()[..]);
        let runs = self.probe.runs().into_iter().filter(|run| run.number == number);
        assert_eq!(runs.map(|run| run.intact).collect::<Vec<_>>(), [true], "call {number}");
    }

    /// Cancels a call that has not ended; when that is told, nothing may be left of the payload.
    pub(crate) fn cancelled(&self, call: Box<dyn Call>, payload: &Payload) -> CancelOutcome {
        let cancel = call.canceller();
        let outcome = cancel();
        assert_eq!(payload.held(), 0, "released before it is told: {outcome:?}");
        let error = call.wait().expect_err("it is cancelled");
        assert_eq!(error, CallError::Cancelled { outcome, execution: outcome.execution() });
        assert_eq!(cancel(), outcome, "and once more");
        outcome
    }

    /// Nothing may be left of a call that has ended at its deadline: in which stage that was.
    pub(crate) fn expired(&self, call: Box<dyn Call>, payload: &Payload) -> CallStage {
        let error = call.wait().expect_err("its deadline passes");
        assert_eq!(payload.held(), 0, "released before it is told: {error:?}");
        let CallError::DeadlineExceeded { stage, execution } = error else { panic!("{error:?}") };
        let sent = stage == CallStage::Sent;
        assert_eq!(execution, if sent { Execution::Maybe } else { Execution::Never }, "{stage}");
        stage
    }

    /// How many calls have arrived at the server.
    pub(crate) fn arrived(&self) -> u64 {
        self.server.stats().all().calls
    }

    /// The framing is intact: the connection is open, and what calls carry on it arrives unaltered, both
    /// ways. It is the last of so many that the server has accepted.
    pub(crate) fn intact(&self, accepted: u64) {
        self.serves(&*self.client);
        assert_eq!(self.server.accepted(), accepted, "connections");
        let intact = self.probe.runs().iter().all(|run| run.intact);
        assert!(intact, "{:?}", self.probe.runs());
    }

    /// The same for any client.
    pub(crate) fn serves(&self, client: &dyn Client) {
        self.is_secure(client);
        let made = client.connections_made();
        for lens in [&[][..], &[0, 456, 70_000]] {
            let number = self.fresh();
            let reply = client.start(call("Echo", &[number, 1], lens)).wait();
            let mut reply = reply.unwrap_or_else(|error| panic!("a call afterwards: {error:?}"));
            assert_eq!((take(&mut reply.body), take(&mut reply.body)), (number, 1));
            let got = reply.sidecars.iter().map(|sidecar| sidecar.len());
            assert_eq!(got.collect::<Vec<_>>(), lens);
            crate::list::is_echo(&reply.sidecars, lens);
        }
        assert_eq!(client.connections_made(), made, "the connection lives");
    }

    /// The connection of a client is as secure as it should be.
    pub(crate) fn is_secure(&self, client: &dyn Client) {
        let info = client.connect_now().expect("it negotiates");
        let tls = info.tls.map(|tls| (tls.version, tls.encrypted));
        assert_eq!(tls, self.cell.security.expected());
    }

    /// Where a connection was lost: calls are answered again, and then all on one connection.
    pub(crate) fn recovers(&self) {
        eventually("a call is answered", || self.start_small(self.fresh()).wait().is_ok());
        self.serves(&*self.client);
    }

    /// A number that no call of a scenario has.
    pub(crate) fn fresh(&self) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(1 << 32);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes a call that is answered, so that the connection is open and nothing is under way on it.
    pub(crate) fn warm_up(&self) {
        let number = self.fresh();
        self.answered(number, self.start_small(number));
    }

    /// Whether nobody listens where the server did.
    pub(crate) fn is_deaf(&self) -> bool {
        Stream::connect(&self.server.address()).is_err()
    }

    /// Serves anew at the same address. A client that tried to connect meanwhile may have been given
    /// that very port for its own end, for a moment.
    pub(crate) fn serve_again(&mut self) {
        let address = self.server.address();
        eventually("it listens again", || {
            match self.cell.server.serve(&address, self.settings.clone()) {
                Ok(server) => {
                    self.server = server;
                    true
                }
                Err(error) => {
                    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse, "{error}");
                    false
                }
            }
        });
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.probe.let_all_go();
        self.client.close();
        self.forwarder = None;
        self.server.shutdown(Duration::ZERO);
    }
}

/// The same call with a timeout.
pub(crate) fn within(mut call: CallRequest, timeout: Duration) -> CallRequest {
    call.timeout = Some(Timeout::After(timeout));
    call
}

/// Waits for a call whose connection ends: why, and whether the call may have been executed.
pub(crate) fn lost(call: Box<dyn Call>) -> (ConnectionError, Execution) {
    match call.wait() {
        Err(CallError::ConnectionLost { error, execution }) => (error, execution),
        other => panic!("{other:?}"),
    }
}
