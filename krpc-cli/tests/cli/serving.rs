//! `krpc serve` and `krpc demo` themselves: TLS modes, signals, what they print.

use std::io::Read;
use std::net::TcpStream;

use super::run::{Dir, RUNTIMES, Served, krpc, on_each_runtime, start_sleep};

/// A folder with a certificate of its own and its key.
fn certified() -> (Dir, String, String) {
    let dir = Dir::new();
    let made = rcgen::generate_simple_self_signed(vec!["krpc.test".into()]).unwrap();
    let cert = dir.write("cert.pem", made.cert.pem());
    let key = dir.write("key.pem", made.signing_key.serialize_pem());
    (dir, cert, key)
}

#[test]
fn tls_is_shown_for_what_it_is() {
    on_each_runtime(|runtime| {
        let (_dir, cert, key) = certified();
        let served = Served::on(runtime, &["--cert", &cert, "--key", &key]);
        let addr = served.addr.as_str();

        let out = served.krpc(&["negotiate", addr]).ok();
        assert!(out.contains("TLS ended with its handshake"), "{out}");
        let out = served.krpc(&["negotiate", addr, "--loopback-encryption"]).ok();
        for part in [
            "encrypted, server not authenticated",
            "TLSv1.3",
            "in TLS",
            "TLS_HANDSHAKE",
            "subject",
            "sha256",
        ] {
            assert!(out.contains(part), "no '{part}' in {out}");
        }
        let out = served.krpc(&["negotiate", addr, "--loopback-encryption", "--ca", &cert]).ok();
        assert!(out.contains("encrypted, server authenticated"), "{out}");
        let out = served.krpc(&["negotiate", addr, "--tls", "disabled"]).ok();
        assert!(!out.contains("TLS_HANDSHAKE") && out.contains("none: not encrypted"), "{out}");
        let json = served
            .krpc(&["negotiate", addr, "--ca", &cert, "--loopback-encryption", "--json"])
            .json();
        assert_eq!(
            (&json["encrypted"], &json["server_authenticated"]),
            (&true.into(), &true.into())
        );
        assert_eq!(json["tls"]["certificate"]["sha256"].as_str().unwrap().len(), 64);

        let (_dir, other, _) = certified();
        served
            .krpc(&["status", addr, "--ca", &other])
            .fails(1, &["TLS failed: the peer's certificate ", "--ca"]);
    });
}

/// What is served here is said by `serve`: on this host the handshake is all that TLS does.
#[test]
fn loopback_in_the_clear_is_said() {
    let (dir, cert, key) = certified();
    let args = ["--cert", &cert, "--key", &key, "--tls", "required"];
    let out = Served::in_dir(dir, &args).signal("TERM").ok();
    let line = out.lines().find(|line| line.starts_with("TLS ")).unwrap();
    for part in ["TLS required", "within this host", "in the clear", "--loopback-encryption"] {
        assert!(line.contains(part), "no '{part}' in {line}");
    }
    let (dir, cert, key) = certified();
    let args = ["--cert", &cert, "--key", &key, "--tls", "required", "--loopback-encryption"];
    let out = Served::in_dir(dir, &args).signal("TERM").ok();
    assert!(out.contains("\nTLS required\n"), "{out}");
}

#[test]
fn required_tls_is_required_of_both_sides() {
    let (dir, cert, key) = certified();
    let served = Served::in_dir(dir, &["--cert", &cert, "--key", &key, "--tls", "required"]);
    krpc(&["status", &served.addr]).ok();
    krpc(&["status", &served.addr, "--tls", "disabled"])
        .fails(1, &["client does not support required TLS encryption", "--tls"]);
    let plain = Served::new(&[]);
    krpc(&["status", &plain.addr, "--tls", "required"])
        .fails(1, &["server does not support required TLS encryption", "--tls optional"]);
}

#[test]
fn flags_are_kudus_names_for_our_settings() {
    let served = Served::new(&["--loopback-encryption"]);
    let flags = krpc(&["call", &served.addr, "GenericService/GetFlags"]).json();
    let flags = flags["flags"].as_array().unwrap();
    assert_eq!(flags.len(), 1, "{flags:?}");
    assert_eq!(flags[0]["name"], "rpc_encrypt_loopback_connections");
    assert_eq!(flags[0]["value"], "true");

    let all = ["call", &served.addr, "GenericService/GetFlags", "--data", r#"{"all_flags": true}"#];
    let flags = krpc(&all).json();
    let flags = flags["flags"].as_array().unwrap().iter();
    let value = |name: &str| {
        let flag = flags.clone().find(|flag| flag["name"] == name);
        flag.map(|flag| (flag["value"].as_str().unwrap(), flag["is_default_value"] == true))
    };
    // There are no service threads, so there is no number of them.
    assert_eq!(value("rpc_num_service_threads"), None);
    assert_eq!(value("rpc_service_queue_length"), Some(("50", true)));
    assert_eq!(value("rpc_max_message_size"), Some(("52428800", true)));
    assert_eq!(value("rpc_negotiation_timeout_ms"), Some(("3000", true)));
    assert_eq!(value("rpc_encryption"), Some(("optional", true)));

    let served = Served::new(&["--negotiation-timeout", "5s"]);
    let flags = krpc(&["call", &served.addr, "GenericService/GetFlags"]).json();
    assert_eq!(flags["flags"].as_array().unwrap().len(), 1, "{flags:?}");
    assert_eq!(flags["flags"][0]["name"], "rpc_negotiation_timeout_ms");
    assert_eq!(flags["flags"][0]["value"], "5000");
    // And it is so: to one who says nothing the server says no more than that it is over.
    let mut silent = TcpStream::connect(&served.addr).unwrap();
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
}

#[test]
fn as_many_calls_wait_as_it_is_told() {
    Served::on_each(&["--queue-length", "1024"], |served| {
        let flags = served.krpc(&["call", &served.addr, "GenericService/GetFlags"]).json();
        let queue = &flags["flags"][0];
        assert_eq!(queue["name"], "rpc_service_queue_length");
        assert_eq!(queue["value"], "1024");
        // All of them on one connection, so that they come in one go.
        let bench = ["bench", &served.addr, "--mode", "async", "--seconds", "1", "--json"];
        for more in [&[][..], &["--payload", "10"]] {
            let all = [&bench[..], &["--outstanding", "1024"], more].concat();
            assert_eq!(served.krpc(&all).json()["calls"]["failed"], 0);
        }
    });
    on_each_runtime(|runtime| {
        let served = Served::counting(runtime, &["--queue-length", "1", "--concurrency", "1"]);
        let mut sleeps = [0; 2].map(|_| start_sleep(&served, 60_000_000));
        let add = ["call", &served.addr, "CalculatorService/Add", "--data", r#"{"x": 1, "y": 2}"#];
        served.krpc(&add).fails(1, &["dropped due to backpressure"]);
        for sleep in &mut sleeps {
            sleep.kill().unwrap();
            sleep.wait().unwrap();
        }
    });
    for (option, range) in [("--queue-length", "1..=1000000"), ("--concurrency", "1..=10000")] {
        let ran = krpc(&["serve", "127.0.0.1:0", option, "0"]);
        assert!(ran.code == 2 && ran.err.contains(option) && ran.err.contains(range), "{ran:?}");
    }
}

#[test]
fn signals_end_it_cleanly() {
    for (name, runtime) in RUNTIMES.into_iter().flat_map(|on| [("INT", on), ("TERM", on)]) {
        let ran = Served::on(runtime, &[]).signal(name);
        assert_eq!(ran.code, 0, "{ran:?}");
        for part in
            ["listening on 127.0.0.1:", "serving kudu.master.MasterService: Ping", "stopped"]
        {
            assert!(ran.out.contains(part), "no '{part}' in {ran:?}");
        }
    }
}

#[test]
fn a_call_in_hand_is_answered_before_the_end() {
    on_each_runtime(|runtime| {
        let served = Served::counting(runtime, &[]);
        let sleep = start_sleep(&served, 2_000_000);
        let ran = served.signal("TERM");
        assert!(ran.out.ends_with("stopped\n"), "{ran:?}");
        let ended = sleep.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "the call was cut off");
    });
}

#[test]
fn calls_that_are_cut_off_are_counted() {
    on_each_runtime(|runtime| {
        let served = Served::counting(runtime, &[]);
        let mut sleep = start_sleep(&served, 60_000_000);
        // The second signal is impatience.
        let ran = served.signals(&["TERM", "TERM"]);
        let said = "stopped at once: 1 connection was cut off\n";
        assert!(ran.out.ends_with(said), "{ran:?}");
        assert!(!sleep.wait().unwrap().success());
    });
}

#[test]
fn an_address_in_use_is_named() {
    let served = Served::new(&[]);
    let ran = krpc(&["serve", &served.addr]);
    assert_eq!(ran.err.matches("cannot listen").count(), 1, "{ran:?}");
    assert!(!ran.err.contains("expected"), "{ran:?}");
    let at = format!("cannot listen at '{}'", served.addr);
    ran.fails(1, &[&at, "in use", "port 0"]);

    let dir = Dir::new();
    let path = dir.path("krpc.sock");
    let _served = Served::in_dir(dir, &["--unix", &path]);
    for args in [&["127.0.0.1:0", "--unix", &path][..], &[&format!("unix:{path}")]] {
        let ran = krpc(&[&["serve"], args].concat());
        assert!(!ran.err.contains("port"), "{ran:?}");
        ran.fails(1, &[&format!("cannot listen at 'unix:{path}'"), "in use", "another path"]);
    }
}

#[test]
fn demo_shows_everything() {
    for runtime in RUNTIMES {
        shows_everything(&krpc(&["demo", "--runtime", runtime]).ok());
    }
}

#[track_caller]
fn shows_everything(out: &str) {
    for part in [
        "TLSv1.3",
        "encrypted, server authenticated",
        "5, in",
        "\"hello\"",
        "Got some error",
        "alice is not allowed",
        "MiB/s",
        "imed out",
        "cancelled after",
        "42, in",
        "MiB at most",
        "the server has accepted 1",
        "Done in",
    ] {
        assert!(out.contains(part), "no '{part}' in {out}");
    }
}
