//! The files of UNIX sockets that are listened at.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

use super::listen::BACKLOG;

/// The file of a listening UNIX socket. It outlives the socket otherwise, and keeps others from
/// listening there, so it is removed when this is dropped: unless another file has taken its place.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    /// Device and number.
    identity: (u64, u64),
}

impl SocketFile {
    /// Listens at `path`, or at an abstract name that begins with `@` and has no file. The file of a
    /// socket at which nobody listens any more is replaced; any other file is not touched.
    pub(crate) fn listen(path: &str) -> io::Result<(UnixListener, Option<SocketFile>)> {
        if path.is_empty() || path == "@" {
            // The system would make up a name that nobody is told.
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no path"));
        }
        if path.starts_with('@') {
            return Ok((bind(path).map_err(explain)?, None));
        }
        let listener = match bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                remove_if_dead(Path::new(path), error)?;
                bind(path)?
            }
            bound => bound?,
        };
        let path = PathBuf::from(path);
        let identity = identity(&path)?;
        Ok((listener, Some(SocketFile { path, identity })))
    }
}

/// Says what to do about a path in use.
fn explain(error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::AddrInUse {
        return error;
    }
    let advice = "another server listens there: stop it, or take another path";
    io::Error::new(error.kind(), format!("{error}; {advice}"))
}

/// The path as the system wants it: abstract names begin with NUL there.
pub(crate) fn system_path(path: &str) -> String {
    match path.strip_prefix('@') {
        Some(name) => format!("\0{name}"),
        None => path.to_owned(),
    }
}

/// A non-blocking socket that listens.
fn bind(path: &str) -> io::Result<UnixListener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::unix(system_path(path))?)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|now| now == self.identity)
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::debug!(path = %self.path.display(), %error, "cannot remove a socket's file");
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let file = fs::symlink_metadata(path)?;
    Ok((file.dev(), file.ino()))
}

/// Removes the file of a UNIX socket at which nobody listens any more.
fn remove_if_dead(path: &Path, in_use: io::Error) -> io::Result<()> {
    // Connecting to what is no socket is refused as well.
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        let text = "there is a file that is not a socket: remove it, or take another path";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    let found = identity(path)?;
    // Without waiting: a server whose backlog is full is alive.
    let probe = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    probe.set_nonblocking(true)?;
    match probe.connect(&SockAddr::unix(path)?) {
        // Unless another server has replaced it meanwhile.
        Err(error)
            if error.kind() == io::ErrorKind::ConnectionRefused && identity(path)? == found =>
        {
            fs::remove_file(path)
        }
        _ => Err(explain(in_use)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("krpc-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn listen(path: &Path) -> io::Result<(UnixListener, Option<SocketFile>)> {
        SocketFile::listen(path.to_str().unwrap())
    }

    #[test]
    fn only_dead_sockets_are_replaced() {
        let folder = folder("socket-file");
        let path = folder.join("file");
        fs::write(&path, "precious").unwrap();
        let error = listen(&path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        let link = folder.join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        listen(&link).unwrap_err();
        assert_eq!(fs::read_to_string(&link).unwrap(), "precious");

        let path = folder.join("socket");
        drop(UnixListener::bind(&path).unwrap());
        let first = listen(&path).unwrap();
        let error = listen(&path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        drop(first);
        assert!(!path.exists(), "the file goes with the socket");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_took_its_place_stays() {
        let folder = folder("socket-replaced");
        let path = folder.join("socket");
        let first = listen(&path).unwrap();
        // Held open, so that the file system does not give its number to the next one.
        let moved = folder.join("moved");
        fs::rename(&path, &moved).unwrap();
        let second = listen(&path).unwrap();
        drop(first);
        assert!(path.exists());
        drop(second);
        assert!(!path.exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_path_is_needed() {
        for none in ["", "@"] {
            let error = SocketFile::listen(none).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        }
    }
}
