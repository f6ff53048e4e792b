//! Child processes that never outlive their purpose.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often something that has no notification is looked at.
const POLL: Duration = Duration::from_millis(10);

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
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|e| format!("cannot run {command:?}: {e}"))?;
    let mut child = Killed(child);
    let stdout = collect(child.0.stdout.take());
    let stderr = collect(child.0.stderr.take());
    let waited = wait_until(within, || child.ended());
    if !matches!(waited, Ok(Some(_))) {
        drop(child);
        let (stdout, stderr) = (joined(stdout), joined(stderr));
        let why = match waited {
            Err(e) => e,
            _ => format!("did not end within {within:?}"),
        };
        return Err(format!("{command:?} {why}\nstdout: {stdout}\nstderr: {stderr}"));
    }
    let status = waited?.ok_or("ended without a status")?;
    Ok(Output { status, stdout: joined(stdout), stderr: joined(stderr) })
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

    /// Its exit status, if it has ended.
    ///
    /// # Errors
    ///
    /// When it cannot be waited for.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, String> {
        self.0.try_wait().map_err(|e| format!("cannot be waited for: {e}"))
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks again and again until there is an answer; `None` when the time is over.
pub(crate) fn wait_until<T, E>(
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
