//! What can be said without a server: help, listings, and mistakes on the command line.

use super::run::{Dir, krpc};

#[test]
fn help_has_examples_for_every_command() {
    for command in ["ping", "negotiate", "status", "call", "kudu", "serve"] {
        let out = krpc(&[command, "--help"]).ok();
        assert!(out.contains("Examples:"), "{command}: {out}");
        assert!(out.contains(&format!("krpc {command}")), "{command}: {out}");
    }
    let out = krpc(&["--help"]).ok();
    for part in ["Examples:", "Exit status", "demo", "serve"] {
        assert!(out.contains(part), "{out}");
    }
}

#[test]
fn wrong_command_lines_exit_with_2_and_say_why() {
    for (args, part) in [
        (&["statsu", "h"][..], "status"),
        (&["ping"], "ADDR"),
        (&["ping", "h:99999"], "port"),
        (&["ping", "h", "--timeout", "5"], "unit"),
        (&["ping", "h", "--tls", "maybe"], "optional"),
        (&["kudu", "tables", "a,,b"], "empty"),
        (&["kudu", "schema", "a"], "TABLE"),
        (&["serve", "h", "--key", "k"], "--cert"),
    ] {
        let ran = krpc(args);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(part), "no '{part}' in {ran:#?}");
    }
}

#[test]
fn call_lists_services_and_describes_one() {
    let out = krpc(&["call", "nowhere"]).ok();
    for part in [
        "kudu.server.GenericService",
        "kudu.master.MasterService",
        "kudu.tserver.TabletServerService",
        "kudu.rpc_test.CalculatorService",
        "kudu.rpc.GenericCalculatorService",
        "ListTables (ListTablesRequestPB) -> ListTablesResponsePB",
    ] {
        assert!(out.contains(part), "no '{part}' in {out}");
    }
    let out = krpc(&["call", "nowhere", "GenericService"]).ok();
    for part in [
        "SetFlag",
        "flag: required string",
        "result: required kudu.server.SetFlagResponsePB.Result",
    ] {
        assert!(out.contains(part), "no '{part}' in {out}");
    }
    let listed = krpc(&["call", "nowhere", "--json"]).json();
    let services = listed.as_array().unwrap();
    assert!(services.iter().any(|s| s["service"] == "kudu.rpc_test.CalculatorService"
        && s["methods"].as_array().unwrap().len() == 8));
}

#[test]
fn misspelt_service_says_what_exists() {
    krpc(&["call", "nowhere", "GenericServic/GetStatus"]).fails(
        2,
        &[
            "'GenericServic'",
            "did you mean 'kudu.server.GenericService'",
            "kudu.master.MasterService",
            "--proto",
        ],
    );
}

#[test]
fn misspelt_method_says_what_exists() {
    krpc(&["call", "nowhere", "GenericService/GetStats"])
        .fails(2, &["'GetStats'", "did you mean 'GetStatus'?", "ServerClock"]);
}

#[test]
fn misspelt_field_says_what_exists() {
    krpc(&["call", "nowhere", "GenericService/GetFlags", "--data", r#"{"flag": []}"#])
        .fails(2, &["'flag'", "did you mean 'flags'?", "all_flags, tags, flags"]);
}

#[test]
fn unusable_requests_and_files_are_named() {
    let add = "CalculatorService/Add";
    krpc(&["call", "nowhere", "kudu.rpc_test.CalculatorService/Add"])
        .fails(2, &["requires", "x, y"]);
    let add = format!("kudu.rpc_test.{add}");
    krpc(&["call", "nowhere", &add, "--data", "{"]).fails(2, &["not JSON"]);
    krpc(&["call", "nowhere", &add, "--data", r#"{"x": -1, "y": 0}"#]).fails(2, &["does not fit"]);
    krpc(&["call", "nowhere", &add, "--data", "@/nonexistent"]).fails(2, &["/nonexistent"]);
    let data = r#"{"x": 1, "y": 2}"#;
    krpc(&["call", "nowhere", &add, "--data", data, "--sidecar", "/nonexistent"])
        .fails(2, &["/nonexistent"]);
    krpc(&["call", "nowhere", "--proto", "/nonexistent.proto"]).fails(2, &["/nonexistent.proto"]);
    krpc(&["status", "nowhere", "--ca", "/nonexistent.pem"]).fails(2, &["/nonexistent.pem"]);
    krpc(&["status", "nowhere", "--ca", "x", "--tls", "disabled"]).fails(2, &["--tls disabled"]);
}

#[test]
fn a_broken_proto_file_is_named() {
    let dir = Dir::new();
    let file = dir.write("broken.proto", "syntax = \"proto2\"; message {");
    krpc(&["call", "nowhere", "--proto", &file]).fails(2, &["broken.proto"]);
}

#[test]
fn a_server_needs_a_certificate_for_required_tls() {
    krpc(&["serve", "127.0.0.1:0", "--tls", "required"]).fails(2, &["--cert"]);
    let dir = Dir::new();
    let (cert, key) = (dir.write("c.pem", "x"), dir.write("k.pem", "x"));
    krpc(&["serve", "127.0.0.1:0", "--cert", &cert, "--key", &key])
        .fails(2, &["c.pem", "certificate"]);
}
