//! Peers that are slow, silent, too large, or not who they should be.

use std::time::Duration;

use krpc_core::{
    AuthError, CallError, ConnectionError, Execution, StartCallReason, Timer, TransportOp,
};

use crate::adapter::eventually;
use crate::bed::{SHORT, lost, within};
use crate::matrix::Cell;
use crate::peer::{Listener, Stream};
use crate::service::{LARGE, call, call_with};

const MIB: usize = 1 << 20;

/// Time that a peer is given here. What is asked of those that are not slow on purpose takes less, or
/// is asked again.
const PATIENCE: Duration = Duration::from_millis(150);

pub(super) fn negotiation_timeout(cell: Cell) {
    let bed = cell.setup().server(|config| config.negotiation_timeout(PATIENCE)).start();
    // A server that says nothing.
    let silent = Listener::bind(&cell.address.any()).expect("it listens");
    let config = bed.config.clone().negotiation_timeout(PATIENCE);
    let client = cell.client.client(&silent.address(), &config);
    let timed_out = ConnectionError::TimedOut(Timer::Negotiation(PATIENCE));
    let call = client.start(call("Take", &[1], &[]));
    assert_eq!(client.connect_now().expect_err("it times out"), timed_out);
    assert_eq!(lost(call), (timed_out, Execution::Never));
    // A client that says nothing.
    let silent = Stream::connect(&bed.server.address()).expect("it connects");
    silent.end();
    eventually("it is gone", || bed.server.connections() == 0);
    assert_eq!(bed.server.accepted(), 1);
    bed.recovers();
}

pub(super) fn silent_peer(cell: Cell) {
    let bed = cell.setup().client(|config| config.write_stall(PATIENCE)).forwarded().start();
    bed.warm_up();
    bed.forwarder().freeze();
    let (request, payload) = call_with("Take", &[1], &[456]);
    bed.expired(bed.start(within(request, SHORT)), &payload);
    bed.forwarder().open();
    bed.intact(1);
    // More than fits on its way: there is no reason to wait for its deadline.
    bed.forwarder().freeze();
    let (request, payload) = call_with("Take", &[2], LARGE);
    let stalled = ConnectionError::TimedOut(Timer::WriteStall(PATIENCE));
    assert_eq!(lost(bed.start(request)), (stalled, Execution::Never));
    assert_eq!(payload.held(), 0);
    bed.forwarder().open();
    bed.recovers();
    assert!(!bed.probe.has_run(2));
}

pub(super) fn half_a_frame(cell: Cell) {
    // Enough for what the forwarder passes on in two parts.
    let time = 3 * PATIENCE;
    let bed = cell.setup().server(|config| config.frame_timeout(time)).forwarded().start();
    bed.warm_up();
    bed.forwarder().stop_after(30_000);
    let stuck = bed.start(call("Take", &[1], &[100_000]));
    lost(stuck);
    bed.forwarder().open();
    eventually("it is counted", || bed.server.stats().faulty.connections == 1);
    bed.recovers();
    assert!(!bed.probe.has_run(1));
}

pub(super) fn oversized_frame(cell: Cell) {
    let limit = u32::try_from(MIB).expect("it is small");
    // A request.
    let small = |config: krpc_core::ServerConfig| config.max_message_size(limit).expect("allowed");
    let bed = cell.setup().server(small).start();
    bed.warm_up();
    let (request, payload) = call_with("Take", &[1], &[3 * MIB / 2]);
    lost(bed.start(request));
    assert_eq!(payload.held(), 0);
    eventually("counted", || bed.server.stats().faulty.connections == 1);
    assert!(!bed.probe.has_run(1));
    bed.recovers();
    // A reply that the server itself may not send: the caller is told, and the connection lives.
    let accepted = bed.server.accepted();
    bed.probe.let_all_go();
    let refused = bed.start(call("Hold", &[2, 3 << 19], &[])).wait().expect_err("too large");
    assert!(
        matches!(&refused, CallError::Remote(status) if status.message().contains("exceeds the limit")),
        "{refused:?}"
    );
    bed.intact(accepted);

    // A reply.
    let small = |config: krpc_core::ClientConfig| config.max_message_size(limit).expect("allowed");
    let bed = cell.setup().client(small).start();
    bed.warm_up();
    bed.probe.let_all_go();
    let (error, execution) = lost(bed.start(call("Hold", &[1, 3 << 19], &[])));
    assert_eq!(execution, Execution::Maybe);
    let ConnectionError::LimitExceeded(exceeded) = error else { panic!("{error:?}") };
    assert_eq!((exceeded.limit, exceeded.setting), (MIB as u64, "max_message_size"));
    bed.recovers();
    // A request that the client itself may not send: the connection lives.
    let accepted = bed.server.accepted();
    let refused = bed.start(call("Take", &[2], &[3 * MIB / 2])).wait().expect_err("too large");
    assert!(matches!(refused, CallError::Refused(StartCallReason::TooLarge { .. })), "{refused:?}");
    bed.intact(accepted);
}

/// What it does not read holds up nobody else, and is there when it reads again.
pub(super) fn stalled_reader(cell: Cell) {
    const CALLS: u64 = 60;
    let bed = cell.setup().server(|config| config.reply_memory(MIB)).forwarded().start();
    bed.warm_up();
    bed.probe.let_all_go();
    bed.forwarder().freeze_down();
    let calls: Vec<_> =
        (0..CALLS).map(|number| bed.start(call("Hold", &[number, 1 << 18], &[]))).collect();
    let other = cell.client.client(&bed.server.address(), &bed.config);
    bed.serves(&*other);
    bed.forwarder().open();
    for (number, call) in (0..).zip(calls) {
        bed.answered(number, call);
    }
    bed.intact(2);
}

pub(super) fn authentication_refusal(cell: Cell) {
    // A server that takes nobody.
    let bed = cell.setup().server(|config| config.plain(false)).start();
    for number in 1..=2 {
        let (error, execution) = lost(bed.start_small(number));
        let text = error.to_string();
        assert!(text.contains("SASL server mechanism list is empty!"), "{error:?}");
        assert_eq!(execution, Execution::Never);
        assert_eq!(bed.server.accepted(), number);
    }
    eventually("they are gone", || bed.server.connections() == 0);
    assert!(bed.probe.runs().is_empty());
    // A client that has nothing to show, and others of the same server.
    let bed = cell.setup().start();
    let nobody = bed.another(|config| config.plain(false));
    let nothing = ConnectionError::Auth(AuthError::NothingToOffer);
    assert_eq!(lost(nobody.start(call("Take", &[1], &[]))), (nothing, Execution::Never));
    bed.recovers();
    assert_eq!(bed.probe.runs().len(), 3, "only what was called by others");
    // Nobody at all.
    bed.server.shutdown(Duration::ZERO);
    let (error, _) = lost(bed.another(|config| config).start(call("Take", &[2], &[])));
    let ConnectionError::Transport(error) = error else { panic!("{error:?}") };
    assert_eq!(error.op, TransportOp::Connect);
}

/// One byte at a time, both ways, from the first one on.
pub(super) fn trickling(cell: Cell) {
    let bed = cell.setup().trickling(1).start();
    let calls: Vec<_> =
        (1..=5).map(|number| (number, bed.start(call("Echo", &[number], &[0, 456])))).collect();
    for (number, call) in calls {
        let reply = call.wait().expect("an answer");
        assert_eq!(reply.body, u64::to_le_bytes(number)[..]);
        super::is_echo(&reply.sidecars, &[0, 456]);
    }
    bed.answered(6, bed.start_small(6));
    bed.is_secure(&*bed.client);
    assert_eq!((bed.server.accepted(), bed.client.connections_made()), (1, 1));
}
