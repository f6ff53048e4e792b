//! What a call costs, in counts: allocations, reads, writes, bytes moved. Figures are asserted, so
//! that a change which raises them has to say so. `cargo test --test counts -- --nocapture` prints
//! them.
#![allow(clippy::disallowed_methods)] // a time to begin with

use std::io::{self, IoSlice, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use krpc_core::{
    ClientConfig, ClientConnection, ClientEvent, ClientTls, Encryption, Link, Method, OutboundCall,
    OutboundReply, ServerConfig, ServerConnection, ServerEvent, ServerTls, UserCredentials,
};
use krpc_testkit::certs;

/// A socket that takes everything and counts writes.
#[derive(Default)]
struct Sink {
    bytes: Vec<u8>,
    writes: usize,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.writes += 1;
        let before = self.bytes.len();
        slices.iter().for_each(|slice| self.bytes.extend_from_slice(slice));
        Ok(self.bytes.len() - before)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Two connections that hand each other buffers, without anything of the testkit in between.
struct Two {
    client: ClientConnection,
    server: ServerConnection,
    up: Sink,
    down: Sink,
    now: Instant,
}

impl Two {
    fn new(tls: bool) -> Self {
        let mut client = ClientConfig::new(UserCredentials::new("alice"));
        let mut server = ServerConfig::new();
        if tls {
            client = client.tls(ClientTls::new()).encrypt_loopback(true);
            server = server
                .tls(ServerTls::from_pem(certs::SERVER, certs::SERVER_KEY).unwrap())
                .encryption(Encryption::Required)
                .encrypt_loopback(true);
        }
        Two::between(Arc::new(client), Arc::new(server))
    }

    fn between(client: Arc<ClientConfig>, server: Arc<ServerConfig>) -> Self {
        let (now, link) = (Instant::now(), Link::unix(None));
        let mut two = Two {
            client: ClientConnection::new(client, now),
            server: ServerConnection::new(server, link.clone(), now),
            up: Sink::default(),
            down: Sink::default(),
            now,
        };
        two.up.bytes.reserve(1 << 20);
        two.down.bytes.reserve(1 << 20);
        two.client.handle_connected(now, link);
        for _ in 0..10 {
            two.send();
            two.receive();
        }
        assert!(two.client.is_open() && two.server.is_open());
        while two.client.poll_event().is_some() {}
        while two.server.poll_event().is_some() {}
        two.up.writes = 0;
        two.down.writes = 0;
        two
    }

    fn send(&mut self) {
        while self.client.wants_write() {
            let _ = self.client.transmit(self.now, &mut self.up).unwrap();
        }
        read_all(&self.up.bytes, |data| self.server.handle_input(self.now, data));
        self.up.bytes.clear();
    }

    fn receive(&mut self) {
        while self.server.wants_write() {
            let _ = self.server.transmit(self.now, &mut self.down).unwrap();
        }
        read_all(&self.down.bytes, |data| self.client.handle_input(self.now, data));
        self.down.bytes.clear();
    }

    fn call(&mut self, body: Bytes) {
        let mut call = OutboundCall::new(Method::from_static("test.Service", "Method"), body);
        call.deadline = Some(self.now + Duration::from_secs(10));
        self.client.start_call(self.now, call).unwrap();
    }

    /// Starts `depth` calls, answers them all, and takes the replies.
    fn round(&mut self, depth: usize) {
        for _ in 0..depth {
            self.call(Bytes::from_static(&[7; 60]));
        }
        self.send();
        while let Some(event) = self.server.poll_event() {
            let ServerEvent::Call(call) = event else { continue };
            let reply = OutboundReply::new(Bytes::from_static(&[8; 60]));
            self.server.respond(self.now, call.id, Ok(reply)).unwrap();
        }
        self.receive();
        let mut done = 0;
        while let Some(event) = self.client.poll_event() {
            if let ClientEvent::Completed { result, .. } = event {
                result.unwrap();
                done += 1;
            }
        }
        assert_eq!(done, depth);
    }
}

/// Reads as an adapter does: 16 KiB at a time.
fn read_all(bytes: &[u8], mut input: impl FnMut(&[u8])) {
    bytes.chunks(16 << 10).for_each(&mut input);
}

fn per_call(two: &mut Two, depth: usize, rounds: usize) -> AllocationInfo {
    two.round(depth);
    let info = measure(|| (0..rounds).for_each(|_| two.round(depth)));
    let calls = (rounds * depth) as u64;
    println!(
        "depth {depth}: {:.2} allocations and {:.0} bytes allocated per call, client and server",
        info.count_total as f64 / calls as f64,
        info.bytes_total as f64 / calls as f64
    );
    info
}

#[test]
fn allocations_per_small_call() {
    for (depth, most_per_call) in [(1, 5.0), (64, 6.0)] {
        let info = per_call(&mut Two::new(false), depth, 100);
        let per_call = info.count_total as f64 / (100 * depth) as f64;
        assert!(per_call <= most_per_call, "{per_call} allocations per call at depth {depth}");
    }
}

#[test]
fn writes_per_small_call() {
    for (depth, tls) in [(1, false), (64, false), (1, true), (64, true)] {
        let mut two = Two::new(tls);
        for _ in 0..10 {
            two.round(depth);
        }
        println!("depth {depth}, TLS {tls}: {} writes up for 10 rounds", two.up.writes);
        assert_eq!((two.up.writes, two.down.writes), (10, 10), "one write a round, each way");
    }
}

#[test]
fn bytes_moved_per_sidecar_byte() {
    const SIZE: usize = 8 << 20;
    let mut two = Two::new(false);
    let mut call = OutboundCall::new(Method::from_static("test.Service", "Method"), "body");
    call.sidecars = vec![Bytes::from(vec![1; SIZE])];
    two.client.start_call(two.now, call).unwrap();
    while two.client.wants_write() {
        let _ = two.client.transmit(two.now, &mut two.up).unwrap();
    }
    // Received as an adapter does: in place where there is room, 16 KiB of scratch behind.
    let mut rest = &two.up.bytes[..];
    while !rest.is_empty() {
        let space = two.server.recv_space();
        let (direct, more) = rest.split_at(space.len().min(rest.len()));
        space[..direct.len()].copy_from_slice(direct);
        let (scratch, more) = more.split_at(more.len().min(16 << 10));
        if !direct.is_empty() {
            two.server.handle_received(two.now, direct.len());
        }
        if !scratch.is_empty() {
            two.server.handle_input(two.now, scratch);
        }
        rest = more;
    }
    let sent = two.client.stats().payload_bytes_copied_out;
    let moved = two.server.stats().bytes_moved_in;
    println!(
        "{SIZE} bytes of sidecar: {sent} payload bytes copied out, {moved} moved in ({:.3} per byte)",
        moved as f64 / SIZE as f64
    );
    assert_eq!(sent, 4, "only the small body is copied");
    assert!(moved as f64 <= 0.2 * SIZE as f64, "{moved} bytes moved");
}

/// What two connections hold after rounds of `depth` calls, inline and on the heap.
#[derive(Debug)]
struct Held {
    client: usize,
    server: usize,
}

fn held_after(depth: usize, release: bool) -> Held {
    let client = Arc::new(ClientConfig::new(UserCredentials::new("alice")));
    let server = Arc::new(ServerConfig::new());
    // The settings are shared: who drops a connection keeps them.
    let mut two = Two::between(client.clone(), server.clone());
    (0..3).for_each(|_| two.round(depth));
    if release {
        two.client.release_memory();
        two.server.release_memory();
    }
    let Two { client, server, .. } = two;
    Held {
        client: size_of::<ClientConnection>() + freed(|| drop(client)),
        server: size_of::<ServerConnection>() + freed(|| drop(server)),
    }
}

/// Bytes that are given back to the allocator.
fn freed(code: impl FnOnce()) -> usize {
    usize::try_from(-measure(code).bytes_current).expect("nothing new is held")
}

#[test]
fn memory_of_an_idle_connection() {
    let inline = (size_of::<ClientConnection>(), size_of::<ServerConnection>());
    println!("inline: client {} and server {} bytes", inline.0, inline.1);
    for (depth, release, most) in [(1, false, 2_560), (64, false, 16 << 10), (64, true, 1_024)] {
        let held = held_after(depth, release);
        println!("after calls at depth {depth}, released {release}: {held:?}");
        assert!(held.client.max(held.server) < most, "over {most}: {held:?}");
    }
}

#[test]
fn what_is_in_use_is_not_released() {
    let mut two = Two::new(false);
    let release = |two: &mut Two| {
        two.client.release_memory();
        two.server.release_memory();
    };
    two.call(Bytes::from_static(&[7; 60]));
    release(&mut two);
    two.send();
    release(&mut two);
    let Some(ServerEvent::Call(call)) = two.server.poll_event() else { panic!("no call") };
    release(&mut two);
    two.server.respond(two.now, call.id, Ok(OutboundReply::new(call.body))).unwrap();
    release(&mut two);
    two.receive();
    release(&mut two);
    let Some(ClientEvent::Completed { result: Ok(reply), .. }) = two.client.poll_event() else {
        panic!("no reply")
    };
    assert_eq!(reply.body, [7; 60][..]);
    assert_eq!((two.client.in_flight(), two.server.in_flight()), (0, 0));
    two.round(64);
}
