//! What goes wrong on a server's machine rather than on the wire; once for each adapter.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use krpc_core::{ClientConfig, ConnectionError, Execution, ServerConfig, UserCredentials};
use libtest_mimic::Trial;
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::adapter::{Adapter, Client, Server, ServerSettings};
use crate::bed::{LONG, lost};
use crate::matrix::Address;
use crate::service::{Probe, call};

/// Names an adapter in the environment of a process that is to be a server with few descriptors.
const STARVED: &str = "KRPC_SCENARIOS_STARVED";

/// Descriptors that such a server has.
const FEW: u64 = 48;

/// Grace of a shutdown that needs none.
const GRACE: Duration = Duration::from_secs(60);

type Fault = fn(&dyn Adapter);

/// The trials of one adapter.
pub(crate) fn trials(adapter: &'static dyn Adapter) -> Vec<Trial> {
    let all: [(&str, Fault); 5] = [
        ("no descriptors", no_descriptors),
        ("a port in use", port_in_use),
        ("a path in use", path_in_use),
        ("a dropped channel", dropped_channel),
        ("a dropped server", dropped_server),
    ];
    let trial = |(name, run): (&str, Fault)| {
        let run = move || {
            run(adapter);
            Ok(())
        };
        Trial::test(format!("{name}/{}", adapter.name()), run)
    };
    all.into_iter().map(trial).collect()
}

fn serve(adapter: &dyn Adapter, address: &str) -> std::io::Result<(Box<dyn Server>, Probe)> {
    let (config, service) = (ServerConfig::new().negotiation_timeout(LONG), Probe::default());
    let settings = ServerSettings { config, service: service.clone(), concurrency: 4, queue: 50 };
    Ok((adapter.serve(address, settings)?, service))
}

fn client(adapter: &dyn Adapter, address: &str) -> Box<dyn Client> {
    let config = ClientConfig::new(UserCredentials::new("alice"));
    adapter.client(address, &config.negotiation_timeout(LONG))
}

fn answers(client: &dyn Client) {
    client.start(call("Echo", &[1], &[])).wait().expect("an answer");
}

/// The process that [`no_descriptors`] starts. Returns if this is none.
pub(crate) fn be_starved(adapters: &[&'static dyn Adapter]) {
    let Ok(name) = std::env::var(STARVED) else { return };
    let adapter = adapters.iter().find(|adapter| adapter.name() == name).expect("an adapter");
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let (server, _) = serve(*adapter, &Address::Tcp4.any()).expect("a server");
    // Whatever the runtime opens when it is first needed.
    answers(&*client(*adapter, &server.address()));
    let limit = getrlimit(Resource::Nofile);
    let few = rustix::process::Rlimit { current: Some(FEW), ..limit };
    setrlimit(Resource::Nofile, few).expect("it may be lowered");
    println!("{}", server.address());
    std::io::stdout().flush().expect("somebody reads");
    // Until the one who has started it is done.
    let _ = std::io::stdin().read_line(&mut String::new());
    std::process::exit(0);
}

/// Accepting pauses, says so once, and goes on when there are descriptors again.
fn no_descriptors(adapter: &dyn Adapter) {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .env(STARVED, adapter.name())
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("another of this program");
    let (mut address, mut logged) = (String::new(), Vec::new());
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut address).expect("a line");
    let address = address.trim();
    let mut log = BufReader::new(child.stderr.take().expect("piped")).lines();
    let mut wait_for = |text: &str| loop {
        let line = log.next().expect("it lives").expect("text");
        logged.push(line.clone());
        if line.contains(text) {
            break;
        }
    };
    let crowd: Vec<_> =
        (0..FEW + 10).map(|_| TcpStream::connect(address).expect("the backlog has room")).collect();
    wait_for("cannot accept connections");
    drop(crowd);
    wait_for("accepting connections again");
    answers(&*client(adapter, address));
    drop(child.stdin.take());
    assert!(child.wait().expect("it ends").success());
    let complaints = logged.iter().filter(|line| line.contains("cannot accept")).count();
    assert_eq!(complaints, 1, "{logged:#?}");
}

fn port_in_use(adapter: &dyn Adapter) {
    let (server, _) = serve(adapter, &Address::Tcp4.any()).expect("a server");
    let error = serve(adapter, &server.address()).err().expect("the port is taken").to_string();
    let expected = format!("cannot listen at '{}': ", server.address());
    assert!(error.starts_with(&expected), "{error}");
    assert!(error.ends_with("take another port (port 0 is a free one)"), "{error}");
    server.shutdown(GRACE);
    // A process that another trial starts has a copy of our socket until its program runs.
    crate::adapter::eventually("the port is free", || {
        let again = serve(adapter, &server.address());
        again.map(|(server, _)| server.shutdown(GRACE)).is_ok()
    });
}

/// What a dead server has left is replaced, a living one's place is not taken, and other files are left
/// alone.
fn path_in_use(adapter: &dyn Adapter) {
    let address = Address::Unix.any();
    let path = address.strip_prefix("unix:").expect("a path");
    drop(UnixListener::bind(path).expect("a socket"));
    let (server, _) = serve(adapter, &address).expect("nobody listens there");
    answers(&*client(adapter, &address));
    let error = serve(adapter, &address).err().expect("somebody listens there").to_string();
    assert!(error.contains(path), "{error}");
    assert!(error.ends_with("stop it, or take another path"), "{error}");
    answers(&*client(adapter, &address));
    server.shutdown(GRACE);
    assert!(!std::path::Path::new(path).exists(), "the file goes with the server");

    std::fs::write(path, "precious").expect("a file");
    let error = serve(adapter, &address).err().expect("a file is in the way").to_string();
    assert!(error.ends_with("remove it, or take another path"), "{error}");
    assert_eq!(std::fs::read_to_string(path).expect("it is there"), "precious");
}

fn dropped_channel(adapter: &dyn Adapter) {
    let (server, probe) = serve(adapter, &Address::Tcp4.any()).expect("a server");
    let client = client(adapter, &server.address());
    let held = client.start(call("Hold", &[1, 0], &[]));
    crate::adapter::eventually("the call runs", || probe.has_run(1));
    drop(client);
    assert_eq!(lost(held), (ConnectionError::LocallyClosed, Execution::Maybe));
    crate::adapter::eventually("the connection is closed", || server.connections() == 0);
    probe.let_all_go();
    server.shutdown(GRACE);
}

/// It goes on: whoever wants its end asks for it.
fn dropped_server(adapter: &dyn Adapter) {
    let (server, _) = serve(adapter, &Address::Tcp4.any()).expect("a server");
    let address = server.address();
    drop(server);
    answers(&*client(adapter, &address));
    answers(&*client(adapter, &address));
}
