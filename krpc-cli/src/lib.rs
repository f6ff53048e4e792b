//! The `krpc` tool, and the services it runs as a server.
//!
//! [`services`] is the library part: the services of `krpc serve`, for tests of clients. The rest
//! is the program; [`main`] is all of it.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod address;
mod args;
mod commands;
mod dynamic;
mod failure;
mod kudu;
mod negotiation;
mod output;
mod session;
mod units;

#[allow(missing_docs)] // generated
pub mod pb;
pub mod services;

use std::process::ExitCode;

use clap::Parser;

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            output::note(format_args!("krpc: cannot start: {e}"));
            return ExitCode::from(1);
        }
    };
    let result = runtime.block_on(commands::run(cli.command));
    // A call that was given up on must not hold up the end.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::note(format_args!("krpc: {failure}"));
            failure.exit_code()
        }
    }
}
