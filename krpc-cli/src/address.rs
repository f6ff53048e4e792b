//! Server addresses as they are typed.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// Where Kudu's masters listen.
const DEFAULT_PORT: u16 = 7051;

/// `HOST[:PORT]` or `unix:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A name or IP address (without brackets) and a port.
    Tcp { host: String, port: u16 },
    /// The path of a UNIX socket, `@name` for an abstract one.
    Unix(String),
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path {
                "" => Err("a path must follow 'unix:', as in unix:/run/kudu.sock".into()),
                path => Ok(Address::Unix(path.into())),
            };
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(format!("an address has no {scheme}://, only HOST and perhaps :PORT"));
        }
        // An IPv6 address may stand alone; with a port it needs brackets.
        if is_ipv6(text) {
            return Ok(Address::Tcp { host: text.into(), port: DEFAULT_PORT });
        }
        let (host, rest) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or("'[' is not closed by ']'")?;
                check_ipv6(host)?;
                (host, rest)
            }
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let wrong_host = |c: char| c.is_whitespace() || c.is_control() || c == '/';
        if host.is_empty() || host.contains(wrong_host) {
            return Err("expected HOST, HOST:PORT or unix:PATH".into());
        }
        Ok(Address::Tcp { host: host.into(), port: port(rest)? })
    }
}

/// The port in what follows the host.
fn port(rest: &str) -> Result<u16, String> {
    let Some(port) = rest.strip_prefix(':') else {
        return match rest {
            "" => Ok(DEFAULT_PORT),
            _ => Err("only ':' and a port may follow ']'".into()),
        };
    };
    if port.is_empty() {
        return Err("no port follows ':'".into());
    }
    port.parse().map_err(|_| {
        let brackets =
            if port.contains(':') { "; IPv6 needs brackets, as in [::1]:7051" } else { "" };
        format!("'{port}' is not a port from 0 to 65535{brackets}")
    })
}

/// An IPv6 address, with the zone that link-local ones need (`fe80::1%eth0`) or without. What a
/// zone means is for the system to know.
fn is_ipv6(text: &str) -> bool {
    check_ipv6(text).is_ok()
}

fn check_ipv6(text: &str) -> Result<(), String> {
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (text, None),
    };
    if address.parse::<Ipv6Addr>().is_err() {
        return Err(format!("'{address}' is not an IPv6 address"));
    }
    match zone {
        Some("") => Err("no zone follows '%'".into()),
        _ => Ok(()),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Unix(path) => write!(f, "unix:{path}"),
            Address::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Address::Tcp { host, port } => write!(f, "{host}:{port}"),
        }
    }
}

impl Address {
    /// Whether it is that of a UNIX socket, which has neither host nor port.
    pub(crate) fn is_unix(&self) -> bool {
        matches!(self, Address::Unix(_))
    }

    /// Whether it names every address of this machine rather than one.
    pub(crate) fn is_wildcard(&self) -> bool {
        let Address::Tcp { host, .. } = self else { return false };
        host.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified())
    }
}

/// Several addresses, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AddressList(pub(crate) Vec<Address>);

impl FromStr for AddressList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let one = |part: &str| match part.trim() {
            "" => Err("an address is empty: expected MASTER[,MASTER...]".to_owned()),
            part => part.parse::<Address>().map_err(|e| format!("'{part}': {e}")),
        };
        text.split(',').map(one).collect::<Result<_, _>>().map(AddressList)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, String> {
        text.parse::<Address>().map(|a| a.to_string())
    }

    #[test]
    fn port_has_a_default() {
        assert_eq!(shown("master-1").unwrap(), "master-1:7051");
        assert_eq!(shown("master-1:7050").unwrap(), "master-1:7050");
        assert_eq!(shown("10.0.0.1").unwrap(), "10.0.0.1:7051");
    }

    #[test]
    fn ipv6_with_and_without_brackets() {
        assert_eq!(shown("::1").unwrap(), "[::1]:7051");
        assert_eq!(shown("[::1]").unwrap(), "[::1]:7051");
        assert_eq!(shown("[fe80::2]:9").unwrap(), "[fe80::2]:9");
        assert!("[::]:0".parse::<Address>().unwrap().is_wildcard());
        assert_eq!(shown("[fe80::2%eth0]:9").unwrap(), "[fe80::2%eth0]:9");
        assert_eq!(shown("fe80::2%3").unwrap(), "[fe80::2%3]:7051");
    }

    #[test]
    fn unix_paths() {
        assert_eq!(shown("unix:/run/k.sock").unwrap(), "unix:/run/k.sock");
        assert_eq!(shown("unix:@kudu-1").unwrap(), "unix:@kudu-1");
        assert!(shown("unix:").unwrap_err().contains("path"));
    }

    #[test]
    fn wrong_ones_say_why() {
        for (text, part) in [
            ("", "HOST"),
            (":7051", "HOST"),
            ("h:", "no port follows ':'"),
            ("[::1]:", "no port follows ':'"),
            ("h:70510", "'70510' is not a port"),
            ("h:7051x", "'7051x' is not a port"),
            ("h:1:2", "IPv6 needs brackets"),
            ("[::1", "closed"),
            ("[host]:1", "'host' is not an IPv6 address"),
            ("[::1]7", "may follow ']'"),
            ("[fe80::1%]:7", "no zone follows '%'"),
            ("http://127.0.0.1:7051", "an address has no http://"),
            ("a b", "HOST"),
        ] {
            let error = shown(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn lists_name_the_wrong_part() {
        let list: AddressList = "a, b:1".parse().unwrap();
        assert_eq!(list.0.iter().map(|a| a.to_string()).collect::<Vec<_>>(), ["a:7051", "b:1"]);
        assert!("a,,b".parse::<AddressList>().unwrap_err().contains("empty"));
        assert!("a,b:x".parse::<AddressList>().unwrap_err().contains("'b:x'"));
    }
}
