//! Running the program, and a server for it to talk to.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// What a run printed and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:#?}");
        self.out
    }

    /// It failed with this status and one sentence that has all the parts, and did not panic.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, code, "{self:#?}");
        for part in parts {
            assert!(self.err.contains(part), "no '{part}' in {self:#?}");
        }
        let last = self.err.lines().last().unwrap_or_default();
        assert!(last.starts_with("krpc: "), "{self:#?}");
        assert!(!self.err.contains("panicked at "), "{self:#?}");
    }

    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let text = self.ok();
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }
}

pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_krpc"));
    command.stdin(Stdio::null());
    command
}

/// In whose name the program calls if it is not told.
pub(crate) fn login_name() -> String {
    let output = Command::new("id").arg("-un").output().expect("every system has `id`");
    String::from_utf8(output.stdout).expect("a name is text").trim().to_owned()
}

pub(crate) fn krpc<S: AsRef<str>>(args: &[S]) -> Ran {
    let args = args.iter().map(AsRef::as_ref);
    ended(command().args(args).output().expect("the program starts"))
}

pub(crate) fn krpc_with_input(args: &[&str], input: &str) -> Ran {
    let mut child = command()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads its input");
    ended(child.wait_with_output().expect("it ends"))
}

pub(crate) fn ended(output: Output) -> Ran {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints UTF-8");
    Ran {
        code: output.status.code().expect("it exits"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// Sends a signal by name.
pub(crate) fn send(child: &Child, name: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill exists");
    assert!(sent.success());
}

/// What can carry connections.
pub(crate) const RUNTIMES: [&str; 3] = ["tokio", "smol", "blocking"];

/// Does the same on each of them.
pub(crate) fn on_each_runtime(test: impl Fn(&'static str)) {
    for runtime in RUNTIMES {
        println!("on {runtime}:");
        test(runtime);
    }
}

/// A folder that goes away with the test.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("krpc-cli-test-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the temporary folder can be written");
        Dir(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a plain path").to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), text).expect("the temporary folder can be written");
        self.path(name)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `krpc serve` in a process of its own.
pub(crate) struct Served {
    pub(crate) addr: String,
    pub(crate) dir: Dir,
    pub(crate) runtime: &'static str,
    child: Option<Child>,
}

impl Served {
    pub(crate) fn new(args: &[&str]) -> Self {
        Self::in_dir(Dir::new(), args)
    }

    pub(crate) fn in_dir(dir: Dir, args: &[&str]) -> Self {
        Self::at("127.0.0.1:0", dir, args)
    }

    /// On this runtime, which [`krpc`](Served::krpc) uses too.
    pub(crate) fn on(runtime: &'static str, args: &[&str]) -> Self {
        let mut served = Self::new(&[&["--runtime", runtime], args].concat());
        served.runtime = runtime;
        served
    }

    /// The same, and it can be asked for its [`calls`](Served::calls).
    pub(crate) fn counting(runtime: &'static str, args: &[&str]) -> Self {
        let dir = Dir::new();
        let stats = dir.path("stats.json");
        let args = [&["--runtime", runtime, "--stats-file", &stats], args].concat();
        let mut served = Self::in_dir(dir, &args);
        served.runtime = runtime;
        served
    }

    /// How many calls have arrived, if it is [`counting`](Served::counting).
    pub(crate) fn calls(&self) -> u64 {
        let read = || {
            let text = std::fs::read_to_string(self.dir.path("stats.json")).expect("it counts");
            serde_json::from_str::<Value>(&text).expect("it is JSON")
        };
        let before = read();
        let kill = Command::new("kill").args(["-s", "USR1", &self.id().to_string()]).status();
        assert!(kill.expect("kill exists").success());
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let now = read();
            if now["written"] != before["written"] {
                return now["orderly"]["calls"].as_u64().expect("a number");
            }
            assert!(Instant::now() < end, "nothing was counted in 30 s");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Does the same with a server on each runtime.
    pub(crate) fn on_each(args: &[&str], test: impl Fn(&Served)) {
        on_each_runtime(|runtime| test(&Self::on(runtime, args)));
    }

    /// Runs a client on the runtime that the server has.
    pub(crate) fn krpc(&self, args: &[&str]) -> Ran {
        krpc(&[args, &["--runtime", self.runtime]].concat())
    }

    /// Clients are to be given the address as it is here, port aside.
    pub(crate) fn at(address: &str, dir: Dir, args: &[&str]) -> Self {
        let port_file = dir.path("port");
        let mut child = command()
            .args(["serve", address, "--port-file", &port_file])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let port = wait_for(Path::new(&port_file), &mut child);
        let host = address.rsplit_once(':').expect("a port is given").0;
        Served {
            addr: format!("{host}:{}", port.trim()),
            dir,
            runtime: "tokio",
            child: Some(child),
        }
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Sends a signal by name and waits for the end.
    pub(crate) fn signal(self, name: &str) -> Ran {
        self.signals(&[name])
    }

    /// Sends several, each when the first has had its effect.
    pub(crate) fn signals(mut self, names: &[&str]) -> Ran {
        let mut child = self.child.take().expect("it runs");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut text = String::new();
        for name in names {
            send(&child, name);
            while !text.lines().any(|line| line.starts_with("stopping")) {
                let n = out.read_line(&mut text).expect("it prints UTF-8");
                assert!(n > 0, "it ended without a word: {text}");
            }
        }
        out.read_to_string(&mut text).expect("it prints UTF-8");
        Ran { out: text, ..ended(child.wait_with_output().expect("it ends")) }
    }
}

/// Starts a call of the server's CalculatorService.Sleep and returns when it has arrived there. The server
/// needs to have been [`counting`](Served::counting).
pub(crate) fn start_sleep(served: &Served, micros: u32) -> Child {
    let before = served.calls();
    let child = command()
        .args(["call", &served.addr, "kudu.rpc_test.CalculatorService/Sleep", "--data"])
        .arg(format!(r#"{{"sleep_micros": {micros}}}"#))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let end = Instant::now() + Duration::from_secs(30);
    while served.calls() == before {
        assert!(Instant::now() < end, "the call did not arrive in 30 s");
    }
    child
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn wait_for(path: &Path, child: &mut Child) -> String {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        if let Ok(text) = std::fs::read_to_string(path) {
            return text;
        }
        if let Some(status) = child.try_wait().expect("it can be asked") {
            panic!("the server ended with {status}");
        }
        assert!(Instant::now() < end, "the server did not say its port in 20 s");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits for something that has to come about.
#[track_caller]
pub(crate) fn wait_until(mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < end, "it did not come about in 30 s");
        std::thread::sleep(Duration::from_millis(2));
    }
}
