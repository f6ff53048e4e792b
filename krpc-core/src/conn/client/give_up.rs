//! Giving up on a call, because it was cancelled or its deadline has passed.

use std::time::{Duration, Instant};

use super::ClientConnection;
use crate::calls::{Ending, Stage};
use crate::config::OnCancel;
use crate::conn::wire::earliest;
use crate::error::{CallStage, ConnectionError};
use crate::event::{CallId, CancelOutcome};
use crate::tx::{Abort, FrameKey, MidWay};

impl ClientConnection {
    /// Nobody waits for a call any more. Returns what came of it, or `None` if that is to be seen.
    pub(super) fn give_up(
        &mut self,
        now: Instant,
        id: CallId,
        ending: Ending,
    ) -> Option<CancelOutcome> {
        match self.role.calls.stage(id.0, &self.wire.tx) {
            Stage::Ended => Some(CancelOutcome::AlreadyDone),
            Stage::NotBegun => {
                self.role.calls.withdraw(id.0, &mut self.wire.tx);
                let negotiating = self.is_negotiating();
                let stage = if negotiating { CallStage::Negotiating } else { CallStage::Queued };
                self.end_call(id, ending, stage, CancelOutcome::NotBegun)
            }
            Stage::Sent => {
                self.role.calls.abandon(id.0);
                // What has come of its reply is let go.
                self.wire.rx.skip_if(&self.role, &mut self.wire.stats);
                self.end_call(id, ending, CallStage::Sent, CancelOutcome::Sent)
            }
            Stage::MidWay(frame) => self.stop_mid_way(now, id, frame, ending),
        }
    }

    fn end_call(
        &mut self,
        id: CallId,
        ending: Ending,
        stage: CallStage,
        outcome: CancelOutcome,
    ) -> Option<CancelOutcome> {
        self.role.complete(id, Err(ending.error(stage, outcome)));
        Some(outcome)
    }

    /// Gives up on the call whose request is in mid-transmission.
    fn stop_mid_way(
        &mut self,
        now: Instant,
        id: CallId,
        frame: FrameKey,
        ending: Ending,
    ) -> Option<CancelOutcome> {
        self.role.calls.give_up(id.0, ending);
        if let Some(outcome) = self.abort(id, frame) {
            return Some(outcome);
        }
        let config = &self.role.config;
        let grace = match (config.on_cancel, ending) {
            (OnCancel::KeepUntilSent, _) => return None,
            (OnCancel::Close, _) => Duration::ZERO,
            (OnCancel::Drain, Ending::Cancelled) => config.grace,
            (OnCancel::Drain, Ending::Expired) => config.grace_at_deadline,
        };
        if grace.is_zero() {
            return self.cut(now, id);
        }
        self.role.cut_at = earliest(self.role.cut_at, now.checked_add(grace));
        None
    }

    pub(super) fn grace_is_over(&mut self, now: Instant) {
        let Some(MidWay { id, .. }) = self.wire.tx.mid_way() else { return };
        let Stage::MidWay(frame) = self.role.calls.stage(id, &self.wire.tx) else { return };
        // What was too much filler then may be little enough by now.
        if self.abort(CallId(id), frame).is_none() {
            self.cut(now, CallId(id));
        }
    }

    /// By its footer, if there are footers and the filler is within its limit.
    fn abort(&mut self, id: CallId, frame: FrameKey) -> Option<CancelOutcome> {
        let ending = self.role.calls.ending(id.0)?;
        match self.wire.tx.abort(frame, self.role.config.max_filler) {
            Abort::Done { sent, filler } => {
                self.role.cut_at = None;
                self.role.calls.forget(id.0);
                let outcome = CancelOutcome::Aborted { sent, filler };
                self.end_call(id, ending, CallStage::Sending, outcome)
            }
            Abort::NoFooters => None,
            Abort::TooMuch(owed) => {
                self.wire.stats.filler_refused += 1;
                let limit = self.role.config.max_filler;
                tracing::debug!(%id, owed, limit, "too much filler for an abort (setting: max_filler)");
                None
            }
        }
    }

    /// Stops sending for good. The payload is dropped before anything is reported.
    fn cut(&mut self, now: Instant, id: CallId) -> Option<CancelOutcome> {
        let ending = self.role.calls.ending(id.0)?;
        let outcome = CancelOutcome::cut(self.wire.tx.mid_way()?);
        self.role.cut_at = None;
        let close = self.role.config.on_cancel == OnCancel::Close;
        let never_begun = self.wire.cut(self.role.peer_answers_after_eof && !close);
        self.role.calls.forget(id.0);
        let outcome = self.end_call(id, ending, CallStage::Sending, outcome);
        for request in never_begun {
            self.role.give_back(request);
        }
        if close {
            self.fail(now, ConnectionError::Cut, false);
        } else {
            self.role.drain_until = now.checked_add(self.role.config.drain_timeout);
        }
        outcome
    }
}
