//! Generated sources that are checked in.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use krpc_build::Package;

/// Where the messages of the protocol itself live.
const PROTOCOL: &str = "krpc-proto/src/pb.rs";

/// The protocol's own files, which the generator has inside it as well.
const PROTOCOL_FILES: &[&str] = &["kudu/rpc/rpc_header.proto", "kudu/security/token.proto"];

/// Messages with credentials in them; `krpc-proto/src/secret.rs` shows them without.
const SECRET: &[&str] =
    &[".kudu.security.SignedTokenPB", ".kudu.rpc.JwtRawPB", ".kudu.rpc.NegotiatePB"];

/// Where the tool's services live. Everything else in the folder is deleted.
const TOOL: &str = "krpc-cli/src/pb";

/// The files that the tool's code is made of; what they import comes along.
const TOOL_FILES: &[&str] = &[
    "kudu/master/master.proto",
    "kudu/rpc_test/generic_calculator.proto",
    "kudu/rpc_test/rtest.proto",
    "kudu/server/server_base.proto",
    "kudu/tserver/tserver_service.proto",
];

/// What the tool calls or serves itself; of the rest it has descriptors alone.
const TOOL_USES: &[&str] = &[
    ".kudu.master.MasterFeatures",
    ".kudu.master.MasterService.ConnectToMaster",
    ".kudu.master.MasterService.CreateTable",
    ".kudu.master.MasterService.DeleteTable",
    ".kudu.master.MasterService.GetTableLocations",
    ".kudu.master.MasterService.GetTableSchema",
    ".kudu.master.MasterService.GetTabletLocations",
    ".kudu.master.MasterService.IsCreateTableDone",
    ".kudu.master.MasterService.ListMasters",
    ".kudu.master.MasterService.ListTables",
    ".kudu.master.MasterService.ListTabletServers",
    ".kudu.master.MasterService.Ping",
    ".kudu.rpc",
    ".kudu.rpc_test",
    ".kudu.server",
    ".kudu.tserver.TabletServerFeatures",
    ".kudu.tserver.TabletServerService.Ping",
    ".kudu.tserver.TabletServerService.Scan",
    ".kudu.tserver.TabletServerService.ScannerKeepAlive",
    ".kudu.tserver.TabletServerService.Write",
];

/// For the package that has services here and its messages in the library.
const PROTOCOLS_MESSAGES: &str = "pub use ::krpc_tokio::codegen::pb::*;\n\n";

/// What the generator's own tests compile.
const EXAMPLES: &str = "krpc-build/tests/generated";

/// The example that the README shows; there a build script generates the code.
const HELLO: &str = "krpc-tokio/examples/hello";

/// The adapters that have it, each generated for its own module.
const ADAPTERS: &[&str] = &["tokio", "smol", "blocking"];

/// Writes every generated file that is not as it should be.
pub(crate) fn write(root: &Path) -> Result<()> {
    let wanted = wanted(root)?;
    for path in stale(root, &wanted)? {
        fs::remove_file(&path).with_context(|| format!("deleting {}", path.display()))?;
        println!("deleted {}", shown(root, &path));
    }
    for (path, text) in &wanted {
        if fs::read_to_string(path).is_ok_and(|old| old == *text) {
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
        println!("wrote {}", shown(root, path));
    }
    Ok(())
}

/// Fails if [`write()`] would do anything.
pub(crate) fn check(root: &Path) -> Result<()> {
    let wanted = wanted(root)?;
    let mut faults = Vec::new();
    for path in stale(root, &wanted)? {
        faults.push(format!("{}: nothing generates it", shown(root, &path)));
    }
    for (path, text) in &wanted {
        match fs::read_to_string(path) {
            Ok(old) => faults.extend(difference(&old, text).map(|(line, old, new)| {
                let file = shown(root, path);
                format!("{file}:{line}: differs\n  is:        {old}\n  should be: {new}")
            })),
            Err(error) => faults.push(format!("{}: {error}", shown(root, path))),
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{}\nto mend it: cargo run -p xtask -- regen", faults.join("\n"));
}

/// All generated files with what they should hold.
fn wanted(root: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut files = BTreeMap::new();
    files.insert(root.join(PROTOCOL), protocol(root)?);
    for (name, text) in tool(root)? {
        files.insert(root.join(TOOL).join(name), text);
    }
    for (name, text) in examples(root)? {
        files.insert(root.join(EXAMPLES).join(name), text);
    }
    for adapter in ADAPTERS {
        let path = format!("krpc-{adapter}/examples/hello/generated.rs");
        files.insert(root.join(path), hello(root, adapter)?);
    }
    let files = files.into_iter().map(|(path, text)| Ok((path, format(root, &text)?)));
    let mut files = files.collect::<Result<BTreeMap<_, _>>>()?;
    // A package has to hold what it includes.
    for name in PROTOCOL_FILES {
        let text = fs::read_to_string(root.join("krpc-proto/proto").join(name))
            .with_context(|| format!("reading {name}"))?;
        files.insert(root.join("krpc-build/proto").join(name), text);
    }
    Ok(files)
}

/// The messages of `kudu.security` and `kudu.rpc`, in one module.
fn protocol(root: &Path) -> Result<String> {
    let folder = root.join("krpc-proto/proto");
    let generate = |proto: &str, other: &str| -> Result<String> {
        let builder = krpc_build::configure()
            .codegen_path("crate::required")
            .prost_path("::prost")
            .extern_path(other, "crate::pb")
            .skip_debug(SECRET);
        only(&builder.generate(&[folder.join(proto)], &[&folder])?)
    };
    let security = generate("kudu/security/token.proto", ".kudu.rpc")?;
    let rpc = generate("kudu/rpc/rpc_header.proto", ".kudu.security")?;
    Ok(header("proto/kudu") + &security + &rpc)
}

/// A module for package `kudu`, and in it one for each package below.
fn tool(root: &Path) -> Result<Vec<(String, String)>> {
    let folder = root.join("krpc-cli/proto");
    let protos: Vec<PathBuf> = TOOL_FILES.iter().map(|file| folder.join(file)).collect();
    let packages = krpc_build::configure().only(TOOL_USES).generate(&protos, &[&folder])?;
    let mut files = Vec::new();
    let mut modules = String::new();
    let mut top = String::new();
    for Package { name, code } in packages {
        if name == "kudu" {
            top = code;
            continue;
        }
        let module = name.strip_prefix("kudu.").with_context(|| format!("package {name}"))?;
        ensure!(!module.contains('.'), "package {name} lies too deep for one folder");
        modules += &format!("pub mod {module};\n");
        let protocols = if module == "rpc" { PROTOCOLS_MESSAGES } else { "" };
        files.push((format!("{module}.rs"), header("proto/kudu") + protocols + &code));
    }
    files.push(("mod.rs".to_owned(), header("proto/kudu") + &modules + &top));
    Ok(files)
}

/// One module for each file.
fn examples(root: &Path) -> Result<Vec<(String, String)>> {
    let folder = root.join("krpc-build/tests/proto");
    let mut files = Vec::new();
    for name in ["calls", "shapes"] {
        let proto = folder.join(format!("{name}.proto"));
        let builder = krpc_build::configure().blocking_server(true);
        let code = only(&builder.generate(&[proto], &[&folder])?)?;
        files.push((format!("{name}.rs"), header("tests/proto") + &code));
    }
    Ok(files)
}

fn hello(root: &Path, adapter: &str) -> Result<String> {
    let folder = root.join(HELLO);
    let blocking = adapter == "blocking";
    let builder = krpc_build::configure()
        .codegen_path(format!("::krpc_{adapter}::codegen"))
        .build_server(!blocking)
        .blocking_server(blocking);
    let code = only(&builder.generate(&[folder.join("hello.proto")], &[&folder])?)?;
    Ok(header(&format!("{HELLO}/hello.proto")) + &code)
}

fn header(source: &str) -> String {
    format!("//! Generated from `{source}` by `cargo run -p xtask -- regen`; do not edit.\n\n")
}

/// The code of the only package.
fn only(packages: &[Package]) -> Result<String> {
    match packages {
        [package] => Ok(package.code.clone()),
        _ => bail!("expected one package, got {}", packages.len()),
    }
}

/// Formats as `cargo fmt` does, which differs in a few places from what the generator writes.
fn format(root: &Path, text: &str) -> Result<String> {
    let rustfmt = std::env::var_os("RUSTFMT").unwrap_or_else(|| "rustfmt".into());
    let mut child = Command::new(rustfmt)
        .args(["--edition", "2024", "--config-path"])
        .arg(root.join("rustfmt.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting rustfmt")?;
    let mut input = child.stdin.take().context("rustfmt has no input")?;
    // Writing from here while nobody reads the output would end with both waiting.
    let text = text.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().context("running rustfmt")?;
    writer.join().expect("writing does not panic").context("writing to rustfmt")?;
    ensure!(output.status.success(), "rustfmt failed: {}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

/// Files of the tool's folder that nothing generates.
fn stale(root: &Path, wanted: &BTreeMap<PathBuf, String>) -> Result<Vec<PathBuf>> {
    let Ok(entries) = fs::read_dir(root.join(TOOL)) else { return Ok(Vec::new()) };
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| !wanted.contains_key(path)).collect())
}

/// The first line that differs.
fn difference<'a>(old: &'a str, new: &'a str) -> Option<(usize, &'a str, &'a str)> {
    let (mut old, mut new) = (old.lines(), new.lines());
    for number in 1.. {
        match (old.next(), new.next()) {
            (None, None) => break,
            (old, new) if old == new => {}
            (old, new) => return Some((number, old.unwrap_or(""), new.unwrap_or(""))),
        }
    }
    None
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}
