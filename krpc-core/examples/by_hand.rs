//! A server and two clients in one thread, on the core and the standard library alone: no driver, no
//! adapter, no runtime. `docs/runtime.md` says more of each step.
#![expect(clippy::disallowed_methods, reason = "telling the time is left to the core's users")]

use std::io::{ErrorKind, Read, Result};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use krpc_core::{
    ClientConfig, ClientConnection, ClientEvent, Link, Method, OutboundCall, OutboundReply,
    ServerConfig, ServerConnection, ServerEvent, Then, TransportError, TransportOp,
    UserCredentials,
};

/// Moves bytes between a connection and its socket, of which neither waits. Whether there were any.
/// A macro, because clients and servers have the same methods here, and no trait in common.
macro_rules! turn {
    ($conn:expr, $socket:expr) => {{
        // The clock comes first: a reply that is here by now beats a deadline that has passed by now.
        let (now, mut moved, mut scratch) = (Instant::now(), false, [0; 16 << 10]);
        // What a connection does not want to read, its limits forbid: then the peer has to wait.
        while $conn.wants_read() {
            match $socket.read(&mut scratch) {
                Ok(0) => $conn.handle_eof(now),
                Ok(n) => $conn.handle_input(now, &scratch[..n]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => {
                    $conn.handle_transport_error(now, TransportError::new(TransportOp::Read, &e));
                }
            }
            moved = true;
        }
        // Deadlines and timeouts. Being early does no harm.
        $conn.handle_timeout(now);
        // A peer that takes nothing has not kept us from reading.
        while $conn.wants_write() {
            match $conn.transmit(now, $socket) {
                Ok(sent) if sent.then == Then::ShutdownWrite => $socket.shutdown(Shutdown::Write)?,
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => {
                    $conn.handle_transport_error(now, TransportError::new(TransportOp::Write, &e));
                    break;
                }
            }
            moved = true;
        }
        moved
    }};
}

/// What a connection wants of its socket, and to know of it.
fn prepare(socket: &TcpStream) -> Result<Link> {
    socket.set_nonblocking(true)?;
    socket.set_nodelay(true)?;
    Ok(Link::tcp(socket.local_addr()?, socket.peer_addr()?))
}

/// A connection that is to negotiate, and a call that waits for that.
fn connect(to: SocketAddr, user: &str) -> Result<(ClientConnection, TcpStream)> {
    let (socket, now) = (TcpStream::connect(to)?, Instant::now());
    let config = ClientConfig::new(UserCredentials::new(user));
    let mut conn = ClientConnection::new(Arc::new(config), now);
    conn.handle_connected(now, prepare(&socket)?);
    let mut call = OutboundCall::new(Method::from_static("demo.Greeter", "Greet"), "Hello");
    call.deadline = Some(now + Duration::from_secs(10));
    conn.start_call(now, call).expect("a new connection takes calls");
    Ok((conn, socket))
}

pub(crate) fn main() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let to = listener.local_addr()?;
    let mut clients = vec![connect(to, "alice")?, connect(to, "bob")?];
    let (mut servers, config) = (vec![], Arc::new(ServerConfig::new()));
    let mut replies = vec![];

    while !clients.is_empty() || !servers.is_empty() {
        let mut moved = false;
        if let Ok((socket, _)) = listener.accept() {
            let link = prepare(&socket)?;
            servers.push((ServerConnection::new(config.clone(), link, Instant::now()), socket));
        }
        for (conn, socket) in &mut servers {
            moved |= turn!(conn, socket);
            // What came of it. Replies may come later, in any order, and fail if the client has gone.
            while let Some(event) = conn.poll_event() {
                if let ServerEvent::Call(call) = event {
                    let reply = [&call.body[..], b" to you, ", conn.remote_user().as_bytes()];
                    let reply = Ok(OutboundReply::new(reply.concat()));
                    let _ = conn.respond(Instant::now(), call.id, reply);
                }
            }
        }
        for (conn, socket) in &mut clients {
            moved |= turn!(conn, socket);
            while let Some(event) = conn.poll_event() {
                if let ClientEvent::Completed { result, .. } = event {
                    replies.push(result.expect("the server answers").body);
                    conn.close(Instant::now());
                }
            }
        }
        // A connection that has ended may have last words. After them its socket is closed.
        servers.retain(|(conn, _)| !conn.is_closed() || conn.wants_write());
        clients.retain(|(conn, _)| !conn.is_closed() || conn.wants_write());
        // Here a program sleeps until a socket is ready that somebody `wants_read` or `wants_write`,
        // or the earliest `poll_timeout` has come. For many sockets that takes epoll, through a crate
        // such as mio: the standard library has nothing. So this one lets others run and asks again.
        if !moved {
            std::thread::yield_now();
        }
    }
    replies.sort();
    assert_eq!(replies, ["Hello to you, alice", "Hello to you, bob"]);
    Ok(())
}
