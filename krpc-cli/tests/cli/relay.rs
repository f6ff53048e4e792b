//! `krpc record` and `krpc proxy` as processes, and what both have in common.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::peer::{peer, unused};
use super::run::{Dir, Ran, Served, command, ended, krpc};

/// One of the two, while it runs.
pub(crate) struct Relaying {
    pub(crate) addr: String,
    child: Option<Child>,
    out: BufReader<ChildStdout>,
}

impl Relaying {
    /// `krpc record` to a server, at a free port.
    pub(crate) fn record(upstream: &str, out: &str, args: &[&str]) -> Self {
        let mut record = command();
        record.args(["record", "127.0.0.1:0", upstream, "--out", out]).args(args);
        Self::start(record)
    }

    /// `krpc proxy` to a server, at a free port.
    pub(crate) fn proxy(upstream: &str, args: &[&str]) -> Self {
        let mut proxy = command();
        proxy.args(["proxy", "127.0.0.1:0", upstream]).args(args);
        Self::start(proxy)
    }

    /// Returns once it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let mut relaying = Relaying { addr: String::new(), child: Some(child), out };
        let line = relaying.line();
        let said = serde_json::from_str(&line).ok();
        let said = said.and_then(|said: Value| said["address"].as_str().map(str::to_owned));
        relaying.addr = said.unwrap_or_else(|| {
            let (_, rest) = line.split_once("listening on ").unwrap_or_else(|| panic!("{line}"));
            rest.split(", ").next().expect("there is an address").to_owned()
        });
        relaying
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let n = self.out.read_line(&mut line).expect("it prints UTF-8");
        assert!(n > 0, "it ended without a word");
        line
    }

    /// Lines up to the first with this in it, that one included.
    pub(crate) fn until(&mut self, part: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            lines.push(self.line());
            if lines.last().is_some_and(|line| line.contains(part)) {
                return lines;
            }
        }
    }

    /// Sends a signal by name.
    pub(crate) fn send(&self, name: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill exists");
        assert!(sent.success());
    }

    /// Stops it, and waits for the end. What was read of its output is not in it any more.
    pub(crate) fn stop(mut self) -> Ran {
        self.send("TERM");
        let mut out = String::new();
        self.out.read_to_string(&mut out).expect("it prints UTF-8");
        let child = self.child.take().expect("it runs");
        Ran { out, ..ended(child.wait_with_output().expect("it ends")) }
    }

    /// Kills it.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Relaying {
    fn drop(&mut self) {
        self.end();
    }
}

/// A server that gives back what it is sent, until it is sent no more.
pub(crate) fn echo() -> String {
    peer(|mut stream| {
        std::thread::spawn(move || {
            let mut reader = stream.try_clone().expect("it can be shared");
            let _ = std::io::copy(&mut reader, &mut stream);
            let _ = stream.shutdown(Shutdown::Write);
        });
    })
}

/// Both kinds, to the same server.
fn both(upstream: &str, dir: &Dir, test: impl Fn(&mut Relaying)) {
    test(&mut Relaying::proxy(upstream, &[]));
    test(&mut Relaying::record(upstream, &dir.path("recordings"), &[]));
}

#[test]
fn commands_work_through_both() {
    let served = Served::new(&[]);
    both(&served.addr, &served.dir, |relaying| {
        let straight = krpc(&["status", &served.addr]).ok();
        assert_eq!(krpc(&["status", &relaying.addr]).ok(), straight);
        let out = krpc(&["ping", &relaying.addr, "--count", "5"]).ok();
        assert!(out.contains("mean"), "{out}");
    });
}

#[test]
fn a_half_close_is_passed_on_and_the_answer_still_comes() {
    let dir = Dir::new();
    both(&echo(), &dir, |relaying| {
        let mut stream = TcpStream::connect(&relaying.addr).unwrap();
        stream.write_all(b"before the end").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut back = Vec::new();
        stream.read_to_end(&mut back).unwrap();
        assert_eq!(back, b"before the end");
    });
}

#[test]
fn unix_sockets_at_both_ends() {
    let dir = Dir::new();
    let (server, relayed) = (dir.path("server.sock"), dir.path("relayed.sock"));
    let out = dir.path("recordings");
    let _served = Served::in_dir(dir, &["--unix", &server]);
    let (server, relayed) = (format!("unix:{server}"), format!("unix:{relayed}"));
    for args in [&["proxy", &relayed, &server][..], &["record", &relayed, &server, "--out", &out]] {
        let mut run = command();
        run.args(args);
        let relaying = Relaying::start(run);
        assert_eq!(relaying.addr, relayed);
        let out = krpc(&["status", &relayed]).ok();
        assert!(out.contains("permanent_uuid"), "{out}");
        assert_eq!(relaying.stop().code, 0);
    }
}

#[test]
fn without_a_server_the_client_is_told_and_the_relay_lives() {
    let (nowhere, dir) = (unused(), Dir::new());
    both(&nowhere, &dir, |relaying| {
        for _ in 0..2 {
            let mut stream = TcpStream::connect(&relaying.addr).unwrap();
            let ended = stream.read(&mut [0; 1]);
            assert!(!matches!(ended, Ok(1..)), "{ended:?}");
            let lines = relaying.until("cannot be reached").concat();
            assert!(lines.contains("refused"), "{lines}");
        }
    });
}

#[test]
fn an_address_in_use_is_named() {
    let served = Served::new(&[]);
    let out = served.dir.path("recordings");
    for args in [
        &["proxy", &served.addr, "127.0.0.1:1"][..],
        &["record", &served.addr, "127.0.0.1:1", "--out", &out],
    ] {
        let at = format!("cannot listen at '{}'", served.addr);
        krpc(args).fails(1, &[&at, "in use", "port 0"]);
    }
}

#[test]
fn a_signal_cuts_off_and_ends_in_order() {
    for name in ["INT", "TERM"] {
        let mut relaying = Relaying::proxy(&echo(), &[]);
        let mut stream = TcpStream::connect(&relaying.addr).unwrap();
        stream.write_all(b"x").unwrap();
        stream.read_exact(&mut [0]).unwrap();
        relaying.send(name);
        relaying.until("cut off");
        let ended = stream.read(&mut [0; 1]);
        assert!(!matches!(ended, Ok(1..)), "{ended:?}");
        let child = relaying.child.take().unwrap();
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    }
}
