use std::time::Duration;

use hello::greeter::{BlockingGreeter, BlockingGreeterServer, GreeterClient};
use hello::{HelloReply, HelloRequest};
use krpc_blocking::{Answer, CallContext, Channel, Server};

// Generated. With a build script, as in the README: krpc_blocking::include_proto!("example.hello");
#[path = "hello/generated.rs"]
mod hello;

struct Polite;

impl BlockingGreeter for Polite {
    fn say_hello(&self, _: CallContext, req: HelloRequest) -> Answer<HelloReply> {
        Ok(HelloReply { text: format!("Hello {}!", req.name) }.into())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The server. Port 0 takes a free one.
    let server = Server::builder().add_service(BlockingGreeterServer::new(Polite));
    let server = server.bind("127.0.0.1:0")?.serve()?;
    let address = server.local_addrs()[0].to_string();

    // The client, which would be another program.
    let greeter = GreeterClient::new(Channel::connect(&address)?);
    let request = HelloRequest { name: "world".into() };
    let reply = greeter.say_hello(&request).timeout(Duration::from_secs(5)).wait()?;
    println!("{}", reply.text);

    server.shutdown(Duration::from_secs(1));
    Ok(())
}
