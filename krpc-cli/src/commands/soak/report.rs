//! What a soak came to, and whether that is as it should be.

use std::ops::RangeInclusive;

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
        let (whole, cut) = (&client.whole, &client.cut);
        let mut count = |what: &str, ours: RangeInclusive<u64>, theirs: u64| {
            if !ours.contains(&theirs) {
                let (least, most) = ours.into_inner();
                let ours = if least == most { "" } else { &*format!(" to {most}") };
                problems
                    .push(format!("the client counts {least}{ours} {what}, the server {theirs}"));
            }
        };
        let exactly = |n| n..=n;
        count("connections", exactly(client.made), server.accepted);
        // What was on its way when a connection was cut may have been thrown away. If that was all of the
        // call that it was cut in, the connection ended in order for the server.
        count("cut connections", 0..=cut.cut_frames_sent, server.broken_off.connections);
        let orderly = |whole: u64, cut: u64| match server.broken_off.connections {
            n if n == client.cut.cut_frames_sent => exactly(whole),
            _ => whole..=whole + cut,
        };
        let sent = orderly(whole.frames_sent, cut.frames_sent);
        count("calls sent whole", sent, server.orderly.calls);
        let aborted = orderly(whole.aborted_frames_sent, cut.aborted_frames_sent);
        count("aborted calls", aborted, server.orderly.aborted);
        let mut cut_off = |what: &str, most: u64, theirs: u64| {
            count(&format!("{what} on connections that were cut"), 0..=most, theirs);
        };
        cut_off("calls sent whole", cut.frames_sent, server.broken_off.calls);
        cut_off("aborted calls", cut.aborted_frames_sent, server.broken_off.aborted);
        cut_off("halves closed", cut.cut_frames_sent, server.broken_off.half_closed);
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        soak: Soak,
    }

    /// What is said of a client that has cut two connections, and of what its server counts: connections
    /// that were broken off, and the calls of the others.
    fn problems(broken_off: u64, calls: u64) -> Vec<String> {
        let mut client = ConnectorStats::default();
        (client.whole.frames_sent, client.cut.frames_sent) = (100, 10);
        client.cut.cut_frames_sent = 2;
        let mut server = Counters::default();
        (server.broken_off.connections, server.orderly.calls) = (broken_off, calls);
        let args = &Line::parse_from(["soak"]).soak;
        let (counts, held) = (Counts::default(), Held { start: 0, now: 0 });
        let report = Report { args, seed: 1, counts, client, server, held };
        let mut problems = Vec::new();
        report.check_sides(&mut problems);
        problems
    }

    #[test]
    fn what_was_thrown_away_need_not_be_seen_and_nothing_else() {
        assert_eq!(problems(2, 100), [""; 0]);
        assert_eq!(problems(2, 101), ["the client counts 100 calls sent whole, the server 101"]);
        assert_eq!(problems(3, 100).len(), 1);
        assert_eq!(problems(3, 100)[0], "the client counts 0 to 2 cut connections, the server 3");
        // One of them ended between two calls, for the server.
        assert_eq!(problems(1, 103), [""; 0]);
        assert_eq!(
            problems(1, 99),
            ["the client counts 100 to 110 calls sent whole, the server 99"]
        );
        assert_eq!(problems(1, 111).len(), 1);
    }
}
