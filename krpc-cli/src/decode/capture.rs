//! Captures of a network, pcap and pcapng: packets, and the TCP segments in them.

use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TcpSlice, TransportSlice};
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};

use super::Stop;
use super::listing::Listing;
use super::tcp::{Segment, Tcp};

/// What is read at first, and the longest block that is taken.
const BUFFER: usize = 64 << 10;
const LONGEST_BLOCK: usize = 16 << 20;

/// Network interfaces that a pcapng file may have.
const MAX_INTERFACES: usize = 10_000;

/// Fills what it is given to read into, as far as there is something.
struct Full<R>(R);

impl<R: Read> Read for Full<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buf.len() {
            match self.0.read(&mut buf[done..]) {
                Ok(0) => break,
                Ok(len) => done += len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Told when it comes again.
                Err(_) if done > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }
}

/// How packets of an interface are laid out, and ticks of its clock in a second.
#[derive(Clone, Copy)]
struct Interface {
    link: Linktype,
    ticks: u64,
}

/// Lists the connections of a capture.
pub(super) fn read(source: impl Read + Send, listing: &mut Listing<'_>) -> Result<(), Stop> {
    let mut tcp = Tcp::default();
    let read = blocks(source, &mut tcp, listing);
    if let Err(stop @ Stop::Failure(_)) = read {
        return Err(stop);
    }
    tcp.end(listing)?;
    read
}

fn blocks(source: impl Read + Send, tcp: &mut Tcp, listing: &mut Listing<'_>) -> Result<(), Stop> {
    let mut reader = create_reader(BUFFER, Full(source))
        .map_err(|e| Stop::Damage(format!("at byte 0: {}", problem(&e))))?;
    let mut interfaces = Vec::new();
    let mut size = BUFFER;
    loop {
        let at = reader.consumed();
        let had = reader.data().len();
        let stop = |said: &str| Err(Stop::Damage(format!("at byte {at}: {said}")));
        let more = match reader.next() {
            Ok((len, block)) => {
                packet(&block, &mut interfaces, tcp, listing)?;
                reader.consume(len);
                continue;
            }
            Err(PcapError::Eof) => return Ok(()),
            Err(PcapError::Incomplete(_)) => true,
            Err(PcapError::BufferTooSmall) => false,
            Err(error) => return stop(problem(&error)),
        };
        if reader.refill().is_err() {
            return stop("cannot be read");
        }
        if reader.data().len() == had && !reader.reader_exhausted() {
            size *= 2;
            if size > LONGEST_BLOCK {
                return stop("a block of more than 16 MiB");
            }
            reader.grow(size);
        } else if !more && reader.reader_exhausted() && reader.data().len() == had {
            return stop("the capture ends inside a block");
        }
    }
}

fn problem<I>(error: &PcapError<I>) -> &'static str {
    match error {
        PcapError::Eof | PcapError::UnexpectedEof | PcapError::Incomplete(_) => {
            "the capture ends inside a block"
        }
        PcapError::ReadError => "cannot be read",
        PcapError::HeaderNotRecognized => "no header of a pcap or pcapng file",
        PcapError::BufferTooSmall => "a block that is too large",
        _ => "a block that cannot be read",
    }
}

fn packet(
    block: &PcapBlockOwned<'_>,
    interfaces: &mut Vec<Interface>,
    tcp: &mut Tcp,
    listing: &mut Listing<'_>,
) -> Result<(), Stop> {
    let (interface, ticks, data) = match block {
        PcapBlockOwned::LegacyHeader(header) => {
            let ticks = if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
            interfaces.push(Interface { link: header.network, ticks });
            return Ok(());
        }
        PcapBlockOwned::Legacy(packet) => {
            let Some(&interface) = interfaces.first() else { return Ok(()) };
            let ticks = u64::from(packet.ts_sec) * interface.ticks + u64::from(packet.ts_usec);
            (interface, ticks, packet.data)
        }
        PcapBlockOwned::NG(Block::SectionHeader(_)) => {
            interfaces.clear();
            return Ok(());
        }
        PcapBlockOwned::NG(Block::InterfaceDescription(description)) => {
            if interfaces.len() < MAX_INTERFACES {
                let ticks = description.ts_resolution().filter(|ticks| *ticks > 0);
                let ticks = ticks.unwrap_or(1_000_000);
                interfaces.push(Interface { link: description.linktype, ticks });
            }
            return Ok(());
        }
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
            let Some(&interface) = interfaces.get(packet.if_id as usize) else { return Ok(()) };
            let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
            let len = packet.data.len().min(packet.caplen as usize);
            (interface, ticks, &packet.data[..len])
        }
        PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
            let Some(&interface) = interfaces.first() else { return Ok(()) };
            let len = packet.data.len().min(packet.origlen as usize);
            (interface, 0, &packet.data[..len])
        }
        PcapBlockOwned::NG(_) => return Ok(()),
    };
    let micros = u128::from(ticks) * 1_000_000 / u128::from(interface.ticks);
    let at = listing.since_first(u64::try_from(micros).unwrap_or(u64::MAX));
    let Some(layout) = layout(interface.link) else {
        tcp.unknown(interface.link.0);
        return Ok(());
    };
    match layout(data).and_then(segment) {
        Some((from, to, slice)) => {
            let segment = Segment {
                from,
                to,
                at,
                seq: slice.sequence_number(),
                ack: slice.ack().then(|| slice.acknowledgment_number()),
                syn: slice.syn(),
                fin: slice.fin(),
                rst: slice.rst(),
                payload: slice.payload(),
            };
            tcp.segment(&segment, listing)
        }
        None => {
            tcp.other();
            Ok(())
        }
    }
}

/// Finds the layers of a packet.
type Layout = fn(&[u8]) -> Option<LaxSlicedPacket<'_>>;

/// How packets of this kind of link are laid out, if that is known.
fn layout(link: Linktype) -> Option<Layout> {
    Some(match link {
        Linktype::ETHERNET => |data| LaxSlicedPacket::from_ethernet(data).ok(),
        // A word that says the family of addresses, which the packet says as well.
        Linktype::NULL | Linktype::LOOP => |data| LaxSlicedPacket::from_ip(data.get(4..)?).ok(),
        Linktype::RAW | Linktype(12 | 14) | Linktype::IPV4 | Linktype::IPV6 => {
            |data| LaxSlicedPacket::from_ip(data).ok()
        }
        Linktype::LINUX_SLL => |data| Some(cooked(data.get(14..16)?, data.get(16..)?)),
        Linktype::LINUX_SLL2 => |data| Some(cooked(data.get(..2)?, data.get(20..)?)),
        _ => return None,
    })
}

/// The TCP segment of a packet, if it has one.
fn segment(sliced: LaxSlicedPacket<'_>) -> Option<(SocketAddr, SocketAddr, TcpSlice<'_>)> {
    let (from, to): (IpAddr, IpAddr) = match sliced.net? {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            (header.source_addr().into(), header.destination_addr().into())
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            (header.source_addr().into(), header.destination_addr().into())
        }
        LaxNetSlice::Arp(_) => return None,
    };
    match sliced.transport? {
        TransportSlice::Tcp(tcp) => {
            let (from, to) = ((from, tcp.source_port()), (to, tcp.destination_port()));
            Some((from.into(), to.into(), tcp))
        }
        _ => None,
    }
}

/// Packets of an interface that stands for several, which say their protocol first.
fn cooked<'a>(protocol: &[u8], data: &'a [u8]) -> LaxSlicedPacket<'a> {
    let protocol = protocol.iter().fold(0, |word, byte| word << 8 | u16::from(*byte));
    LaxSlicedPacket::from_ether_type(EtherType(protocol), data)
}

#[cfg(test)]
mod tests;
