//! `abort_on_panic`, in child processes: the test's own program, told by its environment to be one.

mod common;

use std::env;
use std::fmt::Debug;
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use common::{Sim, call, echo, poll};
use krpc_driver::core::{CallError, ErrorStatus, Link, PeerAddr, ServerConfig};
use krpc_driver::{
    BoxFuture, CallContext, Caller, DispatcherBuilder, Host, MethodInfo, RawReply, Service,
};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

/// What panics in a child, and whether that is to abort it: `KRPC_TEST_PANIC=inline,true`.
const ROLE: &str = "KRPC_TEST_PANIC";

const SURVIVED: &str = "the child has survived";

/// Panics where it is told to.
struct Panics(String);

impl Service for Panics {
    fn name(&self) -> &'static str {
        common::SERVICE
    }

    fn methods(&self) -> &'static [MethodInfo] {
        common::METHODS
    }

    fn supports_feature(&self, _: u32) -> bool {
        assert_ne!(self.0, "feature", "asked about a feature");
        true
    }

    fn inline(&self, _: usize) -> bool {
        self.0 == "inline"
    }

    fn call(&self, _: usize, _: CallContext, _: Bytes) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        Box::pin(async { panic!("a handler's last words") })
    }
}

/// Writes what is logged to the standard error.
struct Log;

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Line(String);
        impl Visit for Line {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                self.0 += &format!(" {field}={value:?}");
            }
        }
        let mut line = Line(format!("{}:", event.metadata().level()));
        event.record(&mut line);
        eprintln!("{}", line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The child: serves one call.
fn serve(role: &str) {
    let (what, abort) = role.split_once(',').unwrap();
    let mut sim = Sim::new(echo());
    let (clock, tasks) = (Arc::new(sim.clock.clone()), sim.tasks.clone());
    let spawn = Arc::new(move |task| tasks.lock().unwrap().push(task));
    let dispatcher = DispatcherBuilder::new("test", clock, spawn)
        .service(Arc::new(Panics(what.to_owned())), 1, 1)
        .abort_on_panic(abort.parse().unwrap())
        .build();
    sim.host = Host::new(ServerConfig::new(), dispatcher);
    sim.server = sim.host.accept(sim.clock.now(), Link::unix(None), PeerAddr::Unix(None));
    let mut request = call("Call", "x");
    request.required_features = vec![7];
    let mut call = sim.handle().start(request);
    let _log = tracing::subscriber::set_default(Log);
    sim.settle();
    assert!(matches!(poll(&mut call), Some(Err(CallError::Remote(_)))));
    eprintln!("{SURVIVED}");
}

#[test]
fn a_panic_aborts_the_process_if_it_is_to() {
    if let Ok(role) = env::var(ROLE) {
        return serve(&role);
    }
    let run = |role: String| {
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--exact", "a_panic_aborts_the_process_if_it_is_to", "--nocapture"]);
        let output = child.env(ROLE, role).output().unwrap();
        (output.status, String::from_utf8(output.stderr).unwrap())
    };
    for what in ["inline", "spawned", "feature"] {
        let (status, log) = run(format!("{what},true"));
        // Neither a test that passed nor one that failed.
        assert!(!matches!(status.code(), Some(0 | 101)), "{what}: {status}\n{log}");
        assert!(log.contains("ERROR: message=handler panicked"), "{what}: {log}");
        assert!(!log.contains(SURVIVED), "{what}: {log}");

        let (status, log) = run(format!("{what},false"));
        assert!(status.success(), "{what}: {status}\n{log}");
        assert!(log.contains("ERROR: message=handler panicked"), "{what}: {log}");
        assert!(log.contains(SURVIVED), "{what}: {log}");
    }
}
