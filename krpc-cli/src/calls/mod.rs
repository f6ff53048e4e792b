//! The calls in a connection that is looked on at, from the bytes of both sides.

mod frames;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_tokio::core::ErrorStatus;
use krpc_tokio::core::proto::{decode, ids};

use crate::output::plain;
use crate::relay::Side;
use frames::{Frame, Frames, Seen};

/// Calls of a connection that may be open. With more, they are not followed any longer.
const OPEN: usize = 100_000;

/// Of the name of a method so much is held.
const NAME: usize = 200;

/// What was seen.
#[derive(Debug, PartialEq)]
pub(crate) enum Event {
    /// A call is over.
    Call(Call),
    /// Calls are not seen from here on, for a reason.
    Opaque(String),
}

/// A call that is over.
#[derive(Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) id: i32,
    /// Service and method, fit to be printed.
    pub(crate) method: String,
    /// Bytes of the frame.
    pub(crate) request: u64,
    /// Bytes of the answer's frame, if there was one.
    pub(crate) reply: Option<u64>,
    /// From the end of the request to the end of the answer, or to the end of waiting for it; none if
    /// nobody waited.
    pub(crate) took: Option<Duration>,
    pub(crate) outcome: Outcome,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    Ok,
    /// The answer is an error.
    Error {
        /// Its name in Kudu.
        code: String,
        message: String,
    },
    /// The request ended with a footer that says so, and is not answered.
    Cancelled,
    /// The connection ended before the answer.
    Unanswered,
    /// The connection ended when so much of the request had come.
    Cut(u64),
}

/// A call that is waited for.
#[derive(Debug)]
struct Open {
    method: String,
    request: u64,
    since: Instant,
}

/// Follows a connection.
#[derive(Debug)]
pub(crate) struct Calls {
    up: Frames,
    down: Frames,
    open: HashMap<i32, Open>,
}

impl Calls {
    pub(crate) fn new() -> Self {
        let (up, down) = (Frames::new(Side::Client), Frames::new(Side::Server));
        Calls { up, down, open: HashMap::new() }
    }

    /// Takes what one side has sent.
    pub(crate) fn feed(&mut self, from: Side, now: Instant, bytes: &[u8], events: &mut Vec<Event>) {
        let Calls { up, down, open } = self;
        let mut opaque = None;
        let frames = if from == Side::Client { up } else { down };
        frames.feed(bytes, |seen| match seen {
            Seen::Whole(frame) if from == Side::Client => request(open, &frame, now, events),
            Seen::Whole(frame) => reply(open, frame, now, events),
            Seen::Tls => {
                open.remove(&ids::NEGOTIATE);
                opaque = Some("TLS hides what follows".to_owned());
            }
            Seen::Other(why) => {
                let who = if from == Side::Client { "the client" } else { "the server" };
                opaque = Some(format!("what {who} sends is not KRPC: {why}"));
            }
        });
        if self.open.len() > OPEN {
            opaque = Some(format!("more than {OPEN} calls are open"));
        }
        if let Some(why) = opaque {
            self.end(now, events);
            events.push(Event::Opaque(plain(&why)));
        }
    }

    /// Nothing more will come: what is open stays so.
    pub(crate) fn end(&mut self, now: Instant, events: &mut Vec<Event>) {
        let mut open: Vec<_> = self.open.drain().collect();
        open.sort_by_key(|(_, call)| call.since);
        for (id, call) in open {
            events.push(Event::Call(over(id, call, now, None, Outcome::Unanswered)));
        }
        if let Some(frame) = self.up.unfinished()
            && let Some((id, method)) = called(frame)
        {
            let outcome = Outcome::Cut(frame.come);
            let call = Open { method, request: frame.size, since: now };
            events.push(Event::Call(over(id, call, now, None, outcome)));
        }
        self.up.give_up();
        self.down.give_up();
    }
}

/// A client's frame has come.
fn request(open: &mut HashMap<i32, Open>, frame: &Frame, now: Instant, events: &mut Vec<Event>) {
    let Some((id, method)) = called(frame) else { return };
    if id == ids::CONNECTION_CONTEXT {
        // The negotiation is over, and this is never answered.
        open.remove(&ids::NEGOTIATE);
        return;
    }
    let call = Open { method, request: frame.size, since: now };
    if frame.aborted() {
        events.push(Event::Call(over(id, call, now, None, Outcome::Cancelled)));
    } else if let Some(former) = open.insert(id, call)
        && id != ids::NEGOTIATE
    {
        // The same id again: the former cannot be told apart any more.
        events.push(Event::Call(over(id, former, now, None, Outcome::Unanswered)));
    }
}

/// A server's frame has come.
fn reply(open: &mut HashMap<i32, Open>, frame: Frame, now: Instant, events: &mut Vec<Event>) {
    let Ok(header) = decode::response_header(Bytes::from(frame.header.clone())) else { return };
    let id = header.call_id;
    // An answer to a call that was not seen tells nothing.
    let Some(call) = open.remove(&id) else { return };
    let size = frame.size;
    let outcome = if header.is_error() { error(frame) } else { Outcome::Ok };
    // The steps of a negotiation are no calls, but its failure is worth a word.
    if id != ids::NEGOTIATE || outcome != Outcome::Ok {
        events.push(Event::Call(over(id, call, now, Some(size), outcome)));
    }
}

/// The id of what a client sends, and what it is.
fn called(frame: &Frame) -> Option<(i32, String)> {
    let header = decode::request_header(Bytes::from(frame.header.clone())).ok()?;
    let method = match (header.call_id, header.remote_method) {
        (ids::CONNECTION_CONTEXT, _) => "connection context".into(),
        (ids::NEGOTIATE, _) => "negotiation".into(),
        (_, Some(method)) => {
            let part = |bytes: &[u8]| plain(&String::from_utf8_lossy(bytes));
            format!("{}.{}", part(&method.service_name), part(&method.method_name))
        }
        (_, None) => "?".into(),
    };
    Some((header.call_id, method.chars().take(NAME).collect()))
}

fn error(frame: Frame) -> Outcome {
    let main = frame.whole_main().map(Bytes::from);
    match main.and_then(|main| ErrorStatus::decode(main).ok()) {
        None => Outcome::Error { code: "ERROR".into(), message: "its text cannot be read".into() },
        Some(error) => Outcome::Error {
            code: error.code.map_or_else(|| "ERROR".into(), |code| code.name().into()),
            message: plain(error.message()),
        },
    }
}

fn over(id: i32, call: Open, now: Instant, reply: Option<u64>, outcome: Outcome) -> Call {
    let Open { method, request, since } = call;
    let waited = !matches!(outcome, Outcome::Cancelled | Outcome::Cut(_));
    let took = waited.then(|| now.saturating_duration_since(since));
    Call { id, method, request, reply, took, outcome }
}

#[cfg(test)]
mod tests;
