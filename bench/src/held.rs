//! What is held: payload whose owner is not dropped, and what the library has allocated.

use std::alloc::System;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use krpc_core::Sidecar;
use stats_alloc::StatsAlloc;

/// Bytes of payload whose owner lives.
#[derive(Clone, Debug, Default)]
pub struct Payload(Arc<AtomicUsize>);

/// An owner of payload that is counted as long as it lives.
struct Owner<B> {
    bytes: B,
    counted: usize,
    held: Payload,
}

impl<B: AsRef<[u8]>> AsRef<[u8]> for Owner<B> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

impl<B> Drop for Owner<B> {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.counted, Ordering::SeqCst);
    }
}

impl Payload {
    /// Bytes as payload, with an owner that is counted.
    pub fn sidecar(&self, bytes: impl AsRef<[u8]> + Send + 'static) -> Sidecar {
        let counted = bytes.as_ref().len();
        self.0.fetch_add(counted, Ordering::SeqCst);
        Sidecar::from_owner(Owner { bytes, counted, held: self.clone() })
    }

    /// Bytes whose owner is not dropped.
    pub fn held(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Bytes that the program has allocated and not freed.
pub fn allocated(allocator: &StatsAlloc<System>) -> usize {
    let stats = allocator.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}
