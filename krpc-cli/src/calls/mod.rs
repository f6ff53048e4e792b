//! The calls in a connection that is looked on at, from the bytes of both sides.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use krpc_tokio::core::proto::ids;
use krpc_tokio::core::{ErrorStatus, FrameKind};

use crate::decode::{Connection, Frame, Method, Seen};
use crate::output::plain;
use crate::side::Side;

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
    /// None once nothing more is to be seen.
    connection: Option<Connection>,
    open: HashMap<i32, Open>,
}

impl Calls {
    pub(crate) fn new() -> Self {
        Calls { connection: Some(Connection::new(0)), open: HashMap::new() }
    }

    /// Takes what one side has sent.
    pub(crate) fn feed(&mut self, from: Side, now: Instant, bytes: &[u8], events: &mut Vec<Event>) {
        let Calls { connection: Some(connection), open } = self else { return };
        let mut opaque = None;
        // Times are those of this call, so that none is asked of the connection.
        connection.feed(from, 0, bytes, |seen| match seen {
            // What comes after damage is not told.
            _ if opaque.is_some() => {}
            Seen::Frame(frame) if from == Side::Client => request(open, &frame, now, events),
            Seen::Frame(frame) => reply(open, &frame, now, events),
            Seen::Damage(damage) => {
                let who = if from == Side::Client { "the client" } else { "the server" };
                opaque = Some(format!("what {who} sends is not KRPC: {}", damage.reason));
            }
            // These are told at the end of a connection, or after damage.
            Seen::Tls { .. } | Seen::Lost { .. } => {}
        });
        if opaque.is_none() && connection.is_tls() {
            open.remove(&ids::NEGOTIATE);
            opaque = Some("TLS hides what follows".to_owned());
        }
        if self.open.len() > OPEN {
            opaque = Some(format!("more than {OPEN} calls are open"));
        }
        if let Some(why) = opaque {
            self.connection = None;
            self.give_up(now, events);
            events.push(Event::Opaque(plain(&why)));
        }
    }

    /// What is open stays so.
    fn give_up(&mut self, now: Instant, events: &mut Vec<Event>) {
        let mut open: Vec<_> = self.open.drain().collect();
        open.sort_by_key(|(id, call)| (call.since, *id));
        for (id, call) in open {
            events.push(Event::Call(over(id, call, now, None, Outcome::Unanswered)));
        }
    }

    /// Nothing more will come.
    pub(crate) fn end(&mut self, now: Instant, events: &mut Vec<Event>) {
        self.give_up(now, events);
        let connection = self.connection.take();
        if let Some(cut) = connection.and_then(|connection| connection.unfinished()) {
            let method = name(cut.call_id, cut.method.as_ref());
            let call = Open { method, request: cut.bytes, since: now };
            let outcome = Outcome::Cut(cut.come);
            events.push(Event::Call(over(cut.call_id, call, now, None, outcome)));
        }
    }
}

/// A client's frame has come.
fn request(open: &mut HashMap<i32, Open>, frame: &Frame, now: Instant, events: &mut Vec<Event>) {
    // The preamble is no call.
    let Some(id) = frame.call_id else { return };
    if frame.kind == FrameKind::ConnectionContext {
        // The negotiation is over, and this is never answered.
        open.remove(&ids::NEGOTIATE);
        return;
    }
    let method = name(id, frame.method.as_ref());
    let call = Open { method, request: frame.bytes, since: now };
    if frame.kind == FrameKind::Aborted {
        events.push(Event::Call(over(id, call, now, None, Outcome::Cancelled)));
    } else if let Some(former) = open.insert(id, call)
        && id != ids::NEGOTIATE
    {
        // The same id again: the former cannot be told apart any more.
        events.push(Event::Call(over(id, former, now, None, Outcome::Unanswered)));
    }
}

/// A server's frame has come.
fn reply(open: &mut HashMap<i32, Open>, frame: &Frame, now: Instant, events: &mut Vec<Event>) {
    // An answer to a call that was not seen tells nothing.
    let Some((id, call)) = frame.call_id.and_then(|id| open.remove_entry(&id)) else { return };
    let outcome = if frame.is_error() { error(frame.error.as_ref()) } else { Outcome::Ok };
    // The steps of a negotiation are no calls, but its failure is worth a word.
    if id != ids::NEGOTIATE || outcome != Outcome::Ok {
        events.push(Event::Call(over(id, call, now, Some(frame.bytes), outcome)));
    }
}

/// What a client sends with that id.
fn name(id: i32, method: Option<&Method>) -> String {
    let name = match (id, method) {
        (ids::CONNECTION_CONTEXT, _) => "connection context".into(),
        (ids::NEGOTIATE, _) => "negotiation".into(),
        (_, Some(called)) => format!("{}.{}", plain(&called.service), plain(&called.method)),
        (_, None) => "?".into(),
    };
    name.chars().take(NAME).collect()
}

fn error(said: Option<&ErrorStatus>) -> Outcome {
    match said {
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
