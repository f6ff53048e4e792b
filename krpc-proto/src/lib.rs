//! Apache Kudu's RPC protocol on the wire, as data and pure functions.
//!
//! Nothing here keeps state, waits or touches a socket: the crate is `no_std` with `alloc`. It holds
//!
//! * [`preamble`], [`frame`], [`sidecar`], [`varint`]: the arithmetic of a connection's bytes, with
//!   every check that a receiver has to make;
//! * [`pb`]: the messages of package `kudu.rpc` (and the tokens of `kudu.security`);
//! * [`decode`] and [`required`]: reading them as Kudu's C++ does, where a message that lacks a
//!   `required` field is malformed;
//! * [`codes`], [`ids`] and [`ErrorStatus`]: the numbers, and errors with the extension an
//!   application put into them.
//!
//! ```
//! use krpc_proto::frame::{self, FooterRule};
//! use krpc_proto::{decode, pb};
//!
//! let header = pb::ResponseHeader { call_id: 7, is_error: Some(false), ..Default::default() };
//! let body = [8, 3];
//! let mut wire = Vec::new();
//! frame::put_head(&mut wire, &header, body.len(), 0).unwrap();
//! wire.extend_from_slice(&body);
//!
//! let (prefix, payload) = wire.split_first_chunk().unwrap();
//! let len = frame::payload_len(*prefix, frame::DEFAULT_MAX_MESSAGE, false).unwrap();
//! assert_eq!(len, payload.len());
//! let parts = frame::split(payload, FooterRule::Forbidden).unwrap();
//! assert_eq!(payload[parts.main], body);
//! let again = decode::response_header(payload[parts.header].to_vec().into()).unwrap();
//! assert_eq!(again, header);
//! ```

#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

extern crate alloc;

pub mod codes;
pub mod decode;
mod error_status;
pub mod frame;
#[doc(hidden)]
pub mod fuzzing;
pub mod ids;
pub mod pb;
pub mod preamble;
pub mod required;
mod secret;
pub mod sidecar;
pub mod text;
pub mod varint;
mod wire;

pub use error_status::ErrorStatus;
pub use wire::WireError;
