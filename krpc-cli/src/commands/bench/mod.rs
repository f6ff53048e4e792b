//! `krpc bench`: how many calls a server answers, how fast, and at what cost.

mod callers;
mod chains;
mod load;
mod meter;
mod report;
mod shape;
mod tally;
mod work;

use std::io;
use std::ops::Deref;
use std::pin::pin;
use std::time::{Duration, Instant};

use krpc_driver::core::ConnectionError;
use krpc_driver::net::{ChannelBuilder, Connects};
use tokio::signal::unix::{Signal, SignalKind};
use tokio::time::MissedTickBehavior;

use self::load::Load;
use self::meter::Process;
use self::report::{Progress, Report, Server};
use self::shape::Shape;
use self::work::Job;
use crate::args::{Bench, Lead};
use crate::failure::{Failure, Tried};
use crate::negotiation;
use crate::output;
use crate::runtime::Runtime;
use crate::session::{self, Session};
use crate::signals::catch;

pub(crate) async fn run(args: Bench) -> Result<(), Failure> {
    let shape = Shape::new(&args)?;
    let server = args.server_pid.map(Process::numbered);
    if let Some(process) = &server {
        process.used().map_err(|e| cannot_measure(&args, &e))?;
    }
    let session = Session::open(&args.address, &args.connect).await?;
    let job = Job::find(&session, args.payload, args.connect.timeout.time).await?;
    let protection = negotiation::protection(&session.info);
    drop(session);
    let (method, reason) = (job.method(), job.reason());

    let load = prepare(&args, job, &shape).await?;
    let interrupts = catch(SignalKind::interrupt())?;

    let ran = measure(&args, load, interrupts, server.as_ref()).await?;
    let report = Report { args: &args, shape, method, reason, protection, ran };
    report.print()?;
    report.verdict()
}

/// What came of the calls, and what they took.
#[derive(Debug)]
struct Ran {
    tally: tally::Tally,
    time: Duration,
    interrupted: bool,
    client: Option<meter::Spent>,
    server: Server,
}

/// Lets the threads make calls for as long as they are to.
async fn measure(
    args: &Bench,
    mut load: Load,
    interrupts: Signal,
    server: Option<&Process>,
) -> Result<Ran, Failure> {
    let this = Process::this();
    let sample = || (this.used().ok(), server.map(Process::used));
    let before = sample();
    let began = Instant::now();
    load.go();
    let interrupted = watch(args, &mut load, interrupts).await;
    let time = began.elapsed();
    let after = sample();
    output::live(String::new);
    let tally = load.tally();
    // Those that still wait for replies are left to themselves.
    let broken = interrupted != Interrupted::Twice && !load.finish();
    if broken {
        return Err(Failure::call("the bench broke", "a thread has panicked", None));
    }
    let client = before.0.zip(after.0).and_then(|(before, after)| after.since(&before));
    let server = match (before.1, after.1) {
        (Some(Ok(before)), Some(Ok(after))) => {
            after.since(&before).map_or(Server::Ended, Server::Spent)
        }
        (Some(_), _) => Server::Ended,
        (None, _) => Server::NotAsked,
    };
    let interrupted = interrupted != Interrupted::No;
    Ok(Ran { tally, time, interrupted, client, server })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interrupted {
    No,
    Once,
    /// Calls in flight are not waited for.
    Twice,
}

/// Waits for the end of the load, which is when its time is over or somebody has had enough, and shows
/// how it goes.
async fn watch(args: &Bench, load: &mut Load, mut interrupts: Signal) -> Interrupted {
    let mut interrupted = Interrupted::No;
    let mut over = pin!(tokio::time::sleep(Duration::from_secs(args.seconds.into())));
    let mut running = true;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    // The first one comes at once.
    tick.tick().await;
    let mut progress = Progress::new(args);
    loop {
        tokio::select! {
            () = load.ended() => return interrupted,
            () = &mut over, if running => {
                load.stop();
                running = false;
            }
            _ = interrupts.recv() => {
                load.stop();
                if interrupted == Interrupted::Once {
                    return Interrupted::Twice;
                }
                interrupted = Interrupted::Once;
                output::note("waiting for the calls in flight; another Ctrl-C ends it at once");
            }
            _ = tick.tick() => progress.show(load.counts()),
        }
    }
}

/// Connects, and starts the threads.
async fn prepare(args: &Bench, job: Job, shape: &Shape) -> Result<Load, Failure> {
    let config = session::config(&args.connect)?.negotiation_timeout(args.connect.timeout.time);
    let load = match args.connect.runtime {
        Runtime::Tokio | Runtime::Smol => {
            let connector = args.connect.runtime.connector(config);
            Load::new(connect(args, connector, shape.connections).await?, job, shape)
        }
        Runtime::Blocking => {
            let lead = args.lead.unwrap_or(Lead::Callers);
            let connector = krpc_blocking::Connector::led_by(config, lead.into());
            Load::new(connect(args, connector, shape.connections).await?, job, shape)
        }
    };
    load.map_err(|e| {
        let what = format!("cannot start {} threads", shape.threads);
        Failure::call(what, e, Some("try fewer --threads"))
    })
}

/// Makes the connections, and waits until all are negotiated.
async fn connect<C>(
    args: &Bench,
    connector: C,
    connections: usize,
) -> Result<Vec<C::Channel>, Failure>
where
    C: Connects<Channel: Deref<Target = krpc_driver::Channel>>,
{
    let channel = |n: usize| {
        let builder = ChannelBuilder::new(connector.clone(), args.address.to_string());
        builder.plane(n.to_string()).build().map_err(Failure::usage)
    };
    let channels = (0..connections).map(channel).collect::<Result<Vec<_>, Failure>>()?;
    let opened: Vec<_> =
        channels.iter().map(|channel| Deref::deref(channel).connect_now()).collect();
    for opened in opened {
        opened.await.map_err(|error| cannot_connect(args, &error))?;
    }
    Ok(channels)
}

fn cannot_connect(args: &Bench, error: &ConnectionError) -> Failure {
    let (target, limit, checked) =
        (&args.address, &args.connect.timeout, args.connect.ca.is_some());
    Failure::connection(&Tried { target, limit, checked, seen: Vec::new() }, error)
}

fn cannot_measure(args: &Bench, error: &io::Error) -> Failure {
    let pid = args.server_pid.unwrap_or_default();
    let why = match error.kind() {
        io::ErrorKind::NotFound => "this machine has no such process, or no /proc".to_owned(),
        _ => format!("it cannot be measured: {error}"),
    };
    Failure::usage(format_args!("--server-pid {pid}: {why}"))
}
