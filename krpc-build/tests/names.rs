//! Services and methods whose names mean something to Rust.

#[deny(warnings, missing_docs, unreachable_pub, rust_2018_idioms, unused_qualifications)]
#[deny(clippy::all, clippy::pedantic)]
#[path = "generated/shapes.rs"]
mod shapes;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use krpc_tokio::{
    Answer, CallContext, Channel, ErrorStatus, Server, ServerHandle, Service, Status,
};

use shapes::guarded::{Guarded, GuardedClient, GuardedServer};
use shapes::methods::{Methods, MethodsClient, MethodsServer};
use shapes::{Leaf, Which};

const LEAF: Leaf = Leaf { number: None };

/// Can be cloned and more, as any type of a user. Counts who refused.
#[derive(Clone, Debug, Default)]
struct Handlers {
    refused: Arc<AtomicUsize>,
}

/// Handlers that answer with their own names.
macro_rules! handlers {
    ($($function:ident)*) => { $(
        async fn $function(&self, _: CallContext, _: Leaf) -> Answer<Which> {
            Ok(Which { function: stringify!($function).to_owned() }.into())
        }
    )* };
}

impl Methods for Handlers {
    handlers! {
        clone_ drop into_ try_into_ into_iter to_owned to_string as_ref borrow deref type_id fmt cmp self_
        from_anywhere name methods call inner req
    }
}

impl Handlers {
    fn refuse(&self, nth: usize) -> Result<(), ErrorStatus> {
        self.refused.fetch_add(nth, Ordering::Relaxed);
        Err(Status::not_authorized("nobody may").into())
    }
}

impl Guarded for Handlers {
    handlers! { first second third }

    fn clone_(&self, _: &CallContext) -> Result<(), ErrorStatus> {
        self.refuse(1)
    }

    fn drop(&self, _: &CallContext) -> Result<(), ErrorStatus> {
        self.refuse(10)
    }

    fn as_ref(&self, _: &CallContext) -> Result<(), ErrorStatus> {
        self.refuse(100)
    }
}

async fn serve(service: impl Service) -> (ServerHandle, Channel) {
    let server = Server::builder().add_service(service).bind("127.0.0.1:0").await.unwrap().serve();
    let channel = Channel::connect(&server.local_addr().unwrap().to_string()).unwrap();
    (server, channel)
}

#[tokio::test]
async fn methods_named_as_those_of_every_type_reach_their_handlers() {
    let (_server, channel) = serve(MethodsServer::new(Handlers::default())).await;
    // Not the method `Clone`, which has an underscore.
    let client = MethodsClient::new(channel).clone();
    macro_rules! check {
        ($($function:ident)*) => { $(
            assert_eq!(client.$function(&LEAF).await.unwrap().function, stringify!($function));
        )* };
    }
    check! {
        clone_ drop into_ try_into_ into_iter to_owned to_string as_ref borrow deref type_id fmt cmp self_
        from_anywhere name methods call inner req
    }
}

#[tokio::test]
async fn authorization_methods_named_as_those_of_every_type_are_asked() {
    let handlers = Handlers::default();
    let (_server, channel) = serve(GuardedServer::new(handlers.clone())).await;
    let client = GuardedClient::new(channel);
    for call in [client.first(&LEAF), client.second(&LEAF), client.third(&LEAF)] {
        call.await.unwrap_err();
    }
    assert_eq!(handlers.refused.load(Ordering::Relaxed), 111);
}

/// Implements a service with a method `Get`, and makes a call.
macro_rules! service {
    ($module:ident, $trait:ident, $client:ident, $server:ident $(, $authz:ident)?) => {
        impl shapes::$module::$trait for Handlers {
            handlers! { get }
            $(fn $authz(&self, _: &CallContext) -> Result<(), ErrorStatus> {
                Ok(())
            })?
        }

        #[tokio::test]
        async fn $module() {
            let service = shapes::$module::$server::new(Handlers::default());
            let (_server, channel) = serve(service).await;
            let client = shapes::$module::$client::new(channel);
            assert_eq!(client.get(&LEAF).await.unwrap().function, "get");
        }
    };
}

/// Each test is called as its service's module.
mod services_named_as {
    use super::*;

    service!(result, Result, ResultClient, ResultServer);
    service!(send, Send, SendClient, SendServer);
    service!(sync, Sync, SyncClient, SyncServer);
    service!(future, Future, FutureClient, FutureServer);
    service!(t, T, TClient, TServer, check);
    service!(c, C, CClient, CServer);
    service!(self_, Self_, SelfClient, SelfServer);
    service!(option, Option, OptionClient, OptionServer);
    service!(some, Some, SomeClient, SomeServer, check);
    service!(r#box, Box, BoxClient, BoxServer);
    service!(clone, Clone, CloneClient, CloneServer);
    service!(service, Service, ServiceClient, ServiceServer);
    service!(codegen, Codegen, CodegenClient, CodegenServer);
    service!(blocking, Blocking, BlockingClient, BlockingServer);
    service!(blocking_service, BlockingService, BlockingServiceClient, BlockingServiceServer);
    service!(_9lives, _9lives, _9livesClient, _9livesServer);
    service!(core, Core, CoreClient, CoreServer);
    service!(str, Str, StrClient, StrServer);
    service!(u32, U32, U32Client, U32Server);
}
