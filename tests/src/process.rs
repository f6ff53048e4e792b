//! Child processes that never outlive their purpose.

use std::fs;
use std::io::{self, Read, Seek, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often something that has no notification is looked at.
const POLL: Duration = Duration::from_millis(10);

/// A signal takes no time; a machine busy with compiling takes some.
const SIGNAL_DEADLINE: Duration = Duration::from_secs(60);

/// What a process printed and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// Its messages.
    pub stderr: String,
}

/// Runs a program to its end, with its output captured, and kills it if that takes too long.
///
/// # Errors
///
/// When it does not start, or does not end in time.
pub fn run(command: &mut Command, within: Duration) -> Result<Output, String> {
    run_reading(command, Stdio::null(), within)
}

/// The same with this on its standard input.
///
/// # Errors
///
/// As [`run`], and when there is no room for a temporary file.
pub fn run_with_input(
    command: &mut Command,
    input: &str,
    within: Duration,
) -> Result<Output, String> {
    let stored = || {
        let mut file = tempfile::tempfile()?;
        file.write_all(input.as_bytes())?;
        file.rewind()?;
        Ok::<_, io::Error>(file)
    };
    let file = stored().map_err(|e| format!("no temporary file: {e}"))?;
    run_reading(command, file.into(), within)
}

fn run_reading(command: &mut Command, input: Stdio, within: Duration) -> Result<Output, String> {
    command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|e| format!("cannot run {command:?}: {e}"))?;
    Killed(child).output(within).map_err(|e| format!("{command:?} {e}"))
}

/// Reads in the background, so that a full pipe stops nobody.
fn collect(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is all there is to show.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn joined(reader: JoinHandle<Vec<u8>>) -> String {
    let bytes = reader.join().expect("reading into a vector does not panic");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A process that is killed and reaped when this is dropped.
#[derive(Debug)]
pub struct Killed(Child);

impl Killed {
    /// Takes charge of a process.
    pub fn new(child: Child) -> Self {
        Killed(child)
    }

    /// Waits for its end, with its output captured where that is piped, and kills it if that takes too
    /// long.
    ///
    /// # Errors
    ///
    /// When it does not end in time, or cannot be waited for.
    pub fn output(mut self, within: Duration) -> Result<Output, String> {
        let stdout = collect(self.0.stdout.take());
        let stderr = collect(self.0.stderr.take());
        let waited = wait_until(within, || self.ended());
        // Its output ends with it.
        drop(self);
        let (stdout, stderr) = (joined(stdout), joined(stderr));
        let why = match waited {
            Ok(Some(status)) => return Ok(Output { status, stdout, stderr }),
            Ok(None) => format!("did not end within {within:?}"),
            Err(e) => e,
        };
        Err(format!("{why}\nstdout: {stdout}\nstderr: {stderr}"))
    }

    /// Its exit status, if it has ended.
    ///
    /// # Errors
    ///
    /// When it cannot be waited for.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, String> {
        self.0.try_wait().map_err(|e| format!("cannot be waited for: {e}"))
    }

    /// Stops the process as it stands, and waits until all of its threads do.
    ///
    /// # Errors
    ///
    /// When that does not happen.
    pub fn pause(&self) -> Result<(), String> {
        self.signal("STOP")?;
        let stopped =
            wait_until(SIGNAL_DEADLINE, || self.is_paused().map(|paused| paused.then_some(())))?;
        stopped.ok_or_else(|| format!("process {} does not stop", self.0.id()))
    }

    /// Lets it go on.
    ///
    /// # Errors
    ///
    /// When it cannot be told.
    pub fn resume(&self) -> Result<(), String> {
        self.signal("CONT")
    }

    /// Whether all of its threads stand still.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub fn is_paused(&self) -> Result<bool, String> {
        let threads = format!("/proc/{}/task", self.0.id());
        let failed = |e| format!("cannot read {threads}: {e}");
        for thread in fs::read_dir(&threads).map_err(failed)? {
            let stat = fs::read_to_string(thread.map_err(failed)?.path().join("stat"));
            // "NUMBER (NAME) STATE ...", and the name may be anything. One that cannot be read has
            // ended, and ended threads do not run.
            let stat = stat.unwrap_or_default();
            let state = stat.rsplit_once(") ").map_or("T", |(_, rest)| rest);
            if !state.starts_with('T') {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Kills it, and waits until it is gone.
    pub fn kill(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    fn signal(&self, name: &str) -> Result<(), String> {
        // The shell's own kill: a system need not have another.
        let mut command = Command::new("sh");
        command.args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &self.0.id().to_string()]);
        let output = run(&mut command, SIGNAL_DEADLINE)?;
        let told = output.status.success();
        told.then_some(()).ok_or_else(|| format!("cannot signal {name}: {}", output.stderr))
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Asks again and again until there is an answer; `None` when the time is over.
///
/// # Errors
///
/// What `ask` fails with.
pub fn wait_until<T, E>(
    within: Duration,
    mut ask: impl FnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    let end = Instant::now() + within;
    loop {
        if let Some(answer) = ask()? {
            return Ok(Some(answer));
        }
        if Instant::now() >= end {
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}
