//! Real servers on loopback, for as long as a value lives: a master and its tablet servers, or a master
//! alone.

use std::fmt;
use std::net::SocketAddr;

use tempfile::TempDir;

use crate::kudu::{CliOutput, Kudu, Version};
use crate::process::wait_until;
use crate::server::{START_DEADLINE, Server};

/// Makes OpenSSL take keys that it would refuse.
const SHORT_KEYS: &str = "--openssl_security_level_override=0";

/// How the servers treat connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// No TLS, no authentication.
    Plain,
    /// Kudu's defaults: on loopback a TLS handshake, then plaintext.
    AuthOnly,
    /// TLS 1.2 required, also on loopback.
    Tls12,
    /// TLS 1.3 required, also on loopback.
    Tls13,
    /// TLS required, also on loopback, with the RSA keys of 768 bits that Kudu's own test clusters have
    ShortKeys,
}

impl Mode {
    pub(crate) fn flags(self, version: Version) -> &'static [&'static str] {
        const REQUIRED: &str = "--rpc_encryption=required";
        const ON_LOOPBACK: &str = "--rpc_encrypt_loopback_connections=true";
        match self {
            Mode::Plain => &["--rpc_encryption=disabled", "--rpc_authentication=disabled"],
            Mode::AuthOnly => &[],
            // It has nothing newer than TLS 1.2, and no flag to exclude what is newer.
            Mode::Tls12 if version <= Version::V1_14_0 => &[REQUIRED, ON_LOOPBACK],
            Mode::Tls12 => &[REQUIRED, ON_LOOPBACK, "--rpc_tls_excluded_protocols=TLSv1.3"],
            Mode::Tls13 => &[REQUIRED, ON_LOOPBACK, "--rpc_tls_min_protocol=TLSv1.3"],
            Mode::ShortKeys => &[REQUIRED, ON_LOOPBACK, "--ipki_server_key_size=768", SHORT_KEYS],
        }
    }
}

impl Mode {
    /// What Kudu's own tool needs to speak to such a cluster.
    fn cli_flags(self) -> &'static [&'static str] {
        match self {
            Mode::ShortKeys => &["--unlock_unsafe_flags", SHORT_KEYS],
            _ => &[],
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Plain => "plain",
            Mode::AuthOnly => "auth_only",
            Mode::Tls12 => "tls12",
            Mode::Tls13 => "tls13",
            Mode::ShortKeys => "short_keys",
        })
    }
}

/// Puts something before a server, a proxy for instance: where it has to listen, and where the server
/// does.
pub type Front<'a> = dyn FnMut(SocketAddr, SocketAddr) -> Result<(), String> + 'a;

/// A running cluster. Dropping it kills the servers and removes their files.
#[derive(Debug)]
pub struct Cluster {
    kudu: Kudu,
    mode: Mode,
    // In this order: processes end before their files go.
    tservers: Vec<Server>,
    master: Server,
    _dir: TempDir,
}

impl Cluster {
    /// Starts a master and a tablet server and waits until the one knows the other.
    ///
    /// # Errors
    ///
    /// When they do not come up within a minute: which one, and the end of its log.
    pub fn start(kudu: &Kudu, mode: Mode) -> Result<Cluster, String> {
        Cluster::start_all(kudu, mode, 1, None)
    }

    /// The same with several tablet servers, and with something before each server, master first, to
    /// which everybody else has to go.
    ///
    /// # Errors
    ///
    /// As [`Cluster::start`], and when `front` fails.
    pub fn start_behind(
        kudu: &Kudu,
        mode: Mode,
        tservers: usize,
        front: &mut Front<'_>,
    ) -> Result<Cluster, String> {
        Cluster::start_all(kudu, mode, tservers, Some(front))
    }

    fn start_all(
        kudu: &Kudu,
        mode: Mode,
        tservers: usize,
        mut front: Option<&mut Front<'_>>,
    ) -> Result<Cluster, String> {
        let dir = folder()?;
        let path = dir.path().join("master");
        let master = Server::start(kudu, "kudu-master", path, mode, &[], front.as_deref_mut())?;
        let flags = [format!("--tserver_master_addrs={}", master.addr())];
        let tservers = (0..tservers).map(|i| {
            let path = dir.path().join(format!("tserver{i}"));
            Server::start(kudu, "kudu-tserver", path, mode, &flags, front.as_deref_mut())
        });
        let tservers = tservers.collect::<Result<_, _>>()?;
        let cluster = Cluster { kudu: kudu.clone(), mode, tservers, master, _dir: dir };
        cluster.wait_until_registered()?;
        Ok(cluster)
    }

    /// Looks whether all servers are still there.
    ///
    /// # Errors
    ///
    /// When one has ended: how, and the end of its log.
    pub fn check(&self) -> Result<(), String> {
        self.servers().try_for_each(Server::still_runs)
    }

    /// Where clients reach the master.
    pub fn master(&self) -> SocketAddr {
        self.master.addr()
    }

    /// Where clients reach the first tablet server.
    pub fn tserver(&self) -> SocketAddr {
        self.tservers[0].addr()
    }

    /// Runs the `kudu` tool of the cluster's version.
    ///
    /// # Errors
    ///
    /// As [`Kudu::cli`].
    pub fn cli(&self, args: &[&str]) -> Result<CliOutput, String> {
        let args = [args, self.mode.cli_flags()].concat();
        self.kudu.cli(&args)
    }

    /// Creates a table with a thousand rows and says its name.
    ///
    /// # Errors
    ///
    /// When the tool that does it fails.
    pub fn create_table(&self) -> Result<String, String> {
        self.create_table_of(1000, 2, 1)
    }

    /// Creates a table with so many rows in so many tablets, each with so many replicas, and says its name.
    ///
    /// # Errors
    ///
    /// When the tool that does it fails.
    pub fn create_table_of(
        &self,
        rows: u32,
        tablets: u32,
        replicas: u32,
    ) -> Result<String, String> {
        let printed = self
            .cli(&[
                "perf",
                "loadgen",
                &self.master().to_string(),
                "--num_threads=1",
                &format!("--num_rows_per_thread={rows}"),
                "--keep_auto_table",
                &format!("--table_num_replicas={replicas}"),
                &format!("--table_num_hash_partitions={tablets}"),
            ])?
            .ok()?;
        // "Using auto-created table 'default.loadgen_auto_...'", since 1.9.0 the same but for the
        // quotation marks.
        let mut words = printed.split(|c: char| c.is_whitespace() || c == '\'' || c == '"');
        let name = words.find(|word| word.contains("loadgen_auto_"));
        name.map(str::to_owned).ok_or_else(|| format!("loadgen named no table: {printed}"))
    }

    fn servers(&self) -> impl Iterator<Item = &Server> {
        [&self.master].into_iter().chain(&self.tservers)
    }

    /// Kills the first tablet server, and starts it again with what it has stored, at the same address.
    ///
    /// # Errors
    ///
    /// When it does not come up within a minute: the end of its log.
    pub fn restart_tserver(&self) -> Result<(), String> {
        self.tservers[0].restart()
    }

    /// Asks the master, with Kudu's own tool, until it lists the tablet servers.
    fn wait_until_registered(&self) -> Result<(), String> {
        let master = self.master().to_string();
        let args = ["tserver", "list", &master, "--columns=rpc-addresses", "--format=csv"];
        let mut last = String::new();
        let listed = wait_until(START_DEADLINE, || {
            self.check()?;
            let output = self.kudu.cli(args)?;
            last = output.to_string();
            let listed = output.stdout.lines().filter(|line| line.contains(':')).count();
            Ok::<_, String>((listed == self.tservers.len()).then_some(()))
        })?;
        listed.ok_or_else(|| {
            let logs: Vec<_> = self.servers().map(Server::log_tail).collect();
            let logs = logs.join("\n");
            format!("not all tablet servers were listed; last answer: {last}\n{logs}")
        })
    }
}

/// A real master of a test's own, which has no tablet servers. Dropping it kills it and removes its
/// files.
#[derive(Debug)]
pub struct Master {
    server: Server,
    _dir: TempDir,
}

impl Master {
    /// Starts a master and waits until it listens.
    ///
    /// # Errors
    ///
    /// When it does not come up within a minute: the end of its log.
    pub fn start(kudu: &Kudu, mode: Mode) -> Result<Master, String> {
        let dir = folder()?;
        let path = dir.path().join("master");
        let server = Server::start(kudu, "kudu-master", path, mode, &[], None)?;
        Ok(Master { server, _dir: dir })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Stops it as it stands, by SIGSTOP: its kernel goes on taking connections and bytes.
    ///
    /// # Errors
    ///
    /// As [`Killed::pause`](crate::process::Killed::pause).
    pub fn pause(&self) -> Result<(), String> {
        self.server.process().pause()
    }

    /// Whether it stands still.
    ///
    /// # Errors
    ///
    /// As [`Killed::is_paused`](crate::process::Killed::is_paused).
    pub fn is_paused(&self) -> Result<bool, String> {
        self.server.process().is_paused()
    }

    /// Lets it go on, by SIGCONT.
    ///
    /// # Errors
    ///
    /// As [`Killed::resume`](crate::process::Killed::resume).
    pub fn resume(&self) -> Result<(), String> {
        self.server.process().resume()
    }

    /// Looks whether it is still there.
    ///
    /// # Errors
    ///
    /// When it has ended: how, and the end of its log.
    pub fn check(&self) -> Result<(), String> {
        self.server.still_runs()
    }
}

fn folder() -> Result<TempDir, String> {
    let made = tempfile::Builder::new().prefix("krpc-kudu-").tempdir();
    made.map_err(|e| format!("no temporary folder for a cluster: {e}"))
}
