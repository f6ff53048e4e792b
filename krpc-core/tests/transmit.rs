//! What is on its way to the socket: how much is rendered, sealed and offered ahead of it, what
//! leaves the queue, and how long the last words may take.

mod raw;

use std::io::{self, IoSlice, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use krpc_core::{
    CallId, CancelOutcome, ConnectionError, FrameKind, FrameSeen, Method, Observer, OutboundCall,
    OutboundReply, ServerConfig, ServerTls,
};
use krpc_testkit::{Pair, Plan, certs};
use raw::{RawClient, RawServer, alice, refusal, reply, requests};

const KIB: usize = 1 << 10;
const SECOND: Duration = Duration::from_secs(1);

fn outbound(body: Vec<u8>) -> OutboundCall {
    OutboundCall::new(Method::from_static("test.Service", "Method"), body)
}

fn start(peer: &mut RawServer, body: Vec<u8>) -> CallId {
    let id = peer.conn.start_call(peer.now, outbound(body)).unwrap();
    peer.drain();
    id
}

/// Negotiated, everything sealed by rustls.
fn sealed_pair() -> Pair {
    let tls = ServerTls::from_pem(certs::SERVER, certs::SERVER_KEY).unwrap();
    let server = ServerConfig::new().tls(tls).encrypt_loopback(true);
    let client = alice().encrypt_loopback(true);
    let mut pair = Pair::with(client, server, Plan::default(), Plan::default());
    pair.run();
    assert!(pair.client.is_open() && pair.server.is_open());
    pair
}

/// Adds up the calls that were rendered.
#[derive(Default)]
struct Rendered(AtomicUsize);

impl Observer for Rendered {
    fn frame(&self, _: Instant, frame: &FrameSeen) {
        if frame.kind == FrameKind::Request {
            self.0.fetch_add(frame.size, Ordering::SeqCst);
        }
    }
}

#[test]
fn no_more_than_128_kib_is_rendered_ahead() {
    let rendered = Arc::new(Rendered::default());
    let total = || rendered.0.load(Ordering::SeqCst);
    let mut peer = RawServer::open(alice().observer(rendered.clone()));
    peer.room(0);
    let ids: Vec<_> = (0..100).map(|_| start(&mut peer, vec![7; 10_000])).collect();
    let ahead = 128 * KIB..128 * KIB + 10_100;
    assert!(ahead.contains(&total()), "{}", total());
    // What is taken makes room, what leaves the queue too.
    peer.room(50_000);
    assert!(ahead.contains(&(total() - 50_000)), "{}", total());
    for id in &ids[6..16] {
        assert_eq!(peer.conn.cancel_call(peer.now, *id), Some(CancelOutcome::NotBegun));
    }
    peer.drain();
    assert!((150_000 + ahead.start..150_000 + ahead.end).contains(&total()), "{}", total());
}

#[test]
fn no_more_than_64_kib_is_sealed_ahead() {
    let mut pair = sealed_pair();
    pair.to_server.stall(true);
    let ids: Vec<_> = (0..20).map(|i| pair.start(outbound(vec![i; 10_000]))).collect();
    pair.run();
    // What is sealed cannot be taken back: six whole calls and a part of the seventh.
    assert_eq!(pair.client.queued(), 20 - 6);
    let cancel = |id| pair.client.cancel_call(pair.now(), id).expect("there are footers");
    let outcomes: Vec<_> = ids.into_iter().map(cancel).collect();
    assert_eq!(outcomes[..6], [CancelOutcome::Sent; 6]);
    let CancelOutcome::Aborted { sent, filler } = outcomes[6] else { panic!("{outcomes:?}") };
    // Nothing of the network's yet, but what is sealed of the seventh goes out as it is.
    assert!((2_000..9_000).contains(&sent), "{sent} of it are sealed");
    assert!((10_025..10_040).contains(&(sent + filler)), "{sent} and {filler}, and a footer");
    assert_eq!(outcomes[7..], [CancelOutcome::NotBegun; 13]);
    pair.to_server.stall(false);
    pair.run();
    assert_eq!(pair.calls().len(), 6);
    assert_eq!(pair.server.stats().aborted_frames_received, 1);
    for (i, call) in pair.calls().iter().enumerate() {
        assert_eq!(call.body, vec![i as u8; 10_000]);
    }
}

/// Takes everything and counts slices.
#[derive(Default)]
struct Slices(Vec<usize>);

impl Write for Slices {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.push(slices.len());
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_more_than_64_slices_are_offered_at_once() {
    let mut peer = RawServer::open(alice());
    for _ in 0..100 {
        // A header, and a body that is not worth copying.
        peer.conn.start_call(peer.now, outbound(vec![7; 300])).unwrap();
    }
    let mut socket = Slices::default();
    while peer.conn.transmit(peer.now, &mut socket).unwrap().pending {}
    assert_eq!(socket.0.iter().sum::<usize>(), 200);
    let (last, full) = socket.0.split_last().unwrap();
    assert!(*last <= 64 && full.iter().all(|slices| (63..=64).contains(slices)), "{:?}", socket.0);
}

/// Cancelled calls between others, some of them rendered, behind one that is half sent.
#[test]
fn calls_that_leave_the_queue_leave_the_others_whole() {
    let mut peer = RawServer::open(alice());
    peer.room(10);
    let body = |id: CallId| vec![id.get() as u8; 2_000];
    // Ids count from 0; about the first 65 are rendered.
    let ids: Vec<_> = (0..100).map(|i| start(&mut peer, vec![i; 2_000])).collect();
    let (kept, cancelled): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| id.get() % 5 == 0);
    for id in cancelled {
        assert_eq!(peer.conn.cancel_call(peer.now, id), Some(CancelOutcome::NotBegun));
    }
    assert_eq!(peer.conn.queued(), kept.len());
    let late: Vec<_> = (100..110).map(|i| start(&mut peer, vec![i; 2_000])).collect();
    peer.room(30_001);
    peer.room(usize::MAX);
    let kept: Vec<_> = kept.into_iter().chain(late).collect();
    let sent = requests(&peer.written());
    assert_eq!(sent.len(), kept.len());
    for ((header, main), id) in sent.iter().zip(&kept) {
        assert_eq!((header.call_id, &main[..]), (id.get(), &body(*id)[..]));
    }
    kept.iter().for_each(|id| peer.feed(&reply(id.get(), b"")));
    assert_eq!(peer.conn.in_flight(), 0);
    assert!(peer.conn.is_open());
}

#[test]
fn an_error_frame_that_nobody_takes_is_dropped_after_a_second() {
    let refused = |room| {
        let mut peer = RawClient::greeted(ServerConfig::new());
        peer.room(room);
        peer.feed(&raw::client_initiate());
        assert!(peer.is_ended() && !peer.closed);
        assert_eq!(peer.conn.poll_timeout(), Some(peer.now + SECOND));
        peer
    };
    let mut peer = refused(0);
    peer.advance(SECOND - Duration::from_nanos(1));
    assert!(!peer.closed && peer.conn.wants_write());
    peer.advance(Duration::from_nanos(1));
    peer.drain();
    assert!(peer.closed && !peer.conn.wants_write());
    assert_eq!(peer.conn.poll_timeout(), None);
    assert_eq!(peer.written(), b"");

    let mut peer = refused(5);
    peer.advance(SECOND / 2);
    peer.room(usize::MAX);
    assert!(peer.closed);
    assert!(refusal(&peer.written()).message().contains("SASL_INITIATE"));
}

#[test]
fn a_goodbye_that_nobody_takes_is_dropped_after_a_second() {
    let mut pair = sealed_pair();
    pair.to_server.stall(true);
    pair.client.close(pair.now());
    assert_eq!(pair.client_error(), Some(ConnectionError::LocallyClosed));
    assert_eq!(pair.client.poll_timeout(), Some(pair.now() + SECOND));
    pair.advance(SECOND - Duration::from_nanos(1));
    assert!(pair.client.wants_write());
    pair.advance(Duration::from_nanos(1));
    assert!(!pair.client.wants_write());
    assert_eq!(pair.client.poll_timeout(), None);

    let mut pair = sealed_pair();
    let id = pair.start(outbound(vec![7]));
    pair.run();
    pair.respond(id, Ok(OutboundReply::default()));
    pair.client.close(pair.now());
    pair.run();
    let heard = ConnectionError::PeerClosed { mid_frame: false };
    assert_eq!(pair.server_error(), Some(heard));
}
