//! krpc-smol on async-std.

use crate::smol::On;

#[path = "../async_std/sockets.rs"]
mod sockets;

/// async-std's sockets and executor.
pub(crate) static ASYNC_STD: On<sockets::AsyncStd> = On {
    name: "async-std",
    sockets: sockets::AsyncStd,
    spawn: |task| drop(async_std::task::spawn(task)),
};
