//! A connection: what both sides send, as frames with what they say of themselves.

use std::collections::BTreeMap;

use bytes::Bytes;
use krpc_tokio::core::proto::codes::{FEATURE_REQUEST_FOOTERS, NegotiateStep};
use krpc_tokio::core::proto::{decode, frame, ids, pb, preamble, sidecar};
use krpc_tokio::core::{ErrorStatus, FrameKind};

use super::Damage;
use super::stream::{Piece, Raw, Stream};
use crate::side::Side;

/// Calls whose replies are waited for; those that come on top have replies without a name.
const MAX_CALLS: usize = 100_000;

/// Bytes of names that are held for them.
const MAX_NAMES: usize = 16 << 20;

/// Of a main part so much is held, for what an error or a step of the negotiation says.
pub(crate) const KEEP: usize = 64 << 10;

/// A request that has not come to its end.
#[derive(Debug)]
pub(crate) struct Unfinished {
    pub(crate) call_id: i32,
    pub(crate) method: Option<Method>,
    /// All of it.
    pub(crate) bytes: u64,
    /// Those that have come.
    pub(crate) come: u64,
}

/// Something that was seen.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A frame has come to its end, or the preamble has.
    Frame(Box<Frame>),
    /// These bytes could not be read, because others before them were not captured or are damaged.
    Lost {
        from: Side,
        offset: u64,
        bytes: u64,
    },
    /// From this offset on there were TLS records; told at the end.
    Tls {
        from: Side,
        offset: u64,
        records: u64,
        bytes: u64,
    },
    Damage(Damage),
}

/// One frame. What a peer chose is as it came, not fit to be printed.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) from: Side,
    /// When its last byte passed, in microseconds.
    pub(crate) at: u64,
    /// Where it begins in its side's stream.
    pub(crate) offset: u64,
    /// All of it, the prefix included.
    pub(crate) bytes: u64,
    pub(crate) kind: FrameKind,
    /// None for the preamble.
    pub(crate) call_id: Option<i32>,
    /// A reply has those of its request, if that was seen.
    pub(crate) method: Option<Method>,
    /// What an error says.
    pub(crate) error: Option<ErrorStatus>,
    pub(crate) body_bytes: u64,
    /// Their lengths.
    pub(crate) sidecars: Vec<u64>,
    /// Whether there is a footer, and whether it says that the call was aborted.
    pub(crate) aborted: Option<bool>,
    pub(crate) timeout_millis: Option<u32>,
    /// Of the application, those that the call requires.
    pub(crate) features: Vec<u32>,
    pub(crate) request_id: Option<pb::RequestIdPb>,
    /// When the request of this reply passed.
    pub(crate) asked_at: Option<u64>,
    /// Bytes in the middle of it that were not captured.
    pub(crate) lost: u64,
    /// The body, if all of it was held.
    pub(crate) body: Option<Bytes>,
}

impl Frame {
    pub(crate) fn is_error(&self) -> bool {
        matches!(self.kind, FrameKind::Error | FrameKind::NegotiateError)
    }
}

/// What is called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Method {
    pub(crate) service: String,
    pub(crate) method: String,
}

/// Follows a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    client: Stream,
    server: Stream,
    sides: Sides,
}

/// What is known of both sides together.
#[derive(Debug, Default)]
struct Sides {
    keep: usize,
    /// Whether each side lists footers: client, server. Unknown until it has said so.
    footers: [Option<bool>; 2],
    calls: BTreeMap<i32, Call>,
    /// Bytes of names in `calls`.
    names: usize,
}

/// A call that is waited for.
#[derive(Debug)]
struct Call {
    method: Method,
    at: u64,
}

impl Connection {
    /// Of each main part the first `keep` bytes are held until the frame ends, at least [`KEEP`].
    pub(crate) fn new(keep: usize) -> Self {
        let keep = keep.max(KEEP);
        Connection {
            client: Stream::new(Side::Client, keep),
            server: Stream::new(Side::Server, keep),
            sides: Sides { keep, ..Sides::default() },
        }
    }

    /// Takes what one side sent next, `at` microseconds from wherever the caller counts.
    pub(crate) fn feed(&mut self, from: Side, at: u64, bytes: &[u8], mut seen: impl FnMut(Seen)) {
        let (stream, sides) = self.side(from);
        stream.feed(bytes, &mut |piece| seen(sides.seen(from, at, piece)));
    }

    /// So many bytes of a side were not captured.
    pub(crate) fn gap(&mut self, from: Side, at: u64, bytes: u64, mut seen: impl FnMut(Seen)) {
        let (stream, sides) = self.side(from);
        stream.gap(bytes, &mut |piece| seen(sides.seen(from, at, piece)));
    }

    /// Nothing more will come from either side.
    pub(crate) fn end(&mut self, at: u64, mut seen: impl FnMut(Seen)) {
        let mut cut = self.unfinished();
        for from in Side::BOTH {
            let (stream, sides) = self.side(from);
            stream.end(&mut |mut piece| {
                if let Piece::Damage(damage) = &mut piece
                    && let Some(Unfinished { call_id, method: Some(called), .. }) = cut.take()
                {
                    let Method { service, method } = called;
                    damage.reason += &format!(", of call {call_id}, {service}.{method}");
                }
                seen(sides.seen(from, at, piece));
            });
        }
    }

    /// The request that the client is sending, once its header has come.
    pub(crate) fn unfinished(&self) -> Option<Unfinished> {
        let (raw, come) = self.client.unfinished()?;
        let header = decode::request_header(raw.header.clone()).ok()?;
        let method = header.remote_method.map(Method::from);
        Some(Unfinished { call_id: header.call_id, method, bytes: raw.bytes, come })
    }

    /// Bytes of bodies that are held.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.client.held() + self.server.held()
    }

    /// Whether TLS hides what one of the sides sends.
    pub(crate) fn is_tls(&self) -> bool {
        self.client.is_tls() || self.server.is_tls()
    }

    fn side(&mut self, from: Side) -> (&mut Stream, &mut Sides) {
        match from {
            Side::Client => (&mut self.client, &mut self.sides),
            Side::Server => (&mut self.server, &mut self.sides),
        }
    }
}

impl Sides {
    fn seen(&mut self, from: Side, at: u64, piece: Piece) -> Seen {
        match piece {
            Piece::Preamble => Seen::Frame(Box::new(preamble_frame(at))),
            Piece::Lost { offset, bytes } => Seen::Lost { from, offset, bytes },
            Piece::Tls { offset, records, bytes } => Seen::Tls { from, offset, records, bytes },
            Piece::Damage(damage) => Seen::Damage(damage),
            Piece::Frame(raw) => {
                let offset = raw.offset;
                let read = match from {
                    Side::Client => self.request(at, raw),
                    Side::Server => self.reply(at, raw),
                };
                match read {
                    Ok(frame) => Seen::Frame(Box::new(frame)),
                    Err(reason) => Seen::Damage(Damage { from, offset, reason }),
                }
            }
        }
    }

    fn request(&mut self, at: u64, raw: Raw) -> Result<Frame, String> {
        let header = decode::request_header(raw.header.clone()).map_err(|e| e.to_string())?;
        let id = header.call_id;
        let mut frame = self.frame(Side::Client, at, &raw, id, &header.sidecar_offsets)?;
        frame.aborted = self.footer(&raw, id)?;
        frame.timeout_millis = header.timeout_millis;
        frame.features = header.required_feature_flags;
        frame.request_id = header.request_id;
        frame.method = header.remote_method.map(Method::from);
        frame.kind = match id {
            ids::NEGOTIATE => self.step(0, &frame)?,
            ids::CONNECTION_CONTEXT => FrameKind::ConnectionContext,
            _ if frame.aborted == Some(true) => FrameKind::Aborted,
            _ => FrameKind::Request,
        };
        if matches!(frame.kind, FrameKind::Request | FrameKind::Aborted) {
            let Some(method) = &frame.method else {
                return Err(format!("call {id} does not say what it calls"));
            };
            self.forget(id);
            if frame.kind == FrameKind::Request {
                self.remember(id, at, method);
            }
        }
        Ok(frame)
    }

    fn reply(&mut self, at: u64, raw: Raw) -> Result<Frame, String> {
        let header = decode::response_header(raw.header.clone()).map_err(|e| e.to_string())?;
        let id = header.call_id;
        let mut frame = self.frame(Side::Server, at, &raw, id, &header.sidecar_offsets)?;
        if raw.tail.0 > 0 {
            return Err(format!("{} bytes too many at the end of the frame", raw.tail.0));
        }
        frame.kind = match (id, header.is_error()) {
            (ids::NEGOTIATE, true) => FrameKind::NegotiateError,
            (ids::NEGOTIATE, false) => self.step(1, &frame)?,
            (_, true) => FrameKind::Error,
            (_, false) => FrameKind::Reply,
        };
        if header.is_error()
            && let Some(body) = frame.body.clone()
        {
            frame.error = Some(ErrorStatus::decode(body).map_err(|e| e.to_string())?);
        }
        if let Some(call) = self.forget(id) {
            (frame.method, frame.asked_at) = (Some(call.method), Some(call.at));
        }
        Ok(frame)
    }

    /// What frames of both sides have.
    fn frame(
        &self,
        from: Side,
        at: u64,
        raw: &Raw,
        id: i32,
        offsets: &[u32],
    ) -> Result<Frame, String> {
        let main = usize::try_from(raw.main).map_err(|e| e.to_string())?;
        sidecar::check(main, offsets).map_err(|e| e.to_string())?;
        let body_len = sidecar::body_len(main, offsets);
        let sidecars = (0..offsets.len()).filter_map(|i| sidecar::range(main, offsets, i));
        let whole = body_len <= raw.body.len() && body_len <= self.keep;
        Ok(Frame {
            from,
            at,
            offset: raw.offset,
            bytes: raw.bytes,
            kind: FrameKind::Request,
            call_id: Some(id),
            method: None,
            error: None,
            body_bytes: body_len as u64,
            sidecars: sidecars.map(|range| range.len() as u64).collect(),
            aborted: None,
            timeout_millis: None,
            features: Vec::new(),
            request_id: None,
            asked_at: None,
            lost: raw.lost,
            body: whole.then(|| raw.body.slice(..body_len)),
        })
    }

    /// What follows the main part of a request: a footer only where neither side is known to lack it.
    fn footer(&self, raw: &Raw, id: i32) -> Result<Option<bool>, String> {
        let (len, bytes) = &raw.tail;
        if *len == 0 {
            return Ok(None);
        }
        let agreed = self.footers.iter().all(|side| side.unwrap_or(true));
        match bytes.split_first() {
            Some((&announced, footer)) if agreed && id >= 0 && *len == bytes.len() as u64 => {
                if usize::from(announced) != footer.len() {
                    return Err(format!("footer of {announced} bytes where {} are", footer.len()));
                }
                frame::parse_footer(footer).map(Some).map_err(|e| e.to_string())
            }
            _ => Err(format!("{len} bytes too many at the end of the frame")),
        }
    }

    /// A step of the negotiation, from side 0 or 1.
    fn step(&mut self, side: usize, frame: &Frame) -> Result<FrameKind, String> {
        let Some(body) = frame.body.clone() else {
            return Ok(FrameKind::Negotiate(NegotiateStep::Unknown));
        };
        let message = decode::negotiate(body).map_err(|e| e.to_string())?;
        let step = NegotiateStep::from_i32(message.step).unwrap_or(NegotiateStep::Unknown);
        if step == NegotiateStep::Negotiate {
            let footers = FEATURE_REQUEST_FOOTERS as i32;
            self.footers[side] = Some(message.supported_features.contains(&footers));
        }
        Ok(FrameKind::Negotiate(step))
    }

    fn remember(&mut self, id: i32, at: u64, method: &Method) {
        let names = self.names + method.len();
        if self.calls.len() < MAX_CALLS && names <= MAX_NAMES {
            self.names = names;
            self.calls.insert(id, Call { method: method.clone(), at });
        }
    }

    fn forget(&mut self, id: i32) -> Option<Call> {
        let call = self.calls.remove(&id)?;
        self.names -= call.method.len();
        Some(call)
    }
}

impl From<pb::RemoteMethodPb> for Method {
    fn from(called: pb::RemoteMethodPb) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Method { service: text(&called.service_name), method: text(&called.method_name) }
    }
}

impl Method {
    fn len(&self) -> usize {
        self.service.len() + self.method.len()
    }
}

fn preamble_frame(at: u64) -> Frame {
    Frame {
        from: Side::Client,
        at,
        offset: 0,
        bytes: preamble::LEN as u64,
        kind: FrameKind::Preamble,
        call_id: None,
        method: None,
        error: None,
        body_bytes: 0,
        sidecars: Vec::new(),
        aborted: None,
        timeout_millis: None,
        features: Vec::new(),
        request_id: None,
        asked_at: None,
        lost: 0,
        body: None,
    }
}
