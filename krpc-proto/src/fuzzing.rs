//! Bodies of the fuzz targets: each takes any bytes and asserts what has to hold for all of them.

use alloc::vec::Vec;
use core::ops::Range;

use bytes::Bytes;
use prost::Message;

use crate::frame::{self, FooterRule};
use crate::{ErrorStatus, decode, pb, preamble, sidecar, varint};

/// A stream from either side: preamble, prefix, payload with and without footer, headers and bodies.
pub fn frame(data: &[u8]) {
    if let Some((start, _)) = data.split_first_chunk() {
        let _ = preamble::check(start);
    }
    let Some((prefix, rest)) = data.split_first_chunk() else { return };
    for negotiating in [false, true] {
        if let Ok(len) = frame::payload_len(*prefix, frame::DEFAULT_MAX_MESSAGE, negotiating) {
            assert!(len > 0 && len <= frame::DEFAULT_MAX_MESSAGE as usize);
            payload(&rest[..rest.len().min(len)]);
        }
    }
    // Most inputs have a prefix that does not fit; what follows is worth reading all the same.
    payload(rest);
}

fn payload(payload: &[u8]) {
    for rule in [FooterRule::Forbidden, FooterRule::Required] {
        let Ok(parts) = frame::split(payload, rule) else { continue };
        let last = parts.footer.clone().unwrap_or(parts.main.clone());
        assert!(parts.header.start > 0 && parts.header.end < parts.main.start);
        assert!(parts.main.start <= parts.main.end && parts.main.end <= last.end);
        assert_eq!(last.end, payload.len());
        if let Some(footer) = parts.footer {
            assert!(footer.start > parts.main.end);
            let _ = frame::parse_footer(&payload[footer]);
        }
        header(&payload[parts.header.clone()]);
        body(&payload[parts.main.clone()]);
        let offsets = Bytes::copy_from_slice(&payload[parts.header]);
        if let Ok(header) = decode::response_header(offsets.clone()) {
            ranges(parts.main.len(), &header.sidecar_offsets);
        }
        if let Ok(header) = decode::request_header(offsets) {
            ranges(parts.main.len(), &header.sidecar_offsets);
            encoded_frame(&header, parts.main.len());
        }
    }
}

/// A header or a body message: whatever can be decoded survives being encoded again. The headers go
/// through prost alone then: lists that came packed are longer as we write them, perhaps too long.
pub fn header(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    if let Ok(header) = decode::request_header(bytes.clone()) {
        assert_eq!(pb::RequestHeader::decode(&*header.encode_to_vec()).as_ref(), Ok(&header));
    }
    if let Ok(header) = decode::response_header(bytes.clone()) {
        assert_eq!(pb::ResponseHeader::decode(&*header.encode_to_vec()).as_ref(), Ok(&header));
    }
    body(data);
}

fn body(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    if let Ok(message) = decode::negotiate(bytes.clone()) {
        assert_eq!(Ok(&message), decode::negotiate(message.encode_to_vec().into()).as_ref());
    }
    if let Ok(message) = decode::connection_context(bytes.clone()) {
        let again = decode::connection_context(message.encode_to_vec().into());
        assert_eq!(Ok(&message), again.as_ref());
    }
    if let Ok(error) = ErrorStatus::decode(bytes) {
        assert_eq!(error.encode(), data);
        let _ = error.extension::<pb::SignedTokenPb>(101);
        let shown = alloc::format!("{error}");
        assert!(!shown.chars().any(char::is_control));
    }
}

/// Offsets, four bytes each behind the length of the main part: whatever passes the check gives
/// ranges that tile the main part, and those lengths give the same offsets again.
pub fn sidecars(data: &[u8]) {
    let mut words = data
        .chunks_exact(4)
        .map(|word| u32::from_be_bytes(word.try_into().expect("chunks_exact gives four bytes")));
    let Some(main_len) = words.next() else { return };
    let mut offsets: Vec<u32> = words.collect();
    ranges(main_len as usize, &offsets);
    // Random offsets are hardly ever in order.
    offsets.sort_unstable();
    ranges(main_len as usize, &offsets);
}

fn ranges(main_len: usize, offsets: &[u32]) {
    if sidecar::check(main_len, offsets).is_err() {
        return;
    }
    let body_len = sidecar::body_len(main_len, offsets);
    let found: Vec<Range<usize>> =
        (0..).map_while(|i| sidecar::range(main_len, offsets, i)).collect();
    assert_eq!(found.len(), offsets.len());
    let mut end = body_len;
    for range in &found {
        assert_eq!(range.start, end);
        assert!(range.start <= range.end);
        end = range.end;
    }
    assert_eq!(end, main_len);
    if main_len <= sidecar::MAX_TOTAL_BYTES {
        let lens = found.iter().map(|range| range.len());
        assert_eq!(sidecar::offsets(body_len, lens).as_deref(), Ok(offsets));
    }
}

fn encoded_frame(header: &pb::RequestHeader, main_len: usize) {
    let mut wire = Vec::new();
    if frame::put_head(&mut wire, header, main_len, 0).is_err() {
        return;
    }
    wire.resize(wire.len() + main_len, 0);
    let (prefix, payload) = wire.split_first_chunk().expect("put_head wrote a prefix");
    assert_eq!(u32::from_be_bytes(*prefix) as usize, payload.len());
    let parts = frame::split(payload, FooterRule::Forbidden).expect("what we write can be read");
    assert_eq!(parts.main.len(), main_len);
    let header_len = u32::try_from(parts.header.len()).expect("it was written as one");
    assert_eq!(parts.header.start, varint::len(header_len));
    assert_eq!(pb::RequestHeader::decode(&payload[parts.header]).as_ref(), Ok(header));
}
