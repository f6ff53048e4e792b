//! The line that tells people how far a scan or a load is, and terminals it would be in the way on.

use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use krpc_cli::pb::app_status_pb::ErrorCode as StatusCode;
use krpc_cli::pb::tserver::tablet_server_error_pb::Code;

use super::cluster::{Act, Fake, SMALL, Size, lock};
use super::loading;
use super::run::{command, ended};
use super::terminal::Terminal;
use super::writes;

/// A cluster of two tablets, each of which is opened once so many steps have been allowed.
fn steps() -> (Fake, Arc<AtomicUsize>) {
    let allowed = Arc::new(AtomicUsize::new(0));
    let steps = allowed.clone();
    let fake = Fake::new(SMALL, move |_, seen| {
        let (steps, wanted) = (steps.clone(), seen.tablet() + 1);
        match seen.opens() {
            true => Act::When(Box::new(move |_| steps.load(Ordering::Relaxed) >= wanted)),
            false => Act::Serve,
        }
    });
    (fake, allowed)
}

/// Whether it tells of so many rows and tablets, and of how fast they come.
fn tells(line: &str, rows: &str, tablets: &str) -> bool {
    line.starts_with(rows)
        && line.contains(" rows/s, ")
        && line.contains(" MB/s, ")
        && line.ends_with(tablets)
}

#[test]
fn a_scan_shows_how_far_it_is() {
    let (fake, allowed) = steps();
    let (mut terminal, theirs) = Terminal::new();
    let mut scan = command();
    scan.args(["kudu", "scan", &fake.addr, "t", "--parallel", "1", "--timeout", "90s"]);
    let mut child = scan.stdout(Stdio::piped()).stderr(theirs).spawn().unwrap();
    drop(scan);
    let shown = |line: &str| tells(line, "0 rows, 0.0 MB, ", "0 of 2 tablets");
    terminal.until(shown).expect("it shows that it has nothing yet");
    allowed.store(1, Ordering::Relaxed);
    let shown = |line: &str| tells(line, "10 rows, 0.0 MB, ", "1 of 2 tablets");
    terminal.until(shown).expect("it shows what it has");
    allowed.store(2, Ordering::Relaxed);
    terminal.ends();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!((child.wait().unwrap().code(), out.lines().count()), (Some(0), 20));
    assert_eq!((terminal.line(), terminal.lines), (String::new(), vec![]));
}

#[test]
fn a_failure_takes_the_place_of_that() {
    let (fake, _) = steps();
    let (mut terminal, theirs) = Terminal::new();
    let mut scan = command();
    scan.args(["kudu", "scan", &fake.addr, "t", "--count", "--timeout", "8s"]);
    let mut child = scan.stdout(Stdio::null()).stderr(theirs).spawn().unwrap();
    drop(scan);
    terminal.until(|line| tells(line, "0 rows, ", "0 of 2 tablets")).expect("it shows that");
    terminal.ends();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let [line] = &terminal.lines[..] else { panic!("{:?}", terminal.lines) };
    assert!(line.starts_with("krpc: tablet tablet-") && line.ends_with(" more time"), "{line}");
}

#[test]
fn a_narrow_terminal_has_room_for_a_part() {
    let (fake, allowed) = steps();
    let (mut terminal, theirs) = Terminal::new();
    terminal.set_width(30);
    let mut scan = command();
    scan.args(["kudu", "scan", &fake.addr, "t", "--timeout", "90s"]);
    let mut child = scan.stdout(Stdio::null()).stderr(theirs).spawn().unwrap();
    drop(scan);
    let line = terminal.until(|line| line.starts_with("0 rows, ")).expect("it shows that");
    assert_eq!(line.len(), 29, "{line}");
    allowed.store(2, Ordering::Relaxed);
    terminal.ends();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!((terminal.line(), terminal.lines), (String::new(), vec![]));
}

/// A cluster that takes longer than until the line would be drawn.
fn slow() -> Fake {
    Fake::new(SMALL, |_, _| {
        let since = Instant::now();
        Act::When(Box::new(move |_| since.elapsed() > Duration::from_millis(300)))
    })
}

#[test]
fn among_rows_there_is_no_such_line() {
    let fake = slow();
    let (mut terminal, theirs) = Terminal::new();
    let mut scan = command();
    scan.args(["kudu", "scan", &fake.addr, "t", "--format", "csv"]);
    let mut child = scan.stdout(theirs.try_clone().unwrap()).stderr(theirs).spawn().unwrap();
    drop(scan);
    assert_eq!(terminal.until(|line| line.contains("MB/s")), None);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut rows = terminal.lines.split_off(1);
    rows.sort();
    assert_eq!((terminal.lines, rows), (vec!["key,text".to_owned()], fake.rows()));
}

#[test]
fn where_nobody_waits_nothing_is_shown() {
    let fake = slow();
    let output = command().args(["kudu", "scan", &fake.addr, "t"]).output().unwrap();
    let ran = ended(output);
    assert_eq!((ran.code, ran.err.as_str(), ran.out.lines().count()), (0, "", 20));
}

#[test]
fn a_load_shows_how_far_it_is() {
    let fake = loading::fake(Size { tablets: 1, ..SMALL }, |_, _| writes::Act::Serve);
    lock(&fake.state.writes.rows).insert(2, None);
    let (mut terminal, theirs) = Terminal::new();
    let mut load = command();
    load.args(["kudu", "load", &fake.addr, "t", "--max-errors", "1"]);
    let mut child =
        load.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(theirs).spawn().unwrap();
    drop(load);
    let mut input = child.stdin.take().unwrap();
    let shown = |line: &str| tells(line, "0 rows, ", "0 failed");
    terminal.until(shown).expect("it shows that it has nothing yet");
    input.write_all(loading::CSV.as_bytes()).unwrap();
    let shown = |line: &str| tells(line, "2 rows, ", "1 failed");
    terminal.until(shown).expect("it shows what it has");
    drop(input);
    terminal.ends();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(out.starts_with("rows written to t: 2 in "), "{out}");
    let [row, end] = &terminal.lines[..] else { panic!("{:?}", terminal.lines) };
    assert!(row.starts_with("krpc: line 3: key=2: ALREADY_PRESENT, "), "{row}");
    assert_eq!(end, "krpc: not all was loaded into t: rows that were not written: 1");
}

#[test]
fn a_load_that_cannot_begin_leaves_no_such_line() {
    let fake =
        loading::fake(SMALL, |_, _| writes::Act::Fail(Code::UnknownError, StatusCode::IoError));
    let (mut terminal, theirs) = Terminal::new();
    let mut load = command();
    load.args(["kudu", "load", &fake.addr, "t"]);
    let mut child = load.stdin(Stdio::piped()).stderr(theirs).spawn().unwrap();
    drop(load);
    let mut input = child.stdin.take().unwrap();
    terminal.until(|line| tells(line, "0 rows, ", "0 failed")).expect("it shows that");
    input.write_all(b"k\n").unwrap();
    terminal.ends();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert_eq!(terminal.lines, ["krpc: table t has no column 'k'; it has key, text"]);
}
