//! Futures that share one thread, which sleeps while none of them can go on.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};

/// Runs all of them on this thread until the last has ended. No runtime takes part: what wakes one wakes
/// the thread, and only those that were woken are polled.
pub(super) fn run<F: Future<Output = ()>>(futures: impl IntoIterator<Item = F>) {
    let woken = Arc::new(Woken { list: Mutex::default(), thread: thread::current() });
    let chain = |(index, future)| Chain::new(index, future, &woken);
    let mut chains: Vec<_> = futures.into_iter().enumerate().map(chain).collect();
    let mut running = chains.len();
    let mut batch: Vec<usize> = (0..running).collect();
    while running > 0 {
        for index in batch.drain(..) {
            running -= usize::from(chains[index].poll());
        }
        woken.take(&mut batch);
        if batch.is_empty() && running > 0 {
            thread::park();
        }
    }
}

struct Chain<F> {
    /// `None` once it has ended.
    future: Option<Pin<Box<F>>>,
    wake: Arc<WakeOne>,
    waker: Waker,
}

impl<F: Future<Output = ()>> Chain<F> {
    fn new(index: usize, future: F, woken: &Arc<Woken>) -> Self {
        let wake = Arc::new(WakeOne { index, listed: true.into(), woken: woken.clone() });
        let waker = Waker::from(wake.clone());
        Chain { future: Some(Box::pin(future)), wake, waker }
    }

    /// Whether it ended here.
    fn poll(&mut self) -> bool {
        // From here on a wake is one more turn.
        self.wake.listed.swap(false, Ordering::AcqRel);
        let Some(future) = &mut self.future else { return false };
        let ended = future.as_mut().poll(&mut Context::from_waker(&self.waker)).is_ready();
        if ended {
            self.future = None;
        }
        ended
    }
}

/// Those that are to be polled.
struct Woken {
    list: Mutex<Vec<usize>>,
    thread: Thread,
}

impl Woken {
    /// Exchanges the list for an empty one.
    fn take(&self, batch: &mut Vec<usize>) {
        std::mem::swap(&mut *self.list.lock().unwrap_or_else(PoisonError::into_inner), batch);
    }
}

/// The waker of one of them.
struct WakeOne {
    index: usize,
    /// Whether it is on the list, or in the batch that was taken from it.
    listed: AtomicBool,
    woken: Arc<Woken>,
}

impl Wake for WakeOne {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.listed.swap(true, Ordering::AcqRel) {
            return;
        }
        let first = {
            let mut list = self.woken.list.lock().unwrap_or_else(PoisonError::into_inner);
            list.push(self.index);
            list.len() == 1
        };
        // The thread takes all that are there: one wake-up for a list is enough.
        if first {
            self.woken.thread.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::sync::mpsc;
    use std::task::Poll;

    use super::*;

    #[test]
    fn none_is_polled_that_was_not_woken() {
        let (wakers, elsewhere) = mpsc::channel::<Waker>();
        let waking = thread::spawn(move || elsewhere.iter().for_each(Waker::wake));
        let (polls, ends) = (Cell::new(0), Cell::new(0));
        let chain = |turns: u32| {
            let (wakers, polls, ends) = (wakers.clone(), &polls, &ends);
            let mut left = turns;
            poll_fn(move |cx| {
                polls.set(polls.get() + 1);
                if left == 0 {
                    ends.set(ends.get() + 1);
                    return Poll::Ready(());
                }
                left -= 1;
                wakers.send(cx.waker().clone()).unwrap();
                Poll::Pending
            })
        };
        run((0..100).map(chain));
        // One poll for each turn, and one that ends it.
        assert_eq!((polls.get(), ends.get()), ((0..100).sum::<u32>() + 100, 100));
        drop(wakers);
        waking.join().unwrap();
    }

    #[test]
    fn a_chain_may_wake_itself_and_be_woken_after_its_end() {
        let kept = Cell::new(None);
        let mut left = 1_000;
        let itself = poll_fn(|cx| {
            kept.set(Some(cx.waker().clone()));
            cx.waker().wake_by_ref();
            left -= 1;
            if left == 0 { Poll::Ready(()) } else { Poll::Pending }
        });
        let mut turns = 0;
        let after = poll_fn(|cx| {
            turns += 1;
            if let Some(waker) = kept.take() {
                waker.wake();
            }
            cx.waker().wake_by_ref();
            if turns == 2_000 { Poll::Ready(()) } else { Poll::Pending }
        });
        let chains: [Pin<Box<dyn Future<Output = ()>>>; 2] = [Box::pin(itself), Box::pin(after)];
        run(chains);
        assert_eq!((left, turns), (0, 2_000));
    }

    #[test]
    fn none_at_all_is_done_at_once() {
        run(std::iter::empty::<std::future::Ready<()>>());
    }
}
