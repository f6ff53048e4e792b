//! What the README shows is what the crates have.

use std::fs;
use std::path::Path;

/// Those that have an example `hello`.
const ADAPTERS: [&str; 3] = ["tokio", "smol", "blocking"];

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member of the workspace");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The documentation of a module or an item, without the marks of comments.
fn docs(source: &str) -> String {
    let line = |line: &str| {
        let text = line.trim_start();
        let text = text.strip_prefix("//!").or_else(|| text.strip_prefix("///"))?;
        Some(text.strip_prefix(' ').unwrap_or(text).to_owned() + "\n")
    };
    source.lines().filter_map(line).collect()
}

/// Lines of code, in documentation or not, without comments and without what lies around them.
fn code(source: &str) -> Vec<&str> {
    let lines = source.lines().map(str::trim_start);
    let lines = lines.map(|line| line.trim_start_matches("//!").trim_start_matches("///").trim());
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).collect()
}

/// The first block in a text that begins with this fence.
fn fenced<'a>(text: &'a str, fence: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("{fence}\n")).expect("a block begins");
    rest.split_once("```\n").expect("it ends").0
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
    for adapter in ADAPTERS {
        let example = read(&format!("krpc-{adapter}/examples/hello.rs"));
        let code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
        let lines = example.lines().filter(code).count();
        assert!(lines < 2 * 25, "{adapter}: {lines} lines for both");
    }
}

/// So the examples are tests: those of the front pages are run, and check what is printed.
#[test]
fn front_pages_show_the_examples() {
    for adapter in ADAPTERS {
        let example = read(&format!("krpc-{adapter}/examples/hello.rs"));
        let page = docs(&read(&format!("krpc-{adapter}/src/lib.rs")));
        let code = fenced(&page, "```");
        let shown = code.lines().filter(|line| !line.starts_with("# "));
        let module = ["#[path = \"hello/generated.rs\"]", "mod hello;"];
        let example = example.lines().filter(|line| !module.contains(line));
        assert!(shown.eq(example), "{adapter}: the front page differs from the example:\n{code}");
        let checks = "# assert_eq!(reply.text, \"Hello world!\");";
        assert!(code.lines().any(|line| line == checks), "{adapter}: nothing is checked:\n{code}");
    }
}

/// The examples to pick an adapter by are taken from code that is run.
#[test]
fn picks_are_the_examples() {
    let readme = read("README.md");
    let (_, section) = readme.split_once("## Pick your adapter\n").expect("the section begins");
    let (section, _) = section.split_once("\n## ").expect("it ends");
    let picks: Vec<_> = section.split("```rust\n").skip(1).collect();
    let sources = [
        "krpc-tokio/examples/hello.rs",
        "krpc-smol/examples/hello.rs",
        "tests/examples/async_std.rs",
        "krpc-blocking/examples/hello.rs",
        "krpc-core/src/lib.rs",
        "krpc-testkit/src/pair.rs",
    ];
    assert_eq!(picks.len(), sources.len());
    for (pick, source) in picks.into_iter().zip(sources) {
        let (pick, _) = pick.split_once("```\n").expect("it ends");
        let whole = read(source);
        let (code, all) = (code(pick), code(&whole));
        assert!((1..=10).contains(&code.len()), "{source}: {} lines", code.len());
        assert!(all.windows(code.len()).any(|run| run == code), "{source} has nowhere:\n{pick}");
    }
}

#[test]
fn the_property_test_is_the_testkits_own() {
    let readme = read("README.md");
    let testkit = docs(&read("krpc-testkit/src/lib.rs"));
    let code = fenced(&testkit, "```");
    let end = code.find("\n}\n").expect("a block ends") + "\n}\n".len();
    let mut shown = String::new();
    for line in code[..end].lines() {
        match line.trim_start() {
            hidden if hidden.starts_with("# ") => {}
            comment if comment.starts_with("// In your test") => shown += "    #[test]\n",
            _ => shown += &format!("{line}\n"),
        }
    }
    assert!(shown.lines().count() <= 19, "fifteen lines and what is around them:\n{shown}");
    assert!(readme.contains(&format!("```rust\n{shown}```\n")), "{shown}");
}
