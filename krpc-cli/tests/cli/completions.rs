//! `krpc completions`.

use std::process::Command;

use super::run::{Dir, krpc};

/// Every command, as the help lists them.
fn commands() -> Vec<String> {
    let help = krpc(&["--help"]).ok();
    let (_, list) = help.split_once("Commands:\n").expect("there is a list");
    let list = list.lines().take_while(|line| line.starts_with("  "));
    // Other lines go on with what the one before says.
    let list =
        list.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    let names = list.filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).filter(|name| name != "help").collect()
}

#[test]
fn every_shell_knows_every_command() {
    let commands = commands();
    assert!(commands.len() >= 12, "{commands:?}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = krpc(&["completions", shell]).ok();
        for command in &commands {
            assert!(script.contains(command.as_str()), "{shell}: no {command}");
        }
        for part in ["tservers", "cancel-after"] {
            assert!(script.contains(part), "{shell}: no {part}");
        }
    }
    let ran = krpc(&["completions", "tcsh"]);
    assert!(ran.code == 2 && ran.err.contains("elvish"), "{ran:?}");
}

/// Not only read: the shell completes with it.
#[test]
fn bash_completes_with_its_own() {
    let dir = Dir::new();
    let script = dir.write("krpc.bash", krpc(&["completions", "bash"]).ok());
    let checked = Command::new("bash").args(["-n", &script]).output().expect("there is a bash");
    assert!(checked.status.success(), "{checked:?}");
    let ask = r#"source "$1"; COMP_WORDS=(krpc reco); COMP_CWORD=1; _krpc krpc reco krpc; echo "${COMPREPLY[*]}""#;
    let asked = Command::new("bash").args(["-c", ask, "bash", &script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&asked.stdout).trim(), "record", "{asked:?}");
}
