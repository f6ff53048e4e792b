//! Reading `.proto` files.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use prost_reflect::{DescriptorPool, EnumDescriptor, MessageDescriptor};
use protox::Compiler;
use protox::file::{
    ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver,
};

use crate::Error;

/// Kudu's files with the options, and what these import.
const BUILT_IN: &[(&str, &str)] = &[
    ("kudu/rpc/rpc_header.proto", include_str!("../proto/kudu/rpc/rpc_header.proto")),
    ("kudu/security/token.proto", include_str!("../proto/kudu/security/token.proto")),
];

/// Compiled files.
pub(crate) struct Sources {
    pub(crate) pool: DescriptorPool,
    /// The files on disk that were read.
    pub(crate) paths: Vec<PathBuf>,
    /// An encoded `FileDescriptorSet` with all options and comments.
    pub(crate) encoded: Vec<u8>,
    /// Names of the files that were only imported.
    imported: HashSet<String>,
}

impl Sources {
    pub(crate) fn open(
        protos: &[impl AsRef<Path>],
        includes: &[impl AsRef<Path>],
    ) -> Result<Self, Error> {
        let mut resolver = ChainFileResolver::new();
        for include in includes {
            resolver.add(IncludeFileResolver::new(include.as_ref().to_owned()));
        }
        resolver.add(BuiltIn);
        resolver.add(GoogleFileResolver::new());
        let mut compiler = Compiler::with_file_resolver(resolver);
        compiler.include_imports(true).include_source_info(true);
        compiler.open_files(protos).map_err(explain)?;
        let imported = compiler.files().filter(|file| file.is_import());
        let imported = imported.map(|file| file.name().to_owned()).collect();
        let paths = compiler.files().filter_map(|file| file.path().map(Path::to_owned)).collect();
        let encoded = compiler.encode_file_descriptor_set();
        Ok(Sources { pool: compiler.descriptor_pool(), paths, encoded, imported })
    }

    /// Full names of the types that users import from Kudu's files and that the `pb` module has.
    /// A file that was asked for by name, rather than imported, is to be generated.
    pub(crate) fn provided(&self) -> Vec<String> {
        let mut known = None;
        let mut names = Vec::new();
        for (file, _) in BUILT_IN.iter().filter(|(file, _)| self.imported.contains(*file)) {
            // The user's own copy may declare more than ours.
            let known = known.get_or_insert_with(built_in);
            let file = self.pool.get_file_by_name(file).expect("imported files are in the pool");
            let (messages, enums) = types(file.messages(), file.enums());
            let messages = messages.iter().map(MessageDescriptor::full_name);
            let messages = messages.filter(|name| known.get_message_by_name(name).is_some());
            let enums = enums.iter().map(EnumDescriptor::full_name);
            let enums = enums.filter(|name| known.get_enum_by_name(name).is_some());
            names.extend(messages.chain(enums).map(str::to_owned));
        }
        names
    }
}

/// All messages and enums, nested ones included.
fn types(
    messages: impl Iterator<Item = MessageDescriptor>,
    enums: impl Iterator<Item = EnumDescriptor>,
) -> (Vec<MessageDescriptor>, Vec<EnumDescriptor>) {
    let messages = nested(messages);
    let enums = enums.chain(messages.iter().flat_map(MessageDescriptor::child_enums)).collect();
    (messages, enums)
}

/// These messages and the ones declared in them, each after the one that it lies in.
pub(crate) fn nested(messages: impl Iterator<Item = MessageDescriptor>) -> Vec<MessageDescriptor> {
    messages
        .flat_map(|message| {
            let inner = nested(message.child_messages());
            std::iter::once(message).chain(inner)
        })
        .collect()
}

fn built_in() -> DescriptorPool {
    let mut resolver = ChainFileResolver::new();
    resolver.add(BuiltIn);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    let files = BUILT_IN.iter().map(|(file, _)| file);
    compiler.open_files(files).expect("the built-in files are correct");
    compiler.descriptor_pool()
}

struct BuiltIn;

impl FileResolver for BuiltIn {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match BUILT_IN.iter().find(|(file, _)| *file == name) {
            Some((_, source)) => File::from_source(name, source),
            None => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// protox puts file, line and column into the `Debug` form only.
fn explain(error: protox::Error) -> Error {
    let mut text = format!("{error:?}");
    if let Some(file) = error.file()
        && !text.contains(file)
    {
        text = format!("{file}: {text}");
    }
    Error::Proto(text)
}
