//! What is generated from which `.proto` file, and what is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use krpc_build::{Builder, Error};
use tempfile::TempDir;

const HELLO: &str = r#"syntax = "proto2";
package example.hello;

import "kudu/rpc/rpc_header.proto";

message HelloRequest { required string name = 1; optional bytes raw = 2; }
message HelloReplyPB { required string text = 1; optional kudu.rpc.ErrorStatusPB error = 2; }

// Greets.
service Greeter {
  // Says hello.
  rpc SayHello(HelloRequest) returns (HelloReplyPB) {
    option (kudu.rpc.track_rpc_result) = true;
  }
  rpc SayNothing(HelloRequest) returns (HelloReplyPB) {
    option (kudu.rpc.authz_method) = "AuthorizeMute";
  }
}
"#;

/// A folder of `.proto` files.
struct Protos {
    folder: TempDir,
    files: Vec<PathBuf>,
}

impl Protos {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            paths.push(path);
        }
        Protos { folder, files: paths }
    }

    /// The code of each package, with single spaces only: line breaks are the formatter's affair.
    fn generate(&self, builder: &Builder) -> BTreeMap<String, String> {
        let packages = builder.generate(&self.files[..1], &[self.folder.path()]).unwrap();
        let words = |code: &str| code.split_whitespace().collect::<Vec<_>>().join(" ");
        packages.into_iter().map(|package| (package.name, words(&package.code))).collect()
    }

    fn error(&self) -> String {
        let result = krpc_build::configure().generate(&self.files[..1], &[self.folder.path()]);
        result.unwrap_err().to_string()
    }
}

#[track_caller]
fn assert_contains(code: &str, parts: &[&str]) {
    for part in parts {
        assert!(code.contains(part), "not there: {part}\nin: {code}");
    }
}

fn hello(builder: &Builder) -> String {
    let code = Protos::new(&[("hello.proto", HELLO)]).generate(builder);
    assert_eq!(code.keys().collect::<Vec<_>>(), ["example.hello"]);
    code["example.hello"].clone()
}

#[test]
fn a_service_becomes_client_trait_and_server() {
    let code = hello(&krpc_build::configure());
    assert_contains(
        &code,
        &[
            "pub mod greeter { use ::krpc_tokio::codegen;",
            "pub const SERVICE_NAME: &str = \"example.hello.Greeter\";",
            "/// Greets. #[derive(Clone, Debug)] pub struct GreeterClient<C>",
            "/// Says hello. pub fn say_hello( &self, req: &super::HelloRequest, ) -> \
             codegen::TypedCall<C, super::HelloReplyPb>",
            "/// Greets. pub trait Greeter: ::core::marker::Send + ::core::marker::Sync + 'static",
            "/// Says hello. fn say_hello( &self, cx: codegen::CallContext, \
             req: super::HelloRequest, ) -> impl ::core::future::Future<",
            "/// `example.hello.Greeter.SayNothing` fn say_nothing(",
            "impl<T: self::Greeter> codegen::Service for GreeterServer<T>",
        ],
    );
}

#[test]
fn messages_go_through_the_adapter() {
    let code = hello(&krpc_build::configure());
    assert_contains(
        &code,
        &[
            "#[prost(prost_path = \"::krpc_tokio::codegen::prost\")] #[allow(dead_code, \
             unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)] \
             pub struct HelloReplyPb",
            "pub raw: ::core::option::Option<::krpc_tokio::codegen::prost::bytes::Bytes>",
            "pub error: ::core::option::Option<::krpc_tokio::codegen::pb::ErrorStatusPb>",
            "impl ::krpc_tokio::codegen::Required for HelloRequest",
            "name: \"HelloReplyPB\", required: &[(1, \"text\")],",
            "<::krpc_tokio::codegen::pb::ErrorStatusPb as ::krpc_tokio::codegen::Required>::SPEC",
        ],
    );
    assert!(!code.contains(" ::prost::"), "{code}");
}

#[test]
fn options_choose_what_is_generated() {
    let client = hello(&krpc_build::configure().build_server(false));
    assert!(client.contains("GreeterClient") && !client.contains("trait Greeter"));
    let server = hello(&krpc_build::configure().build_client(false));
    assert!(server.contains("trait Greeter") && !server.contains("GreeterClient"));

    assert!(!server.contains("Blocking"));

    let blocking = krpc_build::configure().build_server(false).blocking_server(true);
    let blocking = hello(&blocking.codegen_path("::krpc_blocking::codegen"));
    assert!(!blocking.contains("trait Greeter") && !blocking.contains("krpc_tokio"));
    assert_contains(
        &blocking,
        &[
            "pub mod greeter { use ::krpc_blocking::codegen;",
            "impl<C: codegen::Caller> GreeterClient<C>",
            "/// Greets. /// /// The handlers are plain functions, and may block. \
             pub trait BlockingGreeter: ::core::marker::Send + ::core::marker::Sync + 'static",
            "/// Says hello. fn say_hello( &self, cx: codegen::CallContext, \
             req: super::HelloRequest, ) -> ::core::result::Result<",
            "fn authorize_mute(",
            "impl<T: self::BlockingGreeter> codegen::Service for BlockingGreeterServer<T>",
        ],
    );

    let other = hello(&krpc_build::configure().codegen_path("crate::rpc").bytes(&[".other"]));
    assert_contains(
        &other,
        &[
            "use crate::rpc as codegen;",
            "pub raw: ::core::option::Option<crate::rpc::prost::alloc::vec::Vec<u8>>",
            "impl crate::rpc::Required for HelloRequest",
            "::core::option::Option<crate::rpc::pb::ErrorStatusPb>",
        ],
    );

    let builder = krpc_build::configure()
        .prost_path("::prost")
        .extern_path(".kudu.rpc", "crate::mine")
        .extern_path(".example.hello.HelloRequest", "crate::Hi");
    let elsewhere = hello(&builder);
    assert_contains(
        &elsewhere,
        &["req: &crate::Hi", "Option<crate::mine::ErrorStatusPb>", "derive(Clone, PartialEq"],
    );
    assert!(!elsewhere.contains("HelloRequest"), "{elsewhere}");
    assert!(!elsewhere.contains("prost_path"), "{elsewhere}");
}

#[test]
fn kudus_options_become_method_metadata() {
    let info = |name: &str, track: bool, authz: &str| {
        format!(
            "codegen::MethodInfo {{ service: SERVICE_NAME, name: \"{name}\", \
             track_rpc_result: {track}, authz_method: {authz}, }}"
        )
    };
    let code = hello(&krpc_build::configure());
    assert_contains(&code, &[&info("SayHello", true, "None")]);
    assert_contains(&code, &[&info("SayNothing", false, "Some(\"AuthorizeMute\")")]);
    assert_contains(
        &code,
        &["<T as self::Greeter>::authorize_mute(&inner, &cx)?;", "fn authorize_mute("],
    );

    // A method's own replaces its service's; both are written once in the trait.
    let strict = HELLO.replace(
        "service Greeter {",
        "service Greeter { option (kudu.rpc.default_authz_method) = \"AuthorizeAll\";
         rpc Third(HelloRequest) returns (HelloReplyPB);",
    );
    let code = Protos::new(&[("hello.proto", &strict)]).generate(&krpc_build::configure());
    let code = &code["example.hello"];
    assert_contains(code, &[&info("Third", false, "Some(\"AuthorizeAll\")")]);
    assert_contains(code, &[&info("SayHello", true, "Some(\"AuthorizeAll\")")]);
    assert_contains(code, &[&info("SayNothing", false, "Some(\"AuthorizeMute\")")]);
    assert_eq!(code.matches("fn authorize_all(").count(), 1);
    assert_eq!(code.matches("::authorize_all(").count(), 2);
    assert_eq!(code.matches("::authorize_mute(").count(), 1);
}

#[test]
fn packages_are_separate_and_know_each_other() {
    let one = r#"syntax = "proto2"; package a.one; import "two.proto";
        message Holds { optional a.two.Held held = 1; }
        service S { rpc Call(a.two.Held) returns (Holds); }"#;
    let two = r#"syntax = "proto2"; package a.two; message Held { required int32 x = 1; }"#;
    let protos = Protos::new(&[("one.proto", one), ("two.proto", two)]);
    let code = protos.generate(&krpc_build::configure().codegen_path("::c"));
    assert_eq!(code.keys().collect::<Vec<_>>(), ["a.one", "a.two"]);
    assert_contains(
        &code["a.one"],
        &["<super::two::Held as ::c::Required>::SPEC", "req: super::super::two::Held"],
    );
    assert_contains(&code["a.two"], &["required: &[(1, \"x\")]"]);
}

#[test]
fn a_part_brings_what_it_needs_and_nothing_else() {
    let shop = r#"syntax = "proto2"; package shop;
        import "types.proto"; import "unused.proto"; import "kudu/rpc/rpc_header.proto";
        message OrderPB {
          message LinePB { optional types.ColourPB colour = 1; }
          repeated LinePB lines = 1;
          optional kudu.rpc.RequestIdPB id = 2;
        }
        message BillPB { required OrderPB.LinePB line = 1; }
        message WatchPB { required unused.Thing thing = 1; }
        enum Mood { FINE = 1; }
        service Empty {}
        service Shop {
          rpc Watch(WatchPB) returns (stream WatchPB);
          // Takes an order.
          rpc Order(OrderPB) returns (BillPB) { option (kudu.rpc.track_rpc_result) = true; }
          rpc Cancel(OrderPB) returns (WatchPB);
        }
        service Spies { rpc Look(WatchPB) returns (WatchPB); }"#;
    let types = r#"syntax = "proto2"; package types; enum ColourPB { RED = 1; } enum TastePB { SWEET = 1; }"#;
    let unused = r#"syntax = "proto2"; package unused; message Thing { required int32 a = 1; }"#;
    let protos =
        Protos::new(&[("shop.proto", shop), ("types.proto", types), ("unused.proto", unused)]);
    let code = protos.generate(&krpc_build::configure().only(&[".shop.Shop.Order"]));
    assert_eq!(code.keys().collect::<Vec<_>>(), ["shop", "types"]);
    let shop = &code["shop"];
    assert_contains(
        shop,
        &[
            "pub struct OrderPb {",
            "pub struct LinePb {",
            "pub struct BillPb {",
            "Option<::krpc_tokio::codegen::pb::RequestIdPb>",
            "= &[ codegen::MethodInfo { service: SERVICE_NAME, name: \"Order\", track_rpc_result: true,",
            "/// Takes an order.",
        ],
    );
    for absent in ["Watch", "Mood", "Cancel", "Spies", "Empty", "nowhere"] {
        assert!(!shop.contains(absent), "{absent} in {shop}");
    }
    assert_contains(&code["types"], &["pub enum ColourPb {"]);
    assert!(!code["types"].contains("TastePb"));

    let code = protos.generate(&krpc_build::configure().only(&[".types.TastePB", ".unused"]));
    assert_eq!(code.keys().collect::<Vec<_>>(), ["types", "unused"]);

    let builder = krpc_build::configure().only(&[".types", ".shop.Shop.Orde"]);
    let error = builder.generate(&protos.files[..1], &[protos.folder.path()]).unwrap_err();
    assert_contains(&error.to_string(), &["there is nothing at \".shop.Shop.Orde\""]);
}

#[test]
fn own_copies_of_kudus_files_may_say_more() {
    let token = r#"syntax = "proto2"; package kudu.security;
        message TokenPB {} message TablePrivilegePB { required bytes table = 1; }"#;
    let mine = r#"syntax = "proto2"; package mine; import "kudu/security/token.proto";
        message M {
          optional kudu.security.TokenPB token = 1;
          optional kudu.security.TablePrivilegePB table = 2;
        }"#;
    let protos = Protos::new(&[("mine.proto", mine), ("kudu/security/token.proto", token)]);
    let code = protos.generate(&krpc_build::configure().codegen_path("::c"));
    assert_contains(&code["kudu.security"], &["pub struct TablePrivilegePb"]);
    assert!(!code["kudu.security"].contains("pub struct TokenPb"));
    assert_contains(
        &code["mine"],
        &["Option<::c::pb::TokenPb>", "Option<super::kudu::security::TablePrivilegePb>"],
    );
}

#[test]
fn files_without_syntax_package_or_services() {
    let protos = Protos::new(&[("bare.proto", "message Self { required bytes self = 1; }")]);
    let code = protos.generate(&krpc_build::configure());
    assert_contains(&code[""], &["pub struct Self_", "for Self_", "name: \"Self\""]);
    let empty = Protos::new(&[("empty.proto", "syntax = \"proto3\";")]);
    assert!(empty.generate(&krpc_build::configure()).is_empty());
    let proto3 = "syntax = \"proto3\"; package p; message M { string text = 1; M inner = 2; }";
    let code = Protos::new(&[("three.proto", proto3)]).generate(&krpc_build::configure());
    assert_contains(&code["p"], &["name: \"M\", required: &[], nested: &[]"]);
}

#[test]
fn googles_types_may_be_fields() {
    let text = r#"syntax = "proto2"; package p; import "google/protobuf/timestamp.proto";
        message M { required google.protobuf.Timestamp when = 1; }"#;
    let code = Protos::new(&[("m.proto", text)]).generate(&krpc_build::configure());
    assert_eq!(code.keys().collect::<Vec<_>>(), ["p"]);
    assert_contains(
        &code["p"],
        &["when: ::prost_types::Timestamp", "required: &[(1, \"when\")], nested: &[]"],
    );
}

#[test]
fn errors_name_file_and_line() {
    let missing = "syntax = \"proto2\";\n\nimport \"other/missing.proto\";\n";
    let error = Protos::new(&[("a.proto", missing)]).error();
    assert_eq!(error, "a.proto:3:1: import 'other/missing.proto' not found");

    let error = Protos::new(&[("a.proto", "syntax = \"proto2\";\nmessage {}\n")]).error();
    assert!(error.starts_with("a.proto:2:9: "), "{error}");

    let unknown = "syntax = \"proto2\";\nmessage M {\n  optional Foo foo = 1;\n}\n";
    let error = Protos::new(&[("a.proto", unknown)]).error();
    assert!(error.starts_with("a.proto:3:12: ") && error.contains("Foo"), "{error}");

    let option = "syntax = \"proto2\"; message M {}\nservice S {
        rpc Do(M) returns (M) { option (kudu.rpc.authz_method) = \"X\"; }\n}\n";
    let error = Protos::new(&[("a.proto", option)]).error();
    assert!(error.starts_with("a.proto:3:") && error.contains("kudu.rpc.authz_method"), "{error}");

    let error = krpc_build::compile_protos(&["nowhere.proto"], &["."]).unwrap_err().to_string();
    assert!(error.contains("nowhere.proto") || error.contains("OUT_DIR"), "{error}");
    let error = krpc_build::configure().generate(&["nowhere.proto"], &["."]).unwrap_err();
    assert!(error.to_string().contains("nowhere.proto"), "{error}");
    // Cargo shows the Debug form of a build script's error.
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[test]
fn what_krpc_does_not_have_is_refused() {
    let service = |rpc: &str| {
        let text = format!(
            "syntax = \"proto2\";\npackage p;\nimport \"kudu/rpc/rpc_header.proto\";\n\
             import \"google/protobuf/empty.proto\";\nmessage M {{}}\nservice S {{\n  {rpc}\n}}\n"
        );
        Protos::new(&[("s.proto", &text)]).error()
    };
    for rpc in ["rpc Do(stream M) returns (M);", "rpc Do(M) returns (stream M);"] {
        assert_eq!(
            service(rpc),
            "s.proto:7: p.S.Do: KRPC has no streams, only single requests and responses"
        );
    }
    let error = service("rpc Do(M) returns (google.protobuf.Empty);");
    assert!(error.starts_with("s.proto:7: p.S.Do: google.protobuf.Empty cannot be"), "{error}");
    for name in ["", "two words", "9"] {
        let option = format!("option (kudu.rpc.authz_method) = \"{name}\";");
        let error = service(&format!("rpc Do(M) returns (M) {{ {option} }}"));
        assert!(error.starts_with("s.proto:7: p.S.Do: the authorization method"), "{error}");
    }
}

#[test]
fn wrong_options_of_the_generator_are_errors() {
    let protos = Protos::new(&[("hello.proto", HELLO)]);
    let builder = krpc_build::configure().extern_path("no.dot", "::x");
    let error = builder.generate(&protos.files, &[protos.folder.path()]).unwrap_err();
    assert!(matches!(error, Error::Options(_)), "{error}");
    assert!(error.to_string().contains("no.dot"), "{error}");
    for builder in [
        krpc_build::configure().extern_path(".example.hello.HelloRequest", "mine::Hi"),
        krpc_build::configure().codegen_path("mine::Hi"),
        krpc_build::configure().prost_path("mine::Hi"),
    ] {
        let error = builder.generate(&protos.files, &[protos.folder.path()]).unwrap_err();
        let text = "the Rust path \"mine::Hi\" has to begin with `::` or `crate::`";
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn compile_writes_one_file_per_package() {
    let protos = Protos::new(&[("hello.proto", HELLO), ("bare.proto", "message Bare {}")]);
    let out = tempfile::tempdir().unwrap();
    let set = out.path().join("set.bin");
    let builder = krpc_build::configure().out_dir(out.path()).file_descriptor_set_path(&set);
    let compile = || builder.compile(&protos.files, &[protos.folder.path()]).unwrap();
    compile();
    let mut names: Vec<_> =
        fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["_.rs", "example.hello.rs", "set.bin"]);
    let code = fs::read_to_string(out.path().join("example.hello.rs")).unwrap();
    assert!(code.starts_with("// Generated by krpc-build"), "{code}");
    // The name of an authorization method is there only if options are kept.
    let set = fs::read(set).unwrap();
    assert!(set.windows(13).any(|bytes| bytes == b"AuthorizeMute"));

    // A file that would not change keeps its time.
    let time = || fs::metadata(out.path().join("example.hello.rs")).unwrap().modified().unwrap();
    let before = time();
    compile();
    assert_eq!(time(), before);

    let builder = krpc_build::configure().out_dir(out.path().join("missing"));
    let error = builder.compile(&protos.files, &[protos.folder.path()]).unwrap_err();
    assert!(error.to_string().starts_with("cannot write "), "{error}");
}

#[test]
fn built_in_files_are_the_protocols_own() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for file in ["proto/kudu/rpc/rpc_header.proto", "proto/kudu/security/token.proto"] {
        let ours = fs::read_to_string(root.join(file)).unwrap();
        let protocols = fs::read_to_string(root.join("../krpc-proto").join(file)).unwrap();
        assert!(ours == protocols, "{file} differs from krpc-proto's");
    }
}
