//! The required fields of [`pb`](crate::pb).

use crate::pb;
use crate::required::{MessageSpec, Required};

macro_rules! required {
    ($($message:ty, $static:ident, $name:literal, $required:expr, $nested:expr;)*) => {
        $(
            static $static: MessageSpec =
                MessageSpec { name: $name, required: &$required, nested: &$nested };

            impl Required for $message {
                const SPEC: &'static MessageSpec = &$static;
            }
        )*
    };
}

required! {
    pb::AuthnTokenPb, AUTHN_TOKEN, "AuthnTokenPB", [], [];
    pb::AuthzTokenPb, AUTHZ_TOKEN, "AuthzTokenPB", [], [];
    pb::TokenPb, TOKEN, "TokenPB", [], [];
    pb::SignedTokenPb, SIGNED_TOKEN, "SignedTokenPB", [], [];
    pb::AuthenticationTypePb, AUTHENTICATION_TYPE, "AuthenticationTypePB", [], [];
    pb::authentication_type_pb::Sasl, SASL, "Sasl", [], [];
    pb::authentication_type_pb::Token, TOKEN_TYPE, "Token", [], [];
    pb::authentication_type_pb::Certificate, CERTIFICATE, "Certificate", [], [];
    pb::authentication_type_pb::Jwt, JWT, "Jwt", [], [];
    pb::JwtRawPb, JWT_RAW, "JwtRawPB", [], [];
    pb::negotiate_pb::SaslMechanism, SASL_MECHANISM, "SaslMechanism", [(2, "mechanism")], [];
    pb::NegotiatePb, NEGOTIATE, "NegotiatePB", [(2, "step")],
        [(4, "sasl_mechanisms", &SASL_MECHANISM)];
    pb::RemoteMethodPb, REMOTE_METHOD, "RemoteMethodPB",
        [(1, "service_name"), (2, "method_name")], [];
    pb::RequestIdPb, REQUEST_ID, "RequestIdPB",
        [(1, "client_id"), (2, "seq_no"), (3, "first_incomplete_seq_no"), (4, "attempt_no")], [];
    pb::RequestHeader, REQUEST_HEADER, "RequestHeader", [(3, "call_id")],
        [(6, "remote_method", &REMOTE_METHOD), (15, "request_id", &REQUEST_ID)];
    pb::ResponseHeader, RESPONSE_HEADER, "ResponseHeader", [(1, "call_id")], [];
    pb::RequestFooterPb, REQUEST_FOOTER, "RequestFooterPB", [], [];
    pb::ErrorStatusPb, ERROR_STATUS, "ErrorStatusPB", [(1, "message")], [];
    pb::UserInformationPb, USER_INFORMATION, "UserInformationPB", [(2, "real_user")], [];
    pb::ConnectionContextPb, CONNECTION_CONTEXT, "ConnectionContextPB", [],
        [(2, "deprecated_user_info", &USER_INFORMATION)];
}
