//! The thread that looks after connections while nobody waits for them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Instant;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Registry, Token};

use crate::crew::Crew;
use crate::hub::lock;

/// The token of the keeper's own wake-ups.
const WAKE_UP: Token = Token(usize::MAX);

/// Events taken from the system at a time.
const EVENTS: usize = 64;

/// Looks after the crews of a connector, on one thread that ends with the last of them. Clones are the
/// same.
#[derive(Clone)]
pub(crate) struct Keeper(Arc<Office>);

struct Office {
    desk: Arc<Desk>,
    /// Until the thread was started.
    poll: Mutex<Option<Poll>>,
}

struct Desk {
    registry: Registry,
    waker: mio::Waker,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    crews: Vec<Option<Weak<Crew>>>,
    free: Vec<usize>,
    alarms: BinaryHeap<Reverse<(Instant, usize)>>,
    /// When the thread looks up by itself.
    until: Option<Instant>,
    closed: bool,
}

impl Keeper {
    pub(crate) fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = mio::Waker::new(poll.registry(), WAKE_UP)?;
        let desk = Arc::new(Desk { registry, waker, state: Mutex::default() });
        Ok(Keeper(Arc::new(Office { desk, poll: Mutex::new(Some(poll)) })))
    }

    /// Starts the thread, if it was not.
    pub(crate) fn start(&self) -> io::Result<()> {
        let mut kept = lock(&self.0.poll);
        let Some(poll) = kept.take() else { return Ok(()) };
        let desk = self.0.desk.clone();
        let spawned = thread::Builder::new().name("krpc-keeper".into());
        // If there is no thread, the poll is gone with it: the connector is of no use any more.
        spawned.spawn(move || keep(&desk, poll)).map(drop)
    }

    pub(crate) fn enlist(&self, crew: Weak<Crew>) -> usize {
        let state = &mut *lock(&self.0.desk.state);
        let token = state.free.pop().unwrap_or(state.crews.len());
        if token == state.crews.len() {
            state.crews.push(None);
        }
        state.crews[token] = Some(crew);
        token
    }

    pub(crate) fn discharge(&self, token: usize) {
        let state = &mut *lock(&self.0.desk.state);
        let _crew = state.crews[token].take();
        state.free.push(token);
    }

    pub(crate) fn watch(&self, fd: RawFd, token: usize) {
        let registered =
            self.0.desk.registry.register(&mut SourceFd(&fd), Token(token), Interest::READABLE);
        if let Err(error) = registered {
            tracing::error!(%error, "connections are not looked after while nobody waits for them");
        }
    }

    pub(crate) fn unwatch(&self, fd: RawFd) {
        let _ = self.0.desk.registry.deregister(&mut SourceFd(&fd));
    }

    /// Makes the keeper look at a crew at that time.
    pub(crate) fn arm(&self, at: Instant, token: usize) {
        let earlier = {
            let mut state = lock(&self.0.desk.state);
            state.alarms.push(Reverse((at, token)));
            let earlier = state.until.is_none_or(|until| at < until);
            if earlier {
                state.until = Some(at);
            }
            earlier
        };
        if earlier {
            self.0.desk.wake();
        }
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        lock(&self.desk.state).closed = true;
        self.desk.wake();
    }
}

impl Desk {
    fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!(%error, "cannot wake the keeper");
        }
    }

    fn crew(&self, token: usize) -> Option<Arc<Crew>> {
        lock(&self.state).crews.get(token)?.as_ref()?.upgrade()
    }

    /// The next crew whose time has come.
    fn due(&self, now: Instant) -> Option<usize> {
        let mut state = lock(&self.state);
        let Reverse((at, token)) = *state.alarms.peek()?;
        if at > now {
            return None;
        }
        state.alarms.pop();
        Some(token)
    }
}

fn keep(desk: &Desk, mut poll: Poll) {
    let mut events = Events::with_capacity(EVENTS);
    loop {
        let timeout = {
            let mut state = lock(&desk.state);
            if state.closed {
                return;
            }
            state.until = state.alarms.peek().map(|Reverse((at, _))| *at);
            state.until.map(|until| until.saturating_duration_since(Instant::now()))
        };
        match poll.poll(&mut events, timeout) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => tracing::error!(%error, "cannot wait for sockets"),
        }
        for event in &events {
            if event.token() != WAKE_UP
                && let Some(crew) = desk.crew(event.token().0)
            {
                crew.attend(false);
            }
        }
        while let Some(token) = desk.due(Instant::now()) {
            if let Some(crew) = desk.crew(token) {
                crew.attend(true);
            }
        }
    }
}
