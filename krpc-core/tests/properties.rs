//! Properties of a connection under any network and any order of commands.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use krpc_core::{
    CallError, CallId, CallStage, CancelOutcome, ClientConfig, ClientEvent, ClientTls, Encryption,
    ErrorCode, ErrorStatus, Execution, Footers, Method, OnCancel, OutboundCall, OutboundReply,
    ServerConfig, ServerTls, StatusCode, UserCredentials,
};
use krpc_testkit::{Pair, Plan, strategies};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn configs(tls: bool) -> (ClientConfig, ServerConfig) {
    let client = ClientConfig::new(UserCredentials::new("alice"));
    let server = ServerConfig::new();
    if !tls {
        return (client, server);
    }
    let client = client.tls(ClientTls::fake()).encrypt_loopback(true);
    let server = server.tls(ServerTls::fake()).encrypt_loopback(true);
    (client, server.encryption(Encryption::Required))
}

/// What a handler answers to a call, derived from the call alone.
fn answer(call: &krpc_core::InboundCall) -> Result<OutboundReply, ErrorStatus> {
    if call.body.first() == Some(&0) {
        let code = ErrorCode::ErrorApplication;
        return Err(ErrorStatus::new(code, StatusCode::NotFound, "first byte is zero"));
    }
    Ok(OutboundReply { body: call.body.clone(), sidecars: call.sidecars.iter().collect() })
}

type Request = (Bytes, Vec<Bytes>);

fn requests() -> impl Strategy<Value = Vec<Request>> {
    vec((strategies::payload(64 << 10), strategies::sidecars(4, 30_000)), 1..8)
}

fn outbound((body, sidecars): &Request) -> OutboundCall {
    let mut call = OutboundCall::new(Method::from_static("test.Service", "Method"), body.clone());
    call.sidecars = sidecars.clone();
    call
}

/// Runs a whole session; returns each call's outcome and all bytes of both directions.
fn session(
    requests: &[Request],
    tls: bool,
    plans: (Plan, Plan),
    in_place: bool,
) -> (Vec<String>, Vec<u8>, Vec<u8>) {
    let (client, server) = configs(tls);
    let mut pair = Pair::with(client, server, plans.0, plans.1);
    pair.read_in_place(in_place);
    pair.to_server.record();
    pair.to_client.record();
    let ids: Vec<_> = requests.iter().map(|request| pair.start(outbound(request))).collect();
    pair.run();
    // Answered together and in order, so that the bytes do not depend on arrival.
    let calls: Vec<_> = pair.calls().to_vec();
    for call in &calls {
        pair.respond(call.id, answer(call));
    }
    pair.run();
    let outcome = |id| match pair.reply(id) {
        Ok(reply) => format!("{:?} {:?}", reply.body, reply.sidecars.iter().collect::<Vec<_>>()),
        Err(error) => format!("{error:?}"),
    };
    let outcomes = ids.into_iter().map(outcome).collect();
    (outcomes, pair.to_server.recorded().to_vec(), pair.to_client.recorded().to_vec())
}

/// Failing cases are kept beside this file.
fn config() -> ProptestConfig {
    let file = Box::new(FileFailurePersistence::WithSource("regressions"));
    ProptestConfig { cases: 64, failure_persistence: Some(file), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_network_gives_the_same_events_and_the_same_bytes(
        requests in requests(),
        up in strategies::plan(),
        down in strategies::plan(),
        in_place in any::<bool>(),
    ) {
        let even = session(&requests, false, (Plan::default(), Plan::default()), true);
        let odd = session(&requests, false, (up, down), in_place);
        prop_assert_eq!(even, odd);
    }

    #[test]
    fn any_network_gives_the_same_events_under_tls(
        requests in requests(),
        up in strategies::plan(),
        down in strategies::plan(),
    ) {
        // Records are cut as the network takes them, so only what was said is compared.
        let even = session(&requests, true, (Plan::default(), Plan::default()), true);
        let odd = session(&requests, true, (up, down), true);
        prop_assert_eq!(even.0, odd.0);
    }

    #[test]
    fn one_byte_at_a_time_gives_the_same(
        requests in vec((strategies::payload(3_000), strategies::sidecars(2, 1_000)), 1..4),
        tls in any::<bool>(),
    ) {
        let even = session(&requests, tls, (Plan::default(), Plan::default()), true);
        let odd = session(&requests, tls, (Plan::one_byte(), Plan::one_byte()), true);
        prop_assert_eq!(even.0, odd.0);
    }
}

/// A step of the schedule test.
#[derive(Clone, Debug)]
enum Step {
    Call { size: usize, deadline_ms: Option<u16> },
    Cancel { which: prop::sample::Index },
    Answer { which: prop::sample::Index },
    Advance { ms: u16 },
    Stall { up: bool, on: bool },
    Rounds { count: u8 },
    Run,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    // Half of them are larger than what the sockets take at once, so that they are often begun.
    let size = prop_oneof![strategies::log_size(60_000), 6_000..15_000usize];
    prop_oneof![
        4 => (size, proptest::option::weighted(0.7, 1u16..200))
            .prop_map(|(size, deadline_ms)| Step::Call { size, deadline_ms }),
        3 => index().prop_map(|which| Step::Cancel { which }),
        4 => index().prop_map(|which| Step::Answer { which }),
        3 => (1u16..100).prop_map(|ms| Step::Advance { ms }),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(up, on)| Step::Stall { up, on }),
        4 => (1u8..6).prop_map(|count| Step::Rounds { count }),
        1 => Just(Step::Run),
    ]
}

/// A payload that knows whether it lives, and says whose it is in every byte.
struct Tracked {
    bytes: Vec<u8>,
    alive: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Tracked {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Default)]
struct Model {
    alive: BTreeMap<CallId, Arc<AtomicUsize>>,
    ended: BTreeMap<CallId, usize>,
    executed: BTreeSet<CallId>,
    /// Those that ended with the word that they were not.
    never: BTreeSet<CallId>,
    met: BTreeMap<&'static str, usize>,
}

impl Model {
    fn observe(&mut self, pair: &mut Pair) -> Result<(), TestCaseError> {
        for event in pair.client_events() {
            let (id, state, execution) = match event {
                ClientEvent::Completed { id, result } => {
                    let execution = result.as_ref().err().map(CallError::execution);
                    (id, state(id, result)?, execution)
                }
                ClientEvent::Returned { id, call } => {
                    let whole = call.body.iter().all(|byte| *byte == id.get() as u8);
                    prop_assert!(whole, "{} came back damaged", id);
                    (id, "returned", Some(Execution::Never))
                }
                _ => continue,
            };
            let ends = self.ended.entry(id).or_default();
            *ends += 1;
            prop_assert_eq!(*ends, 1, "call {} ended twice", id);
            *self.met.entry(state).or_default() += 1;
            if execution == Some(Execution::Never) {
                prop_assert!(!self.executed.contains(&id), "executed: {} {}", id, state);
                self.never.insert(id);
            }
            // However it ends. One that came back was dropped here.
            let alive = self.alive[&id].load(Ordering::SeqCst);
            prop_assert_eq!(alive, 0, "payload of {} outlives its completion: {}", id, state);
        }
        for call in pair.calls() {
            if self.executed.insert(call.id) {
                let whole = call.body.iter().all(|byte| *byte == call.id.get() as u8);
                prop_assert!(whole, "framing of call {} is broken", call.id);
                prop_assert!(
                    !self.never.contains(&call.id),
                    "{} was never to be executed",
                    call.id
                );
            }
        }
        Ok(())
    }
}

/// What an end is called.
fn state(
    id: CallId,
    result: Result<krpc_core::InboundReply, CallError>,
) -> Result<&'static str, TestCaseError> {
    Ok(match result {
        Ok(reply) => {
            prop_assert!(reply.body.iter().all(|byte| *byte == id.get() as u8));
            "replied"
        }
        Err(CallError::Cancelled { outcome, execution }) => {
            prop_assert_eq!(execution, outcome.execution());
            match outcome {
                CancelOutcome::NotBegun => "cancelled unsent",
                CancelOutcome::Aborted { .. } => "aborted",
                CancelOutcome::Cut { .. } => "cut",
                CancelOutcome::Sent => "cancelled",
                CancelOutcome::AlreadyDone => return Err(TestCaseError::fail("done before")),
            }
        }
        Err(CallError::DeadlineExceeded { stage, execution }) => match (stage, execution) {
            (CallStage::Sending, Execution::Never) => "timed out sending",
            (CallStage::Sending, Execution::Maybe) => "timed out sending, sent",
            (_, Execution::Never) => "timed out unsent",
            (_, Execution::Maybe) => "timed out sent",
        },
        Err(CallError::ConnectionLost { execution: Execution::Never, .. }) => "lost unsent",
        Err(_) => "lost",
    })
}

/// What becomes of a request that is given up in mid-transmission.
#[derive(Clone, Copy, Debug)]
enum GivenUp {
    Aborted,
    WithoutFooters(OnCancel),
}

fn given_up() -> impl Strategy<Value = GivenUp> {
    prop_oneof![
        1 => Just(GivenUp::Aborted),
        1 => Just(GivenUp::WithoutFooters(OnCancel::Drain)),
        2 => Just(GivenUp::WithoutFooters(OnCancel::KeepUntilSent)),
        1 => Just(GivenUp::WithoutFooters(OnCancel::Close)),
    ]
}

/// After how many bytes each direction is cut.
type Cuts = (Option<u64>, Option<u64>);

fn schedule(
    steps: &[Step],
    tls: bool,
    given_up: GivenUp,
    plans: (Plan, Plan),
    cuts: Cuts,
) -> Result<BTreeMap<&'static str, usize>, TestCaseError> {
    let (mut client, server) = configs(tls);
    if let GivenUp::WithoutFooters(policy) = given_up {
        let grace = Duration::from_millis(50);
        client = client.footers(Footers::Off).on_cancel(policy).grace(grace);
    }
    let mut pair = Pair::with(client, server, plans.0, plans.1);
    if let Some(bytes) = cuts.0 {
        pair.to_server.cut_after(bytes);
    }
    if let Some(bytes) = cuts.1 {
        pair.to_client.cut_after(bytes);
    }
    let mut model = Model::default();
    let mut started = Vec::new();
    for step in steps {
        match step {
            Step::Call { size, deadline_ms } => {
                let alive = Arc::new(AtomicUsize::new(1));
                let id = started.len() as u8;
                let owner = Tracked { bytes: vec![id; *size], alive: alive.clone() };
                let method = Method::from_static("test.Service", "Method");
                let mut call = OutboundCall::new(method, Bytes::from_owner(owner));
                call.deadline =
                    deadline_ms.map(|ms| pair.now() + Duration::from_millis(u64::from(ms)));
                let id = match pair.client.start_call(pair.now(), call) {
                    Ok(id) => id,
                    Err(_) if !pair.client.accepts_calls() => {
                        *model.met.entry("refused").or_default() += 1;
                        continue;
                    }
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                };
                model.alive.insert(id, alive);
                started.push(id);
            }
            Step::Cancel { which } if !started.is_empty() => {
                let id = *which.get(&started);
                let ended = model.ended.contains_key(&id);
                let outcome = pair.client.cancel_call(pair.now(), id);
                prop_assert_eq!(outcome == Some(CancelOutcome::AlreadyDone), ended, "{}", id);
                if outcome.is_none() {
                    *model.met.entry("cancel in mid-transmission").or_default() += 1;
                }
            }
            Step::Answer { which } if !pair.calls().is_empty() => {
                let call = which.get(pair.calls()).clone();
                pair.respond(call.id, Ok(OutboundReply::new(call.body)));
            }
            Step::Advance { ms } => pair.advance(Duration::from_millis(u64::from(*ms))),
            Step::Stall { up: true, on } => pair.to_server.stall(*on),
            Step::Stall { up: false, on } => pair.to_client.stall(*on),
            Step::Rounds { count } => (0..*count).for_each(|_| {
                pair.step();
            }),
            Step::Run => pair.run(),
            Step::Cancel { .. } | Step::Answer { .. } => {}
        }
        model.observe(&mut pair)?;
    }
    // Everything is let through and answered: then every call has ended, and framing is intact.
    pair.to_server.stall(false);
    pair.to_client.stall(false);
    pair.run();
    model.observe(&mut pair)?;
    while let Some(call) = pair.calls().first().cloned() {
        pair.respond(call.id, Ok(OutboundReply::new(call.body)));
    }
    pair.run();
    model.observe(&mut pair)?;
    // What TLS had sealed when sending was stopped never leaves, and is waited for so long.
    if pair.client.is_cut() && pair.client.in_flight() > 0 {
        prop_assert!(tls);
        pair.advance(Duration::from_secs(30));
        model.observe(&mut pair)?;
    }
    prop_assert_eq!(model.ended.len(), started.len(), "a call was lost");
    prop_assert_eq!(pair.client.in_flight(), 0);
    if cuts == (None, None) && !pair.client.is_cut() {
        // Only the negotiation's deadline may end a connection here.
        prop_assert!(pair.client.is_open() || model.executed.is_empty());
        prop_assert!(!pair.client.is_open() || pair.server.is_open());
    }
    for alive in model.alive.values() {
        prop_assert_eq!(alive.load(Ordering::SeqCst), 0, "a payload was kept");
    }
    Ok(model.met)
}

/// Random commands x cancels x deadlines x stalls x networks x `cuts`. The run counts how often each
/// end of a call was met: a schedule test that never gets to the point proves nothing.
fn schedules(cuts: impl Strategy<Value = Cuts>, ends: &[&str]) {
    use proptest::test_runner::{Config, TestRunner};
    let cases = std::env::var("KRPC_SCHEDULES").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000);
    let mut runner = TestRunner::new(Config { cases, ..config() });
    let met = std::cell::RefCell::new(BTreeMap::<&'static str, usize>::new());
    let small = || {
        (strategies::plan(), strategies::log_size(5_000))
            .prop_map(|(plan, capacity)| Plan { capacity: capacity + 1, ..plan })
    };
    let input = (vec(step(), 1..40), any::<bool>(), given_up(), small(), small(), cuts);
    runner
        .run(&input, |(steps, tls, given_up, up, down, cuts)| {
            for (state, count) in schedule(&steps, tls, given_up, (up, down), cuts)? {
                *met.borrow_mut().entry(state).or_default() += count;
            }
            Ok(())
        })
        .unwrap();
    let met = met.into_inner();
    println!("{cases} schedules: {met:?}");
    // "timed out sending, sent" is too rare here to be counted on; `cancel_property.rs` meets it often.
    let everywhere = [
        "replied",
        "cancelled unsent",
        "cancelled",
        "aborted",
        "cut",
        "returned",
        "timed out unsent",
        "timed out sending",
        "timed out sent",
        "cancel in mid-transmission",
    ];
    for state in everywhere.iter().chain(ends) {
        assert!(met.get(state).is_some_and(|n| *n >= 3), "{state} was hardly met: {met:?}");
    }
}

#[test]
fn schedules_lose_no_call_and_keep_no_payload() {
    schedules(Just((None, None)), &[]);
}

#[test]
fn schedules_on_networks_that_break_lose_no_call_and_keep_no_payload() {
    let cut = || proptest::option::weighted(0.3, prop_oneof![1 => 0u64..200, 3 => 0u64..120_000]);
    schedules((cut(), cut()), &["lost", "lost unsent", "refused"]);
}
