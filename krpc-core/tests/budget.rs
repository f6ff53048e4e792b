//! Received messages that are kept: reading stops and goes on, connections are let in, and what is
//! held up does not outlive a shutdown.

mod raw;

use std::time::Duration;

use krpc_core::{
    Budget, ClientEvent, ConnectionError, Method, OutboundCall, OutboundReply, ServerConfig,
};
use raw::{
    RawClient, RawServer, alice, call, plain_client_hello, reply, responses, sasl_success,
    server_negotiate,
};

const MIB: usize = 1 << 20;

/// How long until a refused charge is tried again.
const RETRY: Duration = Duration::from_millis(5);

fn start(peer: &mut RawServer) -> i32 {
    let call = OutboundCall::new(Method::from_static("test.Service", "Method"), "");
    let id = peer.conn.start_call(peer.now, call).unwrap();
    peer.drain();
    id.get()
}

#[test]
fn a_server_connection_holds_what_receive_memory_says() {
    let mut peer = RawClient::open(ServerConfig::new().receive_memory(100_000));
    peer.feed(&call(0, &[0; 90_000]));
    assert!(peer.conn.wants_read());
    peer.feed(&call(1, &[0; 20_000]));
    assert_eq!(peer.calls().len(), 1);
    assert!(!peer.conn.wants_read(), "90,000 bytes are kept");
    peer.advance(RETRY);
    assert!(!peer.conn.wants_read());
    // A slice keeps all of it; then nothing does.
    let slice = peer.calls()[0].body.slice(..1);
    peer.events.clear();
    peer.advance(RETRY);
    assert!(peer.calls().is_empty());
    drop(slice);
    assert_eq!(peer.conn.poll_timeout(), Some(peer.now + RETRY));
    peer.advance(RETRY);
    assert_eq!(peer.calls()[0].body.len(), 20_000);
    assert!(peer.conn.wants_read());
    // One message is always let in.
    let mut peer = RawClient::open(ServerConfig::new().receive_memory(0));
    peer.feed(&call(0, &[0; MIB]));
    assert_eq!(peer.calls().len(), 1);
}

#[test]
fn a_frame_that_has_to_wait_for_memory_is_not_timed_meanwhile() {
    let mut peer = RawClient::open(ServerConfig::new().receive_memory(100_000));
    peer.feed(&call(0, &[0; 90_000]));
    let second = call(1, &[0; 20_000]);
    let (begun, rest) = second.split_at(10_000);
    peer.feed(begun);
    peer.advance(Duration::from_secs(100));
    peer.events.clear();
    peer.advance(RETRY);
    assert!(peer.conn.wants_read());
    peer.advance(Duration::from_secs(59));
    assert!(!peer.is_ended());
    peer.feed(rest);
    assert_eq!(peer.calls().len(), 1);
}

#[test]
fn by_default_a_server_connection_holds_64_mib_and_a_client_what_it_asked_for() {
    let mut peer = RawClient::open(ServerConfig::new());
    for id in 0.. {
        peer.feed(&call(id, &[0; MIB]));
        if !peer.conn.wants_read() {
            break;
        }
    }
    assert_eq!(peer.calls().len(), 63, "with their headers, 64 are more than 64 MiB");

    let mut peer = RawServer::open(alice());
    for _ in 0..70 {
        let id = start(&mut peer);
        peer.feed(&reply(id, &[0; MIB]));
        assert!(peer.conn.wants_read());
    }
    assert_eq!(peer.events.len(), 70);
}

#[test]
fn a_client_connection_holds_what_receive_memory_says() {
    let mut peer = RawServer::open(alice().receive_memory(100_000));
    let ids = [start(&mut peer), start(&mut peer)];
    peer.feed(&[reply(ids[0], &[0; 90_000]), reply(ids[1], &[0; 20_000])].concat());
    assert_eq!(peer.events.len(), 1);
    assert!(!peer.conn.wants_read());
    peer.events.clear();
    peer.advance(RETRY);
    assert!(matches!(&peer.events[..], [ClientEvent::Completed { result: Ok(_), .. }]));
    assert!(peer.conn.wants_read());
}

#[test]
fn a_spent_budget_keeps_nobody_from_connecting() {
    let budget = Budget::new(MIB);
    let config = || ServerConfig::new().budget(budget.clone());
    let mut greedy = RawClient::open(config());
    // An empty budget grants one charge, however large.
    greedy.feed(&call(0, &[0; 2 * MIB]));
    assert!(budget.used() > budget.limit());

    let mut client = RawClient::new(config());
    client.feed(&plain_client_hello());
    assert!(client.conn.is_open());
    let mut server = RawServer::new(alice().budget(budget.clone()));
    server.feed(&[server_negotiate(), sasl_success()].concat());
    assert!(server.conn.is_open());

    // Its calls wait.
    client.feed(&call(0, b"x"));
    assert!(client.calls().is_empty() && !client.conn.wants_read());
    greedy.events.clear();
    assert_eq!(budget.used(), 0);
    client.advance(RETRY);
    assert_eq!(client.calls().len(), 1);
}

/// A connection whose next calls are held up, and what holds them up.
fn held_up(first: &[u8]) -> (RawClient, RawClient) {
    let budget = Budget::new(100_000);
    let config = || ServerConfig::new().budget(budget.clone());
    let (mut peer, mut other) = (RawClient::open(config()), RawClient::open(config()));
    other.feed(&call(0, &[0; 90_000]));
    peer.feed(&[first, &call(1, &[0; 12_000]), &call(2, b"x"), &call(3, b"y")].concat());
    assert!(!peer.conn.wants_read());
    (peer, other)
}

#[test]
fn a_call_that_was_held_up_is_not_accepted_after_shutdown() {
    let (mut peer, mut other) = held_up(&call(0, b"in hand"));
    assert_eq!(peer.calls().len(), 1);
    peer.conn.shutdown(peer.now);
    assert_eq!(peer.conn.poll_timeout(), None, "nothing is waited for but the reply");
    other.events.clear();
    peer.advance(4 * RETRY);
    peer.conn.handle_timeout(peer.now);
    peer.drain();
    assert_eq!(peer.calls().len(), 1);
    assert!(!peer.is_ended());
    let id = peer.calls()[0].id;
    peer.conn.respond(peer.now, id, Ok(OutboundReply::new("done"))).unwrap();
    peer.drain();
    assert_eq!(peer.error(), ConnectionError::LocallyClosed);
    assert_eq!(responses(&peer.written()).len(), 1);

    // With nothing in hand it is over at once.
    let (mut peer, _other) = held_up(b"");
    peer.conn.shutdown(peer.now);
    peer.drain();
    assert_eq!(peer.error(), ConnectionError::LocallyClosed);
    assert_eq!(peer.calls().len(), 0);
}
