//! Clients, traits and servers.

use std::collections::{BTreeMap, VecDeque};

use prost_build::{Comments, Service, ServiceGenerator};
use prost_reflect::DescriptorPool;

use crate::names::{free, snake};
use crate::options::MethodOptions;

/// Adds to the messages that prost-build writes what KRPC needs besides.
pub(crate) struct Generator {
    pub(crate) codegen: String,
    pub(crate) client: bool,
    pub(crate) server: bool,
    /// The services with all their options.
    pub(crate) pool: DescriptorPool,
    /// The tables of required fields, for each file in the order in which they are generated.
    pub(crate) tables: VecDeque<String>,
}

impl ServiceGenerator for Generator {
    fn generate(&mut self, service: Service, buf: &mut String) {
        let described = Described::new(&service, &self.pool);
        let (module, full_name) = (snake(&service.proto_name), &described.full_name);
        let codegen = match self.codegen.rsplit("::").next() {
            Some("codegen") => self.codegen.clone(),
            _ => format!("{} as codegen", self.codegen),
        };
        let methods: String = described.rpcs.iter().map(Rpc::info).collect();
        let client = if self.client { described.client() } else { String::new() };
        let server = if self.server { described.server() } else { String::new() };
        // Who uses one side of a service is not told that the other is unused.
        *buf += &format!(
            "/// The service `{full_name}`.
            #[allow(dead_code, unused_variables)]
            pub mod {module} {{
                use {codegen};

                /// Name of the service on the wire.
                pub const SERVICE_NAME: &str = {full_name:?};

                /// The methods, in the order of their declaration.
                pub const METHODS: &[codegen::MethodInfo] = &[{methods}];

                {client}{server}
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
    rust_name: String,
    full_name: String,
    docs: String,
    rpcs: Vec<Rpc>,
    /// Functions of the authorization methods, by the names in the options.
    authz: BTreeMap<String, String>,
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
    fn new(service: &Service, pool: &DescriptorPool) -> Self {
        let dot = if service.package.is_empty() { "" } else { "." };
        let full_name = format!("{}{dot}{}", service.package, service.proto_name);
        let known = pool.get_service_by_name(&full_name).expect("the pool has every service");
        // What the generated items themselves define.
        let mut taken = ["new", "supports_feature", "inline"].map(String::from).to_vec();
        let mut rpcs = Vec::new();
        for (method, known) in service.methods.iter().zip(known.methods()) {
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
        Described { rust_name: service.name.clone(), full_name, docs, rpcs, authz }
    }

    fn client(&self) -> String {
        let Described { rust_name, docs, .. } = self;
        let stubs: String =
            self.rpcs.iter().enumerate().map(|(number, rpc)| rpc.stub(number)).collect();
        format!(
            "{docs}
            #[derive(Clone, Debug)]
            pub struct {rust_name}Client<C> {{
                caller: C,
            }}

            impl<C: codegen::AsyncCaller> {rust_name}Client<C> {{
                /// A client that calls through `caller`, such as a channel.
                pub fn new(caller: C) -> Self {{
                    Self {{ caller }}
                }}

                {stubs}
            }}\n"
        )
    }

    fn server(&self) -> String {
        let Described { rust_name, full_name, docs, .. } = self;
        let handlers: String = self.rpcs.iter().map(Rpc::handler).collect();
        let authz: String = self.authz.iter().map(authz_method).collect();
        let dispatch = self.dispatch();
        format!(
            "{docs}
            pub trait {rust_name}: Send + Sync + 'static {{
                {handlers}{authz}

                /// Whether an application feature flag is supported.
                fn supports_feature(&self, flag: u32) -> bool {{
                    false
                }}

                /// Whether handlers usually finish without waiting, so that running each at once is
                /// better than spawning it.
                fn inline(&self) -> bool {{
                    false
                }}
            }}

            /// What a server takes to serve `{full_name}`.
            #[derive(Debug)]
            pub struct {rust_name}Server<T> {{
                inner: codegen::Arc<T>,
            }}

            impl<T: {rust_name}> {rust_name}Server<T> {{
                /// Serves with the handlers of `inner`.
                pub fn new(inner: T) -> Self {{
                    Self {{ inner: codegen::Arc::new(inner) }}
                }}
            }}

            impl<T: {rust_name}> codegen::Service for {rust_name}Server<T> {{
                fn name(&self) -> &'static str {{
                    SERVICE_NAME
                }}

                fn methods(&self) -> &'static [codegen::MethodInfo] {{
                    METHODS
                }}

                fn supports_feature(&self, flag: u32) -> bool {{
                    self.inner.supports_feature(flag)
                }}

                fn inline(&self) -> bool {{
                    self.inner.inline()
                }}

                fn call(
                    &self,
                    method: usize,
                    cx: codegen::CallContext,
                    body: codegen::Bytes,
                ) -> codegen::BoxFuture<Result<codegen::RawReply, codegen::ErrorStatus>> {{
                    {dispatch}
                }}
            }}\n"
        )
    }

    fn dispatch(&self) -> String {
        if self.rpcs.is_empty() {
            return "codegen::no_such_method(&cx, method)".to_owned();
        }
        let arms: String =
            self.rpcs.iter().enumerate().map(|(number, rpc)| self.arm(number, rpc)).collect();
        format!(
            "let inner = codegen::Arc::clone(&self.inner);
            match method {{
                {arms}
                _ => codegen::no_such_method(&cx, method),
            }}"
        )
    }

    /// Parse, authorize, handle.
    fn arm(&self, number: usize, rpc: &Rpc) -> String {
        let Rpc { function, request, options, .. } = rpc;
        let authorize = options.authz_method.as_ref().map_or(String::new(), |name| {
            let function = &self.authz[name];
            format!("inner.{function}(&cx)?;")
        });
        format!(
            "{number} => ::std::boxed::Box::pin(async move {{
                let req: {request} = codegen::decode_request(&cx, body)?;
                {authorize}
                codegen::encode_reply(inner.{function}(cx, req).await)
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

    fn handler(&self) -> String {
        let Rpc { function, request, response, docs, .. } = self;
        let answer = format!("Result<codegen::Reply<{response}>, codegen::ErrorStatus>");
        format!(
            "{docs}
            fn {function}(&self, cx: codegen::CallContext, req: {request})
                -> impl codegen::Future<Output = {answer}> + Send;\n"
        )
    }
}

fn authz_method((name, function): (&String, &String)) -> String {
    format!(
        "/// The authorization method `{name}`: an error refuses the call.
        fn {function}(&self, cx: &codegen::CallContext) -> Result<(), codegen::ErrorStatus>;\n"
    )
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
