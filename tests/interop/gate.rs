//! Decides for each test whether it can run here.

use krpc_cli::runtime::Runtime;
use krpc_tests::kudu::{Kudu, KuduBinaries, Version};
use libtest_mimic::{Completion, Failed, Trial};

/// What a test comes to.
pub(crate) type Outcome = anyhow::Result<()>;

/// The end of a trial's name that tells which adapter takes part in it; tokio is not told.
pub(crate) fn suffix(runtime: Runtime) -> String {
    match runtime {
        Runtime::Tokio => String::new(),
        Runtime::Smol | Runtime::Blocking => format!("_on_{}", runtime.name()),
    }
}

/// The adapters that are tested against a version: the newest is enough for the others.
pub(crate) fn runtimes(version: Version) -> &'static [Runtime] {
    match version {
        Version::V1_18_1 => &Runtime::ALL,
        _ => &[Runtime::Tokio],
    }
}

/// Knows which Kudu there is, and whether there must be one.
pub(crate) struct Gate {
    binaries: KuduBinaries,
    required: bool,
    listing: bool,
}

impl Gate {
    /// `listing`: the tests are only listed, for a runner that starts each by itself.
    pub(crate) fn new(listing: bool) -> Self {
        let required = std::env::var("KRPC_REQUIRE").is_ok_and(|what| what == "kudu");
        Gate { binaries: KuduBinaries::locate(), required, listing }
    }

    /// A test that needs one version of Kudu.
    pub(crate) fn trial(
        &self,
        name: String,
        version: Version,
        test: impl FnOnce(&Kudu) -> Outcome + Send + 'static,
    ) -> Trial {
        let required = self.required;
        let found = self.binaries.version(version);
        // A runner that asks for the list is told there what is ignored; the others, at the run,
        // and why.
        let listed_as_ignored = self.listing && found.is_err() && !required;
        let body = move || match found {
            Ok(kudu) => match test(&kudu) {
                Ok(()) => Ok(Completion::Completed),
                Err(error) => Err(Failed::from(format!("{error:#}"))),
            },
            Err(missing) if required => Err(Failed::from(missing)),
            Err(missing) => Ok(Completion::ignored_with(missing)),
        };
        Trial::ignorable_test(name, body).with_ignored_flag(listed_as_ignored)
    }
}
