//! Kudu's client for Java: where it is, and running programs that use it.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::kudu::root;
use crate::process::{Output, run};

/// How long compiling or a run may take before it is killed. A machine busy with compiling takes a while
/// to start a Java machine.
const DEADLINE: Duration = Duration::from_secs(120);

/// The file whose presence tells that the folder is filled; it is filled in one step.
const CLIENT: &str = "kudu-client-1.18.1.jar";

/// A Java compiler, and the client with all that it needs.
#[derive(Clone, Debug)]
pub struct Java {
    jars: PathBuf,
}

impl Java {
    /// The programs of the PATH, and the client that `tests/fetch-kudu.sh` fetched, below the folder
    /// that the environment variable `KRPC_KUDU` may name.
    ///
    /// # Errors
    ///
    /// When something is not there: the one line that says what to do.
    pub fn locate() -> Result<Java, String> {
        for program in ["java", "javac"] {
            if !is_in_path(program) {
                return Err(format!(
                    "no {program} in the PATH: run tests/fetch-kudu.sh as root, or install a JDK, 17 or newer"
                ));
            }
        }
        let jars = root().join("java");
        if jars.join(CLIENT).is_file() {
            return Ok(Java { jars });
        }
        let dir = jars.display();
        Err(format!(
            "no {CLIENT} in {dir}: run tests/fetch-kudu.sh, or point KRPC_KUDU at the folder above it"
        ))
    }

    /// Compiles a program of one file.
    ///
    /// # Errors
    ///
    /// When it does not compile.
    pub fn compile(&self, source: &Path) -> Result<Program, String> {
        let class =
            source.file_stem().ok_or_else(|| format!("not a file: {}", source.display()))?;
        let dir = tempfile::tempdir().map_err(|e| format!("no folder for a Java program: {e}"))?;
        let mut javac = Command::new("javac");
        javac.arg("-d").arg(dir.path()).arg("-cp").arg(self.jars.join("*")).arg(source);
        finish(&mut javac)?;
        let class_path = env::join_paths([dir.path(), &self.jars.join("*")])
            .map_err(|e| format!("cannot tell Java where the client is: {e}"))?;
        Ok(Program { class_path, class: class.to_owned(), _dir: dir })
    }
}

/// A compiled program.
#[derive(Debug)]
pub struct Program {
    class_path: OsString,
    class: OsString,
    _dir: TempDir,
}

impl Program {
    /// Runs it and tells what it printed.
    ///
    /// # Errors
    ///
    /// When it fails, or does not end within two minutes: everything that is known about the run.
    pub fn run<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<String, String> {
        let mut java = Command::new("java");
        // What is printed depends neither on the machine's zone nor on its language. The name of the
        // setting for the latter changed with Java 19.
        java.args(["-Duser.timezone=UTC", "-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8"]);
        // A short run gains nothing from the better of the compilers.
        java.arg("-XX:TieredStopAtLevel=1");
        java.arg("-cp").arg(&self.class_path).arg(&self.class).args(args);
        finish(&mut java)
    }
}

fn finish(command: &mut Command) -> Result<String, String> {
    let Output { status, stdout, stderr } = run(command, DEADLINE)?;
    match status.success() {
        true => Ok(stdout),
        false => Err(format!("{command:?} ended: {status}\nstdout: {stdout}\nstderr: {stderr}")),
    }
}

fn is_in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| dir.join(program).is_file())
}
