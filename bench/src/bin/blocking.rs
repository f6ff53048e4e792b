//! What blocking calls of one thread cost beside bare sockets; see the README.
#![forbid(unsafe_code)]

use std::env;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use krpc_bench::cpu;
use krpc_bench::memory::{client_config, server_config};
use krpc_bench::raw::{self, Frames, Greeting};
use krpc_bench::report::{Limit, Report, Unit, json_wanted, median};
use krpc_bench::service::{Take, request};
use krpc_blocking::{Channel, Connector, Lead, Server, ServerHandle};

/// Rounds in which each of them has its turn.
const ROUNDS: usize = 11;

/// How long a turn is.
const TURN: Duration = Duration::from_millis(100);

/// Somebody who makes calls one after the other.
type Caller = Box<dyn FnMut()>;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let mut report = Report::new("blocking", json_wanted(&args));
    let all = cpu::processors();
    // The threads that begin from here on stay where this one is.
    cpu::stay_on(&all[..1]);
    let rates = rates(&|| cpu::used());
    let group = "one thread, 64 bytes, on one processor: rates by that of bare sockets";
    add(&mut report, group, &rates, [0.5, 0.25, 0.38].map(Limit::AtLeast));
    cpu::stay_on(&all);
    let began = Instant::now();
    let rates = self::rates(&|| began.elapsed());
    let group = "one thread, 64 bytes, on all processors: rates by that of bare sockets";
    add(&mut report, group, &rates, [Limit::None; 3]);
    report.finish()
}

/// The rates of all, round by round, by a clock.
fn rates(clock: &dyn Fn() -> Duration) -> Vec<Vec<f64>> {
    let krpc = raw::serve(Greeting::Negotiation).expect("a port is free");
    let bare = raw::serve(Greeting::None).expect("a port is free");
    let (pool, inline) = (serve(false), serve(true));
    let mut callers: [Caller; 5] = [
        ping(bare),
        calls(krpc, Lead::Callers),
        calls(pool.local_addr().expect("it listens on TCP"), Lead::Callers),
        calls(inline.local_addr().expect("it listens on TCP"), Lead::Callers),
        calls(krpc, Lead::Keeper),
    ];
    let mut rates = vec![Vec::new(); callers.len()];
    callers.iter_mut().for_each(|call| _ = rate(call, clock));
    for _ in 0..ROUNDS {
        for (call, rates) in callers.iter_mut().zip(&mut rates) {
            rates.push(rate(call, clock));
        }
    }
    rates
}

fn add(report: &mut Report, group: &str, rates: &[Vec<f64>], limits: [Limit; 3]) {
    let [client, pool, inline] = limits;
    let what = [
        ("the client, against a server of bare sockets", client),
        ("client and server, handlers on the pool", pool),
        ("client and server, methods inline", inline),
        ("the client, driven by the keeper, against bare sockets", Limit::None),
    ];
    let bare = &rates[0];
    report.add(group, "bare sockets, a second", Unit::Count, median(bare).round(), Limit::None);
    for ((what, limit), rates) in what.into_iter().zip(&rates[1..]) {
        let ratios: Vec<f64> = rates.iter().zip(bare).map(|(rate, bare)| rate / bare).collect();
        report.add(group, what, Unit::Ratio, median(&ratios), limit);
    }
}

/// Calls in a second of a clock.
fn rate(call: &mut Caller, clock: &dyn Fn() -> Duration) -> f64 {
    let began = clock();
    let mut calls = 0;
    loop {
        // A look at the clock is small beside so many.
        (0..16).for_each(|_| call());
        calls += 16;
        let took = clock() - began;
        if took >= TURN {
            return f64::from(calls) / took.as_secs_f64();
        }
    }
}

/// A client of bare sockets.
fn ping(server: SocketAddr) -> Caller {
    let frames = Frames::record();
    let mut stream = TcpStream::connect(server).expect("it listens");
    stream.set_nodelay(true).expect("the kernel can do that");
    let mut buffer = vec![0; 16 << 10];
    Box::new(move || {
        stream.write_all(&frames.call).expect("the server lives");
        let n = raw::read_frame(&mut stream, &mut buffer).expect("the server answers");
        assert_eq!(n, frames.reply.len());
    })
}

/// A client of ours.
fn calls(server: SocketAddr, lead: Lead) -> Caller {
    let connector = Connector::led_by(client_config(false), lead);
    let channel: Channel = connector.channel(&server.to_string()).expect("it is an address");
    channel.connect_now().expect("it listens");
    Box::new(move || {
        channel.call_raw(request()).expect("it is answered");
    })
}

/// A server of ours.
fn serve(inline: bool) -> ServerHandle {
    let server = Server::builder().config(server_config(false)).add_service(Take { inline });
    server.bind("127.0.0.1:0").expect("a port is free").serve().expect("there are threads")
}
