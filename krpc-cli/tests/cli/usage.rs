//! What can be said without a server: help, listings, and mistakes on the command line.

use super::run::{Dir, command, ended, krpc};

#[test]
fn help_has_examples_for_every_command() {
    for command in [
        "ping",
        "negotiate",
        "status",
        "call",
        "kudu",
        "kudu masters",
        "kudu tservers",
        "kudu tables",
        "kudu schema",
        "kudu scan",
        "serve",
        "demo",
        "soak",
        "bench",
        "proxy",
        "record",
        "completions",
    ] {
        let words: Vec<_> = command.split(' ').chain(["--help"]).collect();
        let out = krpc(&words).ok();
        let examples = out.split_once("Examples:").unwrap_or_else(|| panic!("{command}: {out}")).1;
        assert!(examples.contains(&format!("krpc {command}")), "{command}: {out}");
    }
    let out = krpc(&["--help"]).ok();
    for part in ["Examples:", "Exit status", "demo", "serve", "soak", "bench"] {
        assert!(out.contains(part), "{out}");
    }
}

/// Paragraphs are wrapped for the terminal at hand, and only for that.
#[test]
fn help_fills_its_lines() {
    for words in [
        &[][..],
        &["ping"],
        &["negotiate"],
        &["call"],
        &["kudu"],
        &["kudu", "scan"],
        &["kudu", "load"],
        &["serve"],
        &["soak"],
        &["bench"],
        &["proxy"],
        &["record"],
    ] {
        for columns in [80, 100] {
            let mut run = command();
            run.args(words).arg("--help").env("COLUMNS", columns.to_string());
            let out = ended(run.output().unwrap()).ok();
            let lines: Vec<_> = out.lines().collect();
            let prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
            for pair in lines.windows(2).filter(|pair| prose(pair[0]) && prose(pair[1])) {
                // The next word would not have fitted.
                let word = pair[1].split(' ').next().unwrap();
                let length = pair[0].len() + 1 + word.len();
                assert!(length > columns, "{words:?} at {columns}: '{}'", pair[0]);
            }
            assert!(lines.iter().all(|line| line.len() <= columns), "{words:?}: {out}");
            let examples = out.split_once("Examples:\n").unwrap().1.split("\n\n").next().unwrap();
            for line in examples.lines() {
                assert!(line.starts_with("  krpc "), "{words:?} at {columns}: '{line}'");
            }
        }
    }
}

#[test]
fn help_says_what_belongs_where_and_what_it_implies() {
    let out = krpc(&["kudu", "tables", "--help"]).ok();
    let (filter, heading) = (out.find("--filter").unwrap(), out.find("Connection:").unwrap());
    assert!(filter < heading, "{out}");
    let out = krpc(&["status", "--help"]).ok();
    let ca = out.split_once("--ca ").unwrap().1;
    let ca = &ca[..ca.find("  --").unwrap()];
    assert!(ca.contains("implies --tls required"), "{ca}");
}

#[test]
fn wrong_command_lines_exit_with_2_and_say_why() {
    for (args, part) in [
        (&["statsu", "h"][..], "status"),
        (&["ping"], "ADDR"),
        (&["ping", "h:99999"], "'99999' is not a port from 0 to 65535"),
        (&["ping", "127.0.0.1:"], "no port follows ':'"),
        (&["ping", "http://127.0.0.1:7051"], "an address has no http://"),
        (&["ping", "[fe80::1%]:7051"], "no zone follows '%'"),
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
    krpc(&["call", "nowhere", &add, "--data", r#"{"x": -1, "y": 0}"#])
        .fails(2, &["AddRequestPB.x must be a whole number from 0 to 4294967295 (uint32), not -1"]);
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
    krpc(&["call", "nowhere", "--proto", &file]).fails(2, &[&file, "broken.proto:1:28: "]);
    // A fault in an imported file is named by that file.
    dir.write("types.proto", "syntax = \"proto2\";\n\nmessage M { optional Nothing n = 1; }\n");
    let file = dir.write("root.proto", "syntax = \"proto2\";\nimport \"types.proto\";\n");
    krpc(&["call", "nowhere", "--proto", &file])
        .fails(2, &[&file, "types.proto:3:22: ", "'Nothing'"]);
    let file = dir.write("lost.proto", "syntax = \"proto2\";\nimport \"none.proto\";\n");
    krpc(&["call", "nowhere", "--proto", &file]).fails(2, &["lost.proto:2:1: ", "none.proto"]);
}

#[test]
fn methods_that_stream_are_refused() {
    let dir = Dir::new();
    let file = dir.write(
        "stream.proto",
        "syntax = 'proto2'; package s; message M {}
         service S { rpc Up(stream M) returns (M); rpc Down(M) returns (stream M); }",
    );
    for method in ["s.S/Up", "s.S/Down"] {
        let name = method.replace('/', ".");
        krpc(&["call", "nowhere", method, "--proto", &file])
            .fails(2, &[&name, "stream", "one request and one reply"]);
    }
}

#[test]
fn a_server_needs_a_certificate_for_required_tls() {
    krpc(&["serve", "127.0.0.1:0", "--tls", "required"]).fails(2, &["--cert"]);
    let dir = Dir::new();
    let (cert, key) = (dir.write("c.pem", "x"), dir.write("k.pem", "x"));
    krpc(&["serve", "127.0.0.1:0", "--cert", &cert, "--key", &key])
        .fails(2, &["c.pem", "certificate"]);
}
