//! Clients, traits and servers.

use std::collections::{BTreeMap, VecDeque};

use prost_build::{Comments, Service, ServiceGenerator};
use prost_reflect::DescriptorPool;

use crate::names::{free, snake};
use crate::only::Only;
use crate::options::MethodOptions;

/// Functions of the generated items themselves, and those that would hide another on a client or be
/// hidden on it: a `clone` of its own comes before the derived one, and `into` and `try_into`, which
/// take their object itself, before one that borrows it.
const TAKEN: &[&str] = &["new", "supports_feature", "inline", "clone", "into", "try_into"];

/// Adds to the messages that prost-build writes what KRPC needs besides.
pub(crate) struct Generator {
    pub(crate) codegen: String,
    pub(crate) client: bool,
    pub(crate) server: bool,
    pub(crate) blocking_server: bool,
    /// The services with all their options.
    pub(crate) pool: DescriptorPool,
    /// The methods that are wanted.
    pub(crate) only: Only,
    /// The tables of required fields, for each file in the order in which they are generated.
    pub(crate) tables: VecDeque<String>,
}

impl ServiceGenerator for Generator {
    fn generate(&mut self, service: Service, buf: &mut String) {
        let described = Described::new(&service, &self.pool, &self.only);
        if described.rpcs.is_empty() && !matches!(self.only, Only::All) {
            return;
        }
        let (module, full_name) = (snake(&service.proto_name), &described.full_name);
        let codegen = match self.codegen.rsplit("::").next() {
            Some("codegen") => self.codegen.clone(),
            _ => format!("{} as codegen", self.codegen),
        };
        let methods: String = described.rpcs.iter().map(Rpc::info).collect();
        let client = if self.client { described.client() } else { String::new() };
        let kinds = [(self.server, Handlers::Async), (self.blocking_server, Handlers::Blocking)];
        let servers = kinds.iter().filter(|(wanted, _)| *wanted);
        let servers: String = servers.map(|(_, handlers)| described.server(*handlers)).collect();
        *buf += &format!(
            "/// The service `{full_name}`.
            #[allow(unused_variables)]
            pub mod {module} {{
                use {codegen};

                /// Name of the service on the wire.
                pub const SERVICE_NAME: &str = {full_name:?};

                /// The methods, in the order of their declaration.
                pub const METHODS: &[codegen::MethodInfo] = &[{methods}];

                {client}{servers}
            }}\n"
        );
    }

    /// prost-build calls this after every file.
    fn finalize(&mut self, buf: &mut String) {
        *buf += &self.tables.pop_front().unwrap_or_default();
    }
}

/// A service, its names chosen.
struct Described {
    /// Of the trait. Generated code says `self::NAME`, because a service may be called as the
    /// parameter of a generic type is.
    rust_name: String,
    /// What the names of client and server begin with.
    stem: String,
    full_name: String,
    docs: String,
    rpcs: Vec<Rpc>,
    /// Functions of the authorization methods, by the names in the options.
    authz: BTreeMap<String, String>,
}

/// What the handlers of a server are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Handlers {
    /// Functions that return futures.
    Async,
    /// Plain functions.
    Blocking,
}

struct Rpc {
    name: String,
    function: String,
    request: String,
    response: String,
    docs: String,
    options: MethodOptions,
}

impl Described {
    fn new(service: &Service, pool: &DescriptorPool, only: &Only) -> Self {
        let dot = if service.package.is_empty() { "" } else { "." };
        let full_name = format!("{}{dot}{}", service.package, service.proto_name);
        let known = pool.get_service_by_name(&full_name).expect("the pool has every service");
        let mut taken: Vec<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
        let mut rpcs = Vec::new();
        let methods = service.methods.iter().zip(known.methods());
        for (method, known) in methods.filter(|(_, known)| only.method(known)) {
            rpcs.push(Rpc {
                name: method.proto_name.clone(),
                function: free(method.name.clone(), &mut taken),
                request: from_inside(&method.input_type),
                response: from_inside(&method.output_type),
                docs: docs(&method.comments, &format!("`{full_name}.{}`", method.proto_name)),
                options: MethodOptions::of(&known),
            });
        }
        let mut authz = BTreeMap::new();
        for name in rpcs.iter().filter_map(|rpc| rpc.options.authz_method.as_ref()) {
            if !authz.contains_key(name) {
                authz.insert(name.clone(), free(snake(name), &mut taken));
            }
        }
        let docs = docs(&service.comments, &format!("The service `{full_name}`."));
        let rust_name = service.name.clone();
        // The service `Self` has the trait `Self_`, and a client that needs no underscore.
        let stem = rust_name.trim_end_matches('_').to_owned();
        Described { rust_name, stem, full_name, docs, rpcs, authz }
    }

    fn client(&self) -> String {
        let Described { stem, docs, .. } = self;
        let stubs: String =
            self.rpcs.iter().enumerate().map(|(number, rpc)| rpc.stub(number)).collect();
        format!(
            "{docs}
            #[derive(Clone, Debug)]
            pub struct {stem}Client<C> {{
                caller: C,
            }}

            impl<C: codegen::Caller> {stem}Client<C> {{
                /// A client that calls through `caller`, such as a channel.
                pub fn new(caller: C) -> Self {{
                    Self {{ caller }}
                }}

                {stubs}
            }}\n"
        )
    }

    /// The names of a trait and of its server. None of them is the client's, whatever the service
    /// is called.
    fn names(&self, handlers: Handlers) -> (String, String) {
        let stem = &self.stem;
        match handlers {
            Handlers::Async => (self.rust_name.clone(), format!("{stem}Server")),
            Handlers::Blocking => {
                // A name that begins with a digit needs no underscore here.
                let name = format!("Blocking{}", stem.trim_start_matches('_'));
                (name.clone(), format!("{name}Server"))
            }
        }
    }

    fn server(&self, handlers: Handlers) -> String {
        let Described { full_name, docs, .. } = self;
        let (name, server) = self.names(handlers);
        let functions: String = self.rpcs.iter().map(|rpc| rpc.handler(handlers)).collect();
        let authz: String = self.authz.iter().map(authz_method).collect();
        let (raw, dispatch) = (result("codegen::RawReply"), self.dispatch(handlers));
        let (kind, inline) = match handlers {
            Handlers::Async => (
                "",
                "/// Whether handlers of the method of this name, as in the `.proto` file, usually
                /// finish without waiting, so that running each at once is better than spawning it.",
            ),
            Handlers::Blocking => (
                "///
                /// The handlers are plain functions, and may block.",
                "/// Whether handlers of the method of this name, as in the `.proto` file, run on the
                /// thread that has read the call, rather than on one of the pool's. Everything else
                /// that this thread does waits for them.",
            ),
        };
        format!(
            "{docs}
            {kind}
            pub trait {name}: ::core::marker::Send + ::core::marker::Sync + 'static {{
                {functions}{authz}

                /// Whether an application feature flag is supported.
                fn supports_feature(&self, flag: u32) -> bool {{
                    false
                }}

                {inline}
                fn inline(&self, method: &str) -> bool {{
                    false
                }}
            }}

            /// What a server takes to serve `{full_name}`.
            #[derive(Debug)]
            pub struct {server}<T> {{
                inner: codegen::Arc<T>,
            }}

            impl<T: self::{name}> {server}<T> {{
                /// Serves with the handlers of `inner`.
                pub fn new(inner: T) -> Self {{
                    Self {{ inner: codegen::Arc::new(inner) }}
                }}
            }}

            impl<T: self::{name}> codegen::Service for {server}<T> {{
                fn name(&self) -> &'static str {{
                    SERVICE_NAME
                }}

                fn methods(&self) -> &'static [codegen::MethodInfo] {{
                    METHODS
                }}

                fn supports_feature(&self, flag: u32) -> bool {{
                    <T as self::{name}>::supports_feature(&self.inner, flag)
                }}

                fn inline(&self, method: usize) -> bool {{
                    let method = METHODS.get(method);
                    method.is_some_and(|info| <T as self::{name}>::inline(&self.inner, info.name))
                }}

                fn call(
                    &self,
                    method: usize,
                    cx: codegen::CallContext,
                    body: codegen::Bytes,
                ) -> codegen::BoxFuture<{raw}> {{
                    {dispatch}
                }}
            }}\n"
        )
    }

    fn dispatch(&self, handlers: Handlers) -> String {
        if self.rpcs.is_empty() {
            return "codegen::no_such_method(&cx, method)".to_owned();
        }
        let rpcs = self.rpcs.iter().enumerate();
        let arms: String = rpcs.map(|(number, rpc)| self.arm(number, rpc, handlers)).collect();
        format!(
            "let inner = codegen::Arc::clone(&self.inner);
            match method {{
                {arms}
                _ => codegen::no_such_method(&cx, method),
            }}"
        )
    }

    /// Parse, authorize, handle: when the future is polled, and where.
    fn arm(&self, number: usize, rpc: &Rpc, handlers: Handlers) -> String {
        let Rpc { function, request, options, .. } = rpc;
        // `inner.clone(..)` would be a method of the `Arc`, and `inner.into(..)` anybody's.
        let handler = format!("<T as self::{}>", self.names(handlers).0);
        let authorize = options.authz_method.as_ref().map_or(String::new(), |name| {
            let function = &self.authz[name];
            format!("{handler}::{function}(&inner, &cx)?;")
        });
        let wait = if handlers == Handlers::Async { ".await" } else { "" };
        format!(
            "{number} => ::std::boxed::Box::pin(async move {{
                let req: {request} = codegen::decode_request(&cx, body)?;
                {authorize}
                codegen::encode_reply({handler}::{function}(&inner, cx, req){wait})
            }}),\n"
        )
    }
}

impl Rpc {
    fn info(&self) -> String {
        let Rpc { name, options, .. } = self;
        let (track, authz) = (options.track_rpc_result, &options.authz_method);
        format!(
            "codegen::MethodInfo {{
                service: SERVICE_NAME,
                name: {name:?},
                track_rpc_result: {track},
                authz_method: {authz:?},
            }},"
        )
    }

    fn stub(&self, number: usize) -> String {
        let Rpc { function, request, response, docs, .. } = self;
        format!(
            "{docs}
            pub fn {function}(&self, req: &{request}) -> codegen::TypedCall<C, {response}> {{
                codegen::TypedCall::new(&self.caller, &METHODS[{number}], req)
            }}\n"
        )
    }

    fn handler(&self, handlers: Handlers) -> String {
        let Rpc { function, request, response, docs, .. } = self;
        let answer = result(&format!("codegen::Reply<{response}>"));
        let output = match handlers {
            Handlers::Async => {
                format!("impl ::core::future::Future<Output = {answer}> + ::core::marker::Send")
            }
            Handlers::Blocking => answer,
        };
        format!(
            "{docs}
            fn {function}(&self, cx: codegen::CallContext, req: {request}) -> {output};\n"
        )
    }
}

fn authz_method((name, function): (&String, &String)) -> String {
    let answer = result("()");
    format!(
        "/// The authorization method `{name}`: an error refuses the call.
        fn {function}(&self, cx: &codegen::CallContext) -> {answer};\n"
    )
}

/// What handlers return. No name of Rust's prelude is used, because services may have them.
fn result(ok: &str) -> String {
    format!("::core::result::Result<{ok}, codegen::ErrorStatus>")
}

/// prost-build's path of a type is for the module around the service's.
fn from_inside(path: &str) -> String {
    let absolute = path.starts_with("::") || path.starts_with("crate::");
    if absolute { path.to_owned() } else { format!("super::{path}") }
}

/// What the file says, or else `otherwise`: some crates insist on documentation.
fn docs(comments: &Comments, otherwise: &str) -> String {
    let mut text = String::new();
    // Comments that a blank line separates are about something else.
    let own = Comments { leading_detached: Vec::new(), ..comments.clone() };
    own.append_with_indent(0, &mut text);
    if text.is_empty() { format!("/// {otherwise}") } else { text }
}
