//! Counts what was met: a test of schedules that never get to the point proves nothing.

use krpc_core::OnCancel;

use super::schedule::Layer;

/// How far a call had come when it was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Queued,
    Rendered,
    Head,
    Body,
    Sidecar,
    Footer,
    Sent,
    HalfReply,
}

/// What decides about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// The footer.
    Footers,
    /// The policy, because the filler would be too much.
    Over(OnCancel),
    /// The policy, because there are no footers.
    Without(OnCancel),
}

/// Who gave it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Cancel,
    Timeout,
}

const STATES: [(State, &str); 8] = [
    (State::Queued, "queued"),
    (State::Rendered, "rendered, 0 bytes accepted"),
    (State::Head, "in prefix or header"),
    (State::Body, "in body"),
    (State::Sidecar, "in a sidecar"),
    (State::Footer, "only the footer left"),
    (State::Sent, "sent"),
    (State::HalfReply, "reply half received"),
];

const POLICIES: [OnCancel; 3] = [OnCancel::Drain, OnCancel::KeepUntilSent, OnCancel::Close];

const COLUMNS: usize = 7;

impl Column {
    fn index(self) -> usize {
        let policy = |policy| POLICIES.iter().position(|p| *p == policy).expect("all are listed");
        match self {
            Column::Footers => 0,
            Column::Over(on_cancel) => 1 + policy(on_cancel),
            Column::Without(on_cancel) => 4 + policy(on_cancel),
        }
    }
}

/// Whether a call can be in this state where that column decides.
fn can_be(state: State, column: usize) -> bool {
    match (state, column) {
        (_, 0) => true,
        // With nothing left but the footer no filler is owed, and none can be too much.
        (State::Head | State::Body | State::Sidecar, 1..4) => true,
        (_, 1..4) => false,
        (State::Footer, _) => false,
        _ => true,
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Met {
    counts: [[[u64; COLUMNS]; STATES.len()]; 2],
    pub(crate) schedules: u64,
    pub(crate) calls: u64,
    pub(crate) layers: [u64; Layer::ALL.len()],
    pub(crate) killed: u64,
    pub(crate) would_block: u64,
    pub(crate) bytes: u64,
    /// Connections that stopped sending in mid-frame, and those of them whose server was told by the
    /// end of the stream.
    pub(crate) cut: u64,
    pub(crate) half_closed: u64,
    /// Calls that came back.
    pub(crate) returned: u64,
}

impl Met {
    pub(crate) fn note(&mut self, kind: Kind, state: State, column: Column) {
        self.counts[kind as usize][state as usize][column.index()] += 1;
    }

    pub(crate) fn add(&mut self, other: &Met) {
        let Met { counts, schedules, calls, layers, killed, would_block, bytes, .. } = other;
        let Met { cut, half_closed, returned, .. } = other;
        let mine = self.counts.iter_mut().flatten().flatten();
        mine.zip(counts.iter().flatten().flatten()).for_each(|(a, b)| *a += b);
        self.layers.iter_mut().zip(layers).for_each(|(a, b)| *a += b);
        self.schedules += schedules;
        self.calls += calls;
        self.killed += killed;
        self.would_block += would_block;
        self.bytes += bytes;
        self.cut += cut;
        self.half_closed += half_closed;
        self.returned += returned;
    }

    pub(crate) fn print(&self) {
        let Met { schedules, calls, killed, would_block, bytes, .. } = self;
        let Met { cut, half_closed, returned, .. } = self;
        println!(
            "{schedules} schedules, {calls} calls, {} MiB of requests, {would_block} writes that \
             took 0 bytes",
            bytes >> 20
        );
        println!(
            "{killed} connections died, {cut} were cut in mid-frame, {half_closed} of them half-closed; \
             {returned} calls came back"
        );
        let layers = Layer::ALL.iter().zip(self.layers);
        let layers: Vec<_> = layers.map(|(layer, n)| format!("{layer:?} {n}")).collect();
        println!("layers: {}", layers.join(", "));
        for (kind, what) in [(Kind::Cancel, "cancelled"), (Kind::Timeout, "timed out")] {
            println!();
            println!("{:28}         |        | over max_filler:       | no footers:", "");
            println!(
                "{what:28}   total | footer |  Drain    Keep   Close |  Drain    Keep   Close"
            );
            for (state, name) in STATES {
                let row = &self.counts[kind as usize][state as usize];
                let cell = |column: usize| match (can_be(state, column), row[column]) {
                    (false, 0) => "-".to_owned(),
                    (_, n) => n.to_string(),
                };
                print!("{name:28} {:7} | {:>6}", row.iter().sum::<u64>(), cell(0));
                for column in 1..COLUMNS {
                    let bar = if column % 3 == 1 { " |" } else { " " };
                    print!("{bar}{:>7}", cell(column));
                }
                println!();
            }
        }
    }

    /// What was met too rarely.
    pub(crate) fn lacking(&self) -> Vec<String> {
        let mut lacking = Vec::new();
        for (n, what) in [
            (self.killed, "connections that died"),
            (self.cut, "connections that were cut"),
            (self.half_closed, "connections that were half-closed"),
            (self.returned, "calls that came back"),
        ] {
            if n < 500 {
                lacking.push(format!("{what}: {n} of 500"));
            }
        }
        for kind in [Kind::Cancel, Kind::Timeout] {
            for (state, name) in STATES {
                let row = &self.counts[kind as usize][state as usize];
                let total: u64 = row.iter().sum();
                if total < 1_000 {
                    lacking.push(format!("{kind:?}, {name}: {total} of 1000"));
                }
                for (column, n) in row.iter().enumerate() {
                    if can_be(state, column) && *n < 100 {
                        lacking.push(format!("{kind:?}, {name}, column {column}: {n} of 100"));
                    }
                    if !can_be(state, column) && *n > 0 {
                        lacking.push(format!("{kind:?}, {name}, column {column}: {n}, impossible"));
                    }
                }
            }
        }
        lacking
    }
}
