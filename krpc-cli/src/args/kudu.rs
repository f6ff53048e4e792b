//! The command line of `krpc kudu`.

use clap::{Args, Subcommand};

use super::Connect;
use crate::address::AddressList;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Give all masters of the cluster, separated by commas: one that is not the leader is asked only who is.

Examples:
  krpc kudu masters kudu-master-1,kudu-master-2,kudu-master-3
  krpc kudu tables kudu-master-1 --filter sales
  krpc kudu schema kudu-master-1 sales_2026 --json")]
pub(crate) enum Kudu {
    /// List the masters
    #[command(after_help = "\
The version and the cluster's id come from each master itself; one that the leader cannot ask is \
explained under the table.

Examples:
  krpc kudu masters kudu-master-1
  krpc kudu masters kudu-master-1,kudu-master-2,kudu-master-3 --json")]
    Masters(KuduList),
    /// List the tablet servers
    #[command(after_help = "\
Examples:
  krpc kudu tservers kudu-master-1
  krpc kudu tservers kudu-master-1,kudu-master-2,kudu-master-3 --json")]
    Tservers(KuduList),
    /// List the tables
    #[command(after_help = "\
Examples:
  krpc kudu tables kudu-master-1
  krpc kudu tables kudu-master-1,kudu-master-2 --filter sales --json")]
    Tables(KuduTables),
    /// Show a table's columns and partitions
    #[command(after_help = "\
Examples:
  krpc kudu schema kudu-master-1 sales_2026
  krpc kudu schema kudu-master-1,kudu-master-2 sales_2026 --json")]
    Schema(KuduSchema),
}

#[derive(Args, Debug)]
pub(crate) struct KuduList {
    /// The masters: HOST[:PORT], port 7051 if not given
    #[arg(value_name = "MASTER[,MASTER...]")]
    pub(crate) masters: AddressList,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) connect: Connect,
}

#[derive(Args, Debug)]
pub(crate) struct KuduTables {
    /// The masters: HOST[:PORT], port 7051 if not given
    #[arg(value_name = "MASTER[,MASTER...]")]
    pub(crate) masters: AddressList,

    /// Only tables whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    // Last, because what follows would stand under its heading.
    #[command(flatten)]
    pub(crate) connect: Connect,
}

#[derive(Args, Debug)]
pub(crate) struct KuduSchema {
    /// The masters: HOST[:PORT], port 7051 if not given
    #[arg(value_name = "MASTER[,MASTER...]")]
    pub(crate) masters: AddressList,

    /// The table's name
    pub(crate) table: String,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) connect: Connect,
}
