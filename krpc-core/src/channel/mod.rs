//! When a channel connects, and which connection a call goes to: a plain value.
//!
//! One [`Channel`] stands for one [`ConnectionId`](crate::ConnectionId) and knows at most one
//! usable connection. The first call connects. Calls that wait for an attempt fail with it: a
//! server that refuses is reported at once, not after some deadline. The next call tries again,
//! but not before a back-off has passed, which doubles from [`FIRST_BACKOFF`] to [`MAX_BACKOFF`]
//! with each failure in a row and of which a random share is waited for ("full jitter": clients
//! that lost the same server do not come back in step). A connection that was open and is lost
//! leaves no back-off behind.
//!
//! A connection can also be [cut](Channel::cut): it stopped sending in the middle of a frame, so it
//! sends nothing any more and is only read. Its calls of which no byte was accepted move to a fresh
//! connection, and are worth more attempts: [`Moved`] counts them. Whoever cancels one call often
//! cancels many, to many hosts, and so do the other hosts. Two things keep them from negotiating
//! anew all at once: the connection after a cut waits for a random share of [`FIRST_BACKOFF`], and
//! [`Slots`] bound the negotiations of the process.

mod backoff;
mod slots;

use std::time::Instant;

pub use backoff::{FIRST_BACKOFF, MAX_BACKOFF, MOVED_ATTEMPTS, Moved};
pub use slots::{MAX_NEGOTIATIONS, Slots, Ticket};

use backoff::{backoff, jitter};

/// How many connections of one channel may drain at a time. Each keeps a socket and the buffers of
/// calls until the server has answered what it was sent. Two let a caller cancel again while the
/// replies from before the last cancel are still on their way; somebody who cancels faster than
/// the server replies would otherwise pile up connections without end.
pub const MAX_DRAINING: usize = 2;

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

/// What follows from a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Cut {
    /// Whether the connection was the one in use.
    pub current: bool,
    /// Close this connection now: it was cut first among more than [`MAX_DRAINING`]. Calls that
    /// still wait for its replies fail.
    pub close: Option<Attempt>,
}

/// The policy of one channel.
#[derive(Debug, Default)]
pub struct Channel {
    last: u64,
    usable: Option<Usable>,
    /// In the order in which they were cut.
    draining: Vec<Attempt>,
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

    /// How many connections there have been, the one in use and those that failed included.
    pub fn attempts(&self) -> u64 {
        self.last
    }

    /// How many connections were cut and have not ended; at most [`MAX_DRAINING`].
    pub fn draining(&self) -> usize {
        self.draining.len()
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

    /// The connection, which has not ended, stopped sending in the middle of a frame: it sends
    /// nothing any more, and drains. It may be the one in use or one that was retired before; a
    /// second cut of the same connection changes nothing. `random` is any evenly distributed
    /// number.
    ///
    /// Its calls of which no byte was accepted move now: give them to [`route`](Channel::route), in
    /// their order, before any newer call. If that connects, it does so after a random share of
    /// [`FIRST_BACKOFF`], or at the end of a longer wait that was due anyway.
    pub fn cut(&mut self, attempt: Attempt, now: Instant, random: u64) -> Cut {
        if self.draining.contains(&attempt) {
            return Cut { current: false, close: None };
        }
        let current = self.retired(attempt);
        self.draining.push(attempt);
        let close = (self.draining.len() > MAX_DRAINING).then(|| self.draining.remove(0));
        // If there is another connection already, nobody reconnects because of this one.
        if self.usable.is_none() {
            self.wait_until(now + jitter(FIRST_BACKOFF, random));
        }
        Cut { current, close }
    }

    /// The connection has ended, in use or not. `random` is any evenly distributed number. Returns
    /// whether it was the one in use.
    pub fn closed(&mut self, attempt: Attempt, now: Instant, random: u64) -> bool {
        let opened = self.usable.as_ref().is_some_and(|usable| usable.opened);
        let current = self.retired(attempt);
        if current && !opened {
            self.wait_until(now + jitter(backoff(self.failures), random));
            self.failures = self.failures.saturating_add(1);
        }
        self.draining.retain(|draining| *draining != attempt);
        current
    }

    /// No connecting before `at`, nor before what was said earlier.
    fn wait_until(&mut self, at: Instant) {
        self.not_before = self.not_before.max(Some(at));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
        assert_eq!(channel.attempts(), 2);
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
    /// A channel with an open connection.
    fn open(channel: &mut Channel, now: Instant) -> Attempt {
        let (attempt, _) = connect(channel, now);
        channel.opened(attempt);
        attempt
    }

    #[test]
    fn a_cut_connection_drains_and_the_next_one_is_jittered() {
        let now = Instant::now();
        for (random, share) in [(0, 0), (u64::MAX / 2, 49), (u64::MAX, 99)] {
            let mut channel = Channel::new();
            let first = open(&mut channel, now);
            assert_eq!(channel.draining(), 0);
            assert_eq!(channel.cut(first, now, random), Cut { current: true, close: None });
            assert_eq!((channel.current(), channel.draining()), (None, 1));

            let (second, at) = connect(&mut channel, now);
            assert_eq!((at - now).as_millis(), share);
            assert_eq!(channel.route(now), Route::Use(second), "calls wait for it together");
            channel.opened(second);
            assert!(channel.closed(second, now, u64::MAX));
            assert_eq!(connect(&mut channel, now).1, now, "the jitter was for that one connection");
        }
    }

    #[test]
    fn the_jitter_of_a_cut_runs_while_nobody_calls() {
        let now = Instant::now();
        let mut channel = Channel::new();
        let first = open(&mut channel, now);
        let _ = channel.cut(first, now, u64::MAX);
        let later = now + FIRST_BACKOFF;
        assert_eq!(connect(&mut channel, later).1, later);
    }

    #[test]
    fn the_end_of_a_draining_connection_touches_no_other() {
        let now = Instant::now();
        let mut channel = Channel::new();
        let first = open(&mut channel, now);
        let _ = channel.cut(first, now, 0);
        let (second, _) = connect(&mut channel, now);
        // The usable one is not open yet: the end of the other must not count as its failure.
        assert!(!channel.closed(first, now, u64::MAX));
        assert_eq!((channel.current(), channel.draining()), (Some(second), 0));
        assert!(channel.closed(second, now, u64::MAX));
        assert_eq!((connect(&mut channel, now).1 - now).as_millis(), 99, "the first failure");
    }

    #[test]
    fn late_news_of_a_draining_connection_do_not_make_it_usable() {
        let now = Instant::now();
        let mut channel = Channel::new();
        let first = open(&mut channel, now);
        let _ = channel.cut(first, now, 0);
        channel.opened(first);
        assert!(!channel.retired(first));
        assert_eq!(channel.cut(first, now, u64::MAX), Cut { current: false, close: None });
        assert_eq!((channel.current(), channel.draining()), (None, 1));
        assert_eq!(connect(&mut channel, now).1, now, "a second cut adds no wait");
    }

    #[test]
    fn the_oldest_of_three_draining_connections_is_closed() {
        let now = Instant::now();
        let mut channel = Channel::new();
        let cut = |channel: &mut Channel| {
            let attempt = open(channel, now);
            (attempt, channel.cut(attempt, now, 0))
        };
        let (first, none) = cut(&mut channel);
        assert_eq!(none.close, None);
        let (second, none) = cut(&mut channel);
        assert_eq!(none.close, None);
        let (_, one) = cut(&mut channel);
        assert_eq!(one, Cut { current: true, close: Some(first) });
        assert_eq!(channel.draining(), MAX_DRAINING);

        assert!(!channel.closed(first, now, 0), "it was forgotten when it was named");
        assert_eq!(channel.draining(), MAX_DRAINING);
        assert!(!channel.closed(second, now, 0));
        assert_eq!(channel.draining(), 1);
        assert_eq!(cut(&mut channel).1.close, None, "one has ended by itself");
    }

    #[test]
    fn a_retired_connection_that_is_cut_drains_too() {
        let now = Instant::now();
        let mut channel = Channel::new();
        let first = open(&mut channel, now);
        assert!(channel.retired(first));
        let second = open(&mut channel, now);
        assert_eq!(channel.cut(first, now, u64::MAX), Cut { current: false, close: None });
        assert_eq!((channel.current(), channel.draining()), (Some(second), 1));
        assert!(channel.closed(second, now, 0));
        assert_eq!(connect(&mut channel, now).1, now, "nobody had to reconnect because of the cut");

        // Without another connection its moved calls are those that reconnect.
        let mut channel = Channel::new();
        let first = open(&mut channel, now);
        assert!(channel.retired(first));
        assert_eq!(channel.cut(first, now, u64::MAX), Cut { current: false, close: None });
        assert_eq!((connect(&mut channel, now).1 - now).as_millis(), 99);
    }

    #[test]
    fn a_wait_is_never_shortened() {
        let now = Instant::now();
        let mut channel = Channel::new();
        let first = open(&mut channel, now);
        assert!(channel.retired(first));
        // Two failures: up to 200 ms.
        for _ in 0..2 {
            let (attempt, _) = connect(&mut channel, now);
            assert!(channel.closed(attempt, now, u64::MAX));
        }
        let _ = channel.cut(first, now, 0);
        let (attempt, at) = connect(&mut channel, now);
        assert_eq!((at - now).as_millis(), 199);
        // Nobody waited for it any more: it ends before it has begun.
        assert!(channel.closed(attempt, now, 0));
        assert_eq!(connect(&mut channel, now).1, at);
    }

    #[test]
    fn attempts_for_moved_calls_back_off_like_all_others() {
        let start = Instant::now();
        let deadline = start + Duration::from_secs(20);
        let mut channel = Channel::new();
        let first = open(&mut channel, start);
        let _ = channel.cut(first, start, u64::MAX);
        let (mut now, mut moved, mut waits) = (start, Moved::default(), Vec::new());
        loop {
            let (attempt, at) = connect(&mut channel, now);
            waits.push((at - now).as_millis());
            now = at;
            assert!(channel.closed(attempt, now, u64::MAX));
            match moved.retry(Some(deadline), now) {
                Some(next) => moved = next,
                None => break,
            }
        }
        assert_eq!(waits, [99, 99, 199, 399, 799, 1_599, 3_199, 4_999, 4_999, 4_999]);
    }
}
