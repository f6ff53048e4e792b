//! The `krpc` tool, built where the tests of this package find it.

fn main() -> std::process::ExitCode {
    krpc_cli::main()
}
