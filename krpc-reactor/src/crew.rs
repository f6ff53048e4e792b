//! Threads that wait, and the engine that one of them drives.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::os::fd::RawFd;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use mio::Interest;
use parking::{Parker, Unparker};

use crate::engine::Engine;
use crate::hub::{Alarm, Hub, lock};
use crate::socket::{Direction, Readiness, Watch};

/// Rounds of one engine before the keeper looks at the others.
const ROUNDS: u32 = 16;

/// How often those who wait come and go before the keeper is told each time; and for how long it may not
/// know what happens when they stop.
const PATROL: Duration = Duration::from_millis(1);

/// Who drives the engine of a crew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lead {
    /// Those who wait: one of them drives for all. The fewest switches between threads.
    #[default]
    Callers,
    /// The keeper alone. Every wait costs a switch to its thread and one back.
    Keeper,
}

/// The thread that drives the engines of crews while nobody waits there. It ends when the last clone of
/// this and the last of its crews are gone.
#[derive(Clone, Debug)]
pub struct Keeper(Arc<Office>);

#[derive(Debug)]
struct Office(Hub);

impl Keeper {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// When there are no more file descriptors or threads.
    pub fn start() -> io::Result<Self> {
        let engine = Engine::new()?;
        let hub = engine.hub().clone();
        thread::Builder::new().name("krpc-keeper".into()).spawn(move || engine.run())?;
        Ok(Keeper(Arc::new(Office(hub))))
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// An engine that the threads share that wait for what it does.
///
/// It is in the seat, or in somebody's hands. Whoever waits and finds it in the seat leads: drives it
/// until what it waits for has come, and hands it to one of those who follow. If nobody waits, the
/// keeper watches it: at once, or, where one call follows the other, a millisecond later, because
/// beginning and ending a watch are system calls.
pub struct Crew {
    hub: Hub,
    lead: Lead,
    /// The engine's.
    fd: RawFd,
    watch: Watch,
    _keeper: Keeper,
    state: Mutex<State>,
}

struct State {
    /// `None` while somebody leads.
    seat: Option<Engine>,
    /// Whether the keeper watches the engine.
    watched: bool,
    /// Those who wait while somebody else leads.
    followers: VecDeque<Unparker>,
    /// When the keeper will look at the engine, whatever happens.
    armed: Option<Instant>,
    /// When one of those who wait last put the engine back.
    left: Option<Instant>,
}

impl State {
    /// When the keeper is to look whether it has to watch, if whoever put the engine back is likely to
    /// be followed by another soon.
    fn patrol(&self, now: Instant) -> Option<Instant> {
        let patrol = self.left? + PATROL;
        (patrol > now).then_some(patrol)
    }
}

impl Crew {
    /// A crew without tasks.
    ///
    /// # Errors
    ///
    /// When there are no more file descriptors.
    pub fn new(keeper: &Keeper, lead: Lead) -> io::Result<Arc<Crew>> {
        let engine = Engine::small()?;
        let (hub, fd) = (engine.hub().clone(), engine.fd());
        let watch = Watch::new(&keeper.0.0);
        let (followers, armed, left) = (VecDeque::new(), None, None);
        let state = State { seat: Some(engine), watched: false, followers, armed, left };
        let (_keeper, state) = (keeper.clone(), Mutex::new(state));
        let crew = Arc::new(Crew { hub, lead, fd, watch, _keeper, state });
        crew.pass_on(lock(&crew.state), None);
        let (readiness, alarm) = (crew.watch.readiness.clone(), keeper.0.0.alarm());
        keeper.0.0.spawn(Box::pin(look_after(Arc::downgrade(&crew), readiness, alarm)));
        Ok(crew)
    }

    /// Where its engine is reached.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Begins something, makes the first steps with it, and does not wait.
    pub fn begin<T>(self: &Arc<Self>, begin: impl FnOnce() -> T) -> T {
        let leading = self.try_lead();
        let begun = begin();
        if let Some(mut leading) = leading {
            // What one round has held back for company goes out in the next.
            leading.engine().round();
            leading.engine().round();
        }
        begun
    }

    /// Begins something and waits for it: until `poll` is ready, which is asked again whenever its
    /// waker was woken.
    pub fn wait<T, R>(
        self: &Arc<Self>,
        begin: impl FnOnce() -> T,
        poll: impl Fn(&mut T, &Waker) -> Poll<R>,
    ) -> R {
        // In this order, so that what is begun needs no announcement.
        let leading = self.try_lead();
        let mut begun = begin();
        match leading {
            Some(leading) => leading.until(|waker| poll(&mut begun, waker)),
            None => self.follow(|waker| poll(&mut begun, waker)),
        }
    }

    /// Waits while another leads, and leads when its turn has come.
    fn follow<R>(self: &Arc<Self>, mut poll: impl FnMut(&Waker) -> Poll<R>) -> R {
        let parker = Parker::new();
        let waker = Waker::from(parker.unparker());
        let mut me = Follower { crew: self, unparker: parker.unparker(), enlisted: false };
        loop {
            if let Poll::Ready(result) = poll(&waker) {
                return result;
            }
            let leading = self.lead_or_enlist(&me.unparker);
            me.enlisted = leading.is_none();
            match leading {
                Some(leading) => return leading.until(poll),
                None => parker.park(),
            }
        }
    }

    fn try_lead(self: &Arc<Self>) -> Option<Leading> {
        match self.lead {
            Lead::Callers => self.take(&mut lock(&self.state)),
            Lead::Keeper => None,
        }
    }

    fn lead_or_enlist(self: &Arc<Self>, me: &Unparker) -> Option<Leading> {
        if self.lead == Lead::Keeper {
            return None;
        }
        let state = &mut *lock(&self.state);
        state.followers.retain(|follower| !follower.same_parker(me));
        let leading = self.take(state);
        if leading.is_none() {
            state.followers.push_back(me.clone());
        }
        leading
    }

    fn take(self: &Arc<Self>, state: &mut State) -> Option<Leading> {
        let engine = state.seat.take()?;
        if std::mem::take(&mut state.watched) {
            self.watch.end(self.fd);
        }
        self.hub.stay_awake();
        Some(Leading { crew: self.clone(), engine: Some(engine), keeper: false })
    }

    /// What a follower waited for has come.
    fn retire(&self, me: &Unparker) {
        let mut state = lock(&self.state);
        let before = state.followers.len();
        state.followers.retain(|follower| !follower.same_parker(me));
        if state.followers.len() == before && state.seat.is_some() {
            // It may have been asked to lead, and somebody has to.
            self.pass_on(state, None);
        }
    }

    /// Finds somebody for an engine that is in the seat. `patrol`: the keeper need not watch before.
    fn pass_on(&self, mut state: MutexGuard<'_, State>, patrol: Option<Instant>) {
        if let Some(next) = state.followers.pop_front() {
            drop(state);
            next.unpark();
            return;
        }
        // Under the lock, so that whoever takes the engine ends the watch: it does not wait.
        if !state.watched && patrol.is_none() {
            match self.watch.begin(self.fd, Interest::READABLE) {
                Ok(()) => state.watched = true,
                Err(error) => {
                    tracing::error!(%error, "an engine is not driven unless somebody waits")
                }
            }
        }
        let next = state.seat.as_ref().and_then(|engine| engine.hub().next_timer());
        let next = next.into_iter().chain(patrol).min();
        if next.is_some_and(|at| state.armed.is_none_or(|armed| armed > at)) {
            state.armed = next;
            drop(state);
            self.watch.readiness.set(Direction::In, true, false);
        }
    }

    /// The keeper drives if nobody leads, and is told when to look again.
    fn attend(self: &Arc<Self>, fired: bool) -> Option<Instant> {
        let engine = {
            let mut state = lock(&self.state);
            if fired {
                state.armed = None;
            }
            let now = Instant::now();
            let patrol = if state.watched { None } else { state.patrol(now) };
            let timer = self.hub.next_timer();
            if patrol.is_some() && state.seat.is_some() && timer.is_none_or(|at| at > now) {
                // Not in the way of the next one who waits.
                state.armed = [state.armed, timer, patrol].into_iter().flatten().min();
                return state.armed;
            }
            // A watch goes on meanwhile: it would not be worth ending.
            state.seat.take()
        };
        if engine.is_some() {
            self.hub.stay_awake();
            let mut leading = Leading { crew: self.clone(), engine, keeper: true };
            for _ in 0..ROUNDS {
                leading.engine().round();
                // Last, because what has happened by now is not told again.
                let more = leading.engine().look(Some(Duration::ZERO));
                if !more && !self.hub.has_work() {
                    break;
                }
            }
        }
        lock(&self.state).armed
    }
}

/// The keeper's task for one crew.
fn look_after(
    crew: Weak<Crew>,
    readiness: Arc<Readiness>,
    mut alarm: Alarm,
) -> impl Future<Output = ()> + Send {
    poll_fn(move |cx| {
        loop {
            let ready = readiness.poll(Direction::In, cx.waker());
            let fired = alarm.poll(cx).is_ready();
            // Dropped only after the readiness was looked at, which its end sets.
            let Some(crew) = crew.upgrade() else { return Poll::Ready(()) };
            if !ready && !fired {
                return Poll::Pending;
            }
            readiness.used_up(Direction::In, true);
            if let Some(at) = crew.attend(fired) {
                alarm.set(at);
            }
        }
    })
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("lead", &self.lead).finish_non_exhaustive()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        // Its descriptor has duplicates, which may outlive it.
        self.watch.end(self.fd);
        // The keeper's task ends.
        self.watch.readiness.set(Direction::In, true, false);
    }
}

/// One who waits while another leads. What it waited for has come, or it panics, when this is dropped.
struct Follower<'a> {
    crew: &'a Crew,
    unparker: Unparker,
    enlisted: bool,
}

impl Drop for Follower<'_> {
    fn drop(&mut self) {
        if self.enlisted {
            self.crew.retire(&self.unparker);
        }
    }
}

/// The engine in somebody's hands. Back in the seat when it is dropped, also in a panic.
struct Leading {
    crew: Arc<Crew>,
    engine: Option<Engine>,
    /// Whether they are the keeper's.
    keeper: bool,
}

impl Leading {
    fn engine(&mut self) -> &mut Engine {
        self.engine.as_mut().expect("it is there until the drop")
    }

    /// Drives until there is a result.
    fn until<R>(mut self, mut poll: impl FnMut(&Waker) -> Poll<R>) -> R {
        let waker = self.crew.hub.waker();
        loop {
            self.engine().round();
            if let Poll::Ready(result) = poll(&waker) {
                return result;
            }
            self.engine().wait();
        }
    }
}

impl Drop for Leading {
    fn drop(&mut self) {
        let Leading { crew, engine, keeper } = self;
        let mut state = lock(&crew.state);
        state.seat = engine.take();
        // What came meanwhile is for the next one.
        let idle = crew.hub.leave();
        let mut patrol = None;
        if !*keeper {
            let now = Instant::now();
            // The one before is not long gone: another will come.
            if idle && state.patrol(now).is_some() {
                patrol = Some(now + PATROL);
            }
            state.left = Some(now);
        }
        crew.pass_on(state, patrol);
    }
}
