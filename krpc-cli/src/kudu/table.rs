//! A table: what its master tells of it.

use krpc_tokio::codegen::pb::SignedTokenPb;

use crate::failure::Failure;
use crate::output::{plain, shown};
use crate::pb::PartitionSchemaPb;
use crate::pb::master::master_error_pb::Code;
use crate::pb::master::*;

use super::Masters;
use super::column::Column;
use super::leader::{Answer, Cluster};

/// How many names an error lists when the one that was typed is not among them.
const NAMES_SHOWN: usize = 10;

/// A table as it was when it was opened.
#[derive(Clone)]
pub(super) struct Table {
    pub(super) id: String,
    pub(super) name: String,
    /// Key columns first.
    pub(super) columns: Vec<Column>,
    pub(super) partitions: PartitionSchemaPb,
    /// Lets its holder read and write the table for some minutes.
    pub(super) token: Option<SignedTokenPb>,
}

impl Table {
    /// Looks it up by its name.
    pub(super) async fn open(cluster: &mut Cluster, name: &str) -> Result<Table, Failure> {
        let table = TableIdentifierPb { table_name: Some(name.into()), table_id: None };
        let answer = schema(cluster, table).await?;
        if answer.error().is_some_and(|error| error.code() == Code::TableNotFound) {
            return Err(unknown(cluster, name).await);
        }
        if let Some(error) = answer.error() {
            return Err(cluster.refused(METHOD, error));
        }
        let incomplete = |what| {
            let what =
                format_args!("{METHOD} answered without the {what} of table {}", plain(name));
            Failure::call("the master's answer is incomplete", what, None)
        };
        let schema = answer.schema.ok_or_else(|| incomplete("schema"))?;
        Ok(Table {
            id: answer.table_id.ok_or_else(|| incomplete("id"))?,
            name: name.to_owned(),
            columns: schema.columns.into_iter().map(Column::new).collect(),
            partitions: answer.partition_schema.unwrap_or_default(),
            token: answer.authz_token,
        })
    }

    /// A fresh token for a table that was opened, whatever it is called by now.
    pub(super) async fn fresh_token(
        cluster: &mut Cluster,
        id: &str,
    ) -> Result<Option<SignedTokenPb>, Failure> {
        let answer = schema(cluster, identifier(id)).await?;
        match answer.error() {
            Some(error) => Err(cluster.refused(METHOD, error)),
            None => Ok(answer.authz_token),
        }
    }

    /// The column of this name, or a usage error that says which there are.
    pub(super) fn column(&self, name: &str) -> Result<&Column, Failure> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            let names = some(self.columns.iter().map(|column| column.name.as_str()));
            let (table, name) = (plain(&self.name), shown(name));
            let all = match self.columns.len() > NAMES_SHOWN {
                true => "; 'krpc kudu schema' lists all",
                false => "",
            };
            Failure::usage(format_args!(
                "table {table} has no column '{name}'; it has {names}{all}"
            ))
        })
    }
}

const METHOD: &str = "GetTableSchema";

pub(super) fn identifier(id: &str) -> TableIdentifierPb {
    TableIdentifierPb { table_id: Some(id.into()), table_name: None }
}

async fn schema(
    cluster: &mut Cluster,
    table: TableIdentifierPb,
) -> Result<GetTableSchemaResponsePb, Failure> {
    let request = GetTableSchemaRequestPb { table };
    cluster.ask(METHOD, |m: &Masters| m.get_table_schema(&request)).await
}

/// There is no table of this name: which there are.
async fn unknown(cluster: &mut Cluster, name: &str) -> Failure {
    let what = format!("there is no table '{}'", shown(name));
    let request = ListTablesRequestPb::default();
    let listed = cluster.call("ListTables", |m: &Masters| m.list_tables(&request)).await;
    let mut names: Vec<_> = match listed {
        Ok(answer) => answer.tables.into_iter().map(|table| table.name).collect(),
        Err(failure) => return failure,
    };
    if names.is_empty() {
        return Failure::call(what, "the cluster has no tables", None);
    }
    names.sort();
    let there_are = format!("there are {}", some(names.iter().map(String::as_str)));
    Failure::call(what, there_are, Some("'krpc kudu tables' lists all"))
}

/// The first of these names, and how many more there are.
pub(super) fn some<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(NAMES_SHOWN);
    let shown: Vec<_> = names.take(NAMES_SHOWN).map(plain).collect();
    match more {
        0 => shown.join(", "),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pb::ColumnSchemaPb;

    #[test]
    fn a_column_that_is_not_there_says_which_are_or_who_lists_them() {
        let of = |count: usize| Table {
            id: String::new(),
            name: "t".into(),
            columns: (0..count)
                .map(|n| {
                    Column::new(ColumnSchemaPb { name: format!("c{n}"), ..Default::default() })
                })
                .collect(),
            partitions: Default::default(),
            token: None,
        };
        let said = |count, name: &str| of(count).column(name).unwrap_err().to_string();
        assert!(
            said(10, "x").ends_with("no column 'x'; it has c0, c1, c2, c3, c4, c5, c6, c7, c8, c9")
        );
        assert!(said(12, "x").ends_with("c9 and 2 more; 'krpc kudu schema' lists all"));
        assert!(said(1, &"x".repeat(10_000)).len() < 200);
    }
}
