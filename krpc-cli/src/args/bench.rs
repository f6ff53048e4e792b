//! The command line of `krpc bench`.

use clap::{Args, ValueEnum, value_parser};
use krpc_tokio::core::proto::frame::DEFAULT_MAX_MESSAGE;

use super::Connect;
use crate::address::Address;

/// What servers accept in one message, but for its headers, which take less than the difference.
const LARGEST: u32 = DEFAULT_MAX_MESSAGE - 1_024;

#[derive(Args, Debug)]
#[command(
    allow_negative_numbers = true,
    after_help = "\
Calls kudu.rpc_test.CalculatorService/Add, which krpc serve has; kudu.master.MasterService/Ping where \
there is no such service, as on a Kudu master; or kudu.rpc.GenericCalculatorService/PushStrings with \
--payload. Connects first; the time counts from the first call to the last reply. --timeout holds for \
connecting, and for each call. Each reply is checked. \
Calls that fail are counted by kind, and it exits with 1 if there are any. Ctrl-C ends it early, and \
what was done is told all the same; calls in flight are waited for, until a second one.

With --runtime blocking and --mode async a thread waits for its calls in the order in which it has \
started them, and notices then that one has ended.

Latency is that of the calls that were answered. Times and switches are those of whole processes, per \
call that was answered or failed. The server's need --server-pid and that it runs on this machine.

Fields of --json; what there is no figure for is null:
  address, runtime, mode, threads, connections, payload_bytes
                       as on the command line
  lead                 the same; null unless --runtime blocking
  method, protection   what was called, and how the connections are protected
  outstanding          calls in flight on a connection; null if sync
  seconds              from the first call to the last reply
  interrupted          whether it was ended early
  calls                completed, failed
  failures             a list of: kind, count, first (the text of the first)
  calls_per_s          only those completed
  payload_mb_per_s     the same; 1 MB is 1,000,000 bytes
  latency_us           p50, p90, p99, p99_9, max
  client, server       user_us_per_call, system_us_per_call,
                       voluntary_switches_per_call,
                       involuntary_switches_per_call

Examples:
  krpc bench 127.0.0.1
  krpc bench 127.0.0.1 --mode async --connections 4 --threads 2 --json
  krpc bench 127.0.0.1 --runtime blocking --lead keeper
  krpc bench 127.0.0.1 --payload 1048576 --threads 8 --seconds 30
  krpc bench 127.0.0.1 --server-pid 4711 --tls required --loopback-encryption"
)]
pub(crate) struct Bench {
    /// The server: HOST[:PORT], port 7051 if not given, or unix:PATH
    #[arg(value_name = "ADDR")]
    pub(crate) address: Address,

    /// How calls follow each other
    #[arg(long, value_enum, value_name = "MODE", default_value_t = Mode::Sync)]
    pub(crate) mode: Mode,

    /// Threads that make calls [default: 16 if sync, 1 if async]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1_024))]
    pub(crate) threads: Option<u32>,

    /// Connections, shared evenly among the threads [default: one for each thread]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000))]
    pub(crate) connections: Option<u32>,

    /// Calls in flight on each connection if async [default: 60]
    #[arg(long, value_name = "M", value_parser = value_parser!(u32).range(1..=65_536))]
    pub(crate) outstanding: Option<u32>,

    /// Who drives the connections with --runtime blocking [default: callers]
    #[arg(long, value_enum, value_name = "WHO")]
    pub(crate) lead: Option<Lead>,

    /// Send so many bytes with each call, as a sidecar
    #[arg(long, value_name = "BYTES", value_parser = payload)]
    pub(crate) payload: Option<u32>,

    /// How long to make calls
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = value_parser!(u32).range(1..=86_400))]
    pub(crate) seconds: u32,

    /// Measure this process of this machine as the server
    #[arg(long, value_name = "PID", value_parser = value_parser!(u32).range(1..=i64::from(i32::MAX)))]
    pub(crate) server_pid: Option<u32>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) connect: Connect,
}

/// The two modes of Kudu's rpc-bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Each thread has one call at a time, and waits for its reply
    Sync,
    /// Each connection has many calls in flight, and each reply starts another
    Async,
}

impl Mode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Mode::Sync => "sync",
            Mode::Async => "async",
        }
    }
}

/// Who drives connections where threads block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lead {
    /// One of the threads that wait, for all of them
    Callers,
    /// A thread of its own
    Keeper,
}

impl Lead {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Lead::Callers => "callers",
            Lead::Keeper => "keeper",
        }
    }
}

impl From<Lead> for krpc_blocking::Lead {
    fn from(lead: Lead) -> Self {
        match lead {
            Lead::Callers => krpc_blocking::Lead::Callers,
            Lead::Keeper => krpc_blocking::Lead::Keeper,
        }
    }
}

fn payload(text: &str) -> Result<u32, String> {
    match text.parse::<u64>() {
        Ok(bytes) if bytes <= LARGEST.into() => Ok(bytes as u32),
        Ok(_) => Err(format!(
            "at most {LARGEST}, because a message may have {DEFAULT_MAX_MESSAGE} bytes, its header included"
        )),
        Err(_) => Err(format!("expected a number of bytes, at most {LARGEST}")),
    }
}
