//! `krpc serve` in a process of its own, so that what it holds and counts is its own.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child as Process, ChildStdout, Command};
use tokio::time::timeout;

use crate::certificate::Certificate;
use crate::counters::Counters;
use crate::failure::Failure;
use crate::runtime::Runtime;

/// No single step takes longer, whatever the machine: answering the calls in hand has 10 s itself.
const LIMIT: Duration = Duration::from_secs(30);

/// How often a file is looked at that is about to change.
const LOOK: Duration = Duration::from_millis(2);

/// Threads for its connections, and for those of a soak. Each keeps buffers for reading, which are no
/// leak; so there are few, whatever the machine.
pub(crate) const THREADS: usize = 4;

/// A running server. It is killed if it is dropped, and stops if this process is gone.
#[derive(Debug)]
pub(crate) struct Child {
    process: Process,
    /// Open, so that it has somebody to talk to.
    _said: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
    seen: Counters,
    folder: Folder,
}

impl Child {
    /// Starts the program that runs here as a server on this runtime, with these arguments besides;
    /// returns when it listens.
    pub(crate) async fn start(
        runtime: Runtime,
        args: &[&str],
        certificate: Option<&Certificate>,
    ) -> Result<Child, Failure> {
        let folder = Folder::new()?;
        let program = std::env::current_exe().map_err(failed("find this program"))?;
        let mut command = Command::new(program);
        command
            .args(["serve", "127.0.0.1:0", "--runtime", runtime.name(), "--stats-file"])
            .arg(folder.path("stats.json"))
            .args(args)
            .env("TOKIO_WORKER_THREADS", THREADS.to_string())
            .arg("--until-eof")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if let Some(Certificate { pem, key }) = certificate {
            command.args(["--tls", "required", "--loopback-encryption"]);
            command.arg("--cert").arg(folder.write("cert.pem", pem)?);
            command.arg("--key").arg(folder.write("key.pem", key)?);
        }
        let mut process = command.spawn().map_err(failed("start a server"))?;
        let said = process.stdout.take().expect("its output is piped");
        let mut said = BufReader::new(said).lines();
        let first = timeout(LIMIT, said.next_line()).await.ok().and_then(Result::ok).flatten();
        let address = first.as_deref().and_then(|line| line.strip_prefix("listening on "));
        let address = address.and_then(|address| address.parse().ok()).ok_or_else(|| {
            Failure::call("cannot start a server", "it does not say where it listens", None)
        })?;
        let mut child = Child { process, _said: said, address, seen: Counters::default(), folder };
        child.seen = child.read()?;
        Ok(child)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has done up to now, by its own count.
    pub(crate) async fn look(&mut self) -> Result<&Counters, Failure> {
        self.signal(Signal::USR1)?;
        let written = self.seen.written;
        let wait = async {
            loop {
                self.seen = self.read()?;
                if self.seen.written > written {
                    return Ok(());
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let waited = timeout(LIMIT, wait).await;
        waited
            .map_err(|_| Failure::call("the server", "it does not tell its counters", None))??;
        Ok(&self.seen)
    }

    /// Ends it in order, and returns what it had done at the end.
    pub(crate) async fn stop(mut self) -> Result<Counters, Failure> {
        self.signal(Signal::TERM)?;
        let waited = timeout(LIMIT, self.process.wait()).await;
        let wrong = |said: String| Failure::call("the server did not end in order", said, None);
        let status = waited.map_err(|_| wrong(format!("it still runs after {LIMIT:?}")))?;
        let status = status.map_err(failed("wait for the server"))?;
        if !status.success() {
            return Err(wrong(status.to_string()));
        }
        self.read()
    }

    fn read(&self) -> Result<Counters, Failure> {
        let path = self.folder.path("stats.json");
        let text = fs::read_to_string(&path).map_err(|e| Failure::file("read", &path, &e))?;
        let wrong = |e| Failure::call("cannot read the server's counters", e, None);
        serde_json::from_str(&text).map_err(wrong)
    }

    fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let pid = self.process.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        // It is not forgotten before it is waited for, so the id is still its own.
        let pid = pid.ok_or_else(|| Failure::call("the server", "it has ended", None))?;
        kill_process(pid, signal).map_err(|e| failed("signal the server")(e.into()))
    }
}

fn failed(what: &'static str) -> impl Fn(std::io::Error) -> Failure {
    move |error| Failure::call(format_args!("cannot {what}"), error, None)
}

/// A folder that goes away with its owner and that nobody else may look into.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Folder, Failure> {
        // Its keys are the process's own randomness.
        let random = RandomState::new().hash_one("a folder");
        let path = std::env::temp_dir().join(format!("krpc-{random:016x}"));
        // What is there already may be a trap.
        let made = fs::DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|e| Failure::file("create the folder", &path, &e))?;
        Ok(Folder(path))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.path(name);
        fs::write(&path, text).map_err(|e| Failure::file("write", &path, &e))?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Whatever is left there is of no use, and nobody can be told.
        let _ = fs::remove_dir_all(&self.0);
    }
}
