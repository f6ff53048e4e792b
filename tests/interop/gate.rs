//! Decides for each test whether it can run here.

use krpc_cli::runtime::Runtime;
use krpc_tests::java::Java;
use krpc_tests::kudu::{Kudu, KuduBinaries, Version};
use libtest_mimic::{Completion, Failed, Trial};

/// What `KRPC_REQUIRE` can name.
const KUDU: &str = "kudu";
const JAVA: &str = "java";

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

/// Knows what there is, and what there must be.
pub(crate) struct Gate {
    binaries: KuduBinaries,
    java: Result<Java, String>,
    required: Vec<String>,
    listing: bool,
}

impl Gate {
    /// `listing`: the tests are only listed, for a runner that starts each by itself.
    pub(crate) fn new(listing: bool) -> Result<Self, String> {
        let required = std::env::var("KRPC_REQUIRE").unwrap_or_default();
        let required: Vec<_> =
            required.split(',').filter(|what| !what.is_empty()).map(str::to_owned).collect();
        match required.iter().find(|what| ![KUDU, JAVA].contains(&what.as_str())) {
            Some(what) => Err(format!(
                "KRPC_REQUIRE names '{what}'; it can name {KUDU}, {JAVA} or both: {KUDU},{JAVA}"
            )),
            None => Ok(Gate {
                binaries: KuduBinaries::locate(),
                java: Java::locate(),
                required,
                listing,
            }),
        }
    }

    /// A test that needs one version of Kudu.
    pub(crate) fn trial(
        &self,
        name: String,
        version: Version,
        test: impl FnOnce(&Kudu) -> Outcome + Send + 'static,
    ) -> Trial {
        self.needing(name, self.kudu(version), test)
    }

    /// A test that needs Kudu's client for Java.
    pub(crate) fn java_trial(
        &self,
        name: String,
        test: impl FnOnce(&Java) -> Outcome + Send + 'static,
    ) -> Trial {
        self.needing(name, self.java(), test)
    }

    /// A test that needs both.
    pub(crate) fn java_and_kudu_trial(
        &self,
        name: String,
        version: Version,
        test: impl FnOnce(&Java, &Kudu) -> Outcome + Send + 'static,
    ) -> Trial {
        let both = self.java().and_then(|java| Ok((java, self.kudu(version)?)));
        self.needing(name, both, |(java, kudu)| test(java, kudu))
    }

    fn kudu(&self, version: Version) -> Result<Kudu, Lack> {
        self.binaries.version(version).map_err(|e| self.lack(KUDU, e.to_string()))
    }

    fn java(&self) -> Result<Java, Lack> {
        self.java.clone().map_err(|text| self.lack(JAVA, text))
    }

    fn lack(&self, what: &str, text: String) -> Lack {
        Lack { text, fails: self.required.iter().any(|required| required == what) }
    }

    fn needing<T: Send + 'static>(
        &self,
        name: String,
        found: Result<T, Lack>,
        test: impl FnOnce(&T) -> Outcome + Send + 'static,
    ) -> Trial {
        // A runner that asks for the list is told there what is ignored; the others, at the run,
        // and why.
        let ignored = found.as_ref().is_err_and(|lack| !lack.fails);
        let body = move || match found {
            Ok(found) => match test(&found) {
                Ok(()) => Ok(Completion::Completed),
                Err(error) => Err(Failed::from(format!("{error:#}"))),
            },
            Err(lack) if lack.fails => Err(Failed::from(lack.text)),
            Err(lack) => Ok(Completion::ignored_with(lack.text)),
        };
        Trial::ignorable_test(name, body).with_ignored_flag(self.listing && ignored)
    }
}

/// Something is not there.
struct Lack {
    text: String,
    /// It must be there.
    fails: bool,
}
