//! `krpc ping`: how long connecting, negotiating and a call take.

use std::sync::Arc;
use std::time::{Duration, Instant};

use krpc_tokio::CallRequest;
use krpc_tokio::core::{CallError, ErrorCode, FrameKind, Method};
use serde_json::{Value, json};

use crate::args::Ping;
use crate::failure::Failure;
use crate::negotiation::{self, Report, Steps};
use crate::output::{self, line, note};
use crate::session::{Session, Trace};
use crate::units::{Short, millis};

const METHOD: Method = Method::from_static("kudu.server.GenericService", "ServerClock");

/// What one round took.
struct Round {
    connect: Duration,
    negotiation: Duration,
    call: Duration,
    protection: &'static str,
    /// Whether the server has no such service or method. That it says so is an answer, too.
    by_error: bool,
}

pub(crate) async fn run(args: Ping) -> Result<(), Failure> {
    let mut rounds = Vec::new();
    let mut last = None;
    for n in 0..args.count {
        // What the negotiation looks like is the same each time.
        match round(&args, args.connect.verbose && n == 0).await {
            Ok(round) => {
                if !args.json {
                    line(format_args!("{}: {}", args.address, told(&round)))?;
                }
                rounds.push(Ok(round));
            }
            Err(failure @ Failure::Usage(_)) => return Err(failure),
            Err(failure) => {
                if args.count > 1 {
                    note(format_args!("krpc: {failure}"));
                }
                rounds.push(Err(failure.to_string()));
                last = Some(failure);
            }
        }
    }
    let answered: Vec<_> = rounds.iter().flatten().collect();
    let failed = rounds.len() - answered.len();
    if args.json {
        line(output::json(&json!({
            "address": args.address.to_string(),
            "rounds": rounds.iter().map(round_json).collect::<Value>(),
            "failed": failed,
        })))?;
    } else if answered.len() > 1 {
        summary(&answered)?;
    }
    match last {
        None => Ok(()),
        Some(only) if args.count == 1 => Err(only),
        // What went wrong was said when it did.
        Some(_) => Err(Failure::Call {
            said: format!("{failed} of {} rounds failed", args.count),
            advice: None,
        }),
    }
}

async fn round(args: &Ping, show: bool) -> Result<Round, Failure> {
    let trace = Arc::new(Trace::new());
    let deadline = Instant::now() + args.connect.timeout.time;
    let opened = Session::open_quietly(&args.address, &args.connect, deadline, trace.clone()).await;
    if show {
        match &opened {
            Ok(session) => note(Report::new(session)),
            Err(_) => note(Steps(&trace)),
        }
    }
    let session = opened?;
    let total = session.negotiated.duration_since(trace.started());
    // The preamble is written as soon as the connection stands.
    let frames = trace.frames();
    let connect =
        frames.iter().find(|(_, f)| f.kind == FrameKind::Preamble).map_or(total, |(at, _)| *at);
    let began = Instant::now();
    let request = CallRequest::new(METHOD, Vec::new());
    let by_error = match session.call(request).await {
        Ok(_) => false,
        Err(CallError::Remote(status))
            if matches!(
                status.code,
                Some(
                    ErrorCode::ErrorNoSuchService
                        | ErrorCode::ErrorNoSuchMethod
                        | ErrorCode::ErrorUnavailable
                )
            ) =>
        {
            true
        }
        Err(error) => return Err(Failure::method(METHOD, &args.address, &error)),
    };
    Ok(Round {
        connect,
        negotiation: total.saturating_sub(connect),
        call: began.elapsed(),
        protection: negotiation::protection(&session.info),
        by_error,
    })
}

fn told(round: &Round) -> String {
    let Round { connect, negotiation, call, protection, by_error } = round;
    let (connect, negotiation, call) = (Short(*connect), Short(*negotiation), Short(*call));
    let answer = match by_error {
        true => ", answered by an error: this server has no GenericService",
        false => "",
    };
    format!("connect {connect}, negotiation {negotiation}, call {call}{answer} ({protection})")
}

fn round_json(round: &Result<Round, String>) -> Value {
    match round {
        Ok(round) => json!({
            "connect_ms": millis(round.connect),
            "negotiation_ms": millis(round.negotiation),
            "call_ms": millis(round.call),
            "answered_by_error": round.by_error,
            "protection": round.protection,
        }),
        Err(error) => json!({ "error": error }),
    }
}

/// Picks one of the times.
type Part = fn(&Round) -> Duration;

fn summary(rounds: &[&Round]) -> Result<(), Failure> {
    let mut table = output::Table::new(["", "min", "mean", "max"]);
    let parts: [(&str, Part); 3] =
        [("connect", |r| r.connect), ("negotiation", |r| r.negotiation), ("call", |r| r.call)];
    for (name, part) in parts {
        let times = || rounds.iter().map(|round| part(round));
        let mean = times().sum::<Duration>() / u32::try_from(rounds.len()).unwrap_or(u32::MAX);
        let (min, max) = (times().min().unwrap_or_default(), times().max().unwrap_or_default());
        table.row([
            name.into(),
            Short(min).to_string(),
            Short(mean).to_string(),
            Short(max).to_string(),
        ]);
    }
    line(format_args!("\n{table}"))
}
