//! A cancel in each stage of a call, and what becomes of a request that is in mid-transmission.

use krpc_core::{CancelOutcome, Footers};

use crate::adapter::eventually;
use crate::bed::{Bed, within};
use crate::matrix::Cell;
use crate::peer::End;
use crate::service::{LARGE, call, call_with};

pub(super) fn negotiating(cell: Cell) {
    let bed = cell.setup().forwarded().start();
    bed.forwarder().allow_new(1);
    let (request, payload) = call_with("Take", &[1], LARGE);
    let call = bed.start(request);
    let other = bed.start_small(2);
    eventually("a connection", || bed.forwarder().accepted() == 1);
    bed.forwarder().wait_stuck();
    assert_eq!(bed.cancelled(call, &payload), CancelOutcome::NotBegun);
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
    let call = bed.start(request);
    let behind = bed.start_small(3);
    assert_eq!(bed.cancelled(call, &payload), CancelOutcome::NotBegun);
    bed.forwarder().open();
    bed.answered(1, stuck);
    bed.answered(3, behind);
    assert!(!bed.probe.has_run(2));
    bed.intact(1);
}

fn is_aborted(outcome: CancelOutcome) -> bool {
    matches!(outcome, CancelOutcome::Aborted { sent, filler } if sent > 0 && filler > 0)
}

fn is_cut(outcome: CancelOutcome) -> bool {
    matches!(outcome, CancelOutcome::Cut { sent, unsent } if sent > 0 && unsent > 0)
}

/// Between ends that both have footers the connection lives.
pub(super) fn sending(cell: Cell) {
    let bed = cell.setup().forwarded().start();
    bed.warm_up();
    let (stuck, payload) = bed.start_stuck(1);
    let outcome = bed.cancelled(stuck, &payload);
    assert!(is_aborted(outcome), "{outcome:?}");
    bed.forwarder().open();
    bed.intact(1);
    assert!(!bed.probe.has_run(1));
    // The same by nothing but losing interest.
    let (stuck, payload) = bed.start_stuck(2);
    drop(stuck);
    eventually("its payload is released", || payload.held() == 0);
    bed.forwarder().open();
    bed.intact(1);
    assert!(!bed.probe.has_run(2));
}

pub(super) fn sent(cell: Cell) {
    let bed = cell.setup().start();
    bed.warm_up();
    let (request, payload) = call_with("Hold", &[1, 456], &[456, 70_000]);
    let call = bed.start(request);
    eventually("it is executed", || bed.probe.has_run(1));
    assert_eq!(bed.cancelled(call, &payload), CancelOutcome::Sent);
    bed.intact(1);
    bed.probe.let_go(1);
    let late = || bed.client.stats().is_some_and(|stats| stats.late_replies == 1);
    eventually("its late reply", late);
    bed.intact(1);
}

/// Cancelled when its answer is here and nobody has looked at it.
pub(super) fn answered(cell: Cell) {
    let bed = cell.setup().concurrency(1).start();
    let (request, payload) = call_with("Echo", &[1], &[456]);
    let call = bed.start(request);
    // The server answers one after the other. So the call has ended when the one behind it has.
    bed.answered(2, bed.start_small(2));
    let cancel = call.canceller();
    assert_eq!(cancel(), CancelOutcome::AlreadyDone);
    assert_eq!(payload.held(), 0);
    assert_eq!(call.wait().expect("an answer").body, 1u64.to_le_bytes()[..]);
    assert_eq!(cancel(), CancelOutcome::AlreadyDone);
    bed.intact(1);
}

/// One connection lives through all of it.
pub(super) fn footers(cell: Cell) {
    let bed = cell.setup().forwarded().start();
    assert!(bed.client.connect_now().expect("it negotiates").footers);
    let held = bed.start_held(1, 456);
    for number in 10..13 {
        bed.warm_up();
        let (stuck, payload) = bed.start_stuck(number);
        let behind = bed.start(call("Take", &[number + 10], LARGE));
        let outcome = bed.cancelled(stuck, &payload);
        assert!(is_aborted(outcome), "{outcome:?}");
        bed.forwarder().open();
        bed.answered(number + 10, behind);
        assert!(!bed.probe.has_run(number));
    }
    bed.probe.let_go(1);
    bed.answered(1, held);
    let aborted = || bed.server.stats().all().stats.aborted_frames_received;
    eventually("the server has counted them", || aborted() == 3);
    let aborted = || bed.client.stats().map(|stats| stats.aborted_frames_sent);
    eventually("the client has counted them", || aborted() == Some(3));
    bed.intact(1);
}

/// A request is cancelled in mid-transmission where there are no footers: those behind it move to a
/// fresh connection, those before it are answered on the old one. Returns with those not let go.
fn cut(bed: &Bed) -> [Box<dyn crate::adapter::Call>; 2] {
    assert!(!bed.client.connect_now().expect("it negotiates").footers);
    let before = [bed.start_held(1, 456), bed.start_held(2, 1 << 20)];
    let (stuck, payload) = bed.start_stuck(10);
    let behind = [20, 21].map(|number| (number, bed.start_small(number)));
    let outcome = bed.cancelled(stuck, &payload);
    assert!(is_cut(outcome), "{outcome:?}");
    for (number, call) in behind {
        bed.answered(number, call);
    }
    bed.intact(2);
    assert!(!bed.probe.has_run(10));
    bed.forwarder().open();
    before
}

/// The end of the old one comes after its last reply.
fn settled(bed: &Bed, before: [Box<dyn crate::adapter::Call>; 2]) {
    bed.probe.let_all_go();
    for (number, call) in (1..).zip(before) {
        bed.answered(number, call);
    }
    eventually("the old connection is gone", || bed.server.connections() == 1);
    bed.intact(2);
    assert!(!bed.probe.has_run(10));
}

/// The server knows nothing of ours, as every released Kudu.
pub(super) fn drain(cell: Cell) {
    let bed = cell.setup().server(|config| config.footers(Footers::Flag4Only)).forwarded().start();
    let before = cut(&bed);
    settled(&bed, before);
}

/// The server is told by the end of the stream, and answers what it has.
pub(super) fn half_close(cell: Cell) {
    let bed = cell.setup().server(|config| config.footers(Footers::Off)).forwarded().start();
    let before = cut(&bed);
    assert_eq!(bed.forwarder().ended(0), End::Eof, "while replies are owed");
    assert_eq!(bed.server.connections(), 2);
    settled(&bed, before);
    assert_eq!(bed.server.stats().broken_off.stats.cut_frames_received, 1);
}

/// Of calls that were cancelled, dropped or have expired; small ones, and some that arrive in parts.
pub(super) fn late_replies(cell: Cell) {
    let bed = cell.setup().start();
    bed.warm_up();
    let waits = bed.start_held(1, 1 << 20);
    drop(bed.start_held(2, 0));
    drop(bed.start_held(3, 3 << 20));
    let cancelled = bed.start_held(4, 3 << 20);
    assert_eq!(cancelled.canceller()(), CancelOutcome::Sent);
    let expires = bed.start(within(call("Hold", &[5, 1 << 20], &[]), crate::bed::SHORT));
    expires.wait().expect_err("its deadline passes");
    bed.intact(1);
    bed.probe.let_all_go();
    bed.answered(1, waits);
    // The last one may not have left at its deadline, on a slow machine.
    let stats = || bed.client.stats().unwrap_or_default();
    eventually("late replies", || stats().late_replies >= 3);
    eventually("skipped", || stats().bytes_skipped >= 6 << 20);
    bed.intact(1);
}
