//! The tasks of a server: one for each listening socket, and one for each connection.

use std::future::{Future, poll_fn};
use std::io::{self, Read};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use krpc_core::{Link, PeerAddr};
use socket2::SockRef;

use super::connect::tcp_link;
use super::drive::{Alarm, drive};
use super::io::shutdown_write;
use super::listen::Listener;
use super::{Runtime, Stream};
use crate::Host;
use crate::context::Signal;

/// Pause after an `accept` that failed for want of something, such as file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a connection that we have closed waits for its peer to do so. Closing a socket that
/// holds unread data would take back replies that are still on their way.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// Connections accepted, or reads of a connection that has said goodbye, before others have their turn.
const BUDGET: u32 = 16;

/// The accepting of a server.
#[derive(Debug)]
pub(crate) struct Accepting {
    stop: Arc<Signal>,
    /// One for each listening socket: it is closed.
    stopped: Vec<Arc<Signal>>,
}

impl Accepting {
    pub(crate) fn start<R: Runtime>(
        runtime: &R,
        host: &Host,
        listeners: Vec<Listener<R>>,
    ) -> Accepting {
        let stop = Arc::<Signal>::default();
        let mut stopped = Vec::new();
        for listener in listeners {
            let over = Arc::<Signal>::default();
            stopped.push(over.clone());
            let accepting = Open { listener, _over: Over(over) };
            let task = accept(runtime.clone(), accepting, host.clone(), stop.clone());
            runtime.spawn(Box::pin(task));
        }
        Accepting { stop, stopped }
    }

    /// Closes the listening sockets. After this the addresses are free.
    pub(crate) async fn stop(&self) {
        // All of them, before anything is waited for: whoever waits may be dropped.
        self.stop.set();
        for stopped in &self.stopped {
            stopped.wait().await;
        }
    }
}

/// A listening socket, and those who wait for its end. It ends with the runtime, too.
struct Open<R: Runtime> {
    listener: Listener<R>,
    /// After the socket.
    _over: Over,
}

struct Over(Arc<Signal>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.set();
    }
}

async fn accept<R: Runtime>(runtime: R, open: Open<R>, host: Host, stop: Arc<Signal>) {
    let listener = &open.listener;
    let mut stop = stop.wait();
    let mut alarm = Alarm::new(runtime.clone());
    // Whether it was said that nothing can be accepted.
    let mut said = false;
    for turn in 1_u32.. {
        if turn.is_multiple_of(BUDGET) {
            let_others().await;
        }
        let accepted = {
            let mut accepting = pin!(runtime.accept(&listener.socket));
            poll_fn(|cx| {
                if pin!(&mut stop).poll(cx).is_ready() {
                    return Poll::Ready(None);
                }
                accepting.as_mut().poll(cx).map(Some)
            })
            .await
        };
        let Some(accepted) = accepted else { return };
        match accepted.and_then(|stream| Ok((look(&stream, &listener.local)?, stream))) {
            Ok(((link, local), stream)) => {
                if std::mem::take(&mut said) {
                    tracing::info!(local = %listener.local, "accepting connections again");
                }
                let home = runtime.home(&stream);
                home.spawn(Box::pin(serve(home.clone(), stream, link, local, host.clone())));
            }
            Err(error) => match error.kind() {
                // Trouble of one connection, not of the listener.
                io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::NotConnected
                | io::ErrorKind::InvalidInput
                | io::ErrorKind::Interrupted => {
                    tracing::debug!(%error, "a connection was gone before it was accepted");
                }
                _ => {
                    if !std::mem::replace(&mut said, true) {
                        let local = &listener.local;
                        tracing::warn!(%local, %error, "cannot accept connections, trying again");
                    }
                    if alarm.within(ACCEPT_PAUSE, &mut stop).await.is_some() {
                        return;
                    }
                }
            },
        }
    }
}

/// Where a connection comes from, and at which of our addresses it has arrived.
fn look(stream: &impl Stream, listening: &PeerAddr) -> io::Result<(Link, PeerAddr)> {
    if matches!(listening, PeerAddr::Unix(_)) {
        return Ok((Link::unix(None), listening.clone()));
    }
    let link = tcp_link(stream)?;
    let local = SockRef::from(stream).local_addr()?.as_socket();
    Ok((link, local.map_or_else(|| listening.clone(), PeerAddr::Tcp)))
}

async fn serve<R: Runtime>(
    runtime: R,
    mut stream: R::Stream,
    link: Link,
    local: PeerAddr,
    host: Host,
) {
    let Some(mut driver) = host.accept(runtime.now(), link, local) else { return };
    let mut alarm = Alarm::new(runtime);
    let _closed = drive(&mut driver, &mut stream, &mut alarm).await;
    // The server counts as closed only after this. Boxed, so that an open connection holds no
    // memory for it.
    let _ = Box::pin(alarm.within(LINGER, linger(&mut stream))).await;
}

/// Says goodbye and reads what the peer had on its way, until it has said goodbye too.
async fn linger(stream: &mut impl Stream) -> io::Result<()> {
    shutdown_write(stream)?;
    let mut scratch = [0; 4 << 10];
    poll_fn(|cx| {
        for _ in 0..BUDGET {
            match stream.io(cx.waker()).read(&mut scratch) {
                Ok(0) => return Poll::Ready(Ok(())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// Goes on after other tasks.
async fn let_others() {
    let mut turns = 0;
    poll_fn(|cx| {
        turns += 1;
        if turns == 2 {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::io::{IoSlice, Write};
    use std::os::fd::{AsFd, BorrowedFd};
    use std::os::unix::net::UnixStream;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::{Context, Waker};

    use super::*;
    use crate::Socket;

    /// There is always something to read.
    struct Endless {
        fd: UnixStream,
        reads: AtomicU32,
    }

    impl AsFd for Endless {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.fd.as_fd()
        }
    }

    impl Stream for Endless {
        type Io<'a> = Io<'a>;

        fn io<'a>(&'a mut self, _: &'a Waker) -> Io<'a> {
            Io(self)
        }
    }

    struct Io<'a>(&'a Endless);

    impl Read for Io<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            assert!(self.0.reads.fetch_add(1, Ordering::Relaxed) < 1_000, "nobody else has a turn");
            Ok(buf.len())
        }
    }

    impl Write for Io<'_> {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            unreachable!("nothing is written after the goodbye")
        }

        fn write_vectored(&mut self, _: &[IoSlice<'_>]) -> io::Result<usize> {
            unreachable!("nothing is written after the goodbye")
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Socket for Io<'_> {
        fn shutdown_write(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_peer_that_sends_on_after_the_goodbye_has_its_turn_and_no_more() {
        let (fd, _peer) = UnixStream::pair().unwrap();
        let mut stream = Endless { fd, reads: AtomicU32::new(0) };
        {
            let mut lingering = pin!(linger(&mut stream));
            let cx = &mut Context::from_waker(Waker::noop());
            assert!(lingering.as_mut().poll(cx).is_pending());
            assert!(lingering.as_mut().poll(cx).is_pending());
        }
        assert_eq!(stream.reads.load(Ordering::Relaxed), 2 * BUDGET);
    }
}
