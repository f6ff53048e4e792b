//! Finding the master that leads, and asking it (Kudu's `client/master_rpc.cc` and
//! `client/master_proxy_rpc.cc`).

use std::time::Instant;

use krpc_tokio::core::CallError;
use krpc_tokio::{Codec, TypedCall};
use tokio::task::JoinSet;

use crate::address::{Address, AddressList};
use crate::args::Connect;
use crate::failure::Failure;
use crate::output::plain;
use crate::pb::consensus::raft_peer_pb::Role;
use crate::pb::master::master_error_pb::Code;
use crate::pb::master::master_service::MasterServiceClient;
use crate::pb::master::*;
use crate::runtime::Channel;
use crate::services::FEATURE_CONNECT_TO_MASTER;
use crate::session::Session;

use super::retry::{attempt_by, is_passing, pause};

/// The masters of a cluster and the one that leads.
pub(super) struct Cluster {
    masters: Vec<Address>,
    connect: Connect,
    deadline: Instant,
    leader: Session,
}

/// A response that may hold an error in place of what was asked for.
pub(super) trait Answer: Codec {
    fn error(&self) -> Option<&MasterErrorPb>;
}

macro_rules! answers {
    ($($message:ty),*) => { $(
        impl Answer for $message {
            fn error(&self) -> Option<&MasterErrorPb> {
                self.error.as_ref()
            }
        }
    )* };
}

answers!(
    ListMastersResponsePb,
    ListTabletServersResponsePb,
    ListTablesResponsePb,
    GetTableSchemaResponsePb,
    GetTableLocationsResponsePb,
    GetTabletLocationsResponsePb
);

/// What became of asking one master who leads.
enum Asked {
    Leader(Box<Session>),
    /// It answered and does not lead; it knows of so many masters.
    Follower {
        masters: usize,
    },
    /// It may do better later.
    Busy(Failure),
    /// It could not be reached.
    Unreachable(Failure),
    /// It refused.
    Refused(Failure),
}

impl Cluster {
    /// Asks all masters at once until one says that it leads.
    pub(super) async fn connect(masters: AddressList, connect: Connect) -> Result<Self, Failure> {
        let masters = masters.0;
        let deadline = Instant::now() + connect.timeout.time;
        let leader = find_leader(&masters, &connect, deadline).await?;
        Ok(Cluster { masters, connect, deadline, leader })
    }

    /// The time limit begins anew: for a command of several steps, of which each may take as long.
    pub(super) fn begin_step(&mut self) {
        self.continue_until(Instant::now() + self.connect.timeout.time);
    }

    /// The same for calls that are part of a step with a time limit of its own.
    pub(super) fn continue_until(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// When the time limit is over.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Calls the leader; if it leads no more, or is gone, finds the new one and calls that.
    pub(super) async fn call<A: Answer>(
        &mut self,
        method: &str,
        make: impl Fn(&MasterServiceClient<Channel>) -> TypedCall<Channel, A>,
    ) -> Result<A, Failure> {
        let answer = self.ask(method, make).await?;
        match answer.error() {
            None => Ok(answer),
            Some(error) => Err(self.refused(method, error)),
        }
    }

    /// The same for who wants to look at the error of an answer, if it has one. It is the leader's.
    pub(super) async fn ask<A: Answer>(
        &mut self,
        method: &str,
        make: impl Fn(&MasterServiceClient<Channel>) -> TypedCall<Channel, A>,
    ) -> Result<A, Failure> {
        for attempt in 1.. {
            let client = MasterServiceClient::new(self.leader.channel.clone());
            let result = make(&client).deadline(attempt_until(&self.masters, self.deadline)).await;
            let target = &self.leader.target;
            let failure = match result {
                Ok(response) => {
                    let answer = response.into_inner();
                    match answer.error().filter(|error| leads_no_more(error)) {
                        None => return Ok(answer),
                        Some(error) => refused(method, target, error),
                    }
                }
                Err(error) => {
                    let failure = Failure::method(method, target, &error);
                    // Another may lead by now in place of one that does not answer.
                    let silent = matches!(error, CallError::DeadlineExceeded { .. });
                    if !(silent || is_passing(&error)) {
                        return Err(failure);
                    }
                    failure
                }
            };
            if !pause(attempt, self.deadline).await {
                return Err(failure);
            }
            self.leader = find_leader(&self.masters, &self.connect, self.deadline).await?;
        }
        unreachable!("attempts do not run out before time does")
    }

    /// The error that the leader answered with, as a failure.
    pub(super) fn refused(&self, method: &str, error: &MasterErrorPb) -> Failure {
        refused(method, &self.leader.target, error)
    }
}

/// How long one attempt may take. One that stands still must not keep the others from being asked.
fn attempt_until(masters: &[Address], deadline: Instant) -> Instant {
    if masters.len() > 1 { attempt_by(deadline) } else { deadline }
}

async fn find_leader(
    masters: &[Address],
    connect: &Connect,
    deadline: Instant,
) -> Result<Session, Failure> {
    let mut said = None;
    for attempt in 1.. {
        let mut asked = JoinSet::new();
        let by = attempt_until(masters, deadline);
        for (n, master) in masters.iter().enumerate() {
            let (master, connect) = (master.clone(), connect.clone());
            asked.spawn(async move { (n, ask(&master, &connect, by).await) });
        }
        let mut others = Vec::new();
        while let Some(answer) = asked.join_next().await {
            match answer.expect("asking a master does not panic") {
                (_, Asked::Leader(session)) => return Ok(*session),
                other => others.push(other),
            }
        }
        // In the order in which they were typed.
        others.sort_by_key(|(n, _)| *n);
        said = go_on(masters, others.into_iter().map(|(_, answer)| answer).collect())?;
        if !pause(attempt, deadline).await {
            break;
        }
    }
    let said = match said {
        Some(busy) => format!("the time is over; the last answer: {}", busy.said()),
        None => "the time is over and all still answer that they do not lead".to_owned(),
    };
    Err(Failure::call(
        format_args!("no master leads: asked {}", list(masters)),
        said,
        Some(
            "the masters may be holding an election, or some are missing from the list: see --timeout",
        ),
    ))
}

/// Whether to ask once more: the answer of a busy master, if there is one, or the reason not to.
fn go_on(masters: &[Address], answers: Vec<Asked>) -> Result<Option<Failure>, Failure> {
    let (mut unreachable, mut refused) = (Vec::new(), Vec::new());
    let mut busy = None;
    let mut known = 0;
    for answer in answers {
        match answer {
            Asked::Leader(_) => return Ok(None),
            Asked::Follower { masters } => known = known.max(masters.max(1)),
            Asked::Busy(failure) => busy = Some(failure),
            Asked::Unreachable(failure) => unreachable.push(failure),
            Asked::Refused(failure @ Failure::Usage(_)) => return Err(failure),
            Asked::Refused(failure) => refused.push(failure),
        }
    }
    if known > masters.len() {
        return Err(Failure::call(
            format_args!("no leader master found among {}", list(masters)),
            format_args!("the cluster has {known} masters, {} were given", masters.len()),
            Some("give all of them, separated by commas"),
        ));
    }
    // Kudu's client goes on even if it reaches nobody. Whoever sits before a screen would rather
    // know at once.
    if known == 0 && busy.is_none() {
        let what = match refused.is_empty() {
            true => "no master answers",
            false => "no master tells who leads",
        };
        unreachable.append(&mut refused);
        return Err(all(what, masters, unreachable));
    }
    Ok(busy)
}

/// The failures of all masters as one; the advice for several is often the same.
fn all(what: &str, masters: &[Address], mut failures: Vec<Failure>) -> Failure {
    if failures.len() == 1 {
        return failures.remove(0);
    }
    let reasons: Vec<_> = failures.iter().map(Failure::said).collect();
    let mut advice: Vec<_> = failures.iter().filter_map(Failure::advice).collect();
    advice.dedup();
    Failure::call(
        format_args!("{what}: asked {}", list(masters)),
        reasons.join("; "),
        (!advice.is_empty()).then(|| advice.join("; ")).as_deref(),
    )
}

/// Asks one master. A time limit that strikes here counts as unreachable.
async fn ask(master: &Address, connect: &Connect, deadline: Instant) -> Asked {
    let session = match Session::open_until(master, connect, deadline).await {
        Ok(session) => session,
        Err(failure @ Failure::Usage(_)) => return Asked::Refused(failure),
        Err(failure) => return Asked::Unreachable(failure),
    };
    let client = MasterServiceClient::new(session.channel.clone());
    let call = client.connect_to_master(&ConnectToMasterRequestPb {});
    let result = call.feature(FEATURE_CONNECT_TO_MASTER).deadline(deadline).await;
    match result {
        Ok(answer) => match &answer.error {
            None if answer.role() == Role::Leader => Asked::Leader(Box::new(session)),
            None => Asked::Follower { masters: answer.master_addrs.len() },
            Some(error) if leads_no_more(error) => {
                Asked::Follower { masters: answer.master_addrs.len() }
            }
            Some(error) => Asked::Refused(refused("ConnectToMaster", master, error)),
        },
        Err(error) => {
            let failure = Failure::method("ConnectToMaster", master, &error);
            if is_passing(&error) { Asked::Busy(failure) } else { Asked::Refused(failure) }
        }
    }
}

/// The codes of a master that is not, or not yet, the leader.
fn leads_no_more(error: &MasterErrorPb) -> bool {
    matches!(error.code(), Code::NotTheLeader | Code::CatalogManagerNotInitialized)
}

fn refused(method: &str, master: &Address, error: &MasterErrorPb) -> Failure {
    let advice = match error.code() {
        Code::TableNotFound => Some("'krpc kudu tables' lists what there is"),
        Code::NotAuthorized => Some("--user NAME asks in another name"),
        _ => None,
    };
    let said = error.status.message.as_deref().unwrap_or("no reason given");
    let (code, said) = (error.code().as_str_name(), plain(said));
    Failure::call(
        format_args!("{method} on {master} failed"),
        format_args!("{code}, {said}"),
        advice,
    )
}

fn list(masters: &[Address]) -> String {
    masters.iter().map(|m| m.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masters() -> Vec<Address> {
        vec!["a".parse().unwrap(), "b".parse().unwrap()]
    }

    fn failure(text: &str) -> Failure {
        Failure::Call { said: text.into(), advice: Some("look".into()) }
    }

    #[test]
    fn an_election_is_waited_for() {
        let answers = vec![Asked::Follower { masters: 2 }, Asked::Unreachable(failure("down"))];
        assert_eq!(go_on(&masters(), answers), Ok(None));
        let answers = vec![Asked::Busy(failure("busy")), Asked::Unreachable(failure("down"))];
        assert_eq!(go_on(&masters(), answers), Ok(Some(failure("busy"))));
    }

    #[test]
    fn nobody_there_is_said_at_once() {
        let answers = vec![Asked::Unreachable(failure("x")), Asked::Unreachable(failure("down"))];
        let text = go_on(&masters(), answers).unwrap_err().to_string();
        assert_eq!(text, "no master answers: asked a:7051, b:7051: x; down; look");
        let answers = vec![Asked::Refused(failure("no"))];
        assert_eq!(go_on(&masters(), answers), Err(failure("no")));
        let answers = vec![Asked::Refused(failure("no")), Asked::Unreachable(failure("down"))];
        let text = go_on(&masters(), answers).unwrap_err().to_string();
        assert!(text.starts_with("no master tells who leads: asked a:7051, b:7051: "), "{text}");
        let usage = Failure::Usage("no such file".into());
        let answers = vec![Asked::Unreachable(failure("down")), Asked::Refused(usage)];
        assert_eq!(go_on(&masters(), answers), Err(Failure::Usage("no such file".into())));
    }

    #[test]
    fn a_master_that_knows_of_more_masters_ends_the_search() {
        let answers = vec![Asked::Follower { masters: 3 }, Asked::Unreachable(failure("down"))];
        let text = go_on(&masters(), answers).unwrap_err().to_string();
        assert!(text.contains("the cluster has 3 masters, 2 were given"), "{text}");
    }
}
