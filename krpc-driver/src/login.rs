//! Who runs this process.

use std::sync::Once;

use krpc_core::UserCredentials;

/// The login name of this process: that of its user id in the system's user database, as in Kudu
/// (`util/user.cc`), else `LOGNAME` or `USER` from the environment.
///
/// Where all of them are missing, as for an arbitrary user id in a container, the name is empty,
/// which real Kudu servers refuse; the first time this happens in a process one warning is logged.
pub fn login_user() -> UserCredentials {
    let variable = |name| std::env::var(name).ok();
    UserCredentials::new(pick(whoami::username().ok(), variable))
}

fn pick(account: Option<String>, variable: impl Fn(&'static str) -> Option<String>) -> String {
    let names = std::iter::once(account).chain(["LOGNAME", "USER"].map(variable));
    let name = names.flatten().find(|name| !name.trim().is_empty());
    name.unwrap_or_else(|| {
        static WARNED: Once = Once::new();
        WARNED.call_once(|| {
            tracing::warn!("this process has no login name: calling in an empty user name");
        });
        String::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_counts_then_the_environment() {
        let pick = |account: Option<&str>, variables: &[(&str, &str)]| {
            let find = |name: &str| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            pick(account.map(str::to_owned), find)
        };
        let both = [("LOGNAME", "a"), ("USER", "b")];
        assert_eq!(pick(Some("root"), &both), "root");
        assert_eq!(pick(None, &both), "a");
        assert_eq!(pick(Some(" "), &[("LOGNAME", ""), ("USER", "b")]), "b");
        assert_eq!(pick(None, &[]), "");
    }
}
