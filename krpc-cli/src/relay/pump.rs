//! One direction of a connection.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use krpc_tokio::Stream;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};

use super::rules::{Pace, Rule, STEP};
use super::{End, Tap, lock, socket};
use crate::side::Side;

/// Bytes that may be on their way at once where there is a delay.
const WINDOW: u32 = 1 << 20;

/// What a piece on its way counts for at least, because it costs something to hold, too.
const LEAST: u32 = 1 << 10;

/// Why a connection ends at once.
#[derive(Debug)]
pub(super) enum Broken {
    /// One side's connection is lost, so the other is to be told.
    Reset,
    /// By the rule of what this side sends.
    Dropped(Side),
}

/// What comes.
#[derive(Debug)]
enum Next<B> {
    Bytes(B),
    Eof,
    Drop,
}

/// Passes on what `side` sends, to its end.
pub(super) async fn pump(
    side: Side,
    from: &Stream,
    to: &Stream,
    rule: Rule,
    tap: &Mutex<impl Tap>,
) -> Result<(), Broken> {
    let delay = rule.delay;
    let source = Source { side, from, rule, passed: 0, pace: Pace::default(), tap };
    let sink = Sink { side, to, tap };
    if delay.is_zero() { at_once(source, sink).await } else { delayed(source, sink, delay).await }
}

async fn at_once(mut source: Source<'_, impl Tap>, sink: Sink<'_, impl Tap>) -> Result<(), Broken> {
    let mut buffer = vec![0; STEP];
    loop {
        let next = match source.next(&mut buffer).await? {
            Next::Bytes(n) => Next::Bytes(&buffer[..n]),
            Next::Eof => Next::Eof,
            Next::Drop => Next::Drop,
        };
        if !sink.take(next).await? {
            return Ok(());
        }
    }
}

/// What was read is on its way for a while, and more is read meanwhile.
async fn delayed(
    mut source: Source<'_, impl Tap>,
    sink: Sink<'_, impl Tap>,
    delay: Duration,
) -> Result<(), Broken> {
    let window = Arc::new(Semaphore::new(WINDOW as usize));
    let (sender, mut arriving) = mpsc::unbounded_channel();
    let leave = async move {
        let mut buffer = vec![0; STEP];
        loop {
            let next = match source.next(&mut buffer).await? {
                Next::Bytes(n) => Next::Bytes(buffer[..n].to_vec()),
                Next::Eof => Next::Eof,
                Next::Drop => Next::Drop,
            };
            let last = !matches!(next, Next::Bytes(_));
            let size = if let Next::Bytes(bytes) = &next { bytes.len() as u32 } else { 0 };
            // It is never closed.
            let room = window.clone().acquire_many_owned(size.max(LEAST)).await.ok();
            let sent = sender.send((Instant::now() + delay, next, room));
            if last || sent.is_err() {
                return Ok(());
            }
        }
    };
    let arrive = async {
        while let Some((at, next, _room)) = arriving.recv().await {
            sleep_until(at).await;
            let next = match &next {
                Next::Bytes(bytes) => Next::Bytes(&bytes[..]),
                Next::Eof => Next::Eof,
                Next::Drop => Next::Drop,
            };
            if !sink.take(next).await? {
                break;
            }
        }
        Ok(())
    };
    tokio::try_join!(leave, arrive).map(|_| ())
}

/// The side that sends.
struct Source<'a, T> {
    side: Side,
    from: &'a Stream,
    rule: Rule,
    passed: u64,
    pace: Pace,
    tap: &'a Mutex<T>,
}

impl<T: Tap> Source<'_, T> {
    /// Reads the next bytes, as the rule allows.
    async fn next(&mut self, buffer: &mut [u8]) -> Result<Next<usize>, Broken> {
        if let Some(pauses) = self.rule.pauses.as_mut().filter(|_| self.passed > 0) {
            pauses.pause().await;
        }
        let left = self.rule.drop_after.map_or(u64::MAX, |most| most - self.passed);
        if left == 0 {
            return Ok(Next::Drop);
        }
        let Ok(n) = self.read(buffer, left).await else {
            lock(self.tap).ended(self.side, End::Reset);
            return Err(Broken::Reset);
        };
        self.passed += n as u64;
        self.rule.gate.passed(n as u64);
        if self.side == Side::Client {
            match n {
                0 => lock(self.tap).ended(self.side, End::Eof),
                n => lock(self.tap).bytes(self.side, &buffer[..n]),
            }
        }
        if let Some(bandwidth) = self.rule.bandwidth.filter(|_| n > 0) {
            sleep_until(self.pace.passed(Instant::now(), n, bandwidth)).await;
        }
        Ok(if n == 0 { Next::Eof } else { Next::Bytes(n) })
    }

    /// Reads up to so many bytes, and no more than may pass now.
    async fn read(&self, buffer: &mut [u8], most: u64) -> io::Result<usize> {
        let step = self.rule.step();
        loop {
            // In this order, so that a gate that closes while nothing comes is closed for what comes next.
            socket::readable(self.from).await?;
            let most = self.rule.gate.allowed().await.min(most);
            let most = usize::try_from(most).map_or(step, |most| most.min(step));
            if let Some(n) = socket::try_read(self.from, &mut buffer[..most])? {
                return Ok(n);
            }
        }
    }
}

/// The side that is sent to.
struct Sink<'a, T> {
    side: Side,
    to: &'a Stream,
    tap: &'a Mutex<T>,
}

impl<T: Tap> Sink<'_, T> {
    /// Passes it on. Says whether there may be more.
    async fn take(&self, next: Next<&[u8]>) -> Result<bool, Broken> {
        if self.side == Side::Server {
            match &next {
                Next::Bytes(bytes) => lock(self.tap).bytes(self.side, bytes),
                Next::Eof => lock(self.tap).ended(self.side, End::Eof),
                Next::Drop => {}
            }
        }
        let sent = match next {
            Next::Bytes(bytes) => socket::write_all(self.to, bytes).await.map(|()| true),
            Next::Eof => krpc_driver::net::shutdown_write(self.to).map(|()| false),
            Next::Drop => return Err(Broken::Dropped(self.side)),
        };
        sent.map_err(|_| {
            lock(self.tap).ended(self.side.other(), End::Reset);
            Broken::Reset
        })
    }
}
