//! One server process of a cluster.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::cluster::{Front, Mode};
use crate::kudu::{Kudu, Version};
use crate::process::{Killed, wait_until};

/// Starting takes a second or two; a machine busy with compiling takes longer.
pub(crate) const START_DEADLINE: Duration = Duration::from_secs(60);

/// How much of a server's log an error shows.
const LOG_TAIL_LINES: usize = 15;

/// The file in which a server tells where it listens.
const INFO: &str = "info.json";

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

/// One server process.
#[derive(Debug)]
pub(crate) struct Server {
    kudu: Kudu,
    program: &'static str,
    mode: Mode,
    flags: Vec<String>,
    dir: PathBuf,
    process: Mutex<Killed>,
    /// Where it listens.
    bound: SocketAddr,
    /// Where clients reach it.
    addr: SocketAddr,
}

impl Server {
    /// Starts a server with files in `dir` and waits until it listens. `flags` are those that make it
    /// what it is. With a front, that is where the server says it is reached.
    pub(crate) fn start(
        kudu: &Kudu,
        program: &'static str,
        dir: PathBuf,
        mode: Mode,
        flags: &[String],
        front: Option<&mut Front<'_>>,
    ) -> Result<Server, String> {
        fs::create_dir(&dir).map_err(|e| format!("cannot prepare {}: {e}", dir.display()))?;
        let port = front.is_some().then(HeldPort::new).transpose();
        let port = port.map_err(|e| format!("no port for a front: {e}"))?;
        let advertised = port.as_ref().map(|p| format!("--rpc_advertised_addresses={}", p.addr));
        let flags: Vec<_> = flags.iter().cloned().chain(advertised).collect();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let process = Mutex::new(spawn(kudu, program, &dir, mode, &flags, any)?);
        let kudu = kudu.clone();
        let mut server = Server { kudu, program, mode, flags, dir, process, bound: any, addr: any };
        server.bound = server.listening()?;
        server.addr = port.as_ref().map_or(server.bound, |port| port.addr);
        if let Some(front) = front {
            front(server.addr, server.bound)?;
        }
        Ok(server)
    }

    /// Kills it, and starts it again with what it has stored, at the same address.
    pub(crate) fn restart(&self) -> Result<(), String> {
        {
            let mut process = self.process();
            process.kill();
            let info = self.dir.join(INFO);
            fs::remove_file(&info).map_err(|e| format!("cannot remove {}: {e}", info.display()))?;
            let Server { kudu, program, dir, mode, flags, bound, .. } = self;
            *process = spawn(kudu, program, dir, *mode, flags, *bound)?;
        }
        self.listening().map(|_| ())
    }

    /// Where clients reach it.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A panic elsewhere leaves a process as it is.
    pub(crate) fn process(&self) -> MutexGuard<'_, Killed> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the server listens: it then writes the addresses it was given.
    fn listening(&self) -> Result<SocketAddr, String> {
        let path = self.dir.join(INFO);
        let found = wait_until(START_DEADLINE, || {
            self.still_runs()?;
            // A file that is written right now does not parse yet.
            let info = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
            Ok::<_, String>(info.as_ref().and_then(bound_address))
        })?;
        found.ok_or_else(|| format!("{} never listened\n{}", self.program, self.log_tail()))
    }

    /// Fails when it has ended: how, and the end of its log.
    pub(crate) fn still_runs(&self) -> Result<(), String> {
        match self.process().ended()? {
            None => Ok(()),
            Some(status) => {
                Err(format!("{} ended by itself: {status}\n{}", self.program, self.log_tail()))
            }
        }
    }

    /// The end of what the server said.
    pub(crate) fn log_tail(&self) -> String {
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

/// Starts the process in its folder, to listen at `addr`.
fn spawn(
    kudu: &Kudu,
    program: &'static str,
    dir: &Path,
    mode: Mode,
    flags: &[String],
    addr: SocketAddr,
) -> Result<Killed, String> {
    let io = |e| format!("cannot prepare {}: {e}", dir.display());
    let output = File::create(dir.join("output")).map_err(io)?;
    let mut command = kudu.command(program);
    for (flag, name) in [
        ("fs_wal_dir", "fs"),
        ("fs_data_dirs", "fs"),
        ("log_dir", ""),
        ("server_dump_info_path", INFO),
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
            // Tests beside each other may call the same server.
            "--rpc_service_queue_length=1000",
            // The clock of a machine that runs tests is often not synchronized.
            match kudu.version() {
                Version::V1_9_0 => "--use_hybrid_clock=false",
                _ => "--time_source=system_unsync",
            },
        ])
        .args(if kudu.version() > Version::V1_9_0 { SINCE_1_14 } else { &[] })
        .args(mode.flags(kudu.version()))
        .args(flags)
        .stdin(Stdio::null())
        .stdout(output.try_clone().map_err(io)?)
        .stderr(output);
    let process = command.spawn().map_err(|e| format!("cannot run {command:?}: {e}"))?;
    Ok(Killed::new(process))
}

/// A port on loopback that nobody else is given while this lives. Who is told of it can listen there:
/// like all of this project's listeners, with SO_REUSEADDR.
struct HeldPort {
    addr: SocketAddr,
    _socket: Socket,
}

impl HeldPort {
    fn new() -> std::io::Result<HeldPort> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        let addr = socket.local_addr()?.as_socket();
        let addr = addr.ok_or_else(|| std::io::Error::other("not an address of the internet"))?;
        Ok(HeldPort { addr, _socket: socket })
    }
}

/// The first address that a server's dumped information has.
fn bound_address(info: &Value) -> Option<SocketAddr> {
    let bound = info.get("bound_rpc_addresses")?.get(0)?;
    let port = u16::try_from(bound.get("port")?.as_u64()?).ok()?;
    let host = bound.get("host")?.as_str()?;
    Some(SocketAddr::new(host.parse().ok()?, port))
}
