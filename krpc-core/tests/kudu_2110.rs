//! KUDU-2110, "RPC footer may be appended more than once", as it happened in 2017.
//!
//! The sender of that time took progress for a sign that it had begun: if the first write took no byte, it
//! began again, and with that appended another footer. It is modelled here in a few lines, and loses framing
//! before the eyes of our server and of the independent parser. Our sender is put through the same.

// A time to begin with; after that the clock stands still.
#![allow(clippy::disallowed_methods)]

#[path = "cancel_property/parser.rs"]
#[allow(dead_code)]
mod parser;
mod raw;

use std::io::{self, IoSlice, Write};
use std::time::Duration;

use krpc_core::proto::frame;
use krpc_core::proto::frame::FrameError;
use krpc_core::{
    ClientTls, ConnectionError, Footers, Method, Misbehaviour, OutboundCall, ServerConfig,
    ServerTls, Timer,
};
use krpc_testkit::Pair;
use parser::{Fault, Frame, Parser, Stream};
use raw::{RawClient, alice};

const FOOTER: [u8; 3] = [2, 8, 0];

/// A network that takes nothing at the first write, which is what it took.
#[derive(Default)]
struct Network {
    taken: Vec<u8>,
    writes: usize,
}

impl Write for Network {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.writes += 1;
        if self.writes == 1 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let before = self.taken.len();
        slices.iter().for_each(|slice| self.taken.extend_from_slice(slice));
        Ok(self.taken.len() - before)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// TLS as OpenSSL does it: a record is sealed at the first attempt, and what is retried is that record,
/// whatever the caller offers by then. It tells how many bytes of the caller's it stands for.
struct OpenSsl {
    sealed: Option<Vec<u8>>,
    network: Network,
}

impl Write for OpenSsl {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let record = self.sealed.get_or_insert_with(|| bytes.to_vec());
        assert!(bytes.len() >= record.len(), "bad length");
        self.network.write(record)?;
        // The seal itself does not matter here: what the receiver opens is what was sealed.
        Ok(self.sealed.take().map_or(0, |record| record.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An outbound transfer of 2017.
struct OldTransfer {
    slices: Vec<Vec<u8>>,
    current: usize,
    offset: usize,
}

impl OldTransfer {
    fn new(id: i32, body: &[u8]) -> Self {
        // Without a footer, because whether the peer knows footers was looked up at the start.
        let frame = raw::call(id, body);
        let (head, body) = frame.split_at(frame.len() - body.len());
        OldTransfer { slices: vec![head.to_vec(), body.to_vec()], current: 0, offset: 0 }
    }

    /// The fault: what nobody has taken a byte of was not started.
    fn has_started(&self) -> bool {
        (self.current, self.offset) != (0, 0)
    }

    fn is_finished(&self) -> bool {
        self.current == self.slices.len()
    }

    fn send(&mut self, out: &mut dyn Write) {
        if !self.has_started() {
            // A footer is appended, and the length in the header that is already rendered grows by it.
            let (prefix, _) = self.slices[0].split_first_chunk_mut::<4>().unwrap();
            *prefix = (u32::from_be_bytes(*prefix) + FOOTER.len() as u32).to_be_bytes();
            self.slices.push(FOOTER.to_vec());
        }
        while !self.is_finished() {
            let Ok(n) = out.write(&self.slices[self.current][self.offset..]) else { return };
            self.offset += n;
            if self.offset == self.slices[self.current].len() {
                (self.current, self.offset) = (self.current + 1, 0);
            }
        }
    }
}

const CALLS: i32 = 10;

fn body(id: i32) -> Vec<u8> {
    vec![id as u8; 100]
}

/// Some calls, each sent until the network has it.
fn old_sender(out: &mut dyn Write) {
    for id in 0..CALLS {
        let mut transfer = OldTransfer::new(id, &body(id));
        while !transfer.is_finished() {
            transfer.send(out);
        }
    }
}

/// Our server, with whom footers were agreed on as in 2017.
fn server() -> RawClient {
    let config = ServerConfig::new().footers(Footers::Flag4Only);
    RawClient::listing(config, &[1, 4])
}

fn calls(server: &RawClient) -> Vec<i32> {
    server.calls().iter().map(|call| call.id.get()).collect()
}

/// The independent parser's view: the calls it finds whole, how it fails, and what is left.
fn second_opinion(stream: &[u8]) -> (Vec<i32>, Result<(), Fault>, Vec<u8>) {
    let mut parser = Parser::new(Stream::Requests { footers: true }, 0);
    let mut found = Vec::new();
    let read = parser.feed(stream, &mut |frame: &Frame<'_>| {
        assert_eq!(frame.main, body(frame.id));
        assert!(!frame.aborted);
        found.push(frame.id);
        Ok(())
    });
    (found, read, parser.held)
}

#[test]
fn the_old_sender_is_sound_while_the_network_takes_a_byte_at_once() {
    let mut network = Network { writes: 1, ..Network::default() };
    old_sender(&mut network);
    let all: Vec<_> = (0..CALLS).collect();
    assert_eq!(second_opinion(&network.taken), (all.clone(), Ok(()), vec![]));
    let mut server = server();
    server.feed(&network.taken);
    assert_eq!(calls(&server), all);
}

#[test]
fn plain_the_old_sender_leaves_3_surplus_bytes() {
    let mut network = Network::default();
    old_sender(&mut network);
    let (found, read, _) = second_opinion(&network.taken);
    assert_eq!((found, read), (vec![], Err(Fault::Surplus(3))));
    let mut server = server();
    server.feed(&network.taken);
    assert_eq!(calls(&server), []);
    let surplus = Misbehaviour::Frame(FrameError::Trailing { bytes: 3 });
    assert_eq!(server.error(), ConnectionError::PeerMisbehaved(surplus));
}

#[test]
fn over_openssl_the_old_sender_makes_the_receiver_swallow_34_078_720_bytes() {
    const PREFIX: u32 = 0x0208_0000;
    const SWALLOWED: u64 = 34_078_720;
    assert_eq!(u64::from(PREFIX), SWALLOWED);

    let mut tls = OpenSsl { sealed: None, network: Network::default() };
    old_sender(&mut tls);
    let stream = tls.network.taken;

    // The first call is whole: its header was sealed with the length of one footer. The second footer,
    // and the first byte of what comes next, are read as a length.
    let (found, read, swallowed) = second_opinion(&stream);
    assert_eq!((found, read), (vec![0], Ok(())));
    assert_eq!(swallowed[..4], PREFIX.to_be_bytes());
    let first = raw::call(0, &body(0)).len() + FOOTER.len();
    assert_eq!(swallowed.len(), stream.len() - first, "all the others");

    let mut server = server();
    server.feed(&stream);
    assert_eq!(calls(&server), [0]);
    assert!(!server.is_ended() && server.conn.wants_read(), "it waits for more");
    // More calls are swallowed like the others, and it would be minutes before anybody noticed; here a
    // frame that was begun has a time to end.
    let more = frame_of(CALLS);
    server.feed(&more);
    assert_eq!(calls(&server), [0]);
    let allowed = Duration::from_secs(60 + (SWALLOWED >> 20));
    server.advance(allowed);
    let received = (swallowed.len() + more.len()) as u64 - 4;
    let timer = Timer::Frame { allowed, announced: Some(SWALLOWED), received };
    assert_eq!(server.error(), ConnectionError::TimedOut(timer));
}

fn frame_of(id: i32) -> Vec<u8> {
    let mut transfer = OldTransfer::new(id, &body(id));
    let mut network = Network { writes: 1, ..Network::default() };
    transfer.send(&mut network);
    network.taken
}

/// Our sender, whose network takes nothing at the first write of each call, on a stream that is plain or
/// sealed by `tls`.
fn our_sender(tls: Option<(ClientTls, ServerTls)>) {
    let (mut client, mut config) = (alice(), ServerConfig::new());
    let sealed = tls.is_some();
    if let Some((for_client, for_server)) = tls {
        client = client.tls(for_client).encrypt_loopback(true);
        config = config.tls(for_server).encrypt_loopback(true);
    }
    let client = client.footers(Footers::Flag4Only);
    let config = config.footers(Footers::Flag4Only);
    let mut pair = Pair::with(client, config, Default::default(), Default::default());
    pair.run();
    assert!(pair.client.is_open());
    let now = pair.now();
    let mut plain = Vec::new();
    for id in 0..CALLS {
        let method = Method::from_static("test.Service", "Method");
        pair.start(OutboundCall::new(method, body(id)));
        let mut network = Network::default();
        let refused = pair.client.transmit(now, &mut network).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
        while pair.client.wants_write() {
            let _ = pair.client.transmit(now, &mut network).unwrap();
        }
        pair.server.handle_input(now, &network.taken);
        plain.extend(network.taken);
    }
    pair.run();
    let found: Vec<_> =
        pair.calls().iter().map(|call| (call.id.get(), call.body.to_vec())).collect();
    let expected: Vec<_> = (0..CALLS).map(|id| (id, body(id))).collect();
    assert_eq!(found, expected);
    assert!(pair.server.is_open());
    if !sealed {
        assert_eq!(second_opinion(&plain), ((0..CALLS).collect(), Ok(()), vec![]));
        assert_eq!(plain[plain.len() - frame::FOOTER_LEN..], FOOTER);
    }
}

#[test]
fn our_sender_keeps_framing() {
    our_sender(None);
    our_sender(Some((ClientTls::fake(), ServerTls::fake())));
    let certs = (krpc_testkit::certs::SERVER, krpc_testkit::certs::SERVER_KEY);
    our_sender(Some((ClientTls::new(), ServerTls::from_pem(certs.0, certs.1).unwrap())));
}
