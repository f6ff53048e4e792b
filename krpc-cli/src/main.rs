//! The `krpc` program; all of it is in the library.

fn main() -> std::process::ExitCode {
    krpc_cli::main()
}
