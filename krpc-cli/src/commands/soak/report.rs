//! What a soak came to, and whether that is as it should be.

use krpc_tokio::{ConnectorStats, Stats};
use serde_json::{Value, json};

use super::tally::{Counts, State};
use crate::args::{Soak, Tls};
use crate::counters::{Counters, Held, Part};
use crate::failure::Failure;

/// How much more than at the start a process may hold at the end: what is made once and kept.
pub(super) const SLACK: u64 = 1 << 20;

pub(super) struct Report<'a> {
    pub(super) args: &'a Soak,
    pub(super) seed: u64,
    pub(super) counts: Counts,
    pub(super) client: ConnectorStats,
    pub(super) server: Counters,
    pub(super) held: Held,
}

impl Report<'_> {
    /// One line for programs.
    pub(super) fn json(&self) -> Value {
        let Report { args, seed, counts, client, server, held } = self;
        let states = State::ALL.iter().map(|state| {
            let times = counts.states.get(state).copied().unwrap_or(0);
            (state.name(), times.into())
        });
        let states: serde_json::Map<String, Value> = states.collect();
        json!({
            "ok": self.problems().is_empty(),
            "seconds": args.seconds,
            "seed": seed,
            "tls": args.tls != Tls::Disabled,
            "payload": args.payload,
            "cancel_rate": args.cancel_rate,
            "stall_rate": args.stall_rate,
            "calls": counts,
            "failures": counts.failures,
            "states": states,
            "client": {
                "connections": client.made,
                "cut_connections": client.cut.cut_frames_sent,
                "whole": sent(&client.whole),
                "cut": sent(&client.cut),
                "filler_bytes": client.all().filler_bytes_sent,
                "filler_refused": client.all().filler_refused,
                "late_replies": client.all().late_replies,
                "reply_bytes_skipped": client.all().bytes_skipped,
            },
            "server": {
                "connections": server.accepted,
                "cut_connections": server.broken_off.connections,
                "half_closed": server.broken_off.half_closed,
                "whole": seen(&server.orderly),
                "cut": seen(&server.broken_off),
            },
            "framing_errors": server.framing_errors,
            "released_late": counts.released_late,
            "held_bytes": { "client": held, "server": server.held_bytes },
            "problems": self.problems(),
        })
    }

    pub(super) fn verdict(&self) -> Result<(), Failure> {
        match &self.problems()[..] {
            [] => Ok(()),
            problems => Err(Failure::call("the soak failed", problems.join("; "), None)),
        }
    }

    /// Everything that is not as it should be.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        self.check_calls(&mut problems);
        self.check_sides(&mut problems);
        self.check_memory(&mut problems);
        problems
    }

    fn check_calls(&self, problems: &mut Vec<String>) {
        let counts = &self.counts;
        let Counts { started, completed, cancelled, timed_out, failed, .. } = counts;
        let ended = completed + cancelled + timed_out + failed;
        if *started != ended {
            problems.push(format!("{started} calls were started and {ended} have ended"));
        }
        if counts.unexplained > 0 {
            let (n, failures) = (counts.unexplained, &counts.failures);
            problems.push(format!("{n} calls failed for no reason of the soak's: {failures:?}"));
        }
        if counts.released_late > 0 {
            let n = counts.released_late;
            problems.push(format!("{n} calls had ended and their payload was still held"));
        }
        for contradiction in &counts.contradictions {
            problems.push(format!("a call was {contradiction}"));
        }
        let missing = State::ALL.iter().filter(|state| !counts.states.contains_key(state));
        let missing: Vec<_> = missing.map(|state| state.name()).collect();
        if !missing.is_empty() {
            problems.push(format!("states that were not met: {}", missing.join(", ")));
        }
    }

    fn check_sides(&self, problems: &mut Vec<String>) {
        let Report { client, server, .. } = self;
        let mut same = |what: &str, ours: u64, theirs: u64| {
            if ours != theirs {
                problems.push(format!("the client counts {ours} {what}, the server {theirs}"));
            }
        };
        same("connections", client.made, server.accepted);
        let (whole, cut) = (&client.whole, &client.cut);
        same("cut connections", cut.cut_frames_sent, server.broken_off.connections);
        same("calls sent whole", whole.frames_sent, server.orderly.calls);
        same("aborted calls", whole.aborted_frames_sent, server.orderly.aborted);
        // What was on its way when a connection was cut may have been thrown away.
        let mut most = |what: &str, ours: u64, theirs: u64| {
            if ours < theirs {
                problems.push(format!(
                    "on connections that were cut, the client counts {ours} {what}, the server {theirs}"
                ));
            }
        };
        most("calls sent whole", cut.frames_sent, server.broken_off.calls);
        most("aborted calls", cut.aborted_frames_sent, server.broken_off.aborted);
        most("halves closed", cut.cut_frames_sent, server.broken_off.half_closed);
        if server.framing_errors > 0 {
            let n = server.framing_errors;
            problems.push(format!("the server could not read {n} connections"));
        }
    }

    fn check_memory(&self, problems: &mut Vec<String>) {
        let held = self.counts.dropped.iter().map(|payloads| payloads.held()).sum::<usize>();
        if held > 0 {
            problems.push(format!("{held} bytes of calls that were dropped are still held"));
        }
        let none = "the server does not count what it holds".to_owned();
        for (side, held) in [("client", Some(self.held)), ("server", self.server.held_bytes)] {
            match held {
                None => problems.push(none.clone()),
                Some(Held { start, now }) if now > start + SLACK => {
                    problems.push(format!("the {side} held {start} bytes and holds {now}"));
                }
                Some(_) => {}
            }
        }
    }
}

fn sent(stats: &Stats) -> Value {
    json!({ "calls": stats.frames_sent, "aborted": stats.aborted_frames_sent })
}

fn seen(part: &Part) -> Value {
    json!({ "calls": part.calls, "aborted": part.aborted })
}
