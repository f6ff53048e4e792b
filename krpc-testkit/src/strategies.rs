//! Proptest strategies for networks and payloads.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::net::Plan;

/// A size whose order of magnitude is uniform: as many small ones as large ones, up to `most`.
pub fn log_size(most: usize) -> impl Strategy<Value = usize> {
    let bits = usize::BITS - most.leading_zeros();
    (0..=bits).prop_flat_map(move |bits| {
        let below = 1usize.checked_shl(bits).unwrap_or(usize::MAX).min(most + 1);
        0..below.max(1)
    })
}

/// A payload of up to `most` bytes.
pub fn payload(most: usize) -> impl Strategy<Value = Bytes> {
    (log_size(most), any::<u8>()).prop_map(|(len, seed)| {
        (0..len).map(|i| (i as u8).wrapping_mul(31).wrapping_add(seed)).collect::<Vec<_>>().into()
    })
}

/// A list of sidecars.
pub fn sidecars(count: usize, most: usize) -> impl Strategy<Value = Vec<Bytes>> {
    vec(payload(most), 0..=count)
}

/// One direction of a network: chunks of any size, writes that take little or nothing, small or
/// large socket buffers.
pub fn plan() -> impl Strategy<Value = Plan> {
    let step = || prop_oneof![1 => Just(0), 8 => log_size(100_000), 1 => Just(1)];
    (vec(step(), 1..6), vec(step(), 1..6), log_size(200_000)).prop_map(
        |(mut writes, mut reads, capacity)| {
            // Something must get through.
            writes.push(7_777);
            reads.push(7_777);
            Plan { writes, reads, capacity: capacity + 1 }
        },
    )
}
