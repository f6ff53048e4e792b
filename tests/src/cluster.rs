//! Real servers on loopback, for as long as a value lives: a master and a tablet server, or a master
//! alone.

use std::fmt;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::kudu::{CliOutput, Kudu, Version};
use crate::process::{Killed, wait_until};

/// Starting takes a second or two; a machine busy with compiling takes longer.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// How much of a server's log an error shows.
const LOG_TAIL_LINES: usize = 15;

/// Flags that 1.9.0 does not know.
///
/// A server asks at its start which cloud it runs in, by addresses outside this machine. Tests talk
/// to this machine only: nobody answers at these.
const SINCE_1_14: &[&str] = &[
    "--rpc_listen_on_unix_domain_socket=true",
    "--cloud_aws_instance_id_url=http://127.0.0.1:1/",
    "--cloud_azure_instance_id_url=http://127.0.0.1:1/",
    "--cloud_gce_instance_id_url=http://127.0.0.1:1/",
    "--cloud_openstack_metadata_url=http://127.0.0.1:1/",
];

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
    fn flags(self, version: Version) -> &'static [&'static str] {
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

/// A running cluster. Dropping it kills the servers and removes their files.
#[derive(Debug)]
pub struct Cluster {
    kudu: Kudu,
    mode: Mode,
    // In this order: processes end before their files go.
    tserver: Server,
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
        let dir = folder()?;
        let mut master = Server::spawn(kudu, "kudu-master", dir.path(), mode, None)?;
        let addr = master.wait_for_address()?;
        let mut tserver = Server::spawn(kudu, "kudu-tserver", dir.path(), mode, Some(addr))?;
        tserver.wait_for_address()?;
        let cluster = Cluster { kudu: kudu.clone(), mode, tserver, master, _dir: dir };
        cluster.wait_until_registered()?;
        Ok(cluster)
    }

    /// Looks whether both servers are still there.
    ///
    /// # Errors
    ///
    /// When one has ended: how, and the end of its log.
    pub fn check(&self) -> Result<(), String> {
        self.master.still_runs()?;
        self.tserver.still_runs()
    }

    /// Where the master listens.
    pub fn master(&self) -> SocketAddr {
        self.master.addr
    }

    /// Where the tablet server listens.
    pub fn tserver(&self) -> SocketAddr {
        self.tserver.addr
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
        self.create_table_of(1000, 2)
    }

    /// Creates a table with so many rows in so many tablets and says its name.
    ///
    /// # Errors
    ///
    /// When the tool that does it fails.
    pub fn create_table_of(&self, rows: u32, tablets: u32) -> Result<String, String> {
        let printed = self
            .cli(&[
                "perf",
                "loadgen",
                &self.master().to_string(),
                "--num_threads=1",
                &format!("--num_rows_per_thread={rows}"),
                "--keep_auto_table",
                "--table_num_replicas=1",
                &format!("--table_num_hash_partitions={tablets}"),
            ])?
            .ok()?;
        // "Using auto-created table 'default.loadgen_auto_...'", since 1.9.0 the same but for the
        // quotation marks.
        let mut words = printed.split(|c: char| c.is_whitespace() || c == '\'' || c == '"');
        let name = words.find(|word| word.contains("loadgen_auto_"));
        name.map(str::to_owned).ok_or_else(|| format!("loadgen named no table: {printed}"))
    }

    /// Kills the tablet server, and starts it again with what it has stored, at the same address.
    ///
    /// # Errors
    ///
    /// When it does not come up within a minute: the end of its log.
    pub fn restart_tserver(&self) -> Result<(), String> {
        self.tserver.restart(&self.kudu, self.mode, Some(self.master()))
    }

    /// Asks the master, with Kudu's own tool, until it lists the tablet server.
    fn wait_until_registered(&self) -> Result<(), String> {
        let master = self.master().to_string();
        let args = ["tserver", "list", &master, "--columns=rpc-addresses", "--format=csv"];
        let mut last = String::new();
        let listed = wait_until(START_DEADLINE, || {
            self.check()?;
            let output = self.kudu.cli(args)?;
            last = output.to_string();
            Ok::<_, String>(output.stdout.contains(':').then_some(()))
        })?;
        listed.ok_or_else(|| {
            let (master, tserver) = (self.master.log_tail(), self.tserver.log_tail());
            format!("the tablet server was never listed; last answer: {last}\n{master}\n{tserver}")
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
        let mut server = Server::spawn(kudu, "kudu-master", dir.path(), mode, None)?;
        server.wait_for_address()?;
        Ok(Master { server, _dir: dir })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.addr
    }

    /// Stops it as it stands, by SIGSTOP: its kernel goes on taking connections and bytes.
    ///
    /// # Errors
    ///
    /// As [`Killed::pause`].
    pub fn pause(&self) -> Result<(), String> {
        lock(&self.server.process).pause()
    }

    /// Whether it stands still.
    ///
    /// # Errors
    ///
    /// As [`Killed::is_paused`].
    pub fn is_paused(&self) -> Result<bool, String> {
        lock(&self.server.process).is_paused()
    }

    /// Lets it go on, by SIGCONT.
    ///
    /// # Errors
    ///
    /// As [`Killed::resume`].
    pub fn resume(&self) -> Result<(), String> {
        lock(&self.server.process).resume()
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

/// One server process.
#[derive(Debug)]
struct Server {
    program: &'static str,
    process: Mutex<Killed>,
    dir: PathBuf,
    addr: SocketAddr,
}

impl Server {
    fn spawn(
        kudu: &Kudu,
        program: &'static str,
        root: &Path,
        mode: Mode,
        master: Option<SocketAddr>,
    ) -> Result<Server, String> {
        let dir = root.join(program);
        fs::create_dir(&dir).map_err(|e| format!("cannot prepare {}: {e}", dir.display()))?;
        let addr = SocketAddr::from(([127, 0, 0, 1], 0));
        let process = Self::start(kudu, program, &dir, mode, addr, master)?;
        Ok(Server { program, process: Mutex::new(process), dir, addr })
    }

    /// Kills it, and starts it again in its folder and at its address.
    fn restart(&self, kudu: &Kudu, mode: Mode, master: Option<SocketAddr>) -> Result<(), String> {
        let info = self.dir.join("info.json");
        {
            let mut process = lock(&self.process);
            process.kill();
            fs::remove_file(&info).map_err(|e| format!("cannot remove {}: {e}", info.display()))?;
            *process = Self::start(kudu, self.program, &self.dir, mode, self.addr, master)?;
        }
        self.address().map(|_| ())
    }

    /// Starts the process in its folder, to listen at `addr`.
    fn start(
        kudu: &Kudu,
        program: &'static str,
        dir: &Path,
        mode: Mode,
        addr: SocketAddr,
        master: Option<SocketAddr>,
    ) -> Result<Killed, String> {
        let io = |e| format!("cannot prepare {}: {e}", dir.display());
        let output = File::create(dir.join("output")).map_err(io)?;
        let mut command = kudu.command(program);
        for (flag, name) in [
            ("fs_wal_dir", "fs"),
            ("fs_data_dirs", "fs"),
            ("log_dir", ""),
            ("server_dump_info_path", "info.json"),
        ] {
            command.arg(format!("--{flag}={}", dir.join(name).display()));
        }
        command
            .arg(format!("--rpc_bind_addresses={addr}"))
            .args([
                "--server_dump_info_format=json",
                "--rpc_server_allow_ephemeral_ports",
                "--webserver_interface=127.0.0.1",
                "--webserver_port=0",
                "--unlock_unsafe_flags",
                "--unlock_experimental_flags",
                "--never_fsync",
                // The clock of a machine that runs tests is often not synchronized.
                match kudu.version() {
                    Version::V1_9_0 => "--use_hybrid_clock=false",
                    _ => "--time_source=system_unsync",
                },
            ])
            .args(if kudu.version() > Version::V1_9_0 { SINCE_1_14 } else { &[] })
            .args(mode.flags(kudu.version()))
            .args(master.map(|master| format!("--tserver_master_addrs={master}")))
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(io)?)
            .stderr(output);
        let process = command.spawn().map_err(|e| format!("cannot run {command:?}: {e}"))?;
        Ok(Killed::new(process))
    }

    /// Waits until the server listens, and keeps its address.
    fn wait_for_address(&mut self) -> Result<SocketAddr, String> {
        self.addr = self.address()?;
        Ok(self.addr)
    }

    /// Waits until the server listens: it then writes the addresses it was given.
    fn address(&self) -> Result<SocketAddr, String> {
        let path = self.dir.join("info.json");
        let found = wait_until(START_DEADLINE, || {
            self.still_runs()?;
            // A file that is written right now does not parse yet.
            let info = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
            Ok::<_, String>(info.as_ref().and_then(bound_address))
        })?;
        found.ok_or_else(|| format!("{} never listened\n{}", self.program, self.log_tail()))
    }

    fn still_runs(&self) -> Result<(), String> {
        match lock(&self.process).ended()? {
            None => Ok(()),
            Some(status) => {
                Err(format!("{} ended by itself: {status}\n{}", self.program, self.log_tail()))
            }
        }
    }

    /// The end of what the server said.
    fn log_tail(&self) -> String {
        let mut tail = String::new();
        for name in ["output", &format!("{}.WARNING", self.program)] {
            let Ok(bytes) = fs::read(self.dir.join(name)) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<_> = text.lines().collect();
            let last = &lines[lines.len().saturating_sub(LOG_TAIL_LINES)..];
            tail += &format!("--- end of {}'s {name}:\n{}\n", self.program, last.join("\n"));
        }
        tail
    }
}

/// A panic elsewhere leaves a process as it is.
fn lock(process: &Mutex<Killed>) -> MutexGuard<'_, Killed> {
    process.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The first address that a server's dumped information has.
fn bound_address(info: &Value) -> Option<SocketAddr> {
    let bound = info.get("bound_rpc_addresses")?.get(0)?;
    let port = u16::try_from(bound.get("port")?.as_u64()?).ok()?;
    let host = bound.get("host")?.as_str()?;
    Some(SocketAddr::new(host.parse().ok()?, port))
}
