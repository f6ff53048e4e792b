//! Real servers on loopback, for as long as a value lives: masters and their tablet servers.

use std::fmt;
use std::net::SocketAddr;

use tempfile::TempDir;

use crate::kudu::{CliOutput, Kudu, Version};
use crate::process::wait_until;
use crate::server::{Place, START_DEADLINE};

pub use crate::server::Server;

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

/// How many servers a cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Masters, which know each other from the start. Of several, one leads.
    pub masters: usize,
    /// Tablet servers.
    pub tservers: usize,
}

/// A running cluster. Dropping it kills the servers and removes their files.
#[derive(Debug)]
pub struct Cluster {
    kudu: Kudu,
    mode: Mode,
    // In this order: processes end before their files go.
    tservers: Vec<Server>,
    masters: Vec<Server>,
    _dir: TempDir,
}

impl Cluster {
    /// Starts a master and a tablet server and waits until the one knows the other.
    ///
    /// # Errors
    ///
    /// When they do not come up within a minute: which one, and the end of its log.
    pub fn start(kudu: &Kudu, mode: Mode) -> Result<Cluster, String> {
        Cluster::start_of(kudu, mode, Size { masters: 1, tservers: 1 }, None)
    }

    /// The same with as many servers as are wanted, and maybe with something before each server, masters
    /// first, to which everybody else has to go.
    ///
    /// # Errors
    ///
    /// As [`Cluster::start`], and when `front` fails.
    pub fn start_of(
        kudu: &Kudu,
        mode: Mode,
        size: Size,
        mut front: Option<&mut Front<'_>>,
    ) -> Result<Cluster, String> {
        let dir = folder()?;
        let mut places = |n| {
            let places = (0..n).map(|_| Place::new(front.as_deref_mut()));
            places.collect::<Result<Vec<_>, _>>()
        };
        let (masters, tservers) = (places(size.masters)?, places(size.tservers)?);
        let addresses: Vec<_> = masters.iter().map(|place| place.addr().to_string()).collect();
        let addresses = addresses.join(",");
        let start = |program, name, flags: &[String], places: Vec<Place>| {
            let servers = places.into_iter().enumerate().map(|(n, place)| {
                let path = dir.path().join(format!("{name}{n}"));
                Server::start(kudu, program, path, mode, flags, place)
            });
            servers.collect::<Result<Vec<_>, _>>()
        };
        // Older ones take a list of one for a mistake.
        let several = (size.masters > 1).then(|| format!("--master_addresses={addresses}"));
        let masters = start("kudu-master", "master", several.as_slice(), masters)?;
        let flags = [format!("--tserver_master_addrs={addresses}")];
        let tservers = start("kudu-tserver", "tserver", &flags, tservers)?;
        let cluster = Cluster { kudu: kudu.clone(), mode, tservers, masters, _dir: dir };
        cluster.wait_until_registered()?;
        Ok(cluster)
    }

    /// Looks whether all servers are still there.
    ///
    /// # Errors
    ///
    /// When one has ended: how, and the end of its log.
    pub fn check(&self) -> Result<(), String> {
        self.servers().try_for_each(Server::check)
    }

    /// The masters' addresses as programs take them.
    pub fn addresses(&self) -> String {
        let addresses: Vec<_> = self.masters.iter().map(|it| it.addr().to_string()).collect();
        addresses.join(",")
    }

    /// Where clients reach the first master.
    pub fn master(&self) -> SocketAddr {
        self.masters[0].addr()
    }

    /// Where clients reach the first tablet server.
    pub fn tserver(&self) -> SocketAddr {
        self.tservers[0].addr()
    }

    /// The masters.
    pub fn masters(&self) -> &[Server] {
        &self.masters
    }

    /// The master that leads.
    ///
    /// # Errors
    ///
    /// When none does within a minute, or the tool that knows fails.
    pub fn leading_master(&self) -> Result<&Server, String> {
        let addresses = self.addresses();
        let args = ["master", "list", &addresses, "--columns=role,rpc-addresses", "--format=csv"];
        self.leading(&self.masters, &args, |line| line.strip_prefix("LEADER,"))
    }

    /// A tablet server that leads a tablet of the table.
    ///
    /// # Errors
    ///
    /// As [`Cluster::leading_master`].
    pub fn leading_tserver(&self, table: &str) -> Result<&Server, String> {
        let tables = format!("--tables={table}");
        let args = ["table", "list", &self.addresses(), "--list_tablets", &tables];
        // "    L UUID ADDRESS" for the replica that leads.
        self.leading(&self.tservers, &args, |line| {
            line.trim().strip_prefix("L ")?.split(' ').nth(1)
        })
    }

    /// The server whose address is the first that is found in what the tool prints.
    fn leading<'a>(
        &self,
        servers: &'a [Server],
        args: &[&str],
        found: impl Fn(&str) -> Option<&str>,
    ) -> Result<&'a Server, String> {
        let mut printed = String::new();
        let leader = wait_until(START_DEADLINE, || {
            printed = self.cli(args)?.ok()?;
            let address = printed.lines().find_map(&found);
            let is_leader = |it: &&Server| address.is_some_and(|at| at == it.addr().to_string());
            Ok::<_, String>(servers.iter().find(is_leader))
        })?;
        leader.ok_or_else(|| format!("none leads: {printed}"))
    }

    /// Waits until all servers are up, and every tablet has all of its replicas.
    ///
    /// # Errors
    ///
    /// When that does not come to be within a minute: what is wrong, as Kudu's own tool tells it.
    pub fn wait_until_healthy(&self) -> Result<(), String> {
        let mut last = String::new();
        let healthy = wait_until(START_DEADLINE, || {
            let output = self.cli(&["cluster", "ksck", &self.addresses()])?;
            last = output.to_string();
            Ok::<_, String>(output.ok().is_ok().then_some(()))
        })?;
        healthy.ok_or_else(|| format!("it does not get well: {last}"))
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

    /// Creates a table with so many rows in so many tablets, of so many replicas each, and says its name.
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
                &self.addresses(),
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
        self.masters.iter().chain(&self.tservers)
    }

    /// Kills the first tablet server, and starts it again with what it has stored, at the same address.
    ///
    /// # Errors
    ///
    /// As [`Server::start_again`].
    pub fn restart_tserver(&self) -> Result<(), String> {
        self.tservers[0].kill();
        self.tservers[0].start_again()
    }

    /// Asks the masters, with Kudu's own tool, until they list the tablet servers.
    fn wait_until_registered(&self) -> Result<(), String> {
        let masters = self.addresses();
        let args = ["tserver", "list", &masters, "--columns=rpc-addresses", "--format=csv"];
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

fn folder() -> Result<TempDir, String> {
    let made = tempfile::Builder::new().prefix("krpc-kudu-").tempdir();
    made.map_err(|e| format!("no temporary folder for a cluster: {e}"))
}
