//! Calls that wait before a byte of them may leave: for a connection, for the right to make one, for
//! the negotiation, behind another call, or after they were moved. Each of these waits is ended by the
//! deadline, by a cancel, and by dropping the call.

use std::any::Any;
use std::net::SocketAddr;
use std::time::Duration;

use krpc_tokio::{
    CallError, CallFuture, CallStage, CancelOutcome, Channel, Connector, Execution, Negotiations,
};
use socket2::{Domain, Socket, Type};

use crate::bed::{Bed, LONG, Peer, Stream, cancelled, client, lost};
use crate::forwarder::{any_port, eventually, within};
use crate::service::{LARGE, Place, Pool, timeout};

const SHORT: Duration = Duration::from_millis(50);

const CALL: u64 = 7;

/// How the wait ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Deadline,
    Cancel,
    Drop,
}

impl By {
    const ALL: [By; 3] = [By::Deadline, By::Cancel, By::Drop];

    fn start(self, channel: &Channel, pool: &Pool) -> CallFuture {
        let time = Some(SHORT).filter(|_| self == By::Deadline);
        channel.call_raw(timeout(pool.call("PushStrings", CALL, &LARGE), time))
    }

    /// Ends the wait; the call must never have been begun, and nothing of it may be left. Returns the
    /// stage in which the deadline found it.
    async fn end(self, pool: &Pool, others: usize, call: CallFuture) -> Option<CallStage> {
        match self {
            By::Deadline => {
                let error = within("the deadline", call).await.unwrap_err();
                assert_eq!(pool.in_use(), others, "released before it is told");
                let CallError::DeadlineExceeded { stage, execution } = error else {
                    panic!("{error:?}");
                };
                assert_eq!(execution, Execution::Never);
                return Some(stage);
            }
            By::Cancel => {
                assert_eq!(cancelled(pool, others, call).await, CancelOutcome::NotBegun);
            }
            By::Drop => {
                drop(call);
                eventually("released", || pool.in_use() == others).await;
            }
        }
        None
    }
}

/// A port where connecting takes for ever: no more connections fit into its queue. What is returned
/// besides keeps it so.
fn full() -> (SocketAddr, impl Any) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&any_port().into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let first = std::net::TcpStream::connect(address).unwrap();
    (address, (listener, first))
}

#[tokio::test]
async fn for_a_connection() {
    let connector = Connector::new(client());
    let (address, _full) = full();
    let pool = Pool::default();
    for by in By::ALL {
        let channel = connector.channel(&address.to_string()).unwrap();
        let call = by.start(&channel, &pool);
        let stage = by.end(&pool, 0, call).await;
        assert!(stage.is_none_or(|stage| stage == CallStage::Negotiating), "{stage:?}");
    }
}

#[tokio::test]
async fn for_the_negotiation() {
    for by in By::ALL {
        let bed = Bed::with(Stream::Plain, Peer::Foreign, client()).await;
        bed.forwarder.allow_new(1);
        let call = by.start(&bed.channel, &bed.pool);
        // By then the connection has the call.
        within("the first byte", async { bed.forwarder.link(0).await.is_stuck().await }).await;
        let stage = by.end(&bed.pool, 0, call).await;
        assert!(stage.is_none_or(|stage| stage == CallStage::Negotiating), "{stage:?}");
        bed.forwarder.open();
        bed.warm_up().await;
        assert!(!bed.service.has_run(CALL));
        assert_eq!(bed.forwarder.accepted(), 1);
    }
}

#[tokio::test]
async fn for_a_turn_among_those_that_negotiate() {
    for by in By::ALL {
        let negotiations = Negotiations::new(1);
        let config = client();
        let connector = Connector::with_negotiations(config, negotiations.clone());
        // A peer that accepts, as far as the kernel does, and never says a word.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let holder = connector.channel(&silent.local_addr().unwrap().to_string()).unwrap();
        let held = holder.connect_now();
        eventually("its turn", || negotiations.in_use() == 1).await;

        let bed = Bed::new(Stream::Plain, Peer::Foreign).await;
        let channel = connector.channel(&bed.forwarder.address()).unwrap();
        let call = by.start(&channel, &bed.pool);
        eventually("in the queue", || negotiations.waiting() == 1).await;
        let other = channel.call_raw(bed.pool.small(8));
        let stage = by.end(&bed.pool, 0, call).await;
        assert!(stage.is_none_or(|stage| stage == CallStage::Negotiating), "{stage:?}");
        assert_eq!((negotiations.in_use(), negotiations.waiting()), (1, 1));
        assert_eq!(bed.forwarder.accepted(), 0, "its turn has not come");

        // Others of the same channel wait on, and get their turn.
        holder.close();
        bed.answered(8, other).await;
        assert!(within("the end", held).await.is_err());
        assert_eq!(bed.service.numbers(), [8]);
        eventually("given back", || negotiations.in_use() == 0).await;
    }
}

#[tokio::test]
async fn behind_another_call() {
    for stream in Stream::ALL {
        for peer in Peer::ALL {
            for by in By::ALL {
                let bed = Bed::new(*stream, peer).await;
                let link = bed.warm_up().await;
                let stuck = bed.start_stuck(10, 100_000).await;
                let call = by.start(&bed.channel, &bed.pool);
                let behind = bed.start_small(20);
                let stage = by.end(&bed.pool, LARGE.len(), call).await;
                assert!(stage.is_none_or(|stage| stage == CallStage::Queued), "{stage:?}");
                link.open();
                bed.answered(10, stuck).await;
                bed.answered(20, behind).await;
                assert!(!bed.service.has_run(CALL));
                assert_eq!(bed.forwarder.accepted(), 1);
            }
        }
    }
}

#[tokio::test]
async fn after_it_was_moved() {
    for by in By::ALL {
        let bed = Bed::new(Stream::Plain, Peer::Foreign).await;
        bed.warm_up().await;
        let stuck = bed.start_stuck(10, 100_000).await;
        let call = by.start(&bed.channel, &bed.pool);
        let mut other = bed.pool.small(20);
        other.timeout = Some(krpc_tokio::Timeout::After(LONG));
        let other = bed.channel.call_raw(other);
        bed.forwarder.refuse().await;
        let outcome = within("the release", stuck.cancel()).await;
        assert!(matches!(outcome, CancelOutcome::Cut { .. }), "{outcome:?}");
        // A call that was not moved fails with the attempt that it waits for, so this is one later.
        let (_, execution) = lost(bed.start_small(30)).await;
        assert_eq!(execution, Execution::Never);
        by.end(&bed.pool, 0, call).await;
        bed.forwarder.accept_again().await;
        bed.answered(20, other).await;
        assert!(!bed.service.has_run(CALL));
    }
}

/// Those that a caller gives up before anything else has run at all.
#[tokio::test]
async fn for_anything() {
    let bed = Bed::new(Stream::Plain, Peer::Footers).await;
    let place = Place { start: 0, len: 1_000 };
    for number in 0..3 {
        let request = || bed.pool.call("PushStrings", number, &[place]);
        drop(bed.channel.call_raw(request()));
        let call = bed.channel.call_raw(request());
        assert_eq!(cancelled(&bed.pool, 0, call).await, CancelOutcome::NotBegun);
        bed.warm_up().await;
        assert!(!bed.service.has_run(number));
    }
    assert_eq!(bed.forwarder.accepted(), 1);
}
