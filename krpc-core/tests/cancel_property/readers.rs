//! The streams as the second parser finds them.

use std::collections::VecDeque;

use super::failure::{Checked, ensure};
use super::model::Model;
use super::parser::{Frame, Parser, Stream};

/// The requests.
#[derive(Debug)]
pub(crate) struct Requests {
    pub(crate) parser: Parser,
    /// Whether the connection context has come, the last frame of the negotiation.
    pub(crate) context: bool,
    pub(crate) frames: usize,
    pub(crate) aborted: u64,
    /// Whole calls that the server has to find as well.
    pub(crate) arrived: VecDeque<usize>,
}

impl Requests {
    /// What is read of a sealed stream begins behind the preamble.
    pub(crate) fn new(footers: bool, preamble: usize) -> Self {
        Requests {
            parser: Parser::new(Stream::Requests { footers }, preamble),
            context: false,
            frames: 0,
            aborted: 0,
            arrived: VecDeque::new(),
        }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8], model: &Model) -> Checked {
        let Requests { parser, context, frames, aborted, arrived } = self;
        parser.feed(bytes, &mut |frame: &Frame<'_>| {
            if frame.id < 0 {
                *context |= frame.id == -3;
                return Ok(());
            }
            let begun = model.begun.get(*frames).ok_or("a frame that nobody began")?;
            *frames += 1;
            let call = &model.calls[begun.call];
            ensure!(frame.id == call.id, "frame of call {} instead of {}", frame.id, call.id);
            let (head, size) = (frame.head as u64, frame.size as u64);
            ensure!(size == begun.size, "frame of {size} bytes instead of {}", begun.size);
            ensure!(head == begun.head, "head of {head} bytes instead of {}", begun.head);
            ensure!(frame.timeout == begun.timeout, "{:?}, not {:?}", frame.timeout, begun.timeout);
            let offsets = frame.offsets.iter().map(|at| *at as usize);
            ensure!(offsets.eq(call.payload.offsets()), "sidecars lie elsewhere");
            let says = if frame.aborted { "says" } else { "does not say" };
            let Some(at) = begun.aborted_at else {
                ensure!(!frame.aborted, "a footer {says} that call {} was aborted", frame.id);
                ensure!(call.payload.begins(frame.main, call.payload.len), "altered payload");
                arrived.push_back(begun.call);
                return Ok(());
            };
            ensure!(frame.aborted, "a footer {says} that call {} was aborted", frame.id);
            let sent = at.saturating_sub(head).min(frame.main.len() as u64) as usize;
            ensure!(call.payload.begins(frame.main, sent), "altered payload before filler");
            *aborted += 1;
            Ok(())
        })
    }
}

/// The replies, likewise.
#[derive(Debug)]
pub(crate) struct Replies {
    pub(crate) parser: Parser,
    pub(crate) frames: usize,
}

impl Replies {
    /// They begin behind the negotiation.
    pub(crate) fn new() -> Self {
        Replies { parser: Parser::new(Stream::Replies, 0), frames: 0 }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8], model: &Model) -> Checked {
        let Replies { parser, frames } = self;
        parser.feed(bytes, &mut |frame: &Frame<'_>| {
            let reply = model.replies.get(*frames).ok_or("a reply that nobody gave")?;
            *frames += 1;
            let id = model.calls[reply.call].id;
            ensure!(frame.id == id, "reply to call {} instead of {id}", frame.id);
            ensure!(frame.is_error == reply.error.is_some(), "error or not?");
            let offsets = frame.offsets.iter().map(|at| *at as usize);
            ensure!(offsets.eq(reply.payload.offsets()), "sidecars of a reply lie elsewhere");
            let whole = match &reply.error {
                Some(status) => status.encode() == frame.main,
                None => {
                    frame.main.len() == reply.payload.len
                        && reply.payload.begins(frame.main, reply.payload.len)
                }
            };
            ensure!(whole, "altered reply");
            Ok(())
        })
    }
}
