//! A client and a server of each adapter, each in a process of its own, so that what it uses can be told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::adapter::{Adapter, Client, Load, serve};
use crate::child::{Child, orders};
use crate::memory::client_config;
use crate::service::{Take, request_with};

/// What a client is to do.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Whether over TLS 1.3.
    pub tls: bool,
    /// On how many connections.
    pub connections: usize,
    /// How calls are made.
    pub load: Load,
    /// Bytes beside the message.
    pub payload: usize,
    /// For how long.
    pub time: Duration,
}

/// What calls have cost, each.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// The client's processor time in microseconds.
    pub client: f64,
    /// The server's.
    pub server: f64,
    /// Calls in a second.
    pub rate: f64,
    /// Switches between threads, of both.
    pub switches: f64,
}

/// The processes.
#[derive(Debug)]
pub struct Workers {
    clients: [Child; 3],
    servers: [Child; 3],
    /// Of the servers: plain, and over TLS.
    addresses: [Vec<String>; 3],
}

impl Workers {
    /// Starts them: this program with `--client` or `--server` and the name of an adapter.
    pub fn start() -> Self {
        let start = |role| Adapter::ALL.map(|adapter| Child::start(&[role, adapter.name()]));
        let (clients, mut servers) = (start("--client"), start("--server"));
        let addresses = servers.each_mut().map(Child::answer);
        Workers { clients, servers, addresses }
    }

    /// Has one client make calls to one server.
    pub fn turn(&mut self, client: Adapter, server: Adapter, order: &Order) -> Cost {
        let address = &self.addresses[server as usize][usize::from(order.tls)];
        let (client, server) = (&mut self.clients[client as usize], &self.servers[server as usize]);
        let Order { tls, connections, load: Load { threads, depth }, payload, time } = order;
        let numbers = [connections, threads, depth, payload, &(time.as_millis() as usize)];
        let numbers = numbers.map(usize::to_string).join(" ");
        client.order(&format!("{tls} {address} {numbers}"));
        assert_eq!(client.answer(), ["ready"]);
        let before = (client.used(), server.used());
        client.order("go");
        let answer = client.answer();
        let (up, down) = (client.used().since(before.0), server.used().since(before.1));
        let [calls, time] = [0, 1].map(|i: usize| answer[i].parse::<f64>().expect("a number"));
        Cost {
            client: up.nanos / 1e3 / calls,
            server: down.nanos / 1e3 / calls,
            rate: calls / time,
            switches: (up.switches + down.switches) / calls,
        }
    }
}

/// The process of a server.
pub fn server(adapter: Adapter) {
    let [plain, tls] = [false, true].map(|tls| serve(adapter, tls, Take { inline: false }));
    println!("{plain} {tls}");
    // Until the other one goes.
    orders().for_each(drop);
}

/// The process of a client.
pub fn client(adapter: Adapter) {
    let mut clients = BTreeMap::new();
    let mut orders = orders();
    while let Some(order) = orders.next() {
        let words: Vec<&str> = order.split(' ').collect();
        let tls: bool = words[0].parse().expect("a truth");
        let server: SocketAddr = words[1].parse().expect("an address");
        let numbers = words[2..].iter().map(|word| word.parse().expect("a number"));
        let numbers: Vec<usize> = numbers.collect();
        let [connections, threads, depth, payload, millis] = numbers[..] else {
            panic!("five numbers: {order}")
        };
        let client = clients.entry((tls, server, connections)).or_insert_with(|| {
            let mut client = Client::new(adapter, &client_config(tls));
            client.connect(server, connections);
            client
        });
        println!("ready");
        orders.next();
        let request = request_with(Bytes::from(vec![1; payload]));
        let time = Duration::from_millis(millis as u64);
        let (calls, time) = client.run(Load { threads, depth }, &request, time);
        println!("{calls} {}", time.as_secs_f64());
    }
}
