//! `krpc kudu scan`: the rows of a table.
//!
//! Some tablets are read at once, each by a [`Scanner`]; their batches go to one thread that prints
//! them. It takes one at a time, so that no more are in memory than there are readers, and two.

mod batch;
mod columnar;
mod fault;
mod plan;
mod predicate;
mod printer;
mod rows;
mod scanner;
mod write;

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;

use crate::args::KuduScan;
use crate::failure::Failure;

use super::leader::Cluster;
use super::locations::{Locations, Tablet};
use super::table::Table;

use batch::Batch;
use plan::Plan;
use printer::Printer;
use scanner::Scanner;

pub(super) async fn run(args: KuduScan) -> Result<(), Failure> {
    let mut cluster = Cluster::connect(args.masters.clone(), args.connect.clone()).await?;
    cluster.begin_step();
    let table = Table::open(&mut cluster, &args.table).await?;
    let plan = Arc::new(Plan::new(&args, &table, cluster)?);
    let locations = {
        let mut cluster = plan.client.cluster(Instant::now() + plan.step).await;
        Locations::of(&mut cluster, &table.id).await?
    };

    let mut printer = Printer::new(&args, &plan.projection, locations.tablets.len());
    let (sender, receiver) = mpsc::channel(1);
    let mut readers = JoinSet::new();
    let expires = locations.expire;
    let parallel = locations.tablets.len().min(args.parallel.into());
    let tablets = Arc::new(Mutex::new(VecDeque::from(locations.tablets)));
    for _ in 0..parallel {
        let (plan, tablets, done) = (plan.clone(), tablets.clone(), printer.tablets_done());
        let (sender, every) = (sender.clone(), args.keep_alive.time);
        readers.spawn(async move {
            while let Some(tablet) = next(&tablets) {
                let scanner = Scanner::new(plan.clone(), tablet, expires);
                if !read(scanner, &sender, every).await? {
                    break;
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
    }
    drop(sender);

    let printing = spawn_blocking(move || printer.run(receiver).map(|()| printer));
    let mut read = Ok(());
    while let (Ok(()), Some(ended)) = (&read, readers.join_next().await) {
        read = ended.expect("reading does not panic");
    }
    // The others of one that failed end here; what has come is printed.
    drop(readers);
    let printer = printing.await.expect("printing does not panic")?;
    read?;
    printer.finish()?;
    if args.connect.verbose {
        printer.note(&plan.client.servers);
    }
    Ok(())
}

fn next(tablets: &Mutex<VecDeque<Tablet>>) -> Option<Tablet> {
    tablets.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

/// Reads a tablet to its end; false if nobody wants more of it.
async fn read(
    mut scanner: Scanner,
    sender: &mpsc::Sender<Batch>,
    keep_alive: Duration,
) -> Result<bool, Failure> {
    loop {
        let batch = tokio::select! {
            batch = scanner.next() => batch?,
            () = sender.closed() => None,
        };
        let taken = match batch {
            None if sender.is_closed() => false,
            None => return Ok(true),
            Some(batch) => deliver(batch, &scanner, sender, keep_alive).await,
        };
        if !taken {
            scanner.close().await;
            return Ok(false);
        }
    }
}

/// Waits until the batch is taken. Meanwhile the scanner must not expire.
async fn deliver(
    batch: Batch,
    scanner: &Scanner,
    sender: &mpsc::Sender<Batch>,
    keep_alive: Duration,
) -> bool {
    if batch.len() == 0 {
        return true;
    }
    // A server that does not answer that holds up nothing: the next call will tell.
    let keeping = async {
        loop {
            sleep(keep_alive).await;
            scanner.keep_alive().await;
        }
    };
    tokio::select! {
        sent = sender.send(batch) => sent.is_ok(),
        () = keeping => unreachable!("it goes on until the batch is taken"),
    }
}
