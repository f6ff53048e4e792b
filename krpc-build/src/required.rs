//! Tables of required fields, which prost does not keep.

use std::collections::{HashMap, HashSet};

use heck::ToShoutySnakeCase;
use prost_reflect::{
    Cardinality, DescriptorPool, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor,
};

use crate::names::{Names, free};
use crate::sources::nested;

/// Writes the tables of messages.
pub(crate) struct Tables<'a> {
    names: &'a Names,
    /// The module that has the types of the tables.
    codegen: &'a str,
    /// The table of each message that needs one, by full name. Tables refer to each other in
    /// circles as messages do, which statics may and constants may not.
    statics: HashMap<String, String>,
}

impl<'a> Tables<'a> {
    pub(crate) fn new(pool: &DescriptorPool, names: &'a Names, codegen: &'a str) -> Self {
        let mut taken: HashMap<String, Vec<String>> = HashMap::new();
        let mut statics = HashMap::new();
        for message in pool.all_messages().filter(constrained) {
            let (package, full_name) = (message.package_name(), message.full_name());
            // `Foo.Bar` and `FooBar` sound alike.
            let name = full_name[package.len()..].to_shouty_snake_case() + "_SPEC";
            let taken = taken.entry(package.to_owned()).or_default();
            statics.insert(full_name.to_owned(), free(name, taken));
        }
        Tables { names, codegen, statics }
    }

    /// The tables of all messages of a file that are generated.
    pub(crate) fn file(&self, file: &FileDescriptor) -> String {
        let generated = |message: &MessageDescriptor| {
            !message.is_map_entry()
                && !is_google(message)
                && self.names.elsewhere(message.full_name()).is_none()
        };
        let messages = nested(file.messages()).into_iter().filter(generated);
        messages.map(|message| self.message(&message)).collect()
    }

    fn message(&self, message: &MessageDescriptor) -> String {
        let codegen = self.codegen;
        let rust = self.names.path(message.package_name(), message.full_name());
        let spec = self.spec(message.package_name(), message);
        let (table, reference) = match self.statics.get(message.full_name()) {
            Some(name) => {
                (format!("static {name}: {codegen}::MessageSpec = {spec};\n"), name.clone())
            }
            None => (String::new(), spec),
        };
        format!(
            "{table}impl {codegen}::Required for {rust} {{
                const SPEC: &'static {codegen}::MessageSpec = &{reference};
            }}\n"
        )
    }

    fn spec(&self, package: &str, message: &MessageDescriptor) -> String {
        let mut fields: Vec<FieldDescriptor> = message.fields().collect();
        fields.sort_by_key(FieldDescriptor::number);
        let mut required = String::new();
        let mut nested = String::new();
        for field in &fields {
            let (number, name) = (field.number(), field.name());
            if field.cardinality() == Cardinality::Required {
                required += &format!("({number}, {name:?}),");
            }
            if let Kind::Message(inner) = field.kind()
                && let Some(table) = self.statics.get(inner.full_name())
            {
                let same_file = inner.parent_file() == message.parent_file();
                let spec = self.reference(package, &inner, same_file.then_some(table));
                nested += &format!("({number}, {name:?}, {spec}),");
            }
        }
        format!(
            "{}::MessageSpec {{ name: {:?}, required: &[{required}], nested: &[{nested}] }}",
            self.codegen,
            message.name()
        )
    }

    fn reference(
        &self,
        package: &str,
        inner: &MessageDescriptor,
        table: Option<&String>,
    ) -> String {
        if inner.is_map_entry() {
            // There is no Rust type for it.
            return format!("&{}", self.spec(package, inner));
        }
        match table {
            Some(table) if self.names.elsewhere(inner.full_name()).is_none() => format!("&{table}"),
            _ => {
                let rust = self.names.path(package, inner.full_name());
                format!("<{rust} as {}::Required>::SPEC", self.codegen)
            }
        }
    }
}

/// Whether the message, or any that it can contain, has a required field.
fn constrained(message: &MessageDescriptor) -> bool {
    fn search(message: &MessageDescriptor, seen: &mut HashSet<String>) -> bool {
        if is_google(message) || !seen.insert(message.full_name().to_owned()) {
            return false;
        }
        message.fields().any(|field| match field.kind() {
            _ if field.cardinality() == Cardinality::Required => true,
            Kind::Message(inner) => search(&inner, seen),
            _ => false,
        })
    }
    search(message, &mut HashSet::new())
}

/// Google's own messages come from prost-types, without tables.
fn is_google(message: &MessageDescriptor) -> bool {
    message.package_name() == "google.protobuf"
}
