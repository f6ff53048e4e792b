//! `krpc serve` and `krpc demo` themselves: TLS modes, signals, what they print.

use std::time::{Duration, Instant};

use super::run::{Dir, Served, command, krpc};

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
    let (dir, cert, key) = certified();
    let served = Served::in_dir(dir, &["--cert", &cert, "--key", &key]);
    let addr = served.addr.as_str();

    let out = krpc(&["negotiate", addr]).ok();
    assert!(out.contains("TLS ended with its handshake"), "{out}");
    let out = krpc(&["negotiate", addr, "--loopback-encryption"]).ok();
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
    let out = krpc(&["negotiate", addr, "--loopback-encryption", "--ca", &cert]).ok();
    assert!(out.contains("encrypted, server authenticated"), "{out}");
    let out = krpc(&["negotiate", addr, "--tls", "disabled"]).ok();
    assert!(!out.contains("TLS_HANDSHAKE") && out.contains("none: not encrypted"), "{out}");
    let json = krpc(&["negotiate", addr, "--ca", &cert, "--loopback-encryption", "--json"]).json();
    assert_eq!((&json["encrypted"], &json["server_authenticated"]), (&true.into(), &true.into()));
    assert_eq!(json["tls"]["certificate"]["sha256"].as_str().unwrap().len(), 64);

    let (_dir, other, _) = certified();
    krpc(&["status", addr, "--ca", &other]).fails(1, &["TLS", "--ca"]);
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
}

#[test]
fn signals_end_it_cleanly() {
    for name in ["INT", "TERM"] {
        let ran = Served::new(&[]).signal(name);
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
    let served = Served::new(&[]);
    let sleep = command()
        .args(["call", &served.addr, "kudu.rpc_test.CalculatorService/Sleep", "--data"])
        .arg(r#"{"sleep_micros": 1000000}"#)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(400));
    let ran = served.signal("TERM");
    assert!(ran.out.ends_with("stopped\n"), "{ran:?}");
    let ended = sleep.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "the call was cut off");
}

#[test]
fn an_address_in_use_is_named() {
    let served = Served::new(&[]);
    krpc(&["serve", &served.addr]).fails(1, &["cannot listen on", &served.addr, "port 0"]);
}

#[test]
fn demo_shows_everything_in_ten_seconds() {
    let began = Instant::now();
    let out = krpc(&["demo"]).ok();
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
        "Done in",
    ] {
        assert!(out.contains(part), "no '{part}' in {out}");
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
