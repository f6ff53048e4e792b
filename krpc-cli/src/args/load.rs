//! The command line of `krpc kudu load`.

use clap::{Args, ValueEnum, value_parser};
use krpc_tokio::core::proto::frame::DEFAULT_MAX_MESSAGE;

use super::Connect;
use crate::address::AddressList;

/// What is left of a message for the rows of a call.
pub(crate) const LARGEST_BATCH: u32 = DEFAULT_MAX_MESSAGE - (1 << 20);

#[derive(Args, Debug)]
#[command(after_help = "\
Reads CSV from standard input, whose first line names the columns, in any order; or makes rows up. What \
'krpc kudu scan --format csv' prints can be read: NULL is \\N, a text that begins with a backslash has \
one more in front, and unprintable bytes of a BINARY are \\xHH, its backslashes doubled. Columns that \
may be NULL or have a default can be left out.

Rows are sent to their tablets as soon as a call is full, a second after they came, and at the end of \
the input. All that is sent has an id by which a server knows it: when a call is lost, or a tablet moves, \
it is sent again, and is written once. Of two rows with the same key the later one is written later.

A row that cannot be written is told with its line, or its number if it was made up, and its key. \
Unless --max-errors allows it, nothing is read after it; what was read before is still written, except \
when a whole call fails. It exits with 1 if there is any such row. With an operation that ignores, rows \
that were passed over count as written.

SIGINT and SIGTERM end the reading. What was read before is still written, unless there is another \
signal; then the process ends by it.

--timeout limits each step with all its retries: finding the master that leads, the table, its \
tablets, and every call. The load as a whole takes as long as it takes.

Fields of --json:
  table, operation     as on the command line
  rows_read            rows of the input, those that are wrong among them
  rows_written, rows_failed, rows_not_sent
                       what became of them: together as many
  last_read            line or number of the last of them; null if there is none
  stopped              whether it ended before the input did
  bytes, calls         of rows as they are encoded, and how often they were sent with success
  retries              how often they were sent without
  seconds, rows_per_s, mb_per_s
                       1 MB is 1,000,000 bytes

Examples:
  krpc kudu load kudu-m-1,kudu-m-2 sales < sales.csv
  krpc kudu load kudu-m-1 sales --columns id,amount --op upsert < new.csv
  krpc kudu load kudu-m-1 sales --generate 1000000 --seed 7
  krpc kudu scan kudu-m-1 a --format csv | krpc kudu load kudu-m-1 b")]
pub(crate) struct KuduLoad {
    /// The masters: HOST[:PORT], port 7051 if not given
    #[arg(value_name = "MASTER[,MASTER...]")]
    pub(crate) masters: AddressList,

    /// The table's name
    pub(crate) table: String,

    /// What to do with each row
    #[arg(long = "op", value_enum, value_name = "OP", default_value_t = Operation::Insert)]
    pub(crate) operation: Operation,

    /// The columns of the input; its first line is a row then
    #[arg(long, value_name = "A,B,...", value_delimiter = ',', conflicts_with = "generate")]
    pub(crate) columns: Option<Vec<String>>,

    /// Make so many rows up instead of reading standard input
    #[arg(long, value_name = "N")]
    pub(crate) generate: Option<u64>,

    /// The number of the first row made up, of which its key is made
    #[arg(long, value_name = "N", default_value_t = 0, requires = "generate")]
    pub(crate) first: u64,

    /// What the values made up depend on
    #[arg(long, value_name = "N", default_value_t = 0, requires = "generate")]
    pub(crate) seed: u64,

    /// The share of NULL among the values made up, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = share, requires = "generate")]
    pub(crate) nulls: f64,

    /// The length of the texts made up
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = value_parser!(u32).range(0..=65_536), requires = "generate")]
    pub(crate) text_length: u32,

    /// Rows in one call
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) batch_rows: u32,

    /// Bytes of rows in one call
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20, value_parser = value_parser!(u32).range(1..=i64::from(LARGEST_BATCH)))]
    pub(crate) batch_bytes: u32,

    /// Calls under way for each tablet; with more than one, rows of the same key may overtake each other
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..=1_000))]
    pub(crate) in_flight: u32,

    /// Bytes of rows held at a time, over all tablets
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20, value_parser = value_parser!(u32).range(1..))]
    pub(crate) buffer_bytes: u32,

    /// Go on after so many rows that cannot be written
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) max_errors: u64,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) connect: Connect,
}

impl KuduLoad {
    /// What a row is called.
    pub(crate) fn unit(&self) -> &'static str {
        if self.generate.is_some() { "row" } else { "line" }
    }
}

/// What is done with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    /// Add it; it is an error if its key is there
    Insert,
    /// Add it, or change the row of its key
    Upsert,
    /// Change the row of its key; it is an error if there is none
    Update,
    /// Remove the row of its key; it is an error if there is none
    Delete,
    /// Add it unless its key is there
    InsertIgnore,
    /// The same as upsert, but what cannot be changed stays
    UpsertIgnore,
    /// Change the row of its key if there is one
    UpdateIgnore,
    /// Remove the row of its key if there is one
    DeleteIgnore,
}

impl Operation {
    /// As it is typed.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a number from 0 to 1".into())
}
