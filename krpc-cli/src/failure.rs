//! How a command ends when it does not work: one sentence that says what was tried, what the other
//! side said, and what to try.

use std::fmt::{self, Display};
use std::io;
use std::process::ExitCode;

use krpc_tokio::core::{
    CallError, ConnectionError, ErrorCode, Execution, Incompatibility, StartCallReason, Timer,
    TransportError, TransportOp,
};

use crate::output::plain;

/// Why a command did not do what it was told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The command line, or a file it names, is wrong: nothing was called.
    Usage(String),
    /// The call failed, or its reply says that it did.
    Call(String),
}

impl Failure {
    pub(crate) fn usage(text: impl Display) -> Self {
        Failure::Usage(text.to_string())
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Usage(_) => ExitCode::from(2),
            Failure::Call(_) => ExitCode::from(1),
        }
    }

    /// `what` was tried, the other side `said` something, and there may be something to `try`.
    pub(crate) fn call(what: impl Display, said: impl Display, advice: Option<&str>) -> Self {
        let advice = advice.map(|a| format!("; {a}")).unwrap_or_default();
        Failure::Call(format!("{what}: {said}{advice}"))
    }

    /// No connection to `target` came about.
    pub(crate) fn connection(target: impl Display, error: &ConnectionError) -> Self {
        let what = match error {
            ConnectionError::Transport(e) => match e.op {
                TransportOp::Resolve => format!("cannot resolve {target}"),
                TransportOp::Connect => format!("cannot connect to {target}"),
                _ => format!("connection to {target} failed in negotiation"),
            },
            _ => format!("cannot negotiate a connection to {target}"),
        };
        let said = match error {
            // A name may have several addresses; the one that failed is said unless it was typed.
            ConnectionError::Transport(e) => {
                let typed = format!("{target}: ");
                plain(e.message.strip_prefix(&typed).unwrap_or(&e.message))
            }
            other => other.to_string(),
        };
        Self::call(what, said, connection_advice(error))
    }

    /// The connection to `target` stood; calling `method` on it failed.
    pub(crate) fn method(method: impl Display, target: impl Display, error: &CallError) -> Self {
        let said = match error {
            CallError::ConnectionLost { error, execution: Execution::Maybe } => {
                format!("connection lost: {error} (the server may have executed it)")
            }
            other => other.to_string(),
        };
        Self::call(format!("{method} on {target} failed"), said, call_advice(error))
    }

    /// A file of the command line cannot be used.
    pub(crate) fn file(what: &str, path: &std::path::Path, error: &io::Error) -> Self {
        Failure::Usage(format!("cannot {what} '{}': {error}", path.display()))
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Usage(text) | Failure::Call(text)) = self;
        f.write_str(text)
    }
}

fn connection_advice(error: &ConnectionError) -> Option<&'static str> {
    const PORTS: &str = "check host and port: masters listen on 7051, tablet servers on 7050";
    Some(match error {
        ConnectionError::Transport(TransportError { op: TransportOp::Resolve, .. }) => {
            "check the host name"
        }
        ConnectionError::Transport(e) => match (e.op, e.kind) {
            (TransportOp::Connect, io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
                "check the path of the socket and who may open it"
            }
            _ => PORTS,
        },
        ConnectionError::TimedOut(Timer::Negotiation(_)) => {
            "the port may belong to something else, or the server needs more time: see --timeout"
        }
        ConnectionError::PeerIncompatible(Incompatibility::ServerLacksTls) => {
            "--tls optional goes on without encryption"
        }
        ConnectionError::PeerIncompatible(_) => {
            "give the RPC port: 7051 for masters, 7050 for tablet servers; 8051 and 8050 are web pages"
        }
        ConnectionError::Tls(_) => {
            "check that the certificate leads to the roots given with --ca, and the TLS versions of the server"
        }
        ConnectionError::Auth(_) => {
            "the server may insist on Kerberos, which this release does not speak"
        }
        ConnectionError::Rpc(status) if status.message().contains("TLS encryption") => {
            "--tls optional or --tls required would encrypt"
        }
        ConnectionError::Rpc(_) => "check --user and --tls against what the server demands",
        ConnectionError::PeerClosed { .. } | ConnectionError::PeerMisbehaved(_) => PORTS,
        ConnectionError::LimitExceeded(_) => PORTS,
        _ => return None,
    })
}

fn call_advice(error: &CallError) -> Option<&'static str> {
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
        _ => return None,
    })
}
