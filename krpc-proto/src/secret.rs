//! `Debug` of messages that hold credentials: lengths in place of what lets its holder in.

use core::fmt;

use bytes::Bytes;

use crate::codes::NegotiateStep;
use crate::pb::negotiate_pb::{self, SaslMechanism};
use crate::pb::{JwtRawPb, NegotiatePb, SignedTokenPb};
use crate::text::escape;

/// So many bytes, unseen.
struct Hidden<'a>(&'a Option<Bytes>);

impl fmt::Debug for Hidden<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(bytes) => write!(f, "{} bytes", bytes.len()),
            None => f.write_str("None"),
        }
    }
}

impl fmt::Debug for SignedTokenPb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedTokenPb")
            .field("token_data", &Hidden(&self.token_data))
            .field("signature", &Hidden(&self.signature))
            .field("signing_key_seq_num", &self.signing_key_seq_num)
            .finish()
    }
}

impl fmt::Debug for JwtRawPb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtRawPb").field("jwt_data", &Hidden(&self.jwt_data)).finish()
    }
}

impl fmt::Debug for NegotiatePb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NegotiatePb")
            .field("step", &NegotiateStep::from_i32(self.step).ok_or(self.step))
            .field("supported_features", &self.supported_features)
            .field("authn_types", &self.authn_types)
            .field("sasl_mechanisms", &self.sasl_mechanisms)
            .field("token", &Hidden(&self.token))
            .field("tls_handshake", &Hidden(&self.tls_handshake))
            .field("channel_bindings", &Hidden(&self.channel_bindings))
            .field("nonce", &Hidden(&self.nonce))
            .field("authn_token", &self.authn_token)
            .field("jwt_raw", &self.jwt_raw)
            .finish()
    }
}

// The following are no secrets, but declared inside a message that is one.

impl fmt::Debug for negotiate_pb::NegotiateStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str_name())
    }
}

impl fmt::Debug for SaslMechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", escape(&self.mechanism))
    }
}
