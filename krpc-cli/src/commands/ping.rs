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
    answer: &'static str,
}

pub(crate) async fn run(args: Ping) -> Result<(), Failure> {
    let mut rounds = Vec::new();
    let mut failed = 0;
    for n in 0..args.count {
        // What the negotiation looks like is the same each time.
        match round(&args, args.connect.verbose && n == 0).await {
            Ok(round) => {
                if !args.json {
                    line(format_args!("{}: {}", args.address, told(&round)));
                }
                rounds.push(round);
            }
            Err(failure) if args.count == 1 => return Err(failure),
            Err(failure) => {
                note(format_args!("krpc: {failure}"));
                failed += 1;
            }
        }
    }
    if args.json {
        line(output::json(&json!({
            "address": args.address.to_string(),
            "rounds": rounds.iter().map(round_json).collect::<Value>(),
            "failed": failed,
        })));
    } else if rounds.len() > 1 {
        summary(&rounds);
    }
    match failed {
        0 => Ok(()),
        // What went wrong was said when it did.
        _ => Err(Failure::Call(format!("{failed} of {} rounds failed", args.count))),
    }
}

async fn round(args: &Ping, show: bool) -> Result<Round, Failure> {
    let trace = Arc::new(Trace::new());
    let deadline = Instant::now() + args.connect.timeout;
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
    let answer = match session.call(request).await {
        Ok(_) => "",
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
            ", answered by an error: this server has no GenericService"
        }
        Err(error) => return Err(Failure::method(METHOD, &args.address, &error)),
    };
    Ok(Round {
        connect,
        negotiation: total.saturating_sub(connect),
        call: began.elapsed(),
        protection: negotiation::protection(&session.info),
        answer,
    })
}

fn told(round: &Round) -> String {
    let Round { connect, negotiation, call, protection, answer } = round;
    let (connect, negotiation, call) = (Short(*connect), Short(*negotiation), Short(*call));
    format!("connect {connect}, negotiation {negotiation}, call {call}{answer} ({protection})")
}

fn round_json(round: &Round) -> Value {
    json!({
        "connect_ms": millis(round.connect),
        "negotiation_ms": millis(round.negotiation),
        "call_ms": millis(round.call),
        "protection": round.protection,
    })
}

/// Picks one of the times.
type Part = fn(&Round) -> Duration;

fn summary(rounds: &[Round]) {
    let mut table = output::Table::new(["", "min", "mean", "max"]);
    let parts: [(&str, Part); 3] =
        [("connect", |r| r.connect), ("negotiation", |r| r.negotiation), ("call", |r| r.call)];
    for (name, part) in parts {
        let times = || rounds.iter().map(part);
        let mean = times().sum::<Duration>() / u32::try_from(rounds.len()).unwrap_or(u32::MAX);
        let (min, max) = (times().min().unwrap_or_default(), times().max().unwrap_or_default());
        table.row([
            name.into(),
            Short(min).to_string(),
            Short(mean).to_string(),
            Short(max).to_string(),
        ]);
    }
    line(format_args!("\n{table}"));
}
