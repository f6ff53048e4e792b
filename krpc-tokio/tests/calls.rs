//! Calls over real sockets.

mod common;

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use common::{Echo, SERVICE, call, channel, serve, serve_with};
use krpc_tokio::codegen::{BoxFuture, RawReply};
use krpc_tokio::core::{StartCallReason, Timer};
use krpc_tokio::{
    CallContext, CallError, CallRequest, ConnectionError, ErrorCode, ErrorStatus, Execution,
    Method, MethodInfo, Server, Service, Timeout,
};

fn remote(result: Result<krpc_tokio::core::InboundReply, CallError>) -> krpc_tokio::ErrorStatus {
    match result {
        Err(CallError::Remote(status)) => status,
        other => panic!("expected an error of the server, not {other:?}"),
    }
}

#[tokio::test]
async fn unary() {
    let (_server, address) = serve().await;
    let channel = channel(&address);
    let reply = channel.call_raw(call("Echo", "hello")).await.unwrap();
    assert_eq!(reply.body, "hello");
    assert!(reply.sidecars.is_empty());
    let whoami = channel.call_raw(call("Whoami", "")).await.unwrap().body;
    assert!(whoami.starts_with(b"alice 127.0.0.1:"), "{whoami:?}");
}

#[tokio::test]
async fn an_inline_service_answers_the_same() {
    let echo = Echo { inline: true, ..Echo::default() };
    let (_server, address) = serve_with(Server::builder().add_service(echo)).await;
    let channel = channel(&address);
    let slow = channel.call_raw(call("Sleep", "50"));
    assert_eq!(channel.call_raw(call("Echo", "hello")).await.unwrap().body, "hello");
    let status = remote(channel.call_raw(call("Panic", "")).await);
    assert_eq!(status.message(), "Runtime error: handler panicked");
    assert_eq!(slow.await.unwrap().body, "50");
}

#[tokio::test]
async fn sidecars_both_ways() {
    let (_server, address) = serve().await;
    let channel = channel(&address);
    let big = Bytes::from(vec![7u8; 4 << 20]);
    let mut request = call("Sidecars", "body");
    request.sidecars = vec!["one".into(), Bytes::new(), big.clone(), "last".into()];
    let reply = channel.call_raw(request).await.unwrap();
    assert_eq!(reply.body, "body");
    let got: Vec<_> = reply.sidecars.iter().collect();
    assert_eq!(got.len(), 4);
    assert_eq!((&got[0][..], &got[1][..], &got[3][..]), (&b"one"[..], &b""[..], &b"last"[..]));
    assert!(got[2] == big);
}

#[tokio::test]
async fn replies_come_in_any_order() {
    let (_server, address) = serve().await;
    let channel = channel(&address);
    channel.connect_now().await.unwrap();
    let mut slow = channel.call_raw(call("Sleep", "1000"));
    let quick = channel.call_raw(call("Sleep", "1"));
    tokio::select! {
        biased;
        reply = quick => assert_eq!(reply.unwrap().body, "1"),
        _ = &mut slow => panic!("in the order of the calls"),
    }
    assert_eq!(slow.await.unwrap().body, "1000");
}

#[tokio::test]
async fn a_deadline_ends_the_call_and_not_the_connection() {
    let (server, address) = serve().await;
    let channel = channel(&address);
    channel.connect_now().await.unwrap();
    // Enough to be sent.
    let mut request = call("Sleep", "60000");
    request.timeout = Some(Timeout::After(Duration::from_millis(500)));
    let error = channel.call_raw(request).await.unwrap_err();
    assert!(matches!(error, CallError::DeadlineExceeded { .. }), "{error:?}");
    assert_eq!(error.execution(), Execution::Maybe);
    assert_eq!(channel.call_raw(call("Echo", "on")).await.unwrap().body, "on");
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn dropping_the_future_cancels_the_call() {
    let echo = Echo::default();
    let counts = echo.counts.clone();
    let (server, address) = serve_with(Server::builder().add_service(echo)).await;
    let channel = channel(&address);
    // Never started: dropped before the connection is there.
    drop(channel.call_raw(call("Echo", "never")));
    channel.connect_now().await.unwrap();
    let sent = channel.call_raw(call("Sleep", "50"));
    while counts.started.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    drop(sent);
    assert_eq!(channel.call_raw(call("Sleep", "100")).await.unwrap().body, "100");
    assert_eq!(counts.started.load(Ordering::SeqCst), 2, "the first never left");
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(channel.stats().unwrap().late_replies, 1);
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_panicking_handler_costs_its_caller_an_error() {
    let (server, address) = serve().await;
    let channel = channel(&address);
    let status = remote(channel.call_raw(call("Panic", "")).await);
    assert_eq!(status.code, Some(ErrorCode::ErrorApplication));
    assert_eq!(status.message(), "Runtime error: handler panicked");
    assert_eq!(channel.call_raw(call("Echo", "on")).await.unwrap().body, "on");
    assert_eq!(server.accepted(), 1);
    assert_eq!(server.dispatcher().stats(SERVICE).unwrap().panicked, 1);
}

#[tokio::test]
async fn refusals_say_what_was_wrong() {
    let builder = Server::builder().name("test-server").add_service(Echo::default());
    let (server, address) = serve_with(builder).await;
    let channel = channel(&address);
    let unknown = || CallRequest::new(Method::from_static("no.Such", "Echo"), "");
    let status = remote(channel.call_raw(unknown()).await);
    assert_eq!(status.code, Some(ErrorCode::ErrorNoSuchService));
    assert_eq!(status.message(), "Not found: service no.Such not registered on test-server");

    server.dispatcher().set_all_registered(false);
    let status = remote(channel.call_raw(unknown()).await);
    assert_eq!(status.code, Some(ErrorCode::ErrorUnavailable));
    let text = "Service unavailable: service no.Such not registered on test-server";
    assert_eq!(status.message(), text);

    let status = remote(channel.call_raw(call("NoSuch", "")).await);
    assert_eq!(status.code, Some(ErrorCode::ErrorNoSuchMethod));
    let text = status.message();
    assert!(text.ends_with("with an invalid method name: NoSuch"), "{text}");
    assert!(text.contains(&address), "{text}");

    let mut request = call("Echo", "");
    request.required_features = vec![1, 7, 7, 9];
    let status = remote(channel.call_raw(request).await);
    assert_eq!(status.code, Some(ErrorCode::ErrorInvalidRequest));
    assert_eq!(status.unsupported_feature_flags(), [7, 9]);

    let mut request = call("Echo", "");
    request.required_features = vec![1];
    assert!(channel.call_raw(request).await.is_ok());

    let status = remote(channel.call_raw(call("TooMany", "")).await);
    assert!(status.message().contains("10001"), "{}", status.message());
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_here() {
    let (_server, address) = serve().await;
    let channel = channel(&address);
    let mut request = call("Sidecars", "");
    request.sidecars = vec![Bytes::new(); 10_001];
    let error = channel.call_raw(request).await.unwrap_err();
    let reason = StartCallReason::TooManySidecars { count: 10_001, limit: 10_000 };
    assert_eq!(error, CallError::Refused(reason));
    assert_eq!(error.execution(), Execution::Never);
    assert!(channel.call_raw(call("Echo", "")).await.is_ok());
}

#[tokio::test]
async fn a_full_queue_turns_calls_away() {
    let builder = Server::builder().add_service_with(Echo::default(), 1, 2);
    let (server, address) = serve_with(builder).await;
    let channel = channel(&address);
    let calls: Vec<_> = (0..5).map(|_| channel.call_raw(call("Sleep", "100"))).collect();
    let mut refused = 0;
    for call in calls {
        match call.await {
            Ok(_) => {}
            Err(CallError::Remote(status)) => {
                assert_eq!(status.code, Some(ErrorCode::ErrorServerTooBusy));
                let text = status.message();
                assert!(
                    text.starts_with(
                        "Service unavailable: Sleep request on test.Echo from 127.0.0.1:"
                    ),
                    "{text}"
                );
                assert!(
                    text.ends_with(
                        "dropped due to backpressure: service queue is full with 2 items"
                    ),
                    "{text}"
                );
                refused += 1;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, 2);
    assert_eq!(server.dispatcher().stats(SERVICE).unwrap().queue_overflow, 2);
}

/// The same under another name.
#[derive(Debug, Default)]
struct Second(Echo);

impl Service for Second {
    fn name(&self) -> &'static str {
        "test.Second"
    }

    fn methods(&self) -> &'static [MethodInfo] {
        self.0.methods()
    }

    fn call(
        &self,
        method: usize,
        cx: CallContext,
        body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        self.0.call(method, cx, body)
    }
}

#[tokio::test]
async fn each_service_has_its_own_queue() {
    let builder = Server::builder().add_service_with(Echo::default(), 1, 1).add_service_with(
        Second::default(),
        1,
        1,
    );
    let (server, address) = serve_with(builder).await;
    let channel = channel(&address);
    let stats = |service| server.dispatcher().stats(service).unwrap();
    // One that runs and one that waits, for as long as the connection lives.
    let _full = [channel.call_raw(call("Gone", "")), channel.call_raw(call("Gone", ""))];
    let status = remote(channel.call_raw(call("Echo", "")).await);
    assert_eq!(status.code, Some(ErrorCode::ErrorServerTooBusy));
    for i in 0..5 {
        let method = Method::from_static("test.Second", "Echo");
        let reply = channel.call_raw(CallRequest::new(method, vec![i])).await.unwrap();
        assert_eq!(reply.body, [i][..]);
    }
    let (first, second) = (stats(SERVICE), stats("test.Second"));
    assert_eq!((first.handled, first.waiting, first.queue_overflow), (1, 1, 1));
    assert_eq!((second.handled, second.waiting, second.queue_overflow), (5, 0, 0));
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_call_that_expires_in_the_queue_is_not_run() {
    let echo = Echo::default();
    let counts = echo.counts.clone();
    let (server, address) = serve_with(Server::builder().add_service_with(echo, 1, 9)).await;
    let channel = channel(&address);
    channel.connect_now().await.unwrap();
    let first = channel.call_raw(call("Sleep", "2000"));
    // Enough to get there, and over before the first has run.
    let mut request = call("Echo", "");
    request.timeout = Some(Timeout::After(Duration::from_millis(500)));
    let error = channel.call_raw(request).await.unwrap_err();
    assert!(matches!(error, CallError::DeadlineExceeded { .. }), "{error:?}");
    first.await.unwrap();
    assert_eq!(channel.call_raw(call("Echo", "")).await.unwrap().body, "");
    assert_eq!(counts.started.load(Ordering::SeqCst), 2);
    assert_eq!(server.dispatcher().stats(SERVICE).unwrap().timed_out_in_queue, 1);
}

#[tokio::test]
async fn a_handler_hears_that_its_client_has_gone() {
    let echo = Echo::default();
    let counts = echo.counts.clone();
    let (_server, address) = serve_with(Server::builder().add_service(echo)).await;
    let channel = channel(&address);
    let gone = channel.call_raw(call("Gone", ""));
    channel.call_raw(call("Echo", "")).await.unwrap();
    channel.close();
    let error = gone.await.unwrap_err();
    let (lost, execution) = (ConnectionError::LocallyClosed, Execution::Maybe);
    assert_eq!(error, CallError::ConnectionLost { error: lost, execution });
    while counts.cancelled.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Depth 64: the counts that stand for speed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipeline_of_64_leaves_in_few_writes() {
    const DEPTH: u64 = 64;
    const ROUNDS: u64 = 50;
    let (_server, address) = serve().await;
    let channel = channel(&address);
    channel.connect_now().await.unwrap();
    let before = channel.stats().unwrap();
    let tasks: Vec<_> = (0..DEPTH)
        .map(|_| {
            let channel = channel.clone();
            tokio::spawn(async move {
                for _ in 0..ROUNDS {
                    assert_eq!(channel.call_raw(call("Echo", "x")).await.unwrap().body, "x");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    let after = channel.stats().unwrap();
    let calls = after.frames_sent - before.frames_sent;
    let writes = after.writes - before.writes;
    println!("{calls} calls in {writes} writes");
    assert_eq!(calls, DEPTH * ROUNDS);
    assert!(writes * 4 <= calls, "{calls} calls took {writes} writes");
}

#[tokio::test]
async fn one_call_at_a_time_takes_one_write_each() {
    let (_server, address) = serve().await;
    let channel = channel(&address);
    channel.connect_now().await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let before = channel.stats().unwrap();
    for _ in 0..20 {
        channel.call_raw(call("Echo", "x")).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    let after = channel.stats().unwrap();
    // The connection context leaves with the first call.
    assert_eq!(after.writes - before.writes, 20);
}

#[tokio::test]
async fn a_server_that_says_nothing_costs_the_negotiation_timeout() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let config = krpc_tokio::ClientConfig::new(krpc_tokio::UserCredentials::new("alice"));
    let timeout = Duration::from_millis(100);
    let config = config.negotiation_timeout(timeout);
    let channel = krpc_tokio::Channel::builder(address).config(config).build().unwrap();
    let error = channel.call_raw(call("Echo", "")).await.unwrap_err();
    let lost = ConnectionError::TimedOut(Timer::Negotiation(timeout));
    assert_eq!(error, CallError::ConnectionLost { error: lost, execution: Execution::Never });
}
