//! A peer that can stop reading: our own server, as it is, behind a small forwarder of TCP. It is a process
//! of its own, so that what it holds is not counted with the client's memory.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use krpc_tokio::codegen::RawReply;
use krpc_tokio::{BoxFuture, CallContext, ErrorStatus, MethodInfo, Server, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};

use crate::memory::server_config;

/// The argument with which a program becomes the peer.
pub const ARGUMENT: &str = "--peer";

/// Asked of the listening socket, which hands it on to those it accepts: with a buffer that the kernel
/// may not grow, what it takes before it stalls is up to the sender alone.
const RECEIVE_BUFFER: u32 = 16 << 10;

const STOP: &str = "stop";
const GO: &str = "go";
const COUNT: &str = "count";

/// The peer as its user sees it.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Where it listens.
    pub address: String,
}

/// What a peer has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// TCP connections.
    pub accepted: u64,
    /// Calls that arrived whole and were not aborted.
    pub calls: u64,
    /// Requests that were dropped because of their footer.
    pub aborted: u64,
}

impl Peer {
    /// Starts one, and waits until it listens.
    pub fn start(tls: bool) -> Self {
        let program = env::current_exe().expect("the program knows where it is");
        let mut child = Command::new(program)
            .args([ARGUMENT, if tls { "tls" } else { "plain" }])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the peer starts");
        let commands = child.stdin.take().expect("it was piped");
        let answers = BufReader::new(child.stdout.take().expect("it was piped"));
        let mut peer = Peer { child, commands, answers, address: String::new() };
        peer.address = peer.answer();
        peer
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the peer answers");
        assert!(line.ends_with('\n'), "the peer has ended");
        line.trim_end().to_owned()
    }

    fn ask(&mut self, command: &str) -> String {
        writeln!(self.commands, "{command}").expect("the peer lives");
        self.answer()
    }

    /// From here on it reads nothing from its clients.
    pub fn stop(&mut self) {
        self.ask(STOP);
    }

    /// It reads again.
    pub fn go(&mut self) {
        self.ask(GO);
    }

    /// What it has seen up to now.
    pub fn seen(&mut self) -> Seen {
        let answer = self.ask(COUNT);
        let counts: Vec<u64> =
            answer.split(' ').map(|n| n.parse().expect("the peer answers in numbers")).collect();
        let [accepted, calls, aborted] = counts[..] else { panic!("three counts: {answer}") };
        Seen { accepted, calls, aborted }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The service that serves.
const SERVICE: &str = "bench.Service";

/// Takes anything, and answers with the size of the sidecars.
struct Take;

const METHODS: &[MethodInfo] =
    &[MethodInfo { service: SERVICE, name: "Take", track_rpc_result: false, authz_method: None }];

impl Service for Take {
    fn name(&self) -> &'static str {
        SERVICE
    }

    fn methods(&self) -> &'static [MethodInfo] {
        METHODS
    }

    fn call(
        &self,
        _method: usize,
        cx: CallContext,
        _body: Bytes,
    ) -> BoxFuture<Result<RawReply, ErrorStatus>> {
        let taken: usize = cx.sidecars().iter().map(|sidecar| sidecar.len()).sum();
        Box::pin(async move { Ok(RawReply::new(taken.to_string())) })
    }
}

/// The peer as a process: serves until its input ends.
pub fn main(tls: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(serve(tls));
}

async fn serve(tls: bool) {
    let server = Server::builder().config(server_config(tls)).add_service(Take);
    let server = server.bind("127.0.0.1:0").await.expect("a port is free").serve();
    let inner = server.local_addr().expect("it listens on TCP");

    let socket = TcpSocket::new_v4().expect("there are sockets");
    socket.set_recv_buffer_size(RECEIVE_BUFFER).expect("the kernel takes any size");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port is free");
    let listener = socket.listen(16).expect("it was bound");
    println!("{}", listener.local_addr().expect("it listens"));

    let (reads, watched) = watch::channel(true);
    let accepted = Arc::new(AtomicU64::new(0));
    tokio::spawn(forward_all(listener, inner, watched, accepted.clone()));

    let (sender, mut commands) = mpsc::channel(1);
    // Standard input blocks.
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    while let Some(command) = commands.recv().await {
        match command.as_str() {
            STOP | GO => {
                reads.send_replace(command == GO);
                println!("{command}");
            }
            COUNT => {
                let all = server.stats().all();
                let (calls, aborted) = (all.calls, all.stats.aborted_frames_received);
                println!("{} {calls} {aborted}", accepted.load(Ordering::SeqCst));
            }
            other => panic!("no command: {other}"),
        }
    }
}

async fn forward_all(
    listener: TcpListener,
    inner: SocketAddr,
    reads: watch::Receiver<bool>,
    accepted: Arc<AtomicU64>,
) {
    loop {
        let (outside, _) = listener.accept().await.expect("it listens");
        accepted.fetch_add(1, Ordering::SeqCst);
        let inside = TcpStream::connect(inner).await.expect("the server listens");
        for stream in [&outside, &inside] {
            stream.set_nodelay(true).expect("the kernel can do that");
        }
        let ((from_client, to_client), (from_server, to_server)) =
            (outside.into_split(), inside.into_split());
        let (_always, always) = watch::channel(true);
        tokio::spawn(forward(from_client, to_server, reads.clone()));
        tokio::spawn(forward(from_server, to_client, always));
    }
}

/// Copies one direction while it may read.
async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut reads: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        // An error says that nobody will stop it any more.
        let _ = reads.wait_for(|reads| *reads).await;
        let n = tokio::select! {
            biased;
            Ok(()) = reads.changed() => continue,
            read = from.read(&mut buffer) => read.unwrap_or(0),
        };
        if n == 0 || to.write_all(&buffer[..n]).await.is_err() {
            // Dropping the half shuts it down: the other side sees the end as well.
            return;
        }
    }
}
