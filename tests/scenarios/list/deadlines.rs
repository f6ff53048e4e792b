//! A deadline in each stage of a call.

use std::thread::sleep;
use std::time::Duration;

use krpc_core::CallStage;

use crate::adapter::eventually;
use crate::bed::{SHORT, within};
use crate::matrix::Cell;
use crate::service::{LARGE, call, call_with};

pub(super) fn negotiating(cell: Cell) {
    let bed = cell.setup().forwarded().start();
    bed.forwarder().allow_new(1);
    let (request, payload) = call_with("Take", &[1], LARGE);
    let late = bed.start(within(request, SHORT));
    let other = bed.start_small(2);
    assert_eq!(bed.expired(late, &payload), CallStage::Negotiating);
    bed.forwarder().open();
    bed.answered(2, other);
    assert!(!bed.probe.has_run(1));
    bed.intact(1);
}

pub(super) fn queued(cell: Cell) {
    let bed = cell.setup().forwarded().start();
    bed.warm_up();
    let (stuck, _) = bed.start_stuck(1);
    let (request, payload) = call_with("Take", &[2], LARGE);
    let late = bed.start(within(request, SHORT));
    let behind = bed.start_small(3);
    assert_eq!(bed.expired(late, &payload), CallStage::Queued);
    bed.forwarder().open();
    bed.answered(1, stuck);
    bed.answered(3, behind);
    assert!(!bed.probe.has_run(2));
    bed.intact(1);
}

/// The deadline of a call that must come so far before it: longer until it is long enough.
fn longer() -> impl Iterator<Item = (u64, Duration)> {
    (0..10).map(|round| (100 + round, SHORT * (1 << round)))
}

/// It is aborted by its footer, and the connection lives.
pub(super) fn sending(cell: Cell) {
    let bed = cell.setup().forwarded().start();
    let reached = longer().any(|(number, time)| {
        bed.warm_up();
        bed.forwarder().stop_after(crate::bed::PART);
        let (request, payload) = call_with("Take", &[number], LARGE);
        let late = bed.start(within(request, time));
        let behind = bed.start_small(number + 100);
        let stage = bed.expired(late, &payload);
        bed.forwarder().open();
        bed.answered(number + 100, behind);
        assert!(!bed.probe.has_run(number));
        stage == CallStage::Sending
    });
    assert!(reached, "the machine is too slow");
    let aborted = || bed.server.stats().all().stats.aborted_frames_received;
    eventually("the server knows", || aborted() == 1);
    bed.intact(1);
}

/// The answer is late, and does no harm.
pub(super) fn sent(cell: Cell) {
    let bed = cell.setup().start();
    let reached = longer().any(|(number, time)| {
        bed.warm_up();
        let (request, payload) = call_with("Hold", &[number, 1 << 20], &[456]);
        let late = bed.start(within(request, time));
        let stage = bed.expired(late, &payload);
        if stage == CallStage::Sent {
            eventually("it is executed", || bed.probe.has_run(number));
        }
        bed.probe.let_go(number);
        stage == CallStage::Sent
    });
    assert!(reached, "the machine is too slow");
    let late_replies = || bed.client.stats().map(|stats| stats.late_replies);
    eventually("a late reply", || late_replies() >= Some(1));
    bed.intact(1);
}

/// The server does not execute it any more.
pub(super) fn in_the_servers_queue(cell: Cell) {
    let bed = cell.setup().concurrency(1).start();
    bed.warm_up();
    let reached = longer().any(|(number, time)| {
        let (runs, behind) = (number + 100, number + 200);
        let first = bed.start_held(runs, 0);
        let arrived = bed.arrived();
        let (request, payload) = call_with("Take", &[number], &[456]);
        let late = bed.start(within(request, time));
        let small = bed.start_small(behind);
        let stage = bed.expired(late, &payload);
        if stage == CallStage::Sent {
            eventually("both are in the queue", || bed.arrived() == arrived + 2);
            // The server counts the deadline from the arrival: it passes there, too.
            sleep(2 * time);
        }
        bed.probe.let_go(runs);
        bed.answered(runs, first);
        bed.answered(behind, small);
        assert!(!bed.probe.has_run(number));
        stage == CallStage::Sent
    });
    assert!(reached, "the machine is too slow");
    let more = bed.start(call("Echo", &[4], &[])).wait().expect("an answer");
    assert_eq!(more.body, 4u64.to_le_bytes()[..]);
    bed.intact(1);
}
