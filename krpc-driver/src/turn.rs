//! One turn of a connection's driver: a bounded amount of everything that is to be done.

use std::io;
use std::task::Waker;
use std::time::Instant;

use krpc_core::{TransportError, TransportOp};

use crate::pump::{
    Connection, PLAIN_SCRATCH, SEALED_SCRATCH, Socket, Step, read_step, with_scratch, write_step,
};

/// Commands taken in one turn: enough for any pipeline, and some milliseconds at most.
pub(crate) const COMMANDS: usize = 1_024;

/// Reads in one turn. With 16 KiB each, or a large frame's rest in place, one busy connection
/// holds up the others of its thread for a fraction of a millisecond.
const READS: usize = 8;

/// Reads in a turn that finds a timer due, so that replies which came before the process stalled
/// are all seen before any deadline fires: more than a usual socket buffer holds.
const READS_WHEN_DUE: usize = 256;

/// Writes in one turn.
const WRITES: usize = 8;

/// What the one who drives does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Turn {
    /// Let others run, then drive again: there is more to do.
    Yield,
    /// Wait for the waker, for the socket where it blocked, or until that time.
    Sleep {
        /// When to drive again, whatever happens.
        until: Option<Instant>,
    },
    /// It is over: close the socket and drop the driver.
    Done,
    /// It is over: close the socket with linger 0, so that what the kernel still holds for the peer is
    /// thrown away, and drop the driver.
    Reset,
}

/// What differs between the two roles.
pub(crate) trait Side {
    type Conn: Connection;

    fn conn(&mut self) -> &mut Self::Conn;

    /// Whether the stream is sealed.
    fn sealed(&self) -> bool;

    /// Hands commands to the connection.
    fn commands(&mut self, now: Instant) -> Commands;

    /// Takes note of what has happened.
    fn events(&mut self, now: Instant);

    /// Tells the world what has happened in this turn: nothing was told before.
    fn publish(&mut self);

    /// Asks to be woken by the next command; false if there is one already.
    fn register(&mut self, waker: &Waker) -> bool;
}

/// What came of handing over commands.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Commands {
    /// Frames to send that came of them.
    pub(crate) frames: usize,
    /// Whether other calls are in flight, so that waiting for company is worth it.
    pub(crate) busy: bool,
    /// Whether there are more.
    pub(crate) more: bool,
}

/// What is kept from turn to turn.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    /// New frames were held back in the last turn, to be written together with those that come
    /// meanwhile.
    held: bool,
    /// Writing has failed. What the peer said before it closed is read all the same: it may
    /// explain why.
    write_error: Option<io::Error>,
    /// The end of the stream was read, or reading has failed.
    read_ended: bool,
}

impl Engine {
    /// Whether writing has failed. Whoever reads after that is told of an end of the stream where there
    /// was a reset: the system tells of it once.
    pub(crate) fn write_failed(&self) -> bool {
        self.write_error.is_some()
    }
}

/// One turn: commands, then writes and reads in turn until both block or the budget is spent, then
/// timers. A blocked write never stops a read. Without a socket, only commands and timers.
///
/// `now` was read before; so a reply that arrived until then is seen before a deadline that passed
/// until then.
pub(crate) fn turn<S: Side>(
    side: &mut S,
    engine: &mut Engine,
    waker: &Waker,
    mut io: Option<&mut impl Socket>,
    now: Instant,
) -> Turn {
    let commands = side.commands(now);
    let hold = commands.frames > 0 && commands.busy && !engine.held;
    engine.held = hold;
    side.events(now);

    let mut open = Open { read: false, write: false };
    if let Some(io) = io.as_deref_mut() {
        open = exchange(side, engine, io, now, hold);
    }
    if due(side.conn(), now) {
        side.conn().handle_timeout(now);
        side.events(now);
    }

    let conn = side.conn();
    let unsaid = conn.wants_write() && io.is_some() && engine.write_error.is_none();
    let over = conn.is_closed() && !unsaid;
    // What did not block has registered no waker either.
    let more = (open.read && conn.wants_read()) || (open.write && conn.wants_write());
    let until = conn.poll_timeout();
    let reset = conn.is_cut();
    side.publish();
    if over {
        if reset { Turn::Reset } else { Turn::Done }
    } else if commands.more || hold || more || !side.register(waker) {
        Turn::Yield
    } else {
        Turn::Sleep { until }
    }
}

/// The directions that may go on: neither blocked in this turn nor over.
struct Open {
    read: bool,
    write: bool,
}

/// Reads and writes until both block or the budget is spent.
fn exchange<S: Side>(
    side: &mut S,
    engine: &mut Engine,
    io: &mut impl Socket,
    now: Instant,
    hold: bool,
) -> Open {
    let mut reads = if due(side.conn(), now) { READS_WHEN_DUE } else { READS };
    let mut writes = WRITES;
    let mut open = Open { read: !engine.read_ended, write: !hold && engine.write_error.is_none() };
    loop {
        let mut moved = false;
        while open.write && writes > 0 && side.conn().wants_write() {
            match write_step(side.conn(), io, now) {
                Step::Moved => {
                    writes -= 1;
                    moved = true;
                }
                Step::Blocked | Step::Ended => open.write = false,
                Step::Failed(error) => {
                    engine.write_error = Some(error);
                    open.write = false;
                }
            }
        }
        if open.read && reads > 0 && side.conn().wants_read() {
            let scratch = if side.sealed() { SEALED_SCRATCH } else { PLAIN_SCRATCH };
            match with_scratch(scratch, |scratch| read_step(side.conn(), io, now, scratch)) {
                Step::Moved => {
                    reads -= 1;
                    moved = true;
                }
                Step::Blocked => open.read = false,
                Step::Ended => {
                    engine.read_ended = true;
                    open.read = false;
                }
                Step::Failed(error) => {
                    engine.read_ended = true;
                    open.read = false;
                    let error = TransportError::new(TransportOp::Read, &error);
                    side.conn().handle_transport_error(now, error);
                }
            }
        }
        side.events(now);
        if !moved {
            break;
        }
    }
    let more_to_read = open.read && side.conn().wants_read();
    if let Some(error) = engine.write_error.as_ref().filter(|_| !more_to_read) {
        let error = TransportError::new(TransportOp::Write, error);
        side.conn().handle_transport_error(now, error);
        side.events(now);
    }
    open
}

fn due(conn: &impl Connection, now: Instant) -> bool {
    conn.poll_timeout().is_some_and(|at| at <= now)
}
