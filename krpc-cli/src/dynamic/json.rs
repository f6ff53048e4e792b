//! Messages as JSON, both ways, by protobuf's JSON mapping with the names of the `.proto` file.

use prost_reflect::{
    Cardinality, DynamicMessage, MessageDescriptor, ReflectMessage, SerializeOptions,
    Value as Reflected,
};
use serde_json::Value;

use super::check::{self, MAX_DEPTH};

/// Builds a message; the error names the field that is wrong and says which fields exist.
pub(crate) fn from_json(desc: &MessageDescriptor, text: &str) -> Result<DynamicMessage, String> {
    let value: Value =
        serde_json::from_str(text).map_err(|e| format!("the request is not JSON: {e}"))?;
    check::message(desc, &value, desc.name(), 0)?;
    let message = DynamicMessage::deserialize(desc.clone(), value)
        .map_err(|e| format!("the request does not fit {}: {e}", desc.full_name()))?;
    let missing = missing_fields(&message);
    if missing.is_empty() {
        return Ok(message);
    }
    Err(format!("{} requires fields that are not given: {}", desc.full_name(), missing.join(", ")))
}

/// The JSON text of a message.
pub(crate) fn to_json(message: &DynamicMessage) -> Value {
    serialize(message, &options())
}

/// The same, in which repeated fields are there even if they are empty: programs need not ask.
pub(crate) fn to_json_with_lists(message: &DynamicMessage) -> Value {
    serialize(message, &options().skip_default_fields(false))
}

fn options() -> SerializeOptions {
    SerializeOptions::new().use_proto_field_name(true).stringify_64_bit_integers(false)
}

fn serialize(message: &DynamicMessage, options: &SerializeOptions) -> Value {
    message
        .serialize_with_options(serde_json::value::Serializer, options)
        .unwrap_or_else(|e| Value::String(format!("cannot be shown as JSON: {e}")))
}

/// Dotted paths of required fields that a message lacks.
pub(crate) fn missing_fields(message: &DynamicMessage) -> Vec<String> {
    let mut missing = Vec::new();
    collect_missing(message, "", 0, &mut missing);
    missing
}

fn collect_missing(message: &DynamicMessage, path: &str, depth: usize, missing: &mut Vec<String>) {
    for field in message.descriptor().fields() {
        if field.cardinality() == Cardinality::Required && !message.has_field(&field) {
            missing.push(format!("{path}{}", field.name()));
        }
    }
    if depth >= MAX_DEPTH {
        return;
    }
    for (field, value) in message.fields() {
        let path = format!("{path}{}.", field.name());
        let mut inner = |value: &Reflected| {
            if let Reflected::Message(m) = value {
                collect_missing(m, &path, depth + 1, missing);
            }
        };
        match value {
            Reflected::List(list) => list.iter().for_each(&mut inner),
            Reflected::Map(map) => map.values().for_each(&mut inner),
            value => inner(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use prost_reflect::prost::Message;

    use super::super::Descriptors;
    use super::*;

    fn parse(message: &str, text: &str) -> Result<DynamicMessage, String> {
        from_json(&Descriptors::builtin().message(message).unwrap(), text)
    }

    #[test]
    fn json_becomes_the_bytes_of_the_fact_sheet() {
        // CreateTable as the Kudu client sends it.
        let text = r#"{"name": "cl_ex", "schema": {"columns": [
            {"name": "id", "type": "INT32", "is_key": true, "is_nullable": false},
            {"name": "name", "type": "STRING", "is_key": false, "is_nullable": true},
            {"name": "amt", "type": "DECIMAL32", "is_key": false, "is_nullable": true,
             "type_attributes": {"precision": 7, "scale": 2}},
            {"name": "ok", "type": "BOOL", "is_key": false, "is_nullable": false}]},
            "num_replicas": 1,
            "partition_schema": {"hash_schema": [{"columns": [{"name": "id"}], "num_buckets": 2}]}}"#;
        let bytes = parse("kudu.master.CreateTableRequestPB", text).unwrap().encode_to_vec();
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            hex,
            "0a05636c5f657812390a0a120269641805200128000a0c12046e616d651808200028010a111203616d74180f\
             200028015a04080710020a0a12026f6b1809200028002001\
             3a0a0a080a04120269641002"
        );
    }

    #[test]
    fn names_come_back_as_in_the_file_and_numbers_as_numbers() {
        let text = r#"{"tables":[{"id":"62","name":"t","live_row_count":18446744073709551615}]}"#;
        let message = parse("kudu.master.ListTablesResponsePB", text).unwrap();
        assert_eq!(to_json(&message).to_string(), text);
        let camel = r#"{"tables":[{"id":"62","name":"t","liveRowCount":1}]}"#;
        assert!(parse("kudu.master.ListTablesResponsePB", camel).is_ok());
    }

    #[test]
    fn wrong_shapes_and_missing_fields_are_named() {
        let schema = "kudu.master.GetTableSchemaRequestPB";
        for (text, part) in [
            ("{", "not JSON"),
            ("[]", "must be an object"),
            ("{}", "requires fields that are not given: table"),
            (r#"{"table": 1}"#, "GetTableSchemaRequestPB.table must be an object"),
            (r#"{"table": {"table_name": 1}}"#, "table.table_name must be text"),
        ] {
            let error = parse(schema, text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
        let error = parse("kudu.master.ListTablesRequestPB", r#"{"type_filter": 1}"#).unwrap_err();
        assert!(error.contains("must be an array"), "{error}");
        let nested = r#"{"name": "t", "schema": {"columns": [{"name": "a"}]}}"#;
        let error = parse("kudu.master.CreateTableRequestPB", nested).unwrap_err();
        assert!(error.ends_with("schema.columns.type"), "{error}");
        let map = r#"{"name": "t", "schema": {}, "extra_configs": []}"#;
        assert!(parse("kudu.master.CreateTableRequestPB", map).unwrap_err().contains("map"));
    }
}
