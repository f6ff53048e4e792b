//! The command line of `krpc serve` and `krpc demo`.

use std::path::PathBuf;

use clap::{Args, value_parser};

use super::{Footers, Tls};
use crate::address::Address;
use crate::runtime::Runtime;
use crate::units::Limit;

#[derive(Args, Debug)]
#[command(after_help = "\
Serves kudu.server.GenericService, kudu.master.MasterService of a cluster without tables, and the two \
services of Kudu's own RPC tests, kudu.rpc_test.CalculatorService and \
kudu.rpc.GenericCalculatorService. Its AddExactlyOnce does not keep results: a call that is repeated \
is executed again. Stops on SIGINT and SIGTERM, when the calls in hand are answered; after 10 s, or \
at a second signal, it does not wait for them.

Examples:
  krpc serve 127.0.0.1:7051
  krpc serve 127.0.0.1:0 --port-file port.txt --unix /tmp/krpc.sock
  krpc serve 0.0.0.0 --cert server.pem --key server.key --tls required
  krpc serve 127.0.0.1 --runtime smol --queue-length 2000
  krpc serve 127.0.0.1 --footers off --stats-file stats.json")]
pub(crate) struct Serve {
    /// Where to listen: HOST[:PORT], port 7051 if not given, 0 for a free one; or unix:PATH
    #[arg(value_name = "ADDR")]
    pub(crate) address: Address,

    /// Listen on this UNIX socket too
    #[arg(long, value_name = "PATH")]
    pub(crate) unix: Option<String>,

    /// What carries the connections and runs the calls
    #[arg(long, value_enum, value_name = "RUNTIME", default_value_t = Runtime::Tokio)]
    pub(crate) runtime: Runtime,

    /// Calls of a service that may wait; others are refused [default: 50, as in Kudu]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) queue_length: Option<u32>,

    /// Calls of a service that may run at once [default: 256; 10 if they block, as in Kudu, and of
    /// GenericCalculatorService]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000))]
    pub(crate) concurrency: Option<u32>,

    /// Certificate chain (PEM), which makes TLS possible
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,

    /// Its private key (PEM, not encrypted)
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,

    /// Whether to encrypt
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Tls::Optional)]
    pub(crate) tls: Tls,

    /// Encrypt connections within this host too
    #[arg(long)]
    pub(crate) loopback_encryption: bool,

    /// How long a client may take to negotiate, as in Kudu if not given
    #[arg(long, value_name = "TIME", default_value = "3s")]
    pub(crate) negotiation_timeout: Limit,

    /// Write the TCP port to this file once it is open
    #[arg(long, value_name = "FILE")]
    pub(crate) port_file: Option<PathBuf>,

    /// Whether clients may abort a call while they send it, by a footer
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Footers::Auto)]
    pub(crate) footers: Footers,

    /// Stop when standard input ends, as it does when whoever started this is gone
    #[arg(long)]
    pub(crate) until_eof: bool,

    /// Write counters to this file (JSON): at the start, on SIGUSR1, and at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) stats_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Takes a few seconds and needs neither a server nor the network. What it cancels at the end it sends \
to servers in processes of their own, so that the memory shown is the client's.

Examples:
  krpc demo
  krpc demo --svg cancellation.svg")]
pub(crate) struct Demo {
    /// Draw the memory held by cancelled calls, and what is served after them (SVG)
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,

    /// What carries the connections, at both ends
    #[arg(long, value_enum, value_name = "RUNTIME", default_value_t = Runtime::Tokio)]
    pub(crate) runtime: Runtime,
}
