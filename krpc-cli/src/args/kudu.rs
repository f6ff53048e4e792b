//! The command line of `krpc kudu`.

use clap::{Args, Subcommand, ValueEnum};

use super::{Connect, KuduLoad};
use crate::address::AddressList;
use crate::units::Limit;

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
    /// Print a table's rows
    Scan(Box<KuduScan>),
    /// Write rows to a table
    Load(Box<KuduLoad>),
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

#[derive(Args, Debug)]
#[command(after_help = "\
Rows come in the order of their keys within each tablet, all as of one time, from the replicas that \
lead. When a tablet server ends or a tablet moves, the scan goes on where it was: no row is printed \
twice or left out. --unordered gives that up for speed.

--where takes COLUMN OPERATOR VALUE, and all that are given must hold. The operators are = < <= > >=, \
IN (VALUE, ...), IS NULL and IS NOT NULL. Texts are written as they are, other values as --format csv \
prints them. Either may stand in single quotes, where '' is one quote, and the text NULL has to. A \
column whose name is not a plain word stands in double quotes.

A DECIMAL of 20 digits or more is printed with all its zeros; 'kudu table scan' loses some.

In csv the first line names the columns, NULL is \\N, and a text that begins with a backslash has one \
more in front. Unprintable bytes of a BINARY are \\xHH there and in json, and its backslashes are \
doubled. In json decimals are texts, so that nobody rounds them, and a STRING that is no UTF-8 loses \
what is none.

--timeout limits each step with all its retries: finding the master that leads, the table, its \
tablets, and every batch. The scan as a whole takes as long as it takes.

SIGINT and SIGTERM end it once the servers are told that nothing more is wanted, in 3 s at most; \
another signal ends it at once.

Examples:
  krpc kudu scan kudu-m-1 sales --limit 10
  krpc kudu scan kudu-m-1 sales --columns id,amount --where 'amount >= 99.50'
  krpc kudu scan kudu-m-1 sales --where \"country IN ('DE', 'FR')\" --format csv
  krpc kudu scan kudu-m-1,kudu-m-2 sales --where 'day IS NOT NULL' --count")]
pub(crate) struct KuduScan {
    /// The masters: HOST[:PORT], port 7051 if not given
    #[arg(value_name = "MASTER[,MASTER...]")]
    pub(crate) masters: AddressList,

    /// The table's name
    pub(crate) table: String,

    /// Only these columns, in this order
    #[arg(long, value_name = "NAME[,NAME...]", value_delimiter = ',')]
    pub(crate) columns: Option<Vec<String>>,

    /// Only rows for which this holds; see below
    #[arg(long = "where", value_name = "CONDITION", allow_hyphen_values = true)]
    pub(crate) conditions: Vec<String>,

    /// At most so many rows
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,

    /// Print how many rows there are instead of the rows
    #[arg(long, conflicts_with = "columns")]
    pub(crate) count: bool,

    /// How to print rows
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    pub(crate) format: Format,

    /// Take rows in any order, each tablet as it is when its turn comes
    #[arg(long)]
    pub(crate) unordered: bool,

    /// Have the servers send columns instead of rows
    #[arg(long)]
    pub(crate) columnar: bool,

    /// About how many bytes of rows to ask for at once [default: the server's, which is 1 MiB]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=8 << 20))]
    pub(crate) batch_bytes: Option<u32>,

    /// How many tablets to read at once; each holds a batch in memory
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) parallel: u16,

    /// While nobody takes the output: how often to tell servers that the scan is still there; they
    /// forget it after a minute, unless their --scanner_ttl_ms says otherwise
    #[arg(long, value_name = "TIME", default_value = "20s")]
    pub(crate) keep_alive: Limit,

    // Last, because what follows would stand under its heading.
    #[command(flatten)]
    pub(crate) connect: Connect,
}

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// As 'kudu table scan' does
    Table,
    /// With a first line that names the columns
    Csv,
    /// One object a line
    Json,
}
