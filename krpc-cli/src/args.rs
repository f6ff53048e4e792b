//! The command line.

mod bench;
mod call;
mod decode;
mod kudu;
mod load;
#[cfg(test)]
mod reference;
mod relay;
mod serve;
mod soak;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::address::Address;
use crate::runtime::Runtime;
use crate::units::Limit;

pub(crate) use bench::{Bench, Lead, Mode};
pub(crate) use call::{Call, Cancel, OnCancel};
pub(crate) use decode::Decode;
pub(crate) use kudu::{Format, Kudu, KuduScan};
pub(crate) use load::{KuduLoad, LARGEST_BATCH, Operation};
pub(crate) use relay::{Amount, Ends, Proxy, Record};
pub(crate) use serve::{Demo, Serve};
pub(crate) use soak::Soak;

/// Talks to servers that speak Apache Kudu's RPC protocol (KRPC), and is one.
#[derive(Debug, Parser)]
#[command(
    name = "krpc",
    version,
    max_term_width = 100,
    after_help = "\
Examples:
  krpc demo                             see it all work, no server needed
  krpc status kudu-master-1             ask a master who it is
  krpc ping -v kudu-tserver-1:7050      is it there, how fast, how negotiated
  krpc kudu tables kudu-m-1,kudu-m-2    list tables, whoever the leader is
  krpc call kudu-m-1 MasterService/ListTables --data '{\"name_filter\": \"x\"}'

Exit status: 0 it worked, 1 the call failed, 2 the command line was wrong."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure connecting, negotiating and calling, each by itself
    Ping(Ping),
    /// Show how a connection is negotiated, step by step
    Negotiate(Negotiate),
    /// Ask a server who it is and what it runs
    Status(Status),
    /// Call any method, the request and reply as JSON
    Call(Call),
    /// Ask Kudu's masters about the cluster; finds the leader
    #[command(subcommand)]
    Kudu(Kudu),
    /// Be a server for trying out clients
    Serve(Serve),
    /// Run a server and a client in this process and show what they do
    Demo(Demo),
    /// Cancel calls at random for a while, and check that both sides agree on what came of it
    Soak(Soak),
    /// Call a server as fast as it answers, and measure rate, latency and CPU time
    Bench(Bench),
    /// Pass connections on to a server, and print each call as it passes
    Proxy(Proxy),
    /// Pass connections on to a server, and keep what passes in files
    Record(Record),
    /// List the frames in recorded connections and network captures
    Decode(Decode),
    /// Print what a shell needs to complete command lines
    Completions(Completions),
}

/// What all commands that connect have in common.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connect {
    /// Call in the name of this user [default: the login name]
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,

    /// Give up after this time: 5s, 500ms, 2m
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub(crate) timeout: Limit,

    /// What carries the connection
    #[arg(long, value_enum, value_name = "RUNTIME", default_value_t = Runtime::Tokio)]
    pub(crate) runtime: Runtime,

    /// Whether to encrypt
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Tls::Optional)]
    pub(crate) tls: Tls,

    /// Check the server's certificate against these roots (PEM); implies --tls required
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// Encrypt connections within this host too
    #[arg(long)]
    pub(crate) loopback_encryption: bool,

    /// Show the negotiation on standard error
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tls {
    /// Never
    Disabled,
    /// If the other side can
    Optional,
    /// Refuse to speak otherwise
    Required,
}

/// Whether requests end with a footer, by which one can be aborted in mid-transmission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Footers {
    /// If the other side is krpc and has them too
    Auto,
    /// Never, like every released Kudu
    Off,
    /// If the other side lists feature 4 alone: Kudu's build of 2017
    Flag4,
}

impl From<Footers> for krpc_tokio::Footers {
    fn from(footers: Footers) -> Self {
        match footers {
            Footers::Auto => krpc_tokio::Footers::Auto,
            Footers::Off => krpc_tokio::Footers::Off,
            Footers::Flag4 => krpc_tokio::Footers::Flag4Only,
        }
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
Each round opens a new connection. The call is GenericService.ServerClock; a server without that \
service answers with an error, which is an answer and counts.

Examples:
  krpc ping kudu-master-1
  krpc ping 127.0.0.1:7050 --count 10 --json
  krpc ping unix:/run/kudu.sock")]
pub(crate) struct Ping {
    /// The server: HOST[:PORT], port 7051 if not given, or unix:PATH
    #[arg(value_name = "ADDR")]
    pub(crate) address: Address,

    /// How many times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) connect: Connect,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Shows every message with its direction and size, the features of both sides, what TLS came to and \
how the user was authenticated.

Examples:
  krpc negotiate kudu-master-1
  krpc negotiate 127.0.0.1 --tls required --loopback-encryption
  krpc negotiate kudu-master-1 --tls required --ca ca.pem")]
pub(crate) struct Negotiate {
    /// The server: HOST[:PORT], port 7051 if not given, or unix:PATH
    #[arg(value_name = "ADDR")]
    pub(crate) address: Address,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) connect: Connect,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  krpc status kudu-master-1
  krpc status kudu-tserver-1:7050 --json")]
pub(crate) struct Status {
    /// The server: HOST[:PORT], port 7051 if not given, or unix:PATH
    #[arg(value_name = "ADDR")]
    pub(crate) address: Address,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) connect: Connect,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  krpc completions bash > ~/.local/share/bash-completion/completions/krpc
  krpc completions fish > ~/.config/fish/completions/krpc.fish
  krpc completions zsh > ~/.zfunc/_krpc")]
pub(crate) struct Completions {
    /// Whose
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_explains_itself() {
        let mut commands = vec![Cli::command()];
        while let Some(command) = commands.pop() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            commands.extend(command.get_subcommands().cloned());
        }
    }

    #[test]
    fn defaults_are_kudus() {
        let cli = Cli::try_parse_from(["krpc", "status", "m"]).unwrap();
        let Command::Status(status) = cli.command else { panic!("not status") };
        assert_eq!(status.address.to_string(), "m:7051");
        assert_eq!(status.connect.timeout.time, Duration::from_secs(10));
        assert_eq!(status.connect.tls, Tls::Optional);
        assert!(!status.connect.loopback_encryption);
    }

    #[test]
    fn wrong_usage_exits_with_2() {
        for args in [
            &["krpc"][..],
            &["krpc", "pin", "m"],
            &["krpc", "ping", "m:x"],
            &["krpc", "ping", "m", "--timeout", "5"],
            &["krpc", "ping", "m", "--count", "0"],
            &["krpc", "serve", "m", "--cert", "c.pem"],
        ] {
            let error = Cli::try_parse_from(args).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{args:?}");
        }
        let error = Cli::try_parse_from(["krpc", "statsu", "m"]).unwrap_err().to_string();
        assert!(error.contains("status"), "{error}");
    }
}
