//! Which columns an operation sets.

use crate::args::KuduLoad;
use crate::failure::Failure;
use crate::output::plain;
use crate::pb::ColumnSchemaPb;

use super::super::column::{Column, Kind};
use super::super::table::{Table, some};

/// What a server is told of a column.
pub(super) fn sent(column: &Column) -> ColumnSchemaPb {
    ColumnSchemaPb {
        id: None,
        read_default_value: None,
        write_default_value: None,
        comment: None,
        ..column.pb.clone()
    }
}

/// Whether Kudu itself gives a new row its value.
fn filled_by_kudu(args: &KuduLoad, column: &Column) -> bool {
    column.pb.is_auto_incrementing() && args.operation.inserts() && !args.operation.upserts()
}

/// The columns to be set when rows are made up.
pub(super) fn made_up(args: &KuduLoad, table: &Table) -> Vec<usize> {
    let wanted =
        |column: &Column| column.key || !args.operation.deletes() && column.kind != Kind::Unknown;
    let columns = table.columns.iter().enumerate();
    let columns = columns.filter(|(_, column)| wanted(column) && !filled_by_kudu(args, column));
    columns.map(|(place, _)| place).collect()
}

/// The places of these columns in the table, if the operation can do with them.
pub(super) fn named(
    args: &KuduLoad,
    table: &Table,
    names: &[String],
) -> Result<Vec<usize>, Failure> {
    let operation = args.operation.name();
    let mut places = Vec::new();
    for name in names {
        let column = table.column(name)?;
        let refused = |why: &str| Failure::usage(format_args!("column {column}: {why}"));
        if filled_by_kudu(args, column) {
            return Err(refused("Kudu gives it its value: leave it out, or use --op upsert"));
        }
        if args.operation.deletes() && !column.key {
            let why = format!("--op {operation} takes the columns of the key alone");
            return Err(refused(&why));
        }
        let place = table.columns.iter().position(|other| other.name == *name).unwrap_or(0);
        if places.contains(&place) {
            return Err(refused("it is there twice"));
        }
        places.push(place);
    }
    let missing = table.columns.iter().enumerate().filter(|(place, column)| {
        let wanted = column.key
            || args.operation.inserts()
                && !column.nullable
                && column.pb.write_default_value.is_none();
        wanted && !places.contains(place) && !filled_by_kudu(args, column)
    });
    let missing: Vec<_> = missing.map(|(_, column)| column.name.as_str()).collect();
    if !missing.is_empty() {
        return Err(Failure::usage(format_args!(
            "--op {operation} on table {} needs columns that the input does not have: {}",
            plain(&table.name),
            some(missing.into_iter()),
        )));
    }
    Ok(places)
}
