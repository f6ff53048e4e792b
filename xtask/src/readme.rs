//! What the README shows, tried out the way a reader would.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// How the README writes the path of its readers' clone.
const CLONE: &str = "../krpc/";

/// What the program prints.
const PRINTS: &str = "Hello world!\n";

/// Builds and runs the README's project, file by file as it stands there, as a package of its own.
pub(crate) fn hello(root: &Path) -> Result<()> {
    let readme = fs::read_to_string(root.join("README.md")).context("reading README.md")?;
    let project = root.join("target/readme-hello");
    let files = files(&readme);
    ensure!(files.len() == 4, "README.md shows {} files of the project, not 4", files.len());
    for (name, text) in files {
        let mut text = text.replace(CLONE, &format!("{}/", root.display()));
        if name == "Cargo.toml" {
            // It lies inside this workspace here, and is no part of it.
            text += "\n[workspace]\n";
        }
        let path = project.join(name);
        fs::create_dir_all(path.parent().context("files lie in folders")?)?;
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    // The versions that everything else here is tested with.
    fs::copy(root.join("Cargo.lock"), project.join("Cargo.lock")).context("copying Cargo.lock")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["run", "--quiet"])
        .current_dir(&project)
        .env("CARGO_TARGET_DIR", root.join("target"))
        .output()
        .context("running cargo")?;
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "the README's project failed: {}\n{err}", output.status);
    ensure!(out == PRINTS, "the README's program printed {out:?}, not {PRINTS:?}");
    println!("the README's project prints {out:?}");
    Ok(())
}

/// The fenced blocks that a line with a file's name in backticks and a colon introduces.
fn files(readme: &str) -> Vec<(&str, String)> {
    let mut files = Vec::new();
    let mut lines = readme.lines().filter(|line| !line.is_empty()).peekable();
    while let Some(line) = lines.next() {
        let name = line.strip_prefix('`').and_then(|rest| rest.strip_suffix("`:"));
        let fenced = lines.peek().is_some_and(|next| next.starts_with("```"));
        if let Some(name) = name.filter(|_| fenced) {
            let code = lines.by_ref().skip(1).take_while(|line| *line != "```");
            files.push((name, code.map(|line| format!("{line}\n")).collect()));
        }
    }
    files
}
