//! `krpc kudu load` from a pipe that stays open.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use krpc_cli::pb::app_status_pb::ErrorCode as StatusCode;
use krpc_cli::pb::tserver::tablet_server_error_pb::Code;

use super::cluster::{Fake, SMALL, lock};
use super::loading::{CSV, ONE_TABLET, csv_rows, fake, rows};
use super::run::{command, ended, send, wait_until};
use super::writes::Act;

/// A load that has got the three rows.
fn start(fake: &Fake, more: &[&str]) -> (Child, ChildStdin) {
    let mut command = command();
    command.args(["kudu", "load", &fake.addr, "t", "--timeout", "90s"]).args(more);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(CSV.as_bytes()).unwrap();
    (child, input)
}

/// Its end, which does not wait for more input.
#[track_caller]
fn end(child: Child) -> Output {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    receiver.recv_timeout(Duration::from_secs(60)).expect("it ends").unwrap()
}

#[test]
fn a_call_that_fails_ends_the_load() {
    let fake = fake(ONE_TABLET, |_, _| Act::Fail(Code::MismatchedSchema, StatusCode::Corruption));
    let (child, _input) = start(&fake, &["--batch-rows", "1"]);
    ended(end(child)).fails(1, &["MISMATCHED_SCHEMA", "rows that were not written: 1"]);
}

#[test]
fn rows_that_are_refused_end_the_load() {
    let fake = fake(ONE_TABLET, |_, _| Act::Serve);
    lock(&fake.state.writes.rows).insert(2, None);
    let (child, _input) = start(&fake, &[]);
    let ran = ended(end(child));
    assert!(ran.out.starts_with("rows written to t: 2 in "), "{ran:?}");
    ran.fails(1, &["line 3: key=2: ALREADY_PRESENT", "it ended after line 4", "--max-errors"]);
    assert_eq!(rows(&fake), csv_rows());
}

#[test]
fn rows_do_not_wait_for_others_that_do_not_come() {
    let fake = fake(SMALL, |_, _| Act::Serve);
    let (child, mut input) = start(&fake, &[]);
    wait_until(|| rows(&fake) == csv_rows());
    input.write_all(b"four,4\n").unwrap();
    wait_until(|| rows(&fake).len() == 4);
    drop(input);
    assert!(ended(end(child)).ok().starts_with("rows written to t: 4 in "));
}

#[test]
fn a_signal_ends_the_load_in_order() {
    for (name, number) in [("INT", 2), ("TERM", 15)] {
        let fake = fake(ONE_TABLET, |_, _| Act::Serve);
        let (child, _input) = start(&fake, &[]);
        wait_until(|| rows(&fake) == csv_rows());
        send(&child, name);
        let output = end(child);
        assert_eq!(output.status.signal(), Some(number), "{output:?}");
        assert!(output.stdout.starts_with(b"rows written to t: 3 in "), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.ends_with("rows that were not written: 0; it ended after line 4\n"), "{said}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let fake = fake(ONE_TABLET, |_, _| Act::ServeAndHang);
    let (mut child, _input) = start(&fake, &[]);
    wait_until(|| rows(&fake) == csv_rows());
    send(&child, "INT");
    let mut said = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "writing what was read; another signal ends it at once\n");
    send(&child, "TERM");
    let output = end(child);
    assert_eq!((output.status.signal(), output.stdout.len()), (Some(15), 0), "{output:?}");
}

#[test]
fn a_signal_ends_a_load_that_has_not_begun() {
    let fake = fake(ONE_TABLET, |_, _| Act::Serve);
    let mut command = command();
    command.args(["kudu", "load", &fake.addr, "t"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _input = child.stdin.take();
    // Before it catches signals they end it as well, and without a word; but shells have those ignore INT
    // which they run in the background, and that is inherited.
    send(&child, "TERM");
    let output = end(child);
    assert_eq!(output.status.signal(), Some(15), "{output:?}");
    assert!(rows(&fake).is_empty());
}

#[test]
fn rows_that_are_wrong_are_a_failure_even_if_nobody_reads_the_report() {
    let fake = fake(ONE_TABLET, |_, _| Act::Serve);
    for (more, code) in [("", 0), ("x,five\n", 1)] {
        lock(&fake.state.writes.rows).clear();
        let (mut child, mut input) = start(&fake, &[]);
        drop(child.stdout.take());
        input.write_all(more.as_bytes()).unwrap();
        drop(input);
        assert_eq!(ended(end(child)).code, code);
        assert_eq!(rows(&fake), csv_rows());
    }
}
