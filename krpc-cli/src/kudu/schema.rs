//! A table's schema, laid out as `kudu table describe` does.

use std::fmt::Write as _;

use crate::output::plain;
use crate::pb::DataType;
use crate::pb::master::GetTableSchemaResponsePb;
use crate::pb::partition_schema_pb::ColumnIdentifierPb;
use crate::pb::partition_schema_pb::column_identifier_pb::Identifier;
use crate::pb::{ColumnSchemaPb, PartitionSchemaPb, SchemaPb};

pub(super) fn describe(answer: &GetTableSchemaResponsePb) -> String {
    let empty = SchemaPb::default();
    let schema = answer.schema.as_ref().unwrap_or(&empty);
    let mut out = format!("TABLE {} (\n", plain(answer.table_name.as_deref().unwrap_or("?")));
    for column in &schema.columns {
        let null = if column.is_nullable() { "NULLABLE" } else { "NOT NULL" };
        let immutable = if column.immutable() { " IMMUTABLE" } else { "" };
        let auto = if column.is_auto_incrementing() { " AUTO_INCREMENTING" } else { "" };
        let (name, of_type) = (plain(&column.name), type_name(column));
        let _ = writeln!(out, "    {name} {of_type} {null}{auto}{immutable},");
    }
    let keys = schema.columns.iter().filter(|c| c.is_key()).map(|c| plain(&c.name));
    let _ = writeln!(out, "    PRIMARY KEY ({})\n)", keys.collect::<Vec<_>>().join(", "));
    if let Some(partitions) = &answer.partition_schema {
        let _ = writeln!(out, "{}", partition_text(partitions, schema));
    }
    let _ = writeln!(out, "OWNER {}", plain(answer.owner.as_deref().unwrap_or_default()));
    let _ = writeln!(out, "REPLICAS {}", answer.num_replicas());
    let mut configs: Vec<_> = answer.extra_configs.iter().collect();
    configs.sort();
    for (name, value) in configs {
        let _ = writeln!(out, "CONFIG {} {}", plain(name), plain(value));
    }
    let _ = write!(out, "COMMENT {}", plain(answer.comment.as_deref().unwrap_or_default()));
    out.trim_end().to_owned()
}

/// As a `CREATE TABLE` would have it.
pub(super) fn type_name(column: &ColumnSchemaPb) -> String {
    let attributes = column.type_attributes.unwrap_or_default();
    let kind = match DataType::try_from(column.r#type) {
        Ok(DataType::Decimal32 | DataType::Decimal64 | DataType::Decimal128) => {
            return format!("DECIMAL({}, {})", attributes.precision(), attributes.scale());
        }
        Ok(DataType::Varchar) => return format!("VARCHAR({})", attributes.length()),
        Ok(DataType::Nested) => {
            let array = column.nested_type.as_ref().and_then(|n| n.array.as_ref());
            let element = array.map(|a| a.r#type().as_str_name()).unwrap_or("UNKNOWN_DATA");
            return format!("{element} 1D-ARRAY");
        }
        Ok(kind) => kind,
        // A type newer than this program.
        Err(_) => return format!("TYPE {}", column.r#type),
    };
    kind.as_str_name().to_owned()
}

fn partition_text(partitions: &PartitionSchemaPb, schema: &SchemaPb) -> String {
    let names = |ids: &[ColumnIdentifierPb]| {
        let name = |id: &ColumnIdentifierPb| match &id.identifier {
            Some(Identifier::Name(name)) => plain(name),
            Some(Identifier::Id(id)) => {
                let column = schema.columns.iter().find(|c| c.id == u32::try_from(*id).ok());
                column.map_or_else(|| format!("column {id}"), |c| plain(&c.name))
            }
            None => "?".into(),
        };
        ids.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    let mut parts: Vec<String> = Vec::new();
    for hash in &partitions.hash_schema {
        let seed = hash.seed.filter(|seed| *seed != 0);
        let seed = seed.map(|seed| format!(" SEED {seed}")).unwrap_or_default();
        parts.push(format!(
            "HASH ({}) PARTITIONS {}{seed}",
            names(&hash.columns),
            hash.num_buckets
        ));
    }
    if let Some(range) = &partitions.range_schema {
        parts.push(format!("RANGE ({})", names(&range.columns)));
    }
    let own = partitions.custom_hash_schema_ranges.len();
    if own > 0 {
        parts.push(format!("{own} ranges with hash schemas of their own"));
    }
    parts.join(",\n")
}

#[cfg(test)]
mod tests {
    use prost_reflect::prost::Message;

    use super::*;

    /// What Kudu 1.18.1 answered for a table of four columns, its token left out.
    const ANSWER: &str = "1261\
        0a140800120269641805200128004000480050006800\
        0a16080112046e616d6518082000280140004800 50006800\
        0a1b08021203616d74180f20002801400048005000 5a04080710026800\
        0a14080312026f6b1809200028004000480050006800\
        1801\
        2a100a080a0208001002180012040a020800\
        3a05636c5f65785204726f6f745a00";

    #[test]
    fn a_real_answer_is_laid_out() {
        let hex: Vec<u8> = ANSWER.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        let byte =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let bytes: Vec<u8> = hex.chunks(2).map(byte).collect();
        let answer = GetTableSchemaResponsePb::decode(&bytes[..]).unwrap();
        assert_eq!(
            describe(&answer),
            "TABLE cl_ex (\n    id INT32 NOT NULL,\n    name STRING NULLABLE,\n    \
             amt DECIMAL(7, 2) NULLABLE,\n    ok BOOL NOT NULL,\n    PRIMARY KEY (id)\n)\n\
             HASH (id) PARTITIONS 2,\nRANGE (id)\nOWNER root\nREPLICAS 1\nCOMMENT"
        );
    }

    #[test]
    fn unknown_types_and_columns_are_shown_by_number() {
        let column = ColumnSchemaPb { name: "a".into(), r#type: 77, ..Default::default() };
        assert_eq!(type_name(&column), "TYPE 77");
        let id = ColumnIdentifierPb { identifier: Some(Identifier::Id(9)) };
        let range = crate::pb::partition_schema_pb::RangeSchemaPb { columns: vec![id] };
        let partitions =
            PartitionSchemaPb { range_schema: Some(range), ..PartitionSchemaPb::default() };
        assert_eq!(partition_text(&partitions, &SchemaPb::default()), "RANGE (column 9)");
    }
}
