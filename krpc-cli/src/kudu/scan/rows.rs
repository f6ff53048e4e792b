//! Batches whose rows lie side by side.

use std::sync::Arc;

use bytes::Bytes;
use krpc_tokio::core::Sidecars;

use crate::kudu::column::{Column, Kind};
use crate::pb::RowwiseRowBlockPb;

use super::batch::{Broken, sidecar};

/// Where the columns of a projection lie in a row.
#[derive(Debug)]
pub(super) struct Layout {
    /// In the order of the projection: the type, and where its cells begin.
    cells: Vec<(Kind, usize)>,
    /// Where the bits begin that say which cells are NULL, if any may be.
    nulls: Option<usize>,
    /// Bytes of a row.
    row: usize,
}

impl Layout {
    pub(super) fn new(columns: &[Column]) -> Self {
        let mut row = 0;
        let mut cells = Vec::with_capacity(columns.len());
        for column in columns {
            cells.push((column.kind, row));
            row += column.kind.width();
        }
        let nulls = columns.iter().any(|column| column.nullable).then_some(row);
        if nulls.is_some() {
            row += columns.len().div_ceil(8);
        }
        Layout { cells, nulls, row }
    }
}

/// One batch. Cells are parts of the sidecars as they came.
#[derive(Debug)]
pub(super) struct Rows {
    layout: Arc<Layout>,
    pub(super) count: usize,
    rows: Bytes,
    /// What the cells of texts point into.
    texts: Bytes,
}

impl Rows {
    pub(super) fn new(
        layout: Arc<Layout>,
        block: &RowwiseRowBlockPb,
        sidecars: &Sidecars,
    ) -> Result<Self, Broken> {
        let count = usize::try_from(block.num_rows()).map_err(|_| Broken::Count)?;
        let rows = sidecar(sidecars, block.rows_sidecar)?;
        let texts = sidecar(sidecars, block.indirect_data_sidecar)?;
        if count.checked_mul(layout.row) != Some(rows.len()) {
            return Err(Broken::Length);
        }
        Ok(Rows { layout, count, rows, texts })
    }

    /// Bytes of rows and texts.
    pub(super) fn size(&self) -> usize {
        self.rows.len() + self.texts.len()
    }

    /// The cell of a row in a column of the projection; `None` is NULL.
    pub(super) fn cell(&self, row: usize, column: usize) -> Result<Option<&[u8]>, Broken> {
        let Layout { cells, nulls, row: width } = &*self.layout;
        let row = self.rows.chunks_exact((*width).max(1)).nth(row).ok_or(Broken::Length)?;
        if nulls.is_some_and(|nulls| row[nulls + column / 8] >> (column % 8) & 1 == 1) {
            return Ok(None);
        }
        let (kind, start) = cells[column];
        let cell = &row[start..start + kind.width()];
        if !kind.is_text() {
            return Ok(Some(cell));
        }
        let (offset, length) = cell.split_at(8);
        let number = |bytes: &[u8]| {
            let bytes = bytes.try_into().expect("eight bytes were cut off");
            usize::try_from(u64::from_le_bytes(bytes)).map_err(|_| Broken::Text)
        };
        let (offset, length) = (number(offset)?, number(length)?);
        let end = offset.checked_add(length).ok_or(Broken::Text)?;
        self.texts.get(offset..end).map(Some).ok_or(Broken::Text)
    }
}
