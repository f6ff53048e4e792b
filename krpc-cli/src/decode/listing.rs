//! What was found, as lines: JSON has frames and TLS, and the rest goes to standard error then.

use std::net::SocketAddr;

use krpc_tokio::core::FrameKind;
use serde_json::{Value, json};

use super::Stop;
use super::bodies::Bodies;
use super::connection::{Frame, KEEP, Seen};
use super::text::{self, kind};
use crate::failure::Failure;
use crate::output::{json_line, plain};
use crate::side::Side;

/// With bodies, longer ones are not shown.
const LONGEST_BODY: usize = 1 << 20;

/// What is told, and how.
pub(crate) struct Options {
    pub(crate) json: bool,
    pub(crate) bodies: Option<Bodies>,
}

/// Takes lines.
pub(crate) struct Out<'a> {
    pub(crate) line: &'a mut dyn FnMut(&str) -> Result<(), Failure>,
    pub(crate) note: &'a mut dyn FnMut(&str),
}

/// The list of what is in one file.
pub(crate) struct Listing<'a> {
    options: &'a Options,
    file: &'a str,
    out: Out<'a>,
    connections: u64,
    damages: u64,
    /// Of a capture, when it began, and when its last packet passed after that.
    began: Option<u64>,
    last: u64,
    seen: Vec<Seen>,
}

impl<'a> Listing<'a> {
    pub(crate) fn new(options: &'a Options, file: &'a str, out: Out<'a>) -> Self {
        let seen = Vec::new();
        Listing { options, file, out, connections: 0, damages: 0, began: None, last: 0, seen }
    }

    /// How much is damaged.
    pub(crate) fn damages(&self) -> u64 {
        self.damages
    }

    /// How much of bodies is to be held.
    pub(super) fn keep(&self) -> usize {
        if self.options.bodies.is_some() { LONGEST_BODY } else { KEEP }
    }

    pub(super) fn next_connection(&mut self) -> u64 {
        self.connections += 1;
        self.connections
    }

    /// The time of a packet, counted from the first.
    pub(super) fn since_first(&mut self, micros: u64) -> u64 {
        self.last = micros.saturating_sub(*self.began.get_or_insert(micros));
        self.last
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn opened(
        &mut self,
        number: u64,
        at: u64,
        client: SocketAddr,
        server: SocketAddr,
    ) -> Result<(), Stop> {
        let line = format!("connection {number}, {client} to {server}");
        self.remark(&format!("{}  {line}", text::time(at)))
    }

    pub(super) fn closed(
        &mut self,
        number: u64,
        at: u64,
        from: Side,
        how: &str,
    ) -> Result<(), Stop> {
        match self.options.json {
            true => Ok(()),
            false => self.remark(&text::line(number, at, from, how)),
        }
    }

    pub(super) fn gap(&mut self, number: u64, at: u64, from: Side, bytes: u64) -> Result<(), Stop> {
        let said = format!("gap: {bytes} bytes were not captured");
        self.remark(&text::line(number, at, from, &said))
    }

    pub(super) fn note(&mut self, said: String) -> Result<(), Stop> {
        self.remark(&said)
    }

    /// The file cannot be read further.
    pub(crate) fn file_damage(&mut self, reason: &str) -> Result<(), Failure> {
        self.damages += 1;
        (self.out.note)(&format!("krpc: '{}' is damaged: {}", self.file, plain(reason)));
        Ok(())
    }

    /// Tells what `feed` sees of a connection at that time.
    pub(super) fn batch(
        &mut self,
        number: u64,
        at: u64,
        feed: impl FnOnce(&mut dyn FnMut(Seen)),
    ) -> Result<(), Stop> {
        let mut batch = std::mem::take(&mut self.seen);
        feed(&mut |seen| batch.push(seen));
        for seen in batch.drain(..) {
            self.tell(number, at, seen)?;
        }
        self.seen = batch;
        Ok(())
    }

    fn tell(&mut self, number: u64, at: u64, seen: Seen) -> Result<(), Stop> {
        let (from, offset, said) = match seen {
            Seen::Frame(frame) => {
                let body = self.options.bodies.as_ref().and_then(|bodies| bodies.json(&frame));
                let line = match self.options.json {
                    true => json_line(&self.json(number, &frame, body)),
                    false => text::frame(number, &frame, body.as_ref()),
                };
                return Ok((self.out.line)(&line)?);
            }
            Seen::Lost { from, offset, bytes } => {
                (from, offset, format!("{bytes} bytes cannot be read"))
            }
            Seen::Tls { from, offset, records, bytes } => {
                if self.options.json {
                    let tls = self.tls(number, at, from, (offset, records, bytes));
                    return Ok((self.out.line)(&json_line(&tls))?);
                }
                (from, offset, format!("{records} TLS records, {bytes} bytes"))
            }
            Seen::Damage(damage) => {
                self.damages += 1;
                (damage.from, damage.offset, format!("damage: {}", plain(&damage.reason)))
            }
        };
        let said = format!("from byte {offset} on: {said}");
        self.remark(&text::line(number, at, from, &said))
    }

    fn remark(&mut self, line: &str) -> Result<(), Stop> {
        match self.options.json {
            true => (self.out.note)(&format!("{}: {}", plain(self.file), line.trim_start())),
            false => (self.out.line)(line)?,
        }
        Ok(())
    }

    /// Records of one side, with the fields that a frame has.
    fn tls(
        &self,
        number: u64,
        at: u64,
        from: Side,
        (offset, records, bytes): (u64, u64, u64),
    ) -> Value {
        json!({
            "file": self.file,
            "connection": number,
            "t_us": at,
            "dir": from.way(),
            "offset": offset,
            "bytes": bytes,
            "kind": "tls",
            "call_id": null,
            "service": null,
            "method": null,
            "is_error": false,
            "body_bytes": 0,
            "sidecars": [],
            "footer": null,
            "tls": {"records": records},
        })
    }

    fn json(&self, number: u64, frame: &Frame, body: Option<Value>) -> Value {
        let method = frame.method.as_ref();
        let footer = frame.aborted.map(|aborted| if aborted { "aborted" } else { "sent" });
        let request_id = frame.request_id.as_ref().map(|id| {
            json!({
                "client_id": String::from_utf8_lossy(&id.client_id),
                "seq_no": id.seq_no,
                "first_incomplete_seq_no": id.first_incomplete_seq_no,
                "attempt_no": id.attempt_no,
            })
        });
        let error = frame.error.as_ref();
        let mut value = json!({
            "file": self.file,
            "connection": number,
            "t_us": frame.at,
            "dir": frame.from.way(),
            "offset": frame.offset,
            "bytes": frame.bytes,
            "kind": kind(frame.kind),
            "call_id": frame.call_id,
            "service": method.map(|method| &method.service),
            "method": method.map(|method| &method.method),
            "is_error": frame.is_error(),
            "code": error.and_then(|error| error.code).map(|code| code.name()),
            "message": error.map(|error| error.message()),
            "body_bytes": frame.body_bytes,
            "sidecars": frame.sidecars,
            "footer": footer,
            "timeout_millis": frame.timeout_millis,
            "features": frame.features,
            "request_id": request_id,
            "took_us": frame.asked_at.map(|asked| frame.at.saturating_sub(asked)),
            "lost": frame.lost,
        });
        if self.options.bodies.is_some() && frame.kind != FrameKind::Preamble {
            value["body"] = body.unwrap_or(Value::Null);
        }
        value
    }
}
