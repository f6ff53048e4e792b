//! What the tablet servers of a [cluster](super::cluster) do with writes.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, OnceLock};

use bytes::Bytes;
use krpc_cli::pb::app_status_pb::ErrorCode as StatusCode;
use krpc_cli::pb::tserver::tablet_server_error_pb::Code;
use krpc_cli::pb::tserver::*;
use krpc_tokio::Answer;
use krpc_tokio::core::{ErrorStatus, RequestId};

use super::cluster::{State, lock, status};

/// The number of an INSERT.
const INSERT: u8 = 1;

/// What becomes of a write.
pub(crate) enum Act {
    Serve,
    /// It is executed, and the server ends before it answers.
    ServeAndDie,
    /// It is executed, and there is never an answer.
    ServeAndHang,
    /// The answer is an error.
    Fail(Code, StatusCode),
    /// There is an error in place of an answer.
    Refuse(ErrorStatus),
    /// This is the answer.
    Answer(Box<WriteResponsePb>),
}

/// What the server does then.
pub(crate) enum Fate {
    Answer(Box<Answer<WriteResponsePb>>),
    Hangs,
    Dies,
}

/// A call of Write.
#[derive(Clone, Debug)]
pub(crate) struct Wrote {
    pub(crate) server: usize,
    /// As the how many-eth call of all it came.
    pub(crate) number: usize,
    pub(crate) id: RequestId,
    pub(crate) request: WriteRequestPb,
}

type Script = Box<dyn Fn(&State, &Wrote) -> Act + Send + Sync>;

/// The rows of the table, which all servers share as if they were replicas.
#[derive(Default)]
pub(crate) struct Writes {
    pub(crate) seen: Mutex<Vec<Wrote>>,
    pub(crate) rows: Mutex<BTreeMap<i32, Option<String>>>,
    /// What was answered to each request: one that comes again is not executed again.
    answers: Mutex<HashMap<(Bytes, i64), WriteResponsePb>>,
    pub(crate) script: OnceLock<Script>,
}

impl Writes {
    pub(crate) fn answer(
        &self,
        state: &State,
        server: usize,
        id: &RequestId,
        request: WriteRequestPb,
    ) -> Fate {
        let wrote = {
            let mut seen = lock(&self.seen);
            let wrote = Wrote { server, number: seen.len(), id: id.clone(), request };
            seen.push(wrote.clone());
            wrote
        };
        let act = self.script.get().map_or(Act::Serve, |script| script(state, &wrote));
        Fate::Answer(Box::new(match act {
            Act::Serve => Ok(self.once(&wrote).into()),
            Act::ServeAndDie => {
                self.once(&wrote);
                return Fate::Dies;
            }
            Act::ServeAndHang => {
                self.once(&wrote);
                return Fate::Hangs;
            }
            Act::Fail(code, of_status) => {
                let error = TabletServerErrorPb { code: code.into(), status: status(of_status) };
                Ok(WriteResponsePb { error: Some(error), ..Default::default() }.into())
            }
            Act::Refuse(status) => Err(status),
            Act::Answer(answer) => Ok((*answer).into()),
        }))
    }

    fn once(&self, wrote: &Wrote) -> WriteResponsePb {
        let id = (wrote.id.client_id.clone(), wrote.id.seq_no);
        let mut answers = lock(&self.answers);
        answers.entry(id).or_insert_with(|| self.insert(wrote)).clone()
    }

    fn insert(&self, wrote: &Wrote) -> WriteResponsePb {
        let operations = wrote.request.row_operations.as_ref().expect("there are rows");
        let mut rows = operations.rows.as_deref().expect("there are rows");
        let texts = operations.indirect_data.as_deref().unwrap_or_default();
        let mut take = |bytes: usize| {
            let (taken, rest) = rows.split_at_checked(bytes)?;
            rows = rest;
            Some(taken)
        };
        let mut response = WriteResponsePb {
            timestamp: Some(4096 * (1 + wrote.number as u64)),
            ..Default::default()
        };
        let mut index = 0;
        while let Some(head) = take(3) {
            assert_eq!(head[..2], [INSERT, 3], "both columns are set");
            let number = take(4).expect("a key");
            let key = i32::from_le_bytes(number.try_into().expect("four bytes"));
            let text = (head[2] == 0).then(|| {
                let place = take(16).expect("the place of a text");
                let part = |at: usize| {
                    let part = place[at..at + 8].try_into().expect("eight bytes");
                    usize::try_from(u64::from_le_bytes(part)).expect("small")
                };
                let text = &texts[part(0)..part(0) + part(8)];
                String::from_utf8(text.to_vec()).expect("a text")
            });
            match lock(&self.rows).entry(key) {
                Entry::Vacant(place) => {
                    place.insert(text);
                }
                Entry::Occupied(_) => {
                    let error = status(StatusCode::AlreadyPresent);
                    let error = write_response_pb::PerRowErrorPb { row_index: index, error };
                    response.per_row_errors.push(error);
                }
            }
            index += 1;
        }
        response
    }
}
