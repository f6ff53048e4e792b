//! Random schedules of calls, cancels, deadlines, partial writes and deaths, on every layer, with footers
//! and without, under every policy; each step is compared with a model and with a second parser.
//!
//! `KRPC_SCHEDULES=1000000` plays more of them, `KRPC_SEED=n` the one that failed.

// A time to begin with, two threads, and a lock where a session is looked at: tests may.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

#[path = "cancel_property/failure.rs"]
mod failure;
#[path = "cancel_property/met.rs"]
mod met;
#[path = "cancel_property/model.rs"]
mod model;
#[path = "cancel_property/net.rs"]
mod net;
#[path = "cancel_property/parser.rs"]
mod parser;
#[path = "cancel_property/payload.rs"]
mod payload;
#[path = "cancel_property/readers.rs"]
mod readers;
#[path = "cancel_property/rng.rs"]
mod rng;
#[path = "cancel_property/run.rs"]
mod run;
#[path = "cancel_property/schedule.rs"]
mod schedule;
#[path = "cancel_property/shrink.rs"]
mod shrink;
#[path = "cancel_property/stage.rs"]
mod stage;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use failure::Failure;
use met::Met;
use schedule::Schedule;
use stage::Stage;

const SCHEDULES: u64 = 100_000;
const THREADS: u64 = 2;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")))
}

/// Plays a schedule; a panic inside the library is a failure like any other.
fn play(stage: &mut Stage, schedule: &Schedule) -> Result<Met, Failure> {
    catch_unwind(AssertUnwindSafe(|| run::play(stage, schedule))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("?");
        *stage = Stage::new();
        Err(Failure(format!("panic: {text}")))
    })
}

/// Seeds `first`, `first + THREADS` and so on: what they met, or the one that failed.
fn play_many(first: u64, last: u64, stop: &AtomicBool) -> Result<Met, u64> {
    let (mut stage, mut met) = (Stage::new(), Met::default());
    for seed in (first..=last).step_by(THREADS as usize) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        match play(&mut stage, &Schedule::of(seed)) {
            Ok(one) => met.add(&one),
            Err(_) => {
                stop.store(true, Ordering::Relaxed);
                return Err(seed);
            }
        }
    }
    Ok(met)
}

#[test]
fn cancellation_keeps_its_promises_on_any_schedule() {
    if let Some(seed) = number("KRPC_SEED") {
        return report(seed);
    }
    let schedules = number("KRPC_SCHEDULES").unwrap_or(SCHEDULES);
    let stop = AtomicBool::new(false);
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=THREADS)
            .map(|first| {
                let stop = &stop;
                scope.spawn(move || play_many(first, schedules, stop))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("panics are caught")).collect()
    });
    let mut met = Met::default();
    for result in results {
        match result {
            Ok(some) => met.add(&some),
            Err(seed) => report(seed),
        }
    }
    met.print();
    if schedules >= SCHEDULES {
        let lacking = met.lacking();
        assert!(lacking.is_empty(), "met too rarely: {lacking:#?}");
    }
}

/// Plays the schedule of a seed; if it fails, shrinks and prints it.
fn report(seed: u64) {
    let mut stage = Stage::new();
    let schedule = Schedule::of(seed);
    let Err(Failure(text)) = play(&mut stage, &schedule) else {
        println!("KRPC_SEED={seed} holds: {schedule:?}");
        return;
    };
    println!("KRPC_SEED={seed} fails {text}");
    let least = shrink::shrink(schedule, |candidate| play(&mut stage, candidate).is_err());
    let Err(Failure(text)) = play(&mut stage, &least) else { panic!("KRPC_SEED={seed}") };
    panic!("KRPC_SEED={seed}, shrunk: {text}\n{least:?}");
}
