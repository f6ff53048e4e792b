//! `krpc kudu load` into a cluster that fails as these tests want it to.

use std::sync::atomic::Ordering;

use krpc_cli::pb::app_status_pb::ErrorCode as StatusCode;
use krpc_cli::pb::tserver::tablet_server_error_pb::Code;
use krpc_cli::pb::tserver::{WriteResponsePb, write_response_pb};
use krpc_tokio::core::{ErrorCode, ErrorStatus};

use super::cluster::{self, Fake, SMALL, Size, State, lock, status, token};
use super::run::{Ran, krpc_with_input, on_each_runtime};
use super::writes::{Act, Wrote};

pub(crate) const ONE_TABLET: Size = Size { tablets: 1, ..SMALL };

pub(crate) fn fake(
    size: Size,
    script: impl Fn(&State, &Wrote) -> Act + Send + Sync + 'static,
) -> Fake {
    let fake = Fake::new(size, |_, _| cluster::Act::Serve);
    assert!(fake.state.writes.script.set(Box::new(script)).is_ok());
    fake
}

fn load(fake: &Fake, more: &[&str], input: &str) -> Ran {
    krpc_with_input(&[&["kudu", "load", &fake.addr, "t"], more].concat(), input)
}

pub(crate) fn rows(fake: &Fake) -> Vec<(i32, Option<String>)> {
    lock(&fake.state.writes.rows).clone().into_iter().collect()
}

fn seen(fake: &Fake) -> Vec<Wrote> {
    lock(&fake.state.writes.seen).clone()
}

/// Sequence and attempt of each call.
fn ids(fake: &Fake) -> Vec<(i64, i64)> {
    seen(fake).iter().map(|wrote| (wrote.id.seq_no, wrote.id.attempt_no)).collect()
}

pub(crate) const CSV: &str = "text,key\none,1\n\\N,2\n\"\",3\n";

pub(crate) fn csv_rows() -> Vec<(i32, Option<String>)> {
    vec![(1, Some("one".into())), (2, None), (3, Some(String::new()))]
}

/// The three rows, each once.
#[track_caller]
fn has_all(ran: Ran, fake: &Fake) {
    assert!(ran.ok().starts_with("rows written to t: 3 in "));
    assert_eq!(rows(fake), csv_rows());
}

#[test]
fn rows_go_to_their_tablets_in_calls_with_ids_of_their_own() {
    on_each_runtime(|runtime| {
        let fake = fake(Size { tablets: 3, ..SMALL }, |_, _| Act::Serve);
        let args = ["--generate", "100", "--batch-rows", "9", "--runtime", runtime];
        let printed = load(&fake, &[&args[..], &["--json"]].concat(), "").json();
        assert_eq!((&printed["rows_written"], &printed["retries"]), (&100.into(), &0.into()));
        let keys: Vec<_> = rows(&fake).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, (0..100).collect::<Vec<_>>());
        let seen = seen(&fake);
        assert_eq!(printed["calls"], seen.len());
        let mut numbers: Vec<_> = seen.iter().map(|wrote| wrote.id.seq_no).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..numbers.len() as i64).collect::<Vec<_>>());
        for wrote in &seen {
            assert!(wrote.id.first_incomplete_seq_no <= wrote.id.seq_no, "{wrote:?}");
            assert_eq!(wrote.id.client_id, seen[0].id.client_id);
        }
        assert!(seen.iter().any(|wrote| wrote.id.first_incomplete_seq_no > 0));
    });
}

#[test]
fn a_busy_server_is_asked_again() {
    let fake = fake(ONE_TABLET, |_, wrote| match wrote.number {
        0 => {
            let code = Some(ErrorCode::ErrorServerTooBusy);
            Act::Refuse(ErrorStatus::with_message(code, "full"))
        }
        1 => Act::Fail(Code::Throttled, StatusCode::ServiceUnavailable),
        _ => Act::Serve,
    });
    has_all(load(&fake, &[], CSV), &fake);
    assert_eq!(ids(&fake), [(0, 0), (0, 1), (0, 2)]);
    assert_eq!(fake.state.lookups.load(Ordering::Relaxed), 0);
}

#[test]
fn a_tablet_is_followed_to_its_new_leader() {
    for code in [Code::NotTheLeader, Code::TabletNotFound, Code::TabletNotRunning] {
        let fake = fake(ONE_TABLET, move |state, wrote| match wrote.server {
            0 => {
                lock(&state.homes)[0] = Some(1);
                Act::Fail(code, StatusCode::IllegalState)
            }
            _ => Act::Serve,
        });
        has_all(load(&fake, &[], CSV), &fake);
        assert_eq!(ids(&fake), [(0, 0), (0, 1)]);
        let servers: Vec<_> = seen(&fake).iter().map(|wrote| wrote.server).collect();
        assert_eq!(servers, [0, 1]);
    }
}

#[test]
fn a_write_whose_answer_was_lost_is_not_made_twice() {
    on_each_runtime(|runtime| {
        let fake = fake(ONE_TABLET, |state, wrote| match wrote.server {
            0 => {
                lock(&state.homes)[0] = Some(1);
                Act::ServeAndDie
            }
            _ => Act::Serve,
        });
        has_all(load(&fake, &["--runtime", runtime], CSV), &fake);
        let last = seen(&fake).pop().expect("there were calls");
        assert_eq!((last.server, last.id.seq_no), (1, 0));
        assert!(last.id.attempt_no > 0, "{last:?}");
    });
}

#[test]
fn a_server_that_stands_still_is_left_in_time() {
    let fake = fake(ONE_TABLET, |state, wrote| match wrote.server {
        0 => {
            lock(&state.homes)[0] = Some(1);
            Act::ServeAndHang
        }
        _ => Act::Serve,
    });
    has_all(load(&fake, &["--timeout", "4s"], CSV), &fake);
    assert_eq!(ids(&fake), [(0, 0), (0, 1)]);
}

#[test]
fn a_master_that_cannot_tell_where_a_tablet_is_is_asked_again() {
    let fake = fake(ONE_TABLET, |state, wrote| match wrote.server {
        0 => {
            lock(&state.homes)[0] = Some(1);
            Act::Fail(Code::NotTheLeader, StatusCode::IllegalState)
        }
        _ => Act::Serve,
    });
    fake.state.forgetful.store(1, Ordering::Relaxed);
    has_all(load(&fake, &[], CSV), &fake);
    assert_eq!(fake.state.lookups.load(Ordering::Relaxed), 2);
}

#[test]
fn an_election_is_waited_for() {
    let fake = fake(ONE_TABLET, |state, wrote| match wrote.number {
        0 => {
            lock(&state.homes)[0] = None;
            Act::Fail(Code::NotTheLeader, StatusCode::IllegalState)
        }
        _ => Act::Serve,
    });
    let ran = load(&fake, &["--timeout", "3s"], CSV);
    ran.fails(1, &["3 rows of lines 2 to 4: not written: tablet tablet-0 has no leader"]);
    assert!(fake.state.lookups.load(Ordering::Relaxed) > 1);
}

#[test]
fn a_token_that_is_refused_is_replaced() {
    let fake = fake(ONE_TABLET, |_, wrote| match wrote.request.authz_token == Some(token(0)) {
        true => {
            let code = Some(ErrorCode::ErrorInvalidAuthorizationToken);
            Act::Refuse(ErrorStatus::with_message(code, "expired"))
        }
        false => Act::Serve,
    });
    has_all(load(&fake, &[], CSV), &fake);
    assert_eq!(ids(&fake), [(0, 0), (0, 1)]);
    assert_eq!(seen(&fake)[1].request.authz_token, Some(token(1)));
}

#[test]
fn the_latest_time_is_passed_on() {
    let fake = fake(ONE_TABLET, |_, _| Act::Serve);
    has_all(load(&fake, &["--batch-rows", "1"], CSV), &fake);
    let times: Vec<_> =
        seen(&fake).iter().map(|wrote| wrote.request.propagated_timestamp).collect();
    assert_eq!(times, [None, Some(4096), Some(8192)]);
}

#[test]
fn rows_that_a_server_refuses_are_told_one_by_one() {
    let fake = fake(ONE_TABLET, |_, _| Act::Serve);
    lock(&fake.state.writes.rows).insert(2, None);
    let parts = [
        "line 3: key=2: ALREADY_PRESENT",
        "rows that were not written: 1;",
        "--max-errors allows 0",
    ];
    load(&fake, &[], CSV).fails(1, &parts);
    assert_eq!(rows(&fake), csv_rows());
    let all = "key,text\n1,a\n2,b\n3,c\n4,d\n";
    let ran = load(&fake, &["--max-errors", "3"], all);
    assert!(ran.out.starts_with("rows written to t: 1 in "), "{ran:?}");
    ran.fails(
        1,
        &["line 2: key=1", "line 3: key=2", "line 4: key=3", "rows that were not written: 3"],
    );
    assert_eq!(rows(&fake).len(), 4);
}

#[test]
fn an_answer_about_rows_that_were_not_sent_is_told() {
    for index in [3, -1] {
        let fake = fake(ONE_TABLET, move |_, _| {
            let error = status(StatusCode::Corruption);
            let error = write_response_pb::PerRowErrorPb { row_index: index, error };
            let answer = WriteResponsePb { per_row_errors: vec![error], ..Default::default() };
            Act::Answer(Box::new(answer))
        });
        let said = format!("it answers about row {index} of 3: CORRUPTION");
        load(&fake, &[], CSV).fails(1, &["lines 2 to 4: may or may not be written: ", &said]);
    }
}

#[test]
fn what_cannot_be_written_ends_the_load() {
    let fake = fake(ONE_TABLET, |_, _| Act::Fail(Code::MismatchedSchema, StatusCode::Corruption));
    let args = ["--generate", "50", "--batch-rows", "10"];
    let ran = load(&fake, &[&args[..], &["--json"]].concat(), "");
    let printed: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let count = |name: &str| printed[name].as_u64().unwrap();
    assert_eq!((count("rows_written"), count("rows_failed")), (0, 10));
    assert_eq!(count("rows_read"), count("rows_failed") + count("rows_not_sent"));
    ran.fails(1, &["10 rows of rows 0 to 9: not written: Write on ", "MISMATCHED_SCHEMA"]);
    assert_eq!(ids(&fake), [(0, 0)]);
}

#[test]
fn a_wrong_line_ends_the_load_after_those_before_it() {
    let fake = fake(ONE_TABLET, |_, _| Act::Serve);
    let csv = "key,text\n1,one\n2,two\nx,three\n4,four\n5,\n6\n";
    let wanted = "line 4: column key of type INT32 wants an integer from -2147483648 to";
    load(&fake, &[], csv).fails(1, &[wanted, "not 'x'", "it ended after line 4"]);
    assert_eq!(rows(&fake).len(), 2);
    lock(&fake.state.writes.rows).clear();
    let ran = load(&fake, &["--max-errors", "2"], csv);
    assert!(ran.out.starts_with("rows written to t: 4 in "), "{ran:?}");
    ran.fails(
        1,
        &[wanted, "line 7: 1 fields where there are 2 columns", "rows that were not written: 2"],
    );
    assert_eq!(rows(&fake).len(), 4);
}

#[test]
fn columns_may_be_named_on_the_command_line() {
    let fake = fake(ONE_TABLET, |_, _| Act::Serve);
    let (_, lines) = CSV.split_once('\n').unwrap();
    has_all(load(&fake, &["--columns", "text,key"], lines), &fake);
}

#[test]
fn a_cell_that_is_too_large_is_refused() {
    let fake = fake(ONE_TABLET, |_, _| Act::Serve);
    let csv = format!("key,text\n1,{}\n", "x".repeat(65_537));
    let wanted = "line 2: column text of type STRING wants at most 64 KiB, not 'xxx";
    load(&fake, &[], &csv).fails(1, &[wanted]);
    assert!(seen(&fake).is_empty());
}

#[test]
fn little_memory_is_enough() {
    let fake = fake(Size { tablets: 5, ..SMALL }, |_, _| Act::Serve);
    for (first, bytes) in [("0", "1"), ("300", "100"), ("600", "1000")] {
        let args = ["--generate", "300", "--first", first, "--buffer-bytes", bytes];
        assert!(load(&fake, &args, "").ok().starts_with("rows written to t: 300 in "));
    }
    assert_eq!(rows(&fake).len(), 900);
}

#[test]
fn wrong_columns_are_named() {
    let fake = fake(ONE_TABLET, |_, _| Act::Serve);
    for (args, input, said) in [
        (&[][..], "", "standard input is empty: its first line names the columns"),
        (&[], "key,txt\n1,a\n", "table t has no column 'txt'; it has key, text"),
        (
            &[],
            "text\na\n",
            "--op insert on table t needs columns that the input does not have: key",
        ),
        (&[], "key,text,key\n", "column key INT32: it is there twice"),
        (&["--op", "delete"], "key,text\n", "column text STRING: --op delete takes the columns of"),
        (&["--generate", "3000000000"], "", "keys up to 2999999999, but the key of table t has at"),
        (&["--first", "3"], "", "--generate"),
        (&["--batch-bytes", "60000000"], "", "60000000 is not in 1..=51380224"),
        (&["--nulls", "1.5"], "", "expected a number from 0 to 1"),
    ] {
        let ran = load(&fake, args, input);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(said), "no '{said}' in {ran:?}");
    }
    assert!(seen(&fake).is_empty());
}
