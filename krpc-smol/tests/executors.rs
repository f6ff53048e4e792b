//! The same calls under several executors.

mod calls;

use std::sync::Arc;

use async_executor::Executor;
use krpc_smol::{
    CallError, CallRequest, ClientConfig, Connector, Execution, Method, ServerConfig, Smol,
    UserCredentials,
};

fn client() -> ClientConfig {
    ClientConfig::new(UserCredentials::new("alice"))
}

#[test]
fn on_smols_global_executor() {
    let runtime = Smol::new(|task| smol::spawn(task).detach());
    smol::block_on(calls::are_answered(runtime, ServerConfig::new(), client(), None));
}

#[test]
fn on_an_executor_that_the_caller_runs() {
    let executor = Arc::new(Executor::new());
    let runtime = Smol::from(executor.clone());
    let calls = calls::are_answered(runtime, ServerConfig::new(), client(), None);
    async_io::block_on(executor.run(calls));
}

#[test]
fn an_executor_that_drops_tasks_ends_their_calls() {
    let runtime = Smol::new(drop);
    let connector = Connector::on(runtime, client());
    let channel = connector.channel("localhost:1").unwrap();
    let method = Method::from_static("test.Echo", "Echo");
    let error = async_io::block_on(channel.call_raw(CallRequest::new(method, ""))).unwrap_err();
    assert!(
        matches!(error, CallError::ConnectionLost { execution: Execution::Never, .. }),
        "{error}"
    );
}
