use hello::HelloRequest;
use hello::greeter::GreeterClient;
use krpc_tokio::Channel;
use std::time::Duration;

mod hello {
    krpc_tokio::include_proto!("example.hello");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let greeter = GreeterClient::new(Channel::connect("127.0.0.1:7777")?);
    let request = HelloRequest { name: "world".into() };
    let reply = greeter.say_hello(&request).timeout(Duration::from_secs(5)).await?;
    println!("{}", reply.text);
    Ok(())
}
