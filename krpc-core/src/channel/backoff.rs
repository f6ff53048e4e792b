//! How long to wait before connecting again, and how often a call goes along.

use std::time::{Duration, Instant};

/// Upper bound of the wait after the first failed attempt, and of the wait after a connection was
/// cut: short against the time that a caller gives its call, long enough to spread out those who
/// come at the same moment.
pub const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// Upper bound of the wait after many: long enough to leave a restarting server alone, short
/// enough that a caller with the usual 10 s timeout gets at least one attempt.
pub const MAX_BACKOFF: Duration = Duration::from_secs(5);

/// How many connections are tried for a moved call without a deadline. It cannot be tried for
/// ever, because nobody would learn that the server is gone; after the first failure, which may be
/// a server that restarts, a second and third follow within 300 ms.
pub const MOVED_ATTEMPTS: u32 = 3;

/// How often connections failed under a call that was moved to a fresh one when its own was cut.
/// The default is that of a call that has just been moved.
///
/// Such a call was accepted once by a server that worked, and what ended its connection was another
/// call. So it outlives failed attempts, where a call that comes first on a channel is told about
/// the refusal at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    failures: u32,
}

impl Moved {
    /// The connection that the call waited for, or on, has ended before it took a byte of the call.
    ///
    /// `Some` is to be kept with the call, which goes to the channel once more: to
    /// [`Channel::route`](super::Channel::route), in the old order and ahead of calls that were
    /// never given out. With `None` the call fails, with the error of this connection.
    ///
    /// A call with a deadline is tried as long as that is in the future, even if a back-off will
    /// not leave it the time for one more attempt: then it ends at its deadline like any other. A
    /// call without one has [`MOVED_ATTEMPTS`].
    #[must_use]
    pub fn retry(self, deadline: Option<Instant>, now: Instant) -> Option<Moved> {
        let failures = self.failures.saturating_add(1);
        let again = match deadline {
            Some(deadline) => now < deadline,
            None => failures < MOVED_ATTEMPTS,
        };
        again.then_some(Moved { failures })
    }
}

/// The longest wait after `failures` earlier ones.
pub(super) fn backoff(failures: u32) -> Duration {
    let factor = 1u32.checked_shl(failures).unwrap_or(u32::MAX);
    FIRST_BACKOFF.saturating_mul(factor).min(MAX_BACKOFF)
}

/// An evenly distributed share of `longest`.
pub(super) fn jitter(longest: Duration, random: u64) -> Duration {
    let nanos = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(((u128::from(nanos) * u128::from(random)) >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_doubles_up_to_its_bound() {
        let millis = |failures| backoff(failures).as_millis();
        assert_eq!(
            [0, 1, 2, 5, 6, 31, 32, u32::MAX].map(millis),
            [100, 200, 400, 3_200, 5_000, 5_000, 5_000, 5_000]
        );
    }

    #[test]
    fn jitter_is_any_share() {
        let second = Duration::from_secs(1);
        assert_eq!(jitter(second, 0), Duration::ZERO);
        assert_eq!(jitter(second, 1 << 62), second / 4);
        assert_eq!(jitter(second, u64::MAX), second - Duration::from_nanos(1));
    }

    #[test]
    fn a_moved_call_without_a_deadline_has_three_attempts() {
        let now = Instant::now();
        let second = Moved::default().retry(None, now).expect("a second attempt");
        let third = second.retry(None, now).expect("a third attempt");
        assert_eq!(third.retry(None, now), None);
    }

    #[test]
    fn a_moved_call_with_a_deadline_is_tried_until_then() {
        let now = Instant::now();
        let deadline = now + Duration::from_secs(10);
        let mut moved = Moved::default();
        for _ in 0..100 {
            moved = moved.retry(Some(deadline), now).expect("there is time");
        }
        let before = deadline - Duration::from_nanos(1);
        assert!(moved.retry(Some(deadline), before).is_some());
        assert_eq!(moved.retry(Some(deadline), deadline), None);
        assert_eq!(Moved::default().retry(Some(now), now), None);
        let worn_out = Moved { failures: u32::MAX };
        assert_eq!(worn_out.retry(Some(deadline), now), Some(worn_out));
    }
}
