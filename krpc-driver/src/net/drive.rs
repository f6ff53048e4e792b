//! The task that drives a connection.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::{Runtime, Stream, Timer};
use crate::pump::Socket;
use crate::turn::Turn;
use crate::{ClientDriver, ServerDriver};

/// A runtime's timer that is moved as rarely as possible: one that is set too early fires for
/// nothing, which costs less than moving it with every call.
pub(crate) struct Alarm<R: Runtime> {
    runtime: R,
    timer: R::Timer,
    armed: Option<Instant>,
}

impl<R: Runtime> Alarm<R> {
    pub(crate) fn new(runtime: R) -> Self {
        let timer = runtime.timer();
        Alarm { runtime, timer, armed: None }
    }

    pub(crate) fn now(&self) -> Instant {
        self.runtime.now()
    }

    /// Whether it is time to look again; otherwise the task will be woken, by `until` at the latest.
    fn poll(&mut self, cx: &mut Context<'_>, until: Option<Instant>) -> bool {
        let Some(until) = until else { return false };
        if self.armed.is_none_or(|armed| armed > until) {
            self.armed = Some(until);
            self.timer.set(until);
        }
        let fired = self.timer.poll(cx).is_ready();
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

    /// Waits until that time.
    pub(crate) async fn sleep(&mut self, until: Instant) {
        poll_fn(|cx| {
            loop {
                if self.runtime.now() >= until {
                    return Poll::Ready(());
                }
                if !self.poll(cx, Some(until)) {
                    return Poll::Pending;
                }
            }
        })
        .await;
    }

    /// Waits for `future`, but no longer than that.
    pub(crate) async fn within<T>(
        &mut self,
        timeout: Duration,
        future: impl Future<Output = T>,
    ) -> Option<T> {
        let mut future = pin!(future);
        // Later than time can be counted is never.
        let until = self.now().checked_add(timeout);
        poll_fn(|cx| {
            if let Poll::Ready(value) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(value));
            }
            let Some(until) = until else { return Poll::Pending };
            pin!(self.sleep(until)).poll(cx).map(|()| None)
        })
        .await
    }
}

/// How a socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Close,
    /// What the kernel holds for the peer is thrown away.
    Reset,
}

/// A connection that takes turns with its socket.
pub(crate) trait Driver {
    fn poll_turn(&mut self, waker: &Waker, io: &mut impl Socket, now: Instant) -> Turn;
}

impl Driver for ClientDriver {
    fn poll_turn(&mut self, waker: &Waker, io: &mut impl Socket, now: Instant) -> Turn {
        self.poll_turn(waker, io, now)
    }
}

impl Driver for ServerDriver {
    fn poll_turn(&mut self, waker: &Waker, io: &mut impl Socket, now: Instant) -> Turn {
        self.poll_turn(waker, io, now)
    }
}

/// Takes turns until the connection is over.
pub(crate) async fn drive<R: Runtime>(
    driver: &mut impl Driver,
    stream: &mut R::Stream,
    alarm: &mut Alarm<R>,
) -> End {
    poll_fn(|cx| {
        loop {
            let taken = driver.poll_turn(cx.waker(), &mut stream.io(cx.waker()), alarm.now());
            if let Some(poll) = alarm.after(cx, taken) {
                return poll;
            }
        }
    })
    .await
}

/// Takes turns without a socket until there is one. `None` if the connection is over before.
pub(crate) async fn drive_until<R: Runtime, T>(
    mut socket: Pin<Box<dyn Future<Output = T> + Send + '_>>,
    alarm: &mut Alarm<R>,
    mut turn: impl FnMut(&Waker, Instant) -> Turn,
) -> Option<T> {
    poll_fn(|cx| {
        loop {
            if let Poll::Ready(socket) = socket.as_mut().poll(cx) {
                return Poll::Ready(Some(socket));
            }
            let taken = turn(cx.waker(), alarm.now());
            if let Some(poll) = alarm.after(cx, taken) {
                return poll.map(|_| None);
            }
        }
    })
    .await
}
