//! What a bench came to, told to people and to programs.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use krpc_tokio::core::{CallError, ErrorCode, Method};
use serde_json::{Value, json};

use super::Ran;
use super::meter::Spent;
use super::shape::Shape;
use crate::args::{Bench, Lead, Mode};
use crate::failure::Failure;
use crate::output::{self, Table, line, note, plain};
use crate::runtime::Runtime;
use crate::units::Short;

/// The percentiles that are told: as people read them, as JSON names them, and as shares.
const PERCENTILES: [(&str, &str, f64); 5] = [
    ("p50", "p50", 0.5),
    ("p90", "p90", 0.9),
    ("p99", "p99", 0.99),
    ("p99.9", "p99_9", 0.999),
    ("max", "max", 1.0),
];

/// What the server's process has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    NotAsked,
    Spent(Spent),
    /// It ended during the bench.
    Ended,
}

pub(super) struct Report<'a> {
    pub(super) args: &'a Bench,
    pub(super) shape: Shape,
    pub(super) method: Method,
    /// Why it is that method, if it is not the usual one.
    pub(super) reason: Option<&'static str>,
    pub(super) protection: &'static str,
    pub(super) ran: Ran,
}

impl Report<'_> {
    /// Prints it in the form that was asked for.
    pub(super) fn print(&self) -> Result<(), Failure> {
        if self.ran.server == Server::Ended {
            let pid = self.args.server_pid.unwrap_or_default();
            note(format_args!("krpc: --server-pid {pid}: the process has ended meanwhile"));
        }
        match self.args.json {
            true => line(output::json(&self.json())),
            false => line(self.text()),
        }
    }

    /// It worked if no call failed.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        let (completed, failed) = self.ran.tally.counts();
        if failed == 0 {
            return Ok(());
        }
        let full = self.ran.tally.failures().any(|(_, failures)| is_busy(&failures.first));
        let advice =
            "the server's queue is full: fewer --outstanding, --connections or --threads fit";
        Err(Failure::Call {
            said: format!("{failed} of {} calls failed", completed + failed),
            advice: full.then(|| advice.to_owned()),
        })
    }

    fn json(&self) -> Value {
        let Report { args, shape, ran, .. } = self;
        let (completed, failed) = ran.tally.counts();
        let failures = ran.tally.failures().map(|(kind, failures)| {
            let first = plain(&failures.first.to_string());
            json!({ "kind": kind, "count": failures.count, "first": first })
        });
        let latency = PERCENTILES
            .map(|(_, name, share)| (name.to_owned(), json!(ran.tally.latency(share).map(micros))));
        let spent = |spent: Spent| self.per_call(spent).map(|spent| spent.json());
        let server = match ran.server {
            Server::Spent(server) => spent(server),
            Server::NotAsked | Server::Ended => None,
        };
        json!({
            "address": args.address.to_string(),
            "method": self.method.to_string(),
            "runtime": args.connect.runtime.name(),
            "lead": lead(args).map(Lead::name),
            "mode": shape.mode.name(),
            "threads": shape.threads,
            "connections": shape.connections,
            "outstanding": (shape.mode == Mode::Async).then_some(shape.outstanding),
            "payload_bytes": args.payload,
            "protection": self.protection,
            "seconds": ran.time.as_secs_f64(),
            "interrupted": ran.interrupted,
            "calls": { "completed": completed, "failed": failed },
            "failures": failures.collect::<Value>(),
            "calls_per_s": completed as f64 / ran.time.as_secs_f64(),
            "payload_mb_per_s": args.payload.map(|size| megabytes(completed, size, ran.time)),
            "latency_us": serde_json::Map::from_iter(latency),
            "client": ran.client.and_then(spent),
            "server": server,
        })
    }

    fn text(&self) -> String {
        let Report { args, shape, ran, .. } = self;
        let reason = self.reason.map(|reason| format!(", as {reason}")).unwrap_or_default();
        let mut text = format!("{} on {}{reason}\n", self.method, args.address);
        let mut part = |name, value: String| text += &format!("{name:<12}{value}\n");
        let threads = counted(shape.threads, "thread");
        let connections = counted(shape.connections, "connection");
        let outstanding = match shape.mode {
            Mode::Sync => "one call at a time for each thread".to_owned(),
            Mode::Async => counted(shape.outstanding, "call") + " in flight on each connection",
        };
        part(shape.mode.name(), format!("{threads}, {connections}, {outstanding}"));
        let lead = lead(args).map(|lead| format!(", led by {}", lead.name()));
        part("runtime", args.connect.runtime.name().to_owned() + &lead.unwrap_or_default());
        part("protection", self.protection.to_owned());
        let (completed, failed) = ran.tally.counts();
        let early = if ran.interrupted { ", ended early" } else { "" };
        let seconds = Short(ran.time);
        part("calls", format!("{completed} answered, {failed} failed, in {seconds}{early}"));
        for (kind, failures) in ran.tally.failures() {
            let first = plain(&failures.first.to_string());
            part("failed", format!("{} {kind}, the first: {first}", failures.count));
        }
        part("rate", rate(completed, args.payload, ran.time));
        let latency = PERCENTILES.iter().filter_map(|(name, _, share)| {
            ran.tally.latency(*share).map(|time| format!("{name} {}", Short(time)))
        });
        let latency: Vec<_> = latency.collect();
        if !latency.is_empty() {
            part("latency", latency.join(", "));
        }
        text + &self.costs().to_string()
    }

    /// What a call took, as far as that is known.
    fn costs(&self) -> Table {
        let mut table =
            Table::new(["per call", "user", "system", "voluntary switches", "involuntary"]);
        let server = self.args.server_pid.map(|pid| format!("server {pid}"));
        let spent = match self.ran.server {
            Server::Spent(spent) => Some(spent),
            Server::NotAsked | Server::Ended => None,
        };
        let rows =
            [("this process".to_owned(), self.ran.client), (server.unwrap_or_default(), spent)];
        for (name, spent) in rows {
            if let Some(spent) = spent.and_then(|spent| self.per_call(spent)) {
                table.row(spent.row(name));
            }
        }
        table
    }

    fn per_call(&self, spent: Spent) -> Option<PerCall> {
        let (completed, failed) = self.ran.tally.counts();
        PerCall::new(spent, completed + failed)
    }
}

/// What a process used for each call.
#[derive(Clone, Copy, Debug)]
struct PerCall {
    /// Microseconds.
    user: f64,
    /// Microseconds.
    system: f64,
    voluntary: f64,
    involuntary: f64,
}

impl PerCall {
    /// `None` if there was no call.
    fn new(spent: Spent, calls: u64) -> Option<PerCall> {
        let per_call = |total: f64| total / calls as f64;
        (calls > 0).then(|| PerCall {
            user: per_call(micros(spent.user)),
            system: per_call(micros(spent.system)),
            voluntary: per_call(spent.switches.voluntary as f64),
            involuntary: per_call(spent.switches.involuntary as f64),
        })
    }

    fn json(self) -> Value {
        json!({
            "user_us_per_call": self.user,
            "system_us_per_call": self.system,
            "voluntary_switches_per_call": self.voluntary,
            "involuntary_switches_per_call": self.involuntary,
        })
    }

    fn row(self, name: String) -> [String; 5] {
        let time = |micros: f64| Short(Duration::from_secs_f64(micros / 1e6)).to_string();
        let number = |number: f64| format!("{number:.3}");
        let PerCall { user, system, voluntary, involuntary } = self;
        [name, time(user), time(system), number(voluntary), number(involuntary)]
    }
}

/// Who drives the connections, where there is a choice.
fn lead(args: &Bench) -> Option<Lead> {
    (args.connect.runtime == Runtime::Blocking).then(|| args.lead.unwrap_or(Lead::Callers))
}

/// How it goes: a line a second.
#[derive(Debug)]
pub(super) struct Progress {
    /// For people even if the result is for a program.
    terminal: bool,
    shown: bool,
    payload: Option<u32>,
    began: Instant,
    last: (Instant, u64),
}

impl Progress {
    pub(super) fn new(args: &Bench) -> Self {
        let (now, terminal) = (Instant::now(), std::io::stderr().is_terminal());
        let shown = terminal || !args.json;
        Progress { terminal, shown, payload: args.payload, began: now, last: (now, 0) }
    }

    /// Shows how many calls were answered and have failed up to now, if anybody is to see that.
    pub(super) fn show(&mut self, (completed, failed): (u64, u64)) {
        let (now, (then, before)) = (Instant::now(), self.last);
        self.last = (now, completed);
        if !self.shown {
            return;
        }
        let rate = rate(completed - before, self.payload, now - then);
        let seconds = (now - self.began).as_secs_f64();
        let text = format!("{seconds:.0} s: {rate}, {failed} failed");
        match self.terminal {
            true => output::live(|| text),
            false => note(text),
        }
    }
}

/// So many calls in this time.
fn rate(calls: u64, payload: Option<u32>, time: Duration) -> String {
    let payload = payload.map(|size| format!(", {:.1} MB/s", megabytes(calls, size, time)));
    format!("{:.0} calls/s{}", calls as f64 / time.as_secs_f64(), payload.unwrap_or_default())
}

/// Payload in a second.
fn megabytes(calls: u64, size: u32, time: Duration) -> f64 {
    calls as f64 * f64::from(size) / 1e6 / time.as_secs_f64()
}

fn micros(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1e3
}

fn is_busy(error: &CallError) -> bool {
    let busy = Some(ErrorCode::ErrorServerTooBusy);
    matches!(error, CallError::Remote(status) if status.code == busy)
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
