//! What came of a call that `krpc call --cancel-after` cancelled, told to people and to programs.

use std::fmt;
use std::time::{Duration, Instant};

use krpc_tokio::core::{CallError, ClientConfig, InboundReply, Method};
use krpc_tokio::{CallRequest, CancelOutcome};
use serde_json::{Value, json};

use crate::args::{Call, Cancel, OnCancel};
use crate::failure::Failure;
use crate::output::{self, line, note};
use crate::payloads::Payloads;
use crate::runtime::Cancelling;
use crate::session::Session;
use crate::units::{Short, millis};

/// Any call would do to see whether the connection lives; this one has no effect, and a server that
/// does not know it says so.
const NEXT: Method = Method::from_static("kudu.server.GenericService", "ServerClock");

/// Whoever waits longer is told what for.
const A_WHILE: Duration = Duration::from_millis(100);

/// Looks for options that contradict each other.
pub(super) fn check(args: &Call) -> Result<(), Failure> {
    let Cancel { cancel_after, on_cancel, grace, .. } = &args.cancel;
    let Some(after) = cancel_after else { return Ok(()) };
    if args.target.as_ref().is_none_or(|target| !target.contains('/')) {
        return Err(Failure::usage("--cancel-after needs a call: give SERVICE/METHOD"));
    }
    let limit = &args.connect.timeout;
    if after.time >= limit.time {
        let text = format!("--cancel-after {after} must be less than --timeout {limit}");
        return Err(Failure::usage(text));
    }
    match on_cancel {
        OnCancel::Drain => Ok(()),
        _ if grace.is_none() => Ok(()),
        OnCancel::Keep => Err(Failure::usage(
            "--grace is for --on-cancel drain: under keep, all of the call is sent",
        )),
        OnCancel::Close => Err(Failure::usage(
            "--grace is for --on-cancel drain: under close, the connection is closed at once",
        )),
    }
}

/// What the command line says about giving up.
pub(super) fn config(args: &Cancel, config: ClientConfig) -> ClientConfig {
    let config = config.footers(args.footers.into()).on_cancel(args.on_cancel.into());
    match args.grace {
        Some(grace) => config.grace(grace),
        None => config,
    }
}

/// How a call ended that was to be cancelled.
pub(super) enum Ended {
    /// By itself, before that.
    Itself(Result<InboundReply, CallError>),
    /// It was cancelled, and what came of it is told.
    Cancelled,
}

/// What came of a cancelled call.
struct Report {
    method: String,
    /// How long after the call was made.
    after: Duration,
    outcome: CancelOutcome,
    /// Bytes of the whole call, if it was ever laid out.
    size: Option<usize>,
    release: Release,
}

/// When the call's payload was let go.
#[derive(Clone, Copy)]
enum Release {
    /// So long after the cancel.
    After(Duration),
    /// Before the cancel already: the network had taken all of it.
    Before,
}

/// What became of the connection.
#[derive(Clone, Copy)]
enum Connection {
    /// The next call was answered on it, in this time.
    Lives(Duration),
    /// It stopped sending; the next call was answered on another, or not at all.
    Gone { next: Option<Duration> },
    /// The next call was not answered.
    Unknown,
}

/// Makes a call, cancels it after `after`, and tells what comes of it.
pub(super) async fn run(
    session: &Session,
    method: String,
    request: CallRequest,
    after: Duration,
    payloads: &Payloads,
    as_json: bool,
) -> Result<Ended, Failure> {
    let connections = session.channel.connections_made();
    let began = Instant::now();
    let mut call = session.start(request);
    if let Ok(reply) = tokio::time::timeout(after, &mut call).await {
        return Ok(Ended::Itself(reply));
    }
    let at = Instant::now();
    let until = tokio::time::Instant::from_std(session.deadline());
    let outcome = match tokio::time::timeout_at(until, patient(call.cancel(), at - began)).await {
        Ok(CancelOutcome::AlreadyDone) => return Ok(Ended::Itself(call.await)),
        Ok(outcome) => outcome,
        Err(_) => return Err(kept(&method, session)),
    };
    let release = payloads.released().unwrap_or(at);
    let release = match release.checked_duration_since(at) {
        Some(after) => Release::After(after),
        None => Release::Before,
    };
    let (size, after) = (session.trace.first_call(), at - began);
    let report = Report { method, after, outcome, size, release };
    if as_json {
        let connection = look(session, outcome, connections).await;
        line(output::json(&report.json(connection)))?;
    } else {
        // The rest may take as long as the server does.
        line(&report)?;
        line(look(session, outcome, connections).await)?;
    }
    Ok(Ended::Cancelled)
}

/// Waits for the payload's release, and says so if that takes a while.
async fn patient(mut cancelling: Cancelling, after: Duration) -> CancelOutcome {
    if let Ok(outcome) = tokio::time::timeout(A_WHILE, &mut cancelling).await {
        return outcome;
    }
    note(format_args!("cancelled after {}, its payload is still held", Short(after)));
    cancelling.await
}

/// Only what is kept until it is sent takes that long.
fn kept(method: &str, session: &Session) -> Failure {
    let what = format_args!("{method} on {} was cancelled", session.target);
    let said = "the server has not taken all of it within --timeout, and until then it is kept";
    Failure::call(what, said, Some("--on-cancel drain lets go of it after a time of grace"))
}

/// Makes another call to see whether the connection lives.
async fn look(session: &Session, outcome: CancelOutcome, connections: u64) -> Connection {
    let began = Instant::now();
    let next = session.call(CallRequest::new(NEXT, "")).await;
    // An error reply is an answer.
    let answered = matches!(next, Ok(_) | Err(CallError::Remote(_)));
    let next = answered.then(|| began.elapsed());
    let another = session.channel.connections_made() > connections;
    match (outcome, next) {
        (CancelOutcome::Cut { .. }, next) => Connection::Gone { next },
        (_, next @ Some(_)) if another => Connection::Gone { next },
        (_, Some(took)) => Connection::Lives(took),
        (_, None) => Connection::Unknown,
    }
}

impl Report {
    /// Where the call was when it was cancelled.
    fn place(&self) -> &'static str {
        match (self.outcome, self.release) {
            (CancelOutcome::NotBegun, _) => "not begun",
            (CancelOutcome::Aborted { .. } | CancelOutcome::Cut { .. }, _) => "in mid-transmission",
            (_, Release::After(_)) => "in mid-transmission",
            (_, Release::Before) => "sent, waiting for its reply",
        }
    }

    /// Bytes of it that the network took.
    fn sent(&self) -> u64 {
        match self.outcome {
            CancelOutcome::NotBegun => 0,
            CancelOutcome::Aborted { sent, .. } | CancelOutcome::Cut { sent, .. } => sent,
            CancelOutcome::Sent | CancelOutcome::AlreadyDone => self.size.unwrap_or(0) as u64,
        }
    }

    /// What became of the rest.
    fn rest(&self) -> String {
        match self.outcome {
            CancelOutcome::NotBegun => "none: the server never hears of it".into(),
            CancelOutcome::Aborted { filler, .. } => {
                format!("{filler} bytes of filler, then a footer that says aborted")
            }
            CancelOutcome::Cut { unsent, .. } => {
                format!("cut: {unsent} bytes are never sent")
            }
            CancelOutcome::Sent | CancelOutcome::AlreadyDone => match self.release {
                Release::After(_) => "sent all the same; the server executes it".into(),
                Release::Before => "none: the server executes it, or has done so".into(),
            },
        }
    }

    fn json(&self, connection: Connection) -> Value {
        let (mut filler, mut cut) = (0, 0);
        let outcome = match self.outcome {
            CancelOutcome::NotBegun => "not_begun",
            CancelOutcome::Aborted { filler: bytes, .. } => {
                filler = bytes;
                "aborted"
            }
            CancelOutcome::Cut { unsent, .. } => {
                cut = unsent;
                "cut"
            }
            CancelOutcome::Sent => "sent",
            CancelOutcome::AlreadyDone => "already_done",
        };
        let release = match self.release {
            Release::After(time) => time,
            Release::Before => Duration::ZERO,
        };
        let (lived, next) = match connection {
            Connection::Lives(took) => (Some(true), Some(took)),
            Connection::Gone { next } => (Some(false), next),
            Connection::Unknown => (None, None),
        };
        json!({
            "cancelled_after_ms": millis(self.after),
            "place": self.place(),
            "outcome": outcome,
            "bytes": self.size,
            "sent_bytes": self.sent(),
            "filler_bytes": filler,
            "cut_bytes": cut,
            "release_ms": millis(release),
            "connection_lived": lived,
            "next_call_ms": next.map(millis),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} cancelled after {}", self.method, Short(self.after))?;
        writeln!(f, "it was      {}", self.place())?;
        let of = self.size.map(|size| format!(" of {size}")).unwrap_or_default();
        writeln!(f, "sent        {}{of} bytes", self.sent())?;
        writeln!(f, "the rest    {}", self.rest())?;
        match self.release {
            Release::After(time) => write!(f, "released    {} after the cancel", Short(time)),
            Release::Before => write!(f, "released    before the cancel, when it was sent"),
        }
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection  ")?;
        match *self {
            Connection::Lives(took) => {
                write!(f, "lives: the next call was answered on it in {}", Short(took))
            }
            Connection::Gone { next: Some(took) } => {
                write!(f, "gone: the next call was answered on a new one in {}", Short(took))
            }
            Connection::Gone { next: None } => {
                write!(f, "gone, and the next call was not answered on a new one")
            }
            Connection::Unknown => {
                write!(f, "not known: the next call was not answered within --timeout")
            }
        }
    }
}
