//! Reads rows and spreads them over the tablets.

use std::io::{self, StdinLock};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::args::{KuduLoad, LARGEST_BATCH};
use crate::failure::Failure;

use super::super::column::Column;
use super::super::locations::Locations;
use super::super::table::Table;
use super::Wrong;
use super::batch::{Batch, Sealed, key};
use super::columns;
use super::generate::Generator;
use super::input::Input;
use super::key::Router;
use super::row::Row;
use super::tally::Tally;

/// Where rows come from.
pub(super) enum Source {
    Input(Input<StdinLock<'static>>),
    Generator(Generator),
}

impl Source {
    /// What the command line names, its columns looked up in the table.
    pub(super) fn open(args: &KuduLoad, table: &Table) -> Result<Source, Failure> {
        if let Some(rows) = args.generate {
            let places = columns::made_up(args, table);
            return Generator::new(args, rows, table, places).map(Source::Generator);
        }
        let mut input = Input::new(io::stdin().lock());
        let names = match &args.columns {
            Some(names) => names.clone(),
            None => input.header()?,
        };
        input.fields(columns::named(args, table, &names)?);
        Ok(Source::Input(input))
    }

    fn next(&mut self, columns: &[Column], row: &mut Row) -> Result<Option<u64>, Wrong> {
        match self {
            Source::Input(input) => input.next(columns, row),
            Source::Generator(generator) => Ok(generator.next(columns, row)),
        }
    }
}

/// Fills batches, and hands those that are full to the lanes of their tablets.
pub(super) struct Spreader {
    pub(super) columns: Arc<[Column]>,
    pub(super) router: Router,
    pub(super) locations: Locations,
    pub(super) operation: u8,
    pub(super) batch_rows: usize,
    pub(super) batch_bytes: usize,
    pub(super) memory: Memory,
    pub(super) tally: Arc<Tally>,
    /// One for each tablet, as are those below. That there is room in a lane is seen to by `memory`.
    pub(super) lanes: Vec<UnboundedSender<Sealed>>,
    pub(super) open: Vec<Batch>,
}

/// The bytes of rows that may be held.
pub(super) struct Memory {
    bytes: usize,
    free: Arc<Semaphore>,
    /// How many are held by batches that are open.
    open: usize,
}

impl Memory {
    pub(super) fn new(bytes: usize) -> Self {
        Memory { bytes, free: Arc::new(Semaphore::new(bytes)), open: 0 }
    }
}

/// A [`Spreader`] that one thread fills with what it reads. Reading may wait, and rows that came before
/// must not.
pub(super) struct Shared {
    tally: Arc<Tally>,
    columns: Arc<[Column]>,
    spreader: Mutex<Spreader>,
}

impl Shared {
    pub(super) fn new(spreader: Spreader) -> Self {
        let (tally, columns) = (spreader.tally.clone(), spreader.columns.clone());
        Shared { tally, columns, spreader: Mutex::new(spreader) }
    }

    /// Goes on until there is nothing to read, or too much has gone wrong.
    pub(super) fn read(&self, mut source: Source) {
        let mut row = Row::new(self.columns.len());
        while !self.tally.stopping() {
            let next = source.next(&self.columns, &mut row);
            let mut spreader = self.spreader.lock().unwrap_or_else(PoisonError::into_inner);
            match next {
                // It may have come to its end meanwhile.
                _ if self.tally.stopping() => break,
                Ok(None) => break,
                Ok(Some(number)) => {
                    self.tally.read(number);
                    spreader.add(number, &row);
                }
                Err(Wrong { at, said, last }) => {
                    self.tally.read(at);
                    self.tally.wrong(at, said);
                    if last {
                        self.tally.stop();
                    }
                }
            }
        }
    }

    /// The spreader, unless the one who reads has it, who will go on soon.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, Spreader>> {
        self.spreader.try_lock().ok()
    }
}

impl Spreader {
    /// Sends the batches whose first rows have waited for so long.
    pub(super) fn flush(&mut self, wait: Duration) {
        for tablet in 0..self.open.len() {
            if self.open[tablet].began().is_some_and(|began| began.elapsed() >= wait) {
                self.seal(tablet);
            }
        }
    }

    /// Sends what there is. Nothing may be added any more.
    pub(super) fn finish(&mut self) {
        (0..self.open.len()).for_each(|tablet| self.seal(tablet));
        self.lanes.clear();
    }

    fn add(&mut self, number: u64, row: &Row) {
        let size = row.size();
        if size > LARGEST_BATCH as usize {
            let said = format_args!(
                "the row has {size} bytes, and a call has room for {LARGEST_BATCH}: see \
                 rpc_max_message_size of Kudu's servers"
            );
            return self.tally.wrong(number, said);
        }
        let at = self.router.key(&self.columns, row);
        let Some(tablet) = self.locations.place(&at) else {
            let key = key(&self.columns, row);
            return self
                .tally
                .wrong(number, format_args!("no range of the table has the key {key}"));
        };
        if self.open[tablet].bytes() + size > self.batch_bytes {
            self.seal(tablet);
        }
        let held = self.hold(size);
        self.memory.open += held.num_permits();
        let batch = &mut self.open[tablet];
        batch.add(number, self.operation, &self.columns, row, held);
        if batch.len() >= self.batch_rows || batch.bytes() >= self.batch_bytes {
            self.seal(tablet);
        }
    }

    /// Waits until there is room for so many bytes. What is open takes no more than half of all then,
    /// so that the rest, which is on its way, makes room.
    fn hold(&mut self, bytes: usize) -> OwnedSemaphorePermit {
        let bytes = bytes.min(self.memory.bytes);
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
        if let Ok(held) = self.memory.free.clone().try_acquire_many_owned(permits) {
            return held;
        }
        while self.memory.open > 0 && self.memory.open + bytes > self.memory.bytes / 2 {
            let largest = (0..self.open.len()).max_by_key(|at| self.open[*at].held());
            self.seal(largest.unwrap_or(0));
        }
        let held = self.memory.free.clone().acquire_many_owned(permits);
        Handle::current().block_on(held).expect("the semaphore is never closed")
    }

    fn seal(&mut self, tablet: usize) {
        let batch = mem::take(&mut self.open[tablet]);
        self.memory.open -= batch.held();
        if batch.len() > 0 && self.lanes[tablet].send(batch.seal()).is_err() {
            // The lane has failed, and its task told why.
            self.tally.stop();
        }
    }
}
