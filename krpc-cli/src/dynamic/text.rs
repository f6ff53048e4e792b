//! Messages in protobuf's text form, laid out as Kudu's own tools print them.

use std::fmt::Write as _;

use prost_reflect::{DynamicMessage, EnumDescriptor, Kind, Value};

/// One field a line, an entry of a repeated field at a time, messages indented in braces.
pub(crate) fn to_text(message: &DynamicMessage) -> String {
    let mut out = String::new();
    put_message(&mut out, message, 0);
    out.truncate(out.trim_end().len());
    out
}

fn put_message(out: &mut String, message: &DynamicMessage, depth: usize) {
    for (field, value) in message.fields() {
        let kind = field.kind();
        match value {
            Value::List(list) => {
                list.iter().for_each(|item| put_field(out, field.name(), &kind, item, depth));
            }
            value => put_field(out, field.name(), &kind, value, depth),
        }
    }
}

fn put_field(out: &mut String, name: &str, kind: &Kind, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    let _ = match value {
        Value::Message(message) => {
            let _ = writeln!(out, "{indent}{name} {{");
            put_message(out, message, depth + 1);
            writeln!(out, "{indent}}}")
        }
        Value::String(text) => writeln!(out, "{indent}{name}: \"{}\"", quoted(text.as_bytes())),
        Value::Bytes(bytes) => writeln!(out, "{indent}{name}: \"{}\"", quoted(bytes)),
        Value::EnumNumber(number) => {
            let of = if let Kind::Enum(of) = kind { Some(of) } else { None };
            writeln!(out, "{indent}{name}: {}", enum_name(of, *number))
        }
        other => writeln!(out, "{indent}{name}: {other}"),
    };
}

fn enum_name(of: Option<&EnumDescriptor>, number: i32) -> String {
    let known = of.and_then(|of| of.get_value(number));
    known.map_or_else(|| number.to_string(), |value| value.name().to_owned())
}

/// As C writes strings: quotes, backslashes and everything that is not printable ASCII escaped.
fn quoted(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        let _ = match byte {
            b'"' | b'\\' => write!(out, "\\{}", char::from(byte)),
            b'\n' => write!(out, "\\n"),
            b'\r' => write!(out, "\\r"),
            b'\t' => write!(out, "\\t"),
            b' '..=b'~' => write!(out, "{}", char::from(byte)),
            _ => write!(out, "\\{byte:03o}"),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{Descriptors, from_json};
    use super::*;

    #[test]
    fn status_looks_as_in_kudus_tool() {
        let desc = Descriptors::builtin().message("kudu.server.ServerStatusPB").unwrap();
        let json = r#"{
            "node_instance": {"permanent_uuid": "af67", "instance_seqno": 1795321921964468},
            "bound_rpc_addresses": [{"host": "127.0.0.1", "port": 1}, {"host": "::1", "port": 2}],
            "version_info": {"build_clean_repo": true, "build_type": "", "version_string": "a\"é\u001b"}
        }"#;
        let text = to_text(&from_json(&desc, json).unwrap());
        assert_eq!(
            text,
            "node_instance {\n  permanent_uuid: \"af67\"\n  instance_seqno: 1795321921964468\n}\n\
             bound_rpc_addresses {\n  host: \"127.0.0.1\"\n  port: 1\n}\n\
             bound_rpc_addresses {\n  host: \"::1\"\n  port: 2\n}\n\
             version_info {\n  build_clean_repo: true\n  build_type: \"\"\n  \
             version_string: \"a\\\"\\303\\251\\033\"\n}"
        );
    }

    #[test]
    fn enums_are_shown_by_name_or_number() {
        let desc = Descriptors::builtin().message("kudu.master.ListTablesRequestPB").unwrap();
        let message = from_json(&desc, r#"{"type_filter": ["DEFAULT_TABLE", 7]}"#).unwrap();
        assert_eq!(to_text(&message), "type_filter: DEFAULT_TABLE\ntype_filter: 7");
    }
}
