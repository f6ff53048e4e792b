//! What is held, in memory and without a runtime; see the README.
#![forbid(unsafe_code)]

use std::alloc::System;
use std::env;
use std::process::ExitCode;
use std::time::Duration;

use krpc_bench::held::{Payload, allocated};
use krpc_bench::memory::{Two, client_config, server_config};
use krpc_bench::report::{Limit, Report, Unit, json_wanted};
use krpc_core::{CallError, CallId, CancelOutcome, ClientEvent, Execution};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const MIB: usize = 1 << 20;

/// What the peer takes before it stalls.
const TAKEN: usize = 4 * MIB;

/// Payload that is counted by its owners alone: its memory is not the allocator's.
static PAYLOAD: [u8; 40 * MIB] = [0; 40 * MIB];

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let mut report = Report::new("held", json_wanted(&args));
    for tls in [false, true] {
        six_calls(&mut report, tls);
        filler_raised(&mut report, tls);
        filler_refused(&mut report, tls);
    }
    report.finish()
}

fn layer(tls: bool) -> &'static str {
    if tls { "TLS 1.3" } else { "plain" }
}

/// A connection, its payload, and what it holds beyond the idle state.
struct Stalled {
    two: Two,
    payload: Payload,
    idle: usize,
    ids: Vec<CallId>,
}

impl Stalled {
    /// Calls of so many bytes to a peer that takes only the beginning of the first.
    fn new(max_filler: Option<u64>, tls: bool, sizes: &[usize]) -> Self {
        let config = client_config(tls);
        let config = match max_filler {
            Some(bytes) => config.max_filler(bytes),
            None => config,
        };
        let mut two = Two::open(config, server_config(tls));
        two.reserve(TAKEN);
        let ids = Vec::with_capacity(sizes.len());
        let idle = allocated(ALLOCATOR);
        let mut stalled = Stalled { two, payload: Payload::default(), idle, ids };
        stalled.two.up.room = TAKEN;
        for size in sizes {
            let sidecar = stalled.payload.sidecar(&PAYLOAD[..*size]);
            let id = stalled.two.call_with(sidecar.into());
            stalled.ids.push(id);
        }
        stalled.two.write();
        assert_eq!(stalled.two.up.room, 0, "the peer has stalled");
        stalled
    }

    /// What the library has allocated since it was idle.
    fn own(&self) -> f64 {
        allocated(ALLOCATOR) as f64 - self.idle as f64
    }

    /// That and the payload.
    fn held(&self) -> f64 {
        self.own() + self.payload.held() as f64
    }

    fn add_held(&self, report: &mut Report, group: &str, what: &str, limit: Limit) {
        report.add(group, what, Unit::Bytes, self.held(), limit);
    }

    /// A further call, once the peer reads again: whether it was answered, and it alone.
    fn further_call(&mut self) -> f64 {
        self.two.call();
        let answered = self.two.catch_up();
        assert_eq!(answered, self.two.completed());
        answered as f64
    }
}

/// The limit on what is held above idle after a cancel.
const HELD: Limit = Limit::Below(MIB as f64);

/// Six calls of 8 MiB, the first in mid-transmission, are cancelled at once.
fn six_calls(report: &mut Report, tls: bool) {
    let group = &format!("six calls of 8 MiB, the first in mid-transmission, {}", layer(tls));
    let mut stalled = Stalled::new(None, tls, &[8 * MIB; 6]);
    let limit = Limit::Below(if tls { 512.0 } else { 256.0 } * 1024.0);
    let own = "allocated by the library above idle, 48 MiB in flight";
    report.add(group, own, Unit::Bytes, stalled.own(), limit);
    stalled.add_held(report, group, "held above idle before the cancel", Limit::None);

    let mut aborted = 0;
    for (n, id) in stalled.ids.clone().into_iter().enumerate() {
        match stalled.two.client.cancel_call(stalled.two.now, id) {
            Some(CancelOutcome::Aborted { sent, .. }) if n == 0 && sent > 0 => aborted += 1,
            Some(CancelOutcome::NotBegun) if n > 0 => {}
            other => panic!("call {n}: {other:?}"),
        }
    }
    stalled.add_held(report, group, "held above idle right after", HELD);
    let payload = stalled.payload.held() as f64;
    report.add(group, "of that, payload", Unit::Bytes, payload, Limit::Is(0.0));
    let aborted = f64::from(aborted);
    report.add(group, "cancelled in mid-transmission", Unit::Count, aborted, Limit::Is(1.0));
    let mut ended = 0;
    while let Some(event) = stalled.two.client.poll_event() {
        assert!(matches!(event, ClientEvent::Completed { result: Err(_), .. }), "{event:?}");
        ended += 1;
    }
    assert_eq!(ended, 6);

    let further = stalled.further_call();
    let what = "calls answered once the peer reads: only the further one";
    report.add(group, what, Unit::Count, further, Limit::Is(1.0));
    let dropped = stalled.two.server.stats().aborted_frames_received as f64;
    report.add(group, "frames the server dropped", Unit::Count, dropped, Limit::Is(1.0));
}

/// A call of 40 MiB is cancelled, and its filler is allowed.
fn filler_raised(report: &mut Report, tls: bool) {
    let group = &format!("a call of 40 MiB, max_filler 64 MiB, {}", layer(tls));
    let mut stalled = Stalled::new(Some(64 << 20), tls, &[40 * MIB]);
    stalled.add_held(report, group, "held above idle before the cancel", Limit::None);
    let unsent = match stalled.two.client.cancel_call(stalled.two.now, stalled.ids[0]) {
        Some(CancelOutcome::Aborted { filler, .. }) => filler as f64,
        other => panic!("{other:?}"),
    };
    let least = Limit::AtLeast(35.0 * MIB as f64);
    report.add(group, "filler owed for what was not sent", Unit::Bytes, unsent, least);
    stalled.add_held(report, group, "held above idle right after", HELD);
    assert!(matches!(
        stalled.two.client.poll_event(),
        Some(ClientEvent::Completed { result: Err(CallError::Cancelled { .. }), .. })
    ));
    let further = stalled.further_call();
    let what = "calls answered once the peer reads: only the further one";
    report.add(group, what, Unit::Count, further, Limit::Is(1.0));
    let filler = stalled.two.client.stats().filler_bytes_sent as f64;
    report.add(group, "filler sent", Unit::Bytes, filler, Limit::Is(unsent));
    let refused = stalled.two.client.stats().filler_refused as f64;
    report.add(group, "aborts refused (filler_refused)", Unit::Count, refused, Limit::Is(0.0));
}

/// The same with the default: that much filler is refused, and the call is given up as with a peer
/// without footers.
fn filler_refused(report: &mut Report, tls: bool) {
    let group = &format!("a call of 40 MiB, default max_filler, {}", layer(tls));
    let mut stalled = Stalled::new(None, tls, &[40 * MIB]);
    stalled.add_held(report, group, "held above idle before the cancel", Limit::None);
    let outcome = stalled.two.client.cancel_call(stalled.two.now, stalled.ids[0]);
    assert_eq!(outcome, None, "Drain gives it grace");
    let refused = stalled.two.client.stats().filler_refused as f64;
    let what = "aborts refused (filler_refused)";
    report.add(group, what, Unit::Count, refused, Limit::Is(1.0));
    stalled.add_held(report, group, "held above idle right after: grace runs", Limit::None);

    stalled.two.now += Duration::from_millis(500);
    stalled.two.client.handle_timeout(stalled.two.now);
    stalled.add_held(report, group, "held above idle when grace (500 ms) is over", HELD);
    let Some(ClientEvent::Completed { result: Err(error), .. }) = stalled.two.client.poll_event()
    else {
        panic!("the call has ended");
    };
    let CallError::Cancelled { outcome: CancelOutcome::Cut { unsent, .. }, execution } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(execution, Execution::Never);
    report.add(group, "never sent", Unit::Bytes, unsent as f64, Limit::None);
    let cut = stalled.two.client.stats().cut_frames_sent as f64;
    report.add(group, "frames cut", Unit::Count, cut, Limit::Is(1.0));
    // A further call is the channel's to place on a new connection.
    let accepts = f64::from(u8::from(stalled.two.client.accepts_calls()));
    report.add(group, "further calls taken by it", Unit::Count, accepts, Limit::Is(0.0));
}
