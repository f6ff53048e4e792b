//! The command lines of `krpc record` and `krpc proxy`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use crate::address::Address;
use crate::side::Side;
use crate::units::{duration_or_none, parse_size};

/// What passes before a way stalls, if that is not said: enough to negotiate.
const STALL: &str = "4KiB";

/// From where to where.
#[derive(Args, Clone, Debug)]
pub(crate) struct Ends {
    /// Where to listen: HOST[:PORT], port 7051 if not given, 0 for a free one; or unix:PATH
    #[arg(value_name = "LISTEN")]
    pub(crate) listen: Address,

    /// The server to pass everything on to: HOST[:PORT] or unix:PATH
    #[arg(value_name = "UPSTREAM")]
    pub(crate) upstream: Address,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Each connection becomes a file in DIR, named by the time at which this began and a number; nothing is \
overwritten. The first line tells where it comes from, each other one is a piece of what passed, or the end of \
one side. A line is written before its bytes go on, so that what is in the file is good whenever this \
ends, compressed or not. If one cannot be written, the disk being full for one, the file ends with the \
line before, which is said; the connection goes on unrecorded, and the exit status is 1 at the end.

Passwords, tokens and rows pass in the clear unless TLS hides them, and are in the file then.

A Kudu client takes the addresses of other masters and of tablet servers from the master's answers, and goes \
there by itself: start those with --rpc_advertised_addresses that lead through a recorder of their own.

Ends with Ctrl-C or SIGTERM.

Examples:
  krpc record 127.0.0.1:9051 kudu-master-1 --out recordings
  krpc record 127.0.0.1:9051 kudu-master-1 --out recordings --gzip
  krpc record unix:/tmp/recorded.sock unix:/run/kudu.sock --out recordings")]
pub(crate) struct Record {
    #[command(flatten)]
    pub(crate) ends: Ends,

    /// The folder of the recordings; it is made if need be
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,

    /// Compress the recordings
    #[arg(long)]
    pub(crate) gzip: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
A line for each call: connection and call id, method, bytes of request and reply, time to answer, and what came of \
it. The time is what the client sees: from the end of its request to the end of the reply. Inside TLS, and where it is not \
KRPC, nothing is to be seen of calls; bytes are counted, and passed on all the same.

Bytes are passed on as they are. The options make the network bad; each holds for every connection, \
those of its own. BYTES are a number or have a unit: 64KiB, 8MiB. Before it there may be c2s: for what the client \
sends, which is the default, or s2c: for what the server sends. With any option there is little room on the way, as on a \
slow network. A way that stalls is not read any more, even to its end, so that its sender is stuck.

A Kudu client takes the addresses of other masters and of tablet servers from the master's answers, and goes \
there by itself: start those with --rpc_advertised_addresses that lead through a proxy of their own.

Ends with Ctrl-C or SIGTERM.

Examples:
  krpc proxy 127.0.0.1:9051 kudu-master-1
  krpc proxy 127.0.0.1:9051 kudu-master-1 --delay 50ms --bandwidth 1MiB
  krpc proxy 127.0.0.1:9051 kudu-master-1 --drop-after s2c:1000
  krpc proxy 127.0.0.1:9050 kudu-tserver-1:7050 --stall=64KiB --json")]
pub(crate) struct Proxy {
    #[command(flatten)]
    pub(crate) ends: Ends,

    /// Print JSON, one object on each line
    #[arg(long)]
    pub(crate) json: bool,

    /// Everything is on its way for so long, in each direction
    #[arg(long, value_name = "TIME", value_parser = duration_or_none, help_heading = "Bad network")]
    pub(crate) delay: Option<Duration>,

    /// So many bytes pass in a second, in each direction
    #[arg(long, value_name = "BYTES", value_parser = parse_bandwidth, help_heading = "Bad network")]
    pub(crate) bandwidth: Option<u64>,

    /// Close the connection once so many bytes have passed
    #[arg(long, value_name = "[WAY:]BYTES", help_heading = "Bad network")]
    pub(crate) drop_after: Option<Amount>,

    /// Stop passing on once so many bytes have passed [default if no value is given: 4KiB, enough to
    /// negotiate]
    #[arg(
        long,
        value_name = "[WAY:]BYTES",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = STALL,
        help_heading = "Bad network"
    )]
    pub(crate) stall: Option<Amount>,
}

/// So many bytes of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) from: Side,
    pub(crate) bytes: u64,
}

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, size) = match text.split_once(':') {
            Some(("c2s", size)) => (Side::Client, size),
            Some(("s2c", size)) => (Side::Server, size),
            Some((way, _)) => return Err(format!("'{way}' is no way: expected c2s: or s2c:")),
            None => (Side::Client, text),
        };
        Ok(Amount { from, bytes: parse_size(size)? })
    }
}

fn parse_bandwidth(text: &str) -> Result<u64, String> {
    match parse_size(text)? {
        0 => Err("at least 1 byte in a second; --stall lets nothing pass".into()),
        bytes => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_of_one_way() {
        let amount = |from, bytes| Ok(Amount { from, bytes });
        assert_eq!("10".parse(), amount(Side::Client, 10));
        assert_eq!("c2s:1KiB".parse(), amount(Side::Client, 1_024));
        assert_eq!("s2c:0".parse(), amount(Side::Server, 0));
        assert!("up:1".parse::<Amount>().unwrap_err().contains("c2s: or s2c:"));
        assert!("s2c:".parse::<Amount>().unwrap_err().contains("number of bytes"));
        assert!(parse_bandwidth("0").unwrap_err().contains("--stall"));
    }
}
