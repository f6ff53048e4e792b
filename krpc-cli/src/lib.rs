//! The `krpc` tool, and the services it runs as a server.
//!
//! Two modules are a library: [`services`] has those of `krpc serve`, for tests of clients, and
//! [`runtime`] what carries the program's connections. The rest is the program; [`main`] is all of it.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod address;
mod advice;
mod args;
mod calls;
mod certificate;
mod child;
mod commands;
mod counters;
mod decode;
mod dynamic;
mod failure;
mod files;
mod forwarder;
mod kudu;
mod listening;
mod memory;
mod negotiation;
mod output;
mod payloads;
mod random;
mod relay;
mod session;
mod side;
mod signals;
mod units;

#[doc(hidden)]
pub mod fuzzing;
#[allow(missing_docs)] // generated
pub mod pb;
pub mod runtime;
pub mod services;

use std::process::ExitCode;

use clap::Parser;
use failure::Failure;

pub use memory::count_memory_with;

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(said) => return help_or_usage(&said),
    };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let args::Command::Soak(_) = cli.command {
        runtime.worker_threads(child::THREADS);
    }
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            output::note(format_args!("krpc: cannot start: {e}"));
            return ExitCode::from(1);
        }
    };
    let result = runtime.block_on(commands::run(cli.command));
    // A call that was given up on must not hold up the end.
    runtime.shutdown_background();
    result.map_or_else(|failure| end(&failure), |()| ExitCode::SUCCESS)
}

/// Help that was asked for, on standard output, or what is wrong with the command line.
fn help_or_usage(said: &clap::Error) -> ExitCode {
    match said.print() {
        Err(error) if !said.use_stderr() => end(&Failure::output(&error)),
        _ if said.use_stderr() => ExitCode::from(2),
        _ => ExitCode::SUCCESS,
    }
}

fn end(failure: &Failure) -> ExitCode {
    match failure {
        Failure::Unread => {}
        // Whoever waits for the process is to see that it was a signal.
        Failure::Signal(kind) => {
            let _ = signal_hook::low_level::emulate_default_handler(kind.as_raw_value());
        }
        _ => output::note(format_args!("krpc: {failure}")),
    }
    failure.exit_code()
}
