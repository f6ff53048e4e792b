//! The command line of `krpc soak`.

use clap::{Args, value_parser};

use super::Tls;
use crate::random::Random;
use crate::runtime::Runtime;

/// Smaller calls fit into the buffers on the way whole, so that few would be in mid-transmission.
const SMALLEST: i64 = 1 << 20;

/// What still fits into a message with its header.
const LARGEST: i64 = 52_000_000;

#[derive(Args, Debug)]
#[command(after_help = "\
Starts a server in a process of its own and calls it through connections that have little room and \
pause at random: with footers and without, under each policy of cancelling. First it takes calls \
into each state on purpose, then it cancels at random: by cancelling and waiting, by dropping, from \
another task, and by deadlines.

Prints one line of JSON at the end. It fails unless all calls are accounted for, what was sent, \
aborted and cut is what the server has seen, no connection had a framing error, each payload was \
released by the end of its call, both processes hold no more than 1 MiB more than at the start, and \
each state was met. What a connection had sent before it was cut may be lost on its way, so of those \
the server may have seen less.

Examples:
  krpc soak
  krpc soak --seconds 60 --tls required
  krpc soak --seed 7 --cancel-rate 0.9 --stall-rate 0.1 --payload 8388608")]
pub(crate) struct Soak {
    /// How long to cancel at random
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = value_parser!(u32).range(1..=86_400))]
    pub(crate) seconds: u32,

    /// Size of the largest calls
    #[arg(long, value_name = "BYTES", default_value_t = 2 << 20, value_parser = value_parser!(u32).range(SMALLEST..=LARGEST))]
    pub(crate) payload: u32,

    /// Share of the calls that are given up, by cancelling or by a short deadline
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, value_parser = share)]
    pub(crate) cancel_rate: f64,

    /// Share of the steps of 16 KiB after which a connection pauses, for up to 50 ms
    #[arg(long, value_name = "SHARE", default_value_t = 0.02, value_parser = share)]
    pub(crate) stall_rate: f64,

    /// Repeat the random choices of another run [default: new ones]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// Whether to encrypt; the server can, so that optional is as required
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Tls::Disabled)]
    pub(crate) tls: Tls,

    /// What carries the connections, at both ends
    #[arg(long, value_enum, value_name = "RUNTIME", default_value_t = Runtime::Tokio)]
    pub(crate) runtime: Runtime,
}

/// Without any, most states could not be met.
fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        _ => Err("expected a share above 0 and up to 1, such as 0.25".into()),
    }
}

impl Soak {
    /// The random choices of this run, and the number that repeats them.
    pub(crate) fn random(&self) -> (u64, Random) {
        use std::hash::{BuildHasher, RandomState};
        // The standard library's keys are random. Short enough to be typed.
        let new = || RandomState::new().hash_one("soak") >> 32;
        let seed = self.seed.unwrap_or_else(new);
        (seed, Random::new(seed))
    }
}
