//! Peers that are not what was hoped for: each ends in one sentence, in time.

use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use super::peer::{
    NEGOTIATE, NEGOTIATE_TLS, SASL_SUCCESS, answers, negotiation, peer, plays, unused,
};
use super::run::{Dir, Ran, krpc};

/// It says none of these.
#[track_caller]
fn silent_about(ran: &Ran, words: &[&str]) {
    for word in words {
        assert!(!ran.err.contains(word), "'{word}' in {ran:#?}");
    }
}

#[test]
fn nobody_there() {
    let addr = unused();
    krpc(&["status", &addr]).fails(1, &["cannot connect to", &addr, "refused", "7051"]);
    krpc(&["status", "no-such-host.invalid"]).fails(1, &["cannot resolve no-such-host.invalid"]);
}

#[test]
fn a_web_server() {
    let addr = answers(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    krpc(&["status", &addr]).fails(1, &[&addr, "HTTP", "RPC port"]);
    let addr = answers(b"<!DOCTYPE HTML>\n<html lang=\"en\">");
    krpc(&["status", &addr]).fails(1, &[&addr, "HTTP", "RPC port"]);
}

#[test]
fn a_port_of_tls() {
    let addr = answers(b"\x15\x03\x01\0\x02\x02\x46");
    krpc(&["status", &addr]).fails(1, &[&addr, "TLS from the first byte", "RPC port"]);
}

#[test]
fn a_silent_port() {
    let addr = peer(|stream| {
        thread::sleep(Duration::from_secs(20));
        drop(stream);
    });
    let ran = krpc(&["negotiate", &addr, "--timeout", "500ms"]);
    silent_about(&ran, &["setting", "negotiation_timeout", "499."]);
    ran.fails(1, &[&addr, "within 500ms", "timed out", "no answer", "--timeout"]);
    // Here it is not the peer that says nothing, but its last step is missing.
    let addr = peer(|mut stream| {
        let _ = std::io::Write::write_all(&mut stream, &negotiation(NEGOTIATE));
        thread::sleep(Duration::from_secs(20));
    });
    krpc(&["status", &addr, "--timeout", "2.0s"])
        .fails(1, &["within 2.0s", "did not finish", "--timeout"]);
}

/// A port whose queue of connections is full: nobody takes them.
#[test]
fn one_that_never_accepts() {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let addr = socket.local_addr().unwrap().as_socket().unwrap();
    let wait = Duration::from_millis(200);
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&addr, wait) {
        waiting.push(stream);
    }
    let addr = addr.to_string();
    let ran = krpc(&["status", &addr, "--timeout", "1s"]);
    silent_about(&ran, &["negotiat", "setting", "7051"]);
    let said = format!("cannot connect to {addr} within 1s: nobody answered");
    ran.fails(1, &[&said, "check host and firewall"]);
}

#[test]
fn sockets_without_host_and_port() {
    let dir = Dir::new();
    let folder = format!("unix:{}", dir.path(""));
    let long = format!("unix:/{}", "x".repeat(200));
    for (addr, advice) in [
        ("unix:@krpc-cli-nobody", "no server listens"),
        (&folder, "no server listens"),
        (&long, "shorter"),
        ("unix:/nonexistent/krpc.sock", "path of the socket"),
    ] {
        let ran = krpc(&["status", addr]);
        silent_about(&ran, &["host", "port", "7051"]);
        ran.fails(1, &["cannot connect to unix:", advice]);
    }
    let path = dir.path("closes");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    thread::spawn(move || listener.incoming().for_each(drop));
    let ran = krpc(&["status", &format!("unix:{path}")]);
    silent_about(&ran, &["host", "port", "7051"]);
    assert_eq!(ran.code, 1, "{ran:?}");
}

#[test]
fn one_whose_tls_is_broken() {
    let garbage = negotiation(b"\x10\x05\x2a\x06\xff\xff\xff\xff\xff\xff");
    let addr = plays(&[&negotiation(NEGOTIATE_TLS), &garbage]);
    let ran = krpc(&["status", &addr]);
    silent_about(&ran, &["--ca"]);
    ran.fails(1, &[&addr, "TLS failed"]);
}

#[test]
fn one_that_insists_on_what_is_not_spoken() {
    for (chosen, said) in [
        (&b"\x3a\x02\x12\x00"[..], "insists on authentication tokens"),
        (b"\x3a\x02\x1a\x00", "insists on client certificates"),
        (b"\x3a\x02\x22\x00", "insists on JSON web tokens"),
    ] {
        let addr = answers(&negotiation(&[NEGOTIATE, chosen].concat()));
        let ran = krpc(&["status", &addr]);
        silent_about(&ran, &["Kerberos"]);
        ran.fails(1, &[said, "which this release does not speak"]);
    }
    let addr = answers(&negotiation(b"\x10\x01\x22\x08\x12\x06GSSAPI"));
    krpc(&["status", &addr]).fails(1, &["insists on Kerberos"]);
}

#[test]
fn one_that_hangs_up() {
    let addr = answers(b"");
    krpc(&["status", &addr]).fails(1, &[&addr, "closed"]);
}

#[test]
fn one_that_announces_three_gibibytes() {
    let addr = answers(&[0xc0, 0, 0, 0, 1, 2, 3]);
    let ran = krpc(&["status", &addr]);
    silent_about(&ran, &["setting", "max_unauthenticated"]);
    ran.fails(1, &[&addr, "3221225472"]);
}

/// A server that breaks off when it is called, in several ways.
#[test]
fn connections_lost_in_a_call() {
    let (negotiate, success) = (negotiation(NEGOTIATE), negotiation(SASL_SUCCESS));
    let addr = plays(&[&negotiate, &success, b""]);
    krpc(&["status", &addr]).fails(1, &["GetStatus", "connection lost", "try again"]);
    let addr = plays(&[&negotiate, &success, b"\0\0\0\0"]);
    krpc(&["status", &addr]).fails(1, &["connection lost", "zero bytes", "7051"]);
    let addr = plays(&[&negotiate, &success, &[0xc0, 0, 0, 0]]);
    let ran = krpc(&["status", &addr]);
    silent_about(&ran, &["setting", "max_message_size"]);
    ran.fails(1, &["connection lost", "3221225476", "7051"]);
}

/// What breaks the protocol once will do so again: it is not asked until the time is over.
#[test]
fn a_master_that_breaks_the_protocol() {
    let (negotiate, success) = (negotiation(NEGOTIATE), negotiation(SASL_SUCCESS));
    let addr = plays(&[&negotiate, &success, b"\0\0\0\0"]);
    let ran = krpc(&["kudu", "tables", &addr]);
    silent_about(&ran, &["election", "time is over"]);
    ran.fails(1, &["ConnectToMaster", &addr, "zero bytes", "7051"]);
}

#[test]
fn masters_that_are_all_down_are_all_named() {
    let (one, other) = (unused(), unused());
    let ran = krpc(&["kudu", "tables", &format!("{one},{other}")]);
    let all = format!("no master answers: asked {one}, {other}");
    let each = [format!("connect to {one}: "), format!("connect to {other}: ")];
    ran.fails(1, &[&all, &each[0], &each[1], "check host and port"]);
    // One alone needs no list.
    let ran = krpc(&["kudu", "tables", &one]);
    silent_about(&ran, &["no master answers"]);
    ran.fails(1, &["cannot connect to"]);
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
