//! What to try after a failure, where that can be known.

use std::io::ErrorKind;

use krpc_tokio::core::{
    AuthError, CallError, ConnectionError, ErrorCode, Incompatibility, StartCallReason, Timer,
    TransportError, TransportOp,
};

use crate::address::Address;
use crate::failure::Tried;

/// What to try when no connection came about.
pub(crate) fn connection(tried: &Tried<'_>, error: &ConnectionError) -> Option<&'static str> {
    let target = tried.target;
    Some(match error {
        ConnectionError::Transport(e) => transport(target, e),
        ConnectionError::TimedOut(Timer::Negotiation(_)) if tried.seen.is_empty() => {
            no_answer(target)
        }
        ConnectionError::TimedOut(Timer::Negotiation(_)) if target.is_unix() => {
            "the socket may belong to something else, or the server needs more time: see --timeout"
        }
        ConnectionError::TimedOut(Timer::Negotiation(_)) => {
            "the port may belong to something else, or the server needs more time: see --timeout"
        }
        ConnectionError::PeerIncompatible(Incompatibility::ServerLacksTls) if tried.checked => {
            "--ca requires TLS; without it the connection is not encrypted"
        }
        ConnectionError::PeerIncompatible(Incompatibility::ServerLacksTls) => {
            "--tls optional goes on without encryption"
        }
        ConnectionError::PeerIncompatible(_) if !target.is_unix() => {
            "give the RPC port: 7051 for masters, 7050 for tablet servers; 8051 and 8050 are web pages"
        }
        ConnectionError::Tls(_) if tried.checked => {
            "check that the certificate leads to the roots given with --ca, and the TLS versions of the server"
        }
        ConnectionError::Tls(_) => "check which TLS versions and suites the server allows",
        ConnectionError::Auth(error) => authentication(error),
        ConnectionError::Rpc(status) if status.message().contains("TLS encryption") => {
            "--tls optional or --tls required would encrypt"
        }
        ConnectionError::Rpc(_) => "check --user and --tls against what the server demands",
        ConnectionError::PeerIncompatible(_)
        | ConnectionError::PeerClosed { .. }
        | ConnectionError::PeerMisbehaved(_)
        | ConnectionError::LimitExceeded(_) => right_server(target),
        _ => return None,
    })
}

/// What to try when a call on an open connection failed.
pub(crate) fn call(target: &Address, error: &CallError) -> Option<&'static str> {
    Some(match error {
        CallError::Remote(status) if !status.unsupported_feature_flags().is_empty() => {
            "leave out the feature, or ask a newer server"
        }
        CallError::Remote(status) => match status.code? {
            ErrorCode::ErrorNoSuchService => {
                "check that this is the right kind of server: masters and tablet servers have different services"
            }
            ErrorCode::ErrorNoSuchMethod => "this server's version may not have it",
            ErrorCode::ErrorServerTooBusy | ErrorCode::ErrorUnavailable => "try again in a moment",
            ErrorCode::ErrorApplication if status.message().starts_with("Not authorized") => {
                "--user NAME calls in another name"
            }
            _ => return None,
        },
        CallError::DeadlineExceeded { .. } => "--timeout gives it more time",
        CallError::Refused(StartCallReason::TooLarge { .. }) => "send less in one call",
        CallError::Refused(StartCallReason::NotSupported(_)) => {
            "leave out the feature, or ask a newer server"
        }
        CallError::ConnectionLost { error, .. } => match error {
            ConnectionError::PeerMisbehaved(_) | ConnectionError::LimitExceeded(_) => {
                right_server(target)
            }
            ConnectionError::PeerClosed { .. }
            | ConnectionError::Transport(_)
            | ConnectionError::TimedOut(_) => "try again",
            _ => return None,
        },
        _ => return None,
    })
}

fn transport(target: &Address, error: &TransportError) -> &'static str {
    match (error.op, error.kind) {
        (TransportOp::Resolve, _) => "check the host name",
        (TransportOp::Connect, kind) if target.is_unix() => match kind {
            ErrorKind::ConnectionRefused => "no server listens there: check the path or name",
            ErrorKind::NotFound | ErrorKind::PermissionDenied => {
                "check the path of the socket and who may open it"
            }
            ErrorKind::InvalidInput => "a shorter path or name is needed",
            ErrorKind::WouldBlock => no_answer(target),
            _ => right_server(target),
        },
        (
            TransportOp::Connect,
            ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::PermissionDenied
            | ErrorKind::TimedOut,
        ) => no_answer(target),
        _ => right_server(target),
    }
}

/// Nothing is known about the other side, not even that it is there.
fn no_answer(target: &Address) -> &'static str {
    match target {
        Address::Unix(_) => "the server takes no connections at present: try again",
        Address::Tcp { .. } => "check host and firewall",
    }
}

/// Something is there, and it may not be what was meant.
fn right_server(target: &Address) -> &'static str {
    match target {
        Address::Unix(_) => "check that a Kudu server listens at this socket",
        Address::Tcp { .. } => {
            "check host and port: masters listen on 7051, tablet servers on 7050"
        }
    }
}

fn authentication(error: &AuthError) -> &'static str {
    match error {
        AuthError::NotImplemented("TOKEN") => {
            "the server insists on authentication tokens, which this release does not speak"
        }
        AuthError::NotImplemented("JWT") => {
            "the server insists on JSON web tokens, which this release does not speak"
        }
        AuthError::NotImplemented("CERTIFICATE") => {
            "the server insists on client certificates, which this release does not speak"
        }
        AuthError::NoCommonMechanism { server, .. } if server.contains("GSSAPI") => {
            "the server insists on Kerberos, which this release does not speak"
        }
        _ => "the server insists on an authentication that this release does not speak",
    }
}
