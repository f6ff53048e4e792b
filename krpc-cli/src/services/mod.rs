//! The services that `krpc serve` and `krpc demo` run, for use in a process of one's own: tests of
//! clients, mostly. They run on any adapter.

mod calculator;
mod generic;
mod generic_calculator;
mod identity;
mod master;

pub use calculator::Calculator;
pub use generic::Generic;
pub use generic_calculator::GenericCalculator;
pub(crate) use identity::random_id;
pub use identity::{Flag, Identity};
pub use master::Master;

/// The application feature that [`Calculator`] supports, `FOO` in `rpc/rtest.proto`.
pub const FEATURE_FOO: u32 = 1;

/// The application feature that clients require of a master when they look for the leader.
pub const FEATURE_CONNECT_TO_MASTER: u32 = 3;
