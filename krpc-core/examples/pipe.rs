//! Two connections over a pipe in memory: no socket, and a clock that moves when it is told to. This
//! is how to test what you build on the core; `krpc-testkit` has it ready-made, with networks that
//! misbehave.
#![expect(clippy::disallowed_methods, reason = "there is no other source of an `Instant`")]

use std::io::{ErrorKind, Result, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use krpc_core::{
    CallError, ClientConfig, ClientConnection, ClientEvent, InboundReply, Link, Method,
    OutboundCall, OutboundReply, ServerConfig, ServerConnection, ServerEvent, UserCredentials,
};

/// One direction. Like a socket, it holds some bytes, and then takes no more.
#[derive(Default)]
struct Pipe(Vec<u8>);

impl Pipe {
    const CAPACITY: usize = 4096;
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        match bytes.len().min(Self::CAPACITY - self.0.len()) {
            0 => Err(ErrorKind::WouldBlock.into()),
            taken => self.0.write(&bytes[..taken]),
        }
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Both ends. They have one clock.
struct Session {
    client: ClientConnection,
    server: ServerConnection,
    now: Instant,
}

type Outcome = std::result::Result<InboundReply, CallError>;

impl Session {
    /// Lets both ends talk until they have no more to say, and returns how a call has ended, if one
    /// has.
    fn run(&mut self) -> Option<Outcome> {
        let Session { client, server, now } = self;
        let (mut up, mut down) = (Pipe::default(), Pipe::default());
        loop {
            // An error is that the pipe is full: the rest leaves in another round.
            while client.wants_write() && client.transmit(*now, &mut up).is_ok() {}
            server.handle_input(*now, &up.0);
            while let Some(event) = server.poll_event() {
                match event {
                    ServerEvent::Call(call) if &call.method.name[..] == b"Echo" => {
                        let sidecars = vec![call.sidecars.get(0).expect("it has one")];
                        let reply = OutboundReply { body: call.body, sidecars };
                        server.respond(*now, call.id, Ok(reply)).expect("it is the first answer");
                    }
                    // Calls of other methods are answered by nobody.
                    _ => {}
                }
            }
            while server.wants_write() && server.transmit(*now, &mut down).is_ok() {}
            client.handle_input(*now, &down.0);
            while let Some(event) = client.poll_event() {
                if let ClientEvent::Completed { result, .. } = event {
                    return Some(result);
                }
            }
            if up.0.is_empty() && down.0.is_empty() {
                return None;
            }
            up.0.clear();
            down.0.clear();
        }
    }

    /// Makes a call that may take ten seconds.
    fn call(&mut self, method: &'static str, sidecar: Vec<u8>) -> Option<Outcome> {
        let mut call = OutboundCall::new(Method::from_static("demo.Pipe", method), "hello");
        call.sidecars = vec![sidecar.into()];
        call.deadline = Some(self.now + Duration::from_secs(10));
        self.client.start_call(self.now, call).expect("the connection takes calls");
        self.run()
    }
}

pub(crate) fn main() {
    let (now, link) = (Instant::now(), Link::unix(None));
    let client = ClientConfig::new(UserCredentials::new("alice"));
    let mut client = ClientConnection::new(Arc::new(client), now);
    let server = ServerConnection::new(Arc::new(ServerConfig::new()), link.clone(), now);
    client.handle_connected(now, link);
    let mut session = Session { client, server, now };

    // A megabyte there and back, 4 KiB at a time.
    let sidecar: Vec<u8> = (0..1 << 20).map(|i: u32| i as u8).collect();
    let reply = session.call("Echo", sidecar.clone()).expect("it ends").expect("it is answered");
    assert_eq!(&reply.body[..], b"hello");
    assert_eq!(&reply.sidecars.get(0).expect("the sidecar is back")[..], sidecar);

    // Ten seconds without waiting.
    assert!(session.call("Ignore", vec![]).is_none(), "nobody answers, and it is early");
    session.now += Duration::from_secs(10);
    assert_eq!(session.client.poll_timeout(), Some(session.now));
    session.client.handle_timeout(session.now);
    let error = session.run().expect("it ends").expect_err("nobody answers");
    assert!(matches!(error, CallError::DeadlineExceeded { .. }), "{error}");
}
