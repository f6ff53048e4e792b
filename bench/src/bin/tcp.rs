//! What is held, over TCP and on tokio, by a client whose peer does not read; see the README.
#![forbid(unsafe_code)]

use std::alloc::System;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};
use std::{env, fs};

use bytes::Bytes;
use krpc_bench::held::{Payload, allocated};
use krpc_bench::memory::{METHOD, client_config};
use krpc_bench::peer::{self, Peer};
use krpc_bench::report::{Limit, Report, Unit, json_wanted};
use krpc_tokio::{
    CallError, CallFuture, CallRequest, CancelOutcome, Cancelling, Channel, ClientConfig, Connector,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const MIB: usize = 1 << 20;

/// How often six calls are cancelled, on one connection.
const ROUNDS: usize = 5;

/// By when the memory has to be back.
const SOON: Duration = Duration::from_millis(10);

/// By when whatever is waited for has happened, on any machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The limit on what is held above idle after a cancel.
const HELD: f64 = MIB as f64;

/// The argument with which the client runs.
const CLIENT: &str = "--client";

fn main() -> ExitCode {
    let mut args: Vec<String> = env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some(peer::ARGUMENT) => {
            peer::main(args.get(1).is_some_and(|layer| layer == "tls"));
            ExitCode::SUCCESS
        }
        Some(CLIENT) => {
            args.remove(0);
            client(json_wanted(&args))
        }
        _ => {
            json_wanted(&args);
            // Otherwise glibc keeps large blocks that are freed, and RSS says nothing.
            let status = Command::new(env::current_exe().expect("the program knows where it is"))
                .arg(CLIENT)
                .args(&args)
                .env("GLIBC_TUNABLES", "glibc.malloc.mmap_threshold=1048576")
                .status()
                .expect("the client runs");
            if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

fn client(json: bool) -> ExitCode {
    let mut report = Report::new("tcp", json);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime can be made").block_on(async {
        for tls in [false, true] {
            six_calls(&mut report, tls).await;
            filler_raised(&mut report, tls).await;
            filler_refused(&mut report, tls).await;
        }
    });
    report.finish()
}

fn layer(tls: bool) -> &'static str {
    if tls { "TLS 1.3" } else { "plain" }
}

/// A client, and a peer that can stall.
struct Client {
    peer: Peer,
    connector: Connector,
    channel: Channel,
    payload: Payload,
    idle: Memory,
}

/// What the process holds.
#[derive(Clone, Copy)]
struct Memory {
    /// Bytes that are allocated and not freed, the payload's included.
    allocated: usize,
    /// Resident bytes.
    rss: usize,
}

impl Memory {
    fn now() -> Self {
        // Linux says it in KiB.
        let status = fs::read_to_string("/proc/self/status").expect("this is Linux");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: usize = line
            .and_then(|line| line.trim().strip_suffix(" kB"))
            .and_then(|kib| kib.parse().ok())
            .expect("proc(5)");
        Memory { allocated: allocated(ALLOCATOR), rss: kib << 10 }
    }
}

impl Client {
    /// Connects, and makes one call.
    async fn connect(config: ClientConfig, tls: bool) -> Self {
        let peer = Peer::start(tls);
        let connector = Connector::new(config);
        let channel = connector.channel(&peer.address).expect("it is an address");
        let negotiated = channel.connect_now().await.expect("the peer can be connected to");
        assert!(negotiated.footers, "both sides have footers");
        assert_eq!(negotiated.tls.as_ref().is_some_and(|tls| tls.encrypted), tls);
        let idle = Memory::now();
        let mut client = Client { peer, connector, channel, payload: Payload::default(), idle };
        client.further_call().await;
        client
    }

    /// Starts calls to a peer that does not read, and waits until nothing goes any more.
    async fn stall(&mut self, sizes: &[usize]) -> Vec<CallFuture> {
        self.peer.stop();
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.idle = Memory::now();
        let calls: Vec<_> = sizes.iter().map(|size| self.call(*size)).collect();
        let (mut sent, mut still) = (0, 0);
        while still < 5 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let now = self.channel.stats().map_or(0, |stats| stats.bytes_sent);
            still = if now == sent { still + 1 } else { 0 };
            sent = now;
        }
        calls
    }

    /// Starts a call with one sidecar of so many bytes, resident ones.
    fn call(&self, size: usize) -> CallFuture {
        let mut call = CallRequest::new(METHOD, Bytes::from_static(&[7; 64]));
        call.sidecars = vec![self.payload.sidecar(vec![1; size]).into()];
        self.channel.call_raw(call)
    }

    /// The peer reads again, and a call is answered.
    async fn further_call(&mut self) {
        self.peer.go();
        let call = self.channel.call_raw(CallRequest::new(METHOD, Bytes::from_static(&[7; 64])));
        let reply = tokio::time::timeout(PATIENCE, call).await.expect("it is answered in time");
        assert_eq!(reply.expect("it succeeds").body, "0");
    }

    /// What is held above idle: payload whose owners live, and what the library has allocated. The
    /// payload's memory is allocated as well, so that one count has both.
    fn held(&self) -> f64 {
        allocated(ALLOCATOR) as f64 - self.idle.allocated as f64
    }

    fn rss(&self) -> f64 {
        Memory::now().rss as f64 - self.idle.rss as f64
    }

    /// Cancels all calls at once, and waits until their payload is released.
    async fn cancel(&self, calls: &[CallFuture]) -> Cancelled {
        let began = Instant::now();
        let mut cancelling: Vec<_> = calls.iter().map(CallFuture::cancel).collect();
        let mut outcomes = Vec::with_capacity(cancelling.len());
        let mut took = None;
        // Nothing but waiting, so that no processor is kept from those who release.
        let soon = tokio::time::timeout(SOON, collect(&mut cancelling, &mut outcomes)).await;
        if soon.is_ok() {
            took = Some(began.elapsed());
            tokio::time::sleep(SOON.saturating_sub(began.elapsed())).await;
        }
        let (held_soon, rss_soon) = (self.held(), self.rss());
        let late = tokio::time::timeout(PATIENCE, collect(&mut cancelling, &mut outcomes)).await;
        late.expect("the payload is released in time");
        let took = took.unwrap_or_else(|| began.elapsed());
        Cancelled { held_soon, rss_soon, took, held: self.held(), rss: self.rss(), outcomes }
    }

    /// Waits until the peer has seen what it is to see: its counts come when its driver sleeps.
    async fn seen(&mut self, aborted: u64) -> peer::Seen {
        let began = Instant::now();
        loop {
            let seen = self.peer.seen();
            if seen.aborted >= aborted || began.elapsed() > PATIENCE {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// What came of cancelling.
struct Cancelled {
    /// Held and resident above idle, `SOON` after the cancel.
    held_soon: f64,
    rss_soon: f64,
    /// From the cancel until all of them were complete.
    took: Duration,
    /// Held and resident above idle when they were, and not before `SOON`.
    held: f64,
    rss: f64,
    outcomes: Vec<CancelOutcome>,
}

/// Waits for those that are missing.
async fn collect(cancelling: &mut [Cancelling], outcomes: &mut Vec<CancelOutcome>) {
    for one in cancelling.iter_mut().skip(outcomes.len()) {
        let outcome = one.await;
        outcomes.push(outcome);
    }
}

/// Six calls of 8 MiB, the first in mid-transmission, are cancelled at once.
async fn six_calls(report: &mut Report, tls: bool) {
    let group = &format!("six calls of 8 MiB, the first in mid-transmission, {}", layer(tls));
    let mut client = Client::connect(client_config(tls), tls).await;
    let (mut own, mut before, mut taken) = (0.0_f64, (0.0, 0.0), 0);
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let calls = client.stall(&[8 * MIB; 6]).await;
        before = (client.held(), client.rss());
        own = own.max(client.held() - client.payload.held() as f64);
        let cancelled = client.cancel(&calls).await;
        assert_eq!(client.payload.held(), 0, "completion is after the release");
        match cancelled.outcomes[..] {
            [CancelOutcome::Aborted { sent, .. }, ref rest @ ..]
                if sent > 0 && rest.iter().all(|other| *other == CancelOutcome::NotBegun) =>
            {
                taken = sent;
            }
            ref outcomes => panic!("no call was in mid-transmission: {outcomes:?}"),
        }
        rounds.push(cancelled);
        for call in calls {
            let ended = call.await;
            assert!(matches!(ended, Err(CallError::Cancelled { .. })), "{ended:?}");
        }
        client.further_call().await;
    }
    let by_soon = |a: &&Cancelled, b: &&Cancelled| a.held_soon.total_cmp(&b.held_soon);
    let best = rounds.iter().min_by(by_soon).expect("there were rounds");
    let worst = rounds.iter().max_by(by_soon).expect("there were rounds");
    let after = rounds.iter().map(|round| round.held).fold(f64::MIN, f64::max);
    let took = rounds.iter().map(|round| round.took.as_secs_f64() * 1e3);
    let (least, most) = (took.clone().fold(f64::MAX, f64::min), took.fold(f64::MIN, f64::max));
    let limit = Limit::Below(if tls { 512.0 } else { 256.0 } * 1024.0);
    let mut bytes =
        |what: &str, value: f64, limit| report.add(group, what, Unit::Bytes, value, limit);
    bytes("allocated by the library above idle, 48 MiB in flight", own, limit);
    bytes("of the first call, sent before the cancel", taken as f64, Limit::None);
    bytes("held above idle before the cancel", before.0, Limit::None);
    bytes("resident above idle before the cancel", before.1, Limit::None);
    // No limit on what a clock has a part in: a machine that was busy with something else says nothing
    // about us.
    bytes("held above idle 10 ms after, best of five", best.held_soon, Limit::None);
    bytes("held above idle 10 ms after, worst of five", worst.held_soon, Limit::None);
    bytes("resident above idle 10 ms after, in that round", worst.rss_soon, Limit::None);
    bytes("held above idle when the cancels are complete, worst", after, Limit::Below(HELD));
    for (what, millis) in [("best", least), ("worst", most)] {
        let what = format!("cancel to completion of all six, {what} of five");
        report.add(group, &what, Unit::Millis, millis, Limit::None);
    }
    let seen = client.seen(ROUNDS as u64).await;
    add_seen(report, group, seen, (1, ROUNDS as u64 + 1, ROUNDS as u64));
}

/// What the peer has seen, and what it has to have seen: connections, calls, aborted requests.
fn add_seen(report: &mut Report, group: &str, seen: peer::Seen, expected: (u64, u64, u64)) {
    let mut count = |what: &str, value: u64, expected: u64| {
        report.add(group, what, Unit::Count, value as f64, Limit::Is(expected as f64));
    };
    count("TCP connections that the peer accepted", seen.accepted, expected.0);
    count("calls that it answered, none of the cancelled", seen.calls, expected.1);
    count("requests that it dropped because of their footer", seen.aborted, expected.2);
}

/// A call of 40 MiB is cancelled, and its filler is allowed.
async fn filler_raised(report: &mut Report, tls: bool) {
    let group = &format!("a call of 40 MiB, max_filler 64 MiB, {}", layer(tls));
    let config = client_config(tls).max_filler(64 << 20);
    let mut client = Client::connect(config, tls).await;
    let calls = client.stall(&[40 * MIB]).await;
    report.add(group, "held above idle before the cancel", Unit::Bytes, client.held(), Limit::None);
    let cancelled = client.cancel(&calls).await;
    let [CancelOutcome::Aborted { filler, .. }] = cancelled.outcomes[..] else {
        panic!("the call was not in mid-transmission: {:?}", cancelled.outcomes);
    };
    // More than the default would allow.
    let limit = Limit::AtLeast(16.0 * MIB as f64);
    report.add(group, "filler owed for what was not sent", Unit::Bytes, filler as f64, limit);
    let mut bytes =
        |what: &str, value: f64, limit| report.add(group, what, Unit::Bytes, value, limit);
    bytes("held above idle 10 ms after", cancelled.held_soon, Limit::None);
    bytes("resident above idle 10 ms after", cancelled.rss_soon, Limit::None);
    bytes("held above idle when the cancel is complete", cancelled.held, Limit::Below(HELD));
    client.further_call().await;
    let seen = client.seen(1).await;
    add_seen(report, group, seen, (1, 2, 1));
}

/// The same with the default: that much filler is refused, and the call is given up as with a peer
/// without footers.
async fn filler_refused(report: &mut Report, tls: bool) {
    let group = &format!("a call of 40 MiB, default max_filler, {}", layer(tls));
    let mut client = Client::connect(client_config(tls), tls).await;
    let calls = client.stall(&[40 * MIB]).await;
    report.add(group, "held above idle before the cancel", Unit::Bytes, client.held(), Limit::None);
    let cancelled = client.cancel(&calls).await;
    let [CancelOutcome::Cut { unsent, .. }] = cancelled.outcomes[..] else {
        panic!("the call was not in mid-transmission: {:?}", cancelled.outcomes);
    };
    let mut bytes =
        |what: &str, value: f64, limit| report.add(group, what, Unit::Bytes, value, limit);
    bytes("held above idle 10 ms after: grace runs", cancelled.held_soon, Limit::None);
    bytes("held above idle when the cancel is complete", cancelled.held, Limit::Below(HELD));
    bytes("resident above idle then", cancelled.rss, Limit::None);
    bytes("never sent", unsent as f64, Limit::None);
    let millis = cancelled.took.as_secs_f64() * 1e3;
    report.add(group, "cancel to completion, grace 500 ms", Unit::Millis, millis, Limit::None);
    client.further_call().await;
    let stats = client.connector.stats().all();
    let (refused, cut) = (stats.filler_refused as f64, stats.cut_frames_sent as f64);
    let what = "aborts refused (filler_refused)";
    report.add(group, what, Unit::Count, refused, Limit::AtLeast(1.0));
    report.add(group, "frames cut", Unit::Count, cut, Limit::Is(1.0));
    let seen = client.seen(0).await;
    // The further call has a new connection.
    add_seen(report, group, seen, (2, 2, 0));
}
