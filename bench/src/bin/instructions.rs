//! What cancellation costs in instructions; see the README.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::env;
use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use krpc_bench::callgrind::{self, measured};
use krpc_bench::held::Payload;
use krpc_bench::memory::{Two, client_config, server_config};
use krpc_bench::report::{Limit, Report, Unit, json_wanted, thousands};
use krpc_core::{CallId, CancelOutcome, ClientEvent, Footers, Method, OnCancel};

/// Depths at which calls of 64 bytes are made, and rounds at each.
const DEPTHS: [(usize, usize); 2] = [(1, 64), (64, 4)];

/// Lengths of the service's name. A footer makes a frame three bytes longer, which at some sizes takes
/// a block of the next size from the heap. That is a part of the cost, but no size may decide it: heaps
/// give out multiples of 16 bytes, so these lengths are mixed fairly.
const NAMES: RangeInclusive<usize> = 13..=28;

/// The name of which a part is taken.
const NAME: &str = "bench.service.with.a.long.name";

/// Payloads of calls that are cancelled in mid-transmission.
const SIZES: [(&str, usize); 3] = [("8 KiB", 8 << 10), ("8 MiB", 8 << 20), ("40 MiB", 40 << 20)];

/// Queued calls that are cancelled.
const QUEUED: [usize; 4] = [1_250, 2_500, 5_000, 10_000];

/// Payload that costs nothing to drop: the memory is the owner's affair.
static PAYLOAD: [u8; 40 << 20] = [0; 40 << 20];

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if callgrind::is_inside(&args) {
        inside();
        return ExitCode::SUCCESS;
    }
    let mut report = Report::new("instructions", json_wanted(&args));
    let regions: BTreeMap<_, _> = callgrind::run().into_iter().collect();
    let count = |name: &str| *regions.get(name).unwrap_or_else(|| panic!("no region '{name}'"));
    report_calls(&mut report, count);
    report_mid_way(&mut report, count);
    report_queued(&mut report, count);
    report.finish()
}

fn inside() {
    for (depth, rounds) in DEPTHS {
        calls(depth, rounds);
    }
    for how in How::ALL {
        for tls in [false, true] {
            for (name, size) in SIZES {
                mid_way(how, tls, name, size);
            }
        }
    }
    for queue in Queue::ALL {
        for order in Order::ALL {
            for n in QUEUED {
                queued(queue, order, n);
            }
        }
    }
}

// ---- nothing is cancelled

fn call_region(depth: usize, footers: Footers, name: usize) -> String {
    format!("calls at depth {depth} with footers {footers:?} and a name of {name} bytes")
}

/// The same calls with footers and without, client and server together.
fn calls(depth: usize, rounds: usize) {
    for name in NAMES {
        for footers in [Footers::Off, Footers::Auto] {
            let mut two = Two::plain(footers);
            two.method = Method::from_static(&NAME[..name], "Take");
            // Buffers grow to the size they keep.
            for _ in 0..4 {
                two.round(depth);
            }
            let region = call_region(depth, footers, name);
            measured(&region, || (0..rounds).for_each(|_| two.round(depth)));
        }
    }
}

fn report_calls(report: &mut Report, count: impl Fn(&str) -> f64) {
    for (depth, rounds) in DEPTHS {
        let group = format!("calls of 64 bytes at depth {depth}, nothing cancelled");
        let per_call =
            |footers, name| count(&call_region(depth, footers, name)) / (rounds * depth) as f64;
        let mean =
            |footers| NAMES.map(|name| per_call(footers, name)).sum::<f64>() / NAMES.count() as f64;
        let ratio = |name| per_call(Footers::Auto, name) / per_call(Footers::Off, name);
        let (off, on) = (mean(Footers::Off), mean(Footers::Auto));
        let worst = NAMES.map(ratio).fold(0.0, f64::max);
        let unit = Unit::Instructions;
        report.add(&group, "per call without footers, client and server", unit, off, Limit::None);
        report.add(&group, "per call with footers, client and server", unit, on, Limit::None);
        report.add(&group, "with footers / without", Unit::Ratio, on / off, Limit::Below(1.01));
        report.add(&group, "the same for the worst size", Unit::Ratio, worst, Limit::None);
    }
}

// ---- a call in mid-transmission, and a peer that does not read

/// How a call ends that is cancelled in mid-transmission.
#[derive(Clone, Copy, Debug)]
enum How {
    Footer,
    Drain,
    Close,
}

impl How {
    const ALL: [How; 3] = [How::Footer, How::Drain, How::Close];

    fn name(self) -> &'static str {
        match self {
            How::Footer => "aborted by its footer",
            How::Drain => "cut under Drain with grace 0",
            How::Close => "cut under Close",
        }
    }
}

fn mid_way_region(how: How, tls: bool, size: &str) -> String {
    format!("{} tls {tls} {size}", how.name())
}

/// From the command to the event, and to the drop of the payload.
fn mid_way(how: How, tls: bool, name: &str, size: usize) {
    let config = client_config(tls).max_filler(64 << 20).grace(Duration::ZERO);
    let config = match how {
        How::Footer => config,
        How::Drain => config.footers(Footers::Off),
        How::Close => config.footers(Footers::Off).on_cancel(OnCancel::Close),
    };
    let mut two = Two::open(config, server_config(tls));
    let payload = Payload::default();
    two.up.room = 0;
    if tls {
        // Up to 64 KiB are sealed ahead of the socket: with this before it, a call of 8 KiB is
        // sealed in part, as the larger ones are.
        two.call_with(Bytes::from_static(&PAYLOAD[..60 << 10]));
    }
    let id = two.call_with(payload.sidecar(&PAYLOAD[..size]).into());
    if !tls {
        two.up.room = 1_000;
    }
    two.write();
    let (mut outcome, mut events) = (None, 0);
    measured(&mid_way_region(how, tls, name), || {
        outcome = two.client.cancel_call(two.now, id);
        while let Some(event) = two.client.poll_event() {
            events += usize::from(matches!(event, ClientEvent::Completed { .. }));
        }
    });
    match (how, outcome) {
        (How::Footer, Some(CancelOutcome::Aborted { sent, .. })) => assert!(sent > 0),
        (How::Drain | How::Close, Some(CancelOutcome::Cut { sent, .. })) => assert!(sent > 0),
        (how, outcome) => panic!("{how:?} of {name}, TLS {tls}: {outcome:?}"),
    }
    assert!(events >= 1, "the completion is in the region");
    assert_eq!(payload.held(), 0, "so is the drop of the payload");
}

fn report_mid_way(report: &mut Report, count: impl Fn(&str) -> f64) {
    for tls in [false, true] {
        for how in How::ALL {
            let layer = if tls { "TLS 1.3" } else { "plain" };
            let group =
                format!("cancel in mid-transmission, peer stalled: {}, {layer}", how.name());
            let counts = SIZES.map(|(size, _)| count(&mid_way_region(how, tls, size)));
            for ((size, _), count) in SIZES.iter().zip(counts) {
                let what = format!("cancel to completion, {size}");
                report.add(&group, &what, Unit::Instructions, count, Limit::None);
            }
            let (most, least) = (
                counts.into_iter().fold(0.0, f64::max),
                counts.into_iter().fold(f64::MAX, f64::min),
            );
            // Where the heap's free lists stand differs a little from one to the next; sizes differ by
            // three orders of magnitude.
            let limit = Limit::Below(1.1);
            report.add(&group, "most / least", Unit::Ratio, most / least, limit);
        }
    }
}

// ---- many queued calls

/// What the calls wait for.
#[derive(Clone, Copy, Debug)]
enum Queue {
    /// A call of 8 MiB in mid-transmission: none of them is rendered.
    BehindLarge,
    /// A call of 64 KiB in mid-transmission: hundreds of them are rendered.
    BehindSmall,
    /// Nothing: the first of them are rendered and offered, and not a byte was taken.
    Offered,
}

impl Queue {
    const ALL: [Queue; 3] = [Queue::BehindLarge, Queue::BehindSmall, Queue::Offered];

    fn name(self) -> &'static str {
        match self {
            Queue::BehindLarge => "behind 8 MiB in mid-transmission",
            Queue::BehindSmall => "behind 64 KiB in mid-transmission",
            Queue::Offered => "offered, not a byte taken",
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Order {
    Forward,
    Reverse,
    Random,
}

impl Order {
    const ALL: [Order; 3] = [Order::Forward, Order::Reverse, Order::Random];

    fn sort(self, ids: &mut [CallId]) {
        match self {
            Order::Forward => {}
            Order::Reverse => ids.reverse(),
            Order::Random => {
                // A shuffle with a fixed seed.
                let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
                for i in (1..ids.len()).rev() {
                    seed ^= seed << 13;
                    seed ^= seed >> 7;
                    seed ^= seed << 17;
                    ids.swap(i, (seed % (i as u64 + 1)) as usize);
                }
            }
        }
    }
}

fn queued_region(queue: Queue, order: Order, n: usize) -> String {
    format!("{queue:?} {order:?} {n}")
}

/// Cancels `n` calls, and takes their completions. Without footers: there is less text to find then.
fn queued(queue: Queue, order: Order, n: usize) {
    let mut two = Two::plain(Footers::Off);
    match queue {
        Queue::BehindLarge => {
            two.up.room = 1_000;
            two.call_with(Bytes::from_static(&PAYLOAD[..8 << 20]));
        }
        Queue::BehindSmall => {
            two.up.room = 1_000;
            two.call_with(Bytes::from_static(&PAYLOAD[..64 << 10]));
        }
        Queue::Offered => two.up.room = 0,
    }
    let mut ids: Vec<_> = (0..n).map(|_| two.call()).collect();
    two.write();
    order.sort(&mut ids);
    let mut ended = 0;
    measured(&queued_region(queue, order, n), || {
        for id in &ids {
            two.client.cancel_call(two.now, *id);
        }
        while let Some(event) = two.client.poll_event() {
            ended += usize::from(matches!(event, ClientEvent::Completed { result: Err(_), .. }));
        }
    });
    assert_eq!(ended, n);
    let left = usize::from(!matches!(queue, Queue::Offered));
    assert_eq!((two.client.in_flight(), two.client.queued()), (left, left));
    // What was cancelled leaves no trace.
    assert_eq!(two.catch_up(), left);
}

fn report_queued(report: &mut Report, count: impl Fn(&str) -> f64) {
    for queue in Queue::ALL {
        for order in Order::ALL {
            let group = format!("cancel of queued calls, {}, {order:?}", queue.name());
            let per_call = QUEUED.map(|n| count(&queued_region(queue, order, n)) / n as f64);
            for (n, count) in QUEUED.iter().zip(per_call) {
                let what = format!("per call, {} cancelled", thousands(*n as f64));
                report.add(&group, &what, Unit::Instructions, count, Limit::None);
            }
            let [least, .., most] = per_call;
            let what = "per call at 10,000 / at 1,250";
            // Trees and heaps cost a logarithm more.
            report.add(&group, what, Unit::Ratio, most / least, Limit::Below(1.5));
        }
    }
}
