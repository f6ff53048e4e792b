//! Where the sidecars lie inside the main part of a frame.
//!
//! A header lists one offset per sidecar, counted from the first byte of the main part. A sidecar
//! ends where the next one begins, the last at the end of the main part; the body message is what
//! comes before the first. Sidecars may be empty.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

/// Sidecars in one frame. Exactly so many are fine: Kudu's server side would let one more out, which
/// no receiver takes.
pub const MAX_SIDECARS: usize = 10_000;

/// Bytes of all sidecars of a frame together, and of its main part.
pub const MAX_TOTAL_BYTES: usize = i32::MAX as usize;

/// What is wrong with a list of sidecars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SidecarError {
    /// More than [`MAX_SIDECARS`].
    TooMany {
        /// How many there are; a sender stops counting at the first that is too many.
        count: usize,
    },
    /// The main part, or the sidecars in it, are longer than [`MAX_TOTAL_BYTES`].
    TooLarge {
        /// Bytes of the main part, as far as they were added up.
        bytes: u64,
    },
    /// An offset lies behind the end of the main part.
    Beyond {
        /// Which offset.
        index: usize,
        /// Its value.
        offset: u32,
        /// Length of the main part.
        main_len: usize,
    },
    /// An offset is lower than the one before it.
    Order {
        /// Which offset.
        index: usize,
        /// Its value.
        offset: u32,
        /// The one before.
        previous: u32,
    },
}

/// Checks the offsets of a received frame, in the order in which Kudu does.
pub fn check(main_len: usize, offsets: &[u32]) -> Result<(), SidecarError> {
    let Some(&last) = offsets.last() else { return Ok(()) };
    if offsets.len() > MAX_SIDECARS {
        return Err(SidecarError::TooMany { count: offsets.len() });
    }
    if main_len > MAX_TOTAL_BYTES {
        return Err(SidecarError::TooLarge { bytes: main_len as u64 });
    }
    for (i, pair) in offsets.windows(2).enumerate() {
        let (previous, offset, index) = (pair[0], pair[1], i + 1);
        if offset as usize > main_len {
            return Err(SidecarError::Beyond { index, offset, main_len });
        }
        if offset < previous {
            return Err(SidecarError::Order { index, offset, previous });
        }
    }
    if last as usize > main_len {
        return Err(SidecarError::Beyond { index: offsets.len() - 1, offset: last, main_len });
    }
    Ok(())
}

/// Length of the body message, given offsets that passed [`check`].
pub fn body_len(main_len: usize, offsets: &[u32]) -> usize {
    offsets.first().map_or(main_len, |&first| first as usize)
}

/// Where sidecar `i` lies in the main part, given offsets that passed [`check`]. `None` if there is
/// no such sidecar.
pub fn range(main_len: usize, offsets: &[u32], i: usize) -> Option<Range<usize>> {
    let start = *offsets.get(i)? as usize;
    let end = offsets.get(i + 1).map_or(main_len, |&next| next as usize);
    Some(start..end)
}

/// The offsets to send for a body and the sidecars behind it, if a receiver would take them.
pub fn offsets(
    body_len: usize,
    sidecar_lens: impl IntoIterator<Item = usize>,
) -> Result<Vec<u32>, SidecarError> {
    let lens = sidecar_lens.into_iter();
    let mut offsets = Vec::with_capacity(lens.size_hint().0.min(MAX_SIDECARS));
    let mut end = in_bounds(body_len as u64)?;
    for len in lens {
        if offsets.len() == MAX_SIDECARS {
            return Err(SidecarError::TooMany { count: MAX_SIDECARS + 1 });
        }
        offsets.push(end);
        end = in_bounds(u64::from(end).saturating_add(len as u64))?;
    }
    Ok(offsets)
}

fn in_bounds(bytes: u64) -> Result<u32, SidecarError> {
    match u32::try_from(bytes) {
        Ok(fits) if bytes <= MAX_TOTAL_BYTES as u64 => Ok(fits),
        _ => Err(SidecarError::TooLarge { bytes }),
    }
}

impl fmt::Display for SidecarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SidecarError::TooMany { count } => {
                write!(f, "{count} sidecars are more than the {MAX_SIDECARS} a frame may have")
            }
            SidecarError::TooLarge { bytes } => write!(
                f,
                "body and sidecars of {bytes} bytes are more than the {MAX_TOTAL_BYTES} a frame may have"
            ),
            SidecarError::Beyond { index, offset, main_len } => write!(
                f,
                "sidecar {index} begins at {offset}, behind the end of its frame's {main_len} bytes"
            ),
            SidecarError::Order { index, offset, previous } => {
                write!(
                    f,
                    "sidecar {index} begins at {offset}, before the previous one at {previous}"
                )
            }
        }
    }
}

impl core::error::Error for SidecarError {}
