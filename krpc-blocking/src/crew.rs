//! The threads that wait for calls to one server, and the engine that one of them drives.
//!
//! The engine is in the seat or in somebody's hands. Whoever waits and finds it in the seat leads:
//! drives it until the own call has ended, and then hands it to one who follows. If nobody waits, the
//! keeper watches it.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::os::fd::RawFd;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use crate::Driving;
use crate::engine::Engine;
use crate::hub::{Hub, lock};
use crate::keeper::Keeper;
use crate::park::Parker;

/// Rounds of one engine before the keeper looks at the others.
const ROUNDS: u32 = 16;

pub(crate) struct Crew {
    hub: Hub,
    keeper: Keeper,
    driving: Driving,
    /// The engine's, and its number at the keeper.
    fd: RawFd,
    token: usize,
    state: Mutex<State>,
}

struct State {
    /// `None` while somebody leads.
    seat: Option<Engine>,
    /// Whether the keeper watches the engine.
    watched: bool,
    /// Those who wait while somebody else leads.
    followers: VecDeque<Arc<Parker>>,
    /// When the keeper will look at the engine, whatever happens.
    armed: Option<Instant>,
}

impl Crew {
    pub(crate) fn new(keeper: &Keeper, driving: Driving) -> io::Result<Arc<Crew>> {
        let engine = Engine::new()?;
        keeper.start()?;
        let (hub, fd) = (engine.hub().clone(), engine.fd());
        let crew = Arc::new_cyclic(|crew| {
            let token = keeper.enlist(crew.clone());
            let state = State {
                seat: Some(engine),
                watched: false,
                followers: VecDeque::new(),
                armed: None,
            };
            Crew { hub, keeper: keeper.clone(), driving, fd, token, state: Mutex::new(state) }
        });
        crew.pass_on(lock(&crew.state));
        Ok(crew)
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Begins something, makes the first steps with it, and does not wait.
    pub(crate) fn begin<T>(self: &Arc<Self>, begin: impl FnOnce() -> T) -> T {
        let lead = self.try_lead();
        let begun = begin();
        if let Some(mut lead) = lead {
            // What one round has held back for company goes out in the next.
            lead.engine().round();
            lead.engine().round();
        }
        begun
    }

    /// Begins something and waits for it.
    pub(crate) fn wait<T, R>(
        self: &Arc<Self>,
        begin: impl FnOnce() -> T,
        poll: impl Fn(&mut T, &Waker) -> Poll<R>,
    ) -> R {
        // In this order, so that what is begun needs no announcement.
        let lead = self.try_lead();
        let mut begun = begin();
        match lead {
            Some(lead) => lead.until(|waker| poll(&mut begun, waker)),
            None => self.follow(|waker| poll(&mut begun, waker)),
        }
    }

    /// Waits while another leads, and leads when its turn has come.
    fn follow<R>(self: &Arc<Self>, mut poll: impl FnMut(&Waker) -> Poll<R>) -> R {
        Parker::with(|me| {
            let waker = Waker::from(me.clone());
            loop {
                if let Poll::Ready(result) = poll(&waker) {
                    self.retire(me);
                    return result;
                }
                match self.lead_or_enlist(me) {
                    Some(lead) => return lead.until(poll),
                    None => me.park(),
                }
            }
        })
    }

    fn try_lead(self: &Arc<Self>) -> Option<Lead> {
        match self.driving {
            Driving::Callers => self.take(&mut lock(&self.state)),
            Driving::Thread => None,
        }
    }

    fn lead_or_enlist(self: &Arc<Self>, me: &Arc<Parker>) -> Option<Lead> {
        if self.driving == Driving::Thread {
            return None;
        }
        let state = &mut *lock(&self.state);
        let place = state.followers.iter().position(|follower| Arc::ptr_eq(follower, me));
        let lead = self.take(state);
        match (&lead, place) {
            (Some(_), Some(place)) => drop(state.followers.remove(place)),
            (None, None) => state.followers.push_back(me.clone()),
            _ => {}
        }
        lead
    }

    fn take(self: &Arc<Self>, state: &mut State) -> Option<Lead> {
        let engine = state.seat.take()?;
        if std::mem::take(&mut state.watched) {
            self.keeper.unwatch(self.fd);
        }
        self.hub.stay_awake();
        Some(Lead { crew: self.clone(), engine: Some(engine) })
    }

    /// A follower's call has ended.
    fn retire(&self, me: &Arc<Parker>) {
        let mut state = lock(&self.state);
        let place = state.followers.iter().position(|follower| Arc::ptr_eq(follower, me));
        match place {
            Some(place) => drop(state.followers.remove(place)),
            // It was asked to lead, perhaps, and somebody has to.
            None if state.seat.is_some() => self.pass_on(state),
            None => {}
        }
    }

    /// Finds somebody for an engine that is in the seat.
    fn pass_on(&self, mut state: MutexGuard<'_, State>) {
        let next = state.followers.pop_front();
        if let Some(next) = next {
            drop(state);
            next.unpark();
            return;
        }
        // Under the lock, so that whoever takes the engine ends the watch: it does not wait.
        if !state.watched {
            state.watched = true;
            self.keeper.watch(self.fd, self.token);
        }
        let next = state.seat.as_ref().and_then(Engine::next_timer);
        if let Some(at) = next.filter(|at| state.armed.is_none_or(|armed| armed > *at)) {
            state.armed = Some(at);
            drop(state);
            self.keeper.arm(at, self.token);
        }
    }

    /// The keeper drives if nobody leads. `fired`: what was armed has happened.
    pub(crate) fn attend(self: &Arc<Self>, fired: bool) {
        let engine = {
            let mut state = lock(&self.state);
            if fired {
                state.armed = None;
            }
            // The watch goes on meanwhile: it would not be worth ending.
            state.seat.take()
        };
        let Some(engine) = engine else { return };
        self.hub.stay_awake();
        let mut lead = Lead { crew: self.clone(), engine: Some(engine) };
        for _ in 0..ROUNDS {
            lead.engine().wait(Some(Duration::ZERO));
            lead.engine().round();
            if !self.hub.has_work() {
                break;
            }
        }
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("driving", &self.driving).finish_non_exhaustive()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.keeper.discharge(self.token);
    }
}

/// The engine in somebody's hands. Back in the seat when it is dropped, also in a panic.
struct Lead {
    crew: Arc<Crew>,
    engine: Option<Engine>,
}

impl Lead {
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
            self.engine().wait(None);
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let crew = self.crew.clone();
        let mut state = lock(&crew.state);
        state.seat = self.engine.take();
        // What came meanwhile is for the next one.
        crew.hub.leave();
        crew.pass_on(state);
    }
}
