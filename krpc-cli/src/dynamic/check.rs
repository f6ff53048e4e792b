//! What is wrong with the JSON of a request, said in the names of its fields. The generic decoder
//! knows neither where it is nor what would be right.

use prost_reflect::{
    DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor,
};
use serde_json::{Map, Value};

use super::names::did_you_mean;
use crate::output::plain;

/// How deep messages may be nested: what protobuf's own decoders allow.
pub(super) const MAX_DEPTH: usize = 100;

/// Longest part of a wrong value that an error repeats.
const SHOWN: usize = 40;

/// A field or an extension.
struct Field<'a> {
    of: &'a MessageDescriptor,
    /// What it is called in JSON.
    key: &'a str,
    kind: Kind,
    is_list: bool,
    is_map: bool,
}

impl<'a> Field<'a> {
    fn new(of: &'a MessageDescriptor, field: &'a FieldDescriptor) -> Self {
        let (is_list, is_map) = (field.is_list(), field.is_map());
        Field { of, key: field.name(), kind: field.kind(), is_list, is_map }
    }

    fn extension(of: &'a MessageDescriptor, extension: &'a ExtensionDescriptor) -> Self {
        let (is_list, is_map) = (extension.is_list(), extension.is_map());
        Field { of, key: extension.json_name(), kind: extension.kind(), is_list, is_map }
    }

    /// Whether the decoder takes this value in this field. It is asked, rather than imitated.
    fn takes(&self, value: Value) -> bool {
        let message = Value::Object(Map::from_iter([(self.key.to_owned(), value)]));
        DynamicMessage::deserialize(self.of.clone(), message).is_ok()
    }
}

/// Checks the fields of a message that stands at the path `at`.
pub(super) fn message(
    desc: &MessageDescriptor,
    value: &Value,
    at: &str,
    depth: usize,
) -> Result<(), String> {
    // Google's own types have a JSON form of their own.
    if desc.full_name().starts_with("google.protobuf.") || depth > MAX_DEPTH {
        return Ok(());
    }
    let Value::Object(object) = value else {
        return Err(format!("{at} must be an object with the fields of {}", desc.full_name()));
    };
    for (name, value) in object {
        if name.starts_with('[') {
            let extension = desc.get_extension_by_json_name(name);
            let extension = extension.ok_or_else(|| no_extension(desc, name))?;
            let field = Field::extension(desc, &extension);
            check_field(&field, value, &format!("{at}.{name}"), depth)?;
            continue;
        }
        let named = desc.fields().find(|f| f.name() == name || f.json_name() == name);
        let field = named.ok_or_else(|| no_field(desc, name))?;
        let at = format!("{at}.{}", field.name());
        check_field(&Field::new(desc, &field), value, &at, depth)?;
    }
    Ok(())
}

fn no_field(desc: &MessageDescriptor, name: &str) -> String {
    let fields: Vec<_> = desc.fields().collect();
    let help = did_you_mean(name, fields.iter().map(|f| f.name()));
    format!("{} has no field '{name}': {help}", desc.full_name())
}

/// Extensions are written `[full.name]`.
fn no_extension(desc: &MessageDescriptor, name: &str) -> String {
    let extensions: Vec<_> = desc.extensions().collect();
    let help = did_you_mean(name, extensions.iter().map(|e| e.json_name()));
    format!("{} has no extension '{name}': {help}", desc.full_name())
}

fn check_field(field: &Field<'_>, value: &Value, at: &str, depth: usize) -> Result<(), String> {
    if value.is_null() {
        return Ok(());
    }
    if field.is_map {
        let Value::Object(entries) = value else {
            return Err(format!("{at} must be an object, because it is a map"));
        };
        return entries.iter().try_for_each(|entry| check_entry(field, entry, at, depth));
    }
    if field.is_list {
        let Value::Array(items) = value else {
            return Err(format!("{at} must be an array, because it is repeated"));
        };
        return items.iter().enumerate().try_for_each(|(i, item)| {
            let takes = || field.takes(Value::Array(vec![item.clone()]));
            check_value(&field.kind, item, &format!("{at}[{i}]"), depth, takes)
        });
    }
    check_value(&field.kind, value, at, depth, || field.takes(value.clone()))
}

fn check_entry(
    field: &Field<'_>,
    (key, value): (&String, &Value),
    at: &str,
    depth: usize,
) -> Result<(), String> {
    let Kind::Message(entry) = &field.kind else { return Ok(()) };
    let kind = entry.map_entry_value_field().kind();
    let takes = || field.takes(Value::Object(Map::from_iter([(key.clone(), value.clone())])));
    check_value(&kind, value, &format!("{at}.{key}"), depth, takes).map_err(|error| {
        match entry.map_entry_key_field().kind() {
            Kind::String => error,
            // It may as well be the key.
            key => format!("{error}; a key must be {}", expected(&key)),
        }
    })
}

fn check_value(
    kind: &Kind,
    value: &Value,
    at: &str,
    depth: usize,
    takes: impl FnOnce() -> bool,
) -> Result<(), String> {
    match (kind, value) {
        (Kind::Message(desc), value) => message(desc, value, at, depth + 1),
        (Kind::Enum(desc), Value::String(name)) if desc.get_value_by_name(name).is_none() => {
            let values: Vec<_> = desc.values().collect();
            let help = did_you_mean(name, values.iter().map(|v| v.name()));
            Err(format!(
                "{at} is of type {}, which has no value '{name}': {help}",
                desc.full_name()
            ))
        }
        _ if takes() => Ok(()),
        _ => Err(format!("{at} must be {}, not {}", expected(kind), shown(value))),
    }
}

/// What a field of this kind wants in JSON.
fn expected(kind: &Kind) -> String {
    let (min, max): (i128, i128) = match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => (i32::MIN.into(), i32::MAX.into()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => (i64::MIN.into(), i64::MAX.into()),
        Kind::Uint32 | Kind::Fixed32 => (0, u32::MAX.into()),
        Kind::Uint64 | Kind::Fixed64 => (0, u64::MAX.into()),
        Kind::Bool => return "true or false (bool)".into(),
        Kind::String => return "text in quotes (string)".into(),
        Kind::Bytes => return "text in base64 (bytes)".into(),
        Kind::Float => return format!("a number up to {:e} (float)", f32::MAX),
        Kind::Double => return "a number (double)".into(),
        Kind::Enum(desc) => return format!("a name or number of {}", desc.full_name()),
        Kind::Message(desc) => return format!("an object with the fields of {}", desc.full_name()),
    };
    format!("a whole number from {min} to {max} ({kind:?})")
}

/// A value, or its beginning.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", plain(&text[..end])),
        None => plain(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Descriptors, from_json};

    fn wrong(message: &str, text: &str) -> String {
        from_json(&Descriptors::builtin().message(message).unwrap(), text).unwrap_err()
    }

    #[test]
    fn misspelt_field_says_what_exists() {
        assert_eq!(
            wrong("kudu.master.ListTablesRequestPB", r#"{"name_filtre": "x"}"#),
            "kudu.master.ListTablesRequestPB has no field 'name_filtre': did you mean 'name_filter'? \
             there are: name_filter, type_filter, list_tablet_with_partition, show_soft_deleted"
        );
        let deep = r#"{"table": {"tablename": "x"}}"#;
        let error = wrong("kudu.master.GetTableSchemaRequestPB", deep);
        assert!(error.contains("TableIdentifierPB has no field 'tablename'"), "{error}");
        assert!(error.contains("did you mean 'table_name'"), "{error}");
    }

    #[test]
    fn misspelt_extension_says_what_exists() {
        let status = "kudu.rpc.ErrorStatusPB";
        let error = wrong(status, r#"{"message": "eA==", "[kudu.rpc_test.Nothing]": {}}"#);
        assert!(error.contains("no extension '[kudu.rpc_test.Nothing]'"), "{error}");
        let exists = "[kudu.rpc_test.CalculatorError.app_error_ext]";
        assert!(error.contains(exists), "{error}");
        let text = format!(r#"{{"message": "eA==", "{exists}": {{"extra_error_data": 7}}}}"#);
        let error = wrong(status, &text);
        let at = format!("ErrorStatusPB.{exists}.extra_error_data must be text");
        assert!(error.starts_with(&at), "{error}");
    }

    #[test]
    fn misspelt_enum_value_says_what_exists() {
        let error = wrong("kudu.master.ListTablesRequestPB", r#"{"type_filter": ["DEFAULT"]}"#);
        assert!(error.contains("type_filter[0]"), "{error}");
        assert!(error.contains("did you mean 'DEFAULT_TABLE'?"), "{error}");
    }

    #[test]
    fn wrong_values_name_their_field_and_what_it_takes() {
        let add = "kudu.rpc_test.AddRequestPB";
        let uint32 = "AddRequestPB.x must be a whole number from 0 to 4294967295 (uint32), not ";
        for value in ["-1", "4294967296", "1.5", "\"many\"", "true", "[]", "{}"] {
            let error = wrong(add, &format!(r#"{{"x": {value}, "y": 1}}"#));
            assert_eq!(error, format!("{uint32}{value}"));
        }
        let create = "kudu.master.CreateTableRequestPB";
        let columns = |column: &str| {
            wrong(create, &format!(r#"{{"name": "t", "schema": {{"columns": [{column}]}}}}"#))
        };
        let at = "CreateTableRequestPB.schema.columns[0]";
        for (column, said) in [
            (r#"{"is_key": "yes"}"#, ".is_key must be true or false (bool), not \"yes\""),
            (r#"{"name": 7}"#, ".name must be text in quotes (string), not 7"),
            (r#"{"type": 1.5}"#, ".type must be a name or number of kudu.DataType, not 1.5"),
            (r#"{"type": 3000000000}"#, ".type must be a name or number of kudu.DataType"),
            (r#"{"read_default_value": "%"}"#, ".read_default_value must be text in base64"),
            (r#"{"type_attributes": {"scale": "x"}}"#, ".type_attributes.scale must be a whole"),
        ] {
            let error = columns(column);
            assert!(error.starts_with(&format!("{at}{said}")), "{column}: {error}");
        }
        let error = wrong(create, r#"{"extra_configs": {"a": 1}}"#);
        assert!(error.starts_with("CreateTableRequestPB.extra_configs.a must be text"), "{error}");
        let long = format!(r#"{{"x": "{}\u001b"}}"#, "é".repeat(1000));
        let error = wrong(add, &long);
        assert!(error.len() < 200 && error.ends_with("é..."), "{error}");
    }

    #[test]
    fn what_the_decoder_takes_is_right() {
        let desc = Descriptors::builtin().message("kudu.rpc_test.AddRequestPB").unwrap();
        for value in ["1", "1.0", "\"1\"", "1e3", "4294967295"] {
            let text = format!(r#"{{"x": {value}, "y": 1}}"#);
            assert!(from_json(&desc, &text).is_ok(), "{value}");
        }
    }
}
