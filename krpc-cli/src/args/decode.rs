//! The command line of `krpc decode`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
#[command(after_help = "\
Takes recordings (JSON lines) and captures (pcap, pcapng), compressed by gzip or not. Of a capture \
every connection is listed that begins in it as KRPC does, whatever its port. What is inside TLS is \
counted.

With --json, standard output has an object for each frame, and at the end of a connection one for each \
side that TLS hides (\"kind\": \"tls\"), which counts records and bytes; remarks on gaps and damage go to standard \
error. The exit status is 1 if anything is damaged.

Examples:
  krpc decode session.jsonl
  krpc decode session.jsonl.gz --json
  krpc decode session.pcap --bodies
  krpc decode session.pcap --bodies --proto shop.proto")]
pub(crate) struct Decode {
    /// Recordings and captures
    #[arg(value_name = "FILE", required = true)]
    pub(crate) file: Vec<PathBuf>,

    /// Print one JSON object a line for each frame
    #[arg(long)]
    pub(crate) json: bool,

    /// Show the bodies of services that are known, all of Kudu's among them, as JSON
    #[arg(long)]
    pub(crate) bodies: bool,

    /// Services of your own; imports are looked for in all folders above it
    #[arg(long, value_name = "PROTO", requires = "bodies")]
    pub(crate) proto: Vec<PathBuf>,

    /// Show tokens, passwords and nonces in bodies too
    #[arg(long, requires = "bodies")]
    pub(crate) secrets: bool,
}
