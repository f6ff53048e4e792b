//! Calls on blocking threads.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_blocking::{
    BoxFuture, CallContext, CallError, CallRequest, CancelOutcome, Channel, ClientConfig,
    Connector, ErrorStatus, Lead, Method, MethodInfo, RawReply, Server, ServerHandle, Service,
    Timeout, UserCredentials,
};

const LONG: Duration = Duration::from_secs(60);

/// `Echo` answers what it was asked; `Hold` waits until it is told to.
struct Test {
    inline: bool,
    hold: Arc<Mutex<mpsc::Receiver<()>>>,
}

const fn method(name: &'static str) -> MethodInfo {
    MethodInfo { service: "test.Test", name, track_rpc_result: false, authz_method: None }
}

const METHODS: &[MethodInfo] = &[method("Echo"), method("Hold"), method("Panic"), method("Thread")];

impl Service for Test {
    fn name(&self) -> &'static str {
        "test.Test"
    }

    fn methods(&self) -> &'static [MethodInfo] {
        METHODS
    }

    fn inline(&self, method: usize) -> bool {
        self.inline && method != 1
    }

    fn call(
        &self,
        method: usize,
        _: CallContext,
        body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        let hold = self.hold.clone();
        Box::pin(async move {
            let body = match method {
                0 => body,
                1 => {
                    hold.lock().unwrap().recv().unwrap();
                    body
                }
                2 => panic!("as asked"),
                _ => thread::current().name().unwrap().to_owned().into(),
            };
            Ok(RawReply { body, sidecars: Vec::new() })
        })
    }
}

fn serve(inline: bool) -> (ServerHandle, String, mpsc::Sender<()>) {
    let (release, hold) = mpsc::channel();
    let service = Test { inline, hold: Arc::new(Mutex::new(hold)) };
    let server = Server::builder().add_service(service).bind("127.0.0.1:0").unwrap();
    let server = server.serve().unwrap();
    let address = server.local_addrs()[0].to_string();
    (server, address, release)
}

/// Waits until so many calls were handed to the service.
fn handled(server: &ServerHandle, calls: u64) {
    while server.dispatcher().stats("test.Test").unwrap().handled < calls {
        thread::yield_now();
    }
}

fn channel(address: &str, lead: Lead) -> Channel {
    let config = ClientConfig::new(UserCredentials::new("alice"));
    Connector::led_by(config, lead).channel(address).unwrap()
}

fn request(name: &'static str, body: impl Into<Bytes>) -> CallRequest {
    let mut call = CallRequest::new(Method::from_static("test.Test", name), body);
    call.timeout = Some(Timeout::After(LONG));
    call
}

#[test]
fn a_call_is_answered() {
    for lead in [Lead::Callers, Lead::Keeper] {
        for inline in [false, true] {
            let (server, address, _) = serve(inline);
            let channel = channel(&address, lead);
            for len in [0, 1, 1_000, 1 << 20, 20 << 20] {
                let body = vec![7; len];
                assert_eq!(channel.call_raw(request("Echo", body.clone())).unwrap().body, body);
            }
            let thread = channel.call_raw(request("Thread", "")).unwrap().body;
            assert_eq!(thread, if inline { "krpc-server" } else { "krpc-handler" });
            let error = channel.call_raw(request("Panic", "")).unwrap_err();
            assert!(matches!(error, CallError::Remote(_)), "{error}");
            channel.call_raw(request("Echo", "")).unwrap();
            assert_eq!(server.accepted(), 1);
            server.shutdown(LONG);
        }
    }
}

#[test]
fn many_threads_share_a_connection() {
    for lead in [Lead::Callers, Lead::Keeper] {
        let (server, address, _) = serve(false);
        let channel = channel(&address, lead);
        thread::scope(|scope| {
            for i in 0..16_u32 {
                let channel = &channel;
                scope.spawn(move || {
                    for j in 0..500_u32 {
                        let body = Bytes::from([i.to_be_bytes(), j.to_be_bytes()].concat());
                        let reply = channel.call_raw(request("Echo", body.clone())).unwrap();
                        assert_eq!(reply.body, body);
                    }
                });
            }
        });
        assert_eq!(server.accepted(), 1);
        server.shutdown(LONG);
    }
}

#[test]
fn calls_go_on_while_nobody_waits() {
    let (server, address, release) = serve(false);
    let channel = channel(&address, Lead::Callers);
    let held = channel.start_raw(request("Hold", "held"));
    let large = Bytes::from(vec![1; 20 << 20]);
    let started: Vec<_> =
        (0..4).map(|_| channel.start_raw(request("Echo", large.clone()))).collect();
    // The server answers what nobody waits for.
    handled(&server, 5);
    release.send(()).unwrap();
    assert_eq!(held.wait().unwrap().body, "held");
    for call in started {
        assert_eq!(call.wait().unwrap().body, large);
    }
    server.shutdown(LONG);
}

#[test]
fn a_call_is_cancelled_from_another_thread() {
    let (server, address, release) = serve(false);
    let channel = channel(&address, Lead::Callers);
    let call = channel.start_raw(request("Hold", ""));
    let handle = call.cancel_handle();
    let waiting = thread::spawn(move || call.wait());
    handled(&server, 1);
    assert_eq!(handle.cancel(), CancelOutcome::Sent);
    let error = waiting.join().unwrap().unwrap_err();
    assert!(matches!(error, CallError::Cancelled { .. }), "{error}");
    assert_eq!(handle.cancel(), CancelOutcome::Sent, "once is enough, and the answer the same");
    release.send(()).unwrap();
    channel.call_raw(request("Echo", "")).unwrap();
    assert_eq!(server.accepted(), 1);
    server.shutdown(LONG);
}

#[test]
fn a_silent_peer_blocks_nobody_past_the_deadline() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let channel = channel(&address, Lead::Callers);
    let began = Instant::now();
    let mut call = request("Echo", "");
    call.timeout = Some(Timeout::After(Duration::from_millis(50)));
    let error = channel.call_raw(call).unwrap_err();
    assert!(matches!(error, CallError::DeadlineExceeded { .. }), "{error}");
    assert!(began.elapsed() >= Duration::from_millis(50));
}

#[test]
fn an_idle_close_by_the_server_is_noticed_while_nobody_calls() {
    let (server, address, _) = serve(false);
    let channel = channel(&address, Lead::Callers);
    channel.call_raw(request("Echo", "")).unwrap();
    server.shutdown(LONG);
    // The server waits for the client's goodbye, which the keeper says.
    assert_eq!(server.connections(), 0);
}

/// "Dropping them leaves it running": also with several polling threads, of which some are idle.
#[test]
fn a_server_whose_handle_is_dropped_serves_on_all_its_threads() {
    let (_release, hold) = mpsc::channel();
    let service = Test { inline: false, hold: Arc::new(Mutex::new(hold)) };
    let server = Server::polling_with(2).add_service(service).bind("127.0.0.1:0").unwrap();
    let server = server.serve().unwrap();
    let address = server.local_addrs()[0].to_string();
    drop(server);
    for i in 0..4 {
        let channel = channel(&address, Lead::Callers);
        let mut call = request("Echo", "x");
        call.timeout = Some(Timeout::After(LONG));
        channel.call_raw(call).unwrap_or_else(|error| panic!("connection {i}: {error}"));
    }
}

/// "A payload's `Drop` panics: at worst its connection ends": not a permit of the service, nor a thread.
#[test]
fn a_reply_whose_drop_panics_costs_no_thread() {
    struct Bad;
    impl AsRef<[u8]> for Bad {
        fn as_ref(&self) -> &[u8] {
            b"bad"
        }
    }
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("as asked");
        }
    }
    struct Replies(Mutex<mpsc::Receiver<()>>, mpsc::Sender<()>);
    impl Service for Replies {
        fn name(&self) -> &'static str {
            "test.Test"
        }
        fn methods(&self) -> &'static [MethodInfo] {
            METHODS
        }
        fn call(
            &self,
            method: usize,
            _: CallContext,
            body: Bytes,
        ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
            let mut reply = RawReply { body, sidecars: Vec::new() };
            if method == 1 {
                self.1.send(()).unwrap();
                self.0.lock().unwrap().recv().unwrap();
                reply.body = Bytes::from_owner(Bad);
            }
            Box::pin(async move { Ok(reply) })
        }
    }
    let (release, hold) = mpsc::channel();
    let (begun, has_begun) = mpsc::channel();
    let service = Replies(Mutex::new(hold), begun);
    let server = Server::builder().concurrency(1).add_service(service).bind("127.0.0.1:0").unwrap();
    let server = server.serve().unwrap();
    let address = server.local_addrs()[0].to_string();
    let first = channel(&address, Lead::Callers);
    let call = first.start_raw(request("Hold", "x"));
    has_begun.recv().unwrap();
    drop((call, first));
    while server.connections() > 0 {
        thread::yield_now();
    }
    release.send(()).unwrap();
    let mut call = request("Echo", "x");
    call.timeout = Some(Timeout::After(LONG));
    let reply = channel(&address, Lead::Callers).call_raw(call);
    assert!(reply.is_ok(), "{reply:?}");
}
