//! The numbers of the protocol: errors, statuses, negotiation steps, features, authentication types.

use crate::pb;
use crate::pb::authentication_type_pb::{Certificate, Jwt, Sasl, Token, Type};

/// Feature flag: requests end with a footer.
///
/// A number that Kudu gave up in 2017 and may assign again, so it means footers only beside
/// [`FEATURE_PRIVATE`], or where the user says that the peer is that old build.
pub const FEATURE_REQUEST_FOOTERS: u32 = 4;

/// Feature flag: the peer is this implementation.
///
/// Kudu counts its flags up from 1 and ignores those it does not know, so a number far above is
/// ours. A client that lists it means [`FEATURE_REQUEST_FOOTERS`] as this crate does, and after an
/// end of input in mid-frame it still reads the answers to what it sent before.
pub const FEATURE_PRIVATE: u32 = 1000;

/// Feature flag kept for streaming; nothing sends it.
pub const FEATURE_STREAMING_RESERVED: u32 = 1001;

macro_rules! codes {
    ($(#[$doc:meta])* $enum:ident, $(#[$name_doc:meta])* $name:ident:
     $($(#[$variant_doc:meta])* $variant:ident = $number:literal $text:literal,)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum {
            $($(#[$variant_doc])* $variant = $number,)*
        }

        impl $enum {
            /// All of them.
            pub const ALL: &[$enum] = &[$($enum::$variant),*];

            /// The one with this number, if it is known.
            pub fn from_i32(number: i32) -> Option<Self> {
                match number {
                    $($number => Some($enum::$variant),)*
                    _ => None,
                }
            }

            /// Its number.
            pub fn as_i32(self) -> i32 {
                self as i32
            }

            $(#[$name_doc])*
            pub fn $name(self) -> &'static str {
                match self {
                    $($enum::$variant => $text,)*
                }
            }
        }
    };
}

codes! {
    /// What sort of error a reply is: `ErrorStatusPB.RpcErrorCodePB`.
    ErrorCode,
    /// Its name in Kudu, which Kudu's tools print.
    name:
    /// The method failed or was refused.
    ErrorApplication = 1 "ERROR_APPLICATION",
    /// The service has no such method.
    ErrorNoSuchMethod = 2 "ERROR_NO_SUCH_METHOD",
    /// The server has no such service.
    ErrorNoSuchService = 3 "ERROR_NO_SUCH_SERVICE",
    /// The queue is full, or the call waited too long in it.
    ErrorServerTooBusy = 4 "ERROR_SERVER_TOO_BUSY",
    /// The parameter cannot be read, or a required feature is missing.
    ErrorInvalidRequest = 5 "ERROR_INVALID_REQUEST",
    /// The server has forgotten whether this request was done.
    ErrorRequestStale = 6 "ERROR_REQUEST_STALE",
    /// Not now; try again later.
    ErrorUnavailable = 7 "ERROR_UNAVAILABLE",
    /// Unexpected state of the server.
    FatalUnknown = 10 "FATAL_UNKNOWN",
    /// The server is going down.
    FatalServerShuttingDown = 11 "FATAL_SERVER_SHUTTING_DOWN",
    /// A header that cannot be read, or a wrong call id during the negotiation.
    FatalInvalidRpcHeader = 12 "FATAL_INVALID_RPC_HEADER",
    /// A negotiation message that cannot be read.
    FatalDeserializingRequest = 13 "FATAL_DESERIALIZING_REQUEST",
    /// Another version of the protocol; no release sends it.
    FatalVersionMismatch = 14 "FATAL_VERSION_MISMATCH",
    /// The negotiation failed.
    FatalUnauthorized = 15 "FATAL_UNAUTHORIZED",
    /// The authentication token, or the user in the certificate, is not valid.
    FatalInvalidAuthenticationToken = 16 "FATAL_INVALID_AUTHENTICATION_TOKEN",
    /// The authorization token is not valid; the connection stays.
    ErrorInvalidAuthorizationToken = 17 "ERROR_INVALID_AUTHORIZATION_TOKEN",
    /// The JSON Web Token is not valid.
    FatalInvalidJwt = 18 "FATAL_INVALID_JWT",
}

impl ErrorCode {
    /// Whether the connection ends with it.
    pub fn is_fatal(self) -> bool {
        self.name().starts_with("FATAL")
    }
}

codes! {
    /// Which message of the negotiation it is: `NegotiatePB.NegotiateStep`.
    NegotiateStep,
    /// Its name in Kudu.
    name:
    /// Server: SASL has succeeded.
    SaslSuccess = 0 "SASL_SUCCESS",
    /// Both: features and authentication types.
    Negotiate = 1 "NEGOTIATE",
    /// Client: the SASL mechanism and its first token.
    SaslInitiate = 2 "SASL_INITIATE",
    /// Server: a SASL token that wants an answer.
    SaslChallenge = 3 "SASL_CHALLENGE",
    /// Client: the answer to a challenge.
    SaslResponse = 4 "SASL_RESPONSE",
    /// Both: bytes of the TLS handshake.
    TlsHandshake = 5 "TLS_HANDSHAKE",
    /// Both: authentication by token.
    TokenExchange = 6 "TOKEN_EXCHANGE",
    /// Both: authentication by JSON Web Token.
    JwtExchange = 7 "JWT_EXCHANGE",
    /// Said by nobody.
    Unknown = 999 "UNKNOWN",
}

codes! {
    /// What a peer can do on the level of the connection: `RpcFeatureFlag`. Those with no agreed
    /// meaning in Kudu are the `FEATURE_` constants of this module.
    RpcFeature,
    /// Its name in Kudu.
    name:
    /// Calls may list features that the service has to have.
    ApplicationFeatureFlags = 1 "APPLICATION_FEATURE_FLAGS",
    /// TLS inside the negotiation.
    Tls = 2 "TLS",
    /// TLS may be used to authenticate only, the stream itself staying in the clear.
    TlsAuthenticationOnly = 3 "TLS_AUTHENTICATION_ONLY",
}

codes! {
    /// How a client proves who it is: the alternatives of `AuthenticationTypePB`, by field number.
    AuthnType,
    /// Its name as Kudu prints it.
    name:
    /// SASL, whose mechanism is chosen separately.
    Sasl = 1 "SASL",
    /// A token that the cluster signed.
    Token = 2 "TOKEN",
    /// The client's certificate, seen in the TLS handshake.
    Certificate = 3 "CERTIFICATE",
    /// A JSON Web Token.
    Jwt = 4 "JWT",
}

impl AuthnType {
    /// What a message says; `None` if it is a type that is not known here.
    pub fn from_pb(message: &pb::AuthenticationTypePb) -> Option<Self> {
        message.r#type.as_ref().map(|kind| match kind {
            Type::Sasl(_) => AuthnType::Sasl,
            Type::Token(_) => AuthnType::Token,
            Type::Certificate(_) => AuthnType::Certificate,
            Type::Jwt(_) => AuthnType::Jwt,
        })
    }

    /// The message that says it.
    pub fn to_pb(self) -> pb::AuthenticationTypePb {
        let kind = match self {
            AuthnType::Sasl => Type::Sasl(Sasl {}),
            AuthnType::Token => Type::Token(Token {}),
            AuthnType::Certificate => Type::Certificate(Certificate {}),
            AuthnType::Jwt => Type::Jwt(Jwt {}),
        };
        pb::AuthenticationTypePb { r#type: Some(kind) }
    }
}

codes! {
    /// The kinds of a Kudu `Status`, with the numbers of `AppStatusPB`. Errors of the RPC layer carry
    /// only the text.
    StatusCode,
    /// The words with which the rendering of such a status begins.
    text:
    /// Not found.
    NotFound = 1 "Not found",
    /// Corruption.
    Corruption = 2 "Corruption",
    /// Not implemented.
    NotSupported = 3 "Not implemented",
    /// Invalid argument.
    InvalidArgument = 4 "Invalid argument",
    /// IO error.
    IoError = 5 "IO error",
    /// Already present.
    AlreadyPresent = 6 "Already present",
    /// Runtime error.
    RuntimeError = 7 "Runtime error",
    /// Network error.
    NetworkError = 8 "Network error",
    /// Illegal state.
    IllegalState = 9 "Illegal state",
    /// Not authorized.
    NotAuthorized = 10 "Not authorized",
    /// Aborted.
    Aborted = 11 "Aborted",
    /// An error that came from a remote server.
    RemoteError = 12 "Remote error",
    /// Service unavailable.
    ServiceUnavailable = 13 "Service unavailable",
    /// Timed out.
    TimedOut = 14 "Timed out",
    /// Uninitialized.
    Uninitialized = 15 "Uninitialized",
    /// Configuration error.
    ConfigurationError = 16 "Configuration error",
    /// Incomplete.
    Incomplete = 17 "Incomplete",
    /// End of file.
    EndOfFile = 18 "End of file",
    /// Immutable.
    Immutable = 20 "Immutable",
}
