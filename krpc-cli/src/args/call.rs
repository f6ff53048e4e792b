//! The command line of `krpc call`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Connect, Footers};
use crate::address::Address;
use crate::units::{Limit, duration_or_none};

#[derive(Args, Debug)]
#[command(after_help = "\
Without METHOD it lists what is known, without SERVICE all services; neither connects. The last \
part of a service's name is enough where only one ends so.

With --cancel-after it cancels the call and tells where the call was by then, how much of it had \
been sent, what goes out in place of the rest, when its payload was released, and whether the \
connection lives. A reply that comes before is printed as usual.

Examples:
  krpc call kudu-master-1
  krpc call kudu-master-1 MasterService
  krpc call kudu-master-1 GenericService/GetFlags --data '{\"all_flags\": true}'
  krpc call kudu-master-1 MasterService/ConnectToMaster --feature 3
  krpc call kudu-ts-1:7050 TabletServerService/Scan --data @scan.json
  krpc call localhost shop.Orders/Place --proto shop.proto --data - < order.json
  krpc call localhost Store/Put --proto store.proto --cancel-after 50ms")]
pub(crate) struct Call {
    /// The server: HOST[:PORT], port 7051 if not given, or unix:PATH
    #[arg(value_name = "ADDR")]
    pub(crate) address: Address,

    /// What to call, or what to describe
    #[arg(value_name = "SERVICE[/METHOD]")]
    pub(crate) target: Option<String>,

    /// Services of your own; imports are looked for in all folders above FILE
    #[arg(long, value_name = "FILE")]
    pub(crate) proto: Vec<PathBuf>,

    /// The request: JSON, @FILE, or - for standard input [default: {}]
    #[arg(long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    pub(crate) data: Option<String>,

    /// An application feature flag that the server must support
    #[arg(long, value_name = "N")]
    pub(crate) feature: Vec<u32>,

    /// Attach this file as a sidecar; the first is number 0
    #[arg(long, value_name = "FILE")]
    pub(crate) sidecar: Vec<PathBuf>,

    /// Write the reply's sidecars to DIR/0, DIR/1 and so on
    #[arg(long, value_name = "DIR")]
    pub(crate) out_sidecars: Option<PathBuf>,

    /// Print JSON of reply, sidecars and time instead of the reply alone
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) cancel: Cancel,

    #[command(flatten)]
    pub(crate) connect: Connect,
}

/// Whether and how the call is cancelled.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Cancelling")]
pub(crate) struct Cancel {
    /// Cancel the call so long after it was made, and tell what came of that
    #[arg(long, value_name = "TIME")]
    pub(crate) cancel_after: Option<Limit>,

    /// If the call is being sent by then, and no footer can abort it
    #[arg(
        long,
        value_enum,
        value_name = "POLICY",
        default_value_t = OnCancel::Drain,
        requires = "cancel_after"
    )]
    pub(crate) on_cancel: OnCancel,

    /// How long its payload may still be sent under --on-cancel drain [default: 500ms]
    #[arg(long, value_name = "TIME", value_parser = duration_or_none, requires = "cancel_after")]
    pub(crate) grace: Option<Duration>,

    /// Whether the call may be aborted while it is sent, by a footer
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Footers::Auto)]
    pub(crate) footers: Footers,
}

/// What to do with a request that is given up in mid-transmission and that no footer can abort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnCancel {
    /// Send it for a time of grace, then stop; calls before it are still answered
    Drain,
    /// Send all of it, however long the server takes
    Keep,
    /// Close the connection at once
    Close,
}

impl From<OnCancel> for krpc_tokio::OnCancel {
    fn from(policy: OnCancel) -> Self {
        match policy {
            OnCancel::Drain => krpc_tokio::OnCancel::Drain,
            OnCancel::Keep => krpc_tokio::OnCancel::KeepUntilSent,
            OnCancel::Close => krpc_tokio::OnCancel::Close,
        }
    }
}
