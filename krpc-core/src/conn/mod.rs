//! The two connections, over one shared part. They are two types because the roles differ: a
//! command of the wrong role must not compile.

mod client;
mod server;
pub(crate) mod wire;

pub use client::ClientConnection;
pub use server::ServerConnection;
pub use wire::{Then, Transmitted};
