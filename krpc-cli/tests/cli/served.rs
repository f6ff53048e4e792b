//! Every client command against `krpc serve`.

use super::run::{Dir, Ran, Served, krpc, krpc_with_input, login_name, on_each_runtime};

fn call(served: &Served, method: &str, data: &str, more: &[&str]) -> Ran {
    let mut args = vec!["call", &served.addr, method, "--data", data];
    args.extend(more);
    served.krpc(&args)
}

const ADD: &str = "kudu.rpc_test.CalculatorService/Add";
const SLEEP: &str = "kudu.rpc_test.CalculatorService/Sleep";

#[test]
fn ping_tells_the_three_times_apart() {
    Served::on_each(&[], |served| {
        let out = served.krpc(&["ping", &served.addr]).ok();
        for part in [&served.addr, "connect ", "negotiation ", "call ", "not encrypted"] {
            assert!(out.contains(part), "no '{part}' in {out}");
        }
        assert_eq!(out.lines().count(), 1, "{out}");
        let out = served.krpc(&["ping", &served.addr, "--count", "3"]).ok();
        assert!(out.contains("mean") && out.lines().count() == 8, "{out}");
        let json = served.krpc(&["ping", &served.addr, "--count", "3", "--json"]).json();
        assert_eq!(json["rounds"].as_array().unwrap().len(), 3);
        assert!(json["rounds"][0]["negotiation_ms"].as_f64().unwrap() > 0.0);
    });
}

#[test]
fn negotiate_shows_every_step() {
    Served::on_each(&[], |served| {
        let out = served.krpc(&["negotiate", &served.addr, "--user", "carol"]).ok();
        for part in [
            "-> preamble",
            "7 bytes",
            "-> NEGOTIATE",
            "<- NEGOTIATE",
            "-> SASL_INITIATE",
            "<- SASL_SUCCESS",
            "-> connection context",
            "APPLICATION_FEATURE_FLAGS",
            "not encrypted",
            "PLAIN as user carol",
        ] {
            assert!(out.contains(part), "no '{part}' in {out}");
        }
        let json = served.krpc(&["negotiate", &served.addr, "--json"]).json();
        let steps = json["steps"].as_array().unwrap();
        assert_eq!(steps[0]["message"], "preamble");
        assert_eq!(steps.len(), 6);
        assert_eq!((&json["encrypted"], &json["user"]), (&false.into(), &login_name().into()));
    });
}

#[test]
fn verbose_shows_the_negotiation_beside_the_answer() {
    Served::on_each(&[], |served| {
        let ran = served.krpc(&["status", &served.addr, "-v"]);
        assert!(ran.err.contains("<- SASL_SUCCESS"), "{ran:?}");
        assert!(!ran.out.contains("SASL"), "{ran:?}");
        assert!(ran.ok().starts_with("node_instance {\n  permanent_uuid: \""));
    });
}

#[test]
fn status_is_kudus_text_or_json() {
    Served::on_each(&[], |served| {
        let out = served.krpc(&["status", &served.addr]).ok();
        assert!(out.contains("bound_rpc_addresses {\n  host: \"127.0.0.1\"\n  port: "), "{out}");
        assert!(out.contains("version_string: \"krpc "), "{out}");
        let json = served.krpc(&["status", &served.addr, "--json"]).json();
        let port = json["bound_rpc_addresses"][0]["port"].as_u64().unwrap();
        assert!(served.addr.ends_with(&format!(":{port}")));
        assert_eq!(json["node_instance"]["permanent_uuid"].as_str().unwrap().len(), 32);
    });
}

#[test]
fn call_takes_json_from_anywhere() {
    Served::on_each(&[], |served| {
        let data = r#"{"x": 40, "y": 2}"#;
        assert_eq!(call(served, ADD, data, &[]).json()["result"], 42);
        let file = served.dir.write("add.json", data);
        assert_eq!(call(served, ADD, &format!("@{file}"), &[]).json()["result"], 42);
        let args = ["call", &served.addr, ADD, "--data", "-"];
        assert_eq!(krpc_with_input(&args, data).json()["result"], 42);
        let whole = call(served, ADD, data, &["--json"]).json();
        assert_eq!(whole["reply"]["result"], 42);
        assert!(whole["ms"].as_f64().unwrap() > 0.0);
    });
}

#[test]
fn call_takes_a_proto_file() {
    Served::on_each(&[], |served| {
        let file = served.dir.write(
            "mine.proto",
            "syntax = 'proto2'; package kudu.rpc_test;
         message A { required uint32 x = 1; required uint32 y = 2; }
         message B { required uint32 result = 1; }
         service CalculatorService { rpc Add(A) returns (B); rpc Nothing(A) returns (B); }",
        );
        let data = r#"{"x": 1, "y": 2}"#;
        let proto = ["--proto", file.as_str()];
        assert_eq!(call(served, ADD, data, &proto).json()["result"], 3);
        let nothing = "kudu.rpc_test.CalculatorService/Nothing";
        call(served, nothing, data, &proto).fails(1, &["Nothing", &served.addr, "version"]);
    });
}

#[test]
fn features_are_required_of_the_server() {
    Served::on_each(&[], |served| {
        let data = r#"{"x": 1, "y": 2}"#;
        call(served, ADD, data, &["--feature", "1"]).ok();
        call(served, ADD, data, &["--feature", "1", "--feature", "100"])
            .fails(1, &["unsupported feature flags", "leave out the feature"]);
        let master = "MasterService/ConnectToMaster";
        let answer = call(served, master, "{}", &["--feature", "3"]).json();
        assert_eq!(answer["role"], "LEADER");
    });
}

#[test]
fn application_errors_come_with_their_extension() {
    Served::on_each(&[], |served| {
        call(served, SLEEP, r#"{"sleep_micros": 0, "return_app_error": true}"#, &[])
            .fails(1, &["Got some error", "some application-specific error data"]);
    });
}

#[test]
fn authorization_is_by_user_and_method() {
    Served::on_each(&[], |served| {
        let (add, sleep) = (r#"{"x": 1, "y": 2}"#, r#"{"sleep_micros": 1}"#);
        let refused = "is not allowed to call this method";
        call(served, ADD, add, &["--user", "alice"])
            .fails(1, &["Not authorized: alice", refused, "--user"]);
        call(served, SLEEP, sleep, &["--user", "alice"]).ok();
        call(served, SLEEP, sleep, &["--user", "bob"]).fails(1, &["Not authorized: bob", refused]);
        call(served, ADD, add, &["--user", "bob"]).ok();
    });
}

#[test]
fn a_deadline_ends_the_call_and_only_that() {
    Served::on_each(&[], |served| {
        call(served, SLEEP, r#"{"sleep_micros": 60000000}"#, &["--timeout", "2s"])
            .fails(1, &["Sleep", "imed out", "--timeout"]);
        served.krpc(&["status", &served.addr]).ok();
    });
}

#[test]
fn a_reply_without_its_required_field_fails_the_call() {
    Served::on_each(&[], |served| {
        let method = "kudu.rpc_test.CalculatorService/TestInvalidResponse";
        call(served, method, r#"{"error_type": "MISSING_REQUIRED_FIELD"}"#, &[])
            .fails(1, &["missing fields: response"]);
        // Too large to be sent: the server says so instead of dropping the connection.
        call(served, method, r#"{"error_type": "RESPONSE_TOO_LARGE"}"#, &[])
            .fails(1, &["TestInvalidResponse"]);
    });
}

#[test]
fn a_handler_that_panics_fails_its_call_and_nothing_else() {
    Served::on_each(&[], |served| {
        call(served, "kudu.rpc_test.CalculatorService/Panic", "{}", &[]).fails(1, &["Panic"]);
        assert_eq!(call(served, ADD, r#"{"x": 1, "y": 2}"#, &[]).json()["result"], 3);
    });
}

#[test]
fn sidecars_go_out_and_come_back() {
    Served::on_each(&[], |served| {
        let files = [served.dir.write("a", "123456789"), served.dir.write("b", "")];
        let push = "GenericCalculatorService/PushStrings";
        let data = r#"{"sidecar_indexes": [0, 1]}"#;
        let more = ["--sidecar", files[0].as_str(), "--sidecar", files[1].as_str()];
        let answer = call(served, push, data, &more).json();
        assert_eq!(answer["sizes"], serde_json::json!([9, 0]));
        // The check value of CRC-32C.
        assert_eq!(answer["crcs"], serde_json::json!([0xe306_9283_u32, 0]));
        call(served, push, r#"{"sidecar_indexes": [7]}"#, &more).fails(1, &["Index 7"]);

        let send = "GenericCalculatorService/SendTwoStrings";
        let data = r#"{"random_seed": 1, "size1": 1000, "size2": 3}"#;
        let out = served.dir.path("out");
        let whole = call(served, send, data, &["--json", "--out-sidecars", &out]).json();
        assert_eq!(whole["sidecars"][1]["bytes"], 3);
        assert_eq!(std::fs::read(format!("{out}/0")).unwrap().len(), 1000);
        let ran = call(served, send, data, &[]);
        assert!(ran.err.contains("2 sidecars of 1003 bytes"), "{ran:?}");
        call(served, send, r#"{"random_seed": 1, "size1": 99999999999, "size2": 3}"#, &[])
            .fails(1, &["52428800 bytes"]);
    });
}

#[test]
fn kudu_commands_find_the_leader_and_show_an_empty_cluster() {
    Served::on_each(&[], |served| {
        let masters = served.krpc(&["kudu", "masters", &served.addr]).ok();
        assert!(masters.contains("LEADER") && masters.contains(&served.addr), "{masters}");
        assert_eq!(
            served.krpc(&["kudu", "tables", &served.addr]).ok(),
            "the cluster has no tables\n"
        );
        assert_eq!(
            served.krpc(&["kudu", "tservers", &served.addr]).ok(),
            "the cluster has no tablet servers\n"
        );
        let json = served.krpc(&["kudu", "masters", &served.addr, "--json"]).json();
        assert_eq!(json["masters"][0]["role"], "LEADER");
        assert_eq!(
            served.krpc(&["kudu", "tables", &served.addr, "--filter", "zzz\u{1b}"]).ok(),
            "no table's name contains 'zzz\\u{1b}'\n"
        );
        served
            .krpc(&["kudu", "schema", &served.addr, "sales"])
            .fails(1, &["TABLE_NOT_FOUND", "sales", "krpc kudu tables"]);
        // One master of two that answers is enough if it leads.
        let two = format!("127.0.0.1:1,{}", served.addr);
        assert_eq!(served.krpc(&["kudu", "tables", &two]).ok(), "the cluster has no tables\n");
        served
            .krpc(&["kudu", "tables", "127.0.0.1:1"])
            .fails(1, &["cannot connect to 127.0.0.1:1"]);
    });
}

/// The loopback address does not look at the zone, but it has to get there.
#[test]
fn addresses_may_have_a_zone() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        println!("this machine has no IPv6 loopback");
        return;
    }
    let served = Served::at("[::1%1]:0", Dir::new(), &[]);
    let port = served.addr.rsplit(':').next().unwrap().to_owned();
    for host in ["[::1%1]", "[::1]"] {
        krpc(&["ping", &format!("{host}:{port}")]).ok();
    }
    krpc(&["status", "fe80::1%nowhere"]).fails(1, &["cannot resolve [fe80::1%nowhere]:7051"]);
}

#[test]
fn unix_sockets_work_for_both() {
    on_each_runtime(|runtime| {
        let dir = Dir::new();
        let path = dir.path("krpc.sock");
        let served = Served::on(runtime, &["--unix", &path]);
        let addr = format!("unix:{path}");
        assert!(served.krpc(&["ping", &addr]).ok().starts_with(&addr));
        let who = "kudu.rpc_test.CalculatorService/WhoAmI";
        let answer = served.krpc(&["call", &addr, who, "--user", "carol"]).json();
        assert!(answer["address"].as_str().unwrap().starts_with("unix:"), "{answer}");
        served
            .krpc(&["ping", "unix:/nonexistent/krpc.sock"])
            .fails(1, &["cannot connect", "path of the socket"]);
    });
}
