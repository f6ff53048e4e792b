//! What became of the calls of a bench.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use krpc_tokio::core::{CallError, CallStage, ConnectionError, TransportOp};

/// Longer than any call may take: latencies are counted up to here, in nanoseconds.
const LONGEST: u64 = 24 * 3_600 * 1_000_000_000;

/// Digits of a latency that matter.
const DIGITS: u8 = 3;

/// How often calls took how long, and failed for which reason.
#[derive(Debug)]
pub(super) struct Tally {
    latency: Histogram<u64>,
    failures: BTreeMap<&'static str, Failures>,
}

/// Calls that failed alike.
#[derive(Clone, Debug)]
pub(super) struct Failures {
    pub(super) count: u64,
    pub(super) first: CallError,
}

impl Tally {
    pub(super) fn new() -> Self {
        let latency = Histogram::new_with_bounds(1, LONGEST, DIGITS);
        let latency = latency.expect("the bounds are those of a histogram");
        Tally { latency, failures: BTreeMap::new() }
    }

    /// A call has ended after this time.
    pub(super) fn ended(&mut self, after: Duration, result: Result<(), CallError>) {
        match result {
            Ok(()) => {
                let nanos = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
                self.latency.saturating_record(nanos);
            }
            Err(error) => {
                let failures = self.failures.entry(kind(&error));
                failures.or_insert(Failures { count: 0, first: error }).count += 1;
            }
        }
    }

    /// Takes in what another one has.
    pub(super) fn add(&mut self, other: &Tally) {
        self.latency.add(&other.latency).expect("all have the same bounds");
        for (kind, Failures { count, first }) in &other.failures {
            let failures = self.failures.entry(kind);
            failures.or_insert(Failures { count: 0, first: first.clone() }).count += count;
        }
    }

    /// Calls that were answered, and that failed.
    pub(super) fn counts(&self) -> (u64, u64) {
        let failed = self.failures.values().map(|failures| failures.count).sum();
        (self.latency.len(), failed)
    }

    /// Those that failed, by kind.
    pub(super) fn failures(&self) -> impl Iterator<Item = (&'static str, &Failures)> {
        self.failures.iter().map(|(kind, failures)| (*kind, failures))
    }

    /// The time within which this share of the answers came; `None` if there was none.
    pub(super) fn latency(&self, share: f64) -> Option<Duration> {
        let nanos = (!self.latency.is_empty()).then(|| self.latency.value_at_quantile(share));
        nanos.map(Duration::from_nanos)
    }
}

/// What sort of failure it is. There are few of them, however many texts there are.
fn kind(error: &CallError) -> &'static str {
    match error {
        CallError::Remote(status) => status.code.map_or("error reply", |code| code.name()),
        CallError::DeadlineExceeded { stage, .. } => match stage {
            CallStage::Negotiating => "timed out while the connection was made",
            CallStage::Queued => "timed out before it was sent",
            CallStage::Sending => "timed out while it was sent",
            CallStage::Sent => "timed out waiting for the reply",
        },
        CallError::ConnectionLost { error: ConnectionError::Transport(error), .. } => {
            match error.op {
                TransportOp::Resolve | TransportOp::Connect => "cannot connect",
                TransportOp::Read | TransportOp::Write => "connection lost",
            }
        }
        CallError::ConnectionLost { .. } => "connection lost",
        CallError::BadReply(_) => "wrong reply",
        CallError::Refused(_) => "not sent",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use krpc_tokio::core::Execution;
    use krpc_tokio::{ErrorCode, ErrorStatus, StatusCode};

    use super::*;

    #[test]
    fn percentiles_have_three_digits() {
        let (mut one, mut other) = (Tally::new(), Tally::new());
        for n in 1..=1_000_u64 {
            let tally = if n % 2 == 0 { &mut one } else { &mut other };
            tally.ended(Duration::from_micros(n * n), Ok(()));
        }
        one.add(&other);
        assert_eq!(one.counts(), (1_000, 0));
        for (share, expected) in
            [(0.5, 500_u64), (0.9, 900), (0.99, 990), (0.999, 999), (1.0, 1_000)]
        {
            let (found, exact) = (one.latency(share).unwrap(), expected * expected);
            let off = found.as_secs_f64() / (exact as f64 / 1e6) - 1.0;
            assert!((0.0..0.001).contains(&off), "{share}: {found:?} for {exact} us");
        }
    }

    #[test]
    fn nothing_has_no_latency_and_too_much_has_the_greatest() {
        let mut tally = Tally::new();
        assert_eq!(tally.latency(0.5), None);
        tally.ended(Duration::MAX, Ok(()));
        assert!(tally.latency(0.5).unwrap() >= Duration::from_secs(24 * 3_600));
    }

    #[test]
    fn failures_are_counted_by_kind_and_the_first_is_kept() {
        let busy = |text: &str| {
            let (code, status) = (ErrorCode::ErrorServerTooBusy, StatusCode::ServiceUnavailable);
            Err(CallError::Remote(ErrorStatus::new(code, status, text)))
        };
        let (mut one, mut other) = (Tally::new(), Tally::new());
        one.ended(Duration::ZERO, busy("first"));
        one.ended(Duration::ZERO, busy("second"));
        other.ended(Duration::ZERO, busy("third"));
        let (stage, execution) = (CallStage::Sent, Execution::Maybe);
        other.ended(Duration::ZERO, Err(CallError::DeadlineExceeded { stage, execution }));
        other.ended(Duration::ZERO, Ok(()));
        one.add(&other);
        assert_eq!(one.counts(), (1, 4));
        let found: Vec<_> = one.failures().map(|(kind, failures)| (kind, failures.count)).collect();
        let expected = [("ERROR_SERVER_TOO_BUSY", 3), ("timed out waiting for the reply", 1)];
        assert_eq!(found, expected);
        let first = one.failures().next().unwrap().1.first.to_string();
        assert!(first.contains("first"), "{first}");
    }
}
