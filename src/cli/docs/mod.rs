//! The reference pages of the book, which the program writes about itself.
//!
//! A page follows from what the program runs with: the flags, the route table, the types of its documents, its tables of
//! names. So it cannot be wrong for long: a test compares the pages in `docs/reference` with what this command writes.

mod commands;
mod names;
mod routes;
mod schemas;
mod types;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value};

use crate::cli::{Mistake, tell};

/// Write the reference pages of the book
#[derive(Debug, Args)]
pub(super) struct Docs {
    /// The directory of the pages
    #[arg(value_name = "DIR", default_value = "docs/reference")]
    dir: PathBuf,
}

impl Docs {
    pub(super) fn run(self) -> Result<ExitCode, Mistake> {
        fs::create_dir_all(&self.dir)?;
        for (name, text) in pages()? {
            let path = self.dir.join(name);
            fs::write(&path, text)?;
            tell(path.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Every page: its file, and its text.
fn pages() -> Result<Vec<(&'static str, String)>, Mistake> {
    let mut pages = vec![
        ("cli.md", commands::page()),
        ("control-plane.md", routes::page()),
        ("fixtures.md", schemas::fixtures()),
        ("profiles.md", schemas::profiles()),
        ("scenarios.md", schemas::scenarios()),
        ("faults.md", schemas::faults()),
        ("defects.md", schemas::defects()),
        ("journal.md", schemas::journal()),
        ("dialects.md", schemas::dialects()),
        ("placeholders.md", names::placeholders()),
        ("refusals.md", names::refusals()),
        ("advice.md", names::advice()),
    ];
    let openapi = serde_json::to_string_pretty(&crate::control::document())?;
    pages.push(("openapi.json", format!("{openapi}\n")));
    Ok(pages)
}

/// A page's first lines.
fn begin(title: &str, introduction: &str) -> String {
    format!("# {title}\n\n<!-- Written by `oauth-mimic docs`; do not edit. -->\n\n{introduction}\n")
}

/// The members that a schema describes: the required ones in their order, then the others by name.
fn members_of(schema: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let required = schema.get("required").and_then(Value::as_array);
    let place = |name: &str| {
        let place = required.and_then(|names| names.iter().position(|held| held == name));
        place.unwrap_or(usize::MAX)
    };
    let members = schema.get("properties").and_then(Value::as_object);
    let members = members.into_iter().flatten();
    let mut members: Vec<_> = members
        .map(|(name, member)| (name.as_str(), member))
        .collect();
    members.sort_by_key(|(name, _)| (place(name), *name));
    members
}

/// A text as the cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}
