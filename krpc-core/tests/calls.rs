//! Calls on an open connection, over a network that takes and gives everything at once.

mod suite;

use std::time::Duration;

use krpc_core::{
    CallError, ErrorStatus, Method, OutboundReply, RespondError, ServerConfig, StartCallReason,
    StatusCode,
};
use krpc_testkit::{Pair, Plan};
use suite::{
    call, cancelled_and_aborted, cancelled_and_sent, client, echo, pair, payloads_are_released,
    sidecars_come_back,
};

fn plan() -> Plan {
    Plan::default()
}

// ---- what needs such a network: many bytes, or all of them in one write

#[test]
fn pipelined_calls_leave_in_few_writes() {
    let mut pair = pair();
    let ids: Vec<_> = (0..20).map(|i| pair.call(vec![i])).collect();
    pair.run();
    for id in ids {
        pair.respond(id, Ok(OutboundReply::default()));
    }
    pair.run();
    // Twenty calls and the context left in few writes, twenty replies in one.
    assert!(pair.client.stats().writes <= 3, "{:?}", pair.client.stats());
    assert!(pair.server.stats().writes <= 3, "{:?}", pair.server.stats());
}

#[test]
fn large_sidecars_travel_both_ways() {
    for sizes in [&[3_000_000][..], &[255, 256, 257, 100_000, 1]] {
        sidecars_come_back(sizes);
    }
}

/// What is taken is within the peer's limit too, which counts the header.
#[test]
fn what_is_sent_is_never_too_large() {
    let limit = 1 << 20;
    let client = client().max_message_size(limit).unwrap();
    let server = ServerConfig::new().max_message_size(limit).unwrap();
    let mut pair = Pair::with(client, server, plan(), plan());
    echo(&mut pair);
    pair.run();
    let mut taken = 0;
    for len in limit as usize - 200..limit as usize {
        match pair.client.start_call(pair.now(), call(vec![1; len])) {
            Ok(id) => {
                pair.run();
                // The echo is as long, and its header shorter.
                assert_eq!(pair.reply(id).unwrap().body.len(), len);
                taken += 1;
            }
            Err(refused) => {
                assert!(matches!(refused.reason, StartCallReason::TooLarge { .. }), "{refused}");
                break;
            }
        }
    }
    assert!((50..190).contains(&taken), "{taken}");
}

#[test]
fn an_error_that_is_too_large_is_replaced_by_one_that_is_not() {
    let server = ServerConfig::new().max_message_size(1 << 20).unwrap();
    let mut pair = Pair::with(client().max_message_size(1 << 20).unwrap(), server, plan(), plan());
    let id = pair.call("x");
    pair.run();
    let huge = ErrorStatus::application(StatusCode::NotFound, "x".repeat(3 << 20));
    let said = pair.server.respond(pair.now(), id, Err(huge)).unwrap_err();
    let RespondError::Invalid(StartCallReason::TooLarge { limit, .. }) = said else {
        panic!("{said:?}")
    };
    assert_eq!(limit, 1 << 20);
    pair.run();
    let Err(CallError::Remote(status)) = pair.reply(id) else { panic!("an error reply") };
    let text = status.message();
    assert!(text.starts_with("Runtime error: reply cannot be sent: message of 3145"), "{text}");
    echo(&mut pair);
    let next = pair.call("y");
    pair.run();
    assert_eq!(pair.reply(next).unwrap().body, "y");
}

/// What a receiver would not read is not sent, and what is sent is read.
#[test]
fn headers_are_no_longer_than_a_receiver_reads() {
    let mut pair = pair();
    echo(&mut pair);
    pair.run();
    let limit = 262_144;
    let named = |len| {
        let mut request = call("x");
        request.method = Method::new("s", "m".repeat(len));
        request
    };
    // The numbers in it are counted at their longest.
    let refused = pair.client.start_call(pair.now(), named(limit)).unwrap_err();
    let StartCallReason::HeaderTooLong { size, limit: said } = refused.reason else {
        panic!("{refused}")
    };
    let around = size - limit;
    assert!(said == limit && (20..50).contains(&around), "{refused}");
    assert_eq!(refused.call.method.name.len(), limit, "the call comes back");
    assert!(pair.client.start_call(pair.now(), named(limit - around + 1)).is_err());
    let id = pair.start(named(limit - around));
    pair.run();
    assert!(pair.reply(id).is_ok());

    let flagged = |count| {
        let mut request = call("x");
        request.required_features = vec![u32::MAX; count];
        request
    };
    let refused = pair.client.start_call(pair.now(), flagged(1_025)).unwrap_err();
    assert_eq!(refused.reason, StartCallReason::TooManyFeatures { count: 1_025, limit: 1_024 });
    let id = pair.start(flagged(1_024));
    pair.run();
    assert!(pair.reply(id).is_ok());
}

#[test]
fn large_payloads_are_released_before_a_completion_is_reported() {
    [70_000, 3 << 20].into_iter().for_each(payloads_are_released);
}

#[test]
fn cancelling_a_large_call_in_mid_transmission_completes_at_once() {
    cancelled_and_aborted(4 << 20);
}

#[test]
fn cancelling_a_large_call_in_mid_transmission_completes_when_sent() {
    cancelled_and_sent(4 << 20);
}

#[test]
fn a_million_finished_calls_do_not_grow_the_deadline_heap() {
    let mut pair = pair();
    echo(&mut pair);
    for round in 0..10_000 {
        for _ in 0..100 {
            let mut request = call("x");
            request.deadline = Some(pair.now() + Duration::from_secs(3_600));
            pair.start(request);
        }
        assert!(pair.client.deadline_entries() <= 200, "round {round}");
        pair.run();
        pair.client_events();
        assert_eq!(pair.client.in_flight(), 0);
        assert_eq!(pair.client.deadline_entries(), 0);
    }
}

/// One call that outlives 100,000 others and is due before, with or after them.
#[test]
fn a_call_in_flight_does_not_keep_the_deadlines_of_finished_ones() {
    for deadline in [10, 3_600, 1_000_000] {
        let mut pair = pair();
        pair.serve(|call| call.body.is_empty().then(|| Ok(OutboundReply::default())));
        let at = |pair: &Pair, seconds| Some(pair.now() + Duration::from_secs(seconds));
        let mut long = call("long");
        long.deadline = at(&pair, deadline);
        pair.start(long);
        for round in 0..1_000 {
            for _ in 0..100 {
                let mut short = call("");
                short.deadline = at(&pair, 3_600);
                pair.start(short);
            }
            let entries = pair.client.deadline_entries();
            assert!(entries <= 2 * 101, "round {round}: {entries}");
            pair.run();
            pair.client_events();
            assert_eq!(pair.client.in_flight(), 1);
            assert!(pair.client.deadline_entries() <= 2, "round {round}");
        }
    }
}
