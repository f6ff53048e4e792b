//! The end of a schedule.

use std::sync::atomic::Ordering;

use super::super::failure::{Checked, ensure};
use super::super::met::Met;
use super::super::payload::Load;
use super::super::schedule::ALL;
use super::super::stage::FAR;
use super::Run;

impl Run<'_> {
    /// Everything is let through and answered. Then a last call shows that the connection works, if it
    /// still lives.
    pub(super) fn finish(mut self) -> Checked<Met> {
        self.negotiate()?;
        self.come_to_rest()?;
        let lives = self.model.accepts_calls();
        if lives {
            self.start(Load { size: 100, sidecars: 1, cut: 1 }, None, false)?;
            self.come_to_rest()?;
            ensure!(self.model.accepts_calls(), "it lived until now");
        }
        let parser = &self.requests.parser;
        if lives {
            let (client, server) = (self.client.stats(), self.server.stats());
            ensure!(self.model.abandoned == 0, "replies are missing");
            ensure!(self.server.in_flight() == 0, "the server still owes replies");
            let preamble = if self.sealed { 0 } else { 7 };
            let (read, promised) = (parser.read - preamble, parser.promised);
            ensure!(read == promised, "{read} bytes were sent and {promised} promised");
            let aborted = [client.aborted_frames_sent, server.aborted_frames_received];
            ensure!(aborted == [self.model.aborts; 2], "aborted: {aborted:?}");
            let filler = self.model.filler_sent();
            ensure!(client.filler_bytes_sent == filler, "{} of filler", client.filler_bytes_sent);
        }
        for (index, call) in self.model.calls.iter().enumerate() {
            ensure!(call.over, "call {index} has no end");
            let alive = call.alive.load(Ordering::Relaxed);
            ensure!(alive == 0, "{alive} pieces of call {index} are held");
            ensure!(!(call.ran && call.never), "call {index} ran and never ran");
        }
        let mut met = std::mem::take(&mut self.model.met);
        met.schedules = 1;
        met.calls = self.model.calls.len() as u64;
        met.layers[self.setup.layer as usize] = 1;
        met.killed = u64::from(self.dead);
        met.cut = u64::from(self.model.cut);
        met.bytes = self.model.accepted;
        Ok(met)
    }

    fn come_to_rest(&mut self) -> Checked {
        let load = Load { size: 10, sidecars: 0, cut: 0 };
        for _ in 0..10_000 {
            let mark = self.progress();
            self.client_writes_all()?;
            self.server_read(ALL)?;
            while !self.unanswered.is_empty() && !self.server_closed {
                self.respond(0, load, false)?;
            }
            self.server_writes_all()?;
            self.client_read(ALL)?;
            if self.progress() != mark {
                continue;
            }
            if self.client_gone || self.model.active == 0 {
                return Ok(());
            }
            let timers = [self.client.poll_timeout(), self.server.poll_timeout()];
            let next = timers.into_iter().flatten().min().unwrap_or(self.base + FAR);
            ensure!(next < self.base + FAR / 2, "calls wait for nothing");
            let next = next.saturating_duration_since(self.base).as_millis() as u64;
            self.advance(next.saturating_sub(self.now), true)?;
        }
        Err("there is no rest".into())
    }

    fn progress(&self) -> (u64, u64, u64, u64, [bool; 6], usize) {
        let ends = [
            self.client_gone,
            self.client_eof,
            self.server_gone,
            self.server_eof,
            self.up.ended,
            self.down.ended,
        ];
        let (up, down) = (&self.up, &self.down);
        (up.taken, up.given, down.taken, down.given, ends, self.model.active)
    }
}
