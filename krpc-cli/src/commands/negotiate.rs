//! `krpc negotiate`: connects, shows how, and hangs up.

use std::sync::Arc;
use std::time::Instant;

use crate::args::Negotiate;
use crate::failure::Failure;
use crate::negotiation::{Report, Steps};
use crate::output::{self, line};
use crate::session::{Session, Trace};

pub(crate) async fn run(args: Negotiate) -> Result<(), Failure> {
    let trace = Arc::new(Trace::new());
    let deadline = Instant::now() + args.connect.timeout;
    let opened = Session::open_quietly(&args.address, &args.connect, deadline, trace.clone()).await;
    match opened {
        Ok(session) if args.json => line(output::json(&Report::new(&session).json())),
        Ok(session) => line(Report::new(&session)),
        // How far it came is half of the answer.
        Err(failure) => {
            if !args.json {
                line(Steps(&trace));
            }
            return Err(failure);
        }
    }
    Ok(())
}
