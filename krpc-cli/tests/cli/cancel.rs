//! `krpc call --cancel-after`, against a server that does not read for a while.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdout, Stdio};

use serde_json::Value;

use super::run::{Served, command, krpc, on_each_runtime};
use super::way::Way;

const PUSH: &str = "GenericCalculatorService/PushStringsFast";
const SLEEP: &str = "kudu.rpc_test.CalculatorService/Sleep";
const ADD: &str = "kudu.rpc_test.CalculatorService/Add";

/// More than all sockets on the way hold.
const LARGE: u64 = 12 << 20;

/// A call of `LARGE` bytes that is cancelled soon, on a way that is closed behind its first bytes.
struct Stuck {
    served: Served,
    way: Way,
    args: Vec<String>,
}

impl Stuck {
    fn new(served: &[&str], more: &[&str]) -> Stuck {
        Self::on("tokio", served, more)
    }

    fn on(runtime: &'static str, served: &[&str], more: &[&str]) -> Stuck {
        let served = Served::on(runtime, served);
        let way = Way::to(&served.addr);
        let file = served.dir.path("large");
        File::create(&file).unwrap().set_len(LARGE).unwrap();
        let args = ["call", &way.addr, PUSH, "--data", r#"{"sidecar_indexes": [0]}"#];
        let args = [
            &args[..],
            // Enough for a part of it to leave.
            &["--sidecar", &file, "--cancel-after", "500ms"],
            &["--runtime", runtime],
            more,
        ]
        .concat();
        let args = args.into_iter().map(str::to_owned).collect();
        Stuck { served, way, args }
    }

    fn start(&self) -> Started {
        let mut child = command()
            .args(&self.args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let err = BufReader::new(child.stderr.take().expect("piped"));
        Started { child, out, err }
    }
}

struct Started {
    child: Child,
    out: BufReader<ChildStdout>,
    err: BufReader<ChildStderr>,
}

impl Started {
    /// What it prints up to this line.
    fn until(&mut self, beginning: &str) -> String {
        until(&mut self.out, beginning)
    }

    /// Waits for the end, and returns what else it prints.
    #[track_caller]
    fn end(mut self) -> String {
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).expect("it prints UTF-8");
        self.err.read_to_string(&mut err).expect("it prints UTF-8");
        assert!(self.child.wait().expect("it ends").success(), "{out}{err}");
        out
    }
}

#[track_caller]
fn until(lines: &mut impl BufRead, beginning: &str) -> String {
    let mut text = String::new();
    while !text.lines().any(|line| line.starts_with(beginning)) {
        let n = lines.read_line(&mut text).expect("it prints UTF-8");
        assert!(n > 0, "it ended without '{beginning}': {text}");
    }
    text
}

/// The number in front of a word.
#[track_caller]
fn number(text: &str, word: &str) -> u64 {
    let before = text.split_once(word).unwrap_or_else(|| panic!("no '{word}' in {text}")).0;
    let number = before.split_whitespace().last().expect("a number");
    number.parse().unwrap_or_else(|_| panic!("'{number}' in {text}"))
}

#[test]
fn by_its_footer_and_the_connection_lives() {
    on_each_runtime(|runtime| {
        let stuck = Stuck::on(runtime, &[], &[]);
        let mut call = stuck.start();
        let text = call.until("released ");
        assert!(text.contains("PushStringsFast cancelled after "), "{text}");
        assert!(text.contains("\nit was      in mid-transmission\n"), "{text}");
        let (sent, filler) = (number(&text, " of "), number(&text, " bytes of filler"));
        let all = number(&text, " bytes\n");
        assert!(sent > 0 && filler > 0 && all > LARGE, "{text}");
        // Between what was sent and the filler there may be the rest of a header; behind it, a footer.
        assert!((sent + filler..sent + filler + 1_000).contains(&all), "{text}");
        stuck.way.open();
        let rest = call.end();
        assert!(
            rest.starts_with("connection  lives: the next call was answered on it in"),
            "{rest}"
        );
    });
}

#[test]
fn what_is_not_known_is_not_said() {
    // Nobody reads: the next call is not answered either.
    let stuck = Stuck::new(&[], &["--timeout", "2s", "--json"]);
    let told: Value = serde_json::from_str(&stuck.start().end()).unwrap();
    assert_eq!(told["outcome"], "aborted", "{told}");
    assert_eq!(told["connection_lived"], Value::Null, "{told}");
    assert_eq!((&told["cut_bytes"], &told["next_call_ms"]), (&0.into(), &Value::Null), "{told}");
    assert!(told["filler_bytes"].as_u64().unwrap() > 0, "{told}");
    assert!(told["release_ms"].as_f64().unwrap() >= 0.0, "{told}");
    let again = Stuck::new(&[], &["--timeout", "2s"]);
    let text = again.start().end();
    assert!(
        text.ends_with("connection  not known: the next call was not answered within --timeout\n")
    );
}

#[test]
fn by_a_cut_without_footers() {
    on_each_runtime(|runtime| {
        // Either side may be without.
        for (served, more) in
            [(&[][..], &["--footers", "off"][..]), (&["--footers", "off"], &["--grace", "0s"])]
        {
            let text = Stuck::on(runtime, served, more).start().end();
            let (sent, cut) = (number(&text, " of "), number(&text, " bytes are never sent"));
            assert!(sent > 0 && sent + cut == number(&text, " bytes\n"), "{text}");
            let last = text.lines().last().unwrap();
            assert!(
                last.starts_with("connection  gone: the next call was answered on a new"),
                "{text}"
            );
        }
    });
}

#[test]
fn by_closing_the_connection() {
    on_each_runtime(|runtime| {
        let more = ["--footers", "off", "--on-cancel", "close", "--json"];
        let told: Value =
            serde_json::from_str(&Stuck::on(runtime, &[], &more).start().end()).unwrap();
        assert_eq!(
            (&told["outcome"], &told["place"]),
            (&"cut".into(), &"in mid-transmission".into())
        );
        assert_eq!(told["connection_lived"], false);
        let part = |name: &str| told[name].as_u64().unwrap();
        assert_eq!(part("sent_bytes") + part("cut_bytes"), part("bytes"));
    });
}

#[test]
fn not_before_it_is_sent_if_it_is_to_be_kept() {
    on_each_runtime(|runtime| {
        let stuck = Stuck::on(runtime, &[], &["--footers", "off", "--on-cancel", "keep"]);
        let mut call = stuck.start();
        let said = until(&mut call.err, "cancelled after ");
        assert!(said.contains("its payload is still held"), "{said}");
        stuck.way.open();
        let text = call.end();
        assert!(text.contains("it was      in mid-transmission\n"), "{text}");
        assert!(text.contains("sent all the same; the server executes it\n"), "{text}");
        assert!(text.contains("connection  lives"), "{text}");
        let all = number(&text, " bytes\n");
        assert_eq!(number(&text, " of "), all, "{text}");

        let stuck = Stuck::on(
            runtime,
            &[],
            &["--footers", "off", "--on-cancel", "keep", "--timeout", "2s"],
        );
        let args: Vec<_> = stuck.args.iter().map(String::as_str).collect();
        krpc(&args).fails(1, &["cancelled", "not taken all of it within --timeout", "drain"]);
        drop(stuck.served);
    });
}

#[test]
fn when_it_is_sent_the_server_is_not_told() {
    Served::on_each(&[], |served| {
        let data = r#"{"sleep_micros": 30000000}"#;
        let args = ["call", &served.addr, SLEEP, "--data", data, "--cancel-after", "1s"];
        let text = served.krpc(&args).ok();
        for part in [
            "Sleep cancelled after ",
            "sent, waiting for its reply",
            "none: the server executes it",
            "before the cancel",
            "connection  lives",
        ] {
            assert!(text.contains(part), "no '{part}' in {text}");
        }
        let told = served.krpc(&[&args[..], &["--json"]].concat()).json();
        assert_eq!((&told["outcome"], &told["connection_lived"]), (&"sent".into(), &true.into()));
        assert_eq!(told["sent_bytes"], told["bytes"]);
        assert_eq!(told["release_ms"], 0.0);
    });
}

#[test]
fn a_reply_that_comes_before_is_a_reply() {
    let served = Served::new(&[]);
    let args = ["call", &served.addr, ADD, "--data", r#"{"x": 1, "y": 2}"#, "--cancel-after", "9s"];
    let ran = krpc(&args);
    assert!(ran.err.contains("done before"), "{ran:?}");
    assert_eq!(ran.json()["result"], 3);
    // So is an error.
    let data = r#"{"sleep_micros": 0, "return_app_error": true}"#;
    let ran = krpc(&["call", &served.addr, SLEEP, "--data", data, "--cancel-after", "9s"]);
    ran.fails(1, &["done before", "Got some error"]);
}

#[test]
fn options_that_contradict_each_other_are_named() {
    let call = |more: &[&str]| {
        let args = ["call", "nowhere", ADD, "--data", r#"{"x": 1, "y": 2}"#];
        krpc(&[&args[..], more].concat())
    };
    call(&["--cancel-after", "10s"])
        .fails(2, &["--cancel-after 10s must be less than --timeout 10s"]);
    for policy in ["keep", "close"] {
        call(&["--cancel-after", "1s", "--on-cancel", policy, "--grace", "1s"])
            .fails(2, &["--grace is for --on-cancel drain", policy]);
    }
    krpc(&["call", "nowhere", "--cancel-after", "1s"]).fails(2, &["SERVICE/METHOD"]);
    for (more, part) in [
        (&["--on-cancel", "drain"][..], "--cancel-after"),
        (&["--grace", "1s"], "--cancel-after"),
        (&["--cancel-after", "5"], "unit"),
        (&["--cancel-after", "0s"], "longer than zero"),
        (&["--cancel-after", "1s", "--grace", "5"], "unit"),
        (&["--cancel-after", "1s", "--on-cancel", "stop"], "drain, keep, close"),
        (&["--footers", "on"], "auto, off, flag4"),
    ] {
        let ran = call(more);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(part), "no '{part}' in {ran:#?}");
    }
}
