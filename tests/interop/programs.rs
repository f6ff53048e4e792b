//! The `krpc` tool: its command, and those of its runs that last.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use krpc_cli::runtime::Runtime;
use krpc_tests::process::{Killed, wait_until};
use tempfile::TempDir;

/// How long a run of ours may take for what it does.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) fn krpc_command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_krpc_for_tests"))
}

/// A run that goes on until this is dropped.
pub(crate) struct Background {
    name: String,
    process: Killed,
    dir: TempDir,
}

impl Background {
    fn start(args: &[&str]) -> anyhow::Result<Background> {
        let dir = tempfile::tempdir()?;
        let (out, err) =
            (File::create(dir.path().join("out"))?, File::create(dir.path().join("err"))?);
        let mut command = krpc_command();
        command.args(args).stdin(Stdio::null()).stdout(out).stderr(err);
        let process = Killed::new(command.spawn().with_context(|| format!("{command:?}"))?);
        Ok(Background { name: format!("krpc {}", args.join(" ")), process, dir })
    }

    /// The lines that it has printed.
    pub(crate) fn printed(&self) -> anyhow::Result<String> {
        let mut text = self.read("out")?;
        text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
        Ok(text)
    }

    /// Waits until `found` finds something in what is printed.
    pub(crate) fn wait_for<T>(
        &mut self,
        what: &str,
        found: impl Fn(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        let answer = wait_until(DEADLINE, || {
            // In this order, or the last words of a process that ends would be missed.
            let ended = self.process.ended().map_err(|e| anyhow!(e))?;
            let answer = found(&self.printed()?);
            match ended {
                Some(status) if answer.is_none() => bail!("{} ended: {status}", self.name),
                _ => Ok(answer),
            }
        });
        let answer = answer.and_then(|it| it.with_context(|| format!("{}: no {what}", self.name)));
        answer.map_err(|error| {
            let text = |name| self.read(name).unwrap_or_else(|e| e.to_string());
            anyhow!("{error:#}\nstdout: {}\nstderr: {}", text("out"), text("err"))
        })
    }

    fn read(&self, name: &str) -> anyhow::Result<String> {
        // What is written right now may end within a character.
        Ok(String::from_utf8_lossy(&fs::read(self.dir.path().join(name))?).into_owned())
    }
}

/// `krpc serve` at a port of its own, and the address of that.
pub(crate) fn serve(runtime: Runtime, args: &[&str]) -> anyhow::Result<(Background, String)> {
    let args = [&["serve", "127.0.0.1:0", "--runtime", runtime.name()], args].concat();
    let mut server = Background::start(&args)?;
    let address = server.wait_for("address", |printed| {
        let address = printed.lines().find_map(|line| line.strip_prefix("listening on "));
        address.map(str::to_owned)
    })?;
    Ok((server, address))
}

/// `krpc proxy`, ready.
pub(crate) fn proxy(listen: SocketAddr, upstream: SocketAddr) -> anyhow::Result<Background> {
    let mut proxy = Background::start(&["proxy", &listen.to_string(), &upstream.to_string()])?;
    let ready = |printed: &str| printed.contains(&listen.to_string()).then_some(());
    proxy.wait_for("sign that it listens", ready)?;
    Ok(proxy)
}

/// `krpc record` into a folder, ready.
pub(crate) fn record(
    listen: SocketAddr,
    upstream: SocketAddr,
    out: &Path,
) -> anyhow::Result<Background> {
    let (listen, out) = (listen.to_string(), out.to_str().context("a plain path")?);
    let mut record =
        Background::start(&["record", &listen, &upstream.to_string(), "--gzip", "--out", out])?;
    let ready = |printed: &str| printed.contains(&listen).then_some(());
    record.wait_for("sign that it listens", ready)?;
    Ok(record)
}
