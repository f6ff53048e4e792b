//! Kudu's own tool as the client of our server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use krpc_cli::pb::master::master_service::MasterServiceServer;
use krpc_cli::pb::server::generic_service::GenericServiceServer;
use krpc_cli::runtime::{Runtime, ServerHandle};
use krpc_cli::services::{Flag, Generic, Identity, Master};
use krpc_tests::kudu::{Kudu, Version};
use krpc_tokio::{Encryption, PeerAddr, ServerConfig, ServerTls, TlsVersions};
use libtest_mimic::Trial;
use tokio::runtime::Builder;

use crate::gate::{Gate, Outcome, runtimes, suffix};

/// What the server demands of its clients.
#[derive(Clone, Copy)]
enum Demand {
    Plain,
    /// A TLS handshake, then plaintext.
    AuthOnly,
    Tls12,
    Tls13,
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Demand::Plain => "plain",
            Demand::AuthOnly => "auth_only",
            Demand::Tls12 => "tls12",
            Demand::Tls13 => "tls13",
        })
    }
}

type Check = fn(&Kudu, &OurServer) -> Outcome;

const CHECKS: [(&str, Check); 5] = [
    ("master_status", master_status),
    ("master_timestamp", master_timestamp),
    ("master_get_flags", master_get_flags),
    ("master_list", master_list),
    ("table_list", table_list),
];

/// One trial for each tool, demand, command and adapter.
pub(crate) fn trials(gate: &Gate) -> Vec<Trial> {
    use Demand::{AuthOnly, Plain, Tls12, Tls13};
    let tools: [(Version, &[Demand]); 3] = [
        (Version::V1_18_1, &[Plain, AuthOnly, Tls12, Tls13]),
        (Version::V1_14_0, &[Plain, AuthOnly, Tls12]),
        (Version::V1_9_0, &[Plain]),
    ];
    let mut trials = Vec::new();
    for (version, demands) in tools {
        for &demand in demands {
            for (name, check) in CHECKS {
                let name = format!("server::kudu_{version}::{demand}::{name}");
                for &runtime in runtimes(version) {
                    let test = move |kudu: &Kudu| check(kudu, &OurServer::start(runtime, demand)?);
                    trials.push(gate.trial(format!("{name}{}", suffix(runtime)), version, test));
                }
            }
        }
    }
    trials
}

/// A server of ours with the services that Kudu's tool asks. Runs until it is dropped.
struct OurServer {
    address: String,
    identity: Arc<Identity>,
    handle: ServerHandle,
    tokio: tokio::runtime::Runtime,
}

impl OurServer {
    fn start(runtime: Runtime, demand: Demand) -> anyhow::Result<OurServer> {
        let tokio = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let identity = Arc::new(Identity::new().with_flags(flags()));
        let bound = tokio.block_on(
            runtime
                .server()
                .config(config(demand)?)
                .add_service(GenericServiceServer::new(Generic::new(identity.clone())))
                .add_service(MasterServiceServer::new(Master::new(identity.clone())))
                .bind("127.0.0.1:0"),
        )?;
        let Some(PeerAddr::Tcp(address)) = bound.local_addrs().first().cloned() else {
            anyhow::bail!("the server has no TCP address");
        };
        identity.set_addresses(vec![(address.ip().to_string(), address.port())]);
        let handle = tokio.block_on(async { bound.serve() })?;
        Ok(OurServer { address: address.to_string(), identity, handle, tokio })
    }
}

impl Drop for OurServer {
    fn drop(&mut self) {
        self.tokio.block_on(self.handle.shutdown(Duration::from_secs(5)));
    }
}

fn config(demand: Demand) -> anyhow::Result<ServerConfig> {
    let versions = match demand {
        Demand::Plain => return Ok(ServerConfig::new().encryption(Encryption::Disabled)),
        Demand::AuthOnly => TlsVersions::Both,
        Demand::Tls12 => TlsVersions::Tls12,
        Demand::Tls13 => TlsVersions::Tls13,
    };
    let made = rcgen::generate_simple_self_signed(vec!["krpc.test".into()])?;
    let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let tls = ServerTls::from_pem_with(chain.as_bytes(), key.as_bytes(), versions)?;
    Ok(ServerConfig::new()
        .encryption(Encryption::Required)
        .encrypt_loopback(!matches!(demand, Demand::AuthOnly))
        .tls(tls))
}

fn flags() -> Vec<Flag> {
    let flag = |name: &str, value: &str, is_default| Flag {
        name: name.into(),
        value: value.into(),
        is_default,
    };
    vec![
        flag("rpc_encryption", "optional", true),
        flag("rpc_negotiation_timeout_ms", "5000", false),
    ]
}

fn master_status(kudu: &Kudu, server: &OurServer) -> Outcome {
    let printed = run(kudu, &["master", "status", &server.address])?;
    let port = server.address.rsplit(':').next().unwrap_or_default();
    for part in [
        format!("permanent_uuid: \"{}\"", server.identity.uuid()),
        "host: \"127.0.0.1\"".into(),
        format!("port: {port}"),
        "version_string: ".into(),
    ] {
        ensure!(printed.contains(&part), "no {part:?} in {printed}");
    }
    Ok(())
}

fn master_timestamp(kudu: &Kudu, server: &OurServer) -> Outcome {
    let printed = run(kudu, &["master", "timestamp", &server.address])?;
    let timestamp: u64 = printed.trim().parse().with_context(|| printed.clone())?;
    // Microseconds since 1970 above a logical counter of 12 bits.
    let clock = Duration::from_micros(timestamp >> 12);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    ensure!(now.abs_diff(clock) < Duration::from_secs(60), "{clock:?} is not {now:?}");
    Ok(())
}

fn master_get_flags(kudu: &Kudu, server: &OurServer) -> Outcome {
    let args = ["master", "get_flags", &server.address, "--format=csv"];
    let changed = run(kudu, &args)?;
    let lines: Vec<_> = changed.lines().filter(|line| !line.is_empty()).collect();
    let [line] = lines[..] else { anyhow::bail!("one flag was changed, not {lines:?}") };
    ensure!(line.starts_with("rpc_negotiation_timeout_ms,5000,false"), "{line}");
    let all = run(kudu, &[&args[..], &["--all_flags"]].concat())?;
    ensure!(all.contains("rpc_encryption,optional,true"), "{all}");
    Ok(())
}

fn master_list(kudu: &Kudu, server: &OurServer) -> Outcome {
    let printed = run(
        kudu,
        &["master", "list", &server.address, "--columns=uuid,rpc-addresses", "--format=csv"],
    )?;
    let expected = format!("{},{}", server.identity.uuid(), server.address);
    ensure!(printed.trim() == expected, "{printed:?} is not {expected:?}");
    Ok(())
}

fn table_list(kudu: &Kudu, server: &OurServer) -> Outcome {
    let printed = run(kudu, &["table", "list", &server.address])?;
    ensure!(printed.trim().is_empty(), "there are no tables, but it printed {printed:?}");
    Ok(())
}

fn run(kudu: &Kudu, args: &[&str]) -> anyhow::Result<String> {
    kudu.cli(args).and_then(|output| output.ok()).map_err(anyhow::Error::msg)
}
