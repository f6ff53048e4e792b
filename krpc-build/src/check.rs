//! What protobuf allows and KRPC does not have.

use prost_reflect::{DescriptorPool, FileDescriptor, MethodDescriptor};

use crate::Error;
use crate::names::snake;
use crate::only::Only;
use crate::options::MethodOptions;

/// What is wrong with underscores that nothing lies between.
pub(crate) const NAMELESS: &str = "Rust has no such name";

/// Whether code can be written for every method that is wanted.
pub(crate) fn services(pool: &DescriptorPool, only: &Only) -> Result<(), Error> {
    let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    for method in methods.filter(|method| only.method(method)) {
        if let Some(what) = fault(&method) {
            let what = format!("{}: {what}", method.full_name());
            return Err(unsupported(&method.parent_file(), method.path(), what));
        }
    }
    Ok(())
}

/// The error that says `what` is wrong with a declaration.
pub(crate) fn unsupported(file: &FileDescriptor, path: &[i32], what: String) -> Error {
    Error::Unsupported { file: file.name().to_owned(), line: line(file, path), what }
}

fn fault(method: &MethodDescriptor) -> Option<String> {
    if snake(method.name()).is_empty() {
        return Some(NAMELESS.to_owned());
    }
    if method.is_client_streaming() || method.is_server_streaming() {
        return Some("KRPC has no streams, only single requests and responses".to_owned());
    }
    for message in [method.input(), method.output()] {
        if message.package_name() == "google.protobuf" {
            let name = message.full_name();
            return Some(format!(
                "{name} cannot be a request or response, because its required fields are not \
                 known; put it into a message of your own"
            ));
        }
    }
    let authz = MethodOptions::of(method).authz_method?;
    let letters = authz.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let good = letters && authz.starts_with(|c: char| c.is_ascii_alphabetic());
    (!good).then(|| format!("the authorization method \"{authz}\" is not the name of a function"))
}

/// The line of a declaration, counted from 1.
pub(crate) fn line(file: &FileDescriptor, path: &[i32]) -> usize {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let location = info.and_then(|info| info.location.iter().find(|at| at.path == path));
    let first = location.and_then(|location| location.span.first());
    first.map_or(1, |&line| usize::try_from(line).unwrap_or_default() + 1)
}
