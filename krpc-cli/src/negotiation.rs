//! A negotiation, told to people and to programs.

use std::fmt;
use std::time::Duration;

use krpc_tokio::core::{Direction, FrameKind, FrameSeen, NegotiationInfo, TlsInfo};
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::output::plain;
use crate::session::{Session, Trace};
use crate::units::{Short, millis};

/// Whether a frame is part of the negotiation rather than of a call.
pub(crate) fn belongs(frame: &FrameSeen) -> bool {
    !matches!(
        frame.kind,
        FrameKind::Request | FrameKind::Aborted | FrameKind::Reply | FrameKind::Error
    )
}

/// Everything about how a connection was negotiated.
pub(crate) struct Report<'a> {
    steps: Steps<'a>,
    session: &'a Session,
}

impl<'a> Report<'a> {
    pub(crate) fn new(session: &'a Session) -> Self {
        Report { steps: Steps(&session.trace), session }
    }

    pub(crate) fn json(&self) -> Value {
        let info = &self.session.info;
        json!({
            "address": self.session.target.to_string(),
            "steps": self.steps.json(),
            "client_features": features(&info.our_features),
            "server_features": features(&info.peer_features),
            "tls": info.tls.as_ref().map(tls_json),
            "encrypted": info.tls.as_ref().is_some_and(|t| t.encrypted),
            "server_authenticated": info.tls.as_ref().is_some_and(|t| t.peer_verified),
            "authentication": info.authn.name(),
            "mechanism": info.mechanism,
            "user": info.user,
        })
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = &self.session.info;
        writeln!(f, "{}", self.steps)?;
        writeln!(f, "client features   {}", features(&info.our_features).join(", "))?;
        writeln!(f, "server features   {}", features(&info.peer_features).join(", "))?;
        writeln!(f, "protection        {}", protection(info))?;
        if let Some(tls) = &info.tls {
            writeln!(f, "TLS               {}, {}", tls.version, tls.suite)?;
            for (name, value) in certificate(tls) {
                writeln!(f, "{name:<17} {}", plain(&value))?;
            }
        }
        let mechanism = info.mechanism.map(|m| format!(" {m}")).unwrap_or_default();
        write!(f, "authentication    {}{mechanism} as {}", info.authn.name(), user(&info.user))
    }
}

/// The messages of a negotiation, complete or not.
pub(crate) struct Steps<'a>(pub(crate) &'a Trace);

impl Steps<'_> {
    pub(crate) fn json(&self) -> Value {
        let step = |(at, frame): (Duration, FrameSeen)| {
            json!({
                "ms": millis(at),
                "direction": match frame.direction { Direction::Sent => "sent", Direction::Received => "received" },
                "message": name(&frame),
                "bytes": frame.size,
                "in_tls": frame.in_tls,
            })
        };
        self.0.frames().into_iter().map(step).collect()
    }
}

impl fmt::Display for Steps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frames = self.0.frames();
        if frames.is_empty() {
            return write!(f, "  (nothing was sent)");
        }
        for (n, (at, frame)) in frames.iter().enumerate() {
            let arrow = match frame.direction {
                Direction::Sent => "->",
                Direction::Received => "<-",
            };
            let (at, name) = (Short(*at), name(frame));
            let tls = if frame.in_tls { "  in TLS" } else { "" };
            let end = if n + 1 < frames.len() { "\n" } else { "" };
            write!(f, "  {at:>8}  {arrow} {name:<20} {:>6} bytes{tls}{end}", frame.size)?;
        }
        Ok(())
    }
}

fn name(frame: &FrameSeen) -> &'static str {
    match frame.kind {
        FrameKind::Preamble => "preamble",
        FrameKind::Negotiate(step) => step.name(),
        FrameKind::NegotiateError => "error",
        FrameKind::ConnectionContext => "connection context",
        _ => "call",
    }
}

/// Feature numbers by name; unknown ones by number.
fn features(numbers: &[u32]) -> Vec<String> {
    let name = |n: &u32| {
        let known =
            i32::try_from(*n).ok().and_then(krpc_tokio::core::proto::codes::RpcFeature::from_i32);
        known.map_or_else(|| n.to_string(), |f| f.name().to_owned())
    };
    numbers.iter().map(name).collect()
}

fn user(name: &str) -> String {
    match name {
        "" => "a user without a name".into(),
        name => format!("user {}", plain(name)),
    }
}

/// What the connection protects against, in words.
pub(crate) fn protection(info: &NegotiationInfo) -> &'static str {
    match &info.tls {
        None => "none: not encrypted, server not authenticated",
        Some(TlsInfo { encrypted: true, peer_verified: true, .. }) => {
            "encrypted, server authenticated"
        }
        Some(TlsInfo { encrypted: true, .. }) => "encrypted, server not authenticated",
        Some(TlsInfo { peer_verified: true, .. }) => {
            "server authenticated, not encrypted: loopback connections need --loopback-encryption"
        }
        Some(_) => {
            "not encrypted, server not authenticated: TLS ended with its handshake, as is usual on loopback"
        }
    }
}

fn tls_json(tls: &TlsInfo) -> Value {
    let certificate: serde_json::Map<_, _> = certificate(tls)
        .into_iter()
        .map(|(name, value)| (name.replace(' ', "_"), Value::String(value)))
        .collect();
    json!({ "version": tls.version, "suite": tls.suite, "certificate": certificate })
}

/// What the server's certificate says of itself.
fn certificate(tls: &TlsInfo) -> Vec<(&'static str, String)> {
    let Some(der) = &tls.peer_certificate else { return Vec::new() };
    let digest = ring::digest::digest(&ring::digest::SHA256, der);
    let mut told = Vec::new();
    if let Ok((_, certificate)) = X509Certificate::from_der(der) {
        let validity = certificate.validity();
        told.push(("subject", certificate.subject().to_string()));
        told.push(("issuer", certificate.issuer().to_string()));
        told.push(("valid", format!("{} to {}", validity.not_before, validity.not_after)));
    }
    told.push(("sha256", digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()));
    told
}
