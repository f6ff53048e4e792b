//! `krpc negotiate`: connects, shows how, and hangs up.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use crate::args::Negotiate;
use crate::failure::Failure;
use crate::negotiation::{Report, Steps};
use crate::output::{self, line};
use crate::session::{Session, Trace};

pub(crate) async fn run(args: Negotiate) -> Result<(), Failure> {
    let trace = Arc::new(Trace::new());
    let deadline = Instant::now() + args.connect.timeout.time;
    let opened = Session::open_quietly(&args.address, &args.connect, deadline, trace.clone()).await;
    match opened {
        Ok(session) if args.json => line(output::json(&Report::new(&session).json())),
        Ok(session) => line(Report::new(&session)),
        Err(failure @ Failure::Usage(_)) => Err(failure),
        // How far it came is half of the answer. That it failed stays true if nobody reads it.
        Err(failure) => {
            let steps = Steps(&trace);
            let _ = match args.json {
                true => line(output::json(&json!({
                    "address": args.address.to_string(),
                    "steps": steps.json(),
                    "error": failure.to_string(),
                }))),
                false => line(steps),
            };
            Err(failure)
        }
    }
}
