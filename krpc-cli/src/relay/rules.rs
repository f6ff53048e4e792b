//! What becomes of bytes on their way.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::random::Random;

/// How much is passed on at once, at most.
pub(super) const STEP: usize = 16 << 10;

/// A slow way moves so often in a second.
const STEPS_PER_SECOND: u64 = 50;

/// Longest and shortest pause at random.
const PAUSE: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(50));

/// The rules of both directions of a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    /// To the server.
    pub(crate) up: Rule,
    /// From it.
    pub(crate) down: Rule,
}

/// The rule of one direction. The default is to pass on everything at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) gate: Gate,
    pub(crate) pauses: Option<Pauses>,
    /// How long everything is on its way.
    pub(crate) delay: Duration,
    /// Bytes in a second.
    pub(crate) bandwidth: Option<u64>,
    /// The connection is dropped after so many bytes.
    pub(crate) drop_after: Option<u64>,
}

impl Rule {
    /// How much to read at once: little on a slow way, so that it flows rather than jumps.
    pub(super) fn step(&self) -> usize {
        let step = self.bandwidth.map_or(u64::MAX, |bytes| (bytes / STEPS_PER_SECOND).max(1));
        usize::try_from(step).map_or(STEP, |step| step.min(STEP))
    }
}

/// Pauses at random.
#[derive(Clone, Debug)]
pub(crate) struct Pauses {
    /// After which share of the steps.
    pub(crate) share: watch::Receiver<f64>,
    pub(crate) random: Random,
}

impl Pauses {
    pub(super) async fn pause(&mut self) {
        let share = *self.share.borrow();
        if self.random.chance(share) {
            let (shortest, longest) = (PAUSE.0.as_secs_f64(), PAUSE.1.as_secs_f64());
            let pause = Duration::from_secs_f64(self.random.magnitude(shortest, longest));
            tokio::time::sleep(pause).await;
        }
    }
}

/// Lets bytes pass, or not. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Gate(Arc<watch::Sender<Option<u64>>>);

impl Default for Gate {
    /// Everything may pass.
    fn default() -> Self {
        Gate(Arc::new(watch::Sender::new(None)))
    }
}

impl Gate {
    /// Everything may pass.
    pub(crate) fn open(&self) {
        self.0.send_replace(None);
    }

    /// Nothing is read any more.
    pub(crate) fn close(&self) {
        self.close_after(0);
    }

    /// Nothing is read any more after so many bytes.
    pub(crate) fn close_after(&self, bytes: u64) {
        self.0.send_replace(Some(bytes));
    }

    /// Waits until something may pass: how much.
    pub(super) async fn allowed(&self) -> u64 {
        let mut left = self.0.subscribe();
        let left = left.wait_for(|left| *left != Some(0)).await;
        left.ok().and_then(|left| *left).unwrap_or(u64::MAX)
    }

    pub(super) fn passed(&self, bytes: u64) {
        self.0.send_modify(|left| *left = left.map(|left| left.saturating_sub(bytes)));
    }
}

/// By how much a timer or a peer may be late without a loss of bandwidth.
const LATE: Duration = Duration::from_millis(20);

/// When bytes have passed a way that takes so many in a second.
#[derive(Debug, Default)]
pub(super) struct Pace(Option<Instant>);

impl Pace {
    /// Those that come now, behind those that came before. Time in which nothing came is lost, but for a
    /// little.
    pub(super) fn passed(&mut self, now: Instant, bytes: usize, bandwidth: u64) -> Instant {
        let late = now.checked_sub(LATE).unwrap_or(now);
        let begin = self.0.map_or(now, |before| before.max(late));
        let takes = Duration::from_secs_f64(bytes as f64 / bandwidth.max(1) as f64);
        let end = begin + takes;
        self.0 = Some(end);
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_kept_over_many_steps_and_nothing_is_saved_up() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let mut now = start;
        for _ in 0..50 {
            now = pace.passed(now, 20, 1_000);
        }
        assert_eq!((now - start).as_millis(), 1_000);
        // Whoever comes early waits for those before.
        assert_eq!((pace.passed(start, 100, 1_000) - start).as_millis(), 1_100);
        let later = start + Duration::from_secs(60);
        assert_eq!((pace.passed(later, 500, 1_000) - later).as_millis(), 480);
    }

    #[test]
    fn timers_that_are_late_cost_no_bandwidth() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let mut now = start;
        for _ in 0..1_000 {
            // A step takes less than a timer is late.
            now = now.max(pace.passed(now, 16_384, 100 << 20)) + Duration::from_micros(100);
        }
        let ideal = Duration::from_secs_f64(16_384_000.0 / f64::from(100 << 20));
        assert!(now - start < ideal + Duration::from_millis(1), "{:?}", now - start);
    }

    #[test]
    fn steps_are_small_on_a_slow_way() {
        let step = |bandwidth| Rule { bandwidth, ..Rule::default() }.step();
        assert_eq!(step(None), STEP);
        assert_eq!(step(Some(u64::MAX)), STEP);
        assert_eq!(step(Some(5_000)), 100);
        assert_eq!(step(Some(1)), 1);
    }
}
