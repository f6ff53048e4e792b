use hello::greeter::{Greeter, GreeterServer};
use hello::{HelloReply, HelloRequest};
use krpc_tokio::{Answer, CallContext, Server};

mod hello {
    krpc_tokio::include_proto!("example.hello");
}

struct Polite;

impl Greeter for Polite {
    async fn say_hello(&self, _: CallContext, req: HelloRequest) -> Answer<HelloReply> {
        Ok(HelloReply { text: format!("Hello {}!", req.name) }.into())
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let server =
        Server::builder().add_service(GreeterServer::new(Polite)).bind("127.0.0.1:7777").await?;
    server.serve().closed().await;
    Ok(())
}
