//! Calls that are taken into a state on purpose, and given up there.
//!
//! Whether a call is where it should be is seen in the counters of its connection, never hoped for
//! after some time. What depends on time all the same, a deadline or a reply that must not come yet, is
//! tried again until it was as intended.

use std::pin::Pin;
use std::time::Duration;

use krpc_tokio::{CallStage, CancelOutcome};

use super::lane::{Lane, Running, Task, until};
use super::tally::State;
use crate::failure::Failure;

/// How often a scene is tried that depends on time.
const TRIES: u32 = 50;

/// A deadline that passes while everybody watches.
const SOON: Duration = Duration::from_millis(20);

/// A deadline with some time before it.
const LATER: Duration = Duration::from_millis(200);

/// A handler that takes longer than it takes to cancel.
const LONG: Duration = Duration::from_millis(300);

/// More than anything but a large call has.
const SMALL: u64 = 32 << 10;

/// A large call: more than all the buffers on the way hold, once they have grown. Where they hold more,
/// there are larger ones.
const LARGE: usize = 8 << 20;
const LARGEST: usize = 48 << 20;

/// Tells whether it has come to what it is about.
type Scene = for<'a> fn(&'a Lane) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// Plays all scenes of a lane that has not connected yet.
pub(super) async fn play(lane: &Lane) -> Result<(), Failure> {
    not_negotiated(lane).await;
    lane.connect().await?;
    cancelled_mid_way(lane).await;
    let scenes: [Scene; 4] = [
        |lane| Box::pin(timed_out_mid_way(lane)),
        |lane| Box::pin(cancelled_when_sent(lane)),
        |lane| Box::pin(timed_out_when_sent(lane)),
        |lane| Box::pin(cancelled_in_its_reply(lane)),
    ];
    for scene in scenes {
        // What follows if one never comes to its state, is said when all is counted.
        for _ in 0..TRIES {
            fence(lane).await;
            if scene(lane).await {
                break;
            }
        }
    }
    lane.start(Task::Add, None).cancelled_after_its_end().await;
    fence(lane).await;
    Ok(())
}

/// Makes a call: when it is answered, all that went before it on its connection has arrived.
pub(super) async fn fence(lane: &Lane) {
    let _ = lane.start(Task::Add, None).end().await;
}

/// The server does not answer the negotiation before the deadline.
async fn not_negotiated(lane: &Lane) {
    lane.forwarder.up().close();
    let _ = lane.start(Task::Add, Some(SOON)).end().await;
    lane.forwarder.up().open();
}

/// A large call of which a part is sent, and no more can be as long as the gate is closed.
async fn stuck(lane: &Lane, timeout: Option<Duration>) -> Option<Running<'_>> {
    let mut size = LARGE;
    loop {
        let before = lane.stats();
        lane.forwarder.up().close();
        let call = lane.start(Task::Push(size), timeout);
        // What was sent before has arrived, up to a small call perhaps that is not counted yet.
        let sent = || lane.stats().bytes_sent.saturating_sub(before.bytes_sent);
        let begun = until(|| sent() > SMALL).await;
        if begun && sent() < size as u64 {
            return Some(call);
        }
        lane.forwarder.up().open();
        let _ = call.end().await;
        size *= 2;
        if size > LARGEST {
            return None;
        }
    }
}

/// A large call is cancelled in mid-transmission. A reply is owed from before; and of three calls that
/// wait behind it, one expires, one is cancelled, and one is answered in the end.
async fn cancelled_mid_way(lane: &Lane) {
    let owed = lane.start(Task::Sleep(LONG), None);
    let Some(large) = stuck(lane, None).await else { return drop(owed.end().await) };
    let connections = lane.channel.connections_made();
    let expires = lane.start(Task::Push(1_000), Some(SOON));
    let queued = lane.start(Task::Push(1_000), None);
    let waits = lane.start(Task::Add, None);
    let _ = expires.end().await;
    let cancelling = queued.cancel();
    let _ = queued.cancelled(cancelling).await;

    let cancelling = large.cancel();
    if lane.kind.keeps() {
        // It is released when it is sent, and not before.
        lane.forwarder.up().open();
    }
    let outcome = large.cancelled(cancelling).await.outcome();
    lane.forwarder.up().open();
    if lane.kind.keeps() && outcome == Some(CancelOutcome::Sent) {
        lane.tally.met(State::KeptUntilSent);
    }
    let answered = waits.end().await.is_answered();
    let elsewhere = lane.channel.connections_made() > connections;
    let cut = matches!(outcome, Some(CancelOutcome::Cut { .. }));
    if answered && elsewhere && cut {
        lane.tally.met(State::Moved);
    }
    if owed.end().await.is_answered() && cut {
        lane.tally.met(State::Drained);
    }
}

/// The deadline of a large call passes in mid-transmission.
async fn timed_out_mid_way(lane: &Lane) -> bool {
    let Some(large) = stuck(lane, Some(LATER)).await else { return false };
    if lane.kind.keeps() {
        // Its end is told when it is sent; the deadline has to pass before.
        tokio::time::sleep(LATER).await;
        lane.forwarder.up().open();
    }
    let ended = large.end().await;
    lane.forwarder.up().open();
    ended.is_expired(CallStage::Sending)
}

/// A call is cancelled when it is sent and its handler is at work.
async fn cancelled_when_sent(lane: &Lane) -> bool {
    let before = lane.stats().frames_sent;
    let call = lane.start(Task::Sleep(LONG), None);
    let _ = until(|| lane.stats().frames_sent > before).await;
    let cancelling = call.cancel();
    call.cancelled(cancelling).await.outcome() == Some(CancelOutcome::Sent)
}

/// Its deadline passes then.
async fn timed_out_when_sent(lane: &Lane) -> bool {
    let ended = lane.start(Task::Sleep(LONG), Some(SOON)).end().await;
    ended.is_expired(CallStage::Sent)
}

/// A call is cancelled when a part of its reply is here. No other reply is due on that connection, so
/// what arrives is of this one.
async fn cancelled_in_its_reply(lane: &Lane) -> bool {
    let before = lane.stats().bytes_received;
    lane.forwarder.down().close_after(2 * SMALL);
    let call = lane.start(Task::Pull(lane.payload), None);
    let arrived = until(|| lane.stats().bytes_received.saturating_sub(before) > SMALL).await;
    let cancelling = call.cancel();
    let outcome = call.cancelled(cancelling).await.outcome();
    lane.forwarder.down().open();
    let met = arrived && outcome == Some(CancelOutcome::Sent);
    if met {
        lane.tally.met(State::ReplyHalfReceived);
    }
    met
}
