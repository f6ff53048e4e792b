//! A table with a column of every type that can be created.

use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use krpc_cli::pb::master::master_service::MasterServiceClient;
use krpc_cli::pb::master::*;
use krpc_cli::pb::partition_schema_pb::column_identifier_pb::Identifier;
use krpc_cli::pb::partition_schema_pb::{ColumnIdentifierPb, HashBucketSchemaPb, RangeSchemaPb};
use krpc_cli::pb::tserver::WriteRequestPb;
use krpc_cli::pb::tserver::tablet_server_service::TabletServerServiceClient;
use krpc_cli::pb::{ColumnSchemaPb, ColumnTypeAttributesPb, DataType, RowOperationsPb};
use krpc_cli::pb::{PartitionSchemaPb, SchemaPb};
use krpc_cli::runtime::{Channel, Runtime};
use krpc_tests::cluster::{Cluster, Mode};
use tokio::runtime::Builder;

use crate::bed::config;
use crate::gate::Outcome;

pub(crate) const NAME: &str = "every type";

/// How many tablets it has.
const BUCKETS: i32 = 3;

/// Operations are told by numbers.
const INSERT: u8 = 1;

/// NULL where there is none.
type Cell = Option<Value>;

enum Value {
    Fixed(Vec<u8>),
    Text(Vec<u8>),
}

/// The key first.
const COLUMNS: [(&str, DataType); 17] = [
    ("key", DataType::Int32),
    ("i8", DataType::Int8),
    ("i16", DataType::Int16),
    ("i32", DataType::Int32),
    ("i64", DataType::Int64),
    ("s", DataType::String),
    ("b", DataType::Bool),
    ("f", DataType::Float),
    ("d", DataType::Double),
    ("bin", DataType::Binary),
    ("ts", DataType::UnixtimeMicros),
    ("d32", DataType::Decimal32),
    ("d64", DataType::Decimal64),
    ("d128", DataType::Decimal128),
    ("vc", DataType::Varchar),
    ("dt", DataType::Date),
    ("a, \"b\"", DataType::String),
];

fn schema() -> SchemaPb {
    let attributes = |precision, scale| ColumnTypeAttributesPb {
        precision: Some(precision),
        scale: Some(scale),
        length: None,
    };
    let column = |(n, (name, of_type)): (usize, &(&str, DataType))| ColumnSchemaPb {
        name: (*name).into(),
        r#type: (*of_type).into(),
        is_key: Some(n == 0),
        is_nullable: Some(n != 0),
        type_attributes: match of_type {
            DataType::Decimal32 => Some(attributes(9, 2)),
            DataType::Decimal64 => Some(attributes(18, 0)),
            DataType::Decimal128 => Some(attributes(38, 38)),
            DataType::Varchar => {
                Some(ColumnTypeAttributesPb { length: Some(10), ..Default::default() })
            }
            _ => None,
        },
        ..ColumnSchemaPb::default()
    };
    SchemaPb { columns: COLUMNS.iter().enumerate().map(column).collect() }
}

/// The columns behind the key, for each row.
fn rows() -> Vec<Vec<Cell>> {
    fn fixed(bytes: impl AsRef<[u8]>) -> Cell {
        Some(Value::Fixed(bytes.as_ref().to_vec()))
    }
    fn text(bytes: impl AsRef<[u8]>) -> Cell {
        Some(Value::Text(bytes.as_ref().to_vec()))
    }
    let row = |(int, float, double, micros, days, string, binary): Row<'_>| {
        let decimal = |digits: u32| int.clamp(1 - 10_i128.pow(digits), 10_i128.pow(digits) - 1);
        let narrow = |bytes: u32| {
            let most = (1_i128 << (8 * bytes - 1)) - 1;
            int.clamp(-most - 1, most).to_le_bytes()[..bytes as usize].to_vec()
        };
        let varchar: String = string.chars().take(10).collect();
        vec![
            fixed(narrow(1)),
            fixed(narrow(2)),
            fixed(narrow(4)),
            fixed(narrow(8)),
            text(string),
            fixed([u8::from(int % 2 != 0)]),
            fixed(float.to_le_bytes()),
            fixed(double.to_le_bytes()),
            text(binary),
            fixed(micros.to_le_bytes()),
            fixed(&decimal(9).to_le_bytes()[..4]),
            fixed(&decimal(18).to_le_bytes()[..8]),
            fixed(decimal(38).to_le_bytes()),
            text(varchar),
            fixed(days.to_le_bytes()),
            text("\\N"),
        ]
    };
    let all_bytes: Vec<u8> = (0..=255).collect();
    let ascii: String = (0..128_u8).map(char::from).collect();
    let mut rows: Vec<_> = [
        (0, 0.0, 0.0, 0, 0, "", &b""[..]),
        (1, 0.1, 0.1, 1_700_000_000_123_456, 19_782, "h\u{e9}llo \"q\" \\ \n\t'\u{1} end", b"a"),
        (i128::MIN, f32::MIN, f64::MIN, i64::MIN, -719_162, "", b"\\N"),
        (i128::MAX, f32::MAX, f64::MAX, i64::MAX, 2_932_896, &ascii, &all_bytes),
        (-1, f32::NAN, f64::NAN, -1, -1, "\\N", b"\x00\x01\xffA\"\\\n"),
        (7, -f32::NAN, -f64::NAN, 1, 1, "\\", b"\x00g1"),
        (100, f32::INFINITY, f64::NEG_INFINITY, 999_999, 365, "a,b\r\n\"c\"", b"x,\"y\""),
        (-100, -0.0, -0.0, -62_135_596_800_000_000, 11_016, "\u{65e5}\u{672c}", b"\xe6\x97"),
        (5, 1_048_577.0 / 8.0, 1e15, 86_400_000_000, 59, " ", b" "),
        (6, 1e-5, 123_456_789.125, 1, 60, "NULL", b"NULL"),
        (8, f32::MIN_POSITIVE / 8.0, f64::MIN_POSITIVE / 4.0, 2, 61, "null", b"\x7f"),
        (9, 16_777_216.0, 1.234_567_890_123_456_8e17, 3, 62, "0", b"0"),
    ]
    .map(row)
    .into();
    // One with nothing but its key, and some in which only one is missing.
    rows.push(COLUMNS[1..].iter().map(|_| None).collect());
    for missing in 0..COLUMNS.len() - 1 {
        let mut some = row((11, 1.5, -2.25e-300, 4, 63, "some", b"some"));
        some[missing] = None;
        rows.push(some);
    }
    rows
}

type Row<'a> = (i128, f32, f64, i64, i32, &'a str, &'a [u8]);

/// Creates the table and fills it.
pub(crate) fn create(cluster: &Cluster, mode: Mode) -> Outcome {
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let connector = Runtime::Tokio.connector(config(mode)?);
        let master = connector.channel(&cluster.master().to_string())?;
        let tserver = connector.channel(&cluster.tserver().to_string())?;
        let tablets = create_empty(&MasterServiceClient::new(master), request(NAME)).await?;
        fill(&TabletServerServiceClient::new(tserver), &tablets).await
    })
}

/// What creates such a table of this name.
pub(crate) fn request(name: &str) -> CreateTableRequestPb {
    let key = || ColumnIdentifierPb { identifier: Some(Identifier::Name("key".into())) };
    let buckets = HashBucketSchemaPb {
        columns: vec![key()],
        num_buckets: BUCKETS,
        seed: None,
        hash_algorithm: None,
    };
    CreateTableRequestPb {
        name: name.into(),
        schema: schema(),
        num_replicas: Some(1),
        partition_schema: Some(PartitionSchemaPb {
            hash_schema: vec![buckets],
            range_schema: Some(RangeSchemaPb { columns: vec![key()] }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Creates a table, and tells its tablets when all of them have leaders.
pub(crate) async fn create_empty(
    master: &MasterServiceClient<Channel>,
    request: CreateTableRequestPb,
) -> anyhow::Result<Vec<String>> {
    let mut call = master.create_table(&request).timeout(LONG);
    let partitions = request.partition_schema.as_ref();
    for (needed, feature) in [
        (request.split_rows_range_bounds.is_some(), MasterFeatures::RangePartitionBounds),
        (
            partitions.is_some_and(|schema| !schema.custom_hash_schema_ranges.is_empty()),
            MasterFeatures::RangeSpecificHashSchema,
        ),
        (
            request.schema.columns.iter().any(|column| column.is_auto_incrementing()),
            MasterFeatures::AutoIncrementingColumn,
        ),
    ] {
        if needed {
            call = call.feature(feature as u32);
        }
    }
    let created = call.await?.into_inner();
    ensure!(created.error.is_none(), "{created:?}");
    let table = TableIdentifierPb { table_name: Some(request.name), ..Default::default() };
    let end = std::time::Instant::now() + LONG;
    loop {
        let request = GetTableLocationsRequestPb { table: table.clone(), ..Default::default() };
        let found = master.get_table_locations(&request).timeout(LONG).await?.into_inner();
        let led = |tablet: &TabletLocationsPb| {
            let mut replicas = tablet.deprecated_replicas.iter();
            replicas.any(|replica| replica.role == 1)
        };
        if found.error.is_none() && found.tablet_locations.iter().all(led) {
            return Ok(found.tablet_locations.into_iter().map(|t| t.tablet_id).collect());
        }
        ensure!(std::time::Instant::now() < end, "the tablets never run: {found:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

const LONG: Duration = Duration::from_secs(60);

/// Writes each row to whichever tablet takes it.
async fn fill(tserver: &TabletServerServiceClient<Channel>, tablets: &[String]) -> Outcome {
    for (key, row) in rows().into_iter().enumerate() {
        let key = i32::try_from(key).context("few rows")?;
        let (rows, indirect_data) = insert(key, &row);
        let mut taken = 0;
        for tablet in tablets {
            let request = WriteRequestPb {
                tablet_id: tablet.clone(),
                schema: Some(schema()),
                row_operations: Some(RowOperationsPb {
                    rows: Some(rows.clone()),
                    indirect_data: Some(indirect_data.clone()),
                }),
                ..Default::default()
            };
            let answer = tserver.write(&request).timeout(LONG).await?.into_inner();
            match &answer.error {
                None => taken += 1,
                Some(error) => {
                    let said = error.status.message.as_deref().unwrap_or_default();
                    ensure!(said.contains("not in tablet partition"), "row {key}: {error:?}");
                }
            }
            ensure!(answer.per_row_errors.is_empty(), "row {key}: {answer:?}");
        }
        ensure!(taken == 1, "row {key} was taken by {taken} tablets");
    }
    Ok(())
}

/// The operation, and what its texts point into.
fn insert(key: i32, row: &[Cell]) -> (Bytes, Bytes) {
    let bits = COLUMNS.len().div_ceil(8);
    let mut nulls = vec![0_u8; bits];
    let (mut cells, mut texts) = (key.to_le_bytes().to_vec(), Vec::new());
    for (n, cell) in row.iter().enumerate() {
        match cell {
            None => nulls[(n + 1) / 8] |= 1 << ((n + 1) % 8),
            Some(Value::Fixed(bytes)) => cells.extend(bytes),
            Some(Value::Text(text)) => {
                cells.extend((texts.len() as u64).to_le_bytes());
                cells.extend((text.len() as u64).to_le_bytes());
                texts.extend(text);
            }
        }
    }
    let set: Vec<u8> = (0..bits).map(|byte| if byte + 1 < bits { 0xff } else { 1 }).collect();
    let rows = [&[INSERT][..], &set, &nulls, &cells].concat();
    (rows.into(), texts.into())
}
