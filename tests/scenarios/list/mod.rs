//! The scenarios. Each is written once, over what every adapter has, and ends by looking whether the
//! framing is intact: other calls succeed, on the same connection wherever that must live.

mod calls;
mod cancel;
mod closing;
mod deadlines;
mod hostile;
mod many;
mod sidecars;

use krpc_core::Sidecars;

use crate::matrix::{Cell, Scenario};
use crate::service::piece;

const fn everywhere(name: &'static str, run: fn(Cell)) -> Scenario {
    Scenario { name, run, costly: false }
}

const fn costly(name: &'static str, run: fn(Cell)) -> Scenario {
    Scenario { name, run, costly: true }
}

pub(crate) const SCENARIOS: [Scenario; 38] = [
    everywhere("unary", calls::unary),
    everywhere("errors of the server", calls::errors),
    everywhere("feature flags", calls::feature_flags),
    everywhere("a handler that panics", calls::panic),
    everywhere("pipelining", calls::pipelining),
    everywhere("replies out of order", calls::out_of_order),
    everywhere("network planes", calls::network_planes),
    everywhere("sidecars of 0 B", sidecars::empty),
    everywhere("sidecars of 456 B", sidecars::small),
    everywhere("sidecars of 3 MB", sidecars::large),
    costly("10,000 tiny sidecars", sidecars::most),
    everywhere("deadline in the negotiation", deadlines::negotiating),
    everywhere("deadline behind another call", deadlines::queued),
    everywhere("deadline in mid-transmission", deadlines::sending),
    everywhere("deadline after sending", deadlines::sent),
    everywhere("deadline in the server's queue", deadlines::in_the_servers_queue),
    everywhere("cancel in the negotiation", cancel::negotiating),
    everywhere("cancel behind another call", cancel::queued),
    everywhere("cancel in mid-transmission", cancel::sending),
    everywhere("cancel after sending", cancel::sent),
    everywhere("cancel after the answer", cancel::answered),
    everywhere("footers", cancel::footers),
    everywhere("drain", cancel::drain),
    everywhere("half-close", cancel::half_close),
    everywhere("replies nobody waits for", cancel::late_replies),
    everywhere("reconnect after the server restarts", closing::restart),
    everywhere("idle close by the server", closing::idle),
    everywhere("shutdown with calls in hand", closing::shutdown),
    everywhere("shutdown that cuts off", closing::cut_off),
    everywhere("close by the client", closing::by_the_client),
    everywhere("negotiation timeout", hostile::negotiation_timeout),
    everywhere("silent peer", hostile::silent_peer),
    everywhere("request that stops in its middle", hostile::half_a_frame),
    everywhere("oversized frame", hostile::oversized_frame),
    everywhere("reader that stalls", hostile::stalled_reader),
    everywhere("authentication refusal", hostile::authentication_refusal),
    costly("peer that trickles", hostile::trickling),
    costly("500 connections", many::connections),
];

/// The sidecars are what a call with these lengths has sent.
pub(crate) fn is_echo(sidecars: &Sidecars, lens: &[usize]) {
    assert_eq!(sidecars.len(), lens.len());
    for (index, (sidecar, len)) in sidecars.iter().zip(lens).enumerate() {
        assert!(sidecar == piece(index, *len), "sidecar {index} of {len} bytes");
    }
}
