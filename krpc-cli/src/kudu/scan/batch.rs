//! What an answer to a scan holds.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use krpc_tokio::core::Sidecars;

use crate::kudu::column::Column;
use crate::pb::tserver::ScanResponsePb;

use super::columnar::Columns;
use super::rows::{Layout, Rows};

/// Some rows of a tablet.
#[derive(Debug)]
pub(super) enum Batch {
    Rows(Rows),
    Columns(Columns),
}

/// An answer that contradicts itself or what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Count,
    Sidecar,
    Length,
    Columns,
    Text,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Broken::Count => "it says that it has fewer rows than none",
            Broken::Sidecar => "it names a sidecar that it does not have",
            Broken::Length => "a sidecar is not as long as its rows would be",
            Broken::Columns => "it has not the columns that were asked for",
            Broken::Text => "a text lies outside of the sidecar for texts",
        })
    }
}

/// The columns that are asked for.
#[derive(Debug)]
pub(super) struct Projection {
    pub(super) columns: Vec<Column>,
    layout: Arc<Layout>,
}

impl Projection {
    pub(super) fn new(columns: Vec<Column>) -> Self {
        let layout = Arc::new(Layout::new(&columns));
        Projection { columns, layout }
    }

    /// The rows of an answer, which may have none.
    pub(super) fn batch(
        &self,
        answer: &ScanResponsePb,
        sidecars: &Sidecars,
    ) -> Result<Batch, Broken> {
        Ok(match (&answer.columnar_data, &answer.data) {
            (Some(block), _) => Batch::Columns(Columns::new(&self.columns, block, sidecars)?),
            (None, block) => {
                let block = block.unwrap_or_default();
                Batch::Rows(Rows::new(self.layout.clone(), &block, sidecars)?)
            }
        })
    }
}

impl Batch {
    /// How many rows.
    pub(super) fn len(&self) -> usize {
        match self {
            Batch::Rows(rows) => rows.count,
            Batch::Columns(columns) => columns.count,
        }
    }

    /// Bytes of their cells, as they came.
    pub(super) fn size(&self) -> usize {
        match self {
            Batch::Rows(rows) => rows.size(),
            Batch::Columns(columns) => columns.size(),
        }
    }

    /// The cell of a row in a column of the projection; `None` is NULL.
    pub(super) fn cell(&self, row: usize, column: usize) -> Result<Option<&[u8]>, Broken> {
        match self {
            Batch::Rows(rows) => rows.cell(row, column),
            Batch::Columns(columns) => columns.cell(row, column),
        }
    }
}

/// The sidecar of that index, sharing the memory of the answer. None is needed where nothing is said.
pub(super) fn sidecar(sidecars: &Sidecars, index: Option<i32>) -> Result<Bytes, Broken> {
    let Some(index) = index else { return Ok(Bytes::new()) };
    let index = usize::try_from(index).map_err(|_| Broken::Sidecar)?;
    sidecars.get(index).map_err(|_| Broken::Sidecar)
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::args::Format;
    use crate::kudu::scan::write::Lines;
    use crate::pb::columnar_row_block_pb::Column as ColumnPb;
    use crate::pb::{ColumnSchemaPb, ColumnTypeAttributesPb, DataType};
    use crate::pb::{ColumnarRowBlockPb, RowwiseRowBlockPb};

    /// What Kudu 1.18.1 answered to a scan of four columns, and its sidecars.
    const ROWS: [&str; 3] = [
        "1800 2206080310001801 421208001000180020d4ed0328ceea2630003800 4900f0c99020660d66",
        "01000000 0000000000000000 0300000000000000 39300000 01 00\
         02000000 0000000000000000 0000000000000000 fbffffff 00 02\
         05000000 0300000000000000 0400000000000000 64000000 00 00",
        "6f6e6566697665",
    ];

    /// The same by columns.
    const COLUMNS: [&str; 8] = [
        "1800 2a18 0a020800 0a06080110021803 0a0408041805 0a020806 1003",
        "010000000200000005000000",
        "00000000030000000300000007000000",
        "6f6e6566697665",
        "05",
        "39300000fbffffff64000000",
        "07",
        "010000",
    ];

    const LINES: &str = "\
        (int32 id=1, string name=\"one\", decimal amt=12345_D32, bool ok=true)\n\
        (int32 id=2, string name=NULL, decimal amt=-5_D32, bool ok=false)\n\
        (int32 id=5, string name=\"five\", decimal amt=100_D32, bool ok=false)\n";

    fn bytes(hex: &str) -> Vec<u8> {
        let hex: String = hex.split_whitespace().collect();
        let byte = |at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
        (0..hex.len() / 2).map(byte).collect()
    }

    fn projection() -> Projection {
        let column = |name: &str, of_type: DataType, nullable| {
            let attributes =
                ColumnTypeAttributesPb { precision: Some(7), scale: Some(2), length: None };
            Column::new(ColumnSchemaPb {
                name: name.into(),
                r#type: of_type.into(),
                is_nullable: Some(nullable),
                type_attributes: Some(attributes),
                ..ColumnSchemaPb::default()
            })
        };
        Projection::new(vec![
            column("id", DataType::Int32, false),
            column("name", DataType::String, true),
            column("amt", DataType::Decimal32, true),
            column("ok", DataType::Bool, false),
        ])
    }

    /// An answer and its sidecars.
    fn answer(hex: &[&str]) -> (ScanResponsePb, Vec<Vec<u8>>) {
        let mut parts = hex.iter().map(|hex| bytes(hex));
        (ScanResponsePb::decode(&parts.next().unwrap()[..]).unwrap(), parts.collect())
    }

    fn sidecars(parts: &[Vec<u8>]) -> Sidecars {
        parts.iter().map(|part| Bytes::copy_from_slice(part)).collect::<Vec<_>>().into()
    }

    fn printed(
        format: Format,
        answer: &ScanResponsePb,
        parts: &[Vec<u8>],
    ) -> Result<String, String> {
        let projection = projection();
        let batch = projection.batch(answer, &sidecars(parts)).map_err(|e| e.to_string())?;
        let mut out = Vec::new();
        let lines = Lines::new(format, &projection.columns);
        lines.first(&mut out).map_err(|e| e.to_string())?;
        lines.rows(&batch, 0..batch.len(), &mut out).map_err(|e| e.to_string())?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn real_answers_are_printed_as_kudu_does() {
        for hex in [&ROWS[..], &COLUMNS] {
            let (answer, parts) = answer(hex);
            assert_eq!(printed(Format::Table, &answer, &parts).unwrap(), LINES);
            assert_eq!(
                printed(Format::Csv, &answer, &parts).unwrap(),
                "id,name,amt,ok\n1,one,123.45,true\n2,\\N,-0.05,false\n5,five,1.00,false\n"
            );
            assert_eq!(
                printed(Format::Json, &answer, &parts).unwrap(),
                "{\"id\":1,\"name\":\"one\",\"amt\":\"123.45\",\"ok\":true}\n\
                 {\"id\":2,\"name\":null,\"amt\":\"-0.05\",\"ok\":false}\n\
                 {\"id\":5,\"name\":\"five\",\"amt\":\"1.00\",\"ok\":false}\n"
            );
        }
    }

    #[test]
    fn answers_without_rows_are_nothing() {
        for answer in [
            ScanResponsePb::default(),
            ScanResponsePb {
                columnar_data: Some(ColumnarRowBlockPb::default()),
                ..ScanResponsePb::default()
            },
        ] {
            assert_eq!(printed(Format::Table, &answer, &[]).unwrap(), "");
        }
    }

    #[test]
    fn broken_rows_are_refused() {
        let (answer, parts) = answer(&ROWS);
        let with = |change: &dyn Fn(&mut RowwiseRowBlockPb)| {
            let mut answer = answer.clone();
            change(answer.data.as_mut().unwrap());
            printed(Format::Table, &answer, &parts).unwrap_err()
        };
        assert!(with(&|block| block.num_rows = Some(-1)).contains("fewer rows than none"));
        assert!(with(&|block| block.num_rows = Some(i32::MAX)).contains("not as long"));
        assert!(with(&|block| block.num_rows = Some(2)).contains("not as long"));
        assert!(with(&|block| block.rows_sidecar = Some(2)).contains("does not have"));
        assert!(with(&|block| block.rows_sidecar = Some(-1)).contains("does not have"));
        assert!(with(&|block| block.rows_sidecar = None).contains("not as long"));
        assert!(with(&|block| block.indirect_data_sidecar = None).contains("lies outside"));
        assert!(with(&|block| block.indirect_data_sidecar = Some(i32::MAX)).contains("not have"));
    }

    #[test]
    fn broken_columns_are_refused() {
        let (answer, parts) = answer(&COLUMNS);
        let with = |change: &dyn Fn(&mut ColumnarRowBlockPb)| {
            let mut answer = answer.clone();
            change(answer.columnar_data.as_mut().unwrap());
            printed(Format::Table, &answer, &parts).unwrap_err()
        };
        assert!(with(&|block| block.num_rows = Some(-1)).contains("fewer rows than none"));
        assert!(with(&|block| block.num_rows = Some(i64::MAX)).contains("not as long"));
        assert!(with(&|block| block.num_rows = Some(4)).contains("not as long"));
        assert!(with(&|block| block.columns.truncate(3)).contains("that were asked for"));
        assert!(with(&|block| block.columns.clear()).contains("that were asked for"));
        assert!(with(&|block| block.columns[0].data_sidecar = Some(7)).contains("not have"));
        assert!(with(&|block| block.columns[0] = ColumnPb::default()).contains("not as long"));
        let without_bits = |block: &mut ColumnarRowBlockPb| {
            block.columns[1].non_null_bitmap_sidecar = None;
        };
        assert!(with(&without_bits).contains("not as long"));
        let without_texts = |block: &mut ColumnarRowBlockPb| {
            block.columns[1].varlen_data_sidecar = None;
        };
        assert!(with(&without_texts).contains("lies outside"));
    }

    /// Whatever a sidecar holds, it is read or refused.
    #[test]
    fn no_byte_of_a_sidecar_is_trusted() {
        let mut refused = 0;
        for hex in [&ROWS[..], &COLUMNS] {
            let (answer, parts) = answer(hex);
            for (part, at) in
                (0..parts.len()).flat_map(|n| (0..parts[n].len()).map(move |at| (n, at)))
            {
                for byte in [0, 1, 0x7f, 0x80, 0xff] {
                    let mut parts = parts.clone();
                    parts[part][at] = byte;
                    refused += usize::from(printed(Format::Table, &answer, &parts).is_err());
                }
                let mut shorter = parts.clone();
                shorter[part].remove(at);
                refused += usize::from(printed(Format::Table, &answer, &shorter).is_err());
            }
        }
        assert!(refused > 100, "only {refused}");
    }
}
