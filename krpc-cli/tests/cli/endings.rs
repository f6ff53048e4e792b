//! How `krpc kudu scan` ends before the table does, and what it leaves behind at the servers.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};

use krpc_cli::pb::app_status_pb::ErrorCode as StatusCode;
use krpc_cli::pb::tserver::tablet_server_error_pb::Code;

use super::cluster::{Act, Fake, SMALL, Seen, Size, State, lock};
use super::run::{command, ended, krpc, on_each_runtime, send, wait_until};

/// Whether there was a call like that.
fn saw(state: &State, like: impl Fn(&Seen) -> bool) -> bool {
    lock(&state.seen).iter().any(like)
}

fn broken() -> Act {
    Act::Fail(Code::UnknownError, StatusCode::IoError)
}

/// Opens scanners, and stands still when it is asked for more.
fn only_opens(_: &State, seen: &Seen) -> Act {
    if seen.opens() || seen.closes() { Act::Serve } else { Act::Hang }
}

/// All scanners were closed; what was sent has come, even if nobody waited for the answer any more.
#[track_caller]
fn none_is_open(fake: &Fake) {
    wait_until(|| fake.open_scanners() == 0);
}

fn start(fake: &Fake, more: &[&str]) -> Child {
    let mut command = command();
    command.args(["kudu", "scan", &fake.addr, "t", "--timeout", "90s"]).args(more);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_scan_that_fails_leaves_no_scanner_open() {
    on_each_runtime(|runtime| {
        // The first tablet fails when the second is asked for more, and stands still.
        let fake = Fake::new(SMALL, |_, seen| match (seen.tablet(), seen.opens()) {
            _ if seen.closes() => Act::Serve,
            (0, true) => {
                Act::When(Box::new(|state| saw(state, |seen| seen.tablet() == 1 && !seen.opens())))
            }
            (0, false) => broken(),
            (_, true) => Act::Serve,
            (_, false) => Act::Hang,
        });
        let args = ["kudu", "scan", &fake.addr, "t", "--unordered", "--runtime", runtime];
        let ran = krpc(&args);
        assert_eq!(ran.out.lines().count(), 6);
        ran.fails(1, &["UNKNOWN_ERROR"]);
        none_is_open(&fake);
    });
}

#[test]
fn a_scanner_that_is_just_being_opened_is_closed_too() {
    // The second tablet's opens when the first one's is closed, which is when the scan has failed.
    let fake = Fake::new(SMALL, |_, seen| match (seen.tablet(), seen.opens()) {
        (0, false) if !seen.closes() => broken(),
        (1, true) => Act::When(Box::new(|state| saw(state, |seen| seen.closes()))),
        _ => Act::Serve,
    });
    let ran = krpc(&["kudu", "scan", &fake.addr, "t", "--unordered"]);
    assert_eq!(ran.out.lines().count(), 3);
    ran.fails(1, &["UNKNOWN_ERROR"]);
    assert!(saw(&fake.state, |seen| seen.tablet() == 1 && seen.closes()));
    none_is_open(&fake);
}

#[test]
fn a_signal_ends_a_scan_in_order() {
    on_each_runtime(|runtime| {
        for (name, number) in [("INT", 2), ("TERM", 15)] {
            let fake = Fake::new(SMALL, only_opens);
            let mut child = start(&fake, &["--runtime", runtime]);
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            assert_eq!(lines.by_ref().take(6).count(), 6);
            wait_until(|| fake.seen().iter().filter(|seen| !seen.opens()).count() == 2);
            send(&child, name);
            assert_eq!(lines.count(), 0);
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.signal(), Some(number), "{output:?}");
            assert!(output.stderr.is_empty(), "{output:?}");
            none_is_open(&fake);
        }
    });
}

#[test]
fn a_signal_ends_a_scan_that_nobody_reads() {
    let size = Size { tablets: 2, rows: 400, batch: 20, text: 10_000 };
    let fake = Fake::new(size, |_, _| Act::Serve);
    let child = start(&fake, &["--keep-alive", "10ms"]);
    // That begins when there is no room for more.
    wait_until(|| fake.state.keep_alives.load(std::sync::atomic::Ordering::Relaxed) > 5);
    send(&child, "INT");
    let signal = { child }.wait().map(|status| status.signal());
    assert_eq!(signal.unwrap(), Some(2));
    none_is_open(&fake);
}

#[test]
fn a_second_signal_does_not_wait_for_servers() {
    // On a machine that is busy the first may have waited long enough before the second comes.
    for _ in 0..10 {
        let fake = Fake::new(SMALL, |_, seen| if seen.opens() { Act::Serve } else { Act::Hang });
        let child = start(&fake, &[]);
        wait_until(|| fake.seen().iter().filter(|seen| !seen.opens()).count() == 2);
        send(&child, "INT");
        wait_until(|| saw(&fake.state, Seen::closes));
        send(&child, "TERM");
        match { child }.wait().unwrap().signal() {
            Some(15) => return,
            other => assert_eq!(other, Some(2)),
        }
    }
    panic!("it always waited");
}

#[test]
fn a_reader_that_goes_away_ends_a_scan_that_finds_nothing_more() {
    let fake = Fake::new(SMALL, only_opens);
    let mut child = start(&fake, &[]);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    wait_until(|| fake.seen().iter().filter(|seen| !seen.opens()).count() == 2);
    drop(out);
    let ran = ended(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    none_is_open(&fake);
}

#[test]
fn output_that_cannot_be_written_closes_scanners() {
    const FULL: &str = "/dev/full";
    if !Path::new(FULL).exists() {
        println!("this system has no {FULL}");
        return;
    }
    let fake = Fake::new(Size { tablets: 5, ..SMALL }, |_, _| Act::Serve);
    for format in ["table", "csv", "json"] {
        let args = ["kudu", "scan", &fake.addr, "t", "--format", format];
        let full = File::create(FULL).unwrap();
        let ran = command().args(args).stdout(full).stderr(Stdio::piped()).output().unwrap();
        ended(ran).fails(1, &["cannot write to standard output: "]);
        none_is_open(&fake);
    }
}
