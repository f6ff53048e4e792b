//! `krpc serve`: a server to try clients on.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use krpc_tokio::core::proto::frame::DEFAULT_MAX_MESSAGE;
use krpc_tokio::core::{PeerAddr, ServerConfig, ServerTls};
use krpc_tokio::{MethodInfo, QUEUE_LENGTH, Service};
use tokio::signal::unix::{Signal, SignalKind};
use tokio::sync::oneshot;

use crate::address::Address;
use crate::args::{Serve, Tls};
use crate::counters::StatsFile;
use crate::failure::Failure;
use crate::files;
use crate::listening::{cannot_listen, resolved, tell};
use crate::output;
use crate::pb::master::master_service::MasterServiceServer;
use crate::pb::rpc::generic_calculator_service::GenericCalculatorServiceServer;
use crate::pb::server::generic_service::GenericServiceServer;
use crate::runtime::{BoundServer, ServerBuilder, ServerHandle};
use crate::services::{Calculator, Flag, Generic, GenericCalculator, Identity, Master};
use crate::session::encryption;
use crate::signals::{Signals, catch};

/// How long calls in hand may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How long a client may take to negotiate with Kudu.
const NEGOTIATION: Duration = Duration::from_secs(3);

pub(crate) async fn run(args: Serve) -> Result<(), Failure> {
    let config = config(&args)?;
    let identity = Arc::new(Identity::new().with_flags(flags(&args)));
    let mut signals = Signals::catch()?;
    // Without the file the signal ends the process, as everywhere.
    let asked = args.stats_file.as_ref().map(|_| catch(SignalKind::user_defined1()));
    let mut asked = asked.transpose()?;

    let mut told = Vec::new();
    let server = with_services(args.runtime.server().config(config), &args, &identity, &mut told);
    let bound = listen(server, &args).await?;
    let addresses = bound.local_addrs();
    identity.set_addresses(advertised(&args.address, &addresses));
    let mut stats = args.stats_file.clone().map(StatsFile::new);
    let server = bound.serve().map_err(|e| Failure::call("cannot serve", e, None))?;
    // Once before anybody asks, so that a file that cannot be written is known at once.
    let announced = write_stats(&mut stats, &server);
    let announced = announced.and_then(|()| announce(&args, &addresses, &told));
    if announced.is_err() {
        server.shutdown(Duration::ZERO).await;
        return announced;
    }

    let mut input = args.until_eof.then(input_ends);
    let mut signalled = async || {
        tokio::select! {
            () = signals.wait() => {}
            () = ready(&mut input) => {}
        }
    };
    loop {
        tokio::select! {
            () = signalled() => break,
            () = told_to_write(&mut asked) => {
                if let Err(failure) = write_stats(&mut stats, &server) {
                    output::note(format_args!("krpc: {failure}"));
                }
            }
        }
    }
    let told = tell("stopping: no new calls, finishing those in hand");
    let ended = stop(&server, GRACE, signalled()).await;
    told.and(tell(ended)).and(write_stats(&mut stats, &server))
}

/// Ready once standard input has ended. What comes before is of no interest.
fn input_ends() -> oneshot::Receiver<()> {
    let (ended, ends) = oneshot::channel();
    // A thread, because reading cannot be given up; it ends with the process.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = ended.send(());
    });
    ends
}

/// Ready once, if ever.
async fn ready(once: &mut Option<oneshot::Receiver<()>>) {
    match once {
        Some(receiver) => {
            let _ = receiver.await;
            *once = None;
        }
        None => std::future::pending().await,
    }
}

/// Waits for the signal that asks for the counters; for ever if there is no file for them.
async fn told_to_write(asked: &mut Option<Signal>) {
    match asked {
        Some(asked) => drop(asked.recv().await),
        None => std::future::pending().await,
    }
}

fn write_stats(stats: &mut Option<StatsFile>, server: &ServerHandle) -> Result<(), Failure> {
    stats.as_mut().map_or(Ok(()), |stats| stats.write(server))
}

/// Says where it listens and what it serves: the port to whoever waits for its file, all to people.
fn announce(args: &Serve, addresses: &[PeerAddr], services: &[Told]) -> Result<(), Failure> {
    if let Some(path) = &args.port_file {
        write_port(path, addresses)?;
    }
    let listening: Vec<_> = addresses.iter().map(|a| a.to_string()).collect();
    tell(format_args!("listening on {}", listening.join(" and ")))?;
    tell(format_args!("TLS {}", tls_text(args)))?;
    for (service, methods) in services {
        let names: Vec<_> = methods.iter().map(|m| m.name).collect();
        tell(format_args!("serving {service}: {}", names.join(", ")))?;
    }
    Ok(())
}

/// Waits for the calls in hand, but not longer than `grace` and not past `hurry`. Tells how it
/// ended.
async fn stop(server: &ServerHandle, grace: Duration, hurry: impl Future<Output = ()>) -> String {
    let patient = tokio::select! {
        // Longer than anybody waits here; what is cut off is counted below.
        () = server.shutdown(Duration::MAX) => return "stopped".into(),
        () = tokio::time::sleep(grace) => true,
        () = hurry => false,
    };
    let left = server.connections();
    let when = match patient {
        true => format!("stopped after {} s", grace.as_secs()),
        false => "stopped at once".into(),
    };
    if patient {
        server.shutdown(Duration::ZERO).await;
    }
    match left {
        0 => when,
        1 => format!("{when}: 1 connection was cut off"),
        n => format!("{when}: {n} connections were cut off"),
    }
}

/// Listens at all addresses of the command line.
async fn listen(server: ServerBuilder, args: &Serve) -> Result<BoundServer, Failure> {
    let failed = |unix| move |error: io::Error| cannot_listen(unix, &error);
    let address = resolved(&args.address).map_err(failed(false))?;
    let bound = server.bind(&address).await.map_err(failed(args.address.is_unix()))?;
    match &args.unix {
        Some(path) => bound.bind(&format!("unix:{path}")).await.map_err(failed(true)),
        None => Ok(bound),
    }
}

/// A service and its methods.
type Told = (&'static str, &'static [MethodInfo]);

/// Calls at once of a service that makes up replies of 50 MiB for whoever asks: as many as Kudu has
/// threads for a service.
const LARGE_REPLIES: usize = 10;

/// Adds all services, and notes what they are.
fn with_services(
    mut builder: ServerBuilder,
    args: &Serve,
    identity: &Arc<Identity>,
    told: &mut Vec<Told>,
) -> ServerBuilder {
    fn add<S: Service>(builder: ServerBuilder, told: &mut Vec<Told>, service: S) -> ServerBuilder {
        told.push((service.name(), service.methods()));
        builder.add_service(service)
    }
    let queue_length = queue_length(args);
    builder = builder.queue_length(queue_length);
    if let Some(calls) = args.concurrency {
        builder = builder.concurrency(calls as usize);
    }
    let builder = add(builder, told, GenericServiceServer::new(Generic::new(identity.clone())));
    let builder = add(builder, told, MasterServiceServer::new(Master::new(identity.clone())));
    let builder = add(builder, told, Calculator::new());
    let large = GenericCalculatorServiceServer::new(GenericCalculator::default());
    told.push((large.name(), large.methods()));
    let concurrency = args.concurrency.map_or(LARGE_REPLIES, |calls| calls as usize);
    builder.add_service_with(large, concurrency, queue_length)
}

fn queue_length(args: &Serve) -> usize {
    args.queue_length.map_or(QUEUE_LENGTH, |calls| calls as usize)
}

fn config(args: &Serve) -> Result<ServerConfig, Failure> {
    let mut config = ServerConfig::new()
        .negotiation_timeout(args.negotiation_timeout.time)
        .encryption(encryption(args.tls))
        .encrypt_loopback(args.loopback_encryption)
        .footers(args.footers.into());
    match (&args.cert, &args.key) {
        (Some(cert), Some(key)) => {
            let tls =
                ServerTls::from_pem(&files::read(cert)?, &files::read(key)?).map_err(|e| {
                    let (cert, key) = (cert.display(), key.display());
                    Failure::usage(format_args!("cannot use '{cert}' with '{key}': {e}"))
                })?;
            config = config.tls(tls);
        }
        _ if args.tls == Tls::Required => {
            let text = "--tls required needs a certificate: give --cert FILE and --key FILE";
            return Err(Failure::usage(text));
        }
        _ => {}
    }
    Ok(config)
}

fn tls_text(args: &Serve) -> String {
    let when = match (args.tls, args.cert.is_some()) {
        (Tls::Disabled, _) => return "disabled".into(),
        (_, false) => return "not offered: no certificate was given".into(),
        (Tls::Optional, true) => "offered",
        (Tls::Required, true) => "required",
    };
    match args.loopback_encryption {
        true => when.into(),
        false => format!(
            "{when}; connections within this host go on in the clear after its handshake: \
             --loopback-encryption encrypts them too"
        ),
    }
}

/// Our settings as Kudu's flags.
fn flags(args: &Serve) -> Vec<Flag> {
    let encryption = match args.tls {
        Tls::Disabled => "disabled",
        Tls::Optional => "optional",
        Tls::Required => "required",
    };
    let flag =
        |name: &str, value: String, is_default| Flag { name: name.into(), value, is_default };
    let (loopback, queue) = (args.loopback_encryption, queue_length(args));
    let negotiation = args.negotiation_timeout.time;
    vec![
        flag("rpc_authentication", "optional".into(), true),
        flag("rpc_encrypt_loopback_connections", loopback.to_string(), !loopback),
        flag("rpc_encryption", encryption.into(), args.tls == Tls::Optional),
        flag("rpc_max_message_size", DEFAULT_MAX_MESSAGE.to_string(), true),
        flag(
            "rpc_negotiation_timeout_ms",
            negotiation.as_millis().to_string(),
            negotiation == NEGOTIATION,
        ),
        flag("rpc_service_queue_length", queue.to_string(), queue == QUEUE_LENGTH),
    ]
}

/// What clients are told to connect to: a name they can use, in place of a wildcard.
fn advertised(given: &Address, addresses: &[PeerAddr]) -> Vec<(String, u16)> {
    let tcp = addresses.iter().filter_map(|address| match address {
        PeerAddr::Tcp(address) => Some(address),
        PeerAddr::Unix(_) => None,
    });
    tcp.map(|address| {
        let host = if given.is_wildcard() { "localhost".into() } else { address.ip().to_string() };
        (host, address.port())
    })
    .collect()
}

fn write_port(path: &Path, addresses: &[PeerAddr]) -> Result<(), Failure> {
    let port = addresses.iter().find_map(|address| match address {
        PeerAddr::Tcp(address) => Some(address.port()),
        PeerAddr::Unix(_) => None,
    });
    let port =
        port.ok_or_else(|| Failure::usage("--port-file needs a TCP address to listen on"))?;
    files::replace(path, &port.to_string())
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use krpc_tokio::{CallRequest, Channel, Method};
    use prost::Message;

    use super::*;
    use crate::pb::rpc_test::SleepRequestPb;
    use crate::runtime::Runtime;

    const SLEEP: Method = Method::from_static("kudu.rpc_test.CalculatorService", "Sleep");

    #[tokio::test]
    async fn what_is_cut_off_is_counted() {
        for runtime in Runtime::ALL {
            two_are_cut_off(runtime).await;
        }
    }

    async fn two_are_cut_off(runtime: Runtime) {
        let server = runtime.server().add_service(Calculator::new());
        let server = server.bind("127.0.0.1:0").await.unwrap().serve().unwrap();
        let address = server.local_addrs()[0].to_string();
        let mut calls = Vec::new();
        for user in ["bernd", "carol"] {
            let channel = Channel::builder(&address).user(user).build().unwrap();
            channel.connect_now().await.unwrap();
            let sleep = SleepRequestPb { sleep_micros: 60_000_000, ..Default::default() };
            let request = CallRequest::new(SLEEP, sleep.encode_to_vec());
            // The channel lives as long as its call.
            calls.push(tokio::spawn(async move { channel.call_raw(request).await }));
        }
        // This one has nothing to wait for.
        let idle = Channel::builder(&address).user("idle").build().unwrap();
        idle.connect_now().await.unwrap();
        while server.dispatcher().stats("kudu.rpc_test.CalculatorService").unwrap().handled < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let told = stop(&server, Duration::from_millis(100), pending()).await;
        assert_eq!(told, "stopped after 0 s: 2 connections were cut off");
        for call in calls {
            assert!(call.await.unwrap().is_err());
        }
    }

    #[tokio::test]
    async fn a_server_without_calls_just_stops() {
        for runtime in Runtime::ALL {
            let server = runtime.server().bind("127.0.0.1:0").await.unwrap().serve().unwrap();
            assert_eq!(stop(&server, GRACE, pending()).await, "stopped");
        }
    }
}
