//! Kudu's own tests of cancellation and timeouts (`rpc/rpc-test.cc`), plain and under TLS.

use std::sync::Arc;
use std::time::{Duration, Instant};

use krpc_tokio::{
    CallError, CallStage, CancelOutcome, ConnectionError, ErrorCode, Execution, OnCancel,
    ServerConfig, Timeout,
};

use crate::bed::{Bed, Peer, Stream, client};
use crate::forwarder::within;
use crate::random::Random;
use crate::service::{LARGEST, Place, Pool, timeout};
use crate::states::{SHAPES, cancellation};

macro_rules! kudus_tests {
    ($($test:ident = $body:ident, $runtime:expr;)*) => {
        mod plain {
            $(
                #[test]
                #[allow(non_snake_case, reason = "Kudu's name")]
                fn $test() {
                    super::run($runtime, super::$body(super::Stream::Plain));
                }
            )*
        }

        #[cfg(feature = "tls")]
        mod tls13 {
            $(
                #[test]
                #[allow(non_snake_case, reason = "Kudu's name")]
                fn $test() {
                    super::run($runtime, super::$body(super::Stream::Tls13));
                }
            )*
        }
    };
}

// The first on one thread, so that it is known what has happened when a call is cancelled.
kudus_tests! {
    TestCancellation = cancellation, tokio::runtime::Builder::new_current_thread();
    TestCancellationAsync = cancellation_async, tokio::runtime::Builder::new_multi_thread();
    TestCancellationMultiThreads = cancellation_multi_threads,
        tokio::runtime::Builder::new_multi_thread();
    TestCallTimeout = call_timeout, tokio::runtime::Builder::new_multi_thread();
    TestCallTimeoutDoesntAffectNegotiation = call_timeout_and_negotiation,
        tokio::runtime::Builder::new_multi_thread();
}

fn run(mut runtime: tokio::runtime::Builder, test: impl Future<Output = ()>) {
    runtime.enable_all().build().unwrap().block_on(test);
}

const ROUNDS: u64 = 100;

/// Most that a frame may have, here and there.
const LARGEST_MESSAGE: u32 = 1 << 30;

/// As the test was for a few days of 2017, when requests could be aborted in mid-transmission.
async fn cancellation_async(stream: Stream) {
    for peer in Peer::ALL {
        let client = client().max_message_size(LARGEST_MESSAGE).unwrap();
        let client = client.max_filler(LARGEST_MESSAGE.into());
        let server = ServerConfig::new().max_message_size(LARGEST_MESSAGE).unwrap();
        let bed = Bed::with_both(stream, peer, client, server).await;
        let mut random = Random(2017 + peer as u64);
        let mut ended = Ended::default();
        bed.warm_up().await;
        for round in 0..ROUNDS {
            let what = format!("the end of round {round}, {stream:?}, {peer:?}");
            within(&what, one_round(&bed, round, &mut random, &mut ended)).await;
        }
        bed.warm_up().await;
        bed.check_runs();
        for number in &ended.answered {
            assert!(bed.service.has_run(*number), "call {number} was answered");
        }
        for number in &ended.never {
            assert!(!bed.service.has_run(*number), "call {number} was never executed, it is said");
        }
        let Ended { answered, mid_way, never, expired, sent } = &ended;
        let (answered, never) = (answered.len(), never.len());
        println!(
            "{stream:?}, {peer:?}: {answered} answered, {mid_way} cancelled in mid-transmission, \
             {sent} after it, {expired} expired; {never} never executed"
        );
        assert!(answered >= 10 && *mid_way >= 10, "{ended:?}");
    }
}

#[derive(Debug, Default)]
struct Ended {
    answered: Vec<u64>,
    mid_way: usize,
    sent: usize,
    expired: usize,
    /// Of which it was said that they were never executed.
    never: Vec<u64>,
}

/// One call of up to 64 MiB with a random timeout, which is cancelled when the server has got a random
/// part of it.
async fn one_round(bed: &Bed, round: u64, random: &mut Random, ended: &mut Ended) {
    // One in ten is sure to be in mid-transmission, and one in ten is left alone.
    let (stuck, alone) = (round.is_multiple_of(10), round % 10 == 5);
    let total = if stuck { LARGEST } else { random.size(LARGEST) };
    let places = split(total, random);
    let after = Duration::from_micros(random.size(1 << 18) as u64);
    let after = Some(after).filter(|_| !stuck && !alone && random.below(4) > 0);
    let part = random.below(total as u64 + 1);
    if stuck {
        // What was owed for earlier calls is through after this.
        bed.warm_up().await;
    }
    let link = bed.forwarder.last();
    if stuck {
        link.stop_after(1 << 20);
    }
    let before = bed.forwarder.passed();
    let mut call =
        bed.channel.call_raw(timeout(bed.pool.call("PushStrings", round, &places), after));
    let point = async {
        match (stuck, alone) {
            (true, _) => link.is_stuck().await,
            (_, true) => std::future::pending().await,
            _ => bed.forwarder.has_passed(before + part).await,
        }
    };
    let result = tokio::select! {
        biased;
        result = &mut call => result,
        () = point => {
            let outcome = call.cancel().await;
            assert_eq!(bed.pool.in_use(), 0, "released before it is told: {outcome:?}");
            call.await
        }
    };
    assert_eq!(bed.pool.in_use(), 0, "released before it is told: {result:?}");
    link.open();
    match result {
        Ok(_) => ended.answered.push(round),
        Err(error) => {
            match &error {
                CallError::DeadlineExceeded { .. } => ended.expired += 1,
                CallError::Cancelled { outcome, .. } => match outcome {
                    CancelOutcome::Aborted { .. } | CancelOutcome::Cut { .. } => ended.mid_way += 1,
                    CancelOutcome::Sent => ended.sent += 1,
                    CancelOutcome::NotBegun => {}
                    CancelOutcome::AlreadyDone => panic!("cancelled by whom?"),
                },
                other => panic!("{other:?}"),
            }
            if error.execution() == Execution::Never {
                ended.never.push(round);
            }
        }
    }
}

/// Cuts `total` bytes into up to ten pieces, from anywhere in the pattern.
fn split(total: usize, random: &mut Random) -> Vec<Place> {
    let mut left = total;
    let count = 1 + random.below(10);
    let mut places = Vec::new();
    for more in (0..count).rev() {
        let len = if more == 0 { left } else { random.below(left as u64 + 1) as usize };
        let start = random.below((LARGEST - len) as u64 + 1) as usize;
        places.push(Place { start, len });
        left -= len;
    }
    places
}

/// As many as in Kudu.
const THREADS: u64 = 30;

/// Kudu's threads go on for three seconds; these make so many calls each.
const CALLS: u64 = 3;

/// Two sidecars of 16 MiB.
const SIXTEEN: [Place; 2] =
    [Place { start: 1 << 20, len: 16 << 20 }, Place { start: 40 << 20, len: 16 << 20 }];

async fn cancellation_multi_threads(stream: Stream) {
    // Kudu's way, the two of 2017, and the one that costs connections.
    for (peer, policy) in [
        (Peer::Foreign, OnCancel::KeepUntilSent),
        (Peer::Footers, OnCancel::Drain),
        (Peer::HalfClose, OnCancel::Drain),
        (Peer::Foreign, OnCancel::Drain),
    ] {
        let client = client().on_cancel(policy).max_filler(LARGEST_MESSAGE.into());
        let bed = Arc::new(Bed::with(stream, peer, client).await);
        bed.warm_up().await;
        let may_lose = peer != Peer::Footers && policy == OnCancel::Drain;
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let (bed, runtime) = (bed.clone(), tokio::runtime::Handle::current());
                std::thread::spawn(move || {
                    for round in 0..CALLS {
                        runtime.block_on(send_and_cancel(&bed, CALLS * number + round, may_lose));
                    }
                })
            })
            .collect();
        let joined = tokio::task::spawn_blocking(|| {
            threads.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
        });
        for thread in within("the end of all threads", joined).await.unwrap() {
            thread.unwrap();
        }
        bed.warm_up().await;
        bed.check_runs();
        assert_eq!(bed.pool.in_use(), 0);
        if !may_lose {
            assert_eq!(bed.forwarder.accepted(), 1, "{peer:?} {policy:?}");
        }
    }
}

/// One thread's call. It has a pool of its own, to know what of its call is left.
async fn send_and_cancel(bed: &Bed, number: u64, may_lose: bool) {
    let mut random = Random(number);
    let pool = Pool::default();
    let call = bed.channel.call_raw(pool.call("PushStrings", number, &SIXTEEN));
    let handle = call.cancel_handle();
    let wait = Duration::from_micros(random.size(1 << 19) as u64);
    let canceller = std::thread::spawn(move || {
        std::thread::sleep(wait);
        drop(handle.cancel());
    });
    let result = within("the end of a call", call).await;
    assert_eq!(pool.in_use(), 0, "released before it is told: {result:?}");
    canceller.join().unwrap();
    match result {
        Ok(reply) => assert_eq!(reply.body, number.to_le_bytes()[..]),
        Err(CallError::Cancelled { .. }) => {}
        Err(CallError::Remote(status)) => {
            assert_eq!(status.code, Some(ErrorCode::ErrorServerTooBusy), "{status}");
        }
        // A third connection that drains closes the first; what was sent on that is lost.
        Err(CallError::ConnectionLost { error: ConnectionError::LocallyClosed, execution }) => {
            assert!(may_lose && execution == Execution::Maybe);
        }
        Err(other) => panic!("{other:?}"),
    }
}

async fn call_timeout(stream: Stream) {
    let bed = Arc::new(Bed::new(stream, Peer::Footers).await);
    bed.warm_up().await;
    let calls = [Duration::from_nanos(1), Duration::from_millis(200), Duration::from_millis(1_500)]
        .map(|timeout| {
            let bed = bed.clone();
            tokio::spawn(async move {
                let number = timeout.as_nanos() as u64;
                let mut request = bed.pool.call("Hold", number, SHAPES[1]);
                let deadline = Instant::now() + timeout;
                request.timeout = Some(Timeout::At(deadline));
                // The server never answers it before this has ended.
                let error = within("the deadline", bed.channel.call_raw(request)).await;
                let error = error.unwrap_err();
                assert!(matches!(error, CallError::DeadlineExceeded { .. }), "{error:?}");
                assert!(Instant::now() >= deadline, "too early");
            })
        });
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(bed.pool.in_use(), 0);
    bed.service.let_go(3);
    bed.warm_up().await;
    assert_eq!(bed.forwarder.accepted(), 1);
}

async fn call_timeout_and_negotiation(stream: Stream) {
    let bed = Bed::with(stream, Peer::Footers, client()).await;
    // The server answers the negotiation only after the first call has timed out.
    bed.forwarder.allow_new(0);
    let request = timeout(bed.pool.small(1), Some(Duration::from_millis(50)));
    let error = within("the deadline", bed.channel.call_raw(request)).await.unwrap_err();
    let (stage, execution) = (CallStage::Negotiating, Execution::Never);
    assert_eq!(error, CallError::DeadlineExceeded { stage, execution });
    let second = bed.start_small(2);
    bed.forwarder.open();
    bed.answered(2, second).await;
    assert_eq!(bed.service.numbers(), [2], "the first call never left");
    assert_eq!(bed.forwarder.accepted(), 1);
}
