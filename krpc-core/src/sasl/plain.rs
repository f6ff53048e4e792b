//! SASL PLAIN (RFC 4616) as Kudu uses it: a name, an empty password, and no proof of anything.

use bytes::Bytes;

pub(crate) const NAME: &str = "PLAIN";

/// Longest user name taken: it is kept as long as the connection.
const MAX_USER: usize = 1_024;

/// The client's one message: no authorization identity, the user, an empty password.
pub(crate) fn initial(user: &str) -> Bytes {
    [b"\0", user.as_bytes(), b"\0"].concat().into()
}

/// The user name in a client's message. Any password is accepted, as by Kudu's servers.
pub(crate) fn user(token: &[u8]) -> Result<String, &'static str> {
    let mut fields = token.split(|byte| *byte == 0);
    let (Some(authzid), Some(user), Some(_password), None) =
        (fields.next(), fields.next(), fields.next(), fields.next())
    else {
        return Err("SASL PLAIN token is not 'identity NUL user NUL password'");
    };
    if !authzid.is_empty() && authzid != user {
        return Err("SASL PLAIN token asks to act as another user");
    }
    if user.len() > MAX_USER {
        return Err("SASL PLAIN user name is longer than 1,024 bytes");
    }
    let user = str::from_utf8(user).map_err(|_| "SASL PLAIN user name is not UTF-8")?;
    if user.trim().is_empty() {
        // The words of the SASL library that Kudu uses.
        return Err("All-whitespace username.");
    }
    Ok(user.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        assert_eq!(&initial("alice")[..], b"\0alice\0");
        assert_eq!(user(&initial("alice")).unwrap(), "alice");
        assert_eq!(user(b"bob\0bob\0secret").unwrap(), "bob");
    }

    #[test]
    fn bad_tokens_are_refused() {
        for bad in [&b""[..], b"alice", b"\0alice", b"\0a\0b\0c", b"eve\0alice\0", b"\0\xff\0"] {
            assert!(user(bad).is_err(), "{bad:?}");
        }
        for nobody in ["", " ", "\t "] {
            assert_eq!(user(&initial(nobody)), Err("All-whitespace username."));
        }
        assert!(user(&initial(&"x".repeat(MAX_USER))).is_ok());
        assert!(user(&initial(&"x".repeat(MAX_USER + 1))).is_err());
    }
}
