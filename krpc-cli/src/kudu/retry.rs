//! Trying again: when, and after which errors.

use std::time::{Duration, Instant};

use krpc_tokio::core::{CallError, ConnectionError, ErrorCode};
use tokio::time::sleep;

/// The first pause between attempts; each is longer by as much.
const PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Of an attempt that can be followed by another.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(10);

/// Waits before the next attempt; false if there is no time left for one.
pub(super) async fn pause(attempt: u32, deadline: Instant) -> bool {
    let time = PAUSE.saturating_mul(attempt).min(LONGEST_PAUSE);
    if Instant::now() + time >= deadline {
        return false;
    }
    sleep(time).await;
    true
}

/// When an attempt has to be over: after half of what is left, or what is enough for a server that
/// answers at all.
pub(super) fn attempt_by(deadline: Instant) -> Instant {
    let now = Instant::now();
    now + (deadline.saturating_duration_since(now) / 2).min(LONGEST_ATTEMPT)
}

/// Errors after which Kudu's client tries again. A peer that breaks the protocol would do so again.
pub(super) fn is_passing(error: &CallError) -> bool {
    match error {
        CallError::ConnectionLost { error, .. } => matches!(
            error,
            ConnectionError::PeerClosed { .. }
                | ConnectionError::Transport(_)
                | ConnectionError::TimedOut(_)
        ),
        CallError::Remote(_) => is_busy(error),
        _ => false,
    }
}

/// Whether the server has not begun with the call and would like it to be made again.
pub(super) fn is_busy(error: &CallError) -> bool {
    let CallError::Remote(status) = error else { return false };
    matches!(status.code, Some(ErrorCode::ErrorServerTooBusy | ErrorCode::ErrorUnavailable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_leaves_time_for_others() {
        let soon = Instant::now() + Duration::from_secs(6);
        let left = soon - attempt_by(soon);
        assert!(left <= Duration::from_secs(3) && left > Duration::ZERO, "{left:?}");
        let late = Instant::now() + Duration::from_secs(3600);
        assert!(late - attempt_by(late) >= Duration::from_secs(3500));
        let over = Instant::now();
        assert!(attempt_by(over) <= Instant::now());
    }
}
