//! Pages about the code: links lead somewhere, and what is called by name is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member of the workspace")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files below a folder whose names end like this, without what is built.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(files(&path, end));
        } else if name.ends_with(end) {
            found.push(path);
        }
    }
    found
}

/// The anchors of a page's headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let headings = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    let anchor = |heading: String| heading.chars().filter(kept).collect::<String>();
    headings.map(|heading| anchor(heading).replace(' ', "-")).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut links = 0;
    for page in files(root(), ".md") {
        let text = read(&page);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("https://") {
                continue;
            }
            links += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().expect("it is in a folder").join(file),
            };
            assert!(target.exists(), "{}: {link} is not there", page.display());
            let found = anchor.is_empty() || anchors(&read(&target)).contains(anchor);
            assert!(found, "{}: {link} has no such heading", page.display());
        }
    }
    assert!(links > 40, "{links} links");
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// `LikeThis`, and no abbreviation.
fn is_type(word: &str) -> bool {
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    capitals > 1 && capitals < word.len() && word.starts_with(char::is_uppercase)
}

/// The names that a piece of a page in backticks stands for: those of a path, or the types of a picture.
/// Commands and files are none.
fn names(code: &str) -> Vec<&str> {
    if code.contains('\n') {
        words(code).filter(|word| is_type(word)).collect()
    } else if code.chars().all(|c| c.is_alphanumeric() || "_:".contains(c)) {
        words(code).collect()
    } else {
        Vec::new()
    }
}

#[test]
fn names_of_the_code_are_right() {
    let sources =
        files(root(), ".rs").into_iter().filter(|path| !path.starts_with(root().join("tests")));
    let sources: Vec<String> = sources.map(|path| read(&path)).collect();
    let code = sources.iter().flat_map(|source| source.lines());
    let code = code.filter(|line| !line.trim_start().starts_with("//"));
    let known: BTreeSet<&str> = code.flat_map(words).collect();
    let mut checked = 0;
    for page in ["docs/architecture.md", "docs/runtime.md"] {
        let text = read(&root().join(page));
        // What is between backticks, one or three, has an odd number.
        for name in text.split('`').skip(1).step_by(2).flat_map(names) {
            assert!(known.contains(name), "{page}: nothing is called {name}");
            checked += 1;
        }
    }
    assert!(checked > 80, "{checked} names");
}

/// Threads are called by what their names are.
#[test]
fn names_of_threads_are_right() {
    let text = read(&root().join("docs/architecture.md"));
    let threads: BTreeSet<&str> =
        text.split('`').filter(|code| code.starts_with("krpc-") && !code.contains(' ')).collect();
    let sources: String = files(root(), ".rs").iter().map(|path| read(path)).collect();
    for thread in &threads {
        let names = [format!(".name(\"{thread}\".into())"), format!("Pool::new(\"{thread}\"")];
        assert!(names.iter().any(|name| sources.contains(name)), "no thread is called {thread}");
    }
    assert_eq!(threads.len(), 4, "{threads:?}");
}

#[test]
fn every_function_of_a_runtime_is_described() {
    let source = read(&root().join("krpc-driver/src/net/mod.rs"));
    let (_, code) = source.split_once("pub trait Runtime").expect("the trait begins");
    let (code, _) = code.split_once("\n}\n").expect("it ends");
    let functions = code.lines().filter_map(|line| line.trim().strip_prefix("fn "));
    let functions: Vec<&str> = functions.filter_map(|rest| words(rest).next()).collect();
    assert!(functions.contains(&"spawn"), "{functions:?}");
    let page = read(&root().join("docs/runtime.md"));
    for function in functions {
        assert!(page.contains(&format!("\n| `{function}` |")), "not a word of {function}");
    }
}
