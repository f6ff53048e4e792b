//! Two KRPC connections in memory, to property-test your own use of the core.
//!
//! [`Pair`] holds a client and a server connection, a virtual clock, and a network that chunks,
//! takes little at a time, stalls and cuts. [`strategies`] makes networks and payloads for
//! [proptest](https://docs.rs/proptest). Fifteen lines are a property test:
//!
//! ```
//! use krpc_testkit::{Pair, strategies};
//! use krpc_core::{ClientConfig, OutboundReply, ServerConfig, UserCredentials};
//! use proptest::prelude::*;
//!
//! proptest! {
//!     # #![proptest_config(ProptestConfig::with_cases(16))]
//!     # fn hidden(_ in 0..1) {}
//!     // In your test module this line would carry #[test].
//!     fn echo_survives_any_network(up in strategies::plan(), down in strategies::plan(),
//!                                  body in strategies::payload(40_000)) {
//!         let client = ClientConfig::new(UserCredentials::new("alice"));
//!         let mut pair = Pair::with(client, ServerConfig::new(), up, down);
//!         pair.serve(|call| Some(Ok(OutboundReply::new(call.body.clone()))));
//!         let id = pair.call(body.clone());
//!         pair.run();
//!         prop_assert_eq!(pair.reply(id).unwrap().body, body);
//!     }
//! }
//! echo_survives_any_network();
//! ```
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod certs;
#[doc(hidden)]
pub mod fuzzing;
mod net;
mod pair;
pub mod strategies;

pub use krpc_core;
pub use net::{Plan, Wire};
pub use pair::{Answer, Pair};
