use std::time::Duration;

use hello::greeter::{Greeter, GreeterClient, GreeterServer};
use hello::{HelloReply, HelloRequest};
use krpc_tokio::{Answer, CallContext, Channel, Server, Sidecar};
#[path = "hello/generated.rs"]
mod hello;

struct Busy;
impl Greeter for Busy {
    async fn say_hello(&self, _: CallContext, _: HelloRequest) -> Answer<HelloReply> {
        std::future::pending().await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::builder().add_service(GreeterServer::new(Busy));
    let server = server.bind("127.0.0.1:0").await?.serve();
    let greeter = GreeterClient::new(Channel::connect(&server.local_addrs()[0].to_string())?);
    let request = HelloRequest { name: "world".into() };
    // The payload is any owner of bytes. That it is dropped is its release.
    let call =
        || greeter.say_hello(&request).sidecar(Sidecar::from_owner(vec![7; 8 << 20])).start();

    // 1. Cancel and wait: the payload is released, and this is what became of the request.
    println!("{:?}", call().cancel().await);

    // 2. Drop the future, here at the end of a timeout. Nothing more to do.
    let dropped = tokio::time::timeout(Duration::from_millis(20), call()).await;
    println!("{}", dropped.unwrap_err());

    // 3. Cancel from elsewhere. Whoever waits for the call is told.
    let call = call();
    let handle = call.cancel_handle();
    tokio::spawn(async move { handle.cancel().await });
    println!("{}", call.await.unwrap_err());
    Ok(())
}
