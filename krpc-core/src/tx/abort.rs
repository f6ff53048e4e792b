//! A frame that is given up in mid-transmission.

use krpc_proto::frame::FOOTER_LEN;

use super::part::Part;
use super::{Frame, FrameKey, Progress, Rendered, Source, Tx};

/// Where a frame in mid-transmission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MidWay {
    pub(crate) id: i32,
    /// Bytes that were accepted.
    pub(crate) sent: u64,
    /// Bytes that were not.
    pub(crate) unsent: u64,
}

/// What came of trying to abort a frame by its footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abort {
    /// It is filling, and its payload is gone.
    Done { sent: u64, filler: u64 },
    /// There are no footers on this connection.
    NoFooters,
    /// It would owe so much filler.
    TooMuch(u64),
}

impl<S: Source> Tx<S> {
    /// Turns the rest of a committed frame into filler, and drops its payload here.
    ///
    /// What is left of prefix, header and the length of the main part goes out true. The footer has
    /// one byte to say that the frame was aborted, which is decided as long as it is not accepted.
    pub(crate) fn abort(&mut self, key: FrameKey, max_filler: u64) -> Abort {
        debug_assert_eq!(self.progress(key), Progress::Committed);
        if !self.footers {
            return Abort::NoFooters;
        }
        let Some((_, front)) = self.frames.front_mut() else { return Abort::NoFooters };
        let Frame::Rendered(rendered) = front else { return Abort::NoFooters };
        let (left, size) = (rendered.left(), rendered.size);
        let Some(Part::Text(last)) = rendered.parts.first() else {
            unreachable!("a frame with a footer ends in text");
        };
        let footer = last.end.saturating_sub(FOOTER_LEN as u64).max(last.start)..last.end;
        let head = match rendered.parts.last() {
            Some(Part::Text(next)) if next.start < rendered.head_end => {
                next.start..next.end.min(rendered.head_end)
            }
            _ => 0..0,
        };
        let text = (head.end - head.start) + (footer.end - footer.start);
        let filler = left as u64 - text;
        let owed = self.filler_owed + filler;
        if owed > max_filler {
            return Abort::TooMuch(owed);
        }
        let aborted = (footer.end - 1 - self.text_start) as usize;
        self.text[aborted] = u8::from(true);
        let parts = [Part::Text(footer), Part::Filler(filler as usize), Part::Text(head)];
        let parts = parts.into_iter().filter(|part| part.len() > 0).collect();
        self.filler_owed = owed;
        let payload = std::mem::replace(front, Frame::Filling(parts));
        drop(payload);
        Abort::Done { sent: (size - left) as u64, filler }
    }

    /// Where the frame stands that is partly sent, if it is not filling.
    pub(crate) fn mid_way(&self) -> Option<MidWay> {
        match self.frames.front() {
            Some((_, Frame::Rendered(rendered @ Rendered { committed: true, .. }))) => {
                let (left, id) = (rendered.left(), rendered.source.id());
                Some(MidWay { id, sent: (rendered.size - left) as u64, unsent: left as u64 })
            }
            _ => None,
        }
    }
}
