//! Kudu's client for Java: with `krpc serve`, and with real servers through `krpc proxy`.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use anyhow::{anyhow, bail, ensure};
use krpc_cli::runtime::Runtime;
use krpc_tests::cluster::{Cluster, Mode, Size};
use krpc_tests::java::{Java, Program};
use krpc_tests::kudu::{Kudu, Version};
use libtest_mimic::Trial;

use crate::gate::{Gate, Outcome, suffix};
use crate::programs::{self, Background};

const TABLE: &str = "all types";
const TABLET_SERVERS: usize = 2;

pub(crate) fn trials(gate: &Gate) -> Vec<Trial> {
    let client = Arc::new(Client::default());
    let mut trials = Vec::new();
    for demand in [Demand::Plain, Demand::AuthOnly, Demand::Encrypted] {
        for runtime in Runtime::ALL {
            let client = client.clone();
            let name = format!("java::serve::{}::list{}", demand.name(), suffix(runtime));
            trials.push(gate.java_trial(name, move |java| list(&client, java, demand, runtime)));
        }
    }
    let refused = client.clone();
    trials.push(gate.java_trial("java::serve::plain::is_refused".into(), move |java| {
        plaintext_is_refused(&refused, java)
    }));
    let told = client.clone();
    trials.push(gate.java_trial("java::serve::plain::errors_are_told".into(), move |java| {
        errors_are_told(&told, java)
    }));
    for mode in [Mode::Plain, Mode::AuthOnly, Mode::Tls13] {
        let client = client.clone();
        let test = move |java: &Java, kudu: &Kudu| round_trip(&client, java, kudu, mode);
        let name = format!("java::proxy::kudu_{}::{mode}::round_trip", Version::V1_18_1);
        trials.push(gate.java_and_kudu_trial(name, Version::V1_18_1, test));
    }
    trials
}

/// What `krpc serve` demands of its clients.
#[derive(Clone, Copy)]
enum Demand {
    Plain,
    /// A TLS handshake, then plaintext.
    AuthOnly,
    Encrypted,
}

impl Demand {
    fn name(self) -> &'static str {
        match self {
            Demand::Plain => "plain",
            Demand::AuthOnly => "auth_only",
            Demand::Encrypted => "tls",
        }
    }

    fn serve_flags(self) -> &'static [&'static str] {
        match self {
            Demand::Plain => &["--tls", "disabled"],
            Demand::AuthOnly => &["--tls", "required"],
            Demand::Encrypted => &["--tls", "required", "--loopback-encryption"],
        }
    }
}

/// Our program that uses the client. Compiled once, by the first trial that needs it.
#[derive(Default)]
struct Client(OnceLock<Result<Program, String>>);

impl Client {
    fn run(&self, java: &Java, args: &[&str]) -> anyhow::Result<String> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/java/Client.java");
        let program = self.0.get_or_init(|| java.compile(&source)).as_ref();
        program.map_err(String::clone).and_then(|program| program.run(args)).map_err(|e| anyhow!(e))
    }

    /// A run that has to fail, and to say why.
    fn fails(&self, java: &Java, args: &[&str], why: &str) -> Outcome {
        match self.run(java, args) {
            Ok(printed) => bail!("{args:?} did not fail: {printed}"),
            Err(error) => {
                ensure!(error.to_string().contains(why), "not {why:?}: {error}");
                Ok(())
            }
        }
    }
}

fn list(client: &Client, java: &Java, demand: Demand, runtime: Runtime) -> Outcome {
    let dir = tempfile::tempdir()?;
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    let mut flags = demand.serve_flags().to_vec();
    if !matches!(demand, Demand::Plain) {
        let made = rcgen::generate_simple_self_signed(vec!["krpc.test".into()])?;
        fs::write(&cert, made.cert.pem())?;
        fs::write(&key, made.signing_key.serialize_pem())?;
        flags.extend(["--cert", path(&cert)?, "--key", path(&key)?]);
    }
    let (_server, address) = programs::serve(runtime, &flags)?;
    let encryption = if matches!(demand, Demand::Encrypted) { "REQUIRED" } else { "OPTIONAL" };
    let printed = client.run(java, &["list", encryption, &address])?;
    let [leader, cluster, servers] = printed.lines().collect::<Vec<_>>()[..] else {
        bail!("no three lines: {printed}");
    };
    ensure!(leader == format!("leader {address}") && servers == "servers 0", "{printed}");
    let id = cluster.strip_prefix("cluster ").unwrap_or_default();
    ensure!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{printed}");
    Ok(())
}

/// That the client obeys its REQUIRED, and with it that the trials of TLS are encrypted.
fn plaintext_is_refused(client: &Client, java: &Java) -> Outcome {
    let (_server, address) = programs::serve(Runtime::Tokio, Demand::Plain.serve_flags())?;
    let refused = "server does not support required TLS encryption";
    client.fails(java, &["list", "REQUIRED", &address], refused)
}

/// What the server says against a call is what the client's caller is told.
fn errors_are_told(client: &Client, java: &Java) -> Outcome {
    let (_server, address) = programs::serve(Runtime::Tokio, &[])?;
    let (none, missing) =
        ("this server has no tablet servers", "the table does not exist: table_name");
    client.fails(java, &["fill", "OPTIONAL", &address, TABLE], none)?;
    client.fails(java, &["drop", "OPTIONAL", &address, TABLE], missing)
}

/// The life of a table in a cluster each of whose servers is behind a proxy.
fn round_trip(client: &Client, java: &Java, kudu: &Kudu, mode: Mode) -> Outcome {
    let mut proxies = Vec::new();
    let mut front = |listen: SocketAddr, upstream: SocketAddr| {
        let proxy = programs::proxy(listen, upstream).map_err(|e| format!("{e:#}"))?;
        proxies.push(proxy);
        Ok(())
    };
    let size = Size { masters: 1, tservers: TABLET_SERVERS };
    let cluster = Cluster::start_of(kudu, mode, size, Some(&mut front));
    let cluster = cluster.map_err(anyhow::Error::msg)?;
    let master = cluster.master().to_string();
    let encryption = if matches!(mode, Mode::Tls13) { "REQUIRED" } else { "OPTIONAL" };
    let java = |args: &[&str]| {
        let args = [&args[..1], &[encryption, &*master], &args[1..]].concat();
        client.run(java, &args)
    };

    let rows = java(&["fill", TABLE])?;
    let scanned = cluster.cli(&["table", "scan", &master, TABLE]).and_then(|output| output.ok());
    let scanned = scanned.map_err(anyhow::Error::msg)?;
    let rows: BTreeSet<_> = rows.lines().collect();
    let scanned: BTreeSet<_> = scanned.lines().filter(|line| line.starts_with('(')).collect();
    ensure!(rows.len() > 1_500, "only {} rows", rows.len());
    let different: Vec<_> = rows.symmetric_difference(&scanned).take(4).collect();
    ensure!(different.is_empty(), "Java's rows and those of Kudu's tool differ: {different:#?}");

    let listed = java(&["list"])?;
    let (servers, table) = (format!("servers {TABLET_SERVERS}"), format!("table {TABLE}"));
    for line in [&servers, &table] {
        ensure!(listed.lines().any(|listed| listed == line), "no {line:?} in {listed}");
    }
    java(&["drop", TABLE])?;
    let listed = java(&["list"])?;
    ensure!(!listed.contains(&table), "dropped and still there: {listed}");
    cluster.check().map_err(anyhow::Error::msg)?;
    check_told(&mut proxies, mode)
}

/// What each proxy has to have told, master's first: these calls, or that it could not see them.
fn check_told(proxies: &mut [Background], mode: Mode) -> Outcome {
    const MASTER: [&str; 7] = [
        "ConnectToMaster",
        "CreateTable",
        "IsCreateTableDone",
        "GetTableSchema",
        "GetTableLocations",
        "ListTables",
        "DeleteTable",
    ];
    const OPAQUE: &str = "calls are not seen from here on";
    let [master, tablet_servers @ ..] = proxies else { bail!("no proxies") };
    let encrypted = matches!(mode, Mode::Tls13);
    let see = |proxy: &mut Background, service: &str, methods: &[&str]| {
        for method in methods.iter().filter(|_| !encrypted) {
            let line = format!("  kudu.{service}.{method}: OK");
            proxy.wait_for(&line, |told| told.lines().any(|l| l.ends_with(&line)).then_some(()))?;
        }
        let told = proxy.printed()?;
        ensure!(told.contains(OPAQUE) == encrypted, "{told}");
        ensure!(told.contains(": OK") != encrypted, "{told}");
        Ok(())
    };
    see(master, "master.MasterService", &MASTER)?;
    let methods = ["Write", "Scan"];
    tablet_servers.iter_mut().try_for_each(|it| see(it, "tserver.TabletServerService", &methods))
}

fn path(path: &Path) -> anyhow::Result<&str> {
    path.to_str().ok_or_else(|| anyhow!("not UTF-8: {}", path.display()))
}
