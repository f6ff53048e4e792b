//! Bodies of the fuzz targets that need a connection. An ordinary test replays seeds and former
//! crashes through them.

mod cancel;

use std::sync::Arc;
use std::time::{Duration, Instant};

use krpc_core::{
    ClientConfig, ClientConnection, ClientEvent, ClientTls, Link, Method, OutboundCall,
    OutboundReply, ServerConfig, ServerConnection, ServerEvent, ServerTls, UserCredentials,
};

pub use cancel::cancel;

/// Splits `data` into how it is cut and what it says: the first byte is a mode, the second the
/// length of the chunks that follow.
fn plan(data: &[u8]) -> Option<(u8, usize, &[u8])> {
    let (&mode, rest) = data.split_first()?;
    let (&chunk, rest) = rest.split_first()?;
    Some((mode, usize::from(chunk) + 1, rest))
}

/// A server is fed with bytes of anybody: it answers calls, and ends in an error at the worst.
///
/// # Panics
///
/// If the connection breaks one of its promises, which is what is searched for.
pub fn server_bytes(data: &[u8]) {
    let Some((mode, chunk, bytes)) = plan(data) else { return };
    let mut now = Instant::now();
    let mut config = ServerConfig::new().max_calls(64);
    if mode & 1 != 0 {
        config = config.tls(ServerTls::fake()).encrypt_loopback(mode & 2 != 0);
    }
    let mut server = ServerConnection::new(Arc::new(config), Link::unix(None), now);
    let mut sink = Vec::new();
    let mut closed = 0;
    for piece in bytes.chunks(chunk) {
        if server.wants_read() {
            let space = server.recv_space();
            let direct = space.len().min(piece.len());
            if direct > 0 {
                space[..direct].copy_from_slice(&piece[..direct]);
                server.handle_received(now, direct);
            }
            if direct < piece.len() {
                server.handle_input(now, &piece[direct..]);
            }
        }
        while let Some(event) = server.poll_event() {
            assert_eq!(closed, 0, "nothing comes after the end");
            match event {
                ServerEvent::Call(call) => {
                    let sidecars = call.sidecars.iter().collect();
                    let reply = OutboundReply { body: call.body, sidecars };
                    let answered = server.respond(now, call.id, Ok(reply));
                    // What came behind the call may have ended the connection meanwhile.
                    assert!(answered.is_ok() || server.is_closed(), "{answered:?}");
                }
                ServerEvent::Closed { .. } => closed += 1,
                _ => {}
            }
        }
        while server.wants_write() {
            let done = server.transmit(now, &mut sink).expect("a Vec takes everything");
            assert!(done.written > 0 || !done.pending, "no progress");
        }
        sink.clear();
        if mode & 4 != 0 {
            now += Duration::from_millis(100);
            server.handle_timeout(now);
        }
    }
    server.handle_eof(now);
    assert!(server.is_closed());
    assert!(!server.wants_read());
}

/// A client with calls in flight is fed with bytes of anybody: each call ends exactly once.
///
/// # Panics
///
/// If the connection breaks one of its promises, which is what is searched for.
pub fn client_bytes(data: &[u8]) {
    let Some((mode, chunk, bytes)) = plan(data) else { return };
    let mut now = Instant::now();
    let config = ClientConfig::new(UserCredentials::new("alice"))
        .tls(ClientTls::fake())
        .encrypt_loopback(mode & 1 != 0);
    let mut client = ClientConnection::new(Arc::new(config), now);
    client.handle_connected(now, Link::unix(None));
    let calls = 3;
    for _ in 0..calls {
        let mut call = OutboundCall::new(Method::from_static("test.Service", "Method"), "body");
        call.deadline = Some(now + Duration::from_secs(2));
        client.start_call(now, call).expect("the client takes calls");
    }
    let mut sink = Vec::new();
    let (mut completed, mut closed) = (0, 0);
    for piece in bytes.chunks(chunk) {
        while client.wants_write() {
            let done = client.transmit(now, &mut sink).expect("a Vec takes everything");
            assert!(done.written > 0 || !done.pending, "no progress");
        }
        sink.clear();
        client.handle_input(now, piece);
        if mode & 4 != 0 {
            now += Duration::from_millis(100);
            client.handle_timeout(now);
        }
    }
    client.handle_eof(now);
    while let Some(event) = client.poll_event() {
        assert_eq!(closed, 0, "nothing comes after the end");
        match event {
            ClientEvent::Completed { .. } => completed += 1,
            ClientEvent::Closed { .. } => closed += 1,
            _ => {}
        }
    }
    assert_eq!((completed, closed), (calls, 1));
}
