//! Who runs this process.

use std::sync::Once;

use krpc_core::UserCredentials;

/// The login name of this process: that of its user id in the system's user database, as in Kudu
/// (`util/user.cc`), else `LOGNAME` or `USER` from the environment.
///
/// Where all of them are missing, as for an arbitrary user id in a container, the name is empty,
/// which real Kudu servers refuse; the first time this happens in a process one warning is logged.
pub fn login_user() -> UserCredentials {
    static WARNED: Once = Once::new();
    let variable = |name| std::env::var(name).ok();
    UserCredentials::new(pick(whoami::username().ok(), variable, &WARNED))
}

fn pick(
    account: Option<String>,
    variable: impl Fn(&'static str) -> Option<String>,
    warned: &Once,
) -> String {
    let names = std::iter::once(account).chain(["LOGNAME", "USER"].map(variable));
    let name = names.flatten().find(|name| !name.trim().is_empty());
    name.unwrap_or_else(|| {
        warned.call_once(|| {
            tracing::warn!("this process has no login name: calling in an empty user name");
        });
        String::new()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Level, Metadata, Subscriber};

    use super::*;

    fn pick(account: Option<&str>, variables: &[(&str, &str)], warned: &Once) -> String {
        let find = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        super::pick(account.map(str::to_owned), find, warned)
    }

    #[test]
    fn the_account_counts_then_the_environment() {
        let once = Once::new();
        let both = [("LOGNAME", "a"), ("USER", "b")];
        assert_eq!(pick(Some("root"), &both, &once), "root");
        assert_eq!(pick(None, &both, &once), "a");
        assert_eq!(pick(Some(" "), &[("LOGNAME", ""), ("USER", "b")], &once), "b");
        assert_eq!(pick(None, &[], &once), "");
    }

    /// Counts warnings.
    struct Warnings(Arc<AtomicUsize>);

    impl Subscriber for Warnings {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() == Level::WARN
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn event(&self, _: &Event<'_>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn an_empty_name_is_warned_of_once() {
        let warnings = Arc::new(AtomicUsize::new(0));
        let count = || warnings.load(Ordering::SeqCst);
        let once = Once::new();
        tracing::subscriber::with_default(Warnings(warnings.clone()), || {
            pick(Some("alice"), &[], &once);
            assert_eq!(count(), 0, "there is a name");
            pick(None, &[], &once);
            pick(Some(""), &[("USER", " ")], &once);
            pick(None, &[], &once);
        });
        assert_eq!(count(), 1);
    }
}
