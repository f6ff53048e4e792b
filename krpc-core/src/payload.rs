//! What follows a frame's header: a body, then sidecars.

use bytes::Bytes;
use krpc_proto::{decode, frame, sidecar, varint};

use crate::config::Common;
use crate::error::StartCallReason;

/// A body smaller than this is copied out of a frame larger than `LARGE_FRAME`, so that a decoded
/// message that keeps part of its body does not pin the sidecars.
const SMALL_BODY: usize = 4 << 10;
const LARGE_FRAME: usize = 64 << 10;

/// Longest varint of 32 bits with its tag, and of 64.
pub(crate) const FIELD: usize = 2 + 5;
pub(crate) const FIELD_64: usize = 1 + 10;

/// A piece of a payload: the body is number 0, then come the sidecars.
pub(crate) fn piece<'a>(body: &'a Bytes, sidecars: &'a [Bytes], index: usize) -> Option<&'a Bytes> {
    match index.checked_sub(1) {
        None => Some(body),
        Some(index) => sidecars.get(index),
    }
}

/// Drops a piece of a payload.
pub(crate) fn release(body: &mut Bytes, sidecars: &mut [Bytes], index: usize) {
    let piece = match index.checked_sub(1) {
        None => Some(body),
        Some(index) => sidecars.get_mut(index),
    };
    if let Some(piece) = piece {
        *piece = Bytes::new();
    }
}

/// Bytes of a payload whose size was checked when the message was accepted.
pub(crate) fn len(body: &Bytes, sidecars: &[Bytes]) -> usize {
    body.len() + sidecars.iter().map(Bytes::len).sum::<usize>()
}

/// The offsets of sidecars that were checked when the message was accepted.
pub(crate) fn offsets(body: &Bytes, sidecars: &[Bytes]) -> Vec<u32> {
    sidecar::offsets(body.len(), sidecars.iter().map(Bytes::len))
        .expect("sidecars were checked when the message was accepted")
}

/// What we refuse to send, because a receiver would drop the connection, or abort.
///
/// `header` is an upper bound of the header without its offsets.
pub(crate) fn check_size(
    config: &Common,
    header: usize,
    body: &Bytes,
    sidecars: &[Bytes],
) -> Result<(), StartCallReason> {
    let (count, most) = (sidecars.len(), sidecar::MAX_SIDECARS);
    if count > most {
        return Err(StartCallReason::TooManySidecars { count, limit: most });
    }
    let header = header + FIELD * count;
    if header > decode::MAX_HEADER_LEN {
        let (size, limit) = (header, decode::MAX_HEADER_LEN);
        return Err(StartCallReason::HeaderTooLong { size, limit });
    }
    // Whether there will be a footer is not known before the negotiation.
    let head = frame::PREFIX_LEN + 2 * varint::MAX_LEN + header + frame::FOOTER_LEN;
    let main = body.len() as u64 + sidecars.iter().map(|s| s.len() as u64).sum::<u64>();
    let size = head as u64 + main;
    let limit = u64::from(config.max_message_size);
    if size > limit {
        return Err(StartCallReason::TooLarge { size, limit });
    }
    Ok(())
}

/// The body in front of the sidecars; a small one of a large frame is copied out.
pub(crate) fn split_body(main: &Bytes, offsets: &[u32]) -> Bytes {
    let body = sidecar::body_len(main.len(), offsets);
    if body < SMALL_BODY && main.len() > LARGE_FRAME {
        Bytes::copy_from_slice(&main[..body])
    } else {
        main.slice(..body)
    }
}
