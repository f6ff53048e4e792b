//! Calls that are given up at random.

use std::time::{Duration, Instant};

use super::lane::{Lane, Running, Task};
use crate::random::Random;

/// What a short time is, for a deadline, a handler or a change of mind.
const SHORT: (f64, f64) = (200e-6, 100e-3);

/// The smallest of the calls of a size.
const SMALLEST: f64 = 1_024.0;

/// Makes calls until the end, one after the other.
pub(super) async fn rage(lane: &Lane, cancel_rate: f64, mut random: Random, end: Instant) {
    while Instant::now() < end {
        let task = task(lane, &mut random);
        if !random.chance(cancel_rate) {
            let _ = lane.start(task, None).end().await;
            continue;
        }
        let time = short(&mut random);
        // Deadlines, and three ways of cancelling.
        match random.next() % 4 {
            0 => drop(lane.start(task, Some(time)).end().await),
            1 => {
                let call = waited_for(lane.start(task, None), time).await;
                let cancelling = call.cancel();
                let _ = call.cancelled(cancelling).await;
            }
            2 => waited_for(lane.start(task, None), time).await.give_up(),
            _ => drop(lane.start(task, None).cancelled_from_elsewhere(time).await),
        }
    }
}

/// A call whose caller does something else meanwhile.
async fn waited_for(call: Running<'_>, time: Duration) -> Running<'_> {
    tokio::time::sleep(time).await;
    call
}

fn task(lane: &Lane, random: &mut Random) -> Task {
    let size = random.magnitude(SMALLEST, lane.payload as f64) as usize;
    match random.next() % 8 {
        0 => Task::Add,
        1 => Task::Sleep(short(random)),
        2 => Task::Pull(size),
        3 | 4 => Task::Push(lane.payload),
        _ => Task::Push(size),
    }
}

fn short(random: &mut Random) -> Duration {
    Duration::from_secs_f64(random.magnitude(SHORT.0, SHORT.1))
}
