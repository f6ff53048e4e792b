//! Methods whose handlers are polled where their calls were read, beside others.

mod common;

use bytes::Bytes;
use common::{Sim, call, poll};
use krpc_driver::core::{ClientConfig, ErrorStatus, UserCredentials};
use krpc_driver::{BoxFuture, CallContext, CallFuture, Caller, MethodInfo, RawReply, Service};

const fn method(name: &'static str) -> MethodInfo {
    MethodInfo { service: common::SERVICE, name, track_rpc_result: false, authz_method: None }
}

/// Spawns `Later` only.
struct Marked;

impl Service for Marked {
    fn name(&self) -> &'static str {
        common::SERVICE
    }

    fn methods(&self) -> &'static [MethodInfo] {
        const { &[method("Later"), method("Now"), method("Waits")] }
    }

    fn inline(&self, method: usize) -> bool {
        self.methods()[method].name != "Later"
    }

    fn call(
        &self,
        method: usize,
        cx: CallContext,
        body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        assert_eq!(self.methods()[method].name, cx.method().name);
        Box::pin(async move {
            if cx.method().name == "Waits" {
                cx.cancelled().await;
            }
            Ok(RawReply::new(body))
        })
    }
}

fn open(concurrency: usize) -> Sim {
    let config = ClientConfig::new(UserCredentials::new("alice"));
    let mut sim = Sim::with(config, Marked, concurrency, 10);
    sim.settle();
    sim
}

/// Starts calls, and lets both ends take a turn, but no task.
fn start<const N: usize>(sim: &mut Sim, methods: [&'static str; N]) -> [CallFuture; N] {
    let calls = methods.map(|method| sim.handle().start(call(method, method)));
    for _ in 0..5 {
        let _ = (sim.client_turn(), sim.server_turn());
    }
    calls
}

#[track_caller]
fn assert_answered(call: &mut CallFuture, body: &str) {
    assert_eq!(poll(call).expect("answered").unwrap().body, body);
}

#[test]
fn each_method_runs_where_it_says() {
    let mut sim = open(10);
    let [mut later, mut now, mut waits] = start(&mut sim, ["Later", "Now", "Waits"]);
    assert_answered(&mut now, "Now");
    assert!(poll(&mut later).is_none() && poll(&mut waits).is_none());
    assert_eq!(sim.tasks.lock().unwrap().len(), 2, "one to start, one to go on with");
    sim.settle();
    assert_answered(&mut later, "Later");
    assert!(poll(&mut waits).is_none());
}

#[test]
fn a_call_that_waited_for_others_is_spawned() {
    let mut sim = open(1);
    let [mut later, mut now] = start(&mut sim, ["Later", "Now"]);
    assert!(poll(&mut later).is_none() && poll(&mut now).is_none());
    assert_eq!(sim.tasks.lock().unwrap().len(), 1);
    sim.settle();
    assert_answered(&mut later, "Later");
    assert_answered(&mut now, "Now");
}
