//! `krpc proxy`: passes connections on, tells of the calls in them, and makes the network bad on
//! purpose.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use krpc_tokio::core::PeerAddr;
use serde_json::{Value, json};

use crate::address::Address;
use crate::args::{Amount, Ends, Proxy};
use crate::calls::{Call, Calls, Event, Outcome};
use crate::failure::Failure;
use crate::listening::{cannot_listen, resolved, tell};
use crate::output::json_line;
use crate::relay::{Closed, End, Relay, Rules, Tap, Watch};
use crate::side::Side;
use crate::signals::Signals;
use crate::units::{Short, millis};

pub(crate) async fn run(args: Proxy) -> Result<(), Failure> {
    let mut signals = Signals::catch()?;
    let rules = rules(&args);
    let narrow = is_bad(&args);
    let relay = listen(&args.ends, narrow).await?;
    let journal = Arc::new(Journal::new(args.json));
    let (address, upstream) = (relay.local_addr().to_string(), args.ends.upstream.to_string());
    journal.say(
        || format!("listening on {address}, passing connections on to {upstream}"),
        || json!({"event": "listening", "address": address, "upstream": upstream}),
    );
    if !args.json {
        journal.header();
    }
    relay.run(Lookout { rules, next: 1, journal: journal.clone() }, signals.wait()).await;
    journal.end()
}

/// Listens where the command line says.
pub(super) async fn listen(ends: &Ends, narrow: bool) -> Result<Relay, Failure> {
    let failed = |e| cannot_listen(ends.listen.is_unix(), &e);
    let listen = resolved(&ends.listen).map_err(failed)?;
    let relay = Relay::bind(&listen, ends.upstream.clone(), narrow).await.map_err(failed)?;
    let upstream = &ends.upstream;
    match leads_to(upstream, relay.local_addr()).await {
        true => Err(Failure::usage(format_args!(
            "UPSTREAM {upstream} is where this would listen itself: give the address of a server"
        ))),
        false => Ok(relay),
    }
}

/// Whether it is this very socket, so that each connection would make another.
async fn leads_to(upstream: &Address, local: &PeerAddr) -> bool {
    let (host, port, local) = match (upstream, local) {
        (Address::Tcp { host, port }, PeerAddr::Tcp(local)) => (host.as_str(), *port, local),
        (Address::Unix(path), PeerAddr::Unix(local)) => return local.as_ref() == Some(path),
        _ => return false,
    };
    // What cannot be resolved is said when it is connected to.
    let Ok(mut found) = tokio::net::lookup_host((host, port)).await else { return false };
    let same = |to: SocketAddr| {
        to.ip() == local.ip() || local.ip().is_unspecified() && to.ip().is_loopback()
    };
    found.any(|to| to.port() == local.port() && same(to))
}

fn is_bad(args: &Proxy) -> bool {
    let Proxy { delay, bandwidth, drop_after, stall, .. } = args;
    delay.is_some() || bandwidth.is_some() || drop_after.is_some() || stall.is_some()
}

/// What the options make of each new connection.
fn rules(args: &Proxy) -> impl Fn() -> Rules + Send + use<> {
    let (delay, bandwidth) = (args.delay.unwrap_or_default(), args.bandwidth);
    let (drop_after, stall) = (args.drop_after, args.stall);
    move || {
        let mut rules = Rules::default();
        for (side, rule) in [(Side::Client, &mut rules.up), (Side::Server, &mut rules.down)] {
            let amount = |amount: Option<Amount>| amount.filter(|amount| amount.from == side);
            rule.delay = delay;
            rule.bandwidth = bandwidth;
            rule.drop_after = amount(drop_after).map(|amount| amount.bytes);
            if let Some(amount) = amount(stall) {
                rule.gate.close_after(amount.bytes);
            }
        }
        rules
    }
}

/// Sees connections come.
struct Lookout<F> {
    rules: F,
    next: u64,
    journal: Arc<Journal>,
}

impl<F: Fn() -> Rules + Send + 'static> Watch for Lookout<F> {
    type Tap = Watched;

    fn opened(&mut self, client: &PeerAddr) -> (Watched, Rules) {
        let number = self.next;
        self.next += 1;
        self.journal.say(
            || format!("#{number} from {client}"),
            || json!({"event": "opened", "connection": number, "client": client.to_string()}),
        );
        let (calls, journal) = (Calls::new(), self.journal.clone());
        (Watched { number, calls, events: Vec::new(), bytes: [0; 2], journal }, (self.rules)())
    }
}

/// A connection.
struct Watched {
    number: u64,
    calls: Calls,
    /// Empty between two uses.
    events: Vec<Event>,
    /// Sent by the client and by the server.
    bytes: [u64; 2],
    journal: Arc<Journal>,
}

impl Watched {
    fn tell(&mut self) {
        let number = self.number;
        for event in self.events.drain(..) {
            match event {
                Event::Call(call) => self.journal.call(number, &call),
                Event::Opaque(why) => self.journal.say(
                    || format!("#{number} calls are not seen from here on: {why}"),
                    || json!({"event": "opaque", "connection": number, "why": why}),
                ),
            }
        }
    }
}

impl Tap for Watched {
    fn bytes(&mut self, from: Side, bytes: &[u8]) {
        self.bytes[from as usize] += bytes.len() as u64;
        self.calls.feed(from, Instant::now(), bytes, &mut self.events);
        self.tell();
    }

    fn ended(&mut self, _: Side, _: End) {}

    fn closed(&mut self, how: &Closed) {
        self.calls.end(Instant::now(), &mut self.events);
        self.tell();
        let (number, [up, down]) = (self.number, self.bytes);
        self.journal.say(
            || format!("#{number} {how}: {up} bytes to the server, {down} from it"),
            || {
                json!({
                    "event": "closed",
                    "connection": number,
                    "how": how.to_string(),
                    "bytes_to_server": up,
                    "bytes_from_server": down,
                })
            },
        );
    }
}

/// What is printed, by all connections.
struct Journal {
    began: Instant,
    json: bool,
    /// Why something could not be printed.
    failed: Mutex<Option<Failure>>,
}

impl Journal {
    fn new(json: bool) -> Self {
        Journal { began: Instant::now(), json, failed: Mutex::new(None) }
    }

    /// A line, as text or as an object without its time.
    fn say(&self, text: impl FnOnce() -> String, object: impl FnOnce() -> Value) {
        let at = self.began.elapsed();
        if !self.json {
            return self.line(&format!("{:>10}  {}", Seconds(at).to_string(), text()));
        }
        let mut object = object();
        object["at_ms"] = millis(at).into();
        self.line(&json_line(&object));
    }

    fn line(&self, line: &str) {
        if let Err(failure) = tell(line) {
            self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
        }
    }

    fn header(&self) {
        let (time, conn, call, request, reply, took) =
            ("time", "conn", "call", "request", "reply", "took");
        let row = format!("{conn:<6}{call:>6} {request:>9} {reply:>9}  {took:>8}  method: status");
        self.line(&format!("{time:>10}  {row}"));
    }

    fn call(&self, connection: u64, call: &Call) {
        self.say(|| Row { connection, call }.to_string(), || object(connection, call));
    }

    fn end(&self) -> Result<(), Failure> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }
}

/// So long after the begin.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.0.as_secs_f64())
    }
}

/// A call, as a line of text.
struct Row<'a> {
    connection: u64,
    call: &'a Call,
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Call { id, method, request, reply, took, outcome } = self.call;
        let reply = reply.map_or_else(|| "-".into(), |bytes| bytes.to_string());
        let took = took.map_or_else(|| "-".into(), |took| Short(took).to_string());
        let connection = format!("#{}", self.connection);
        write!(f, "{connection:<6}{id:>6} {request:>9} {reply:>9}  {took:>8}  {method}: ")?;
        match outcome {
            Outcome::Ok => f.write_str("OK"),
            Outcome::Error { code, message } => write!(f, "{code} {message}"),
            Outcome::Cancelled => f.write_str("cancelled by its footer"),
            Outcome::Unanswered => f.write_str("unanswered"),
            Outcome::Cut(come) => write!(f, "cut off after {come} bytes"),
        }
    }
}

/// A call, for programs.
fn object(connection: u64, call: &Call) -> Value {
    let Call { id, method, request, reply, took, outcome } = call;
    let mut object = json!({
        "event": "call",
        "connection": connection,
        "call_id": id,
        "method": method,
        "request_bytes": request,
        "reply_bytes": reply,
        "took_ms": took.map(millis),
    });
    let status = match outcome {
        Outcome::Ok => "ok",
        Outcome::Error { code, message } => {
            object["error_code"] = code.as_str().into();
            object["message"] = message.as_str().into();
            "error"
        }
        Outcome::Cancelled => "cancelled",
        Outcome::Unanswered => "unanswered",
        Outcome::Cut(come) => {
            object["come_bytes"] = (*come).into();
            "cut"
        }
    };
    object["status"] = status.into();
    object
}
