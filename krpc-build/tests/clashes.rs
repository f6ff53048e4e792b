//! Names that are different in protobuf and the same in Rust.

use std::fs;

use krpc_build::Builder;

/// What is wrong with these files, of which the first is asked for.
fn fault(builder: &Builder, files: &[(&str, &str)]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("syntax = \"proto2\";\n{text}")).unwrap();
    }
    let result = builder.generate(&[folder.path().join(files[0].0)], &[folder.path()]);
    result.err().map(|error| error.to_string())
}

#[track_caller]
fn assert_fault(files: &[(&str, &str)], fault_is: &str) {
    let fault = fault(&krpc_build::configure(), files);
    assert_eq!(fault.as_deref(), Some(fault_is));
}

#[test]
fn services_of_one_module_are_refused() {
    let two =
        "package p;\nmessage M {}\nservice HTTPService {}\n// The same.\nservice HttpService {}";
    assert_fault(
        &[("a.proto", two)],
        "a.proto:6: the service p.HttpService and the service p.HTTPService (a.proto:4) would both \
         be the module `http_service`",
    );
    let one = "package p; import \"b.proto\";\n\nservice HttpService {}";
    let other = "package p; message M {}\nservice HTTPService {}";
    assert_fault(
        &[("a.proto", one), ("b.proto", other)],
        "a.proto:4: the service p.HttpService and the service p.HTTPService (b.proto:3) would both \
         be the module `http_service`",
    );
}

#[test]
fn messages_and_enums_of_one_name_are_refused() {
    let text = "package p;\nmessage HTTPRequest {}\nmessage HttpRequest {}";
    assert_fault(
        &[("a.proto", text)],
        "a.proto:4: the message p.HttpRequest and the message p.HTTPRequest (a.proto:3) would both \
         be the type `HttpRequest`",
    );
    let text = "message Outer {\n  message Kind {}\n  enum KIND { NONE = 0; }\n}";
    assert_fault(
        &[("a.proto", text)],
        "a.proto:4: the enum Outer.KIND and the message Outer.Kind (a.proto:3) would both be the \
         type `Kind`",
    );
    // Only what lies in a message makes it a module.
    let text = "message Type {}\nmessage order_book { oneof x { bool y = 1; } }\n\
                service Type_ {}\nservice OrderBook {}";
    assert_fault(
        &[("a.proto", text)],
        "a.proto:5: the service OrderBook and the message order_book (a.proto:3) would both be the \
         module `order_book`",
    );
}

const SHOP: &str = "package shop;\nimport \"orders.proto\";\nservice Orders {}";
const ORDERS: &str = "package shop.orders.v1;\nmessage Order {}";

#[test]
fn a_package_and_a_service_of_one_module_are_refused() {
    let files = [("shop.proto", SHOP), ("orders.proto", ORDERS)];
    assert_fault(
        &files,
        "shop.proto:4: the service shop.Orders and the package shop.orders.v1 (orders.proto:2) \
         would both be the module `orders`",
    );
    // The other package's module is elsewhere.
    let builder = krpc_build::configure().extern_path(".shop.orders", "crate::orders");
    assert_eq!(fault(&builder, &files), None);
    // And nobody generates these.
    let text = "package kudu;\nimport \"kudu/rpc/rpc_header.proto\";\nservice Rpc {}";
    assert_eq!(fault(&krpc_build::configure(), &[("a.proto", text)]), None);
    let text = "import \"google/protobuf/empty.proto\";\nservice Google {}";
    assert_eq!(fault(&krpc_build::configure(), &[("a.proto", text)]), None);
}

#[test]
fn names_of_underscores_are_refused() {
    for (text, fault) in [
        ("message M {}\nservice S { rpc _(M) returns (M); }", "a.proto:3: S._"),
        ("service __ {}", "a.proto:2: the service __"),
        ("enum _ { NONE = 0; }", "a.proto:2: the enum _"),
        ("message M { message _ {} }", "a.proto:2: the message M._"),
    ] {
        assert_fault(&[("a.proto", text)], &format!("{fault}: Rust has no such name"));
    }
}
