//! `krpc proxy`: passes connections on, tells of the calls in them, and makes the network bad on
//! purpose.

use crate::args::{Ends, Proxy};
use crate::failure::Failure;
use crate::listening::{cannot_listen, resolved};
use crate::relay::Relay;

pub(crate) async fn run(_args: Proxy) -> Result<(), Failure> {
    Ok(())
}

/// Listens where the command line says.
pub(super) async fn listen(ends: &Ends, narrow: bool) -> Result<Relay, Failure> {
    let failed = |e| cannot_listen(ends.listen.is_unix(), &e);
    let listen = resolved(&ends.listen).map_err(failed)?;
    Relay::bind(&listen, ends.upstream.clone(), narrow).await.map_err(failed)
}
