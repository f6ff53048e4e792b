//! Rows on their way to one tablet.

use std::time::Instant;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use crate::pb::RowOperationsPb;

use super::super::column::Column;
use super::super::print;
use super::row::Row;

/// Rows of one call, as they come.
#[derive(Debug, Default)]
pub(super) struct Batch {
    rows: Vec<u8>,
    indirect: Vec<u8>,
    origins: Vec<Origin>,
    held: Option<OwnedSemaphorePermit>,
    began: Option<Instant>,
}

/// Where a row comes from, and where in the batch it is.
#[derive(Clone, Copy, Debug)]
struct Origin {
    number: u64,
    start: usize,
}

impl Batch {
    /// Adds a row. `held` is its share of the bytes that may be held.
    pub(super) fn add(
        &mut self,
        number: u64,
        operation: u8,
        columns: &[Column],
        row: &Row,
        held: OwnedSemaphorePermit,
    ) {
        self.began.get_or_insert_with(Instant::now);
        self.origins.push(Origin { number, start: self.rows.len() });
        row.encode(operation, columns, &mut self.rows, &mut self.indirect);
        match &mut self.held {
            Some(all) => all.merge(held),
            none => *none = Some(held),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.origins.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.rows.len() + self.indirect.len()
    }

    /// When its first row came, if there is any.
    pub(super) fn began(&self) -> Option<Instant> {
        self.began
    }

    /// Its share of the bytes that may be held.
    pub(super) fn held(&self) -> usize {
        self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    pub(super) fn seal(self) -> Sealed {
        Sealed {
            operations: RowOperationsPb {
                rows: Some(self.rows.into()),
                indirect_data: Some(self.indirect.into()),
            },
            origins: self.origins,
            _held: self.held,
        }
    }
}

/// A batch to which nothing is added any more.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) operations: RowOperationsPb,
    origins: Vec<Origin>,
    _held: Option<OwnedSemaphorePermit>,
}

impl Sealed {
    pub(super) fn len(&self) -> usize {
        self.origins.len()
    }

    pub(super) fn bytes(&self) -> usize {
        let parts = [&self.operations.rows, &self.operations.indirect_data];
        parts.into_iter().flatten().map(Bytes::len).sum()
    }

    /// The numbers of the first and the last row. Between them there may be rows of other tablets.
    pub(super) fn numbers(&self) -> (u64, u64) {
        let number = |origin: Option<&Origin>| origin.map_or(0, |origin| origin.number);
        (number(self.origins.first()), number(self.origins.last()))
    }

    /// The number of the row in this place and its key as text; none if there is no such row.
    pub(super) fn row(&self, place: usize, columns: &[Column]) -> Option<(u64, String)> {
        let origin = self.origins.get(place)?;
        let mut row = Row::new(columns.len());
        let mut rows = self.operations.rows.as_deref()?.get(origin.start..)?;
        let indirect = self.operations.indirect_data.as_deref().unwrap_or_default();
        row.decode(columns, &mut rows, indirect)?;
        Some((origin.number, key(columns, &row)))
    }
}

/// The key of a row: `id=5, name="x"`.
pub(super) fn key(columns: &[Column], row: &Row) -> String {
    let keys = columns.iter().enumerate().filter(|(_, column)| column.key);
    let cells = keys.filter_map(|(at, column)| {
        let mut text = Vec::new();
        let quote = if column.kind.is_text() { "\"" } else { "" };
        print::plain(column.kind, row.value(at)?, &mut text);
        Some(format!("{}={quote}{}{quote}", column.name, String::from_utf8_lossy(&text)))
    });
    cells.collect::<Vec<_>>().join(", ")
}
