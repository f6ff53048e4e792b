use std::time::Duration;

use hello::greeter::{Greeter, GreeterClient, GreeterServer};
use hello::{HelloReply, HelloRequest};
use krpc_smol::{Answer, CallContext, ClientConfig, Connector, Server, Smol, login_user};

// Generated. With a build script, as in the README: krpc_smol::include_proto!("example.hello");
#[path = "hello/generated.rs"]
mod hello;

struct Polite;

impl Greeter for Polite {
    async fn say_hello(&self, _: CallContext, req: HelloRequest) -> Answer<HelloReply> {
        Ok(HelloReply { text: format!("Hello {}!", req.name) }.into())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    smol::block_on(async {
        // Whatever runs tasks: here smol's global executor.
        let runtime = Smol::new(|task| smol::spawn(task).detach());

        // The server. Port 0 takes a free one.
        let server = Server::on(runtime.clone()).add_service(GreeterServer::new(Polite));
        let server = server.bind("127.0.0.1:0").await?.serve();
        let address = server.local_addrs()[0].to_string();

        // The client, which would be another program.
        let connector = Connector::on(runtime, ClientConfig::new(login_user()));
        let greeter = GreeterClient::new(connector.channel(&address)?);
        let request = HelloRequest { name: "world".into() };
        let reply = greeter.say_hello(&request).timeout(Duration::from_secs(5)).await?;
        println!("{}", reply.text);

        server.shutdown(Duration::from_secs(1)).await;
        Ok(())
    })
}
