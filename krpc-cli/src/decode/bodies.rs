//! Bodies as JSON, where their types are known.

use std::collections::HashMap;

use krpc_tokio::core::FrameKind;
use prost_reflect::{
    DynamicMessage, MapKey, MessageDescriptor, MethodDescriptor, ReflectMessage, UnknownField,
    Value as Reflected,
};
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

/// Fields of the RPC layer's own messages that Kudu declares as text. Here they are bytes, because a peer
/// may send what is no text.
const TEXTS: [&str; 4] = ["effective_user", "mechanism", "message", "real_user"];

/// Where a message has the numbers of its fields that are not known. No field has a name like that.
const UNKNOWN: &str = "unknown fields";

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
            Ok(message) => {
                let mut value = dynamic::to_json(&message);
                complete(&message, &mut value);
                value
            }
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

/// Puts text where the JSON of a message has that of bytes, and says which fields it lacks.
fn complete(message: &DynamicMessage, shown: &mut Value) {
    let of_the_layer = message.descriptor().package_name() == "kudu.rpc";
    for (field, value) in message.fields() {
        let Some(shown) = shown.get_mut(field.name()) else { continue };
        match value {
            Reflected::Bytes(text) if of_the_layer && TEXTS.contains(&field.name()) => {
                *shown = String::from_utf8_lossy(text).into();
            }
            Reflected::Message(inner) => complete(inner, shown),
            Reflected::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    complete_item(item, shown.get_mut(index));
                }
            }
            Reflected::Map(items) => {
                for (key, item) in items {
                    complete_item(item, shown.get_mut(json_key(key)));
                }
            }
            _ => {}
        }
    }
    let mut unknown: Vec<u32> = message.unknown_fields().map(UnknownField::number).collect();
    unknown.dedup();
    if let Value::Object(shown) = shown
        && !unknown.is_empty()
    {
        shown.insert(UNKNOWN.to_owned(), unknown.into());
    }
}

fn complete_item(item: &Reflected, shown: Option<&mut Value>) {
    if let (Reflected::Message(inner), Some(shown)) = (item, shown) {
        complete(inner, shown);
    }
}

fn json_key(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => key.clone(),
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
