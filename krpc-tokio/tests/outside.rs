//! A server on a runtime that was named, asked from outside of it.

use std::thread;
use std::time::Duration;

use krpc_reactor::block_on;
use krpc_tokio::{Server, Tokio};

#[test]
fn shutdown_from_outside_of_the_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::on(Tokio::new(runtime.handle().clone()));
    let server = block_on(server.bind("127.0.0.1:0")).unwrap().serve();
    let address = server.local_addr().unwrap();
    // A connection, so that there is something to wait for.
    let _peer = std::net::TcpStream::connect(address).unwrap();
    while server.connections() == 0 {
        thread::yield_now();
    }
    block_on(server.shutdown(Duration::from_secs(1)));
}

#[test]
fn bind_by_name_from_outside_of_the_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::on(Tokio::new(runtime.handle().clone()));
    block_on(server.bind("localhost:0")).unwrap();
}
