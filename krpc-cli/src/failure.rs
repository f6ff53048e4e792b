//! How a command ends when it does not work: one sentence that says what was tried, what the other
//! side said, and what to try.

use std::fmt::{self, Display};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use krpc_tokio::core::{
    CallError, ConnectionError, Direction, Execution, FrameSeen, Timer, TransportOp,
};

use tokio::signal::unix::SignalKind;

use crate::address::Address;
use crate::advice;
use crate::output::plain;
use crate::units::Limit;

/// Why a command did not do what it was told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The command line, or a file it names, is wrong: nothing was called.
    Usage(String),
    /// The call failed, or its reply says that it did, or what it gave cannot be kept.
    Call {
        /// What was tried and what came of it.
        said: String,
        /// What to try instead.
        advice: Option<String>,
    },
    /// A signal ended it, and what there was to put in order has been.
    Signal(SignalKind),
    /// Nobody reads standard output any more. Whoever closed it has seen enough.
    Unread,
}

/// A connection that was tried, as far as messages about its failure tell of it.
pub(crate) struct Tried<'a> {
    pub(crate) target: &'a Address,
    /// The time limit that was typed.
    pub(crate) limit: &'a Limit,
    /// Whether the server's certificate was to be checked.
    pub(crate) checked: bool,
    /// What passed before it failed.
    pub(crate) seen: Vec<FrameSeen>,
}

impl Tried<'_> {
    /// Whether bytes went this way.
    fn saw(&self, direction: Direction) -> bool {
        self.seen.iter().any(|frame| frame.direction == direction)
    }
}

impl Failure {
    pub(crate) fn usage(text: impl Display) -> Self {
        Failure::Usage(text.to_string())
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Unread => ExitCode::SUCCESS,
            Failure::Call { .. } => ExitCode::from(1),
            Failure::Usage(_) => ExitCode::from(2),
            // As shells say it.
            Failure::Signal(kind) => ExitCode::from(128 + kind.as_raw_value() as u8),
        }
    }

    /// `what` was tried, the other side `said` something, and there may be something to try.
    pub(crate) fn call(what: impl Display, said: impl Display, advice: Option<&str>) -> Self {
        Failure::Call { said: format!("{what}: {said}"), advice: advice.map(str::to_owned) }
    }

    /// No connection came about.
    pub(crate) fn connection(tried: &Tried<'_>, error: &ConnectionError) -> Self {
        let (target, limit) = (tried.target, tried.limit);
        let (what, said) = match error {
            ConnectionError::Transport(e) => {
                let what = match e.op {
                    TransportOp::Resolve => format!("cannot resolve {target}"),
                    TransportOp::Connect => format!("cannot connect to {target}"),
                    _ => format!("connection to {target} failed in negotiation"),
                };
                // A name may have several addresses; the one that failed is said unless it was typed.
                let typed = format!("{target}: ");
                (what, plain(e.message.strip_prefix(&typed).unwrap_or(&e.message)))
            }
            // The first bytes go out as soon as there is a connection.
            ConnectionError::TimedOut(Timer::Negotiation(_)) if !tried.saw(Direction::Sent) => {
                (format!("cannot connect to {target} within {limit}"), "nobody answered".into())
            }
            ConnectionError::TimedOut(Timer::Negotiation(_)) => {
                let peer = match tried.saw(Direction::Received) {
                    true => "the peer did not finish it",
                    false => "the peer took the connection and sent no answer",
                };
                let what = format!("cannot negotiate a connection to {target} within {limit}");
                (what, format!("timed out, {peer}"))
            }
            other => (format!("cannot negotiate a connection to {target}"), connection_text(other)),
        };
        Self::call(what, said, advice::connection(tried, error))
    }

    /// The connection to `target` stood; calling `method` on it failed.
    pub(crate) fn method(method: impl Display, target: &Address, error: &CallError) -> Self {
        let said = match error {
            CallError::ConnectionLost { error, execution } => {
                let executed = match execution {
                    Execution::Maybe => " (the server may have executed it)",
                    Execution::Never => "",
                };
                format!("connection lost: {}{executed}", connection_text(error))
            }
            CallError::Refused(reason) => without_setting(reason.to_string()),
            other => other.to_string(),
        };
        Self::call(format!("{method} on {target} failed"), said, advice::call(target, error))
    }

    /// A file of the command line cannot be used.
    pub(crate) fn file(what: &str, path: &Path, error: &io::Error) -> Self {
        Failure::Usage(format!("cannot {what} '{}': {error}", path.display()))
    }

    /// What was to be printed cannot be.
    pub(crate) fn output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Unread,
            _ => Self::call("cannot write to standard output", error, None),
        }
    }

    /// The same without advice, to be told as part of something else.
    pub(crate) fn said(&self) -> &str {
        match self {
            Failure::Usage(said) | Failure::Call { said, .. } => said,
            Failure::Signal(_) => "a signal ended it",
            Failure::Unread => "nobody reads what is printed",
        }
    }

    /// The advice alone.
    pub(crate) fn advice(&self) -> Option<&str> {
        match self {
            Failure::Call { advice, .. } => advice.as_deref(),
            Failure::Usage(_) | Failure::Signal(_) | Failure::Unread => None,
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.said())?;
        self.advice().map_or(Ok(()), |advice| write!(f, "; {advice}"))
    }
}

fn connection_text(error: &ConnectionError) -> String {
    match error {
        // The peer's own words are left as they are.
        ConnectionError::Rpc(status) => status.to_string(),
        other => without_setting(other.to_string()),
    }
}

/// The library ends some texts with the name of the setting that would change them. This program
/// has no settings of these names.
fn without_setting(text: String) -> String {
    match text.rfind(" (setting: ") {
        Some(at) if text.ends_with(')') => text[..at].to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use krpc_tokio::core::StartCallReason;

    use super::*;

    #[test]
    fn advice_comes_last_and_can_be_left_out() {
        let failure = Failure::call("Ping on h:1 failed", "no", Some("try again"));
        assert_eq!(failure.to_string(), "Ping on h:1 failed: no; try again");
        assert_eq!(failure.said(), "Ping on h:1 failed: no");
        assert_eq!(Failure::call("a", "b", None).to_string(), "a: b");
    }

    #[test]
    fn settings_of_the_library_are_not_named() {
        let reason = StartCallReason::TooLarge { size: 60_000_000, limit: 52_428_800 };
        let target = "h:1".parse().unwrap();
        let failure = Failure::method("Ping", &target, &CallError::Refused(reason)).to_string();
        let said = "Ping on h:1 failed: message of 60000000 bytes exceeds the limit of 52428800; ";
        assert_eq!(failure, format!("{said}send less in one call"));
    }
}
