//! Bodies as JSON, where their types are known.

use std::collections::HashMap;

use krpc_tokio::core::FrameKind;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor};
use serde_json::Value;

use super::connection::Frame;
use crate::dynamic::{self, Descriptors};
use crate::side::Side;

/// Fields that hold credentials, or what makes some.
const SECRETS: [&str; 10] = [
    "authn_token",
    "authz_token",
    "channel_bindings",
    "encoded_nonce",
    "jwt_data",
    "jwt_raw",
    "nonce",
    "password",
    "tls_handshake",
    "token",
];

/// The types that are known.
pub(crate) struct Bodies {
    methods: HashMap<String, MethodDescriptor>,
    descriptors: Descriptors,
    secrets: bool,
}

impl Bodies {
    /// With `secrets`, those are shown as well.
    pub(crate) fn new(descriptors: Descriptors, secrets: bool) -> Self {
        let mut methods = HashMap::new();
        for service in descriptors.services() {
            for method in service.methods() {
                methods.insert(format!("{}/{}", service.full_name(), method.name()), method);
            }
        }
        Bodies { methods, descriptors, secrets }
    }

    /// The body of a frame, if it is there and its type is known.
    pub(super) fn json(&self, frame: &Frame) -> Option<Value> {
        let body = frame.body.clone()?;
        let message = DynamicMessage::decode(self.descriptor(frame)?, body);
        let mut value = match message {
            Ok(message) => dynamic::to_json(&message),
            Err(error) => Value::String(format!("cannot be read: {error}")),
        };
        if !self.secrets {
            redact(&mut value);
        }
        Some(value)
    }

    fn descriptor(&self, frame: &Frame) -> Option<MessageDescriptor> {
        let name = match frame.kind {
            FrameKind::Negotiate(_) => "kudu.rpc.NegotiatePB",
            FrameKind::NegotiateError | FrameKind::Error => "kudu.rpc.ErrorStatusPB",
            FrameKind::ConnectionContext => "kudu.rpc.ConnectionContextPB",
            FrameKind::Request | FrameKind::Reply => {
                let called = frame.method.as_ref()?;
                let name = format!("{}/{}", called.service, called.method);
                let method = self.methods.get(&name)?;
                return Some(match frame.from {
                    Side::Client => method.input(),
                    Side::Server => method.output(),
                });
            }
            // A preamble, or filler.
            _ => return None,
        };
        self.descriptors.message(name)
    }
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if SECRETS.contains(&name.as_str()) {
                    *value = "redacted".into();
                } else {
                    redact(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        _ => {}
    }
}
