//! Captures of every kind of link, built packet by packet.

use std::collections::BTreeMap;

use etherparse::{LinuxSllPacketType, PacketBuilder, PacketBuilderStep, TcpHeader, VlanId};
use krpc_tokio::core::proto::frame;
use krpc_tokio::core::proto::pb::{RemoteMethodPb, RequestHeader, ResponseHeader};
use krpc_tokio::core::proto::preamble::PREAMBLE;
use serde_json::{Value, json};

use crate::decode::{self, Listing, Options, Out};
use crate::side::Side;

const SERVER_PORT: u16 = 7051;

/// Makes a packet that one side sends.
type Packet = fn(Side, TcpHeader, &[u8]) -> Vec<u8>;

/// A connection that is captured.
struct Connection {
    port: u16,
    /// What each side sends next.
    seq: [u32; 2],
    packet: Packet,
}

impl Connection {
    /// Numbers of the client are about to begin anew.
    fn new(port: u16, packet: Packet) -> Self {
        Connection { port, seq: [u32::MAX - 10, 5_000], packet }
    }

    fn segment(&mut self, from: Side, syn: bool, payload: &[u8]) -> Vec<u8> {
        let (own, other) = (from as usize, from.other() as usize);
        let ports = [self.port, SERVER_PORT];
        let mut tcp = TcpHeader::new(ports[own], ports[other], self.seq[own], 65_535);
        tcp.syn = syn;
        tcp.ack = !syn || from == Side::Server;
        tcp.acknowledgment_number = self.seq[other];
        let len = u32::try_from(payload.len()).expect("it is short") + u32::from(syn);
        self.seq[own] = self.seq[own].wrapping_add(len);
        (self.packet)(from, tcp, payload)
    }

    /// The handshake, then what is said in turn.
    fn packets(&mut self, said: &[(Side, Vec<u8>)]) -> Vec<Vec<u8>> {
        let mut packets = vec![
            self.segment(Side::Client, true, b""),
            self.segment(Side::Server, true, b""),
            self.segment(Side::Client, false, b""),
        ];
        packets.extend(said.iter().map(|(from, bytes)| self.segment(*from, false, bytes)));
        packets
    }
}

/// A pcap file of that link type, a millisecond from packet to packet.
fn pcap(link: u32, packets: &[Vec<u8>]) -> Vec<u8> {
    let words = |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|w| w.to_le_bytes()).collect() };
    let mut file = words(&[0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 65_535, link]);
    for (at, packet) in (0u32..).zip(packets) {
        let len = u32::try_from(packet.len()).expect("it is short");
        file.extend(words(&[1_000, at * 1_000, len, len]));
        file.extend(packet);
    }
    file
}

/// A call of a method: the preamble and the request, and the reply.
fn call(id: i32, method: &str) -> Vec<(Side, Vec<u8>)> {
    let name = RemoteMethodPb { service_name: "s.S".into(), method_name: method.to_owned().into() };
    let header =
        RequestHeader { call_id: id, remote_method: Some(name), ..RequestHeader::default() };
    let mut request = PREAMBLE.to_vec();
    frame::put_head(&mut request, &header, 3, 0).expect("it is short");
    request.extend(b"abc");
    let header = ResponseHeader { call_id: id, ..ResponseHeader::default() };
    let mut reply = Vec::new();
    frame::put_head(&mut reply, &header, 2, 0).expect("it is short");
    reply.extend(b"de");
    vec![(Side::Client, request), (Side::Server, reply)]
}

/// Frames by connection as kind, call id, method and body, and what is said beside them.
fn listed(file: &[u8]) -> (BTreeMap<u64, Vec<Value>>, String) {
    let (mut frames, mut notes) = (BTreeMap::new(), String::new());
    let options = Options { json: true, bodies: None };
    let mut line = |line: &str| {
        let frame: Value = serde_json::from_str(line).expect("a line is JSON");
        let list: &mut Vec<_> =
            frames.entry(frame["connection"].as_u64().expect("a number")).or_default();
        list.push(json!([frame["kind"], frame["call_id"], frame["method"], frame["body_bytes"]]));
        Ok(())
    };
    let mut note = |note: &str| {
        notes.push_str(note);
        notes.push('\n');
    };
    let mut listing = Listing::new(&options, "file", Out { line: &mut line, note: &mut note });
    decode::read(file, &mut listing).expect("nothing is printed");
    assert_eq!(listing.damages(), 0, "damage");
    drop(listing);
    (frames, notes)
}

fn called(id: i32, method: &str) -> Vec<Value> {
    vec![
        json!(["preamble", null, null, 0]),
        json!(["request", id, method, 3]),
        json!(["reply", id, method, 2]),
    ]
}

fn written(step: PacketBuilderStep<TcpHeader>, before: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut packet = before.to_vec();
    step.write(&mut packet, payload).expect("a vector takes it");
    packet
}

/// Client and server, in the order of a packet from that side.
fn ends<T>(from: Side, client: T, server: T) -> (T, T) {
    match from {
        Side::Client => (client, server),
        Side::Server => (server, client),
    }
}

fn v4(from: Side) -> ([u8; 4], [u8; 4], u8) {
    let (from, to) = ends(from, [10, 0, 0, 1], [10, 0, 0, 2]);
    (from, to, 64)
}

fn v6(from: Side) -> ([u8; 16], [u8; 16], u8) {
    let address = |last| {
        let mut address = [0; 16];
        (address[0], address[1], address[15]) = (0xfd, 0, last);
        address
    };
    let (from, to) = ends(from, address(1), address(2));
    (from, to, 64)
}

fn ip4(from: Side, tcp: TcpHeader) -> PacketBuilderStep<TcpHeader> {
    let (from, to, ttl) = v4(from);
    PacketBuilder::ipv4(from, to, ttl).tcp_header(tcp)
}

fn ip6(from: Side, tcp: TcpHeader) -> PacketBuilderStep<TcpHeader> {
    let (from, to, hops) = v6(from);
    PacketBuilder::ipv6(from, to, hops).tcp_header(tcp)
}

fn ethernet(from: Side, tcp: TcpHeader, payload: &[u8]) -> Vec<u8> {
    let (a, b, ttl) = v4(from);
    let step = PacketBuilder::ethernet2([1; 6], [2; 6]).ipv4(a, b, ttl);
    written(step.tcp_header(tcp), b"", payload)
}

/// Name, number of the link type, whether addresses are of IPv6, and how a packet is made.
const LINKS: [(&str, u32, bool, Packet); 13] = [
    ("Ethernet, IPv4", 1, false, ethernet),
    ("Ethernet, IPv6", 1, true, |from, tcp, payload| {
        let (a, b, hops) = v6(from);
        let step = PacketBuilder::ethernet2([1; 6], [2; 6]).ipv6(a, b, hops);
        written(step.tcp_header(tcp), b"", payload)
    }),
    ("VLAN", 1, false, |from, tcp, payload| {
        let (a, b, ttl) = v4(from);
        let step = PacketBuilder::ethernet2([1; 6], [2; 6]);
        let step = step.single_vlan(VlanId::try_new(7).expect("it is a number"));
        written(step.ipv4(a, b, ttl).tcp_header(tcp), b"", payload)
    }),
    ("VLAN in a VLAN", 1, true, |from, tcp, payload| {
        let (a, b, hops) = v6(from);
        let vlan = |n| VlanId::try_new(n).expect("it is a number");
        let step = PacketBuilder::ethernet2([1; 6], [2; 6]).double_vlan(vlan(7), vlan(8));
        written(step.ipv6(a, b, hops).tcp_header(tcp), b"", payload)
    }),
    ("loopback of macOS, IPv4", 0, false, |from, tcp, payload| {
        written(ip4(from, tcp), &2u32.to_le_bytes(), payload)
    }),
    ("loopback of macOS, IPv6", 0, true, |from, tcp, payload| {
        written(ip6(from, tcp), &30u32.to_le_bytes(), payload)
    }),
    ("loopback of OpenBSD", 108, false, |from, tcp, payload| {
        written(ip4(from, tcp), &2u32.to_be_bytes(), payload)
    }),
    ("raw IP, IPv4", 101, false, |from, tcp, payload| written(ip4(from, tcp), b"", payload)),
    ("raw IP, IPv6", 101, true, |from, tcp, payload| written(ip6(from, tcp), b"", payload)),
    ("raw IPv4", 228, false, |from, tcp, payload| written(ip4(from, tcp), b"", payload)),
    ("raw IPv6", 229, true, |from, tcp, payload| written(ip6(from, tcp), b"", payload)),
    ("cooked", 113, false, |from, tcp, payload| {
        let (a, b, ttl) = v4(from);
        let step = PacketBuilder::linux_sll(LinuxSllPacketType::OTHERHOST, 6, [0; 8]);
        written(step.ipv4(a, b, ttl).tcp_header(tcp), b"", payload)
    }),
    ("cooked, version 2", 276, true, |from, tcp, payload| {
        // Protocol, two bytes of nothing, interface, kind of hardware, of packet, an address of 6 bytes.
        let head = b"\x86\xdd\0\0\0\0\0\x02\0\x01\0\x06\x01\x02\x03\x04\x05\x06\0\0";
        written(ip6(from, tcp), head, payload)
    }),
];

#[test]
fn every_kind_of_link_has_the_same_frames() {
    for (name, link, is_v6, packet) in LINKS {
        let packets = Connection::new(40_000, packet).packets(&call(5, "Do"));
        let (frames, notes) = listed(&pcap(link, &packets));
        assert_eq!(frames, BTreeMap::from([(1, called(5, "Do"))]), "{name}: {notes}");
        let ends = match is_v6 {
            false => "connection 1, 10.0.0.1:40000 to 10.0.0.2:7051",
            true => "connection 1, [fd00::1]:40000 to [fd00::2]:7051",
        };
        assert!(notes.contains(ends), "{name}: {notes}");
        assert_eq!(notes.lines().count(), 1, "{name}: {notes}");
    }
}

#[test]
fn a_link_that_is_not_known_is_said() {
    let packets = Connection::new(40_000, ethernet).packets(&call(5, "Do"));
    let (frames, notes) = listed(&pcap(147, &packets));
    assert_eq!(frames, BTreeMap::new());
    assert!(
        notes.contains("passed over: 5 packets of link type 147, which is not read"),
        "{notes}"
    );
}

/// Packets of five connections in turn: three are KRPC, one is not, and one began before the capture.
#[test]
fn connections_are_told_apart() {
    let http = vec![(Side::Client, b"GET / HTTP/1.1\r\n\r\n".to_vec())];
    let connection = |n: u16, said: &[_]| Connection::new(40_000 + n, ethernet).packets(said);
    let mut all = vec![
        connection(0, &call(7, "First")),
        connection(1, &http),
        connection(2, &call(7, "Second")),
        connection(3, &call(7, "Third")),
    ];
    let headless = connection(4, &call(7, "Fourth")[1..]);
    all.push(headless[3..].to_vec());
    let longest = all.iter().map(Vec::len).max().expect("there are some");
    let turns = (0..longest).flat_map(|at| all.iter().filter_map(move |list| list.get(at)));
    let (frames, notes) = listed(&pcap(1, &turns.cloned().collect::<Vec<_>>()));
    let expected = ["First", "Second", "Third"].map(|method| called(7, method));
    assert_eq!(frames, (1..).zip(expected).collect(), "{notes}");
    for (number, port) in [(1, 40_000), (2, 40_002), (3, 40_003)] {
        let ends = format!("connection {number}, 10.0.0.1:{port} to 10.0.0.2:7051");
        assert!(notes.contains(&ends), "{notes}");
    }
    assert!(notes.contains("1 TCP connections that do not begin as KRPC does"), "{notes}");
    assert!(notes.contains("1 TCP connections that began before the capture"), "{notes}");
}

/// The same ends, and the client's numbers begin where they please.
#[test]
fn a_port_that_is_used_again_is_another_connection() {
    let mut first = Connection::new(40_000, ethernet);
    let mut packets = first.packets(&call(1, "First"));
    packets.extend(Connection { seq: [77, 99], ..first }.packets(&call(1, "Second")));
    let (frames, notes) = listed(&pcap(1, &packets));
    let expected = ["First", "Second"].map(|method| called(1, method));
    assert_eq!(frames, (1..).zip(expected).collect(), "{notes}");
}
