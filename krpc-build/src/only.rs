//! What is generated when only a part of the files is wanted.

use std::collections::HashSet;

use prost_reflect::{DescriptorPool, EnumDescriptor, Kind, MessageDescriptor, MethodDescriptor};

use crate::Error;
use crate::sources::nested;

/// The part that is wanted.
#[derive(Clone, Debug)]
pub(crate) enum Only {
    /// All of it.
    All,
    These {
        /// Full names.
        methods: HashSet<String>,
        /// Full names of messages and enums that lie in no other.
        types: HashSet<String>,
    },
}

impl Only {
    /// Everything at and below `paths`, or all without any, and the types that it refers to.
    pub(crate) fn new(pool: &DescriptorPool, paths: &[String]) -> Result<Self, Error> {
        if paths.is_empty() {
            return Ok(Only::All);
        }
        let mut unused: HashSet<&String> = paths.iter().collect();
        let mut is_wanted = |name: &str| {
            let name = format!(".{name}");
            let below = |path: &str| {
                let rest = name.strip_prefix(path);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            let found: Vec<_> = paths.iter().filter(|path| below(path)).collect();
            found.iter().for_each(|path| _ = unused.remove(path));
            !found.is_empty()
        };
        let mut wanted = Wanted::default();
        let mut methods = HashSet::new();
        for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            if is_wanted(method.full_name()) {
                methods.insert(method.full_name().to_owned());
                wanted.message(method.input());
                wanted.message(method.output());
            }
        }
        for message in pool.all_messages().filter(|message| is_wanted(message.full_name())) {
            wanted.message(message);
        }
        for found in pool.all_enums().filter(|found| is_wanted(found.full_name())) {
            wanted.enumeration(&found);
        }
        match unused.into_iter().min() {
            Some(path) => Err(Error::Options(format!("there is nothing at \"{path}\""))),
            None => Ok(Only::These { methods, types: wanted.types }),
        }
    }

    /// Whether the method is wanted.
    pub(crate) fn method(&self, method: &MethodDescriptor) -> bool {
        match self {
            Only::All => true,
            Only::These { methods, .. } => methods.contains(method.full_name()),
        }
    }

    /// Full names of the outermost messages and enums that are not wanted.
    pub(crate) fn unwanted(&self, pool: &DescriptorPool) -> Vec<String> {
        let Only::These { types, .. } = self else { return Vec::new() };
        let mut names = Vec::new();
        for file in pool.files() {
            names.extend(file.messages().map(|message| message.full_name().to_owned()));
            names.extend(file.enums().map(|found| found.full_name().to_owned()));
        }
        names.retain(|name| !types.contains(name));
        names
    }
}

#[derive(Default)]
struct Wanted {
    types: HashSet<String>,
}

impl Wanted {
    /// The message, all that lies around and in it, and what these refer to.
    fn message(&mut self, mut message: MessageDescriptor) {
        while let Some(outer) = message.parent_message() {
            message = outer;
        }
        if !self.types.insert(message.full_name().to_owned()) {
            return;
        }
        for field in nested(std::iter::once(message)).iter().flat_map(MessageDescriptor::fields) {
            match field.kind() {
                Kind::Message(inner) => self.message(inner),
                Kind::Enum(inner) => self.enumeration(&inner),
                _ => {}
            }
        }
    }

    fn enumeration(&mut self, found: &EnumDescriptor) {
        match found.parent_message() {
            Some(outer) => self.message(outer),
            None => _ = self.types.insert(found.full_name().to_owned()),
        }
    }
}
