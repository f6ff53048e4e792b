//! The herd: every host of a cluster cancels at the same moment, in mid-transmission, towards all
//! others, and all of them want new connections at once.
//!
//! What decides here are the real [`Channel`], [`Slots`] and [`Moved`], one channel for each pair of
//! hosts and one set of slots for each host. The hosts, their network and their clock are made up:
//!
//! * 200 hosts, each with a connection to each of the 199 others. At time 0 all 39,800 are cut, and
//!   one call moves on each. The cut connections end within the following two seconds.
//! * A negotiation is three round trips (features, TLS, authentication): the two ends work in
//!   turns, three times each. All in all it takes each end 10 to 30 ms of processor time: some
//!   milliseconds for the signature and the exchange of keys, about as much for a Kerberos ticket,
//!   and a machine that has queries to run as well.
//! * A host has 2 cores for it. Turns are served in the order in which they fall due, so those that
//!   negotiate at the same time share the cores evenly. Each host takes part in 398 negotiations,
//!   half of them as server: 398 times 20 ms on 2 cores are 4 s, more than a negotiation may last.
//!   With half of that work the herd would be through in time without any measures.
//! * As a server a host negotiates 50 connections at a time, as Kudu's do
//!   (`max_negotiation_threads`), a thread being taken until the end even while the other side is
//!   to move. The others stand in line, and no line is longer than Kudu's backlog of 512.
//! * A message is on its way for 250 us.
//! * A client gives up after 3 s (`rpc_negotiation_timeout_ms`). What it had not begun costs it
//!   nothing any more. The server learns it from the end of the stream, when it next reads: the
//!   turn that is due is done in vain. Its own 3 s begin later and so never end first.
//! * The moved calls have 60 s.
//!
//! Everything random comes from one seed. The work of the n-th negotiation between two hosts is the
//! same in all runs with one seed.

#![allow(clippy::disallowed_methods)] // A virtual clock needs a time to begin with.

use std::cmp::Reverse;
#[path = "cancel_property/rng.rs"]
#[allow(dead_code, reason = "each test program uses its part")]
mod rng;

use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::fmt;
use std::time::{Duration, Instant};

use krpc_core::channel::{Attempt, Channel, MAX_NEGOTIATIONS, Moved, Route, Slots, Ticket};
use rng::Rng;

const HOSTS: usize = 200;
const CORES: usize = 2;
const SERVER_THREADS: usize = 50;
const BACKLOG: usize = 512;
const WAY: Duration = Duration::from_micros(250);
const NEGOTIATION_TIMEOUT: Duration = Duration::from_secs(3);
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Processor time of a negotiation for each end: anything between the two.
const WORK: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(30));

/// Server and client in turns; the server begins, with what the client sends unasked.
const TURNS: u32 = 6;

/// What is done against the herd.
#[derive(Clone, Copy)]
struct Measures {
    jitter: bool,
    /// Simultaneous negotiations of a host as client.
    cap: usize,
    /// The negotiation timeout runs while an attempt waits for its slot.
    waiting_counts: bool,
}

const WITH: Measures = Measures { jitter: true, cap: MAX_NEGOTIATIONS, waiting_counts: false };
const WITHOUT: Measures = Measures { jitter: false, cap: usize::MAX, waiting_counts: true };

#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    /// Most negotiations at one time, in the whole cluster.
    peak: usize,
    /// The same with one server, those in its line included.
    server_peak: usize,
    negotiations: usize,
    failures: usize,
    /// Moved calls that failed.
    lost: usize,
    reconnected: usize,
    /// When the last channel was.
    after: Duration,
    /// The longest negotiation that succeeded.
    slowest: Duration,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "peak {:>5}, with one server {:>3}; {:>6} of {:>6} negotiations failed, the others took \
             up to {:.2} s; {} calls lost; {} of {} reconnected, after {:.2} s",
            self.peak,
            self.server_peak,
            self.failures,
            self.negotiations,
            self.slowest.as_secs_f64(),
            self.lost,
            self.reconnected,
            HOSTS * (HOSTS - 1),
            self.after.as_secs_f64(),
        )
    }
}

fn between(random: &mut Rng, (from, to): (Duration, Duration)) -> Duration {
    let nanos = ((to - from).as_nanos() * u128::from(random.next())) >> 64;
    from + Duration::from_nanos(nanos as u64)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// The back-off of a negotiation is over: it asks for a slot.
    Begin(usize),
    /// It reaches the server.
    Arrive(usize),
    /// A message reaches the one whose turn it is.
    Message(usize),
    /// A core has done the turn of a negotiation, which is that of this host.
    Worked { host: usize, negotiation: usize },
    /// The client has waited long enough.
    Timeout(usize),
    /// The server reads the end of the stream.
    Gone(usize),
    /// A connection that was cut has had its last reply.
    Drained { link: usize, old: Attempt },
}

/// A connection of one host to another, whatever attempt it is at.
struct Link {
    channel: Channel,
    moved: Moved,
    attempts: u64,
    connected: bool,
}

struct Negotiation {
    link: usize,
    attempt: Attempt,
    ticket: Option<Ticket>,
    began: Option<Instant>,
    /// Turns that are done.
    turns: u32,
    work: [Duration; 2],
    /// The client has succeeded or given up.
    over: bool,
    /// It has a thread of the server.
    served: bool,
    /// Its turn waits for a core of the server, or has one.
    working: bool,
}

struct Host {
    slots: Slots,
    /// Negotiations behind the tickets of those that wait.
    tickets: BTreeMap<Ticket, usize>,
    idle_cores: usize,
    turns: VecDeque<usize>,
    idle_threads: usize,
    line: VecDeque<usize>,
    /// Negotiations with it as the server, as the clients see it.
    asked_for: usize,
}

struct Herd {
    measures: Measures,
    /// How many times [`WORK`] a negotiation takes.
    load: u32,
    seed: u64,
    random: Rng,
    now: Instant,
    start: Instant,
    events: BinaryHeap<Reverse<(Instant, u64, Event)>>,
    scheduled: u64,
    hosts: Vec<Host>,
    links: Vec<Link>,
    negotiations: Vec<Negotiation>,
    /// Now, in the whole cluster.
    running: usize,
    outcome: Outcome,
}

impl Herd {
    fn run(measures: Measures, load: u32, seed: u64) -> Outcome {
        let start = Instant::now();
        let host = || Host {
            slots: Slots::new(measures.cap),
            tickets: BTreeMap::new(),
            idle_cores: CORES,
            turns: VecDeque::new(),
            idle_threads: SERVER_THREADS,
            line: VecDeque::new(),
            asked_for: 0,
        };
        let link = || Link {
            channel: Channel::new(),
            moved: Moved::default(),
            attempts: 0,
            connected: false,
        };
        let mut herd = Herd {
            measures,
            load,
            seed,
            random: Rng::new(seed),
            now: start,
            start,
            events: BinaryHeap::new(),
            scheduled: 0,
            hosts: (0..HOSTS).map(|_| host()).collect(),
            links: (0..HOSTS * HOSTS).map(|_| link()).collect(),
            negotiations: Vec::new(),
            running: 0,
            outcome: Outcome::default(),
        };
        for link in (0..HOSTS * HOSTS).filter(|link| link / HOSTS != link % HOSTS) {
            herd.cut(link);
        }
        while let Some(Reverse((at, _, event))) = herd.events.pop() {
            herd.now = at;
            herd.handle(event);
        }
        herd.check_end();
        herd.outcome
    }

    fn cut(&mut self, link: usize) {
        let channel = &mut self.links[link].channel;
        let Route::Connect { attempt: old, .. } = channel.route(self.now) else { unreachable!() };
        channel.opened(old);
        let jitter = if self.measures.jitter { self.random.next() } else { 0 };
        let cut = channel.cut(old, self.now, jitter);
        assert!(cut.current && cut.close.is_none());
        let drained = between(&mut self.random, (Duration::ZERO, Duration::from_secs(2)));
        self.at(self.now + drained, Event::Drained { link, old });
        self.route(link);
    }

    fn at(&mut self, at: Instant, event: Event) {
        // Things of the same moment happen in the order in which they were planned.
        self.scheduled += 1;
        self.events.push(Reverse((at, self.scheduled, event)));
    }

    /// The moved call of a channel goes to it.
    fn route(&mut self, link: usize) {
        let Link { channel, attempts, .. } = &mut self.links[link];
        let Route::Connect { attempt, at } = channel.route(self.now) else {
            panic!("the last attempt has failed, and nobody else makes calls");
        };
        *attempts += 1;
        let mut random = Rng::new(self.seed ^ (link as u64) << 32 ^ *attempts);
        let work = [(); 2].map(|()| between(&mut random, WORK) * self.load);
        let id = self.negotiations.len();
        self.negotiations.push(Negotiation {
            link,
            attempt,
            ticket: None,
            began: None,
            turns: 0,
            work,
            over: false,
            served: false,
            working: false,
        });
        self.outcome.negotiations += 1;
        self.at(at, Event::Begin(id));
    }

    fn client(&self, id: usize) -> usize {
        self.negotiations[id].link / HOSTS
    }

    fn server(&self, id: usize) -> usize {
        self.negotiations[id].link % HOSTS
    }

    fn servers_turn(&self, id: usize) -> bool {
        self.negotiations[id].turns.is_multiple_of(2)
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Begin(id) => {
                let client = self.client(id);
                let (ticket, granted) = self.hosts[client].slots.request();
                self.negotiations[id].ticket = Some(ticket);
                if self.measures.waiting_counts {
                    self.at(self.now + NEGOTIATION_TIMEOUT, Event::Timeout(id));
                }
                if granted {
                    self.connect(id);
                } else {
                    self.hosts[client].tickets.insert(ticket, id);
                }
            }
            Event::Arrive(id) => {
                let server = self.server(id);
                let host = &mut self.hosts[server];
                host.line.push_back(id);
                assert!(host.line.len() <= BACKLOG, "the model has no answer to that");
                self.accept(server);
            }
            Event::Message(id) => self.deliver(id),
            Event::Worked { host, negotiation } => {
                self.worked(negotiation);
                self.hosts[host].idle_cores += 1;
                self.work(host);
            }
            Event::Timeout(id) => {
                if !self.negotiations[id].over {
                    self.failed(id);
                }
            }
            Event::Gone(id) => {
                let negotiation = &self.negotiations[id];
                if negotiation.served && !negotiation.working {
                    self.hang_up(id);
                }
            }
            Event::Drained { link, old } => {
                let random = self.random.next();
                assert!(!self.links[link].channel.closed(old, self.now, random));
            }
        }
    }

    /// The negotiation has its slot.
    fn connect(&mut self, id: usize) {
        self.negotiations[id].began = Some(self.now);
        if !self.measures.waiting_counts {
            self.at(self.now + NEGOTIATION_TIMEOUT, Event::Timeout(id));
        }
        self.at(self.now + WAY, Event::Arrive(id));
        self.running += 1;
        self.outcome.peak = self.outcome.peak.max(self.running);
        let server = self.server(id);
        let host = &mut self.hosts[server];
        host.asked_for += 1;
        self.outcome.server_peak = self.outcome.server_peak.max(host.asked_for);
    }

    /// Threads of a server take those that are next in line.
    fn accept(&mut self, server: usize) {
        while self.hosts[server].idle_threads > 0 {
            let Some(id) = self.hosts[server].line.pop_front() else { return };
            // Whoever has left the line in the meantime costs next to nothing.
            if !self.negotiations[id].over {
                self.hosts[server].idle_threads -= 1;
                self.negotiations[id].served = true;
                self.deliver(id);
            }
        }
    }

    /// A message has reached the one whose turn it is.
    fn deliver(&mut self, id: usize) {
        let host = if self.servers_turn(id) {
            self.negotiations[id].working = true;
            self.server(id)
        } else {
            self.client(id)
        };
        self.hosts[host].turns.push_back(id);
        self.work(host);
    }

    /// Cores of a host take the turns that are next.
    fn work(&mut self, host: usize) {
        while self.hosts[host].idle_cores > 0 {
            let Some(id) = self.hosts[host].turns.pop_front() else { return };
            let servers = self.servers_turn(id);
            if self.negotiations[id].over && !servers {
                continue;
            }
            self.hosts[host].idle_cores -= 1;
            let work = self.negotiations[id].work[usize::from(servers)] / (TURNS / 2);
            self.at(self.now + work, Event::Worked { host, negotiation: id });
        }
    }

    fn worked(&mut self, id: usize) {
        let servers = self.servers_turn(id);
        let negotiation = &mut self.negotiations[id];
        if servers {
            negotiation.working = false;
        } else if negotiation.over {
            return;
        }
        negotiation.turns += 1;
        let (over, last) = (negotiation.over, negotiation.turns >= TURNS - 1);
        if servers && (over || last) {
            self.hang_up(id);
        }
        if self.negotiations[id].turns == TURNS {
            self.succeeded(id);
        } else if !over {
            self.at(self.now + WAY, Event::Message(id));
        }
    }

    /// The server has no more to do with this negotiation.
    fn hang_up(&mut self, id: usize) {
        let server = self.server(id);
        self.negotiations[id].served = false;
        self.hosts[server].idle_threads += 1;
        self.accept(server);
    }

    fn succeeded(&mut self, id: usize) {
        self.ended(id);
        let negotiation = &self.negotiations[id];
        let took = self.now - negotiation.began.expect("it had a slot");
        let link = &mut self.links[negotiation.link];
        link.channel.opened(negotiation.attempt);
        link.connected = true;
        self.outcome.slowest = self.outcome.slowest.max(took);
        self.outcome.reconnected += 1;
        self.outcome.after = self.now - self.start;
    }

    fn failed(&mut self, id: usize) {
        self.ended(id);
        self.outcome.failures += 1;
        if self.negotiations[id].began.is_some() {
            self.at(self.now + WAY, Event::Gone(id));
        }
        let Negotiation { link: index, attempt, .. } = self.negotiations[id];
        let jitter = if self.measures.jitter { self.random.next() } else { u64::MAX };
        let link = &mut self.links[index];
        assert!(link.channel.closed(attempt, self.now, jitter));
        match link.moved.retry(Some(self.start + CALL_TIMEOUT), self.now) {
            Some(moved) => {
                link.moved = moved;
                self.route(index);
            }
            None => self.outcome.lost += 1,
        }
    }

    /// The client has no more to do with this negotiation: the next one has its slot.
    fn ended(&mut self, id: usize) {
        let (client, server) = (self.client(id), self.server(id));
        let negotiation = &mut self.negotiations[id];
        negotiation.over = true;
        let ticket = negotiation.ticket.expect("it asked for a slot");
        if negotiation.began.is_some() {
            self.running -= 1;
            self.hosts[server].asked_for -= 1;
        }
        let host = &mut self.hosts[client];
        host.tickets.remove(&ticket);
        if let Some(next) = host.slots.release(ticket) {
            let next = host.tickets.remove(&next).expect("it waits");
            self.connect(next);
        }
    }

    /// Nothing of the model itself was lost on the way.
    fn check_end(&self) {
        assert_eq!(self.running, 0);
        for host in &self.hosts {
            assert_eq!((host.slots.in_use(), host.slots.waiting()), (0, 0));
            assert_eq!(
                (host.idle_cores, host.idle_threads, host.asked_for),
                (CORES, SERVER_THREADS, 0)
            );
        }
        let connected = self.links.iter().filter(|link| link.connected).count();
        assert_eq!(connected, self.outcome.reconnected);
        assert!(self.links.iter().all(|link| link.channel.draining() == 0));
    }
}

/// Runs both, and holds them against what the measures promise.
fn compare(load: u32, seed: u64) -> (Outcome, Outcome) {
    let run = |what, measures| {
        let outcome = Herd::run(measures, load, seed);
        println!("seed {seed}, {what:<8} {outcome}");
        outcome
    };
    let (with, without) = (run("with:", WITH), run("without:", WITHOUT));
    let bound = HOSTS * MAX_NEGOTIATIONS;
    assert!(with.peak <= bound);
    assert_eq!((with.failures, with.lost), (0, 0));
    assert_eq!(with.reconnected, HOSTS * (HOSTS - 1));
    assert!(without.peak > bound);
    assert!(without.failures > 0);
    (with, without)
}

#[test]
fn a_herd_reconnects_without_a_failure() {
    let first = compare(1, 1);
    assert_eq!(compare(1, 1), first, "a seed is all there is to chance");
    assert_ne!(compare(1, 2), first);
}

/// Hosts that are twice as slow need twice as long, as long as they do nothing in vain. Without the
/// measures most of what they do is in vain, and there are calls for which a minute is not enough.
#[test]
fn slow_hosts_only_take_longer() {
    let (with, without) = compare(2, 1);
    assert!(with.after < Duration::from_secs(10));
    assert!(without.lost > 0);
}

/// What each measure is for: one of them is left out.
#[test]
fn every_measure_counts() {
    let run = |what, measures| {
        let outcome = Herd::run(measures, 1, 1);
        println!("{what}: {outcome}");
        outcome
    };
    let all = run("all measures", WITH);

    // Every host begins with the same hosts: they do all the work while the others have none.
    let outcome = run("no jitter", Measures { jitter: false, ..WITH });
    assert_eq!(outcome.server_peak, HOSTS - 1);
    assert!(outcome.after > all.after * 3 / 2);

    // Spread over the first 100 ms, there are as many a moment later.
    let outcome = run("no cap", Measures { cap: usize::MAX, ..WITH });
    assert!(outcome.failures > 0 && outcome.peak > all.peak);

    // No negotiation takes long, and those that wait fail all the same.
    let outcome = run("waiting counts", Measures { waiting_counts: true, ..WITH });
    assert!(outcome.failures > 0 && outcome.slowest < NEGOTIATION_TIMEOUT / 2);
}
