//! To which tablet a row belongs (Kudu's `common/partition.cc` and `common/key_encoder.h`).

use murmur2::murmur64a;

use crate::failure::Failure;
use crate::output::plain;
use crate::pb::partition_schema_pb::column_identifier_pb::Identifier;
use crate::pb::partition_schema_pb::{
    ColumnIdentifierPb, HashBucketSchemaPb, RangeWithHashSchemaPb,
};

use super::super::column::{Column, Kind};
use super::super::locations::PartitionKey;
use super::super::table::Table;
use super::row::Row;

/// The numbers of the operations by which a master tells the bounds of a range.
const RANGE_LOWER_BOUND: u8 = 6;
const RANGE_UPPER_BOUND: u8 = 7;
const EXCLUSIVE_RANGE_LOWER_BOUND: u8 = 8;
const INCLUSIVE_RANGE_UPPER_BOUND: u8 = 9;

/// How the rows of a table are spread over its tablets.
#[derive(Debug)]
pub(super) struct Router {
    hash: Vec<Hash>,
    /// Columns, by their places in the table.
    range: Vec<usize>,
    /// Ranges whose hashing differs.
    own: Vec<Own>,
}

/// One dimension of hashing.
#[derive(Debug)]
struct Hash {
    columns: Vec<usize>,
    buckets: u64,
    seed: u64,
}

#[derive(Debug)]
struct Own {
    start: Vec<u8>,
    /// None: it has no end.
    end: Option<Vec<u8>>,
    hash: Vec<Hash>,
}

impl Router {
    pub(super) fn new(table: &Table) -> Result<Router, Failure> {
        let columns = &table.columns;
        let schema = &table.partitions;
        Self::build(columns, schema).ok_or_else(|| {
            let what = format_args!("cannot tell the tablets of table {}", plain(&table.name));
            Failure::call(what, "its master describes its partitions wrongly", None)
        })
    }

    fn build(columns: &[Column], schema: &crate::pb::PartitionSchemaPb) -> Option<Router> {
        let range = match &schema.range_schema {
            Some(range) => places(columns, &range.columns)?,
            None => (0..columns.len()).filter(|at| columns[*at].key).collect(),
        };
        let own = schema.custom_hash_schema_ranges.iter();
        let own = own.map(|own| Own::new(columns, &range, own)).collect::<Option<_>>()?;
        Some(Router { hash: hashes(columns, &schema.hash_schema)?, range, own })
    }

    /// The key by which a row's tablet is found.
    pub(super) fn key(&self, columns: &[Column], row: &Row) -> PartitionKey {
        let mut range = Vec::new();
        encode(columns, &self.range, row, &mut range);
        let own = self.own.iter().find(|own| own.has(&range));
        let mut hash = Vec::new();
        let mut hashed = Vec::new();
        for dimension in own.map_or(&self.hash, |own| &own.hash) {
            hashed.clear();
            encode(columns, &dimension.columns, row, &mut hashed);
            let bucket = murmur64a(&hashed, dimension.seed) % dimension.buckets;
            // There are fewer than 2^31 buckets.
            hash.extend((bucket as u32).to_be_bytes());
        }
        PartitionKey { hash: hash.into(), range: range.into() }
    }
}

impl Own {
    fn new(columns: &[Column], range: &[usize], pb: &RangeWithHashSchemaPb) -> Option<Own> {
        let bounds = pb.range_bounds.as_ref()?;
        let mut rows = bounds.rows.as_deref()?;
        let indirect = bounds.indirect_data.as_deref().unwrap_or_default();
        let mut row = Row::new(columns.len());
        let (mut start, mut end) = (Vec::new(), None);
        while !rows.is_empty() {
            let of_type = row.decode(columns, &mut rows, indirect)?;
            // A bound that sets no column is none.
            if range.iter().all(|at| row.value(*at).is_none()) {
                continue;
            }
            let mut bound = Vec::new();
            encode(columns, range, &row, &mut bound);
            match of_type {
                RANGE_LOWER_BOUND => start = bound,
                RANGE_UPPER_BOUND => end = Some(bound),
                // Whatever comes after a key comes after, or is, the key with one more byte.
                EXCLUSIVE_RANGE_LOWER_BOUND => start = [&bound[..], &[0]].concat(),
                INCLUSIVE_RANGE_UPPER_BOUND => end = Some([&bound[..], &[0]].concat()),
                _ => return None,
            }
        }
        Some(Own { start, end, hash: hashes(columns, &pb.hash_schema)? })
    }

    fn has(&self, key: &[u8]) -> bool {
        self.start[..] <= *key && self.end.as_ref().is_none_or(|end| *key < end[..])
    }
}

fn hashes(columns: &[Column], schema: &[HashBucketSchemaPb]) -> Option<Vec<Hash>> {
    let hash = |pb: &HashBucketSchemaPb| {
        Some(Hash {
            columns: places(columns, &pb.columns)?,
            buckets: u64::try_from(pb.num_buckets).ok().filter(|buckets| *buckets > 0)?,
            seed: pb.seed().into(),
        })
    };
    schema.iter().map(hash).collect()
}

fn places(columns: &[Column], ids: &[ColumnIdentifierPb]) -> Option<Vec<usize>> {
    let place = |id: &ColumnIdentifierPb| match id.identifier.as_ref()? {
        Identifier::Id(id) => {
            let id = u32::try_from(*id).ok()?;
            columns.iter().position(|column| column.pb.id == Some(id))
        }
        Identifier::Name(name) => columns.iter().position(|column| column.name == *name),
    };
    ids.iter().map(place).collect()
}

/// Appends the key that these columns make: it sorts by its bytes as they do. A column that is not
/// set has the least of all values.
fn encode(columns: &[Column], of: &[usize], row: &Row, out: &mut Vec<u8>) {
    for (n, at) in of.iter().enumerate() {
        let kind = columns[*at].kind;
        let value = row.value(*at);
        if kind.is_text() {
            text(value.unwrap_or_default(), n + 1 == of.len(), out);
            continue;
        }
        let start = out.len();
        match value {
            Some(value) => out.extend(value.iter().rev()),
            None => out.resize(start + kind.width(), 0),
        }
        let signed =
            matches!(kind, Kind::Int(_) | Kind::UnixtimeMicros | Kind::Date | Kind::Decimal { .. });
        if signed && value.is_some() {
            out[start..].iter_mut().take(1).for_each(|high| *high ^= 0x80);
        }
    }
}

/// A text ends where the key does, or at two zeros; a zero within it is followed by a one.
fn text(value: &[u8], last: bool, out: &mut Vec<u8>) {
    if last {
        out.extend(value);
        return;
    }
    for &byte in value {
        out.push(byte);
        if byte == 0 {
            out.push(1);
        }
    }
    out.extend([0, 0]);
}

#[cfg(test)]
mod tests {
    use super::super::row::tests::{column, row};
    use super::*;
    use crate::pb::partition_schema_pb::RangeSchemaPb;
    use crate::pb::{DataType, PartitionSchemaPb, RowOperationsPb};

    fn encoded(columns: &[Column], fields: &[&str]) -> Vec<u8> {
        let of: Vec<_> = (0..columns.len()).collect();
        let mut out = Vec::new();
        encode(columns, &of, &row(columns, fields), &mut out);
        out
    }

    fn key(name: &str, of_type: DataType) -> Column {
        column(name, of_type, true, false)
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
            ..Default::default()
        }
    }

    #[test]
    fn numbers_sort_by_their_bytes() {
        for (of_type, in_order) in [
            (DataType::Int8, &["-128", "-1", "0", "127"][..]),
            (DataType::Int64, &["-9223372036854775808", "-2", "3", "9223372036854775807"]),
            (DataType::Uint16, &["0", "1", "256", "65535"]),
            (DataType::Decimal32, &["-99999.99", "-0.01", "0", "2.5"]),
            (DataType::Date, &["0001-01-01", "1969-12-31", "1970-01-01", "9999-12-31"]),
            (DataType::UnixtimeMicros, &["-5", "0", "5"]),
        ] {
            let columns = [key("k", of_type)];
            let keys: Vec<_> = in_order.iter().map(|text| encoded(&columns, &[text])).collect();
            assert!(keys.is_sorted(), "{in_order:?}: {keys:?}");
        }
        assert_eq!(encoded(&[key("k", DataType::Int32)], &["1"]), [0x80, 0, 0, 1]);
        assert_eq!(encoded(&[key("k", DataType::Int16)], &["-2"]), [0x7f, 0xff - 1]);
    }

    #[test]
    fn texts_end_where_the_next_column_begins() {
        let columns = [key("a", DataType::Binary), key("b", DataType::String)];
        assert_eq!(encoded(&columns, &[r"x\x00", "y"]), b"x\0\x01\0\0y");
        assert_eq!(encoded(&columns, &["", ""]), b"\0\0");
        assert_eq!(encoded(&columns[..1], &[r"x\x00"]), b"x\0");
    }

    /// Published for MurmurHash64A: the digest of the digests of 0 to 255 bytes, as its author's
    /// own check computes it.
    #[test]
    fn the_hash_is_murmurhash64a() {
        let mut key = [0; 256];
        let mut hashes = Vec::new();
        for n in 0..256_usize {
            key[n] = n as u8;
            hashes.extend(murmur64a(&key[..n], 256 - n as u64).to_le_bytes());
        }
        let digest = murmur64a(&hashes, 0);
        assert_eq!(digest as u32, 0x1f0d_3804);
    }

    #[test]
    fn a_row_has_a_bucket_for_each_dimension_and_a_range() {
        let columns = [key("a", DataType::Int32), key("b", DataType::String)];
        let schema = PartitionSchemaPb {
            hash_schema: vec![hash(&["a"], 2, 0), hash(&["b", "a"], 7, 5)],
            range_schema: Some(RangeSchemaPb { columns: named(&["b"]) }),
            ..Default::default()
        };
        let router = Router::build(&columns, &schema).unwrap();
        let found = router.key(&columns, &row(&columns, &["3", "m"]));
        let first = murmur64a(&[0x80, 0, 0, 3], 0) % 2;
        let second = murmur64a(b"m\0\0\x80\0\0\x03", 5) % 7;
        assert_eq!(found.hash[..], [0, 0, 0, first as u8, 0, 0, 0, second as u8]);
        assert_eq!(&found.range[..], b"m");
    }

    #[test]
    fn a_range_may_have_hashing_of_its_own() {
        let columns = [key("a", DataType::Int32), column("v", DataType::Int8, false, true)];
        let bound = |operation, value: &str, rows: &mut Vec<u8>| {
            row(&columns, &[value]).encode(operation, &columns, rows, &mut Vec::new());
        };
        let mut rows = Vec::new();
        bound(EXCLUSIVE_RANGE_LOWER_BOUND, "9", &mut rows);
        bound(RANGE_UPPER_BOUND, "20", &mut rows);
        let bounds = RowOperationsPb { rows: Some(rows.into()), indirect_data: None };
        let schema = PartitionSchemaPb {
            hash_schema: vec![hash(&["a"], 2, 0)],
            range_schema: Some(RangeSchemaPb { columns: named(&["a"]) }),
            custom_hash_schema_ranges: vec![RangeWithHashSchemaPb {
                range_bounds: Some(bounds),
                hash_schema: vec![hash(&["a"], 3, 1), hash(&["a"], 4, 2)],
            }],
        };
        let router = Router::build(&columns, &schema).unwrap();
        for (value, dimensions) in [("9", 1), ("10", 2), ("19", 2), ("20", 1)] {
            let found = router.key(&columns, &row(&columns, &[value]));
            assert_eq!(found.hash.len(), 4 * dimensions, "{value}");
        }
    }

    #[test]
    fn partitions_that_make_no_sense_are_refused() {
        let columns = [key("a", DataType::Int32)];
        let of = |hash_schema| PartitionSchemaPb { hash_schema, ..Default::default() };
        for wrong in [hash(&["b"], 2, 0), hash(&["a"], 0, 0), hash(&["a"], -1, 0)] {
            assert!(Router::build(&columns, &of(vec![wrong])).is_none());
        }
        let bounds = RowOperationsPb { rows: Some(vec![6, 1, 0].into()), indirect_data: None };
        let own = RangeWithHashSchemaPb { range_bounds: Some(bounds), hash_schema: Vec::new() };
        let schema =
            PartitionSchemaPb { custom_hash_schema_ranges: vec![own], ..Default::default() };
        assert!(Router::build(&columns, &schema).is_none());
    }
}
