//! Bytes beside the message, both ways.

use krpc_core::{CallError, StartCallReason};

use crate::matrix::Cell;
use crate::service::{call, call_with};

fn both_ways(cell: Cell, lens: &[usize]) {
    let bed = cell.setup().start();
    let calls = [1, 2, 3].map(|number| {
        let (request, payload) = call_with("Echo", &[number], lens);
        (number, payload, bed.start(request))
    });
    for (number, payload, call) in calls {
        let reply = call.wait().expect("an answer");
        assert_eq!(reply.body, number.to_le_bytes()[..]);
        super::is_echo(&reply.sidecars, lens);
        assert_eq!(payload.held(), 0, "released before the answer is told");
    }
    bed.intact(1);
}

pub(super) fn empty(cell: Cell) {
    both_ways(cell, &[0]);
    both_ways(cell, &[0, 0, 0]);
}

pub(super) fn small(cell: Cell) {
    both_ways(cell, &[456]);
    both_ways(cell, &[456, 0, 1, 456]);
}

pub(super) fn large(cell: Cell) {
    both_ways(cell, &[3 << 20]);
}

/// As many as there may be, and one more.
pub(super) fn most(cell: Cell) {
    both_ways(cell, &[5; 10_000]);
    let bed = cell.setup().start();
    bed.warm_up();
    let refused = bed.start(call("Echo", &[1], &[0; 10_001])).wait();
    let reason = StartCallReason::TooManySidecars { count: 10_001, limit: 10_000 };
    assert_eq!(refused.expect_err("it is refused"), CallError::Refused(reason));
    bed.intact(1);
}
