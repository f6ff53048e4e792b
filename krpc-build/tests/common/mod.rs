//! What the tests that make calls share.

use krpc_tokio::{CallError, ErrorStatus};

/// The error that the server has sent.
#[track_caller]
pub(crate) fn remote(result: Result<impl Sized, CallError>) -> ErrorStatus {
    match result {
        Err(CallError::Remote(status)) => status,
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("no error"),
    }
}
