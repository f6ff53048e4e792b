//! What to do when a call of a scanner fails.

use krpc_tokio::Response;
use krpc_tokio::core::{CallError, ErrorCode};

use crate::address::Address;
use crate::failure::Failure;
use crate::kudu::retry::{is_busy, is_passing};
use crate::output::plain;
use crate::pb::tserver::tablet_server_error_pb::Code;
use crate::pb::tserver::{ScanResponsePb, TabletServerErrorPb};

/// A failed call.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) failure: Failure,
    pub(super) then: Then,
}

/// What helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The same call after a while: the server has not begun with it.
    Repeat,
    /// A new scanner, wherever the tablet is by then.
    FindTablet,
    /// A new scanner.
    Reopen,
    /// A new scanner with a fresh token.
    RenewToken,
    /// Nothing.
    End,
}

impl Fault {
    pub(super) fn new(failure: Failure, then: Then) -> Self {
        Fault { failure, then }
    }

    /// There is no connection. What is wrong with the command line stays wrong.
    pub(super) fn unreachable(failure: Failure) -> Self {
        let then = match failure {
            Failure::Usage(_) => Then::End,
            _ => Then::FindTablet,
        };
        Fault { failure, then }
    }

    /// The answer of the server at `address`, unless the call failed or the answer says so. A scanner was
    /// open already, or was to be opened.
    pub(super) fn check(
        result: Result<Response<ScanResponsePb>, CallError>,
        address: &Address,
        open: bool,
    ) -> Result<Response<ScanResponsePb>, Fault> {
        let answer = result.map_err(|error| {
            Fault::new(Failure::method("Scan", address, &error), after(&error, open))
        })?;
        match &answer.error {
            None => Ok(answer),
            Some(error) => {
                let said = plain(error.status.message.as_deref().unwrap_or("no reason given"));
                let said = format_args!("{}, {said}", error.code().as_str_name()).to_string();
                let advice = (error.code() == Code::NotAuthorized)
                    .then_some("--user NAME asks in another name");
                let failure = Failure::call(format_args!("Scan on {address} failed"), said, advice);
                Err(Fault::new(failure, after_answer(error, open)))
            }
        }
    }

    pub(super) fn loses_scanner(&self) -> bool {
        self.then != Then::Repeat
    }
}

fn after(error: &CallError, open: bool) -> Then {
    match error {
        // Who opens a scanner hears it as well from a server that lags behind the one that leads by now:
        // it has not reached the time to read as of.
        error if is_busy(error) && open => Then::Repeat,
        error if is_passing(error) => Then::FindTablet,
        CallError::DeadlineExceeded { .. } => Then::FindTablet,
        CallError::Remote(status) => match status.code {
            Some(ErrorCode::ErrorInvalidAuthorizationToken) => Then::RenewToken,
            _ => Then::End,
        },
        _ => Then::End,
    }
}

fn after_answer(error: &TabletServerErrorPb, open: bool) -> Then {
    match error.code() {
        Code::TabletNotFound | Code::TabletFailed | Code::TabletNotRunning => Then::FindTablet,
        Code::ScannerExpired if open => Then::Reopen,
        Code::Throttled if !open => Then::FindTablet,
        _ => Then::End,
    }
}
