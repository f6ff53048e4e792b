//! The head of a frame: where its header and its main part lie, and whether one begins somewhere.

use bytes::Bytes;
use krpc_tokio::core::proto::decode;
use krpc_tokio::core::proto::frame::{self, Block, FrameError, PREFIX_LEN};
use krpc_tokio::core::proto::varint::{self, VarintError};

use crate::side::Side;

/// A longer frame is taken for damage. Kudu's servers take 50 MiB unless told otherwise, its Java
/// client 256 MiB, and from 320 MiB on a length could be the beginning of a TLS record.
pub(super) const MAX_FRAME: u32 = 256 << 20;

/// The parts of a frame's head.
pub(super) struct Head {
    pub(super) header: std::ops::Range<usize>,
    pub(super) end: usize,
    pub(super) main: u64,
}

pub(super) enum NoHead {
    /// It can be read once there are so many bytes.
    Need(usize),
    Bad(String),
}

/// Reads the head of a frame from the beginning of its payload.
pub(super) fn head(held: &[u8], payload: u64) -> Result<Head, NoHead> {
    let (len, start) = block(held, 0, payload, Block::Header)?;
    if len as usize > decode::MAX_HEADER_LEN {
        let most = decode::MAX_HEADER_LEN;
        return Err(NoHead::Bad(format!("a header of {len} bytes, and one may have {most}")));
    }
    let end = start + len as usize;
    if held.len() < end {
        return Err(NoHead::Need(end));
    }
    let (main, main_start) = block(held, end, payload, Block::Main)?;
    Ok(Head { header: start..end, end: main_start, main: u64::from(main) })
}

/// Length of the block whose varint is at `at`, and where it begins.
fn block(held: &[u8], at: usize, payload: u64, block: Block) -> Result<(u32, usize), NoHead> {
    let error = match varint::get(&held[at..]) {
        Ok((len, varint)) => {
            let start = at + varint;
            let available = usize::try_from(payload).unwrap_or(usize::MAX).saturating_sub(start);
            if len as usize <= available {
                return Ok((len, start));
            }
            FrameError::Short { block, announced: len, available }
        }
        Err(VarintError::Truncated) if (held.len() as u64) < payload => {
            return Err(NoHead::Need(held.len() + 1));
        }
        Err(error) => FrameError::Length { block, error },
    };
    Err(NoHead::Bad(format!("the parts of a frame do not fit into it: {error}")))
}

/// Whether a frame seems to begin here: its lengths fit each other and its header can be read.
pub(super) fn begins(from: Side, bytes: &[u8]) -> bool {
    // The field of the call id, which everybody writes first.
    let id = match from {
        Side::Client => 0x18,
        Side::Server => 0x08,
    };
    let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX_LEN>() else { return false };
    let Ok(payload) = frame::payload_len(*prefix, MAX_FRAME, false) else { return false };
    let Ok(head) = head(&rest[..rest.len().min(payload)], payload as u64) else { return false };
    let tail = (payload - head.end) as u64 - head.main;
    if !(tail == 0 || tail == frame::FOOTER_LEN as u64 && from == Side::Client) {
        return false;
    }
    let header = &rest[head.header];
    header.first() == Some(&id) && {
        let header = Bytes::copy_from_slice(header);
        match from {
            Side::Client => decode::request_header(header).is_ok(),
            Side::Server => decode::response_header(header).is_ok(),
        }
    }
}
