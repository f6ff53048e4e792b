//! How many threads make how many calls on which connections.

use rustix::process::{Resource, getrlimit};

use crate::args::{Bench, Mode};
use crate::failure::Failure;
use crate::runtime::Runtime;

/// Threads of Kudu's rpc-bench.
const THREADS: u32 = 16;

/// Calls that its mode async keeps in flight.
const OUTSTANDING: u32 = 60;

/// Calls in flight on all connections together: each takes memory here and there.
const IN_FLIGHT: u64 = 1_000_000;

/// Files that a process has open besides: the standard streams, what a runtime needs.
const OTHER_FILES: u64 = 32;

/// Who calls where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) mode: Mode,
    pub(super) threads: usize,
    pub(super) connections: usize,
    /// Calls in flight on a connection if async.
    pub(super) outstanding: usize,
}

impl Shape {
    /// What the command line says, if that makes sense.
    pub(super) fn new(args: &Bench) -> Result<Shape, Failure> {
        if args.lead.is_some() && args.connect.runtime != Runtime::Blocking {
            return Err(Failure::usage(
                "--lead is for --runtime blocking: elsewhere tasks drive the connections",
            ));
        }
        let (mode, outstanding) = (args.mode, args.outstanding.unwrap_or(OUTSTANDING));
        let threads = args.threads.unwrap_or(match mode {
            Mode::Sync => THREADS,
            Mode::Async => 1,
        });
        let connections = args.connections.unwrap_or(threads);
        match mode {
            Mode::Sync if args.outstanding.is_some() => {
                return Err(Failure::usage(format_args!(
                    "--outstanding {outstanding} needs --mode async: in sync mode each thread has one call at a time"
                )));
            }
            Mode::Sync if connections > threads => {
                return Err(Failure::usage(format_args!(
                    "--connections {connections} would be more than the {threads} of --threads: in sync mode each thread uses one"
                )));
            }
            Mode::Async if threads > connections => {
                return Err(Failure::usage(format_args!(
                    "--threads {threads} would be more than the {connections} of --connections: in async mode each connection has one thread"
                )));
            }
            _ => {}
        }
        let in_flight = u64::from(connections) * u64::from(outstanding);
        if mode == Mode::Async && in_flight > IN_FLIGHT {
            return Err(Failure::usage(format_args!(
                "--connections {connections} times --outstanding {outstanding} are {in_flight} calls in flight, and there may be {IN_FLIGHT}"
            )));
        }
        // No limit is none.
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        if u64::from(connections) + OTHER_FILES > files {
            return Err(Failure::usage(format_args!(
                "--connections {connections} are more than the {files} files that this process may open allow; 'ulimit -n' may raise that"
            )));
        }
        Ok(Shape {
            mode,
            threads: threads as usize,
            connections: connections as usize,
            outstanding: outstanding as usize,
        })
    }

    /// The connections of the chains of one thread, one for each chain.
    pub(super) fn chains(self, thread: usize) -> impl Iterator<Item = usize> {
        let Shape { mode, threads, connections, outstanding } = self;
        let (first, step, times) = match mode {
            Mode::Sync => (thread % connections, connections, 1),
            Mode::Async => (thread, threads, outstanding),
        };
        let own = (first..connections).step_by(step);
        own.flat_map(move |connection| std::iter::repeat_n(connection, times))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    fn shape(args: &[&str]) -> Result<Shape, String> {
        let words = ["krpc", "bench", "m"].iter().chain(args);
        let Command::Bench(args) = Cli::try_parse_from(words).unwrap().command else {
            panic!("not bench");
        };
        Shape::new(&args).map_err(|failure| failure.to_string())
    }

    fn chains(args: &[&str]) -> Vec<Vec<usize>> {
        let shape = shape(args).unwrap();
        (0..shape.threads).map(|thread| shape.chains(thread).collect()).collect()
    }

    #[test]
    fn defaults_are_those_of_rpc_bench() {
        let (mode, outstanding) = (Mode::Sync, 60);
        let sync = Shape { mode, threads: 16, connections: 16, outstanding };
        assert_eq!(shape(&[]), Ok(sync));
        let (mode, threads) = (Mode::Async, 1);
        assert_eq!(
            shape(&["--mode", "async"]),
            Ok(Shape { mode, threads, connections: 1, outstanding })
        );
    }

    #[test]
    fn sync_threads_have_one_chain_each() {
        assert_eq!(chains(&["--threads", "3"]), [[0], [1], [2]]);
        assert_eq!(chains(&["--threads", "5", "--connections", "2"]), [[0], [1], [0], [1], [0]]);
    }

    #[test]
    fn async_connections_have_one_thread_each() {
        let args = ["--mode", "async", "--threads", "2", "--connections", "3"];
        let chains = chains(&[&args[..], &["--outstanding", "2"]].concat());
        assert_eq!(chains, [vec![0, 0, 2, 2], vec![1, 1]]);
    }

    #[test]
    fn what_makes_no_sense_is_named_with_its_setting() {
        for (args, parts) in [
            (&["--outstanding", "5"][..], ["--outstanding 5", "--mode async"]),
            (&["--connections", "17"], ["--connections 17", "16 of --threads"]),
            (
                &["--mode", "async", "--threads", "3", "--connections", "2"],
                ["--threads 3", "2 of --connections"],
            ),
            (
                &["--mode", "async", "--connections", "200", "--outstanding", "6000"],
                ["--connections 200 times --outstanding 6000", "there may be 1000000"],
            ),
        ] {
            let error = shape(args).unwrap_err();
            assert!(parts.iter().all(|part| error.contains(part)), "{args:?}: {error}");
        }
    }
}
