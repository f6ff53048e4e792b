//! The scanner of one tablet, which survives what can be survived (Kudu's `client/scanner-internal.cc`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use krpc_tokio::{Response, TypedCall};
use tokio::time::timeout;

use crate::address::Address;
use crate::failure::Failure;
use crate::kudu::locations::{self, Tablet};
use crate::kudu::retry::{attempt_by, pause};
use crate::kudu::servers::Tserver;
use crate::output::plain;
use crate::pb::tserver::*;
use crate::runtime::Channel;

use super::batch::Batch;
use super::fault::{Fault, Then};
use super::plan::Plan;

/// How long servers are waited for that are told that their scanners are not needed any more.
pub(super) const FAREWELL: Duration = Duration::from_secs(3);

/// Reads one tablet, batch by batch.
pub(super) struct Scanner {
    plan: Arc<Plan>,
    tablet: Tablet,
    /// When the tablet may be elsewhere.
    expires: Instant,
    open: Option<Open>,
    /// The call that opens a scanner. It is kept here, because whoever stops waiting for its answer has a
    /// scanner to close all the same.
    opening: Option<Opening>,
    /// The key of the last row that came, from a scan in the order of keys.
    last_key: Option<Bytes>,
    /// Rows that came.
    rows: u64,
    ended: bool,
}

/// A scanner at its server.
struct Open {
    server: Tserver,
    address: Address,
    id: String,
    /// The number of its next call.
    call: u32,
}

struct Opening {
    server: Tserver,
    address: Address,
    call: <TypedCall<Channel, ScanResponsePb> as IntoFuture>::IntoFuture,
}

impl Scanner {
    pub(super) fn new(plan: Arc<Plan>, tablet: Tablet, expires: Instant) -> Self {
        let (open, opening) = (None, None);
        Scanner { plan, tablet, expires, open, opening, last_key: None, rows: 0, ended: false }
    }

    /// The next rows; none when there are no more. It takes at most the time limit of a step.
    pub(super) async fn next(&mut self) -> Result<Option<Batch>, Failure> {
        if self.ended {
            return Ok(None);
        }
        let deadline = Instant::now() + self.plan.step;
        for attempt in 1.. {
            // If it can be tried again, there is to be time for that.
            let by = if self.can_begin_again() { attempt_by(deadline) } else { deadline };
            let fault = match self.call(by).await {
                Ok(answer) => return self.take(&answer).map(Some),
                Err(fault) => fault,
            };
            if fault.then == Then::End {
                return Err(fault.failure);
            }
            if fault.loses_scanner() {
                self.open = None;
                if !self.can_begin_again() {
                    return Err(self.cannot_go_on(&fault.failure));
                }
            }
            if !pause(attempt, deadline).await {
                return Err(self.out_of_time(&fault.failure));
            }
            // What cannot be learnt now may be learnt the next time.
            match fault.then {
                Then::FindTablet => drop(self.find_tablet(deadline).await),
                Then::RenewToken => drop(self.plan.client.renew_token(deadline).await),
                Then::Repeat | Then::Reopen | Then::End => {}
            }
        }
        unreachable!("attempts do not run out before time does")
    }

    /// Tells the server that the scanner is still wanted. If that does not work, the next call tells.
    pub(super) async fn keep_alive(&self) {
        let Some(open) = &self.open else { return };
        let request = ScannerKeepAliveRequestPb { scanner_id: open.id.clone() };
        let _ = open.server.scanner_keep_alive(&request).timeout(self.plan.step).await;
    }

    /// Tells the server that it is not. If that does not work in three seconds, the server finds out by
    /// itself.
    pub(super) async fn close(mut self) {
        let _ = timeout(FAREWELL, self.tell_closed()).await;
    }

    async fn tell_closed(&mut self) {
        let _ = self.opened().await;
        let Some(open) = &self.open else { return };
        let request = ScanRequestPb {
            scanner_id: Some(open.id.clone()),
            call_seq_id: Some(open.call),
            batch_size_bytes: Some(0),
            close_scanner: Some(true),
            ..ScanRequestPb::default()
        };
        let _ = open.server.scan(&request).await;
    }

    /// Whether a new scanner would give the rows that have not come yet, and no others.
    fn can_begin_again(&self) -> bool {
        self.rows == 0 || self.last_key.is_some()
    }

    async fn call(&mut self, by: Instant) -> Result<Response<ScanResponsePb>, Fault> {
        match &self.open {
            Some(open) => {
                let request = ScanRequestPb {
                    scanner_id: Some(open.id.clone()),
                    call_seq_id: Some(open.call),
                    batch_size_bytes: self.plan.batch_bytes,
                    ..ScanRequestPb::default()
                };
                let result = open.server.scan(&request).deadline(by).await;
                Fault::check(result, &open.address, true)
            }
            None => self.begin(by).await,
        }
    }

    /// Opens a scanner where the tablet's leader is.
    async fn begin(&mut self, by: Instant) -> Result<Response<ScanResponsePb>, Fault> {
        if Instant::now() >= self.expires {
            self.find_tablet(by).await.map_err(|failure| Fault::new(failure, Then::FindTablet))?;
        }
        let Some(leader) = self.tablet.leader() else {
            let what = format_args!("tablet {}", plain(&self.tablet.id));
            let said = "no replica of it leads, there may be an election";
            return Err(Fault::new(Failure::call(what, said, None), Then::FindTablet));
        };
        let address = leader.address.clone();
        let server = self.plan.client.servers.at(&address, by).await.map_err(Fault::unreachable)?;
        // The first scan of all tells the time that the others read as of.
        let (snapshot, first) = self.plan.snapshot().await;
        let request = ScanRequestPb {
            new_scan_request: Some(NewScanRequestPb {
                tablet_id: self.tablet.id.clone(),
                limit: self.plan.limit.map(|limit| limit.saturating_sub(self.rows).max(1)),
                snap_timestamp: snapshot,
                propagated_timestamp: self.plan.client.latest(),
                last_primary_key: self.last_key.clone(),
                authz_token: self.plan.client.token(),
                ..self.plan.request.clone()
            }),
            call_seq_id: Some(0),
            batch_size_bytes: self.plan.batch_bytes,
            ..ScanRequestPb::default()
        };
        let mut call = server.scan(&request).deadline(by);
        for feature in self.plan.features() {
            call = call.feature(feature as u32);
        }
        let call = call.into_future();
        self.opening = Some(Opening { server, address, call });
        let answer = self.opened().await.expect("it is being opened")?;
        if let Some(mut first) = first {
            *first = answer.snap_timestamp;
        }
        Ok(answer)
    }

    /// Waits for the scanner that is being opened, if one is.
    async fn opened(&mut self) -> Option<Result<Response<ScanResponsePb>, Fault>> {
        let result = (&mut self.opening.as_mut()?.call).await;
        let Opening { server, address, .. } = self.opening.take()?;
        let answer = Fault::check(result, &address, false);
        if let Ok(answer) = &answer
            && answer.has_more_results()
        {
            let id = answer.scanner_id.clone().unwrap_or_default();
            self.open = Some(Open { server, address, id, call: 0 });
        }
        Some(answer)
    }

    /// What an answer gives.
    fn take(&mut self, answer: &Response<ScanResponsePb>) -> Result<Batch, Failure> {
        self.plan.client.saw(answer.propagated_timestamp.max(answer.snap_timestamp));
        if let Some(open) = &mut self.open {
            open.call = open.call.wrapping_add(1);
        }
        if !answer.has_more_results() {
            (self.open, self.ended) = (None, true);
        }
        let batch = self.plan.projection.batch(answer, answer.sidecars()).map_err(|error| {
            let tablet = plain(&self.tablet.id);
            Failure::call(
                format_args!("the answer to a scan of tablet {tablet} is broken"),
                error,
                None,
            )
        })?;
        if batch.len() > 0 {
            self.rows = self.rows.saturating_add(batch.len() as u64);
            self.last_key = answer.last_primary_key.clone().filter(|_| self.plan.ordered);
        }
        Ok(batch)
    }

    async fn find_tablet(&mut self, by: Instant) -> Result<(), Failure> {
        self.tablet = self.plan.client.find(&self.tablet.id, by).await?;
        self.expires = Instant::now() + locations::LIFE;
        Ok(())
    }

    fn cannot_go_on(&self, last: &Failure) -> Failure {
        Failure::call(
            format_args!("tablet {} cannot be read to its end", plain(&self.tablet.id)),
            format_args!("after {} of its rows: {}", self.rows, last.said()),
            Some("without --unordered a scan goes on where it was"),
        )
    }

    fn out_of_time(&self, last: &Failure) -> Failure {
        Failure::call(
            format_args!("tablet {} cannot be read", plain(&self.tablet.id)),
            format_args!("the time is over; the last answer: {}", last.said()),
            Some("--timeout gives each step more time"),
        )
    }
}
