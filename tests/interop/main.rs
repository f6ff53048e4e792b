//! Interoperability with real Kudu, in both directions.
//!
//! Kudu's binaries are looked for when the tests run. Without them each test is ignored and says
//! what gets it running; with `KRPC_REQUIRE=kudu` in the environment it fails instead.

mod bed;
mod gate;
mod raw;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let gate = gate::Gate::new(args.list);
    let beds = bed::beds();
    let trials = raw::trials(&gate, &beds);
    drop(beds);
    libtest_mimic::run(&args, trials).exit_code()
}
