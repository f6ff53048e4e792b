//! `krpc record`: passes connections on, and keeps what passes.

mod lines;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use krpc_tokio::core::PeerAddr;
use serde_json::{Value, json};
use tokio::signal::unix::SignalKind;

use self::lines::Lines;
use crate::args::{Ends, Record};
use crate::failure::Failure;
use crate::listening::tell;
use crate::output::note;
use crate::relay::{Closed, End, Rules, Tap, Watch};
use crate::side::Side;
use crate::signals::{Signals, catch};

pub(crate) async fn run(args: Record) -> Result<(), Failure> {
    let mut signals = Signals::catch()?;
    // Where a file may not grow further, writing to it is an error then, and does not end the process.
    let too_large = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    let _too_large = catch(too_large)?;
    fs::create_dir_all(&args.out).map_err(|e| Failure::file("make", &args.out, &e))?;
    let relay = super::proxy::listen(&args.ends, false).await?;
    let out = args.out.display().to_string();
    let listening = format!("listening on {}", relay.local_addr());
    tell(format_args!("{listening}, recording connections to {} in '{out}'", args.ends.upstream))?;
    let counts = Arc::new(Counts::default());
    let folder = Folder { args, run: unix_time(), next: 1, counts: counts.clone() };
    relay.run(folder, signals.wait()).await;
    let (all, bad) = (counts.all.load(Ordering::Relaxed), counts.bad.load(Ordering::Relaxed));
    let told = tell(format_args!("stopped: {all} connections in '{out}'"));
    match bad {
        0 => told,
        _ => {
            let said = format!("{bad} of {all} connections were not recorded to their end");
            Err(Failure::call(format_args!("recording in '{out}'"), said, None))
        }
    }
}

/// How many connections there were.
#[derive(Debug, Default)]
struct Counts {
    all: AtomicU64,
    /// Not recorded to their end.
    bad: AtomicU64,
}

/// Where recordings are made.
struct Folder {
    args: Record,
    /// When the command was started, in seconds.
    run: u64,
    /// The number of the next one.
    next: u64,
    counts: Arc<Counts>,
}

impl Watch for Folder {
    type Tap = Recording;

    fn opened(&mut self, client: &PeerAddr) -> (Recording, Rules) {
        let number = 1 + self.counts.all.fetch_add(1, Ordering::Relaxed);
        let mut recording = Recording {
            number,
            began: Instant::now(),
            path: PathBuf::new(),
            lines: None,
            bytes: [0; 2],
            counts: self.counts.clone(),
        };
        match self.create() {
            Ok((path, file)) => {
                recording.path = path;
                recording.lines = Some(Lines::new(file, self.args.gzip));
            }
            Err(error) => {
                self.counts.bad.fetch_add(1, Ordering::Relaxed);
                let folder = self.args.out.display();
                note(format_args!("krpc: cannot make a file in '{folder}': {error}; {UNRECORDED}"));
            }
        }
        recording.write(&metadata(&self.args.ends, number, client));
        if recording.lines.is_some() {
            let (client, path) = (client.to_string(), recording.path.display());
            // Who listens goes on without a reader.
            let _ = tell(format_args!("connection {number} from {client}: '{path}'"));
        }
        (recording, Rules::default())
    }
}

const UNRECORDED: &str = "the connection goes on unrecorded";

impl Folder {
    /// A file that was not there.
    fn create(&mut self) -> io::Result<(PathBuf, File)> {
        let suffix = if self.args.gzip { ".gz" } else { "" };
        loop {
            let path = self.args.out.join(format!("{}-{:04}.jsonl{suffix}", self.run, self.next));
            self.next += 1;
            match File::create_new(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return Ok((path, created?)),
            }
        }
    }
}

/// The first line of a recording.
fn metadata(ends: &Ends, number: u64, client: &PeerAddr) -> Value {
    json!({
        "tool": concat!("krpc ", env!("CARGO_PKG_VERSION")),
        "link": format!("{client} to {} through {}", ends.upstream, ends.listen),
        "upstream": ends.upstream.to_string(),
        "connection": number,
        "recorded_unix": unix_time(),
    })
}

fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// The file of a connection. It holds whole lines, whatever happens.
struct Recording {
    number: u64,
    began: Instant,
    path: PathBuf,
    /// None once it cannot be written.
    lines: Option<Lines>,
    /// Sent by the client and by the server.
    bytes: [u64; 2],
    counts: Arc<Counts>,
}

impl Recording {
    fn write(&mut self, value: &Value) {
        let Some(lines) = &mut self.lines else { return };
        let Err(error) = lines.add(format!("{value}\n").as_bytes()) else { return };
        let kept = !lines.is_empty();
        // One without its first line is no recording.
        let restored = if kept { lines.restore() } else { fs::remove_file(&self.path) };
        self.lines = None;
        self.counts.bad.fetch_add(1, Ordering::Relaxed);
        note(cannot_write(&self.path, &error, kept));
        if let Err(error) = restored {
            let path = self.path.display();
            match kept {
                true => note(format_args!("krpc: the last line of '{path}' is not whole: {error}")),
                false => note(format_args!("krpc: '{path}' cannot be removed: {error}")),
            }
        }
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

fn cannot_write(path: &Path, error: &io::Error, kept: bool) -> String {
    let path = path.display();
    let kept = if kept { "it is good up to here, and " } else { "" };
    format!("krpc: cannot write '{path}': {error}; {kept}{UNRECORDED}")
}

impl Tap for Recording {
    fn bytes(&mut self, from: Side, bytes: &[u8]) {
        self.bytes[from as usize] += bytes.len() as u64;
        if self.lines.is_some() {
            let hex = hex(bytes);
            self.write(&json!({"dir": from.way(), "t_us": self.micros(), "hex": hex}));
        }
    }

    fn ended(&mut self, side: Side, end: End) {
        let event = match end {
            End::Eof => "eof",
            End::Reset => "reset",
        };
        self.write(&json!({"dir": side.way(), "t_us": self.micros(), "event": event}));
    }

    fn closed(&mut self, how: &Closed) {
        if let Closed::Unreachable(_) = how {
            self.ended(Side::Server, End::Reset);
        }
        let (number, [up, down]) = (self.number, self.bytes);
        let bytes = format_args!("{up} bytes to the server, {down} from it");
        let _ = tell(format_args!("connection {number} {how}: {bytes}"));
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS[usize::from(n)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
