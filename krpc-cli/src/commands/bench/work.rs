//! What is called, and which reply is right.

use std::time::Duration;

use bytes::Bytes;
use krpc_tokio::core::{CallError, ErrorCode, InboundReply, Method};
use krpc_tokio::{CallRequest, Timeout};
use prost::Message;

use super::load::Work;
use crate::failure::Failure;
use crate::pb::rpc_test::*;
use crate::session::Session;

const ADD: Method = Method::from_static("kudu.rpc_test.CalculatorService", "Add");
const PING: Method = Method::from_static("kudu.master.MasterService", "Ping");
const PUSH: Method = Method::from_static("kudu.rpc.GenericCalculatorService", "PushStrings");

/// One call and its reply, made over and over.
#[derive(Clone, Debug)]
pub(super) struct Job {
    call: Call,
    /// For each call.
    timeout: Duration,
}

#[derive(Clone, Debug)]
enum Call {
    Add,
    Ping,
    /// All calls share the bytes.
    Push {
        body: Bytes,
        payload: Bytes,
        reply: PushStringsResponsePb,
    },
}

impl Job {
    fn new(call: Call, timeout: Duration) -> Self {
        Job { call, timeout }
    }

    fn push(size: u32, timeout: Duration) -> Self {
        let payload: Bytes = (0..size).map(|i| (i * 31 + i / 251) as u8).collect();
        let reply =
            PushStringsResponsePb { sizes: vec![size], crcs: vec![crc32c::crc32c(&payload)] };
        let body = PushStringsRequestPb { sidecar_indexes: vec![0] }.encode_to_vec().into();
        Job::new(Call::Push { body, payload, reply }, timeout)
    }

    /// What the server behind this connection can be called for: with so many bytes of payload, if that is
    /// given. Asks by calling it.
    ///
    /// # Errors
    ///
    /// If the server has no method that would do, or does not answer as it should.
    pub(super) async fn find(
        session: &Session,
        payload: Option<u32>,
        timeout: Duration,
    ) -> Result<Job, Failure> {
        let candidates = match payload {
            Some(size) => vec![Job::push(size, timeout)],
            None => vec![Job::new(Call::Add, timeout), Job::new(Call::Ping, timeout)],
        };
        let mut missing = Vec::new();
        for job in candidates {
            match session.call(job.request(0)).await {
                Ok(reply) if job.is_answer(0, &reply) => return Ok(job),
                Ok(_) => return Err(job.failed(session, &wrong_reply())),
                Err(error) if is_missing(&error) => missing.push(job.method().to_string()),
                Err(error) => return Err(job.failed(session, &error)),
            }
        }
        let what = format!("cannot bench {}", session.target);
        let said = format!("this server has no {}", missing.join(" and no "));
        let advice = match payload {
            Some(_) => "leave out --payload, or call a `krpc serve`",
            None => "call a `krpc serve` or a Kudu master",
        };
        Err(Failure::call(what, said, Some(advice)))
    }

    pub(super) fn method(&self) -> Method {
        match self.call {
            Call::Add => ADD,
            Call::Ping => PING,
            Call::Push { .. } => PUSH,
        }
    }

    /// Why it is called rather than the usual method, if it is not that.
    pub(super) fn reason(&self) -> Option<&'static str> {
        match self.call {
            Call::Ping => Some("there is no CalculatorService"),
            Call::Add | Call::Push { .. } => None,
        }
    }

    fn failed(&self, session: &Session, error: &CallError) -> Failure {
        Failure::method(self.method(), &session.target, error)
    }
}

impl Work for Job {
    fn request(&self, n: u32) -> CallRequest {
        let mut request = match &self.call {
            Call::Add => CallRequest::new(ADD, AddRequestPb { x: n, y: n }.encode_to_vec()),
            Call::Ping => CallRequest::new(PING, Bytes::new()),
            Call::Push { body, payload, .. } => {
                let mut request = CallRequest::new(PUSH, body.clone());
                request.sidecars.push(payload.clone());
                request
            }
        };
        request.timeout = Some(Timeout::After(self.timeout));
        request
    }

    fn is_answer(&self, n: u32, reply: &InboundReply) -> bool {
        match &self.call {
            Call::Add => {
                let sum = AddResponsePb::decode(Bytes::clone(&reply.body));
                sum.is_ok_and(|sum| sum.result == n.wrapping_add(n))
            }
            Call::Ping => true,
            Call::Push { reply: right, .. } => {
                let found = PushStringsResponsePb::decode(Bytes::clone(&reply.body));
                found.is_ok_and(|found| found == *right)
            }
        }
    }
}

/// The error of a call that was answered, but not rightly.
pub(super) fn wrong_reply() -> CallError {
    CallError::BadReply("it is not the one to this request".into())
}

/// Whether the server says that it has no such method.
fn is_missing(error: &CallError) -> bool {
    let CallError::Remote(status) = error else { return false };
    matches!(status.code, Some(ErrorCode::ErrorNoSuchService | ErrorCode::ErrorNoSuchMethod))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(message: &impl Message) -> InboundReply {
        InboundReply { body: message.encode_to_vec().into(), sidecars: Default::default() }
    }

    #[test]
    fn wrong_replies_are_told_from_right_ones() {
        let timeout = Duration::from_secs(1);
        let add = Job::new(Call::Add, timeout);
        let half = u32::MAX / 2 + 1;
        assert!(add.is_answer(21, &reply(&AddResponsePb { result: 42 })));
        assert!(add.is_answer(half, &reply(&AddResponsePb { result: 0 })));
        assert!(!add.is_answer(20, &reply(&AddResponsePb { result: 42 })));
        let nothing = InboundReply { body: Bytes::new(), sidecars: Default::default() };
        assert!(!add.is_answer(1, &nothing));

        let push = Job::push(9, timeout);
        let request = push.request(0);
        let payload = &request.sidecars[0];
        let right = PushStringsResponsePb { sizes: vec![9], crcs: vec![crc32c::crc32c(payload)] };
        assert!(push.is_answer(0, &reply(&right)));
        let crcs = vec![right.crcs[0] + 1];
        assert!(!push.is_answer(0, &reply(&PushStringsResponsePb { crcs, ..right })));
        assert!(!push.is_answer(0, &nothing));
    }
}
