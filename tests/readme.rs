//! What the README shows is what the crates have.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member of the workspace");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn hello_is_the_example() {
    let readme = read("README.md");
    let example = read("krpc-tokio/examples/hello.rs");
    let (before, rest) = example.split_once("// Generated.").expect("it says what is generated");
    let (_, after) = rest.split_once("mod hello;\n").expect("the generated module");
    let module = "mod hello {\n    krpc_tokio::include_proto!(\"example.hello\");\n}\n";
    assert!(readme.contains(&format!("```rust\n{before}{module}{after}```\n")));
    let proto = read("krpc-tokio/examples/hello/hello.proto");
    assert!(readme.contains(&format!("```proto\n{proto}```\n")));
}

/// Server and client in under 25 lines each, types and imports included.
#[test]
fn hello_is_short() {
    let example = read("krpc-tokio/examples/hello.rs");
    let code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    let lines = example.lines().filter(code).count();
    assert!(lines < 2 * 25, "{lines} lines for both");
}

#[test]
fn the_property_test_is_the_testkits_own() {
    let readme = read("README.md");
    let testkit = read("krpc-testkit/src/lib.rs");
    let docs = testkit.lines().filter_map(|line| line.strip_prefix("//!"));
    let docs: Vec<_> = docs.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let begin = docs.iter().position(|line| *line == "```").expect("an example") + 1;
    let end = begin + docs[begin..].iter().position(|line| *line == "}").expect("a block") + 1;
    let mut shown = String::new();
    for line in &docs[begin..end] {
        match line.trim_start() {
            hidden if hidden.starts_with("# ") => {}
            comment if comment.starts_with("// In your test") => shown += "    #[test]\n",
            _ => shown += &format!("{line}\n"),
        }
    }
    assert!(shown.lines().count() <= 19, "fifteen lines and what is around them:\n{shown}");
    assert!(readme.contains(&format!("```rust\n{shown}```\n")), "{shown}");
}
