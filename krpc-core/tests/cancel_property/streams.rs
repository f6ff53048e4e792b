//! The streams in both directions: what lies where, and how far they have come.

use krpc_core::{CancelOutcome, ErrorStatus, Execution};

use super::super::payload::Payload;
use super::super::schedule::Place;
use super::{Begun, Call, End, Frame, Layout, METHOD, Model, Position, Reply, SERVICE};

/// So much is rendered ahead of the socket, as `docs/transmit.md` says.
const RENDER_AHEAD: u64 = 128 << 10;

const FOOTER: u64 = 3;

impl Model {
    // ---- the stream of requests

    /// Frames are laid out as they come near the socket, and never again.
    pub(crate) fn render(&mut self, now: u64) {
        while self.open && self.ahead < RENDER_AHEAD && self.rendered < self.queue.len() {
            let layout = self.lay_out(self.queue[self.rendered].call, now);
            self.queue[self.rendered].layout = Some(layout);
            self.rendered += 1;
            self.ahead += layout.size;
        }
    }

    /// So many bytes were accepted: by the network, or by TLS, which goes on until it is full.
    pub(crate) fn accept(&mut self, mut bytes: u64, now: u64, sealed: bool) -> Result<(), String> {
        self.accepted += bytes;
        self.render(now);
        while bytes > 0 {
            let Some(frame) = self.queue.front_mut() else {
                return Err(format!("{bytes} bytes were sent that belong to no call"));
            };
            let Some(layout) = frame.layout else {
                return Err(format!("{bytes} bytes were sent that should not be rendered"));
            };
            if frame.done == 0 {
                let Layout { head, size, timeout, .. } = layout;
                frame.number = self.begun.len();
                self.begun.push(Begun { call: frame.call, head, size, timeout, aborted_at: None });
            }
            let step = bytes.min(layout.size - frame.done);
            frame.done += step;
            bytes -= step;
            self.ahead -= step;
            if frame.done == layout.size {
                self.rendered -= 1;
                let Frame { call, aborted, .. } =
                    self.queue.pop_front().expect("it was looked at just now");
                self.is_sent(call, aborted);
            }
            if sealed {
                self.render(now);
            }
        }
        Ok(())
    }

    fn is_sent(&mut self, call: usize, aborted: bool) {
        if aborted {
            self.aborted_frames += 1;
            return;
        }
        self.calls[call].sent = true;
        if let Some(ending) = self.calls[call].ending {
            self.cut_at = None;
            self.abandon(call);
            self.end(call, ending.of(CancelOutcome::Sent, Execution::Maybe));
        }
    }

    fn lay_out(&self, call: usize, now: u64) -> Layout {
        let Call { id, payload, deadline, .. } = &self.calls[call];
        let names = (2 + SERVICE.len() + METHOD.len() + 2) as u64;
        let timeout = deadline.map(|at| at.saturating_sub(now).max(1));
        let header = 1
            + varint(*id as u64)
            + 1
            + varint(names)
            + names
            + timeout.map_or(0, |ms| 1 + varint(ms))
            + payload.offsets().map(|at| 2 + varint(at as u64)).sum::<u64>();
        let main = payload.len as u64;
        let head = 4 + varint(header) + header + varint(main);
        let size = head + main + if self.footers { FOOTER } else { 0 };
        Layout { head, main, size, timeout }
    }

    /// Whether there are bytes for the network; nobody knows from outside what TLS holds.
    pub(crate) fn has_output(&self) -> bool {
        self.open && !self.closed && (self.shutdown_due || (!self.cut && !self.queue.is_empty()))
    }

    /// Bytes to be accepted until `place` in the call's frame is reached.
    pub(crate) fn distance(&self, call: usize, place: Place, now: u64) -> Option<u64> {
        let mut before = 0;
        for frame in &self.queue {
            let layout = frame.layout.unwrap_or_else(|| self.lay_out(frame.call, now));
            if frame.call == call {
                let part = |from: u64, len: u64, share: u8| {
                    (len > 0).then(|| from + ((len * u64::from(share)) >> 8))
                };
                let Layout { head, main, size, .. } = layout;
                let body = self.calls[call].payload.body_len() as u64;
                let target = match place {
                    Place::Begin => Some(0),
                    Place::Head(share) => part(1, head - 1, share),
                    Place::Body(share) => part(head, body, share),
                    Place::Sidecars(share) => part(head + body, main - body, share),
                    Place::Footer(left) => self.footers.then(|| size - u64::from(left.clamp(1, 3))),
                    Place::End => Some(size),
                };
                return (before + target?).checked_sub(frame.done);
            }
            before += layout.size - frame.done;
        }
        None
    }

    /// Filler that is owed: of the frame that is in mid-transmission, if it was aborted.
    pub(crate) fn filler_owed(&self) -> u64 {
        let Some(Frame { layout: Some(layout), done, aborted: true, number, .. }) =
            self.queue.front()
        else {
            return 0;
        };
        let at = self.begun[*number].aborted_at.expect("it was noted");
        let (from, to) = filler(layout, at);
        to.saturating_sub(from.max(*done))
    }

    /// Filler that was sent in all.
    pub(crate) fn filler_sent(&self) -> u64 {
        let aborted = self.begun.iter().filter_map(|b| Some((b, b.aborted_at?)));
        let all = aborted.map(|(begun, at)| {
            let end = begun.size - if self.footers { FOOTER } else { 0 };
            end.saturating_sub(at.max(begun.head))
        });
        all.sum::<u64>() - self.filler_owed()
    }

    // ---- the server, and the stream of replies

    pub(crate) fn answer(&mut self, call: usize, payload: Payload, error: Option<ErrorStatus>) {
        let main = match &error {
            Some(status) => status.encode().len() as u64,
            None => payload.len as u64,
        };
        let offsets = payload.offsets().map(|at| 1 + varint(at as u64)).sum::<u64>();
        let header = 1 + varint(self.calls[call].id as u64) + 2 + offsets;
        let size = 4 + varint(header) + header + varint(main) + main;
        self.replies.push(Reply { call, payload, error, size });
    }

    /// So many bytes of the server's were accepted.
    pub(crate) fn accept_replies(&mut self, mut bytes: u64) -> Result<(), String> {
        let at = &mut self.answered;
        while bytes > 0 {
            let reply =
                self.replies.get(at.reply).ok_or("the server sent what nobody asked for")?;
            let step = bytes.min(reply.size - at.done);
            at.done += step;
            bytes -= step;
            if at.done == reply.size {
                *at = Position { reply: at.reply + 1, done: 0 };
                self.at_server -= 1;
            }
        }
        Ok(())
    }

    /// So many bytes of the server's have come to the client.
    pub(crate) fn deliver(&mut self, mut bytes: u64) {
        while bytes > 0 && !self.closed {
            let reply = &self.replies[self.delivered.reply];
            let step = bytes.min(reply.size - self.delivered.done);
            self.delivered.done += step;
            bytes -= step;
            if self.delivered.done < reply.size {
                return;
            }
            let call = reply.call;
            let reply = self.delivered.reply;
            self.delivered = Position { reply: reply + 1, done: 0 };
            if self.calls[call].abandoned {
                self.abandoned -= 1;
                self.late += 1;
            } else {
                self.over(call, End::Reply(reply));
            }
        }
        self.settle();
    }

    /// Bytes until so many 256ths of the reply to a call have come.
    pub(crate) fn distance_of_reply(&self, call: usize, share: u8) -> Option<u64> {
        let waiting = &self.replies[self.delivered.reply..];
        let place = waiting.iter().position(|reply| reply.call == call)?;
        let before: u64 = waiting[..place].iter().map(|reply| reply.size).sum();
        let target = 1 + (((waiting[place].size - 1) * u64::from(share)) >> 8);
        (before + target).checked_sub(self.delivered.done)
    }

    pub(crate) fn replies_delivered(&self) -> usize {
        self.delivered.reply
    }
}

/// The part of a frame that becomes filler when it is aborted after `sent` bytes: what is left of the
/// head goes out as it was, and so does the footer, but for what it says.
pub(super) fn filler(layout: &Layout, sent: u64) -> (u64, u64) {
    let from = sent.max(layout.head);
    (from, from.max(layout.head + layout.main))
}

/// Bytes of a varint.
fn varint(value: u64) -> u64 {
    u64::from((64 - (value | 1).leading_zeros()).div_ceil(7))
}
