//! The same calls under several executors.

mod calls;

use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_executor::Executor;
use krpc_smol::{
    AsyncIo, BoxFuture, CallError, CallRequest, ClientConfig, Connector, Execution, Listening,
    Method, Server, ServerConfig, Smol, Sockets, UserCredentials,
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
    let runtime = Smol::from(&executor);
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

/// A name with several addresses: at the first connecting never ends, at the second nobody listens.
#[derive(Clone, Debug)]
struct Several {
    addresses: Vec<SocketAddr>,
    tried: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Sockets for Several {
    type Stream = <AsyncIo as Sockets>::Stream;
    type Listener = <AsyncIo as Sockets>::Listener;

    async fn resolve(&self, host: String, _: u16) -> io::Result<Vec<SocketAddr>> {
        assert_eq!(host, "several.example");
        Ok(self.addresses.clone())
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<Self::Stream> {
        self.tried.lock().unwrap().push(to);
        if to == self.addresses[0] {
            std::future::pending::<()>().await;
        }
        AsyncIo.connect(to).await
    }

    fn unix_stream(&self, connected: UnixStream) -> io::Result<Self::Stream> {
        AsyncIo.unix_stream(connected)
    }

    fn listener(&self, listening: Listening) -> io::Result<Self::Listener> {
        AsyncIo.listener(listening)
    }

    async fn accept(&self, listener: &Self::Listener) -> io::Result<Self::Stream> {
        AsyncIo.accept(listener).await
    }
}

/// Within the negotiation timeout, which is less than what one address may take of a long one.
#[test]
fn the_addresses_of_a_name_are_tried_in_their_order() {
    smol::block_on(async {
        let spawn = |task: BoxFuture<()>| smol::spawn(task).detach();
        let server = Server::on(Smol::new(spawn)).bind("127.0.0.1:0").await.unwrap().serve();
        let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let swallows = "192.0.2.1:1".parse().unwrap();
        let addresses = vec![swallows, unused, server.local_addr().unwrap()];
        let sockets = Several { addresses: addresses.clone(), tried: Arc::default() };
        let runtime = Smol::with_sockets(sockets.clone(), spawn);
        let config = client().negotiation_timeout(Duration::from_millis(2_700));
        let channel = Connector::on(runtime, config).channel("several.example:7051").unwrap();
        channel.connect_now().await.unwrap();
        assert_eq!(*sockets.tried.lock().unwrap(), addresses);
        server.shutdown(Duration::from_secs(60)).await;
    });
}

/// Whoever waits hears of it, and nothing hangs.
#[test]
fn calls_end_with_the_executor_that_carries_them() {
    let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let executor = Arc::new(Executor::new());
    let runtime = Smol::from(&executor);
    let connector = Connector::on(runtime, client());
    let channel = connector.channel(&listening.local_addr().unwrap().to_string()).unwrap();
    let listening = async_io::Async::new(listening).unwrap();
    let method = Method::from_static("test.Echo", "Echo");
    let mut call = channel.call_raw(CallRequest::new(method, ""));
    async_io::block_on(executor.run(async {
        // It is on its way to a server that never says anything.
        let (_stream, _) = listening.accept().await.unwrap();
        assert!(futures_lite::future::poll_once(&mut call).await.is_none());
    }));
    let error = {
        // The runtime has the executor as well.
        drop((connector, channel, executor));
        async_io::block_on(call).unwrap_err()
    };
    assert!(matches!(error, CallError::ConnectionLost { .. }), "{error}");
}
