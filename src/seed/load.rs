//! Reads fixture files and profiles; errors name the file and the place in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::json::invalid::Invalid;
use crate::json::{self, Value, pointer};
use crate::seed::fixtures::Fixtures;
use crate::seed::{Draft, FixtureError, Written};
use crate::shape::document::ProfileDocument;
use crate::shape::{Profile, merged};

/// The fixtures of a server that is started without any.
const DEFAULT: (&str, &str) = (
    "fixtures/default.json",
    include_str!("../../fixtures/default.json"),
);

/// The names and texts of the built-in profiles.
const PROFILES: &[(&str, &str)] = &[
    (
        "connect",
        include_str!("../../fixtures/profiles/connect.json"),
    ),
    (
        "standard",
        include_str!("../../fixtures/profiles/standard.json"),
    ),
];

/// The names of the built-in profiles, which need no file.
///
/// Each is accepted by [`TokenServerBuilder::profile`](crate::TokenServerBuilder::profile), by `--profile` and by the
/// member `profile` of fixtures.
pub fn profiles() -> impl Iterator<Item = &'static str> {
    PROFILES.iter().map(|(name, _)| *name)
}

impl Draft {
    /// Returns the built-in fixtures.
    pub(crate) fn built_in() -> Result<Self, FixtureError> {
        let mut draft = Self::default();
        draft.add_text(DEFAULT.1, DEFAULT.0)?;
        Ok(draft)
    }

    /// Adds a file, or every `*.json` of a directory in the order of their names.
    pub(crate) fn add_path(&mut self, path: &Path) -> Result<(), FixtureError> {
        for file in files_of(path)? {
            let name = file.display().to_string();
            let text = std::fs::read_to_string(&file).map_err(|why| unreadable(&name, &why))?;
            self.add_text(&text, &name)?;
        }
        Ok(())
    }

    pub(crate) fn add_text(&mut self, text: &str, file: &str) -> Result<(), FixtureError> {
        let fixtures: Fixtures = parse(text, file)?;
        self.add(fixtures, file)
    }

    /// Appends fixtures. A setting that may be given only once and differs from an earlier one is an error.
    pub(crate) fn add(&mut self, fixtures: Fixtures, file: &str) -> Result<(), FixtureError> {
        let file: Arc<str> = file.into();
        let written = |value, pointer: &str| Written {
            file: Arc::clone(&file),
            pointer: pointer.to_owned(),
            value,
        };
        once(
            &mut self.profile,
            fixtures.profile.map(|value| written(value, "/profile")),
        )?;
        once(
            &mut self.issuer,
            fixtures.issuer.map(|value| written(value, "/issuer")),
        )?;
        let dialect = fixtures.error_dialect.map(|value| Written {
            file: Arc::clone(&file),
            pointer: "/error_dialect".to_owned(),
            value,
        });
        once(&mut self.error_dialect, dialect)?;
        once(
            &mut self.auto_login,
            fixtures.auto_login.map(|value| Written {
                file: Arc::clone(&file),
                pointer: "/auto_login".to_owned(),
                value,
            }),
        )?;
        self.leniency = self.leniency.union(fixtures.leniency);
        self.clients
            .extend(listed(fixtures.clients, "clients", &file));
        self.users.extend(listed(fixtures.users, "users", &file));
        self.refresh_tokens
            .extend(listed(fixtures.refresh_tokens, "refresh_tokens", &file));
        Ok(())
    }
}

fn listed<T>(items: Vec<T>, name: &str, file: &Arc<str>) -> impl Iterator<Item = Written<T>> {
    items
        .into_iter()
        .enumerate()
        .map(move |(index, value)| Written {
            file: Arc::clone(file),
            pointer: pointer::child(&pointer::child("", name), &index.to_string()),
            value,
        })
}

fn once<T: PartialEq>(
    there: &mut Option<Written<T>>,
    new: Option<Written<T>>,
) -> Result<(), FixtureError> {
    match (&there, new) {
        (Some(old), Some(new)) if old.value != new.value => Err(new.error(
            "",
            format!("differs from {}; set it in one file only", old.file),
        )),
        (Some(_), _) => Ok(()),
        (None, new) => {
            *there = new;
            Ok(())
        }
    }
}

fn files_of(path: &Path) -> Result<Vec<PathBuf>, FixtureError> {
    let name = path.display().to_string();
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|why| unreadable(&name, &why))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|file| {
            file.is_file()
                && file
                    .extension()
                    .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(FixtureError::new(
            &name,
            "",
            "there is no *.json in this directory",
        ));
    }
    Ok(files)
}

/// A built-in profile, for schemas, documents and tests.
pub(crate) fn built_in_profile(name: &str) -> Option<&'static str> {
    PROFILES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

/// Reads and compiles the profile that is named: a built-in one, or a file relative to the file that names it.
pub(crate) fn profile_from(named: &Written<String>) -> Result<Profile, FixtureError> {
    let (file, text) = profile_text(named)?;
    let own: Value = parse(&text, &file)?;
    let document: ProfileDocument = if own.get("extends").is_none() {
        parse(&text, &file)?
    } else {
        let whole = extended(own, &file, LONGEST_CHAIN)?;
        json::read(whole.to_string().as_bytes())
            .map_err(|why| FixtureError::new(&file, why.pointer, why.problem))?
    };
    Profile::compile(&document).map_err(|why| FixtureError::new(&file, why.pointer, why.problem))
}

/// The most profiles of which each extends the next; a cycle is longer.
const LONGEST_CHAIN: usize = 8;

/// Merges a profile over the one that it extends, if it extends one.
fn extended(mut own: Value, file: &str, chain: usize) -> Result<Value, FixtureError> {
    let Some(base) = own.as_object_mut().and_then(|own| own.remove("extends")) else {
        return Ok(own);
    };
    let wrong = |problem: &str| FixtureError::new(file, "/extends", problem);
    let Value::String(base) = base else {
        return Err(wrong("must be the name or the path of a profile"));
    };
    if chain == 0 {
        return Err(wrong(
            "the profiles extend one another in a cycle, or too deeply",
        ));
    }
    let (base_file, text) = profile_text(&Written {
        file: file.into(),
        pointer: "/extends".to_owned(),
        value: base,
    })?;
    let base = extended(parse(&text, &base_file)?, &base_file, chain - 1)?;
    Ok(merged(base, own))
}

/// Returns the file name and the text of a profile.
fn profile_text(named: &Written<String>) -> Result<(String, String), FixtureError> {
    let name = named.value.as_str();
    let looks_like_a_path =
        name.contains(['/', '\\']) || Path::new(name).extension().is_some_and(|e| e == "json");
    match built_in_profile(name) {
        Some(text) => Ok((format!("fixtures/profiles/{name}.json"), text.to_owned())),
        None if looks_like_a_path => {
            let beside = Path::new(named.file.as_ref())
                .parent()
                .unwrap_or(Path::new(""))
                .join(name);
            let file = beside.display().to_string();
            let text = std::fs::read_to_string(&beside).map_err(|why| {
                named.error("", format!("the profile {file} cannot be read: {why}"))
            })?;
            Ok((file, text))
        }
        None => {
            let known: Vec<&str> = profiles().collect();
            let problem = format!(
                "there is no profile `{name}`; there are {}, or the path of a .json file",
                known.join(", ")
            );
            Err(named.error("", problem))
        }
    }
}

/// Reads a JSON file. An error names the line and the column, too.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, FixtureError> {
    json::read(text.as_bytes()).map_err(|why| {
        let why = Invalid::from(why);
        FixtureError::new(file, why.pointer, why.problem)
    })
}

fn unreadable(file: &str, why: &std::io::Error) -> FixtureError {
    let problem = if why.kind() == std::io::ErrorKind::InvalidData {
        "is not UTF-8; save it as UTF-8".to_owned()
    } else {
        format!("cannot be read: {why}")
    };
    FixtureError::new(file, "", problem)
}
