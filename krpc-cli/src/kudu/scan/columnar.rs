//! Batches in which each column lies by itself.

use bytes::Bytes;
use krpc_tokio::core::Sidecars;

use crate::kudu::column::{Column, Kind};
use crate::pb::ColumnarRowBlockPb;

use super::batch::{Broken, sidecar};

/// Bytes of the number that says where a text begins.
const OFFSET: usize = 4;

/// One batch. Cells are parts of the sidecars as they came.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) count: usize,
    columns: Vec<Cells>,
}

/// A column of a batch.
#[derive(Debug)]
struct Cells {
    kind: Kind,
    /// The cells; of texts, where each begins and the last one ends.
    data: Bytes,
    texts: Bytes,
    /// A bit for each row that says whether it has a value.
    present: Option<Bytes>,
}

impl Columns {
    pub(super) fn new(
        projection: &[Column],
        block: &ColumnarRowBlockPb,
        sidecars: &Sidecars,
    ) -> Result<Self, Broken> {
        let count = usize::try_from(block.num_rows()).map_err(|_| Broken::Count)?;
        if count == 0 {
            return Ok(Columns { count, columns: Vec::new() });
        }
        if block.columns.len() != projection.len() {
            return Err(Broken::Columns);
        }
        let mut columns = Vec::with_capacity(projection.len());
        for (column, found) in projection.iter().zip(&block.columns) {
            let kind = column.kind;
            let data = sidecar(sidecars, found.data_sidecar)?;
            let texts = sidecar(sidecars, found.varlen_data_sidecar)?;
            let wanted = match kind.is_text() {
                true => count.checked_add(1).and_then(|n| n.checked_mul(OFFSET)),
                false => count.checked_mul(kind.width()),
            };
            if wanted != Some(data.len()) {
                return Err(Broken::Length);
            }
            let present = match column.nullable {
                true => Some(sidecar(sidecars, found.non_null_bitmap_sidecar)?),
                false => None,
            };
            if present.as_ref().is_some_and(|bits| bits.len() != count.div_ceil(8)) {
                return Err(Broken::Length);
            }
            columns.push(Cells { kind, data, texts, present });
        }
        Ok(Columns { count, columns })
    }

    /// Bytes of all columns.
    pub(super) fn size(&self) -> usize {
        let size = |cells: &Cells| {
            cells.data.len() + cells.texts.len() + cells.present.as_ref().map_or(0, Bytes::len)
        };
        self.columns.iter().map(size).sum()
    }

    /// The cell of a row in a column of the projection; `None` is NULL.
    pub(super) fn cell(&self, row: usize, column: usize) -> Result<Option<&[u8]>, Broken> {
        if row >= self.count {
            return Err(Broken::Length);
        }
        let Cells { kind, data, texts, present } = &self.columns[column];
        if present.as_ref().is_some_and(|bits| bits[row / 8] >> (row % 8) & 1 == 0) {
            return Ok(None);
        }
        if !kind.is_text() {
            let width = kind.width();
            return Ok(Some(&data[row * width..(row + 1) * width]));
        }
        let offset = |row: usize| {
            let bytes = &data[row * OFFSET..(row + 1) * OFFSET];
            let bytes = bytes.try_into().expect("so many bytes were cut off");
            usize::try_from(u32::from_le_bytes(bytes)).map_err(|_| Broken::Text)
        };
        texts.get(offset(row)?..offset(row + 1)?).map(Some).ok_or(Broken::Text)
    }
}
