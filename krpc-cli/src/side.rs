//! The two sides of a connection.

use serde::Deserialize;

/// From where bytes come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub(crate) enum Side {
    #[serde(rename = "c2s")]
    Client,
    #[serde(rename = "s2c")]
    Server,
}

impl Side {
    pub(crate) const BOTH: [Side; 2] = [Side::Client, Side::Server];

    /// The way of what it sends, as recordings and JSON have it.
    pub(crate) fn way(self) -> &'static str {
        match self {
            Side::Client => "c2s",
            Side::Server => "s2c",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}
