//! `krpc kudu scan` against a cluster that fails as these tests want it to.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use krpc_cli::pb::app_status_pb::ErrorCode as StatusCode;
use krpc_cli::pb::tserver::ScanResponsePb;
use krpc_cli::pb::tserver::tablet_server_error_pb::Code;
use krpc_cli::pb::{DataType, RowwiseRowBlockPb};
use krpc_tokio::core::{ErrorCode, ErrorStatus};

use super::cluster::{Act, Fake, SMALL, Seen, Size, State, lock, token};
use super::run::{Ran, command, krpc, on_each_runtime, wait_until};

fn scan(fake: &Fake, more: &[&str]) -> Ran {
    krpc(&[&["kudu", "scan", &fake.addr, "t"], more].concat())
}

/// All rows, each once.
#[track_caller]
fn has_all(ran: Ran, fake: &Fake) {
    let out = ran.ok();
    let mut lines: Vec<_> = out.lines().skip(1).collect();
    lines.sort();
    assert_eq!(lines, fake.rows());
}

/// The `n`th call that goes on with a scanner.
fn goes_on(state: &State, seen: &Seen, n: usize) -> bool {
    let before = lock(&state.seen)[..seen.number].iter().filter(|seen| !seen.opens()).count();
    !seen.opens() && before == n
}

const CSV: &[&str] = &["--format", "csv"];

#[test]
fn all_batches_of_all_tablets_are_printed() {
    let fake = Fake::new(SMALL, |_, _| Act::Serve);
    on_each_runtime(|runtime| {
        has_all(scan(&fake, &[CSV, &["--runtime", runtime]].concat()), &fake);
        has_all(scan(&fake, &[CSV, &["--runtime", runtime, "--unordered"]].concat()), &fake);
    });
    let out = scan(&fake, &["--parallel", "1", "--limit", "4"]).ok();
    assert_eq!(
        out,
        "(int32 key=0, string text=NULL)\n(int32 key=1, string text=\"x\")\n\
         (int32 key=2, string text=\"x\")\n(int32 key=3, string text=NULL)\n"
    );
    let out = scan(&fake, &["--parallel", "1", "--limit", "2", "--format", "json"]).ok();
    assert_eq!(out, "{\"key\":0,\"text\":null}\n{\"key\":1,\"text\":\"x\"}\n");
    assert_eq!(scan(&fake, &["--limit", "0"]).ok(), "");
    assert_eq!(scan(&fake, &["--limit", "13"]).ok().lines().count(), 13);
}

#[test]
fn more_tablets_than_a_master_tells_of_at_once_are_found() {
    let fake = Fake::new(Size { tablets: 2001, rows: 1, ..SMALL }, |_, _| Act::Serve);
    has_all(scan(&fake, CSV), &fake);
}

#[test]
fn tablets_are_read_as_of_one_time() {
    let fake = Fake::new(SMALL, |_, _| Act::Serve);
    has_all(scan(&fake, CSV), &fake);
    let seen = fake.seen();
    let opening = seen.iter().filter_map(|seen| seen.request.new_scan_request.as_ref());
    let times: Vec<_> = opening.map(|new| new.snap_timestamp).collect();
    assert_eq!(times, [None, Some(4096)]);
}

#[test]
fn what_passes_is_tried_again() {
    let busy = || ErrorStatus::with_message(Some(ErrorCode::ErrorServerTooBusy), "full");
    // Each opening call and each other one is refused at first.
    let fake = Fake::new(Size { tablets: 1, ..SMALL }, move |_, seen| match seen.number % 2 {
        0 => Act::Refuse(busy()),
        _ => Act::Serve,
    });
    has_all(scan(&fake, &[CSV, &["--unordered"]].concat()), &fake);
    let calls: Vec<_> = fake.seen().iter().map(|seen| seen.request.call_seq_id()).collect();
    assert_eq!(calls, [0, 0, 1, 1, 2, 2, 3, 3]);
}

#[test]
fn an_expired_scanner_is_opened_again_where_it_was() {
    let expires = |state: &State, seen: &Seen| match goes_on(state, seen, 1) {
        true => Act::Fail(Code::ScannerExpired, StatusCode::NotFound),
        false => Act::Serve,
    };
    let fake = Fake::new(Size { tablets: 1, ..SMALL }, expires);
    has_all(scan(&fake, CSV), &fake);
    let seen = fake.seen();
    let again = seen[3].request.new_scan_request.as_ref().expect("a scanner is opened");
    assert_eq!(again.last_primary_key, Some(Bytes::from_static(&[0, 0, 0, 5])));
    assert_eq!(again.snap_timestamp, Some(4096));

    let fake = Fake::new(Size { tablets: 1, ..SMALL }, expires);
    let said = "cannot be read to its end: after 6 of its rows: Scan on 127.0.0.1:";
    let ran = scan(&fake, &["--unordered"]);
    assert_eq!(ran.out.lines().count(), 6);
    ran.fails(1, &[said, "SCANNER_EXPIRED", "without --unordered a scan goes on"]);
}

#[test]
fn a_tablet_that_moved_is_found() {
    for code in [Code::TabletNotFound, Code::TabletFailed, Code::TabletNotRunning] {
        for (opening, how) in [(false, &[][..]), (true, &[]), (true, &["--unordered"])] {
            let fake = Fake::new(SMALL, move |state, seen| {
                let struck = match opening {
                    true => seen.server == 0,
                    false => seen.server == 0 && !seen.opens(),
                };
                if !struck {
                    return Act::Serve;
                }
                lock(&state.homes).fill(Some(1));
                Act::Fail(code, StatusCode::NotFound)
            });
            has_all(scan(&fake, &[CSV, how].concat()), &fake);
            assert!(fake.seen().iter().any(|seen| seen.server == 1), "{code:?}");
        }
    }
}

#[test]
fn a_server_that_dies_is_survived_if_another_has_the_tablet() {
    let dies = |state: &State, seen: &Seen| match seen.server == 0 && !seen.opens() {
        true => {
            lock(&state.homes).fill(Some(1));
            Act::Die
        }
        false => Act::Serve,
    };
    on_each_runtime(|runtime| {
        let fake = Fake::new(SMALL, dies);
        has_all(scan(&fake, &[CSV, &["--runtime", runtime]].concat()), &fake);
    });
    let fake = Fake::new(SMALL, |_, seen| if seen.opens() { Act::Serve } else { Act::Die });
    let ran = scan(&fake, &["--timeout", "3s"]);
    ran.fails(
        1,
        &["cannot be read: the time is over; the last answer: ", "127.0.0.1:", "--timeout"],
    );
}

#[test]
fn a_server_that_hangs_leaves_time_for_another() {
    let fake = Fake::new(SMALL, |state, seen| match seen.server == 0 && !seen.opens() {
        true => {
            lock(&state.homes).fill(Some(1));
            Act::Hang
        }
        false => Act::Serve,
    });
    has_all(scan(&fake, &[CSV, &["--timeout", "6s"]].concat()), &fake);
}

#[test]
fn tablets_that_do_not_run_yet_are_waited_for() {
    let fake = Fake::new(SMALL, |_, _| Act::Serve);
    fake.state.starting.store(3, Ordering::Relaxed);
    has_all(scan(&fake, CSV), &fake);
    assert_eq!(fake.state.starting.load(Ordering::Relaxed), 0);
    fake.state.starting.store(usize::MAX, Ordering::Relaxed);
    scan(&fake, &["--timeout", "2s"]).fails(1, &["GetTableLocations on", "TABLET_NOT_RUNNING"]);
}

#[test]
fn a_leader_is_waited_for() {
    let fake = Fake::new(SMALL, |_, _| Act::Serve);
    lock(&fake.state.homes).fill(None);
    let ran = scan(&fake, &["--timeout", "2s"]);
    let said = "cannot be read: the time is over; the last answer: tablet tablet-";
    ran.fails(1, &[said, "no replica of it leads, there may be an election"]);
    assert!(fake.seen().is_empty());

    let mut child = command();
    child.args(["kudu", "scan", &fake.addr, "t", "--timeout", "20s"]).args(CSV);
    let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let before = fake.state.lookups.load(Ordering::Relaxed);
    wait_until(|| fake.state.lookups.load(Ordering::Relaxed) > before + 2);
    lock(&fake.state.homes).fill(Some(1));
    has_all(super::run::ended(child.wait_with_output().unwrap()), &fake);
}

#[test]
fn who_leads_in_place_of_a_server_that_is_gone_is_asked_for_often() {
    on_each_runtime(|runtime| {
        let fake = Fake::new(Size { tablets: 1, ..SMALL }, |_, seen| match seen.server {
            0 if !seen.opens() => Act::Die,
            _ => Act::Serve,
        });
        let mut child = command();
        child.args(["kudu", "scan", &fake.addr, "t", "--runtime", runtime]).args(CSV);
        let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The master takes its time to learn that it is another.
        wait_until(|| fake.state.lookups.load(Ordering::Relaxed) > 16);
        lock(&fake.state.homes).fill(Some(1));
        has_all(super::run::ended(child.wait_with_output().unwrap()), &fake);
    });
}

#[test]
fn a_token_that_is_old_is_renewed() {
    let fake = Fake::new(SMALL, |_, seen| {
        let new = seen.request.new_scan_request.as_ref();
        match new.is_some_and(|new| new.authz_token == Some(token(0))) {
            true => {
                let code = Some(ErrorCode::ErrorInvalidAuthorizationToken);
                Act::Refuse(ErrorStatus::with_message(code, "expired"))
            }
            false => Act::Serve,
        }
    });
    has_all(scan(&fake, CSV), &fake);
    assert!(fake.state.schemas.load(Ordering::Relaxed) > 1);
}

#[test]
fn a_time_to_read_as_of_is_waited_for_by_those_who_open() {
    let throttled = |first| {
        Fake::new(Size { tablets: 1, ..SMALL }, move |_, seen| match seen.number == first {
            true => Act::Fail(Code::Throttled, StatusCode::ServiceUnavailable),
            false => Act::Serve,
        })
    };
    let fake = throttled(0);
    has_all(scan(&fake, CSV), &fake);
    scan(&throttled(1), CSV).fails(1, &["Scan on 127.0.0.1:", "THROTTLED"]);
}

#[test]
fn a_server_that_lags_is_left_for_the_one_that_leads() {
    // Kudu's servers make the second of the first.
    let lags: [fn() -> Act; 2] = [
        || Act::Fail(Code::Throttled, StatusCode::ServiceUnavailable),
        || {
            let code = Some(ErrorCode::ErrorServerTooBusy);
            Act::Refuse(ErrorStatus::with_message(
                code,
                "could not wait for the time to read as of",
            ))
        },
    ];
    for lags in lags {
        let fake = Fake::new(SMALL, move |state, seen| match seen.server {
            0 => {
                lock(&state.homes).fill(Some(1));
                lags()
            }
            _ => Act::Serve,
        });
        has_all(scan(&fake, CSV), &fake);
    }
}

#[test]
fn what_does_not_pass_ends_the_scan() {
    let fake =
        Fake::new(SMALL, |_, _| Act::Fail(Code::InvalidSnapshot, StatusCode::InvalidArgument));
    scan(&fake, &[]).fails(1, &["Scan on 127.0.0.1:", "INVALID_SNAPSHOT, as the test wants it"]);
    assert!(fake.seen().len() <= 2);
    // This server does not know how to send columns.
    let fake = Fake::new(SMALL, |_, _| Act::Serve);
    scan(&fake, &["--columnar"]).fails(1, &["unsupported feature flags", "ask a newer server"]);
}

#[test]
fn scanners_live_on_while_nobody_reads() {
    let size = Size { tablets: 2, rows: 400, batch: 20, text: 10_000 };
    let fake = Fake::new(size, |_, _| Act::Serve);
    on_each_runtime(|runtime| {
        let mut child = command();
        child.args(["kudu", "scan", &fake.addr, "t", "--keep-alive", "10ms", "--runtime", runtime]);
        let mut child =
            child.args(CSV).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (calls, kept) = (fake.seen().len(), fake.state.keep_alives.load(Ordering::Relaxed));
        wait_until(|| fake.state.keep_alives.load(Ordering::Relaxed) > kept + 5);
        // What is printed by then fits into the pipe, and no more is asked for than there is room.
        assert!(fake.seen().len() - calls < 12, "{}", fake.seen().len() - calls);
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let ran = super::run::ended(child.wait_with_output().unwrap());
        has_all(Ran { out, ..ran }, &fake);
    });
}

#[test]
fn a_server_that_is_deaf_to_that_holds_up_nothing() {
    let size = Size { tablets: 2, rows: 400, batch: 20, text: 10_000 };
    let fake = Fake::new(size, |_, _| Act::Serve);
    fake.state.deaf.store(true, Ordering::Relaxed);
    let mut child = command();
    child.args(["kudu", "scan", &fake.addr, "t", "--keep-alive", "10ms", "--timeout", "90s"]);
    let child = child.args(CSV).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until(|| fake.state.keep_alives.load(Ordering::Relaxed) > 0);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let output = receiver.recv_timeout(Duration::from_secs(60)).expect("it ends").unwrap();
    has_all(super::run::ended(output), &fake);
}

#[test]
fn whoever_has_seen_enough_may_go() {
    let size = Size { tablets: 2, rows: 400, batch: 20, text: 10_000 };
    let fake = Fake::new(size, |_, _| Act::Serve);
    let mut child = command();
    child.args(["kudu", "scan", &fake.addr, "t"]);
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("(int32 key="), "{line}");
    let ran = super::run::ended(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    wait_until(|| fake.open_scanners() == 0);
}

#[test]
fn broken_answers_are_refused() {
    let rows = |rows, sidecar, texts| RowwiseRowBlockPb {
        num_rows: Some(rows),
        rows_sidecar: Some(sidecar),
        indirect_data_sidecar: Some(texts),
    };
    let cells = |offset: u64, length: u64| {
        let cells = [&[1, 0, 0, 0][..], &offset.to_le_bytes(), &length.to_le_bytes(), &[0]];
        vec![Bytes::from(cells.concat()), Bytes::from_static(b"text")]
    };
    for (block, sidecars, said) in [
        (rows(1, 2, 1), cells(0, 4), "names a sidecar that it does not have"),
        (rows(1, 0, -1), cells(0, 4), "names a sidecar that it does not have"),
        (rows(i32::MAX, 0, 1), cells(0, 4), "not as long as its rows would be"),
        (rows(-1, 0, 1), cells(0, 4), "fewer rows than none"),
        (rows(0, 0, 1), cells(0, 4), "not as long as its rows would be"),
        (rows(1, 0, 1), cells(1, 4), "outside of the sidecar for texts"),
        (rows(1, 0, 1), cells(u64::MAX, 2), "outside of the sidecar for texts"),
    ] {
        let fake = Fake::new(SMALL, move |_, _| {
            let answer = ScanResponsePb { data: Some(block), ..Default::default() };
            Act::Answer(Box::new(answer), sidecars.clone())
        });
        for format in ["table", "csv", "json"] {
            let ran = scan(&fake, &["--format", format]);
            assert!(ran.out.lines().all(|line| line == "key,text"), "{ran:?}");
            ran.fails(1, &["answer", "is broken", said]);
        }
    }
}

#[test]
fn a_count_is_no_part_of_one() {
    let fake = Fake::new(Size { tablets: 1, ..SMALL }, |state, seen| {
        let block = RowwiseRowBlockPb { num_rows: Some(7), ..Default::default() };
        match goes_on(state, seen, 0) {
            true => Act::Fail(Code::UnknownError, StatusCode::IoError),
            false => {
                let answer = ScanResponsePb {
                    data: Some(block),
                    scanner_id: Some("s".into()),
                    has_more_results: Some(true),
                    ..Default::default()
                };
                Act::Answer(Box::new(answer), Vec::new())
            }
        }
    });
    let ran = scan(&fake, &["--count"]);
    assert_eq!(ran.out, "");
    ran.fails(1, &["UNKNOWN_ERROR"]);
}

#[test]
fn a_master_that_stands_still_does_not_hold_up_the_others() {
    // It takes connections, and that is all.
    let still = TcpListener::bind("127.0.0.1:0").unwrap();
    let fake = Fake::new(SMALL, |_, _| Act::Serve);
    fake.state.following.store(1, Ordering::Relaxed);
    let masters = format!("{},{}", still.local_addr().unwrap(), fake.addr);
    let args = ["kudu", "scan", &masters, "t", "--format", "csv", "--timeout", "4s"];
    has_all(krpc(&args), &fake);
    // The one that leads stands still later, and by then another does.
    fake.state.silent.store(1, Ordering::Relaxed);
    has_all(krpc(&args), &fake);
}

#[test]
fn wrong_usage_says_what_there_is() {
    let fake = Fake::new(SMALL, |_, _| Act::Serve);
    let ran = krpc(&["kudu", "scan", &fake.addr, "nope"]);
    ran.fails(1, &["there is no table 'nope': there are t", "'krpc kudu tables' lists all"]);
    for (args, said) in [
        (&["--columns", "key,nope"][..], "table t has no column 'nope'; it has key, text"),
        (&["--columns", "key,key"], "--columns names column 'key' twice"),
        (&["--columns", ""], "table t has no column ''; it has key, text"),
        (&["--where", "nope = 1"], "table t has no column 'nope'; it has key, text"),
        (&["--where", "key ~ 1"], "no operator is called '~': there are = <"),
        (&["--where", "key = x"], "wants an integer from -2147483648 to 2147483647, not 'x'"),
    ] {
        scan(&fake, args).fails(2, &[said]);
    }
    assert!(fake.seen().is_empty());
    for args in
        [&["--count", "--columns", "key"][..], &["--parallel", "0"], &["--batch-bytes", "0"]]
    {
        let ran = scan(&fake, args);
        assert_eq!(ran.code, 2, "{ran:?}");
    }
}

#[test]
fn a_type_that_is_not_known_can_be_left_out() {
    let fake = Fake::with_type(DataType::Nested, SMALL, |_, _| {
        let block =
            RowwiseRowBlockPb { num_rows: Some(1), rows_sidecar: Some(0), ..Default::default() };
        let answer = ScanResponsePb { data: Some(block), ..Default::default() };
        Act::Answer(Box::new(answer), vec![Bytes::from_static(&[5, 0, 0, 0])])
    });
    scan(&fake, &[]).fails(2, &["column text UNKNOWN_DATA 1D-ARRAY", "--columns can leave it out"]);
    let out = scan(&fake, &["--columns", "key", "--limit", "1"]).ok();
    assert_eq!(out, "(int32 key=5)\n");
}
