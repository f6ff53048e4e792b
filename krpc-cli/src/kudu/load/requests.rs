//! Ids of requests, by which a server knows one that is made again (Kudu's `rpc/request_tracker.cc`).

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use krpc_tokio::core::RequestId;

use crate::services::random_id;

/// All requests of one client.
#[derive(Debug)]
pub(super) struct Requests {
    client_id: Bytes,
    numbers: Mutex<Numbers>,
}

#[derive(Debug, Default)]
struct Numbers {
    next: i64,
    incomplete: BTreeSet<i64>,
}

impl Requests {
    pub(super) fn new() -> Self {
        Requests { client_id: random_id().into(), numbers: Mutex::default() }
    }

    /// A new request. It is incomplete until it is dropped: the server keeps its outcome for that long.
    pub(super) fn begin(&self) -> Request<'_> {
        let mut numbers = self.lock();
        let seq_no = numbers.next;
        numbers.next += 1;
        numbers.incomplete.insert(seq_no);
        Request { requests: self, seq_no, attempts: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that may be made several times, and is carried out once.
#[derive(Debug)]
pub(super) struct Request<'a> {
    requests: &'a Requests,
    seq_no: i64,
    attempts: i64,
}

impl Request<'_> {
    /// The id of the next attempt.
    pub(super) fn attempt(&mut self) -> RequestId {
        let attempt_no = self.attempts;
        self.attempts += 1;
        let first = self.requests.lock().incomplete.first().copied();
        RequestId {
            client_id: self.requests.client_id.clone(),
            seq_no: self.seq_no,
            first_incomplete_seq_no: first.unwrap_or(self.seq_no),
            attempt_no,
        }
    }
}

impl Drop for Request<'_> {
    fn drop(&mut self) {
        self.requests.lock().incomplete.remove(&self.seq_no);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(id: &RequestId) -> (i64, i64, i64) {
        (id.seq_no, id.first_incomplete_seq_no, id.attempt_no)
    }

    #[test]
    fn attempts_share_a_number_and_tell_what_is_incomplete() {
        let requests = Requests::new();
        let mut first = requests.begin();
        let mut second = requests.begin();
        assert_eq!(numbers(&first.attempt()), (0, 0, 0));
        assert_eq!(numbers(&second.attempt()), (1, 0, 0));
        assert_eq!(numbers(&second.attempt()), (1, 0, 1));
        let mut third = requests.begin();
        drop(first);
        assert_eq!(numbers(&second.attempt()), (1, 1, 2));
        drop(second);
        assert_eq!(numbers(&third.attempt()), (2, 2, 0));
        assert_eq!(third.attempt().client_id.len(), 32);
        assert_ne!(third.attempt().client_id, Requests::new().client_id);
    }
}
