//! `krpc serve`: a server to try clients on.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use krpc_tokio::core::{PeerAddr, ServerConfig, ServerTls};
use krpc_tokio::{MethodInfo, Server, ServerBuilder, Service};
use tokio::signal::unix::{SignalKind, signal};

use crate::address::Address;
use crate::args::{Serve, Tls};
use crate::failure::Failure;
use crate::output::line;
use crate::pb::master::master_service::MasterServiceServer;
use crate::pb::rpc::generic_calculator_service::GenericCalculatorServiceServer;
use crate::pb::server::generic_service::GenericServiceServer;
use crate::services::{Calculator, Flag, Generic, GenericCalculator, Identity, Master};
use crate::session::encryption;

/// How long calls in hand may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(10);

pub(crate) async fn run(args: Serve) -> Result<(), Failure> {
    let config = config(&args)?;
    let identity = Arc::new(Identity::new().with_flags(flags(&args)));
    // Before anything is told, so that no signal is missed by whoever acts on what is told.
    let failed = |e| Failure::usage(format_args!("cannot catch signals: {e}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;

    let mut told = Vec::new();
    let server = with_services(Server::builder().config(config), &identity, &mut told);
    let listen = async || {
        let bound = server.bind(&args.address.to_string()).await?;
        match &args.unix {
            Some(path) => bound.bind_unix(path),
            None => Ok(bound),
        }
    };
    let bound = listen().await.map_err(|e| cannot_listen(&args, &e))?;
    let addresses = bound.local_addrs();
    identity.set_addresses(advertised(&args.address, &addresses));
    let server = bound.serve();
    if let Some(path) = &args.port_file {
        write_port(path, &addresses)?;
    }
    let listening: Vec<_> = addresses.iter().map(|a| a.to_string()).collect();
    line(format_args!("listening on {}", listening.join(" and ")));
    line(format_args!("TLS {}", tls_text(&args)));
    for (service, methods) in told {
        let names: Vec<_> = methods.iter().map(|m| m.name).collect();
        line(format_args!("serving {service}: {}", names.join(", ")));
    }

    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    line("stopping: no new calls, finishing those in hand");
    tokio::select! {
        () = server.shutdown(GRACE) => line("stopped"),
        _ = interrupt.recv() => line("stopped at once"),
        _ = terminate.recv() => line("stopped at once"),
    }
    Ok(())
}

/// Adds all services, and notes what they are.
fn with_services(
    builder: ServerBuilder,
    identity: &Arc<Identity>,
    told: &mut Vec<(&'static str, &'static [MethodInfo])>,
) -> ServerBuilder {
    fn add<S: Service>(
        builder: ServerBuilder,
        told: &mut Vec<(&'static str, &'static [MethodInfo])>,
        service: S,
    ) -> ServerBuilder {
        told.push((service.name(), service.methods()));
        builder.add_service(service)
    }
    let builder = add(builder, told, GenericServiceServer::new(Generic::new(identity.clone())));
    let builder = add(builder, told, MasterServiceServer::new(Master::new(identity.clone())));
    let builder = add(builder, told, Calculator::new());
    add(builder, told, GenericCalculatorServiceServer::new(GenericCalculator::default()))
}

fn config(args: &Serve) -> Result<ServerConfig, Failure> {
    let mut config = ServerConfig::new()
        .encryption(encryption(args.tls))
        .encrypt_loopback(args.loopback_encryption);
    match (&args.cert, &args.key) {
        (Some(cert), Some(key)) => {
            let read = |path| fs::read(path).map_err(|e| Failure::file("read", path, &e));
            let tls = ServerTls::from_pem(&read(cert)?, &read(key)?).map_err(|e| {
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

fn tls_text(args: &Serve) -> &'static str {
    match (args.tls, args.cert.is_some()) {
        (Tls::Disabled, _) => "disabled",
        (_, false) => "not offered: no certificate was given",
        (Tls::Optional, true) => "offered",
        (Tls::Required, true) => "required",
    }
}

/// Our settings as Kudu's flags.
fn flags(args: &Serve) -> Vec<Flag> {
    let encryption = match args.tls {
        Tls::Disabled => "disabled",
        Tls::Optional => "optional",
        Tls::Required => "required",
    };
    let loopback = args.loopback_encryption.to_string();
    [
        ("rpc_authentication", "optional", true),
        ("rpc_encrypt_loopback_connections", &loopback, !args.loopback_encryption),
        ("rpc_encryption", encryption, args.tls == Tls::Optional),
        ("rpc_max_message_size", "52428800", true),
        ("rpc_negotiation_timeout_ms", "3000", true),
        ("rpc_num_service_threads", "10", true),
        ("rpc_service_queue_length", "50", true),
    ]
    .map(|(name, value, is_default)| Flag { name: name.into(), value: value.into(), is_default })
    .into()
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

/// Writes the port under another name first: whoever waits for the file never sees half of it.
fn write_port(path: &Path, addresses: &[PeerAddr]) -> Result<(), Failure> {
    let port = addresses.iter().find_map(|address| match address {
        PeerAddr::Tcp(address) => Some(address.port()),
        PeerAddr::Unix(_) => None,
    });
    let port =
        port.ok_or_else(|| Failure::usage("--port-file needs a TCP address to listen on"))?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let written = fs::write(&draft, format!("{port}\n")).and_then(|()| fs::rename(&draft, path));
    written.map_err(|e| Failure::file("write", path, &e))
}

fn cannot_listen(args: &Serve, error: &std::io::Error) -> Failure {
    let unix = args.unix.as_ref().map(|path| format!(" and unix:{path}")).unwrap_or_default();
    Failure::call(
        format_args!("cannot listen on {}{unix}", args.address),
        error,
        Some("choose another address, or port 0 for any that is free"),
    )
}
