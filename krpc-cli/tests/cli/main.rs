//! The program, run as a user runs it: what it prints and how it exits.

mod bad_peers;
mod bench;
mod cancel;
mod cluster;
mod completions;
mod decode;
mod endings;
mod loading;
mod master;
mod peer;
mod pipe;
mod printing;
mod progress;
mod proxy;
mod record;
mod relay;
mod run;
mod scanning;
mod served;
mod serving;
mod soak;
mod terminal;
mod usage;
mod way;
mod writes;
