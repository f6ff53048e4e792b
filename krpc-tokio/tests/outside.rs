//! A server on a runtime that was named, asked from outside of it.
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use krpc_tokio::{Server, Tokio};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

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
