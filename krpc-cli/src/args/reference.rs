//! Keeps `docs/krpc.md` as the command line is: what is below [`MARK`] there is made from it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use clap::{Arg, Command, CommandFactory};

use super::Cli;

const MARK: &str = "<!-- What follows is made from the command line's own definition. -->\n";

/// Set to write the page anew.
const WRITE: &str = "KRPC_WRITE_REFERENCE";

/// Longest line of prose.
const WIDTH: usize = 120;

#[test]
fn the_reference_is_what_help_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/krpc.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (front, rest) = page.split_once(MARK).expect("the page has its mark");
    let made = Reference::new().text;
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, format!("{front}{MARK}{made}")).unwrap();
        return;
    }
    let differs = made.lines().zip(rest.lines()).find(|(made, there)| made != there);
    let how = format!("{WRITE}=1 cargo test -p krpc-cli --lib reference writes docs/krpc.md anew");
    assert!(rest == made, "docs/krpc.md is not what --help says; {how}: {differs:#?}");
}

/// Everything that is written below the mark.
#[derive(Default)]
struct Reference {
    text: String,
    /// Groups of options with a title, and how many commands have them just so.
    groups: BTreeMap<(String, String), u32>,
}

impl Reference {
    fn new() -> Self {
        let mut cli = Cli::command();
        cli.build();
        let mut reference = Reference::default();
        reference.count(&cli);
        reference.command(&cli, "krpc");
        reference.shared();
        reference
    }

    fn count(&mut self, command: &Command) {
        for (title, options) in groups(command) {
            *self.groups.entry((title, options)).or_default() += 1;
        }
        commands(command).for_each(|sub| self.count(sub));
    }

    fn command(&mut self, command: &Command, name: &str) {
        let depth = name.split(' ').count();
        let _ = writeln!(self.text, "\n{} {name}\n", "#".repeat(depth + 1));
        if let Some(about) = command.get_about() {
            let _ = writeln!(self.text, "{}.\n", about.to_string().trim_end_matches('.'));
        }
        let usage = command.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").trim();
        let _ = writeln!(self.text, "    {usage}");
        if commands(command).next().is_some() {
            self.text.push('\n');
            for sub in commands(command) {
                let (name, about) = (format!("{name} {}", sub.get_name()), sub.get_about());
                let about = about.map(ToString::to_string).unwrap_or_default();
                let _ = writeln!(self.text, "* [{name}](#{}): {about}", name.replace(' ', "-"));
            }
        }
        for (title, options) in groups(command) {
            let shared = self.groups.get(&(title.clone(), options.clone())).is_some_and(|n| *n > 1);
            let _ = match (title.as_str(), shared) {
                ("", _) => write!(self.text, "\n{options}"),
                (title, true) => {
                    writeln!(self.text, "\nAnd [those of {title}](#options-{}).", anchor(title))
                }
                (title, false) => write!(self.text, "\n{title}:\n\n{options}"),
            };
        }
        if let Some(after) = command.get_after_help() {
            self.text.push_str(&prose(&after.to_string()));
        }
        for sub in commands(command) {
            self.command(sub, &format!("{name} {}", sub.get_name()));
        }
    }

    /// Groups that several commands have, once.
    fn shared(&mut self) {
        for ((title, options), count) in &self.groups {
            if *count > 1 && !title.is_empty() {
                let _ = write!(self.text, "\n## Options: {title}\n\n{options}");
            }
        }
    }
}

fn anchor(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

/// Subcommands that are not clap's own.
fn commands(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|sub| sub.get_name() != "help" && !sub.is_hide_set())
}

/// Arguments and options, by their title; those without one first.
fn groups(command: &Command) -> Vec<(String, String)> {
    let mut groups = vec![(String::new(), String::new())];
    let shown =
        |arg: &&Arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str());
    let all =
        command.get_positionals().chain(command.get_opts().filter(|arg| !arg.is_positional()));
    let flags = command.get_arguments().filter(|arg| !arg.is_positional() && !takes_value(arg));
    for arg in all.chain(flags).filter(shown) {
        let title = arg.get_help_heading().unwrap_or_default();
        let group = match groups.iter_mut().find(|(known, _)| known == title) {
            Some(group) => group,
            None => {
                groups.push((title.to_owned(), String::new()));
                groups.last_mut().expect("it has just come")
            }
        };
        group.1.push_str(&item(arg));
    }
    groups.retain(|(_, items)| !items.is_empty());
    groups
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

/// An item of a list.
fn item(arg: &Arg) -> String {
    let mut name = arg.clone().to_string();
    if let Some(short) = arg.get_short() {
        name = format!("-{short}, {name}");
    }
    let mut text = format!(
        "* `{name}`: {}",
        escape(&arg.get_help().map(ToString::to_string).unwrap_or_default())
    );
    let defaults = arg.get_default_values().iter().map(|value| value.to_string_lossy());
    let defaults = defaults.collect::<Vec<_>>().join(" ");
    if takes_value(arg) && !defaults.is_empty() {
        let _ = write!(text, " (default: `{defaults}`)");
    }
    let mut text = wrap(&text, "  ");
    if takes_value(arg) && !arg.is_hide_possible_values_set() {
        for value in arg.get_possible_values().iter().filter(|value| !value.is_hide_set()) {
            let help = value.get_help().map(|help| format!(": {help}")).unwrap_or_default();
            let _ = writeln!(text, "  * `{}`{help}", value.get_name());
        }
    }
    text
}

/// What follows the options: paragraphs, and lines that are as they are.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut verbatim = false;
    for line in text.trim_end().lines() {
        let indented = line.starts_with(' ');
        if !(line.is_empty() || indented && verbatim) {
            out.push('\n');
        }
        match line.strip_prefix("  ") {
            Some(line) if indented => {
                let _ = writeln!(out, "    {line}");
            }
            _ if line.is_empty() => {}
            _ => out.push_str(&wrap(&escape(line), "")),
        }
        verbatim = indented;
    }
    out
}

/// What would be markup.
fn escape(line: &str) -> String {
    line.replace('<', "\\<").replace('*', "\\*").replace('_', "\\_")
}

/// Lines of at most [`WIDTH`], those behind the first indented.
fn wrap(text: &str, indent: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > WIDTH {
            let _ = write!(out, "\n{indent}");
            column = indent.len();
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
    out
}
