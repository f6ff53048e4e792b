//! The connections of a bench, as the adapters make them, and how their calls are waited for.

use std::collections::VecDeque;

use krpc_blocking::{Call, Channel};

use super::chains;
use super::load::{Caller, Calls, Chain, Work};
use crate::runtime;

/// Tasks carry the connections; the threads of the bench run nothing but the futures of calls.
impl Caller for runtime::Channel {
    fn run<W: Work>(chains: &[&Self], calls: &Calls<'_, W>) {
        chains::run(chains.iter().map(|channel| calls.awaited(|call| channel.call_raw(call))));
    }
}

/// The threads that wait for calls carry the connections.
impl Caller for Channel {
    fn run<W: Work>(chains: &[&Self], calls: &Calls<'_, W>) {
        match chains {
            [channel] => one_at_a_time(channel, calls),
            chains => in_order(chains, calls),
        }
    }
}

fn one_at_a_time<W: Work>(channel: &Channel, calls: &Calls<'_, W>) {
    let mut chain = Chain::new();
    while let Some(request) = calls.next(&chain) {
        calls.ended(&mut chain, channel.call_raw(request));
    }
}

/// A thread waits for one call at a time: for that which was started first.
fn in_order<W: Work>(chains: &[&Channel], calls: &Calls<'_, W>) {
    let mut started = VecDeque::with_capacity(chains.len());
    started.extend(chains.iter().filter_map(|channel| start(channel, Chain::new(), calls)));
    while let Some((channel, mut chain, call)) = started.pop_front() {
        calls.ended(&mut chain, call.wait());
        started.extend(start(channel, chain, calls));
    }
}

/// Starts the next call of a chain, unless that is to end.
fn start<'a, W: Work>(
    channel: &'a Channel,
    chain: Chain,
    calls: &Calls<'_, W>,
) -> Option<(&'a Channel, Chain, Call)> {
    let call = channel.start_raw(calls.next(&chain)?);
    Some((channel, chain, call))
}
