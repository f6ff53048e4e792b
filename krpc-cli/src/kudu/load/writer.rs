//! Sends batches to the leaders of their tablets, each as often as it takes (Kudu's
//! `client/batcher.cc`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use krpc_tokio::core::{CallError, ErrorCode, Execution, RequestId};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use crate::address::Address;
use crate::failure::Failure;
use crate::output::plain;
use crate::pb::app_status_pb::ErrorCode as Status;
use crate::pb::tserver::tablet_server_error_pb::Code;
use crate::pb::tserver::write_response_pb::PerRowErrorPb;
use crate::pb::tserver::{TabletServerErrorPb, WriteRequestPb, WriteResponsePb};
use crate::pb::{AppStatusPb, SchemaPb};

use super::super::client::Client;
use super::super::column::Column;
use super::super::locations::Tablet;
use super::super::retry::{attempt_by, is_busy, is_passing, pause};
use super::batch::Sealed;
use super::requests::Requests;
use super::tally::Tally;

/// What all batches share.
pub(super) struct Writer {
    pub(super) client: Client,
    pub(super) requests: Requests,
    pub(super) columns: Arc<[Column]>,
    pub(super) schema: SchemaPb,
    /// How long a batch may take, with all its attempts.
    pub(super) limit: Duration,
    pub(super) tally: Arc<Tally>,
}

/// A tablet and where it was last seen.
struct Lane(Mutex<Tablet>);

impl Lane {
    fn id(&self) -> String {
        self.lock().id.clone()
    }

    fn leader(&self) -> Option<Address> {
        self.lock().leader().map(|replica| replica.address.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Tablet> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An attempt that did not work, and what to do before the next.
struct Missed {
    failure: Failure,
    then: Then,
    /// Whether the server may have executed it for all that.
    maybe: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// Ask the same server later.
    Wait,
    /// Look the tablet up: it may have moved, or another replica may lead.
    LookUp,
    /// Get a new token.
    Token,
    /// Nothing: it would not work either.
    Fail,
}

impl Writer {
    /// Sends the batches of one tablet, in the order in which they come, and so many at a time.
    pub(super) async fn lane(
        self: Arc<Self>,
        tablet: Tablet,
        mut batches: UnboundedReceiver<Sealed>,
        in_flight: usize,
    ) {
        let lane = Arc::new(Lane(Mutex::new(tablet)));
        let slots = Arc::new(Semaphore::new(in_flight));
        let mut sending = JoinSet::new();
        while let Some(batch) = batches.recv().await {
            let slot = slots.clone().acquire_owned().await.expect("it is never closed");
            while sending.try_join_next().is_some() {}
            let (this, lane) = (self.clone(), lane.clone());
            sending.spawn(async move {
                this.send(&lane, batch).await;
                drop(slot);
            });
        }
        sending.join_all().await;
    }

    /// Sends a batch until it is written, refused, or out of time.
    async fn send(&self, lane: &Lane, batch: Sealed) {
        if self.tally.gave_up() {
            return;
        }
        let deadline = Instant::now() + self.limit;
        let mut request = self.requests.begin();
        let mut maybe = false;
        for attempt in 1.. {
            let id = request.attempt();
            let missed = match self.attempt(lane, &batch, id, deadline).await {
                Ok(response) => return self.written(&batch, &response),
                Err(missed) => missed,
            };
            maybe |= missed.maybe;
            if missed.then == Then::Fail || !pause(attempt, deadline).await {
                return self.lost(&batch, &missed.failure, maybe);
            }
            self.tally.retried();
            // What cannot be learnt now may be learnt the next time.
            match missed.then {
                Then::LookUp => drop(self.look_up(lane, deadline).await),
                Then::Token => drop(self.client.renew_token(deadline).await),
                Then::Wait | Then::Fail => {}
            }
        }
    }

    async fn attempt(
        &self,
        lane: &Lane,
        batch: &Sealed,
        id: RequestId,
        deadline: Instant,
    ) -> Result<WriteResponsePb, Missed> {
        let missed = |failure, then| Missed { failure, then, maybe: false };
        let Some(leader) = lane.leader() else {
            let what = format_args!("tablet {} has no leader", plain(&lane.id()));
            let failure = Failure::call(what, "its replicas may be holding an election", None);
            return Err(missed(failure, Then::LookUp));
        };
        let by = attempt_by(deadline);
        let server =
            self.client.servers.at(&leader, by).await.map_err(|failure| match failure {
                Failure::Usage(_) => missed(failure, Then::Fail),
                _ => missed(failure, Then::LookUp),
            })?;
        let request = WriteRequestPb {
            tablet_id: lane.id(),
            schema: Some(self.schema.clone()),
            row_operations: Some(batch.operations.clone()),
            propagated_timestamp: self.client.latest(),
            authz_token: self.client.token(),
            ..Default::default()
        };
        let call = server.write(&request).request_id(id).deadline(by);
        let response = call.await.map_err(|error| Missed {
            failure: Failure::method("Write", &leader, &error),
            then: after_call(&error),
            maybe: error.execution() == Execution::Maybe,
        })?;
        self.client.saw(response.timestamp);
        let what = format!("Write on {leader} failed");
        if let Some(error) = &response.error {
            let said = format!("{}, {}", error.code().as_str_name(), text(&error.status));
            return Err(missed(Failure::call(what, said, None), after_answer(error)));
        }
        let wild = response.per_row_errors.iter().find(|error| place(error) >= batch.len());
        if let Some(error) = wild {
            let (index, rows, said) = (error.row_index, batch.len(), text(&error.error));
            let said = format!("it answers about row {index} of {rows}: {said}");
            let failure = Failure::call(what, said, None);
            return Err(Missed { failure, then: Then::Fail, maybe: true });
        }
        Ok(response.into_inner())
    }

    /// The batch was taken, but for the rows that the response names.
    fn written(&self, batch: &Sealed, response: &WriteResponsePb) {
        let errors = response.per_row_errors.iter().map(|error| (place(error), &error.error));
        let errors: BTreeMap<_, _> = errors.collect();
        self.tally.written(batch.len() - errors.len(), batch.bytes());
        for (place, status) in errors {
            if let Some((number, key)) = batch.row(place, &self.columns) {
                self.tally.wrong(number, format_args!("{}: {}", plain(&key), text(status)));
            }
        }
    }

    fn lost(&self, batch: &Sealed, failure: &Failure, maybe: bool) {
        let whether = if maybe { "may or may not be written" } else { "not written" };
        self.tally.lost(batch.numbers(), batch.len(), format_args!("{whether}: {failure}"));
    }

    async fn look_up(&self, lane: &Lane, by: Instant) -> Result<(), Failure> {
        let found = self.client.find(&lane.id(), by).await?;
        *lane.lock() = found;
        Ok(())
    }
}

/// Which row of the batch it is about.
fn place(error: &PerRowErrorPb) -> usize {
    usize::try_from(error.row_index).unwrap_or(usize::MAX)
}

fn after_call(error: &CallError) -> Then {
    match error {
        CallError::Remote(status)
            if status.code == Some(ErrorCode::ErrorInvalidAuthorizationToken) =>
        {
            Then::Token
        }
        error if is_busy(error) => Then::Wait,
        CallError::DeadlineExceeded { .. } => Then::LookUp,
        error if is_passing(error) => Then::LookUp,
        _ => Then::Fail,
    }
}

fn after_answer(error: &TabletServerErrorPb) -> Then {
    match (error.code(), error.status.code()) {
        (Code::TabletNotFound | Code::TabletNotRunning | Code::TabletFailed, _)
        | (Code::NotTheLeader | Code::WrongServerUuid, _)
        | (_, Status::IllegalState | Status::Aborted) => Then::LookUp,
        (Code::Throttled, _) | (_, Status::ServiceUnavailable) => Then::Wait,
        _ => Then::Fail,
    }
}

/// Code and message.
fn text(status: &AppStatusPb) -> String {
    let said = status.message.as_deref().unwrap_or("no reason given");
    format!("{}, {}", status.code().as_str_name(), plain(said))
}
