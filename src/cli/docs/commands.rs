//! The page about the command line, from clap's tree of commands.

use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory as _};

use crate::cli::Cli;
use crate::cli::docs::{begin, cell};

const INTRODUCTION: &str = "\
Without a command, `oauth-mimic` serves. What a command is asked for goes to standard output, everything else to standard
error. The exit code is 0 for success, 1 if a check found something wrong, and 2 for a mistake in the arguments or in a file;
SIGTERM and Ctrl-C end a server with 0.";

pub(super) fn page() -> String {
    let mut root = Cli::command();
    root.build();
    let mut page = begin("Command line", INTRODUCTION);
    section(&mut page, &root, "oauth-mimic");
    for command in root.get_subcommands() {
        if !command.is_hide_set() && command.get_name() != "help" {
            section(
                &mut page,
                command,
                &format!("oauth-mimic {}", command.get_name()),
            );
        }
    }
    page
}

fn section(page: &mut String, command: &Command, name: &str) {
    let about = command.get_long_about().or_else(|| command.get_about());
    // Writing to a String cannot fail.
    let _ = write!(page, "\n## `{name}`\n\n{}\n", text(about));
    let arguments: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version"))
        .collect();
    if arguments.is_empty() {
        return;
    }
    page.push_str("\n| argument | meaning | default | environment |\n|---|---|---|---|\n");
    for arg in arguments {
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} |",
            usage(arg),
            cell(&meaning(arg)),
            default(arg),
            code(arg.get_env().and_then(|name| name.to_str())),
        );
    }
}

fn usage(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    let value = names.first().map_or("", |name| name.as_str());
    match arg.get_long() {
        Some(long) if arg.get_action().takes_values() => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
        None => format!("[{value}]"),
    }
}

fn meaning(arg: &Arg) -> String {
    let mut meaning = text(arg.get_help());
    let values = arg.get_possible_values();
    let shown: Vec<String> = values
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| match value.get_help() {
            Some(help) => format!("`{}` ({help})", value.get_name()),
            None => format!("`{}`", value.get_name()),
        })
        .collect();
    if arg.get_action().takes_values() && !shown.is_empty() {
        let _ = write!(meaning, ". One of {}", shown.join(", "));
    }
    meaning
}

fn default(arg: &Arg) -> String {
    if !arg.get_action().takes_values() {
        return String::new();
    }
    let values = arg.get_default_values();
    code(values.first().and_then(|value| value.to_str()))
}

fn code(text: Option<&str>) -> String {
    text.map(|text| format!("`{text}`")).unwrap_or_default()
}

fn text(styled: Option<&StyledStr>) -> String {
    styled.map(ToString::to_string).unwrap_or_default()
}
