//! Where descriptors come from, and how services and methods are found in them.

use std::path::{Path, PathBuf};

use prost_reflect::{DescriptorPool, MessageDescriptor, MethodDescriptor, ServiceDescriptor};
use protox::Compiler;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};

use super::builtin;
use super::names::did_you_mean;

/// The built-in services and those of the user's own `.proto` files.
///
/// They are kept apart, because a user may well give a newer copy of a file that is built in; the
/// user's own come first.
pub(crate) struct Descriptors {
    pools: Vec<DescriptorPool>,
}

impl Descriptors {
    /// Only the built-in ones.
    pub(crate) fn builtin() -> Self {
        let files: Vec<_> = builtin::FILES.iter().map(|(name, _)| PathBuf::from(name)).collect();
        let pool =
            compile(Vec::new(), &files).expect("the built-in files compile: a test compiles them");
        Descriptors { pools: vec![pool] }
    }

    /// The built-in ones and those of `files`, which may import each other and built-in files.
    pub(crate) fn with_files(files: &[PathBuf]) -> Result<Self, String> {
        let mut all = Self::builtin();
        if !files.is_empty() {
            let mut roots = Vec::new();
            let mut paths = Vec::new();
            for file in files {
                let path = file
                    .canonicalize()
                    .map_err(|e| format!("cannot read '{}': {e}", file.display()))?;
                for root in path.ancestors().skip(1) {
                    if !roots.iter().any(|r| r == root) {
                        roots.push(root.to_owned());
                    }
                }
                paths.push(path);
            }
            all.pools.insert(0, compile(roots, &paths)?);
        }
        Ok(all)
    }

    /// All services, the user's first, each name once.
    pub(crate) fn services(&self) -> Vec<ServiceDescriptor> {
        let mut found: Vec<ServiceDescriptor> = Vec::new();
        for service in self.pools.iter().flat_map(|p| p.services()) {
            if !found.iter().any(|s| s.full_name() == service.full_name()) {
                found.push(service);
            }
        }
        found
    }

    /// A message by its full name.
    pub(crate) fn message(&self, name: &str) -> Option<MessageDescriptor> {
        self.pools.iter().find_map(|p| p.get_message_by_name(name))
    }

    /// A service by its full name, or by the last part of it where that is enough.
    pub(crate) fn service(&self, name: &str) -> Result<ServiceDescriptor, String> {
        let services = self.services();
        let exact = services.iter().find(|s| s.full_name() == name);
        let short: Vec<_> = services.iter().filter(|s| s.name() == name).collect();
        match (exact, short.as_slice()) {
            (Some(service), _) => Ok(service.clone()),
            (None, [service]) => Ok((*service).clone()),
            (None, []) => {
                let help = did_you_mean(name, services.iter().map(|s| s.full_name()));
                Err(format!("no service '{name}' is known: {help}; --proto FILE adds others"))
            }
            (None, several) => {
                let names: Vec<_> = several.iter().map(|s| s.full_name()).collect();
                Err(format!("'{name}' is ambiguous: say one of {}", names.join(", ")))
            }
        }
    }

    /// The method of a service.
    pub(crate) fn method(
        service: &ServiceDescriptor,
        name: &str,
    ) -> Result<MethodDescriptor, String> {
        service.methods().find(|m| m.name() == name).ok_or_else(|| {
            let methods: Vec<_> = service.methods().collect();
            let help = did_you_mean(name, methods.iter().map(|m| m.name()));
            format!("service {} has no method '{name}': {help}", service.full_name())
        })
    }
}

/// Compiles `files`; imports are looked for under `roots`, then among the built-in files.
fn compile(roots: Vec<PathBuf>, files: &[PathBuf]) -> Result<DescriptorPool, String> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Roots(roots));
    resolver.add(Builtin);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true);
    for file in files {
        let failed = |e| format!("cannot compile '{}': {}", file.display(), explain(&e));
        compiler.open_file(file).map_err(failed)?;
    }
    Ok(compiler.descriptor_pool())
}

/// What is wrong and where, which may be in an imported file. protox has file, line and column in
/// its `Debug` form only.
fn explain(error: &protox::Error) -> String {
    let text = format!("{error:?}");
    match error.file() {
        Some(file) if !text.contains(file) => format!("{file}: {text}"),
        _ => text,
    }
}

/// Files of the user, found under any of several folders: a file `a/b/c.proto` may import its
/// neighbour as `c2.proto`, `b/c2.proto` or `a/b/c2.proto`, so every folder above it is tried.
struct Roots(Vec<PathBuf>);

impl Roots {
    fn find(&self, name: &Path) -> Option<PathBuf> {
        self.0.iter().map(|root| root.join(name)).find(|path| path.is_file())
    }
}

impl FileResolver for Roots {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match self.find(Path::new(name)) {
            Some(path) => File::open(name, &path),
            None => Err(protox::Error::file_not_found(name)),
        }
    }

    /// The shortest name that leads to this file and not to another one.
    fn resolve_path(&self, path: &Path) -> Option<String> {
        let names = self.0.iter().filter_map(|root| path.strip_prefix(root).ok());
        let unique = names.filter(|name| self.find(name).as_deref() == Some(path));
        unique.min_by_key(|name| name.components().count())?.to_str().map(str::to_owned)
    }
}

/// The files inside the program.
struct Builtin;

impl FileResolver for Builtin {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match builtin::source(name) {
            Some(text) => File::from_source(name, text),
            None => Err(protox::Error::file_not_found(name)),
        }
    }

    fn resolve_path(&self, path: &Path) -> Option<String> {
        path.to_str().filter(|name| builtin::source(name).is_some()).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtin_files_compile_and_have_the_services() {
        let all = Descriptors::builtin();
        let names: Vec<_> = all.services().iter().map(|s| s.full_name().to_owned()).collect();
        for expected in [
            "kudu.consensus.ConsensusService",
            "kudu.master.MasterService",
            "kudu.rpc.GenericCalculatorService",
            "kudu.rpc_test.CalculatorService",
            "kudu.server.GenericService",
            "kudu.transactions.TxnManagerService",
            "kudu.tserver.TabletCopyService",
            "kudu.tserver.TabletServerAdminService",
            "kudu.tserver.TabletServerService",
        ] {
            assert!(names.iter().any(|n| n == expected), "{expected} is not in {names:?}");
        }
    }

    #[test]
    fn services_are_found_by_short_name() {
        let all = Descriptors::builtin();
        let service = all.service("GenericService").unwrap();
        assert_eq!(service.full_name(), "kudu.server.GenericService");
        assert_eq!(all.service("kudu.server.GenericService").unwrap(), service);
    }

    #[test]
    fn misspelt_service_and_method_say_what_exists() {
        let all = Descriptors::builtin();
        let error = all.service("kudu.server.GenericServise").unwrap_err();
        assert!(error.contains("did you mean 'kudu.server.GenericService'?"), "{error}");
        assert!(error.contains("kudu.tserver.TabletServerService"), "{error}");
        let service = all.service("GenericService").unwrap();
        let error = Descriptors::method(&service, "GetStatsu").unwrap_err();
        assert!(error.contains("did you mean 'GetStatus'?"), "{error}");
        assert!(error.contains("ServerClock"), "{error}");
    }

    #[test]
    fn user_files_import_neighbours_and_builtin_files() {
        let dir = std::env::temp_dir().join(format!("krpc-cli-{}-protos", std::process::id()));
        std::fs::create_dir_all(dir.join("a/b")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
        write(
            "a/b/types.proto",
            "syntax='proto2'; package mine; message M { optional kudu.AppStatusPB s = 1; } import 'kudu/common/wire_protocol.proto';",
        );
        write(
            "a/b/svc.proto",
            "syntax='proto2'; package mine; import 'a/b/types.proto'; service S { rpc Do(M) returns (M); }",
        );
        let all = Descriptors::with_files(&[dir.join("a/b/svc.proto")]).unwrap();
        assert_eq!(all.services()[0].full_name(), "mine.S");
        assert!(all.service("GenericService").is_ok(), "built-in ones stay");
        write("a/b/bad.proto", "syntax='proto2'; message {");
        let error = Descriptors::with_files(&[dir.join("a/b/bad.proto")]).err().unwrap();
        assert!(error.contains("bad.proto:1:26: "), "{error}");
        let error = Descriptors::with_files(&[dir.join("none.proto")]).err().unwrap();
        assert!(error.contains("none.proto"), "{error}");
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
