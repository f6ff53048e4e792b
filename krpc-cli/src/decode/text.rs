//! A frame as a line for people.

use std::fmt::Write as _;

use krpc_tokio::core::FrameKind;
use serde_json::Value;

use super::connection::Frame;
use crate::output::{json, plain};
use crate::side::Side;

/// Seconds, to the microsecond.
pub(super) fn time(micros: u64) -> String {
    format!("{:>4}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

pub(super) fn line(number: u64, at: u64, from: Side, said: &str) -> String {
    format!("{}  {number} {} {said}", time(at), from.way())
}

/// What a frame is, in a word.
pub(super) fn kind(kind: FrameKind) -> &'static str {
    match kind {
        FrameKind::Preamble => "preamble",
        FrameKind::Negotiate(step) => step.name(),
        FrameKind::NegotiateError => "negotiation error",
        FrameKind::ConnectionContext => "connection context",
        FrameKind::Request => "request",
        FrameKind::Aborted => "aborted request",
        FrameKind::Reply => "reply",
        FrameKind::Error => "error",
        _ => "frame",
    }
}

pub(super) fn frame(number: u64, frame: &Frame, body: Option<&Value>) -> String {
    let mut said = kind(frame.kind).to_owned();
    let mut add = |part: std::fmt::Arguments<'_>| {
        let _ = said.write_fmt(part);
    };
    if let Some(id) = frame.call_id.filter(|id| *id >= 0) {
        add(format_args!(" {id}"));
    }
    if let Some(called) = &frame.method {
        add(format_args!(" {}.{}", plain(&called.service), plain(&called.method)));
    }
    add(format_args!(", {} bytes, body {}", frame.bytes, frame.body_bytes));
    if !frame.sidecars.is_empty() {
        let shown: Vec<String> = frame.sidecars.iter().take(8).map(u64::to_string).collect();
        let more = if frame.sidecars.len() > 8 { " and so on" } else { "" };
        let (count, shown) = (frame.sidecars.len(), shown.join(" + "));
        add(format_args!(", {count} sidecars of {shown}{more}"));
    }
    if let Some(aborted) = frame.aborted {
        add(format_args!(", footer {}", if aborted { "aborted" } else { "sent" }));
    }
    if let Some(timeout) = frame.timeout_millis {
        add(format_args!(", timeout {timeout} ms"));
    }
    if !frame.features.is_empty() {
        add(format_args!(", needs features {:?}", frame.features));
    }
    if let Some(id) = &frame.request_id {
        add(format_args!(", request id {}/{}", id.seq_no, id.attempt_no));
    }
    if let Some(asked) = frame.asked_at {
        add(format_args!(", after {} us", frame.at.saturating_sub(asked)));
    }
    if frame.lost > 0 {
        add(format_args!(", {} bytes of it not captured", frame.lost));
    }
    if let Some(error) = &frame.error {
        let code = error.code.map_or("no code", |code| code.name());
        add(format_args!(": {code}: {}", plain(error.message())));
    }
    if let Some(body) = body {
        add(format_args!("\n{}", json(body)));
    }
    line(number, frame.at, frame.from, &said)
}
