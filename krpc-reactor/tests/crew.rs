//! Who drives, and that somebody always does.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Barrier};
use std::task::Poll;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use krpc_reactor::{Crew, Direction, Engine, Hub, Keeper, Lead, Socket, block_on};

const MILLI: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(60);

fn crew(lead: Lead) -> Arc<Crew> {
    Crew::new(&Keeper::start().unwrap(), lead).unwrap()
}

/// Waits for what a task of the crew sends.
fn wait_for<T>(crew: &Arc<Crew>, receiver: &Receiver<T>) -> T {
    let deadline = Instant::now() + LONG;
    crew.wait(
        || (),
        |(), _| {
            assert!(Instant::now() < deadline, "nothing came");
            receiver.try_recv().map_or(Poll::Pending, Poll::Ready)
        },
    )
}

/// Echoes bytes from a socket, and tells on which thread.
fn echo(hub: &Hub, told: Sender<ThreadId>) -> UnixStream {
    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    let stream = theirs.try_clone().unwrap();
    let socket = Socket::new(hub, theirs).unwrap();
    hub.spawn(Box::pin(async move {
        loop {
            let read = poll_fn(|cx| {
                socket.poll(Direction::In, cx.waker(), || {
                    let mut byte = [0];
                    let n = (&stream).read(&mut byte)?;
                    Ok(((n, byte), false))
                })
            });
            let (n, byte) = read.await.unwrap();
            if n == 0 {
                return;
            }
            (&stream).write_all(&byte).unwrap();
            let _ = told.send(thread::current().id());
        }
    }));
    ours
}

fn exchange(mut socket: &UnixStream, byte: u8) {
    socket.write_all(&[byte]).unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    let mut answer = [0];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(answer, [byte]);
}

#[test]
fn the_one_who_waits_drives() {
    let crew = crew(Lead::Callers);
    let (sender, receiver) = mpsc::channel();
    let mut socket = echo(crew.hub(), sender);
    for byte in 0..100 {
        let written = || socket.write_all(&[byte]).unwrap();
        let driver =
            crew.wait(written, |(), _| receiver.try_recv().map_or(Poll::Pending, Poll::Ready));
        assert_eq!(driver, thread::current().id());
        socket.read_exact(&mut [0]).unwrap();
    }
}

#[test]
fn the_keeper_drives_while_nobody_waits() {
    for lead in [Lead::Callers, Lead::Keeper] {
        let crew = crew(lead);
        let (sender, receiver) = mpsc::channel();
        let socket = echo(crew.hub(), sender);
        for byte in 0..200 {
            exchange(&socket, byte);
            assert_ne!(receiver.recv().unwrap(), thread::current().id());
            if byte % 3 == 0 {
                // Taken in between, and given back with nothing to wait for.
                crew.begin(|| ());
            }
        }
    }
}

/// Spawning and traffic at the same time: what has happened to a socket while the keeper was busy with
/// tasks is not lost.
#[test]
fn the_keeper_misses_nothing() {
    let crew = crew(Lead::Keeper);
    let (sender, _receiver) = mpsc::channel();
    let socket = echo(crew.hub(), sender);
    let spawning = crew.clone();
    let stop = Arc::new(AtomicUsize::new(0));
    let stopped = stop.clone();
    let noise = thread::spawn(move || {
        let (sender, receiver) = mpsc::sync_channel(4);
        while stopped.load(Ordering::Relaxed) == 0 {
            let sender = sender.clone();
            spawning.hub().spawn(Box::pin(async move { sender.send(()).unwrap() }));
            receiver.recv().unwrap();
        }
    });
    (0..=255).cycle().take(5_000).for_each(|byte| exchange(&socket, byte));
    stop.store(1, Ordering::Relaxed);
    noise.join().unwrap();
}

#[test]
fn the_keeper_watches_again_when_nobody_comes_any_more() {
    let crew = crew(Lead::Callers);
    let (sender, receiver) = mpsc::channel();
    let mut socket = echo(crew.hub(), sender);
    exchange(&socket, 0);
    let keeper = receiver.recv_timeout(LONG).unwrap();
    for byte in 1..100 {
        // In so quick succession that nobody watches in between.
        for _ in 0..byte % 4 {
            socket.write_all(&[byte]).unwrap();
            wait_for(&crew, &receiver);
            socket.read_exact(&mut [0]).unwrap();
        }
        exchange(&socket, byte);
        assert_eq!(receiver.recv_timeout(LONG).unwrap(), keeper);
    }
}

#[test]
fn the_lead_goes_from_one_to_the_next() {
    const THREADS: usize = 8;
    let crew = crew(Lead::Callers);
    let barrier = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (crew, barrier) = (crew.clone(), barrier.clone());
            thread::spawn(move || {
                let (sender, receiver) = mpsc::channel();
                let mut socket = echo(crew.hub(), sender);
                barrier.wait();
                for byte in (0..=255).cycle().take(1_000) {
                    socket.write_all(&[byte]).unwrap();
                    block_on_reply(&crew, &receiver);
                    socket.read_exact(&mut [0]).unwrap();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// Waits with a waker that the task's end wakes, as calls do.
fn block_on_reply(crew: &Arc<Crew>, receiver: &Receiver<ThreadId>) {
    let (told, tell) = mpsc::channel();
    let deadline = Instant::now() + LONG;
    crew.wait(
        || (),
        |(), waker| {
            assert!(Instant::now() < deadline, "nobody drives");
            if receiver.try_recv().is_ok() {
                return Poll::Ready(());
            }
            // A task that looks as often as anything happens.
            let (waker, told) = (waker.clone(), told.clone());
            crew.hub().spawn(Box::pin(async move {
                waker.wake();
                let _ = told.send(());
            }));
            tell.try_iter().for_each(drop);
            Poll::Pending
        },
    );
}

#[test]
fn timers_fire_whoever_waits() {
    let crew = crew(Lead::Callers);
    let (sender, receiver) = mpsc::channel();
    let start = Instant::now();
    for delay in [20, 5, 10] {
        let (mut alarm, sender) = (crew.hub().alarm(), sender.clone());
        crew.hub().spawn(Box::pin(async move {
            alarm.set(start + delay * MILLI);
            poll_fn(|cx| alarm.poll(cx)).await;
            assert!(Instant::now() >= start + delay * MILLI);
            sender.send(delay).unwrap();
        }));
    }
    assert_eq!(wait_for(&crew, &receiver), 5);
    // Nobody waits any more.
    assert_eq!([receiver.recv().unwrap(), receiver.recv().unwrap()], [10, 20]);
}

#[test]
fn a_timer_that_is_moved_or_dropped_does_not_fire() {
    let crew = crew(Lead::Callers);
    let (sender, receiver) = mpsc::channel();
    let start = Instant::now();
    let (mut moved, mut dropped) = (crew.hub().alarm(), crew.hub().alarm());
    crew.hub().spawn(Box::pin(async move {
        moved.set(start + LONG);
        dropped.set(start);
        drop(dropped);
        poll_fn(|cx| {
            assert!(moved.poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        moved.set(start + 5 * MILLI);
        poll_fn(|cx| moved.poll(cx)).await;
        sender.send(()).unwrap();
    }));
    receiver.recv_timeout(LONG).unwrap();
}

struct Told(Sender<&'static str>);

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

#[test]
fn a_task_that_panics_harms_no_other() {
    let crew = crew(Lead::Callers);
    let (sender, receiver) = mpsc::channel();
    let told = Told(sender.clone());
    crew.hub().spawn(Box::pin(async move {
        let _told = told;
        panic!("as asked");
    }));
    crew.hub().spawn(Box::pin(async move { sender.send("other").unwrap() }));
    assert_eq!(wait_for(&crew, &receiver), "dropped");
    assert_eq!(wait_for(&crew, &receiver), "other");
}

#[test]
fn a_panic_of_the_one_who_leads_leaves_the_seat() {
    let crew = crew(Lead::Callers);
    let leading = crew.clone();
    let lead =
        thread::spawn(move || leading.wait(|| (), |(), _| -> Poll<()> { panic!("as asked") }));
    lead.join().unwrap_err();
    let (sender, receiver) = mpsc::channel();
    crew.hub().spawn(Box::pin(async move { sender.send(1).unwrap() }));
    assert_eq!(wait_for(&crew, &receiver), 1);
}

#[test]
fn tasks_end_with_their_crew_and_the_keeper_with_the_last() {
    let keeper = Keeper::start().unwrap();
    let crews = [(); 3].map(|()| Crew::new(&keeper, Lead::Callers).unwrap());
    let (sender, receiver) = mpsc::channel();
    for crew in &crews {
        let told = Told(sender.clone());
        crew.hub().spawn(Box::pin(async move {
            let _told = told;
            std::future::pending::<()>().await;
        }));
        crew.begin(|| ());
    }
    drop((crews, keeper, sender));
    let all: Vec<_> = std::iter::from_fn(|| receiver.recv_timeout(LONG).ok()).collect();
    assert_eq!(all, ["dropped"; 3]);
}

#[test]
fn an_engine_runs_to_the_end_of_its_tasks() {
    let engine = Engine::new().unwrap();
    let hub = engine.hub().clone();
    let (sender, receiver) = mpsc::channel();
    let socket = echo(&hub, sender);
    let running = thread::spawn(move || engine.run());
    exchange(&socket, 1);
    hub.close();
    exchange(&socket, 2);
    drop(socket);
    running.join().unwrap();
    assert_eq!(receiver.iter().count(), 2);
}

#[test]
fn the_end_of_a_stream_is_not_missed_behind_its_last_bytes() {
    let crew = crew(Lead::Callers);
    for _ in 0..200 {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        let stream = theirs.try_clone().unwrap();
        let socket = Socket::new(crew.hub(), theirs).unwrap();
        let (sender, receiver) = mpsc::channel();
        ours.write_all(b"last").unwrap();
        drop(ours);
        crew.hub().spawn(Box::pin(async move {
            let mut all = Vec::new();
            loop {
                let read = || -> io::Result<(usize, bool)> {
                    let mut buf = [0; 64];
                    let n = (&stream).read(&mut buf)?;
                    all.extend_from_slice(&buf[..n]);
                    // Fewer than there was room for: the kernel has no more, it seems.
                    Ok((n, n > 0))
                };
                let mut read = read;
                if poll_fn(|cx| socket.poll(Direction::In, cx.waker(), &mut read)).await.unwrap()
                    == 0
                {
                    break;
                }
            }
            sender.send(all).unwrap();
        }));
        assert_eq!(wait_for(&crew, &receiver), b"last");
    }
}

#[test]
fn block_on_waits_for_others() {
    let (sender, receiver) = mpsc::channel::<std::task::Waker>();
    let waking = thread::spawn(move || receiver.iter().take(3).for_each(std::task::Waker::wake));
    let mut polls = 0;
    block_on(poll_fn(|cx| {
        polls += 1;
        if polls == 4 {
            return Poll::Ready(());
        }
        sender.send(cx.waker().clone()).unwrap();
        Poll::Pending
    }));
    waking.join().unwrap();
    assert_eq!(polls, 4);
}

/// A leader's future that wakes itself, or is woken between its poll and the sleep, is asked again.
#[test]
fn a_leader_that_was_woken_before_it_sleeps_looks_again() {
    let crew = Crew::new(&Keeper::start().unwrap(), Lead::Callers).unwrap();
    let (done, told) = mpsc::channel();
    thread::spawn(move || {
        let asked = std::cell::Cell::new(0);
        let n = crew.wait(
            || (),
            |(), waker| {
                asked.set(asked.get() + 1);
                if asked.get() == 1 {
                    waker.wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(asked.get())
            },
        );
        done.send(n).unwrap();
    });
    let n = told.recv_timeout(LONG);
    assert_eq!(n, Ok(2));
}

/// "Dropping it drops its tasks": those that were not begun, too, though they know their hub.
#[test]
fn an_engine_that_is_dropped_drops_what_was_spawned() {
    let engine = Engine::new().unwrap();
    let hub = engine.hub().clone();
    let alive = Arc::new(());
    let (theirs, home) = (alive.clone(), hub.clone());
    hub.spawn(Box::pin(async move {
        let _keep = (theirs, home);
        std::future::pending::<()>().await;
    }));
    drop(engine);
    drop(hub);
    assert_eq!(Arc::strong_count(&alive), 1, "the task has leaked");
}

/// A timer that another thread sets while the engine is about to sleep fires all the same.
#[test]
fn a_timer_of_another_thread_is_not_slept_through() {
    let engine = Engine::new().unwrap();
    let hub = engine.hub().clone();
    let thread = thread::spawn(move || engine.run());
    for tries in 0..1_000 {
        let (parker, unparker) = parking::pair();
        let waker = std::task::Waker::from(unparker);
        let cx = &mut std::task::Context::from_waker(&waker);
        let mut alarm = hub.alarm();
        let go = Arc::new(AtomicUsize::new(0));
        let goes = go.clone();
        alarm.set(Instant::now() + MILLI);
        hub.spawn(Box::pin(async move { goes.store(1, Ordering::SeqCst) }));
        while go.load(Ordering::SeqCst) == 0 {
            std::hint::spin_loop();
        }
        for _ in 0..(tries % 64) {
            std::hint::spin_loop();
        }
        while alarm.poll(cx).is_pending() {
            assert!(
                parker.park_timeout(Duration::from_secs(3)),
                "slept through a timer at try {tries}"
            );
        }
    }
    hub.close();
    thread.join().unwrap();
}
