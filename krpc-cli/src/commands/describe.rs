//! What `krpc call` prints when it is not told what to call.

use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor, ServiceDescriptor};
use serde_json::{Value, json};

use crate::dynamic::Descriptors;
use crate::failure::Failure;
use crate::output::{self, line};

/// All services with their methods.
pub(super) fn services(descriptors: &Descriptors, as_json: bool) -> Result<(), Failure> {
    let mut services = descriptors.services();
    services.sort_by(|a, b| a.full_name().cmp(b.full_name()));
    if as_json {
        return line(output::json(&services.iter().map(service_json).collect::<Value>()));
    }
    for service in &services {
        line(service.full_name())?;
        for method in service.methods() {
            let (input, output) = (method.input(), method.output());
            line(format_args!("    {} ({}) -> {}", method.name(), input.name(), output.name()))?;
        }
    }
    line(
        "\n'krpc call ADDR SERVICE' shows the fields; 'krpc call ADDR SERVICE/METHOD --data JSON' calls.",
    )
}

/// One service with the fields of its messages.
pub(super) fn service(service: &ServiceDescriptor, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return line(output::json(&service_json(service)));
    }
    line(service.full_name())?;
    for method in service.methods() {
        line(format_args!("\n    {}", method.name()))?;
        fields("takes", &method.input())?;
        fields("gives", &method.output())?;
    }
    Ok(())
}

fn fields(verb: &str, message: &MessageDescriptor) -> Result<(), Failure> {
    let all: Vec<_> = message.fields().collect();
    let none = if all.is_empty() { ", which is empty" } else { "" };
    line(format_args!("        {verb} {}{none}", message.full_name()))?;
    for field in all {
        line(format_args!("            {}: {}", field.name(), field_type(&field)))?;
    }
    Ok(())
}

/// `required string`, `repeated kudu.HostPortPB`, `int32`.
fn field_type(field: &FieldDescriptor) -> String {
    let kind = match field.kind() {
        Kind::Message(m) if m.is_map_entry() => {
            let (key, value) = (m.map_entry_key_field(), m.map_entry_value_field());
            return format!("map of {:?} to {}", key.kind(), kind_name(&value.kind()));
        }
        kind => kind_name(&kind),
    };
    match field.cardinality() {
        Cardinality::Optional => kind,
        Cardinality::Required => format!("required {kind}"),
        Cardinality::Repeated => format!("repeated {kind}"),
    }
}

fn kind_name(kind: &Kind) -> String {
    match kind {
        Kind::Message(m) => m.full_name().to_owned(),
        Kind::Enum(e) => {
            let values: Vec<_> = e.values().map(|v| v.name().to_owned()).collect();
            format!("{} ({})", e.full_name(), values.join(", "))
        }
        scalar => format!("{scalar:?}"),
    }
}

fn service_json(service: &ServiceDescriptor) -> Value {
    let method = |method: prost_reflect::MethodDescriptor| {
        json!({
            "name": method.name(),
            "request": method.input().full_name(),
            "response": method.output().full_name(),
        })
    };
    json!({ "service": service.full_name(), "methods": service.methods().map(method).collect::<Value>() })
}
