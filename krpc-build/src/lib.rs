//! From `.proto` files to typed KRPC clients and servers, for build scripts. No `protoc` is needed.
//!
//! A build script is three lines:
//!
//! ```no_run
//! fn main() -> Result<(), krpc_build::Error> {
//!     krpc_build::compile_protos(&["proto/hello.proto"], &["proto"])
//! }
//! ```
//!
//! It writes one file per protobuf package, named after the package, into Cargo's `OUT_DIR`.
//! `krpc_tokio::include_proto!("example.hello")` includes one. A package that refers to another
//! expects both in modules that lie in each other as the packages do.
//!
//! # What a service becomes
//!
//! For `service Greeter` there is a module `greeter` with
//!
//! * `SERVICE_NAME` and `METHODS`, what is known of the service and of each method;
//! * `GreeterClient`, which makes calls through a channel;
//! * `Greeter`, the trait that a server implements: a function for each method, and one for each
//!   authorization method that the file names;
//! * `GreeterServer`, which makes of that implementation what a server takes;
//! * `BlockingGreeter` and `BlockingGreeterServer`, the same for handlers that are plain functions,
//!   if [asked for](Builder::blocking_server).
//!
//! Functions are named as the methods, in snake case. Where a name is taken (a client has a `new`
//! and a `clone`, a server's trait a `supports_feature` and an `inline`, and everything an `into`
//! and a `try_into`) an underscore follows it, on both sides: `rpc Clone` is `clone_`.
//!
//! Names that are the same in Rust only are an error: two services `HTTPService` and `HttpService`,
//! or a service `Orders` of package `shop` and the package `shop.orders`, which both would be the
//! module `orders`. One of them needs another name. If neither of two packages refers to the other,
//! it is enough to generate them one after the other, and to include one of them elsewhere.
//!
//! A module of generated code has no warnings, however little of it is used. Its comments are the
//! file's; a public module of a crate that insists on `missing_docs` has to allow it.
//!
//! # Adapters
//!
//! Generated code reaches the library through the adapter in use. Unless told otherwise that is
//! `krpc_tokio`. For `krpc_smol` the module is `::krpc_smol::codegen`. A build script for
//! `krpc_blocking` also chooses the servers whose handlers may block:
//!
//! ```no_run
//! fn main() -> Result<(), krpc_build::Error> {
//!     krpc_build::configure()
//!         .codegen_path("::krpc_blocking::codegen")
//!         .build_server(false)
//!         .blocking_server(true)
//!         .compile(&["proto/hello.proto"], &["proto"])
//! }
//! ```
//!
//! The client is the same everywhere: what makes its calls decides whether they are awaited or waited
//! for. A program with several adapters generates its code once, for any of them.
//!
//! # Options
//!
//! `import "kudu/rpc/rpc_header.proto";` works without the file: it is built in, unless the include
//! folders have one. It declares Kudu's options:
//!
//! ```proto
//! service Bank {
//!   // Every method without one of its own runs this first.
//!   option (kudu.rpc.default_authz_method) = "AuthorizeCustomer";
//!   rpc Transfer(TransferRequestPB) returns (TransferResponsePB) {
//!     option (kudu.rpc.authz_method) = "AuthorizeOwner";
//!     option (kudu.rpc.track_rpc_result) = true;
//!   }
//! }
//! ```
//!
//! # Messages
//!
//! Messages are prost's. `FooPB` becomes `FooPb`, and `bytes` become [`Bytes`], which share memory
//! with what was received. Each message also knows its `required` fields: as in Kudu's C++, a
//! message that lacks one is refused. Types of `google.protobuf` come from the crate prost-types,
//! which has to be in `Cargo.toml` then. It does not know its required fields, so these types can be
//! fields, but not requests or responses.
//!
//! [`Bytes`]: https://docs.rs/bytes/latest/bytes/struct.Bytes.html
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod builder;
mod check;
mod clash;
mod error;
mod lints;
mod names;
mod only;
mod options;
mod required;
mod service;
mod sources;

use std::path::Path;

pub use builder::{Builder, Package};
pub use error::Error;

/// Generates code for `protos` and everything they import from the folders `includes`, with the
/// defaults of [`configure`].
///
/// # Errors
///
/// When a file cannot be found, read or compiled, or wants what KRPC does not have.
pub fn compile_protos(
    protos: &[impl AsRef<Path>],
    includes: &[impl AsRef<Path>],
) -> Result<(), Error> {
    configure().compile(protos, includes)
}

/// Options for code generation; finish with [`Builder::compile`].
pub fn configure() -> Builder {
    Builder::default()
}
