//! Interoperability with real Kudu, in both directions.
//!
//! Kudu's binaries and its client for Java are looked for when the tests run. Without them each test is
//! ignored and says what gets it running; with `KRPC_REQUIRE=kudu,java` in the environment it fails
//! instead.

mod bed;
mod bodies;
mod cancel;
mod checks;
mod checks_of_errors;
mod client;
mod gate;
mod java;
mod load;
mod load_table;
mod programs;
mod raw;
mod replicas;
mod scan;
mod scan_table;
mod server;
mod tool;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let args = Arguments::from_args();
    let gate = match gate::Gate::new(args.list) {
        Ok(gate) => gate,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let beds = bed::beds();
    let mut trials = raw::trials(&gate, &beds);
    trials.extend(client::trials(&gate, &beds));
    drop(beds);
    trials.extend(bodies::trials(&gate));
    trials.extend(cancel::trials(&gate));
    trials.extend(server::trials(&gate));
    trials.extend(tool::trials(&gate));
    trials.extend(java::trials(&gate));
    trials.extend(load::trials(&gate));
    trials.extend(scan::trials(&gate));
    trials.extend(replicas::trials(&gate));
    libtest_mimic::run(&args, trials).exit_code()
}
