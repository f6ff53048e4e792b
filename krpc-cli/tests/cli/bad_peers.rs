//! Peers that are not what was hoped for: each ends in one sentence, in time.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::run::krpc;

/// A server that does the same to every connection.
fn peer(act: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    thread::spawn(move || listener.incoming().flatten().for_each(&act));
    addr
}

/// Reads what the client opens with, then answers with `bytes` and hangs up.
fn answers(bytes: &'static [u8]) -> String {
    peer(move |mut stream| {
        let mut buffer = [0; 512];
        let _ = stream.read(&mut buffer);
        let _ = stream.write_all(bytes);
        thread::sleep(Duration::from_millis(100));
    })
}

#[test]
fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    drop(listener);
    krpc(&["status", &addr]).fails(1, &["cannot connect to", &addr, "refused", "7051"]);
    krpc(&["status", "no-such-host.invalid"]).fails(1, &["cannot resolve no-such-host.invalid"]);
}

#[test]
fn a_web_server() {
    let addr = answers(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    krpc(&["status", &addr]).fails(1, &[&addr, "HTTP", "RPC port"]);
}

#[test]
fn a_silent_port() {
    let addr = peer(|stream| {
        thread::sleep(Duration::from_secs(20));
        drop(stream);
    });
    let began = Instant::now();
    krpc(&["negotiate", &addr, "--timeout", "500ms"]).fails(1, &[&addr, "timed out", "--timeout"]);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn one_that_hangs_up() {
    let addr = answers(b"");
    krpc(&["status", &addr]).fails(1, &[&addr, "closed"]);
}

#[test]
fn one_that_announces_three_gibibytes() {
    let addr = answers(&[0xc0, 0, 0, 0, 1, 2, 3]);
    krpc(&["status", &addr]).fails(1, &[&addr, "3221225472"]);
}

#[test]
fn one_that_tries_to_steer_the_terminal() {
    // An error frame of the negotiation, its message an escape sequence.
    const FRAME: &[u8] = b"\0\0\0\x23\x0d\x08\xdf\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x01\x14\
        \x0a\x10\x1b[2J\x1b]0;x\x07evil\0\n\x10\x0f";
    let ran = krpc(&["status", &answers(FRAME)]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("evil"), "{ran:?}");
    let steers = |c: char| c.is_control() && c != '\n';
    assert!(!ran.err.contains(steers) && !ran.out.contains(steers), "{ran:?}");
    assert_eq!(ran.err.lines().count(), 1, "{ran:?}");
}
