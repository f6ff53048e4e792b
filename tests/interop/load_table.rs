//! A table whose key has every type that a key may have, with hashing and ranges of all sorts, and rows
//! for it.

use bytes::Bytes;
use krpc_cli::pb::master::CreateTableRequestPb;
use krpc_cli::pb::master::master_service::MasterServiceClient;
use krpc_cli::pb::partition_schema_pb::column_identifier_pb::Identifier;
use krpc_cli::pb::partition_schema_pb::*;
use krpc_cli::pb::{ColumnSchemaPb, ColumnTypeAttributesPb, DataType};
use krpc_cli::pb::{PartitionSchemaPb, RowOperationsPb, SchemaPb};
use krpc_cli::runtime::Runtime;
use krpc_tests::cluster::{Cluster, Mode};
use krpc_tests::kudu::Version;
use tokio::runtime::Builder;

use crate::bed::config;
use crate::gate::Outcome;
use crate::scan_table;

pub(crate) const NAME: &str = "every key";

const LOWER_BOUND: u8 = 6;
const UPPER_BOUND: u8 = 7;

/// The key, and one more.
const COLUMNS: [(&str, DataType); 11] = [
    ("range", DataType::Int16),
    ("s", DataType::String),
    ("i8", DataType::Int8),
    ("i32", DataType::Int32),
    ("i64", DataType::Int64),
    ("bin", DataType::Binary),
    ("ts", DataType::UnixtimeMicros),
    ("dt", DataType::Date),
    ("dec", DataType::Decimal64),
    ("vc", DataType::Varchar),
    ("v", DataType::Double),
];

fn schema() -> SchemaPb {
    let column = |(name, of_type): &(&str, DataType)| ColumnSchemaPb {
        name: (*name).into(),
        r#type: (*of_type).into(),
        is_key: Some(*name != "v"),
        is_nullable: Some(*name == "v"),
        type_attributes: match of_type {
            DataType::Decimal64 => {
                Some(ColumnTypeAttributesPb { precision: Some(12), scale: Some(3), length: None })
            }
            DataType::Varchar => {
                Some(ColumnTypeAttributesPb { length: Some(5), ..Default::default() })
            }
            _ => None,
        },
        ..Default::default()
    };
    SchemaPb { columns: COLUMNS.iter().map(column).collect() }
}

fn named(names: &[&str]) -> Vec<ColumnIdentifierPb> {
    let id =
        |name: &&str| ColumnIdentifierPb { identifier: Some(Identifier::Name((*name).into())) };
    names.iter().map(id).collect()
}

fn hash(names: &[&str], num_buckets: i32, seed: u32) -> HashBucketSchemaPb {
    HashBucketSchemaPb {
        columns: named(names),
        num_buckets,
        seed: Some(seed),
        hash_algorithm: None,
    }
}

/// Rows of the first two columns: from `lower` to, and without, `upper`.
fn range(lower: (i16, &str), upper: (i16, &str)) -> RowOperationsPb {
    let (mut rows, mut texts) = (Vec::new(), Vec::new());
    for (operation, (number, text)) in [(LOWER_BOUND, lower), (UPPER_BOUND, upper)] {
        // Two columns of eleven are set, and none is NULL.
        rows.extend([operation, 3, 0, 0, 0]);
        rows.extend(number.to_le_bytes());
        rows.extend((texts.len() as u64).to_le_bytes());
        rows.extend((text.len() as u64).to_le_bytes());
        texts.extend(text.bytes());
    }
    RowOperationsPb { rows: Some(rows.into()), indirect_data: Some(texts.into()) }
}

/// Below -100, from 0 to 100, and, with hashing of its own if the version has that, from 200 on.
pub(crate) fn create(cluster: &Cluster, mode: Mode, version: Version) -> Outcome {
    let joined = |ranges: &[RowOperationsPb]| {
        let (mut rows, mut texts) = (Vec::new(), Vec::new());
        for range in ranges {
            let mut own = range.rows.clone().unwrap_or_default().to_vec();
            // What they point to comes after what is there.
            for bound in own.chunks_mut(23) {
                let at = u64::from_le_bytes(bound[7..15].try_into().expect("eight bytes"));
                bound[7..15].copy_from_slice(&(at + texts.len() as u64).to_le_bytes());
            }
            rows.extend(own);
            texts.extend(range.indirect_data.clone().unwrap_or_default());
        }
        RowOperationsPb { rows: Some(Bytes::from(rows)), indirect_data: Some(Bytes::from(texts)) }
    };
    let hashed =
        || vec![hash(&["i8", "bin", "i32"], 2, 0), hash(&["dt", "dec", "vc", "ts", "i64"], 2, 5)];
    let ranges = [
        (range((-32_768, ""), (-100, "")), hashed()),
        (range((0, ""), (100, "")), hashed()),
        (range((200, "m"), (32_767, "")), vec![hash(&["i64", "ts"], 3, 9), hash(&["bin"], 2, 1)]),
    ];
    let mut own = Vec::new();
    let mut bounds = None;
    if version >= Version::V1_18_1 {
        own.extend(ranges.map(|(bounds, hash_schema)| RangeWithHashSchemaPb {
            range_bounds: Some(bounds),
            hash_schema,
        }));
    } else {
        bounds = Some(joined(&ranges.map(|(bounds, _)| bounds)));
    }
    let request = CreateTableRequestPb {
        name: NAME.into(),
        schema: schema(),
        num_replicas: Some(1),
        split_rows_range_bounds: bounds,
        partition_schema: Some(PartitionSchemaPb {
            hash_schema: hashed(),
            range_schema: Some(RangeSchemaPb { columns: named(&["range", "s"]) }),
            custom_hash_schema_ranges: own,
        }),
        ..Default::default()
    };
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let connector = Runtime::Tokio.connector(config(mode)?);
        let master = connector.channel(&cluster.master().to_string())?;
        scan_table::create_empty(&MasterServiceClient::new(master), request).await
    })?;
    Ok(())
}

/// A line of CSV for each row, the names of the columns first.
pub(crate) fn csv() -> String {
    let names: Vec<_> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let mut lines = names.join(",") + "\n";
    for n in 0..600_i64 {
        let range = match n % 3 {
            0 => -32_768 + 7 * n,
            1 => n % 100,
            _ => 201 + 13 * n,
        };
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed());
        let text = ["", "a", "\u{65e5}\u{672c}", "x\"y,z", "zzz"][n as usize % 5];
        let quoted = text.replace('"', "\"\"");
        let varchar = ["", "a", "\u{e9}\u{e9}", "12345"][n as usize % 4];
        let bytes = ["", "\\x00", "\\x00\\xff", "\\\\N"][n as usize % 4];
        let value = if n % 7 == 0 { "\\N".to_owned() } else { format!("{}.5", n % 1000) };
        let (day, small) = (1 + n % 28, mixed as i8);
        let (medium, whole, part) = (mixed as i32, mixed % 1_000_000, n);
        lines += &format!(
            "{range},\"{quoted}\",{small},{medium},{mixed},{bytes},{mixed},1969-12-{day:02},\
             {whole}.{part:03},{varchar},{value}\n"
        );
    }
    lines
}
