//! `krpc demo`: a server and a client in one process, and what they can do.

mod stalled;
mod svg;

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_tokio::CancelOutcome;
use krpc_tokio::core::{
    CallError, ClientConfig, ClientTls, Encryption, ServerConfig, UserCredentials,
};
use tokio::task::JoinSet;

use crate::address::Address;
use crate::args::Demo;
use crate::certificate::Certificate;
use crate::failure::Failure;
use crate::files;
use crate::negotiation::Report;
use crate::output::{line, plain};
use crate::pb::rpc::generic_calculator_service::{
    GenericCalculatorServiceClient, GenericCalculatorServiceServer,
};
use crate::pb::rpc_test::calculator_service::CalculatorServiceClient;
use crate::pb::rpc_test::*;
use crate::runtime::{BoundServer, Channel, Runtime};
use crate::services::{Calculator, GenericCalculator};
use crate::session::{self, Session, Trace};
use crate::units::Short;

use self::stalled::Run;

/// No single step takes longer, whatever the machine.
const LIMIT: Duration = Duration::from_secs(30);
const SIDECAR: usize = 4 << 20;
const SIDECARS: usize = 16;

pub(crate) async fn run(args: Demo) -> Result<(), Failure> {
    let began = Instant::now();
    if let Some(path) = &args.svg {
        files::check_writable(path)?;
    }
    line("A KRPC server and a client in this process, talking over 127.0.0.1.")?;
    let (runtime, certificate) = (args.runtime, Certificate::make()?);
    let server = runtime
        .server()
        .config(ServerConfig::new().tls(certificate.server()?))
        .add_service(Calculator::new())
        .add_service(GenericCalculatorServiceServer::new(GenericCalculator::default()))
        .bind("127.0.0.1:0")
        .await
        .and_then(BoundServer::serve)
        .map_err(|e| wrong("listening on 127.0.0.1", e))?;
    let address = server.local_addrs().first().map(|a| a.to_string()).unwrap_or_default();
    let address: Address = address.parse().map_err(|e| wrong("finding the port", e))?;

    title("1. Negotiation: TLS 1.3 inside KRPC's own handshake, then SASL PLAIN")?;
    let secure = config("demo")
        .encryption(Encryption::Required)
        .encrypt_loopback(true)
        .tls(ClientTls::new().verify(certificate.roots()?));
    let secure = open(runtime, &address, secure).await?;
    line(Report::new(&secure))?;

    title("2. Typed calls, by code generated from a .proto file")?;
    calls(runtime, &address, &secure.channel).await?;

    title("3. 64 MiB in 16 sidecars of 4 MiB, checked by CRC32C at the other end")?;
    let clear = open(runtime, &address, config("demo").encryption(Encryption::Disabled)).await?;
    sidecars("not encrypted", &clear.channel).await?;
    sidecars("TLS 1.3", &secure.channel).await?;

    title("4. A deadline")?;
    deadline(&clear.channel).await?;

    title("5. A cancelled call")?;
    cancel(&clear.channel).await?;

    server.shutdown(Duration::from_secs(1)).await;
    title("6. Six calls of 8 MiB to a peer that stops reading, all cancelled in one go")?;
    stalled_peer(runtime, args.svg.as_deref()).await?;

    line(format_args!(
        "\nDone in {}. 'krpc serve' runs such a server by itself.",
        Short(began.elapsed())
    ))
}

async fn calls(runtime: Runtime, address: &Address, channel: &Channel) -> Result<(), Failure> {
    let client = CalculatorServiceClient::new(channel.clone());
    let began = Instant::now();
    let sum = client.add(&AddRequestPb { x: 2, y: 3 }).timeout(LIMIT).await;
    let sum = sum.map_err(|e| wrong("Add", e))?.result;
    tell("Add(2, 3)", format_args!("{sum}, in {}", Short(began.elapsed())))?;

    let echo = client.echo(&EchoRequestPb { data: "hello".into() }).timeout(LIMIT).await;
    tell("Echo(\"hello\")", format_args!("{:?}", echo.map_err(|e| wrong("Echo", e))?.data))?;

    let me = client.who_am_i(&WhoAmIRequestPb {}).timeout(LIMIT).await;
    let me = me.map_err(|e| wrong("WhoAmI", e))?;
    let user = String::from_utf8_lossy(&me.credentials.real_user).into_owned();
    tell("WhoAmI()", format_args!("{} at {}", plain(&user), plain(&me.address)))?;

    let request = SleepRequestPb { return_app_error: Some(true), ..Default::default() };
    match client.sleep(&request).timeout(LIMIT).await {
        Err(CallError::Remote(status)) => {
            let extension = status.extension::<CalculatorError>(101);
            let data = extension.and_then(Result::ok).map(|e| e.extra_error_data);
            tell(
                "Sleep, asked to fail",
                format_args!("{status}, with {:?}", data.unwrap_or_default()),
            )?;
        }
        other => return Err(wrong("Sleep with return_app_error", format_args!("{other:?}"))),
    }

    let alice = open(runtime, address, config("alice")).await?;
    let client = CalculatorServiceClient::new(alice.channel);
    match client.add(&AddRequestPb { x: 2, y: 3 }).timeout(LIMIT).await {
        Err(error @ CallError::Remote(_)) => tell("Add(2, 3) by alice", error),
        other => Err(wrong("Add by alice", format_args!("{other:?}"))),
    }
}

async fn sidecars(how: &str, channel: &Channel) -> Result<(), Failure> {
    let payload: Bytes = (0..SIDECAR).map(|i| (i * 31 + i / 251) as u8).collect::<Vec<_>>().into();
    let crc = crc32c::crc32c(&payload);
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..SIDECARS {
        let client = GenericCalculatorServiceClient::new(channel.clone());
        let request = PushStringsRequestPb { sidecar_indexes: vec![0] };
        let call = client.push_strings(&request).sidecar(payload.clone()).timeout(LIMIT);
        calls.spawn(call.into_future());
    }
    while let Some(reply) = calls.join_next().await {
        let reply = reply.map_err(|e| wrong("PushStrings", e))?;
        let reply = reply.map_err(|e| wrong("PushStrings", e))?;
        if reply.sizes != [SIDECAR as u32] || reply.crcs != [crc] {
            return Err(wrong("PushStrings", "the sidecar did not arrive as it was sent"));
        }
    }
    let took = began.elapsed();
    let speed = (SIDECAR * SIDECARS) as f64 / f64::from(1 << 20) / took.as_secs_f64();
    tell(how, format_args!("{speed:.0} MiB/s ({})", Short(took)))
}

async fn deadline(channel: &Channel) -> Result<(), Failure> {
    let client = CalculatorServiceClient::new(channel.clone());
    let request = SleepRequestPb { sleep_micros: 3_000_000, ..Default::default() };
    let began = Instant::now();
    match client.sleep(&request).timeout(Duration::from_millis(200)).await {
        Err(error @ CallError::DeadlineExceeded { .. }) => tell(
            "Sleep(3 s), limit 200 ms",
            format_args!("{error}, after {}", Short(began.elapsed())),
        ),
        other => Err(wrong("Sleep with a deadline", format_args!("{other:?}"))),
    }
}

async fn cancel(channel: &Channel) -> Result<(), Failure> {
    let client = CalculatorServiceClient::new(channel.clone());
    let request = SleepRequestPb { sleep_micros: 3_000_000, ..Default::default() };
    let began = Instant::now();
    let call = client.sleep(&request).timeout(LIMIT).into_future();
    // A future that is dropped cancels its call.
    let dropped = tokio::time::timeout(Duration::from_millis(100), call).await;
    if dropped.is_ok() {
        return Err(wrong("Sleep", "it returned before its time"));
    }
    tell("Sleep(3 s), then dropped", format_args!("cancelled after {}", Short(began.elapsed())))?;
    let began = Instant::now();
    let sum = client.add(&AddRequestPb { x: 20, y: 22 }).timeout(LIMIT).await;
    let sum = sum.map_err(|e| wrong("Add", e))?.result;
    tell("Add(20, 22), same connection", format_args!("{sum}, in {}", Short(began.elapsed())))
}

/// The same with footers and without: each to a server in a process of its own, so that what is held
/// here is the client's.
async fn stalled_peer(runtime: Runtime, svg: Option<&Path>) -> Result<(), Failure> {
    let footers = stalled::run(runtime, &[]).await?;
    tell_run("with footers", &footers)?;
    let drain = stalled::run(runtime, &["--footers", "off"]).await?;
    tell_run("without, as every released Kudu", &drain)?;
    if footers.accepted != 1 {
        let accepted = format!("the server accepted {} connections", footers.accepted);
        return Err(wrong("keeping the connection", accepted));
    }
    if let Some(path) = svg {
        files::replace(path, svg::draw(&footers, &drain).trim_end())?;
        tell("picture", path.display())?;
    }
    Ok(())
}

fn tell_run(what: &str, run: &Run) -> Result<(), Failure> {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let line_of = |value: &dyn Fn(&stalled::Sample) -> u64| {
        let most = run.samples.iter().map(value).max().unwrap_or(0).max(1);
        let bar = |sample| BARS[((value(sample) * 7 + most / 2) / most) as usize];
        run.samples.iter().step_by(4).map(bar).collect::<String>()
    };
    let mib = run.most_held() as f64 / f64::from(1 << 20);
    let begun = match run.mid_way() {
        Some(CancelOutcome::Aborted { sent, filler }) => {
            format!("{sent} bytes were sent, {filler} bytes of filler follow")
        }
        Some(CancelOutcome::Cut { sent, unsent }) => {
            format!("{sent} bytes were sent, {unsent} bytes never will be")
        }
        _ => String::new(),
    };
    let never = run.outcomes.iter().filter(|o| **o == CancelOutcome::NotBegun).count();
    let connections = match run.accepted {
        1 => "the same TCP connection: the server has accepted 1".to_owned(),
        n => format!("a new TCP connection: the server has accepted {n}"),
    };
    line(format_args!("  {what}"))?;
    tell(
        "  memory held against time",
        format_args!("{}  {mib:.1} MiB at most", line_of(&|s| s.held)),
    )?;
    tell("  calls served afterwards", line_of(&|s| s.served))?;
    tell("  the first call", begun)?;
    tell("  the others", format_args!("{never} of 5 had not begun: they leave no trace"))?;
    tell("  all payload released", format_args!("{} after the cancel", Short(run.released)))?;
    tell(&format!("  {} calls afterwards", run.served.len()), format_args!("on {connections}"))
}

fn config(user: &str) -> ClientConfig {
    ClientConfig::new(UserCredentials::new(user))
}

async fn open(
    runtime: Runtime,
    address: &Address,
    config: ClientConfig,
) -> Result<Session, Failure> {
    let (deadline, trace) = (Instant::now() + LIMIT, Arc::new(Trace::new()));
    let channel = session::channel(runtime, address, config, deadline, &trace)?;
    let opened = Session::over(channel, address, deadline, trace).await;
    opened.map_err(|e| wrong("connecting", e))
}

fn title(text: &str) -> Result<(), Failure> {
    line(format_args!("\n{text}"))
}

fn tell(what: &str, result: impl Display) -> Result<(), Failure> {
    line(format_args!("  {what:<30} {result}"))
}

/// The demo needs nothing but this machine, so whatever fails is a fault worth reporting.
fn wrong(what: &str, error: impl Display) -> Failure {
    Failure::call(what, error, Some("please report this: the demo should work everywhere"))
}
