//! Payload that is watched: how much of it somebody still holds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use krpc_tokio::Sidecar;

/// Payload of one or several calls, counted until its last reference is dropped. Clones are the same
/// count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Payloads(Arc<State>);

#[derive(Debug, Default)]
struct State {
    held: AtomicUsize,
    released: Mutex<Option<Instant>>,
}

impl Payloads {
    pub(crate) fn new() -> Self {
        Payloads::default()
    }

    /// Bytes that count until nobody holds them.
    pub(crate) fn own(&self, bytes: Vec<u8>) -> Sidecar {
        self.0.held.fetch_add(bytes.len(), Ordering::SeqCst);
        Sidecar::from_owner(Owner { bytes, state: self.0.clone() })
    }

    /// Bytes that somebody holds.
    pub(crate) fn held(&self) -> usize {
        self.0.held.load(Ordering::SeqCst)
    }

    /// When one of them was last let go.
    pub(crate) fn released(&self) -> Option<Instant> {
        *self.0.released.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Owner {
    bytes: Vec<u8>,
    state: Arc<State>,
}

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let len = self.bytes.len();
        // Let go first: whoever sees the count sees memory that is free.
        self.bytes = Vec::new();
        *self.state.released.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.state.held.fetch_sub(len, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn they_count_until_the_last_reference_is_gone() {
        let payloads = Payloads::new();
        let (a, b) = (payloads.own(vec![1; 10]), payloads.own(vec![2; 5]));
        let slice = Bytes::from(a).slice(..1);
        assert_eq!((payloads.held(), payloads.released()), (15, None));
        drop(b);
        assert_eq!(payloads.held(), 10);
        drop(slice);
        assert_eq!(payloads.held(), 0);
        assert!(payloads.released().is_some());
    }
}
