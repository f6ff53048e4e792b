//! What is asked of a socket, whoever waits for it.

use std::io::{IoSlice, IoSliceMut, Read, Result};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::time::Duration;

use socket2::SockRef;

/// Writing to a socket that its peer has closed is an error and no signal, which would end a process
/// that has not been told to ignore it. Where there is no such flag, the standard library has told
/// the socket already.
#[cfg(any(target_os = "linux", target_os = "android"))]
const SEND_FLAGS: i32 = libc::MSG_NOSIGNAL;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const SEND_FLAGS: i32 = 0;

/// Reads from a non-blocking socket.
///
/// # Errors
///
/// Those of the system; `WouldBlock` if there is nothing to read.
pub fn read(socket: &impl AsFd, buf: &mut [u8]) -> Result<usize> {
    (&*SockRef::from(socket)).read(buf)
}

/// Reads from a non-blocking socket into several buffers.
///
/// # Errors
///
/// Those of the system; `WouldBlock` if there is nothing to read.
pub fn read_vectored(socket: &impl AsFd, bufs: &mut [IoSliceMut<'_>]) -> Result<usize> {
    (&*SockRef::from(socket)).read_vectored(bufs)
}

/// Writes to a non-blocking socket, without a signal if its peer has closed it.
///
/// # Errors
///
/// Those of the system; `WouldBlock` if it takes nothing.
pub fn write(socket: &impl AsFd, buf: &[u8]) -> Result<usize> {
    SockRef::from(socket).send_with_flags(buf, SEND_FLAGS)
}

/// Writes several buffers to a non-blocking socket, without a signal if its peer has closed it.
///
/// # Errors
///
/// Those of the system; `WouldBlock` if it takes nothing.
pub fn write_vectored(socket: &impl AsFd, bufs: &[IoSlice<'_>]) -> Result<usize> {
    SockRef::from(socket).send_vectored_with_flags(bufs, SEND_FLAGS)
}

/// Sends the end of the stream after what was written.
///
/// # Errors
///
/// Those of the system.
pub fn shutdown_write(socket: &impl AsFd) -> Result<()> {
    SockRef::from(socket).shutdown(Shutdown::Write)
}

/// Makes closing the socket throw away what the kernel holds for the peer. On a UNIX socket that is
/// the peer's already.
pub(crate) fn reset_when_closed(socket: &impl AsFd) {
    let socket = SockRef::from(socket);
    let is_unix = socket.local_addr().is_ok_and(|address| address.is_unix());
    if !is_unix && let Err(error) = socket.set_linger(Some(Duration::ZERO)) {
        tracing::debug!(%error, "cannot set linger 0");
    }
}
