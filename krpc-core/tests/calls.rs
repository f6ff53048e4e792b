//! Calls on an open connection, over a network that takes and gives everything at once.

mod suite;

use std::time::Duration;

use krpc_core::{OutboundReply, ServerConfig, StartCallReason};
use krpc_testkit::{Pair, Plan};
use suite::{
    call, cancelled_and_sent, client, echo, pair, payloads_are_released, sidecars_come_back,
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
fn large_payloads_are_released_before_a_completion_is_reported() {
    [70_000, 3 << 20].into_iter().for_each(payloads_are_released);
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
