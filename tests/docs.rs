//! The annotated bytes of `docs/wire.md` are those that a client and a server really send.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_core::proto::frame::{self, PREFIX_LEN};
use krpc_core::proto::preamble;
use krpc_core::{
    ClientConfig, ClientConnection, ClientEvent, Encryption, ErrorStatus, Link, Method,
    OutboundCall, OutboundReply, ServerConfig, ServerConnection, ServerEvent, UserCredentials,
};

const PAGE: &str = include_str!("../docs/wire.md");

/// Frames of the session, the preamble among them.
const FRAMES: usize = 12;

/// A fenced block of bytes begins with this line.
const FENCE: &str = "```hex\n";

const SERVICE: &str = "kudu.rpc_test.CalculatorService";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

/// A block of the page: who sends it, as what it is shown, and its bytes.
#[derive(Debug)]
struct Block {
    from: Side,
    title: String,
    bytes: Vec<u8>,
}

/// Reads one block, fences excluded. Its first line is a comment, `# client: TITLE` or
/// `# server: TITLE`; in all others, bytes are what stands before the `#`.
fn block(text: &str) -> Block {
    let first = text.lines().next().expect("a block has lines");
    let (from, title) = match first.strip_prefix("# ").and_then(|line| line.split_once(": ")) {
        Some(("client", title)) => (Side::Client, title),
        Some(("server", title)) => (Side::Server, title),
        _ => panic!("a block begins with who sends it, not with '{first}'"),
    };
    let bytes = text.lines().map(|line| line.split('#').next().unwrap_or(line));
    let bytes = bytes.flat_map(str::split_whitespace).map(|byte| {
        assert_eq!(byte.len(), 2, "'{byte}' in '{title}' is not one byte");
        u8::from_str_radix(byte, 16).unwrap_or_else(|_| panic!("'{byte}' in '{title}' is not hex"))
    });
    Block { from, bytes: bytes.collect(), title: title.to_owned() }
}

fn blocks(page: &str) -> Vec<Block> {
    let begun = page.split(FENCE).skip(1);
    begun.map(|rest| block(rest.split("```").next().unwrap_or(rest))).collect()
}

/// A client and a server in memory, on a clock that stands still, and what they said.
struct Session {
    client: ClientConnection,
    server: ServerConnection,
    now: Instant,
    said: Vec<(Side, Vec<u8>)>,
}

impl Session {
    fn open() -> Self {
        let now = Instant::now();
        let link = Link::unix(None);
        let client = ClientConfig::new(UserCredentials::new("alice"));
        let client = client.encryption(Encryption::Disabled);
        let server = ServerConfig::new().encryption(Encryption::Disabled);
        let mut session = Session {
            client: ClientConnection::new(Arc::new(client), now),
            server: ServerConnection::new(Arc::new(server), link.clone(), now),
            now,
            said: Vec::new(),
        };
        session.client.handle_connected(now, link);
        session
    }

    /// Makes a call and lets both talk until it has ended.
    fn call(&mut self, call: OutboundCall, answer: Result<OutboundReply, ErrorStatus>) {
        let now = self.now;
        let id = self.client.start_call(now, call).expect("the call is taken");
        let mut answer = Some(answer);
        loop {
            let mut bytes = Vec::new();
            while self.client.wants_write() {
                let _ = self.client.transmit(now, &mut bytes).expect("a Vec takes everything");
            }
            self.server.handle_input(now, &bytes);
            self.note(Side::Client, bytes);
            while let Some(event) = self.server.poll_event() {
                if let ServerEvent::Call(call) = event {
                    let answer = answer.take().expect("one call is answered once");
                    self.server.respond(now, call.id, answer).expect("the reply can be sent");
                }
            }
            let mut bytes = Vec::new();
            while self.server.wants_write() {
                let _ = self.server.transmit(now, &mut bytes).expect("a Vec takes everything");
            }
            self.client.handle_input(now, &bytes);
            assert!(!bytes.is_empty(), "the server owes an answer");
            self.note(Side::Server, bytes);
            while let Some(event) = self.client.poll_event() {
                match event {
                    ClientEvent::Completed { id: ended, .. } => return assert_eq!(ended, id),
                    ClientEvent::Closed { error } => panic!("{error}"),
                    _ => {}
                }
            }
        }
    }

    /// Takes what one side said in one turn apart: the preamble, and frames by their length.
    fn note(&mut self, from: Side, bytes: Vec<u8>) {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let len = if self.said.is_empty() {
                preamble::LEN
            } else {
                let prefix = *rest.first_chunk().expect("a frame has a prefix");
                let payload = frame::payload_len(prefix, frame::DEFAULT_MAX_MESSAGE, false);
                PREFIX_LEN + payload.expect("a good length")
            };
            let (frame, behind) = rest.split_at(len);
            self.said.push((from, frame.to_vec()));
            rest = behind;
        }
    }
}

fn method(name: &'static str) -> Method {
    Method::from_static(SERVICE, name)
}

/// The session that the page describes.
fn session() -> Vec<(Side, Vec<u8>)> {
    let mut session = Session::open();

    // A part of a millisecond counts as a whole one: 10,000 are sent.
    let mut add = OutboundCall::new(method("Add"), &b"\x08\x01\x10\x02"[..]);
    add.deadline = Some(session.now + Duration::from_micros(9_999_500));
    session.call(add, Ok(OutboundReply::new(&b"\x08\x03"[..])));

    let strings = OutboundCall::new(method("SendTwoStrings"), &b"\x08\x01\x10\x03\x18\x00"[..]);
    let sidecars = vec![Bytes::from_static(b"abc"), Bytes::new()];
    session.call(
        strings,
        Ok(OutboundReply { sidecars, ..OutboundReply::new(&b"\x08\0\x10\x01"[..]) }),
    );

    let mut featured = OutboundCall::new(method("Add"), &b"\x08\x01\x10\x02"[..]);
    featured.required_features = vec![7];
    session.call(featured, Err(ErrorStatus::unsupported_features(vec![7])));

    session.said
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x} ")).collect()
}

#[test]
fn annotated_bytes_are_what_is_sent() {
    let (blocks, said) = (blocks(PAGE), session());
    for (n, (block, (from, bytes))) in blocks.iter().zip(&said).enumerate() {
        let Block { title, .. } = block;
        assert_eq!(block.from, *from, "block {n}, '{title}'");
        assert_eq!(hex(&block.bytes), hex(bytes), "block {n}, '{title}'");
    }
    // What the loop leaves out: blocks too few or too many.
    assert_eq!((blocks.len(), said.len()), (FRAMES, FRAMES));
}
