//! Servers that are not what was hoped for, by the byte.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use socket2::{Domain, Socket, Type};

/// A server that does the same to every connection.
pub(crate) fn peer(act: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    thread::spawn(move || listener.incoming().flatten().for_each(&act));
    addr
}

/// Reads what the client opens with, then answers with `bytes` and hangs up.
pub(crate) fn answers(bytes: &[u8]) -> String {
    plays(&[bytes])
}

/// Answers each of the client's messages with the next of `replies`, until there is none left; then
/// hangs up.
pub(crate) fn plays(replies: &[&[u8]]) -> String {
    let replies: Vec<Vec<u8>> = replies.iter().map(|r| r.to_vec()).collect();
    peer(move |mut stream| {
        let mut played = stream.read_exact(&mut [0; PREAMBLE]);
        for reply in &replies {
            played = played.and_then(|()| read_message(&mut stream));
            played = played.and_then(|()| stream.write_all(reply));
        }
        // What the client has sent meanwhile is read: otherwise the system would take back replies
        // that are on their way.
        if played.is_ok() && stream.shutdown(Shutdown::Write).is_ok() {
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    })
}

/// Bytes that every client begins with.
const PREAMBLE: usize = 7;

/// Reads one frame, or two if the first is the connection context, which is never answered.
fn read_message(stream: &mut TcpStream) -> std::io::Result<()> {
    // The header of a frame with the call id -3 and nothing else, its length in front.
    const CONTEXT: &[u8] = b"\x0b\x18\xfd\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut frame)?;
        if !frame.starts_with(CONTEXT) {
            return Ok(());
        }
    }
}

/// A port where nobody listens, and that nobody else is given while the tests run. Who is told of it
/// can listen there, as all listeners of this project do, with SO_REUSEADDR.
pub(crate) fn unused() -> String {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap().to_string();
    let _held = Box::leak(Box::new(socket));
    address
}

/// A frame of the server's half of a negotiation that holds this NegotiatePB.
pub(crate) fn negotiation(message: &[u8]) -> Vec<u8> {
    // The header has the call id -33 and nothing else.
    const HEADER: &[u8] = b"\x0b\x08\xdf\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    let length = u8::try_from(HEADER.len() + 1 + message.len()).expect("tests are brief");
    let body = u8::try_from(message.len()).expect("tests are brief");
    [&[0, 0, 0, length], HEADER, &[body], message].concat()
}

/// The step NEGOTIATE of a server that has application feature flags and the mechanism PLAIN.
pub(crate) const NEGOTIATE: &[u8] = b"\x08\x01\x10\x01\x22\x07\x12\x05PLAIN";
/// The same of a server that has TLS.
pub(crate) const NEGOTIATE_TLS: &[u8] = b"\x08\x02\x10\x01\x22\x07\x12\x05PLAIN";
/// The step SASL_SUCCESS.
pub(crate) const SASL_SUCCESS: &[u8] = b"\x10\x00";
