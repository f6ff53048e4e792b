//! The server's side of the negotiation (`rpc/server_negotiation.cc`).

use std::time::Instant;

use bytes::Bytes;
use krpc_proto::codes::{AuthnType, ErrorCode, NegotiateStep, RpcFeature, StatusCode};
use krpc_proto::pb::{NegotiatePb, RequestHeader, ResponseHeader};
use krpc_proto::{ErrorStatus, decode, frame, ids};
use prost::Message;

use super::{
    Features, Handshake, authn_from_wire, authn_to_wire, check_header, handshake_token, mechanism,
    mechanism_name, step_message, step_of, wrong_step,
};
use crate::authn::{ServerOffer, choose_authn};
use crate::config::{Encryption, ServerConfig};
use crate::conn::wire::Wire;
use crate::error::{AuthError, ConnectionError, Incompatibility, Misbehaviour};
use crate::event::{NegotiationInfo, TlsInfo};
use crate::layer::Session;
use crate::link::Link;
use crate::observe::{Direction, FrameKind};
use crate::sasl::{self, plain};
use crate::tx::Source;

#[derive(Debug)]
pub(crate) struct Negotiation {
    state: State,
    ours: Features,
    theirs: Features,
    tls: Option<TlsInfo>,
}

#[derive(Debug)]
enum State {
    /// The client's NEGOTIATE is due.
    Negotiate,
    Handshake(Handshake),
    /// Plaintext from an untrusted address: one more message is read, because an error frame that
    /// crosses unread data would be lost to a reset, then the client is refused.
    Untrusted,
    /// SASL_INITIATE is due.
    Sasl,
    /// The connection context is due.
    Context {
        user: String,
    },
    Done,
    Failed,
}

/// A negotiation that failed: what becomes of the connection, and what the client is told.
pub(crate) struct Refusal {
    pub(crate) error: ConnectionError,
    /// `None`: the connection closes without a word.
    pub(crate) answer: Option<ErrorStatus>,
}

impl Refusal {
    /// Frame-level damage, and everything about the connection context.
    fn silent(error: impl Into<ConnectionError>) -> Box<Self> {
        Box::new(Refusal { error: error.into(), answer: None })
    }

    fn answered(error: ConnectionError, answer: ErrorStatus) -> Box<Self> {
        Box::new(Refusal { error, answer: Some(answer) })
    }

    fn unauthorized(
        error: ConnectionError,
        status: StatusCode,
        text: impl Into<String>,
    ) -> Box<Self> {
        Self::answered(error, ErrorStatus::new(ErrorCode::FatalUnauthorized, status, text))
    }

    /// Not authorized, with the error's own text.
    fn not_authorized(error: ConnectionError) -> Box<Self> {
        let text = match &error {
            ConnectionError::PeerIncompatible(e) => e.to_string(),
            ConnectionError::Auth(e) => e.to_string(),
            ConnectionError::PeerMisbehaved(e) => e.to_string(),
            other => other.to_string(),
        };
        Self::unauthorized(error, StatusCode::NotAuthorized, text)
    }
}

impl From<Misbehaviour> for ConnectionError {
    fn from(misbehaviour: Misbehaviour) -> Self {
        ConnectionError::PeerMisbehaved(misbehaviour)
    }
}

impl Negotiation {
    pub(crate) fn new(config: &ServerConfig, link: &Link) -> Self {
        let ours = Features::ours(&config.common, config.has_certificate(), link.is_loopback());
        Negotiation { state: State::Negotiate, ours, theirs: Features::default(), tls: None }
    }

    /// One frame from the client. `Some` when the connection is open.
    pub(crate) fn received<S: Source>(
        &mut self,
        config: &ServerConfig,
        link: &Link,
        wire: &mut Wire<S>,
        now: Instant,
        payload: &Bytes,
    ) -> Result<Option<NegotiationInfo>, Box<Refusal>> {
        let (header, body) = split(payload)?;
        if let State::Context { user } = &self.state {
            let user = user.clone();
            return self.context(wire, now, &header, body, payload.len(), user).map(Some);
        }
        let message = self.message(&header, body)?;
        wire.saw_step(now, step_of(&message).unwrap_or(NegotiateStep::Unknown), payload);
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Negotiate => self.negotiate(config, link, wire, now, &message)?,
            State::Handshake(handshake) => self.handshake(wire, now, handshake, &message)?,
            State::Untrusted => {
                let error = ConnectionError::PeerIncompatible(Incompatibility::UntrustedPlaintext);
                return Err(Refusal::not_authorized(error));
            }
            State::Sasl => self.sasl(config, link, wire, now, &message)?,
            State::Context { .. } | State::Done | State::Failed => {
                return Err(Refusal::silent(wrong_step(&message, "no further step")));
            }
        }
        Ok(None)
    }

    fn message(&self, header: &RequestHeader, body: Bytes) -> Result<NegotiatePb, Box<Refusal>> {
        if header.call_id != ids::NEGOTIATE {
            let error =
                Misbehaviour::WrongCallId { got: header.call_id, expected: "-33 (negotiation)" };
            let text = format!("expected call id -33 in negotiation, got {}", header.call_id);
            let code = ErrorCode::FatalInvalidRpcHeader;
            let answer = ErrorStatus::new(code, StatusCode::InvalidArgument, text);
            return Err(Refusal::answered(error.into(), answer));
        }
        decode::negotiate(body).map_err(|error| {
            let code = ErrorCode::FatalDeserializingRequest;
            let answer = ErrorStatus::new(code, StatusCode::InvalidArgument, error.to_string());
            Refusal::answered(Misbehaviour::from(error).into(), answer)
        })
    }

    fn negotiate<S: Source>(
        &mut self,
        config: &ServerConfig,
        link: &Link,
        wire: &mut Wire<S>,
        now: Instant,
        message: &NegotiatePb,
    ) -> Result<(), Box<Refusal>> {
        if step_of(message) != Some(NegotiateStep::Negotiate) {
            return Err(Refusal::not_authorized(wrong_step(message, "NEGOTIATE")));
        }
        self.theirs = Features::theirs(message);
        let both_tls = self.ours.has(RpcFeature::Tls) && self.theirs.has(RpcFeature::Tls);
        if config.common.encryption == Encryption::Required && !both_tls {
            let error = ConnectionError::PeerIncompatible(Incompatibility::ClientLacksTls);
            return Err(Refusal::not_authorized(error));
        }
        let known = authn_from_wire(&message.authn_types);
        // Tokens, JWTs and certificates cannot be checked in this release: nothing is offered.
        let authn = choose_authn(message.authn_types.len(), &known, &ServerOffer::default())
            .map_err(|error| {
                let text = error.to_string();
                let error = ConnectionError::Auth(error);
                Refusal::unauthorized(error, StatusCode::NotSupported, text)
            })?;
        debug_assert_eq!(authn, AuthnType::Sasl);
        if !config.common.plain {
            let error = ConnectionError::Auth(AuthError::NoServerMechanism);
            return Err(Refusal::not_authorized(error));
        }
        let mut reply = step_message(NegotiateStep::Negotiate);
        reply.supported_features = self.ours.on_wire();
        reply.authn_types = vec![authn_to_wire(authn)];
        reply.sasl_mechanisms = vec![mechanism(plain::NAME)];
        send(wire, now, &reply);
        self.state = if both_tls {
            let session = tls_session(config).map_err(Refusal::silent)?;
            State::Handshake(Handshake::new(session, &self.ours, &self.theirs, false))
        } else if config.trusts(link.peer_ip()) {
            State::Sasl
        } else {
            State::Untrusted
        };
        Ok(())
    }

    fn handshake<S: Source>(
        &mut self,
        wire: &mut Wire<S>,
        now: Instant,
        mut handshake: Handshake,
        message: &NegotiatePb,
    ) -> Result<(), Box<Refusal>> {
        let token = handshake_token(message).map_err(Refusal::not_authorized)?;
        if let Err(failure) = handshake.feed(token) {
            // The engine's alert is not sent: the error frame takes its place.
            let text = format!("TLS Handshake error: {failure}");
            let error = ConnectionError::Tls(failure);
            return Err(Refusal::unauthorized(error, StatusCode::RuntimeError, text));
        }
        if !handshake.is_complete() {
            send_handshake(wire, now, handshake.take_output());
            self.state = State::Handshake(handshake);
            return Ok(());
        }
        // A TLS 1.3 server has nothing to say in a message any more. What its engine still holds
        // goes out raw behind the switch, or nowhere under authentication-only.
        if !handshake.version_is_1_3() {
            let output = handshake.take_output();
            if !output.is_empty() {
                send_handshake(wire, now, output);
            }
        }
        let (info, session) = handshake.finish();
        self.tls = Some(info);
        if let Some(session) = session {
            wire.switch_to(session);
        }
        self.state = State::Sasl;
        Ok(())
    }

    fn sasl<S: Source>(
        &mut self,
        config: &ServerConfig,
        link: &Link,
        wire: &mut Wire<S>,
        now: Instant,
        message: &NegotiatePb,
    ) -> Result<(), Box<Refusal>> {
        let refuse = |text: String| {
            Refusal::not_authorized(ConnectionError::Auth(AuthError::Mechanism(text)))
        };
        if step_of(message) != Some(NegotiateStep::SaslInitiate) {
            return Err(Refusal::not_authorized(wrong_step(message, "SASL_INITIATE")));
        }
        let [chosen] = message.sasl_mechanisms.as_slice() else {
            let count = message.sasl_mechanisms.len();
            return Err(refuse(format!("SASL_INITIATE names {count} mechanisms instead of one")));
        };
        if !sasl::is(&chosen.mechanism, plain::NAME) {
            let name = mechanism_name(&chosen.mechanism);
            return Err(refuse(format!("SASL mechanism {name} is not enabled; PLAIN is")));
        }
        // Even under TLS: the name in PLAIN proves nothing, the network has to.
        if !config.trusts(link.peer_ip()) {
            let text = "unauthenticated connections from publicly routable IPs are prohibited";
            return Err(refuse(text.into()));
        }
        let token = message.token.clone().unwrap_or_default();
        let user = plain::user(&token).map_err(|text| refuse(text.into()))?;
        send(wire, now, &step_message(NegotiateStep::SaslSuccess));
        self.state = State::Context { user };
        Ok(())
    }

    fn context<S: Source>(
        &mut self,
        wire: &mut Wire<S>,
        now: Instant,
        header: &RequestHeader,
        body: Bytes,
        payload_len: usize,
        user: String,
    ) -> Result<NegotiationInfo, Box<Refusal>> {
        self.state = State::Failed;
        if header.call_id != ids::CONNECTION_CONTEXT {
            let expected = "-3 (connection context)";
            return Err(Refusal::silent(Misbehaviour::WrongCallId {
                got: header.call_id,
                expected,
            }));
        }
        decode::connection_context(body).map_err(|e| Refusal::silent(Misbehaviour::from(e)))?;
        let size = payload_len + frame::PREFIX_LEN;
        wire.saw(now, Direction::Received, FrameKind::ConnectionContext, header.call_id, size);
        self.state = State::Done;
        Ok(NegotiationInfo {
            peer_features: self.theirs.0.clone(),
            our_features: self.ours.0.clone(),
            authn: AuthnType::Sasl,
            mechanism: Some(plain::NAME),
            tls: self.tls.clone(),
            footers: Features::agree_on_footers(&self.ours, &self.theirs),
            user,
        })
    }
}

/// The error frame that ends a negotiation.
pub(crate) fn send_refusal<S: Source>(wire: &mut Wire<S>, now: Instant, status: &ErrorStatus) {
    let id = ids::NEGOTIATE;
    let header = ResponseHeader { call_id: id, is_error: Some(true), sidecar_offsets: Vec::new() };
    wire.send_control(now, FrameKind::NegotiateError, id, &header, &status.encode());
}

fn split(payload: &Bytes) -> Result<(RequestHeader, Bytes), Box<Refusal>> {
    let parts = frame::split(payload, frame::FooterRule::Forbidden)
        .map_err(|e| Refusal::silent(Misbehaviour::from(e)))?;
    let header = payload.slice(parts.header);
    check_header("RequestHeader", &header).map_err(Refusal::silent)?;
    let header =
        decode::request_header(header).map_err(|e| Refusal::silent(Misbehaviour::from(e)))?;
    Ok((header, payload.slice(parts.main)))
}

fn send<S: Source>(wire: &mut Wire<S>, now: Instant, message: &NegotiatePb) {
    let id = ids::NEGOTIATE;
    // Kudu writes is_error in replies to calls only.
    let header = ResponseHeader { call_id: id, is_error: None, sidecar_offsets: Vec::new() };
    let step = step_of(message).unwrap_or(NegotiateStep::Unknown);
    let body = message.encode_to_vec();
    wire.send_control(now, FrameKind::Negotiate(step), id, &header, &body);
}

fn send_handshake<S: Source>(wire: &mut Wire<S>, now: Instant, output: Bytes) {
    let mut message = step_message(NegotiateStep::TlsHandshake);
    message.tls_handshake = Some(output);
    send(wire, now, &message);
}

#[cfg(feature = "tls")]
fn tls_session(config: &ServerConfig) -> Result<Box<dyn Session>, ConnectionError> {
    let tls = config.tls.as_ref().expect("TLS is listed only with a certificate");
    tls.session().map_err(ConnectionError::Tls)
}

#[cfg(not(feature = "tls"))]
fn tls_session(_config: &ServerConfig) -> Result<Box<dyn Session>, ConnectionError> {
    unreachable!("without the feature `tls` we never list TLS")
}
