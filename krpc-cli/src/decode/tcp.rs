//! TCP connections of a capture: segments in any order become the streams of both sides.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use super::listing::Listing;
use super::{Connection, Stop};
use crate::side::Side;

/// Connections that are followed at a time, KRPC or not.
const MAX_CONNECTIONS: usize = 50_000;

/// What is held of a side behind a gap, in bytes and segments, before the gap is given up.
const MAX_HELD: usize = 4 << 20;
const MAX_SEGMENTS: usize = 4_096;

/// The same for all connections together.
const MAX_HELD_IN_ALL: usize = 64 << 20;

/// What of a segment matters here.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) at: u64,
    pub(super) seq: u32,
    pub(super) ack: Option<u32>,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
    pub(super) payload: &'a [u8],
}

/// All connections of a capture.
#[derive(Debug, Default)]
pub(super) struct Tcp {
    /// By both ends, the lower address first.
    flows: HashMap<(SocketAddr, SocketAddr), Flow>,
    held: usize,
    /// What is passed over: packets of links that are not known, those that are not TCP, and connections.
    unknown: BTreeMap<i32, u64>,
    other: u64,
    foreign: u64,
    headless: u64,
    unfollowed: u64,
}

#[derive(Debug)]
enum Flow {
    /// Its client is known, and that it is KRPC is not yet.
    Opening(Box<Both>),
    Krpc(Box<Both>),
    /// Not KRPC, or joined in the middle.
    Ignored,
}

#[derive(Debug)]
struct Both {
    client: SocketAddr,
    server: SocketAddr,
    /// Client, server.
    sides: [Sent; 2],
    number: u64,
    connection: Connection,
}

/// What one end sends.
#[derive(Debug, Default)]
struct Sent {
    /// The number of the first byte, once it is known.
    first: Option<u32>,
    /// Bytes delivered so far.
    next: u64,
    /// Segments that came too early, by their place.
    held: BTreeMap<u64, Vec<u8>>,
    bytes: usize,
    /// The other end has everything up to here.
    acked: u64,
    /// Where it ends.
    end: Option<u64>,
}

impl Sent {
    /// The place of a sequence number in the stream, as the one nearest to what is next; below the
    /// first byte, it is none.
    fn place(&self, seq: u32) -> Option<u64> {
        let next = self.first?.wrapping_add(self.next as u32);
        self.next.checked_add_signed(i64::from(seq.wrapping_sub(next) as i32))
    }

    fn done(&self) -> bool {
        self.end.is_some_and(|end| self.next >= end)
    }
}

impl Tcp {
    /// A packet that is no TCP segment.
    pub(super) fn other(&mut self) {
        self.other += 1;
    }

    pub(super) fn unknown(&mut self, link: i32) {
        *self.unknown.entry(link).or_default() += 1;
    }

    pub(super) fn segment(
        &mut self,
        s: &Segment<'_>,
        listing: &mut Listing<'_>,
    ) -> Result<(), Stop> {
        let key = (s.from.min(s.to), s.from.max(s.to));
        if s.syn && s.ack.is_none() {
            // The same syn again, or another connection between the same ends.
            let again = match self.flows.get(&key) {
                Some(Flow::Opening(both) | Flow::Krpc(both)) => {
                    both.client == s.from && both.sides[0].first == Some(s.seq.wrapping_add(1))
                }
                _ => false,
            };
            if !again {
                self.close(key, s.at, listing)?;
                self.open(key, s, s.seq.wrapping_add(1));
            }
        } else if !self.flows.contains_key(&key) {
            if s.payload.starts_with(b"hrpc") {
                self.open(key, s, s.seq);
            } else if !s.payload.is_empty() {
                self.headless += 1;
                self.insert(key, Flow::Ignored);
            }
        }
        let Some(flow) = self.flows.get_mut(&key) else { return Ok(()) };
        let both = match flow {
            Flow::Ignored => return Ok(()),
            Flow::Opening(both) | Flow::Krpc(both) => both,
        };
        let from = usize::from(both.client != s.from);
        let held = both.held();
        both.take(from, s);
        if matches!(flow, Flow::Opening(_)) {
            self.decide(key, s, listing)?;
        }
        if let Some(Flow::Krpc(both)) = self.flows.get_mut(&key) {
            both.deliver(s.at, listing)?;
            let (now, over) = (both.held(), s.rst || both.sides.iter().all(Sent::done));
            self.held = (self.held + now).saturating_sub(held);
            if over {
                self.close(key, s.at, listing)?;
            } else if self.held > MAX_HELD_IN_ALL
                && let Some(Flow::Krpc(both)) = self.flows.get_mut(&key)
            {
                self.held -= both.held();
                both.flush(s.at, listing)?;
            }
        }
        Ok(())
    }

    fn open(&mut self, key: (SocketAddr, SocketAddr), s: &Segment<'_>, first: u32) {
        let sides = [Sent { first: Some(first), ..Sent::default() }, Sent::default()];
        let connection = Connection::new(0);
        let both = Both { client: s.from, server: s.to, sides, number: 0, connection };
        self.insert(key, Flow::Opening(Box::new(both)));
    }

    fn insert(&mut self, key: (SocketAddr, SocketAddr), flow: Flow) {
        if self.flows.len() < MAX_CONNECTIONS {
            self.flows.insert(key, flow);
        } else {
            self.unfollowed += 1;
        }
    }

    /// Whether a connection is KRPC, by the first bytes of its client.
    fn decide(
        &mut self,
        key: (SocketAddr, SocketAddr),
        s: &Segment<'_>,
        listing: &mut Listing<'_>,
    ) -> Result<(), Stop> {
        let Some(Flow::Opening(both)) = self.flows.get(&key) else { return Ok(()) };
        let krpc = match both.sides[0].held.get(&0) {
            Some(first) => first.starts_with(b"hrpc"),
            None if s.rst || both.held() > MAX_HELD / 64 || both.sides[0].end == Some(0) => false,
            None => return Ok(()),
        };
        let Some(Flow::Opening(mut both)) = self.flows.remove(&key) else { return Ok(()) };
        if !krpc {
            self.foreign += 1;
            self.insert(key, Flow::Ignored);
            return Ok(());
        }
        both.number = listing.next_connection();
        both.connection = Connection::new(listing.keep());
        listing.opened(both.number, s.at, both.client, both.server)?;
        self.flows.insert(key, Flow::Krpc(both));
        Ok(())
    }

    fn close(
        &mut self,
        key: (SocketAddr, SocketAddr),
        at: u64,
        listing: &mut Listing<'_>,
    ) -> Result<(), Stop> {
        match self.flows.remove(&key) {
            Some(Flow::Krpc(mut both)) => {
                self.held = self.held.saturating_sub(both.held());
                both.flush(at, listing)?;
                listing.batch(both.number, at, |seen| both.connection.end(at, seen))
            }
            Some(Flow::Opening(_)) => {
                self.foreign += 1;
                Ok(())
            }
            Some(Flow::Ignored) | None => Ok(()),
        }
    }

    /// The capture is over.
    pub(super) fn end(&mut self, listing: &mut Listing<'_>) -> Result<(), Stop> {
        let mut open: Vec<_> = self.flows.keys().copied().collect();
        open.sort_by_key(|key| match &self.flows[key] {
            Flow::Krpc(both) => both.number,
            _ => 0,
        });
        for key in open {
            self.close(key, listing.last(), listing)?;
        }
        for (link, count) in &self.unknown {
            let what = format!("packets of link type {link}, which is not read");
            listing.note(format!("passed over: {count} {what}"))?;
        }
        for (count, what) in [
            (self.foreign, "TCP connections that do not begin as KRPC does"),
            (self.headless, "TCP connections that began before the capture"),
            (self.unfollowed, "TCP connections, because too many are open at a time"),
            (self.other, "packets that are not TCP"),
        ] {
            if count > 0 {
                listing.note(format!("passed over: {count} {what}"))?;
            }
        }
        Ok(())
    }
}

impl Both {
    fn held(&self) -> usize {
        self.sides.iter().map(|side| side.bytes).sum()
    }

    /// Holds what a segment brings.
    fn take(&mut self, from: usize, s: &Segment<'_>) {
        let other = &mut self.sides[1 - from];
        if let Some(acked) = s.ack.and_then(|ack| other.place(ack)) {
            other.acked = other.acked.max(acked);
        }
        let side = &mut self.sides[from];
        let seq = if s.syn { s.seq.wrapping_add(1) } else { s.seq };
        if side.first.is_none() && (s.syn || !s.payload.is_empty()) {
            side.first = Some(seq);
        }
        let Some(place) = side.place(seq) else { return };
        if s.fin {
            side.end = Some(place.saturating_add(s.payload.len() as u64));
        }
        // What is before `next` was delivered.
        let old = usize::try_from(side.next.saturating_sub(place)).unwrap_or(usize::MAX);
        let Some(new) = s.payload.get(old..).filter(|new| !new.is_empty()) else { return };
        let place = place.max(side.next);
        if side.held.get(&place).is_none_or(|held| held.len() < new.len()) {
            side.bytes += new.len();
            let former = side.held.insert(place, new.to_vec());
            side.bytes -= former.map_or(0, |former| former.len());
        }
    }

    /// Passes on what is there without a gap, and gives up gaps that nothing will fill.
    fn deliver(&mut self, at: u64, listing: &mut Listing<'_>) -> Result<(), Stop> {
        for from in [0, 1] {
            loop {
                self.in_order(from, at, listing)?;
                let side = &self.sides[from];
                let Some(&first) = side.held.keys().next() else { break };
                // The other end has what is missing, so that it was not captured.
                let received = side.acked > side.next;
                if !received && side.bytes <= MAX_HELD && side.held.len() <= MAX_SEGMENTS {
                    break;
                }
                self.gap(from, first, at, listing)?;
            }
        }
        Ok(())
    }

    fn in_order(&mut self, from: usize, at: u64, listing: &mut Listing<'_>) -> Result<(), Stop> {
        let (side, number, connection) = (Side::BOTH[from], self.number, &mut self.connection);
        let sent = &mut self.sides[from];
        while let Some(entry) = sent.held.first_entry()
            && *entry.key() <= sent.next
        {
            let (place, bytes) = entry.remove_entry();
            sent.bytes -= bytes.len();
            let old = usize::try_from(sent.next - place).unwrap_or(usize::MAX);
            if let Some(new) = bytes.get(old..).filter(|new| !new.is_empty()) {
                sent.next += new.len() as u64;
                listing.batch(number, at, |seen| connection.feed(side, at, new, seen))?;
            }
        }
        Ok(())
    }

    /// What is missing before `place` will not come.
    fn gap(
        &mut self,
        from: usize,
        place: u64,
        at: u64,
        listing: &mut Listing<'_>,
    ) -> Result<(), Stop> {
        let (side, connection) = (Side::BOTH[from], &mut self.connection);
        let missing = place - self.sides[from].next;
        self.sides[from].next = place;
        listing.gap(self.number, at, side, missing)?;
        listing.batch(self.number, at, |seen| connection.gap(side, at, missing, seen))
    }

    /// Passes on all that is held.
    fn flush(&mut self, at: u64, listing: &mut Listing<'_>) -> Result<(), Stop> {
        for from in [0, 1] {
            self.in_order(from, at, listing)?;
            while let Some(&first) = self.sides[from].held.keys().next() {
                self.gap(from, first, at, listing)?;
                self.in_order(from, at, listing)?;
            }
            let end = self.sides[from].acked.min(self.sides[from].end.unwrap_or(u64::MAX));
            if end > self.sides[from].next && self.sides[from].end.is_some() {
                self.gap(from, end, at, listing)?;
            }
        }
        Ok(())
    }
}
