//! A schedule: settings and steps, as plain data that can be made from a seed, shrunk and printed.

use krpc_core::{Footers, OnCancel};

use super::payload::Load;
use super::rng::Rng;

/// What lies between the frames and the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    Plain,
    /// A TLS handshake, and then a plain stream: by the stand-in without cryptography, or by rustls.
    AuthOnlyFake,
    AuthOnly12,
    AuthOnly13,
    /// Sealed, by the same.
    Fake,
    Tls12,
    Tls13,
}

impl Layer {
    pub(crate) const ALL: [Layer; 7] = [
        Layer::Plain,
        Layer::AuthOnlyFake,
        Layer::AuthOnly12,
        Layer::AuthOnly13,
        Layer::Fake,
        Layer::Tls12,
        Layer::Tls13,
    ];

    pub(crate) fn is_sealed(self) -> bool {
        matches!(self, Layer::Fake | Layer::Tls12 | Layer::Tls13)
    }

    /// Bytes that fill the layer, so that what comes behind them is not sealed at once.
    fn fills(self) -> Option<usize> {
        match self {
            Layer::Fake => Some(5_000),
            Layer::Tls12 | Layer::Tls13 => Some(66_000),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) layer: Layer,
    pub(crate) client: Footers,
    pub(crate) server: Footers,
    pub(crate) on_cancel: OnCancel,
    /// All times are milliseconds.
    pub(crate) grace: u64,
    pub(crate) grace_at_deadline: u64,
    pub(crate) drain: u64,
    pub(crate) half_close: u64,
    pub(crate) max_filler: u64,
    pub(crate) vectored: bool,
    /// Whether large frames are read in place.
    pub(crate) in_place: bool,
    pub(crate) first_id: i32,
}

impl Setup {
    pub(crate) const PLAIN: Setup = Setup {
        layer: Layer::Plain,
        client: Footers::Auto,
        server: Footers::Auto,
        on_cancel: OnCancel::Drain,
        grace: 500,
        grace_at_deadline: 0,
        drain: 30_000,
        half_close: 10_000,
        max_filler: 16 << 20,
        vectored: true,
        in_place: false,
        first_id: 0,
    };

    /// Whether the two agree on footers.
    pub(crate) fn footers(&self) -> bool {
        use Footers::{Auto, Flag4Only};
        matches!((self.client, self.server), (Auto, Auto) | (Flag4Only, Flag4Only))
    }

    /// Whether the server has said that it answers what it has when the stream ends in mid-frame, and
    /// the client that it means this by it.
    pub(crate) fn half_closes(&self) -> bool {
        self.client != Footers::Flag4Only && self.server != Footers::Flag4Only
    }
}

/// A place in a call's frame up to which it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// All before it, and not a byte of it.
    Begin,
    /// So many 256ths of a part, but not all of it.
    Head(u8),
    Body(u8),
    Sidecars(u8),
    /// So many bytes of the footer are left, 1 to 3.
    Footer(u8),
    End,
}

/// Calls are named by the order of their start, modulo how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Start {
        load: Load,
        deadline: Option<u64>,
        outlives: bool,
    },
    Cancel(usize),
    /// The clock moves to the call's deadline, if it has one.
    Expire(usize),
    /// The clock moves, and stops at each timer on the way or only in the end.
    Advance {
        ms: u64,
        stops: bool,
    },
    /// Both sides negotiate to the end. Any step that writes or reads does so, too.
    Negotiate,
    /// One write of so many bytes at most; 0 would block.
    Write(usize),
    /// As many writes as it takes.
    WriteTo(usize, Place),
    ServerRead(usize),
    Respond {
        call: usize,
        load: Load,
        error: bool,
    },
    ServerWrite(usize),
    ClientRead(usize),
    /// So many 256ths of the reply to a call.
    ClientReadTo(usize, u8),
    /// The connection dies. So many 256ths of what is on its way still arrive.
    Kill {
        up: u8,
        down: u8,
        error: bool,
    },
    /// The client closes it.
    Close,
}

pub(crate) const ALL: usize = usize::MAX;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) setup: Setup,
    pub(crate) ops: Vec<Op>,
}

/// What a stop is aimed at. What it meets is found out by the model.
#[derive(Clone, Copy)]
enum Aim {
    Queued,
    Rendered,
    Head,
    Body,
    Sidecar,
    Footer,
    Sent,
    Reply,
}

const AIMS: [Aim; 8] = [
    Aim::Queued,
    Aim::Rendered,
    Aim::Head,
    Aim::Body,
    Aim::Sidecar,
    Aim::Footer,
    Aim::Sent,
    Aim::Reply,
];

impl Schedule {
    pub(crate) fn of(seed: u64) -> Schedule {
        let mut rng = Rng::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let setup = setup(&mut rng);
        let mut make = Make { rng, setup, ops: Vec::new(), started: 0, left: 0 };
        make.left = 4 + make.rng.log_uniform(4);
        make.all();
        Schedule { setup: make.setup, ops: make.ops }
    }
}

fn setup(rng: &mut Rng) -> Setup {
    let layer = match rng.below(1_000) {
        // A handshake of rustls costs as much as the rest of a schedule.
        0..610 => Layer::Plain,
        610..710 => Layer::AuthOnlyFake,
        710..720 => Layer::AuthOnly12,
        720..730 => Layer::AuthOnly13,
        730..940 => Layer::Fake,
        940..970 => Layer::Tls12,
        _ => Layer::Tls13,
    };
    let (client, server) = match rng.below(100) {
        0..44 => (Footers::Auto, Footers::Auto),
        44..56 => (Footers::Flag4Only, Footers::Flag4Only),
        56..76 => (Footers::Off, Footers::Auto),
        // What a released Kudu is for us: neither footers nor a word on half-closes.
        _ => (Footers::Auto, Footers::Flag4Only),
    };
    let ms = |rng: &mut Rng, most| rng.log_uniform(most) as u64;
    Setup {
        layer,
        client,
        server,
        on_cancel: rng.pick(&[OnCancel::Drain, OnCancel::KeepUntilSent, OnCancel::Close]),
        grace: if rng.percent(60) { 500 } else { ms(rng, 3_000) },
        grace_at_deadline: if rng.percent(60) { 0 } else { ms(rng, 1_000) },
        drain: if rng.percent(70) { 30_000 } else { ms(rng, 3_000) },
        half_close: if rng.percent(70) { 10_000 } else { 1 + ms(rng, 3_000) },
        max_filler: if rng.percent(50) { 16 << 20 } else { ms(rng, 64 << 10) },
        vectored: !rng.percent(10),
        in_place: rng.percent(50),
        // Ids wrap.
        first_id: if rng.percent(4) { i32::MAX - rng.below(5) as i32 } else { 0 },
    }
}

struct Make {
    rng: Rng,
    setup: Setup,
    ops: Vec<Op>,
    started: usize,
    left: usize,
}

impl Make {
    fn all(&mut self) {
        let stops = [0, 1, 1, 1, 1, 1, 1, 1, 2, 2][self.rng.below(10)];
        let early = self.rng.percent(8);
        if !early {
            self.ops.push(Op::Negotiate);
        }
        for _ in 0..self.rng.below(3) {
            self.start(None);
        }
        if !early {
            self.noise(3);
        }
        for _ in 0..stops {
            let aim = self.rng.pick(&AIMS);
            self.stop(aim, early);
            self.noise(5);
        }
        while self.left > 0 {
            self.start(None);
            self.noise(2);
        }
        if self.rng.percent(12) {
            let kill = match self.rng.below(5) {
                0 => Op::Close,
                _ => Op::Kill {
                    up: self.rng.below(256) as u8,
                    down: self.rng.below(256) as u8,
                    error: self.rng.percent(50),
                },
            };
            let at = 1 + self.rng.below(self.ops.len());
            self.ops.insert(at, kill);
        }
    }

    /// A call that is given up, at the place of `aim` if that can be had.
    fn stop(&mut self, aim: Aim, early: bool) {
        let sealed = self.setup.layer.fills();
        if let Some(fills) = sealed {
            // Nothing of the victim stays outside unless the layer is full before it.
            let size = fills + self.rng.log_uniform(fills);
            let plug = Load { size, ..self.load() };
            self.start(Some(plug));
        }
        let mut load = self.load();
        match aim {
            Aim::Body => load.size = load.size.max(2 + 2 * load.sidecars),
            Aim::Sidecar => {
                load.size = load.size.max(2);
                load.sidecars = load.sidecars.max(1);
            }
            _ => {}
        }
        let deadline = self.rng.percent(50);
        let victim = self.started;
        let ms = 1 + self.rng.log_uniform(2_000) as u64;
        self.start_with(load, deadline.then_some(ms));
        for _ in 0..self.rng.below(3) {
            self.start(None);
        }
        let part = self.rng.below(256) as u8;
        let place = match aim {
            Aim::Queued => None,
            Aim::Rendered => Some(Place::Begin),
            Aim::Head => Some(Place::Head(part)),
            Aim::Body => Some(Place::Body(part)),
            Aim::Sidecar => Some(Place::Sidecars(part)),
            Aim::Footer => Some(Place::Footer(1 + part % 3)),
            Aim::Sent | Aim::Reply => Some(Place::End),
        };
        if let Some(place) = place.filter(|_| !early || self.rng.percent(50)) {
            if let (Aim::Rendered, Some(_)) = (aim, sealed) {
                // Full with what was started before.
            } else {
                self.ops.push(Op::WriteTo(victim, place));
            }
            if matches!(aim, Aim::Rendered) || self.rng.percent(20) {
                self.ops.push(Op::Write(0));
            }
        }
        if matches!(aim, Aim::Reply) {
            self.ops.push(Op::Write(ALL));
            self.ops.push(Op::ServerRead(ALL));
            let mut load = self.load();
            load.size = load.size.max(if sealed.is_some() { 20_000 } else { 10 });
            self.ops.push(Op::Respond { call: victim, load, error: false });
            self.ops.push(Op::ServerWrite(ALL));
            self.ops.push(Op::ClientReadTo(victim, part));
        } else if self.rng.percent(20) {
            self.ops.push(Op::ServerRead(self.rng.log_uniform(100_000)));
        }
        self.ops.push(if deadline { Op::Expire(victim) } else { Op::Cancel(victim) });
        match self.rng.below(8) {
            0 => self.ops.push(Op::Cancel(victim)),
            1 | 2 => {
                let ms = self.setup.grace.max(self.setup.grace_at_deadline) + 1;
                self.ops.push(Op::Advance { ms, stops: self.rng.percent(50) });
            }
            _ => {}
        }
    }

    fn load(&mut self) -> Load {
        // One in 2,000 is longer than all the others.
        let size = if self.rng.one_in(2_000) {
            let order = (256 << 10) << self.rng.below(5);
            order + self.rng.below(order)
        } else {
            self.rng.log_uniform(256 << 10)
        };
        let sidecars = match self.rng.below(10) {
            0..4 => 0,
            4..8 => 1 + self.rng.below(3),
            _ => self.rng.log_uniform(200),
        };
        Load { size, sidecars, cut: self.rng.next() & 0xffff }
    }

    fn start(&mut self, load: Option<Load>) {
        let load = load.unwrap_or_else(|| self.load());
        let deadline = self.rng.percent(8).then(|| 1 + self.rng.log_uniform(3_000) as u64);
        self.start_with(load, deadline);
    }

    fn start_with(&mut self, load: Load, deadline: Option<u64>) {
        self.ops.push(Op::Start { load, deadline, outlives: self.rng.percent(50) });
        self.started += 1;
        self.left = self.left.saturating_sub(1);
    }

    fn noise(&mut self, most: usize) {
        for _ in 0..self.rng.below(most + 1) {
            let bytes = match self.rng.below(10) {
                0..2 => 0,
                2 => ALL,
                _ => self.rng.log_uniform(300_000),
            };
            let call = self.rng.below(self.started.max(1));
            let op = match self.rng.below(100) {
                0..28 => Op::Write(bytes),
                28..48 => Op::ServerRead(bytes),
                48..64 => Op::Respond { call, load: self.load(), error: self.rng.percent(8) },
                64..76 => Op::ServerWrite(bytes),
                76..88 => Op::ClientRead(bytes),
                88..95 => {
                    let ms = self.rng.log_uniform(800) as u64;
                    Op::Advance { ms, stops: self.rng.percent(70) }
                }
                95..97 => Op::Cancel(call),
                _ => Op::WriteTo(call, Place::End),
            };
            self.ops.push(op);
        }
    }
}
