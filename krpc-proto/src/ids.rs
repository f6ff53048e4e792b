//! Call ids with a meaning of their own.
//!
//! Ordinary calls are numbered from 0 to [`MAX`] and start again at 0. A receiver takes whatever
//! comes: some released clients begin at 1.

/// Messages of the negotiation, in both directions.
pub const NEGOTIATE: i32 = -33;

/// The connection context, the client's last message before its calls.
pub const CONNECTION_CONTEXT: i32 = -3;

/// "No id"; never on the wire.
pub const INVALID: i32 = -2;

/// The highest id of an ordinary call.
pub const MAX: i32 = i32::MAX;
