//! The threads that make calls, whatever runs the connections that carry them.

use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use krpc_tokio::CallRequest;
use krpc_tokio::core::{CallError, InboundReply};
use tokio::sync::mpsc as ends;

use super::shape::Shape;
use super::tally::Tally;
use super::work;

/// One connection to the server, as an adapter makes it.
pub(super) trait Caller: Send + Sync + Sized + 'static {
    /// Makes calls for as long as they are wanted, and waits for them: a chain on each of these
    /// connections, which may be the same ones. The thread does nothing else.
    fn run<W: Work>(chains: &[&Self], calls: &Calls<'_, W>);
}

/// What is called, again and again.
pub(super) trait Work: Send + Sync + 'static {
    /// The request of call number `n` of a chain.
    fn request(&self, n: u32) -> CallRequest;

    /// Whether this is the right reply to it.
    fn is_answer(&self, n: u32, reply: &InboundReply) -> bool;
}

/// Threads that make calls. Each has one or several chains: sequences of calls, each of which starts when
/// the one before has ended.
#[derive(Debug)]
pub(super) struct Load {
    threads: Vec<Worker>,
    tallies: Arc<[Mutex<Tally>]>,
    stop: Arc<AtomicBool>,
    /// Closed when the last thread has ended its calls.
    ends: ends::Receiver<Infallible>,
}

#[derive(Debug)]
struct Worker {
    thread: JoinHandle<()>,
    /// Something in it lets the thread begin; that it is closed lets it go.
    orders: mpsc::Sender<()>,
}

impl Load {
    /// Starts the threads, which wait for [`go`](Load::go).
    ///
    /// # Errors
    ///
    /// If the system gives no more threads.
    pub(super) fn new<C: Caller, W: Work>(
        callers: Vec<C>,
        work: W,
        shape: &Shape,
    ) -> io::Result<Load> {
        let (callers, work): (Arc<[C]>, _) = (callers.into(), Arc::new(work));
        let tallies: Arc<[_]> = (0..shape.threads).map(|_| Mutex::new(Tally::new())).collect();
        let stop = Arc::new(AtomicBool::new(false));
        let (ended, ends) = ends::channel(1);
        let start = |index: usize| {
            let chains: Vec<usize> = shape.chains(index).collect();
            let (callers, work, stop) = (callers.clone(), work.clone(), stop.clone());
            let (tallies, ended) = (tallies.clone(), ended.clone());
            let (orders, ordered) = mpsc::channel();
            let run = move || {
                if ordered.recv().is_err() {
                    return;
                }
                let chains: Vec<_> = chains.iter().map(|&caller| &callers[caller]).collect();
                C::run(&chains, &Calls { work: &*work, tally: &tallies[index], stop: &stop });
                drop(ended);
                // What a thread has done is known to the system as long as the thread is there.
                let _ = ordered.recv();
            };
            let thread = thread::Builder::new().name(format!("bench {index}")).spawn(run)?;
            Ok(Worker { thread, orders })
        };
        let threads = (0..shape.threads).map(start).collect::<io::Result<_>>()?;
        Ok(Load { threads, tallies, stop, ends })
    }

    /// Lets the threads make calls.
    pub(super) fn go(&self) {
        for worker in &self.threads {
            // A thread that is gone would be found by `finish`.
            let _ = worker.orders.send(());
        }
    }

    /// No calls are started any more.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Waits until the last call has ended. The threads stay.
    pub(super) async fn ended(&mut self) {
        let none = self.ends.recv().await;
        debug_assert!(none.is_none());
    }

    /// Calls that were answered, and that failed, up to now.
    pub(super) fn counts(&self) -> (u64, u64) {
        let counts = self.tallies.iter().map(|tally| lock(tally).counts());
        counts.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    /// What all threads have seen up to now.
    pub(super) fn tally(&self) -> Tally {
        let mut sum = Tally::new();
        self.tallies.iter().for_each(|tally| sum.add(&lock(tally)));
        sum
    }

    /// Lets the threads go, after [`ended`](Load::ended). False if one has panicked.
    #[must_use]
    pub(super) fn finish(self) -> bool {
        let join = |worker: Worker| {
            drop(worker.orders);
            worker.thread.join().is_ok()
        };
        self.threads.into_iter().map(join).fold(true, |sound, one| sound & one)
    }
}

/// The calls of one thread.
pub(super) struct Calls<'a, W> {
    work: &'a W,
    tally: &'a Mutex<Tally>,
    stop: &'a AtomicBool,
}

impl<W: Work> Calls<'_, W> {
    /// The next call of a chain, unless that is to end.
    pub(super) fn next(&self, chain: &Chain) -> Option<CallRequest> {
        (!self.stop.load(Ordering::Relaxed)).then(|| self.work.request(chain.n))
    }

    /// Counts it.
    pub(super) fn ended(&self, chain: &mut Chain, result: Result<InboundReply, CallError>) {
        let result = match result {
            Ok(reply) if self.work.is_answer(chain.n, &reply) => Ok(()),
            Ok(_) => Err(work::wrong_reply()),
            Err(error) => Err(error),
        };
        let now = Instant::now();
        lock(self.tally).ended(now.duration_since(chain.began), result);
        *chain = Chain { n: chain.n.wrapping_add(1), began: now };
    }

    /// Makes the calls of a chain, and awaits each.
    pub(super) async fn awaited<F>(&self, start: impl Fn(CallRequest) -> F)
    where
        F: Future<Output = Result<InboundReply, CallError>>,
    {
        let mut chain = Chain::new();
        while let Some(request) = self.next(&chain) {
            self.ended(&mut chain, start(request).await);
        }
    }
}

/// A sequence of calls.
#[derive(Debug)]
pub(super) struct Chain {
    /// Calls that have ended.
    n: u32,
    /// When the last of them did.
    began: Instant,
}

impl Chain {
    pub(super) fn new() -> Self {
        Chain { n: 0, began: Instant::now() }
    }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::sync::atomic::AtomicUsize;
    use std::task::{Poll, Waker};

    use bytes::Bytes;
    use krpc_tokio::Method;

    use super::*;
    use crate::args::Mode;
    use crate::commands::bench::chains;

    const METHOD: Method = Method::from_static("a", "b");

    /// Answers calls with what they say, from other threads: as soon as so many are in flight, all of
    /// them. Each seventh fails.
    struct Fake {
        batch: usize,
        waiting: Mutex<Vec<(Waker, Arc<AtomicBool>)>>,
        calls: AtomicUsize,
    }

    type Ending = dyn Future<Output = Result<InboundReply, CallError>>;

    impl Fake {
        fn new(batch: usize) -> Arc<Fake> {
            let (waiting, calls) = Default::default();
            Arc::new(Fake { batch, waiting, calls })
        }

        fn calls(&self) -> usize {
            self.calls.load(Ordering::SeqCst)
        }

        /// In flight, from the first poll on.
        fn wait(&self, waker: &Waker, answered: &Arc<AtomicBool>) {
            let mut waiting = self.waiting.lock().unwrap();
            waiting.push((waker.clone(), answered.clone()));
            if waiting.len() == self.batch {
                let all = std::mem::take(&mut *waiting);
                let answer = |(waker, answered): (Waker, Arc<AtomicBool>)| {
                    answered.store(true, Ordering::SeqCst);
                    waker.wake();
                };
                thread::spawn(move || all.into_iter().for_each(answer));
            }
        }
    }

    impl Caller for Arc<Fake> {
        fn run<W: Work>(chains: &[&Self], calls: &Calls<'_, W>) {
            chains::run(chains.iter().map(|fake| calls.awaited(|request| fake.start(request))));
        }
    }

    impl Fake {
        fn start(self: &Arc<Self>, request: CallRequest) -> Pin<Box<Ending>> {
            let (fake, answered) = (self.clone(), Arc::new(AtomicBool::new(false)));
            let n = fake.calls.fetch_add(1, Ordering::SeqCst);
            let mut polled = false;
            Box::pin(poll_fn(move |cx| {
                if answered.load(Ordering::SeqCst) {
                    let (body, sidecars) = (request.body.clone(), Default::default());
                    let reply = InboundReply { body, sidecars };
                    return Poll::Ready(if n % 7 == 6 {
                        Err(work::wrong_reply())
                    } else {
                        Ok(reply)
                    });
                }
                assert!(!polled, "nothing has changed since");
                polled = true;
                fake.wait(cx.waker(), &answered);
                Poll::Pending
            }))
        }
    }

    struct Echo;

    impl Work for Echo {
        fn request(&self, n: u32) -> CallRequest {
            CallRequest::new(METHOD, Bytes::copy_from_slice(&n.to_le_bytes()))
        }

        fn is_answer(&self, n: u32, reply: &InboundReply) -> bool {
            reply.body[..] == n.to_le_bytes()
        }
    }

    async fn until(condition: impl Fn() -> bool) {
        while !condition() {
            tokio::task::yield_now().await;
        }
    }

    async fn counts_what_is_called(shape: Shape) {
        let fakes: Vec<_> = (0..shape.connections).map(|_| Fake::new(1)).collect();
        let mut load = Load::new(fakes.clone(), Echo, &shape).unwrap();
        assert_eq!(load.counts(), (0, 0));
        load.go();
        until(|| fakes.iter().all(|fake| fake.calls() >= 50)).await;
        load.stop();
        load.ended().await;
        // Once ended, always ended.
        load.ended().await;
        let (completed, failed) = load.counts();
        assert_eq!(load.tally().counts(), (completed, failed));
        assert!(load.finish());
        let sum =
            |part: fn(usize) -> usize| fakes.iter().map(|fake| part(fake.calls())).sum::<usize>();
        assert_eq!(
            (sum(|calls| calls), sum(|calls| calls / 7)),
            ((completed + failed) as usize, failed as usize)
        );
    }

    #[tokio::test]
    async fn calls_are_counted_in_both_modes() {
        let (mode, outstanding) = (Mode::Sync, 5);
        counts_what_is_called(Shape { mode, threads: 3, connections: 2, outstanding }).await;
        let mode = Mode::Async;
        let shape = Shape { mode, threads: 2, connections: 3, outstanding };
        counts_what_is_called(shape).await;
    }

    #[tokio::test]
    async fn a_connection_has_as_many_calls_in_flight_as_it_may() {
        for (mode, in_flight) in [(Mode::Sync, 1), (Mode::Async, 64)] {
            let shape = Shape { mode, threads: 1, connections: 1, outstanding: 64 };
            // No call of it is ever answered.
            let fake = Fake::new(usize::MAX);
            let load = Load::new(vec![fake.clone()], Echo, &shape).unwrap();
            load.go();
            until(|| fake.waiting.lock().unwrap().len() == in_flight).await;
            assert_eq!((fake.calls(), load.counts()), (in_flight, (0, 0)));
        }
    }

    #[test]
    fn threads_that_are_not_let_go_end_without_a_call() {
        let shape = Shape { mode: Mode::Sync, threads: 3, connections: 1, outstanding: 5 };
        let fake = Fake::new(1);
        let load = Load::new(vec![fake.clone()], Echo, &shape).unwrap();
        assert!(load.finish());
        assert_eq!(fake.calls(), 0);
    }

    /// As a bug in an adapter would.
    struct Panics;

    impl Work for Panics {
        fn request(&self, _: u32) -> CallRequest {
            panic!("no request");
        }

        fn is_answer(&self, _: u32, _: &InboundReply) -> bool {
            false
        }
    }

    #[tokio::test]
    async fn a_thread_that_panics_ends_and_is_told() {
        let shape = Shape { mode: Mode::Sync, threads: 2, connections: 1, outstanding: 5 };
        let mut load = Load::new(vec![Fake::new(1)], Panics, &shape).unwrap();
        load.go();
        load.ended().await;
        assert!(!load.finish());
    }
}
