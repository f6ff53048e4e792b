//! Neither this crate nor the core below it may depend on a runtime.

use std::process::Command;

#[test]
fn no_runtime_in_the_dependency_tree() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--package", "krpc-driver", "--edges", "normal,build"])
        .args(["--prefix", "none", "--all-features", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8_lossy(&output.stdout);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    assert!(tree.contains("krpc-core"), "{tree}");
    let runtimes =
        ["tokio", "mio", "smol", "async-std", "async-io", "async-executor", "futures-io"];
    for line in tree.lines() {
        let name = line.split(' ').next().unwrap_or_default();
        assert!(!runtimes.contains(&name), "{line} is a runtime, or part of one");
    }
}
