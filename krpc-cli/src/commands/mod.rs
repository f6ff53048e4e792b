//! The commands, one module each.

mod bench;
mod call;
mod cancel;
mod completions;
mod decode;
mod demo;
mod describe;
mod negotiate;
mod ping;
mod proxy;
mod record;
mod serve;
mod soak;
mod status;

use crate::args::Command;
use crate::failure::Failure;
use crate::kudu;

/// Does what the command line says.
pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Ping(args) => ping::run(args).await,
        Command::Negotiate(args) => negotiate::run(args).await,
        Command::Status(args) => status::run(args).await,
        Command::Call(args) => call::run(args).await,
        Command::Kudu(args) => kudu::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Soak(args) => soak::run(args).await,
        Command::Decode(args) => decode::run(&args),
        Command::Bench(args) => bench::run(args).await,
        Command::Proxy(args) => proxy::run(args).await,
        Command::Record(args) => record::run(args).await,
        Command::Completions(args) => completions::run(&args),
    }
}
