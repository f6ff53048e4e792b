//! Generated from `proto/kudu` by `cargo run -p xtask -- regen`; do not edit.

/// An authentication token: it speaks for one user.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct AuthnTokenPb {
    /// The user, in Kudu a string.
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub username: ::core::option::Option<::prost::bytes::Bytes>,
}
/// An authorization token: what one user may do with one table.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct AuthzTokenPb {
    /// The user, in Kudu a string.
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub username: ::core::option::Option<::prost::bytes::Bytes>,
    /// An encoded TablePrivilegePB. The RPC layer carries it and never looks inside.
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub table_privilege: ::core::option::Option<::prost::bytes::Bytes>,
}
/// What a token says, before it is signed.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct TokenPb {
    /// When it ends, in seconds since 1970.
    #[prost(int64, optional, tag = "1")]
    pub expire_unix_epoch_seconds: ::core::option::Option<i64>,
    /// Features that a verifier has to know; an unknown number voids the token.
    #[prost(int32, repeated, packed = "false", tag = "2")]
    pub incompatible_features: ::prost::alloc::vec::Vec<i32>,
    /// What it is good for.
    #[prost(oneof = "token_pb::Token", tags = "3, 4")]
    pub token: ::core::option::Option<token_pb::Token>,
}
/// Nested message and enum types in `TokenPB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod token_pb {
    /// What it is good for.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Token {
        /// It authenticates.
        #[prost(message, tag = "3")]
        Authn(super::AuthnTokenPb),
        /// It authorizes.
        #[prost(message, tag = "4")]
        Authz(super::AuthzTokenPb),
    }
}
/// A token with its signature.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
#[prost(skip_debug)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct SignedTokenPb {
    /// An encoded TokenPB, exactly the bytes that were signed.
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub token_data: ::core::option::Option<::prost::bytes::Bytes>,
    /// RSA PKCS#1 with SHA-256 over `token_data`.
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub signature: ::core::option::Option<::prost::bytes::Bytes>,
    /// Which of the cluster's signing keys made the signature.
    #[prost(int64, optional, tag = "3")]
    pub signing_key_seq_num: ::core::option::Option<i64>,
}
impl crate::required::Required for AuthnTokenPb {
    const SPEC: &'static crate::required::MessageSpec =
        &crate::required::MessageSpec { name: "AuthnTokenPB", required: &[], nested: &[] };
}
impl crate::required::Required for AuthzTokenPb {
    const SPEC: &'static crate::required::MessageSpec =
        &crate::required::MessageSpec { name: "AuthzTokenPB", required: &[], nested: &[] };
}
impl crate::required::Required for TokenPb {
    const SPEC: &'static crate::required::MessageSpec =
        &crate::required::MessageSpec { name: "TokenPB", required: &[], nested: &[] };
}
impl crate::required::Required for SignedTokenPb {
    const SPEC: &'static crate::required::MessageSpec =
        &crate::required::MessageSpec { name: "SignedTokenPB", required: &[], nested: &[] };
}
/// One way to prove who one is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct AuthenticationTypePb {
    /// Which one; nothing if the peer knows a way that is not listed here.
    #[prost(oneof = "authentication_type_pb::Type", tags = "1, 2, 3, 4")]
    pub r#type: ::core::option::Option<authentication_type_pb::Type>,
}
/// Nested message and enum types in `AuthenticationTypePB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod authentication_type_pb {
    /// SASL, whose mechanism is chosen separately.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Sasl {}
    /// A token that the cluster signed.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Token {}
    /// The client's certificate, seen in the TLS handshake.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Certificate {}
    /// A JSON Web Token.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
    pub struct Jwt {}
    /// Which one; nothing if the peer knows a way that is not listed here.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Oneof)]
    pub enum Type {
        /// SASL.
        #[prost(message, tag = "1")]
        Sasl(Sasl),
        /// Token.
        #[prost(message, tag = "2")]
        Token(Token),
        /// Certificate.
        #[prost(message, tag = "3")]
        Certificate(Certificate),
        /// JSON Web Token.
        #[prost(message, tag = "4")]
        Jwt(Jwt),
    }
}
/// A JSON Web Token as it travels.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
#[prost(skip_debug)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct JwtRawPb {
    /// The token in its compact text form.
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub jwt_data: ::core::option::Option<::prost::bytes::Bytes>,
}
/// Every message of the negotiation, in both directions.
#[derive(Clone, PartialEq, ::prost::Message)]
#[prost(skip_debug)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct NegotiatePb {
    /// The sender's features, with NEGOTIATE.
    #[prost(enumeration = "RpcFeatureFlag", repeated, packed = "false", tag = "1")]
    pub supported_features: ::prost::alloc::vec::Vec<i32>,
    /// Which step this is.
    #[prost(enumeration = "negotiate_pb::NegotiateStep", required, tag = "2")]
    pub step: i32,
    /// A SASL token.
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub token: ::core::option::Option<::prost::bytes::Bytes>,
    /// The mechanisms a server offers, or the one a client picked.
    #[prost(message, repeated, tag = "4")]
    pub sasl_mechanisms: ::prost::alloc::vec::Vec<negotiate_pb::SaslMechanism>,
    /// Bytes of the TLS handshake.
    #[prost(bytes = "bytes", optional, tag = "5")]
    pub tls_handshake: ::core::option::Option<::prost::bytes::Bytes>,
    /// TLS channel bindings, wrapped by GSSAPI, with SASL_SUCCESS.
    #[prost(bytes = "bytes", optional, tag = "6")]
    pub channel_bindings: ::core::option::Option<::prost::bytes::Bytes>,
    /// The authentication types a client offers, or the one a server chose.
    #[prost(message, repeated, tag = "7")]
    pub authn_types: ::prost::alloc::vec::Vec<AuthenticationTypePb>,
    /// The client's token, with TOKEN_EXCHANGE.
    #[prost(message, optional, tag = "8")]
    pub authn_token: ::core::option::Option<crate::pb::SignedTokenPb>,
    /// A nonce that the client has to send back wrapped, with SASL_SUCCESS.
    #[prost(bytes = "bytes", optional, tag = "9")]
    pub nonce: ::core::option::Option<::prost::bytes::Bytes>,
    /// The client's token, with JWT_EXCHANGE.
    #[prost(message, optional, tag = "10")]
    pub jwt_raw: ::core::option::Option<JwtRawPb>,
}
/// Nested message and enum types in `NegotiatePB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod negotiate_pb {
    /// A SASL mechanism by name.
    #[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
    #[prost(skip_debug)]
    pub struct SaslMechanism {
        /// Such as PLAIN or GSSAPI; in Kudu a string.
        #[prost(bytes = "bytes", required, tag = "2")]
        pub mechanism: ::prost::bytes::Bytes,
    }
    /// Which message of the negotiation it is.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum NegotiateStep {
        /// No step; what an unknown number reads as.
        Unknown = 999,
        /// Server: SASL has succeeded.
        SaslSuccess = 0,
        /// Both: features and authentication types.
        Negotiate = 1,
        /// Client: the SASL mechanism and its first token.
        SaslInitiate = 2,
        /// Server: a SASL token that wants an answer.
        SaslChallenge = 3,
        /// Client: the answer to a challenge.
        SaslResponse = 4,
        /// Both: bytes of the TLS handshake.
        TlsHandshake = 5,
        /// Both: authentication by token.
        TokenExchange = 6,
        /// Both: authentication by JSON Web Token.
        JwtExchange = 7,
    }
    impl NegotiateStep {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::Unknown => "UNKNOWN",
                Self::SaslSuccess => "SASL_SUCCESS",
                Self::Negotiate => "NEGOTIATE",
                Self::SaslInitiate => "SASL_INITIATE",
                Self::SaslChallenge => "SASL_CHALLENGE",
                Self::SaslResponse => "SASL_RESPONSE",
                Self::TlsHandshake => "TLS_HANDSHAKE",
                Self::TokenExchange => "TOKEN_EXCHANGE",
                Self::JwtExchange => "JWT_EXCHANGE",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "UNKNOWN" => Some(Self::Unknown),
                "SASL_SUCCESS" => Some(Self::SaslSuccess),
                "NEGOTIATE" => Some(Self::Negotiate),
                "SASL_INITIATE" => Some(Self::SaslInitiate),
                "SASL_CHALLENGE" => Some(Self::SaslChallenge),
                "SASL_RESPONSE" => Some(Self::SaslResponse),
                "TLS_HANDSHAKE" => Some(Self::TlsHandshake),
                "TOKEN_EXCHANGE" => Some(Self::TokenExchange),
                "JWT_EXCHANGE" => Some(Self::JwtExchange),
                _ => None,
            }
        }
    }
}
/// A method of a service.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct RemoteMethodPb {
    /// Full name of the service, package included; in Kudu a string.
    #[prost(bytes = "bytes", required, tag = "1")]
    pub service_name: ::prost::bytes::Bytes,
    /// Name of the method; in Kudu a string.
    #[prost(bytes = "bytes", required, tag = "2")]
    pub method_name: ::prost::bytes::Bytes,
}
/// Names a call so that a server can see it twice and run it once.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct RequestIdPb {
    /// The client, by a name unique to its process; in Kudu a string.
    #[prost(bytes = "bytes", required, tag = "1")]
    pub client_id: ::prost::bytes::Bytes,
    /// Number of the call among the client's.
    #[prost(int64, required, tag = "2")]
    pub seq_no: i64,
    /// Everything below this number has been answered.
    #[prost(int64, required, tag = "3")]
    pub first_incomplete_seq_no: i64,
    /// Counts the attempts of this call.
    #[prost(int64, required, tag = "4")]
    pub attempt_no: i64,
}
/// Header of a frame from client to server.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct RequestHeader {
    /// Links the reply to the call; negative numbers are messages that are not calls.
    #[prost(int32, required, tag = "3")]
    pub call_id: i32,
    /// What is called; absent in messages that are not calls.
    #[prost(message, optional, tag = "6")]
    pub remote_method: ::core::option::Option<RemoteMethodPb>,
    /// How long the caller waits; absent or 0 is for ever.
    #[prost(uint32, optional, tag = "10")]
    pub timeout_millis: ::core::option::Option<u32>,
    /// Features that the service has to have for this call.
    #[prost(uint32, repeated, packed = "false", tag = "11")]
    pub required_feature_flags: ::prost::alloc::vec::Vec<u32>,
    /// Given where the call must not run twice.
    #[prost(message, optional, tag = "15")]
    pub request_id: ::core::option::Option<RequestIdPb>,
    /// Where each sidecar begins, counted from the start of the main part.
    #[prost(uint32, repeated, packed = "false", tag = "16")]
    pub sidecar_offsets: ::prost::alloc::vec::Vec<u32>,
}
/// Header of a frame from server to client.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ResponseHeader {
    /// The call that this answers.
    #[prost(int32, required, tag = "1")]
    pub call_id: i32,
    /// The body is an ErrorStatusPB.
    #[prost(bool, optional, tag = "2", default = "false")]
    pub is_error: ::core::option::Option<bool>,
    /// Where each sidecar begins, counted from the start of the main part.
    #[prost(uint32, repeated, packed = "false", tag = "3")]
    pub sidecar_offsets: ::prost::alloc::vec::Vec<u32>,
}
/// The last block of a request's frame, on connections that agreed on footers. Only a Kudu build of
/// 2017 had them; no release reads or writes one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ::prost::Message)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct RequestFooterPb {
    /// The sender gave the call up while its bytes were on their way.
    #[prost(bool, optional, tag = "1", default = "false")]
    pub aborted: ::core::option::Option<bool>,
}
/// Body of a reply that is an error. An application adds its own by extending this message.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ErrorStatusPb {
    /// Text for people, in Kudu a string.
    #[prost(bytes = "bytes", required, tag = "1")]
    pub message: ::prost::bytes::Bytes,
    /// What sort of error; absent where an application's extension says it.
    #[prost(enumeration = "error_status_pb::RpcErrorCodePb", optional, tag = "2")]
    pub code: ::core::option::Option<i32>,
    /// The required features that the service lacks.
    #[prost(uint32, repeated, packed = "false", tag = "3")]
    pub unsupported_feature_flags: ::prost::alloc::vec::Vec<u32>,
}
/// Nested message and enum types in `ErrorStatusPB`.
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub mod error_status_pb {
    /// What sort of error it is. FATAL ones end the connection.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
    #[repr(i32)]
    pub enum RpcErrorCodePb {
        /// Unexpected state of the server.
        FatalUnknown = 10,
        /// The method failed or was refused.
        ErrorApplication = 1,
        /// The service has no such method.
        ErrorNoSuchMethod = 2,
        /// The server has no such service.
        ErrorNoSuchService = 3,
        /// The queue is full, or the call waited too long in it.
        ErrorServerTooBusy = 4,
        /// The parameter cannot be read, or a required feature is missing.
        ErrorInvalidRequest = 5,
        /// The server has forgotten whether this request was done.
        ErrorRequestStale = 6,
        /// Not now; try again later.
        ErrorUnavailable = 7,
        /// The server is going down.
        FatalServerShuttingDown = 11,
        /// A header that cannot be read.
        FatalInvalidRpcHeader = 12,
        /// A negotiation message that cannot be read.
        FatalDeserializingRequest = 13,
        /// Another version of the protocol.
        FatalVersionMismatch = 14,
        /// The negotiation failed.
        FatalUnauthorized = 15,
        /// The authentication token is not valid.
        FatalInvalidAuthenticationToken = 16,
        /// The authorization token is not valid.
        ErrorInvalidAuthorizationToken = 17,
        /// The JSON Web Token is not valid.
        FatalInvalidJwt = 18,
    }
    impl RpcErrorCodePb {
        /// String value of the enum field names used in the ProtoBuf definition.
        ///
        /// The values are not transformed in any way and thus are considered stable
        /// (if the ProtoBuf definition does not change) and safe for programmatic use.
        pub fn as_str_name(&self) -> &'static str {
            match self {
                Self::FatalUnknown => "FATAL_UNKNOWN",
                Self::ErrorApplication => "ERROR_APPLICATION",
                Self::ErrorNoSuchMethod => "ERROR_NO_SUCH_METHOD",
                Self::ErrorNoSuchService => "ERROR_NO_SUCH_SERVICE",
                Self::ErrorServerTooBusy => "ERROR_SERVER_TOO_BUSY",
                Self::ErrorInvalidRequest => "ERROR_INVALID_REQUEST",
                Self::ErrorRequestStale => "ERROR_REQUEST_STALE",
                Self::ErrorUnavailable => "ERROR_UNAVAILABLE",
                Self::FatalServerShuttingDown => "FATAL_SERVER_SHUTTING_DOWN",
                Self::FatalInvalidRpcHeader => "FATAL_INVALID_RPC_HEADER",
                Self::FatalDeserializingRequest => "FATAL_DESERIALIZING_REQUEST",
                Self::FatalVersionMismatch => "FATAL_VERSION_MISMATCH",
                Self::FatalUnauthorized => "FATAL_UNAUTHORIZED",
                Self::FatalInvalidAuthenticationToken => "FATAL_INVALID_AUTHENTICATION_TOKEN",
                Self::ErrorInvalidAuthorizationToken => "ERROR_INVALID_AUTHORIZATION_TOKEN",
                Self::FatalInvalidJwt => "FATAL_INVALID_JWT",
            }
        }
        /// Creates an enum from field names used in the ProtoBuf definition.
        pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
            match value {
                "FATAL_UNKNOWN" => Some(Self::FatalUnknown),
                "ERROR_APPLICATION" => Some(Self::ErrorApplication),
                "ERROR_NO_SUCH_METHOD" => Some(Self::ErrorNoSuchMethod),
                "ERROR_NO_SUCH_SERVICE" => Some(Self::ErrorNoSuchService),
                "ERROR_SERVER_TOO_BUSY" => Some(Self::ErrorServerTooBusy),
                "ERROR_INVALID_REQUEST" => Some(Self::ErrorInvalidRequest),
                "ERROR_REQUEST_STALE" => Some(Self::ErrorRequestStale),
                "ERROR_UNAVAILABLE" => Some(Self::ErrorUnavailable),
                "FATAL_SERVER_SHUTTING_DOWN" => Some(Self::FatalServerShuttingDown),
                "FATAL_INVALID_RPC_HEADER" => Some(Self::FatalInvalidRpcHeader),
                "FATAL_DESERIALIZING_REQUEST" => Some(Self::FatalDeserializingRequest),
                "FATAL_VERSION_MISMATCH" => Some(Self::FatalVersionMismatch),
                "FATAL_UNAUTHORIZED" => Some(Self::FatalUnauthorized),
                "FATAL_INVALID_AUTHENTICATION_TOKEN" => Some(Self::FatalInvalidAuthenticationToken),
                "ERROR_INVALID_AUTHORIZATION_TOKEN" => Some(Self::ErrorInvalidAuthorizationToken),
                "FATAL_INVALID_JWT" => Some(Self::FatalInvalidJwt),
                _ => None,
            }
        }
    }
}
/// Who the user of a connection is.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct UserInformationPb {
    /// The user to act as; in Kudu a string.
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub effective_user: ::core::option::Option<::prost::bytes::Bytes>,
    /// The user who is there; in Kudu a string.
    #[prost(bytes = "bytes", required, tag = "2")]
    pub real_user: ::prost::bytes::Bytes,
}
/// Ends the client's part of the negotiation.
#[derive(Clone, PartialEq, Eq, Hash, ::prost::Message)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub struct ConnectionContextPb {
    /// The user's name, which servers believe only where nothing better authenticated it.
    #[prost(message, optional, tag = "2")]
    pub deprecated_user_info: ::core::option::Option<UserInformationPb>,
    /// The server's nonce, wrapped by GSSAPI.
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub encoded_nonce: ::core::option::Option<::prost::bytes::Bytes>,
}
/// What a peer can do on the level of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
pub enum RpcFeatureFlag {
    /// No feature; what an unknown number reads as.
    Unknown = 0,
    /// Calls may list features that the service has to have.
    ApplicationFeatureFlags = 1,
    /// TLS inside the negotiation.
    Tls = 2,
    /// TLS may be used to authenticate only, the stream itself staying in the clear.
    TlsAuthenticationOnly = 3,
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
impl RpcFeatureFlag {
    /// String value of the enum field names used in the ProtoBuf definition.
    ///
    /// The values are not transformed in any way and thus are considered stable
    /// (if the ProtoBuf definition does not change) and safe for programmatic use.
    pub fn as_str_name(&self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::ApplicationFeatureFlags => "APPLICATION_FEATURE_FLAGS",
            Self::Tls => "TLS",
            Self::TlsAuthenticationOnly => "TLS_AUTHENTICATION_ONLY",
        }
    }
    /// Creates an enum from field names used in the ProtoBuf definition.
    pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {
        match value {
            "UNKNOWN" => Some(Self::Unknown),
            "APPLICATION_FEATURE_FLAGS" => Some(Self::ApplicationFeatureFlags),
            "TLS" => Some(Self::Tls),
            "TLS_AUTHENTICATION_ONLY" => Some(Self::TlsAuthenticationOnly),
            _ => None,
        }
    }
}
impl crate::required::Required for AuthenticationTypePb {
    const SPEC: &'static crate::required::MessageSpec =
        &crate::required::MessageSpec { name: "AuthenticationTypePB", required: &[], nested: &[] };
}
impl crate::required::Required for authentication_type_pb::Sasl {
    const SPEC: &'static crate::required::MessageSpec =
        &crate::required::MessageSpec { name: "Sasl", required: &[], nested: &[] };
}
impl crate::required::Required for authentication_type_pb::Token {
    const SPEC: &'static crate::required::MessageSpec =
        &crate::required::MessageSpec { name: "Token", required: &[], nested: &[] };
}
impl crate::required::Required for authentication_type_pb::Certificate {
    const SPEC: &'static crate::required::MessageSpec =
        &crate::required::MessageSpec { name: "Certificate", required: &[], nested: &[] };
}
impl crate::required::Required for authentication_type_pb::Jwt {
    const SPEC: &'static crate::required::MessageSpec =
        &crate::required::MessageSpec { name: "Jwt", required: &[], nested: &[] };
}
impl crate::required::Required for JwtRawPb {
    const SPEC: &'static crate::required::MessageSpec =
        &crate::required::MessageSpec { name: "JwtRawPB", required: &[], nested: &[] };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static NEGOTIATE_PB_SPEC: crate::required::MessageSpec = crate::required::MessageSpec {
    name: "NegotiatePB",
    required: &[(2, "step")],
    nested: &[(4, "sasl_mechanisms", &NEGOTIATE_PB_SASL_MECHANISM_SPEC)],
};
impl crate::required::Required for NegotiatePb {
    const SPEC: &'static crate::required::MessageSpec = &NEGOTIATE_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static NEGOTIATE_PB_SASL_MECHANISM_SPEC: crate::required::MessageSpec =
    crate::required::MessageSpec {
        name: "SaslMechanism",
        required: &[(2, "mechanism")],
        nested: &[],
    };
impl crate::required::Required for negotiate_pb::SaslMechanism {
    const SPEC: &'static crate::required::MessageSpec = &NEGOTIATE_PB_SASL_MECHANISM_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static REMOTE_METHOD_PB_SPEC: crate::required::MessageSpec = crate::required::MessageSpec {
    name: "RemoteMethodPB",
    required: &[(1, "service_name"), (2, "method_name")],
    nested: &[],
};
impl crate::required::Required for RemoteMethodPb {
    const SPEC: &'static crate::required::MessageSpec = &REMOTE_METHOD_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static REQUEST_ID_PB_SPEC: crate::required::MessageSpec = crate::required::MessageSpec {
    name: "RequestIdPB",
    required: &[(1, "client_id"), (2, "seq_no"), (3, "first_incomplete_seq_no"), (4, "attempt_no")],
    nested: &[],
};
impl crate::required::Required for RequestIdPb {
    const SPEC: &'static crate::required::MessageSpec = &REQUEST_ID_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static REQUEST_HEADER_SPEC: crate::required::MessageSpec = crate::required::MessageSpec {
    name: "RequestHeader",
    required: &[(3, "call_id")],
    nested: &[
        (6, "remote_method", &REMOTE_METHOD_PB_SPEC),
        (15, "request_id", &REQUEST_ID_PB_SPEC),
    ],
};
impl crate::required::Required for RequestHeader {
    const SPEC: &'static crate::required::MessageSpec = &REQUEST_HEADER_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static RESPONSE_HEADER_SPEC: crate::required::MessageSpec = crate::required::MessageSpec {
    name: "ResponseHeader",
    required: &[(1, "call_id")],
    nested: &[],
};
impl crate::required::Required for ResponseHeader {
    const SPEC: &'static crate::required::MessageSpec = &RESPONSE_HEADER_SPEC;
}
impl crate::required::Required for RequestFooterPb {
    const SPEC: &'static crate::required::MessageSpec =
        &crate::required::MessageSpec { name: "RequestFooterPB", required: &[], nested: &[] };
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static ERROR_STATUS_PB_SPEC: crate::required::MessageSpec = crate::required::MessageSpec {
    name: "ErrorStatusPB",
    required: &[(1, "message")],
    nested: &[],
};
impl crate::required::Required for ErrorStatusPb {
    const SPEC: &'static crate::required::MessageSpec = &ERROR_STATUS_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static USER_INFORMATION_PB_SPEC: crate::required::MessageSpec = crate::required::MessageSpec {
    name: "UserInformationPB",
    required: &[(2, "real_user")],
    nested: &[],
};
impl crate::required::Required for UserInformationPb {
    const SPEC: &'static crate::required::MessageSpec = &USER_INFORMATION_PB_SPEC;
}
#[allow(dead_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
static CONNECTION_CONTEXT_PB_SPEC: crate::required::MessageSpec = crate::required::MessageSpec {
    name: "ConnectionContextPB",
    required: &[],
    nested: &[(2, "DEPRECATED_user_info", &USER_INFORMATION_PB_SPEC)],
};
impl crate::required::Required for ConnectionContextPb {
    const SPEC: &'static crate::required::MessageSpec = &CONNECTION_CONTEXT_PB_SPEC;
}
