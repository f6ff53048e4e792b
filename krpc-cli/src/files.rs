//! Files and standard input, read up to what fits into a message; files that others wait for.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use krpc_tokio::core::proto::frame::DEFAULT_MAX_MESSAGE;

use crate::failure::Failure;

/// No server takes more in one call, and nothing else that is read here comes near it.
const LIMIT: u64 = DEFAULT_MAX_MESSAGE as u64;

/// All of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |e: io::Error| Failure::file("read", path, &e);
    let file = File::open(path).map_err(failed)?;
    let name = format!("'{}'", path.display());
    // Devices and pipes say zero here.
    let size = file.metadata().map_err(failed)?.len();
    if size > LIMIT {
        return Err(too_large(&name, size));
    }
    read_all(file, &name)
}

/// All of a file that holds text.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    text(read(path)?, &format!("'{}'", path.display()))
}

/// All of standard input, as text.
pub(crate) fn read_input() -> Result<String, Failure> {
    let name = "standard input";
    text(read_all(io::stdin().lock(), name)?, name)
}

/// Writes a line or more under another name first: whoever waits for the file never sees half of it.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let written = fs::write(&draft, format!("{text}\n")).and_then(|()| fs::rename(&draft, path));
    written.map_err(|e| Failure::file("write", path, &e))
}

/// Finds out early whether a file can be written, without touching what is in it.
pub(crate) fn check_writable(path: &Path) -> Result<(), Failure> {
    let opened = File::options().create(true).append(true).open(path);
    opened.map(drop).map_err(|e| Failure::file("write", path, &e))
}

fn read_all(source: impl Read, name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = source.take(LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(|e| Failure::usage(format_args!("cannot read {name}: {e}")))?;
    if bytes.len() as u64 > LIMIT {
        return Err(too_large(name, format_args!("more than {LIMIT}")));
    }
    Ok(bytes)
}

fn too_large(name: &str, size: impl std::fmt::Display) -> Failure {
    Failure::usage(format_args!("{name} has {size} bytes, and a message may have {LIMIT}"))
}

fn text(bytes: Vec<u8>, name: &str) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        Failure::usage(format_args!("{name} is not text in UTF-8: see byte {at}"))
    })
}
