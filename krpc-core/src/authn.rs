//! Which authentication type a connection uses: one pure function over both sides' offers.
//!
//! Kudu's server decides (`rpc/server_negotiation.cc`); the client's only say is its list.

use krpc_proto::codes::AuthnType;

use crate::error::AuthError;

/// What a client has to show, from which its list of types follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientOffer {
    /// At least one SASL mechanism is enabled.
    pub sasl: bool,
    /// An authentication token is at hand, and the policy allows to use it (not PRIMARY).
    pub token: bool,
    /// A JSON web token is at hand.
    pub jwt: bool,
    /// A certificate that the cluster's internal CA has signed is at hand.
    pub signed_certificate: bool,
    /// At least one CA is trusted: tokens are never handed to an impostor.
    pub trusted_ca: bool,
}

impl ClientOffer {
    /// The types a client lists.
    pub fn types(&self) -> Vec<AuthnType> {
        let mut types = Vec::new();
        if self.sasl {
            types.push(AuthnType::Sasl);
        }
        if self.token && self.trusted_ca {
            types.push(AuthnType::Token);
        }
        if self.jwt && self.trusted_ca {
            types.push(AuthnType::Jwt);
        }
        if self.signed_certificate {
            types.push(AuthnType::Certificate);
        }
        types
    }
}

/// What a server can check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerOffer {
    /// Encryption is not disabled.
    pub encryption: bool,
    /// Its certificate is signed by the cluster's internal CA; neither self-signed nor external.
    pub signed_internal_certificate: bool,
    /// Its certificate is signed by some CA.
    pub signed_certificate: bool,
    /// It knows at least one key that signs tokens.
    pub token_keys: bool,
    /// It can verify JSON web tokens.
    pub jwt_verifier: bool,
}

/// The server's choice, first match: certificate, token, JWT, SASL.
///
/// `listed` is how many types the client listed, `known` those of them that have a name here. An
/// empty list means SASL (old clients); a list of nothing but unknown types is an error.
///
/// # Errors
///
/// [`AuthError::NoUsableType`] for such a list.
pub fn choose_authn(
    listed: usize,
    known: &[AuthnType],
    server: &ServerOffer,
) -> Result<AuthnType, AuthError> {
    if listed > 0 && known.is_empty() {
        return Err(AuthError::NoUsableType);
    }
    let offers = |authn: AuthnType| known.contains(&authn) && server.encryption;
    Ok(if offers(AuthnType::Certificate) && server.signed_internal_certificate {
        AuthnType::Certificate
    } else if offers(AuthnType::Token) && server.token_keys && server.signed_certificate {
        AuthnType::Token
    } else if offers(AuthnType::Jwt) && server.jwt_verifier && server.signed_certificate {
        AuthnType::Jwt
    } else {
        AuthnType::Sasl
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use AuthnType::{Certificate, Jwt, Sasl, Token};

    const ALL: ServerOffer = ServerOffer {
        encryption: true,
        signed_internal_certificate: true,
        signed_certificate: true,
        token_keys: true,
        jwt_verifier: true,
    };
    const SELF_SIGNED: ServerOffer =
        ServerOffer { signed_internal_certificate: false, signed_certificate: false, ..ALL };
    const EXTERNAL: ServerOffer = ServerOffer { signed_internal_certificate: false, ..ALL };

    #[test]
    fn choice_table() {
        let plaintext = ServerOffer { encryption: false, ..ALL };
        let no_keys = ServerOffer { token_keys: false, ..ALL };
        let no_jwt = ServerOffer { jwt_verifier: false, ..ALL };
        let certificate_alone = ServerOffer { token_keys: false, jwt_verifier: false, ..ALL };
        for (client, server, expected) in [
            // All at hand: the first match wins, in whatever order the client lists.
            (&[][..], ALL, Sasl),
            (&[Sasl], ALL, Sasl),
            (&[Sasl, Token, Jwt, Certificate], ALL, Certificate),
            (&[Jwt, Token, Certificate, Sasl], ALL, Certificate),
            (&[Sasl, Token, Jwt], ALL, Token),
            (&[Jwt, Token], ALL, Token),
            (&[Sasl, Jwt], ALL, Jwt),
            (&[Certificate], ALL, Certificate),
            (&[Token], ALL, Token),
            (&[Jwt], ALL, Jwt),
            // Each type needs its own, and nothing of the others.
            (&[Sasl, Token, Jwt, Certificate], certificate_alone, Certificate),
            (&[Sasl, Token, Jwt], certificate_alone, Sasl),
            (&[Sasl, Token], no_keys, Sasl),
            (&[Sasl, Token, Jwt], no_keys, Jwt),
            (&[Sasl, Jwt], no_jwt, Sasl),
            (&[Sasl, Token, Jwt], no_jwt, Token),
            (&[Sasl, Token, Certificate], EXTERNAL, Token),
            (&[Jwt, Certificate], EXTERNAL, Jwt),
            (&[Sasl, Token, Jwt, Certificate], SELF_SIGNED, Sasl),
            (&[Sasl, Token, Jwt, Certificate], plaintext, Sasl),
            // SASL is what remains, even if the client did not offer it.
            (&[Certificate], EXTERNAL, Sasl),
            (&[Certificate], SELF_SIGNED, Sasl),
            (&[Token], no_keys, Sasl),
            (&[Jwt], no_jwt, Sasl),
            (&[Token, Jwt, Certificate], plaintext, Sasl),
        ] {
            let chosen = choose_authn(client.len(), client, &server).unwrap();
            assert_eq!(chosen, expected, "{client:?} with {server:?}");
        }
        assert_eq!(choose_authn(2, &[], &ALL), Err(AuthError::NoUsableType));
        assert_eq!(choose_authn(2, &[Sasl], &ALL), Ok(Sasl), "unknown types are skipped");
    }

    #[test]
    fn a_client_lists_only_what_it_can_show() {
        let offer = |sasl, token, jwt, signed_certificate, trusted_ca| {
            ClientOffer { sasl, token, jwt, signed_certificate, trusted_ca }.types()
        };
        assert_eq!(offer(false, false, false, false, true), []);
        assert_eq!(offer(true, true, true, true, true), [Sasl, Token, Jwt, Certificate]);
        assert_eq!(offer(true, true, true, true, false), [Sasl, Certificate]);
        assert_eq!(offer(false, true, false, false, true), [Token]);
    }
}
