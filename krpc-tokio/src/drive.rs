//! The task that drives a connection.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use krpc_driver::Turn;
use tokio::time::Sleep;

use crate::io::{Io, Stream};

/// The present time: tokio's, so that its paused clock works in tests.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// A timer that is moved as rarely as possible: one that is set too early fires for nothing, which
/// costs less than moving it with every call.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    armed: Option<Instant>,
}

impl Timer {
    /// Whether it is time to look again; otherwise the task will be woken, by `until` at the
    /// latest.
    fn poll(&mut self, cx: &mut Context<'_>, until: Option<Instant>) -> bool {
        let Some(until) = until else { return false };
        let sleep = self.sleep.get_or_insert_with(|| {
            self.armed = Some(until);
            Box::pin(tokio::time::sleep_until(until.into()))
        });
        if self.armed.is_none_or(|armed| armed > until) {
            self.armed = Some(until);
            sleep.as_mut().reset(until.into());
        }
        let fired = sleep.as_mut().poll(cx).is_ready();
        if fired {
            self.armed = None;
        }
        fired
    }

    /// What a turn means for the task. `None`: take another at once.
    fn after(&mut self, cx: &mut Context<'_>, turn: Turn) -> Option<Poll<End>> {
        match turn {
            Turn::Done => Some(Poll::Ready(End::Close)),
            Turn::Reset => Some(Poll::Ready(End::Reset)),
            Turn::Yield => {
                cx.waker().wake_by_ref();
                Some(Poll::Pending)
            }
            Turn::Sleep { until } => (!self.poll(cx, until)).then_some(Poll::Pending),
        }
    }
}

/// How a socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Close,
    /// What the kernel holds for the peer is thrown away.
    Reset,
}

/// Takes turns until the connection is over.
pub(crate) async fn drive(
    stream: &Stream,
    timer: &mut Timer,
    mut turn: impl FnMut(&Waker, &mut Io<'_>, Instant) -> Turn,
) -> End {
    poll_fn(|cx| {
        loop {
            let taken = turn(cx.waker(), &mut stream.io(cx.waker()), now());
            if let Some(poll) = timer.after(cx, taken) {
                return poll;
            }
        }
    })
    .await
}

/// Takes turns without a socket until there is one. `None` if the connection is over before.
pub(crate) async fn drive_until<T>(
    mut socket: Pin<Box<dyn Future<Output = T> + Send + '_>>,
    timer: &mut Timer,
    mut turn: impl FnMut(&Waker, Instant) -> Turn,
) -> Option<T> {
    poll_fn(|cx| {
        loop {
            if let Poll::Ready(socket) = socket.as_mut().poll(cx) {
                return Poll::Ready(Some(socket));
            }
            let taken = turn(cx.waker(), now());
            if let Some(poll) = timer.after(cx, taken) {
                return poll.map(|_| None);
            }
        }
    })
    .await
}
