//! The bound on simultaneous negotiations, and who waits for it.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use krpc_core::channel::{MAX_NEGOTIATIONS, Slots, Ticket};

use crate::sync::{Mutex, lock, wake};

/// Bounds how many connections are being made at a time, first come, first served. Clones are the same.
///
/// The negotiation timeout of an attempt begins when its turn has come, so that a long queue costs
/// time and never makes an attempt fail.
#[derive(Clone)]
pub struct Negotiations(Arc<Mutex<State>>);

struct State {
    slots: Slots,
    wakers: BTreeMap<Ticket, Waker>,
}

impl Negotiations {
    /// A bound of its own.
    ///
    /// # Panics
    ///
    /// If `limit` is 0: nothing would ever connect.
    pub fn new(limit: usize) -> Self {
        let state = State { slots: Slots::new(limit), wakers: BTreeMap::new() };
        Negotiations(Arc::new(Mutex::new(state)))
    }

    /// The bound that all connectors of this process share unless they are given another:
    /// [`MAX_NEGOTIATIONS`].
    pub fn process_wide() -> Self {
        static SHARED: OnceLock<Negotiations> = OnceLock::new();
        SHARED.get_or_init(|| Negotiations::new(MAX_NEGOTIATIONS)).clone()
    }

    /// How many connections are being made.
    pub fn in_use(&self) -> usize {
        lock(&self.0).slots.in_use()
    }

    /// How many wait for their turn.
    pub fn waiting(&self) -> usize {
        lock(&self.0).slots.waiting()
    }

    pub(crate) fn admission(&self) -> Admission {
        Admission { negotiations: self.clone(), ticket: None }
    }

    fn release(&self, ticket: Ticket) {
        let (next, _old) = {
            let mut state = lock(&self.0);
            let next = state.slots.release(ticket);
            (next.and_then(|next| state.wakers.remove(&next)), state.wakers.remove(&ticket))
        };
        if let Some(next) = next {
            wake(next);
        }
    }
}

impl fmt::Debug for Negotiations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.0);
        let (in_use, limit, waiting) =
            (state.slots.in_use(), state.slots.limit(), state.slots.waiting());
        write!(f, "Negotiations({in_use} of {limit}, {waiting} waiting)")
    }
}

/// Ready when a connection may be made. The wait begins with the first poll; dropping it gives the
/// place up.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Admission {
    negotiations: Negotiations,
    ticket: Option<Ticket>,
}

impl Future for Admission {
    type Output = Permit;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Permit> {
        let waker = cx.waker().clone();
        let this = &mut *self;
        let mut state = lock(&this.negotiations.0);
        let ticket = *this.ticket.get_or_insert_with(|| state.slots.request().0);
        if state.slots.holds(ticket) {
            drop(state);
            this.ticket = None;
            return Poll::Ready(Permit { negotiations: this.negotiations.clone(), ticket });
        }
        let old = state.wakers.insert(ticket, waker);
        drop(state);
        drop(old);
        Poll::Pending
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.negotiations.release(ticket);
        }
    }
}

/// The right to make one connection, until it is dropped.
#[derive(Debug)]
pub struct Permit {
    negotiations: Negotiations,
    ticket: Ticket,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.negotiations.release(self.ticket);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn turns_come_in_order_and_go_on_when_somebody_gives_up() {
        let negotiations = Negotiations::new(1);
        let woken = Arc::<Woken>::default();
        let waker = Waker::from(woken.clone());
        let cx = &mut Context::from_waker(&waker);
        let mut poll = |admission: &mut Admission| Pin::new(admission).poll(cx);
        let mut all: Vec<_> = (0..4).map(|_| negotiations.admission()).collect();
        let Poll::Ready(first) = poll(&mut all[0]) else {
            panic!("the first has no one before it")
        };
        assert!(all[1..].iter_mut().all(|admission| poll(admission).is_pending()));
        assert_eq!((negotiations.in_use(), negotiations.waiting()), (1, 3));

        drop(all.remove(1));
        drop(first);
        assert_eq!(woken.0.load(Ordering::SeqCst), 1, "only the one whose turn it is");
        assert!(poll(&mut all[2]).is_pending());
        let Poll::Ready(second) = poll(&mut all[1]) else { panic!("its turn has come") };
        drop(second);
        // It has its turn, and never takes it.
        drop(all);
        assert_eq!((negotiations.in_use(), negotiations.waiting()), (0, 0));
    }
}
