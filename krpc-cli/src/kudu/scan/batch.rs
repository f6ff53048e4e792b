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
