//! The Rust names of protobuf's types, as prost-build chooses them.

use heck::ToUpperCamelCase;
use prost_build::Module;

/// Where the Rust types of messages are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Types and packages that are elsewhere: `.kudu.rpc` and the like, and their Rust paths.
    pub(crate) externs: Vec<(String, String)>,
}

impl Names {
    /// Adds the Kudu types `provided` in `module`, except where the user has said otherwise.
    pub(crate) fn provide(&mut self, provided: &[String], module: &str) {
        let new = provided.iter().filter(|name| self.elsewhere(name).is_none()).map(|name| {
            // Both of Kudu's packages are two segments long, and the module has no packages.
            let path: Vec<&str> = name.split('.').skip(2).collect();
            (format!(".{name}"), format!("{module}::{}", relative(&path.join("."))))
        });
        let new: Vec<_> = new.collect();
        self.externs.extend(new);
    }

    /// Types that nothing refers to count as being elsewhere, so that they are not generated.
    pub(crate) fn leave_out(&mut self, types: Vec<String>) {
        let new = types.into_iter().filter(|name| self.elsewhere(name).is_none());
        let new: Vec<_> = new.map(|name| (format!(".{name}"), "::nowhere".to_owned())).collect();
        self.externs.extend(new);
    }

    /// The Rust path of a type that is not generated.
    pub(crate) fn elsewhere(&self, full_name: &str) -> Option<String> {
        let name = format!(".{full_name}");
        let rests = self.externs.iter().filter_map(|(prefix, rust)| {
            let rest = name.strip_prefix(prefix.as_str())?;
            (rest.is_empty() || rest.starts_with('.')).then_some((rest, rust))
        });
        let (rest, rust) = rests.min_by_key(|(rest, _)| rest.len())?;
        Some(match rest.strip_prefix('.') {
            Some(rest) => format!("{rust}::{}", relative(rest)),
            None => rust.clone(),
        })
    }

    /// The Rust path of a type, as seen from the module of a package.
    pub(crate) fn path(&self, package: &str, full_name: &str) -> String {
        if let Some(path) = self.elsewhere(full_name) {
            return path;
        }
        let mut here = package.split('.').filter(|s| !s.is_empty()).peekable();
        let mut there = full_name.split('.').peekable();
        while here.peek().is_some() && here.peek() == there.peek() {
            here.next();
            there.next();
        }
        let up = "super::".repeat(here.count());
        up + &relative(&there.collect::<Vec<_>>().join("."))
    }
}

/// A name of Rust's functions and modules.
pub(crate) fn snake(name: &str) -> String {
    Module::from_protobuf_package_name(name).parts().collect()
}

/// The name, with underscores behind it until nobody else has it.
pub(crate) fn free(mut name: String, taken: &mut Vec<String>) -> String {
    while taken.contains(&name) {
        name.push('_');
    }
    taken.push(name.clone());
    name
}

/// Modules down to a type.
fn relative(path: &str) -> String {
    let (modules, name) = path.rsplit_once('.').unwrap_or(("", path));
    let modules = Module::from_protobuf_package_name(modules);
    let modules: String = modules.parts().map(|module| format!("{module}::")).collect();
    modules + &upper_camel(name)
}

/// A name of Rust's types. `Self` is the only keyword that looks like one.
pub(crate) fn upper_camel(name: &str) -> String {
    match name.to_upper_camel_case() {
        name if name == "Self" => "Self_".to_owned(),
        name if name.starts_with(|c: char| c.is_ascii_digit()) => format!("_{name}"),
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let mut names = Names::default();
        assert_eq!(names.path("a.b", "a.b.FooPB"), "FooPb");
        assert_eq!(names.path("a.b", "a.b.FooPB.BarPB"), "foo_pb::BarPb");
        assert_eq!(names.path("a.b", "a.Foo"), "super::Foo");
        assert_eq!(names.path("a", "a.type.Foo"), "r#type::Foo");
        assert_eq!(names.path("a.b", "c.Foo"), "super::super::c::Foo");
        assert_eq!(names.path("", "Foo.self.self"), "foo::self_::Self_");
        assert_eq!(names.path("a", "a._1Foo._2"), "_1foo::_2");
        names.externs.push((".a".into(), "::a".into()));
        names.externs.push((".a.b.Foo".into(), "::other::Bar".into()));
        assert_eq!(names.path("a.b", "a.b.Foo"), "::other::Bar");
        assert_eq!(names.path("a.b", "a.b.Food"), "::a::b::Food");
        assert_eq!(names.path("a.b", "ab.Foo"), "super::super::ab::Foo");
    }

    #[test]
    fn kudus_types_are_flat() {
        let mut names = Names::default();
        names.externs.push((".kudu.security".into(), "crate::mine".into()));
        let provided = ["kudu.rpc.NegotiatePB.Step", "kudu.security.TokenPB"].map(String::from);
        names.provide(&provided, "::c::pb");
        let found = names.elsewhere("kudu.rpc.NegotiatePB.Step");
        assert_eq!(found.as_deref(), Some("::c::pb::negotiate_pb::Step"));
        let found = names.elsewhere("kudu.security.TokenPB");
        assert_eq!(found.as_deref(), Some("crate::mine::TokenPb"));
    }
}
