//! The program, run as a user runs it: what it prints and how it exits.

mod bad_peers;
mod bench;
mod cancel;
mod decode;
mod peer;
mod printing;
mod run;
mod served;
mod serving;
mod soak;
mod usage;
mod way;
