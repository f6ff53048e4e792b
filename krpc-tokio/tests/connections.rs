//! Connections: how they come, are shared, and go.

mod common;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::{Echo, call, channel, connector, serve, serve_again, serve_with};
use krpc_tokio::core::TransportOp;
use krpc_tokio::{
    CallError, Channel, ClientConfig, ConnectionError, Execution, PeerAddr, Server, ServerConfig,
    UserCredentials,
};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

async fn echo(channel: &Channel) -> Result<(), CallError> {
    let reply = channel.call_raw(call("Echo", "hello")).await?;
    assert_eq!(reply.body, "hello");
    Ok(())
}

async fn whoami(channel: &Channel) -> String {
    let body = channel.call_raw(call("Whoami", "")).await.unwrap().body;
    let text = String::from_utf8(body.into()).unwrap();
    text.split(' ').next().unwrap().to_owned()
}

/// Polls until `condition` holds.
async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !condition() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Kudu's test of that name: another plane has its own connection, the same plane the same.
#[tokio::test]
#[allow(non_snake_case, reason = "Kudu's name")]
async fn TestConnectionNetworkPlane() {
    let (server, address) = serve().await;
    let connector = connector();
    let first = connector.channel(&address).unwrap();
    echo(&first).await.unwrap();
    assert_eq!(server.accepted(), 1);
    let bulk = connector.builder(&address).plane("bulk").build().unwrap();
    echo(&bulk).await.unwrap();
    assert_eq!(server.accepted(), 2);
    let again = connector.builder(&address).plane("bulk").build().unwrap();
    echo(&again).await.unwrap();
    echo(&first).await.unwrap();
    echo(&connector.channel(&address).unwrap()).await.unwrap();
    assert_eq!(server.accepted(), 2);
    assert_ne!(first.connection_id(), bulk.connection_id());
    assert_eq!(bulk.connection_id(), again.connection_id());
    assert_eq!(bulk.connection_id().unwrap().network_plane(), "bulk");
}

/// Kudu's test of that name: without a given user it is the login name.
#[tokio::test]
#[allow(non_snake_case, reason = "Kudu's name")]
async fn TestDefaultCredentialsPropagated() {
    let (_server, address) = serve().await;
    let channel = Channel::connect(&address).unwrap();
    let id = std::process::Command::new("id").arg("-un").output().unwrap();
    let login = String::from_utf8(id.stdout).unwrap();
    assert_eq!(whoami(&channel).await, login.trim());
    assert_eq!(channel.connection_id().unwrap().user().real_user(), login.trim());
}

/// Kudu's test of that name: a given user is the one the server sees, on its own connection.
#[tokio::test]
#[allow(non_snake_case, reason = "Kudu's name")]
async fn TestCustomCredentialsPropagated() {
    let (server, address) = serve().await;
    let connector = connector();
    let alice = connector.channel(&address).unwrap();
    let bob = connector.builder(&address).user("bob").build().unwrap();
    assert_eq!(whoami(&bob).await, "bob");
    assert_eq!(whoami(&alice).await, "alice");
    assert_eq!(whoami(&bob).await, "bob");
    assert_eq!(server.accepted(), 2);
    let id = bob.connection_id().unwrap();
    assert_eq!(id.to_string(), format!("{address} as bob"));
}

#[tokio::test]
async fn two_names_of_one_address_are_two() {
    let (server, address) = serve().await;
    let connector = connector();
    let by_address = connector.channel(&address).unwrap();
    let by_name = connector.channel(&address.replace("127.0.0.1", "localhost")).unwrap();
    assert_eq!(by_name.connection_id(), None, "not looked up yet");
    echo(&by_address).await.unwrap();
    echo(&by_name).await.unwrap();
    echo(&by_name).await.unwrap();
    assert_eq!(server.accepted(), 2);
    let (a, b) = (by_address.connection_id().unwrap(), by_name.connection_id().unwrap());
    assert_eq!(a.remote(), b.remote());
    assert_eq!((a.hostname(), b.hostname()), ("127.0.0.1", "localhost"));
}

#[tokio::test]
async fn ipv6() {
    let builder = Server::builder().add_service(Echo::default());
    let Ok(server) = builder.bind("[::1]:0").await else {
        println!("this machine has no IPv6 loopback");
        return;
    };
    let server = server.serve();
    let address = server.local_addr().unwrap().to_string();
    assert!(address.starts_with("[::1]:"), "{address}");
    echo(&channel(&address)).await.unwrap();
    // A zone goes to the resolver with its address. The loopback address does not look at it.
    let zoned = address.replace("[::1]", "[::1%1]");
    echo(&channel(&zoned)).await.unwrap();
    let error = echo(&channel("[fe80::1%nowhere]:7051")).await.unwrap_err().to_string();
    assert!(error.contains("cannot resolve: fe80::1%nowhere"), "{error}");
}

#[tokio::test]
async fn an_address_is_explained_only_to_who_gave_none() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = other.local_addr().unwrap();
    let listen = async |address: &str| Server::builder().bind(address).await.unwrap_err();
    let error = listen(&taken.to_string()).await.to_string();
    assert!(error.contains(&format!("cannot listen at '{taken}'")), "{error}");
    assert!(!error.contains("expected"), "{error}");
    let error = listen("nonsense").await.to_string();
    assert!(error.contains("'nonsense'") && error.contains("expected HOST:PORT"), "{error}");
}

#[tokio::test]
async fn unix_sockets_and_several_listeners() {
    let path = std::env::temp_dir().join(format!("krpc-tokio-{}.sock", std::process::id()));
    let path = path.to_str().unwrap();
    // A dead server's file is no obstacle.
    drop(std::os::unix::net::UnixListener::bind(path).unwrap());
    let name = format!("@krpc-tokio-{}", std::process::id());
    let builder = Server::builder().add_service(Echo::default());
    let server = builder.bind_unix(path).unwrap();
    let server = server.bind(&format!("unix:{name}")).await.unwrap();
    let server = server.bind("127.0.0.1:0").await.unwrap().serve();
    let unix = |path: &str| PeerAddr::Unix(Some(path.to_owned()));
    assert_eq!(server.local_addrs()[..2], [unix(path), unix(&name)]);

    for address in server.local_addrs() {
        let channel = channel(&address.to_string());
        assert_eq!(channel.target().to_string(), address.to_string());
        echo(&channel).await.unwrap();
        assert_eq!(channel.connection_id().unwrap().remote(), address);
    }
    assert_eq!(server.accepted(), 3);

    let second = Server::builder().bind_unix(path).unwrap_err();
    assert!(second.to_string().contains(path), "{second}");
    server.shutdown(Duration::from_secs(1)).await;
    assert!(!std::path::Path::new(path).exists(), "the file goes with the server");
}

#[tokio::test]
async fn a_refused_connection_fails_the_first_call_at_once() {
    // Bound and not listening: nobody else can take the port.
    let nobody = TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let unused = nobody.local_addr().unwrap();
    let channel = channel(&unused.to_string());
    for _ in 0..3 {
        match echo(&channel).await.unwrap_err() {
            CallError::ConnectionLost { error: ConnectionError::Transport(error), execution } => {
                assert_eq!(error.op, TransportOp::Connect);
                assert_eq!(error.kind, std::io::ErrorKind::ConnectionRefused);
                assert!(error.message.contains(&unused.to_string()), "{error}");
                assert_eq!(execution, Execution::Never);
            }
            other => panic!("{other:?}"),
        }
    }
    let error = channel.connect_now().await.unwrap_err();
    assert!(matches!(error, ConnectionError::Transport(_)), "{error:?}");
}

#[tokio::test]
async fn an_unknown_host_is_an_error_that_names_it() {
    let error = echo(&channel("no-such-host.invalid:7051")).await.unwrap_err().to_string();
    assert!(error.contains("cannot resolve: no-such-host.invalid"), "{error}");
}

#[test]
fn addresses_are_checked_before_anything_is_done() {
    for (address, why) in [
        ("", "no port"),
        ("host", "no port"),
        ("host:", "the port is not a number"),
        ("host:0", "the port is not a number"),
        ("host:70000", "the port is not a number"),
        (":7051", "no host"),
        ("::1:7051", "an IPv6 address needs brackets"),
        ("[::1:7051", "no closing bracket"),
        ("[nonsense]:7051", "not an IPv6 address"),
        ("[fe80::1%]:7051", "not an IPv6 address"),
        ("[host%eth0]:7051", "not an IPv6 address"),
        ("a b:7051", "space or control"),
        ("unix:", "no path"),
        ("unix:@", "no path"),
    ] {
        let error = Channel::connect(address).unwrap_err().to_string();
        assert!(error.contains(why) && error.contains(&format!("'{address}'")), "{error}");
        assert!(error.contains("expected HOST:PORT, [IPV6]:PORT, unix:PATH or unix:@NAME"));
    }
    for address in ["h:1", "127.0.0.1:7051", "[::1]:7051", "unix:/a", "unix:@a", "unix:rel"] {
        assert_eq!(Channel::connect(address).unwrap().target().to_string(), address);
    }
    let zoned = Channel::connect("[fe80::1%eth0]:7051").unwrap();
    assert_eq!(zoned.target().to_string(), "[fe80::1%eth0]:7051");
    assert_eq!(zoned.target().hostname(), "fe80::1%eth0");
    assert_eq!(zoned.target().address(), None, "only this host knows its zones");
}

#[test]
fn without_a_runtime_a_call_fails() {
    let channel = channel("127.0.0.1:1");
    let result = std::pin::pin!(channel.call_raw(call("Echo", "")));
    let cx = &mut std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = result.poll(cx) else { panic!("still waiting") };
    assert_eq!(error.execution(), Execution::Never);
    assert!(error.to_string().contains("runtime"), "{error}");
}

#[tokio::test]
async fn reconnects_after_the_server_was_restarted() {
    let (server, address) = serve().await;
    let channel = channel(&address);
    echo(&channel).await.unwrap();
    server.shutdown(Duration::from_secs(1)).await;
    assert!(echo(&channel).await.is_err());
    assert!(echo(&channel).await.is_err());
    let builder = || Server::builder().add_service(Echo::default());
    let server = serve_again(builder, &address).await;
    echo(&channel).await.unwrap();
    echo(&channel).await.unwrap();
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn reconnects_after_the_server_closed_an_idle_connection() {
    let config = ServerConfig::new().keepalive(Some(Duration::from_millis(20)));
    let builder = Server::builder().add_service(Echo::default()).config(config);
    let (server, address) = serve_with(builder).await;
    let channel = channel(&address);
    for round in 1..=3 {
        echo(&channel).await.unwrap();
        assert_eq!(server.accepted(), round);
        eventually("idle close", || server.connections() == 0).await;
        eventually("noticed", || channel.stats().is_none()).await;
    }
}

#[tokio::test]
async fn the_connection_and_its_calls_go_with_the_last_channel() {
    let (server, address) = serve().await;
    let first = channel(&address);
    let second = first.clone();
    echo(&first).await.unwrap();
    drop(first);
    echo(&second).await.unwrap();
    let pending = second.call_raw(call("Gone", ""));
    drop(second);
    match pending.await.unwrap_err() {
        CallError::ConnectionLost { error: ConnectionError::LocallyClosed, .. } => {}
        error => panic!("{error}"),
    }
    eventually("closed", || server.connections() == 0).await;
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn shutdown_answers_what_is_in_hand() {
    let echo_service = Echo::default();
    let counts = echo_service.counts.clone();
    // Two run, the others wait in the queue: all of them are in hand.
    let builder = Server::builder().add_service_with(echo_service, 2, 50);
    let (server, address) = serve_with(builder).await;
    let channel = channel(&address);
    let calls: Vec<_> = (0..8).map(|_| channel.call_raw(call("Sleep", "30"))).collect();
    eventually("received", || counts.started.load(Ordering::SeqCst) == 2).await;
    server.shutdown(Duration::from_secs(600)).await;
    for call in calls {
        assert_eq!(call.await.unwrap().body, "30");
    }
    assert_eq!(server.connections(), 0);
    assert!(TcpStream::connect(&address).await.is_err(), "nobody listens any more");
    server.closed().await;
}

#[tokio::test]
async fn a_shutdown_that_is_dropped_has_stopped_every_listener() {
    let builder = Server::builder().add_service(Echo::default());
    let server = builder.bind("127.0.0.1:0").await.unwrap();
    let server = server.bind("127.0.0.1:0").await.unwrap().bind("127.0.0.1:0").await.unwrap();
    let server = server.serve();
    let channel = channel(&server.local_addr().unwrap().to_string());
    echo(&channel).await.unwrap();
    {
        let shutdown = std::pin::pin!(server.shutdown(Duration::from_secs(1)));
        let cx = &mut std::task::Context::from_waker(std::task::Waker::noop());
        assert!(shutdown.poll(cx).is_pending());
    }
    for address in server.local_addrs() {
        let PeerAddr::Tcp(address) = address else { panic!("{address}") };
        eventually("nobody listens", || std::net::TcpStream::connect(address).is_err()).await;
    }
    echo(&channel).await.unwrap();
    server.shutdown(Duration::from_secs(1)).await;
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_closed_channel_connects_anew() {
    let (server, address) = serve().await;
    let channel = channel(&address);
    let lost =
        |execution| CallError::ConnectionLost { error: ConnectionError::LocallyClosed, execution };
    // While it connects.
    let first = channel.call_raw(call("Echo", "1"));
    channel.close();
    let second = channel.call_raw(call("Echo", "2"));
    assert_eq!(first.await.unwrap_err(), lost(Execution::Never));
    assert_eq!(second.await.unwrap().body, "2");
    // While it is open.
    let accepted = server.accepted();
    channel.close();
    echo(&channel).await.unwrap();
    assert_eq!(server.accepted(), accepted + 1);
    channel.close();
    channel.connect_now().await.unwrap();
    assert_eq!(server.accepted(), accepted + 2);
    eventually("closed", || server.connections() == 1).await;
}

#[tokio::test]
async fn shutdown_cuts_off_what_takes_too_long() {
    let (server, address) = serve().await;
    let channel = channel(&address);
    let slow = channel.call_raw(call("Sleep", "60000"));
    echo(&channel).await.unwrap();
    server.shutdown(Duration::from_millis(100)).await;
    let error = slow.await.unwrap_err();
    assert_eq!(error.execution(), Execution::Maybe);
}

#[tokio::test]
async fn connections_that_say_nothing_delay_nobody() {
    let config = ServerConfig::new().negotiation_timeout(Duration::from_secs(5));
    let builder = Server::builder().add_service(Echo::default()).config(config);
    let (server, address) = serve_with(builder).await;
    let mut silent = Vec::new();
    for _ in 0..500 {
        silent.push(TcpStream::connect(&address).await.unwrap());
    }
    eventually("accepted", || server.connections() == 500).await;
    let started = Instant::now();
    echo(&channel(&address)).await.unwrap();
    println!("first call with 500 stalled connections: {:?}", started.elapsed());
    assert_eq!(server.connections(), 501, "it was answered before those ended");
    // Each of them is closed at its own time.
    for mut stream in silent {
        assert_eq!(stream.read(&mut [0; 16]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn channels_with_their_own_settings_share_with_clones_only() {
    let (server, address) = serve().await;
    let config = || ClientConfig::new(UserCredentials::new("alice"));
    let one = Channel::builder(&address).config(config()).build().unwrap();
    let other = Channel::builder(&address).config(config()).build().unwrap();
    echo(&one).await.unwrap();
    echo(&one.clone()).await.unwrap();
    echo(&other).await.unwrap();
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn the_default_timeout_is_for_calls_without_their_own() {
    let (_server, address) = serve().await;
    let timeout = Duration::from_millis(50);
    let channel = connector().builder(&address).default_timeout(timeout).build().unwrap();
    let mut sleep = call("Sleep", "200");
    assert!(channel.call_raw(sleep.clone()).await.is_ok(), "10 s of its own");
    sleep.timeout = None;
    let error = channel.call_raw(sleep).await.unwrap_err();
    assert!(matches!(error, CallError::DeadlineExceeded { .. }), "{error:?}");
}

/// Whoever waits hears of it, and nothing hangs or panics: neither the calls and servers that it carried,
/// nor what is asked of them afterwards.
#[test]
fn calls_and_servers_end_with_their_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server, channel, held) = runtime.block_on(async {
        let (server, address) = serve().await;
        let channel = channel(&address);
        echo(&channel).await.unwrap();
        let held = channel.call_raw(call("Gone", ""));
        eventually("it runs", || server.dispatcher().stats("test.Echo").unwrap().handled == 2)
            .await;
        (server, channel, held)
    });
    drop(runtime);
    let other = tokio::runtime::Runtime::new().unwrap();
    other.block_on(async {
        let error = held.await.unwrap_err();
        assert!(matches!(error, CallError::ConnectionLost { .. }), "{error}");
        assert_eq!(server.connections(), 0);
        server.shutdown(Duration::from_secs(60)).await;
        server.closed().await;
        // The port is free, and a channel that is used on another runtime connects there.
        assert!(echo(&channel).await.is_err());
    });
}
