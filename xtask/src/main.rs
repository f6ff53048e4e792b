//! Tasks of the workspace: `cargo run -p xtask -- TASK`.

mod corpus;
mod readme;
mod regen;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo run -p xtask -- TASK

  regen            writes generated sources anew from the .proto files
  regen --check    fails if that would change anything
  corpus           writes seeds for the fuzz targets from the recorded connections
  readme           builds and runs the project that the README shows";

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member of the workspace");
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["regen"] => regen::write(root),
        ["regen", "--check"] => regen::check(root),
        ["corpus"] => corpus::write(root),
        ["readme"] => readme::hello(root),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
