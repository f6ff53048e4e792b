//! `krpc kudu`: questions to the masters of a Kudu cluster, and the rows of its tables.
//!
//! What a client of tables needs beside the calls themselves, from the bottom:
//!
//! * `leader`: the master that leads, however often that changes
//! * `retry`: when to try again
//! * `table` and `locations`: a table's columns, and who has its tablets
//! * `servers`: a connection for each tablet server
//! * `client`: all of these for one table
//! * `column`, `parse`, `print` and `csv`: types, and values as text
//! * `scan`: reading
//! * `load`: writing

mod client;
mod column;
mod csv;
mod leader;
mod load;
mod locations;
mod parse;
mod print;
mod retry;
mod scan;
mod schema;
mod servers;
mod show;
mod table;

use prost_reflect::DynamicMessage;
use prost_reflect::prost::Message;
use serde_json::Value;

use crate::args::Kudu;
use crate::dynamic::{self, Descriptors};
use crate::failure::Failure;
use crate::output::{self, line};
use crate::pb::master::master_service::MasterServiceClient;
use crate::pb::master::*;
use crate::runtime::Channel;

use leader::Cluster;

/// Asks, and prints the answer.
pub(crate) async fn run(args: Kudu) -> Result<(), Failure> {
    match args {
        Kudu::Masters(args) => {
            let mut cluster = Cluster::connect(args.masters, args.connect).await?;
            let request = ListMastersRequestPb {};
            let answer =
                cluster.call("ListMasters", |m: &Masters| m.list_masters(&request)).await?;
            print(args.json, "kudu.master.ListMastersResponsePB", &answer, show::masters)
        }
        Kudu::Tservers(args) => {
            let mut cluster = Cluster::connect(args.masters, args.connect).await?;
            let request = ListTabletServersRequestPb { include_states: Some(true) };
            let answer = cluster
                .call("ListTabletServers", |m: &Masters| m.list_tablet_servers(&request))
                .await?;
            print(args.json, "kudu.master.ListTabletServersResponsePB", &answer, show::tservers)
        }
        Kudu::Tables(args) => {
            let mut cluster = Cluster::connect(args.masters, args.connect).await?;
            let name_filter = args.filter.clone();
            let request = ListTablesRequestPb { name_filter, ..Default::default() };
            let mut answer =
                cluster.call("ListTables", |m: &Masters| m.list_tables(&request)).await?;
            // They come in the order of a hash table.
            answer.tables.sort_by(|a, b| a.name.cmp(&b.name));
            let text = |answer: &_| show::tables(answer, args.filter.as_deref());
            print(args.json, "kudu.master.ListTablesResponsePB", &answer, text)
        }
        Kudu::Schema(args) => {
            let mut cluster = Cluster::connect(args.masters, args.connect).await?;
            let table = TableIdentifierPb { table_name: Some(args.table), table_id: None };
            let request = GetTableSchemaRequestPb { table };
            let mut answer =
                cluster.call("GetTableSchema", |m: &Masters| m.get_table_schema(&request)).await?;
            // It lets its holder read the table, and is nobody's business on a screen.
            answer.authz_token = None;
            print(args.json, "kudu.master.GetTableSchemaResponsePB", &answer, schema::describe)
        }
        Kudu::Scan(args) => scan::run(*args).await,
        Kudu::Load(args) => load::run(*args).await,
    }
}

type Masters = MasterServiceClient<Channel>;

fn print<M: Message>(
    as_json: bool,
    name: &str,
    answer: &M,
    text: impl Fn(&M) -> String,
) -> Result<(), Failure> {
    match as_json {
        true => line(output::json(&json(name, answer))),
        false => line(text(answer)),
    }
}

/// The message as JSON, by way of its descriptor.
fn json<M: Message>(name: &str, message: &M) -> Value {
    let desc = Descriptors::builtin().message(name).expect("the built-in files have it");
    let bytes = message.encode_to_vec();
    let message = DynamicMessage::decode(desc, &bytes[..]).expect("both come from one file");
    dynamic::to_json_with_lists(&message)
}
