//! Names that are different in protobuf and the same in Rust.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use prost_build::Module;
use prost_reflect::{DescriptorPool, EnumDescriptor, FileDescriptor, MessageDescriptor};

use crate::Error;
use crate::check::{NAMELESS, line, unsupported};
use crate::names::{Names, snake, upper_camel};

/// The field `package` of a file's descriptor.
const PACKAGE: &[i32] = &[2];

/// Whether no two things would be the same type or module.
pub(crate) fn names(pool: &DescriptorPool, names: &Names) -> Result<(), Error> {
    let mut claims = Claims { names, claimed: HashMap::new() };
    let files: Vec<FileDescriptor> = pool.files().collect();
    for file in &files {
        claims.package(file);
    }
    for file in &files {
        let scope = module(file.package_name());
        for message in file.messages() {
            claims.message(&scope, &message)?;
        }
        for found in file.enums() {
            claims.enumeration(&scope, &found)?;
        }
        for service in file.services() {
            let what = What::new("service", service.full_name(), file, service.path());
            // Nobody else's types lie in its module, and its own are told apart by their length.
            claims.claim(&scope, Kind::Module, snake(service.name()), what)?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Module,
    Type,
}

/// A declaration.
struct What {
    name: String,
    file: FileDescriptor,
    path: Vec<i32>,
}

impl What {
    fn new(kind: &str, name: &str, file: &FileDescriptor, path: &[i32]) -> Self {
        What { name: format!("the {kind} {name}"), file: file.clone(), path: path.to_owned() }
    }
}

struct Claims<'a> {
    names: &'a Names,
    /// What each name means, by the module around it.
    claimed: HashMap<(Vec<String>, Kind, String), What>,
}

impl Claims<'_> {
    fn claim(
        &mut self,
        scope: &[String],
        kind: Kind,
        name: String,
        what: What,
    ) -> Result<(), Error> {
        if name.is_empty() {
            let text = format!("{}: {NAMELESS}", what.name);
            return Err(unsupported(&what.file, &what.path, text));
        }
        match self.claimed.entry((scope.to_vec(), kind, name)) {
            Entry::Vacant(free) => {
                free.insert(what);
                Ok(())
            }
            Entry::Occupied(taken) => {
                let (_, _, name) = taken.key();
                let kind = if kind == Kind::Module { "module" } else { "type" };
                let What { name: other, file, path } = taken.get();
                let place = format!("{}:{}", file.name(), line(file, path));
                let text = format!(
                    "{} and {other} ({place}) would both be the {kind} `{name}`",
                    what.name
                );
                Err(unsupported(&what.file, &what.path, text))
            }
        }
    }

    /// The modules in which a package lies, if anything of the package is generated. Packages share
    /// modules.
    fn package(&mut self, file: &FileDescriptor) {
        let here = |name: &str| self.is_here(name);
        let generated = file.messages().any(|message| here(message.full_name()))
            || file.enums().any(|found| here(found.full_name()))
            || file.services().any(|service| here(service.full_name()));
        if !generated {
            return;
        }
        let mut scope = Vec::new();
        for name in module(file.package_name()) {
            let what = What::new("package", file.package_name(), file, PACKAGE);
            self.claimed.entry((scope.clone(), Kind::Module, name.clone())).or_insert(what);
            scope.push(name);
        }
    }

    /// The type, and what lies in the module of the same name.
    fn message(&mut self, scope: &[String], message: &MessageDescriptor) -> Result<(), Error> {
        if !self.is_here(message.full_name()) || message.is_map_entry() {
            return Ok(());
        }
        let file = message.parent_file();
        let what = || What::new("message", message.full_name(), &file, message.path());
        self.claim(scope, Kind::Type, upper_camel(message.name()), what())?;
        let has_module = message.child_messages().any(|inner| !inner.is_map_entry())
            || message.child_enums().len() > 0
            || message.oneofs().any(|oneof| !oneof.is_synthetic());
        if !has_module {
            return Ok(());
        }
        let name = snake(message.name());
        self.claim(scope, Kind::Module, name.clone(), what())?;
        let inside: Vec<String> = scope.iter().cloned().chain([name]).collect();
        for inner in message.child_messages() {
            self.message(&inside, &inner)?;
        }
        for inner in message.child_enums() {
            self.enumeration(&inside, &inner)?;
        }
        Ok(())
    }

    fn enumeration(&mut self, scope: &[String], found: &EnumDescriptor) -> Result<(), Error> {
        if !self.is_here(found.full_name()) {
            return Ok(());
        }
        let what = What::new("enum", found.full_name(), &found.parent_file(), found.path());
        self.claim(scope, Kind::Type, upper_camel(found.name()), what)
    }

    /// Whether it is generated, rather than somewhere else already.
    fn is_here(&self, full_name: &str) -> bool {
        !full_name.starts_with("google.protobuf.") && self.names.elsewhere(full_name).is_none()
    }
}

fn module(package: &str) -> Vec<String> {
    Module::from_protobuf_package_name(package).parts().map(str::to_owned).collect()
}
