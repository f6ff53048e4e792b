//! Blocking sockets of the standard library on both sides, and nothing but frames of the right size.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use krpc_core::{Footers, Link, ServerConnection};

use crate::memory::{Two, server_config};
use crate::service::BODY;

/// The bytes of a call and of its reply, as the library writes them.
#[derive(Clone, Debug)]
pub struct Frames {
    /// Client to server.
    pub call: Vec<u8>,
    /// Server to client.
    pub reply: Vec<u8>,
}

impl Frames {
    /// Those of a call of 64 bytes.
    pub fn record() -> Self {
        let (call, reply) = Two::plain(Footers::Auto).frames();
        Frames { call, reply }
    }
}

/// What a raw server does before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// Nothing.
    None,
    /// It negotiates as a server of ours would.
    Negotiation,
}

/// Listens, and answers each frame with a reply, on a thread for each connection.
///
/// # Errors
///
/// Those of the system.
pub fn serve(greeting: Greeting) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.expect("it is accepted");
            // It ends when the client has gone.
            thread::spawn(move || answer(stream, greeting));
        }
    });
    Ok(address)
}

fn answer(mut stream: TcpStream, greeting: Greeting) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if greeting == Greeting::Negotiation {
        negotiate(&mut stream)?;
    }
    let mut buffer = vec![0; 16 << 10];
    let mut reply = Vec::with_capacity(4 + 2 * BODY);
    loop {
        let n = read_frame(&mut stream, &mut buffer)?;
        write_reply(&buffer[4..n], &mut reply);
        stream.write_all(&reply)?;
    }
}

/// Reads one frame, with as few calls as it comes in; nothing comes behind it before it is answered.
/// Returns its size.
///
/// # Errors
///
/// Those of the system, and the end of the stream.
pub fn read_frame(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let mut n = 0;
    loop {
        let more = stream.read(&mut buffer[n..])?;
        if more == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        n += more;
        let frame = buffer[..n].first_chunk().map(|length| u32::from_be_bytes(*length) as usize);
        if frame.is_some_and(|frame| n == 4 + frame) {
            return Ok(n);
        }
    }
}

/// The reply to a frame, without its length.
fn write_reply(frame: &[u8], reply: &mut Vec<u8>) {
    // The length of the header, and `RequestHeader.callId`, which comes first.
    assert_eq!(frame[1], 3 << 3, "the header begins with the number of the call");
    let id = &frame[2..];
    let id = &id[..=id.iter().position(|byte| byte & 0x80 == 0).expect("a number ends")];
    let body = u8::try_from(BODY).expect("it is small");
    reply.clear();
    reply.extend_from_slice(&[0; 4]);
    // `ResponseHeader.callId` and `isError`.
    reply.extend_from_slice(&[id.len() as u8 + 3, 1 << 3]);
    reply.extend_from_slice(id);
    reply.extend_from_slice(&[2 << 3, 0]);
    reply.push(body);
    reply.extend_from_slice(&[8; BODY]);
    let length = reply.len() as u32 - 4;
    reply[..4].copy_from_slice(&length.to_be_bytes());
}

/// Lets the core negotiate, frame by frame.
fn negotiate(stream: &mut TcpStream) -> io::Result<()> {
    let config = Arc::new(server_config(false));
    let mut conn = ServerConnection::new(config, Link::unix(None), Instant::now());
    let mut preamble = [0; 7];
    stream.read_exact(&mut preamble)?;
    conn.handle_input(Instant::now(), &preamble);
    while !conn.is_open() {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut frame)?;
        conn.handle_input(Instant::now(), &length);
        conn.handle_input(Instant::now(), &frame);
        while conn.wants_write() {
            let _ = conn.transmit(Instant::now(), stream)?;
        }
    }
    Ok(())
}
