use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why no code was generated.
///
/// Build scripts that fail print an error's `Debug` form; here it is the text meant for people.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be found, or is not a correct `.proto` file. Names file, line and column.
    #[error("{0}")]
    Proto(String),
    /// A correct file wants something that there is no code for.
    #[error("{file}:{line}: {what}")]
    Unsupported {
        /// Name of the file, as imports spell it.
        file: String,
        /// Line of the declaration.
        line: usize,
        /// What it is.
        what: String,
    },
    /// An option of the generator is wrong.
    #[error("{0}")]
    Options(String),
    /// There is no folder to write to.
    #[error("OUT_DIR is not set: call this from a build script, or name a folder with `out_dir`")]
    NoOutDir,
    /// A file cannot be written.
    #[error("cannot write {path}: {source}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
