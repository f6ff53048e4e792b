//! Sockets that an engine watches.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Interest, Token};

use crate::hub::{Hub, lock};

/// A non-blocking socket in an engine.
#[derive(Debug)]
pub struct Socket {
    fd: OwnedFd,
    watch: Watch,
}

impl Socket {
    /// Has an engine watch a non-blocking socket.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn new(hub: &Hub, fd: impl Into<OwnedFd>) -> io::Result<Self> {
        let (fd, watch) = (fd.into(), Watch::new(hub));
        watch.begin(fd.as_raw_fd(), Interest::READABLE | Interest::WRITABLE)?;
        Ok(Socket { fd, watch })
    }

    /// The engine.
    pub fn hub(&self) -> &Hub {
        &self.watch.hub
    }

    /// For tasks of the engine alone: whoever else asks may miss that something has changed meanwhile.
    ///
    /// Tries `op`, or has `waker` woken when it is worth a try. `op` also tells whether it found that
    /// the kernel has no more for now; an error `WouldBlock` says so as well.
    ///
    /// # Errors
    ///
    /// Those of `op`.
    pub fn poll<T>(
        &self,
        direction: Direction,
        waker: &Waker,
        mut op: impl FnMut() -> io::Result<(T, bool)>,
    ) -> Poll<io::Result<T>> {
        let readiness = &self.watch.readiness;
        while readiness.poll(direction, waker) {
            match op() {
                Ok((value, used_up)) => {
                    if used_up {
                        readiness.used_up(direction, false);
                    }
                    return Poll::Ready(Ok(value));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    readiness.used_up(direction, true);
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Pending
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.watch.end(self.fd.as_raw_fd());
    }
}

/// A place for a file descriptor among those that an engine watches.
#[derive(Debug)]
pub(crate) struct Watch {
    hub: Hub,
    key: usize,
    pub(crate) readiness: Arc<Readiness>,
}

impl Watch {
    pub(crate) fn new(hub: &Hub) -> Self {
        let readiness = Arc::<Readiness>::default();
        let key = lock(&hub.0.sockets).insert(readiness.clone());
        Watch { hub: hub.clone(), key, readiness }
    }

    pub(crate) fn begin(&self, fd: RawFd, interest: Interest) -> io::Result<()> {
        self.hub.0.registry.register(&mut SourceFd(&fd), Token(self.key), interest)
    }

    pub(crate) fn end(&self, fd: RawFd) {
        // Closing it would do the same.
        let _ = self.hub.0.registry.deregister(&mut SourceFd(&fd));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _readiness = lock(&self.hub.0.sockets).remove(self.key);
    }
}

/// A direction of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Reading and accepting.
    In = 0,
    /// Writing and connecting.
    Out = 1,
}

/// What is known of a file descriptor, and who waits for more.
#[derive(Debug, Default)]
pub(crate) struct Readiness([Mutex<Way>; 2]);

#[derive(Debug, Default)]
struct Way {
    ready: bool,
    /// The end was announced, which is announced once: it stays.
    ended: bool,
    waker: Option<Waker>,
}

impl Readiness {
    pub(crate) fn event(&self, event: &Event) {
        let error = event.is_error();
        self.set(Direction::In, event.is_readable(), event.is_read_closed() || error);
        self.set(Direction::Out, event.is_writable(), event.is_write_closed() || error);
    }

    pub(crate) fn set(&self, direction: Direction, ready: bool, ended: bool) {
        let waker = {
            let mut way = lock(&self.0[direction as usize]);
            way.ended |= ended;
            way.ready |= ready || ended;
            if way.ready { way.waker.take() } else { None }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether a try is worth it; if not, `waker` will be woken.
    pub(crate) fn poll(&self, direction: Direction, waker: &Waker) -> bool {
        let mut way = lock(&self.0[direction as usize]);
        if !way.ready && !way.waker.as_ref().is_some_and(|old| old.will_wake(waker)) {
            let _old = way.waker.replace(waker.clone());
        }
        way.ready
    }

    /// The kernel has no more, or takes no more.
    pub(crate) fn used_up(&self, direction: Direction, blocked: bool) {
        let mut way = lock(&self.0[direction as usize]);
        // Where it blocked there was no end after all.
        way.ended &= !blocked;
        way.ready = way.ended;
    }
}
