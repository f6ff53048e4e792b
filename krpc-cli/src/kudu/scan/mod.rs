//! `krpc kudu scan`: the rows of a table.
//!
//! Some tablets are read at once, each by a [`Scanner`]; their batches go to one thread that prints
//! them. It takes one at a time, so that no more are in memory than there are readers, and two.
//!
//! When it ends before the table does, whatever the reason, all readers are told [`Enough`], and tell
//! their servers.

mod batch;
mod columnar;
mod fault;
mod plan;
mod predicate;
mod printer;
mod progress;
mod rows;
mod scanner;
mod write;

use std::collections::VecDeque;
use std::io::{self, IsTerminal as _};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{interval_at, sleep, timeout};

use crate::args::KuduScan;
use crate::failure::Failure;
use crate::output::is_unread;
use crate::signals::Signals;

use super::leader::Cluster;
use super::locations::{Locations, Tablet};
use super::table::Table;

use batch::Batch;
use plan::Plan;
use printer::Printer;
use progress::{Line, Progress};
use scanner::{FAREWELL, Scanner};

/// How often the line is drawn that tells how far it is, and somebody asks whether rows are still wanted.
const LOOKED: Duration = Duration::from_millis(200);

pub(super) async fn run(args: KuduScan) -> Result<(), Failure> {
    let mut cluster = Cluster::connect(args.masters.clone(), args.connect.clone()).await?;
    cluster.begin_step();
    let table = Table::open(&mut cluster, &args.table).await?;
    let plan = Arc::new(Plan::new(&args, &table, cluster)?);
    let locations = {
        let mut cluster = plan.client.cluster(Instant::now() + plan.step).await;
        Locations::of(&mut cluster, &table.id).await?
    };

    let mut signals = Signals::catch()?;
    let progress = Arc::new(Progress::new(locations.tablets.len()));
    let mut printer = Printer::new(&args, &plan.projection, progress.clone());
    let enough = Enough::default();
    let (sender, receiver) = mpsc::channel(1);
    let mut readers = JoinSet::new();
    let parallel = locations.tablets.len().min(args.parallel.into());
    let tablets = Arc::new(Mutex::new(VecDeque::from(locations.tablets)));
    for _ in 0..parallel {
        let reader = Reader {
            plan: plan.clone(),
            tablets: tablets.clone(),
            expire: locations.expire,
            sender: sender.clone(),
            keep_alive: args.keep_alive.time,
            progress: progress.clone(),
            enough: enough.clone(),
        };
        readers.spawn(reader.run());
    }
    drop(sender);
    let said = enough.clone();
    let printing = spawn_blocking(move || {
        let printed = printer.run(receiver);
        said.say();
        printed.map(|()| printer)
    });

    // When one has failed, what has come is printed all the same.
    let mut scan = pin!(async {
        let mut read = Ok(());
        while let Some(ended) = readers.join_next().await {
            read = read.and(ended.expect("reading does not panic"));
        }
        let printed = printing.await.expect("printing does not panic");
        read.and(printed)
    });
    // Where rows go to a terminal, it would stand among them.
    let shows = io::stderr().is_terminal() && (args.count || !io::stdout().is_terminal());
    let mut line = Line::default();
    let mut ticks = interval_at((Instant::now() + LOOKED).into(), LOOKED);
    let ended = loop {
        tokio::select! {
            ended = &mut scan => break ended,
            signal = signals.caught() => {
                enough.say();
                // Whoever reads the rows may stand still.
                let last = tokio::select! {
                    _ = timeout(FAREWELL, &mut scan) => signal,
                    signal = signals.caught() => signal,
                };
                break Err(Failure::Signal(last));
            }
            _ = ticks.tick() => {
                if is_unread() {
                    enough.say();
                } else if shows {
                    line.draw(&progress);
                }
            }
        }
    };
    line.erase();
    let printer = ended?;
    printer.finish()?;
    if args.connect.verbose {
        printer.note(&plan.client.servers);
    }
    Ok(())
}

/// Whether nothing more is wanted. Clones are the same.
#[derive(Clone, Default)]
struct Enough(watch::Sender<bool>);

impl Enough {
    fn say(&self) {
        self.0.send_replace(true);
    }

    async fn said(&self) {
        let _ = self.0.subscribe().wait_for(|said| *said).await;
    }
}

/// Reads one tablet after the other.
struct Reader {
    plan: Arc<Plan>,
    /// Those that nobody reads yet, and when they may be elsewhere.
    tablets: Arc<Mutex<VecDeque<Tablet>>>,
    expire: Instant,
    sender: mpsc::Sender<Batch>,
    keep_alive: Duration,
    progress: Arc<Progress>,
    enough: Enough,
}

impl Reader {
    async fn run(self) -> Result<(), Failure> {
        while let Some(tablet) = self.next() {
            let mut scanner = Scanner::new(self.plan.clone(), tablet, self.expire);
            let read = tokio::select! {
                biased;
                () = self.enough.said() => Ok(false),
                read = self.read(&mut scanner) => read,
            };
            if read == Ok(true) {
                self.progress.tablet_done();
                continue;
            }
            self.enough.say();
            // Its end ends the printing.
            drop(self.sender);
            scanner.close().await;
            return read.map(drop);
        }
        Ok(())
    }

    fn next(&self) -> Option<Tablet> {
        self.tablets.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Reads a tablet to its end; false if nobody wants more of it.
    async fn read(&self, scanner: &mut Scanner) -> Result<bool, Failure> {
        while let Some(batch) = scanner.next().await? {
            if !self.deliver(batch, scanner).await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits until the batch is taken. Meanwhile the scanner must not expire.
    async fn deliver(&self, batch: Batch, scanner: &Scanner) -> bool {
        if batch.len() == 0 {
            return true;
        }
        // A server that does not answer that holds up nothing: the next call will tell.
        let keeping = async {
            loop {
                sleep(self.keep_alive).await;
                scanner.keep_alive().await;
            }
        };
        tokio::select! {
            sent = self.sender.send(batch) => sent.is_ok(),
            () = keeping => unreachable!("it goes on until the batch is taken"),
        }
    }
}
