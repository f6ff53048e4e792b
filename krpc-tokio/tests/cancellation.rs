//! Cancelling calls over real sockets: Kudu's tests of it, and what became of its unsolved case, the
//! request that is in mid-transmission.

#[path = "cancellation/bed.rs"]
mod bed;
#[path = "cancellation/draining.rs"]
mod draining;
#[path = "cancellation/forwarder.rs"]
mod forwarder;
#[path = "cancellation/handles.rs"]
mod handles;
#[path = "cancellation/kudu.rs"]
mod kudu;
#[path = "cancellation/moving.rs"]
mod moving;
mod random;
#[path = "cancellation/raw.rs"]
mod raw;
#[path = "cancellation/service.rs"]
mod service;
#[path = "cancellation/states.rs"]
mod states;
#[path = "cancellation/waiting.rs"]
mod waiting;
