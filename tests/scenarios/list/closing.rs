//! Connections that end: by the server, by the client, in peace and otherwise.

use std::time::Duration;

use krpc_core::{ConnectionError, Execution};

use crate::adapter::{GUARD, eventually};
use crate::bed::{SHORT, lost};
use crate::matrix::Cell;
use crate::service::{LARGE, call};

pub(super) fn restart(cell: Cell) {
    let mut bed = cell.setup().start();
    bed.intact(1);
    let held = bed.start_held(1, 0);
    bed.server.shutdown(Duration::ZERO);
    assert_eq!(lost(held).1, Execution::Maybe);
    for number in 2..4 {
        let (_, execution) = lost(bed.start_small(number));
        // The first may be on its way when the end of the connection is.
        assert!(execution == Execution::Never || number == 2);
        assert!(!bed.probe.has_run(number));
    }
    bed.serve_again();
    bed.answered(4, bed.start_small(4));
    bed.intact(1);
}

pub(super) fn idle(cell: Cell) {
    let bed = cell.setup().server(|config| config.keepalive(Some(SHORT))).start();
    for round in 1..=3 {
        bed.answered(round, bed.start_small(round));
        assert_eq!(bed.server.accepted(), round);
        eventually("idle close", || bed.server.connections() == 0);
        eventually("noticed", || bed.client.stats().is_none());
    }
    // One that is busy is not idle, however long that takes.
    let held = bed.start_held(4, 0);
    std::thread::sleep(3 * SHORT);
    bed.probe.let_go(4);
    bed.answered(4, held);
    assert_eq!(bed.server.accepted(), 4);
}

/// What is in hand is answered, also to a client that goes on sending what nobody will read.
pub(super) fn shutdown(cell: Cell) {
    let bed = cell.setup().concurrency(2).forwarded().start();
    bed.warm_up();
    let arrived = bed.arrived();
    // Two run, the others wait in the queue: all of them are in hand.
    let calls: Vec<_> = (1..=6)
        .map(|number| (number, bed.start(call("Hold", &[number, number << 18], &[456]))))
        .collect();
    eventually("all are in hand", || bed.arrived() == arrived + 6);
    std::thread::scope(|scope| {
        let shutdown = scope.spawn(|| bed.server.shutdown(GUARD));
        eventually("nobody listens", || bed.is_deaf());
        bed.forwarder().stop_after(50_000);
        let unread = bed.start(call("Take", &[7], LARGE));
        bed.forwarder().wait_stuck();
        bed.probe.let_all_go();
        for (number, call) in calls {
            bed.answered(number, call);
        }
        lost(unread);
        bed.forwarder().open();
        shutdown.join().expect("it shuts down");
    });
    assert_eq!(bed.server.connections(), 0);
    lost(bed.start_small(8));
    assert!(!bed.probe.has_run(7) && !bed.probe.has_run(8));
}

pub(super) fn cut_off(cell: Cell) {
    let mut bed = cell.setup().start();
    bed.warm_up();
    let (held, listening) = (bed.start_held(1, 0), bed.start(call("Gone", &[2], &[])));
    eventually("it is executed", || bed.probe.has_run(2));
    bed.server.shutdown(SHORT);
    assert_eq!(bed.server.connections(), 0);
    assert_eq!(lost(held).1, Execution::Maybe);
    assert_eq!(lost(listening).1, Execution::Maybe);
    eventually("its handler is told", || bed.probe.was_told(2));
    bed.probe.let_all_go();
    bed.serve_again();
    bed.recovers();
}

pub(super) fn by_the_client(cell: Cell) {
    let bed = cell.setup().start();
    bed.warm_up();
    let (held, listening) = (bed.start_held(1, 0), bed.start(call("Gone", &[2], &[])));
    eventually("it is executed", || bed.probe.has_run(2));
    bed.client.close();
    for call in [held, listening] {
        assert_eq!(lost(call), (ConnectionError::LocallyClosed, Execution::Maybe));
    }
    eventually("its handler is told", || bed.probe.was_told(2));
    bed.probe.let_all_go();
    bed.intact(2);
    eventually("the first is gone", || bed.server.connections() == 1);
    assert_eq!(bed.client.connections_made(), 2);
}
