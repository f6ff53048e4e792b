//! When a channel connects, and which connection a call goes to: a plain value.
//!
//! One [`Channel`] stands for one [`ConnectionId`](crate::ConnectionId) and knows at most one
//! usable connection. The first call connects. Calls that wait for an attempt fail with it: a
//! server that refuses is reported at once, not after some deadline. The next call tries again,
//! but not before a back-off has passed, which doubles from [`FIRST_BACKOFF`] to [`MAX_BACKOFF`]
//! with each failure in a row and of which a random share is waited for ("full jitter": clients
//! that lost the same server do not come back in step). A connection that was open and is lost
//! leaves no back-off behind.

use std::time::{Duration, Instant};

/// Upper bound of the wait after the first failed attempt.
pub const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// Upper bound of the wait after many: long enough to leave a restarting server alone, short
/// enough that a caller with the usual 10 s timeout gets at least one attempt.
pub const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// Names one connection among those that a channel opens one after the other, so that late news
/// of an earlier one changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(u64);

/// What to do with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Route {
    /// Give it to this connection, which is open or on its way.
    Use(Attempt),
    /// Make a new connection, whose connecting begins at `at`, and give the call to it.
    Connect {
        /// Its name.
        attempt: Attempt,
        /// When: `now` or, in a back-off, later.
        at: Instant,
    },
}

/// The policy of one channel.
#[derive(Debug, Default)]
pub struct Channel {
    last: u64,
    usable: Option<Usable>,
    failures: u32,
    not_before: Option<Instant>,
}

#[derive(Debug)]
struct Usable {
    attempt: Attempt,
    opened: bool,
}

impl Channel {
    /// A channel that has not connected yet.
    pub fn new() -> Self {
        Channel::default()
    }

    /// Where the next call goes.
    pub fn route(&mut self, now: Instant) -> Route {
        if let Some(usable) = &self.usable {
            return Route::Use(usable.attempt);
        }
        self.last += 1;
        let attempt = Attempt(self.last);
        self.usable = Some(Usable { attempt, opened: false });
        let at = self.not_before.map_or(now, |not_before| not_before.max(now));
        Route::Connect { attempt, at }
    }

    /// The connection that calls go to at present.
    pub fn current(&self) -> Option<Attempt> {
        self.usable.as_ref().map(|usable| usable.attempt)
    }

    /// The connection was negotiated.
    pub fn opened(&mut self, attempt: Attempt) {
        if let Some(usable) = self.usable.as_mut().filter(|usable| usable.attempt == attempt) {
            usable.opened = true;
            self.failures = 0;
            self.not_before = None;
        }
    }

    /// The connection takes no more calls; those that it has go on. Returns whether it was the
    /// one in use.
    pub fn retired(&mut self, attempt: Attempt) -> bool {
        let current = self.current() == Some(attempt);
        if current {
            self.usable = None;
        }
        current
    }

    /// The connection has ended. `random` is any evenly distributed number. Returns whether it was
    /// the one in use.
    pub fn closed(&mut self, attempt: Attempt, now: Instant, random: u64) -> bool {
        let opened = self.usable.as_ref().is_some_and(|usable| usable.opened);
        let current = self.retired(attempt);
        if current && !opened {
            self.not_before = Some(now + jitter(backoff(self.failures), random));
            self.failures = self.failures.saturating_add(1);
        }
        current
    }
}

/// The longest wait after `failures` earlier ones.
fn backoff(failures: u32) -> Duration {
    let factor = 1u32.checked_shl(failures).unwrap_or(u32::MAX);
    FIRST_BACKOFF.saturating_mul(factor).min(MAX_BACKOFF)
}

/// An evenly distributed share of `longest`.
fn jitter(longest: Duration, random: u64) -> Duration {
    let nanos = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(((u128::from(nanos) * u128::from(random)) >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect(channel: &mut Channel, now: Instant) -> (Attempt, Instant) {
        match channel.route(now) {
            Route::Connect { attempt, at } => (attempt, at),
            Route::Use(attempt) => panic!("{attempt:?} is usable"),
        }
    }

    #[test]
    fn one_usable_connection_at_a_time() {
        let now = Instant::now();
        let mut channel = Channel::new();
        let (first, at) = connect(&mut channel, now);
        assert_eq!(at, now);
        assert_eq!(channel.route(now), Route::Use(first));
        channel.opened(first);
        assert_eq!(channel.route(now), Route::Use(first));
        assert!(channel.retired(first));
        let (second, at) = connect(&mut channel, now);
        assert!(second > first);
        assert_eq!(at, now);
        assert!(!channel.closed(first, now, u64::MAX), "the old one ends later, without effect");
        assert_eq!(channel.route(now), Route::Use(second));
        assert_eq!(channel.current(), Some(second));
    }

    #[test]
    fn a_lost_connection_is_replaced_at_once() {
        let now = Instant::now();
        let mut channel = Channel::new();
        for _ in 0..10 {
            let (attempt, at) = connect(&mut channel, now);
            assert_eq!(at, now);
            channel.opened(attempt);
            assert!(channel.closed(attempt, now, u64::MAX));
        }
    }

    #[test]
    fn failures_in_a_row_double_the_back_off_up_to_its_bound() {
        let mut now = Instant::now();
        let mut channel = Channel::new();
        let mut waits = Vec::new();
        for _ in 0..40 {
            let (attempt, at) = connect(&mut channel, now);
            waits.push((at - now).as_millis());
            now = at;
            assert!(channel.closed(attempt, now, u64::MAX));
        }
        assert_eq!(waits[..8], [0, 99, 199, 399, 799, 1_599, 3_199, 4_999]);
        assert!(waits[8..].iter().all(|wait| *wait == 4_999), "{waits:?}");

        let (attempt, _) = connect(&mut channel, now);
        channel.opened(attempt);
        assert!(channel.closed(attempt, now, u64::MAX));
        assert_eq!(connect(&mut channel, now).1, now, "success forgets the failures");
    }

    #[test]
    fn the_back_off_is_a_random_share_and_runs_while_nobody_calls() {
        let now = Instant::now();
        for (random, share) in [(0, 0), (u64::MAX / 2, 49), (u64::MAX, 99)] {
            let mut channel = Channel::new();
            let (attempt, _) = connect(&mut channel, now);
            channel.closed(attempt, now, random);
            assert_eq!((connect(&mut channel, now).1 - now).as_millis(), share);
        }
        let mut channel = Channel::new();
        let (attempt, _) = connect(&mut channel, now);
        channel.closed(attempt, now, u64::MAX);
        let later = now + Duration::from_secs(1);
        assert_eq!(connect(&mut channel, later).1, later);
    }
}
