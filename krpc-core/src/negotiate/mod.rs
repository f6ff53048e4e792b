//! Negotiation: features, authentication type, TLS, SASL, connection context.
//!
//! Both sides are enums that carry their data and are consumed by each step.

pub(crate) mod client;
pub(crate) mod server;

use std::fmt;

use bytes::Bytes;
use krpc_proto::codes::{
    AuthnType, FEATURE_PRIVATE, FEATURE_REQUEST_FOOTERS, NegotiateStep, RpcFeature,
};
use krpc_proto::decode::DecodeError;
use krpc_proto::pb::{
    AuthenticationTypePb, NegotiatePb, authentication_type_pb as authn_pb, negotiate_pb,
};

use crate::config::{Common, Encryption, Footers};
use crate::error::{ConnectionError, Misbehaviour, quoted};
use crate::event::TlsInfo;
use crate::layer::{Session, TlsFailure};

/// The RPC features of one side, known and unknown numbers alike.
#[derive(Clone, Debug, Default)]
pub(crate) struct Features(pub(crate) Vec<u32>);

impl Features {
    /// What we list: TLS if we can do it, and authentication-only if the link stays on this host
    /// and need not be encrypted there.
    pub(crate) fn ours(config: &Common, can_tls: bool, loopback: bool) -> Self {
        let mut list = vec![RpcFeature::ApplicationFeatureFlags as u32];
        if can_tls && config.encryption != Encryption::Disabled {
            list.push(RpcFeature::Tls as u32);
            if loopback && !config.encrypt_loopback {
                list.push(RpcFeature::TlsAuthenticationOnly as u32);
            }
        }
        // Kudu ignores numbers that it does not know, on both sides.
        list.extend_from_slice(match config.footers {
            Footers::Auto => &[FEATURE_REQUEST_FOOTERS, FEATURE_PRIVATE],
            Footers::Off => &[FEATURE_PRIVATE],
            Footers::Flag4Only => &[FEATURE_REQUEST_FOOTERS],
        });
        Features(list)
    }

    /// Whether requests end with a footer, seen alike by both sides: both list the number that Kudu
    /// gave up, and either both say that they are this implementation, or neither does.
    pub(crate) fn agree_on_footers(ours: &Features, theirs: &Features) -> bool {
        let has = |side: &Features, number| side.0.contains(&number);
        has(ours, FEATURE_REQUEST_FOOTERS)
            && has(theirs, FEATURE_REQUEST_FOOTERS)
            && has(ours, FEATURE_PRIVATE) == has(theirs, FEATURE_PRIVATE)
    }

    pub(crate) fn theirs(message: &NegotiatePb) -> Self {
        // An enum value is an int32 on the wire; a negative one is no feature of anybody's.
        Features(message.supported_features.iter().filter_map(|f| u32::try_from(*f).ok()).collect())
    }

    pub(crate) fn has(&self, feature: RpcFeature) -> bool {
        self.0.contains(&(feature as u32))
    }

    pub(crate) fn on_wire(&self) -> Vec<i32> {
        self.0.iter().map(|feature| *feature as i32).collect()
    }
}

pub(crate) fn step_message(step: NegotiateStep) -> NegotiatePb {
    NegotiatePb { step: step as i32, ..NegotiatePb::default() }
}

pub(crate) fn mechanism(name: &'static str) -> negotiate_pb::SaslMechanism {
    negotiate_pb::SaslMechanism { mechanism: Bytes::from_static(name.as_bytes()) }
}

/// A mechanism's name for an error, without what is beyond the longest that exist (RFC 4422: 20
/// characters).
pub(crate) fn mechanism_name(name: &[u8]) -> String {
    quoted(&name[..name.len().min(20)])
}

pub(crate) fn authn_to_wire(authn: AuthnType) -> AuthenticationTypePb {
    use authn_pb::{Certificate, Jwt, Sasl, Token, Type};
    AuthenticationTypePb {
        r#type: Some(match authn {
            AuthnType::Sasl => Type::Sasl(Sasl {}),
            AuthnType::Token => Type::Token(Token {}),
            AuthnType::Certificate => Type::Certificate(Certificate {}),
            AuthnType::Jwt => Type::Jwt(Jwt {}),
        }),
    }
}

/// The types of a list that have a name here.
pub(crate) fn authn_from_wire(list: &[AuthenticationTypePb]) -> Vec<AuthnType> {
    use authn_pb::Type;
    let known = |authn: &AuthenticationTypePb| {
        Some(match authn.r#type.as_ref()? {
            Type::Sasl(_) => AuthnType::Sasl,
            Type::Token(_) => AuthnType::Token,
            Type::Certificate(_) => AuthnType::Certificate,
            Type::Jwt(_) => AuthnType::Jwt,
        })
    };
    list.iter().filter_map(known).collect()
}

/// Longest header of a frame of the negotiation. It is a call id; a list in it would take four times the
/// memory of the frame.
const MAX_HEADER: usize = 1_024;

pub(crate) fn check_header(message: &'static str, header: &[u8]) -> Result<(), Misbehaviour> {
    if header.len() > MAX_HEADER {
        let detail =
            format!("{} bytes are over the limit of {MAX_HEADER} in a negotiation", header.len());
        return Err(DecodeError::Malformed { message, detail }.into());
    }
    Ok(())
}

pub(crate) fn step_of(message: &NegotiatePb) -> Option<NegotiateStep> {
    NegotiateStep::from_i32(message.step)
}

pub(crate) fn wrong_step(message: &NegotiatePb, expected: &'static str) -> ConnectionError {
    let got = match step_of(message) {
        Some(step) => step.name().to_owned(),
        None => message.step.to_string(),
    };
    ConnectionError::PeerMisbehaved(Misbehaviour::WrongStep { got, expected })
}

pub(crate) fn missing(step: NegotiateStep, field: &'static str) -> ConnectionError {
    ConnectionError::PeerMisbehaved(Misbehaviour::MissingField { step: step.name(), field })
}

/// What a message of the TLS handshake carries for the engine.
pub(crate) fn handshake_token(message: &NegotiatePb) -> Result<&Bytes, ConnectionError> {
    let step = NegotiateStep::TlsHandshake;
    if step_of(message) != Some(step) {
        return Err(wrong_step(message, step.name()));
    }
    let token = message.tls_handshake.as_ref().filter(|token| !token.is_empty());
    token.ok_or_else(|| missing(step, "tls_handshake"))
}

/// A TLS handshake that travels in messages.
pub(crate) struct Handshake {
    session: Box<dyn Session>,
    /// Both sides listed TLS_AUTHENTICATION_ONLY: the stream stays plain.
    authentication_only: bool,
    verified: bool,
}

impl Handshake {
    pub(crate) fn new(
        session: Box<dyn Session>,
        ours: &Features,
        theirs: &Features,
        verified: bool,
    ) -> Self {
        let both = |feature| ours.has(feature) && theirs.has(feature);
        let authentication_only = both(RpcFeature::TlsAuthenticationOnly);
        Handshake { session, authentication_only, verified }
    }

    pub(crate) fn is_complete(&self) -> bool {
        !self.session.is_handshaking()
    }

    /// Feeds the peer's bytes of one message.
    pub(crate) fn feed(&mut self, mut token: &[u8]) -> Result<(), TlsFailure> {
        while !token.is_empty() {
            self.session.read_tls(&mut token)?;
        }
        Ok(())
    }

    /// What the engine has to say, all of it.
    pub(crate) fn take_output(&mut self) -> Bytes {
        let mut output = Vec::new();
        while self.session.wants_write() {
            self.session.write_tls(&mut output).expect("a Vec takes everything");
        }
        output.into()
    }

    /// The finished handshake: its outcome, and the session if the stream is to be sealed.
    /// Under authentication-only what the engine still has to say is dropped with it.
    pub(crate) fn finish(self) -> (TlsInfo, Option<Box<dyn Session>>) {
        let summary = self.session.summary();
        let info = TlsInfo {
            version: summary.version,
            suite: summary.suite,
            encrypted: !self.authentication_only,
            peer_verified: self.verified,
            peer_certificate: summary.peer_certificate,
        };
        (info, (!self.authentication_only).then_some(self.session))
    }

    pub(crate) fn version_is_1_3(&self) -> bool {
        self.session.summary().version == "TLSv1.3"
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handshake")
    }
}
