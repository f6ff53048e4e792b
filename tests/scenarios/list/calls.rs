//! Calls and their answers.

use bytes::Bytes;
use krpc_core::{CallError, ErrorCode, ErrorStatus, InboundReply, Method};
use krpc_driver::CallRequest;

use crate::matrix::Cell;
use crate::service::{FEATURE, call, take};

pub(super) fn unary(cell: Cell) {
    let bed = cell.setup().start();
    for (number, a, b) in [(1, 2, 3), (2, 1 << 40, 1)] {
        let mut reply = bed.start(call("Add", &[number, a, b], &[])).wait().expect("an answer");
        assert_eq!((take(&mut reply.body), take(&mut reply.body)), (number, a + b));
        assert!(reply.body.is_empty() && reply.sidecars.is_empty());
    }
    let mut large = call("Echo", &[3], &[]);
    let rest = vec![0xa5; 1 << 20];
    large.body = [&large.body[..], &rest].concat().into();
    let expected = large.body.clone();
    assert!(bed.start(large).wait().expect("an answer").body == expected);
    bed.intact(1);
}

fn refused(result: Result<InboundReply, CallError>) -> ErrorStatus {
    match result {
        Err(CallError::Remote(status)) => status,
        other => panic!("{other:?}"),
    }
}

pub(super) fn errors(cell: Cell) {
    let bed = cell.setup().start();
    let status = refused(bed.start(call("NoSuch", &[1], &[456])).wait());
    assert_eq!(status.code, Some(ErrorCode::ErrorNoSuchMethod), "{status}");
    let unknown = CallRequest::new(Method::from_static("no.Such", "Echo"), Bytes::new());
    let status = refused(bed.start(unknown).wait());
    assert_eq!(status.code, Some(ErrorCode::ErrorNoSuchService), "{status}");
    assert!(bed.probe.runs().is_empty());
    bed.intact(1);
}

pub(super) fn feature_flags(cell: Cell) {
    let bed = cell.setup().start();
    let mut known = call("Take", &[1], &[]);
    known.required_features = vec![FEATURE];
    bed.answered(1, bed.start(known));
    let mut unknown = call("Take", &[2], &[456]);
    unknown.required_features = vec![FEATURE, 99, 98];
    let status = refused(bed.start(unknown).wait());
    assert_eq!(status.code, Some(ErrorCode::ErrorInvalidRequest), "{status}");
    assert_eq!(status.unsupported_feature_flags(), [99, 98]);
    assert!(!bed.probe.has_run(2));
    bed.intact(1);
}

pub(super) fn panic(cell: Cell) {
    let bed = cell.setup().start();
    bed.warm_up();
    let others = [bed.start_held(1, 0), bed.start_held(2, 456)];
    // More often than there are threads in a pool.
    for number in 10..40 {
        let status = refused(bed.start(call("Panic", &[number], &[])).wait());
        assert_eq!(status.code, Some(ErrorCode::ErrorApplication), "{status}");
        assert_eq!(status.message(), "Runtime error: handler panicked");
    }
    bed.probe.let_all_go();
    for (number, call) in (1..).zip(others) {
        bed.answered(number, call);
    }
    bed.intact(1);
}

pub(super) fn pipelining(cell: Cell) {
    let bed = cell.setup().start();
    // Some of them before there is a connection.
    let calls: Vec<_> = (0..500)
        .map(|number| {
            if number == 250 {
                bed.client.connect_now().expect("it negotiates");
            }
            let len = usize::try_from(number).expect("it is small") * 7;
            (number, len, bed.start(call("Echo", &[number], &[len])))
        })
        .collect();
    for (number, len, call) in calls {
        let mut reply = call.wait().expect("an answer");
        assert_eq!(take(&mut reply.body), number);
        super::is_echo(&reply.sidecars, &[len]);
    }
    bed.intact(1);
}

pub(super) fn out_of_order(cell: Cell) {
    let bed = cell.setup().start();
    let calls: Vec<_> =
        (1..=8).map(|number| (number, bed.start_held(number, number * 1_000))).collect();
    for (number, call) in calls.into_iter().rev() {
        bed.probe.let_go(number);
        let mut reply = call.wait().expect("an answer");
        assert_eq!(take(&mut reply.body), number);
        super::is_echo(&reply.sidecars, &[usize::try_from(number * 1_000).expect("it is small")]);
    }
    bed.intact(1);
}

pub(super) fn network_planes(cell: Cell) {
    let bed = cell.setup().start();
    let clients = cell.client.clients(&bed.address(), &bed.config, &["", "bulk", "bulk", "other"]);
    for _ in 0..2 {
        clients.iter().for_each(|client| bed.serves(&**client));
        assert_eq!(bed.server.accepted(), 3, "one connection for each plane");
    }
    // A request that is held up on one holds up none on the others.
    let held = clients[1].start(call("Hold", &[1, 0], &[]));
    bed.serves(&*clients[0]);
    bed.probe.let_go(1);
    bed.answered(1, held);
    clients[2].close();
    bed.serves(&*clients[0]);
    bed.serves(&*clients[1]);
    assert_eq!(bed.server.accepted(), 4, "only the plane that was closed connects anew");
    bed.intact(5);
}
