//! Kudu's own programs: where they are, and running its command-line tool.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::{Output, run};

/// How long a run of the `kudu` tool may take before it is killed.
const CLI_DEADLINE: Duration = Duration::from_secs(60);

const PROGRAMS: [&str; 3] = ["kudu", "kudu-master", "kudu-tserver"];

/// The folder of everything that `tests/fetch-kudu.sh` fetches.
pub(crate) fn root() -> PathBuf {
    let given = std::env::var_os("KRPC_KUDU").filter(|dir| !dir.is_empty());
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("kudu");
    given.map_or_else(default, PathBuf::from)
}

/// A folder with one subfolder for each version of Kudu.
#[derive(Clone, Debug)]
pub struct KuduBinaries {
    root: PathBuf,
}

impl KuduBinaries {
    /// The folder that the environment variable `KRPC_KUDU` names, else the one that
    /// `tests/fetch-kudu.sh` fills.
    pub fn locate() -> Self {
        KuduBinaries { root: root() }
    }

    /// The programs of one version.
    ///
    /// # Errors
    ///
    /// When one of them is not there.
    pub fn version(&self, version: Version) -> Result<Kudu, Missing> {
        let dir = self.root.join(version.name());
        if PROGRAMS.iter().all(|program| dir.join("bin").join(program).is_file()) {
            Ok(Kudu { version, dir })
        } else {
            Err(Missing { version, dir })
        }
    }
}

/// A release of Kudu that the tests know how to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// The oldest; its TLS (1.0) is of no use to anybody.
    V1_9_0,
    /// Speaks TLS 1.2 and nothing newer.
    V1_14_0,
    /// The reference.
    V1_18_1,
}

impl Version {
    /// As Kudu writes it.
    pub fn name(self) -> &'static str {
        match self {
            Version::V1_9_0 => "1.9.0",
            Version::V1_14_0 => "1.14.0",
            Version::V1_18_1 => "1.18.1",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of the user that this process runs as. A server that it starts has that user as its
/// superuser, whatever the environment says of login names.
///
/// # Errors
///
/// When the system does not tell.
pub fn user() -> Result<String, String> {
    let output = run(Command::new("id").arg("-un"), CLI_DEADLINE)?;
    let name = output.stdout.trim();
    if name.is_empty() { Err("the user has no name".into()) } else { Ok(name.to_owned()) }
}

/// The programs of a version are not there. Displays as the one line that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    version: Version,
    dir: PathBuf,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (version, dir) = (self.version, self.dir.display());
        write!(f, "no Kudu {version} in {dir}: run tests/fetch-kudu.sh, or point KRPC_KUDU at one")
    }
}

impl std::error::Error for Missing {}

/// The programs of one version of Kudu.
#[derive(Clone, Debug)]
pub struct Kudu {
    version: Version,
    dir: PathBuf,
}

impl Kudu {
    /// Which version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// A command that runs one of the programs.
    ///
    /// The environment is right for Kudu's programs and for nothing else: with their library path,
    /// the system's Kerberos tools crash.
    pub fn command(&self, program: &str) -> Command {
        let lib = self.dir.join("lib");
        let mut command = Command::new(self.dir.join("bin").join(program));
        command.env("SASL_PATH", lib.join("sasl2")).env("LD_LIBRARY_PATH", lib);
        // Kudu's HTTP client would ask it about addresses of this machine.
        for variable in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(variable);
        }
        command
    }

    /// Runs the `kudu` tool and waits for its end.
    ///
    /// # Errors
    ///
    /// When it does not start, or does not end within a minute.
    pub fn cli<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<CliOutput, String> {
        let mut command = self.command("kudu");
        command.args(args);
        let Output { status, stdout, stderr } = run(&mut command, CLI_DEADLINE)?;
        Ok(CliOutput { what: format!("{command:?}"), code: status.code(), stdout, stderr })
    }
}

/// What a run of the `kudu` tool came to.
#[derive(Clone, Debug)]
pub struct CliOutput {
    what: String,
    /// Its exit status; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// Its messages.
    pub stderr: String,
}

impl CliOutput {
    /// What it printed.
    ///
    /// # Errors
    ///
    /// When it failed: everything that is known about the run.
    pub fn ok(self) -> Result<String, String> {
        if self.code == Some(0) { Ok(self.stdout) } else { Err(self.to_string()) }
    }
}

impl fmt::Display for CliOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CliOutput { what, code, stdout, stderr } = self;
        match code {
            Some(code) => writeln!(f, "{what} ended with status {code}")?,
            None => writeln!(f, "{what} was ended by a signal")?,
        }
        write!(f, "stdout: {stdout}\nstderr: {stderr}")
    }
}
