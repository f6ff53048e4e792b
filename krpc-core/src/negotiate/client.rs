//! The client's side of the negotiation (`rpc/client_negotiation.cc`).

use std::time::Instant;

use bytes::Bytes;
use krpc_proto::codes::{AuthnType, NegotiateStep, RpcFeature};
use krpc_proto::pb::{
    ConnectionContextPb, NegotiatePb, RequestHeader, ResponseHeader, UserInformationPb,
};
use krpc_proto::{ErrorStatus, decode, frame, ids};
use prost::Message;

use super::{
    Features, Handshake, authn_from_wire, authn_to_wire, check_header, handshake_token, mechanism,
    mechanism_name, missing, step_message, step_of, wrong_step,
};
use crate::authn::ClientOffer;
use crate::calls::Request;
use crate::config::ClientConfig;
use crate::conn::wire::Wire;
use crate::error::{AuthError, ConnectionError, Incompatibility, Misbehaviour};
use crate::event::{NegotiationInfo, TlsInfo};
use crate::layer::Session;
use crate::observe::{Direction, FrameKind};
use crate::sasl::{self, plain};

#[derive(Debug)]
pub(crate) struct Negotiation {
    state: State,
    ours: Features,
    theirs: Features,
    tls: Option<TlsInfo>,
}

#[derive(Debug)]
enum State {
    /// Our NEGOTIATE is out.
    Negotiate,
    Handshake(Handshake),
    /// SASL_INITIATE is out.
    Sasl,
    /// The connection context is out.
    Done,
    /// A step failed.
    Failed,
}

impl Negotiation {
    /// Sends the preamble and the first message.
    pub(crate) fn start(
        config: &ClientConfig,
        loopback: bool,
        wire: &mut Wire<Request>,
        now: Instant,
    ) -> Result<Self, ConnectionError> {
        let can_tls = cfg!(feature = "tls");
        let ours = Features::ours(&config.common, can_tls, loopback);
        let theirs = Features::default();
        let offer = ClientOffer { sasl: config.common.plain, ..ClientOffer::default() }.types();
        if offer.is_empty() {
            return Err(ConnectionError::Auth(AuthError::NothingToOffer));
        }
        wire.send_preamble(now);
        let mut message = step_message(NegotiateStep::Negotiate);
        message.supported_features = ours.on_wire();
        message.authn_types = offer.into_iter().map(authn_to_wire).collect();
        send(wire, now, &message);
        Ok(Negotiation { state: State::Negotiate, ours, theirs, tls: None })
    }

    /// One frame from the server. `Some` when the connection is open.
    pub(crate) fn received(
        &mut self,
        config: &ClientConfig,
        wire: &mut Wire<Request>,
        now: Instant,
        payload: &Bytes,
    ) -> Result<Option<NegotiationInfo>, ConnectionError> {
        let message = read(wire, now, payload)?;
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Negotiate => self.negotiate(config, wire, now, &message)?,
            State::Handshake(handshake) => {
                self.handshake(config, wire, now, handshake, &message)?;
            }
            State::Sasl => {
                if step_of(&message) != Some(NegotiateStep::SaslSuccess) {
                    return Err(wrong_step(&message, "SASL_SUCCESS"));
                }
                self.send_context(config, wire, now);
            }
            State::Done | State::Failed => {
                return Err(wrong_step(&message, "no further step"));
            }
        }
        Ok(matches!(self.state, State::Done).then(|| NegotiationInfo {
            peer_features: self.theirs.0.clone(),
            our_features: self.ours.0.clone(),
            authn: AuthnType::Sasl,
            mechanism: Some(plain::NAME),
            tls: self.tls.clone(),
            footers: Features::agree_on_footers(&self.ours, &self.theirs),
            user: config.user.real_user().to_owned(),
        }))
    }

    fn negotiate(
        &mut self,
        config: &ClientConfig,
        wire: &mut Wire<Request>,
        now: Instant,
        message: &NegotiatePb,
    ) -> Result<(), ConnectionError> {
        if step_of(message) != Some(NegotiateStep::Negotiate) {
            return Err(wrong_step(message, "NEGOTIATE"));
        }
        self.theirs = Features::theirs(message);
        let both_tls = self.ours.has(RpcFeature::Tls) && self.theirs.has(RpcFeature::Tls);
        if config.requires_tls() && !both_tls {
            return Err(ConnectionError::PeerIncompatible(Incompatibility::ServerLacksTls));
        }
        check_choice(message)?;
        let servers = &message.sasl_mechanisms;
        if !servers.iter().any(|m| sasl::is(&m.mechanism, plain::NAME)) {
            let named = servers.iter().take(NAMED);
            let list: Vec<_> = named.map(|m| mechanism_name(&m.mechanism)).collect();
            return Err(ConnectionError::Auth(AuthError::NoCommonMechanism {
                client: plain::NAME.into(),
                server: if list.is_empty() { "none".into() } else { list.join(", ") },
            }));
        }
        if !both_tls {
            self.initiate_sasl(config, wire, now);
            return Ok(());
        }
        let (session, verified) = tls_session(config)?;
        let mut handshake = Handshake::new(session, &self.ours, &self.theirs, verified);
        send_handshake(wire, now, handshake.take_output());
        self.state = State::Handshake(handshake);
        Ok(())
    }

    fn handshake(
        &mut self,
        config: &ClientConfig,
        wire: &mut Wire<Request>,
        now: Instant,
        mut handshake: Handshake,
        message: &NegotiatePb,
    ) -> Result<(), ConnectionError> {
        handshake.feed(handshake_token(message)?).map_err(ConnectionError::Tls)?;
        let output = handshake.take_output();
        if !handshake.is_complete() || !output.is_empty() {
            send_handshake(wire, now, output);
        }
        if !handshake.is_complete() {
            self.state = State::Handshake(handshake);
            return Ok(());
        }
        let (info, session) = handshake.finish();
        self.tls = Some(info);
        if let Some(session) = session {
            wire.switch_to(session);
        }
        self.initiate_sasl(config, wire, now);
        Ok(())
    }

    fn initiate_sasl(&mut self, config: &ClientConfig, wire: &mut Wire<Request>, now: Instant) {
        let mut message = step_message(NegotiateStep::SaslInitiate);
        message.sasl_mechanisms = vec![mechanism(plain::NAME)];
        message.token = Some(plain::initial(config.user.real_user()));
        send(wire, now, &message);
        self.state = State::Sasl;
    }

    fn send_context(&mut self, config: &ClientConfig, wire: &mut Wire<Request>, now: Instant) {
        let real_user = Bytes::copy_from_slice(config.user.real_user().as_bytes());
        let context = ConnectionContextPb {
            deprecated_user_info: Some(UserInformationPb { effective_user: None, real_user }),
            encoded_nonce: None,
        };
        let id = ids::CONNECTION_CONTEXT;
        let header = RequestHeader { call_id: id, ..RequestHeader::default() };
        wire.send_control(now, FrameKind::ConnectionContext, id, &header, &context.encode_to_vec());
        self.state = State::Done;
    }
}

/// Mechanisms that an error names; a server may list any.
const NAMED: usize = 8;

/// The server names exactly one authentication type; none means SASL (old servers).
fn check_choice(message: &NegotiatePb) -> Result<(), ConnectionError> {
    let known = authn_from_wire(&message.authn_types);
    let not_offered = |name| Err(ConnectionError::Auth(AuthError::NotImplemented(name)));
    match (message.authn_types.len(), known.as_slice()) {
        (0, _) | (1, [AuthnType::Sasl]) => Ok(()),
        (1, [AuthnType::Token]) => not_offered("TOKEN"),
        (1, [AuthnType::Certificate]) => not_offered("CERTIFICATE"),
        (1, [AuthnType::Jwt]) => not_offered("JWT"),
        (1, _) => not_offered("a type unknown here"),
        _ => Err(missing(NegotiateStep::Negotiate, "a single authentication type")),
    }
}

fn send(wire: &mut Wire<Request>, now: Instant, message: &NegotiatePb) {
    let header = RequestHeader { call_id: ids::NEGOTIATE, ..RequestHeader::default() };
    let step = step_of(message).unwrap_or(NegotiateStep::Unknown);
    wire.send_control(
        now,
        FrameKind::Negotiate(step),
        ids::NEGOTIATE,
        &header,
        &message.encode_to_vec(),
    );
}

fn send_handshake(wire: &mut Wire<Request>, now: Instant, output: Bytes) {
    let mut message = step_message(NegotiateStep::TlsHandshake);
    message.tls_handshake = Some(output);
    send(wire, now, &message);
}

/// Takes a frame of the server apart; an error frame becomes the connection's error.
fn read(
    wire: &Wire<Request>,
    now: Instant,
    payload: &Bytes,
) -> Result<NegotiatePb, ConnectionError> {
    let misbehaved = |m: Misbehaviour| ConnectionError::PeerMisbehaved(m);
    let parts =
        frame::split(payload, frame::FooterRule::Forbidden).map_err(|e| misbehaved(e.into()))?;
    let header = payload.slice(parts.header);
    check_header("ResponseHeader", &header).map_err(misbehaved)?;
    let header: ResponseHeader =
        decode::response_header(header).map_err(|e| misbehaved(e.into()))?;
    let body = payload.slice(parts.main);
    if header.call_id != ids::NEGOTIATE {
        let expected = "-33 (negotiation)";
        return Err(misbehaved(Misbehaviour::WrongCallId { got: header.call_id, expected }));
    }
    if header.is_error == Some(true) {
        let size = payload.len() + frame::PREFIX_LEN;
        wire.saw(now, Direction::Received, FrameKind::NegotiateError, header.call_id, size);
        let status = ErrorStatus::decode(body).map_err(|e| misbehaved(e.into()))?;
        return Err(status.into());
    }
    let message = decode::negotiate(body).map_err(|e| misbehaved(e.into()))?;
    wire.saw_step(now, step_of(&message).unwrap_or(NegotiateStep::Unknown), payload);
    Ok(message)
}

#[cfg(feature = "tls")]
fn tls_session(config: &ClientConfig) -> Result<(Box<dyn Session>, bool), ConnectionError> {
    let session = config.tls.session().map_err(ConnectionError::Tls)?;
    Ok((session, config.tls.verifies()))
}

#[cfg(not(feature = "tls"))]
fn tls_session(_config: &ClientConfig) -> Result<(Box<dyn Session>, bool), ConnectionError> {
    unreachable!("without the feature `tls` we never list TLS")
}
