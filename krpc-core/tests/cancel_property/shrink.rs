//! Makes a failing schedule small: fewer steps, smaller numbers, plainer settings.

use super::payload::Load;
use super::schedule::{ALL, Op, Schedule, Setup};

/// Tries that are made at most.
const TRIES: usize = 20_000;

pub(crate) fn shrink(mut least: Schedule, mut fails: impl FnMut(&Schedule) -> bool) -> Schedule {
    let mut tries = 0;
    let hook = std::panic::take_hook();
    // What panics while it is shrunk is told once, in the end.
    std::panic::set_hook(Box::new(|_| {}));
    loop {
        let before = least.clone();
        let mut attempt = |least: &mut Schedule, candidate: Schedule| {
            if tries < TRIES && candidate != *least {
                tries += 1;
                if fails(&candidate) {
                    *least = candidate;
                    return true;
                }
            }
            false
        };
        // Steps, many at once to begin with.
        let mut size = least.ops.len();
        while size > 0 {
            let mut at = 0;
            while at < least.ops.len() {
                let mut candidate = least.clone();
                candidate.ops.drain(at..(at + size).min(least.ops.len()));
                if !attempt(&mut least, candidate) {
                    at += size;
                }
            }
            size /= 2;
        }
        for at in 0..least.ops.len() {
            for op in simpler(least.ops[at]) {
                let mut candidate = least.clone();
                candidate.ops[at] = op;
                attempt(&mut least, candidate);
            }
        }
        for setup in plainer(least.setup) {
            let candidate = Schedule { setup, ops: least.ops.clone() };
            attempt(&mut least, candidate);
        }
        if least == before || tries >= TRIES {
            std::panic::set_hook(hook);
            return least;
        }
    }
}

fn sizes(n: usize) -> Vec<usize> {
    let all = [0, n / 2, n - n / 4, n.saturating_sub(1)];
    all.into_iter().filter(|smaller| *smaller < n).collect()
}

fn loads(load: Load) -> Vec<Load> {
    let mut list: Vec<_> = sizes(load.size).into_iter().map(|size| Load { size, ..load }).collect();
    list.extend(sizes(load.sidecars).into_iter().map(|sidecars| Load { sidecars, ..load }));
    list.extend(sizes(load.cut as usize).into_iter().map(|cut| Load { cut: cut as u64, ..load }));
    list
}

fn simpler(op: Op) -> Vec<Op> {
    let fewer = |n: usize| sizes(if n == ALL { 1 << 20 } else { n });
    match op {
        Op::Start { load, deadline, outlives } => {
            let mut list: Vec<_> = loads(load)
                .into_iter()
                .map(|load| Op::Start { load, deadline, outlives })
                .collect();
            if let Some(ms) = deadline {
                list.push(Op::Start { load, deadline: None, outlives });
                list.push(Op::Start { load, deadline: Some(ms / 2), outlives });
            }
            list.push(Op::Start { load, deadline, outlives: false });
            list
        }
        Op::Respond { call, load, error } => {
            let mut list = vec![Op::Respond { call, load, error: false }];
            list.extend(loads(load).into_iter().map(|load| Op::Respond { call, load, error }));
            list.extend(sizes(call).into_iter().map(|call| Op::Respond { call, load, error }));
            list
        }
        Op::Advance { ms, stops } => {
            let list = sizes(ms as usize).into_iter();
            list.map(|ms| Op::Advance { ms: ms as u64, stops }).collect()
        }
        Op::Cancel(call) => sizes(call).into_iter().map(Op::Cancel).collect(),
        Op::Expire(call) => sizes(call).into_iter().map(Op::Expire).collect(),
        Op::Write(n) => fewer(n).into_iter().map(Op::Write).collect(),
        Op::ServerRead(n) => fewer(n).into_iter().map(Op::ServerRead).collect(),
        Op::ServerWrite(n) => fewer(n).into_iter().map(Op::ServerWrite).collect(),
        Op::ClientRead(n) => fewer(n).into_iter().map(Op::ClientRead).collect(),
        Op::WriteTo(call, place) => {
            sizes(call).into_iter().map(|call| Op::WriteTo(call, place)).collect()
        }
        Op::ClientReadTo(call, share) => {
            sizes(call).into_iter().map(|call| Op::ClientReadTo(call, share)).collect()
        }
        Op::Kill { up, down, error } => vec![
            Op::Kill { up: 0, down, error },
            Op::Kill { up, down: 0, error },
            Op::Kill { up, down, error: true },
        ],
        Op::Negotiate | Op::Close => Vec::new(),
    }
}

/// One setting after the other as it is by default.
fn plainer(setup: Setup) -> Vec<Setup> {
    let usual = Setup::PLAIN;
    vec![
        usual,
        Setup { layer: usual.layer, ..setup },
        Setup { client: usual.client, server: usual.server, ..setup },
        Setup { on_cancel: usual.on_cancel, ..setup },
        Setup { grace: usual.grace, ..setup },
        Setup { grace_at_deadline: usual.grace_at_deadline, ..setup },
        Setup { drain: usual.drain, ..setup },
        Setup { half_close: usual.half_close, ..setup },
        Setup { max_filler: usual.max_filler, ..setup },
        Setup { vectored: usual.vectored, ..setup },
        Setup { in_place: usual.in_place, ..setup },
        Setup { first_id: usual.first_id, ..setup },
    ]
}
