//! `krpc soak`: calls that are cancelled in every state, and what both sides say of it.

mod lane;
mod report;
mod scenes;
mod storm;
mod tally;

use std::sync::Arc;
use std::time::{Duration, Instant};

use krpc_tokio::{ClientConfig, ClientTls, ConnectorStats, Encryption, UserCredentials};
use tokio::task::JoinSet;

use self::lane::{Kind, Lane, until};
use self::report::Report;
use self::tally::Tally;
use crate::args::{Soak, Tls};
use crate::certificate::Certificate;
use crate::child::Child;
use crate::counters::Held;
use crate::failure::Failure;
use crate::forwarder::Forwarder;
use crate::memory;
use crate::output::{self, line};
use crate::random::Random;

/// Bytes after which what is sent repeats itself: no divisor of anything.
const PATTERN: u32 = 1_000_003;

/// Calls at a time on each lane.
const CALLERS: usize = 2;

/// Lanes of each kind. They pause most of the time.
const LANES: usize = 2;

/// Longer than any pause of a lane, and than it takes to be served by a server with much to do.
const NEGOTIATION: Duration = Duration::from_secs(10);

/// The same for the server.
const PATIENT: [&str; 2] = ["--negotiation-timeout", "10s"];

/// How long both sides may take to notice what has ended.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) async fn run(args: Soak) -> Result<(), Failure> {
    let (seed, mut random) = args.random();
    let start = memory::allocated().ok_or_else(|| {
        let why = "this build of the program does not count what it has allocated";
        Failure::call("cannot soak", why, None)
    })?;
    let certificate = match args.tls {
        Tls::Disabled => None,
        Tls::Optional | Tls::Required => Some(Certificate::make()?),
    };
    let mut server = Child::start(args.runtime, &PATIENT, certificate.as_ref()).await?;
    let tally = Tally::new(certificate.is_some());
    let lanes = lanes(&args, &server, certificate.as_ref(), &tally, &mut random).await?;
    rage(&args, &lanes, &tally, &mut random).await?;
    quiet(&lanes, &mut server).await?;
    let server = server.stop().await?;
    let client = ended(&lanes).await?;
    drop(lanes);
    // The last tasks are about to let go of what they have.
    let now = || memory::allocated().unwrap_or(start);
    until(|| now() <= start + report::SLACK).await;
    let held = Held { start, now: now() };
    let report = Report { args: &args, seed, counts: tally.take(), client, server, held };
    line(report.json())?;
    report.verdict()
}

async fn lanes(
    args: &Soak,
    server: &Child,
    certificate: Option<&Certificate>,
    tally: &Tally,
    random: &mut Random,
) -> Result<Vec<Arc<Lane>>, Failure> {
    let mut config = ClientConfig::new(UserCredentials::new("soak"))
        .negotiation_timeout(NEGOTIATION)
        .encryption(Encryption::Disabled);
    if let Some(certificate) = certificate {
        config = config
            .encryption(Encryption::Required)
            .encrypt_loopback(true)
            .tls(ClientTls::new().verify(certificate.roots()?));
    }
    let payload = args.payload as usize;
    let bytes: Arc<[u8]> = (0..PATTERN).map(|i| (i * 31 + i / 251) as u8).collect();
    let mut lanes = Vec::new();
    for kind in Kind::ALL.into_iter().cycle().take(LANES * Kind::ALL.len()) {
        let forwarder = Forwarder::start(server.address(), args.stall_rate, random.fork()).await;
        let forwarder = forwarder.map_err(|e| Failure::call("cannot forward", e, None))?;
        let config = config.clone();
        let lane = Lane::new(kind, args.runtime, config, forwarder, tally, payload, &bytes)?;
        lanes.push(Arc::new(lane));
    }
    Ok(lanes)
}

/// Takes calls into every state on purpose, then gives them up at random.
async fn rage(
    args: &Soak,
    lanes: &[Arc<Lane>],
    tally: &Tally,
    random: &mut Random,
) -> Result<(), Failure> {
    let mut scenes = JoinSet::new();
    for lane in lanes {
        let lane = lane.clone();
        scenes.spawn(async move { scenes::play(&lane).await });
    }
    all(scenes, tally).await?;
    let mut storms = JoinSet::new();
    let end = Instant::now() + Duration::from_secs(args.seconds.into());
    for lane in lanes {
        for _ in 0..CALLERS {
            let (lane, random, rate) = (lane.clone(), random.fork(), args.cancel_rate);
            storms.spawn(async move {
                storm::rage(&lane, rate, random, end).await;
                Ok(())
            });
        }
    }
    all(storms, tally).await
}

/// Waits for all, and shows on a terminal how it goes.
async fn all(mut tasks: JoinSet<Result<(), Failure>>, tally: &Tally) -> Result<(), Failure> {
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    let mut ended = Ok(());
    loop {
        tokio::select! {
            task = tasks.join_next() => match task {
                None => break,
                Some(Ok(result)) => ended = ended.and(result),
                Some(Err(error)) => return Err(Failure::call("the soak broke", error, None)),
            },
            _ = tick.tick() => output::live(|| tally.progress()),
        }
    }
    output::live(String::new);
    ended
}

/// Waits until nothing is on its way any more, and until the server has noticed which connections have
/// ended.
async fn quiet(lanes: &[Arc<Lane>], server: &mut Child) -> Result<(), Failure> {
    for lane in lanes {
        lane.forwarder.calm();
        scenes::fence(lane).await;
    }
    let end = Instant::now() + LIMIT;
    loop {
        let here: usize = lanes.iter().map(|lane| lane.connector.stats().connections).sum();
        let there = server.look().await?.connections;
        if (here, there) == (lanes.len(), lanes.len()) {
            return Ok(());
        }
        if Instant::now() > end {
            let said = format!("{here} here, {there} there, and should be {}", lanes.len());
            return Err(Failure::call("connections do not end", said, None));
        }
    }
}

/// Waits until the connections have ended, and returns what they have done.
async fn ended(lanes: &[Arc<Lane>]) -> Result<ConnectorStats, Failure> {
    let total = || ConnectorStats::sum(lanes.iter().map(|lane| lane.connector.stats()));
    if until(|| total().connections == 0).await {
        return Ok(total());
    }
    let said = format!("{} of them outlive their server", total().connections);
    Err(Failure::call("connections do not end", said, None))
}
