//! Signals, and how a command is told to end.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// The signals that end a command in order.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From now on, they do not end the process. To be called before anything is told, so that none is
    /// missed by whoever acts on what is told.
    pub(crate) fn catch() -> Result<Signals, Failure> {
        let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
        Ok(Signals { interrupt: catch(interrupt)?, terminate: catch(terminate)? })
    }

    /// Waits for one.
    pub(crate) async fn wait(&mut self) {
        let _ = self.caught().await;
    }

    /// The same for who wants to know which it was.
    pub(crate) async fn caught(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
        }
    }
}

/// A signal that does not end the process from now on.
pub(crate) fn catch(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|e| Failure::usage(format_args!("cannot catch signals: {e}")))
}
